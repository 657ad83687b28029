package ingest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"policykb/corpus"
	"policykb/retrieval"
)

// Reconciliation says what was found when an index was compared with the catalogue.
// All of it has been healed.
type Reconciliation struct {
	Documents int // in the catalogue
	Missing   int // not in the index
	Stale     int // in the index in another version, not whole, or described otherwise
	Orphans   int // in the index only
}

// Healed is the number of documents at which the index was wrong.
func (r Reconciliation) Healed() int { return r.Missing + r.Stale + r.Orphans }

// Reconcile compares the index with the catalogue and makes it hold what the
// catalogue does. It may run beside workers.
func (p *Pipeline) Reconcile(ctx context.Context) (Reconciliation, error) {
	r, err := p.reconcile(ctx, p.index, p.embedder)
	if err != nil {
		return r, err
	}
	ids, err := p.undescribed.ids(ctx)
	if err != nil {
		return r, fmt.Errorf("reconcile: %w", err)
	}
	for _, id := range ids {
		if err := p.refresh(ctx, p.index, p.embedder, id); err != nil {
			return r, fmt.Errorf("reconcile document %s: %w", id, err)
		}
		if err := p.undescribed.change(ctx, id, false); err != nil {
			return r, fmt.Errorf("reconcile document %s: %w", id, err)
		}
		r.Stale++
	}
	return r, nil
}

// Reindex fills another index from the catalogue, with the vectors of another
// embedder where one is given, while the pipeline goes on working with its own.
// What the target held before is replaced. It may be called again to take in
// what has changed meanwhile. progress, which may be nil, is told how many
// documents of how many are done.
func (p *Pipeline) Reindex(ctx context.Context, target retrieval.Index, embedder retrieval.Embedder, progress func(done, total int)) (Reconciliation, error) {
	holdings, err := p.catalogue.Holdings(ctx)
	if err != nil {
		return Reconciliation{}, fmt.Errorf("reindex: %w", err)
	}
	if err := p.fill(ctx, target, embedder, holdings, progress); err != nil {
		return Reconciliation{}, fmt.Errorf("reindex: %w", err)
	}
	// Documents stored since the holdings were read, and those the target should forget.
	r, err := p.reconcile(ctx, target, embedder)
	r.Missing += len(holdings)
	return r, err
}

// reconcile heals any index.
func (p *Pipeline) reconcile(ctx context.Context, target retrieval.Index, embedder retrieval.Embedder) (Reconciliation, error) {
	r, wanted, orphans, err := p.compare(ctx, target)
	if err != nil {
		return r, err
	}
	for _, id := range orphans {
		if err := p.forget(ctx, target, id); err != nil {
			return r, fmt.Errorf("reconcile: %w", err)
		}
	}
	if err := p.fill(ctx, target, embedder, wanted, nil); err != nil {
		return r, fmt.Errorf("reconcile: %w", err)
	}
	return r, nil
}

// fill indexes the wanted documents. Where they are many the catalogue is read
// from one end to the other, otherwise document by document.
func (p *Pipeline) fill(ctx context.Context, target retrieval.Index, embedder retrieval.Embedder, wanted map[corpus.DocumentID]corpus.Holding, progress func(done, total int)) error {
	if len(wanted) == 0 {
		return nil
	}
	if progress == nil {
		progress = func(int, int) {}
	}
	const few = 32
	var done atomic.Int64
	tasks, ctx := errgroup.WithContext(ctx)
	tasks.SetLimit(runtime.GOMAXPROCS(0))
	if len(wanted) <= few {
		for id := range wanted {
			tasks.Go(func() error {
				err := p.refresh(ctx, target, embedder, id)
				progress(int(done.Add(1)), len(wanted))
				return err
			})
		}
		return tasks.Wait()
	}
	var reading error
	for v, err := range p.catalogue.Current(ctx) {
		if err != nil {
			reading = err
			break
		}
		if _, ok := wanted[v.Document]; !ok {
			continue
		}
		tasks.Go(func() error {
			err := p.indexVersion(ctx, target, embedder, v)
			progress(int(done.Add(1)), len(wanted))
			return err
		})
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(tasks.Wait(), reading)
}

// refresh indexes the current version of a document, or removes it from the
// index where the catalogue has none.
func (p *Pipeline) refresh(ctx context.Context, target retrieval.Index, embedder retrieval.Embedder, id corpus.DocumentID) error {
	unlock, err := p.documentLocks.lock(ctx, string(id))
	if err != nil {
		return err
	}
	defer unlock()
	return p.reindex(ctx, target, embedder, id)
}

// reindex is refresh for a document that the caller has locked.
func (p *Pipeline) reindex(ctx context.Context, target retrieval.Index, embedder retrieval.Embedder, id corpus.DocumentID) error {
	v, err := p.catalogue.Version(ctx, id, 0)
	if errors.Is(err, corpus.ErrNotFound) {
		return target.Remove(ctx, id)
	}
	if err != nil {
		return stored("read the version", err)
	}
	return p.replace(ctx, target, embedder, v)
}

// indexVersion indexes a version read a while ago, unless the document has moved
// on since: then whoever moved it has indexed it, or will.
func (p *Pipeline) indexVersion(ctx context.Context, target retrieval.Index, embedder retrieval.Embedder, v corpus.Version) error {
	unlock, err := p.documentLocks.lock(ctx, string(v.Document))
	if err != nil {
		return err
	}
	defer unlock()
	doc, err := p.catalogue.Document(ctx, v.Document)
	if errors.Is(err, corpus.ErrNotFound) || err == nil && doc.Version != v.Number {
		return nil
	}
	if err != nil {
		return stored("look up the document", err)
	}
	return p.replace(ctx, target, embedder, v)
}

// replace indexes a version of a document that the caller has locked.
func (p *Pipeline) replace(ctx context.Context, target retrieval.Index, embedder retrieval.Embedder, v corpus.Version) error {
	vectors, err := vectors(ctx, embedder, v, func(int) {})
	if err != nil {
		return err
	}
	doc := corpus.Document{ID: v.Document, Version: v.Number, Metadata: v.Metadata}
	return target.Replace(ctx, doc.ID, doc.Version, points(doc, v.Passages, vectors))
}

// forget removes from an index a document that the catalogue does not have.
func (p *Pipeline) forget(ctx context.Context, target retrieval.Index, id corpus.DocumentID) error {
	unlock, err := p.documentLocks.lock(ctx, string(id))
	if err != nil {
		return err
	}
	defer unlock()
	if known, err := p.isKnown(ctx, id); err != nil || known {
		return err
	}
	return target.Remove(ctx, id)
}
