package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"policykb/corpus"
	"policykb/retrieval"
	"policykb/retrieval/indextest"
)

// quiet is a logger for tests.
var quiet = slog.New(slog.DiscardHandler)

func open(t testing.TB, o Options) *Index {
	t.Helper()
	o.Logger = quiet
	x, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestIndex(t *testing.T) {
	t.Parallel()
	indextest.Run(t, func(t *testing.T) retrieval.Index {
		return open(t, Options{Path: filepath.Join(t.TempDir(), "index"), Model: "test", Dimensions: indextest.Dimensions})
	})
}

// reopening is an index that is closed and opened from its snapshot before every
// search.
type reopening struct {
	*Index
	t testing.TB
	m sync.Mutex
}

func (r *reopening) again() {
	if err := r.Index.Close(); err != nil {
		r.t.Errorf("close: %v", err)
	}
	r.Index = open(r.t, r.options)
}

func (r *reopening) Replace(ctx context.Context, doc corpus.DocumentID, version int, points []retrieval.Point) error {
	r.m.Lock()
	defer r.m.Unlock()
	return r.Index.Replace(ctx, doc, version, points)
}

func (r *reopening) Search(ctx context.Context, q retrieval.Query) ([]retrieval.Hit, error) {
	r.m.Lock()
	defer r.m.Unlock()
	r.again()
	return r.Index.Search(ctx, q)
}

// An index that lives through its snapshots keeps the contract as well.
func TestReopenedIndex(t *testing.T) {
	t.Parallel()
	indextest.Run(t, func(t *testing.T) retrieval.Index {
		return &reopening{t: t, Index: open(t, Options{Path: filepath.Join(t.TempDir(), "index"), Model: "test", Dimensions: indextest.Dimensions})}
	})
}

// draw makes points whose weights are ones that a byte can hold, so that the
// model's scores are the index's.
func draw(t *rapid.T, doc string, version int) []retrieval.Point {
	points := make([]retrieval.Point, rapid.IntRange(0, 12).Draw(t, "points"))
	for i := range points {
		p := retrieval.Point{
			Passage:  corpus.PassageID(fmt.Sprintf("%s/%d/%d", doc, version, i)),
			Document: corpus.DocumentID(doc), Version: version, Ordinal: i,
			Facts: retrieval.Facts{
				City:     rapid.SampledFrom([]string{"", "成都", "杭州", "宁波"}).Draw(t, "city"),
				Province: rapid.SampledFrom([]string{"", "四川", "浙江"}).Draw(t, "province"),
				Kind:     rapid.SampledFrom([]corpus.Kind{"", corpus.KindPlan, corpus.KindNews}).Draw(t, "kind"),
				Tags:     rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c"}), 0, 3).Draw(t, "tags"),
				IssuedOn: corpus.Date{Year: rapid.SampledFrom([]int{0, 2022, 2023}).Draw(t, "year")},
			},
		}
		for term := range retrieval.Term(20) {
			if rapid.IntRange(0, 2).Draw(t, "has") == 0 {
				p.Sparse = append(p.Sparse, retrieval.TermWeight{Term: term * 0x0A0B0C0D, Weight: unpackWeight(rapid.Uint8Min(1).Draw(t, "weight"))})
			}
		}
		if rapid.IntRange(0, 5).Draw(t, "vector") > 0 {
			p.Dense = drawVector(t)
		}
		points[i] = p
	}
	return points
}

func drawVector(t *rapid.T) []float32 {
	v := make([]float32, indextest.Dimensions)
	for i := range v {
		v[i] = float32(rapid.IntRange(-3, 3).Draw(t, "component"))
	}
	return v
}

// Whatever happens to an index, it finds what the model finds.
func TestIndexAgreesWithModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x, err := Open(Options{Dimensions: indextest.Dimensions, Logger: quiet})
		if err != nil {
			t.Fatal(err)
		}
		defer x.Close()
		m := indextest.NewModel()
		ctx := context.Background()
		t.Repeat(map[string]func(*rapid.T){
			"replace": func(t *rapid.T) {
				doc := rapid.StringMatching("[a-h]").Draw(t, "document")
				version := rapid.IntRange(1, 3).Draw(t, "version")
				points := draw(t, doc, version)
				for _, each := range []retrieval.Index{x, m} {
					if err := each.Replace(ctx, corpus.DocumentID(doc), version, points); err != nil {
						t.Fatal(err)
					}
				}
			},
			"remove": func(t *rapid.T) {
				doc := corpus.DocumentID(rapid.StringMatching("[a-h]").Draw(t, "document"))
				for _, each := range []retrieval.Index{x, m} {
					if err := each.Remove(ctx, doc); err != nil {
						t.Fatal(err)
					}
				}
			},
			"search": func(t *rapid.T) {
				q := retrieval.Query{
					Limit: rapid.IntRange(1, 30).Draw(t, "limit"),
					Fusion: retrieval.Fusion{
						Sparse: rapid.SampledFrom([]float32{0, 0.5, 1}).Draw(t, "sparse"),
						Dense:  rapid.SampledFrom([]float32{0, 0.1, 2}).Draw(t, "dense"),
					},
					Filter: corpus.Filter{
						City: rapid.SliceOfN(rapid.SampledFrom([]string{"成都", "浙江"}), 0, 1).Draw(t, "city"),
						Tags: rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b"}), 0, 1).Draw(t, "tags"),
						Kind: rapid.SliceOfN(rapid.SampledFrom(corpus.Kinds[:4]), 0, 2).Draw(t, "kind"),
					},
				}
				for range rapid.IntRange(0, 4).Draw(t, "terms") {
					q.Sparse = append(q.Sparse, retrieval.TermWeight{
						Term:   retrieval.Term(rapid.IntRange(0, 22).Draw(t, "term")) * 0x0A0B0C0D,
						Weight: float32(rapid.IntRange(1, 3).Draw(t, "weight")),
					})
				}
				if len(q.Sparse) == 0 || rapid.Bool().Draw(t, "hybrid") {
					q.Dense = drawVector(t)
				}
				hits, err := x.Search(ctx, q)
				if err != nil {
					t.Fatal(err)
				}
				agree(t, m, q, hits)
			},
			"": func(t *rapid.T) {
				stats, err := x.Stats(ctx)
				want, _ := m.Stats(ctx)
				if err != nil || stats.Documents != want.Documents || stats.Points != want.Points {
					t.Fatalf("stats %+v, %v, want %+v", stats, err, want)
				}
				var terms []retrieval.Term
				for term := range retrieval.Term(23) {
					terms = append(terms, term*0x0A0B0C0D)
				}
				counts, _, err := x.Frequencies(ctx, terms)
				if wanted, _, _ := m.Frequencies(ctx, terms); err != nil || !slices.Equal(counts, wanted) {
					t.Fatalf("terms stand in %v points, %v, want %v", counts, err, wanted)
				}
				held := make(map[retrieval.IndexHolding]bool)
				for h := range m.Holdings(ctx) {
					held[h] = true
				}
				for h := range x.Holdings(ctx) {
					if !held[h] {
						t.Fatalf("holds %+v", h)
					}
					delete(held, h)
				}
				if len(held) > 0 {
					t.Fatalf("does not hold %+v", held)
				}
			},
		})
	})
}

// rapidT makes a rapid.T a testing.TB for the suite's comparison.
type rapidT struct {
	testing.TB
	t *rapid.T
}

func (r rapidT) Helper()                      { r.t.Helper() }
func (r rapidT) Errorf(f string, args ...any) { r.t.Errorf(f, args...) }
func (r rapidT) Fatalf(f string, args ...any) { r.t.Fatalf(f, args...) }

func agree(t *rapid.T, m *indextest.Model, q retrieval.Query, hits []retrieval.Hit) {
	t.Helper()
	indextest.Agree(rapidT{t: t}, m, q, hits, 1e-3)
}

// random makes points of a document with a few terms of many, and vectors.
func random(r *rand.Rand, doc string, version, n int) []retrieval.Point {
	points := make([]retrieval.Point, n)
	for i := range points {
		p := &points[i]
		*p = retrieval.Point{
			Passage:  corpus.PassageID(fmt.Sprintf("%s/%d/%03d", doc, version, i)),
			Document: corpus.DocumentID(doc), Version: version, Ordinal: i,
			Dense: make([]float32, indextest.Dimensions),
			Facts: retrieval.Facts{City: []string{"成都", "杭州", "宁波"}[len(doc)%3], Province: "浙江"},
		}
		for term := retrieval.Term(r.Uint32N(1 << 28)); len(p.Sparse) < 12; term += 1<<26 + retrieval.Term(r.Uint32N(1<<26)) {
			p.Sparse = append(p.Sparse, retrieval.TermWeight{Term: term &^ (1<<24 - 1), Weight: unpackWeight(uint8(60 + r.IntN(190)))})
			if n := len(p.Sparse); n > 1 && p.Sparse[n-2].Term >= p.Sparse[n-1].Term {
				p.Sparse = p.Sparse[:n-1]
				break
			}
		}
		for k := range p.Dense {
			p.Dense[k] = float32(r.NormFloat64())
		}
	}
	return points
}

// Through merges of every size, with removals before and during them, an index
// stays the model's equal, and its readers are never disturbed.
func TestIndexThroughMerges(t *testing.T) {
	t.Parallel()
	x := open(t, Options{Dimensions: indextest.Dimensions})
	m := indextest.NewModel()
	r := rand.New(rand.NewPCG(3, 4))
	ctx, stopReading := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			r := rand.New(rand.NewPCG(5, 6))
			for ctx.Err() == nil {
				p := random(r, "q", 1, 1)[0]
				if _, err := x.Search(t.Context(), retrieval.Query{Sparse: p.Sparse, Dense: p.Dense, Limit: 5, Fusion: retrieval.Fusion{Sparse: 1, Dense: 1}}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	do := func(write func(retrieval.Index) error) {
		t.Helper()
		for _, each := range []retrieval.Index{x, m} {
			if err := write(each); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range 400 {
		doc := fmt.Sprintf("d%d", i)
		points := random(r, doc, 1, 1+r.IntN(24))
		do(func(each retrieval.Index) error { return each.Replace(t.Context(), corpus.DocumentID(doc), 1, points) })
		if old := fmt.Sprintf("d%d", r.IntN(i+1)); i%3 == 0 {
			points := random(r, old, 2, r.IntN(12))
			do(func(each retrieval.Index) error {
				return each.Replace(t.Context(), corpus.DocumentID(old), 2, points)
			})
		}
	}
	stopReading()
	readers.Wait()
	for i := range 40 {
		p := random(r, "q", 1, 1)[0]
		q := retrieval.Query{Sparse: p.Sparse, Dense: p.Dense, Limit: 10, Fusion: retrieval.Fusion{Sparse: 1, Dense: float32(i%3) / 2}}
		if i%4 == 0 {
			q.Filter.City = []string{"杭州"}
		}
		hits, err := x.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		indextest.Agree(t, m, q, hits, 1e-3)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if n := len(x.state.Load().packed); n > 60 {
		t.Errorf("%d segments are left", n)
	}
}

// What dies while its segment is being merged is dead in the merged one.
func TestRemovalDuringMerge(t *testing.T) {
	t.Parallel()
	x := open(t, Options{Dimensions: indextest.Dimensions})
	x.keeper.stop() // the test does its work
	r := rand.New(rand.NewPCG(7, 8))
	for i := range fanout {
		doc := fmt.Sprint("d", i)
		for part := range 2 {
			doc := fmt.Sprint(doc, part)
			if err := x.Replace(t.Context(), corpus.DocumentID(doc), 1, random(r, doc, 1, packPoints)); err != nil {
				t.Fatal(err)
			}
		}
	}
	taken := toMerge(x.state.Load().packed)
	if len(taken) < fanout {
		t.Fatalf("%d segments are to be merged", len(taken))
	}
	merged := whole(merge(taken))
	for _, doc := range []corpus.DocumentID{"d00", "d31"} { // one that is taken whole, and one more
		if err := x.Remove(t.Context(), doc); err != nil {
			t.Fatal(err)
		}
	}
	x.install(taken, merged)
	stats, err := x.Stats(t.Context())
	if err != nil || stats.Documents != 2*fanout-2 || stats.Points != packPoints*(2*fanout-2) {
		t.Errorf("%+v, %v", stats, err)
	}
	hits, err := x.Search(t.Context(), retrieval.Query{Dense: []float32{1, 0, 0, 0, 0, 0, 0, 0}, Limit: 100_000,
		Filter: corpus.Filter{DocumentID: []corpus.DocumentID{"d00", "d31"}}})
	if err != nil || len(hits) != 0 {
		t.Errorf("%d passages of removed documents are found, %v", len(hits), err)
	}
}

// A document may have more passages than a segment.
func TestLargeDocument(t *testing.T) {
	t.Parallel()
	x := open(t, Options{})
	defer x.Close()
	points := make([]retrieval.Point, maxSegment+10)
	for i := range points {
		points[i] = retrieval.Point{
			Passage: corpus.PassageID(fmt.Sprintf("p%06d", i)), Document: "large", Version: 1, Ordinal: i,
			Sparse: []retrieval.TermWeight{{Term: retrieval.Term(i % 7), Weight: 1}},
		}
	}
	for range 2 {
		if err := x.Replace(t.Context(), "large", 1, points); err != nil {
			t.Fatal(err)
		}
		for h, err := range x.Holdings(t.Context()) {
			if err != nil || h.Points != len(points) {
				t.Errorf("holds %+v, %v", h, err)
			}
		}
		hits, err := x.Search(t.Context(), retrieval.Query{Sparse: []retrieval.TermWeight{{Term: 3, Weight: 1}}, Limit: 2})
		if err != nil || len(hits) != 2 || hits[0].Passage != "p000003" || hits[1].Passage != "p000010" {
			t.Errorf("%+v, %v", hits, err)
		}
	}
	if stats, err := x.Stats(t.Context()); err != nil || stats.Documents != 1 {
		t.Errorf("%+v, %v", stats, err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	if _, err := Open(Options{Dimensions: MaxDimensions + 1}); !errors.Is(err, retrieval.ErrInvalid) {
		t.Errorf("too many dimensions: %v", err)
	}
	x := open(t, Options{Dimensions: 2})
	nan := float32(0)
	nan /= nan
	for name, p := range map[string]retrieval.Point{
		"unsorted":   {Sparse: []retrieval.TermWeight{{Term: 2, Weight: 1}, {Term: 1, Weight: 1}}},
		"twice":      {Sparse: []retrieval.TermWeight{{Term: 1, Weight: 1}, {Term: 1, Weight: 1}}},
		"zero":       {Sparse: []retrieval.TermWeight{{Term: 1}}},
		"heavy":      {Sparse: []retrieval.TermWeight{{Term: 1, Weight: 2}}},
		"no number":  {Sparse: []retrieval.TermWeight{{Term: 1, Weight: nan}}},
		"no numbers": {Dense: []float32{0, nan}},
	} {
		if err := x.Replace(t.Context(), "", 0, []retrieval.Point{p}); !errors.Is(err, retrieval.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, q := range map[string]retrieval.Query{
		"limit":  {Sparse: []retrieval.TermWeight{{Term: 1, Weight: 1}}, Limit: -1},
		"fusion": {Sparse: []retrieval.TermWeight{{Term: 1, Weight: 1}}, Limit: 1, Fusion: retrieval.Fusion{Dense: nan}},
		"weight": {Sparse: []retrieval.TermWeight{{Term: 1, Weight: nan}}, Limit: 1},
		"vector": {Dense: []float32{0, nan}, Limit: 1},
	} {
		if _, err := x.Search(t.Context(), q); !errors.Is(err, retrieval.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for range 2 {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := x.Search(t.Context(), retrieval.Query{Dense: []float32{1, 0}, Limit: 1}); err == nil {
		t.Error("a closed index answers")
	}
}
