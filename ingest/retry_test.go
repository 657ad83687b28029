package ingest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"policykb/corpus"
	"policykb/retrieval"
	"policykb/retrieval/embed"
)

// TestGaveUp: a job whose process died each time it was begun is not begun for
// ever, and can be retried once the cause is gone.
func TestGaveUp(t *testing.T) {
	t.Parallel()
	h := open(t, t.TempDir(), nil)
	job, err := h.Add(t.Context(), text("a.md", vouchers2022))
	if err != nil {
		t.Fatal(err)
	}
	for range maxAttempts {
		if _, ok, err := h.catalogue.Lease(t.Context(), "a process that dies", -time.Second); err != nil || !ok {
			t.Fatalf("leased %v, %v", ok, err)
		}
	}
	h.work(t)
	jobs, err := h.Wait(t.Context(), job.ID)
	if err != nil || jobs[0].State != corpus.JobFailed || jobs[0].Error.Code != "gave_up" {
		t.Fatalf("the job ended as %s, %+v, %v", jobs[0].State, jobs[0].Error, err)
	}
	if _, err := h.Retry(t.Context(), job.ID); err != nil {
		t.Fatal(err)
	}
	jobs, err = h.Wait(t.Context(), job.ID)
	if err != nil || jobs[0].State != corpus.JobDone {
		t.Errorf("retried, the job ended as %s, %+v, %v", jobs[0].State, jobs[0].Error, err)
	}
}

// moody is an embedder that fails its first calls.
type moody struct {
	retrieval.Embedder
	err   error
	fails atomic.Int32
}

func (m *moody) EmbedDocuments(ctx context.Context, texts []string) ([][]float32, error) {
	if m.fails.Add(-1) >= 0 {
		return nil, m.err
	}
	return m.Embedder.EmbedDocuments(ctx, texts)
}

func TestEmbedderFails(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		err      error
		want     corpus.JobState
		attempts int
	}{
		{"for a while", fmt.Errorf("dial tcp: %w", retrieval.ErrUnavailable), corpus.JobDone, 2},
		{"for a reason of its own", errors.New("model is loading"), corpus.JobDone, 2},
		{"for good", fmt.Errorf("no such model: %w", retrieval.ErrInvalid), corpus.JobFailed, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			embedder := &moody{Embedder: embed.Builtin(), err: test.err}
			embedder.fails.Store(1)
			h := open(t, t.TempDir(), func(c *Config) { c.Embedder = embedder })
			h.work(t)
			job := h.add(t, Source{Name: "a.md", Data: strings.NewReader(vouchers2022), Warnings: []string{"said before"}})
			if job.State != test.want || job.Attempt != test.attempts {
				t.Errorf("the job ended as %s in attempt %d, want %s in %d: %+v", job.State, job.Attempt, test.want, test.attempts, job.Error)
			}
			if job.State == corpus.JobFailed && job.Error.Code != "embedder_unavailable" {
				t.Errorf("it failed with %+v", job.Error)
			}
			if len(job.Warnings) == 0 || job.Warnings[0] != "said before" {
				t.Errorf("it ends with the warnings %q", job.Warnings)
			}
		})
	}
}
