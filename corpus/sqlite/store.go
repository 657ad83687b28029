package sqlite

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"policykb/corpus"
)

// partLength is the number of code points in every part of a text but the last. A
// passage then lies in one part or two, and two parts of Han text fill a page of
// the file, 4 KB.
const partLength = 640

// Store adds a version and makes it the current one.
func (c *Catalogue) Store(ctx context.Context, v corpus.Version) (doc corpus.Document, changed bool, err error) {
	if err := v.Check(); err != nil {
		return doc, false, fmt.Errorf("store: %w", err)
	}
	sum := sha256.Sum256([]byte(v.Text))
	hash := hex.EncodeToString(sum[:])
	err = c.write(ctx, "store document "+string(v.Document), func(tx transaction) error {
		current, err := document(ctx, tx, v.Document)
		known := err == nil
		switch {
		case known && current.TextHash == hash && sameMetadata(current.Metadata, v.Metadata):
			doc = current.Document
			return nil
		case known:
			v.Number = current.Version + 1
		case errors.Is(err, corpus.ErrNotFound):
			if v.Number, err = firstNumber(ctx, tx, v.Document); err != nil {
				return err
			}
		default:
			return err
		}
		changed = true
		if v.CreatedAt.IsZero() {
			v.CreatedAt = c.now()
		}
		if err := addVersion(ctx, tx, v, hash); err != nil {
			return err
		}
		stored, err := document(ctx, tx, v.Document)
		doc = stored.Document
		return err
	})
	if err != nil {
		return corpus.Document{}, false, err
	}
	return doc, changed, nil
}

// firstNumber is 1, or for a document that was removed, the number after its last.
func firstNumber(ctx context.Context, tx transaction, id corpus.DocumentID) (n int, err error) {
	err = tx.QueryRowContext(ctx, `SELECT coalesce((SELECT number FROM removed WHERE id = ?), 0) + 1`, id).Scan(&n)
	return n, err
}

const (
	insertDocument = `INSERT INTO documents (id, current, created_at, updated_at) VALUES (?1, 0, ?2, ?2)
		ON CONFLICT (id) DO UPDATE SET updated_at = ?2 RETURNING key`

	insertVersion = `INSERT INTO versions (document, number, title, city, district, issuer, doc_number,
			issued_on, effective_from, effective_to, kind, status, source_url, language, tags, words,
			original_hash, original_name, original_type, original_size, text_hash, characters, passages, created_at, origins, outline)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

	setCurrent    = `UPDATE documents SET current = ? WHERE key = ?`
	insertPart    = `INSERT INTO texts (version, part, text) VALUES (?, ?, ?)`
	insertPassage = `INSERT INTO passages (version, ordinal, kind, start, stop, headings, header, page, turns) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`
)

// addVersion writes the numbered version and all of its parts.
func addVersion(ctx context.Context, tx transaction, v corpus.Version, hash string) error {
	// The document comes first because versions refer to it; it refers to its
	// current version in turn, which SQLite checks at the end.
	var document int64
	at := micros(v.CreatedAt)
	if err := tx.QueryRowContext(ctx, insertDocument, v.Document, at).Scan(&document); err != nil {
		return err
	}
	m, o := v.Metadata, v.Original
	origins, err := encodeOrigins(v.Origins)
	if err != nil {
		return err
	}
	result, err := tx.ExecContext(ctx, insertVersion,
		document, v.Number, m.Title, m.City, m.District, m.Issuer, m.DocNumber,
		m.IssuedOn.Ordinal(), m.EffectiveFrom.Ordinal(), m.EffectiveTo.Ordinal(), m.Kind, m.Status, m.SourceURL, m.Language, encode(m.Tags, "[]"), words(m),
		o.Hash, o.Name, o.MediaType, o.Size, hash, utf8.RuneCountInString(v.Text), len(v.Passages), at, origins, encode(v.Outline, "[]"))
	if err != nil {
		return err
	}
	key, err := result.LastInsertId()
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, setCurrent, key, document); err != nil {
		return err
	}
	if err := addText(ctx, tx, key, v.Text); err != nil {
		return err
	}
	if err := setBands(ctx, tx, document, v.Bands); err != nil {
		return err
	}
	if err := setRepeals(ctx, tx, document, v.Repeals); err != nil {
		return err
	}
	return addPassages(ctx, tx, key, v.Passages)
}

// addText writes a text in parts.
func addText(ctx context.Context, tx transaction, version int64, text string) error {
	part, from, runes := 0, 0, 0
	for i := range text {
		if runes == partLength {
			if _, err := tx.ExecContext(ctx, insertPart, version, part, text[from:i]); err != nil {
				return err
			}
			part, from, runes = part+1, i, 0
		}
		runes++
	}
	if from == len(text) {
		return nil
	}
	_, err := tx.ExecContext(ctx, insertPart, version, part, text[from:])
	return err
}

func addPassages(ctx context.Context, tx transaction, version int64, passages []corpus.Passage) error {
	for ordinal, p := range passages {
		if _, err := tx.ExecContext(ctx, insertPassage, version, ordinal, p.Kind, p.Span.Start, p.Span.End, encode(p.HeadingPath, "[]"), p.Header, p.Page, encode(p.Turns, "")); err != nil {
			return err
		}
	}
	return nil
}

// Remove deletes the document, and keeps only the number of its last version.
func (c *Catalogue) Remove(ctx context.Context, id corpus.DocumentID) error {
	return c.write(ctx, "remove document", func(tx transaction) error {
		doc, err := document(ctx, tx, id)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO removed (id, number) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET number = excluded.number`, id, doc.Version); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM documents WHERE id = ?`, id); err != nil {
			return err
		}
		return c.stopJobs(ctx, tx, id)
	})
}

// Describe replaces the metadata of the current version.
func (c *Catalogue) Describe(ctx context.Context, id corpus.DocumentID, m corpus.Metadata, origins map[string]corpus.Origin) (doc corpus.Document, err error) {
	from, err := encodeOrigins(origins)
	if err != nil {
		return doc, fmt.Errorf("describe document: %w", err)
	}
	err = c.write(ctx, "describe document", func(tx transaction) error {
		current, err := document(ctx, tx, id)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE versions SET title = ?, city = ?, district = ?, issuer = ?, doc_number = ?,
				issued_on = ?, effective_from = ?, effective_to = ?, kind = ?, status = ?, source_url = ?, language = ?, tags = ?, words = ?, origins = ?
			WHERE key = ?`,
			m.Title, m.City, m.District, m.Issuer, m.DocNumber,
			m.IssuedOn.Ordinal(), m.EffectiveFrom.Ordinal(), m.EffectiveTo.Ordinal(), m.Kind, m.Status, m.SourceURL, m.Language, encode(m.Tags, "[]"), words(m), from,
			current.current); err != nil {
			return err
		}
		if err := c.touch(ctx, tx, id); err != nil {
			return err
		}
		current, err = document(ctx, tx, id)
		doc = current.Document
		return err
	})
	return doc, err
}

// Supersede notes which document took the place of another.
func (c *Catalogue) Supersede(ctx context.Context, id, successor corpus.DocumentID) error {
	return c.write(ctx, "supersede document", func(tx transaction) error {
		if _, err := document(ctx, tx, id); err != nil {
			return err
		}
		if successor != "" {
			if _, err := document(ctx, tx, successor); err != nil {
				return err
			}
			var circular bool
			if err := tx.QueryRowContext(ctx, `WITH RECURSIVE chain (key) AS (
					SELECT key FROM documents WHERE id = ?1
					UNION
					SELECT d.successor FROM documents d JOIN chain ON d.key = chain.key WHERE d.successor IS NOT NULL
				) SELECT EXISTS (SELECT 1 FROM chain JOIN documents d ON d.key = chain.key WHERE d.id = ?2)`, successor, id).Scan(&circular); err != nil {
				return err
			}
			if circular {
				return fmt.Errorf("%w: document %s already stands in the place of %s", corpus.ErrConflict, id, successor)
			}
		}
		if _, err := tx.ExecContext(ctx, `UPDATE documents SET successor = (SELECT key FROM documents WHERE id = ?) WHERE id = ?`, successor, id); err != nil {
			return err
		}
		return c.touch(ctx, tx, id)
	})
}

// touch notes that the document has changed now.
func (c *Catalogue) touch(ctx context.Context, tx transaction, id corpus.DocumentID) error {
	_, err := tx.ExecContext(ctx, `UPDATE documents SET updated_at = ? WHERE id = ?`, micros(c.now()), id)
	return err
}

// sameMetadata compares all fields; no tags are the same as an empty list.
func sameMetadata(a, b corpus.Metadata) bool {
	return a.Title == b.Title && a.City == b.City && a.District == b.District && a.Issuer == b.Issuer && a.DocNumber == b.DocNumber &&
		a.IssuedOn == b.IssuedOn && a.EffectiveFrom == b.EffectiveFrom && a.EffectiveTo == b.EffectiveTo &&
		a.Kind == b.Kind && a.Status == b.Status && a.SourceURL == b.SourceURL && a.Language == b.Language && slices.Equal(a.Tags, b.Tags)
}

// words is what a listing's Match looks at.
func words(m corpus.Metadata) string {
	return corpus.Fold(m.Title + "\n" + m.Issuer + "\n" + m.DocNumber)
}
