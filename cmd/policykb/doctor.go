package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// doctorCommand compares the index with the catalogue and heals it.
type doctorCommand struct {
	DryRun bool `name:"dry-run" help:"Only tell what is wrong; fail if anything is."`
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
