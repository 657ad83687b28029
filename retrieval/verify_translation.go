package retrieval

import (
	"fmt"
	"regexp"
	"strings"

	"policykb/corpus"
)

// englishToken matches English words in a folded text, those of two letters too: ai.
var englishToken = regexp.MustCompile(`[a-z][a-z&'’-]*[a-z]`)

// foreign reports whether the statement is in another language than its quotes.
func (h *hearing) foreign() bool {
	return len(h.statement.Quotes) > 0 && languageOf(h.statement.Text) != languageOf(h.quoted)
}

// verifyTranslation looks for what the statement says in quotes of another language:
// every word that the lexicon knows, and most of its words it must know.
func (h *hearing) verifyTranslation() (faults []string) {
	terms, unknown := h.translate(h.statement.Text)
	carried := 0
	for _, t := range terms {
		if t.held {
			carried++
		} else if t.firm {
			faults = append(faults, fmt.Sprintf("no quote speaks of “%s”", t.text))
		}
	}
	if len(faults) == 0 && len(unknown) > carried+1 {
		faults = append(faults, fmt.Sprintf("too few of its words can be looked for in a text of another language: not “%s”", abridge(strings.Join(unknown, ", "), 60)))
	}
	return faults
}

// term is a word or phrase that the lexicon knows.
type term struct {
	text  string
	forms []string // its translations: Chinese words, or English phrases of stems
	firm  bool     // whether its absence counts
	held  bool     // whether a quote or what stands beside it has one of them, or the word itself
}

// translate finds the words of a text that the lexicon knows, and those that it does
// not and that may carry a fact.
func (h *hearing) translate(text string) (terms []term, unknown []string) {
	heldStems := " " + strings.Join(englishStems(h.beside), " ") + " "
	if languageOf(h.statement.Text) == "zh" {
		return h.translateChinese(text, heldStems)
	}
	l := knownLexicon()
	folded := corpus.Fold(placeless(text, h.places))
	words, stems := englishToken.FindAllString(folded, -1), englishStems(folded)
	for i, n := 0, 0; i < len(stems); i += n {
		for n = min(l.longest, len(stems)-i); n > 0; n-- {
			phrase := strings.Join(stems[i:i+n], " ")
			if len(l.english[phrase]) == 0 || n == 1 && englishTies[words[i]] {
				continue
			}
			t := term{text: strings.Join(words[i:i+n], " "), forms: l.english[phrase], firm: l.firm[phrase], held: strings.Contains(heldStems, " "+phrase+" ")}
			for _, form := range t.forms {
				t.held = t.held || strings.Contains(h.beside, form)
			}
			terms = append(terms, t)
			break
		}
		if n == 0 {
			if n = 1; !englishTies[words[i]] && len(words[i]) > 2 && !strings.Contains(heldStems, " "+stems[i]+" ") {
				unknown = append(unknown, words[i])
			}
		}
	}
	return terms, unknown
}

func (h *hearing) translateChinese(text, heldStems string) (terms []term, unknown []string) {
	l, w := knownLexicon(), knownWording()
	runes := []rune(w.read(text))
	skip := make([]bool, len(runes))
	for _, f := range corpus.Figures(string(runes)) {
		mark(skip, f.Span.Start, f.Span.End)
	}
	for _, m := range h.places.Find(string(runes)) {
		mark(skip, m.Span.Start, m.Span.End)
	}
	for i, n := 0, 0; i < len(runes); i += n {
		if n = 1; skip[i] || !isHan(runes[i]) {
			continue
		}
		for n = min(longestChinese, len(runes)-i); n > 0; n-- {
			word := string(runes[i : i+n])
			if len(l.chinese[word]) == 0 {
				continue
			}
			t := term{text: word, forms: l.chinese[word], firm: l.firm[word], held: strings.Contains(h.beside, word)}
			for _, form := range t.forms {
				t.held = t.held || strings.Contains(heldStems, " "+form+" ")
			}
			terms = append(terms, t)
			break
		}
		if n > 0 {
			continue
		}
		if n = w.tieAt(runes, i); n > 0 {
			continue
		}
		if n = 1; !strings.ContainsRune(h.beside, runes[i]) {
			unknown = append(unknown, string(runes[i]))
		}
	}
	return terms, unknown
}

// longestChinese is the length of the longest Chinese word of the lexicon.
const longestChinese = 8

var (
	// plannedEnglish marks what an English text says is yet to come.
	plannedEnglish = regexp.MustCompile(`\b(aims?|aimed|plans? to|planned|will|would|shall|targets?|targeted|goals?|intends?|intended|expect(s|ed)?|seeks?|to be|is to|are to|proposed?|set to|due to|by (the end of )?(20|19)\d\d)\b`)
	// plannedAny marks the same in a statement of either language.
	plannedAny = regexp.MustCompile(planned.String() + `|计划|要|将|拟|到(20|19)\d\d年|\d年底?前|` + plannedEnglish.String())
)

// attainedAny marks what a statement says is so.
var attainedAny = regexp.MustCompile(`已|了|累计|现有|建成|共有|达到|目前|\b(has|have|had|was|were|is|are|been|now|already|invested|built|reached|attracted|serves|owns)\b`)

// verifyPlans sees that what an English text plans is not said to have been done.
func (h *hearing) verifyPlans() []string {
	if len(h.statement.Quotes) == 0 || plannedAny.MatchString(corpus.Fold(h.statement.Text)) || !attainedAny.MatchString(corpus.Fold(h.statement.Text)) || languageOf(h.quoted) == "zh" {
		return nil
	}
	for _, word := range plannedEnglish.FindAllString(corpus.Fold(h.quoted), -1) {
		if strings.HasPrefix(word, "by ") {
			continue
		}
		for _, f := range corpus.Figures(h.statement.Text) {
			for _, home := range h.homesOf() {
				if home.planned && anyBears(home.figures, f) {
					return []string{fmt.Sprintf("it says of what the quote plans (“%s”) that it is so", word)}
				}
			}
		}
	}
	return nil
}
