package parse

import (
	"context"
	"image"
	"image/draw"
)

// Picture draws the first page of a PDF, for tests of recognition.
func Picture(ctx context.Context, pdf []byte, dpi int) (image.Image, error) {
	f, err := openPDF(ctx, readingEngine, pdf)
	if err != nil {
		return nil, err
	}
	defer f.close()
	drawn, release, err := f.picture(0, dpi)
	if err != nil {
		return nil, err
	}
	defer release()
	kept := image.NewGray(drawn.Bounds())
	draw.Draw(kept, kept.Bounds(), drawn, drawn.Bounds().Min, draw.Src)
	return kept, nil
}

// PictureSize and CompoundKind read what is looked at before a program outside is
// started.
var PictureSize = pictureSize

// CompoundKind tells what a compound file of Microsoft holds.
func CompoundKind(data []byte) (string, error) {
	kind, err := oleKind(data)
	return kind.name, err
}
