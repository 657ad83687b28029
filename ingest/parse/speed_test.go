package parse_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"policykb/ingest/parse"
)

// BenchmarkParse reads a document of each format, and gives the characters of
// text read in a second, and the pages where there are any.
func BenchmarkParse(b *testing.B) {
	article := func(i int) string {
		return fmt.Sprintf("第%d条 市经济信息化主管部门会同财政部门每年发放总额不超过%d万元的算力券，支持中小企业租用智能算力开展大模型训练和应用。", i, 1000+i)
	}
	var pages []drawing
	for i := range 50 {
		var p drawing
		p.text(200, 810, 9, "某市人民政府公报")
		for k := range 35 {
			p.text(60, 780-float64(k)*20, 11, article(i*35 + k)[:90])
		}
		p.text(290, 30, 9, fmt.Sprintf("— %d —", i+1))
		pages = append(pages, p)
	}
	var word, open, plain, slides strings.Builder
	table := excelize.NewFile()
	rows(table, "Sheet1", [][]any{{"城市", "条款", "金额"}})
	for i := range 3000 {
		fmt.Fprintf(&word, `<w:p><w:r><w:t>%s</w:t></w:r></w:p>`, article(i))
		fmt.Fprintf(&open, `<text:p>%s</text:p>`, article(i))
		fmt.Fprintf(&plain, "成都,%s,%d\n", article(i), i)
		fmt.Fprintf(&slides, `<p>%s</p>`, article(i))
		at, _ := excelize.CoordinatesToCellName(1, i+2)
		_ = table.SetSheetRow("Sheet1", at, &[]any{"成都", article(i), i})
	}
	var workbook bytes.Buffer
	if err := table.Write(&workbook); err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		data []byte
	}{
		{"公报.pdf", pdfOf(pages...)},
		{"措施.docx", wordFile(b, word.String())},
		{"措施.odt", openFile(b, "text", "", "", "<office:text>"+open.String()+"</office:text>")},
		{"明细.xlsx", workbook.Bytes()},
		{"明细.csv", []byte("城市,条款,金额\n" + plain.String())},
		{"汇编.epub", zipOf(b, [][2]string{{"mimetype", "application/epub+zip"}, {"META-INF/container.xml", `<c><rootfile full-path="a.opf"/></c>`},
			{"a.opf", `<package><manifest><item id="1" href="c.xhtml" media-type="application/xhtml+xml"/></manifest><spine><itemref idref="1"/></spine></package>`},
			{"c.xhtml", "<html><body>" + slides.String() + "</body></html>"}})},
		{"材料.zip", zipOf(b, [][2]string{{"a.csv", "城市,条款,金额\n" + plain.String()}})},
	} {
		_, ending, _ := strings.Cut(c.name, ".")
		b.Run(ending, func(b *testing.B) { measure(b, c.name, c.data) })
	}
	for _, pattern := range []string{"01_*.pdf", "13_*.pdf", "14_*.pdf", "03_*.docx", "11_*.xlsx"} {
		b.Run("real "+pattern, func(b *testing.B) {
			name, data := shared(b, "formats", pattern)
			measure(b, name, data)
		})
	}
}

func measure(b *testing.B, name string, data []byte) {
	b.Helper()
	doc := parsed(b, name, data) // the first PDF of a process starts PDFium
	text := len(bodyOf(doc))
	b.SetBytes(int64(text))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parse.Parse(b.Context(), name, data); err != nil {
			b.Fatal(err)
		}
	}
	if doc.Pages > 0 {
		b.ReportMetric(float64(doc.Pages)*float64(b.N)/b.Elapsed().Seconds(), "pages/s")
	}
}
