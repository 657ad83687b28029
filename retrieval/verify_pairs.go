package retrieval

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"policykb/corpus"
)

// verifyPairs sees that each figure of the statement stands with what the quote
// says it of: with the year or place in a row that governs it there, and not with
// the words of another clause in the place of its own. Two facts of one quote are
// easily merged into a third that it does not say.
func verifyPairs(s Statement, contexts []quoteContext) (faults []string) {
	figures := corpus.Figures(s.Text)
	text := []rune(s.Text)
	for i, f := range figures {
		if f.Kind == corpus.FigureDate || f.Kind == corpus.FigureOrdinal || f.Kind == corpus.FigureLabel || f.Kind == corpus.FigurePlan {
			continue
		}
		holders := holdersOf(f, contexts)
		if len(holders) == 0 {
			continue // no quote has it, and that has been said
		}
		if g := governorOf(figures, text, i); !slices.ContainsFunc(holders, func(h holder) bool { return h.governedBy(g) }) {
			faults = append(faults, fmt.Sprintf("the quote does not say %s of %s", f.Text, g))
			continue
		}
		clause := clauseAt(text, f.Span)
		if swapped := swappedIn(clause, holders); swapped != "" {
			faults = append(faults, fmt.Sprintf("the quote does not say %s of “%s”", f.Text, swapped))
		}
	}
	return faults
}

// holder is a figure of a quote that bears out one of the statement.
type holder struct {
	context quoteContext
	at      int // in context.figures
}

// holdersOf finds the figures that bear out a claim.
func holdersOf(claim corpus.Figure, contexts []quoteContext) (all []holder) {
	for _, c := range contexts {
		for i, f := range c.figures {
			if corpus.Supports(f, claim) {
				all = append(all, holder{c, i})
			}
		}
	}
	return all
}

// governor is what stands nearest before a figure in its sentence and says when, or
// of which in a row, it is: 2015年, 第一年.
type governor struct {
	date    *corpus.Figure
	ordinal string
}

func (g governor) String() string {
	if g.date != nil {
		return g.ordinal + g.date.Text
	}
	return g.ordinal
}

// ordinals are read without their units: 第二、三年 is of the second and the third.
var ordinals = regexp.MustCompile(`第[一二三四五六七八九十百\d]+`)

// governorOf finds what governs a figure of a text.
func governorOf(figures []corpus.Figure, text []rune, at int) (g governor) {
	start := figures[at].Span.Start
	for start > 0 && !isClauseEnd(text[start-1]) {
		start--
	}
	if all := ordinals.FindAllString(string(text[start:figures[at].Span.Start]), -1); len(all) > 0 {
		g.ordinal = all[len(all)-1]
	}
	for i := at - 1; i >= 0 && figures[i].Span.Start >= start && g.date == nil; i-- {
		if figures[i].Kind == corpus.FigureDate {
			g.date = &figures[i]
		}
	}
	return g
}

// governedBy reports whether what governs the figure in its quote agrees with g,
// or one of the two is silent.
func (h holder) governedBy(g governor) bool {
	own := governorOf(h.context.figures, []rune(h.context.quote.Passage.Found.Passage.Text), h.at)
	if own.ordinal != "" && g.ordinal != "" && own.ordinal != g.ordinal {
		return false
	}
	return own.date == nil || g.date == nil || corpus.Supports(*own.date, *g.date)
}

// clauseAt is the part of a text around a figure between marks.
func clauseAt(text []rune, span corpus.Span) string {
	start, end := span.Start, span.End
	for start > 0 && !isPause(text[start-1]) {
		start--
	}
	for end < len(text) && !isPause(text[end]) {
		end++
	}
	return string(text[start:end])
}

// isPause reports whether r parts clauses.
func isPause(r rune) bool { return strings.ContainsRune("，,。；;：:！？!?\n|", r) }

// swappedIn returns words of the statement's clause that stand in the quote in
// another clause, in the place of words of the figure's own; "" where one of the
// holders has the clause as it is said.
func swappedIn(clause string, holders []holder) string {
	swapped := ""
	for _, h := range holders {
		passage := []rune(h.context.quote.Passage.Found.Passage.Text)
		own := clauseAt(passage, h.context.figures[h.at].Span)
		elsewhere := strings.ReplaceAll(h.context.text, own, "\n")
		words := swap(contentOf(clause), contentOf(own), string(contentOf(elsewhere)))
		if words == "" {
			return ""
		}
		swapped = words
	}
	return swapped
}

// grammar is characters that say nothing alone; 内 and 外 do.
const grammar = "的了为是在对其该将到至于起止由从可获应须需各均都"

// contentOf is a clause's Han and Latin letters without figures and sayings.
func contentOf(clause string) []rune {
	runes := foldEach([]rune(clause))
	skip := make([]bool, len(runes))
	for _, f := range corpus.Figures(clause) {
		mark(skip, f.Span.Start, f.Span.End)
	}
	var content []rune
	for i := 0; i < len(runes); {
		if n := sayingAt(runes, i); n > 1 || n == 1 && strings.ContainsRune(grammar, runes[i]) {
			i += n
			continue
		}
		if !skip[i] && (isHan(runes[i]) || isLatin(runes[i])) {
			content = append(content, runes[i])
		}
		i++
	}
	return content
}

// swap aligns two clauses by their longest common subsequence and returns the
// first run of said, of two characters or where the rest agrees of one, that
// stands where own has other words, and that stands elsewhere in the quote.
func swap(said, own []rune, elsewhere string) string {
	// common[i][j] is the length of the longest common subsequence of said[i:] and own[j:].
	common := make([][]int, len(said)+1)
	for i := range common {
		common[i] = make([]int, len(own)+1)
	}
	for i := len(said) - 1; i >= 0; i-- {
		for j := len(own) - 1; j >= 0; j-- {
			if said[i] == own[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	if len(said) == 0 || common[0][0]*5 < len(said) {
		return "" // another wording altogether
	}
	for i, j := 0, 0; i < len(said); {
		if j < len(own) && said[i] == own[j] {
			i, j = i+1, j+1
			continue
		}
		from, instead := i, j
		for i < len(said) && !(j < len(own) && said[i] == own[j]) {
			if j >= len(own) || common[i+1][j] >= common[i][j+1] {
				i++
			} else {
				j++
			}
		}
		if run := string(said[from:i]); i > from && j > instead && strings.Contains(elsewhere, withNeighbour(said, from, i)) {
			return run
		}
	}
	return ""
}

// withNeighbour is a run of characters, with the one after it where the run alone
// is too short to say anything.
func withNeighbour(said []rune, from, to int) string {
	if to-from == 1 && to < len(said) {
		to++
	}
	return string(said[from:to])
}
