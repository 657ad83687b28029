package ingest

import (
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"policykb/corpus"
	"policykb/ingest/parse"
	"policykb/retrieval"
	"policykb/retrieval/embed"
)

// counting counts what it reads.
type counting struct{ read atomic.Int32 }

func (c *counting) Parse(ctx context.Context, name string, data []byte) (parse.Document, error) {
	c.read.Add(1)
	return parse.Parse(ctx, name, data)
}

// stuck is an embedder that waits for the end of its context.
type stuck struct {
	retrieval.Embedder
	reached chan struct{}
}

func (s stuck) EmbedDocuments(ctx context.Context, _ []string) ([][]float32, error) {
	close(s.reached)
	<-ctx.Done()
	return nil, ctx.Err()
}

// TestResumesAfterReading cuts a job off while its passages are embedded. The
// next process goes on from there and does not read the document again.
func TestResumesAfterReading(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	kept := filepath.Join(dir, "readings")
	parser := new(counting)
	embedder := stuck{embed.Builtin(), make(chan struct{})}
	h := open(t, dir, func(c *Config) { c.Parser, c.Readings, c.Embedder = parser, kept, embedder })
	h.readings.slow = 0
	stop := h.work(t)
	job, err := h.Add(t.Context(), text("a.md", vouchers2022))
	if err != nil {
		t.Fatal(err)
	}
	<-embedder.reached
	stop()
	h.catalogue.Close()

	h = open(t, dir, func(c *Config) { c.Parser, c.Readings = parser, kept })
	h.readings.slow = 0
	h.work(t)
	jobs, err := h.Wait(t.Context(), job.ID)
	if err != nil || jobs[0].State != corpus.JobDone || jobs[0].Attempt != 2 {
		t.Fatalf("the job ended as %+v, %v", jobs, err)
	}
	if n := parser.read.Load(); n != 1 {
		t.Errorf("the document was read %d times", n)
	}
	if got := h.found(t, "成都算力券总额上限"); len(got) != 1 || got[0] != jobs[0].Document {
		t.Errorf("found %v, want %s", got, jobs[0].Document)
	}
	if left, err := os.ReadDir(kept); err != nil || len(left) > 0 {
		t.Errorf("%v is still kept, %v", left, err)
	}
}

// What was kept for jobs that are gone is forgotten, and what is broken is read anew.
func TestReadingsAreSwept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	kept := filepath.Join(dir, "readings")
	parser := new(counting)
	h := open(t, dir, func(c *Config) { c.Parser, c.Readings = parser, kept })
	if err := h.readings.keep("GONE", parse.Document{Pages: 3}); err != nil {
		t.Fatal(err)
	}
	if doc, ok := h.readings.load("GONE"); !ok || doc.Pages != 3 {
		t.Errorf("kept %+v, %v", doc, ok)
	}
	job, err := h.Add(t.Context(), text("a.md", vouchers2022))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"unfinished-1", string(job.ID) + ".reading"} {
		if err := os.WriteFile(filepath.Join(kept, name), []byte("cut off"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h.work(t)
	if jobs, err := h.Wait(t.Context(), job.ID); err != nil || jobs[0].State != corpus.JobDone || parser.read.Load() != 1 {
		t.Errorf("the job ended as %+v, %v; the document was read %d times", jobs, err, parser.read.Load())
	}
	if left, err := os.ReadDir(kept); err != nil || len(left) > 0 {
		t.Errorf("%v is still kept, %v", left, err)
	}
}
