package parse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"policykb/corpus"
)

// What reading one PDF may take. A document that takes more is given up; so is
// one that loops.
const (
	mostPDFBytes   = 200 << 20
	mostPDFPages   = 5000
	longestPDF     = 2 * time.Minute // of reading text; recognition has its own limit
	pictureDPI     = 300
	mostPDFRefused = 20 // pages in a row that cannot be read before the rest is given up
)

// parsePDF reads the text layer of a PDF in reading order, with page numbers. What
// every page repeats is set apart, and a page without text is recognised from
// its picture.
func parsePDF(ctx context.Context, _ string, data []byte) (Document, error) {
	if len(data) > mostPDFBytes {
		return Document{}, refuse(CodeTooLarge, "the PDF has %d MB; at most %d MB are read", len(data)>>20, mostPDFBytes>>20)
	}
	limited, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	tooLong := errors.New("the time is over")
	clock := time.AfterFunc(longestPDF, func() { cancel(tooLong) })
	defer clock.Stop()
	doc, err := readPDF(limited, data, clock)
	var refused *Error
	switch {
	case err == nil || errors.As(err, &refused):
		return doc, err
	case ctx.Err() != nil:
		return Document{}, ctx.Err()
	case context.Cause(limited) == tooLong:
		return Document{}, refuse(CodeTooLarge, "the PDF was given up after %s: it is too complex, or drawn so that reading it never ends", longestPDF)
	case needsPassword(err):
		return Document{}, refuse(CodeEncrypted, "the PDF is protected by a password")
	}
	return Document{}, refuse(CodeDamaged, "the PDF is damaged: %v", err)
}

func readPDF(ctx context.Context, data []byte, clock *time.Timer) (Document, error) {
	f, err := openPDF(ctx, readingEngine, data)
	if err != nil {
		if !needsPassword(err) && !bytes.Contains(data[max(0, len(data)-2048):], []byte("%%EOF")) {
			return Document{}, refuse(CodeDamaged, "the PDF is not whole: its end, with the table of its parts, is missing")
		}
		return Document{}, err
	}
	defer f.close()
	doc := Document{Format: FormatPDF, Pages: f.pages}
	switch {
	case f.pages > mostPDFPages:
		return Document{}, refuse(CodeTooLarge, "the PDF has %d pages; at most %d are read", f.pages, mostPDFPages)
	case f.pages == 0:
		return Document{}, refuse(CodeDamaged, "the PDF has no pages")
	}
	if !f.sound() {
		doc.Warnings = append(doc.Warnings, "the PDF is damaged; its text was recovered as far as it could be found, and may be incomplete")
	}
	properties := f.properties()
	for _, name := range []string{"Title", "Author", "Subject", "Keywords", "CreationDate"} {
		if v := strings.TrimSpace(strings.ToValidUTF8(properties[name], "")); v != "" {
			doc.Fields = append(doc.Fields, Field{Name: strings.ToLower(name), Value: v, From: corpus.OriginProperties})
		}
	}
	var sheets []page
	var blank []int // pages without text that hold a picture
	failed := 0
	for i := range f.pages {
		s, err := f.sheet(i)
		if err != nil {
			if ctx.Err() != nil {
				return Document{}, err
			}
			doc.Warnings = append(doc.Warnings, fmt.Sprintf("page %d cannot be read: %v", i+1, err))
			if failed++; failed >= mostPDFRefused {
				return Document{}, refuse(CodeDamaged, "the PDF is damaged: %d of its pages cannot be read (%v)", failed, err)
			}
			continue
		}
		if s.cut {
			doc.Warnings = append(doc.Warnings, fmt.Sprintf("page %d holds more than %d characters; the rest was left out", i+1, mostGlyphs))
		}
		if s.unknown > 20 && s.unknown > len(s.glyphs) {
			doc.Warnings = append(doc.Warnings, fmt.Sprintf("page %d: its fonts do not say which characters they draw", i+1))
			s.glyphs = nil
		}
		if len(s.glyphs) < 10 && (s.pictures > 0 || s.unknown > 0) {
			blank = append(blank, i)
		}
		sheets = append(sheets, layOut(i+1, s))
	}
	clock.Stop()
	if len(blank) > 0 {
		if err := recognisePages(ctx, f, sheets, blank, &doc); err != nil {
			return Document{}, err
		}
	}
	doc.Blocks = blocksOf(sheets)
	if again := setRepeatsApart(doc.Blocks); again > 0 {
		doc.Warnings = append(doc.Warnings, fmt.Sprintf("%d paragraphs print text a second time and were set apart", again))
	}
	return doc, nil
}

// recognisePages reads pages that are pictures.
func recognisePages(ctx context.Context, f *pdfFile, sheets []page, blank []int, doc *Document) error {
	reader, err := findRecogniser()
	if err != nil {
		if len(blank) == len(sheets) {
			return refuse(CodeNeedsProgram, "the PDF holds pictures of text, no text; %v", err)
		}
		doc.Warnings = append(doc.Warnings, fmt.Sprintf("%d of %d pages are pictures and were not read; %v", len(blank), len(sheets), err))
		return nil
	}
	tell := Progress(ctx)
	for n, i := range blank {
		tell(n, len(blank))
		picture, release, err := f.picture(i, pictureDPI)
		if err != nil {
			return err
		}
		lines, err := reader.read(ctx, picture)
		release()
		if err != nil {
			return fmt.Errorf("page %d: %w", i+1, err)
		}
		for k := range sheets {
			if sheets[k].number == i+1 && len(lines) > 0 {
				sheets[k].recognised = lines
			}
		}
	}
	doc.Warnings = append(doc.Warnings, fmt.Sprintf("%d of %d pages were recognised from pictures; characters may be misread", len(blank), len(sheets)))
	return nil
}
