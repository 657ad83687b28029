package retrieval

import (
	"slices"
	"strings"

	"policykb/corpus"
)

// conflicts finds units of other documents that say nearly the same of the same
// place and give another figure.
func (r *reader) conflicts(best evidence, ranked []evidence) []evidence {
	if len(best.wanted) == 0 {
		return nil
	}
	words := []rune(withoutFigures(best.text(best.unit.span)))
	var others []evidence
	for _, e := range ranked[1:min(len(ranked), 20)] {
		if e.reading.passage.Found.Document.ID == best.reading.passage.Found.Document.ID || len(e.wanted) == 0 || e.features.Place < best.features.Place {
			continue
		}
		if sharedPairs(words, []rune(withoutFigures(e.text(e.unit.span)))) < 0.75 {
			continue
		}
		if !slices.ContainsFunc(e.wanted, func(f fact) bool {
			return slices.ContainsFunc(best.wanted, func(g fact) bool {
				return f.figure == nil || g.figure == nil || f.figure.Kind != g.figure.Kind || corpus.SameFigure(*f.figure, *g.figure)
			})
		}) {
			others = append(others, e)
		}
	}
	return others
}

// withoutFigures folds a text and drops its digits.
func withoutFigures(text string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' || r == '.' {
			return -1
		}
		return r
	}, corpus.Fold(text))
}
