package evaluate

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"policykb/corpus/starter"
)

// TestOurQuestions reviews the questions of this repository against the texts
// they are about: each quote stands in its document, each key in the evidence.
func TestOurQuestions(t *testing.T) {
	t.Parallel()
	digests := map[string]string{}
	for name, text := range starter.Documents() {
		digests[name] = string(text)
	}
	review(t, "questions/starter.jsonl", func(file string) (string, bool) {
		text, ok := digests[file]
		return text, ok
	})
	folder := os.Getenv("POLICYKB_SHARED")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "shared")
	}
	folder = filepath.Join(folder, "policies")
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("the policies are not here (%v): questions/policies.jsonl is not reviewed", err)
	}
	review(t, "questions/policies.jsonl", func(file string) (string, bool) {
		text, err := os.ReadFile(filepath.Join(folder, file))
		return string(text), err == nil
	})
}

func review(t *testing.T, name string, text func(file string) (string, bool)) {
	t.Helper()
	set, err := ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	splits, splitOf := map[string]int{}, map[string]string{}
	for _, q := range set.Questions {
		if seen[q.Question] {
			t.Errorf("%s asks twice: %s", name, q.Question)
		}
		seen[q.Question] = true
		splits[q.Split]++
		var quotes strings.Builder
		for i, e := range q.Evidence {
			quotes.WriteString(e.Quote + "\n")
			for _, file := range append([]string{e.File}, e.Also...) {
				whole, ok := text(file)
				if !ok {
					t.Errorf("%s: no document %s (%s)", name, file, q.Question)
				} else if len(foldQuote(whole).find(foldQuote(e.Quote))) == 0 {
					t.Errorf("%s: %s does not hold %q (%s)", name, file, e.Quote, q.Question)
				}
			}
			// Held-out questions stay honest only while nobody tunes on their documents.
			if i == 0 && splitOf[e.File] != "" && splitOf[e.File] != q.Split {
				t.Errorf("%s: questions on %s are in %s and in %s", name, e.File, splitOf[e.File], q.Split)
			} else if i == 0 {
				splitOf[e.File] = q.Split
			}
		}
		if missing := q.missingKeys(quotes.String()); q.Answerable() && len(missing) > 0 {
			t.Errorf("%s: the evidence lacks %q (%s)", name, missing, q.Question)
		}
	}
	for _, split := range []string{"train", "dev", "heldout"} {
		if n := splits[split]; n < len(set.Questions)/4 || n > len(set.Questions)/2 {
			t.Errorf("%s: %d of %d questions are in %s", name, n, len(set.Questions), split)
		}
	}
}
