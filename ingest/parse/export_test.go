package parse

import (
	"context"
	"image"
	"image/draw"
)

// Picture draws the first page of a PDF, for tests of recognition.
func Picture(ctx context.Context, pdf []byte, dpi int) (image.Image, error) {
	f, err := openPDF(ctx, pdf)
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
