package parse_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/simplifiedchinese"

	"policykb/ingest/parse"
)

func TestODT(t *testing.T) {
	t.Parallel()
	const styles = `<office:styles><style:style style:name="Heading_20_1" style:family="paragraph" style:default-outline-level="1"/>
<text:outline-style><text:outline-level-style text:level="1" style:num-format="一, 二, 三, ..." style:num-suffix="、"/></text:outline-style></office:styles>`
	const lists = `<text:list-style style:name="L1"><text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix="."/>
<text:list-level-style-number text:level="2" style:num-format="1" style:num-prefix="（" style:num-suffix="）"/></text:list-style>
<text:list-style style:name="L2"><text:list-level-style-bullet text:level="1" text:bullet-char="•"/></text:list-style>
<text:list-style style:name="L3"><text:list-level-style-number text:level="1" style:num-format="一, 二, 三, ..." style:num-prefix="第" style:num-suffix="条" text:start-value="3"/></text:list-style>`
	body := `<text:tracked-changes><text:changed-region><text:deletion><text:p>删去的话</text:p></text:deletion></text:changed-region></text:tracked-changes>
<text:h text:style-name="Heading_20_1" text:outline-level="1">支持内容</text:h>
<text:p>单个企业每年最高<text:span>200</text:span>万元<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>含税。</text:p></text:note-body></text:note>。</text:p>
<text:list text:style-name="L1"><text:list-item><text:p>算力券</text:p><text:list><text:list-item><text:p>首次</text:p></text:list-item></text:list></text:list-item><text:list-item><text:p>模型券</text:p></text:list-item></text:list>
<text:list text:style-name="L2"><text:list-item><text:p>其他</text:p></text:list-item></text:list>
<text:list text:style-name="L3"><text:list-item><text:p>本办法自发布之日起施行。</text:p></text:list-item></text:list>
<table:table><table:table-header-rows><table:table-row><table:table-cell><text:p>区</text:p></table:table-cell><table:table-cell><text:p>金额</text:p></table:table-cell></table:table-row></table:table-header-rows>
<table:table-row><table:table-cell table:number-rows-spanned="2"><text:p>高新区</text:p></table:table-cell><table:table-cell><text:p>100万元</text:p></table:table-cell></table:table-row>
<table:table-row><table:covered-table-cell/><table:table-cell><text:p>50万元</text:p></table:table-cell></table:table-row></table:table>
<text:h text:outline-level="1">附则</text:h>`
	doc := parsed(t, "措施.odt", openFile(t, "text", styles, lists, "<office:text>"+body+"</office:text>"))
	want := "warning: 1 tracked deletions were left out\nproperties title = 若干措施\nheading 1: 一、支持内容\nparagraph: 单个企业每年最高200万元。\nparagraph: 注1：含税。\n" +
		"item 1: 1. 算力券\nitem 2: （1）首次\nitem 1: 2. 模型券\nitem 1 mark 2: - 其他\nparagraph: 第三条 本办法自发布之日起施行。\n" +
		"row header: | 区 | 金额 |\nrow: | 高新区 | 100万元 |\nrow: | 高新区 | 50万元 |\nheading 1: 二、附则\n"
	if _, got, _ := strings.Cut(describe(doc), "\n"); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	locked := zipOf(t, [][2]string{{"mimetype", "application/vnd.oasis.opendocument.text"},
		{"META-INF/manifest.xml", `<m:manifest xmlns:m="m"><m:file-entry m:full-path="content.xml"><m:encryption-data/></m:file-entry></m:manifest>`}, {"content.xml", "\x00\x01"}})
	refused(t, "a.odt", locked, parse.CodeEncrypted)
}

// openFile makes an OpenDocument file.
func openFile(t testing.TB, kind, styles, automatic, body string) []byte {
	t.Helper()
	const names = `xmlns:office="o" xmlns:text="t" xmlns:table="b" xmlns:style="s" xmlns:meta="m" xmlns:dc="d"`
	return zipOf(t, [][2]string{
		{"mimetype", "application/vnd.oasis.opendocument." + kind},
		{"styles.xml", "<office:document-styles " + names + ">" + styles + "</office:document-styles>"},
		{"meta.xml", "<office:document-meta " + names + "><office:meta><dc:title>若干措施</dc:title></office:meta></office:document-meta>"},
		{"content.xml", "<office:document-content " + names + "><office:automatic-styles>" + automatic + "</office:automatic-styles><office:body>" + body + "</office:body></office:document-content>"},
	})
}

func TestPPTX(t *testing.T) {
	t.Parallel()
	const names = `xmlns:a="a" xmlns:p="p" xmlns:r="r"`
	text := func(kind string, paragraphs ...string) string {
		var b strings.Builder
		b.WriteString(`<p:sp><p:nvSpPr><p:nvPr>` + kind + `</p:nvPr></p:nvSpPr><p:txBody>`)
		for _, p := range paragraphs {
			b.WriteString(`<a:p><a:r><a:t>` + p + `</a:t></a:r></a:p>`)
		}
		return b.String() + `</p:txBody></p:sp>`
	}
	slide := func(shapes ...string) string {
		return `<p:sld ` + names + `><p:cSld><p:spTree>` + strings.Join(shapes, "") + `</p:spTree></p:cSld></p:sld>`
	}
	table := `<p:graphicFrame><a:graphic><a:graphicData><a:tbl><a:tr><a:tc><a:txBody><a:p><a:r><a:t>城市</a:t></a:r></a:p></a:txBody></a:tc><a:tc><a:txBody><a:p><a:r><a:t>金额</a:t></a:r></a:p></a:txBody></a:tc></a:tr>` +
		`<a:tr><a:tc><a:txBody><a:p><a:r><a:t>成都</a:t></a:r></a:p></a:txBody></a:tc><a:tc><a:txBody><a:p><a:r><a:t>500万元</a:t></a:r></a:p></a:txBody></a:tc></a:tr></a:tbl></a:graphicData></a:graphic></p:graphicFrame>`
	data := zipOf(t, [][2]string{
		{"ppt/presentation.xml", `<p:presentation ` + names + `><p:sldIdLst><p:sldId id="256" r:id="rId2"/><p:sldId id="257" r:id="rId1"/></p:sldIdLst></p:presentation>`},
		{"ppt/_rels/presentation.xml.rels", `<Relationships><Relationship Id="rId1" Type="x/slide" Target="slides/slide2.xml"/><Relationship Id="rId2" Type="x/slide" Target="slides/slide1.xml"/></Relationships>`},
		{"ppt/slides/slide1.xml", slide(text(`<p:ph type="sldNum"/>`, "1"), text(`<p:ph idx="1"/>`, "免费算力", "模型券"), text(`<p:ph type="title"/>`, "支持措施"))},
		{"ppt/slides/slide2.xml", slide(text(`<p:ph type="title"/>`, "补贴标准"), table, text("", "数据截至2026年4月"))},
		{"ppt/slides/_rels/slide2.xml.rels", `<Relationships><Relationship Id="rId1" Type="x/notesSlide" Target="../notesSlides/notesSlide1.xml"/></Relationships>`},
		{"ppt/notesSlides/notesSlide1.xml", slide(text(`<p:ph type="body"/>`, "此处强调总额上限。"))},
	})
	want := "heading 2 page 1: 支持措施\nfurniture page 1: 1\nitem 1 page 1: 免费算力\nitem 1 page 1: 模型券\n" +
		"heading 2 page 2: 补贴标准\nrow page 2: | 城市 | 金额 |\nrow page 2: | 成都 | 500万元 |\nparagraph page 2: 数据截至2026年4月\nitem 1 page 2: 此处强调总额上限。\n"
	if _, got, _ := strings.Cut(describe(parsed(t, "宣讲.pptx", data)), "\n"); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestEPUB(t *testing.T) {
	t.Parallel()
	book := [][2]string{
		{"mimetype", "application/epub+zip"},
		{"META-INF/container.xml", `<container><rootfiles><rootfile full-path="OEBPS/a.opf"/></rootfiles></container>`},
		{"OEBPS/a.opf", `<package xmlns:dc="d"><metadata><dc:title>算力政策汇编</dc:title></metadata><manifest><item id="n" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>` +
			`<item id="2" href="c%202.xhtml" media-type="application/xhtml+xml"/><item id="1" href="c1.xhtml" media-type="application/xhtml+xml"/></manifest><spine><itemref idref="n"/><itemref idref="1"/><itemref idref="2"/></spine></package>`},
		{"OEBPS/nav.xhtml", `<html><body><p>目录</p></body></html>`},
		{"OEBPS/c1.xhtml", `<?xml version="1.0"?><html><head><title>x</title></head><body><h1>第一章 总则</h1><p>第一条 为了规范算力券，制定本办法。</p></body></html>`},
		{"OEBPS/c 2.xhtml", `<html><body><h1>第二章 附则</h1><p>第二条 本办法自发布之日起施行。</p></body></html>`},
	}
	want := "properties title = 算力政策汇编\nheading 1 after 1: 第一章 总则\nline after 1: 第一条 为了规范算力券，制定本办法。\nheading 1 after 1: 第二章 附则\nline after 1: 第二条 本办法自发布之日起施行。\n"
	if _, got, _ := strings.Cut(describe(parsed(t, "汇编.epub", zipOf(t, book))), "\n"); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	locked := append(book, [2]string{"META-INF/encryption.xml", `<encryption><EncryptedData><EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/></EncryptedData></encryption>`})
	refused(t, "汇编.epub", zipOf(t, locked), parse.CodeEncrypted)
}

func TestMHTML(t *testing.T) {
	t.Parallel()
	page := `<html><head><title>x</title></head><body><h1>关于算力券的通知</h1><p>每年发放总额不超过1000万元的算力券，由市经济和信息化局负责受理、审核、公示和兑付工作。</p></body></html>`
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(page)
	if err != nil {
		t.Fatal(err)
	}
	head := "From: <Saved by Blink>\r\nSnapshot-Content-Location: https://example.gov.cn/a.html\r\nSubject: =?utf-8?B?" + base64.StdEncoding.EncodeToString([]byte("关于算力券的通知")) +
		"?=\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; type=\"text/html\"; boundary=\"b\"\r\n\r\n"
	part := "--b\r\nContent-Type: text/html; charset=gb2312\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString([]byte(gb)) +
		"\r\n--b\r\nContent-Type: image/png\r\n\r\nxx\r\n--b--\r\n"
	doc := parsed(t, "通知.mhtml", []byte(head+part))
	if doc.Format != parse.FormatMHTML || !strings.Contains(bodyOf(doc), "每年发放总额不超过1000万元的算力券") {
		t.Errorf("got %s:\n%s", doc.Format, bodyOf(doc))
	}
	fields := describe(doc)
	if !strings.Contains(fields, "title = 关于算力券的通知") || !strings.Contains(fields, "canonical = https://example.gov.cn/a.html") {
		t.Errorf("got fields\n%s", fields)
	}
}

func TestZIP(t *testing.T) {
	t.Parallel()
	name, err := simplifiedchinese.GBK.NewEncoder().String("办法.txt")
	if err != nil {
		t.Fatal(err)
	}
	inner := zipOf(t, [][2]string{{"表.csv", "城市,金额\n成都,500万元\n"}})
	doc := parsed(t, "材料.zip", zipOf(t, [][2]string{
		{name, "第一条 为了规范算力券，制定本办法。\n"}, {"__MACOSX/._a", "x"}, {".DS_Store", "x"}, {"附件/内层.zip", string(inner)},
		{"措施.docx", string(wordFile(t, `<w:p><w:pPr><w:pStyle w:val="T"/></w:pPr><w:r><w:t>若干措施</w:t></w:r></w:p>`))}, {"坏.pdf", "%PDF-1.4 nothing"},
	}))
	want := "heading 1: 办法.txt\nline: 第一条 为了规范算力券，制定本办法。\nheading 1: 附件/内层.zip\nheading 2: 表.csv\nrow header: | 城市 | 金额 |\nrow: | 成都 | 500万元 |\n" +
		"heading 1: 措施.docx\nheading 2: 若干措施\n"
	var warned string
	_, got, _ := strings.Cut(describe(doc), "\n")
	if strings.HasPrefix(got, "warning: ") {
		warned, got, _ = strings.Cut(got, "\n")
	}
	if got != want || !strings.Contains(warned, "坏.pdf was not read") {
		t.Errorf("got\n%s\n%swant\n%s", warned, got, want)
	}
	deep := zipOf(t, [][2]string{{"a.txt", "算力"}})
	for range 5 {
		deep = zipOf(t, [][2]string{{"a.zip", string(deep)}})
	}
	refused(t, "a.zip", deep, parse.CodeTooLarge)
	refused(t, "a.zip", zipOf(t, nil), parse.CodeEmpty)
}

// TestPictures recognises a drawn page and pictures of it.
func TestPictures(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("tesseract"); err != nil {
		t.Skip("tesseract is not installed: packages tesseract-ocr and tesseract-ocr-chi-sim")
	}
	sign := photographed(t)
	var asPNG, asJPEG bytes.Buffer
	if err := errors.Join(png.Encode(&asPNG, sign), jpeg.Encode(&asJPEG, sign, nil)); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"a.png": asPNG.Bytes(), "a.jpg": asJPEG.Bytes(), "a.pdf": pdfOfPicture(asJPEG.Bytes(), sign.Bounds(), 144)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := parsed(t, name, data)
			if !strings.Contains(bodyOf(doc), "up to 200 million yuan in 2023") || doc.Blocks[0].Page != 1 || len(doc.Warnings) == 0 {
				t.Errorf("got %q with warnings %q", bodyOf(doc), doc.Warnings)
			}
		})
	}
}

// TestProgramsAbsent needs every program outside to be absent, so it looks for
// them in an empty folder.
func TestProgramsAbsent(t *testing.T) {
	if os.Getenv("POLICYKB_WITHOUT_PROGRAMS") == "" {
		command := exec.Command(os.Args[0], "-test.run=^TestProgramsAbsent$")
		command.Env = append(os.Environ(), "POLICYKB_WITHOUT_PROGRAMS=1", "PATH="+t.TempDir())
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 100, 100))); err != nil {
		t.Fatal(err)
	}
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 100, 100)), nil); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		data     []byte
		packages string
	}{
		"a.png": {picture.Bytes(), "tesseract-ocr-chi-sim"},
		"a.pdf": {pdfOfPicture(photo.Bytes(), image.Rect(0, 0, 100, 100), 144), "tesseract-ocr-chi-sim"},
		"a.rtf": {[]byte(`{\rtf1\ansi 算力}`), "libreoffice"},
		"a.doc": {compoundFile("WordDocument", nil), "antiword"},
		"a.xls": {compoundFile("Workbook", nil), "libreoffice"},
		"a.ods": {openFile(t, "spreadsheet", "", "", ""), "libreoffice"},
	} {
		if detail := refused(t, name, c.data, parse.CodeNeedsProgram); !strings.Contains(detail, c.packages) {
			t.Errorf("%s: %q does not name the package %s", name, detail, c.packages)
		}
	}
}

func TestLegacy(t *testing.T) {
	t.Parallel()
	encrypted := make([]byte, 512)
	encrypted[0], encrypted[1], encrypted[11] = 0xEC, 0xA5, 1
	refused(t, "a.docx", compoundFile("EncryptedPackage", nil), parse.CodeEncrypted)
	refused(t, "a.doc", compoundFile("WordDocument", encrypted), parse.CodeEncrypted)
	refused(t, "a.msg", compoundFile("__properties_version1.0", nil), parse.CodeUnsupported)
	if _, err := exec.LookPath("soffice"); err != nil {
		t.Skip("LibreOffice is not installed: package libreoffice")
	}
	doc := parsed(t, "a.rtf", []byte(`{\rtf1\ansi\ansicpg936\uc1 {\b Compute vouchers}\par Up to 10 million yuan a year.\par}`))
	if !strings.Contains(bodyOf(doc), "Up to 10 million yuan a year.") {
		t.Errorf("got %q", bodyOf(doc))
	}
}

// TestConversions reads what LibreOffice makes of a page in every format that it
// writes.
func TestConversions(t *testing.T) {
	t.Parallel()
	withPrograms(t, "soffice")
	source := filepath.Join(t.TempDir(), "办法.html")
	page := `<html><meta charset="utf-8"><body><h1>算力券管理办法</h1><p>第一条 每年发放总额不超过1000万元的算力券。</p><table border=1><tr><td>成都</td><td>算力券</td><td>500万元</td></tr><tr><td>深圳</td><td>训力券</td><td>300万元</td></tr></table></body></html>`
	if err := os.WriteFile(source, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"docx:MS Word 2007 XML", "odt:writer8", "doc:MS Word 97", "rtf:Rich Text Format", "pdf:writer_web_pdf_Export"} {
		ending, _, _ := strings.Cut(kind, ":")
		converted(t, kind, "HTML (StarWriter)", source)
		data, err := os.ReadFile(strings.TrimSuffix(source, "html") + ending)
		if err != nil {
			t.Fatal(err)
		}
		doc := parsed(t, "办法."+ending, data)
		text := strings.Join(strings.Fields(bodyOf(doc)), "")
		for _, want := range []string{"算力券管理办法", "第一条每年发放总额不超过1000万元的算力券。", "|深圳|训力券|300万元|"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the text lacks %q:\n%s", ending, want, bodyOf(doc))
			}
		}
	}
}

// refused parses what must be refused and gives the detail.
func refused(t testing.TB, name string, data []byte, code parse.Code) string {
	t.Helper()
	_, err := parse.Parse(t.Context(), name, data)
	var reason *parse.Error
	if !errors.As(err, &reason) || reason.Code != code || reason.Detail == "" {
		t.Fatalf("%s: got %v, want a refusal with code %s", name, err, code)
	}
	return reason.Detail
}

// photographed gives the picture of a page with a line of text.
func photographed(t testing.TB) image.Image {
	t.Helper()
	var p drawing
	p.latin(60, 700, 16, 1, 0, "Compute vouchers of up to 200 million yuan in 2023")
	picture, err := parse.Picture(t.Context(), pdfOf(p), 150)
	if err != nil {
		t.Fatal(err)
	}
	return picture
}

// compoundFile makes a compound file of Microsoft with one stream.
func compoundFile(stream string, content []byte) []byte {
	const sector = 512
	le := func(b []byte, at int, v uint32) {
		b[at], b[at+1], b[at+2], b[at+3] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24)
	}
	body := make([]byte, 8*sector) // streams below 4096 bytes would lie elsewhere
	copy(body, content)
	head := make([]byte, sector)
	copy(head, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")
	head[24], head[26], head[28], head[29], head[30], head[32] = 0x3E, 3, 0xFE, 0xFF, 9, 6
	le(head, 44, 1) // one sector of the table
	le(head, 48, 1) // the directory
	le(head, 56, 4096)
	le(head, 60, 0xFFFFFFFE)
	le(head, 68, 0xFFFFFFFE)
	for at := 76; at < sector; at += 4 {
		le(head, at, 0xFFFFFFFF)
	}
	le(head, 76, 0)
	table := make([]byte, sector)
	for at := 0; at < sector; at += 4 {
		le(table, at, 0xFFFFFFFF)
	}
	le(table, 0, 0xFFFFFFFD)
	le(table, 4, 0xFFFFFFFE)
	for i := range 8 {
		next := uint32(3 + i)
		if i == 7 {
			next = 0xFFFFFFFE
		}
		le(table, 4*(2+i), next)
	}
	directory := make([]byte, sector)
	entry := func(i int, name string, kind byte, child, start, size uint32) {
		e := directory[i*128:]
		for k, u := range utf16.Encode([]rune(name)) {
			e[2*k], e[2*k+1] = byte(u), byte(u>>8)
		}
		e[64], e[66], e[67] = byte(2*len(name)+2), kind, 1
		le(e, 68, 0xFFFFFFFF)
		le(e, 72, 0xFFFFFFFF)
		le(e, 76, child)
		le(e, 116, start)
		le(e, 120, size)
	}
	entry(0, "Root Entry", 5, 1, 0xFFFFFFFE, 0)
	entry(1, stream, 2, 0xFFFFFFFF, 2, uint32(len(body)))
	return bytes.Join([][]byte{head, table, directory, body}, nil)
}
