package retrieval

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"policykb/corpus"
)

// TraceResult says where a sentence of a report stands in the documents.
type TraceResult struct {
	Found  TraceFound
	Places []TracePlace // best first; of nearly equal places the exact one first
}

// TraceFound is how well a sentence was found.
type TraceFound string

// The findings of a trace. A changed figure is never exact.
const (
	TraceExact   TraceFound = "exact"   // word for word, white space, widths and marks aside
	TraceNear    TraceFound = "near"    // nearly: the differences are listed
	TraceNowhere TraceFound = "nowhere" // in no document
)

// TracePlace is one place where the sentence stands, exactly or nearly.
type TracePlace struct {
	Quote       Quote
	Similarity  float64 // share of pairs of characters in common, 0 to 1
	Differences []Difference
}

// Difference is one thing that the sentence says otherwise than its source.
type Difference struct {
	Kind   string // number, date, negation or words
	Given  string // "" where the sentence lacks what the source says
	Source string // "" where the source lacks what the sentence says
}

// MaxTrace is the length of the longest text traced, in code points.
const MaxTrace = 2000

// How alike a passage must be to be the source of a sentence, and how many places
// are given.
const (
	traceNear   = 0.55
	tracePlaces = 5
)

// Trace finds where a sentence or quotation stands in the documents. An error that
// wraps [ErrInvalid] is the asker's.
func (s *Service) Trace(ctx context.Context, text string, filter corpus.Filter) (TraceResult, error) {
	switch n := len([]rune(text)); {
	case !isWord([]rune(text)):
		return TraceResult{}, fmt.Errorf("%w: there is no word to trace", ErrInvalid)
	case n > MaxTrace:
		return TraceResult{}, fmt.Errorf("%w: the text has %d characters; it may have %d", ErrInvalid, n, MaxTrace)
	}
	hits, err := s.config.Index.Search(ctx, Query{Sparse: QueryTerms(text), Filter: filter, Limit: readPassages})
	if err != nil {
		return TraceResult{}, fmt.Errorf("trace: %w", err)
	}
	passages, err := s.hydrate(ctx, hits)
	if err != nil {
		return TraceResult{}, err
	}
	result := TraceResult{Found: TraceNowhere}
	for i := range passages {
		if place, ok := traceIn(text, &passages[i]); ok {
			result.Places = append(result.Places, place)
		}
	}
	slices.SortStableFunc(result.Places, func(a, b TracePlace) int {
		return cmp.Or(cmp.Compare(len(a.Differences), len(b.Differences)), cmp.Compare(b.Similarity, a.Similarity))
	})
	result.Places = result.Places[:min(tracePlaces, len(result.Places))]
	if len(result.Places) > 0 {
		result.Found = TraceNear
		if len(result.Places[0].Differences) == 0 {
			result.Found = TraceExact
		}
	}
	return result, nil
}

// traceIn finds the stretch of a passage that is most like the text: the text
// itself, or the run of sentences and clauses that shares most with it.
func traceIn(text string, p *Passage) (TracePlace, bool) {
	given := letters([]rune(text))
	whole := []rune(p.Found.Passage.Text)
	source := letters(whole)
	quote := func(span corpus.Span) Quote {
		return Quote{Passage: *p, Span: span.Shift(p.Found.Passage.Span.Start), Text: string(whole[span.Start:span.End])}
	}
	if at := indexRunes(source.runes, given.runes); at >= 0 {
		return TracePlace{Quote: quote(source.span(at, at+len(given.runes))), Similarity: 1}, true
	}
	var clauses []corpus.Span
	for _, u := range splitUnits(whole, p.Found.Passage.Kind == corpus.PassageTable) {
		clauses = append(clauses, u.clauses...)
	}
	best, similarity := corpus.Span{}, 0.0
	for i := range clauses {
		for j := i; j < len(clauses); j++ {
			span := corpus.Span{Start: clauses[i].Start, End: clauses[j].End}
			part := letters(whole[span.Start:span.End]).runes
			if len(part) > 2*len(given.runes)+12 {
				break
			}
			if alike := min(sharedPairs(given.runes, part), sharedPairs(part, given.runes)); alike > similarity {
				best, similarity = span, alike
			}
		}
	}
	if similarity < traceNear {
		return TracePlace{}, false
	}
	best = trimAny(whole, best, "，,；;：:")
	place := TracePlace{Quote: quote(best), Similarity: similarity}
	place.Differences = differences(text, place.Quote.Text)
	return place, true
}

// letters is a text's letters, digits and percent signs, folded, and where they stood.
func letters(text []rune) flat {
	all := flatten(text)
	kept := flat{runes: all.runes[:0:0]}
	for i, r := range all.runes {
		if isHan(r) || isLatin(r) || strings.ContainsRune("%‰.+", r) {
			kept.runes, kept.at = append(kept.runes, r), append(kept.at, all.at[i])
		}
	}
	return kept
}

// indexRunes returns where part begins in text, -1 where it does not stand there.
func indexRunes(text, part []rune) int {
	for i := 0; i+len(part) <= len(text); i++ {
		if hasPrefix(text[i:], part) {
			return i
		}
	}
	return -1
}

// differences lists what two nearly equal texts say otherwise: figures and dates
// that are not the same, a denial in one of them, and where neither is so, that
// the words differ.
func differences(given, source string) []Difference {
	var found []Difference
	mine, theirs := corpus.Figures(given), corpus.Figures(source)
	lacks := func(f corpus.Figure, others []corpus.Figure) bool {
		return !slices.ContainsFunc(others, func(g corpus.Figure) bool { return corpus.SameFigure(f, g) })
	}
	var unmatched []corpus.Figure
	for _, f := range theirs {
		if lacks(f, mine) && f.Kind != corpus.FigureLabel && f.Kind != corpus.FigureOrdinal {
			unmatched = append(unmatched, f)
		}
	}
	for _, f := range mine {
		if !lacks(f, theirs) {
			continue
		}
		d := Difference{Kind: "number", Given: f.Text}
		if f.Kind == corpus.FigureDate {
			d.Kind = "date"
		}
		if i := slices.IndexFunc(unmatched, func(g corpus.Figure) bool { return g.Kind == f.Kind }); i >= 0 {
			d.Source = unmatched[i].Text
			if corpus.SameFigure(corpus.Figure{Kind: f.Kind, Low: f.Low, High: f.High, Unit: f.Unit, Per: f.Per, Date: f.Date}, unmatched[i]) {
				d.Given, d.Source = withBound(f), withBound(unmatched[i]) // only the bound differs
			}
			unmatched = slices.Delete(unmatched, i, i+1)
		}
		found = append(found, d)
	}
	for _, f := range unmatched {
		d := Difference{Kind: "number", Source: f.Text}
		if f.Kind == corpus.FigureDate {
			d.Kind = "date"
		}
		found = append(found, d)
	}
	if denies(given) != denies(source) {
		found = append(found, Difference{Kind: "negation", Given: denial(given), Source: denial(source)})
	}
	if len(found) == 0 {
		found = append(found, Difference{Kind: "words", Given: given, Source: readable(source)})
	}
	return found
}

// withBound writes a figure with the sign of its bound.
func withBound(f corpus.Figure) string {
	signs := map[corpus.Bound]string{corpus.BoundAtMost: "≤", corpus.BoundAtLeast: "≥", corpus.BoundLessThan: "<", corpus.BoundMoreThan: ">", corpus.BoundAbout: "≈"}
	return signs[f.Bound] + f.Text
}

// denial is the first word of a text that denies, or "".
func denial(text string) string {
	return denials.FindString(boundWords.ReplaceAllString(strings.ToLower(text), ""))
}
