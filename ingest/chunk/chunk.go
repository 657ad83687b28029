// Package chunk cuts a canonical text into passages, the units that retrieval
// finds and answers cite.
//
// A passage is whole: whole sentences, whole articles, whole rows. It never
// reaches across sections that have different parents; small sections of one
// parent share a passage, whose heading path is then the parent's.
package chunk

import (
	"unicode/utf8"

	"policykb/corpus"
	"policykb/ingest/clean"
	"policykb/ingest/parse"
)

// Limits are the lengths of passages in code points. The zero value gives the
// defaults.
type Limits struct {
	Target int // from this length on a passage takes no more in; 0 means 400
	Most   int // the longest passage, where a sentence is not longer itself; 0 means 500
	Least  int // a shorter section is joined with its neighbour; 0 means 80
}

func (l Limits) withDefaults() Limits {
	if l.Target <= 0 {
		l.Target = 400
	}
	if l.Most <= 0 {
		l.Most = max(500, l.Target)
	}
	if l.Least <= 0 {
		l.Least = 80
	}
	l.Target = min(l.Target, l.Most)
	l.Least = min(l.Least, l.Target)
	return l
}

// Split cuts the text into passages in the order of the text. The sections are
// those of [outline.Of]. Ids, document and version are left to the caller.
//
// Every passage's Text is exactly the text at its Span, and passages do not
// overlap. Every block that is part of the text is in one, save tables of contents
// and what only says again what stands before it.
func Split(text clean.Text, sections []corpus.Section, limits Limits) []corpus.Passage {
	limits = limits.withDefaults()
	c := chunker{text: text, limits: limits, tree: newTree(text.String, sections)}
	for _, s := range withoutRepeatedSections(text, segments(text, sections)) {
		c.segment(s)
	}
	c.flush()
	return withoutRepeats(c.passages)
}

// unit is a piece of text that is not cut further: a paragraph, a sentence of a
// long one, a row.
type unit struct {
	span     corpus.Span
	from, to int // in bytes
	row      bool
	header   int // index of the block that heads the table this row is of, -1 if none
	page     int
}

// chunker packs units into passages.
type chunker struct {
	text     clean.Text
	limits   Limits
	tree     tree
	passages []corpus.Passage

	open    []unit // of the passage being filled
	section int    // whose heading path the open passage has; -1 above all sections
	bare    bool   // the open passage holds nothing but headings
	merged  bool   // the open passage holds several sections of one parent
}

// length is the number of code points from the start of the open passage to the
// end of u.
func (c *chunker) lengthTo(u unit) int {
	if len(c.open) == 0 {
		return u.span.Len()
	}
	return u.span.End - c.open[0].span.Start
}

// segment packs one section's own text, without that of the sections within it.
func (c *chunker) segment(s segment) {
	units := c.units(s)
	if len(units) == 0 {
		c.flush()
		return
	}
	length := units[len(units)-1].span.End - units[0].span.Start
	if len(c.open) > 0 {
		shared, ok := c.shares(s.section, length)
		switch {
		case s.bare() && !c.bare: // a heading goes with what it heads
			c.flush()
		case ok && (c.bare || c.lengthTo(units[len(units)-1]) <= c.limits.Target):
			c.merged = c.merged || !c.bare
			c.section = shared
		default:
			c.flush()
		}
	}
	if len(c.open) == 0 {
		c.section, c.bare = s.section, true
	}
	c.pack(units, s.heading)
	if s.last {
		c.flush()
	}
}

// shares reports whether the open passage may take in a section of the given
// length, and whose heading path it then has. Headings go to what they head; small
// sections of one parent come together, also with what stands before the first.
func (c *chunker) shares(section, length int) (int, bool) {
	if c.bare && c.tree.within(section, c.section) {
		return section, true
	}
	openLength := c.open[len(c.open)-1].span.End - c.open[0].span.Start
	if section < 0 || openLength >= c.limits.Least && length >= c.limits.Least {
		return 0, false
	}
	parent := c.tree.parent(section)
	if c.section == parent && (c.merged || openLength < c.limits.Least) || c.section >= 0 && c.tree.parent(c.section) == parent {
		return parent, true
	}
	return 0, false
}

// pack adds units to the open passage and closes it wherever it is full. heading
// is where the section's own heading ends.
func (c *chunker) pack(units []unit, heading int) {
	for i, u := range units {
		if len(c.open) > 0 {
			full := c.lengthTo(u) > c.limits.Most || c.open[len(c.open)-1].span.End-c.open[0].span.Start >= c.limits.Target
			if u.row && !c.open[len(c.open)-1].row {
				// A table begins: it stays whole where it can.
				full = full || c.lengthTo(tableEnd(units[i:])) > c.limits.Most && !c.bare
			}
			if full {
				section := c.section
				c.flush()
				c.section = section
			}
		}
		c.open = append(c.open, u)
		c.bare = c.bare && u.span.End <= heading
	}
}

// tableEnd gives the last row of the table that the units begin with.
func tableEnd(units []unit) unit {
	last := units[0]
	for _, u := range units {
		if !u.row {
			break
		}
		last = u
	}
	return last
}

// flush closes the open passage.
func (c *chunker) flush() {
	if len(c.open) == 0 {
		return
	}
	first, last := c.open[0], c.open[len(c.open)-1]
	p := corpus.Passage{
		Ordinal:     len(c.passages),
		Kind:        corpus.PassageProse,
		Span:        corpus.Span{Start: first.span.Start, End: last.span.End},
		Text:        c.text.String[first.from:last.to],
		HeadingPath: c.tree.path(c.section),
		Page:        first.page,
	}
	rows, page := 0, first.page
	for _, u := range c.open {
		if u.row {
			rows++
		}
		if u.page > page {
			page = u.page
			p.Turns = append(p.Turns, corpus.PageTurn{At: u.span.Start, Page: page})
		}
	}
	if rows == len(c.open) {
		p.Kind = corpus.PassageTable
	}
	if first.row && first.header >= 0 {
		p.Header = c.header(first)
	}
	c.passages = append(c.passages, p)
	c.open, c.merged = c.open[:0], false
}

// header gives the caption and header row of the table that a row is of, where
// they stand before it in another passage.
func (c *chunker) header(u unit) string {
	b := c.text.Blocks[u.header]
	if b.Span.Start >= u.span.Start {
		return ""
	}
	header := c.text.Of(b)
	if u.header > 0 {
		if above := c.text.Blocks[u.header-1]; above.Kind == parse.Caption {
			header = c.text.Of(above) + "\n" + header
		}
	}
	return header
}

// units cuts the blocks of a segment into units.
func (c *chunker) units(s segment) []unit {
	units := make([]unit, 0, len(s.parts))
	for _, part := range s.parts {
		b := &c.text.Blocks[part.block]
		u := unit{span: part.span, from: part.from, to: part.to, page: b.Page, header: -1}
		if b.Kind == parse.Row {
			u.row, u.header = true, part.header
		}
		if u.span.Len() <= c.limits.Most || u.row {
			units = append(units, u)
			continue
		}
		units = append(units, c.sentences(u)...)
	}
	return units
}

// sentences cuts a long paragraph at the ends of its sentences, and a sentence
// that is longer than a passage at its commas.
func (c *chunker) sentences(u unit) []unit {
	words := c.text.String[u.from:u.to]
	sentences := corpus.Sentences(words)
	units := make([]unit, 0, len(sentences))
	at, from := 0, u.from // the code point and byte that are reached
	for _, s := range sentences {
		from += corpus.AfterCodePoints(c.text.String[from:], s.Start-at)
		to := from + corpus.AfterCodePoints(c.text.String[from:], s.Len())
		sentence := unit{span: s.Shift(u.span.Start), from: from, to: to, page: u.page, header: -1}
		at, from = s.End, to
		if sentence.span.Len() <= c.limits.Most {
			units = append(units, sentence)
		} else {
			units = append(units, c.clauses(sentence)...)
		}
	}
	return units
}

// clauses cuts a sentence into pieces of at most the target length, after a comma
// or a space where one stands in the second half of a piece.
func (c *chunker) clauses(u unit) []unit {
	var units []unit
	add := func(span corpus.Span, from, to int) {
		for from < to && c.text.String[from] == ' ' {
			from++
			span.Start++
		}
		for to > from && c.text.String[to-1] == ' ' {
			to--
			span.End--
		}
		if from < to {
			units = append(units, unit{span: span, from: from, to: to, page: u.page, header: -1})
		}
	}
	from, start := u.from, u.span.Start
	cut, cutAt := 0, 0 // the last good place: in bytes, in code points
	at := start
	for i := from; i < u.to; {
		r, size := utf8.DecodeRuneInString(c.text.String[i:])
		i += size
		at++
		if at-start >= c.limits.Target/2 && clauseEnd(r) {
			cut, cutAt = i, at
		}
		if at-start < c.limits.Target || i == u.to {
			continue
		}
		if cut == 0 {
			cut, cutAt = i, at
		}
		add(corpus.Span{Start: start, End: cutAt}, from, cut)
		from, start = cut, cutAt
		cut = 0
	}
	add(corpus.Span{Start: start, End: u.span.End}, from, u.to)
	return units
}

// clauseEnd reports whether a sentence may be cut after the character.
func clauseEnd(r rune) bool {
	switch r {
	case '，', '、', ',', '；', '：', ' ':
		return true
	}
	return false
}
