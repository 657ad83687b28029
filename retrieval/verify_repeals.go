package retrieval

import (
	"fmt"
	"regexp"
	"strings"

	"policykb/corpus"
)

// fates are what becomes of a law.
var fates = regexp.MustCompile(`施行|生效|废止|失效|实施`)

// verifyFates sees that what the quotes say becomes of one law is not said of
// another: one comes into force, and the one it replaces ends.
func (h *hearing) verifyFates() (faults []string) {
	for _, clause := range h.said {
		titles := titlesIn([]rune(clause.written))
		fate := fates.FindString(clause.read)
		if len(titles) != 1 || fate == "" {
			continue
		}
		fits, other := false, ""
		for _, own := range h.clauses {
			if !strings.Contains(own.read, fate) {
				continue
			}
			named := titlesIn([]rune(own.written))
			if len(named) == 0 {
				named = []string{h.title()}
			}
			for _, name := range named {
				if sameTitle(name, titles[0]) {
					fits = true
				} else {
					other = name
				}
			}
		}
		if !fits && other != "" {
			faults = append(faults, fmt.Sprintf("the quote says %s of 《%s》, not of 《%s》", fate, other, titles[0]))
		}
	}
	return faults
}

// title is that of the first quote's document, which 本条例 stands for.
func (h *hearing) title() string {
	if len(h.contexts) == 0 {
		return ""
	}
	return h.contexts[0].quote.Passage.Found.Document.Metadata.Title
}

// sameTitle reports whether one of two titles has the other in it.
func sameTitle(a, b string) bool {
	a, b = squeeze(corpus.Fold(a)), squeeze(corpus.Fold(b))
	return strings.Contains(a, b) || strings.Contains(b, a)
}
