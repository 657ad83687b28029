package qdrant

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	api "github.com/qdrant/go-client/qdrant"

	"policykb/retrieval"
)

// Sizes of the lists that the two channels give.
const (
	spare = 8 // candidates taken beyond the limit, so that ties at its edge are seen
	// A hybrid search takes more of each channel: the best passage by both may be
	// the best by neither.
	hybridShare = 2
	growth      = 4
	// maxCandidates bounds a channel's list, except by the limit itself. Beyond it
	// what lies deeper in both channels is given up.
	maxCandidates = 4096
	// carriedBytes bounds the vectors that come along with a list; where they are
	// more the server scores the candidates in a call of its own.
	carriedBytes = 1 << 20
	// breadth is how many candidates a walk of the HNSW graph keeps (its ef). The
	// built-in embedder's vectors are hard to walk: of the ten nearest among 50,000
	// passages a walk with the server's own 100 found 0.66, with 256 0.80.
	breadth = 256
)

// Search implements [retrieval.Index].
//
// The server's own fusions know no scores scaled by the best one, so the two
// channels are fetched together in one call and fused here. What the terms find
// comes with its vectors, so that its cosines are known too; what only the vector
// found is scored by its terms in another call where that may change the hits.
// Whose passages they are is asked of the hits alone, since reading what a point
// holds costs the server more than finding it.
// The lists are made longer until no passage below them could be among the best
// (the threshold algorithm; Fagin, Lotem and Naor 2003, Optimal aggregation
// algorithms for middleware).
//
// Passages of one document are counted here as well: the server's groups are of
// one score, and it finds them by asking again and again.
func (x *Index) Search(ctx context.Context, q retrieval.Query) ([]retrieval.Hit, error) {
	if err := x.usable(ctx); err != nil {
		return nil, err
	}
	if err := q.Check(x.options.Dimensions); err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	if q.Limit == 0 {
		return nil, nil
	}
	s := search{Index: x, asked: &q, view: x.visible.enter(), limit: q.Limit, weights: q.Weights(), fields: hitFields}
	defer x.visible.leave(s.view)
	s.prepare(&q)
	if !s.sparse.ranks && !s.dense.ranks {
		return nil, nil
	}
	hits, err := s.run(ctx)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	return hits, nil
}

// search is one question on its way through the server.
type search struct {
	*Index
	asked   *retrieval.Query
	view    *view
	limit   int
	weights retrieval.Fusion
	filter  *api.Filter

	sparse, dense channel
	unit          []float32 // the question's vector, of length 1
	fields        *api.WithPayloadSelector
	found         map[string]*candidate // by point id
}

// channel is one of the two ways to score passages.
type channel struct {
	query *api.Query // nil where the question has nothing for this channel
	using string
	ranks bool    // whether it has a say in which passages are found
	taken int     // how many candidates it gave
	whole bool    // whether it gave all it has
	least float64 // the score of the last one; no other scores more
}

// candidate is a passage with the scores known so far; NaN where not known.
type candidate struct {
	id            *api.PointId
	hit           retrieval.Hit
	sparse, dense float64
}

func (s *search) prepare(q *retrieval.Query) {
	s.filter = filterOf(&q.Filter, s.view.hidden)
	s.sparse.using, s.dense.using = sparseVector, denseVector
	if indices, values := sparse(q.Sparse); len(indices) > 0 {
		s.sparse.query, s.sparse.ranks = api.NewQuerySparse(indices, values), s.weights.Sparse > 0
	}
	if len(q.Dense) > 0 {
		s.dense.query, s.dense.ranks = api.NewQueryDense(q.Dense), s.weights.Dense > 0
		s.unit = unit(q.Dense)
	}
	if s.sparse.ranks && s.dense.ranks && q.PerDocument == 0 {
		s.fields = api.NewWithPayload(false)
	}
}

// run takes candidates until the best hits are certain.
func (s *search) run(ctx context.Context) ([]retrieval.Hit, error) {
	n := s.limit + spare
	if s.sparse.ranks && s.dense.ranks {
		n = hybridShare*s.limit + spare
	}
	for {
		s.found = make(map[string]*candidate, n)
		if err := s.take(ctx, n); err != nil {
			return nil, err
		}
		if err := s.complete(ctx); err != nil {
			return nil, err
		}
		hits, err := s.fuse(ctx)
		if err != nil {
			return nil, err
		}
		if s.certain(hits) || n >= max(maxCandidates, s.limit+spare) {
			return hits, nil
		}
		n = min(growth*n, max(maxCandidates, s.limit+spare))
	}
}

// take fetches the n best candidates of each channel that ranks.
func (s *search) take(ctx context.Context, n int) error {
	var channels []*channel
	var queries []*api.QueryPoints
	for _, c := range []*channel{&s.sparse, &s.dense} {
		if c.ranks {
			channels = append(channels, c)
			queries = append(queries, s.ask(c, s.filter, n, s.fields))
		}
	}
	carried := s.sparse.ranks && s.dense.query != nil && n*4*len(s.unit) <= carriedBytes
	if carried {
		queries[0].WithVectors = api.NewWithVectorsInclude(denseVector) // of what the terms find
	}
	lists, err := s.query(ctx, queries)
	if err != nil {
		return err
	}
	for i, c := range channels {
		c.taken, c.least = len(lists[i]), 0
		c.whole = c.taken < n
		for _, p := range lists[i] {
			candidate := s.candidate(p)
			candidate.score(c.using, float64(p.GetScore()))
			c.least = float64(p.GetScore()) // they come best first
			if carried && c == &s.sparse {
				candidate.dense = s.cosine(p)
			}
		}
	}
	return nil
}

// cosine is that of a point whose vector, of length 1, came along; 0 without one.
func (s *search) cosine(p *api.ScoredPoint) float64 {
	vector := p.GetVectors().GetVectors().GetVectors()[denseVector].GetDenseVector().GetData()
	if len(vector) != len(s.unit) {
		return 0
	}
	sum := float32(0)
	for i, x := range vector {
		sum += x * s.unit[i]
	}
	return float64(sum)
}

// unit scales a vector to length 1; one of length 0 stays.
func unit(v []float32) []float32 {
	squares := 0.0
	for _, x := range v {
		squares += float64(x) * float64(x)
	}
	length := math.Sqrt(squares)
	scaled := make([]float32, len(v))
	for i, x := range v {
		if length > 0 {
			scaled[i] = float32(float64(x) / length)
		}
	}
	return scaled
}

// candidate is the candidate of a point, made where it is new.
func (s *search) candidate(p *api.ScoredPoint) *candidate {
	id := p.GetId().GetUuid()
	c := s.found[id]
	if c == nil {
		c = &candidate{id: p.GetId(), hit: hitOf(p.GetPayload()), sparse: math.NaN(), dense: math.NaN()}
		s.found[id] = c
	}
	return c
}

// score notes a score of a channel.
func (c *candidate) score(channel string, score float64) {
	if channel == sparseVector {
		c.sparse = score
	} else {
		c.dense = score
	}
}

// ask makes a query for the n best points of a channel. One replica answers it,
// whatever the options say: where several do, the server keeps only the points that
// they score alike to the last digit, and each replica counts by itself how rare a
// term is, so that points would be missing while a document is replaced.
func (s *search) ask(c *channel, filter *api.Filter, n int, fields *api.WithPayloadSelector) *api.QueryPoints {
	return &api.QueryPoints{
		CollectionName: s.view.collection, Query: c.query, Using: &c.using, Filter: filter,
		Limit: api.PtrOf(uint64(n)), WithPayload: fields, Params: s.parameters(c),
	}
}

// parameters says how a channel is searched.
func (s *search) parameters(c *channel) *api.SearchParams {
	if c.using == sparseVector {
		return nil
	}
	p := &api.SearchParams{Exact: api.PtrOf(s.options.Exact), HnswEf: api.PtrOf(uint64(breadth))}
	if s.options.Quantization != QuantizationNone {
		oversampling := 2.0
		if s.options.Quantization == QuantizationBinary {
			oversampling = 4
		}
		p.Quantization = &api.QuantizationSearchParams{Rescore: api.PtrOf(true), Oversampling: &oversampling}
	}
	return p
}

// query puts queries to the server in one call.
func (s *search) query(ctx context.Context, queries []*api.QueryPoints) (lists [][]*api.ScoredPoint, err error) {
	err = s.server.read(ctx, "query", func(ctx context.Context) error {
		if len(queries) == 1 {
			list, err := s.server.Query(ctx, queries[0])
			lists = [][]*api.ScoredPoint{list}
			return err
		}
		results, err := s.server.QueryBatch(ctx, &api.QueryBatchPoints{CollectionName: s.view.collection, QueryPoints: queries})
		lists = lists[:0]
		for _, r := range results {
			lists = append(lists, r.GetResult())
		}
		return err
	})
	if err == nil && len(lists) != len(queries) {
		err = fmt.Errorf("%d answers to %d queries", len(lists), len(queries))
	}
	return lists, err
}

// complete asks each channel for the scores it has not told of passages that may
// still be among the best.
func (s *search) complete(ctx context.Context) error {
	best := s.best()
	// The least that the candidates are sure to score, the best of them first.
	sure := make([]retrieval.Hit, 0, len(s.found))
	for _, c := range s.found {
		sure = append(sure, retrieval.Hit{Document: c.hit.Document, Score: s.score(c.sparseOr(0), c.denseOr(0), best)})
	}
	slices.SortFunc(sure, func(a, b retrieval.Hit) int { return cmp.Compare(b.Score, a.Score) })
	least := 0.0
	if sure = s.asked.Spread(sure); len(sure) == s.limit {
		least = sure[s.limit-1].Score
	}
	var channels []*channel
	var queries []*api.QueryPoints
	for _, c := range []*channel{&s.sparse, &s.dense} {
		if c.query == nil {
			continue
		}
		if c.ranks && c.whole {
			s.exhaust(c)
			continue
		}
		var ids []*api.PointId
		for _, candidate := range s.found {
			if candidate.lacks(c.using) && s.score(candidate.sparseOr(s.sparse.bound()), candidate.denseOr(s.dense.bound()), best) >= least {
				ids = append(ids, candidate.id)
			}
		}
		if len(ids) > 0 {
			channels = append(channels, c)
			only := &api.Filter{Must: []*api.Condition{api.NewHasID(ids...)}}
			queries = append(queries, s.ask(c, only, len(ids), api.NewWithPayload(false)))
		}
	}
	if len(queries) > 0 {
		lists, err := s.query(ctx, queries)
		if err != nil {
			return err
		}
		for i, c := range channels {
			for _, p := range lists[i] {
				s.candidate(p).score(c.using, float64(p.GetScore()))
			}
		}
	}
	for _, c := range []*channel{&s.sparse, &s.dense} {
		s.exhaust(c)
	}
	return nil
}

// exhaust notes that what a channel was asked for and did not tell is 0: the
// passage has none of the terms, or no vector.
func (s *search) exhaust(c *channel) {
	for _, candidate := range s.found {
		if candidate.lacks(c.using) {
			candidate.score(c.using, 0)
		}
	}
}

// lacks reports whether a channel's score is not known.
func (c *candidate) lacks(channel string) bool {
	if channel == sparseVector {
		return math.IsNaN(c.sparse)
	}
	return math.IsNaN(c.dense)
}

// sparseOr and denseOr are the scores, or the given one where they are not known.
func (c *candidate) sparseOr(score float64) float64 {
	if math.IsNaN(c.sparse) {
		return score
	}
	return c.sparse
}

func (c *candidate) denseOr(score float64) float64 {
	if math.IsNaN(c.dense) {
		return score
	}
	return c.dense
}

// bound is the most that a passage scores in the channel which the channel did
// not give.
func (c *channel) bound() float64 {
	if !c.ranks || c.whole {
		return 0
	}
	return max(0, c.least)
}

// best is the best sparse score of any candidate.
func (s *search) best() float64 {
	best := 0.0
	for _, c := range s.found {
		if c.sparse > best { // not where it is NaN
			best = c.sparse
		}
	}
	return best
}

// score fuses two scores as [retrieval.Query] defines it.
func (s *search) score(sparse, dense, best float64) float64 {
	score := float64(s.weights.Dense) * max(0, dense)
	if best > 0 {
		score += float64(s.weights.Sparse) * sparse / best
	}
	return score
}

// fuse returns the best of the candidates that score at all.
func (s *search) fuse(ctx context.Context) ([]retrieval.Hit, error) {
	best := s.best()
	scored := make([]*candidate, 0, len(s.found))
	for _, c := range s.found {
		c.hit.Sparse, c.hit.Dense = c.sparse, c.dense
		if c.hit.Score = s.score(c.sparse, c.dense, best); c.hit.Score > 0 {
			scored = append(scored, c)
		}
	}
	slices.SortFunc(scored, func(a, b *candidate) int { return cmp.Compare(b.hit.Score, a.hit.Score) })
	if s.fields != hitFields {
		n := min(len(scored), s.limit)
		for n > 0 && n < len(scored) && scored[n].hit.Score == scored[s.limit-1].hit.Score {
			n++ // the passages' names decide
		}
		scored = scored[:n]
		if err := s.name(ctx, scored); err != nil {
			return nil, err
		}
	}
	hits := make([]retrieval.Hit, len(scored))
	for i, c := range scored {
		hits[i] = c.hit
	}
	slices.SortFunc(hits, func(a, b retrieval.Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Passage, b.Passage))
	})
	return s.asked.Spread(hits), nil
}

// name asks whose passages the candidates are.
func (s *search) name(ctx context.Context, candidates []*candidate) error {
	if len(candidates) == 0 {
		return nil
	}
	ids := make([]*api.PointId, len(candidates))
	for i, c := range candidates {
		ids[i] = c.id
	}
	var points []*api.RetrievedPoint
	err := s.server.read(ctx, "look at passages", func(ctx context.Context) (err error) {
		points, err = s.server.Get(ctx, &api.GetPoints{
			CollectionName: s.view.collection, Ids: ids, WithPayload: hitFields, WithVectors: api.NewWithVectors(false), ReadConsistency: s.consistency,
		})
		return err
	})
	if err != nil {
		return err
	}
	for _, p := range points {
		c := s.found[p.GetId().GetUuid()]
		if c == nil {
			return fmt.Errorf("look at passages: the server tells of a point %s that was not asked for", p.GetId().GetUuid())
		}
		of := hitOf(p.GetPayload())
		c.hit.Passage, c.hit.Document, c.hit.Version = of.Passage, of.Document, of.Version
	}
	for _, c := range candidates {
		if c.hit.Passage == "" {
			return fmt.Errorf("look at passages: the server has lost the point %s: %w", c.id.GetUuid(), retrieval.ErrUnavailable)
		}
	}
	return nil
}

// certain reports whether no passage that was not taken could be among the hits.
func (s *search) certain(hits []retrieval.Hit) bool {
	bound := s.score(s.sparse.bound(), s.dense.bound(), s.best())
	if s.done(&s.sparse) && s.done(&s.dense) {
		return true
	}
	return len(hits) >= s.limit && hits[s.limit-1].Score > bound
}

// done reports whether a channel has nothing more to give.
func (s *search) done(c *channel) bool { return !c.ranks || c.whole || c.least <= 0 }
