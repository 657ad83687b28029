package qdranttest

import (
	"cmp"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	api "github.com/qdrant/go-client/qdrant"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// store is what the server keeps.
type store struct {
	mu          sync.RWMutex
	collections map[string]*collection
	aliases     map[string]string // collection by alias
	pretended   atomic.Int64      // points said to be there that are not
}

// collection is one collection, by the request that made it.
type collection struct {
	made    *api.CreateCollection
	points  map[string]*api.PointStruct // by id
	sparse  map[string]*postings        // by the vector's name
	indexes map[string]api.FieldType    // by payload field
}

// postings are the sparse vectors of one name.
type postings struct {
	points  int                           // that have such a vector
	weights map[uint32]map[string]float32 // by entry and the point's id
}

func newCollection(made *api.CreateCollection) *collection {
	c := &collection{made: made, points: make(map[string]*api.PointStruct), sparse: make(map[string]*postings), indexes: make(map[string]api.FieldType)}
	for name := range made.GetSparseVectorsConfig().GetMap() {
		c.sparse[name] = &postings{weights: make(map[uint32]map[string]float32)}
	}
	return c
}

// put keeps a point in the place of the one with its id.
func (c *collection) put(p *api.PointStruct) {
	id := p.GetId().GetUuid()
	c.drop(id)
	c.points[id] = c.kept(p)
	for name, list := range c.sparse {
		if v := vectorOf(p, name).GetSparse(); v != nil {
			list.points++
			for i, index := range v.GetIndices() {
				if list.weights[index] == nil {
					list.weights[index] = make(map[string]float32)
				}
				list.weights[index][id] = v.GetValues()[i]
			}
		}
	}
}

// drop deletes a point; one that is not there is no error.
func (c *collection) drop(id string) {
	for name, list := range c.sparse {
		if v := vectorOf(c.points[id], name).GetSparse(); v != nil {
			list.points--
			for _, index := range v.GetIndices() {
				delete(list.weights[index], id)
			}
		}
	}
	delete(c.points, id)
}

// vectorOf is a point's vector of a name.
func vectorOf(p *api.PointStruct, name string) *api.Vector {
	return p.GetVectors().GetVectors().GetVectors()[name]
}

func newStore() *store {
	return &store{collections: make(map[string]*collection), aliases: make(map[string]string)}
}

// collection finds a collection by its name or alias. The caller holds the lock.
func (s *store) collection(name string) (*collection, error) {
	if target, ok := s.aliases[name]; ok {
		name = target
	}
	c, ok := s.collections[name]
	if !ok {
		return nil, status.Errorf(codes.NotFound, "Not found: Collection `%s` doesn't exist!", name)
	}
	return c, nil
}

// read runs f on a collection that does not change meanwhile.
func (s *store) read(name string, f func(*collection) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	c, err := s.collection(name)
	if err != nil {
		return err
	}
	return f(c)
}

// change runs f on a collection that nobody else reads meanwhile.
func (s *store) change(name string, f func(*collection) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.collection(name)
	if err != nil {
		return err
	}
	return f(c)
}

// upsert writes points one by one, as the real server does: readers may come in between.
func (s *store) upsert(name string, points []*api.PointStruct) error {
	check := func(c *collection) error {
		for _, p := range points {
			if err := c.check(p); err != nil {
				return err
			}
		}
		return nil
	}
	if err := s.read(name, check); err != nil {
		return err
	}
	for _, p := range points {
		err := s.change(name, func(c *collection) error {
			c.put(p)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// kept is a point as the real server keeps it: with dense vectors of length 1
// where they are compared by cosine.
func (c *collection) kept(p *api.PointStruct) *api.PointStruct {
	p = proto.Clone(p).(*api.PointStruct)
	for name, vector := range p.GetVectors().GetVectors().GetVectors() {
		data := vector.GetDense().GetData()
		length := math.Sqrt(dot(data, data))
		if c.made.GetVectorsConfig().GetParamsMap().GetMap()[name].GetDistance() != api.Distance_Cosine || length == 0 {
			continue
		}
		for i := range data {
			data[i] = float32(float64(data[i]) / length)
		}
	}
	return p
}

// check refuses a point that does not fit the collection.
func (c *collection) check(p *api.PointStruct) error {
	if p.GetId().GetUuid() == "" {
		return status.Error(codes.InvalidArgument, "point without an id")
	}
	for name, vector := range p.GetVectors().GetVectors().GetVectors() {
		switch dense, sparse := c.made.GetVectorsConfig().GetParamsMap().GetMap()[name], c.made.GetSparseVectorsConfig().GetMap()[name]; {
		case dense != nil:
			if n := len(vector.GetDense().GetData()); uint64(n) != dense.GetSize() {
				return status.Errorf(codes.InvalidArgument, "Wrong input: Vector dimension error: expected dim: %d, got %d", dense.GetSize(), n)
			}
		case sparse != nil:
			v := vector.GetSparse()
			sorted := slices.Clone(v.GetIndices())
			slices.Sort(sorted)
			if len(v.GetIndices()) != len(v.GetValues()) || len(slices.Compact(sorted)) != len(v.GetIndices()) {
				return status.Error(codes.InvalidArgument, "Wrong input: sparse vector with values for other indices, or an index twice")
			}
		default:
			return status.Errorf(codes.InvalidArgument, "Wrong input: Not existing vector name error: %s", name)
		}
	}
	return nil
}

// each removes or changes the points that a filter lets through, one by one.
func (s *store) each(name string, filter *api.Filter, change func(c *collection, id string)) error {
	var ids []string
	err := s.read(name, func(c *collection) error {
		for id, p := range c.points {
			if lets(filter, p) {
				ids = append(ids, id)
			}
		}
		return nil
	})
	for _, id := range ids {
		if err == nil {
			err = s.change(name, func(c *collection) error {
				if p := c.points[id]; p != nil && lets(filter, p) {
					change(c, id)
				}
				return nil
			})
		}
	}
	return err
}

// lose deletes the points whose field has a value, and returns their number.
func (s *store) lose(field, value string) (lost int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.collections {
		for id, p := range c.points {
			if p.GetPayload()[field].GetStringValue() == value {
				c.drop(id)
				lost++
			}
		}
	}
	return lost
}

// nearest scores the points that a filter lets through, best first.
func (c *collection) nearest(q *api.QueryPoints) ([]*api.ScoredPoint, error) {
	score, err := c.scorer(q)
	if err != nil {
		return nil, err
	}
	var found []*api.ScoredPoint
	for _, p := range c.points {
		if !lets(q.GetFilter(), p) {
			continue
		}
		if value, ok := score(p); ok {
			found = append(found, &api.ScoredPoint{Id: p.GetId(), Score: value, Payload: payload(p, q.GetWithPayload()), Vectors: vectors(p, q.GetWithVectors())})
		}
	}
	slices.SortFunc(found, func(a, b *api.ScoredPoint) int {
		return cmp.Or(cmp.Compare(b.GetScore(), a.GetScore()), cmp.Compare(a.GetId().GetUuid(), b.GetId().GetUuid()))
	})
	limit := uint64(10) // the real server's default
	if q.Limit != nil {
		limit = q.GetLimit()
	}
	return found[:min(uint64(len(found)), limit)], nil
}

// scorer returns what scores a point; ok is false for one that is not found at all.
func (c *collection) scorer(q *api.QueryPoints) (func(*api.PointStruct) (score float32, ok bool), error) {
	name, input := q.GetUsing(), q.GetQuery().GetNearest()
	switch dense, sparse := c.made.GetVectorsConfig().GetParamsMap().GetMap()[name], c.made.GetSparseVectorsConfig().GetMap()[name]; {
	case dense != nil:
		asked := input.GetDense().GetData()
		if uint64(len(asked)) != dense.GetSize() {
			return nil, status.Errorf(codes.InvalidArgument, "Wrong input: Vector dimension error: expected dim: %d, got %d", dense.GetSize(), len(asked))
		}
		return func(p *api.PointStruct) (float32, bool) {
			has := vectorOf(p, name)
			return cosine(asked, has.GetDense().GetData()), has != nil
		}, nil
	case sparse != nil:
		if sparse.GetModifier() != api.Modifier_Idf {
			return nil, status.Error(codes.Unimplemented, "the test server scores sparse vectors with the IDF modifier only")
		}
		scores := c.sparse[name].score(input.GetSparse())
		return func(p *api.PointStruct) (float32, bool) {
			score, ok := scores[p.GetId().GetUuid()]
			return score, ok
		}, nil
	}
	return nil, status.Errorf(codes.InvalidArgument, "Wrong input: Not existing vector name error: %s", name)
}

// score scores the points that have any of the asked entries: an entry counts
// ln(1 + (N − n + ½)/(n + ½)) times, N points with such a vector, n of them with
// the entry.
func (l *postings) score(asked *api.SparseVector) map[string]float32 {
	scores := make(map[string]float32)
	for i, index := range asked.GetIndices() {
		n := float64(len(l.weights[index]))
		weight := asked.GetValues()[i] * float32(math.Log(1+(float64(l.points)-n+0.5)/(n+0.5)))
		for id, w := range l.weights[index] {
			scores[id] += weight * w
		}
	}
	return scores
}

func cosine(a, b []float32) float32 {
	if len(a) != len(b) {
		return 0
	}
	lengths := math.Sqrt(dot(a, a) * dot(b, b))
	if lengths == 0 {
		return 0
	}
	return float32(dot(a, b) / lengths)
}

func dot(a, b []float32) (sum float64) {
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

// payload is what a query asks to see of a point's payload.
func payload(p *api.PointStruct, w *api.WithPayloadSelector) map[string]*api.Value {
	seen := make(map[string]*api.Value)
	for field, value := range p.GetPayload() {
		if w.GetEnable() || slices.Contains(w.GetInclude().GetFields(), field) {
			seen[field] = value
		}
	}
	return seen
}

// vectors is what a query asks to see of a point's vectors.
func vectors(p *api.PointStruct, w *api.WithVectorsSelector) *api.VectorsOutput {
	seen := make(map[string]*api.VectorOutput)
	for _, name := range w.GetInclude().GetNames() {
		v := vectorOf(p, name)
		switch {
		case v.GetDense() != nil:
			seen[name] = &api.VectorOutput{Vector: &api.VectorOutput_Dense{Dense: v.GetDense()}}
		case v.GetSparse() != nil:
			seen[name] = &api.VectorOutput{Vector: &api.VectorOutput_Sparse{Sparse: v.GetSparse()}}
		}
	}
	return &api.VectorsOutput{VectorsOptions: &api.VectorsOutput_Vectors{Vectors: &api.NamedVectorsOutput{Vectors: seen}}}
}

// lets reports whether a filter lets a point through.
func lets(f *api.Filter, p *api.PointStruct) bool {
	holds := func(c *api.Condition) bool { return holds(c, p) }
	return !slices.ContainsFunc(f.GetMust(), func(c *api.Condition) bool { return !holds(c) }) &&
		!slices.ContainsFunc(f.GetMustNot(), holds) &&
		(len(f.GetShould()) == 0 || slices.ContainsFunc(f.GetShould(), holds))
}

// holds reports whether a condition holds for a point.
func holds(c *api.Condition, p *api.PointStruct) bool {
	if c.GetFilter() != nil {
		return lets(c.GetFilter(), p)
	}
	if c.GetHasId() != nil {
		return slices.ContainsFunc(c.GetHasId().GetHasId(), func(id *api.PointId) bool { return id.GetUuid() == p.GetId().GetUuid() })
	}
	value, ok := p.GetPayload()[c.GetField().GetKey()]
	if !ok {
		return false
	}
	values := []*api.Value{value}
	if list := value.GetListValue(); list != nil {
		values = list.GetValues()
	}
	return slices.ContainsFunc(values, func(v *api.Value) bool { return fits(c.GetField(), v) })
}

// fits reports whether one value of a field is what a condition asks for.
func fits(c *api.FieldCondition, v *api.Value) bool {
	if r := c.GetRange(); r != nil {
		n := float64(v.GetIntegerValue())
		return (r.Gte == nil || n >= r.GetGte()) && (r.Lte == nil || n <= r.GetLte()) && (r.Gt == nil || n > r.GetGt()) && (r.Lt == nil || n < r.GetLt())
	}
	switch m := c.GetMatch().GetMatchValue().(type) {
	case *api.Match_Keyword:
		return v.GetStringValue() == m.Keyword
	case *api.Match_Keywords:
		return slices.Contains(m.Keywords.GetStrings(), v.GetStringValue())
	case *api.Match_Boolean:
		return v.GetBoolValue() == m.Boolean
	}
	return false
}
