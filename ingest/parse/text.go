package parse

import (
	"context"
	"strings"

	"policykb/corpus"
)

// parseText reads plain text: each line is a block, a form feed begins a page.
func parseText(_ context.Context, _ string, data []byte) (Document, error) {
	text := decodePlain(data)
	if text.err != nil {
		return Document{}, text.err
	}
	return textDocument(text), nil
}

// decoded is the text of some bytes, or why they are none.
type decoded struct {
	string
	charset string
	err     error
}

// decodePlain decodes what says nothing of its charset.
func decodePlain(data []byte) (d decoded) {
	d.string, d.charset, d.err = decode(data, "")
	return d
}

// textDocument makes a document of a text.
func textDocument(text decoded) Document {
	doc := Document{Format: FormatText, Charset: text.charset}
	page, blank := 0, 0
	paged := strings.IndexByte(text.string, '\f') >= 0
	if paged {
		page = 1
	}
	for l := range lines(text.string) {
		for {
			part, rest, newPage := l.text, "", false
			if paged {
				part, rest, newPage = strings.Cut(l.text, "\f")
			}
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
			l.text, l.offset = rest, l.offset+corpus.CodePoints(part)+1
		}
	}
	doc.Pages = page
	return doc
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
			offset += corpus.CodePoints(text[at:next])
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
