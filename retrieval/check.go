package retrieval

import (
	"fmt"
	"math"

	"policykb/corpus"
)

// Check reports why an index for vectors of the given length cannot answer the
// query; what it reports wraps [ErrInvalid].
func (q *Query) Check(dimensions int) error {
	switch {
	case len(q.Sparse) == 0 && len(q.Dense) == 0:
		return fmt.Errorf("the query has neither terms nor a vector: %w", ErrInvalid)
	case len(q.Dense) != 0 && len(q.Dense) != dimensions:
		return fmt.Errorf("the query's vector has %d dimensions, the index has %d: %w", len(q.Dense), dimensions, ErrInvalid)
	case !finite(q.Dense...):
		return fmt.Errorf("the query's vector is not of finite numbers: %w", ErrInvalid)
	case q.Limit < 0 || q.PerDocument < 0:
		return fmt.Errorf("the limit is %d, of one document %d: %w", q.Limit, q.PerDocument, ErrInvalid)
	case !(q.Fusion.Sparse >= 0 && q.Fusion.Dense >= 0) || !finite(q.Fusion.Sparse, q.Fusion.Dense):
		return fmt.Errorf("the fusion weights are %v and %v, which must be numbers not below 0: %w", q.Fusion.Sparse, q.Fusion.Dense, ErrInvalid)
	}
	for _, w := range q.Sparse {
		if !(w.Weight >= 0 && w.Weight <= math.MaxFloat32) {
			return fmt.Errorf("a term of the query weighs %v, which must be a number not below 0: %w", w.Weight, ErrInvalid)
		}
	}
	return nil
}

// Weights is the fusion that the query asks for: what the zero Fusion means is
// put in its place.
func (q *Query) Weights() Fusion {
	switch {
	case q.Fusion != Fusion{}:
		return q.Fusion
	case len(q.Sparse) == 0:
		return Fusion{Dense: 1}
	}
	return Fusion{Sparse: 1}
}

// Check reports why a point cannot be one of a document's version in an index
// for vectors of the given length; what it reports wraps [ErrInvalid].
func (p *Point) Check(doc corpus.DocumentID, version, dimensions int) error {
	switch {
	case p.Document != doc || p.Version != version:
		return fmt.Errorf("is of document %s, version %d, not of version %d: %w", p.Document, p.Version, version, ErrInvalid)
	case p.Dense != nil && len(p.Dense) != dimensions:
		return fmt.Errorf("has a vector of %d dimensions, the index has %d: %w", len(p.Dense), dimensions, ErrInvalid)
	case !finite(p.Dense...):
		return fmt.Errorf("has a vector that is not of finite numbers: %w", ErrInvalid)
	}
	for i, w := range p.Sparse {
		if !(w.Weight > 0 && w.Weight <= MaxWeight) {
			return fmt.Errorf("has the term weight %v, not above 0 and at most %v: %w", w.Weight, float32(MaxWeight), ErrInvalid)
		}
		if i > 0 && p.Sparse[i-1].Term >= w.Term {
			return fmt.Errorf("has terms out of order or twice: %w", ErrInvalid)
		}
	}
	return nil
}

// finite reports whether no number is infinite or none at all.
func finite(numbers ...float32) bool {
	for _, x := range numbers {
		if x-x != 0 {
			return false
		}
	}
	return true
}
