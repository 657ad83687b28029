package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"golang.org/x/sync/errgroup"

	"policykb/api"
	"policykb/corpus"
	"policykb/corpus/sqlite"
	"policykb/corpus/starter"
	"policykb/ingest"
	"policykb/ingest/isolate"
	"policykb/retrieval"
	"policykb/retrieval/llm"
)

// base is an open knowledge base: its parts, wired.
type base struct {
	catalogue *sqlite.Catalogue
	originals *corpus.Folder
	embedder  retrieval.Embedder
	index     *retrieval.Counted
	writer    *llm.Writer      // nil without a language model
	config    retrieval.Config // that answers were made of
	answers   *retrieval.Service
	readers   *isolate.Pool
	showers   *isolate.Pool // of pages
	pipeline  *ingest.Pipeline
	server    *api.Server
	audit     *os.File
	workers   *errgroup.Group
	stop      context.CancelFunc

	stopTracing func() error
}

// openBase opens the knowledge base in the data folder, or makes one, brings the
// index into step with the catalogue and starts the workers. The caller holds the
// folder's lock.
func openBase(ctx context.Context, s *settings, log *slog.Logger) (_ *base, err error) {
	b := new(base)
	defer func() {
		if err != nil {
			err = errors.Join(err, b.close())
		}
	}()
	if err = b.startTracing(ctx, log); err != nil {
		return nil, err
	}
	if b.catalogue, err = sqlite.Open(ctx, s.cataloguePath()); err != nil {
		return nil, err
	}
	if b.originals, err = corpus.OpenFolder(s.originalsPath()); err != nil {
		return nil, err
	}
	if b.embedder, err = openEmbedder(ctx, &s.modelSettings, b.catalogue, log); err != nil {
		return nil, err
	}
	index, err := openIndex(ctx, s, b.embedder, log)
	if err != nil {
		return nil, err
	}
	b.index = retrieval.Count(index)
	if b.writer, err = openWriter(&s.modelSettings, log); err != nil {
		return nil, err
	}
	b.config = retrieval.Config{Catalogue: b.catalogue, Index: b.index, Embedder: b.embedder, AskTimeout: s.AskTimeout, TraceContent: tracesContent(os.Getenv)}
	if b.writer != nil {
		b.config.LLM = b.writer
	}
	if b.config.Reranker, err = openReranker(&s.modelSettings); err != nil {
		return nil, err
	}
	if b.config.Thesaurus, err = openThesaurus(s.Thesaurus); err != nil {
		return nil, err
	}
	if b.config.Calibration, err = readCalibration(s, b.embedder.Model()); err != nil {
		return nil, err
	}
	b.answers = retrieval.New(b.config)
	if b.readers, b.showers, err = openReaders(log); err != nil {
		return nil, err
	}
	if b.pipeline, err = ingest.New(ingest.Config{
		Catalogue: b.catalogue, Originals: b.originals, Index: b.index, Embedder: b.embedder, Parser: b.readers, Readings: s.readingsPath(), Logger: log,
	}); err != nil {
		return nil, err
	}
	if err = b.openDoor(s, log); err != nil {
		return nil, err
	}
	if _, err = b.pipeline.Reconcile(ctx); err != nil {
		return nil, fmt.Errorf("bring the index into step with the catalogue: %w", err)
	}
	// Workers end when the base is closed, not with the command's context: what it
	// waits for must come to an end first.
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	b.stop = stop
	b.workers, working = errgroup.WithContext(working)
	b.workers.Go(func() error { return b.pipeline.Run(working) })
	b.follow(working)
	if s.Starter == "auto" {
		err = b.loadStarter(ctx)
	}
	return b, err
}

// openThesaurus reads a person's own words beside the built-in ones; nil, which
// means these alone, where no file is named.
func openThesaurus(path string) (*retrieval.Thesaurus, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("thesaurus: %w", err)
	}
	defer f.Close()
	builtin, err := retrieval.BuiltinThesaurus()
	if err != nil {
		return nil, err
	}
	t, err := builtin.Extend(f)
	if err != nil {
		return nil, fmt.Errorf("thesaurus %s: %w", path, err)
	}
	return t, nil
}

// loadStarter adds the sample documents to an empty knowledge base. One to which
// documents were ever given is left as it is, even when all were removed.
func (b *base) loadStarter(ctx context.Context) error {
	counts, err := b.catalogue.CountJobs(ctx)
	if err != nil || len(counts) > 0 {
		return err
	}
	held, err := b.catalogue.Holdings(ctx)
	if err != nil || len(held) > 0 {
		return err
	}
	if err := b.addWhole(ctx, starterSources); err != nil {
		return fmt.Errorf("load the sample documents: %w", err)
	}
	return nil
}

// close stops the workers, which hand back what they were at, and closes the
// parts, the last opened first.
func (b *base) close() error {
	var errs []error
	if b.stop != nil {
		b.stop()
		if err := b.workers.Wait(); err != nil && !errors.Is(err, context.Canceled) {
			errs = append(errs, err)
		}
	}
	if b.readers != nil {
		errs = append(errs, b.readers.Close(), b.showers.Close())
	}
	errs = append(errs, b.closeDoor())
	if b.index != nil {
		errs = append(errs, b.index.Close())
	}
	if b.catalogue != nil {
		errs = append(errs, b.catalogue.Close())
	}
	if b.stopTracing != nil {
		errs = append(errs, b.stopTracing())
	}
	return errors.Join(errs...)
}

// starterSources yields the sample documents.
func starterSources(yield func(ingest.Source, error) bool) {
	for name, text := range starter.Documents() {
		if !yield(ingest.Source{Name: name, MediaType: "text/markdown; charset=utf-8", Data: bytes.NewReader(text)}, nil) {
			return
		}
	}
}
