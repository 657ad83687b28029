package llm

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"policykb/corpus"
	"policykb/retrieval"
)

// minQuoteRunes is the length of the shortest words that can carry a statement.
const minQuoteRunes = 3

// quoteFault is a way in which the words a model names are not a quote.
type quoteFault string

// The ways.
const (
	faultElsewhere quoteFault = "elsewhere" // in another passage than the one named
	faultStitched  quoteFault = "stitched"  // put together from several places
	faultNowhere   quoteFault = "nowhere"   // in none of the passages
	faultTooShort  quoteFault = "too_short" // too short to carry anything
	faultMissing   quoteFault = "missing"   // no words at all
)

// library finds words in the passages of one question.
type library struct {
	passages []retrieval.Passage
	tokens   [][]token // of each passage; made when first needed
}

func newLibrary(passages []retrieval.Passage) *library {
	return &library{passages: passages, tokens: make([][]token, len(passages))}
}

// quote finds the words a model names and returns the passage's own, exact to the
// code point. White space, punctuation, width and the writing of figures may
// differ, the words may not. A fault says what is wrong, with words for the model.
func (l *library) quote(named namedQuote) (q retrieval.Quote, fault quoteFault, why string) {
	words := tokensOf(named.Words)
	if len([]rune(squeezed(named.Words))) < minQuoteRunes {
		return q, faultTooShort, fmt.Sprintf("“%s” is too short to carry a statement", shortened(named.Words))
	}
	at := named.Passage - 1
	if at >= 0 && at < len(l.passages) {
		if q, ok := l.find(at, named.Words, words); ok {
			return q, "", ""
		}
	}
	for i := range l.passages {
		if i == at {
			continue
		}
		if _, ok := l.find(i, named.Words, words); ok {
			return q, faultElsewhere, fmt.Sprintf("“%s” stands in passage %d, not in passage %d", shortened(named.Words), i+1, named.Passage)
		}
	}
	if l.stitched(words) {
		return q, faultStitched, fmt.Sprintf("“%s” is put together from several places", shortened(named.Words))
	}
	return q, faultNowhere, fmt.Sprintf("“%s” stands in none of the passages", shortened(named.Words))
}

// find looks for words in one passage, to the letter first.
func (l *library) find(at int, written string, words []token) (retrieval.Quote, bool) {
	p := l.passages[at]
	text := p.Found.Passage.Text
	tokens := l.tokensIn(at)
	if from := strings.Index(text, written); from >= 0 {
		start := len([]rune(text[:from]))
		span := wholeFigures(tokens, corpus.Span{Start: start, End: start + len([]rune(written))})
		return quoteAt(p, span), true
	}
	from := indexTokens(tokens, words)
	if from < 0 {
		return retrieval.Quote{}, false
	}
	return quoteAt(p, corpus.Span{Start: tokens[from].span.Start, End: tokens[from+len(words)-1].span.End}), true
}

// tokensIn returns the tokens of a passage.
func (l *library) tokensIn(at int) []token {
	if l.tokens[at] == nil {
		l.tokens[at] = tokensOf(l.passages[at].Found.Passage.Text)
	}
	return l.tokens[at]
}

// quoteAt makes the quote at a span of a passage's text.
func quoteAt(p retrieval.Passage, span corpus.Span) retrieval.Quote {
	passage := p.Found.Passage
	return retrieval.Quote{Passage: p, Span: span.Shift(passage.Span.Start), Text: span.Of(passage.Text)}
}

// minPiece is the length of the shortest piece that counts as taken from a place,
// in tokens.
const minPiece = 4

// stitched reports whether words can be laid together from at most three pieces
// of the passages.
func (l *library) stitched(words []token) bool {
	for pieces := 0; len(words) > 0 && pieces < 3; pieces++ {
		longest := 0
		for i := range l.passages {
			longest = max(longest, longestPrefix(l.tokensIn(i), words))
		}
		if longest < min(minPiece, len(words)) {
			return false
		}
		words = words[longest:]
	}
	return len(words) == 0
}

// longestPrefix is the number of the first words that stand together in a text.
func longestPrefix(text, words []token) int {
	longest := 0
	for i := range text {
		n := 0
		for n < len(words) && i+n < len(text) && text[i+n].key == words[n].key {
			n++
		}
		longest = max(longest, n)
	}
	return longest
}

// token is a letter, or a figure in whatever writing.
type token struct {
	key    string
	span   corpus.Span
	figure bool
}

// tokensOf divides a text into letters, folded, and figures, normalised. Marks and
// white space are left out.
func tokensOf(text string) []token {
	runes := []rune(text)
	figures := corpus.Figures(text)
	slices.SortStableFunc(figures, func(a, b corpus.Figure) int { return a.Span.Start - b.Span.Start })
	var tokens []token
	for i, f := 0, 0; i < len(runes); {
		for f < len(figures) && figures[f].Span.Start < i {
			f++
		}
		if f < len(figures) && figures[f].Span.Start == i {
			span := figures[f].Span
			tokens = append(tokens, token{"#" + figures[f].Term(), span, true})
			i = span.End
			continue
		}
		if r := runes[i]; unicode.IsLetter(r) || unicode.IsDigit(r) {
			tokens = append(tokens, token{key: corpus.Fold(string(r)), span: corpus.Span{Start: i, End: i + 1}})
		}
		i++
	}
	return tokens
}

// indexTokens is where words first stand in a text, or -1.
func indexTokens(text, words []token) int {
	if len(words) == 0 {
		return -1
	}
	for i := 0; i+len(words) <= len(text); i++ {
		n := 0
		for n < len(words) && text[i+n].key == words[n].key {
			n++
		}
		if n == len(words) {
			return i
		}
	}
	return -1
}

// wholeFigures widens a span that cuts a figure: 500万元 out of 1500万元 is
// another sum.
func wholeFigures(tokens []token, span corpus.Span) corpus.Span {
	for _, t := range tokens {
		if t.figure && t.span.Start < span.Start && span.Start < t.span.End {
			span.Start = t.span.Start
		}
		if t.figure && t.span.Start < span.End && span.End < t.span.End {
			span.End = t.span.End
		}
	}
	return span
}

// squeezed is a text's letters and digits.
func squeezed(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, text)
}

// shortened is a text for a message.
func shortened(text string) string {
	if runes := []rune(text); len(runes) > 40 {
		return string(runes[:40]) + "…"
	}
	return text
}
