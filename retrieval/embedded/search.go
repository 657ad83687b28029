package embedded

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"policykb/retrieval"
)

// Search implements [retrieval.Index]. Every point is scored, term at a time.
func (x *Index) Search(ctx context.Context, q retrieval.Query) ([]retrieval.Hit, error) {
	if err := x.usable(ctx); err != nil {
		return nil, err
	}
	if err := x.answerable(&q); err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	state := x.state.Load()
	if q.Limit == 0 || state.live == 0 {
		return nil, nil
	}
	s := searches.Get().(*search)
	defer searches.Put(s)
	s.begin(state, &q)
	if err := s.addSparse(ctx); err != nil {
		return nil, err
	}
	s.exclude()
	if err := s.addDense(ctx); err != nil {
		return nil, err
	}
	return s.best(), nil
}

// answerable reports why a query cannot be answered.
func (x *Index) answerable(q *retrieval.Query) error {
	switch {
	case len(q.Sparse) == 0 && len(q.Dense) == 0:
		return fmt.Errorf("the query has neither terms nor a vector: %w", retrieval.ErrInvalid)
	case len(q.Dense) != 0 && len(q.Dense) != x.options.Dimensions:
		return fmt.Errorf("the query's vector has %d dimensions, the index has %d: %w", len(q.Dense), x.options.Dimensions, retrieval.ErrInvalid)
	case !finite(q.Dense):
		return fmt.Errorf("the query's vector is not of finite numbers: %w", retrieval.ErrInvalid)
	case q.Limit < 0:
		return fmt.Errorf("the limit is %d: %w", q.Limit, retrieval.ErrInvalid)
	case !(q.Fusion.Sparse >= 0 && q.Fusion.Dense >= 0) || !finite([]float32{q.Fusion.Sparse, q.Fusion.Dense}):
		return fmt.Errorf("the fusion weights are %v and %v, which must be numbers not below 0: %w", q.Fusion.Sparse, q.Fusion.Dense, retrieval.ErrInvalid)
	}
	for _, w := range q.Sparse {
		if !(w.Weight >= 0 && w.Weight <= math.MaxFloat32) {
			return fmt.Errorf("a term of the query weighs %v, which must be a number not below 0: %w", w.Weight, retrieval.ErrInvalid)
		}
	}
	return nil
}

// search is one question on its way through the index. It is used again, for the
// sake of its large arrays.
type search struct {
	*state
	query  *retrieval.Query
	fusion retrieval.Fusion
	vector queryVector
	allow  []bits // by view: the points that may be found; nil for all
	from   []int  // by view: where its points begin in the arrays

	sparse []float32 // by point: the sparse score; 0 for what may not be found
	scored []int32   // by point: the dot product over the high plane
	top    float32   // the best sparse score
}

var searches = sync.Pool{New: func() any { return new(search) }}

func (s *search) begin(state *state, q *retrieval.Query) {
	s.state, s.query, s.fusion = state, q, q.Fusion
	if s.fusion == (retrieval.Fusion{}) {
		s.fusion.Sparse = 1
		if len(q.Sparse) == 0 {
			s.fusion = retrieval.Fusion{Dense: 1}
		}
	}
	s.vector = newQueryVector(q.Dense)
	s.allow, s.from = s.allow[:0], s.from[:0]
	at := 0
	for i := range state.views {
		v := &state.views[i]
		s.allow = append(s.allow, v.allowed(&q.Filter))
		s.from = append(s.from, at)
		at += v.points
	}
	// One segment's worth more than there are points, so that the inner loops can
	// index without a check.
	if len(s.sparse) < at+maxSegment {
		s.sparse = make([]float32, at+at/8+maxSegment)
	}
	clear(s.sparse[:at])
}

// sparseOf and scoredOf are the scores of a view's points.
func (s *search) sparseOf(view int) []float32 {
	return s.sparse[s.from[view]:][:s.views[view].points]
}

func (s *search) scoredOf(view int) []int32 {
	return s.scored[s.from[view]:][:s.views[view].points]
}

// addSparse sums up, for every point, what the query's terms say for it.
func (s *search) addSparse(ctx context.Context) error {
	lists := make([]postings, len(s.views))
	for _, w := range s.query.Sparse {
		if err := ctx.Err(); err != nil {
			return err
		}
		having := 0
		for i := range s.views {
			lists[i] = s.views[i].lookUp(w.Term)
			having += lists[i].alive(s.views[i].dead)
		}
		if having == 0 {
			continue
		}
		idf := math.Log1p((float64(s.live) - float64(having) + 0.5) / (float64(having) + 0.5))
		table := gains(float64(w.Weight) * idf)
		for i, p := range lists {
			if p.count > 0 {
				p.addTo((*[maxSegment]float32)(s.sparse[s.from[i]:]), &table)
			}
		}
	}
	return nil
}

// addTo adds to each point's score what its weight is worth.
func (p *postings) addTo(scores *[maxSegment]float32, table *[256]float32) {
	if p.full {
		for i, w := range p.weights[:min(len(p.weights), maxSegment)] {
			scores[i] += table[w]
		}
		return
	}
	weights := p.weights[:len(p.numbers)]
	for i, n := range p.numbers {
		scores[n] += table[weights[i]]
	}
}

// alive counts the points with the term that are not dead.
func (p *postings) alive(dead bits) int {
	if dead == nil || p.count == 0 {
		return p.count
	}
	n := 0
	if p.full {
		for i, w := range p.weights {
			if w != 0 && !dead.has(i) {
				n++
			}
		}
		return n
	}
	for _, i := range p.numbers {
		n += int(^dead[i>>6] >> (i & 63) & 1)
	}
	return n
}

// exclude takes the scores from points that may not be found, and notes the best
// of the others.
func (s *search) exclude() {
	s.top = 0
	for i := range s.views {
		scores := s.sparseOf(i)
		s.allow[i].eachMissing(len(scores), func(p int) { scores[p] = 0 })
		for _, score := range scores {
			s.top = max(s.top, score)
		}
	}
}

// addDense computes the products of the high planes, where they count.
func (s *search) addDense(ctx context.Context) error {
	if !s.useDense() {
		return nil
	}
	if len(s.scored) < s.slots {
		s.scored = make([]int32, s.slots+s.slots/8)
	}
	for i := range s.views {
		if err := ctx.Err(); err != nil {
			return err
		}
		scored := s.scoredOf(i)
		dots(s.vector.whole, s.views[i].vectors.high, scored)
		s.allow[i].eachMissing(len(scored), func(p int) { scored[p] = math.MinInt32 })
	}
	return nil
}

// useDense reports whether the vector has a say in which points are found.
func (s *search) useDense() bool { return len(s.query.Dense) > 0 && s.fusion.Dense > 0 }

// best returns the hits. A first pass finds a score that the last hit is sure to
// reach, a second computes exactly what may reach it.
func (s *search) best() []retrieval.Hit {
	weight := 0.0 // of a sparse score
	if s.top > 0 {
		weight = float64(s.fusion.Sparse) / float64(s.top)
	}
	sure := newFloor(s.query.Limit, s.live)
	for i := range s.views {
		s.bounds(i, weight, func(_ int, low, _ float64) { sure.add(low) })
	}
	found := newTop(s.query.Limit, s.live)
	for i := range s.views {
		v, scores := &s.views[i], s.sparseOf(i)
		s.bounds(i, weight, func(p int, _, high float64) {
			// The bounds are computed a little differently from the score.
			if high <= 0 || high < sure.least*(1-1e-6)-1e-6 {
				return
			}
			c := candidate{view: v, point: p, sparse: float64(scores[p])}
			c.score = weight * c.sparse
			if s.useDense() {
				c.score += float64(s.fusion.Dense) * max(0, v.vectors.cosine(&s.vector, p))
			}
			if c.score > 0 {
				found.add(c)
			}
		})
	}
	hits := make([]retrieval.Hit, 0, len(found.kept))
	for _, c := range found.sorted() {
		hit := c.view.hit(c.point)
		hit.Score, hit.Sparse = c.score, c.sparse
		if len(s.query.Dense) > 0 {
			hit.Dense = c.view.vectors.cosine(&s.vector, c.point)
		}
		hits = append(hits, hit)
	}
	return hits
}

// bounds calls do for every point of a view that may be found, with numbers that
// its score is not below and not above.
func (s *search) bounds(view int, weight float64, do func(point int, low, high float64)) {
	scores := s.sparseOf(view)
	if !s.useDense() {
		for p, score := range scores {
			if score > 0 {
				b := weight * float64(score)
				do(p, b, b)
			}
		}
		return
	}
	vectors, scored := &s.views[view].vectors, s.scoredOf(view)
	scale := 256 * s.vector.scale
	dense := float64(s.fusion.Dense)
	for p, dot := range scored {
		if dot == math.MinInt32 {
			continue
		}
		b := weight * float64(scores[p])
		cosine := float64(dot) * scale * float64(vectors.scale[p])
		slack := float64(vectors.slack[p]) * 1.001 // the rounded query may be a little longer than 1
		do(p, b+dense*max(0, cosine-slack), b+dense*max(0, cosine+slack))
	}
}

// candidate is a point with its scores.
type candidate struct {
	view          *view
	point         int
	score, sparse float64
}

// before reports whether c ranks before d: by score, then by passage id.
func (c *candidate) before(d *candidate) bool {
	if c.score != d.score {
		return c.score > d.score
	}
	return string(c.view.passages.raw(c.point)) < string(d.view.passages.raw(d.point))
}

// top keeps the best candidates, the worst of them at the root of a heap.
type top struct {
	limit int
	kept  []candidate
}

func newTop(limit, points int) top {
	limit = min(limit, points)
	return top{limit: limit, kept: make([]candidate, 0, limit)}
}

func (t *top) add(c candidate) {
	if len(t.kept) < t.limit {
		t.kept = append(t.kept, c)
		if len(t.kept) == t.limit {
			for i := t.limit/2 - 1; i >= 0; i-- {
				t.down(i)
			}
		}
		return
	}
	if c.before(&t.kept[0]) {
		t.kept[0] = c
		t.down(0)
	}
}

func (t *top) down(i int) {
	for {
		worst := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(t.kept); child++ {
			if t.kept[worst].before(&t.kept[child]) {
				worst = child
			}
		}
		if worst == i {
			return
		}
		t.kept[i], t.kept[worst] = t.kept[worst], t.kept[i]
		i = worst
	}
}

func (t *top) sorted() []candidate {
	slices.SortFunc(t.kept, func(a, b candidate) int {
		if a.before(&b) {
			return -1
		}
		return 1
	})
	return t.kept
}

// floor finds the limit-th largest of the numbers added; least is 0 before there
// are so many.
type floor struct {
	limit int
	least float64
	kept  []float64 // a heap, the least at the root
}

func newFloor(limit, points int) floor {
	limit = min(limit, points)
	return floor{limit: limit, kept: make([]float64, 0, limit)}
}

func (f *floor) add(x float64) {
	if len(f.kept) == f.limit {
		if x <= f.least {
			return
		}
		f.kept[0] = x
		f.down(0)
		f.least = f.kept[0]
		return
	}
	f.kept = append(f.kept, x)
	if len(f.kept) == f.limit {
		for i := f.limit/2 - 1; i >= 0; i-- {
			f.down(i)
		}
		f.least = f.kept[0]
	}
}

func (f *floor) down(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(f.kept); child++ {
			if f.kept[child] < f.kept[least] {
				least = child
			}
		}
		if least == i {
			return
		}
		f.kept[i], f.kept[least] = f.kept[least], f.kept[i]
		i = least
	}
}
