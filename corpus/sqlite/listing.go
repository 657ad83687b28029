package sqlite

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"policykb/corpus"
)

// conditions are joined by "and" to a WHERE clause.
type conditions struct {
	clauses []string
	args    []any
}

func (c *conditions) add(clause string, args ...any) {
	c.clauses = append(c.clauses, clause)
	c.args = append(c.args, args...)
}

func (c *conditions) where() string {
	if len(c.clauses) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(c.clauses, " AND ")
}

// oneOf asks that the column hold one of the values; no value asks for nothing.
func oneOf[T ~string](c *conditions, column string, values []T) {
	if len(values) > 0 {
		c.add(column+` IN (SELECT value FROM json_each(?))`, encode(values, "[]"))
	}
}

// filtered gives the conditions of a filter on documents d and their current versions v.
func filtered(f corpus.Filter) *conditions {
	c := &conditions{}
	oneOf(c, "v.city", withCities(f.City))
	oneOf(c, "v.district", f.District)
	oneOf(c, "v.issuer", f.Issuer)
	oneOf(c, "v.kind", f.Kind)
	oneOf(c, "v.status", f.Status)
	oneOf(c, "v.language", f.Language)
	oneOf(c, "d.id", f.DocumentID)
	if len(f.Tags) > 0 {
		c.add(`EXISTS (SELECT 1 FROM json_each(v.tags) WHERE value IN (SELECT value FROM json_each(?)))`, encode(f.Tags, "[]"))
	}
	// See corpus.Filter.Issued for what a date without day or month means.
	if !f.IssuedFrom.IsZero() {
		c.add(`v.issued_on > 0 AND v.issued_on + CASE WHEN v.issued_on % 10000 = 0 THEN 9999 WHEN v.issued_on % 100 = 0 THEN 99 ELSE 0 END >= ?`, f.IssuedFrom.Ordinal())
	}
	if !f.IssuedTo.IsZero() {
		c.add(`v.issued_on > 0 AND v.issued_on <= ?`, f.IssuedTo.LastOrdinal())
	}
	return c
}

// withCities adds to the names those of the cities that lie in provinces among
// them. It asks the gazetteer anew each time: what the gazetteer knows today is not
// kept with yesterday's documents.
func withCities(names []string) []string {
	all := slices.Clone(names)
	if len(names) == 0 {
		return all
	}
	for _, p := range corpus.Places().All() {
		if p.Level == corpus.LevelCity && slices.Contains(names, p.Province) {
			all = append(all, p.Name)
		}
	}
	return all
}

// position is where a page of a listing ended.
type position struct {
	CreatedAt int64             `json:"t"`
	ID        corpus.DocumentID `json:"d"`
}

func (p position) cursor() string {
	return base64.RawURLEncoding.EncodeToString([]byte(encode(p, "")))
}

func parseCursor(cursor string) (p position, err error) {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil || p.ID == "" {
		return p, fmt.Errorf("%w cursor %q", corpus.ErrInvalid, cursor)
	}
	return p, nil
}

// limited gives the limit, or 50 for 0.
func limited(limit int) (int, error) {
	const usual, most = 50, 500
	switch {
	case limit == 0:
		return usual, nil
	case limit < 0 || limit > most:
		return 0, fmt.Errorf("%w limit %d: 1 to %d", corpus.ErrInvalid, limit, most)
	}
	return limit, nil
}

// Documents lists documents, those added last first.
func (c *Catalogue) Documents(ctx context.Context, l corpus.Listing) (page corpus.Page, err error) {
	err = c.read(ctx, "list documents", func(tx transaction) error {
		limit, err := limited(l.Limit)
		if err != nil {
			return err
		}
		wanted := filtered(l.Filter)
		for _, word := range strings.Fields(corpus.Fold(l.Match)) {
			wanted.add(`instr(v.words, ?)`, word)
		}
		if !l.Uncounted {
			count := `SELECT count(*) FROM documents d JOIN versions v ON v.key = d.current` + wanted.where()
			if err := tx.QueryRowContext(ctx, count, wanted.args...).Scan(&page.Total); err != nil {
				return err
			}
		}
		if l.Cursor != "" {
			after, err := parseCursor(l.Cursor)
			if err != nil {
				return err
			}
			wanted.add(`(d.created_at < ? OR d.created_at = ? AND d.id > ?)`, after.CreatedAt, after.CreatedAt, after.ID)
		}
		// One more than asked for tells whether another page follows.
		rows, err := tx.QueryContext(ctx, selectDocuments+wanted.where()+` ORDER BY d.created_at DESC, d.id LIMIT ?`, append(wanted.args, limit+1)...)
		page.Documents, err = collect(rows, err, func(row scanner) (corpus.Document, error) {
			d, err := scanDocument(row)
			return d.Document, err
		})
		if err == nil && len(page.Documents) > limit {
			page.Documents = page.Documents[:limit]
			last := page.Documents[limit-1]
			page.Next = position{micros(last.CreatedAt), last.ID}.cursor()
		}
		return err
	})
	if err != nil {
		return corpus.Page{}, err
	}
	return page, nil
}

// Facets counts documents by the values that can be filtered on.
func (c *Catalogue) Facets(ctx context.Context) (facets corpus.Facets, err error) {
	err = c.read(ctx, "count facets", func(tx transaction) error {
		for _, facet := range []struct {
			value  string
			counts *[]corpus.Count
		}{
			{`v.city`, &facets.City},
			{`v.issuer`, &facets.Issuer},
			{`v.kind`, &facets.Kind},
			{`v.status`, &facets.Status},
			{`CASE WHEN v.issued_on > 0 THEN printf('%04d', v.issued_on / 10000) ELSE '' END`, &facets.Year},
		} {
			rows, err := tx.QueryContext(ctx, `SELECT `+facet.value+` AS value, count(*) AS n
				FROM documents d JOIN versions v ON v.key = d.current
				GROUP BY 1 HAVING value <> '' ORDER BY n DESC, value`)
			*facet.counts, err = collect(rows, err, func(row scanner) (n corpus.Count, err error) {
				return n, row.Scan(&n.Value, &n.Count)
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return facets, err
}
