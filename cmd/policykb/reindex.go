package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"policykb/api/client"
	"policykb/retrieval"
	"policykb/retrieval/embedded"
	"policykb/retrieval/qdrant"
)

// reindexCommand builds the index again from the catalogue.
type reindexCommand struct {
	DropOld bool `name:"drop-old" help:"With Qdrant: remove the collections that are no longer the index, instead of building a new one."`
}

// Run implements kong's command.
func (r reindexCommand) Run(ctx context.Context, s *settings, c *console, log *slog.Logger) (err error) {
	b, err := openBeside(ctx, s, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	if s.Engine == engineEmbedded {
		return r.embedded(ctx, s, b, c, log)
	}
	options, err := qdrantOptions(s, b.embedder, log)
	if err != nil {
		return err
	}
	if r.DropOld {
		return dropOld(ctx, options, c)
	}
	return r.qdrant(ctx, options, b, c, log)
}

// embedded builds the index in the process again, where nobody else has it.
func (r reindexCommand) embedded(ctx context.Context, s *settings, b *beside, c *console, log *slog.Logger) (err error) {
	switch {
	case r.DropOld:
		return errors.New("--drop-old: the embedded engine keeps no old index")
	case b.served != "":
		return b.reindexServed(ctx, s, c)
	}
	index, err := embedded.Open(embedded.Options{Path: s.indexPath(), Model: b.embedder.Model(), Dimensions: b.embedder.Dimensions(), Logger: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, index.Close()) }()
	return b.fill(ctx, index, c, log)
}

// reindexServed asks the policykb that has the index within itself to make it anew,
// with the embedder that it was started with.
func (b *beside) reindexServed(ctx context.Context, s *settings, c *console) error {
	server, err := newConnection(b.served, clientFor(s), func() error { return nil })
	if err != nil {
		return err
	}
	made, err := read[client.Reindexed](server.Reindex(ctx))
	if err != nil {
		return fmt.Errorf("the policykb at %s: %w", b.served, err)
	}
	took := time.Duration(made.TookMs * float64(time.Millisecond))
	c.printf("indexed %d documents, %d passages in %v\n", made.Documents, made.Points, took.Round(time.Millisecond))
	return nil
}

// qdrant fills a collection beside the live one and puts it in its place. Cut
// off, it goes on where it was.
func (r reindexCommand) qdrant(ctx context.Context, options qdrant.Options, b *beside, c *console, log *slog.Logger) (err error) {
	next, err := qdrant.OpenNext(ctx, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, next.Close()) }()
	c.printf("building %s\n", next.Collection())
	if err := b.fill(ctx, next, c, log); err != nil {
		return fmt.Errorf("%w; run policykb reindex again to go on", err)
	}
	before, err := next.Promote(ctx)
	if err != nil {
		return err
	}
	c.printf("%s is the index now\n", next.Collection())
	if before != "" && before != next.Collection() {
		c.printf("%s is kept; policykb reindex --drop-old removes it\n", before)
	}
	if b.served != "" {
		c.printf("the policykb at %s goes over to it within %v, if it has the same embedder; restart it otherwise\n", b.served, followEvery)
	}
	return nil
}

// fill puts the catalogue's documents into an index.
func (b *beside) fill(ctx context.Context, index retrieval.Index, c *console, log *slog.Logger) error {
	pipeline, err := b.pipeline(index, log)
	if err != nil {
		return err
	}
	began := time.Now()
	report := &fillReport{console: c, next: began.Add(fillLine)}
	result, err := pipeline.Reindex(ctx, index, b.embedder, report.tell)
	if err != nil {
		return err
	}
	stats, err := index.Stats(ctx)
	if err != nil {
		return err
	}
	c.printf("indexed %d documents, %d passages in %v\n", result.Documents, stats.Points, time.Since(began).Round(time.Millisecond))
	return nil
}

// fillLine is how often a line tells how far filling has come.
const fillLine = 5 * time.Second

// fillReport tells how far filling has come.
type fillReport struct {
	mu      sync.Mutex
	console *console
	next    time.Time
}

func (f *fillReport) tell(done, total int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := time.Now(); now.After(f.next) {
		f.next = now.Add(fillLine)
		f.console.printf("%d of %d documents\n", done, total)
	}
}

// dropOld removes collections that are no longer the index.
func dropOld(ctx context.Context, options qdrant.Options, c *console) (err error) {
	options.LookOn = true
	index, err := qdrant.Open(ctx, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, index.Close()) }()
	dropped, err := index.DropOthers(ctx)
	if err != nil {
		return err
	}
	if len(dropped) == 0 {
		c.printf("there is no old collection\n")
		return nil
	}
	c.printf("removed %s\n", strings.Join(dropped, ", "))
	return nil
}
