package chunk

import (
	"policykb/corpus"
	"policykb/ingest/clean"
	"policykb/ingest/parse"
)

// segment is the text of one section up to the first section within it.
type segment struct {
	section int // index of the section; -1 before the first
	parts   []part
	heading int  // code point at which the section's heading ends
	last    bool // what follows is no part of any passage
}

// part is a block, or the part of one that lies in the segment.
type part struct {
	block    int
	span     corpus.Span
	from, to int // in bytes
	header   int // of a row: index of the block that heads its table, or -1
}

// bare reports whether the segment is a heading and nothing more.
func (s segment) bare() bool {
	return s.section >= 0 && (len(s.parts) == 0 || s.parts[len(s.parts)-1].span.End <= s.heading)
}

// segments cuts the blocks of a text at the starts of its sections. Tables of
// contents are left out; a passage does not reach over them.
func segments(text clean.Text, sections []corpus.Section) []segment {
	all := make([]segment, 0, len(sections)+1)
	current := segment{section: -1}
	next := 0 // index of the section that begins next
	header := -1
	for i := range text.Blocks {
		b := &text.Blocks[i]
		if b.Kind != parse.Row {
			header = -1
		} else if b.Header {
			header = i
		}
		if b.Kind == parse.Contents {
			current.last = true
			all = append(all, current)
			current = segment{section: current.section, heading: current.heading}
			for next < len(sections) && sections[next].Body.Start < b.Span.End {
				next++
			}
			continue
		}
		rest := part{block: i, span: b.Span, from: b.From, to: b.To, header: header}
		for next < len(sections) && sections[next].Body.Start < b.Span.End {
			at := sections[next].Body.Start
			if at > rest.span.Start {
				head := rest
				head.span.End = at
				head.to = head.from + corpus.AfterCodePoints(text.String[head.from:], at-head.span.Start)
				rest.span.Start, rest.from = at, head.to
				if trimmed, ok := trimRight(text.String, head); ok {
					current.parts = append(current.parts, trimmed)
				}
			}
			all = append(all, current)
			current = segment{section: next, heading: sections[next].Heading.End}
			next++
		}
		if rest.from < rest.to {
			current.parts = append(current.parts, rest)
		}
	}
	return append(all, current)
}

// trimRight takes the spaces off the end of a part; ok is false where no more is left.
func trimRight(text string, p part) (part, bool) {
	for p.to > p.from && text[p.to-1] == ' ' {
		p.to--
		p.span.End--
	}
	return p, p.to > p.from
}

// tree answers questions on the nesting of sections.
type tree struct {
	text     string
	sections []corpus.Section
	parents  []int
	headings []string
	title    int // the section that is the document's own title, -1 if none
}

func newTree(text string, sections []corpus.Section) tree {
	t := tree{text: text, sections: sections, parents: make([]int, len(sections)), headings: make([]string, len(sections)), title: -1}
	var stack []int
	at, byteAt := 0, 0
	for i, s := range sections {
		for len(stack) > 0 && sections[stack[len(stack)-1]].Level >= s.Level {
			stack = stack[:len(stack)-1]
		}
		t.parents[i] = -1
		if len(stack) > 0 {
			t.parents[i] = stack[len(stack)-1]
		}
		stack = append(stack, i)
		byteAt += corpus.AfterCodePoints(text[byteAt:], s.Heading.Start-at)
		end := byteAt + corpus.AfterCodePoints(text[byteAt:], s.Heading.Len())
		t.headings[i] = text[byteAt:end]
		at, byteAt = s.Heading.End, end
	}
	if len(sections) > 1 && sections[0].Level == 1 && sections[0].Label == "" {
		t.title = 0
		for _, s := range sections[1:] {
			if s.Level == 1 {
				t.title = -1
				break
			}
		}
	}
	return t
}

// parent gives the section around a section; -1 where none is.
func (t tree) parent(section int) int {
	if section < 0 {
		return -1
	}
	return t.parents[section]
}

// within reports whether a section lies in another; every one lies in -1.
func (t tree) within(section, outer int) bool {
	for section >= 0 && section != outer {
		section = t.parents[section]
	}
	return section == outer
}

// path gives the headings from the top down to a section, without the document's
// own title.
func (t tree) path(section int) []string {
	depth := 0
	for s := section; s >= 0; s = t.parents[s] {
		depth++
	}
	path := make([]string, depth)
	for s := section; s >= 0; s = t.parents[s] {
		depth--
		path[depth] = t.headings[s]
	}
	if t.title >= 0 && len(path) > 0 && section >= t.title {
		path = path[1:]
	}
	return path
}
