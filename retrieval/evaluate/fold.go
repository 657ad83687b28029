package evaluate

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"policykb/corpus"
)

// folded is a text with everything set aside that does not count when a quote or
// a key is looked for, and for each rune left the place it came from.
type folded struct {
	runes []rune
	at    []int // code point offsets in the text, ascending
}

// foldQuote folds a text in which evidence is looked for: lower case and plain
// widths, without white space, quotation marks, dashes, and the marks by which
// Markdown shows headings, lists, tables, emphasis and links.
func foldQuote(text string) folded {
	return fold(text, func(r rune) (rune, bool) {
		return r, !unicode.IsSpace(r) && !unicode.Is(unicode.Cf, r) && !strings.ContainsRune(quotationMarks+dashes+"*#|`_~>[]\\•·●○■◆", r)
	})
}

// foldFigures folds a text in which answer keys are looked for: as [foldQuote],
// but ranges keep their dash, and thousands lose their separators.
func foldFigures(text string) folded {
	f := fold(text, func(r rune) (rune, bool) {
		if strings.ContainsRune(dashes+"~", r) {
			return '-', true
		}
		return r, !unicode.IsSpace(r) && !unicode.Is(unicode.Cf, r) && !strings.ContainsRune(quotationMarks+"*#|`_>\\", r)
	})
	for i := len(f.runes) - 4; i > 0; i-- {
		if f.runes[i] == ',' && isDigit(f.runes[i-1]) && threeDigits(f.runes[i+1:]) {
			f.runes = slices.Delete(f.runes, i, i+1)
			f.at = slices.Delete(f.at, i, i+1)
		}
	}
	return f
}

const (
	quotationMarks = "\"'“”‘’„‟«»「」『』〝〞＂＇"
	dashes         = "-‐‑‒–—―−－～〜"
)

// fold keeps what keep keeps, in lower case and compatibility forms, without
// accents: a text may have them composed and a quote of it apart.
func fold(text string, keep func(rune) (rune, bool)) folded {
	f := folded{runes: make([]rune, 0, len(text)/2), at: make([]int, 0, len(text)/2)}
	n := 0
	for _, r := range text {
		if r, ok := keep(r); ok {
			f.add(r, n, keep)
		}
		n++
	}
	return f
}

// add appends the plain form of one rune of the text. A compatibility character
// may come out as several runes, and these may be of the sort that is set aside.
func (f *folded) add(r rune, at int, keep func(rune) (rune, bool)) {
	if r < 0x80 || unicode.Is(unicode.Han, r) && r < 0xF900 {
		f.runes, f.at = append(f.runes, unicode.ToLower(r)), append(f.at, at)
		return
	}
	for _, r := range norm.NFKD.String(string(r)) {
		if r, ok := keep(r); ok && !unicode.Is(unicode.Mn, r) {
			f.runes, f.at = append(f.runes, unicode.ToLower(r)), append(f.at, at)
		}
	}
}

// find returns the spans of the original text at which the quote stands.
func (f folded) find(quote folded) []corpus.Span {
	var spans []corpus.Span
	for i := 0; len(quote.runes) > 0; {
		n := indexRunes(f.runes[i:], quote.runes)
		if n < 0 {
			break
		}
		i += n
		last := i + len(quote.runes) - 1
		spans = append(spans, corpus.Span{Start: f.at[i], End: f.at[last] + 1})
		i++
	}
	return spans
}

// holds reports whether the key stands in the text as a whole: 10个 does not
// stand in 110个, nor 百分之二十 in 百分之二十五, nor ten in content.
func (f folded) holds(key string) bool {
	k := foldFigures(key)
	for i := 0; len(k.runes) > 0; i++ {
		n := indexRunes(f.runes[i:], k.runes)
		if n < 0 {
			return false
		}
		i += n
		if !f.joined(i-1) && !f.joined(i+len(k.runes)-1) {
			return true
		}
	}
	return false
}

// joined reports whether runes i and i+1 belong to one number or one Latin word.
func (f folded) joined(i int) bool {
	if i < 0 || i+1 >= len(f.runes) {
		return false
	}
	a, b := f.runes[i], f.runes[i+1]
	if isDigit(a) && isDigit(b) || isNumeral(a) && isNumeral(b) {
		return true
	}
	if i+2 < len(f.runes) && isDigit(a) && b == '.' && isDigit(f.runes[i+2]) {
		return true
	}
	if i > 0 && a == '.' && isDigit(b) && isDigit(f.runes[i-1]) {
		return true
	}
	touching := f.at[i+1]-f.at[i] == 1
	return touching && isLatin(a) && isLatin(b)
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

func isNumeral(r rune) bool {
	return strings.ContainsRune("〇零一二三四五六七八九十百千两", r)
}

func isLatin(r rune) bool { return unicode.Is(unicode.Latin, r) }

// threeDigits reports whether the runes begin with three digits and no fourth.
func threeDigits(r []rune) bool {
	return len(r) >= 3 && isDigit(r[0]) && isDigit(r[1]) && isDigit(r[2]) && (len(r) == 3 || !isDigit(r[3]))
}

// indexRunes is strings.Index for runes.
func indexRunes(text, part []rune) int {
	for i := 0; i+len(part) <= len(text); i++ {
		if text[i] == part[0] && slices.Equal(text[i:i+len(part)], part) {
			return i
		}
	}
	return -1
}
