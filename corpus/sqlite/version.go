package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"policykb/corpus"
)

// Version returns one version whole.
func (c *Catalogue) Version(ctx context.Context, id corpus.DocumentID, number int) (v corpus.Version, err error) {
	err = c.read(ctx, "read version", func(tx transaction) error {
		var row versionRow
		row, v, err = version(ctx, tx, id, number)
		if err != nil {
			return err
		}
		if v.Outline, err = outline(ctx, tx, row.key); err != nil {
			return fmt.Errorf("outline of document %s, version %d: %w", id, v.Number, err)
		}
		return fill(ctx, tx, map[int64]*corpus.Version{row.key: &v})
	})
	if err != nil {
		return corpus.Version{}, err
	}
	return v, nil
}

// Versions lists a document's versions, oldest first.
func (c *Catalogue) Versions(ctx context.Context, id corpus.DocumentID) ([]corpus.Version, error) {
	rows, err := c.reader.QueryContext(ctx, selectVersions+`WHERE d.id = ? ORDER BY v.number`, id)
	all, err := collect(rows, err, func(row scanner) (corpus.Version, error) {
		_, v, err := scanVersion(row)
		return v, err
	})
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("document %s: %w", id, corpus.ErrNotFound)
	}
	return all, c.fault("list versions", err)
}

// Text returns the canonical text of a version.
func (c *Catalogue) Text(ctx context.Context, id corpus.DocumentID, number int) (text string, err error) {
	err = c.read(ctx, "read text", func(tx transaction) error {
		row, _, err := version(ctx, tx, id, number)
		if err != nil {
			return err
		}
		texts, err := texts(ctx, tx, []int64{row.key})
		text = texts[row.key]
		return err
	})
	return text, err
}

// Outline returns the sections of a version and its text.
func (c *Catalogue) Outline(ctx context.Context, id corpus.DocumentID, number int) (sections []corpus.Section, text string, err error) {
	err = c.read(ctx, "read outline", func(tx transaction) error {
		row, v, err := version(ctx, tx, id, number)
		if err != nil {
			return err
		}
		if sections, err = outline(ctx, tx, row.key); err != nil {
			return fmt.Errorf("outline of document %s, version %d: %w", id, v.Number, err)
		}
		texts, err := texts(ctx, tx, []int64{row.key})
		text = texts[row.key]
		return err
	})
	if err != nil {
		return nil, "", err
	}
	return sections, text, nil
}

// selectVersions yields rows for scanVersion.
const selectVersions = `SELECT ` + versionColumns + `, d.id, v.created_at FROM versions v JOIN documents d ON d.key = v.document `

const (
	versionByNumber = selectVersions + `WHERE d.id = ?1 AND CASE ?2 WHEN 0 THEN v.key = d.current ELSE v.number = ?2 END`
	textsOf         = `SELECT version, text FROM texts WHERE version IN (SELECT value FROM json_each(?)) ORDER BY version, part`
	passagesOf      = `SELECT ` + passageColumns + ` FROM passages p WHERE p.version IN (SELECT value FROM json_each(?)) ORDER BY p.version, p.ordinal`
)

// scanVersion reads a version without outline, text and passages.
func scanVersion(scan scanner) (row versionRow, v corpus.Version, err error) {
	var created int64
	if err := scan.Scan(append(row.targets(), &v.Document, &created)...); err != nil {
		return row, v, err
	}
	if v.Origins, err = row.finish(); err != nil {
		return row, v, fmt.Errorf("document %s, version %d: %w", v.Document, row.number, err)
	}
	v.Number, v.Metadata, v.Original, v.CreatedAt = row.number, row.metadata, row.original, instant(created)
	return row, v, nil
}

// version reads a version without outline, text and passages; number 0 is the current one.
func version(ctx context.Context, tx transaction, id corpus.DocumentID, number int) (versionRow, corpus.Version, error) {
	row, v, err := scanVersion(tx.QueryRowContext(ctx, versionByNumber, id, number))
	switch {
	case !errors.Is(err, sql.ErrNoRows):
		return row, v, err
	case number == 0:
		return row, v, fmt.Errorf("document %s: %w", id, corpus.ErrNotFound)
	}
	return row, v, fmt.Errorf("version %d of document %s: %w", number, id, corpus.ErrNotFound)
}

// outline reads the sections of a version.
func outline(ctx context.Context, tx transaction, version int64) (sections []corpus.Section, err error) {
	var stored []byte
	if err := tx.QueryRowContext(ctx, `SELECT outline FROM versions WHERE key = ?`, version).Scan(&stored); err != nil {
		return nil, err
	}
	err = decode(stored, "[]", &sections)
	return sections, err
}

// texts puts the texts of versions together.
func texts(ctx context.Context, tx transaction, versions []int64) (map[int64]string, error) {
	built := make(map[int64]*strings.Builder, len(versions))
	rows, err := tx.QueryContext(ctx, textsOf, encode(versions, "[]"))
	err = each(rows, err, func(row scanner) error {
		var version int64
		var part string
		if err := row.Scan(&version, &part); err != nil {
			return err
		}
		b := built[version]
		if b == nil {
			b = &strings.Builder{}
			built[version] = b
		}
		b.WriteString(part)
		return nil
	})
	whole := make(map[int64]string, len(built))
	for version, b := range built {
		whole[version] = b.String()
	}
	return whole, err
}

// fill reads the texts and passages of versions, which are given by their keys.
func fill(ctx context.Context, tx transaction, versions map[int64]*corpus.Version) error {
	keys := slices.Sorted(maps.Keys(versions))
	texts, err := texts(ctx, tx, keys)
	if err != nil {
		return err
	}
	for key, v := range versions {
		v.Text = texts[key]
	}
	var reader passageReader
	var ruler corpus.Ruler
	var last int64
	rows, err := tx.QueryContext(ctx, passagesOf, encode(keys, "[]"))
	return each(rows, err, func(row scanner) error {
		key, p, err := reader.scan(row)
		if err != nil {
			return err
		}
		v := versions[key]
		if key != last {
			last, ruler = key, corpus.Ruler{Text: v.Text}
		}
		var ok bool
		if p.Text, ok = ruler.Slice(p.Span); !ok {
			return fmt.Errorf("the text of document %s, version %d, ends before character %d: %w", v.Document, v.Number, p.Span.End, ErrDamaged)
		}
		belong(&p, v.Document, v.Number)
		v.Passages = append(v.Passages, p)
		return nil
	})
}

// A batch of Current holds at most so many documents and, unless a single one is
// longer, so many characters: what is in memory at a time is bounded.
const (
	batchDocuments  = 128
	batchCharacters = 2_000_000
)

// Current yields every current version without text and outline. It reads one
// batch ahead while the caller works, and each batch in a transaction of its own: a
// slow caller holds up nobody.
func (c *Catalogue) Current(ctx context.Context) iter.Seq2[corpus.Version, error] {
	type result struct {
		batch []*corpus.Version
		err   error
	}
	return func(yield func(corpus.Version, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		results, stopped := make(chan result), make(chan struct{})
		var reading sync.WaitGroup
		defer reading.Wait()
		defer cancel()
		defer close(stopped)
		reading.Go(func() {
			defer close(results)
			for after := corpus.DocumentID(""); ; {
				batch, err := c.currentAfter(ctx, after)
				if err == nil && len(batch) == 0 {
					return
				}
				select {
				case results <- result{batch, err}:
				case <-stopped:
					return
				}
				if err != nil {
					return
				}
				after = batch[len(batch)-1].Document
			}
		})
		for r := range results {
			if r.err != nil {
				yield(corpus.Version{}, r.err)
				return
			}
			for _, v := range r.batch {
				if !yield(*v, nil) {
					return
				}
			}
		}
	}
}

// currentAfter reads the batch that follows a document.
func (c *Catalogue) currentAfter(ctx context.Context, after corpus.DocumentID) (batch []*corpus.Version, err error) {
	err = c.read(ctx, "read current versions", func(tx transaction) error {
		versions := map[int64]*corpus.Version{}
		characters := 0
		rows, err := tx.QueryContext(ctx, selectVersions+`WHERE d.id > ? AND v.key = d.current ORDER BY d.id LIMIT ?`, after, batchDocuments)
		err = each(rows, err, func(row scanner) error {
			r, v, err := scanVersion(row)
			if characters += r.characters; characters <= batchCharacters || len(batch) == 0 {
				versions[r.key] = &v
				batch = append(batch, &v)
			}
			return err
		})
		if err != nil {
			return err
		}
		if err := fill(ctx, tx, versions); err != nil {
			return err
		}
		for _, v := range batch {
			v.Text = ""
		}
		return nil
	})
	return batch, err
}
