package parse_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"policykb/ingest/parse"
)

// mostWrong is the share of characters that may be wrong, missing or too many in
// the text of a digital document.
const mostWrong = 0.01

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
			compare(t, parsed(t, name, data), read(t, c.file))
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

// TestCharacterErrorOfConversions turns real texts into every format with the
// help of LibreOffice and reads them back.
func TestCharacterErrorOfConversions(t *testing.T) {
	t.Parallel()
	office, err := exec.LookPath("soffice")
	if err != nil {
		t.Skip("LibreOffice is not installed: package libreoffice")
	}
	if testing.Short() {
		t.Skip("conversions take seconds")
	}
	for _, pattern := range []string{"013_*", "026_*", "060_*", "080_*"} {
		t.Run(pattern, func(t *testing.T) {
			name, data := shared(t, "policies", pattern)
			source := parsed(t, name, data)
			dir := t.TempDir()
			plain := filepath.Join(dir, "source.html")
			if err := os.WriteFile(plain, []byte(webPage(source)), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, kind := range []string{"docx:MS Word 2007 XML", "odt:writer8", "doc:MS Word 97", "rtf:Rich Text Format", "pdf:writer_web_pdf_Export"} {
				ending, _, _ := strings.Cut(kind, ":")
				command := exec.CommandContext(t.Context(), office, "-env:UserInstallation=file://"+dir+"/profile", "--headless", "--infilter=HTML (StarWriter)", "--convert-to", kind, "--outdir", dir, plain)
				if out, err := command.CombinedOutput(); err != nil {
					t.Fatalf("%v: %s", err, out)
				}
				made, err := os.ReadFile(filepath.Join(dir, "source."+ending))
				if err != nil {
					t.Fatal(err)
				}
				t.Run(ending, func(t *testing.T) { compare(t, source, parsed(t, "source."+ending, made)) })
			}
		})
	}
}

// TestAntiword reads an old Word file where LibreOffice is absent.
func TestAntiword(t *testing.T) {
	office, err := exec.LookPath("soffice")
	antiword, missing := exec.LookPath("antiword")
	if err := errors.Join(err, missing); err != nil {
		t.Skipf("LibreOffice makes the file and antiword reads it: %v", err)
	}
	dir := t.TempDir()
	page := `<html><meta charset="utf-8"><body><p>第一条 每年发放总额不超过1000万元的算力券。</p></body></html>`
	if err := os.WriteFile(filepath.Join(dir, "a.html"), []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), office, "-env:UserInstallation=file://"+dir+"/profile", "--headless", "--infilter=HTML (StarWriter)", "--convert-to", "doc:MS Word 97", "--outdir", dir, filepath.Join(dir, "a.html"))
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	data, err := os.ReadFile(filepath.Join(dir, "a.doc"))
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
	if text := bodyOf(doc); !strings.Contains(text, "每年发放总额不超过1000万元的算力券") || len(doc.Warnings) == 0 {
		t.Errorf("got %q with warnings %q", text, doc.Warnings)
	}
}

// compare holds the characters of a document against those of its source.
func compare(t *testing.T, source, made parse.Document) {
	t.Helper()
	want, got := []rune(letters(source)), []rune(letters(made))
	wrong := distance(want, got)
	share := float64(wrong) / float64(len(want))
	t.Logf("%d of %d characters differ: %.3f %%", wrong, len(want), 100*share)
	if share > mostWrong {
		t.Errorf("the character error is %.2f %%, more than %.0f %%", 100*share, 100*mostWrong)
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
