package qdrant

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	api "github.com/qdrant/go-client/qdrant"

	"policykb/retrieval"
)

var _ retrieval.Counter = (*Index)(nil)

// frequencies keeps how many points have a term. Terms are counted when they are
// first asked for; the counts are good until one point in a hundred has changed.
type frequencies struct {
	mu      sync.Mutex
	counts  map[retrieval.Term]int
	points  int // when counting began; 0 while it has not
	changed int // points written or removed since
}

// countedTerms bounds the memory of counts: some 50 MB.
const countedTerms = 1 << 20

// countChange notes that points were written or removed.
func (x *Index) countChange(points int) {
	f := &x.frequencies
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.changed += points; 100*f.changed > f.points {
		f.counts, f.points = nil, 0
	}
}

// forget drops all counts.
func (f *frequencies) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.counts, f.points = nil, 0
}

// Frequencies implements [retrieval.Counter]. The server does not tell how many
// points have a term, but it scores by it: what the best point for a term alone
// scores, divided by the term's weight there, is the inverse document frequency,
// and the number follows. It is as good as the server's own idea of it, which
// lags behind where points were deleted, and exact where none were.
func (x *Index) Frequencies(ctx context.Context, terms []retrieval.Term) (counts []int, points int, err error) {
	if err := x.usable(ctx); err != nil {
		return nil, 0, err
	}
	known, points := x.frequencies.of(terms)
	if points == 0 {
		if points, err = x.countPoints(ctx); err != nil {
			return nil, 0, err
		}
	}
	var unknown []retrieval.Term
	for _, t := range terms {
		if _, ok := known[t]; !ok && !slices.Contains(unknown, t) {
			unknown = append(unknown, t)
		}
	}
	for some := range slices.Chunk(unknown, 128) {
		if err := x.countTerms(ctx, some, points, known); err != nil {
			return nil, 0, err
		}
	}
	x.frequencies.keep(known, points)
	counts = make([]int, len(terms))
	for i, t := range terms {
		counts[i] = known[t]
	}
	return counts, points, nil
}

// of returns the counts known of terms and the number of points they are of.
func (f *frequencies) of(terms []retrieval.Term) (known map[retrieval.Term]int, points int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	known = make(map[retrieval.Term]int, len(terms))
	for _, t := range terms {
		if n, ok := f.counts[t]; ok {
			known[t] = n
		}
	}
	return known, f.points
}

// keep remembers counts.
func (f *frequencies) keep(counts map[retrieval.Term]int, points int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.counts == nil || f.points != points || len(f.counts) > countedTerms {
		f.counts, f.points, f.changed = make(map[retrieval.Term]int), points, 0
	}
	for t, n := range counts {
		f.counts[t] = n
	}
}

// countTerms adds how many points have each of some terms.
func (x *Index) countTerms(ctx context.Context, terms []retrieval.Term, points int, counts map[retrieval.Term]int) error {
	view := x.visible.enter()
	defer x.visible.leave(view)
	queries := make([]*api.QueryPoints, len(terms))
	for i, t := range terms {
		queries[i] = &api.QueryPoints{
			CollectionName: view.collection, Query: api.NewQuerySparse([]uint32{uint32(t)}, []float32{1}), Using: api.PtrOf(sparseVector),
			Limit: api.PtrOf(uint64(1)), WithPayload: api.NewWithPayload(false), WithVectors: api.NewWithVectorsInclude(sparseVector),
		}
	}
	var results []*api.BatchResult
	err := x.server.read(ctx, "count terms", func(ctx context.Context) (err error) {
		results, err = x.server.QueryBatch(ctx, &api.QueryBatchPoints{CollectionName: view.collection, QueryPoints: queries})
		return err
	})
	if err != nil {
		return err
	}
	if len(results) != len(queries) {
		return fmt.Errorf("count terms: %d answers to %d queries", len(results), len(queries))
	}
	for i, t := range terms {
		counts[t] = having(results[i].GetResult(), t, points)
	}
	return nil
}

// having is the number of points that have a term, by the best of them for this
// term alone: idf = ln(1 + (N − n + ½)/(n + ½)) = ln((N + 1)/(n + ½)), see [retrieval.Query].
func having(best []*api.ScoredPoint, t retrieval.Term, points int) int {
	if len(best) == 0 {
		return 0
	}
	vector := best[0].GetVectors().GetVectors().GetVectors()[sparseVector].GetSparseVector()
	for i, index := range vector.GetIndices() {
		if index == uint32(t) && i < len(vector.GetValues()) {
			idf := float64(best[0].GetScore() / vector.GetValues()[i])
			return min(points, max(1, int(math.Round(float64(points+1)/math.Exp(idf)-0.5))))
		}
	}
	return 0
}
