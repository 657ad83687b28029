package retrieval

import (
	"regexp"
	"slices"

	"policykb/corpus"
)

// yearMatch compares the years that the question states with those of the unit.
func yearMatch(q *Interpretation, t *reading, u *unit) float64 {
	if len(q.stated) == 0 {
		return 0
	}
	match := 0.0
	for _, f := range t.figures {
		if f.Kind != corpus.FigureDate || f.Date.Year == 0 || !u.span.Contains(f.Span) {
			continue
		}
		if slices.Contains(q.stated, f.Date.Year) {
			return 1
		}
		match = -1
	}
	return match
}

var yearInName = regexp.MustCompile(`(19|20)\d\d`)

func yearOf(digits string) int {
	year := 0
	for _, d := range digits {
		year = 10*year + int(d-'0')
	}
	return year
}

// editionMatch compares the years by which the question tells editions apart with
// those in the document's title, dates and file name.
func editionMatch(q *Interpretation, d corpus.Document) float64 {
	if len(q.Editions) == 0 {
		return 0
	}
	m := d.Metadata
	years := []int{m.IssuedOn.Year, m.EffectiveFrom.Year}
	for _, text := range []string{m.Title, d.Original.Name} {
		for _, y := range yearInName.FindAllString(text, -1) {
			years = append(years, yearOf(y))
		}
	}
	known := false
	for _, y := range years {
		known = known || y != 0
		if slices.Contains(q.Editions, y) {
			return 1
		}
	}
	if known {
		return -1
	}
	return 0
}

// titleMatch tells whether the document is one that the question names in 《》:
// the share of the named title's pairs of characters that its title has.
func titleMatch(q *Interpretation, d corpus.Document) float64 {
	best := 0.0
	for _, title := range q.Titles {
		best = max(best, pairShare([]rune(corpus.Fold(title)), []rune(corpus.Fold(d.Metadata.Title))))
	}
	return best
}

// pairShare is the share of a's pairs of neighbours that b has, divided again by
// how much longer b is.
func pairShare(a, b []rune) float64 {
	if len(a) < 2 || len(b) < 2 {
		return 0
	}
	has := make(map[[2]rune]bool, len(b))
	for i := range len(b) - 1 {
		has[[2]rune{b[i], b[i+1]}] = true
	}
	n := 0
	for i := range len(a) - 1 {
		if has[[2]rune{a[i], a[i+1]}] {
			n++
		}
	}
	return float64(n) / float64(max(len(a), len(b))-1)
}
