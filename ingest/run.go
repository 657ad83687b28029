package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/sync/errgroup"

	"policykb/corpus"
	"policykb/ingest/isolate"
	"policykb/retrieval"
)

// Why the context of a running job ended.
var (
	errCancelled  = errors.New("cancelled")
	errLeaseLost  = errors.New("the lease was lost to another worker")
	errOverBudget = errors.New("over the time budget")
)

// Retries: the first after about retryFirst, each following one after twice the
// time, at most retryLongest, varied by half so that jobs that failed together
// do not return together. A job is begun at most maxAttempts times, which also
// ends one that kills the process each time it runs.
const (
	maxAttempts  = 10
	retryFirst   = time.Second
	retryLongest = 5 * time.Minute
)

// Run works jobs off until the context ends, and lets documents age (see
// [Pipeline.Age]). Then it hands the jobs it was at back to the queue and returns nil; they are resumed by whoever runs next,
// as are those of a process that died, when their leases lapse.
//
// Call [Pipeline.Reconcile] before the first Run, so that the index holds what
// the catalogue does.
func (p *Pipeline) Run(ctx context.Context) error {
	if err := p.readings.sweep(ctx, p.catalogue); err != nil && ctx.Err() == nil {
		p.log.Warn("what was read for jobs that have ended is still kept", "error", err)
	}
	var workers errgroup.Group
	for i := range p.workers {
		workers.Go(func() error {
			p.work(ctx, fmt.Sprintf("%s-%d", p.name, i))
			return nil
		})
	}
	workers.Go(func() error {
		p.ageDaily(ctx)
		return nil
	})
	workers.Go(func() error {
		if err := p.giveBands(ctx); err != nil && ctx.Err() == nil {
			p.log.Error("documents of before could not be compared; they will be at the next start", "error", err)
		}
		return nil
	})
	return workers.Wait()
}

// work is the life of one worker: as long as there are jobs it takes the next,
// otherwise it waits for one to come, or for a lease to lapse.
func (p *Pipeline) work(ctx context.Context, worker string) {
	lapsed := time.NewTicker(p.lease / 2)
	defer lapsed.Stop()
	for {
		job, ok, err := p.catalogue.Lease(ctx, worker, p.lease)
		switch {
		case ctx.Err() != nil:
			if ok {
				p.handBack(ctx, worker, job)
			}
			return
		case ok:
			p.runJob(ctx, worker, job)
			continue
		case err != nil:
			p.log.Error("no job could be leased; trying again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-p.wake:
		case <-lapsed.C:
		}
	}
}

// wakeWorkers makes up to n idle workers look for jobs.
func (p *Pipeline) wakeWorkers(n int) {
	for range min(n, cap(p.wake)) {
		select {
		case p.wake <- struct{}{}:
		default:
			return
		}
	}
}

// tracer makes a span of each job.
var tracer = otel.Tracer("policykb/ingest")

// run is a job while a worker is at it.
type run struct {
	p      *Pipeline
	worker string
	cancel context.CancelCauseFunc // ends the work, but not once storing has begun
	budget *time.Timer             // cancels it when it comes no further
	span   trace.Span              // of the job; each stage is an event in it

	mu      sync.Mutex
	job     corpus.Job
	settled bool // the outcome is stored
}

// report notes where the job stands, for watchers at once and for the catalogue
// with the next heartbeat. A parser that was left behind is no longer heard.
func (r *run) report(stage corpus.Stage, done, total int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.settled {
		return
	}
	if r.job.Stage != stage && r.span != nil {
		r.span.AddEvent(string(stage))
	}
	r.job.Stage, r.job.Done, r.job.Total = stage, done, total
	if r.budget != nil {
		r.budget.Reset(r.p.budget)
	}
	r.p.watchers.publish(r.job)
}

// warn adds a warning to the job.
func (r *run) warn(warnings ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range warnings {
		// A job that is run again says the same things again.
		if !slices.Contains(r.job.Warnings, w) {
			r.job.Warnings = append(r.job.Warnings[:len(r.job.Warnings):len(r.job.Warnings)], w)
		}
	}
}

// become notes that the job is for another document than it was thought to be.
func (r *run) become(id corpus.DocumentID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.job.Document = id
}

// settle notes the stored outcome and tells the watchers.
func (r *run) settle(job corpus.Job) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.job, r.settled = job, true
	r.p.watchers.publish(job)
}

// snapshot returns the job as it stands.
func (r *run) snapshot() corpus.Job {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.job
}

// runJob runs one leased job to an end and stores the outcome.
func (p *Pipeline) runJob(ctx context.Context, worker string, job corpus.Job) {
	jobCtx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	jobCtx, span := tracer.Start(jobCtx, "job", trace.WithAttributes(
		attribute.String("policykb.job", string(job.ID)), attribute.String("policykb.document", string(job.Document)), attribute.Int64("policykb.bytes", job.Original.Size), attribute.Int("policykb.attempt", job.Attempt)))
	defer span.End()
	budget := time.AfterFunc(p.budget, func() { cancel(errOverBudget) })
	defer budget.Stop()
	r := &run{p: p, worker: worker, cancel: cancel, budget: budget, span: span, job: job}
	p.mu.Lock()
	p.running[job.ID] = r
	p.mu.Unlock()

	var state corpus.JobState
	var err error
	var both errgroup.Group
	finished := make(chan struct{})
	both.Go(func() error {
		p.heartbeat(ctx, r, finished)
		return nil
	})
	began := p.now()
	if job.Attempt > maxAttempts {
		err = fail("gave_up", "tried %d times without coming to an end; see the log for what happened, then retry the job", maxAttempts)
	} else {
		if state, err = p.ingest(ctx, jobCtx, r); state == corpus.JobDone {
			p.ageWith(ctx, r.snapshot().Document)
		}
	}
	close(finished)
	_ = both.Wait()

	p.finish(ctx, context.Cause(jobCtx), r, state, err, p.now().Sub(began))
	if ended := r.snapshot(); ended.Error != nil {
		span.SetStatus(codes.Error, ended.Error.Code)
	}
	span.SetAttributes(attribute.String("policykb.state", string(r.snapshot().State)))
	p.mu.Lock()
	delete(p.running, job.ID)
	p.mu.Unlock()
}

// heartbeat renews the lease of a job until it is finished, stores its progress,
// and ends its work when it was cancelled or the lease is gone.
func (p *Pipeline) heartbeat(ctx context.Context, r *run, finished <-chan struct{}) {
	beat := time.NewTicker(min(p.lease/4, time.Second))
	defer beat.Stop()
	for {
		select {
		case <-finished:
			return
		case <-beat.C:
		}
		job := r.snapshot()
		cancelled, err := p.catalogue.Progress(ctx, job.ID, r.worker, p.lease, job.Stage, job.Done, job.Total)
		switch {
		case errors.Is(err, corpus.ErrConflict):
			r.cancel(errLeaseLost)
		case err != nil && ctx.Err() == nil:
			p.log.Warn("a job's lease could not be renewed", "job", job.ID, "error", err)
		case cancelled:
			r.cancel(errCancelled)
		}
	}
}

// finish stores how a run of a job ended. cause is why its context ended, nil
// where it did not.
func (p *Pipeline) finish(ctx context.Context, cause error, r *run, state corpus.JobState, err error, took time.Duration) {
	job := r.snapshot()
	log := p.log.With("job", job.ID, "document", job.Document, "source", job.Original.Name, "attempt", job.Attempt)
	job.Error = nil
	switch {
	case err == nil:
		job.State = state
	case errors.Is(cause, errLeaseLost):
		log.Warn("a job went to another worker")
		return
	case errors.Is(cause, errCancelled):
		job.State = corpus.JobCancelled
	case ctx.Err() != nil:
		if job, ok := p.handBack(ctx, r.worker, job); ok {
			r.settle(job)
		}
		return
	case errors.Is(cause, errOverBudget):
		job.State = corpus.JobFailed
		job.Error = describeFailure(job, fail("timeout", "came no further for %v at the stage %q; split the document and add its parts", p.budget, job.Stage))
	case mayPass(err) && job.Attempt < maxAttempts:
		wait := retryAfter(job.Attempt)
		job.State, job.NotBefore = corpus.JobQueued, p.now().Add(wait)
		job.Error = describeFailure(job, err)
		time.AfterFunc(wait, func() { p.wakeWorkers(1) })
		log.Warn("a job will be tried again", "after", wait, "error", err)
	default:
		job.State = corpus.JobFailed
		job.Error = describeFailure(job, err)
	}
	job.UpdatedAt = p.now().UTC()
	// The outcome is stored even when the process is asked to stop just now.
	storing, done := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
	defer done()
	if err := p.catalogue.Finish(storing, r.worker, job); err != nil {
		log.Error("a job's end could not be stored; it will be run again when its lease lapses", "state", job.State, "error", err)
		return
	}
	if job.State.Final() {
		p.readings.drop(job.ID)
		level := slog.LevelInfo
		if job.State == corpus.JobFailed {
			level = slog.LevelWarn
		}
		log.Log(ctx, level, "job ended", "state", job.State, "took", took, "error", err)
	}
	r.settle(job)
}

// finishTime bounds how long the storing of an outcome may take once the process
// was asked to stop.
const finishTime = 10 * time.Second

// handBack puts a job that was cut off by the end of the process back in the queue.
func (p *Pipeline) handBack(ctx context.Context, worker string, job corpus.Job) (_ corpus.Job, ok bool) {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
	defer done()
	job.State, job.Error, job.NotBefore = corpus.JobQueued, nil, time.Time{}
	job.UpdatedAt = p.now().UTC()
	if err := p.catalogue.Finish(ctx, worker, job); err != nil {
		p.log.Warn("a job could not be handed back; it will be run again when its lease lapses", "job", job.ID, "error", err)
		return job, false
	}
	return job, true
}

// mayPass reports whether the same job may well succeed later: the index, the
// model's server or the disk is out of order, not the document.
func mayPass(err error) bool {
	return errors.Is(err, retrieval.ErrUnavailable) || errors.Is(err, errStore) || errors.Is(err, isolate.ErrUnavailable) ||
		errors.Is(err, errEmbedder) && !errors.Is(err, retrieval.ErrInvalid)
}

// retryAfter is how long to wait after the given number of attempts.
func retryAfter(attempts int) time.Duration {
	wait := retryLongest
	if n := attempts - 1; n < 16 {
		wait = min(wait, retryFirst<<n)
	}
	return wait/2 + rand.N(wait)
}

// Cancel asks a job to stop. A queued one is cancelled at once, a running one
// at its next step; one that is already being stored is finished. A final one
// gives [corpus.ErrConflict].
func (p *Pipeline) Cancel(ctx context.Context, id corpus.JobID) (corpus.Job, error) {
	job, err := p.catalogue.CancelJob(ctx, id)
	if err != nil {
		return job, err
	}
	p.mu.Lock()
	r := p.running[id]
	p.mu.Unlock()
	if r != nil {
		r.cancel(errCancelled)
	} else {
		p.watchers.publish(job)
	}
	return job, nil
}

// Retry queues a failed or cancelled job again. Any other gives [corpus.ErrConflict].
func (p *Pipeline) Retry(ctx context.Context, id corpus.JobID) (corpus.Job, error) {
	job, err := p.catalogue.RetryJob(ctx, id)
	if err != nil {
		return job, err
	}
	p.watchers.publish(job)
	p.wakeWorkers(1)
	return job, nil
}

// Job returns a job as it stands now: the catalogue hears of progress only with
// each heartbeat, the pipeline knows it at once.
func (p *Pipeline) Job(ctx context.Context, id corpus.JobID) (corpus.Job, error) {
	p.mu.Lock()
	r := p.running[id]
	p.mu.Unlock()
	if r != nil {
		return r.snapshot(), nil
	}
	return p.catalogue.Job(ctx, id)
}
