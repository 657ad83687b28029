package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"policykb/corpus"
)

const (
	insertBand = `INSERT INTO bands (band, document) VALUES (?, ?) ON CONFLICT DO NOTHING`
	dropBands  = `DELETE FROM bands WHERE document = ?`

	// What is noted from either side goes.
	dropResemblances = `DELETE FROM resemblances WHERE document = ?1 OR other = ?1`

	sharingBands = `SELECT d.id FROM documents d JOIN (
			SELECT o.document AS key, count(*) AS shared
			FROM documents me JOIN bands b ON b.document = me.key JOIN bands o ON o.band = b.band AND o.document <> me.key
			WHERE me.id = ?1 GROUP BY o.document
		) USING (key) ORDER BY shared DESC, d.id LIMIT ?2`
)

// setBands gives the document with the key the bands of a new text, which is not
// known to resemble any.
func setBands(ctx context.Context, tx transaction, document int64, bands []uint64) error {
	for _, drop := range []string{dropBands, dropResemblances} {
		if _, err := tx.ExecContext(ctx, drop, document); err != nil {
			return err
		}
	}
	for _, band := range bands {
		if _, err := tx.ExecContext(ctx, insertBand, int64(band), document); err != nil {
			return err
		}
	}
	return nil
}

// keyOf returns the key of a document.
func keyOf(ctx context.Context, tx transaction, id corpus.DocumentID) (key int64, err error) {
	if _, err := document(ctx, tx, id); err != nil {
		return 0, err
	}
	err = tx.QueryRowContext(ctx, `SELECT key FROM documents WHERE id = ?`, id).Scan(&key)
	return key, err
}

// SetBands gives the current version of a document bands.
func (c *Catalogue) SetBands(ctx context.Context, id corpus.DocumentID, bands []uint64) error {
	return c.write(ctx, "note the bands of document "+string(id), func(tx transaction) error {
		key, err := keyOf(ctx, tx, id)
		if err != nil {
			return err
		}
		return setBands(ctx, tx, key, bands)
	})
}

// Sharing finds the documents that have bands in common with a document.
func (c *Catalogue) Sharing(ctx context.Context, id corpus.DocumentID, limit int) (ids []corpus.DocumentID, err error) {
	err = c.read(ctx, "find documents alike to "+string(id), func(tx transaction) error {
		rows, err := tx.QueryContext(ctx, sharingBands, id, limit)
		ids, err = collect(rows, err, func(row scanner) (id corpus.DocumentID, err error) {
			err = row.Scan(&id)
			return id, err
		})
		return err
	})
	return ids, err
}

// Resemble notes which documents a document resembles, from both sides.
func (c *Catalogue) Resemble(ctx context.Context, id corpus.DocumentID, others []corpus.Resemblance) error {
	return c.write(ctx, "note what document "+string(id)+" resembles", func(tx transaction) error {
		key, err := keyOf(ctx, tx, id)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, dropResemblances, key); err != nil {
			return err
		}
		for _, other := range others {
			for _, insert := range []string{
				`INSERT INTO resemblances (document, other, likeness) SELECT ?1, key, ?3 FROM documents WHERE id = ?2 AND key <> ?1`,
				`INSERT INTO resemblances (document, other, likeness) SELECT key, ?1, ?3 FROM documents WHERE id = ?2 AND key <> ?1`,
			} {
				if _, err := tx.ExecContext(ctx, insert, key, other.Document, other.Likeness); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// resembling is, in a query on documents d, whom each resembles, most first.
const resembling = `(SELECT json_group_array(json_object('document_id', id, 'likeness', likeness)) FROM (
		SELECT o.id, r.likeness FROM resemblances r JOIN documents o ON o.key = r.other
		WHERE r.document = d.key ORDER BY r.likeness DESC, o.id))`

// decodeResemblances reads a value of resembling; nil where there are none.
func decodeResemblances(value string) (all []corpus.Resemblance, err error) {
	if value == "[]" {
		return nil, nil
	}
	if err := json.Unmarshal([]byte(value), &all); err != nil {
		return nil, fmt.Errorf("resemblances: %w", err)
	}
	return all, nil
}
