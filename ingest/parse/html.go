package parse

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// parseHTML reads a web page: its article without the site around it. What the
// head of the page says (<meta>, the table with 文号 and 成文日期 on pages of
// governments) becomes fields.
func parseHTML(_ context.Context, _ string, data []byte) (Document, error) {
	text, charset, err := decode(data, declaredCharset(data))
	if err != nil {
		return Document{}, err
	}
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		return Document{}, refuse(CodeTooLarge, "the page nests its elements too deep to be read (%v)", err) // all that can go wrong in memory
	}
	doc := Document{Format: FormatHTML, Charset: charset}
	doc.Fields = headFields(root)
	doc.Attachments = attachmentsOf(root)
	strip(root)
	facts, rows := factTable(root)
	doc.Fields = append(doc.Fields, facts...)
	w := htmlWriter{blocks: rows}
	w.children(mainContent(root), place{})
	w.flush(place{})
	doc.Blocks = markdownInside(w.blocks)
	return doc, nil
}

// declaredCharset reads the charset that a page names in its head.
func declaredCharset(data []byte) string {
	head := strings.ToLower(string(data[:min(len(data), 4096)]))
	for {
		_, after, ok := strings.Cut(head, "charset=")
		if !ok {
			return ""
		}
		name := strings.TrimLeft(after, `"' `)
		if end := strings.IndexAny(name, `"' />;`+"\r\n"); end > 0 {
			return name[:end]
		}
		head = after
	}
}

// place is where in the page the writer is.
type place struct {
	depth  int    // of lists
	marker string // what the item that begins here is numbered with
	item   bool
	level  int // of the heading, 0 outside of one
	pre    bool
}

// htmlWriter turns elements into blocks. Text gathers until a block ends.
type htmlWriter struct {
	blocks []Block
	text   strings.Builder
	space  bool // white space stands before the next word
	breaks int  // how many <br> stand before the next word
}

func (w *htmlWriter) children(n *html.Node, p place) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.node(c, p)
	}
}

func (w *htmlWriter) node(n *html.Node, p place) {
	switch n.Type {
	case html.TextNode:
		w.words(n.Data, p)
		return
	case html.ElementNode:
	default:
		return
	}
	switch n.DataAtom {
	case atom.Br:
		w.flush(p)
		w.breaks++
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		w.flush(p)
		p.level = int(n.Data[1] - '0')
		w.children(n, p)
		w.flush(p)
	case atom.Ul, atom.Ol:
		w.flush(p)
		w.list(n, p)
	case atom.Table:
		w.flush(p)
		w.table(n, p)
	case atom.Pre:
		w.flush(p)
		p.pre = true
		w.children(n, p)
		w.flush(p)
	case atom.Caption, atom.Figcaption:
		w.flush(p)
		if words := textOf(n); words != "" {
			w.add(Block{Kind: Caption, Text: words})
		}
	case atom.Sup, atom.Sub, atom.Span, atom.A, atom.B, atom.Strong, atom.I, atom.Em, atom.U, atom.Font, atom.Small,
		atom.Code, atom.Abbr, atom.Time, atom.Mark, atom.Label, atom.Cite, atom.Q, atom.S, atom.Del, atom.Ins, atom.Big, atom.Tt, atom.Kbd, atom.Var, atom.Wbr:
		w.children(n, p)
	default:
		w.flush(p)
		w.children(n, p)
		w.flush(p)
	}
}

// list writes the items of a list; those of an ordered one keep their numbers,
// which the page does not have as text.
func (w *htmlWriter) list(n *html.Node, p place) {
	p.depth++
	number := 1
	if start, err := strconv.Atoi(attribute(n, "start")); err == nil {
		number = start
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type != html.ElementNode || c.DataAtom != atom.Li {
			w.node(c, p)
			continue
		}
		item := p
		item.item, item.marker = true, ""
		if n.DataAtom == atom.Ol && !strings.Contains(attribute(n, "style"), "none") {
			item.marker = fmt.Sprintf("%d. ", number)
		}
		number++
		w.text.WriteString(item.marker)
		w.children(c, item)
		if w.text.String() == item.marker {
			w.text.Reset()
		}
		w.flush(item)
	}
}

// words adds text, with white space as HTML has it.
func (w *htmlWriter) words(s string, p place) {
	if p.pre {
		for i, line := range strings.Split(s, "\n") {
			if i > 0 {
				w.flush(p)
			}
			w.text.WriteString(line)
		}
		return
	}
	for _, r := range s {
		switch r {
		case ' ', '\t', '\n', '\r', '\f':
			w.space = true
			continue
		}
		if w.space && w.text.Len() > 0 {
			w.text.WriteByte(' ')
		}
		w.space = false
		w.text.WriteRune(r)
	}
}

// flush ends the block that is being gathered.
func (w *htmlWriter) flush(p place) {
	text := w.text.String()
	w.text.Reset()
	w.space = false
	if strings.TrimSpace(text) == "" {
		return
	}
	breaks := w.breaks
	w.breaks = 0
	b := Block{Kind: Line, Text: text, Blank: 1}
	switch {
	case p.level > 0:
		b.Kind, b.Level = Heading, p.level
		if n := len(w.blocks); n > 0 && w.blocks[n-1].Kind == Heading && strings.TrimSpace(w.blocks[n-1].Text) == strings.TrimSpace(text) {
			return // pages often give their title twice
		}
	case p.pre:
		b.Kind = Verbatim
	case p.item:
		b.Kind, b.Level = Item, p.depth
		if n := len(w.blocks); n > 0 && w.blocks[n-1].Kind == Item {
			b.Blank = 0
		}
	case breaks == 1:
		b.Blank = 0
	}
	w.add(b)
}

func (w *htmlWriter) add(b Block) {
	b.Offset = -1
	w.blocks = append(w.blocks, b)
}

// table writes the rows of a table of data; a table that only lays out a page is
// read cell by cell.
func (w *htmlWriter) table(n *html.Node, p place) {
	if caption := find(n, atom.Caption); caption != nil {
		if words := textOf(caption); words != "" {
			w.add(Block{Kind: Caption, Text: words})
		}
	}
	grid := gridOf(n)
	if !grid.data() {
		for _, row := range grid.nodes {
			for _, cell := range row {
				w.children(cell, p)
				w.flush(p)
			}
		}
		return
	}
	w.blocks = append(w.blocks, grid.rows()...)
}

// grid is a table with its spanning cells spread out.
type grid struct {
	nodes  [][]*html.Node
	cells  [][]string
	header []bool
	nested bool
}

// mostSpan bounds how far a cell may span, whatever the page says.
const mostSpan = 64

// gridOf reads a table. A cell that spans rows stands in each of them, so that
// every row can be read by itself; one that spans columns stands in the first.
func gridOf(table *html.Node) grid {
	var g grid
	g.nested = find(table, atom.Table) != nil
	type span struct {
		words string
		rows  int
	}
	var above []span // by column: what reaches down into the next row
	for tr := range rowsOf(table) {
		var nodes []*html.Node
		var cells []string
		header, column := false, 0
		reachDown := func() {
			for column < len(above) && above[column].rows > 0 {
				cells = append(cells, above[column].words)
				above[column].rows--
				column++
			}
		}
		for td := tr.FirstChild; td != nil; td = td.NextSibling {
			if td.Type != html.ElementNode || td.DataAtom != atom.Td && td.DataAtom != atom.Th {
				continue
			}
			reachDown()
			header = header || td.DataAtom == atom.Th && cells == nil
			words := textOf(td)
			nodes = append(nodes, td)
			columns := spanOf(td, "colspan")
			rows := spanOf(td, "rowspan")
			for i := range columns {
				for len(above) <= column {
					above = append(above, span{})
				}
				in := words
				if i > 0 {
					in = ""
				}
				cells = append(cells, in)
				above[column] = span{in, rows - 1}
				column++
			}
		}
		reachDown()
		if len(nodes) > 0 {
			g.nodes = append(g.nodes, nodes)
			g.cells = append(g.cells, cells)
			g.header = append(g.header, header && allHeaders(nodes))
		}
	}
	return g
}

func allHeaders(cells []*html.Node) bool {
	for _, c := range cells {
		if c.DataAtom != atom.Th {
			return false
		}
	}
	return true
}

func spanOf(cell *html.Node, name string) int {
	n, err := strconv.Atoi(attribute(cell, name))
	if err != nil || n < 1 {
		return 1
	}
	return min(n, mostSpan)
}

// data reports whether the table holds data: columns and rows of short cells.
func (g grid) data() bool {
	if g.nested || len(g.cells) < 2 {
		return false
	}
	for i, row := range g.cells {
		if len(row) < 2 && len(g.nodes[i]) < 2 && i == 0 && len(g.cells) == 2 {
			return false
		}
		for _, cell := range row {
			if len(cell) > 3000 {
				return false
			}
		}
	}
	return len(g.cells[0]) >= 2 || len(g.cells[1]) >= 2
}

// rows gives the rows as blocks. Where no cell is marked as a header, a first row
// of short words without digits is one.
func (g grid) rows() []Block {
	var blocks []Block
	for i, cells := range g.cells {
		if strings.TrimSpace(strings.Join(cells, "")) == "" {
			continue
		}
		header := g.header[i] && len(blocks) == 0 || i == 0 && len(g.cells) > 2 && columnNames(cells)
		blocks = append(blocks, Block{Kind: Row, Text: rowOf(cells), Cells: cells, Header: header, Offset: -1})
	}
	if len(blocks) > 0 {
		blocks[0].Blank = 1
	}
	return blocks
}

// columnNames reports whether cells read as the names of columns.
func columnNames(cells []string) bool {
	for _, c := range cells {
		if c == "" || utf8.RuneCountInString(c) > 20 || strings.ContainsAny(c, "0123456789。；") {
			return false
		}
	}
	return true
}

// rowsOf yields the rows of a table, not those of tables within it.
func rowsOf(table *html.Node) func(yield func(*html.Node) bool) {
	return func(yield func(*html.Node) bool) {
		for part := table.FirstChild; part != nil; part = part.NextSibling {
			switch part.DataAtom {
			case atom.Tr:
				if !yield(part) {
					return
				}
			case atom.Tbody, atom.Thead, atom.Tfoot:
				for tr := part.FirstChild; tr != nil; tr = tr.NextSibling {
					if tr.DataAtom == atom.Tr && !yield(tr) {
						return
					}
				}
			}
		}
	}
}

// markdownInside reads paragraphs that hold the source of Markdown, as pages made
// by careless converters do: <p>| 项目 | 金额 |</p>.
func markdownInside(blocks []Block) []Block {
	var all strings.Builder
	for _, b := range blocks {
		if b.Kind == Line {
			all.WriteString(b.Text)
			all.WriteByte('\n')
		}
	}
	if !looksMarkdown(all.String()) {
		return blocks
	}
	var out []Block
	for i := 0; i < len(blocks); {
		if blocks[i].Kind != Line {
			out = append(out, blocks[i])
			i++
			continue
		}
		var run strings.Builder
		for ; i < len(blocks) && blocks[i].Kind == Line; i++ {
			run.WriteString(blocks[i].Text)
			run.WriteByte('\n')
		}
		for _, b := range markdown(run.String()).Blocks {
			b.Offset = -1
			out = append(out, b)
		}
	}
	return out
}

// textOf gives the words of an element on one line.
func textOf(n *html.Node) string {
	var w htmlWriter
	w.gather(n)
	return strings.TrimSpace(w.text.String())
}

// gather adds all words of an element; blocks and line breaks become spaces.
func (w *htmlWriter) gather(n *html.Node) {
	if n.Type == html.TextNode {
		w.words(n.Data, place{})
	}
	if n.DataAtom == atom.Br || n.DataAtom == atom.P || n.DataAtom == atom.Div || n.DataAtom == atom.Li {
		w.space = true
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.gather(c)
	}
}

// find gives the first element of a kind within n.
func find(n *html.Node, kind atom.Atom) *html.Node {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.ElementNode && c.DataAtom == kind {
			return c
		}
		if found := find(c, kind); found != nil {
			return found
		}
	}
	return nil
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// clone copies an element with all it holds.
func clone(n *html.Node) *html.Node {
	var b bytes.Buffer
	if err := html.Render(&b, n); err != nil {
		return n
	}
	copied, err := html.Parse(&b)
	if err != nil {
		return n
	}
	return copied
}
