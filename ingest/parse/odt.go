package parse

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"policykb/corpus"
)

// parseODT reads an OpenDocument text. What is deleted in it under tracking stands
// apart from the text and is left out.
func parseODT(ctx context.Context, _ string, data []byte) (Document, error) {
	a, err := openArchive(data)
	if err != nil {
		return Document{}, err
	}
	d := odt{}
	for _, part := range []struct {
		name string
		read func(x *xmlReader, root element) error
	}{
		{"META-INF/manifest.xml", d.readManifest},
		{"meta.xml", d.readMeta},
		{"styles.xml", d.readStyles},
	} {
		if a.has(part.name) {
			if err := a.walk(ctx, part.name, part.read); err != nil {
				return Document{}, err
			}
		}
	}
	text := openText{odt: &d}
	err = a.walk(ctx, "content.xml", func(x *xmlReader, _ element) error {
		return x.children(func(e element) error {
			switch e.Name.Local {
			case "automatic-styles":
				return d.readStyles(x, e)
			case "body":
				return x.children(func(element) error { return text.content(x, listPlace{}) })
			}
			return nil
		})
	})
	if err != nil {
		return Document{}, err
	}
	doc := Document{Format: FormatODT, Fields: d.fields, Blocks: text.blocks}
	if d.deleted > 0 {
		doc.Warnings = append(doc.Warnings, fmt.Sprintf("%d tracked deletions were left out", d.deleted))
	}
	return doc, nil
}

// odt is what an OpenDocument text says beside its text.
type odt struct {
	fields    []Field
	styles    map[string]openStyle
	listStyle map[string]*[9]level
	headings  *[9]level // how headings are numbered
	lists     lists
	noteCount int
	deleted   int
}

// openStyle is a style of paragraphs.
type openStyle struct {
	parent  string
	list    string
	outline int
}

func (d *odt) readManifest(x *xmlReader, _ element) error {
	return x.children(func(e element) error {
		return x.children(func(e element) error {
			if e.Name.Local == "encryption-data" {
				return refuse(CodeEncrypted, "the document is protected by a password")
			}
			return nil
		})
	})
}

func (d *odt) readMeta(x *xmlReader, _ element) error {
	return x.children(func(element) error {
		return x.children(func(e element) error {
			value, err := x.words()
			if value = strings.TrimSpace(value); value != "" {
				switch name := e.Name.Local; name {
				case "title", "creator", "subject", "keyword", "description", "date", "creation-date", "initial-creator", "language":
					d.fields = append(d.fields, Field{Name: name, Value: value, From: corpus.OriginProperties})
				}
			}
			return err
		})
	})
}

// readStyles reads the styles of paragraphs and lists, wherever they stand.
func (d *odt) readStyles(x *xmlReader, _ element) error {
	if d.styles == nil {
		d.styles = make(map[string]openStyle)
		d.listStyle = make(map[string]*[9]level)
	}
	var see func(e element) error
	see = func(e element) error {
		switch e.Name.Local {
		case "style":
			if attr(e, "family") == "paragraph" {
				d.styles[attr(e, "name")] = openStyle{attr(e, "parent-style-name"), attr(e, "list-style-name"), number(attr(e, "default-outline-level"), 10)}
			}
			return nil
		case "list-style":
			levels := newLevels()
			d.listStyle[attr(e, "name")] = levels
			return x.readOpenLevels(levels)
		case "outline-style":
			d.headings = newLevels()
			return x.readOpenLevels(d.headings)
		}
		return x.children(see)
	}
	return x.children(see)
}

// readOpenLevels reads the levels of a list style.
func (x *xmlReader) readOpenLevels(levels *[9]level) error {
	return x.children(func(e element) error {
		at := number(attr(e, "level"), len(levels)) - 1
		if at < 0 {
			return nil
		}
		l := level{style: bullet, start: 1}
		if e.Name.Local != "list-level-style-bullet" && e.Name.Local != "list-level-style-image" {
			known := false
			if l.style, known = openStyles[attr(e, "num-format")]; !known {
				l.style = arabic
			}
			if s := attr(e, "start-value"); s != "" {
				l.start = number(s, 9999)
			}
			if l.style != unnumbered {
				shown := max(1, number(attr(e, "display-levels"), at+1))
				var numbers []string
				for i := at + 1 - shown; i <= at; i++ {
					numbers = append(numbers, "%"+strconv.Itoa(i+1))
				}
				l.text = attr(e, "num-prefix") + strings.Join(numbers, ".") + attr(e, "num-suffix")
			}
		}
		levels[at] = l
		return nil
	})
}

// listPlace is where in a list the reader is.
type listPlace struct {
	style string
	depth int // from 1; 0 outside of lists
	first bool
}

// openText reads running text: the body, a cell, a note.
type openText struct {
	*odt
	blocks []Block
}

func (t *openText) add(b Block) {
	b.Offset = -1
	if b.Text = strings.TrimSpace(b.Text); b.Text != "" {
		t.blocks = append(t.blocks, b)
	}
}

// content reads what stands within the element whose start was read last.
func (t *openText) content(x *xmlReader, at listPlace) error {
	return x.children(func(e element) error { return t.one(x, e, &at) })
}

func (t *openText) one(x *xmlReader, e element, at *listPlace) error {
	switch e.Name.Local {
	case "p", "h":
		err := t.paragraph(x, e, *at)
		at.first = false
		return err
	case "list":
		inner := listPlace{style: cmp.Or(attr(e, "style-name"), at.style), depth: min(at.depth+1, 9)}
		if inner.depth == 1 && attr(e, "continue-numbering") != "true" && attr(e, "continue-list") == "" {
			delete(t.lists.counts, inner.style)
		}
		return x.children(func(e element) error {
			item := inner
			item.first = e.Name.Local == "list-item"
			return t.content(x, item)
		})
	case "table":
		return t.table(x)
	case "tracked-changes":
		return x.children(func(element) error {
			return x.children(func(e element) error {
				if e.Name.Local == "deletion" {
					t.deleted++
				}
				return nil
			})
		})
	case "annotation", "forms", "sequence-decls", "table-of-content-source", "variable-decls":
		return nil
	case "index-body":
		from := len(t.blocks)
		err := t.content(x, *at)
		for i := range t.blocks[from:] {
			t.blocks[from+i].Kind, t.blocks[from+i].Level, t.blocks[from+i].Mark = Contents, 0, 0
		}
		return err
	}
	return x.children(func(e element) error { return t.one(x, e, at) })
}

// paragraph reads <text:p> or <text:h>.
func (t *openText) paragraph(x *xmlReader, e element, at listPlace) error {
	b := Block{Kind: Paragraph}
	style := attr(e, "style-name")
	outline := 0
	if e.Name.Local == "h" {
		outline = max(1, number(attr(e, "outline-level"), 10))
	}
	caption := false
	for id, i := style, 0; i < 20; i++ { // a chain may bite its own tail
		s, ok := t.styles[id]
		if id == "Title" && outline == 0 {
			outline = 1
		}
		caption = caption || id == "Caption" || id == "Illustration" || id == "Table"
		if !ok {
			break
		}
		outline = cmp.Or(outline, s.outline)
		if at.depth == 0 && s.list != "" && e.Name.Local == "p" {
			at = listPlace{style: s.list, depth: 1, first: true}
		}
		id = s.parent
	}
	var text strings.Builder
	var notes, boxes []Block
	var see func(e element) error
	write := func(s string) {
		for _, r := range s {
			if r < ' ' || r == 0x2028 || r == 0x2029 {
				r = ' '
			}
			text.WriteRune(r)
		}
	}
	see = func(e element) error {
		switch e.Name.Local {
		case "s":
			text.WriteString(strings.Repeat(" ", max(1, number(attr(e, "c"), 100))))
			return nil
		case "tab":
			text.WriteByte(' ')
			return nil
		case "line-break":
			text.WriteByte('\n')
			return nil
		case "note":
			inner := openText{odt: t.odt}
			err := x.children(func(e element) error {
				if e.Name.Local != "note-body" {
					return nil
				}
				return inner.content(x, listPlace{})
			})
			if words := strings.TrimSpace(flat(inner.blocks)); words != "" {
				t.noteCount++
				notes = append(notes, Block{Kind: Paragraph, Text: fmt.Sprintf("注%d：%s", t.noteCount, words)})
			}
			return err
		case "text-box":
			inner := openText{odt: t.odt}
			err := inner.content(x, listPlace{})
			boxes = append(boxes, inner.blocks...)
			return err
		case "annotation", "annotation-end", "desc", "title", "ruby-text":
			return nil
		}
		return x.content(see, write)
	}
	if err := x.content(see, write); err != nil {
		return err
	}
	words := strings.TrimSpace(text.String())
	switch {
	case outline > 0 && outline <= 6 && utf8.RuneCountInString(words) <= 200:
		b.Kind, b.Level = Heading, outline
	case caption:
		b.Kind = Caption
	}
	if words != "" {
		label := ""
		switch levels := t.listStyle[at.style]; {
		case at.depth > 0 && at.first && levels != nil:
			label = t.lists.next(at.style, at.depth-1, levels)
		case b.Kind == Heading && t.headings != nil && at.depth == 0:
			label = t.lists.next("headings", b.Level-1, t.headings)
		}
		if label == "- " && b.Kind != Heading {
			b.Mark = 2
		}
		if label != "" && b.Kind == Paragraph && !strings.HasPrefix(label, "第") {
			b.Kind, b.Level = Item, at.depth
		}
		for i, line := range strings.Split(label+words, "\n") {
			if i > 0 {
				b.Mark = 0
				if b.Kind == Item {
					b.Kind, b.Level = Paragraph, 0
				}
			}
			b.Text = line
			t.add(b)
		}
	}
	for _, extra := range append(boxes, notes...) {
		t.add(extra)
	}
	return nil
}

// table reads <table:table>, with cells that span as in package docs: down into
// every row, across into the first column only.
func (t *openText) table(x *xmlReader) error {
	var rows []tableRow
	type reach struct {
		blocks []Block
		rows   int
	}
	above := make(map[int]reach)
	header := false
	var see func(e element) error
	see = func(e element) error {
		switch e.Name.Local {
		case "table-header-rows":
			header = true
			err := x.children(see)
			header = false
			return err
		case "table-row":
			row, column := tableRow{header: header}, 0
			err := x.children(func(e element) error {
				switch e.Name.Local {
				case "covered-table-cell":
					for range min(max(1, number(attr(e, "number-columns-repeated"), mostSpan)), mostSpan) {
						if r := above[column]; r.rows > 0 {
							row.cells = append(row.cells, r.blocks)
							above[column] = reach{r.blocks, r.rows - 1}
						} else {
							row.cells = append(row.cells, nil)
						}
						column++
					}
				case "table-cell":
					cell := openText{odt: t.odt}
					err := cell.content(x, listPlace{})
					if down := number(attr(e, "number-rows-spanned"), mostSpan); down > 1 {
						above[column] = reach{cell.blocks, down - 1}
					}
					for range max(1, number(attr(e, "number-columns-repeated"), mostSpan)) {
						row.cells = append(row.cells, cell.blocks)
						column++
					}
					return err
				}
				return nil
			})
			rows = append(rows, row)
			return err
		}
		return x.children(see)
	}
	if err := x.children(see); err != nil {
		return err
	}
	t.blocks = append(t.blocks, tableBlocks(rows)...)
	return nil
}
