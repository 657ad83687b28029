package ingest

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"policykb/corpus"
	"policykb/retrieval"
	"policykb/retrieval/embed"
	"policykb/retrieval/embedded"
)

// shared returns a folder of real data to measure on, or skips.
func shared(t testing.TB, folder string) string {
	t.Helper()
	dir := os.Getenv("POLICYKB_SHARED")
	if dir == "" {
		dir = "../../shared"
	}
	dir = filepath.Join(dir, folder)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no real documents: %v", err)
	}
	return dir
}

// news returns the first n of the news articles.
func news(t testing.TB, n int) [][]byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(shared(t, "news"), "news-*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var articles [][]byte
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() && len(articles) < n {
			articles = append(articles, bytes.Clone(lines.Bytes()))
		}
		f.Close()
	}
	return articles
}

// BenchmarkAdd brings 1,000 news articles in: bytes and job on disk, read,
// stored, indexed, found.
func BenchmarkAdd(b *testing.B) {
	articles := news(b, 1000)
	size := 0
	for _, a := range articles {
		size += len(a)
	}
	for _, embedder := range []retrieval.Embedder{nil, embed.Builtin()} {
		name := "sparse"
		if embedder != nil {
			name = "hybrid"
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				h := open(b, b.TempDir(), func(c *Config) { c.Embedder, c.Workers = embedder, runtime.GOMAXPROCS(0) })
				stop := h.work(b)
				var ids []corpus.JobID
				for added := range h.AddAll(context.Background(), func(yield func(Source, error) bool) {
					for i, a := range articles {
						if !yield(Source{Name: fmt.Sprint(i, ".txt"), Data: bytes.NewReader(a)}, nil) {
							return
						}
					}
				}) {
					if added.Err != nil {
						b.Fatal(added.Err)
					}
					ids = append(ids, added.Job.ID)
				}
				if _, err := h.Wait(context.Background(), ids...); err != nil {
					b.Fatal(err)
				}
				stop()
			}
			b.ReportMetric(float64(len(articles)*b.N)/b.Elapsed().Seconds(), "documents/s")
		})
	}
}

// BenchmarkRead is the part of the work that one processor does: from bytes to
// points, without disk.
func BenchmarkRead(b *testing.B) {
	paths, err := filepath.Glob(filepath.Join(shared(b, "policies"), "0*.[mt][dx]*"))
	if err != nil {
		b.Fatal(err)
	}
	size := 0
	var files [][]byte
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		size += len(data)
		files = append(files, data)
	}
	h := open(b, b.TempDir(), nil)
	b.SetBytes(int64(size))
	passages := 0
	for b.Loop() {
		for i, data := range files {
			v, err := h.compose(context.Background(), &run{p: h.Pipeline, job: corpus.Job{Original: corpus.Original{Name: filepath.Base(paths[i])}}}, data)
			if err != nil {
				b.Fatal(err)
			}
			passages += len(points(corpus.Document{Metadata: v.Metadata}, v.Passages, nil))
		}
	}
	b.ReportMetric(float64(passages)/b.Elapsed().Seconds(), "passages/s")
}

// BenchmarkReindex fills an empty index from a catalogue of 1,000 news articles.
func BenchmarkReindex(b *testing.B) {
	h := open(b, b.TempDir(), nil)
	stop := h.work(b)
	var ids []corpus.JobID
	for i, a := range news(b, 1000) {
		job, err := h.Add(context.Background(), Source{Name: fmt.Sprint(i, ".txt"), Data: bytes.NewReader(a)})
		if err != nil {
			b.Fatal(err)
		}
		ids = append(ids, job.ID)
	}
	if _, err := h.Wait(context.Background(), ids...); err != nil {
		b.Fatal(err)
	}
	stop()
	stats, err := h.index.Stats(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		target, err := embedded.Open(embedded.Options{Dimensions: embed.Dimensions})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := h.Reindex(context.Background(), target, embed.Builtin(), nil); err != nil {
			b.Fatal(err)
		}
		if err := target.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(stats.Points*b.N)/b.Elapsed().Seconds(), "passages/s")
}
