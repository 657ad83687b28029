package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"policykb/corpus"
	"policykb/retrieval"
)

// doctorCommand compares the index with the catalogue and heals it.
type doctorCommand struct {
	DryRun bool `name:"dry-run" help:"Only tell what is wrong; fail if anything is."`
	Terms  bool `help:"Also count the terms of all documents, and those that share a hash and are found as one."`
}

// Run implements kong's command. Beside a policykb that serves the folder nothing
// is changed: that one may be at work on the very documents.
func (d doctorCommand) Run(ctx context.Context, s *settings, c *console, log *slog.Logger) (err error) {
	b, err := openBeside(ctx, s, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	if b.served != "" && s.Engine == engineEmbedded {
		return fmt.Errorf("the embedded index is within the policykb at %s; restart that one, which compares it at every start", b.served)
	}
	index, err := b.openIndex(ctx, s, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, index.Close()) }()
	pipeline, err := b.pipeline(index, log)
	if err != nil {
		return err
	}
	r, err := pipeline.Inspect(ctx)
	if err != nil {
		return err
	}
	c.printf("%s\n", describe(r))
	if d.Terms {
		terms, shared, err := countTerms(ctx, b.catalogue)
		if err != nil {
			return err
		}
		c.printf("%d terms, of which %d share a hash\n", terms, shared)
	}
	switch {
	case r.Healed() == 0:
		return nil
	case d.DryRun:
		return fmt.Errorf("%d documents are wrong in the index", r.Healed())
	case b.served != "":
		return fmt.Errorf("%d documents are wrong in the index, or being changed just now by the policykb at %s; stop it to have them healed", r.Healed(), b.served)
	}
	if r, err = pipeline.Reconcile(ctx); err != nil {
		return err
	}
	c.printf("healed %d\n", r.Healed())
	return nil
}

// countTerms counts the terms of all passages, and those that share a hash.
func countTerms(ctx context.Context, catalogue corpus.Catalogue) (terms, shared int, err error) {
	var spellings retrieval.Spellings
	for version, err := range catalogue.Current(ctx) {
		if err != nil {
			return 0, 0, fmt.Errorf("count terms: %w", err)
		}
		for _, p := range version.Passages {
			spellings.Add(p.Text)
		}
	}
	terms, shared = spellings.Count()
	return terms, shared, nil
}
