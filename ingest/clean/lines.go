package clean

import (
	"strings"

	"policykb/corpus"
	"policykb/corpus/label"
	"policykb/ingest/parse"
)

// line is one block of the source, repaired.
type line struct {
	block int
	kind  parse.Kind
	text  string
	count int // code points of text
	lead  int // code points of the block's text before text
	edits []edit

	blank     int  // empty lines before it
	indented  bool // begins as the first line of a paragraph does
	opens     bool // begins with a label or a mark, so it continues nothing
	furniture bool
	page      int
}

// source gives the code point of the block's text for byte at of the line.
func (l line) source(at int) int {
	for i := len(l.edits) - 1; i >= 0; i-- {
		e := l.edits[i]
		if e.start > at {
			continue
		}
		if at < e.end {
			return e.source
		}
		return e.source + e.length + corpus.CodePoints(l.text[e.end:at])
	}
	return l.lead + corpus.CodePoints(l.text[:at])
}

// repaired gives the blocks as lines with their characters repaired, without
// those that hold nothing.
func repaired(blocks []parse.Block) []line {
	lines := make([]line, 0, len(blocks))
	blank := 0
	for i, b := range blocks {
		l := line{block: i, kind: b.Kind, page: b.Page, furniture: b.Kind == parse.Furniture}
		l.text, l.lead, l.edits = repair(b.Text)
		if b.Kind == parse.Paragraph {
			blank = max(blank, 1)
		}
		blank += b.Blank
		if l.text == "" {
			continue
		}
		l.count = corpus.CodePoints(l.text)
		l.blank, blank = blank, 0
		if b.Kind == parse.Line || b.Kind == parse.Paragraph {
			l.indented = l.lead >= 2 && (strings.HasPrefix(b.Text, "\u3000\u3000") || strings.HasPrefix(b.Text, "  "))
			l.opens = opens(l.text)
		}
		lines = append(lines, l)
	}
	return lines
}

// opens reports whether a line begins something new: a numbered division, a list
// item, a row, words in bold letters, an entry with its date.
func opens(text string) bool {
	switch text[0] {
	case '#', '>', '|':
		return true
	case '*':
		if strings.HasPrefix(text, "**") {
			return true
		}
	case '1', '2':
		if len(text) > 10 && text[4] == '-' && text[7] == '-' {
			return true // 2023-08-09
		}
	}
	_, ok := label.Leading(text)
	return ok
}
