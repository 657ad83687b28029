package ingest

import (
	"context"
	"testing"
	"time"

	"policykb/corpus"
	"policykb/ingest/parse"
)

// TestLongScan reads a document that takes longer than the budget of a job, and
// says page by page that it goes on.
func TestLongScan(t *testing.T) {
	t.Parallel()
	const pages = 12
	h := open(t, t.TempDir(), func(c *Config) { c.JobBudget = time.Second })
	h.parse = func(ctx context.Context, name string, data []byte) (parse.Document, error) {
		for n := range pages {
			parse.Progress(ctx)(n, pages)
			select {
			case <-ctx.Done():
				return parse.Document{}, ctx.Err()
			case <-time.After(150 * time.Millisecond):
			}
		}
		return parse.Parse(ctx, "a.md", []byte(vouchers2022))
	}
	h.work(t)
	job, err := h.Add(t.Context(), text("scan.pdf", "%PDF"))
	if err != nil {
		t.Fatal(err)
	}
	said := false
	for step, err := range h.Watch(t.Context(), job.ID) {
		if err != nil {
			t.Fatal(err)
		}
		said = said || step.Stage == corpus.StageParse && step.Total == pages && step.Done > 0
		job = step
	}
	if job.State != corpus.JobDone || !said {
		t.Errorf("the job ended as %s, %+v; its pages were told of: %v", job.State, job.Error, said)
	}
}
