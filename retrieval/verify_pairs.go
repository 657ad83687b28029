package retrieval

import (
	"fmt"
	"iter"
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
const grammar = "的自用了为是在对其该将到至于起止由从可获应须需各均都"

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

// swap aligns two clauses and returns the first run of said that stands where own
// has other words, and that stands elsewhere in the quote.
func swap(said, own []rune, elsewhere string) string {
	common := inCommon(said, own)
	switch {
	case len(said) < 2 || len(own) == 0:
		return ""
	case common == 0 && strings.Contains(elsewhere, string(said)):
		return string(said)
	case 5*common < len(said):
		return "" // another wording altogether
	}
	for from, to := range replacements(said, own) {
		if strings.Contains(elsewhere, withNeighbour(said, from, to)) {
			return string(said[from:to])
		}
	}
	return ""
}

// replaced returns the first one or two characters of said that stand where own has
// others, and that do not stand in the quotes: 老 in 老年人, for the 未成 of 未成年人.
// What is longer has been looked for as a word.
func replaced(said, own []rune, held string) string {
	for from, to := range replacements(said, own) {
		before, after := max(0, from-1), min(len(said), to+1)
		switch run := string(said[from:to]); {
		case to-from > 2, to-from == 2 && strings.Contains(held, run):
		case !strings.Contains(held, string(said[from:after])) && !strings.Contains(held, string(said[before:to])):
			return run
		}
	}
	return ""
}

// table is, at i and j, the length of the longest common subsequence of said[i:]
// and own[j:].
func table(said, own []rune) [][]int {
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
	return common
}

// inCommon is the length of the longest common subsequence.
func inCommon(said, own []rune) int { return table(said, own)[0][0] }

// replacements yields the runs of said, from and to, that stand where own has other
// characters when the two are aligned.
func replacements(said, own []rune) iter.Seq2[int, int] {
	return func(yield func(int, int) bool) {
		common := table(said, own)
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
			if i > from && (j > instead || i == len(said) && j < len(own)) && !yield(from, i) {
				return
			}
		}
	}
}

// verifySwaps aligns each clause of the statement with the one of the quotes that
// is most like it, and finds characters that stand where the quote has others,
// though around them the two agree: 老年人 for 未成年人.
func verifySwaps(s Statement, contexts []quoteContext) (faults []string) {
	held := string(contentOf(heldBy(contexts, true)))
	var clauses [][]rune
	for _, c := range contexts {
		for _, clause := range clausesOf(c.text) {
			clauses = append(clauses, contentOf(clause))
		}
	}
	for _, clause := range clausesOf(s.Text) {
		said, best := contentOf(clause), 0
		var own []rune
		for _, c := range clauses {
			if n := inCommon(said, c); n > best {
				own, best = c, n
			}
		}
		if 2*best < len(said) {
			continue // put in other words, each of which was looked for
		}
		if run := replaced(said, own, held); run != "" {
			faults = append(faults, fmt.Sprintf("the quote has other words in the place of “%s”", run))
		}
	}
	return faults
}

// withNeighbour is a run of characters, with the one after it where the run alone
// is too short to say anything.
func withNeighbour(said []rune, from, to int) string {
	if to-from == 1 && to < len(said) {
		to++
	}
	return string(said[from:to])
}
