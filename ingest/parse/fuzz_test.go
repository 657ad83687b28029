package parse_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"policykb/ingest/parse"
)

// fuzzTime is how long a parser may take for a small file.
const fuzzTime = 20 * time.Second

// keepsPromise holds what Parse gives for any bytes against its documentation.
func keepsPromise(t *testing.T, name string, data []byte) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), fuzzTime)
	defer cancel()
	doc, err := parse.Parse(ctx, name, data)
	if err != nil {
		var refused *parse.Error
		if !errors.As(err, &refused) || refused.Code == "" || refused.Detail == "" {
			t.Fatalf("error %v says no reason", err)
		}
		if strings.Contains(refused.Detail, "broke its parser") {
			t.Fatal("the parser broke")
		}
		return
	}
	for _, b := range doc.Blocks {
		if !utf8.ValidString(b.Text) || strings.ContainsAny(b.Text, "\n\r") || b.Text == "" {
			t.Fatalf("block %q", b.Text)
		}
		if b.Mark > utf8.RuneCountInString(b.Text) || b.Kind == parse.Heading && (b.Level < 1 || b.Level > 6) || b.Kind == parse.Row && len(b.Cells) == 0 {
			t.Fatalf("block %+v", b)
		}
		if b.Page < 0 || b.Page > doc.Pages && doc.Pages > 0 {
			t.Fatalf("block on page %d of %d", b.Page, doc.Pages)
		}
	}
	for _, f := range doc.Fields {
		if f.Name == "" || f.Value == "" || !utf8.ValidString(f.Value) {
			t.Fatalf("field %+v", f)
		}
	}
}

func FuzzPDF(f *testing.F) {
	var page drawing
	page.text(60, 700, 12, "第一条 为了规范算力券，制定本办法。")
	page.grid(60, 600, []float64{100, 100}, []float64{20, 20})
	f.Add(pdfOf(page, page))
	f.Add(endlessPDF()[:600])
	f.Fuzz(func(t *testing.T, data []byte) { keepsPromise(t, "a.pdf", append([]byte("%PDF-1.7\n"), data...)) })
}

// FuzzPDFPage draws any content on a sound page.
func FuzzPDFPage(f *testing.F) {
	var page drawing
	page.text(60, 700, 12, "第一条 为了规范算力券，制定本办法。")
	page.turned(60, 600, 12, 0, 1, "附件")
	page.grid(60, 600, []float64{100, 100}, []float64{20, 20})
	f.Add(page.Bytes())
	f.Fuzz(func(t *testing.T, content []byte) {
		var p drawing
		p.Write(content)
		keepsPromise(t, "a.pdf", pdfOf(p))
	})
}

func FuzzDOCX(f *testing.F) {
	f.Add(`<w:p><w:pPr><w:pStyle w:val="1"/><w:numPr><w:ilvl w:val="1"/><w:numId w:val="1"/></w:numPr></w:pPr><w:r><w:t>第一条</w:t><w:br/><w:sym w:char="F0A8"/></w:r></w:p>`, wordStyles, wordNumbering)
	f.Add(`<w:tbl><w:tr><w:tc><w:tcPr><w:vMerge w:val="restart"/><w:gridSpan w:val="3"/></w:tcPr><w:p/><w:tbl><w:tr><w:tc/></w:tr></w:tbl></w:tc></w:tr></w:tbl>`, wordStyles, wordNumbering)
	f.Fuzz(func(t *testing.T, body, styles, numbering string) {
		keepsPromise(t, "a.docx", zipOf(t, [][2]string{
			{"word/document.xml", `<w:document ` + wordNames + `><w:body>` + body + `</w:body></w:document>`},
			{"word/styles.xml", styles}, {"word/numbering.xml", numbering}, {"word/footnotes.xml", wordFootnotes}}))
	})
}

func FuzzODT(f *testing.F) {
	f.Add(`<text:list-style style:name="L1"><text:list-level-style-number text:level="1" style:num-format="一, 二, 三, ..." style:num-suffix="、"/></text:list-style>`,
		`<text:list text:style-name="L1"><text:list-item><text:p>算力<text:s text:c="3"/>券</text:p></text:list-item></text:list><table:table><table:table-row><table:table-cell table:number-rows-spanned="2"><text:p>a</text:p></table:table-cell><table:covered-table-cell/></table:table-row></table:table>`)
	f.Fuzz(func(t *testing.T, styles, body string) {
		keepsPromise(t, "a.odt", openFile(t, "text", styles, styles, "<office:text>"+body+"</office:text>"))
	})
}

func FuzzXLSX(f *testing.F) {
	f.Add(`<row r="1"><c r="A1" t="inlineStr"><is><t>城市</t></is></c><c r="B1" t="s"><v>0</v></c></row></sheetData><mergeCells><mergeCell ref="A1:B2"/></mergeCells><sheetData>`)
	f.Fuzz(func(t *testing.T, rows string) { keepsPromise(t, "a.xlsx", sheetFile(t, rows)) })
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte("城市,项目,金额\n成都,\"算力券,模型券\",500万元\n"))
	f.Add([]byte("a\tb\r\n\"\"\"\t\x00\n"))
	f.Fuzz(func(t *testing.T, data []byte) { keepsPromise(t, "a.csv", data) })
}

func FuzzPPTX(f *testing.F) {
	f.Add(`<p:sp><p:nvSpPr><p:nvPr><p:ph type="title"/></p:nvPr></p:nvSpPr><p:txBody><a:p><a:pPr lvl="2"/><a:r><a:t>题</a:t></a:r></a:p></p:txBody></p:sp><a:tbl><a:tr><a:tc rowSpan="2"/></a:tr><a:tr><a:tc vMerge="1"/></a:tr></a:tbl>`,
		`<Relationship Id="rId1" Type="x/slide" Target="slides/slide1.xml"/>`)
	f.Fuzz(func(t *testing.T, shapes, relations string) {
		keepsPromise(t, "a.pptx", zipOf(t, [][2]string{
			{"ppt/presentation.xml", `<p:presentation xmlns:p="p" xmlns:r="r"><p:sldIdLst><p:sldId id="256" r:id="rId1"/></p:sldIdLst></p:presentation>`},
			{"ppt/_rels/presentation.xml.rels", `<Relationships>` + relations + `</Relationships>`},
			{"ppt/slides/slide1.xml", `<p:sld xmlns:p="p" xmlns:a="a">` + shapes + `</p:sld>`}}))
	})
}

func FuzzEPUB(f *testing.F) {
	f.Add(`<manifest><item id="1" href="c.xhtml" media-type="application/xhtml+xml"/></manifest><spine><itemref idref="1"/></spine>`, `<html><body><h1>章</h1><ol><li>x</ol></body></html>`)
	f.Fuzz(func(t *testing.T, list, chapter string) {
		keepsPromise(t, "a.epub", zipOf(t, [][2]string{{"mimetype", "application/epub+zip"},
			{"META-INF/container.xml", `<c><rootfile full-path="a.opf"/></c>`}, {"a.opf", `<package>` + list + `</package>`}, {"c.xhtml", chapter}}))
	})
}

func FuzzMHTML(f *testing.F) {
	f.Add([]byte("Content-Type: multipart/related; boundary=b\r\nSubject: =?gb2312?B?y+PBpg==?=\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>=E7=AE=97\r\n--b--\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		keepsPromise(t, "a.mhtml", append([]byte("MIME-Version: 1.0\r\n"), data...))
	})
}

func FuzzZIP(f *testing.F) {
	f.Add(zipOf(f, [][2]string{{"a.txt", "第一条"}, {"b/c.csv", "城市,金额\n成都,1\n"}}))
	f.Add(wordFile(f, `<w:p><w:r><w:t>第一条</w:t></w:r></w:p>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if bytes.HasPrefix(data, []byte("PK")) { // others are other formats
			keepsPromise(t, "a.zip", data)
		}
	})
}

func FuzzPictureSize(f *testing.F) {
	f.Add(hugePNG(1, 1))
	f.Add(tiff(1, 1, 8))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, _, err := parse.PictureSize(data); err != nil {
			var refused *parse.Error
			if !errors.As(err, &refused) {
				t.Fatalf("error %v is no refusal", err)
			}
		}
	})
}

func FuzzCompoundFile(f *testing.F) {
	f.Add(compoundFile("WordDocument", nil))
	f.Add(circular())
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := parse.CompoundKind(data); err != nil {
			var refused *parse.Error
			if !errors.As(err, &refused) {
				t.Fatalf("error %v is no refusal", err)
			}
		}
	})
}
