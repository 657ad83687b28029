package corpus

import (
	"slices"
	"unicode/utf8"
)

// scanner reads figures and document numbers in one pass over a text.
type scanner struct {
	text  string
	runes []rune // each folded by itself, so that indexes are those of the text
	word  [24]byte

	found  []Figure
	floor  int // end of the last figure
	byteAt struct{ rune, byte int }
}

func newScanner(text string) *scanner {
	s := &scanner{text: text, runes: make([]rune, 0, utf8.RuneCountInString(text))}
	for _, r := range text {
		if r >= 0x80 {
			f := FoldRune(r)
			// ① and ² fold to digits, but are no part of a number.
			if !isDigit(f) || '０' <= r && r <= '９' {
				r = f
			}
		} else if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		s.runes = append(s.runes, r)
	}
	return s
}

// at returns the folded rune at index i, 0 outside the text.
func (s *scanner) at(i int) rune {
	if uint(i) < uint(len(s.runes)) {
		return s.runes[i]
	}
	return 0
}

// has reports whether words stand at index i.
func (s *scanner) has(i int, words []rune) bool {
	return i >= 0 && i+len(words) <= len(s.runes) && slices.Equal(s.runes[i:i+len(words)], words)
}

// wordAt reads the Latin letters at index i. The bytes are valid until the next
// call, and empty for a word longer than any that matters.
func (s *scanner) wordAt(i int) (word []byte, end int) {
	end = i
	for isLatin(s.at(end)) {
		if end-i < len(s.word) {
			s.word[end-i] = byte(s.runes[end])
		}
		end++
	}
	if end-i > len(s.word) {
		return nil, end
	}
	return s.word[:end-i], end
}

// skipSpaces returns the index after up to two spaces at i.
func (s *scanner) skipSpaces(i int) int {
	for n := 0; n < 2 && s.at(i) == ' '; n++ {
		i++
	}
	return i
}

// slice returns the text between two rune indexes. Calls must not go back.
func (s *scanner) slice(span Span) string {
	c := &s.byteAt
	for ; c.rune < span.Start; c.rune++ {
		_, size := utf8.DecodeRuneInString(s.text[c.byte:])
		c.byte += size
	}
	to, _ := byteOffset(s.text, c.byte, span.Len())
	return s.text[c.byte:to]
}
