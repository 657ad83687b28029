package retrieval

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"policykb/corpus"
)

// home is a sentence or a row of a quote with its figures.
type home struct {
	text    string
	figures []corpus.Figure
	words   map[string]bool
	planned bool // it speaks of what is yet to come
}

// homesOf divides what the quotes say into sentences and rows. The quotes are taken
// as they are: what stands around one is no rival of what it says.
func (h *hearing) homesOf() []home {
	if h.homes == nil {
		h.homes = h.divide()
	}
	return h.homes
}

func (h *hearing) divide() (all []home) {
	if h.foreign() { // their clauses cannot be aligned word by word
		for _, clause := range h.clauses {
			if len(clause.figures) > 0 || len(all) == 0 || clause.after < 0 {
				all = append(all, home{clause.written, clause.figures, tellingWords(clause.written, h.places), plannedEnglish.MatchString(clause.read)})
				continue
			}
			for w := range tellingWords(clause.written, h.places) {
				all[len(all)-1].words[w] = true
			}
		}
		return all
	}
	for _, c := range h.contexts {
		for sentence := range strings.FieldsFuncSeq(c.text, func(r rune) bool { return strings.ContainsRune("。；;！？!?\n", r) }) {
			for _, part := range englishParts.Split(sentence, -1) {
				all = append(all, home{part, corpus.Figures(part), tellingWords(part, h.places), plannedEnglish.MatchString(corpus.Fold(part))})
			}
		}
	}
	return all
}

// englishParts matches what parts two statements of an English text.
var englishParts = regexp.MustCompile(`\. |, (and|while|but|whereas|including|of which|with) | and the (?:remaining|rest) `)

// dated reports whether a clause has a date.
func dated(clause segment) bool {
	return slices.ContainsFunc(clause.figures, func(f corpus.Figure) bool { return f.Kind == corpus.FigureDate })
}

// verifyHomes sees that a figure or date is said of what stands in its own sentence
// or row of the quotes, not of what stands in another that has one of its kind:
// in two rows, of team and talent, neither has the other's sum.
func (h *hearing) verifyHomes() (faults []string) {
	homes := h.homesOf()
	if len(homes) < 2 {
		return nil
	}
	for at, clause := range h.said {
		written := clause.written
		for next := at + 1; next < len(h.said) && h.said[next].after == next-1 && dated(clause) && !dated(h.said[next]); next++ {
			written += "，" + h.said[next].written // what a date opens is of the date
		}
		words := tellingWords(written, h.places)
		if h.foreign() {
			words = h.translatedWords(written)
		}
		for _, f := range clause.figures {
			verdict, found := "", false
			for _, own := range homes {
				if !anyBears(own.figures, f) {
					continue
				}
				stray := h.elsewhere(clause.written, own.text)
				for _, rival := range homes {
					if stray != "" {
						break
					}
					if stray = strayedTo(words, f, clause.figures, own, rival); stray != "" {
						break
					}
				}
				if verdict, found = stray, true; stray == "" {
					break
				}
			}
			if found && verdict != "" {
				faults = append(faults, fmt.Sprintf("the quote does not say %s of “%s”", f.Text, verdict))
			}
		}
	}
	return faults
}

// elsewhere returns a place of a clause that is neither the home's, nor in it, nor
// has it in it, where the home names one.
func (h *hearing) elsewhere(clause, home string) string {
	homes := h.places.Find(home)
	for _, said := range h.places.Find(clause) {
		if len(homes) > 0 && !slices.ContainsFunc(homes, func(m corpus.Mention) bool { return liesIn(m.Place, said.Place) || liesIn(said.Place, m.Place) }) {
			return said.Text
		}
	}
	return ""
}

// strayedTo returns a word by which a clause with a figure of one home speaks of
// another, which has a figure of the kind and none of the clause's; "" where it
// has as many words that only its own has.
func strayedTo(words map[string]bool, f corpus.Figure, said []corpus.Figure, own, rival home) string {
	alike := false
	for _, g := range rival.figures {
		if anyBears([]corpus.Figure{g}, said...) {
			return ""
		}
		alike = alike || g.Kind == f.Kind || f.Kind != corpus.FigureDate && (countLike[g.Kind] || countLike[f.Kind])
	}
	if !alike {
		return ""
	}
	mine, theirs, word := 0, 0, ""
	for w := range words {
		switch {
		case own.words[w] && !rival.words[w]:
			mine++
		case rival.words[w] && !own.words[w]:
			if theirs++; word == "" || w < word {
				word = w
			}
		}
	}
	if theirs > mine {
		return word
	}
	return ""
}

// anyBears reports whether one of several figures bears out one of the claims.
func anyBears(figures []corpus.Figure, claims ...corpus.Figure) bool {
	return slices.ContainsFunc(figures, func(f corpus.Figure) bool {
		return slices.ContainsFunc(claims, func(claim corpus.Figure) bool {
			return bears(f, claim) || countLike[f.Kind] && countLike[claim.Kind] && f.Low == claim.Low && f.High == claim.High
		})
	})
}

// countLike are the kinds that a number is read as by the noun after it.
var countLike = map[corpus.FigureKind]bool{corpus.FigureNumber: true, corpus.FigureCount: true}

// translatedWords are the words in which quotes of another language may say what a
// clause says.
func (h *hearing) translatedWords(clause string) map[string]bool {
	words := make(map[string]bool)
	terms, _ := h.translate(clause)
	for _, t := range terms {
		for _, form := range t.forms {
			for w := range tellingWords(form, h.places) {
				words[w] = true
			}
		}
	}
	return words
}

// tellingWords are the pairs of Chinese characters and the stems of the English words
// of a text, without its figures, its places and what only ties it together.
func tellingWords(text string, places *corpus.Gazetteer) map[string]bool {
	read := knownWording().read(text)
	words := make(map[string]bool)
	content, _ := contentOf(read, places)
	for p := range pairsOf(content) {
		if isHan(p[0]) && isHan(p[1]) {
			words[string(p[:])] = true
		}
	}
	for _, w := range englishToken.FindAllString(read, -1) {
		if !englishTies[w] {
			words[wordStem(w)] = true
		}
	}
	return words
}
