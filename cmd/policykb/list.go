package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"

	"github.com/mattn/go-runewidth"

	"policykb/api/client"
)

// listCommand lists the documents.
type listCommand struct {
	Match string `arg:"" optional:"" help:"Words that must stand in title, issuer or document number."`
	JSON  bool   `name:"json" help:"Print one JSON object a line."`
	narrowing
}

// Run implements kong's command.
func (l listCommand) Run(ctx context.Context, s *settings, c *console, log *slog.Logger) error {
	return withConnection(ctx, s, log, func(api *connection) error {
		limit := 500
		parameters := &client.ListDocumentsParams{Limit: &limit, City: l.City, Kind: l.Kind, Status: l.Status}
		filters := l.filters()
		parameters.IssuedFrom, parameters.IssuedTo = filters.IssuedFrom, filters.IssuedTo
		if l.Match != "" {
			parameters.Q = &l.Match
		}
		for {
			page, err := read[client.DocumentList](api.ListDocuments(ctx, parameters))
			if err != nil {
				return err
			}
			for _, d := range page.Documents {
				if err := l.print(c.out, d); err != nil {
					return err
				}
			}
			if page.NextCursor == nil {
				return nil
			}
			parameters.Cursor = page.NextCursor
		}
	})
}

// print writes one document. Han characters take two columns of a terminal.
func (l listCommand) print(w io.Writer, d client.Document) error {
	if l.JSON {
		return json.NewEncoder(w).Encode(d)
	}
	value := func(v *string) string {
		if v == nil {
			return "-"
		}
		return *v
	}
	_, err := fmt.Fprintf(w, "%s  %-10s  %s  %s\n", d.ID, value(d.IssuedOn), runewidth.FillRight(value(d.City), 8), d.Title)
	return err
}
