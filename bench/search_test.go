package bench

import (
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"policykb/corpus"
	"policykb/retrieval"
	"policykb/retrieval/embed"
	"policykb/retrieval/embedded"
)

// fusion is a typical one; its values do not change the time.
var fusion = retrieval.Fusion{Sparse: 1, Dense: 0.1}

// sample is the news, read once for all benchmarks.
var sample struct {
	once sync.Once
	news *news
}

func theNews(b *testing.B) *news {
	sample.once.Do(func() { sample.news = readNews(b) })
	if sample.news == nil {
		b.Skip("no news articles")
	}
	return sample.news
}

func open(b *testing.B, path string) *embedded.Index {
	b.Helper()
	x, err := embedded.Open(embedded.Options{
		Path: path, Model: embed.Builtin().Model(), Dimensions: embed.Dimensions, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err)
	}
	return x
}

// fill indexes all articles, as ingestion does: a document at a time.
func fill(b *testing.B, x retrieval.Index, n *news) {
	b.Helper()
	e := embed.Builtin()
	for i := range n.articles {
		a := &n.articles[i]
		if err := x.Replace(b.Context(), a.document.ID, 1, a.points(b, e)); err != nil {
			b.Fatal(err)
		}
	}
}

// filled is one index for all the benchmarks that only read.
var filled struct {
	once  sync.Once
	index *embedded.Index
}

func theIndex(b *testing.B) *embedded.Index {
	n := theNews(b)
	filled.once.Do(func() {
		filled.index = open(b, "")
		fill(b, filled.index, n)
	})
	return filled.index
}

// percentiles reports what half and what nineteen in twenty of the users wait at most.
func percentiles(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }
	b.ReportMetric(ms(took[len(took)/2]), "p50-ms")
	b.ReportMetric(ms(took[len(took)*95/100]), "p95-ms")
	b.ReportMetric(0, "ns/op")
}

// ask times one search after another.
func ask(b *testing.B, queries []string, search func(question string)) {
	for _, q := range queries[:20] {
		search(q)
	}
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		begun := time.Now()
		search(queries[i%len(queries)])
		took = append(took, time.Since(begun))
	}
	percentiles(b, took)
}

// BenchmarkSearch times questions from text to hits, 50 of 50,000 passages, on
// one core.
func BenchmarkSearch(b *testing.B) {
	n := theNews(b)
	e := embed.Builtin()
	find := func(b *testing.B, x retrieval.Index, q retrieval.Query) {
		q.Limit = 50
		if _, err := x.Search(b.Context(), q); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("engine=embedded/sparse", func(b *testing.B) {
		x := theIndex(b)
		ask(b, n.queries, func(question string) {
			find(b, x, retrieval.Query{Sparse: retrieval.QueryTerms(question)})
		})
	})
	b.Run("engine=embedded/filtered", func(b *testing.B) {
		x := theIndex(b)
		filter := corpus.Filter{
			City: []string{"成都", "杭州"}, Kind: []corpus.Kind{corpus.KindNews},
			IssuedFrom: corpus.Date{Year: 2023, Month: 1, Day: 1},
		}
		ask(b, n.queries, func(question string) {
			find(b, x, retrieval.Query{Sparse: retrieval.QueryTerms(question), Filter: filter})
		})
	})
	b.Run("engine=embedded/hybrid", func(b *testing.B) {
		x := theIndex(b)
		ask(b, n.queries, func(question string) {
			vector, err := e.EmbedQuery(b.Context(), question)
			if err != nil {
				b.Fatal(err)
			}
			find(b, x, retrieval.Query{Sparse: retrieval.QueryTerms(question), Dense: vector, Fusion: fusion})
		})
	})
	b.Run("engine=embedded/concurrent", func(b *testing.B) {
		x := theIndex(b)
		begun := time.Now()
		b.RunParallel(func(pb *testing.PB) {
			for i := 0; pb.Next(); i++ {
				find(b, x, retrieval.Query{Sparse: retrieval.QueryTerms(n.queries[i%len(n.queries)])})
			}
		})
		b.ReportMetric(float64(b.N)/time.Since(begun).Seconds(), "questions/s")
		b.ReportMetric(float64(runtime.GOMAXPROCS(0)), "cores")
	})
}
