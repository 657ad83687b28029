//go:build unix

package chunk_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"policykb/ingest/chunk"
	"policykb/ingest/clean"
	"policykb/ingest/outline"
	"policykb/ingest/parse"
)

// BenchmarkText measures what happens to a parsed text on its way to passages:
// cleaning, outline and cutting, in megabytes of source a second of one core's
// time, which other work on the machine does not change.
func BenchmarkText(b *testing.B) {
	dir := shared(b)
	for _, c := range []struct{ name, pattern string }{
		{"news", "news/news-0.txt"},
		{"policies", "policies/0*"},
		{"broken lines", "policies/160*"},
	} {
		b.Run(c.name, func(b *testing.B) {
			files, err := filepath.Glob(filepath.Join(dir, c.pattern))
			if err != nil || len(files) == 0 {
				b.Fatalf("no files %s (%v)", c.pattern, err)
			}
			var docs []parse.Document
			size := 0
			for _, file := range files {
				data, err := os.ReadFile(file)
				if err != nil {
					b.Fatal(err)
				}
				size += len(data)
				doc, err := parse.Parse(b.Context(), filepath.Base(file), data)
				if err != nil {
					b.Fatal(err)
				}
				docs = append(docs, doc)
			}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			passages, runs, before := 0, 0, processorTime(b)
			for b.Loop() {
				runs++
				passages = 0
				for _, doc := range docs {
					text := clean.Join(doc)
					passages += len(chunk.Split(text, outline.Of(text), chunk.Limits{}))
				}
			}
			used := (processorTime(b) - before).Seconds()
			b.ReportMetric(float64(size)*float64(runs)/1e6/used, "MB/core-s")
			b.ReportMetric(float64(passages)*float64(runs)/used, "passages/core-s")
		})
	}
}

// processorTime is what the process has used of all cores.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
