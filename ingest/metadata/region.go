package metadata

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"policykb/corpus"
)

// How much of a text is read for what it says about itself, in code points.
// Everything that names a document stands near one of its ends.
const (
	headLength = 2000
	tailLength = 1000
)

// region is a stretch of the canonical text, beside its folded form (simplified,
// normal width, lower case) with as many characters. Places in it are bytes of
// the folded form.
type region struct {
	start  int // code points of the text before it
	runes  []rune
	folded string
	bytes  []int // where each rune begins in folded, and the end
	dates  []dated
}

// dated is a day of the calendar in a region.
type dated struct {
	from, to int
	date     corpus.Date
}

// headOf returns the beginning of a text.
func headOf(text string) region {
	end, n := len(text), 0
	for i := range text {
		if n == headLength {
			end = i
			break
		}
		n++
	}
	return newRegion(text[:end], 0)
}

// tailOf returns the end of a text of the given length, as far as it is not in the head.
func tailOf(text string, length int) region {
	n := min(tailLength, length-headLength)
	if n <= 0 {
		return newRegion("", length)
	}
	from := len(text)
	for range n {
		_, size := utf8.DecodeLastRuneInString(text[:from])
		from -= size
	}
	return newRegion(text[from:], length-n)
}

func newRegion(text string, start int) region {
	r := region{start: start, runes: []rune(text)}
	var b strings.Builder
	b.Grow(len(text))
	r.bytes = make([]int, len(r.runes)+1)
	for i, c := range r.runes {
		r.bytes[i] = b.Len()
		b.WriteRune(corpus.FoldRune(c))
	}
	r.folded = b.String()
	r.bytes[len(r.runes)] = len(r.folded)
	for _, f := range corpus.Figures(text) {
		if f.Kind == corpus.FigureDate && f.Date.Year > 0 {
			r.dates = append(r.dates, dated{r.bytes[f.Span.Start], r.bytes[f.Span.End], f.Date})
		}
	}
	return r
}

// end is the place after the last character.
func (r region) end() int { return len(r.folded) }

// rune returns the index of the rune at or after the place.
func (r region) rune(at int) int { return sort.SearchInts(r.bytes, at) }

// span gives two places as a span of the canonical text.
func (r region) span(from, to int) corpus.Span {
	return corpus.Span{Start: r.rune(from), End: r.rune(to)}.Shift(r.start)
}

// text returns what stands between two places as the document has it.
func (r region) text(from, to int) string {
	return string(r.runes[r.rune(from):r.rune(to)])
}

// trim moves two places inward over white space.
func (r region) trim(from, to int) (int, int) {
	for from < to {
		c, size := utf8.DecodeRuneInString(r.folded[from:to])
		if !unicode.IsSpace(c) {
			break
		}
		from += size
	}
	for from < to {
		c, size := utf8.DecodeLastRuneInString(r.folded[from:to])
		if !unicode.IsSpace(c) {
			break
		}
		to -= size
	}
	return from, to
}

// lineEnd is where the line ends that holds the place.
func (r region) lineEnd(at int) int {
	if i := strings.IndexByte(r.folded[at:], '\n'); i >= 0 {
		return at + i
	}
	return r.end()
}

// dateAfter returns the first date that begins between two places.
func (r region) dateAfter(from, to int) (dated, bool) {
	i := sort.Search(len(r.dates), func(i int) bool { return r.dates[i].from >= from })
	if i < len(r.dates) && r.dates[i].from < to {
		return r.dates[i], true
	}
	return dated{}, false
}

// hasHan reports whether the text has a Chinese character.
func hasHan(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// frontEnd is the place in the head at which the document's first section after
// its title begins. Labelled values behind it are about the section, as in a
// digest of many policies.
func frontEnd(head region, sections []corpus.Section) int {
	seen := 0
	for _, s := range sections {
		if s.Heading.Start >= len(head.runes) {
			break
		}
		if _, _, isLabel := labelAt(fold(s.Title)); isLabel || isLabelWord(s.Label) {
			continue
		}
		// The title is a heading too where a format or its size marks it as one.
		if seen++; seen == 1 && s.Heading.Start < firstLineWithin {
			continue
		}
		return head.bytes[s.Heading.Start]
	}
	return head.end()
}

// firstLineWithin is how far from the start of a text, in code points, its title
// begins at the latest.
const firstLineWithin = 20

// fold folds a short text rune by rune.
func fold(s string) string { return strings.Map(corpus.FoldRune, s) }
