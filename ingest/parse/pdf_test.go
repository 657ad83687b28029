package parse_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"policykb/ingest/parse"
)

// TestRealPDF reads real PDFs, where the measuring data is at hand.
func TestRealPDF(t *testing.T) {
	t.Parallel()
	t.Run("text layer", func(t *testing.T) {
		t.Parallel()
		doc := read(t, "01_*.pdf")
		if doc.Pages != 10 {
			t.Errorf("got %d pages, want 10", doc.Pages)
		}
		if b := blockWith(t, doc, "2023年1月1日"); b.Page != 10 {
			t.Errorf("2023年1月1日 is on page %d, want 10", b.Page)
		}
		if b := blockWith(t, doc, "第三章 数据资源"); b.Kind != parse.Heading || b.Level != 2 {
			t.Errorf("第三章 is a %s of level %d, want a heading of level 2", b.Kind, b.Level)
		}
	})
	t.Run("cards with labels in the margin", func(t *testing.T) {
		t.Parallel()
		doc := read(t, "13_*.pdf")
		if b := blockWith(t, doc, "智能算力合同额的 20%"); b.Page != 1 || !strings.Contains(b.Text, "不超过 200 万元") {
			t.Errorf("20%% and 200 万元 are not in one paragraph of page 1: page %d, %s", b.Page, b.Text)
		}
		if b := blockWith(t, doc, "发文字号 | 京商运指字〔2023〕7 号"); b.Kind != parse.Row || b.Page != 3 {
			t.Errorf("the row of 发文字号 is a %s on page %d", b.Kind, b.Page)
		}
		if b := blockWith(t, doc, "服务内容"); b.Text != "服务内容" {
			t.Errorf("the label 服务内容 stands in %q, want it before its text", b.Text)
		}
		for _, b := range doc.Blocks {
			if b.Text == "72" && b.Kind != parse.Furniture {
				t.Errorf("the page number 72 is a %s", b.Kind)
			}
		}
	})
	t.Run("printed from the web", func(t *testing.T) {
		t.Parallel()
		doc := read(t, "14_*.pdf")
		text := bodyOf(doc)
		if n := strings.Count(text, "应当在变更之日起十个工作日内办理变更手续"); n != 1 {
			t.Errorf("the sentence of 十个工作日 stands %d times in the text, want once", n)
		}
		if b := blockWith(t, doc, "互联网信息服务算法推荐管理规定"); b.Kind != parse.Heading || b.Level != 1 {
			t.Errorf("the title over two lines is a %s", b.Kind)
		}
	})
	for _, c := range []struct {
		file string
		code parse.Code
		says string
	}{
		{"91_*.pdf", parse.CodeDamaged, "not whole"},
		{"92_*.pdf", parse.CodeEncrypted, "password"},
		{"94_*.pdf", parse.CodeBinary, "not text"},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			name, data := shared(t, "formats", c.file)
			_, err := parse.Parse(t.Context(), name, data)
			var refused *parse.Error
			if !errors.As(err, &refused) || refused.Code != c.code || !strings.Contains(refused.Detail, c.says) {
				t.Errorf("got %v, want code %s and a word of %q", err, c.code, c.says)
			}
		})
	}
}

// TestPDFLayout reads pages drawn for the purpose.
func TestPDFLayout(t *testing.T) {
	t.Parallel()
	t.Run("two columns", func(t *testing.T) {
		t.Parallel()
		var p drawing
		p.text(150, 780, 18, "智能计算中心发展白皮书")
		for i := range 8 {
			p.text(60, 740-float64(i)*18, 11, fmt.Sprintf("左栏第%d行讲的是算力券的申领条件和", i+1))
			p.text(310, 740-float64(i)*18, 11, fmt.Sprintf("右栏第%d行讲的是数据要素的流通以", i+1))
		}
		doc := parsed(t, "白皮书.pdf", pdfOf(p))
		text := bodyOf(doc)
		if left, right := strings.Index(text, "左栏第8行"), strings.Index(text, "右栏第1行"); left < 0 || right < left {
			t.Errorf("the columns are mixed:\n%s", text)
		}
		if doc.Blocks[0].Kind != parse.Heading || doc.Blocks[0].Text != "智能计算中心发展白皮书" {
			t.Errorf("first block %+v", doc.Blocks[0])
		}
	})
	t.Run("running heads and page numbers", func(t *testing.T) {
		t.Parallel()
		var pages []drawing
		for i := range 4 {
			var p drawing
			p.text(200, 810, 9, "某市人民政府公报 2023年第5期")
			p.text(60, 700, 11, fmt.Sprintf("第%d条 这一页的正文讲各自的事，不与别页相同。", i+1))
			p.text(290, 30, 9, fmt.Sprintf("— %d —", i+1))
			pages = append(pages, p)
		}
		doc := parsed(t, "公报.pdf", pdfOf(pages...))
		if text := bodyOf(doc); strings.Contains(text, "公报") || strings.Contains(text, "—") || strings.Count(text, "正文") != 4 {
			t.Errorf("the text holds its furniture:\n%s", text)
		}
		if b := blockWith(t, doc, "第3条"); b.Page != 3 {
			t.Errorf("第3条 is on page %d", b.Page)
		}
	})
	t.Run("letters printed twice to look bold", func(t *testing.T) {
		t.Parallel()
		var p drawing
		p.text(60, 700, 12, "每年发放总额不超过1000万元的算力券")
		p.text(60.4, 700, 12, "每年发放总额不超过1000万元的算力券")
		if text := bodyOf(parsed(t, "a.pdf", pdfOf(p))); strings.TrimSpace(text) != "每年发放总额不超过1000万元的算力券" {
			t.Errorf("got %q", text)
		}
	})
	t.Run("an article printed again", func(t *testing.T) {
		t.Parallel()
		pages := make([]drawing, 4)
		for i := range pages {
			for k := range 12 {
				n := i%2*12 + k + 1
				pages[i].text(60, 760-float64(k)*40, 11, fmt.Sprintf("第%d条 本办法第%d款所称的算力补贴由市经济信息化主管部门负责审核。", n, n*7))
			}
		}
		doc := parsed(t, "a.pdf", pdfOf(pages...))
		if text := bodyOf(doc); strings.Count(text, "第3条") != 1 || strings.Count(text, "第24条") != 1 {
			t.Errorf("the text stands twice:\n%s", text)
		}
		if len(doc.Warnings) == 0 {
			t.Error("no warning says that text was set apart")
		}
	})
	t.Run("a ruled table", func(t *testing.T) {
		t.Parallel()
		var p drawing
		p.text(60, 780, 11, "补贴标准如下：")
		p.grid(60, 700, []float64{100, 120, 150}, []float64{24, 24, 24})
		for i, row := range [][]string{{"城市", "项目", "金额"}, {"成都", "算力券", "最高1000万元"}, {"深圳", "训力券", "最高500万元"}} {
			for k, x := range []float64{65, 165, 285} {
				p.text(x, 700-float64(i)*24-17, 11, row[k])
			}
		}
		doc := parsed(t, "a.pdf", pdfOf(p))
		if b := blockWith(t, doc, "成都"); b.Kind != parse.Row || b.Text != "| 成都 | 算力券 | 最高1000万元 |" {
			t.Errorf("got %s %q", b.Kind, b.Text)
		}
		if b := blockWith(t, doc, "城市"); !b.Header {
			t.Errorf("the first row names no columns")
		}
	})
	t.Run("a page lying on its side, and a watermark", func(t *testing.T) {
		t.Parallel()
		var p drawing
		p.latin(300, 100, 12, 0, 1, "Article 1. These measures govern compute vouchers.")
		p.latin(318, 100, 12, 0, 1, "Article 2. They take effect on the day of issue.")
		p.turned(200, 200, 40, 0.7, 0.7, "内部资料")
		doc := parsed(t, "a.pdf", pdfOf(p))
		if text := bodyOf(doc); strings.TrimSpace(text) != "Article 1. These measures govern compute vouchers. Article 2. They take effect on the day of issue." {
			t.Errorf("got %q", text)
		}
	})
}

// TestPDFThatNeverEnds gives a page that would draw a word a thousand million
// times. The reading ends with its context, and the next document is read.
func TestPDFThatNeverEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	start := time.Now()
	_, err := parse.Parse(ctx, "loop.pdf", endlessPDF())
	if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took > 10*time.Second {
		t.Errorf("got %v after %s, want the end of the context after 2s", err, took)
	}
	var p drawing
	p.text(60, 700, 12, "第一条 下一份文件照常可读。")
	if text := bodyOf(parsed(t, "a.pdf", pdfOf(p))); !strings.Contains(text, "照常可读") {
		t.Errorf("got %q", text)
	}
}

// drawing is the content of a page.
type drawing struct{ bytes.Buffer }

func (d *drawing) text(x, y, size float64, s string) { d.turned(x, y, size, 1, 0, s) }

// turned writes along the direction (cos, sin).
func (d *drawing) turned(x, y, size, cos, sin float64, s string) {
	fmt.Fprintf(d, "BT /F1 %g Tf %g %g %g %g %g %g Tm <", size, cos, sin, -sin, cos, x, y)
	for _, u := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(d, "%04X", u)
	}
	d.WriteString("> Tj ET\n")
}

// latin writes in a font whose shapes every reader has.
func (d *drawing) latin(x, y, size, cos, sin float64, s string) {
	fmt.Fprintf(d, "BT /F2 %g Tf %g %g %g %g %g %g Tm (%s) Tj ET\n", size, cos, sin, -sin, cos, x, y, s)
}

// grid rules a table from its upper left corner.
func (d *drawing) grid(x, y float64, widths, heights []float64) {
	right, bottom := x, y
	for _, w := range widths {
		right += w
	}
	for _, h := range heights {
		bottom -= h
	}
	for at, i := x, 0; i <= len(widths); i++ {
		fmt.Fprintf(d, "%g %g m %g %g l S\n", at, y, at, bottom)
		if i < len(widths) {
			at += widths[i]
		}
	}
	for at, i := y, 0; i <= len(heights); i++ {
		fmt.Fprintf(d, "%g %g m %g %g l S\n", x, at, right, at)
		if i < len(heights) {
			at -= heights[i]
		}
	}
}

// pdfOf makes a PDF of pages in a font that is not embedded, as many PDFs of
// offices have it.
func pdfOf(pages ...drawing) []byte {
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"", // the pages
		"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [4 0 R] >>",
		"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> /DW 1000 /W [1 95 500] /FontDescriptor 5 0 R >>",
		"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>",
	}
	var kids []string
	for _, p := range pages {
		n := len(objects) + 1
		objects = append(objects,
			fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R /F2 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> /Contents %d 0 R >>", n+1),
			fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", p.Len(), p.String()))
		kids = append(kids, fmt.Sprintf("%d 0 R", n))
	}
	objects[1] = fmt.Sprintf("<< /Type /Pages /Count %d /Kids [%s] >>", len(pages), strings.Join(kids, " "))
	return fileOfObjects(objects)
}

// endlessPDF makes a page of forms that each draw the next one ten times.
func endlessPDF() []byte {
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /XObject << /X 5 0 R >> >> /Contents 4 0 R >>",
		"<< /Length 4 >>\nstream\n/X Do\nendstream",
	}
	const levels = 9
	body := strings.Repeat("/X Do\n", 10)
	for i := range levels {
		objects = append(objects, fmt.Sprintf(
			"<< /Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /XObject << /X %d 0 R >> >> /Length %d >>\nstream\n%s\nendstream",
			6+i, len(body), body))
	}
	last := "BT /F1 12 Tf 60 700 Td (Again) Tj ET"
	objects = append(objects, fmt.Sprintf(
		"<< /Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> /Length %d >>\nstream\n%s\nendstream",
		len(last), last))
	return fileOfObjects(objects)
}

// pdfOfPicture makes a PDF of one page that is a picture.
func pdfOfPicture(photo []byte, size image.Rectangle, dpi int) []byte {
	w, h := size.Dx(), size.Dy()
	wide, high := w*72/dpi, h*72/dpi
	content := fmt.Sprintf("q %d 0 0 %d 0 0 cm /I Do Q", wide, high)
	return fileOfObjects([]string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
		fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Resources << /XObject << /I 5 0 R >> >> /Contents 4 0 R >>", wide, high),
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(content), content),
		fmt.Sprintf("<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /DCTDecode /Length %d >>\nstream\n%s\nendstream", w, h, len(photo), photo),
	})
}

// fileOfObjects writes numbered objects as a PDF; the first is its catalogue.
func fileOfObjects(objects []string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	offsets := make([]int, len(objects))
	for i, o := range objects {
		offsets[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, at := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, start)
	return b.Bytes()
}

// parsed reads a document that must be readable.
func parsed(t testing.TB, name string, data []byte) parse.Document {
	t.Helper()
	doc, err := parse.Parse(t.Context(), name, data)
	if err != nil {
		t.Fatalf("parse %s: %v", name, err)
	}
	return doc
}

// shared gives a file of the measuring data, or skips the test.
func shared(t testing.TB, folder, pattern string) (name string, data []byte) {
	t.Helper()
	dir := os.Getenv("POLICYKB_SHARED")
	if dir == "" {
		dir = "../../../shared"
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no measuring data: set POLICYKB_SHARED to its folder (%v)", err)
	}
	files, err := filepath.Glob(filepath.Join(dir, folder, pattern))
	if err != nil || len(files) != 1 {
		t.Fatalf("%d files match %s (%v)", len(files), pattern, err)
	}
	if data, err = os.ReadFile(files[0]); err != nil {
		t.Fatal(err)
	}
	return filepath.Base(files[0]), data
}

// read parses a file of the measuring data.
func read(t testing.TB, pattern string) parse.Document {
	t.Helper()
	name, data := shared(t, "formats", pattern)
	return parsed(t, name, data)
}

// bodyOf gives the text of a document without its furniture, a block a line.
func bodyOf(doc parse.Document) string {
	var b strings.Builder
	for _, block := range doc.Blocks {
		if block.Kind != parse.Furniture {
			b.WriteString(block.Text)
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// blockWith finds the first block that holds the words, spaces aside.
func blockWith(t testing.TB, doc parse.Document, words string) parse.Block {
	t.Helper()
	bare := func(s string) string { return strings.Join(strings.Fields(s), "") }
	for _, b := range doc.Blocks {
		if strings.Contains(bare(b.Text), bare(words)) {
			return b
		}
	}
	t.Fatalf("no block holds %q", words)
	return parse.Block{}
}
