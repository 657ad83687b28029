package sqlite

import (
	"context"

	"policykb/corpus"
)

const (
	insertRepeal = `INSERT INTO repeals (document, ordinal, title, number, start, stop) VALUES (?, ?, ?, ?, ?, ?)`
	dropRepeals  = `DELETE FROM repeals WHERE document = ?`

	repealedBy = `SELECT r.title, r.number, r.start, r.stop FROM repeals r JOIN documents d ON d.key = r.document
		WHERE d.id = ? ORDER BY r.ordinal`
	documentsRepealing = selectDocuments + `WHERE d.key = v.document AND v.key = d.current
		AND d.key IN (SELECT document FROM repeals WHERE title = ?) ORDER BY d.id`
)

// setRepeals notes what a new text of the document with the key repeals.
func setRepeals(ctx context.Context, tx transaction, document int64, repeals []corpus.Repeal) error {
	if _, err := tx.ExecContext(ctx, dropRepeals, document); err != nil {
		return err
	}
	for ordinal, r := range repeals {
		if _, err := tx.ExecContext(ctx, insertRepeal, document, ordinal, r.Title, r.Number, r.Span.Start, r.Span.End); err != nil {
			return err
		}
	}
	return nil
}

// Repealed returns what the current version of a document repeals.
func (c *Catalogue) Repealed(ctx context.Context, id corpus.DocumentID) (repeals []corpus.Repeal, err error) {
	err = c.read(ctx, "read what document "+string(id)+" repeals", func(tx transaction) error {
		rows, err := tx.QueryContext(ctx, repealedBy, id)
		repeals, err = collect(rows, err, func(row scanner) (r corpus.Repeal, err error) {
			err = row.Scan(&r.Title, &r.Number, &r.Span.Start, &r.Span.End)
			return r, err
		})
		return err
	})
	return repeals, err
}

// Repealing finds the documents that repeal a text of this title.
func (c *Catalogue) Repealing(ctx context.Context, title string) ([]corpus.Document, error) {
	return c.documentsWith(ctx, "find what repeals a text", documentsRepealing, title)
}
