package corpus

import (
	_ "embed"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// simplified.txt holds the pairs of traditional and simplified characters; its
// head names source and licence.
//
//go:embed simplified.txt
var simplifiedPairs string

// Marks in the fold table, taken from the surrogates, which are no characters.
const (
	foldsToSeveral = 0xD800 // the folded form is in foldTables.several
	foldsWithPrior = 0xD801 // a mark that joins the character before it
)

// foldTables says what each rune of the Basic Multilingual Plane folds to.
type foldTables struct {
	single  [1 << 16]uint16
	several map[rune]string
}

var folds = makeFoldTables()

func makeFoldTables() *foldTables {
	t := &foldTables{several: make(map[rune]string, 2500)}
	for r := range t.single {
		t.single[r] = uint16(r)
	}
	simplified := make(map[rune]rune, 3000)
	for line := range strings.Lines(simplifiedPairs) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		var traditional rune
		for _, r := range strings.TrimSpace(line) {
			if traditional == 0 {
				traditional = r
				continue
			}
			simplified[traditional] = r
			t.single[traditional] = uint16(r)
			traditional = 0
		}
	}
	// The blocks of Han characters, Hangul syllables and private use are their own
	// NFKC form; passing them by leaves a quarter of the plane to ask about.
	for _, block := range [][2]rune{{0, 0x33FF}, {0xA000, 0xABFF}, {0xF900, 0xFFFF}} {
		for r := block[0]; r <= block[1]; r++ {
			if !norm.NFKC.PropertiesString(string(r)).BoundaryBefore() {
				t.single[r] = foldsWithPrior
				continue
			}
			folded := []rune(foldSegment(string(r)))
			for i, f := range folded {
				if s, ok := simplified[f]; ok {
					folded[i] = s
				}
			}
			switch {
			case len(folded) > 1:
				t.single[r] = foldsToSeveral
				t.several[r] = string(folded)
			case folded[0] < 1<<16:
				t.single[r] = uint16(folded[0])
			}
		}
	}
	return t
}

// foldSegment gives NFKC and lower case by the library. The second pass composes
// what lower case took apart (İ and a mark after it).
func foldSegment(s string) string {
	return norm.NFKC.String(strings.Map(unicode.ToLower, norm.NFKC.String(s)))
}

// FoldRune folds one rune as [Fold] does. Runes that fold to several (㎡), or
// only together with the rune before them (combining marks), are returned as
// they are.
func FoldRune(r rune) rune {
	if uint32(r) < 1<<16 {
		f := rune(folds.single[r])
		if f == foldsToSeveral || f == foldsWithPrior {
			return r
		}
		return f
	}
	if out := foldBeyond(r); len(out) == 1 {
		return out[0]
	}
	return r
}

// foldBeyond folds a rune outside the Basic Multilingual Plane.
func foldBeyond(r rune) []rune {
	if r > unicode.MaxRune {
		return []rune{utf8.RuneError}
	}
	return foldRunes(nil, foldSegment(string(r)))
}

// foldRunes appends the simplified runes of s, which is NFKC and lower case.
func foldRunes(dst []rune, s string) []rune {
	for _, r := range s {
		if uint32(r) < 1<<16 {
			if f := rune(folds.single[r]); f != foldsToSeveral && f != foldsWithPrior {
				r = f
			}
		}
		dst = append(dst, r)
	}
	return dst
}

// Fold gives the form in which texts are compared: NFKC (full-width letters and
// digits become plain, ㎡ becomes m2), lower case, simplified characters. It is
// idempotent. Broken bytes become U+FFFD, one each.
//
// Characters fold one by one, without a look at the words around them: what
// matters is that the spellings of one word meet (乾燥 and 干燥 at 干燥, 乾坤
// and 乾坤 at 干坤), not that the result is good orthography.
func Fold(s string) string {
	n := foldedPrefix(s)
	if n == len(s) {
		return s
	}
	f := folder{out: make([]byte, 0, len(s)+16)}
	f.fold(s, n)
	return string(f.out)
}

// AppendFold appends what [Fold] gives to dst.
func AppendFold(dst []byte, s string) []byte {
	f := folder{out: dst}
	f.fold(s, 0)
	return f.out
}

// FoldMapped is [Fold] that also says where each rune of the result came from:
// sources[i] is the index of the source rune (code point) behind folded rune i.
// The indexes never decrease.
func FoldMapped(s string) (folded string, sources []int32) {
	f := folder{
		out:     make([]byte, 0, len(s)+16),
		sources: make([]int32, 0, utf8.RuneCountInString(s)+16),
		mapped:  true,
	}
	f.fold(s, 0)
	return string(f.out), f.sources
}

// foldedPrefix returns the length of a prefix that is its own fold, whatever
// follows it.
func foldedPrefix(s string) int {
	prior := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				return i
			}
			prior = i
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r >= 1<<16 || r == utf8.RuneError {
			return i
		}
		if f := rune(folds.single[r]); f != r {
			if f == foldsWithPrior {
				return prior
			}
			return i
		}
		prior = i
		i += size
	}
	return len(s)
}

// folder is the state of one pass over a text.
type folder struct {
	out     []byte
	sources []int32
	mapped  bool
}

// fold folds s; its first clean bytes are their own fold and are copied.
func (f *folder) fold(s string, clean int) {
	f.out = append(f.out, s[:clean]...)
	// Where the segment that a combining mark would join began.
	priorIn, priorOut, priorRune := clean, len(f.out), int32(0)
	at := int32(0) // index of the source rune
	for i := clean; i < len(s); at++ {
		if c := s[i]; c < utf8.RuneSelf {
			priorIn, priorOut, priorRune = i, len(f.out), at
			f.out = append(f.out, byte(folds.single[c]))
			if f.mapped {
				f.sources = append(f.sources, at)
			}
			i++
			continue
		}
		if n := unfolded(s[i:]); n > 0 { // most of a text in simplified characters
			f.out = append(f.out, s[i:i+n]...)
			i += n
			before := at
			at += int32(n/3) - 1
			priorIn, priorOut, priorRune = i-3, len(f.out)-3, at
			for ; f.mapped && before <= at; before++ {
				f.sources = append(f.sources, before)
			}
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r >= 1<<16 {
			if norm.NFKC.PropertiesString(s[i:]).BoundaryBefore() {
				priorIn, priorOut, priorRune = i, len(f.out), at
				for _, g := range foldBeyond(r) {
					f.emit(g, at)
				}
				i += size
				continue
			}
		} else if g := rune(folds.single[r]); g != foldsWithPrior {
			priorIn, priorOut, priorRune = i, len(f.out), at
			if g == foldsToSeveral {
				for _, g := range folds.several[r] {
					f.emit(g, at)
				}
			} else {
				f.emit(g, at)
			}
			i += size
			continue
		}
		// A combining mark: fold it again together with what it belongs to.
		end, marks := i, int32(0)
		for end < len(s) && (end == i || !norm.NFKC.PropertiesString(s[end:]).BoundaryBefore()) {
			_, size := utf8.DecodeRuneInString(s[end:])
			end += size
			marks++
		}
		f.out = f.out[:priorOut]
		for len(f.sources) > 0 && f.sources[len(f.sources)-1] >= priorRune {
			f.sources = f.sources[:len(f.sources)-1]
		}
		for _, g := range foldRunes(nil, foldSegment(strings.ToValidUTF8(s[priorIn:end], "\uFFFD"))) {
			f.emit(g, priorRune)
		}
		i, at = end, at+marks-1
	}
}

// unfolded returns the length of the characters of three bytes that s begins with
// and that fold to themselves.
func unfolded(s string) int {
	i := 0
	for i+3 <= len(s) && 0xE1 <= s[i] && s[i] <= 0xEC && s[i+1]&0xC0 == 0x80 && s[i+2]&0xC0 == 0x80 {
		r := uint16(s[i])<<12 | uint16(s[i+1]&0x3F)<<6 | uint16(s[i+2]&0x3F)
		if folds.single[r] != r {
			break
		}
		i += 3
	}
	return i
}

// emit writes one folded rune that came from source rune at.
func (f *folder) emit(r rune, at int32) {
	f.out = utf8.AppendRune(f.out, r)
	if f.mapped {
		f.sources = append(f.sources, at)
	}
}
