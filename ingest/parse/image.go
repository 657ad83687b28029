package parse

import (
	"bytes"
	"context"
	endian "encoding/binary"
	"image"
	_ "image/gif"  // so that the size of a GIF can be read
	_ "image/jpeg" // of a JPEG
	_ "image/png"  // of a PNG
)

// mostPixels bounds the pictures that are recognised: a page at 600 dpi has 35
// million pixels, a large poster at 300 dpi 140 million.
const mostPixels = 150_000_000

// parseImage recognises the text of a picture.
func parseImage(ctx context.Context, _ string, data []byte) (Document, error) {
	width, height, err := pictureSize(data)
	if err != nil {
		return Document{}, err
	}
	if width <= 0 || height <= 0 || width > mostPixels/height {
		return Document{}, refuse(CodeTooLarge, "the picture claims %d by %d pixels; at most %d million are read", width, height, mostPixels/1_000_000)
	}
	reader, err := findRecogniser()
	if err != nil {
		return Document{}, refuse(CodeNeedsProgram, "the file is a picture; %v", err)
	}
	blocks, err := reader.recognise(ctx, data)
	if err != nil {
		return Document{}, err
	}
	doc := Document{Format: FormatImage, Blocks: blocks, Warnings: []string{"the text was recognised from a picture; characters may be misread"}}
	for _, b := range blocks {
		doc.Pages = max(doc.Pages, b.Page)
	}
	return doc, nil
}

// pictureSize reads the size that a picture claims, without decoding it.
func pictureSize(data []byte) (width, height int, err error) {
	if bytes.HasPrefix(data, []byte("II*\x00")) {
		return tiffSize(data, endian.LittleEndian)
	}
	if bytes.HasPrefix(data, []byte("MM\x00*")) {
		return tiffSize(data, endian.BigEndian)
	}
	config, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return 0, 0, refuse(CodeDamaged, "the picture is damaged: %v", err)
	}
	return config.Width, config.Height, nil
}

// tiffSize gives the largest size of the pictures in a TIFF.
func tiffSize(data []byte, order endian.ByteOrder) (width, height int, err error) {
	damaged := refuse(CodeDamaged, "the picture is damaged: its directory lies outside the file")
	if len(data) < 8 {
		return 0, 0, damaged
	}
	next := int(order.Uint32(data[4:]))
	for range mostPictures {
		if next == 0 {
			break
		}
		if next < 8 || next > len(data)-2 {
			return 0, 0, damaged
		}
		entries := int(order.Uint16(data[next:]))
		at := next + 2
		if at+entries*12+4 > len(data) {
			return 0, 0, damaged
		}
		for range entries {
			tag, kind := order.Uint16(data[at:]), order.Uint16(data[at+2:])
			value := int(order.Uint32(data[at+8:]))
			if kind == 3 { // a short number
				value = int(order.Uint16(data[at+8:]))
			}
			switch tag {
			case 256:
				width = max(width, value)
			case 257:
				height = max(height, value)
			}
			at += 12
		}
		next = int(order.Uint32(data[at:]))
	}
	return width, height, nil
}

// mostPictures bounds the pictures of a TIFF, whose list may run in a circle.
const mostPictures = 1000
