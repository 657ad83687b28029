package parse

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"math"
	"unicode"

	"policykb/corpus"
)

// View says how a page of a PDF looks: its size in points, as it is shown, and
// where the words asked for stand on it.
type View struct {
	Pages         int
	Width, Height float64
	Marks         []Mark // one for each line, or part of a line, of the words
}

// Mark is a place on a page, in points from its upper left corner.
type Mark struct{ Left, Top, Width, Height float64 }

// Excerpt is a stretch of a document's text that is looked for on a page, with
// what stands around it: the same words may stand there twice.
type Excerpt struct{ Before, Words, After string }

// ViewPage looks at a page of a PDF, counted from 1. Words that the page does not
// print, or only as a picture, have no marks. It gives an *[Error], of the code
// [CodeNoPage] where there is no such page, or the context's error.
func ViewPage(ctx context.Context, data []byte, number int, wanted Excerpt) (View, error) {
	var v View
	err := onPage(ctx, readingEngine, data, number, func(f *pdfFile) (err error) {
		v.Pages = f.pages
		v.Width, v.Height, v.Marks, err = f.marks(number-1, wanted)
		return err
	})
	return v, err
}

// Bounds of a picture, in pixels.
const (
	MinPictureWidth = 200
	MaxPictureWidth = 2400
	tallestPicture  = 4000
)

// DrawPage draws a page of a PDF, counted from 1, as a PNG of so many pixels
// across; a very tall page comes narrower. Its errors are those of [ViewPage].
func DrawPage(ctx context.Context, data []byte, number, width int) ([]byte, error) {
	width = min(max(width, MinPictureWidth), MaxPictureWidth)
	var drawn bytes.Buffer
	err := onPage(ctx, drawingEngine, data, number, func(f *pdfFile) error {
		picture, release, err := f.pictureWithin(number-1, width, tallestPicture)
		if err != nil {
			return err
		}
		defer release()
		return (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&drawn, ungrained(picture))
	})
	return drawn.Bytes(), err
}

// onPage opens a PDF for one of its pages.
func onPage(ctx context.Context, in engine, data []byte, number int, look func(*pdfFile) error) error {
	if Detect("", data) != FormatPDF {
		return refuse(CodeNoPage, "the document came in as no PDF and has no pages to look at")
	}
	f, err := openPDF(ctx, in, data)
	if err == nil {
		defer f.close()
		if number < 1 || number > f.pages {
			return refuse(CodeNoPage, "page %d: the PDF has %d", number, f.pages)
		}
		err = look(f)
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return refuse(CodeDamaged, "page %d of the PDF cannot be shown: %v", number, err)
}

// ungrained is the picture in shades of grey where it has no colour, which takes a
// quarter of the bytes.
func ungrained(picture image.Image) image.Image {
	colourful, ok := picture.(*image.RGBA)
	if !ok {
		return picture
	}
	grey := image.NewGray(colourful.Rect)
	for y := range colourful.Rect.Dy() {
		from := colourful.Pix[y*colourful.Stride:][:4*colourful.Rect.Dx()]
		to := grey.Pix[y*grey.Stride:][:colourful.Rect.Dx()]
		for x := range to {
			r, g, b := from[4*x], from[4*x+1], from[4*x+2]
			if r != g || g != b {
				return opaque{colourful}
			}
			to[x] = r
		}
	}
	return grey
}

// opaque is a picture of which the page is white throughout, so that it needs no
// transparency.
type opaque struct{ *image.RGBA }

// Opaque tells encoders so.
func (opaque) Opaque() bool { return true }

// ColorModel implements image.Image.
func (opaque) ColorModel() color.Model { return color.RGBAModel }

// Bounds of looking for words on a page.
const (
	mostSought  = 4000   // characters of the words and what stands around them
	mostPrinted = 20_000 // of the page
)

// letter is a character in the form in which texts are compared, and the place in
// its text it comes from.
type letter struct {
	r    rune
	from int
}

// inked gives the characters of a text that are printed and compared.
func inked(text string, most int) []letter {
	folded, sources := corpus.FoldMapped(text)
	out := make([]letter, 0, len(sources))
	i := 0
	for _, r := range folded {
		if len(out) == most {
			break
		}
		if unicode.IsGraphic(r) && !unicode.IsSpace(r) {
			out = append(out, letter{r, int(sources[i])})
		}
		i++
	}
	return out
}

// Stretches of the words are found one after the other: a line, what stands before
// and after a character that cleaning changed, the cells of a row.
const (
	sureStretch = 8  // characters that are no chance, wherever they stand
	nearStretch = 2  // that are none shortly after the stretch before
	near        = 60 // characters
)

// found tells which glyphs print the words. Glyphs come in the order in which the
// page draws them.
func (e Excerpt) found(glyphs []glyph) []int {
	var drawn []rune
	for _, g := range glyphs[:min(len(glyphs), mostPrinted)] {
		drawn = append(drawn, g.r)
	}
	page := inked(string(drawn), mostPrinted)
	before, words := inked(e.Before, mostSought), inked(e.Words, mostSought)
	sought := append(append(before, words...), inked(e.After, mostSought)...)
	first, last := len(before), len(before)+len(words)

	longest, at := stretches(sought, page)
	var own []int
	end := -1 // on the page, of the stretch before
	for i := 0; i < last; {
		n, from := longest[i], at[i]
		if end >= 0 {
			for next := end; next < min(end+near, len(page)); next++ {
				if close := common(sought[i:], page[next:]); close >= nearStretch && (close >= n || n < sureStretch) {
					n, from = close, next
					break
				}
			}
		}
		isNear := end >= 0 && from >= end && from < end+near
		if n < sureStretch && !(isNear && n >= nearStretch) && !(i == first && n >= last-first) {
			i++
			continue
		}
		for k := max(0, first-i); k < min(n, last-i); k++ {
			own = append(own, page[from+k].from)
		}
		i, end = i+n, from+n
	}
	return own
}

// stretches gives for each place of the words sought the longest stretch that the
// page has from there on, and where.
func stretches(sought, page []letter) (longest, at []int) {
	longest, at = make([]int, len(sought)), make([]int, len(sought))
	row := make([]int, len(page)+1) // of the place after, from each place of the page
	for i := len(sought) - 1; i >= 0; i-- {
		for k := range page {
			if sought[i].r == page[k].r {
				row[k] = row[k+1] + 1
			} else {
				row[k] = 0
			}
			if row[k] > longest[i] {
				longest[i], at[i] = row[k], k
			}
		}
	}
	return longest, at
}

// common counts the letters that both begin with.
func common(a, b []letter) int {
	n := 0
	for n < len(a) && n < len(b) && a[n].r == b[n].r {
		n++
	}
	return n
}

// joined puts boxes of neighbouring letters together.
func joined(boxes []box) []box {
	var out []box
	for _, b := range boxes {
		if len(out) > 0 && out[len(out)-1].goesOnIn(b) {
			out[len(out)-1] = out[len(out)-1].with(b)
			continue
		}
		out = append(out, b)
	}
	return out
}

// goesOnIn reports whether b stands beside or below the end of the line, in the
// direction of a line that runs across or down.
func (b box) goesOnIn(next box) bool {
	x, y := b.middle()
	nx, ny := next.middle()
	gap := func(from, to, size float64) bool { return math.Abs(to-from) < 1.5*size }
	across := math.Abs(y-ny) < 0.5*min(b.height(), next.height()) && (gap(b.right, next.left, next.height()) || gap(next.right, b.left, next.height()))
	down := math.Abs(x-nx) < 0.5*min(b.width(), next.width()) && (gap(b.bottom, next.top, next.width()) || gap(next.bottom, b.top, next.width()))
	return across || down && b.width() < 2*next.width()
}
