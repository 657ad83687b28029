package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"policykb/corpus"
)

// draftMarks are what a title carries until the text is adopted.
var draftMarks = []string{"（征求意见稿）", "(征求意见稿)", "（公开征求意见稿）", "（草案）", "(草案)", "（送审稿）", "（修订草案）", "（修正草案）"}

// link notes which documents took one another's place: of the editions of a law
// (one title, issuer and number, different days of issue) each the one before it,
// and the adopted text its draft. It may be called again.
func (p *Pipeline) link(ctx context.Context, doc corpus.Document) error {
	m := doc.Metadata
	if m.Title == "" || m.Issuer == "" {
		return nil
	}
	family, err := p.catalogue.Alike(ctx, m.Title, "")
	if err != nil {
		return stored("look for other editions", err)
	}
	editions := slices.DeleteFunc(family, func(d corpus.Document) bool {
		return d.Metadata.IssuedOn.IsZero() || !slices.Equal(identity(d.Metadata), identity(m))
	})
	slices.SortFunc(editions, func(a, b corpus.Document) int { return a.Metadata.IssuedOn.Compare(b.Metadata.IssuedOn) })
	for i := 1; i < len(editions); i++ {
		before, after := editions[i-1], editions[i]
		if before.Metadata.IssuedOn.Compare(after.Metadata.IssuedOn) < 0 {
			if err := p.supersede(ctx, before, after.ID); err != nil {
				return err
			}
		}
	}
	return p.linkDraft(ctx, doc)
}

// linkDraft notes that an adopted text took the place of its draft, whichever of
// the two has just come in.
func (p *Pipeline) linkDraft(ctx context.Context, doc corpus.Document) error {
	m := doc.Metadata
	for _, mark := range draftMarks {
		adopted, isDraft := strings.CutSuffix(m.Title, mark)
		other := m.Title + mark
		if isDraft {
			other = adopted
		}
		found, err := p.catalogue.Alike(ctx, other, "")
		if err != nil {
			return stored("look for the draft", err)
		}
		for _, d := range found {
			if d.Metadata.Issuer != m.Issuer {
				continue
			}
			draft, final := d, doc
			if isDraft {
				draft, final = doc, d
			}
			if err := p.supersede(ctx, draft, final.ID); err != nil {
				return err
			}
		}
		if isDraft {
			return nil
		}
	}
	return nil
}

// supersede notes that successor took the document's place, unless that is known.
func (p *Pipeline) supersede(ctx context.Context, doc corpus.Document, successor corpus.DocumentID) error {
	if doc.Superseded == successor {
		return nil
	}
	err := p.catalogue.Supersede(ctx, doc.ID, successor)
	if errors.Is(err, corpus.ErrConflict) {
		// A person has noted the contrary.
		p.log.Warn("a document was not noted as superseded", "document", doc.ID, "successor", successor, "error", err)
		return nil
	}
	return stored(fmt.Sprintf("note that document %s is superseded", doc.ID), err)
}
