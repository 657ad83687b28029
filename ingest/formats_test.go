package ingest

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"policykb/corpus"
)

// told is a page that tells the facts of its source in its own order and words: 24
// of 100 shingles are the same.
const told = "12_real_site_上海.html"

// TestFormatsResembleTheirSources adds real documents and then the files that were
// made of them in other formats. Each is known to be nearly the same, or the same.
func TestFormatsResembleTheirSources(t *testing.T) {
	t.Parallel()
	dir := shared(t, "")
	f, err := os.Open(filepath.Join(dir, "formats", "manifest.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h := open(t, t.TempDir(), nil)
	h.work(t)
	lines, tried := bufio.NewScanner(f), 0
	for lines.Scan() {
		var made struct {
			File   string
			Source string `json:"source_doc"`
		}
		if err := json.Unmarshal(lines.Bytes(), &made); err != nil {
			t.Fatal(err)
		}
		source, err := os.ReadFile(filepath.Join(dir, "policies", made.Source))
		if made.Source == "" || err != nil || made.File == told {
			continue
		}
		data, err := os.Open(filepath.Join(dir, "formats", made.File))
		if err != nil {
			t.Fatal(err)
		}
		first := h.add(t, text(made.Source, string(source)))
		second := h.add(t, Source{Name: made.File, Data: data})
		if second.State != corpus.JobDone && second.State != corpus.JobUnchanged {
			t.Errorf("%s ended as %s, %+v", made.File, second.State, second.Error)
			continue
		}
		tried++
		doc, err := h.catalogue.Document(t.Context(), second.Document)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: the same document %v, %v", made.File, first.Document == second.Document, doc.Resembles)
		if first.Document != second.Document && !slices.ContainsFunc(doc.Resembles, func(r corpus.Resemblance) bool { return r.Document == first.Document }) {
			t.Errorf("%s is not known to resemble %s, %s, but %v", made.File, made.Source, first.Document, doc.Resembles)
		}
	}
	if tried < 8 {
		t.Errorf("only %d files were tried", tried)
	}
}
