package parse

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"
)

// box is a place on a page, in points, up and right from the lower left corner.
type box struct{ left, right, top, bottom float64 }

func (b box) width() float64  { return b.right - b.left }
func (b box) height() float64 { return b.top - b.bottom }
func (b box) middle() (x, y float64) {
	return (b.left + b.right) / 2, (b.top + b.bottom) / 2
}

func (b box) holds(x, y float64) bool {
	return x >= b.left && x <= b.right && y >= b.bottom && y <= b.top
}

// with gives the box around both.
func (b box) with(c box) box {
	return box{min(b.left, c.left), max(b.right, c.right), max(b.top, c.top), min(b.bottom, c.bottom)}
}

// glyph is a character on a page.
type glyph struct {
	r      rune
	spaced bool    // white space stands before it in the drawing order
	angle  float64 // in radians, clockwise from text that runs to the right
	box
}

// mostGlyphs bounds the characters read from one page: a page of a newspaper has
// some 20,000.
const mostGlyphs = 200_000

// ruleWidth is the most that a drawn line is wide, in points.
const ruleWidth = 2.5

// sheet is a page as it is drawn.
type sheet struct {
	glyphs   []glyph
	rules    []box // ruled lines, as thin boxes
	pictures int
	unknown  int  // characters that the fonts give no meaning to
	cut      bool // there were more than are read
}

// run is a line of text on a page.
type run struct {
	box
	text   string
	size   float64 // of its letters, in points
	pieces int     // parts with wide gaps between them
}

// upright turns the page so that most of its text runs to the right, and takes
// text that runs aslant (watermarks) out of it.
func (s *sheet) upright() (aslant []glyph) {
	var quarters [4]int
	kept := s.glyphs[:0]
	for _, g := range s.glyphs {
		quarter, exact := quarterOf(g.angle)
		if !exact {
			aslant = append(aslant, g)
			continue
		}
		quarters[quarter]++
		kept = append(kept, g)
	}
	s.glyphs = kept
	most := 0
	for q, n := range quarters {
		if n > quarters[most] {
			most = q
		}
	}
	for i := range s.glyphs {
		s.glyphs[i].box = s.glyphs[i].turned(most)
	}
	for i := range s.rules {
		s.rules[i] = s.rules[i].turned(most)
	}
	return aslant
}

// quarterOf gives an angle, clockwise, in quarters of a turn, and whether it is near one.
func quarterOf(angle float64) (quarter int, exact bool) {
	turns := angle / (math.Pi / 2)
	nearest := math.Round(turns)
	return (int(nearest)%4 + 4) % 4, math.Abs(turns-nearest) < 0.1
}

// turned gives the place of the box once text that runs so many quarters clockwise
// of the usual is turned back.
func (b box) turned(quarters int) box {
	switch quarters {
	case 1: // text that runs down
		return box{-b.top, -b.bottom, b.right, b.left}
	case 2:
		return box{-b.right, -b.left, -b.bottom, -b.top}
	case 3: // text that runs up
		return box{b.bottom, b.top, -b.left, -b.right}
	}
	return b
}

// once drops characters that are printed again in their own place, as programs do
// to make letters bold or to give them a shadow.
func (s *sheet) once() {
	type place struct {
		r    rune
		x, y int
	}
	const step = 4.0 // points
	seen := make(map[place][]box, len(s.glyphs))
	kept := s.glyphs[:0]
	for _, g := range s.glyphs {
		x, y := g.middle()
		at := place{g.r, int(math.Round(x / step)), int(math.Round(y / step))}
		again := false
		for dx := -1; dx <= 1 && !again; dx++ {
			for dy := -1; dy <= 1 && !again; dy++ {
				again = slices.ContainsFunc(seen[place{g.r, at.x + dx, at.y + dy}], g.covers)
			}
		}
		if again {
			continue
		}
		seen[at] = append(seen[at], g.box)
		kept = append(kept, g)
	}
	s.glyphs = kept
}

// covers reports whether two boxes of the same letter lie on one another.
func (b box) covers(c box) bool {
	x, y := b.middle()
	cx, cy := c.middle()
	return math.Abs(x-cx) < b.width()*0.4 && math.Abs(y-cy) < b.height()*0.4
}

// bounds gives the box around glyphs.
func bounds(glyphs []glyph) box {
	if len(glyphs) == 0 {
		return box{}
	}
	b := glyphs[0].box
	for _, g := range glyphs[1:] {
		b = b.with(g.box)
	}
	return b
}

// fragment is a stretch of text without a gap.
type fragment struct {
	glyphs []glyph
	box
}

// fragments gathers characters that are drawn one after the other on a line.
func fragments(glyphs []glyph) []fragment {
	var all []fragment
	for i, g := range glyphs {
		if n := len(all); n > 0 && i > 0 {
			last := glyphs[i-1]
			size := max(min(last.height(), g.height()), 1)
			overlap := min(last.top, g.top) - max(last.bottom, g.bottom)
			gap := g.left - last.right
			if overlap > size/2 && gap > -size/2 && gap < size {
				f := &all[n-1]
				f.glyphs = append(f.glyphs, g)
				f.box = f.with(g.box)
				continue
			}
		}
		all = append(all, fragment{[]glyph{g}, g.box})
	}
	return all
}

// lines puts fragments that stand side by side together, from the top down.
func linesOf(fragments []fragment) [][]fragment {
	slices.SortStableFunc(fragments, func(a, b fragment) int {
		_, ya := a.middle()
		_, yb := b.middle()
		return cmp.Compare(yb, ya)
	})
	var rows [][]fragment
	var row box
	for _, f := range fragments {
		if n := len(rows); n > 0 {
			overlap := min(row.top, f.top) - max(row.bottom, f.bottom)
			if overlap > min(row.height(), f.height())/2 {
				rows[n-1] = append(rows[n-1], f)
				if f.height() > row.height()*0.8 {
					row = row.with(f.box)
				}
				continue
			}
		}
		rows = append(rows, []fragment{f})
		row = f.box
	}
	for _, row := range rows {
		slices.SortStableFunc(row, func(a, b fragment) int { return cmp.Compare(a.left, b.left) })
	}
	return rows
}

// runOf writes the fragments of a line as text.
func runOf(row []fragment) run {
	r := run{box: row[0].box, pieces: 1}
	var text strings.Builder
	var wide, tall []float64
	var last glyph
	for i, f := range row {
		r.box = r.with(f.box)
		for k, g := range f.glyphs {
			if text.Len() > 0 {
				gap := g.left - last.right
				size := max(last.height(), g.height())
				if k == 0 && i > 0 && gap > size {
					r.pieces++
				}
				if g.spaced || gap > size*0.6 || gap > size*0.2 && !broad(g.r) && !broad(last.r) {
					text.WriteByte(' ')
				}
			}
			text.WriteRune(g.r)
			last = g
			if unicode.Is(unicode.Han, g.r) {
				wide = append(wide, g.width())
			}
			tall = append(tall, g.height())
		}
	}
	r.text = text.String()
	// Fonts differ in the height of their boxes, but a Han character is as wide as
	// its size.
	if len(wide) > 0 {
		r.size = median(wide)
	} else {
		r.size = median(tall)
	}
	return r
}

// broad reports whether the character takes the width of a Han character.
func broad(r rune) bool {
	return unicode.Is(unicode.Han, r) || r >= 0x3000 && r <= 0x303F || r >= 0xFF00 && r <= 0xFF60
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[len(values)/2]
}
