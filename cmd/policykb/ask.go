package main

import (
	"context"
	"log/slog"
	"strings"

	"policykb/api/client"
)

// narrowing is what narrows a question or a query.
type narrowing struct {
	City   []string        `sep:"," help:"Only documents of these cities or provinces."`
	Kind   []client.Kind   `sep:"," help:"Only documents of these kinds."`
	Status []client.Status `sep:"," help:"Only documents of these statuses."`
	From   string          `placeholder:"DATE" help:"Only documents issued on or after this day."`
	To     string          `placeholder:"DATE" help:"Only documents issued on or before this day."`
}

// filters are the narrowing as the API takes it.
func (n narrowing) filters() *client.Filters {
	f := &client.Filters{City: n.City, Kind: n.Kind, Status: n.Status}
	if n.From != "" {
		f.IssuedFrom = &n.From
	}
	if n.To != "" {
		f.IssuedTo = &n.To
	}
	return f
}

// askCommand answers a question.
type askCommand struct {
	Question string `arg:"" help:"The question."`
	JSON     bool   `name:"json" help:"Print the response of POST /v1/ask."`
	narrowing
}

// Run implements kong's command.
func (a askCommand) Run(ctx context.Context, s *settings, c *console, log *slog.Logger) error {
	return withConnection(ctx, s, log, func(api *connection) error {
		response, err := api.Ask(ctx, client.AskRequest{Question: a.Question, Filters: a.filters()})
		if a.JSON {
			return printJSON(c, response, err)
		}
		answer, err := read[client.Answer](response, err)
		if err != nil {
			return err
		}
		printAnswer(c, answer)
		return nil
	})
}

// printAnswer writes an answer and what it rests on.
func printAnswer(c *console, a client.Answer) {
	c.printf("%s\n", a.Answer)
	for _, w := range a.Warnings {
		c.printf("! %s\n", w.Detail)
	}
	for _, cited := range a.Citations {
		c.printf("\n[%d] %s\n", cited.Number, strings.Join(cells(&cited.Title, cited.City, cited.Issuer, cited.DocNumber, cited.IssuedOn), ", "))
		if len(cited.HeadingPath) > 0 {
			c.printf("    %s\n", strings.Join(cited.HeadingPath, " › "))
		}
		c.printf("    “%s”\n    %s\n", indent(cited.Quote), cited.URL)
	}
	if len(a.Nearest) > 0 {
		c.printf("\nThe nearest documents:\n")
		for _, d := range a.Nearest {
			c.printf("  %s  %s\n", d.DocumentID, strings.Join(cells(&d.Title, d.City, d.IssuedOn), ", "))
		}
	}
}
