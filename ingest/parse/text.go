package parse

import (
	"context"
	"strings"
	"unicode/utf8"
)

// parseText reads plain text: each line is a block, a form feed begins a page.
func parseText(_ context.Context, _ string, data []byte) (Document, error) {
	text, charset, err := decode(data, "")
	if err != nil {
		return Document{}, err
	}
	doc := Document{Format: FormatText, Charset: charset}
	page, blank := 0, 0
	if strings.IndexByte(text, '\f') >= 0 {
		page = 1
	}
	for l := range lines(text) {
		for {
			part, rest, newPage := strings.Cut(l.text, "\f")
			if strings.TrimSpace(part) != "" {
				doc.Blocks = append(doc.Blocks, Block{Kind: Line, Text: part, Blank: blank, Page: page, Offset: l.offset})
				blank = 0
			} else if !newPage {
				blank++
			}
			if !newPage {
				break
			}
			page++
			l.text, l.offset = rest, l.offset+utf8.RuneCountInString(part)+1
		}
	}
	doc.Pages = page
	return doc, nil
}

// line is one line of a text, without its end.
type line struct {
	text   string
	offset int // in code points, of the line's start
	at     int // in bytes
}

// lines yields the lines of a text, ended by \n, \r\n, \r or one of the
// separators of Unicode.
func lines(text string) func(yield func(line) bool) {
	return func(yield func(line) bool) {
		offset, at := 0, 0
		for at < len(text) {
			end, next := lineEnd(text, at)
			l := line{text: text[at:end], offset: offset, at: at}
			if !yield(l) {
				return
			}
			offset += utf8.RuneCountInString(text[at:next])
			at = next
		}
	}
}

// lineEnd finds the end of the line that starts at the byte at, and the start of
// the next one.
func lineEnd(text string, at int) (end, next int) {
	for i := at; i < len(text); i++ {
		switch text[i] {
		case '\n':
			return i, i + 1
		case '\r':
			if i+1 < len(text) && text[i+1] == '\n' {
				return i, i + 2
			}
			return i, i + 1
		case 0xE2: // U+2028 and U+2029 are E2 80 A8 and E2 80 A9
			if i+2 < len(text) && text[i+1] == 0x80 && (text[i+2] == 0xA8 || text[i+2] == 0xA9) {
				return i, i + 3
			}
		}
	}
	return len(text), len(text)
}
