package retrieval

import (
	"context"
	"iter"
	"sync/atomic"

	"policykb/corpus"
)

// Counted is an index that counts which calls fail. What ends because the caller
// gave up is no failure of the engine. It is safe for concurrent use.
type Counted struct {
	Index
	failed [len(indexCalls)]atomic.Int64
}

// indexCalls are the calls that are counted.
var indexCalls = [...]string{"search", "replace", "remove", "holdings", "stats", "frequencies"}

const (
	callSearch = iota
	callReplace
	callRemove
	callHoldings
	callStats
	callFrequencies
)

// Count counts the failures of an index.
func Count(x Index) *Counted { return &Counted{Index: x} }

// Failures returns how many calls of each kind have failed.
func (x *Counted) Failures() map[string]int64 {
	all := make(map[string]int64, len(indexCalls))
	for i, call := range indexCalls {
		all[call] = x.failed[i].Load()
	}
	return all
}

// note counts a failure and hands it on.
func (x *Counted) note(ctx context.Context, call int, err error) error {
	if err != nil && ctx.Err() == nil {
		x.failed[call].Add(1)
	}
	return err
}

// Search implements [Index].
func (x *Counted) Search(ctx context.Context, q Query) ([]Hit, error) {
	hits, err := x.Index.Search(ctx, q)
	return hits, x.note(ctx, callSearch, err)
}

// Frequencies implements [Counter]. Of an index that is none it knows of no points.
func (x *Counted) Frequencies(ctx context.Context, terms []Term) (counts []int, points int, err error) {
	counter, ok := x.Index.(Counter)
	if !ok {
		return make([]int, len(terms)), 0, nil
	}
	counts, points, err = counter.Frequencies(ctx, terms)
	return counts, points, x.note(ctx, callFrequencies, err)
}

// Replace implements [Index].
func (x *Counted) Replace(ctx context.Context, doc corpus.DocumentID, version int, points []Point) error {
	return x.note(ctx, callReplace, x.Index.Replace(ctx, doc, version, points))
}

// Remove implements [Index].
func (x *Counted) Remove(ctx context.Context, doc corpus.DocumentID) error {
	return x.note(ctx, callRemove, x.Index.Remove(ctx, doc))
}

// Holdings implements [Index].
func (x *Counted) Holdings(ctx context.Context) iter.Seq2[IndexHolding, error] {
	return func(yield func(IndexHolding, error) bool) {
		for h, err := range x.Index.Holdings(ctx) {
			if !yield(h, x.note(ctx, callHoldings, err)) {
				return
			}
		}
	}
}

// Stats implements [Index].
func (x *Counted) Stats(ctx context.Context) (Stats, error) {
	stats, err := x.Index.Stats(ctx)
	return stats, x.note(ctx, callStats, err)
}
