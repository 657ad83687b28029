package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync"

	"golang.org/x/sync/errgroup"

	"policykb/corpus"
)

// Add stores the source and a job for it, and returns the job when both are safe
// on disk. Work on it begins while [Pipeline.Run] runs.
//
// The job names the document it is for. Where nothing is known yet that is a new
// one; the job may end with another, when the text turns out to be that of a
// known document.
//
// A source larger than [Config.MaxBytes] gives [ErrTooLarge]; asking for a new
// version of an unknown document gives [corpus.ErrNotFound].
func (p *Pipeline) Add(ctx context.Context, s Source) (corpus.Job, error) {
	job, unpin, err := p.accept(ctx, s)
	if err != nil {
		return corpus.Job{}, fmt.Errorf("add %s: %w", s.Name, err)
	}
	defer unpin()
	if err := p.enqueue(ctx, job); err != nil {
		return corpus.Job{}, fmt.Errorf("add %s: %w", s.Name, err)
	}
	return job, nil
}

// Added is what became of one source: a job, or the reason why there is none.
type Added struct {
	Name string // of the source
	Job  corpus.Job
	Err  error
}

// Sources are taken in batches: within one, originals are written side by side,
// since each write waits for the disk, and the jobs are stored in one transaction.
const (
	addBatch   = 64
	addWriters = 8
)

// AddAll adds many sources and yields what became of each, in their order. It
// is [Pipeline.Add] made fast for bulk; sources that follow a failed one are
// still added. An error among the sources is yielded as it is.
func (p *Pipeline) AddAll(ctx context.Context, sources iter.Seq2[Source, error]) iter.Seq[Added] {
	return func(yield func(Added) bool) {
		batch := make([]Source, 0, addBatch)
		errs := make([]error, 0, addBatch)
		flush := func() bool {
			for _, added := range p.addBatch(ctx, batch, errs) {
				if !yield(added) {
					return false
				}
			}
			batch, errs = batch[:0], errs[:0]
			return true
		}
		for s, err := range sources {
			batch, errs = append(batch, s), append(errs, err)
			if len(batch) == addBatch && !flush() {
				return
			}
		}
		flush()
	}
}

// addBatch adds a few sources at once. A source with an error is only reported.
func (p *Pipeline) addBatch(ctx context.Context, sources []Source, errs []error) []Added {
	added := make([]Added, len(sources))
	unpins := make([]func(), len(sources))
	var writers errgroup.Group
	writers.SetLimit(addWriters)
	for i, s := range sources {
		added[i] = Added{Name: s.Name, Err: errs[i]}
		if errs[i] != nil {
			continue
		}
		writers.Go(func() error {
			added[i].Job, unpins[i], added[i].Err = p.accept(ctx, s)
			return nil
		})
	}
	_ = writers.Wait() // each source has its own error

	var jobs []corpus.Job
	for i, a := range added {
		if a.Err == nil {
			defer unpins[i]()
			jobs = append(jobs, a.Job)
		}
	}
	if len(jobs) == 0 {
		return added
	}
	if err := p.enqueue(ctx, jobs...); err != nil {
		for i := range added {
			if added[i].Err == nil {
				added[i] = Added{Name: added[i].Name, Err: err}
			}
		}
	}
	return added
}

// enqueue stores jobs and wakes the workers.
func (p *Pipeline) enqueue(ctx context.Context, jobs ...corpus.Job) error {
	if err := p.catalogue.Enqueue(ctx, jobs...); err != nil {
		return err
	}
	for _, job := range jobs {
		p.watchers.publish(job)
	}
	p.wakeWorkers(len(jobs))
	return nil
}

// accept stores the bytes of a source and makes a job of it, still to be
// enqueued. Until unpin is called the bytes cannot be removed.
func (p *Pipeline) accept(ctx context.Context, s Source) (job corpus.Job, unpin func(), err error) {
	defer s.close()
	if s.Data == nil {
		return job, nil, errors.New("no data")
	}
	if s.Document != "" {
		if _, err := p.catalogue.Document(ctx, s.Document); err != nil {
			return job, nil, fmt.Errorf("document %s: %w", s.Document, err)
		}
	}
	hash, size, err := p.originals.Put(ctx, newBounded(s.Data, p.maxBytes))
	if err != nil {
		return job, nil, fmt.Errorf("store the bytes: %w", err)
	}
	unpin = p.pins.pin(hash)
	defer func() {
		if err != nil {
			unpin()
		}
	}()
	// The same bytes may have been removed with their document between Put and pin.
	if err := p.holds(ctx, hash); err != nil {
		return job, nil, fmt.Errorf("the same bytes were being removed; add them again: %w", err)
	}
	now := p.now().UTC()
	job = corpus.Job{
		ID:       corpus.JobID(newID()),
		Document: s.Document,
		State:    corpus.JobQueued,
		Stage:    corpus.StageParse,
		Warnings: s.Warnings,
		Original: corpus.Original{Hash: hash, Name: s.Name, MediaType: s.MediaType, Size: size},
		Given:    s.Given, Scope: s.Scope, CreatedAt: now, UpdatedAt: now,
	}
	if job.Document == "" {
		job.Document, err = p.expect(ctx, job)
	}
	return job, unpin, err
}

// expect returns the document that a job without one is most likely for, or a new id.
func (p *Pipeline) expect(ctx context.Context, job corpus.Job) (corpus.DocumentID, error) {
	known, err := p.catalogue.ByOriginal(ctx, job.Original.Hash)
	if err != nil {
		return "", err
	}
	if known = within(job.Scope, known); len(known) > 0 {
		return known[0].ID, nil
	}
	return corpus.DocumentID(newID()), nil
}

// holds reports whether the bytes are there.
func (p *Pipeline) holds(ctx context.Context, hash string) error {
	f, err := p.originals.Open(ctx, hash)
	if err != nil {
		return err
	}
	return f.Close()
}

// bytesOf returns the bytes of an original.
func (p *Pipeline) bytesOf(ctx context.Context, original corpus.Original) ([]byte, error) {
	f, err := p.originals.Open(ctx, original.Hash)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data := make([]byte, original.Size)
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, fmt.Errorf("the stored bytes are damaged: %w", err)
	}
	return data, nil
}

// pins counts, by hash, the originals that are about to be named by a job and
// must not be removed. The zero value is ready.
type pins struct {
	mu     sync.Mutex
	counts map[string]int
}

// pin keeps the original from being removed until unpin is called.
func (p *pins) pin(hash string) (unpin func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.counts == nil {
		p.counts = make(map[string]int)
	}
	p.counts[hash]++
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.counts[hash]--; p.counts[hash] == 0 {
			delete(p.counts, hash)
		}
	}
}

// unlessPinned calls remove while no pin can be set, or not at all where one is.
func (p *pins) unlessPinned(hash string, remove func() error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.counts[hash] > 0 {
		return nil
	}
	return remove()
}
