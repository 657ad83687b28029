package corpus

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// NewPassageID names a passage by where it stands. The same place of the same
// version always has the same id, so that a catalogue and an index that were
// filled at different times speak of the same passages.
func NewPassageID(doc DocumentID, version, ordinal int) PassageID {
	return PassageID(string(doc) + "-" + strconv.Itoa(version) + "-" + strconv.Itoa(ordinal))
}

// Place takes an id of [NewPassageID] apart; ok is false for any other string.
func (id PassageID) Place() (doc DocumentID, version, ordinal int, ok bool) {
	rest, last, ok1 := cutLast(string(id))
	name, middle, ok2 := cutLast(rest)
	if !ok1 || !ok2 || name == "" {
		return "", 0, 0, false
	}
	version, err1 := strconv.Atoi(middle)
	ordinal, err2 := strconv.Atoi(last)
	doc = DocumentID(name)
	if err1 != nil || err2 != nil || NewPassageID(doc, version, ordinal) != id {
		return "", 0, 0, false
	}
	return doc, version, ordinal, true
}

// cutLast cuts s at its last hyphen.
func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, '-')
	if i < 0 {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}

// Check reports what a catalogue could not keep, as an [ErrInvalid]: a version
// without a document; a text that is not valid UTF-8 or holds a NUL; a section
// outside the text; a passage whose text is not the version's text at its span.
func (v Version) Check() error {
	if v.Document == "" {
		return fmt.Errorf("%w: a version needs the id of its document", ErrInvalid)
	}
	if !utf8.ValidString(v.Text) {
		return fmt.Errorf("%w: the text of document %s is not UTF-8", ErrInvalid, v.Document)
	}
	if i := strings.IndexByte(v.Text, 0); i >= 0 {
		return fmt.Errorf("%w: the text of document %s holds a NUL at byte %d", ErrInvalid, v.Document, i)
	}
	whole := Span{0, utf8.RuneCountInString(v.Text)}
	for _, s := range v.Outline {
		for _, span := range []Span{s.Heading, s.Body} {
			if span.Start > span.End || !whole.Contains(span) {
				return fmt.Errorf("%w: section %q of document %s spans %d to %d of %d characters", ErrInvalid, s.Label+s.Title, v.Document, span.Start, span.End, whole.End)
			}
		}
	}
	ruler := Ruler{Text: v.Text}
	for i, p := range v.Passages {
		if text, ok := ruler.Slice(p.Span); !ok || text != p.Text {
			return fmt.Errorf("%w: passage %d of document %s is not the text at its span, %d to %d of %d characters", ErrInvalid, i, v.Document, p.Span.Start, p.Span.End, whole.End)
		}
	}
	return nil
}

// Ruler finds spans in a text that is valid UTF-8. It remembers where it found the
// last one: spans asked for in the order of the text cost one walk over it, all
// together. The zero Ruler measures the empty text. Not safe for concurrent use.
type Ruler struct {
	Text string
	// Offset is the number of code points that stand before Text, for a text of
	// which only a part is at hand.
	Offset int

	char, byte int // the start of the last span, counted from the start of Text
}

// Slice returns the text that the span marks; ok is false where it does not lie
// in the text.
func (r *Ruler) Slice(s Span) (text string, ok bool) {
	s = s.Shift(-r.Offset)
	if s.Start < 0 || s.End < s.Start {
		return "", false
	}
	if s.Start < r.char {
		r.char, r.byte = 0, 0
	}
	from, ok := r.skip(r.byte, s.Start-r.char)
	if !ok {
		return "", false
	}
	to, ok := r.skip(from, s.Len())
	if !ok {
		return "", false
	}
	r.char, r.byte = s.Start, from
	return r.Text[from:to], true
}

// skip walks n code points from the byte offset from. The first byte of a code
// point tells its length.
func (r *Ruler) skip(from, n int) (int, bool) {
	for ; n > 0 && from < len(r.Text); n-- {
		switch b := r.Text[from]; {
		case b < 0x80:
			from++
		case b < 0xE0:
			from += 2
		case b < 0xF0:
			from += 3
		default:
			from += 4
		}
	}
	return from, n == 0 && from <= len(r.Text)
}
