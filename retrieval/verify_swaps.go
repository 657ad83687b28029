package retrieval

import (
	"fmt"
	"slices"
	"strings"

	"policykb/corpus"
)

// verifySwaps aligns each clause of the statement with the one of the quotes that
// is most like it, and finds words that stand where the quote has others, though
// around them the two agree: 老年人 for 未成年人, 区主管部门 for 市主管部门.
func (h *hearing) verifySwaps() (faults []string) {
	var titles strings.Builder
	for _, q := range h.statement.Quotes {
		titles.WriteString(knownWording().read(q.Passage.Found.Document.Metadata.Title) + "\n")
	}
	for _, clause := range h.said {
		best := 0
		var own segment
		for _, c := range h.clauses {
			if n := inCommon(clause.content, c.content); n > best {
				best, own = n, c
			}
		}
		if 2*best < len(clause.content) {
			continue // put in other words, each of which was looked for
		}
		word, other := turned(clause.read, own.read)
		if word != "" && !slices.ContainsFunc(h.clauses, func(c segment) bool {
			return strings.Contains(c.read, word) && 5*inCommon(clause.content, c.content) >= 3*best
		}) {
			faults = append(faults, fmt.Sprintf("it says %s where the quote says %s", word, other))
		}
		if run := substituted(clause, own, h.held, titles.String(), h.places); run != "" {
			faults = append(faults, fmt.Sprintf("the quote has other words in the place of “%s”", run))
		}
	}
	return faults
}

// substituted returns the first words of a clause that stand where the one it is
// like has others: the quotes do not have them, nor others for them, and what they
// stand for is not said elsewhere in the clause. The title of the document may
// take the place of its pronoun.
func substituted(clause, own segment, all, titles string, places *corpus.Gazetteer) string {
	said, at := clause.content, clause.at
	theirs := own.content
	var r, close wordReading
	for run := range replacements(said, theirs) {
		instead := fringeless(theirs[run.ownFrom:run.ownTo])
		if len(instead) == 0 || len(instead) > 1 && strings.Contains(clause.read, string(instead)) || len(instead) == 1 && standsIn(theirs, run.ownFrom, run.ownTo, clause.read) {
			continue // only put in, or moved
		}
		if r.text == nil {
			r = readingOf(clause.read, all, places)
			close = readingOf(clause.read, own.read, places)
		}
		for i := run.from; i < run.to; i++ {
			// A word for another of some other clause is none for the one it stands in the place of.
			if !r.unheld(at[i]) && !(r.how[at[i]] == mannerSame && close.unheld(at[i])) || r.how[at[i]] == mannerAlone && standsIn(said, i, i+1, all) {
				continue
			}
			if words := string(r.text[at[run.from] : at[run.to-1]+1]); len([]rune(words)) < 2 || !strings.Contains(titles, words) || !strings.Contains(clause.read, "条例") {
				return words
			}
		}
	}
	return ""
}

// standsIn reports whether a run stands in a text with a neighbour of its own.
func standsIn(runes []rune, from, to int, text string) bool {
	before, after := max(0, from-1), min(len(runes), to+1)
	return before < from && strings.Contains(text, string(runes[before:to])) || after > to && strings.Contains(text, string(runes[from:after]))
}

// fringeless is a run without the single ties at its ends.
func fringeless(run []rune) []rune {
	ties := knownWording().ties
	for len(run) > 0 && ties[string(run[0])] {
		run = run[1:]
	}
	for len(run) > 0 && ties[string(run[len(run)-1])] {
		run = run[:len(run)-1]
	}
	return run
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

// replacement is a run of characters that stands where another text has another.
type replacement struct{ from, to, ownFrom, ownTo int }

// replacements yields the runs of said that stand where own has other characters
// when the two are aligned.
func replacements(said, own []rune) func(yield func(replacement) bool) {
	return func(yield func(replacement) bool) {
		common := table(said, own)
		for i, j := 0, 0; i < len(said) || j < len(own); {
			if i < len(said) && j < len(own) && said[i] == own[j] {
				i, j = i+1, j+1
				continue
			}
			r := replacement{from: i, ownFrom: j}
			for (i < len(said) || j < len(own)) && !(i < len(said) && j < len(own) && said[i] == own[j]) {
				if j >= len(own) || i < len(said) && common[i+1][j] >= common[i][j+1] {
					i++
				} else {
					j++
				}
			}
			r.to, r.ownTo = i, j
			if r.to > r.from && r.ownTo > r.ownFrom && !yield(r) {
				return
			}
		}
	}
}
