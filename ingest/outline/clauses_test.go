package outline_test

import (
	"os"
	"path/filepath"
	"testing"

	"policykb/corpus"
)

// TestClausesOfPolicies holds the clauses of real policies against what is
// promised of them: each lies within the one around it and after the one before,
// and its address names it alone.
func TestClausesOfPolicies(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("POLICYKB_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	files, _ := filepath.Glob(filepath.Join(dir, "policies", "*.[mt][dx]*"))
	if len(files) == 0 {
		t.Skipf("no real policies under %s: set POLICYKB_SHARED to the folder that holds policies/", dir)
	}
	clauses, paragraphs := 0, 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text, sections := read(t, filepath.Base(file), data)
		all := corpus.Clauses(text.String, sections)
		var check func(within corpus.Span, level []corpus.Clause)
		check = func(within corpus.Span, level []corpus.Clause) {
			before := within.Start
			for _, c := range level {
				if !within.Contains(c.Span) || c.Span.Start < before || c.Span.Len() == 0 {
					t.Fatalf("%s: %s spans %v, within %v and after %d", filepath.Base(file), c.Address, c.Span, within, before)
				}
				before = c.Span.End
				clauses++
				if c.Kind == corpus.ClauseParagraph {
					paragraphs++
				}
				if clauses%7 == 0 { // each is looked for in all of its document
					if found, err := corpus.FindClause(all, c.Address); err != nil || found.Span != c.Span {
						t.Errorf("%s: %s names %v (%v), not %v", filepath.Base(file), c.Address, found.Span, err, c.Span)
					}
				}
				check(c.Span, c.Clauses)
			}
		}
		check(corpus.Span{End: text.Length}, all)
	}
	t.Logf("%d clauses in %d policies, %d of them paragraphs of articles", clauses, len(files), paragraphs)
	if paragraphs < 1000 {
		t.Errorf("only %d paragraphs of articles were found", paragraphs)
	}
}
