// Package clean makes the canonical text of a document from what a parser read:
// UTF-8, NFC, line ends \n, with the noise of recognition and of the web repaired.
//
// Lines that were broken inside a sentence are joined, also around a caption or
// over the edge of a page; spaces that stray between Han characters go; letters
// and digits of full width become those of normal width, while Chinese
// punctuation stays as it is; page numbers, running heads and site lines are set
// apart. Every code point of the canonical text can be traced to the block of
// the source it came from: [Text.Source].
//
// Cleaning what is clean already changes nothing.
package clean

import (
	"strings"

	"policykb/corpus"
	"policykb/ingest/parse"
)

// Text is a canonical text and what is known of its parts.
type Text struct {
	String    string
	Length    int     // code points of String
	Blocks    []Block // in the order of the text; what lies between them is line ends
	Furniture []Furniture

	runs []run
}

// Block is a paragraph, a heading, a list item or a table row of the canonical
// text. It never begins or ends with white space and holds no line end.
type Block struct {
	Kind   parse.Kind // a parse.Line has become a parse.Paragraph
	Level  int        // as in parse.Block
	Mark   int        // code points at the start that are no words: "## ", "- "
	Cells  []string   // of a row
	Header bool       // of a row: it names the columns of those after it
	Page   int        // where the block begins; 0 where the format has no pages
	Span   corpus.Span
	From   int // where the span begins in bytes of Text.String
	To     int // where it ends in bytes
}

// Furniture is a line of the source that is no part of the text.
type Furniture struct {
	Block int // index of the block in parse.Document
	Text  string
	Page  int
}

// Of returns the words of a block.
func (t Text) Of(b Block) string { return t.String[b.From:b.To] }

// Join makes the canonical text of a document.
func Join(doc parse.Document) Text {
	lines := repaired(doc.Blocks)
	setApart(lines)
	j := joiner{lines: lines, slab: make([]piece, len(lines)), breaks: lineWidth(lines)}
	paragraphs := j.adjoining()
	// What is joined or moved can make more of the same visible.
	for again := true; again; {
		count, moved := len(paragraphs), j.moved
		paragraphs = j.overGaps(j.captions(j.marginLabels(paragraphs)))
		again = len(paragraphs) < count || j.moved > moved && j.moved < mostMoved
	}
	return compose(doc.Blocks, lines, paragraphs)
}

// compose writes the paragraphs into one text.
func compose(source []parse.Block, lines []line, paragraphs []paragraph) Text {
	var size, pieces int
	for _, p := range paragraphs {
		for _, piece := range p.pieces {
			size += piece.to - piece.from + 2
		}
		pieces += len(p.pieces)
	}
	w := writer{
		out:  make([]byte, 0, size),
		runs: make([]run, 0, pieces+len(paragraphs)),
	}
	t := Text{Blocks: make([]Block, 0, len(paragraphs))}
	for i, p := range paragraphs {
		if len(p.pieces) == 0 {
			continue
		}
		if len(t.Blocks) > 0 {
			gap := "\n\n"
			if p.tight && i > 0 {
				gap = "\n"
			}
			first := lines[p.pieces[0].line]
			w.insert(gap, first.block, first.lead)
		}
		b := Block{From: len(w.out), Kind: p.kind}
		if b.Kind == parse.Line {
			b.Kind = parse.Paragraph
		}
		b.Span.Start = w.at
		first := source[lines[p.pieces[0].line].block]
		b.Level, b.Header, b.Page = first.Level, first.Header, first.Page
		for _, piece := range p.pieces {
			w.piece(lines[piece.line], piece)
		}
		b.To, b.Span.End = len(w.out), w.at
		b.Mark = markLength(w.out[b.From:b.To], first.Mark)
		if b.Kind == parse.Row {
			b.Cells = first.Cells
		}
		t.Blocks = append(t.Blocks, b)
	}
	for _, l := range lines {
		if l.furniture {
			t.Furniture = append(t.Furniture, Furniture{Block: l.block, Text: l.text, Page: source[l.block].Page})
		}
	}
	t.String, t.Length, t.runs = string(w.out), w.at, w.runs
	return t
}

// markLength gives the length of the source's mark in the cleaned text, where
// runs of spaces have become one.
func markLength(text []byte, mark int) int {
	if mark == 0 {
		return 0
	}
	n := 0
	for n < len(text) && strings.IndexByte("#->*+", text[n]) >= 0 && n < mark {
		n++
	}
	if n < len(text) && text[n] == ' ' {
		n++
	}
	return n
}
