package qdrant_test

import (
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"testing"

	"policykb/corpus"
	"policykb/retrieval"
	"policykb/retrieval/embedded"
	"policykb/retrieval/qdrant/qdranttest"
)

// A hybrid search finds what the embedded engine finds: in one call where the
// vectors of a list are few enough to come along, in two where they are not.
func TestHybridCalls(t *testing.T) {
	t.Parallel()
	server := qdranttest.Start(t)
	for _, c := range []struct {
		name              string
		dimensions, calls int
	}{
		{"vectors that come along", 64, 1},
		{"vectors that stay on the server", 4096, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := options(t, server.Address)
			o.Dimensions = c.dimensions
			x := open(t, o)
			near, err := embedded.Open(embedded.Options{Model: o.Model, Dimensions: o.Dimensions, Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			defer near.Close()
			r := rand.New(rand.NewPCG(3, 4))
			for d := range 40 {
				doc := corpus.DocumentID(fmt.Sprintf("文件%d", d))
				points := make([]retrieval.Point, 10)
				for i := range points {
					points[i] = retrieval.Point{
						Passage: corpus.PassageID(fmt.Sprintf("%s/%d", doc, i)), Document: doc, Version: 1, Ordinal: i,
						Sparse: []retrieval.TermWeight{{Term: computeVoucher, Weight: 0.1 + 1.8*r.Float32()}}, Dense: direction(r, c.dimensions),
					}
				}
				for _, index := range []retrieval.Index{x, near} {
					if err := index.Replace(t.Context(), doc, 1, points); err != nil {
						t.Fatal(err)
					}
				}
			}
			before := server.Calls("QueryBatch") + server.Calls("Query")
			const questions = 5
			for range questions {
				q := retrieval.Query{
					Sparse: []retrieval.TermWeight{{Term: computeVoucher, Weight: 1}}, Dense: direction(r, c.dimensions),
					Fusion: retrieval.Fusion{Sparse: 1, Dense: 0.2}, Limit: 48,
				}
				want, err := near.Search(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				got, err := x.Search(t.Context(), q)
				if err != nil || len(got) != len(want) {
					t.Fatalf("%d passages, %v; want %d", len(got), err, len(want))
				}
				for i := range got {
					if math.Abs(got[i].Score-want[i].Score) > 0.02 {
						t.Errorf("place %d scores %.4f, in the embedded engine %.4f", i, got[i].Score, want[i].Score)
					}
				}
			}
			if calls := server.Calls("QueryBatch") + server.Calls("Query") - before; calls != c.calls*questions {
				t.Errorf("%d questions took %d calls, want %d each", questions, calls, c.calls)
			}
		})
	}
}

// direction is a vector of length 1 drawn at random.
func direction(r *rand.Rand, dimensions int) []float32 {
	v := make([]float32, dimensions)
	squares := 0.0
	for i := range v {
		v[i] = float32(r.NormFloat64())
		squares += float64(v[i]) * float64(v[i])
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(squares))
	}
	return v
}
