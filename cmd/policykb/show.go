package main

import (
	"context"
	"log/slog"
	"strings"

	"policykb/api/client"
)

// showCommand shows a document, or one clause of it.
type showCommand struct {
	ID   string `arg:"" help:"The document's id."`
	At   string `help:"Show this clause alone: 第五条第二款, 三、（二）2., 附件1." placeholder:"ADDRESS"`
	JSON bool   `name:"json" help:"Print the description alone, as JSON."`
}

// Run implements kong's command.
func (w showCommand) Run(ctx context.Context, s *settings, c *console, log *slog.Logger) error {
	return withConnection(ctx, s, log, func(api *connection) error {
		if w.At != "" {
			return w.showClause(ctx, c, api)
		}
		response, err := api.GetDocument(ctx, w.ID)
		if w.JSON {
			return printJSON(c, response, err)
		}
		d, err := read[client.Document](response, err)
		if err != nil {
			return err
		}
		text, err := readBody(api.GetDocumentText(ctx, w.ID, nil))
		if err != nil {
			return err
		}
		printDescription(c, d)
		c.printf("\n%s\n", strings.TrimRight(string(text), "\n"))
		return nil
	})
}

// showClause writes the clause that an address names.
func (w showCommand) showClause(ctx context.Context, c *console, api *connection) error {
	response, err := api.GetDocumentOutline(ctx, w.ID, &client.GetDocumentOutlineParams{At: &w.At})
	if w.JSON {
		return printJSON(c, response, err)
	}
	found, err := read[client.Outline](response, err)
	if err != nil {
		return err
	}
	for _, clause := range found.Clauses {
		c.printf("%s (%d to %d)\n\n%s\n", clause.Address, clause.Start, clause.End, *clause.Text)
	}
	return nil
}

// printDescription writes what is known of a document.
func printDescription(c *console, d client.Document) {
	c.printf("%s\n", d.Title)
	for _, line := range []struct {
		name  string
		value *string
	}{
		{"id", &d.ID}, {"city", d.City}, {"district", d.District}, {"issuer", d.Issuer}, {"number", d.DocNumber},
		{"issued", d.IssuedOn}, {"from", d.EffectiveFrom}, {"until", d.EffectiveTo}, {"kind", d.Kind}, {"status", d.Status},
		{"source", d.SourceURL}, {"original", &d.Original.Name},
	} {
		if line.value != nil {
			c.printf("%-10s%s\n", line.name, *line.value)
		}
	}
	if len(d.Tags) > 0 {
		c.printf("%-10s%s\n", "tags", strings.Join(d.Tags, ", "))
	}
	for _, r := range d.Resembles {
		c.printf("%-10s%s, %.0f %% alike\n", "resembles", r.DocumentID, 100*r.Likeness)
	}
	c.printf("%-10s%d, %d characters, %d passages\n", "version", d.Version, d.Characters, d.Passages)
}
