package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// removeCommand removes documents.
type removeCommand struct {
	IDs []string `arg:"" name:"id" help:"The documents' ids."`
}

// Run implements kong's command.
func (r removeCommand) Run(ctx context.Context, s *settings, c *console, log *slog.Logger) error {
	return withConnection(ctx, s, log, func(api *connection) error {
		var failed []error
		for _, id := range r.IDs {
			if _, err := readBody(api.RemoveDocument(ctx, id)); err != nil {
				failed = append(failed, fmt.Errorf("remove %s: %w", id, err))
				continue
			}
			c.printf("removed %s\n", id)
		}
		return errors.Join(failed...)
	})
}
