package parse

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// page is a page laid out in reading order.
type page struct {
	number     int
	pieces     []piece
	frame      box     // around all its text
	furniture  []run   // set apart: running heads, page numbers, watermarks
	recognised []Block // in place of the pieces, where the page is a picture
}

// layOut puts the characters of a page into reading order.
func layOut(number int, s sheet) page {
	p := page{number: number}
	aslant := s.upright()
	s.once()
	p.pieces = s.order()
	p.frame = bounds(s.glyphs)
	if len(aslant) > 0 {
		var letters strings.Builder
		for _, g := range aslant {
			letters.WriteRune(g.r)
		}
		p.furniture = append(p.furniture, run{box: bounds(aslant), text: letters.String()})
	}
	return p
}

// blocksOf turns pages into blocks.
func blocksOf(pages []page) []Block {
	setRunningLinesApart(pages)
	body := bodySize(pages)
	sizes := headingSizes(pages, body)
	var blocks []Block
	add := func(p page, b Block) {
		b.Page, b.Offset = p.number, -1
		if b.Text = strings.TrimSpace(b.Text); b.Text != "" {
			blocks = append(blocks, b)
		}
	}
	for _, p := range pages {
		for _, b := range p.recognised {
			add(p, b)
		}
		if p.recognised != nil {
			continue
		}
		for _, l := range p.furniture {
			add(p, Block{Kind: Furniture, Text: l.text})
		}
		for _, part := range p.pieces {
			if part.cells != nil {
				for _, b := range rowBlocks(part) {
					add(p, b)
				}
				continue
			}
			for _, paragraph := range paragraphs(part) {
				b := Block{Kind: Paragraph, Text: words(paragraph)}
				if level := levelOf(paragraph, b.Text, body, sizes); level > 0 {
					b.Kind, b.Level = Heading, level
				}
				add(p, b)
			}
		}
	}
	return blocks
}

// longCell is how many code points a cell of several paragraphs may have before
// it is read as text beside a label and no more as data.
const longCell = 100

// rowBlocks writes a row of a table. A cell of several paragraphs, as cards have
// beside the labels in their margin, is written as text after its label.
func rowBlocks(row piece) []Block {
	var texts []string
	filled, long := 0, false
	for _, cell := range row.cells {
		text := strings.TrimSpace(words(cell))
		if text != "" {
			filled++
		}
		if parts := len(paragraphs(piece{lines: cell})); parts > 1 && utf8.RuneCountInString(text) > longCell {
			long = true
		}
		texts = append(texts, text)
	}
	switch {
	case filled == 0:
		return nil
	case !long && filled > 1:
		return []Block{{Kind: Row, Text: rowOf(texts), Cells: texts, Header: row.first && len(texts) > 2 && columnNames(texts)}}
	}
	var blocks []Block
	for _, cell := range row.cells {
		for _, paragraph := range paragraphs(piece{lines: cell}) {
			blocks = append(blocks, Block{Kind: Paragraph, Text: words(paragraph)})
		}
	}
	return blocks
}

// paragraphs gathers the lines of a part of a page.
func paragraphs(p piece) [][]run {
	var out [][]run
	leading := usualLeading(p.lines)
	left, right := edges(p.lines)
	for i, l := range p.lines {
		if i > 0 && goesOnBelow(p.lines[i-1], l, leading, left, right) {
			out[len(out)-1] = append(out[len(out)-1], l)
			continue
		}
		out = append(out, []run{l})
	}
	return out
}

// goesOnBelow reports whether a line goes on with the paragraph of the line above.
func goesOnBelow(above, l run, leading, left, right float64) bool {
	size := max(above.size, 1)
	if math.Abs(above.size-l.size) > size*0.2 || above.pieces > 2 || l.pieces > 2 {
		return false
	}
	_, ya := above.middle()
	_, yl := l.middle()
	if ya-yl > max(leading*1.3, size*1.2) || ya < yl {
		return false // a gap, or the next column
	}
	if full := above.right+firstWord(l)*1.1 > right; !full {
		return false
	}
	return l.left < left+size*0.8 || math.Abs(l.left-above.left) < size*0.5
}

// firstWord gives the width of what had to fit on the line above: two characters
// of Han text, which may not be divided from a comma, or a Latin word.
func firstWord(l run) float64 {
	first, _ := utf8.DecodeRuneInString(l.text)
	if broad(first) {
		return 2 * l.size
	}
	n := strings.IndexFunc(l.text, func(r rune) bool { return r == ' ' || broad(r) })
	if n < 0 {
		n = len(l.text)
	}
	return max(float64(n+1)*l.size*0.5, 1.5*l.size)
}

// edges gives where lines begin and end.
func edges(lines []run) (left, right float64) {
	left, right = math.Inf(1), math.Inf(-1)
	for _, l := range lines {
		left, right = min(left, l.left), max(right, l.right)
	}
	return left, right
}

// usualLeading gives the distance between the lines of a part of a page: that of
// the nearest lines, as paragraphs stand further apart.
func usualLeading(lines []run) float64 {
	var steps []float64
	for i := 1; i < len(lines); i++ {
		_, above := lines[i-1].middle()
		_, below := lines[i].middle()
		if step := above - below; step > 0 && math.Abs(lines[i-1].size-lines[i].size) < 1 {
			steps = append(steps, step)
		}
	}
	if len(steps) == 0 {
		return 0
	}
	slices.Sort(steps)
	return steps[len(steps)/4]
}

// bodySize gives the size of most of the text, in points.
func bodySize(pages []page) float64 {
	weight := make(map[int]int) // by half points
	for _, l := range everyRun(pages) {
		weight[int(math.Round(l.size*2))] += utf8.RuneCountInString(l.text)
	}
	best := 0
	for size, n := range weight {
		if n > weight[best] || n == weight[best] && size < best {
			best = size
		}
	}
	return float64(best) / 2
}

func everyRun(pages []page) []run {
	var all []run
	for _, p := range pages {
		for _, part := range p.pieces {
			all = append(all, part.lines...)
			for _, cell := range part.cells {
				all = append(all, cell...)
			}
		}
	}
	return all
}

// larger is how much larger than the text the letters of a heading are.
const larger = 1.12

// headingSizes gives the sizes that only short lines have, the largest first.
func headingSizes(pages []page, body float64) []float64 {
	weight := make(map[float64]int)
	total := 0
	for _, l := range everyRun(pages) {
		n := utf8.RuneCountInString(l.text)
		total += n
		if l.size >= body*larger {
			weight[math.Round(l.size)] += n
		}
	}
	var sizes []float64
	for size, n := range weight {
		if n*4 < total {
			sizes = append(sizes, size)
		}
	}
	slices.SortFunc(sizes, func(a, b float64) int { return int(b - a) })
	return sizes
}

// longHeading is how many code points a heading may have.
const longHeading = 80

// levelOf gives the level of a heading, 0 of anything else.
func levelOf(lines []run, text string, body float64, sizes []float64) int {
	if lines[0].size < body*larger || utf8.RuneCountInString(text) > longHeading || !hasWord(text) {
		return 0
	}
	if last, _ := utf8.DecodeLastRuneInString(text); strings.ContainsRune("。；，：;,:", last) {
		return 0
	}
	at := slices.Index(sizes, math.Round(lines[0].size))
	if at < 0 {
		return 0
	}
	return min(at+1, 6)
}

// setRunningLinesApart takes page numbers and the lines that stand at the same
// place of several pages out of the text.
func setRunningLinesApart(pages []page) {
	type place struct {
		text string
		y    int
	}
	count := make(map[place]int)
	visit := func(p *page, see func(l run, top bool) bool) {
		for _, top := range []bool{true, false} {
			for range 3 { // lines at an edge
				part, line := edgeLine(p, top)
				if part < 0 || !see(p.pieces[part].lines[line], top) {
					break
				}
				p.furniture = append(p.furniture, p.pieces[part].lines[line])
				p.pieces[part].lines = slices.Delete(slices.Clone(p.pieces[part].lines), line, line+1)
			}
		}
	}
	key := func(l run) place {
		_, y := l.middle()
		return place{sameDigits(squeezed(l.text)), int(math.Round(y / 12))}
	}
	// Count first, on copies, what stands at the edges.
	for i := range pages {
		p := page{pieces: slices.Clone(pages[i].pieces)}
		visit(&p, func(l run, _ bool) bool {
			count[key(l)]++
			return true
		})
	}
	often := max(2, min(3, len(pages)/2))
	for i := range pages {
		visit(&pages[i], func(l run, top bool) bool {
			if len(pages) < 2 && !numbersPage(l.text) {
				return false
			}
			n := 0
			for dy := -1; dy <= 1; dy++ {
				k := key(l)
				k.y += dy
				n += count[k]
			}
			return n >= often && utf8.RuneCountInString(l.text) <= 60 && !strings.ContainsRune(l.text, '。') || numbersPage(l.text)
		})
	}
}

// edgeLine finds the line of a page that stands highest or lowest, if no table
// stands beyond it.
func edgeLine(p *page, top bool) (part, line int) {
	part, line = -1, -1
	best := math.Inf(1)
	if top {
		best = math.Inf(-1)
	}
	beyond := func(y float64) bool { return top && y > best || !top && y < best }
	for i, piece := range p.pieces {
		for _, cell := range piece.cells {
			for _, l := range cell {
				if _, y := l.middle(); beyond(y) {
					part, line, best = -1, -1, y
				}
			}
		}
		for k, l := range piece.lines {
			if _, y := l.middle(); beyond(y) {
				part, line, best = i, k, y
			}
		}
	}
	return part, line
}

// sameDigits writes every digit as 0, so that numbered lines compare equal.
func sameDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return '0'
		}
		return r
	}, s)
}

// numbersPage reports whether a line at a page's edge only numbers it: 72, - 3 -,
// — 12 —, 第 3 页 共 10 页, 3/10.
func numbersPage(s string) bool {
	bare := strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '—', '–', '－', '·', '•', '/', '第', '页', '共', '|':
			return -1
		}
		return r
	}, s)
	return bare != "" && len(bare) <= 8 && strings.Trim(bare, "0123456789") == ""
}
