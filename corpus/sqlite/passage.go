package sqlite

import (
	"context"
	"fmt"
	"slices"

	"policykb/corpus"
)

// passageColumns yields rows for passageReader.scan.
const passageColumns = `p.version, p.ordinal, p.kind, p.start, p.stop, p.headings, p.header, p.page, p.turns`

// passagesByPlace yields, for a list of places, a row for each part of the text in
// which the passage lies, or one row where it is empty. CROSS JOIN keeps the order
// of the tables: passages and parts are looked up by their keys.
var passagesByPlace = fmt.Sprintf(`SELECT %s, wanted.key, coalesce(t.part, 0), coalesce(t.text, '') FROM json_each(?) AS wanted
	CROSS JOIN passages p ON p.version = wanted.value >> %d AND p.ordinal = wanted.value & %d
	LEFT JOIN texts t ON p.start < p.stop AND t.version = p.version AND t.part BETWEEN p.start / %[4]d AND (p.stop - 1) / %[4]d`, passageColumns, ordinalBits, 1<<ordinalBits-1, partLength)

// passageReader scans passages, without their text. Neighbouring passages mostly
// stand under the same headings, and then share the list.
type passageReader struct {
	headings string // as they are stored
	path     []string
}

// scan reads a row that begins with passageColumns: a passage and the key of its version.
func (r *passageReader) scan(row scanner, more ...any) (version int64, p corpus.Passage, err error) {
	var headings, turns string
	columns := []any{&version, &p.Ordinal, &p.Kind, &p.Span.Start, &p.Span.End, &headings, &p.Header, &p.Page, &turns}
	if err := row.Scan(append(columns, more...)...); err != nil {
		return 0, p, err
	}
	if turns != "" {
		if err := decode([]byte(turns), "", &p.Turns); err != nil {
			return 0, p, fmt.Errorf("pages of passage %d: %w", p.Ordinal, err)
		}
	}
	if headings != r.headings {
		path, err := decodeList(headings)
		if err != nil {
			return 0, p, fmt.Errorf("headings of passage %d: %w", p.Ordinal, err)
		}
		r.headings, r.path = headings, slices.Clip(path)
	}
	p.HeadingPath = r.path
	return version, p, nil
}

// belong says which document and version a passage is of, and names it so.
func belong(p *corpus.Passage, doc corpus.DocumentID, version int) {
	p.ID, p.Document, p.Version = corpus.NewPassageID(doc, version, p.Ordinal), doc, version
}

// place is the row of a passage in one number, which SQLite reads faster than two:
// the key of its version, then ordinalBits of its ordinal.
type place int64

const ordinalBits = 32

func placeOf(version int64, ordinal int) place { return place(version<<ordinalBits | int64(ordinal)) }

// Passages returns those of the passages that are part of a current version.
func (c *Catalogue) Passages(ctx context.Context, ids []corpus.PassageID) (found []corpus.Found, err error) {
	err = c.read(ctx, "read passages", func(tx transaction) error {
		docs, err := documentsOf(ctx, tx, ids)
		if err != nil {
			return err
		}
		var wanted []place
		var owners []*corpus.Document // of wanted
		for _, id := range ids {
			doc, version, ordinal, _ := id.Place()
			if d := docs[doc]; d != nil && d.Version == version && ordinal < d.Passages {
				wanted = append(wanted, placeOf(d.current, ordinal))
				owners = append(owners, &d.Document)
			}
		}
		passages, err := passagesAt(ctx, tx, wanted)
		if err != nil {
			return err
		}
		found = make([]corpus.Found, 0, len(passages))
		for i, p := range passages {
			if p != nil {
				belong(p, owners[i].ID, owners[i].Version)
				found = append(found, corpus.Found{Passage: *p, Document: *owners[i]})
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// documentsOf reads the documents that the passages name.
func documentsOf(ctx context.Context, tx transaction, ids []corpus.PassageID) (map[corpus.DocumentID]*described, error) {
	docs := make(map[corpus.DocumentID]*described, len(ids))
	var names []corpus.DocumentID
	for _, id := range ids {
		doc, _, _, ok := id.Place()
		if _, seen := docs[doc]; ok && !seen {
			docs[doc] = nil
			names = append(names, doc)
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	rows, err := tx.QueryContext(ctx, documentsByID, encode(names, "[]"))
	return docs, each(rows, err, func(row scanner) error {
		d, err := scanDocument(row)
		docs[d.ID] = &d
		return err
	})
}

// passagesAt reads passages with their texts, in the order of places; nil where
// there is none.
func passagesAt(ctx context.Context, tx transaction, places []place) ([]*corpus.Passage, error) {
	if len(places) == 0 {
		return nil, nil
	}
	passages := make([]*corpus.Passage, len(places))
	parts := make([]map[int]string, len(places))
	var reader passageReader
	rows, err := tx.QueryContext(ctx, passagesByPlace, encode(places, "[]"))
	err = each(rows, err, func(row scanner) error {
		var i, part int
		var text string
		_, p, err := reader.scan(row, &i, &part, &text)
		if err != nil {
			return err
		}
		if passages[i] == nil {
			passages[i], parts[i] = &p, map[int]string{}
		}
		parts[i][part] = text
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i, p := range passages {
		if p == nil || p.Span.Len() == 0 {
			continue
		}
		first := p.Span.Start / partLength
		ruler := corpus.Ruler{Offset: first * partLength, Text: parts[i][first]}
		for part := first + 1; part*partLength < p.Span.End; part++ {
			ruler.Text += parts[i][part]
		}
		text, ok := ruler.Slice(p.Span)
		if !ok {
			return nil, fmt.Errorf("a text ends before character %d: %w", p.Span.End, ErrDamaged)
		}
		p.Text = text
	}
	return passages, nil
}

// Neighbours returns the passages of a current version with ordinals in [from, to].
func (c *Catalogue) Neighbours(ctx context.Context, id corpus.DocumentID, from, to int) (near []corpus.Passage, err error) {
	err = c.read(ctx, "read neighbours", func(tx transaction) error {
		doc, err := document(ctx, tx, id)
		if err != nil {
			return err
		}
		var wanted []place
		for ordinal := max(0, from); ordinal <= min(to, doc.Passages-1); ordinal++ {
			wanted = append(wanted, placeOf(doc.current, ordinal))
		}
		passages, err := passagesAt(ctx, tx, wanted)
		if err != nil {
			return err
		}
		for _, p := range passages {
			if p != nil {
				belong(p, doc.ID, doc.Version)
				near = append(near, *p)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return near, nil
}
