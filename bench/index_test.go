package bench

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"policykb/corpus"
	"policykb/retrieval"
	"policykb/retrieval/embed"
	"policykb/retrieval/embedded"
)

// BenchmarkIndex times the way from cut passages to a searchable index: terms,
// vectors, index. One op indexes all 50,000 passages, a document at a time.
func BenchmarkIndex(b *testing.B) {
	n := theNews(b)
	b.Run("engine=embedded", func(b *testing.B) {
		for b.Loop() {
			x := open(b, "")
			fill(b, x, n)
			x.Close()
		}
		perOp := b.Elapsed().Seconds() / float64(b.N)
		b.ReportMetric(float64(n.passages)/perOp, "passages/s")
		b.ReportMetric(float64(n.bytes)/perOp/1e6, "MB/s")
	})
}

// BenchmarkMemory reports what the index holds of a passage, beside its text.
func BenchmarkMemory(b *testing.B) {
	n := theNews(b)
	heap := func() float64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc)
	}
	for b.Loop() {
		before := heap()
		x := open(b, "")
		fill(b, x, n)
		b.ReportMetric((heap()-before)/float64(n.passages), "heap-B/passage")
		stats, err := x.Stats(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(stats.Bytes)/float64(n.passages), "index-B/passage")
		b.ReportMetric(float64(n.runes)/float64(n.passages), "characters/passage")
		x.Close()
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkStart times what a start waits for with 50,000 passages: loading the
// snapshot and comparing its holdings with the catalogue's; and, without a
// snapshot, building the index from the catalogue.
func BenchmarkStart(b *testing.B) {
	ctx := b.Context()
	folder := b.TempDir()
	catalogue := theCatalogue(b)
	snapshot := filepath.Join(folder, "index")
	rebuild := func(b *testing.B, x *embedded.Index) {
		e := embed.Builtin()
		for v, err := range catalogue.Current(ctx) {
			if err != nil {
				b.Fatal(err)
			}
			a := article{document: corpus.Document{ID: v.Document, Version: v.Number, Metadata: v.Metadata}, passages: v.Passages}
			if err := x.Replace(ctx, v.Document, v.Number, a.points(b, e)); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("rebuild", func(b *testing.B) {
		for b.Loop() {
			os.Remove(snapshot)
			x := open(b, snapshot)
			rebuild(b, x)
			if missing := compare(ctx, b, catalogue, x); missing != 0 {
				b.Fatalf("%d documents are missing", missing)
			}
			b.StopTimer()
			if err := x.Close(); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
		}
		b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s")
		b.ReportMetric(0, "ns/op")
	})
	b.Run("snapshot", func(b *testing.B) {
		var total time.Duration
		for b.Loop() {
			begun := time.Now()
			x := open(b, snapshot)
			if missing := compare(ctx, b, catalogue, x); missing != 0 {
				b.Fatalf("%d documents are missing from the snapshot", missing)
			}
			total += time.Since(begun)
			x.Close()
		}
		b.ReportMetric(total.Seconds()/float64(b.N), "s")
		b.ReportMetric(0, "ns/op")
		if info, err := os.Stat(snapshot); err == nil {
			b.ReportMetric(float64(info.Size())/1e6, "file-MB")
		}
	})
}

// compare counts the documents that the index does not hold as the catalogue does.
func compare(ctx context.Context, b *testing.B, catalogue corpus.Catalogue, x retrieval.Index) int {
	want, err := catalogue.Holdings(ctx)
	if err != nil {
		b.Fatal(err)
	}
	for h, err := range x.Holdings(ctx) {
		if err != nil {
			b.Fatal(err)
		}
		if w := want[h.Document]; w.Version == h.Version && w.Passages == h.Points {
			delete(want, h.Document)
		}
	}
	return len(want)
}
