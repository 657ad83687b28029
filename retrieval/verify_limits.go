package retrieval

import (
	"fmt"
	"regexp"
	"slices"

	"policykb/corpus"
)

// limitSays say that a figure is where something ends or begins, wherever in its
// clause they stand: 上限为1000万元, 达到500万元的.
var limitSays = regexp.MustCompile(`不超过|不低于|低于|超过|以上|以下|以内|最高|最多|最少|至少|上限|下限|封顶|限额|最低|最大|最小|最长|最短|门槛|为限|限制|期限|幅度|范围|顶格|满|达|余|逾|倍多|[≥≤<>+]` +
	`|\b(up to|caps?|capped|ceiling|floor|limit(ed|s)?|maximum|minimum|max|min|at (most|least)|exceed\w*|threshold|(more|less|fewer|greater) than|over|under|above|below|within)\b`)

// verifyLimits sees that a ceiling or a floor of the quotes has not become the
// value itself: 补贴50% of 补贴不超过50%. A figure that any quote has without a
// bound may be said without one.
func (h *hearing) verifyLimits() (faults []string) {
	if anaphoric.MatchString(h.read) {
		return nil // its bound stands where it is spoken of again
	}
	for _, clause := range h.said {
		if limitSays.MatchString(clause.read) {
			continue
		}
		for _, f := range clause.figures {
			if f.Bound != corpus.BoundNone || f.Low != f.High || !bounded[f.Kind] {
				continue
			}
			holders := holdersOf(f, h.contexts)
			if len(holders) == 0 || slices.ContainsFunc(holders, func(own holder) bool { return !limited(own.context.figures[own.at]) }) {
				continue
			}
			faults = append(faults, fmt.Sprintf("the quote has %s as a limit", f.Text))
		}
	}
	return faults
}

// anaphoric matches a bound on a figure that was named before: 超过这一数字.
var anaphoric = regexp.MustCompile(`(超过|低于|不超过|不低于)(这|该|此|上述)`)

// bounded are the kinds of figures that are given as limits.
var bounded = map[corpus.FigureKind]bool{
	corpus.FigureMoney: true, corpus.FigurePercent: true, corpus.FigureCount: true, corpus.FigureNumber: true,
	corpus.FigureCompute: true, corpus.FigureArea: true, corpus.FigureMeasure: true,
}

// limited reports whether a figure of a quote is a ceiling or a floor.
func limited(f corpus.Figure) bool {
	switch f.Bound {
	case corpus.BoundAtMost, corpus.BoundLessThan, corpus.BoundAtLeast, corpus.BoundMoreThan:
		return true
	}
	return false
}
