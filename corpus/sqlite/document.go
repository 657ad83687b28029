package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"policykb/corpus"
)

// described is a document and the key of the version that describes it.
type described struct {
	corpus.Document
	current int64
}

// versionColumns are what Document and Version have in common, in the order of
// versionRow's fields.
const versionColumns = `v.key, v.number, v.title, v.city, v.district, v.issuer, v.doc_number,
	v.issued_on, v.effective_from, v.effective_to, v.kind, v.status, v.source_url, v.language, v.tags, v.origins,
	v.original_hash, v.original_name, v.original_type, v.original_size, v.text_hash, v.characters, v.passages`

// selectDocuments yields rows for scanDocument.
const selectDocuments = `SELECT ` + versionColumns + `, d.id, d.created_at, d.updated_at,
	coalesce((SELECT s.id FROM documents s WHERE s.key = d.successor), ''),
	coalesce((SELECT min(o.id) FROM documents o WHERE o.successor = d.key), ''), ` + resembling + `
FROM documents d JOIN versions v ON v.key = d.current `

const (
	documentByID  = selectDocuments + `WHERE d.id = ?`
	documentsByID = selectDocuments + `WHERE d.id IN (SELECT value FROM json_each(?))`
)

// versionRow is a row of versions without its outline.
type versionRow struct {
	key                  int64
	number               int
	metadata             corpus.Metadata
	issued, from, to     int
	tags, origins        string
	original             corpus.Original
	textHash             string
	characters, passages int
}

// targets are where to scan versionColumns to.
func (r *versionRow) targets() []any {
	m, o := &r.metadata, &r.original
	return []any{&r.key, &r.number, &m.Title, &m.City, &m.District, &m.Issuer, &m.DocNumber,
		&r.issued, &r.from, &r.to, &m.Kind, &m.Status, &m.SourceURL, &m.Language, &r.tags, &r.origins,
		&o.Hash, &o.Name, &o.MediaType, &o.Size, &r.textHash, &r.characters, &r.passages}
}

// finish decodes what SQLite has no type for.
func (r *versionRow) finish() (origins map[string]corpus.Origin, err error) {
	m := &r.metadata
	m.IssuedOn, m.EffectiveFrom, m.EffectiveTo = date(r.issued), date(r.from), date(r.to)
	if m.Tags, err = decodeList(r.tags); err != nil {
		return nil, err
	}
	return decodeOrigins(r.origins)
}

// scanner is a row to be read: *sql.Row or *sql.Rows.
type scanner interface{ Scan(...any) error }

func scanDocument(row scanner) (d described, err error) {
	var v versionRow
	var created, updated int64
	var resembles string
	if err := row.Scan(append(v.targets(), &d.ID, &created, &updated, &d.Superseded, &d.Supersedes, &resembles)...); err != nil {
		return d, err
	}
	if d.Origins, err = v.finish(); err != nil {
		return d, fmt.Errorf("document %s: %w", d.ID, err)
	}
	if d.Resembles, err = decodeResemblances(resembles); err != nil {
		return d, fmt.Errorf("document %s: %w", d.ID, err)
	}
	d.current, d.Version = v.key, v.number
	d.Metadata, d.Original = v.metadata, v.original
	d.TextHash, d.Characters, d.Passages = v.textHash, v.characters, v.passages
	d.CreatedAt, d.UpdatedAt = instant(created), instant(updated)
	return d, nil
}

// Document returns the document as its current version describes it.
func (c *Catalogue) Document(ctx context.Context, id corpus.DocumentID) (doc corpus.Document, err error) {
	err = c.read(ctx, "read document", func(tx transaction) error {
		d, err := document(ctx, tx, id)
		doc = d.Document
		return err
	})
	return doc, err
}

func document(ctx context.Context, tx transaction, id corpus.DocumentID) (described, error) {
	d, err := scanDocument(tx.QueryRowContext(ctx, documentByID, id))
	if errors.Is(err, sql.ErrNoRows) {
		return d, fmt.Errorf("document %s: %w", id, corpus.ErrNotFound)
	}
	return d, err
}

const (
	documentsByOriginal = selectDocuments + `WHERE d.key = v.document AND v.original_hash = ? ORDER BY d.id`

	documentsAlike = selectDocuments + `WHERE d.key = v.document AND v.key IN (
			SELECT key FROM versions WHERE title = ?1
			UNION SELECT key FROM versions WHERE source_url = ?2 AND source_url <> ''
		) ORDER BY d.id`
)

// ByOriginal finds the documents whose current version was read from these bytes.
func (c *Catalogue) ByOriginal(ctx context.Context, hash string) ([]corpus.Document, error) {
	return c.documentsWith(ctx, "find documents by original", documentsByOriginal, hash)
}

// Alike finds the documents whose current version has this title or source address.
func (c *Catalogue) Alike(ctx context.Context, title, sourceURL string) ([]corpus.Document, error) {
	return c.documentsWith(ctx, "find documents alike", documentsAlike, title, sourceURL)
}

// documentsWith returns the documents that a query finds.
func (c *Catalogue) documentsWith(ctx context.Context, doing, query string, args ...any) (docs []corpus.Document, err error) {
	err = c.read(ctx, doing, func(tx transaction) error {
		rows, err := tx.QueryContext(ctx, query, args...)
		docs, err = collect(rows, err, func(row scanner) (corpus.Document, error) {
			d, err := scanDocument(row)
			return d.Document, err
		})
		return err
	})
	return docs, err
}

// OriginalInUse reports whether a version or a job that may still run needs these bytes.
func (c *Catalogue) OriginalInUse(ctx context.Context, hash string) (used bool, err error) {
	err = c.reader.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM versions WHERE original_hash = ?1)
		OR EXISTS (SELECT 1 FROM jobs WHERE original_hash = ?1 AND state NOT IN (?2, ?3))`,
		hash, corpus.JobDone, corpus.JobUnchanged).Scan(&used)
	return used, c.fault("look for users of an original", err)
}

// Holdings returns the current version of every document.
func (c *Catalogue) Holdings(ctx context.Context) (map[corpus.DocumentID]corpus.Holding, error) {
	held := map[corpus.DocumentID]corpus.Holding{}
	rows, err := c.reader.QueryContext(ctx, `SELECT d.id, v.number, v.passages FROM documents d JOIN versions v ON v.key = d.current`)
	err = each(rows, err, func(row scanner) error {
		var id corpus.DocumentID
		var h corpus.Holding
		err := row.Scan(&id, &h.Version, &h.Passages)
		held[id] = h
		return err
	})
	return held, c.fault("list holdings", err)
}
