package parse_test

import (
	"bytes"
	"context"
	"fmt"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"policykb/ingest/parse"
)

// The share of characters that may be wrong, missing or too many in the text of a
// digital document, and of a clean scan at 300 dots an inch.
const (
	mostWrong   = 0.01
	mostMisread = 0.05
)

// TestCharacterError compares the text of documents with the text that they were
// made from.
func TestCharacterError(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ file, source string }{
		{"01_*.pdf", "007_*"},
		{"14_*.pdf", "075_*"},
		{"03_*.docx", "118_*"},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			name, data := shared(t, "policies", c.source)
			compare(t, parsed(t, name, data), read(t, c.file), mostWrong)
		})
	}
	t.Run("13_*.pdf", func(t *testing.T) {
		t.Parallel()
		// The source was itself read from the PDF, with its labels out of place, so
		// its sentences are looked for one by one.
		name, data := shared(t, "policies", "047_*")
		text := letters(read(t, "13_*.pdf"))
		sentences, missing := 0, 0
		for _, sentence := range strings.FieldsFunc(letters(parsed(t, name, data)), func(r rune) bool { return strings.ContainsRune("。；：【】", r) }) {
			sentences++
			if !strings.Contains(text, sentence) {
				missing++
				t.Logf("not found: %s", sentence)
			}
		}
		if missing > 3 { // those that the source itself has out of order
			t.Errorf("%d of %d sentences are missing", missing, sentences)
		}
	})
}

// withPrograms skips a test that has programs outside make and read documents,
// which takes minutes, unless it is asked for.
func withPrograms(t *testing.T, programs ...string) {
	t.Helper()
	if os.Getenv("POLICYKB_FORMATS") == "" {
		t.Skip("takes minutes: set POLICYKB_FORMATS=1")
	}
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed", program)
		}
	}
}

// converted has LibreOffice write files in another format, into the folder where
// they are.
func converted(t *testing.T, kind, reading string, files ...string) {
	t.Helper()
	dir := filepath.Dir(files[0])
	arguments := []string{"-env:UserInstallation=file://" + dir + "/profile", "--headless", "--convert-to", kind, "--outdir", dir}
	if reading != "" {
		arguments = append(arguments, "--infilter="+reading)
	}
	if out, err := exec.CommandContext(t.Context(), "soffice", append(arguments, files...)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// TestCharacterErrorOfConversions turns real texts into every format that
// LibreOffice writes and reads them back.
func TestCharacterErrorOfConversions(t *testing.T) {
	t.Parallel()
	withPrograms(t, "soffice")
	dir := t.TempDir()
	sources := map[string]parse.Document{}
	var files []string
	for _, number := range []string{"013", "026", "060", "080"} {
		name, data := shared(t, "policies", number+"_*")
		sources[number] = parsed(t, name, data)
		file := filepath.Join(dir, number+".html")
		if err := os.WriteFile(file, []byte(webPage(sources[number])), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	for _, kind := range []string{"docx:MS Word 2007 XML", "odt:writer8", "doc:MS Word 97", "rtf:Rich Text Format", "pdf:writer_web_pdf_Export"} {
		converted(t, kind, "HTML (StarWriter)", files...)
		ending, _, _ := strings.Cut(kind, ":")
		for number, source := range sources {
			t.Run(number+"."+ending, func(t *testing.T) {
				made, err := os.ReadFile(filepath.Join(dir, number+"."+ending))
				if err != nil {
					t.Fatal(err)
				}
				compare(t, source, parsed(t, "source."+ending, made), mostWrong)
			})
		}
	}
}

// TestTablesOfConversions turns a table into every format of spreadsheets that
// LibreOffice writes and reads it back, each row with the names of its columns.
func TestTablesOfConversions(t *testing.T) {
	t.Parallel()
	withPrograms(t, "soffice")
	// Debian packs Calc by itself, and LibreOffice without it ends well and writes nothing.
	if program, err := exec.LookPath("soffice"); err != nil {
		t.Fatal(err)
	} else if program, err = filepath.EvalSymlinks(program); err != nil {
		t.Fatal(err)
	} else if _, err = os.Stat(filepath.Join(filepath.Dir(program), "libsclo.so")); err != nil {
		t.Skipf("LibreOffice has no Calc: %v", err)
	}
	var table strings.Builder
	table.WriteString("城市,政策,最高金额（万元）,施行日期\n")
	for i, city := range strings.Fields("北京 上海 深圳 成都 杭州 武汉 青岛 苏州") {
		fmt.Fprintf(&table, "%s,“%s”算力券,%d,2024-0%d-15\n", city, city, 100*(i+1), i+1)
	}
	file := filepath.Join(t.TempDir(), "明细.csv")
	if err := os.WriteFile(file, []byte(table.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, ending := range []string{"xlsx", "ods", "xls"} {
		converted(t, ending, "CSV:44,34,76,1", file)
		made, err := os.ReadFile(strings.TrimSuffix(file, "csv") + ending)
		if err != nil {
			t.Fatal(err)
		}
		text := bodyOf(parsed(t, "明细."+ending, made))
		for _, want := range []string{"| 城市 | 政策 | 最高金额（万元） | 施行日期 |", "| 成都 | “成都”算力券 | 400 | 2024-04-15 |", "| 苏州 | “苏州”算力券 | 800 | 2024-08-15 |"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the text lacks %q:\n%s", ending, want, text)
			}
		}
	}
}

// printed has Chromium print a page of text as a PDF.
func printed(t *testing.T, page string) []byte {
	t.Helper()
	dir := t.TempDir()
	html, pdf := filepath.Join(dir, "page.html"), filepath.Join(dir, "page.pdf")
	if err := os.WriteFile(html, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+dir+"/profile", "--no-pdf-header-footer", "--print-to-pdf="+pdf, "file://"+html)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	data, err := os.ReadFile(pdf)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestCharacterErrorOfScans prints the first page of real texts, draws it at 300
// dots an inch as a scanner would, and reads the picture.
func TestCharacterErrorOfScans(t *testing.T) {
	t.Parallel()
	withPrograms(t, "chromium", "tesseract")
	for _, pattern := range []string{"013_*", "060_*", "080_*"} {
		t.Run(pattern, func(t *testing.T) {
			name, data := shared(t, "policies", pattern)
			source := parsed(t, name, data)
			n, length := 0, 0
			for n < len(source.Blocks) && length < 600 { // characters on a page
				length += len([]rune(source.Blocks[n].Text))
				n++
			}
			source.Blocks = source.Blocks[:n]
			pdf := printed(t, webPage(source))
			doc := parsed(t, "print.pdf", pdf)
			if doc.Pages != 1 {
				t.Fatalf("%d characters took %d pages", length, doc.Pages)
			}
			compare(t, source, doc, mostWrong)

			picture, err := parse.Picture(t.Context(), pdf, 300)
			if err != nil {
				t.Fatal(err)
			}
			var photo bytes.Buffer
			if err := jpeg.Encode(&photo, picture, &jpeg.Options{Quality: 90}); err != nil {
				t.Fatal(err)
			}
			compare(t, source, parsed(t, "scan.pdf", pdfOfPicture(photo.Bytes(), picture.Bounds(), 300)), mostMisread)
		})
	}
}

// TestAntiword reads an old Word file where LibreOffice is absent.
func TestAntiword(t *testing.T) {
	withPrograms(t, "soffice", "antiword")
	antiword, err := exec.LookPath("antiword")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "a.html")
	page := `<html><meta charset="utf-8"><body>` + strings.Repeat(`<p>第一条 每年发放总额不超过1000万元的算力券。</p>`, 100) + `</body></html>`
	if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	converted(t, "doc:MS Word 97", "HTML (StarWriter)", file)
	data, err := os.ReadFile(strings.TrimSuffix(file, "html") + "doc")
	if err != nil {
		t.Fatal(err)
	}
	only := t.TempDir()
	if err := os.Symlink(antiword, filepath.Join(only, "antiword")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", only)
	doc, err := parse.Parse(context.Background(), "a.doc", data)
	if err != nil {
		t.Fatal(err)
	}
	if text := bodyOf(doc); strings.Count(text, "每年发放总额不超过1000万元的算力券") != 100 || len(doc.Warnings) == 0 {
		t.Errorf("got %q with warnings %q", text, doc.Warnings)
	}
}

// compare holds the characters of a document against those of its source.
func compare(t *testing.T, source, made parse.Document, most float64) {
	t.Helper()
	want, got := []rune(letters(source)), []rune(letters(made))
	wrong := distance(want, got)
	share := float64(wrong) / float64(len(want))
	t.Logf("%d of %d characters differ: %.3f %%", wrong, len(want), 100*share)
	if share > most {
		t.Errorf("the character error is %.2f %%, more than %.0f %%\n got %s\nwant %s", 100*share, 100*most, string(got), string(want))
	}
}

// letters gives the text of a document without white space and the marks that
// formats write for headings, tables and lists.
func letters(doc parse.Document) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || strings.ContainsRune("|*#->\\", r) {
			return -1
		}
		return r
	}, bodyOf(doc))
}

// distance counts the characters to insert, delete or change (Levenshtein).
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		before := row[0]
		row[0] = i + 1
		for j := range b {
			cost := before
			if a[i] != b[j] {
				cost = 1 + min(before, row[j], row[j+1])
			}
			before, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}

// webPage writes a document as the simplest page.
func webPage(doc parse.Document) string {
	var b strings.Builder
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	b.WriteString(`<html><head><meta charset="utf-8"></head><body>`)
	table := false
	for _, block := range doc.Blocks {
		if table != (block.Kind == parse.Row) {
			table = !table
			b.WriteString(map[bool]string{true: `<table border="1">`, false: `</table>`}[table])
		}
		switch block.Kind {
		case parse.Row:
			b.WriteString("<tr>")
			for _, cell := range block.Cells {
				b.WriteString("<td>" + escape.Replace(cell) + "</td>")
			}
			b.WriteString("</tr>")
		case parse.Heading:
			level := string(rune('0' + block.Level))
			b.WriteString("<h" + level + ">" + escape.Replace(strings.TrimLeft(block.Text, "# ")) + "</h" + level + ">")
		default:
			b.WriteString("<p>" + escape.Replace(block.Text) + "</p>")
		}
	}
	b.WriteString("</body></html>")
	return b.String()
}
