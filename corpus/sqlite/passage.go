package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"policykb/corpus"
)

// passageColumns yields rows for passageReader.scan.
const passageColumns = `p.version, p.ordinal, p.kind, p.start, p.stop, p.headings, p.header, p.page`

// passageReader scans passages, without their text. Neighbouring passages mostly
// stand under the same headings, and then share the list.
type passageReader struct {
	raw  []byte
	path []string
}

// scan reads one passage and the key of its version.
func (r *passageReader) scan(row scanner) (version int64, p corpus.Passage, err error) {
	var headings sql.RawBytes
	if err := row.Scan(&version, &p.Ordinal, &p.Kind, &p.Span.Start, &p.Span.End, &headings, &p.Header, &p.Page); err != nil {
		return 0, p, err
	}
	if !bytes.Equal(headings, r.raw) {
		r.raw, r.path = bytes.Clone(headings), nil
		if err := decode(headings, "[]", &r.path); err != nil {
			return 0, p, fmt.Errorf("headings of passage %d: %w", p.Ordinal, err)
		}
		r.path = slices.Clip(r.path)
	}
	p.HeadingPath = r.path
	return version, p, nil
}

// belong says which document and version a passage is of, and names it so.
func belong(p *corpus.Passage, doc corpus.DocumentID, version int) {
	p.ID, p.Document, p.Version = corpus.NewPassageID(doc, version, p.Ordinal), doc, version
}

// place is the row of a passage, or a part of a text: the key of the version and
// the number in it.
type place struct {
	version int64
	number  int
}

// Passages returns those of the passages that are part of a current version.
func (c *Catalogue) Passages(ctx context.Context, ids []corpus.PassageID) (found []corpus.Found, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	err = c.read(ctx, "read passages", func(tx *sql.Tx) error {
		docs, err := c.documentsOf(ctx, tx, ids)
		if err != nil {
			return err
		}
		var wanted []place
		var owners []corpus.Document // of wanted
		for _, id := range ids {
			doc, version, ordinal, _ := id.Place()
			if d, ok := docs[doc]; ok && d.Version == version {
				wanted = append(wanted, place{d.current, ordinal})
				owners = append(owners, d.Document)
			}
		}
		passages, err := c.passagesAt(ctx, tx, wanted)
		if err != nil {
			return err
		}
		for i, at := range wanted {
			if p, ok := passages[at]; ok {
				belong(&p, owners[i].ID, owners[i].Version)
				found = append(found, corpus.Found{Passage: p, Document: owners[i]})
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
func (c *Catalogue) documentsOf(ctx context.Context, tx *sql.Tx, ids []corpus.PassageID) (map[corpus.DocumentID]described, error) {
	docs := make(map[corpus.DocumentID]described, len(ids))
	var names []corpus.DocumentID
	for _, id := range ids {
		doc, _, _, ok := id.Place()
		if _, seen := docs[doc]; ok && !seen {
			docs[doc] = described{}
			names = append(names, doc)
		}
	}
	clear(docs)
	rows, err := tx.StmtContext(ctx, c.reads.documents).QueryContext(ctx, encode(names, "[]"))
	_, err = collect(rows, err, func(row scanner) (struct{}, error) {
		d, err := scanDocument(row)
		docs[d.ID] = d
		return struct{}{}, err
	})
	return docs, err
}

// passagesAt reads passages with their texts. Places where there is none are left out.
func (c *Catalogue) passagesAt(ctx context.Context, tx *sql.Tx, places []place) (map[place]corpus.Passage, error) {
	if len(places) == 0 {
		return nil, nil
	}
	passages := make(map[place]corpus.Passage, len(places))
	var reader passageReader
	rows, err := tx.StmtContext(ctx, c.reads.passages).QueryContext(ctx, pairs(places))
	_, err = collect(rows, err, func(row scanner) (struct{}, error) {
		version, p, err := reader.scan(row)
		passages[place{version, p.Ordinal}] = p
		return struct{}{}, err
	})
	if err != nil {
		return nil, err
	}
	parts, err := c.partsOf(ctx, tx, passages)
	if err != nil {
		return nil, err
	}
	for at, p := range passages {
		if p.Text, err = join(parts, at.version, p.Span); err != nil {
			return nil, err
		}
		passages[at] = p
	}
	return passages, nil
}

// partsOf reads the parts of texts in which the passages lie.
func (c *Catalogue) partsOf(ctx context.Context, tx *sql.Tx, passages map[place]corpus.Passage) (map[place]string, error) {
	parts := make(map[place]string, 2*len(passages))
	var wanted []place
	for at, p := range passages {
		for part := p.Span.Start / partLength; part*partLength < p.Span.End; part++ {
			one := place{at.version, part}
			if _, seen := parts[one]; !seen {
				parts[one] = ""
				wanted = append(wanted, one)
			}
		}
	}
	rows, err := tx.StmtContext(ctx, c.reads.texts).QueryContext(ctx, pairs(wanted))
	_, err = collect(rows, err, func(row scanner) (struct{}, error) {
		var at place
		var text string
		err := row.Scan(&at.version, &at.number, &text)
		parts[at] = text
		return struct{}{}, err
	})
	return parts, err
}

// join takes the span out of the parts of a text.
func join(parts map[place]string, version int64, span corpus.Span) (string, error) {
	first := span.Start / partLength
	ruler := corpus.Ruler{Offset: first * partLength}
	for part := first; part*partLength < span.End; part++ {
		ruler.Text += parts[place{version, part}]
	}
	text, ok := ruler.Slice(span)
	if !ok {
		return "", fmt.Errorf("the text ends before character %d: %w", span.End, ErrDamaged)
	}
	return strings.Clone(text), nil
}

// pairs gives places as JSON: [[version, number], …].
func pairs(places []place) string {
	list := make([][2]int64, len(places))
	for i, p := range places {
		list[i] = [2]int64{p.version, int64(p.number)}
	}
	return encode(list, "[]")
}

// Neighbours returns the passages of a current version with ordinals in [from, to].
func (c *Catalogue) Neighbours(ctx context.Context, id corpus.DocumentID, from, to int) (near []corpus.Passage, err error) {
	err = c.read(ctx, "read neighbours", func(tx *sql.Tx) error {
		doc, err := document(ctx, tx, id)
		if err != nil {
			return err
		}
		var wanted []place
		for ordinal := max(0, from); ordinal <= min(to, doc.Passages-1); ordinal++ {
			wanted = append(wanted, place{doc.current, ordinal})
		}
		passages, err := c.passagesAt(ctx, tx, wanted)
		if err != nil {
			return err
		}
		for _, at := range wanted {
			p := passages[at]
			belong(&p, doc.ID, doc.Version)
			near = append(near, p)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return near, nil
}
