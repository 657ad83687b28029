package retrieval

import (
	"iter"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"policykb/corpus"
)

// TermVersion names the way in which terms and their weights are made. Whoever
// changes either raises it: indexes of another version are built anew.
const TermVersion = 1

// Terms yields the terms of a text in its order, each as often as it stands
// there. A text and a question that mean the same word share its term, because
// both are folded first (widths, case, traditional characters: [corpus.Fold]).
//
//   - Chinese characters (and kana, hangul): each one, and each pair of neighbours.
//     Measured, this finds more than dictionary words do, and no dictionary lacks
//     新质生产力 or 智算中心.
//   - Words of spaced scripts whole, with the digits in them: eflops, h100.
//   - Numbers whole, without the commas between thousands, and beside the number
//     the number with what it counts: 1,000万元 is 1000, 1000万元, 万, 元 and 万元;
//     30 EFlops is 30, 30eflops and eflops; 20% is 20 and 20%.
//   - Document numbers (发文字号) whole, beside their parts: 京政办发〔2023〕15号,
//     whatever brackets they are written with. Nothing marks where one begins in
//     按照京政办发〔2023〕15号, so each of its tails from 办发〔2023〕15号 on is a term.
//
// A term is the 32-bit FNV-1a hash of its folded spelling in UTF-8, so it is the
// same on every machine.
func Terms(text string) iter.Seq[Term] {
	return func(yield func(Term) bool) {
		scanTerms(corpus.Fold(text), func(t Term, _, _ int) bool { return yield(t) })
	}
}

// Occurrence is a term where it stands in a text.
type Occurrence struct {
	Text string      // the term's spelling: folded, numbers without commas
	Span corpus.Span // in the text as it was given, code points
}

// TermStrings yields the same terms as [Terms] with the words behind them, for
// marking hits in a text and for telling people which terms were searched.
func TermStrings(text string) iter.Seq2[Term, Occurrence] {
	return func(yield func(Term, Occurrence) bool) {
		folded, sources := corpus.FoldMapped(text)
		runeAt := make([]int32, len(folded)+1) // index of the rune that begins at a byte
		n := int32(0)
		for i := range folded {
			runeAt[i] = n
			n++
		}
		scanTerms(folded, func(t Term, from, to int) bool {
			last := to - 1
			for !utf8.RuneStart(folded[last]) {
				last--
			}
			return yield(t, Occurrence{
				Text: spelling(folded[from:to]),
				Span: corpus.Span{Start: int(sources[runeAt[from]]), End: int(sources[runeAt[last]]) + 1},
			})
		})
	}
}

// spelling gives the string that a term is the hash of.
func spelling(folded string) string {
	if strings.ContainsAny(folded, ", ") {
		folded = strings.NewReplacer(",", "", " ", "").Replace(folded)
	}
	if strings.ContainsAny(folded, "〔[(【") {
		folded = plainBrackets.Replace(folded)
	}
	return folded
}

// plainBrackets writes a document number as docNumberTerm does.
var plainBrackets = strings.NewReplacer("[", "〔", "(", "〔", "【", "〔",
	"〕第", "〕", "]第", "〕", ")第", "〕", "】第", "〕", "]", "〕", ")", "〕", "】", "〕")

// FNV-1a, 32 bits (Fowler, Noll, Vo; RFC 9923).
const (
	fnvOffset = 2166136261
	fnvPrime  = 16777619
)

// hashBytes carries an FNV-1a hash on over s.
func hashBytes(h uint32, s string) uint32 {
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * fnvPrime
	}
	return h
}

// hashOf returns the term of a folded spelling.
func hashOf(spelling string) Term { return Term(hashBytes(fnvOffset, spelling)) }

// script says how a rune takes part in terms.
type script uint8

const (
	scriptNone     script = iota // stands between terms
	scriptDigit                  // ASCII; other digits are folded to these or count as letters
	scriptSpaced                 // letters of scripts that put spaces between words
	scriptUnspaced               // characters of scripts that do not
)

var asciiScripts = func() (t [utf8.RuneSelf]script) {
	for c := range t {
		switch {
		case '0' <= c && c <= '9':
			t[c] = scriptDigit
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
			t[c] = scriptSpaced
		}
	}
	return t
}()

// scriptOf classes a folded rune.
func scriptOf(r rune) script {
	switch {
	case r < utf8.RuneSelf:
		return asciiScripts[r]
	case 0x4E00 <= r && r <= 0x9FFF, 0x3400 <= r && r <= 0x4DBF, 0x20000 <= r && r <= 0x3FFFF, // Han
		r == '々', r == '〇',
		0x3041 <= r && r <= 0x3096, 0x30A1 <= r && r <= 0x30FA, r == 'ー', // kana
		0xAC00 <= r && r <= 0xD7A3: // hangul
		return scriptUnspaced
	case 0x2000 <= r && r <= 0x303F, 0xFF00 <= r && r <= 0xFFFF: // punctuation and signs
		return scriptNone
	case unicode.In(r, unicode.L, unicode.M, unicode.N):
		return scriptSpaced
	}
	return scriptNone
}

// scanTerms calls emit with every term of a folded text and the bytes it covers,
// until emit returns false. It allocates nothing.
func scanTerms(s string, emit func(t Term, from, to int) bool) {
	const none = -1
	before := none     // where the unspaced character just before begins
	var beforeH uint32 // its hash
	for i := 0; i < len(s); {
		r, size := rune(s[i]), 1
		of := scriptUnspaced
		if han(s, i) { // nearly all that is read here
			size = 3
		} else {
			if r >= utf8.RuneSelf {
				r, size = utf8.DecodeRuneInString(s[i:])
			}
			of = scriptOf(r)
		}
		switch of {
		case scriptUnspaced:
			h := hashBytes(fnvOffset, s[i:i+size])
			if !emit(Term(h), i, i+size) {
				return
			}
			if before != none && !emit(Term(hashBytes(beforeH, s[i:i+size])), before, i+size) {
				return
			}
			before, beforeH = i, h
			i += size
			continue
		case scriptSpaced:
			to := wordEnd(s, i)
			if !emit(hashOf(s[i:to]), i, to) {
				return
			}
			i = to
		case scriptDigit:
			to, h := numberEnd(s, i)
			if !emit(Term(h), i, to) {
				return
			}
			if end, unit := unitEnd(s, to, h); end > to && !emit(Term(unit), i, end) {
				return
			}
			i = to
		default:
			if before != none && !scanDocNumber(s, i, i+size, emit) {
				return
			}
			i += size
		}
		before = none
	}
}

// han reports whether a character of the common block of Han stands at i: U+4E00 to
// U+9FFF, three bytes each.
func han(s string, i int) bool {
	c := s[i]
	return i+2 < len(s) && (0xE5 <= c && c <= 0xE9 || c == 0xE4 && s[i+1] >= 0xB8) && s[i+1]&0xC0 == 0x80 && s[i+2]&0xC0 == 0x80
}

// wordEnd returns the end of the word of a spaced script that begins at i.
func wordEnd(s string, i int) int {
	for i < len(s) {
		r, size := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s[i:])
		}
		if c := scriptOf(r); c != scriptSpaced && c != scriptDigit {
			break
		}
		i += size
	}
	return i
}

// numberEnd returns the end of the number that begins at i and its hash, which
// leaves out commas between thousands. 1,000.50 and 3.1.2 are one number each.
func numberEnd(s string, i int) (end int, hash uint32) {
	hash = fnvOffset
	grouped, run := false, 0 // a comma was seen; digits since the last mark
	for i < len(s) {
		c := s[i]
		switch {
		case isDigit(c):
			run++
		case c == '.' && i+1 < len(s) && isDigit(s[i+1]):
			run = 0
		case c == ',' && (run == 3 || !grouped && run > 0 && run < 3) && digitsFollow(s[i+1:], 3):
			grouped, run = true, 0
			i++
			continue
		default:
			return i, hash
		}
		hash = (hash ^ uint32(c)) * fnvPrime
		i++
	}
	return i, hash
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// digitsFollow reports whether s begins with exactly n digits.
func digitsFollow(s string, n int) bool {
	for i := range n {
		if i >= len(s) || !isDigit(s[i]) {
			return false
		}
	}
	return len(s) == n || !isDigit(s[n])
}

// unitEnd returns the end of what the number that ends at i counts, and the hash
// of number and unit: the powers of ten (万, 亿) and then one character, a word or
// a percent sign, with or without one space before. One character tells units
// apart well enough (100平方米 is 100平), and needs no list of them.
func unitEnd(s string, i int, number uint32) (end int, hash uint32) {
	start := i
	if i < len(s) && s[i] == ' ' {
		i++
	}
	for i < len(s) {
		r, size := utf8.DecodeRuneInString(s[i:])
		powers := r == '万' || r == '亿' || r == '千' || r == '百' || r == '十'
		switch {
		case powers, r == '%', r == '‰', scriptOf(r) == scriptUnspaced:
		case scriptOf(r) == scriptSpaced:
			size = wordEnd(s, i) - i
		default:
			size = 0
		}
		number = hashBytes(number, s[i:i+size])
		i += size
		if !powers {
			break
		}
	}
	if i == start+1 && s[start] == ' ' {
		return start, number
	}
	return i, number
}

// scanDocNumber calls emit with the terms of the document number whose opening
// bracket is s[open:year], if there is one. It returns what emit last did.
func scanDocNumber(s string, open, year int, emit func(t Term, from, to int) bool) bool {
	shut := year + 4
	if !strings.Contains("〔[(【", s[open:year]) || shut >= len(s) || !allDigits(s[year:shut]) {
		return true
	}
	r, size := utf8.DecodeRuneInString(s[shut:])
	if !strings.ContainsRune("〕])】", r) {
		return true
	}
	number := shut + size
	number += len(s[number:]) - len(strings.TrimLeft(s[number:], " 第"))
	end := number
	for end < len(s) && isDigit(s[end]) {
		end++
	}
	mark := end + len(s[end:]) - len(strings.TrimLeft(s[end:], " "))
	if end == number || !strings.HasPrefix(s[mark:], "号") {
		return true
	}
	from := open
	for range longestIssuerCode {
		r, size := utf8.DecodeLastRuneInString(s[:from])
		if scriptOf(r) != scriptUnspaced {
			break
		}
		from -= size
		if open-from < len("国发") {
			continue
		}
		if !emit(docNumberTerm(s[from:open], s[year:shut], s[number:end]), from, mark+len("号")) {
			return false
		}
	}
	return true
}

// longestIssuerCode bounds, in characters, the letters (发文机关代字) that a
// document number begins with.
const longestIssuerCode = 8

// docNumberTerm is the term of a document number, however it is written.
func docNumberTerm(issuer, year, number string) Term {
	h := hashBytes(fnvOffset, issuer)
	h = hashBytes(h, "〔")
	h = hashBytes(h, year)
	h = hashBytes(h, "〕")
	h = hashBytes(h, number)
	return Term(hashBytes(h, "号"))
}

func allDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}

// QueryTerms returns the terms of a question, sorted, each weighted by how often
// it stands there. An index multiplies them by the inverse document frequency.
func QueryTerms(text string) []TermWeight {
	b := termBuffers.Get().(*termBuffer)
	defer termBuffers.Put(b)
	b.terms = b.terms[:0]
	b.add(text, 1)
	b.sort()
	return slices.Clone(sumByTerm(b.terms))
}

// sumByTerm joins the neighbours of a sorted list that share a term.
func sumByTerm(sorted []TermWeight) []TermWeight {
	n := 0
	for _, w := range sorted {
		if n > 0 && sorted[n-1].Term == w.Term {
			sorted[n-1].Weight += w.Weight
			continue
		}
		sorted[n] = w
		n++
	}
	return sorted[:n]
}
