package retrieval_test

import (
	"context"
	"errors"
	"testing"

	"policykb/corpus"
	"policykb/retrieval"
	"policykb/retrieval/embedded"
	"policykb/retrieval/indextest"
)

func TestCountedIsAnIndex(t *testing.T) {
	t.Parallel()
	indextest.Run(t, func(t *testing.T) retrieval.Index {
		x, err := embedded.Open(embedded.Options{Dimensions: indextest.Dimensions})
		if err != nil {
			t.Fatal(err)
		}
		return retrieval.Count(x)
	})
}

// down is an engine that does not answer.
type down struct{ retrieval.Index }

func (down) Search(context.Context, retrieval.Query) ([]retrieval.Hit, error) {
	return nil, retrieval.ErrUnavailable
}

func (down) Remove(context.Context, corpus.DocumentID) error { return retrieval.ErrUnavailable }

// The contract suite asks how common terms are of whatever is a Counter.
func TestCountedCountsTerms(t *testing.T) {
	t.Parallel()
	var counter retrieval.Counter = retrieval.Count(down{})
	if counts, points, err := counter.Frequencies(t.Context(), make([]retrieval.Term, 2)); len(counts) != 2 || points != 0 || err != nil {
		t.Errorf("an index that does not count gives %v of %d points, %v", counts, points, err)
	}
}

func TestCountedCountsFailures(t *testing.T) {
	t.Parallel()
	x := retrieval.Count(down{})
	for range 2 {
		if _, err := x.Search(t.Context(), retrieval.Query{}); !errors.Is(err, retrieval.ErrUnavailable) {
			t.Errorf("got %v", err)
		}
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := x.Search(gone, retrieval.Query{}); err == nil {
		t.Error("the failure was swallowed")
	}
	if err := x.Remove(t.Context(), "notice"); err == nil {
		t.Error("the failure was swallowed")
	}
	if got := x.Failures(); got["search"] != 2 || got["remove"] != 1 || got["stats"] != 0 {
		t.Errorf("got %v", got)
	}
}
