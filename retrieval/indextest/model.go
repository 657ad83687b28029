package indextest

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"sync"

	"policykb/corpus"
	"policykb/retrieval"
)

// Model is an index that is slow and obviously right: it computes every score as
// [retrieval.Query] defines it. Other indexes are compared with it.
type Model struct {
	mu     sync.Mutex
	points map[corpus.DocumentID][]retrieval.Point
}

var (
	_ retrieval.Index   = (*Model)(nil)
	_ retrieval.Counter = (*Model)(nil)
)

// NewModel returns an empty model.
func NewModel() *Model { return &Model{points: make(map[corpus.DocumentID][]retrieval.Point)} }

// Replace implements [retrieval.Index].
func (m *Model) Replace(ctx context.Context, doc corpus.DocumentID, version int, points []retrieval.Point) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, p := range points {
		if p.Document != doc || p.Version != version || p.Dense != nil && len(p.Dense) != Dimensions {
			return fmt.Errorf("point %s: %w", p.Passage, retrieval.ErrInvalid)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if delete(m.points, doc); len(points) > 0 {
		m.points[doc] = slices.Clone(points)
	}
	return nil
}

// Remove implements [retrieval.Index].
func (m *Model) Remove(ctx context.Context, doc corpus.DocumentID) error {
	return m.Replace(ctx, doc, 0, nil)
}

// Search implements [retrieval.Index].
func (m *Model) Search(ctx context.Context, q retrieval.Query) ([]retrieval.Hit, error) {
	ranked, err := m.rank(ctx, q)
	hits := ranked[:0]
	of := make(map[corpus.DocumentID]int)
	for _, h := range ranked {
		if len(hits) == q.Limit || h.Score <= 0 {
			break
		}
		if of[h.Document]++; q.PerDocument == 0 || of[h.Document] <= q.PerDocument {
			hits = append(hits, h)
		}
	}
	return hits, err
}

// rank returns every point that the filter lets through, the best first.
func (m *Model) rank(ctx context.Context, q retrieval.Query) ([]retrieval.Hit, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if q.PerDocument < 0 || len(q.Sparse) == 0 && len(q.Dense) == 0 || len(q.Dense) != 0 && len(q.Dense) != Dimensions {
		return nil, fmt.Errorf("query: %w", retrieval.ErrInvalid)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	all := 0
	having := make(map[retrieval.Term]int)
	for _, points := range m.points {
		all += len(points)
		for _, p := range points {
			for _, w := range p.Sparse {
				having[w.Term]++
			}
		}
	}
	var hits []retrieval.Hit
	best := 0.0
	for _, points := range m.points {
		for _, p := range points {
			if !lets(q.Filter, p.Document, p.Facts) {
				continue
			}
			hit := retrieval.Hit{Passage: p.Passage, Document: p.Document, Version: p.Version}
			for _, asked := range q.Sparse {
				for _, w := range p.Sparse {
					if w.Term == asked.Term {
						n := float64(having[w.Term])
						hit.Sparse += float64(asked.Weight) * float64(w.Weight) * math.Log(1+(float64(all)-n+0.5)/(n+0.5))
					}
				}
			}
			if len(q.Dense) > 0 && p.Dense != nil {
				hit.Dense = cosine(q.Dense, p.Dense)
			}
			best = max(best, hit.Sparse)
			hits = append(hits, hit)
		}
	}
	fusion := q.Fusion
	if fusion == (retrieval.Fusion{}) {
		fusion.Sparse = 1
		if len(q.Sparse) == 0 {
			fusion = retrieval.Fusion{Dense: 1}
		}
	}
	for i := range hits {
		h := &hits[i]
		if best > 0 {
			h.Score = float64(fusion.Sparse) * h.Sparse / best
		}
		h.Score += float64(fusion.Dense) * max(0, h.Dense)
	}
	slices.SortFunc(hits, func(a, b retrieval.Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Passage, b.Passage))
	})
	return hits, nil
}

func cosine(a, b []float32) float64 {
	var dot, aa, bb float64
	for i := range a {
		dot += float64(a[i]) * float64(b[i])
		aa += float64(a[i]) * float64(a[i])
		bb += float64(b[i]) * float64(b[i])
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return dot / math.Sqrt(aa*bb)
}

// lets reports whether a filter lets a point through.
func lets(f corpus.Filter, doc corpus.DocumentID, facts retrieval.Facts) bool {
	return (oneOf(f.City, facts.City) || oneOf(f.City, facts.Province)) &&
		oneOf(f.District, facts.District) &&
		oneOf(f.Issuer, facts.Issuer) &&
		oneOf(f.Kind, facts.Kind) &&
		oneOf(f.Status, facts.Status) &&
		oneOf(f.Language, facts.Language) &&
		(len(f.Tags) == 0 || slices.ContainsFunc(facts.Tags, func(tag string) bool { return slices.Contains(f.Tags, tag) })) &&
		oneOf(f.DocumentID, doc) &&
		f.Issued(facts.IssuedOn)
}

func oneOf[T comparable](values []T, value T) bool {
	return len(values) == 0 || slices.Contains(values, value)
}

// Holdings implements [retrieval.Index].
func (m *Model) Holdings(ctx context.Context) iter.Seq2[retrieval.IndexHolding, error] {
	return func(yield func(retrieval.IndexHolding, error) bool) {
		if err := ctx.Err(); err != nil {
			yield(retrieval.IndexHolding{}, err)
			return
		}
		m.mu.Lock()
		held := maps.Clone(m.points)
		m.mu.Unlock()
		for doc, points := range held {
			if !yield(retrieval.IndexHolding{Document: doc, Version: points[0].Version, Points: len(points)}, nil) {
				return
			}
		}
	}
}

// Stats implements [retrieval.Index].
func (m *Model) Stats(ctx context.Context) (retrieval.Stats, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := retrieval.Stats{Engine: "model", Documents: len(m.points), Dimensions: Dimensions}
	for _, points := range m.points {
		s.Points += len(points)
	}
	return s, ctx.Err()
}

// Frequencies implements [retrieval.Counter].
func (m *Model) Frequencies(ctx context.Context, terms []retrieval.Term) (counts []int, all int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	counts = make([]int, len(terms))
	for _, points := range m.points {
		all += len(points)
		for _, p := range points {
			for _, w := range p.Sparse {
				for i, t := range terms {
					if w.Term == t {
						counts[i]++
					}
				}
			}
		}
	}
	return counts, all, ctx.Err()
}

// Close implements [retrieval.Index].
func (m *Model) Close() error { return nil }
