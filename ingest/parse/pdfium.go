package parse

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"unicode"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/enums"
	pdfiumerrors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// pdfMemory is the most memory that reading one PDF may take, in pages of 64 KiB:
// 512 MB. A document that asks for more fails by itself; the process goes on.
const pdfMemory = 512 << 20 >> 16

// PDFium is compiled once for the process when the first PDF comes. It runs in
// WebAssembly: a document that breaks it breaks only its own instance, which sees
// no network and no file, but for the system's fonts where it draws: many PDFs of
// offices do not bring theirs.
var (
	readingEngine engine = sync.OnceValues(func() (pdfium.Pool, error) {
		return startEngine(wazero.NewFSConfig(), min(4, runtime.NumCPU()))
	})
	drawingEngine engine = sync.OnceValues(func() (pdfium.Pool, error) {
		return startEngine(wazero.NewFSConfig().WithFSMount(fontFolders(), "/"), MostDrawings)
	})
)

// engine starts PDFium when it is first asked for, and gives the pool of its instances.
type engine func() (pdfium.Pool, error)

// MostDrawings is how many pages are drawn at once.
const MostDrawings = 2

func startEngine(files wazero.FSConfig, most int) (pdfium.Pool, error) {
	config := wazero.NewRuntimeConfig().
		WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling).
		WithMemoryLimitPages(pdfMemory).
		WithCloseOnContextDone(true)
	if cache, err := compilationCache(); err != nil {
		slog.Warn("PDFium is compiled anew at every start, which takes seconds", "reason", err)
	} else {
		config = config.WithCompilationCache(cache)
	}
	pool, err := webassembly.Init(webassembly.Config{
		MaxIdle: 1, MaxTotal: most,
		FSConfig: files, RuntimeConfig: config,
		Stdout: io.Discard, Stderr: io.Discard,
	})
	if err != nil {
		return nil, fmt.Errorf("start PDFium: %w", err)
	}
	return pool, nil
}

// compilationCache keeps the compiled PDFium between starts of the program, in
// the user's folder for caches, or else in the one for temporary files.
var compilationCache = sync.OnceValues(func() (wazero.CompilationCache, error) {
	var failed error
	for _, folder := range []func() (string, error){os.UserCacheDir, func() (string, error) { return os.TempDir(), nil }} {
		dir, err := folder()
		if err == nil {
			var cache wazero.CompilationCache
			if cache, err = wazero.NewCompilationCacheWithDir(filepath.Join(dir, "policykb", "wazero")); err == nil {
				return cache, nil
			}
		}
		failed = errors.Join(failed, err)
	}
	return nil, failed
})

// pdfFile is an open PDF. Its instance of PDFium serves this document alone.
type pdfFile struct {
	instance pdfium.Pdfium
	document references.FPDF_DOCUMENT
	pages    int

	release sync.Once
	stop    func() bool // ends the watch of the context
}

// openPDF opens a document in an engine. When the context ends the instance is
// killed, whatever it is doing, and every call in progress returns an error.
func openPDF(ctx context.Context, in engine, data []byte) (*pdfFile, error) {
	pool, err := in()
	if err != nil {
		return nil, err
	}
	instance, err := pool.GetInstanceWithContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("start an instance of PDFium: %w", err)
	}
	f := &pdfFile{instance: instance}
	f.stop = context.AfterFunc(ctx, func() {
		f.release.Do(func() { _ = instance.Kill() }) // it is closed by then, or was never whole
	})
	opened, err := instance.OpenDocument(&requests.OpenDocument{File: &data})
	if err != nil {
		f.close()
		return nil, err
	}
	f.document = opened.Document
	count, err := instance.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: f.document})
	if err != nil {
		f.close()
		return nil, err
	}
	f.pages = count.PageCount
	return f, nil
}

// close ends the instance and gives its memory back.
func (f *pdfFile) close() {
	f.stop()
	f.release.Do(func() {
		if err := f.instance.Close(); err != nil {
			slog.Debug("an instance of PDFium did not close", "reason", err)
		}
	})
}

// needsPassword reports whether err says that the document is locked.
func needsPassword(err error) bool {
	return errors.Is(err, pdfiumerrors.ErrPassword) || errors.Is(err, pdfiumerrors.ErrSecurity)
}

// sound reports whether the table of contents of the file itself is whole. PDFium
// reads a file without one by looking for what can be found.
func (f *pdfFile) sound() bool {
	valid, err := f.instance.FPDF_DocumentHasValidCrossReferenceTable(
		&requests.FPDF_DocumentHasValidCrossReferenceTable{Document: f.document})
	return err == nil && valid.DocumentHasValidCrossReferenceTable
}

// properties gives what the document says of itself; many say nothing.
func (f *pdfFile) properties() map[string]string {
	properties := make(map[string]string)
	for _, name := range []string{"Title", "Author", "Subject", "Keywords", "CreationDate"} {
		data, err := f.instance.FPDF_GetMetaText(&requests.FPDF_GetMetaText{Document: f.document, Tag: name})
		if err == nil {
			properties[name] = data.Value
		}
	}
	return properties
}

// sheet reads the characters of a page, counted from 0, in the order in which the
// page draws them, and the lines that are ruled on it.
func (f *pdfFile) sheet(page int) (sheet, error) {
	loaded, err := f.instance.FPDF_LoadPage(&requests.FPDF_LoadPage{Document: f.document, Index: page})
	if err != nil {
		return sheet{}, err
	}
	reference := requests.Page{ByReference: &loaded.Page}
	s, err := f.glyphs(reference)
	if err == nil {
		s.rules, s.pictures, err = f.drawings(reference)
	}
	_, closing := f.instance.FPDF_ClosePage(&requests.FPDF_ClosePage{Page: loaded.Page})
	return s, errors.Join(err, closing)
}

func (f *pdfFile) glyphs(page requests.Page) (sheet, error) {
	loaded, err := f.instance.FPDFText_LoadPage(&requests.FPDFText_LoadPage{Page: page})
	if err != nil {
		return sheet{}, err
	}
	text := loaded.TextPage
	s, err := f.characters(text)
	_, closing := f.instance.FPDFText_ClosePage(&requests.FPDFText_ClosePage{TextPage: text})
	return s, errors.Join(err, closing)
}

func (f *pdfFile) characters(text references.FPDF_TEXTPAGE) (sheet, error) {
	count, err := f.instance.FPDFText_CountChars(&requests.FPDFText_CountChars{TextPage: text})
	if err != nil {
		return sheet{}, err
	}
	read := min(count.Count, mostGlyphs)
	s := sheet{cut: count.Count > read, glyphs: make([]glyph, 0, max(read, 0))}
	spaced := false
	for i := range read {
		letter, err := f.instance.FPDFText_GetUnicode(&requests.FPDFText_GetUnicode{TextPage: text, Index: i})
		if err != nil {
			return sheet{}, err
		}
		r := rune(letter.Unicode)
		switch {
		case r == 0xFFFE || r == 0x02: // PDFium's signs for a hyphen at a line's end
			r = '-'
		case r == 0 || r == 0xFFFF || r == 0xFFFD:
			s.unknown++
			continue
		case unicode.IsSpace(r) || r < ' ' || r == 0x200B || r == 0xFEFF:
			spaced = true
			continue
		}
		loose, err := f.instance.FPDFText_GetLooseCharBox(&requests.FPDFText_GetLooseCharBox{TextPage: text, Index: i})
		if err != nil {
			if f.gone() {
				return sheet{}, err
			}
			continue // a character without a place is not drawn
		}
		angle, err := f.instance.FPDFText_GetCharAngle(&requests.FPDFText_GetCharAngle{TextPage: text, Index: i})
		if err != nil {
			return sheet{}, err
		}
		s.glyphs = append(s.glyphs, glyph{r: r, spaced: spaced, angle: float64(angle.CharAngle), box: box{
			left: float64(loose.Rect.Left), right: float64(loose.Rect.Right),
			top: float64(loose.Rect.Top), bottom: float64(loose.Rect.Bottom)}})
		spaced = false
	}
	return s, nil
}

// mostObjects bounds how many drawn objects of a page are looked at for rules.
const mostObjects = 20_000

// drawings gives the ruled lines of a page, and the number of its pictures.
func (f *pdfFile) drawings(page requests.Page) (rules []box, pictures int, err error) {
	count, err := f.instance.FPDFPage_CountObjects(&requests.FPDFPage_CountObjects{Page: page})
	if err != nil {
		return nil, 0, err
	}
	for i := range min(count.Count, mostObjects) {
		object, err := f.instance.FPDFPage_GetObject(&requests.FPDFPage_GetObject{Page: page, Index: i})
		if err != nil {
			return nil, 0, err
		}
		kind, err := f.instance.FPDFPageObj_GetType(&requests.FPDFPageObj_GetType{PageObject: object.PageObject})
		if err != nil {
			return nil, 0, err
		}
		switch kind.Type {
		case enums.FPDF_PAGEOBJ_IMAGE:
			pictures++
			continue
		case enums.FPDF_PAGEOBJ_PATH:
		default:
			continue
		}
		bounds, err := f.instance.FPDFPageObj_GetBounds(&requests.FPDFPageObj_GetBounds{PageObject: object.PageObject})
		if err != nil {
			if f.gone() {
				return nil, 0, err
			}
			continue // an empty path
		}
		b := box{left: float64(bounds.Left), right: float64(bounds.Right), top: float64(bounds.Top), bottom: float64(bounds.Bottom)}
		if b.width() <= ruleWidth || b.height() <= ruleWidth {
			rules = append(rules, b)
			continue
		}
		mode, err := f.instance.FPDFPath_GetDrawMode(&requests.FPDFPath_GetDrawMode{PageObject: object.PageObject})
		if err != nil {
			return nil, 0, err
		}
		if mode.Stroke { // a frame is four rules
			rules = append(rules, box{b.left, b.right, b.top, b.top}, box{b.left, b.right, b.bottom, b.bottom},
				box{b.left, b.left, b.top, b.bottom}, box{b.right, b.right, b.top, b.bottom})
		}
	}
	return rules, pictures, nil
}

// gone reports whether the instance has ended, so that no call can succeed.
func (f *pdfFile) gone() bool {
	_, err := f.instance.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: f.document})
	return err != nil
}

// marks gives the size of a page, counted from 0, as it is shown, and where it
// prints the words of an excerpt.
func (f *pdfFile) marks(page int, wanted Excerpt) (width, height float64, marks []Mark, err error) {
	loaded, err := f.instance.FPDF_LoadPage(&requests.FPDF_LoadPage{Document: f.document, Index: page})
	if err != nil {
		return 0, 0, nil, err
	}
	reference := requests.Page{ByReference: &loaded.Page}
	width, height, marks, err = f.marksOn(reference, wanted)
	_, closing := f.instance.FPDF_ClosePage(&requests.FPDF_ClosePage{Page: loaded.Page})
	return width, height, marks, errors.Join(err, closing)
}

func (f *pdfFile) marksOn(page requests.Page, wanted Excerpt) (width, height float64, marks []Mark, err error) {
	across, err := f.instance.FPDF_GetPageWidthF(&requests.FPDF_GetPageWidthF{Page: page})
	if err != nil {
		return 0, 0, nil, err
	}
	down, err := f.instance.FPDF_GetPageHeightF(&requests.FPDF_GetPageHeightF{Page: page})
	if err != nil {
		return 0, 0, nil, err
	}
	width, height = float64(across.PageWidth), float64(down.PageHeight)
	if wanted.Words == "" {
		return width, height, nil, nil
	}
	s, err := f.glyphs(page)
	if err != nil {
		return 0, 0, nil, err
	}
	var boxes []box
	for _, i := range wanted.found(s.glyphs) {
		boxes = append(boxes, s.glyphs[i].box)
	}
	// Positions in the page are those of its drawing; it is shown turned and cropped.
	const fine = 16 // steps in a point
	shown := func(x, y float64) (float64, float64, error) {
		at, err := f.instance.FPDF_PageToDevice(&requests.FPDF_PageToDevice{
			Page: page, SizeX: int(width * fine), SizeY: int(height * fine), PageX: x, PageY: y})
		if err != nil {
			return 0, 0, err
		}
		return float64(at.DeviceX) / fine, float64(at.DeviceY) / fine, nil
	}
	for _, b := range joined(boxes) {
		x, y, err := shown(b.left, b.top)
		if err != nil {
			return 0, 0, nil, err
		}
		toX, toY, err := shown(b.right, b.bottom)
		if err != nil {
			return 0, 0, nil, err
		}
		marks = append(marks, Mark{Left: min(x, toX), Top: min(y, toY), Width: max(x, toX) - min(x, toX), Height: max(y, toY) - min(y, toY)})
	}
	return width, height, marks, nil
}

// pictureWithin draws a page, counted from 0, as large as so many pixels allow,
// with the stamps and notes that are laid over it.
func (f *pdfFile) pictureWithin(page, width, height int) (image.Image, func(), error) {
	drawn, err := f.instance.RenderPageInPixels(&requests.RenderPageInPixels{
		Width: width, Height: height, RenderFlags: enums.FPDF_RENDER_FLAG_ANNOT,
		Page: requests.Page{ByIndex: &requests.PageByIndex{Document: f.document, Index: page}}})
	if err != nil {
		return nil, nil, err
	}
	return drawn.Result.RenderedImage, drawn.Cleanup, nil
}

// picture draws a page, counted from 0, at a resolution in dots per inch.
func (f *pdfFile) picture(page, dpi int) (image.Image, func(), error) {
	drawn, err := f.instance.RenderPageInDPI(&requests.RenderPageInDPI{
		DPI: dpi, Page: requests.Page{ByIndex: &requests.PageByIndex{Document: f.document, Index: page}}})
	if err != nil {
		return nil, nil, err
	}
	return drawn.Result.RenderedImage, drawn.Cleanup, nil
}
