package ingest

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"policykb/corpus"
	"policykb/ingest/parse"
)

// A job may take longer than its budget as long as it comes further.
func TestBudgetOfWhatGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var cancelled atomic.Bool
		p := &Pipeline{budget: 10 * time.Minute}
		r := &run{p: p, budget: time.AfterFunc(p.budget, func() { cancelled.Store(true) })}
		for page := range 40 {
			time.Sleep(time.Minute)
			r.report(corpus.StageParse, page, 40)
		}
		synctest.Wait()
		if cancelled.Load() {
			t.Error("a job that goes on page by page is cancelled")
		}
		time.Sleep(p.budget + time.Second)
		synctest.Wait()
		if !cancelled.Load() {
			t.Error("a job that goes on no more is not cancelled")
		}
	})
}

// The pages that are recognised are the job's progress.
func TestPagesAreProgress(t *testing.T) {
	t.Parallel()
	h := open(t, t.TempDir(), nil)
	seen := make(chan struct{})
	see := sync.OnceFunc(func() { close(seen) })
	h.parse = func(ctx context.Context, name string, data []byte) (parse.Document, error) {
		parse.Progress(ctx)(3, 12)
		<-seen
		return parse.Parse(ctx, "a.md", []byte(vouchers2022))
	}
	h.work(t)
	job, err := h.Add(t.Context(), text("scan.pdf", "%PDF"))
	if err != nil {
		t.Fatal(err)
	}
	for step, err := range h.Watch(t.Context(), job.ID) {
		if err != nil {
			t.Fatal(err)
		}
		if step.Stage == corpus.StageParse && step.Done == 3 && step.Total == 12 {
			see()
		}
		job = step
	}
	if job.State != corpus.JobDone {
		t.Errorf("the job ended as %s, %+v", job.State, job.Error)
	}
}
