package parse_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"policykb/ingest/parse"
)

// What a malformed file may take at most.
const (
	malformedTime   = time.Minute // of a busy machine; LibreOffice, where it is asked, takes some of it
	malformedMemory = 256 << 20   // bytes allocated and still in use at the end
)

// TestMalformed reads files that are broken, lie about themselves or are made to
// exhaust their reader. Each is refused, or read as far as it goes, within
// stated time and memory.
func TestMalformed(t *testing.T) {
	word := wordFile(t, `<w:p><w:r><w:t>第一条 为了规范算力券，制定本办法。</w:t></w:r></w:p>`)
	var line drawing
	line.text(60, 700, 12, "第一条 为了规范算力券，制定本办法。")
	whole := pdfOf(line)
	document := func(body string) []byte {
		return zipOf(t, [][2]string{{"word/document.xml", `<w:document xmlns:w="w"><w:body>` + body + `</w:body></w:document>`}})
	}
	nested := func(open, inner, end string, n int) string {
		return strings.Repeat(open, n) + inner + strings.Repeat(end, n)
	}
	entities := `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "哈哈哈哈哈哈哈哈">` + func() string {
		var b strings.Builder
		for i := 1; i < 20; i++ {
			prev := string(rune('a' + i - 1))
			fmt.Fprintf(&b, `<!ENTITY %c "%s">`, 'a'+i, strings.Repeat("&"+prev+";", 10))
		}
		return b.String()
	}() + `]>`
	const readable = parse.Code("") // it is read, as far as it goes
	for _, c := range []struct {
		name string
		data []byte
		code parse.Code // readable: no refusal is asked for
	}{
		{"PDF: header only", []byte("%PDF-1.7\n"), parse.CodeDamaged},
		{"PDF: cut in the middle", whole[:len(whole)/2], parse.CodeDamaged},
		{"PDF: without its table", bytes.Replace(whole, []byte("startxref"), []byte("startxxxx"), 1), readable},
		{"PDF: table that points into nothing", bytes.Replace(whole, []byte("startxref\n"), []byte("startxref\n99999"), 1), readable},
		{"PDF: zeros in the middle", append(append(bytes.Clone(whole[:200]), make([]byte, 200)...), whole[400:]...), readable},
		{"PDF: no pages", fileOfObjects([]string{"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 0 /Kids [] >>"}), parse.CodeDamaged},
		{"PDF: pages that contain themselves", fileOfObjects([]string{"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 3 /Kids [2 0 R 2 0 R 2 0 R] >>"}), parse.CodeEmpty},
		{"PDF: claims a thousand million pages", fileOfObjects([]string{"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 1000000000 /Kids [3 0 R] >>", "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>"}), parse.CodeEmpty},
		{"PDF: page of enormous size", bytes.Replace(whole, []byte("[0 0 595 842]"), []byte("[0 0 9e9 9e9]"), 1), readable},
		{"PDF: form that draws itself", fileOfObjects([]string{"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
			"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /XObject << /X 4 0 R >> >> /Contents 4 0 R >>",
			"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 4 0 R >> >> /Length 5 >>\nstream\n/X Do\nendstream"}), parse.CodeEmpty},
		{"PDF: dictionaries within one another", fileOfObjects([]string{"<< /Type /Catalog /Pages 2 0 R /A " + nested("<< /A ", "1", " >>", 100_000) + " >>", "<< /Type /Pages /Count 0 /Kids [] >>"}), parse.CodeDamaged},
		{"PDF: stream that unpacks to 20 MB", pdfBomb(t), readable},
		{"DOCX: cut", word[:len(word)-40], parse.CodeDamaged},
		{"DOCX: a byte changed", changed(word, 60), readable},
		{"DOCX: without its text", zipOf(t, [][2]string{{"word/document.xml", ""}}), parse.CodeEmpty},
		{"DOCX: unclosed element", document("<w:p><w:r><w:t>第一条"), parse.CodeDamaged},
		{"DOCX: entities that multiply", zipOf(t, [][2]string{{"word/document.xml", entities + `<w:document xmlns:w="w"><w:body><w:p><w:r><w:t>&t;</w:t></w:r></w:p></w:body></w:document>`}}), parse.CodeDamaged},
		{"DOCX: tables 5,000 deep", document(nested("<w:tbl><w:tr><w:tc>", "<w:p><w:r><w:t>深</w:t></w:r></w:p>", "</w:tc></w:tr></w:tbl>", 5000)), parse.CodeTooLarge},
		{"DOCX: elements a million deep", document(strings.Repeat("<w:sdt>", 1_000_000)), parse.CodeTooLarge},
		{"DOCX: tables 400 deep", document(nested("<w:tbl><w:tr><w:tc>", "<w:p><w:r><w:t>深</w:t></w:r></w:p>", "</w:tc></w:tr></w:tbl>", 400)), readable},
		{"DOCX: cells that claim to span everything", document(`<w:tbl>` + strings.Repeat(`<w:tr><w:tc><w:tcPr><w:gridSpan w:val="2000000000"/></w:tcPr><w:p><w:r><w:t>宽</w:t></w:r></w:p></w:tc></w:tr>`, 1000) + `</w:tbl>`), readable},
		{"DOCX: styles based on one another", zipOf(t, [][2]string{{"word/styles.xml", `<w:styles xmlns:w="w"><w:style w:type="paragraph" w:styleId="a"><w:basedOn w:val="b"/></w:style><w:style w:type="paragraph" w:styleId="b"><w:basedOn w:val="a"/></w:style></w:styles>`},
			{"word/document.xml", `<w:document xmlns:w="w"><w:body><w:p><w:pPr><w:pStyle w:val="a"/></w:pPr><w:r><w:t>环</w:t></w:r></w:p></w:body></w:document>`}}), readable},
		{"ODT: spaces by the thousand million", openFile(t, "text", "", "", `<office:text>`+strings.Repeat(`<text:p>空<text:s text:c="1000000000"/>格</text:p>`, 1000)+`</office:text>`), readable},
		{"ODT: cells repeated by the thousand million", openFile(t, "text", "", "", `<office:text><table:table>`+strings.Repeat(`<table:table-row><table:table-cell table:number-columns-repeated="1000000000"><text:p>格</text:p></table:table-cell></table:table-row>`, 1000)+`</table:table></office:text>`), readable},
		{"ODT: lists 5,000 deep", openFile(t, "text", "", "", `<office:text>`+nested("<text:list><text:list-item>", "<text:p>深</text:p>", "</text:list-item></text:list>", 5000)+`</office:text>`), parse.CodeTooLarge},
		{"XLSX: workbook that is no XML", zipOf(t, [][2]string{{"xl/workbook.xml", "\x00\x01\x02"}}), parse.CodeDamaged},
		{"XLSX: without its sheets", zipOf(t, [][2]string{{"xl/workbook.xml", `<workbook><sheets><sheet name="a" sheetId="1" r:id="rId1" xmlns:r="r"/></sheets></workbook>`}}), parse.CodeDamaged},
		{"XLSX: a cell at the far corner", sheetFile(t, `<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>角</t></is></c></row>`), readable},
		{"XLSX: far cells in many rows", sheetFile(t, func() string {
			var b strings.Builder
			for i := range 2000 {
				fmt.Fprintf(&b, `<row r="%d"><c r="XFD%d"><v>1</v></c></row>`, i+1, i+1)
			}
			return b.String()
		}()), parse.CodeTooLarge},
		{"XLSX: merged over everything", sheetFile(t, `<row r="1"><c r="A1" t="inlineStr"><is><t>并</t></is></c></row><row r="2"><c r="B2"><v>1</v></c></row></sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells><sheetData>`), readable},
		{"CSV: a quote that never closes", []byte("城市,金额\n成都,\"" + strings.Repeat("五百万元,", 100_000)), readable},
		{"CSV: a line of a million fields", []byte("城市,金额,a\n" + strings.Repeat("成都,1,", 1_000_000) + "\n"), readable},
		{"EPUB: a spine of nothing", zipOf(t, [][2]string{{"mimetype", "application/epub+zip"}, {"META-INF/container.xml", `<c><rootfile full-path="../../etc/passwd"/></c>`}}), parse.CodeDamaged},
		{"MHTML: parts within parts", []byte("MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=a\r\n\r\n" + strings.Repeat("--a\r\nContent-Type: multipart/related; boundary=a\r\n\r\n", 5000)), parse.CodeDamaged},
		{"MHTML: cut", []byte("MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=a\r\n\r\n--a\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!"), parse.CodeDamaged},
		{"HTML: tables 5,000 deep", []byte("<!doctype html><html><body>" + nested("<table><tr><td>", "深", "</td></tr></table>", 5000)), parse.CodeTooLarge},
		{"ZIP: list that claims 65,535 members", lyingZIP(word), parse.CodeDamaged},
		{"ZIP: the same bytes for a thousand members", overlapping(t, 1000, 1<<20), parse.CodeTooLarge},
		{"ZIP: 10 million to one", zipOf(t, [][2]string{{"a.txt", strings.Repeat("0", 20<<20)}}), parse.CodeTooLarge},
		{"ZIP: 30,000 members", manyMembers(t, 30_000), parse.CodeTooLarge},
		{"PNG: claims 100,000 by 100,000 pixels", hugePNG(100_000, 100_000), parse.CodeTooLarge},
		{"TIFF: claims 4,000 million pixels", tiff(0xFFFF, 0xFFFF, 0), parse.CodeTooLarge},
		{"TIFF: a list that runs in a circle", tiff(1, 1, 8), readable},
		{"TIFF: a directory beyond its end", []byte("II*\x00\xff\xff\xff\x7f"), parse.CodeDamaged},
		{"JPEG: only its start", []byte("\xFF\xD8\xFF\xE0\x00\x10JFIF"), parse.CodeDamaged},
		{"DOC: only its start", []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("\x00", 100)), parse.CodeDamaged},
		{"DOC: a table that runs in a circle", circular(), readable},
	} {
		t.Run(c.name, func(t *testing.T) {
			start := time.Now()
			doc, err := parse.Parse(t.Context(), "文件", c.data)
			took := time.Since(start)
			var refused *parse.Error
			switch {
			case err != nil && (!errors.As(err, &refused) || refused.Detail == ""):
				t.Errorf("got %v, which is no refusal", err)
			case c.code != readable && (refused == nil || refused.Code != c.code):
				t.Errorf("got %v with %d blocks, want a refusal with code %s", err, len(doc.Blocks), c.code)
			}
			if took > malformedTime {
				t.Errorf("it took %s", took)
			}
			runtime.GC()
			runtime.GC() // what finalizers held
			var after runtime.MemStats
			runtime.ReadMemStats(&after)
			if after.HeapAlloc > malformedMemory {
				t.Errorf("%d MB are held", after.HeapAlloc>>20)
			}
			runtime.KeepAlive(doc)
			t.Logf("%s: %v", took.Round(time.Millisecond), err)
		})
	}
}

// TestZipBomb gives archives that would unpack to 200 MB and more.
func TestZipBomb(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		data []byte
	}{
		{"a text of 200 MB", bomb(t, "a.txt", 200<<20)},
		{"a Word document of 200 MB", bomb(t, "word/document.xml", 200<<20)},
		{"a workbook of 200 MB", bomb(t, "xl/workbook.xml", 200<<20)},
		{"a bomb in an archive", zipOf(t, [][2]string{{"b.zip", string(bomb(t, "a.txt", 200<<20))}})},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			detail := refused(t, "材料.zip", c.data, parse.CodeTooLarge)
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("the refusal of %d KB took %s", len(c.data)>>10, took)
			}
			t.Logf("%d KB: %s", len(c.data)>>10, detail)
		})
	}
}

// TestContextEnds stops every parser by its context.
func TestContextEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var line drawing
	line.text(60, 700, 12, "第一条")
	for name, data := range map[string][]byte{
		"a.pdf":  pdfOf(line),
		"a.docx": wordFile(t, `<w:p><w:r><w:t>第一条</w:t></w:r></w:p>`),
		"a.zip":  zipOf(t, [][2]string{{"a.txt", "第一条"}}),
		"a.xlsx": sheetFile(t, `<row r="1"><c r="A1"><v>1</v></c></row>`),
		"a.csv":  []byte("城市,金额\n成都,500万元\n"),
	} {
		if _, err := parse.Parse(ctx, name, data); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, want the end of the context", name, err)
		}
	}
}

// bomb makes an archive of one member that is all zeros.
func bomb(t testing.TB, name string, size int64) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create(name)
	if err == nil {
		_, err = io.CopyN(f, zeros{}, size)
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// pdfBomb makes a page whose content unpacks to 20 MB of zeros.
func pdfBomb(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	b.Write([]byte{0x78, 0x9C})
	w, err := flate.NewWriter(&b, 9)
	if err == nil {
		_, err = io.CopyN(w, zeros{}, 20<<20)
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return fileOfObjects([]string{
		"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>",
		fmt.Sprintf("<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream", b.Len(), b.String()),
	})
}

// changed flips a byte.
func changed(data []byte, at int) []byte {
	out := bytes.Clone(data)
	out[at] ^= 0xFF
	return out
}

// sheetFile makes a workbook of one sheet.
func sheetFile(t testing.TB, rows string) []byte {
	t.Helper()
	const r = `xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
	const main = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	return zipOf(t, [][2]string{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`},
		{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook ` + main + ` ` + r + `><sheets><sheet name="明细" sheetId="1" r:id="rId1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`},
		{"xl/worksheets/sheet1.xml", `<worksheet ` + main + `><sheetData>` + rows + `</sheetData></worksheet>`},
	})
}

// lyingZIP says at its end that the list of members is longer than it is.
func lyingZIP(data []byte) []byte {
	out := bytes.Clone(data)
	end := bytes.LastIndex(out, []byte("PK\x05\x06"))
	copy(out[end+8:], "\xff\xfe\xff\xfe")
	return out
}

// overlapping makes an archive whose members all unpack the same bytes.
func overlapping(t testing.TB, members int, size int) []byte {
	t.Helper()
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, 9)
	if err == nil {
		_, err = w.Write(make([]byte, size))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	sum := crc32.ChecksumIEEE(make([]byte, size))
	le := binary.LittleEndian
	var b bytes.Buffer
	local := append([]byte("PK\x03\x04\x14\x00\x00\x00\x08\x00\x00\x00\x00\x00"), le.AppendUint32(nil, sum)...)
	local = le.AppendUint32(le.AppendUint32(local, uint32(packed.Len())), uint32(size))
	b.Write(append(local, 1, 0, 0, 0, 'a'))
	b.Write(packed.Bytes())
	start := b.Len()
	for i := range members {
		name := fmt.Sprintf("%d.txt", i)
		entry := append([]byte("PK\x01\x02\x14\x00\x14\x00\x00\x00\x08\x00\x00\x00\x00\x00"), le.AppendUint32(nil, sum)...)
		entry = le.AppendUint32(le.AppendUint32(entry, uint32(packed.Len())), uint32(size))
		entry = append(entry, byte(len(name)), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
		b.Write(append(entry, name...))
	}
	length := b.Len() - start
	end := append([]byte("PK\x05\x06\x00\x00\x00\x00"), byte(members), byte(members>>8), byte(members), byte(members>>8))
	end = le.AppendUint32(le.AppendUint32(end, uint32(length)), uint32(start))
	b.Write(append(end, 0, 0))
	return b.Bytes()
}

func manyMembers(t testing.TB, n int) []byte {
	t.Helper()
	members := make([][2]string, n)
	for i := range members {
		members[i] = [2]string{fmt.Sprintf("%d.txt", i), "a"}
	}
	return zipOf(t, members)
}

// hugePNG is the head of a picture that claims a size.
func hugePNG(width, height uint32) []byte {
	chunk := []byte("IHDR")
	chunk = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(chunk, width), height)
	chunk = append(chunk, 8, 2, 0, 0, 0)
	out := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	return binary.BigEndian.AppendUint32(append(out, chunk...), crc32.ChecksumIEEE(chunk))
}

// tiff is a directory that claims a size and names the next one.
func tiff(width, height uint32, next uint32) []byte {
	le := binary.LittleEndian
	out := append([]byte("II*\x00"), 8, 0, 0, 0, 2, 0)
	for _, entry := range [][2]uint32{{256, width}, {257, height}} {
		out = le.AppendUint16(le.AppendUint16(out, uint16(entry[0])), 4)
		out = le.AppendUint32(le.AppendUint32(out, 1), entry[1])
	}
	return le.AppendUint32(out, next)
}

// circular is a compound file whose stream returns to its own first sector.
func circular() []byte {
	file := compoundFile("WordDocument", nil)
	copy(file[512+4*9:], []byte{2, 0, 0, 0})
	return file
}
