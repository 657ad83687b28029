package main

import (
	"context"
	"log/slog"
	"strings"

	"policykb/api/client"
)

// traceCommand finds where a text stands.
type traceCommand struct {
	Text     string `arg:"" help:"A sentence or quotation."`
	Document string `placeholder:"ID" help:"The document that it is said to be from."`
	JSON     bool   `name:"json" help:"Print the response of POST /v1/trace."`
}

// Run implements kong's command.
func (t traceCommand) Run(ctx context.Context, s *settings, c *console, log *slog.Logger) error {
	return withConnection(ctx, s, log, func(api *connection) error {
		request := client.TraceRequest{Text: t.Text}
		if t.Document != "" {
			request.DocumentID = &t.Document
		}
		response, err := api.Trace(ctx, request)
		if t.JSON {
			return printJSON(c, response, err)
		}
		found, err := read[client.Trace](response, err)
		if err != nil {
			return err
		}
		c.printf("%s\n", found.Found)
		for i, p := range found.Places {
			c.printf("\n%d. %s\n", i+1, strings.Join(append(cells(&p.Title, p.City, p.DocNumber, p.IssuedOn), p.HeadingPath...), " › "))
			c.printf("    “%s”\n    %s\n", indent(p.Quote), p.URL)
			for _, d := range p.Differences {
				c.printf("    %s: “%s” for “%s”\n", d.Kind, d.Given, d.Source)
			}
		}
		return nil
	})
}
