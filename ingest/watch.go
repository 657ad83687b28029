package ingest

import (
	"context"
	"iter"
	"sync"
	"time"

	"policykb/corpus"
)

// recheck is after how long a time without news a watcher looks into the
// catalogue for jobs that another process may have ended. Jobs of this process
// are heard of at once.
const recheck = 3 * time.Second

// Watch yields the jobs as they move: first how each stands, then every change,
// ending when all of them are final. A watcher that is slow skips steps between,
// never the last one. Without ids it yields the changes of all jobs of this
// process until the context ends.
//
// An unknown id gives [corpus.ErrNotFound]; the end of the context ends the
// sequence with its error.
func (p *Pipeline) Watch(ctx context.Context, ids ...corpus.JobID) iter.Seq2[corpus.Job, error] {
	return func(yield func(corpus.Job, error) bool) {
		feed := p.watchers.subscribe(ids)
		defer p.watchers.unsubscribe(feed)
		open := make(map[corpus.JobID]bool, len(ids))
		for _, id := range ids {
			open[id] = true
		}
		// look yields a job and reports whether to go on.
		look := func(job corpus.Job) bool {
			if job.State.Final() {
				delete(open, job.ID)
			}
			return yield(job, nil) && (len(ids) == 0 || len(open) > 0)
		}
		// lookUp reads the open jobs in the catalogue.
		lookUp := func() bool {
			for _, id := range ids {
				if !open[id] {
					continue
				}
				job, err := p.Job(ctx, id)
				if err != nil {
					yield(corpus.Job{ID: id}, err)
					return false
				}
				if !look(job) {
					return false
				}
			}
			return true
		}
		if !lookUp() {
			return
		}
		again := time.NewTicker(recheck)
		defer again.Stop()
		for {
			select {
			case <-ctx.Done():
				yield(corpus.Job{}, context.Cause(ctx))
				return
			case <-again.C:
				if !lookUp() {
					return
				}
			case <-feed.ready:
				again.Reset(recheck)
				for _, job := range feed.take() {
					if len(ids) > 0 && !open[job.ID] {
						continue
					}
					if !look(job) {
						return
					}
				}
			}
		}
	}
}

// Wait returns the jobs, in the order of ids, when all of them are final.
func (p *Pipeline) Wait(ctx context.Context, ids ...corpus.JobID) ([]corpus.Job, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	last := make(map[corpus.JobID]corpus.Job, len(ids))
	for job, err := range p.Watch(ctx, ids...) {
		if err != nil {
			return nil, err
		}
		last[job.ID] = job
	}
	jobs := make([]corpus.Job, len(ids))
	for i, id := range ids {
		jobs[i] = last[id]
	}
	return jobs, nil
}

// watchers hands the movements of jobs to whoever listens. The zero value is ready.
type watchers struct {
	mu    sync.Mutex
	feeds map[*feed]struct{}
}

// feed holds, for one listener, the latest state of each job that moved since
// it last looked.
type feed struct {
	only  map[corpus.JobID]bool // nil means all
	ready chan struct{}         // holds a token while something is pending

	mu      sync.Mutex
	pending []corpus.Job
	at      map[corpus.JobID]int // place in pending
}

func (w *watchers) subscribe(ids []corpus.JobID) *feed {
	f := &feed{ready: make(chan struct{}, 1), at: make(map[corpus.JobID]int)}
	if len(ids) > 0 {
		f.only = make(map[corpus.JobID]bool, len(ids))
		for _, id := range ids {
			f.only[id] = true
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.feeds == nil {
		w.feeds = make(map[*feed]struct{})
	}
	w.feeds[f] = struct{}{}
	return f
}

func (w *watchers) unsubscribe(f *feed) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.feeds, f)
}

// publish tells the listeners how a job stands now. It never blocks.
func (w *watchers) publish(job corpus.Job) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for f := range w.feeds {
		f.put(job)
	}
}

func (f *feed) put(job corpus.Job) {
	if f.only != nil && !f.only[job.ID] {
		return
	}
	f.mu.Lock()
	if i, ok := f.at[job.ID]; ok {
		f.pending[i] = job
	} else {
		f.at[job.ID] = len(f.pending)
		f.pending = append(f.pending, job)
	}
	f.mu.Unlock()
	select {
	case f.ready <- struct{}{}:
	default:
	}
}

// take empties the feed.
func (f *feed) take() []corpus.Job {
	f.mu.Lock()
	defer f.mu.Unlock()
	jobs := f.pending
	f.pending = nil
	clear(f.at)
	return jobs
}
