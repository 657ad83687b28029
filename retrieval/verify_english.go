package retrieval

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"policykb/corpus"
)

// englishTies are English words that tie a sentence together and add no fact.
var englishTies = wordSet(`the and for with from into onto that this these those their its his her our your they them who which what when where while
 are was were been being has have had having does did done not but nor also such than then thus per via each every all any both either other others another
 will would shall should may might can could must aim aims aimed seek seeks plan plans planned intend intends expect expected target targets targeted goal goals
 according under over about around approximately roughly nearly more most less least than only just total totals overall including include includes included
 says said state states stated note notes noted provide provides provided providing offer offers offered give gives given giving get gets receive receives received
 set sets make makes made take takes taken taking use uses used using amount amounts amounting sum number figure up out off by to of in on at as is be an or if it so do no we
 year years month months day days million billion thousand trillion hundred percent per cent yuan rmb cny usd dollars dollar first second third
 there here therefore between among across within during until since after before through throughout toward towards upon without against
 january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec
 took came went became
 main mainly primarily chiefly largely mostly focus focuses focused focusing specific specifically due respectively currently existing
 together pull pulls now need needs needed only nearly city cities municipal project program programme policy policies document measure measures regulation regulations scheme`)

func wordSet(list string) map[string]bool {
	words := make(map[string]bool)
	for w := range strings.FieldsSeq(list) {
		words[w] = true
	}
	return words
}

// maxUnheld is the share of a statement's English words that may stand in no
// quote.
const maxUnheld = 0.35

// verifyEnglishWords compares an English statement with English quotes: most of its
// words must stand there, in one form or another or as another word for the same,
// and none may stand where the quotes have another: biomedicine enterprises for
// ai enterprises.
func verifyEnglishWords(text, held string) (faults []string) {
	said, theirs := englishWords(text), englishWords(held)
	words, unheld := 0, []string{}
	for i, w := range said {
		if w.tie || w.end {
			continue
		}
		words++
		if amongWords(w, theirs) || w.translatedIn(held) {
			continue
		}
		unheld = append(unheld, w.text)
		if knownLexicon().firm[w.stem] && !w.verbal() {
			faults = append(faults, fmt.Sprintf("no quote speaks of “%s”", w.text))
			continue
		}
		if i+1 >= len(said) || said[i+1].tie || said[i+1].end {
			continue
		}
		if instead := replacedBefore(said[i+1], said, theirs); instead != "" {
			faults = append(faults, fmt.Sprintf("it says “%s %s” where the quote says “%s %s”", w.text, said[i+1].text, instead, said[i+1].text))
		}
	}
	for _, w := range figuredWords(text) {
		if !amongWords(w, theirs) && !w.translatedIn(held) {
			faults = append(faults, fmt.Sprintf("no quote counts “%s”", w.text))
		}
	}
	if float64(len(unheld)) > maxUnheld*float64(words) {
		faults = append(faults, fmt.Sprintf("no quote says “%s”", strings.Join(unheld, ", ")))
	}
	return faults
}

// figuredWords are the words that follow a figure and say what it counts: private
// and hospitals of 97% of private hospitals.
func figuredWords(text string) (words []englishItem) {
	runes := []rune(text)
	for _, f := range corpus.Figures(text) {
		if f.Kind == corpus.FigureDate || f.Kind == corpus.FigureOrdinal || f.Kind == corpus.FigureLabel || f.Kind == corpus.FigureDuration {
			continue
		}
		rest := englishWords(leadingOf.ReplaceAllString(string(runes[f.Span.End:]), " "))
		for i := 0; i < min(3, len(rest)) && !rest[i].end && !rest[i].tie && !rest[i].verbal(); i++ {
			words = append(words, rest[i])
		}
	}
	return words
}

// leadingOf matches what stands between a figure and what it is of.
var leadingOf = regexp.MustCompile(`^\s*(of )?(the |all |its |their )?`)

// englishItem is a word of an English text, or the end of a clause.
type englishItem struct {
	text, stem string
	senses     []string // its translations
	tie, end   bool
}

func englishWords(text string) (items []englishItem) {
	folded := corpus.Fold(text)
	last := 0
	for _, at := range englishToken.FindAllStringIndex(folded, -1) {
		if strings.ContainsAny(folded[last:at[0]], ".,;:!?()0123456789|\n") {
			items = append(items, englishItem{end: true})
		}
		w := folded[at[0]:at[1]]
		last = at[1]
		items = append(items, englishItem{text: w, stem: wordStem(w), senses: knownLexicon().english[wordStem(w)], tie: englishTies[w]})
	}
	return items
}

// means reports whether two words are the same, or may be said for one another.
func (a englishItem) means(b englishItem) bool {
	if a.end || b.end {
		return false
	}
	shorter := min(len(a.stem), len(b.stem))
	return a.stem == b.stem || shorter >= 5 && a.stem[:shorter] == b.stem[:shorter] ||
		slices.ContainsFunc(a.senses, func(s string) bool { return slices.Contains(b.senses, s) })
}

// verbal reports whether the word may be a verb, which are said in many ways.
func (a englishItem) verbal() bool {
	return strings.HasSuffix(a.text, "ing") || strings.HasSuffix(a.text, "ed")
}

// translatedIn reports whether a text has a translation of the word.
func (a englishItem) translatedIn(text string) bool {
	return slices.ContainsFunc(a.senses, func(s string) bool { return strings.Contains(text, s) })
}

func amongWords(w englishItem, items []englishItem) bool { return slices.ContainsFunc(items, w.means) }

// replacedBefore returns the word that stands before w wherever the quotes have w,
// where the statement has that word nowhere.
func replacedBefore(w englishItem, said, theirs []englishItem) (instead string) {
	for i, own := range theirs {
		if own.end || own.tie || own.stem != w.stem {
			continue
		}
		if i == 0 || theirs[i-1].tie || theirs[i-1].end || amongWords(theirs[i-1], said) {
			return ""
		}
		instead = theirs[i-1].text
	}
	return instead
}
