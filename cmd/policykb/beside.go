package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"policykb/corpus"
	"policykb/corpus/sqlite"
	"policykb/ingest"
	"policykb/retrieval"
	"policykb/retrieval/embed"
	"policykb/retrieval/qdrant"
)

// beside is a knowledge base opened to work on its index while another policykb
// may be serving it: jobs are left to that one.
type beside struct {
	catalogue *sqlite.Catalogue
	originals *corpus.Folder
	embedder  retrieval.Embedder
	served    string      // where another policykb serves the data folder; "" where none does
	lock      *folderLock // nil where another has it
}

// openBeside opens the data folder, whether it is served or not.
func openBeside(ctx context.Context, s *settings, log *slog.Logger) (_ *beside, err error) {
	b := new(beside)
	defer func() {
		if err != nil {
			err = errors.Join(err, b.close())
		}
	}()
	b.lock, err = lockFolder(s)
	var inUse *inUseError
	switch {
	case errors.As(err, &inUse) && inUse.holder.URL != "":
		b.served = inUse.holder.URL
		b.catalogue, err = sqlite.LookOn(ctx, s.cataloguePath())
	case err == nil:
		b.catalogue, err = sqlite.Open(ctx, s.cataloguePath())
	}
	if err != nil {
		return nil, err
	}
	var cache embed.Cache = b.catalogue
	if b.served != "" {
		cache = nil // only the one that serves the folder writes to it
	}
	if b.embedder, err = openEmbedder(ctx, &s.modelSettings, cache, log); err != nil {
		return nil, err
	}
	b.originals, err = corpus.OpenFolder(s.originalsPath())
	return b, err
}

// openIndex opens the live index, only to look at it where another policykb
// writes to it.
func (b *beside) openIndex(ctx context.Context, s *settings, log *slog.Logger) (retrieval.Index, error) {
	if b.served == "" {
		return openIndex(ctx, s, b.embedder, log)
	}
	options, err := qdrantOptions(s, b.embedder, log)
	if err != nil {
		return nil, err
	}
	options.LookOn = true
	index, err := qdrant.Open(ctx, options)
	if err != nil {
		return nil, err
	}
	return index, nil
}

// pipeline works on the index alone; no worker is started.
func (b *beside) pipeline(index retrieval.Index, log *slog.Logger) (*ingest.Pipeline, error) {
	return ingest.New(ingest.Config{Catalogue: b.catalogue, Originals: b.originals, Index: index, Embedder: b.embedder, Logger: log})
}

func (b *beside) close() error {
	var errs []error
	if b.catalogue != nil {
		errs = append(errs, b.catalogue.Close())
	}
	if b.lock != nil {
		errs = append(errs, b.lock.release())
	}
	return errors.Join(errs...)
}

// describe says in a line what a comparison of index and catalogue found.
func describe(r ingest.Reconciliation) string {
	return fmt.Sprintf("%d documents in the catalogue: %d missing from the index, %d stale, %d orphans", r.Documents, r.Missing, r.Stale, r.Orphans)
}
