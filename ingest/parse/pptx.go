package parse

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
)

// mostSlides bounds the slides of a presentation.
const mostSlides = 2000

// parsePPTX reads a presentation: each slide is a page, its title a heading, the
// speaker's notes after it.
func parsePPTX(ctx context.Context, _ string, data []byte) (Document, error) {
	a, err := openArchive(data)
	if err != nil {
		return Document{}, err
	}
	doc := Document{Format: FormatPPTX}
	if doc.Fields, err = a.coreProperties(ctx, "docProps/core.xml"); err != nil {
		return Document{}, err
	}
	slides, err := a.slides(ctx)
	if err != nil {
		return Document{}, err
	}
	if len(slides) > mostSlides {
		return Document{}, refuse(CodeTooLarge, "the presentation has %d slides; at most %d are read", len(slides), mostSlides)
	}
	doc.Pages = len(slides)
	for i, name := range slides {
		blocks, err := a.slide(ctx, name)
		if err != nil {
			return Document{}, fmt.Errorf("slide %d: %w", i+1, err)
		}
		related, err := a.relations(ctx, name)
		if err != nil {
			return Document{}, err
		}
		for _, r := range related {
			if strings.HasSuffix(r.kind, "/notesSlide") && a.has(r.target) {
				notes, err := a.slide(ctx, r.target)
				if err != nil {
					return Document{}, fmt.Errorf("notes of slide %d: %w", i+1, err)
				}
				blocks = append(blocks, notes...)
			}
		}
		for _, b := range blocks {
			b.Page = i + 1
			doc.Blocks = append(doc.Blocks, b)
		}
	}
	return doc, nil
}

// relation is a part that another part of a package names.
type relation struct{ id, kind, target string }

// relations reads what a part of a package refers to.
func (a *archive) relations(ctx context.Context, part string) ([]relation, error) {
	rels := path.Join(path.Dir(part), "_rels", path.Base(part)+".rels")
	if !a.has(rels) {
		return nil, nil
	}
	var all []relation
	err := a.walk(ctx, rels, func(x *xmlReader, _ element) error {
		return x.children(func(e element) error {
			target := attr(e, "Target")
			if strings.HasPrefix(target, "/") {
				target = strings.TrimPrefix(target, "/")
			} else {
				target = path.Join(path.Dir(part), target)
			}
			all = append(all, relation{attr(e, "Id"), attr(e, "Type"), target})
			return nil
		})
	})
	return all, err
}

// slides gives the parts that hold the slides, in their order.
func (a *archive) slides(ctx context.Context) ([]string, error) {
	const main = "ppt/presentation.xml"
	related, err := a.relations(ctx, main)
	if err != nil {
		return nil, err
	}
	var names []string
	err = a.walk(ctx, main, func(x *xmlReader, _ element) error {
		return x.children(func(e element) error {
			if e.Name.Local != "sldIdLst" {
				return nil
			}
			return x.children(func(e element) error {
				for _, v := range e.Attr {
					if v.Name.Local != "id" || v.Name.Space == "" {
						continue
					}
					if i := slices.IndexFunc(related, func(r relation) bool { return r.id == v.Value }); i >= 0 && a.has(related[i].target) {
						names = append(names, related[i].target)
					}
				}
				return nil
			})
		})
	})
	return names, err
}

// shape is a box of text on a slide.
type shape struct {
	kind   string // of its placeholder: title, body, sldNum; "" for a free text box
	blocks []Block
}

// slide reads the text of a slide, its title first.
func (a *archive) slide(ctx context.Context, name string) ([]Block, error) {
	var shapes []shape
	err := a.walk(ctx, name, func(x *xmlReader, _ element) error {
		var see func(e element) error
		see = func(e element) error {
			switch e.Name.Local {
			case "sp":
				s, err := x.shape()
				shapes = append(shapes, s)
				return err
			case "tbl":
				rows, err := x.slideTable()
				shapes = append(shapes, shape{kind: "table", blocks: tableBlocks(rows)})
				return err
			case "Fallback":
				return nil
			}
			return x.children(see)
		}
		return x.children(see)
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(shapes, func(a, b shape) int { return cmp.Compare(rank(a.kind), rank(b.kind)) })
	var blocks []Block
	for _, s := range shapes {
		for _, b := range s.blocks {
			switch s.kind {
			case "title", "ctrTitle":
				b.Kind, b.Level = Heading, 2
				if s.kind == "ctrTitle" {
					b.Level = 1
				}
			case "sldNum", "ftr", "dt", "hdr":
				b.Kind, b.Level = Furniture, 0
			case "":
				if b.Kind == Item && b.Level == 1 {
					b.Kind, b.Level = Paragraph, 0
				}
			}
			blocks = append(blocks, b)
		}
	}
	return blocks, nil
}

// rank orders shapes: titles first.
func rank(kind string) int {
	switch kind {
	case "ctrTitle", "title":
		return 0
	case "subTitle":
		return 1
	}
	return 2
}

// shape reads <p:sp>.
func (x *xmlReader) shape() (shape, error) {
	var s shape
	var see func(e element) error
	see = func(e element) error {
		switch e.Name.Local {
		case "ph":
			s.kind = cmp.Or(attr(e, "type"), "body")
			return nil
		case "txBody":
			var err error
			s.blocks, err = x.slideText()
			return err
		}
		return x.children(see)
	}
	err := x.children(see)
	return s, err
}

// slideText reads the paragraphs of <a:txBody>.
func (x *xmlReader) slideText() ([]Block, error) {
	var blocks []Block
	err := x.children(func(e element) error {
		if e.Name.Local != "p" {
			return nil
		}
		b := Block{Kind: Item, Level: 1, Offset: -1}
		var text strings.Builder
		var see func(e element) error
		see = func(e element) error {
			switch e.Name.Local {
			case "pPr":
				b.Level = 1 + number(attr(e, "lvl"), 8)
				return nil
			case "t":
				s, err := x.words()
				text.WriteString(strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r < ' ' || r == 0x2028 || r == 0x2029 }), " "))
				return err
			case "br":
				text.WriteByte(' ')
				return nil
			case "rPr", "endParaRPr":
				return nil
			}
			return x.children(see)
		}
		err := x.children(see)
		if b.Text = strings.TrimSpace(text.String()); b.Text != "" {
			blocks = append(blocks, b)
		}
		return err
	})
	return blocks, err
}

// slideTable reads <a:tbl>.
func (x *xmlReader) slideTable() ([]tableRow, error) {
	var rows []tableRow
	type reach struct {
		blocks []Block
		rows   int
	}
	above := make(map[int]reach)
	err := x.children(func(e element) error {
		if e.Name.Local != "tr" {
			return nil
		}
		var row tableRow
		err := x.children(func(e element) error {
			if e.Name.Local != "tc" {
				return nil
			}
			var cell []Block
			err := x.children(func(e element) error {
				if e.Name.Local != "txBody" {
					return nil
				}
				var err error
				cell, err = x.slideText()
				return err
			})
			column := len(row.cells)
			if down := number(attr(e, "rowSpan"), mostSpan); down > 1 {
				above[column] = reach{cell, down - 1}
			} else if r := above[column]; attr(e, "vMerge") == "1" && r.rows > 0 {
				cell = r.blocks
				above[column] = reach{r.blocks, r.rows - 1}
			}
			row.cells = append(row.cells, cell)
			return err
		})
		rows = append(rows, row)
		return err
	})
	return rows, err
}
