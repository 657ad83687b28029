package main

import (
	"context"
	"log/slog"
	"strings"

	"policykb/api/client"
)

// searchCommand ranks passages.
type searchCommand struct {
	Query string `arg:"" help:"The query."`
	Limit int    `short:"n" default:"10" help:"How many passages to print."`
	Each  int    `name:"per-document" placeholder:"N" help:"At most so many passages of one document."`
	JSON  bool   `name:"json" help:"Print the response of POST /v1/search."`
	narrowing
}

// Run implements kong's command.
func (q searchCommand) Run(ctx context.Context, s *settings, c *console, log *slog.Logger) error {
	return withConnection(ctx, s, log, func(api *connection) error {
		response, err := api.Search(ctx, client.SearchRequest{Query: q.Query, Limit: &q.Limit, PerDocument: &q.Each, Filters: q.filters()})
		if q.JSON {
			return printJSON(c, response, err)
		}
		found, err := read[client.SearchResult](response, err)
		if err != nil {
			return err
		}
		for i, p := range found.Passages {
			c.printf("%d. %.3f  %s\n", i+1, p.Score, strings.Join(append(cells(&p.Title, p.City), p.HeadingPath...), " › "))
			c.printf("    %s\n    %s\n\n", indent(p.Text), p.URL)
		}
		c.printf("%d of %d passages, %.1f ms\n", len(found.Passages), found.Total, found.TimingsMs.Total)
		return nil
	})
}
