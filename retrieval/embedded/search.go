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
	if err := q.Check(x.options.Dimensions); err != nil {
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

// search is one question on its way through the index. It is used again, for the
// sake of its large arrays.
type search struct {
	*state
	views  []view
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
	s.state, s.views, s.query, s.fusion = state, state.views(), q, q.Weights()
	s.vector = newQueryVector(q.Dense)
	s.allow, s.from = s.allow[:0], s.from[:0]
	at := 0
	for i := range s.views {
		v := &s.views[i]
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
			if score > s.top { // the built-in max is several times slower
				s.top = score
			}
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

// best returns the hits. Where one document has more of them than it may have,
// the list is made again, longer.
func (s *search) best() []retrieval.Hit {
	for limit := s.query.Limit; ; limit *= 4 {
		hits := s.bestOf(limit)
		more := len(hits) == limit && limit < s.live
		if hits = s.query.Spread(hits); len(hits) == s.query.Limit || !more {
			return hits
		}
	}
}

// bestOf returns the best hits, whatever their documents.
func (s *search) bestOf(limit int) []retrieval.Hit {
	weight := 0.0 // of a sparse score
	if s.top > 0 {
		weight = float64(s.fusion.Sparse) / float64(s.top)
	}
	var found top
	if s.useDense() {
		found = s.bestFused(weight, limit)
	} else {
		found = s.bestSparse(weight, limit)
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

// bestSparse finds the points of the best sparse scores.
func (s *search) bestSparse(weight float64, limit int) top {
	found := newTop(limit, s.live)
	if weight == 0 {
		return found
	}
	least := float32(math.SmallestNonzeroFloat32) // that is worth a look
	for i := range s.views {
		for p, score := range s.sparseOf(i) {
			if score < least {
				continue
			}
			found.add(candidate{view: &s.views[i], point: p, score: weight * float64(score), sparse: float64(score)})
			if worst := found.worst(); worst != nil {
				least = float32(worst.sparse)
			}
		}
	}
	return found
}

// bestFused finds the points of the best fused scores. A first pass finds a
// score that the last hit is sure to reach, a second computes exactly what may
// reach it.
func (s *search) bestFused(weight float64, limit int) top {
	sure := newFloor(limit, s.live)
	for i := range s.views {
		b := s.bounds(i, weight)
		for p, dot := range b.scored {
			if dot == math.MinInt32 {
				continue
			}
			if low := b.score(p, dot, -1); low > sure.least {
				sure.add(low)
			}
		}
	}
	// The bounds are computed with fewer digits than the scores.
	least := max(math.SmallestNonzeroFloat32, sure.least*(1-1e-5)-1e-6)
	found := newTop(limit, s.live)
	for i := range s.views {
		b := s.bounds(i, weight)
		v := &s.views[i]
		for p, dot := range b.scored {
			if dot == math.MinInt32 || b.score(p, dot, +1) < least {
				continue
			}
			c := candidate{view: v, point: p, sparse: float64(b.sparse[p])}
			c.score = weight*c.sparse + float64(s.fusion.Dense)*max(0, v.vectors.cosine(&s.vector, p))
			if c.score > 0 {
				found.add(c)
			}
		}
	}
	return found
}

// bounds computes, for the points of a view, what their fused scores lie between.
type bounds struct {
	sparse        []float32
	scored        []int32
	scale, slack  []float32
	weight        float32 // of a sparse score
	cosine, dense float32 // of a dot product of high planes, times scale; of a cosine
}

func (s *search) bounds(view int, weight float64) bounds {
	v := &s.views[view].vectors
	return bounds{
		sparse: s.sparseOf(view), scored: s.scoredOf(view), scale: v.scale, slack: v.slack,
		weight: float32(weight), cosine: float32(256 * s.vector.scale), dense: s.fusion.Dense,
	}
}

// score is the bound of a point's score below (side -1) or above (side +1).
func (b *bounds) score(p int, dot int32, side float32) float32 {
	// The rounded query may be a little longer than 1.
	dense := float32(dot)*b.cosine*b.scale[p] + side*1.001*b.slack[p]
	if dense < 0 {
		dense = 0
	}
	return b.weight*b.sparse[p] + b.dense*dense
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

// worst is the candidate that the next one has to beat; nil while there is room.
func (t *top) worst() *candidate {
	if len(t.kept) < t.limit {
		return nil
	}
	return &t.kept[0]
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
	least float32
	kept  []float32 // a heap, the least at the root
}

func newFloor(limit, points int) floor {
	limit = min(limit, points)
	return floor{limit: limit, kept: make([]float32, 0, limit)}
}

func (f *floor) add(x float32) {
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
