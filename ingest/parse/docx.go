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

// parseDOCX reads a Word document: headings by the outline levels of their
// styles, automatic numbers written out, tables, footnotes after the paragraph
// that calls them. Tracked deletions are left out, insertions kept.
func parseDOCX(ctx context.Context, _ string, data []byte) (Document, error) {
	a, err := openArchive(data)
	if err != nil {
		return Document{}, err
	}
	d := docx{notes: make(map[string]string)}
	if d.fields, err = a.coreProperties(ctx, "docProps/core.xml"); err != nil {
		return Document{}, err
	}
	for _, part := range []struct {
		name string
		read func(x *xmlReader, root element) error
	}{
		{"word/styles.xml", d.readStyles},
		{"word/numbering.xml", d.readNumbering},
		{"word/footnotes.xml", d.readNotes("footnote")},
		{"word/endnotes.xml", d.readNotes("endnote")},
	} {
		if a.has(part.name) {
			if err := a.walk(ctx, part.name, part.read); err != nil {
				return Document{}, err
			}
		}
	}
	main := textPart{docx: &d}
	if err := a.walk(ctx, "word/document.xml", main.body); err != nil {
		return Document{}, err
	}
	doc := Document{Format: FormatDOCX, Fields: d.fields, Blocks: main.blocks}
	if d.deleted > 0 {
		doc.Warnings = append(doc.Warnings, fmt.Sprintf("%d tracked deletions were left out", d.deleted))
	}
	return doc, nil
}

// coreProperties reads what an Office document says of itself.
func (a *archive) coreProperties(ctx context.Context, part string) ([]Field, error) {
	var fields []Field
	if !a.has(part) {
		return nil, nil
	}
	err := a.walk(ctx, part, func(x *xmlReader, _ element) error {
		return x.children(func(e element) error {
			value, err := x.words()
			if value = strings.TrimSpace(value); value != "" {
				switch e.Name.Local {
				case "title", "creator", "subject", "keywords", "description", "created", "modified", "language":
					fields = append(fields, Field{Name: e.Name.Local, Value: value, From: corpus.OriginProperties})
				}
			}
			return err
		})
	})
	return fields, err
}

// docx is what the parts of a Word document say beside its text.
type docx struct {
	fields    []Field
	styles    map[string]*wordStyle
	normal    string                  // the style of paragraphs that name none
	abstract  map[string]*[9]level    // definitions of lists
	linked    map[string]string       // definition → the style that numbers it
	numbers   map[string]*wordNumbers // lists
	lists     lists
	notes     map[string]string // footnote3 → its text
	noteCount int
	deleted   int
}

// wordStyle is a style of paragraphs.
type wordStyle struct {
	name    string // heading 1, toc 2, caption
	based   string
	outline int // from 1; 0 = not said
	list    string
	depth   int
}

type wordNumbers struct {
	definition string
	levels     [9]level
	own        bool // it restarts by itself
}

func (d *docx) readStyles(x *xmlReader, _ element) error {
	d.styles = make(map[string]*wordStyle)
	return x.children(func(e element) error {
		if e.Name.Local != "style" || attr(e, "type") != "paragraph" {
			return nil
		}
		s := &wordStyle{}
		id := attr(e, "styleId")
		d.styles[id] = s
		if v := attr(e, "default"); v == "1" || v == "true" {
			d.normal = id
		}
		return x.children(func(e element) error {
			switch e.Name.Local {
			case "name":
				s.name = strings.ToLower(attr(e, "val"))
			case "basedOn":
				s.based = attr(e, "val")
			case "pPr":
				return x.children(func(e element) error {
					switch e.Name.Local {
					case "outlineLvl":
						s.outline = 1 + number(attr(e, "val"), 8)
					case "numPr":
						return x.children(func(e element) error {
							switch e.Name.Local {
							case "numId":
								s.list = attr(e, "val")
							case "ilvl":
								s.depth = number(attr(e, "val"), 8)
							}
							return nil
						})
					}
					return nil
				})
			}
			return nil
		})
	})
}

// number reads a whole number from 0 to most; anything else is 0.
func number(s string, most int) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0
	}
	return min(n, most)
}

// styled follows the chain of a style's bases until see is satisfied.
func (d *docx) styled(id string, see func(*wordStyle) bool) {
	for range 20 { // a chain may bite its own tail
		s := d.styles[id]
		if s == nil || see(s) {
			return
		}
		id = s.based
	}
}

func (d *docx) readNumbering(x *xmlReader, _ element) error {
	d.abstract = make(map[string]*[9]level)
	d.linked = make(map[string]string)
	d.numbers = make(map[string]*wordNumbers)
	byStyle := make(map[string]string) // list style → its definition
	err := x.children(func(e element) error {
		switch e.Name.Local {
		case "abstractNum":
			id, levels := attr(e, "abstractNumId"), newLevels()
			d.abstract[id] = levels
			return x.children(func(e element) error {
				switch e.Name.Local {
				case "lvl":
					return x.readLevel(e, levels)
				case "numStyleLink":
					d.linked[id] = attr(e, "val")
				case "styleLink":
					byStyle[attr(e, "val")] = id
				}
				return nil
			})
		case "num":
			n := &wordNumbers{}
			d.numbers[attr(e, "numId")] = n
			return x.children(func(e element) error {
				switch e.Name.Local {
				case "abstractNumId":
					n.definition = attr(e, "val")
					if style, ok := d.linked[n.definition]; ok {
						n.definition = cmp.Or(byStyle[style], n.definition)
					}
					if levels := d.abstract[n.definition]; levels != nil {
						n.levels = *levels
					} else {
						n.levels = *newLevels()
					}
				case "lvlOverride":
					n.own = true
					at := number(attr(e, "ilvl"), 8)
					return x.children(func(e element) error {
						switch e.Name.Local {
						case "startOverride":
							n.levels[at].start = number(attr(e, "val"), 9999)
						case "lvl":
							return x.readLevel(e, &n.levels)
						}
						return nil
					})
				}
				return nil
			})
		}
		return nil
	})
	return err
}

func newLevels() *[9]level {
	var levels [9]level
	for i := range levels {
		levels[i] = level{style: unnumbered, start: 1}
	}
	return &levels
}

// readLevel reads <w:lvl>.
func (x *xmlReader) readLevel(e element, levels *[9]level) error {
	l := level{start: 1}
	at := number(attr(e, "ilvl"), 8)
	err := x.children(func(e element) error {
		val := attr(e, "val")
		switch e.Name.Local {
		case "start":
			l.start = number(val, 9999)
		case "numFmt":
			l.style = wordStyles[val] // unknown ones count in digits
		case "lvlText":
			l.text = val
		case "isLgl":
			l.plain = on(e)
		case "suff":
			l.tight = val == "nothing"
		}
		return nil
	})
	levels[at] = l
	return err
}

// readNotes reads the texts of footnotes or endnotes.
func (d *docx) readNotes(kind string) func(x *xmlReader, root element) error {
	return func(x *xmlReader, _ element) error {
		return x.children(func(e element) error {
			if t := attr(e, "type"); t == "separator" || strings.HasPrefix(t, "continuation") {
				return nil
			}
			note := textPart{docx: d}
			err := note.content(x)
			d.notes[kind+attr(e, "id")] = flat(note.blocks)
			return err
		})
	}
}

// flat writes blocks on one line.
func flat(blocks []Block) string {
	var texts []string
	for _, b := range blocks {
		texts = append(texts, strings.TrimSpace(b.Text))
	}
	return strings.Join(texts, " ")
}

// label gives the number that Word writes before a paragraph, and its depth in
// the list.
func (d *docx) label(list string, depth int) string {
	n := d.numbers[list]
	if n == nil {
		return ""
	}
	counted := n.definition // lists of one definition count on
	if n.own {
		counted = "list " + list
	}
	return d.lists.next(counted, depth, &n.levels)
}

// textPart reads running text: the body, a cell, a footnote.
type textPart struct {
	*docx
	blocks []Block
	held   string // the text of a paragraph whose end was deleted
	after  []Block
}

func (p *textPart) body(x *xmlReader, _ element) error {
	return x.children(func(e element) error {
		if e.Name.Local != "body" {
			return nil
		}
		return p.content(x)
	})
}

// content reads paragraphs and tables.
func (p *textPart) content(x *xmlReader) error {
	var see func(e element) error
	see = func(e element) error {
		switch e.Name.Local {
		case "p":
			return p.paragraph(x)
		case "tbl":
			return p.table(x)
		case "del", "moveFrom":
			p.deleted++
			return nil
		case "sectPr", "sdtPr", "Fallback", "tcPr":
			return nil
		}
		return x.children(see) // sdt, sdtContent, ins, customXml
	}
	if err := x.children(see); err != nil {
		return err
	}
	if p.held != "" {
		p.add(Block{Kind: Paragraph, Text: p.held})
		p.held = ""
	}
	return nil
}

func (p *textPart) add(b Block) {
	b.Offset = -1
	mark := b.Text[:len(b.Text)-len(strings.TrimLeft(b.Text, " "))]
	if b.Text = strings.TrimRight(b.Text[len(mark):], " "); b.Text != "" {
		b.Mark = min(b.Mark, utf8.RuneCountInString(b.Text))
		p.blocks = append(p.blocks, b)
	}
}

// paragraphStyle is what the properties of a paragraph say.
type paragraphStyle struct {
	style   string
	outline int
	list    string
	depth   int
	listed  bool
	joined  bool // its end was deleted: the next one goes on with it
}

// paragraph reads <w:p>.
func (p *textPart) paragraph(x *xmlReader) error {
	var s paragraphStyle
	text := textRun{part: p}
	text.b.WriteString(p.held)
	p.held = ""
	see := func(e element) error {
		if e.Name.Local == "pPr" {
			return p.properties(x, &s)
		}
		return text.element(x, e)
	}
	if err := x.children(see); err != nil {
		return err
	}
	written := text.b.String()
	if s.joined {
		p.held = written
		return nil
	}
	p.write(written, s)
	p.blocks = append(p.blocks, p.after...)
	p.after = nil
	for _, id := range text.notes {
		if note := p.notes[id]; note != "" {
			p.noteCount++
			p.add(Block{Kind: Paragraph, Text: fmt.Sprintf("注%d：%s", p.noteCount, note)})
		}
	}
	return nil
}

// properties reads <w:pPr>.
func (p *textPart) properties(x *xmlReader, s *paragraphStyle) error {
	return x.children(func(e element) error {
		switch e.Name.Local {
		case "pStyle":
			s.style = attr(e, "val")
		case "outlineLvl":
			if l := number(attr(e, "val"), 9); l < 9 {
				s.outline = l + 1
			}
		case "numPr":
			s.listed = true
			return x.children(func(e element) error {
				switch e.Name.Local {
				case "numId":
					s.list = attr(e, "val")
				case "ilvl":
					s.depth = number(attr(e, "val"), 8)
				}
				return nil
			})
		case "rPr":
			return x.children(func(e element) error {
				s.joined = s.joined || e.Name.Local == "del" || e.Name.Local == "moveFrom"
				return nil
			})
		}
		return nil
	})
}

// write makes blocks of a paragraph, one for each line that it breaks by hand.
func (p *textPart) write(text string, s paragraphStyle) {
	name := ""
	p.styled(cmp.Or(s.style, p.normal), func(st *wordStyle) bool {
		name = cmp.Or(name, st.name)
		if s.outline == 0 {
			s.outline = cmp.Or(st.outline, headingOf(st.name))
		}
		if !s.listed && st.list != "" {
			s.listed, s.list, s.depth = true, st.list, st.depth
		}
		return false
	})
	b := Block{Kind: Paragraph}
	switch {
	case strings.HasPrefix(name, "toc ") || strings.HasPrefix(name, "目录"):
		b.Kind, s.outline, s.listed = Contents, 0, false
	case name == "caption" || name == "题注":
		b.Kind = Caption
	case s.outline > 0 && s.outline <= 6 && utf8.RuneCountInString(text) <= 200:
		b.Kind, b.Level = Heading, s.outline
	}
	if strings.TrimSpace(text) == "" {
		return // an empty paragraph takes no number
	}
	if s.listed {
		label := p.label(s.list, s.depth)
		if label == "- " {
			b.Mark = 2
		}
		if label != "" && b.Kind == Paragraph && !strings.HasPrefix(label, "第") {
			b.Kind, b.Level = Item, s.depth+1
		}
		text = label + strings.TrimLeft(text, " \u3000")
	}
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			b.Mark = 0
			if b.Kind == Item {
				b.Kind, b.Level = Paragraph, 0
			}
		}
		b.Text = line
		p.add(b)
	}
}

// headingOf gives the level of Word's own styles for headings.
func headingOf(name string) int {
	switch name {
	case "title", "标题":
		return 1
	}
	for _, prefix := range []string{"heading ", "标题 "} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			return number(rest, 9)
		}
	}
	return 0
}

// textRun gathers the text of a paragraph.
type textRun struct {
	part  *textPart
	b     strings.Builder
	notes []string
}

func (t *textRun) element(x *xmlReader, e element) error {
	switch e.Name.Local {
	case "t":
		s, err := x.words()
		for _, r := range s {
			if r < ' ' || r == 0x2028 || r == 0x2029 || r == utf8.RuneError {
				r = ' '
			}
			t.b.WriteRune(r)
		}
		return err
	case "tab", "ptab":
		t.b.WriteByte(' ')
		return nil
	case "br", "cr":
		if kind := attr(e, "type"); kind == "" || kind == "textWrapping" {
			t.b.WriteByte('\n')
		}
		return nil
	case "noBreakHyphen":
		t.b.WriteByte('-')
		return nil
	case "sym":
		t.b.WriteString(symbol(attr(e, "char")))
		return nil
	case "del", "moveFrom":
		t.part.deleted++
		return nil
	case "footnoteReference", "endnoteReference":
		t.notes = append(t.notes, strings.TrimSuffix(e.Name.Local, "Reference")+attr(e, "id"))
		return nil
	case "txbxContent": // a text box stands beside the paragraph it hangs on
		inner := textPart{docx: t.part.docx}
		err := inner.content(x)
		t.part.after = append(t.part.after, inner.blocks...)
		return err
	case "delText", "instrText", "delInstrText", "Fallback", "rPr", "rt", "pPr", "sdtPr":
		return nil
	}
	return x.children(func(e element) error { return t.element(x, e) })
}

// symbol gives the character of a symbol font that stands for a box to tick.
func symbol(code string) string {
	switch strings.ToUpper(code) {
	case "F052", "F0FE":
		return "☑"
	case "F0A3", "F0A8", "F06F", "F071":
		return "□"
	case "F0FC":
		return "✓"
	}
	n, err := strconv.ParseUint(code, 16, 32)
	if err != nil || n < ' ' || n >= 0xE000 && n < 0xF900 || !utf8.ValidRune(rune(n)) {
		return ""
	}
	return string(rune(n))
}

// table reads <w:tbl>.
func (p *textPart) table(x *xmlReader) error {
	var rows []tableRow
	above := make(map[int][]Block) // by column: the cell that reaches down
	var see func(e element) error
	see = func(e element) error {
		switch e.Name.Local {
		case "tr":
			row, err := p.row(x, above)
			if err == nil && !row.deleted {
				rows = append(rows, row)
			}
			return err
		case "tblPr", "tblGrid", "del":
			return nil
		}
		return x.children(see)
	}
	if err := x.children(see); err != nil {
		return err
	}
	p.blocks = append(p.blocks, tableBlocks(rows)...)
	return nil
}

// row reads <w:tr>. A cell that spans rows stands in each of them; one that spans
// columns stands in the first.
func (p *textPart) row(x *xmlReader, above map[int][]Block) (tableRow, error) {
	var row tableRow
	column := 0
	var see func(e element) error
	see = func(e element) error {
		switch e.Name.Local {
		case "trPr":
			return x.children(func(e element) error {
				switch e.Name.Local {
				case "tblHeader":
					row.header = on(e)
				case "del":
					row.deleted = true
				case "gridBefore":
					for range number(attr(e, "val"), mostSpan) {
						row.cells = append(row.cells, nil)
						column++
					}
				}
				return nil
			})
		case "tc":
			cell := textPart{docx: p.docx}
			span, merged, goesOn := 1, false, false
			err := x.children(func(e element) error {
				if e.Name.Local == "tcPr" {
					return x.children(func(e element) error {
						switch e.Name.Local {
						case "gridSpan":
							span = max(1, number(attr(e, "val"), mostSpan))
						case "vMerge":
							merged, goesOn = true, attr(e, "val") != "restart"
						}
						return nil
					})
				}
				return cell.one(x, e)
			})
			if goesOn {
				cell.blocks = above[column]
			}
			if merged {
				above[column] = cell.blocks
			} else {
				delete(above, column)
			}
			row.cells = append(row.cells, cell.blocks)
			for range span - 1 {
				row.cells = append(row.cells, nil)
			}
			column += span
			return err
		case "tblPrEx":
			return nil
		}
		return x.children(see)
	}
	err := x.children(see)
	return row, err
}

// one reads a single element of running text.
func (p *textPart) one(x *xmlReader, e element) error {
	switch e.Name.Local {
	case "p":
		return p.paragraph(x)
	case "tbl":
		return p.table(x)
	case "del", "moveFrom", "sdtPr", "Fallback":
		return nil
	}
	return x.children(func(e element) error { return p.one(x, e) })
}
