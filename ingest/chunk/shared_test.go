package chunk_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"policykb/corpus"
	"policykb/ingest/chunk"
	"policykb/ingest/clean"
	"policykb/ingest/outline"
	"policykb/ingest/parse"
)

// shared gives the folder of the measuring data, and skips where it is absent.
func shared(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("POLICYKB_SHARED")
	if dir == "" {
		dir = "../../../shared"
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no measuring data: set POLICYKB_SHARED to its folder (%v)", err)
	}
	return dir
}

// read takes a file the whole way to passages.
func read(t testing.TB, path string) (clean.Text, []corpus.Section, []corpus.Passage) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := parse.Parse(t.Context(), filepath.Base(path), data)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	text := clean.Join(doc)
	sections := outline.Of(text)
	return text, sections, chunk.Split(text, sections, chunk.Limits{})
}

// TestEvidence looks for every quote that the questions rest on in the canonical
// text of its file, white space aside, and for one passage that holds it whole.
func TestEvidence(t *testing.T) {
	t.Parallel()
	dir := shared(t)
	type evidence struct{ File, Quote string }
	type document struct {
		text     string
		passages []string
	}
	documents := map[string]document{}
	found, whole, total := 0, 0, 0
	for _, questions := range []string{"policy_questions.jsonl", "seed_questions.jsonl"} {
		f, err := os.Open(filepath.Join(dir, "eval", questions))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			var q struct {
				ID       string
				Evidence []evidence
			}
			if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
				t.Fatal(err)
			}
			for _, e := range q.Evidence {
				d, known := documents[e.File]
				if !known {
					path := filepath.Join(dir, "policies", e.File)
					if _, err := os.Stat(path); err != nil {
						path = filepath.Join(dir, "seed", e.File)
					}
					text, _, passages := read(t, path)
					d.text = withoutSpace(text.String)
					for _, p := range passages {
						d.passages = append(d.passages, withoutSpace(p.Text))
					}
					documents[e.File] = d
				}
				total++
				quote := withoutSpace(e.Quote)
				if !strings.Contains(d.text, quote) {
					t.Errorf("%s: %s does not hold %q", q.ID, e.File, e.Quote)
					continue
				}
				found++
				for _, p := range d.passages {
					if strings.Contains(p, quote) {
						whole++
						quote = ""
						break
					}
				}
				if quote != "" {
					t.Logf("%s: no passage of %s holds the whole of %q", q.ID, e.File, e.Quote)
				}
			}
		}
	}
	t.Logf("%d of %d quotes found in the canonical texts, %d whole in one passage", found, total, whole)
}

func withoutSpace(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

// TestInvariants holds the passages of all policies against what Split promises.
func TestInvariants(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(shared(t), "policies", "*.[mt][dx]*"))
	if err != nil {
		t.Fatal(err)
	}
	lengths := map[string]int{}
	for _, file := range files {
		text, sections, passages := read(t, file)
		check(t, filepath.Base(file), text, sections, passages, chunk.Limits{Target: 400, Most: 500, Least: 80})
		for _, p := range passages {
			switch n := p.Span.Len(); {
			case n < 80:
				lengths["below 80"]++
			case n <= 300:
				lengths["80 to 300"]++
			case n <= 500:
				lengths["301 to 500"]++
			default:
				lengths["over 500"]++
			}
		}
	}
	t.Logf("lengths of passages: %v", lengths)
}
