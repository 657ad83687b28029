package retrieval

import (
	"regexp"
	"strings"
	"unicode"

	"policykb/corpus"
)

// questionWord matches the word that asks.
var questionWord = regexp.MustCompile(`什么|哪|谁|多少|几|何|怎|如何`)

// How far the focus of a question reaches from the word that asks, in code points.
const (
	focusBefore = 4
	focusAfter  = 5
)

// focusOf lists the pairs of characters just before and after the word that asks: a
// question mostly says there what about its subject it wants (位于哪里, 属于什么科,
// 由谁负责), and the sentence that answers repeats it.
func focusOf(question string) []string {
	folded := corpus.Fold(question)
	at := questionWord.FindStringIndex(folded)
	if at == nil {
		return nil
	}
	before, after := []rune(folded[:at[0]]), []rune(folded[at[1]:])
	before = before[max(0, len(before)-focusBefore):]
	after = after[:min(len(after), focusAfter)]
	var pairs []string
	for _, side := range [][]rune{before, after} {
		for i := 0; i+1 < len(side); i++ {
			if pair := side[i : i+2]; unicode.IsLetter(pair[0]) && unicode.IsLetter(pair[1]) {
				pairs = append(pairs, string(pair))
			}
		}
	}
	return pairs
}

// focusShare is the share of the focus that a folded text holds.
func focusShare(focus []string, folded string) float64 {
	if len(focus) == 0 {
		return 0
	}
	held := 0
	for _, pair := range focus {
		if strings.Contains(folded, pair) {
			held++
		}
	}
	return float64(held) / float64(len(focus))
}
