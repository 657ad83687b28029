package retrieval

import (
	"regexp"
	"slices"
	"strings"

	"policykb/corpus"
)

// yearMatch compares the years that the question states with the one that governs
// the unit's fact: the last one named before it in the paragraph, or else any in
// the unit.
func yearMatch(q *Interpretation, t *reading, u *unit, facts []fact) float64 {
	if len(q.stated) == 0 {
		return 0
	}
	at := u.span.End
	if len(facts) > 0 {
		at = facts[0].span.End
	}
	match, governing := 0.0, 0.0
	for _, f := range t.figures {
		if f.Kind != corpus.FigureDate || f.Date.Year == 0 {
			continue
		}
		same := -1.0
		if slices.Contains(q.stated, f.Date.Year) {
			same = 1
		}
		if u.span.Contains(f.Span) && match < 1 {
			match = same
		}
		switch {
		case f.Span.End > at:
		case u.span.Contains(f.Span) || t.sameBlock(f.Span.Start, u):
			governing = same
		case f.Span.Start > 0 && strings.ContainsRune("到至", t.text[f.Span.Start-1]):
			governing = 0.7 * same // the goals of a year, listed below it
		}
	}
	if len(facts) > 0 && governing != 0 {
		return governing
	}
	if match == 0 {
		return 0.8 * governing
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
