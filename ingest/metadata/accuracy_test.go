package metadata_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/tabwriter"
	"unicode"
	"unicode/utf8"

	"policykb/corpus"
	"policykb/ingest/clean"
	"policykb/ingest/metadata"
	"policykb/ingest/outline"
	"policykb/ingest/parse"
)

// policies returns the folder of real documents that are described by hand, or
// skips the test.
func policies(t testing.TB) string {
	t.Helper()
	shared := os.Getenv("POLICYKB_SHARED")
	if shared == "" {
		shared = "../../../shared"
	}
	dir := filepath.Join(shared, "policies")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no real documents to measure on: %v", err)
	}
	return dir
}

// described is one line of the folder's manifest.jsonl.
type described struct {
	File, Title, City, Issuer, Date string
	DocNumber                       string `json:"doc_number"`
}

func readManifest(t testing.TB, dir string) []described {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "manifest.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []described
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var d described
		if err := json.Unmarshal(lines.Bytes(), &d); err != nil {
			t.Fatal(err)
		}
		all = append(all, d)
	}
	return all
}

// parseText reads a file's bytes.
func parseText(name, data string) (parse.Document, error) {
	return parse.Parse(context.Background(), name, []byte(data))
}

// detectIn cleans a parsed file and reads its metadata, as the pipeline does.
func detectIn(name string, doc parse.Document) (corpus.Metadata, map[string]corpus.Origin, clean.Text) {
	text := clean.Join(doc)
	m, origins := metadata.Detect(name, doc, text, outline.Of(text))
	return m, origins, text
}

// detect reads one file from its bytes.
func detect(t testing.TB, name string, data []byte) (corpus.Metadata, map[string]corpus.Origin, clean.Text) {
	t.Helper()
	doc, err := parseText(name, string(data))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return detectIn(name, doc)
}

// TestAccuracy measures on real documents how often what is detected is what a
// person wrote down. Run it with -v for the table and the misses.
func TestAccuracy(t *testing.T) {
	t.Parallel()
	dir := policies(t)
	type score struct{ right, given int }
	scores := map[string]*score{}
	fields := []string{"title", "city", "issuer", "doc_number", "date"}
	for _, f := range fields {
		scores[f] = &score{}
	}
	var misses []string
	for _, want := range readManifest(t, dir) {
		data, err := os.ReadFile(filepath.Join(dir, want.File))
		if err != nil {
			t.Fatal(err)
		}
		got, origins, text := detect(t, want.File, data)
		for field, origin := range origins {
			if origin.Span != nil && origin.Span.Of(text.String) == "" {
				t.Errorf("%s: the span of %s, %v, is not in the text", want.File, field, *origin.Span)
			}
		}
		check := func(field, given, got string, same func(want, got string) bool) {
			if !strings.ContainsFunc(given, isWord) {
				return // a dash or nothing: not given
			}
			scores[field].given++
			if same(given, got) {
				scores[field].right++
				return
			}
			misses = append(misses, fmt.Sprintf("%s\t%s\twant %s\tgot %s", want.File[:3], field, shorten(given), shorten(got)))
		}
		check("title", want.Title, got.Title, sameTitle)
		check("city", want.City, got.City, sameCity)
		check("issuer", want.Issuer, got.Issuer, sameIssuer)
		check("doc_number", want.DocNumber, got.DocNumber, func(want, got string) bool { return letters(want) == letters(got) })
		check("date", want.Date, got.IssuedOn.String(), func(want, got string) bool { return want == got })
	}
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "field\tright\tgiven\tshare")
	for _, f := range fields {
		fmt.Fprintf(w, "%s\t%d\t%d\t%.1f %%\n", f, scores[f].right, scores[f].given, 100*float64(scores[f].right)/float64(scores[f].given))
	}
	w.Flush()
	t.Logf("\n%s\n%s", table.String(), strings.Join(misses, "\n"))
	for field, least := range map[string]float64{"title": 0.95, "city": 0.95, "issuer": 0.90, "doc_number": 0.90, "date": 0.90} {
		if s := scores[field]; float64(s.right) < least*float64(s.given) {
			t.Errorf("%s: %d of %d right; want %.0f %%", field, s.right, s.given, 100*least)
		}
	}
}

func shorten(s string) string {
	s = strings.ReplaceAll(s, "\n", "⏎")
	if r := []rune(s); len(r) > 44 {
		return string(r[:44]) + "…"
	}
	return s
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// letters keeps the letters and digits of a folded text: brackets, spaces and
// quotation marks are set in many ways.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if isWord(r) {
			return r
		}
		return -1
	}, corpus.Fold(s))
}

// sameTitle compares titles. Those written down were sometimes cut off at the
// length of a file name, or carry the name of a newspaper or of the noise that was
// added to the file, after an underscore.
func sameTitle(want, got string) bool {
	w, g := letters(want), letters(got)
	if w == g {
		return true
	}
	const cutOff = 20 // code points
	if utf8.RuneCountInString(w) >= cutOff && strings.HasPrefix(g, w) && utf8.RuneCountInString(g)-utf8.RuneCountInString(w) <= 12 {
		return true
	}
	if i := strings.LastIndex(want, "_"); i > 0 {
		return letters(want[:i]) == g
	}
	return false
}

// sameCity compares places. The manifest writes some with what lies in them:
// 温州鹿城, 河南(郑州洛阳新乡), and those in English texts in English.
func sameCity(want, got string) bool {
	if p, ok := corpus.Places().Lookup(want); ok {
		want = p.Name
	}
	return want == got || got != "" && strings.HasPrefix(want, got)
}

// sameIssuer compares offices. The manifest joins several with a space, with 、 or
// with nothing, and counts some: 国家互联网信息办公室等5部门.
func sameIssuer(want, got string) bool {
	if first, _, counted := strings.Cut(want, "等5部门"); counted {
		return strings.HasPrefix(got, first)
	}
	return letters(want) == letters(got)
}
