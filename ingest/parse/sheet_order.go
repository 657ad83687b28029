package parse

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// piece is a part of a page in reading order: running lines, or a row of a table.
type piece struct {
	lines  []run
	cells  [][]run // of a row
	column box     // what the lines stand in
	first  bool    // the first row of its table
}

// order gives the parts of a page in the order in which they are read.
func (s *sheet) order() []piece {
	rest := s.glyphs
	tables := s.tables()
	var pieces []piece
	for _, t := range tables {
		_, top := t.frame.middle()
		var above, inside, below []glyph
		for _, g := range rest {
			x, y := g.middle()
			switch {
			case t.frame.holds(x, y):
				inside = append(inside, g)
			case y > top:
				above = append(above, g)
			default:
				below = append(below, g)
			}
		}
		if len(inside) == 0 {
			continue
		}
		pieces = append(pieces, columns(fragments(above), bounds(above), 0)...)
		rows := t.rows(t.frame, inside, 0)
		for i, row := range rows {
			if len(row) == 1 {
				pieces = append(pieces, columns(fragments(row[0]), bounds(row[0]), 0)...)
				continue
			}
			p := piece{column: t.frame, first: i == 0}
			for _, cell := range row {
				p.cells = append(p.cells, leaf(fragments(cell)))
			}
			pieces = append(pieces, p)
		}
		rest = below
	}
	return append(pieces, columns(fragments(rest), bounds(rest), 0)...)
}

// table is a part of a page that rules divide into cells.
type table struct {
	frame  box
	across []box // horizontal rules
	down   []box // vertical rules
}

// nearby is how far rules may be apart and still meet, in points.
const nearby = 3.0

// tables finds the tables of a page, from the top down.
func (s *sheet) tables() []table {
	var across, down []box
	for _, r := range s.rules {
		switch {
		case r.height() <= ruleWidth && r.width() > r.height():
			across = append(across, r)
		case r.width() <= ruleWidth:
			down = append(down, r)
		}
	}
	across = merged(across, func(b box) box { return b })
	down = merged(down, func(b box) box { return b.turned(1) })
	if len(down) == 0 || len(across)+len(down) > mostRules {
		return nil
	}
	all := append(slices.Clone(across), down...)
	group := make([]int, len(all))
	for i := range group {
		group[i] = i
	}
	var root func(i int) int
	root = func(i int) int {
		if group[i] != i {
			group[i] = root(group[i])
		}
		return group[i]
	}
	for i := range all {
		for k := range i {
			a, b := all[i], all[k]
			if a.left <= b.right+nearby && b.left <= a.right+nearby && a.bottom <= b.top+nearby && b.bottom <= a.top+nearby {
				group[root(i)] = root(k)
			}
		}
	}
	byRoot := make(map[int]*table)
	var order []*table
	for i, r := range all {
		t := byRoot[root(i)]
		if t == nil {
			t = &table{frame: r}
			byRoot[root(i)] = t
			order = append(order, t)
		}
		t.frame = t.frame.with(r)
		if i < len(across) {
			t.across = append(t.across, r)
		} else {
			t.down = append(t.down, r)
		}
	}
	var found []table
	for _, t := range order {
		if len(t.down) >= 1 && len(t.across) >= 1 && t.frame.width() > 40 && t.frame.height() > 10 {
			found = append(found, *t)
		}
	}
	slices.SortStableFunc(found, func(a, b table) int { return cmp.Compare(b.frame.top, a.frame.top) })
	return found
}

// mostRules bounds the work on drawings made of thousands of strokes, which are
// no tables.
const mostRules = 2000

// merged joins rules that go on from one another. The turn makes them horizontal.
func merged(rules []box, turn func(box) box) []box {
	slices.SortStableFunc(rules, func(a, b box) int {
		a, b = turn(a), turn(b)
		return cmp.Or(cmp.Compare(int(b.top/2), int(a.top/2)), cmp.Compare(a.left, b.left))
	})
	var out []box
	for _, r := range rules {
		if n := len(out); n > 0 {
			a, b := turn(out[n-1]), turn(r)
			if a.top-b.bottom < nearby+ruleWidth && b.top-a.bottom < nearby+ruleWidth && b.left <= a.right+nearby {
				out[n-1] = out[n-1].with(r)
				continue
			}
		}
		out = append(out, r)
	}
	return out
}

// mostNested bounds how often a cell is divided again.
const mostNested = 8

// rows divides a part of a table into rows of cells. A cell beside several rows
// stands in each of them.
func (t table) rows(part box, glyphs []glyph, depth int) [][][]glyph {
	if depth < mostNested {
		var at []float64
		for _, r := range t.across {
			_, y := r.middle()
			if y < part.top-nearby && y > part.bottom+nearby && r.left <= part.left+2*nearby && r.right >= part.right-2*nearby {
				at = append(at, y)
			}
		}
		if len(at) > 0 {
			slices.SortFunc(at, func(a, b float64) int { return cmp.Compare(b, a) })
			at = append(at, part.bottom)
			var rows [][][]glyph
			top := part.top
			for _, y := range at {
				band := box{part.left, part.right, top, y}
				var inside []glyph
				for _, g := range glyphs {
					if _, gy := g.middle(); gy <= top && gy > y {
						inside = append(inside, g)
					}
				}
				if len(inside) > 0 {
					rows = append(rows, t.rows(band, inside, depth+1)...)
				}
				top = y
			}
			return rows
		}
		for _, r := range t.down {
			x, _ := r.middle()
			if x > part.left+nearby && x < part.right-nearby && r.top >= part.top-2*nearby && r.bottom <= part.bottom+2*nearby {
				at = append(at, x)
			}
		}
		if len(at) > 0 {
			slices.Sort(at)
			at = append(at, part.right)
			var cells [][][][]glyph
			left, most := part.left, 1
			for _, x := range at {
				var inside []glyph
				for _, g := range glyphs {
					if gx, _ := g.middle(); gx >= left && (gx < x || x == part.right) {
						inside = append(inside, g)
					}
				}
				if x-left > nearby {
					cell := t.rows(box{left, x, part.top, part.bottom}, inside, depth+1)
					if len(cell) == 0 {
						cell = [][][]glyph{{nil}}
					}
					cells = append(cells, cell)
					most = max(most, len(cell))
				}
				left = x
			}
			return beside(cells, most)
		}
	}
	return [][][]glyph{{glyphs}}
}

// beside puts the rows of columns together, row by row.
func beside(columns [][][][]glyph, rows int) [][][]glyph {
	out := make([][][]glyph, rows)
	for i := range out {
		for _, column := range columns {
			switch {
			case len(column) == 1:
				out[i] = append(out[i], column[0]...)
			case i < len(column):
				out[i] = append(out[i], column[i]...)
			default:
				out[i] = append(out[i], nil)
			}
		}
	}
	return out
}

// columns divides fragments into columns of text where they stand in columns.
func columns(all []fragment, part box, depth int) []piece {
	if len(all) == 0 {
		return nil
	}
	x, ok := gutter(all, part)
	if !ok || depth >= mostNested {
		return []piece{{lines: leaf(all), column: part}}
	}
	// What stands across the gutter, such as a title, divides the columns.
	var across, beside []fragment
	for _, f := range all {
		if f.left < x && f.right > x {
			across = append(across, f)
		} else {
			beside = append(beside, f)
		}
	}
	var pieces []piece
	band := func(in []fragment) {
		var left, right []fragment
		for _, f := range in {
			if f.right <= x {
				left = append(left, f)
			} else {
				right = append(right, f)
			}
		}
		for _, side := range [][]fragment{left, right} {
			if len(side) > 0 {
				pieces = append(pieces, columns(side, around(side), depth+1)...)
			}
		}
	}
	for _, title := range linesOf(across) {
		_, y := around(title).middle()
		var above, below []fragment
		for _, f := range beside {
			if _, fy := f.middle(); fy > y {
				above = append(above, f)
			} else {
				below = append(below, f)
			}
		}
		band(above)
		// Titles that follow one another are one part.
		if n := len(pieces); n > 0 && len(above) == 0 && pieces[n-1].column == part {
			pieces[n-1].lines = append(pieces[n-1].lines, runOf(title))
		} else {
			pieces = append(pieces, piece{lines: []run{runOf(title)}, column: part})
		}
		beside = below
	}
	band(beside)
	return pieces
}

func around(fragments []fragment) box {
	b := fragments[0].box
	for _, f := range fragments[1:] {
		b = b.with(f.box)
	}
	return b
}

// gutter finds where an empty strip divides two columns of running text: lines
// that fill their side, some of them at least on each, and few across.
func gutter(all []fragment, part box) (float64, bool) {
	if len(all) < 10 {
		return 0, false
	}
	var tall []float64
	for _, f := range all {
		tall = append(tall, f.height())
	}
	size := median(tall)
	best, fewest := 0.0, len(all)
	width := 0
	for x := part.left + part.width()*0.2; x < part.left+part.width()*0.8; x += size / 4 {
		crossing := 0
		for _, f := range all {
			if f.left < x+size/2 && f.right > x-size/2 {
				crossing++
			}
		}
		switch {
		case crossing < fewest:
			best, fewest, width = x, crossing, 1
		case crossing == fewest && x-best <= float64(width+1)*size/4:
			width++
		}
	}
	best += float64(width-1) / 2 * size / 4 // the middle of the strip
	if fewest*5 > len(all) {
		return 0, false
	}
	var left, right []fragment
	for _, f := range all {
		switch {
		case f.right <= best:
			left = append(left, f)
		case f.left >= best:
			right = append(right, f)
		}
	}
	return best, fills(left, size) && fills(right, size)
}

// fills reports whether lines run over the width they have: prose, and no cells.
func fills(side []fragment, size float64) bool {
	rows := linesOf(slices.Clone(side))
	if len(rows) < 4 {
		return false
	}
	width := around(side).width()
	if width < 8*size {
		return false
	}
	full := 0
	for _, row := range rows {
		if around(row).width() > width*0.7 {
			full++
		}
	}
	return full*2 >= len(rows)
}

// leaf gives the lines of a part that is not divided any further.
func leaf(all []fragment) []run {
	var lines []run
	for _, row := range linesOf(all) {
		lines = append(lines, runOf(row))
	}
	return lines
}

// words gives the lines of a cell as one text.
func words(lines []run) string {
	var b strings.Builder
	for _, l := range lines {
		join(&b, l.text)
	}
	return b.String()
}

// join adds a line to a paragraph: Latin words keep a space between them, a
// hyphen that only divides a word goes, Han characters stand close.
func join(b *strings.Builder, next string) {
	text := b.String()
	if text == "" || next == "" {
		b.WriteString(next)
		return
	}
	last, size := utf8.DecodeLastRuneInString(text)
	first, _ := utf8.DecodeRuneInString(next)
	before, _ := utf8.DecodeLastRuneInString(text[:len(text)-size])
	switch {
	case last == '-' && lower(before) && lower(first):
		b.Reset()
		b.WriteString(text[:len(text)-1])
	case last < utf8.RuneSelf && first < utf8.RuneSelf && last != '-' && last != '/':
		b.WriteByte(' ')
	}
	b.WriteString(next)
}

func lower(r rune) bool { return r >= 'a' && r <= 'z' }
