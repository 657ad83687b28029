package corpus

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"policykb/corpus/label"
)

// ClauseKind is the sort of a clause.
type ClauseKind string

// The kinds of clauses.
const (
	ClauseSection   ClauseKind = "section"   // a division with a heading or number of its own: 第二章, 第五条, 三、, 附件1
	ClauseParagraph ClauseKind = "paragraph" // 款: a paragraph of an article that has several, with its items
	ClauseItem      ClauseKind = "item"      // 项, 目: a numbered item
)

// Clause is a part of a text that can be named, and what lies within it.
type Clause struct {
	Kind ClauseKind
	// Address names this clause and no other of the text: 第二章第五条第二款（一）,
	// 三、（二）2., 附件1三、. A heading without a label stands with its words, between
	// strokes; the document's own title does not stand in the addresses under it.
	Address string
	Label   string // as it stands in the text; 第二款 is counted, not written
	Title   string // of a section
	Span    Span
	Page    int // where it begins; 0 where the format has no pages
	Clauses []Clause

	step step
}

// Clauses gives the tree of a text: the sections of its outline, below them the
// paragraphs (款) of articles and the numbered items (项, 目). Siblings come in the
// order of the text and do not overlap; every clause lies within the one around it.
func Clauses(text string, outline []Section) []Clause {
	b := clauseBuilder{outline: outline, lines: linesIn(text)}
	var root Clause
	first := len(b.lines)
	if len(outline) > 0 {
		first = b.lineAt(outline[0].Body.Start)
	}
	root.Clauses = b.items(b.lines[:first])
	for next := 0; next < len(outline); {
		var c Clause
		c, next = b.section(next)
		root.Clauses = append(root.Clauses, c)
	}
	addresses := make(map[string]int)
	address(root.Clauses, "", addresses, isTitle(root.Clauses))
	return root.Clauses
}

// isTitle reports whether the only clause at the top is the document's own title.
func isTitle(top []Clause) bool {
	return len(top) == 1 && top[0].Kind == ClauseSection && top[0].Label == "" && len(top[0].Clauses) > 0
}

// address names the clauses under one whose address is given. One that would have
// the name of another is counted: 一、, 一、#2.
func address(clauses []Clause, above string, taken map[string]int, title bool) {
	for i := range clauses {
		c := &clauses[i]
		name := strings.Join(strings.Fields(c.Label), "")
		stroke := ""
		switch {
		case name == "":
			name, stroke = strings.TrimSpace(c.Title), "/"
			if above != "" && !strings.HasSuffix(above, "/") {
				name = "/" + name
			}
		case above != "" && above[len(above)-1] < utf8.RuneSelf && !strings.HasSuffix(above, "/") && 'A' <= name[0] && name[0] <= 'Z':
			name = " " + name // Chapter2 Article5
		}
		name = above + name
		bare := bareAddress(name)
		if taken[bare]++; taken[bare] > 1 {
			name += "#" + strconv.Itoa(taken[bare])
		}
		c.Address = name
		if title {
			name, stroke = "", ""
		}
		address(c.Clauses, name+stroke, taken, false)
	}
}

// textLine is a line of a text, without the white space around it.
type textLine struct {
	text string
	span Span
}

// linesIn gives the lines of a text that are not empty.
func linesIn(text string) []textLine {
	var lines []textLine
	at := 0
	for line := range strings.Lines(text) {
		left := strings.TrimLeft(line, " \n")
		start := at + CodePoints(line) - CodePoints(left)
		at += CodePoints(line)
		if body := strings.TrimRight(left, " \n"); body != "" {
			lines = append(lines, textLine{text: body, span: Span{start, start + CodePoints(body)}})
		}
	}
	return lines
}

// clauseBuilder makes the clauses of one text.
type clauseBuilder struct {
	outline []Section
	lines   []textLine
}

// lineAt gives the first line that ends after the code point.
func (b *clauseBuilder) lineAt(at int) int {
	lo, hi := 0, len(b.lines)
	for lo < hi {
		if mid := (lo + hi) / 2; b.lines[mid].span.End <= at {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// section makes the clause of a section, and gives the section that follows it.
func (b *clauseBuilder) section(i int) (c Clause, next int) {
	s := b.outline[i]
	c = Clause{Kind: ClauseSection, Label: s.Label, Title: s.Title, Span: s.Body, Page: s.Page, step: stepOf(s.Label, s.Title)}
	own := Span{s.Heading.End, s.Body.End}
	next = i + 1
	if next < len(b.outline) {
		own.End = max(own.Start, min(own.End, b.outline[next].Body.Start))
	}
	lines := b.within(own)
	if c.step.class == label.Article {
		c.Clauses = b.paragraphs(lines)
	} else {
		c.Clauses = b.items(lines)
	}
	for next < len(b.outline) && b.outline[next].Level > s.Level {
		var inner Clause
		inner, next = b.section(next)
		c.Clauses = append(c.Clauses, inner)
	}
	return c, next
}

// within gives the lines, or the parts of lines, that lie in the span.
func (b *clauseBuilder) within(own Span) []textLine {
	var lines []textLine
	for _, l := range b.lines[b.lineAt(own.Start):] {
		if l.span.Start >= own.End {
			break
		}
		if cut := own.End - l.span.Start; cut < l.span.Len() {
			l = textLine{text: l.text[:AfterCodePoints(l.text, cut)], span: Span{l.span.Start, own.End}}
		}
		if cut := own.Start - l.span.Start; cut > 0 {
			l = textLine{text: l.text[AfterCodePoints(l.text, cut):], span: Span{own.Start, l.span.End}}
		}
		trimmed := strings.TrimLeft(l.text, " ：:")
		l.span.Start += CodePoints(l.text) - CodePoints(trimmed)
		l.text = strings.TrimRight(trimmed, " ")
		l.span.End = l.span.Start + CodePoints(l.text)
		if strings.Trim(l.text, "。*_ ") != "" {
			lines = append(lines, l)
		}
	}
	return lines
}

// paragraphs makes the clauses of an article: its paragraphs (款), where it has
// several, each with the items and tables that follow it; else its items.
func (b *clauseBuilder) paragraphs(lines []textLine) []Clause {
	var starts []int
	for i, l := range lines {
		// What follows ： or ； is of the list begun there, also where its label was lost.
		if _, labelled := itemStep(l.text); i == 0 || !labelled && !isRow(l.text) && !strings.HasSuffix(lines[i-1].text, "；") && !strings.HasSuffix(lines[i-1].text, "：") {
			starts = append(starts, i)
		}
	}
	if len(starts) < 2 {
		return b.items(lines)
	}
	paragraphs := make([]Clause, len(starts))
	for n, from := range starts {
		to := len(lines)
		if n+1 < len(starts) {
			to = starts[n+1]
		}
		paragraphs[n] = Clause{
			Kind: ClauseParagraph, Label: "第" + hanNumeral(n+1) + "款", step: step{class: classParagraph, number: n + 1},
			Span: Span{lines[from].span.Start, lines[to-1].span.End}, Clauses: b.items(lines[from:to]),
		}
	}
	return paragraphs
}

// items makes the clauses of the numbered items among lines. An item whose line is
// a heading takes in the lines below it.
func (b *clauseBuilder) items(lines []textLine) []Clause {
	var root Clause
	open := []*Clause{&root} // the item that is open on each depth
	extend := func(to int) {
		for _, c := range open[1:] {
			c.Span.End = to
		}
	}
	for _, l := range lines {
		s, ok := itemStep(l.text)
		if !ok {
			if last := open[len(open)-1]; len(open) > 1 && (last.Title != "" || isRow(l.text)) {
				extend(l.span.End)
				continue
			}
			open = open[:1]
			root.Clauses = append(root.Clauses, inlineItems(l)...)
			continue
		}
		for len(open) > 1 && open[len(open)-1].step.class >= s.class {
			open = open[:len(open)-1]
		}
		if inline := inlineItems(l); len(inline) > 0 && inline[0].Span.Start == l.span.Start {
			open[len(open)-1].Clauses = append(open[len(open)-1].Clauses, inline...)
			extend(l.span.End)
			continue
		}
		item := Clause{Kind: ClauseItem, Label: s.label, step: s, Span: l.span}
		if !strings.ContainsAny(l.text, "。；;：:，") {
			item.Title = strings.TrimSpace(l.text[len(s.label):])
		}
		if s.class < label.NumberParen {
			item.Clauses = inlineItems(textLine{text: l.text[len(s.label):], span: Span{l.span.Start + CodePoints(s.label), l.span.End}})
		}
		parent := open[len(open)-1]
		parent.Clauses = append(parent.Clauses, item)
		open = append(open, &parent.Clauses[len(parent.Clauses)-1])
		extend(l.span.End)
	}
	return root.Clauses
}

// inlineItems finds the items （一） or （1） that stand in one paragraph, each after a
// stop: two at least, numbered from 1.
func inlineItems(l textLine) []Clause {
	if strings.Count(l.text, "）")+strings.Count(l.text, ")") < 2 {
		return nil
	}
	var items []Clause
	var class label.Class
	at, before := l.span.Start, ""
	for rest := l.text; rest != ""; {
		step, ok := itemStep(rest)
		if ok && (before == "" || strings.ContainsAny(before, "：；。;:")) && step.number == len(items)+1 &&
			(step.class == label.HanParen || step.class == label.NumberParen) && (len(items) == 0 || step.class == class) {
			class = step.class
			if n := len(items); n > 0 {
				items[n-1].Span.End = at
			}
			items = append(items, Clause{Kind: ClauseItem, Label: step.label, step: step, Span: Span{at, l.span.End}})
		}
		size := AfterCodePoints(rest, 1)
		if rest[:size] == "。" && len(items) > 0 { // what follows the list is no part of it
			items[len(items)-1].Span.End = at + 1
			if next, ok := itemStep(rest[size:]); !ok || next.number != len(items)+1 {
				break
			}
		}
		before, rest = rest[:size], rest[size:]
		at++
	}
	if len(items) < 2 {
		return nil
	}
	return items
}

// itemStep reads the label of a numbered item.
func itemStep(line string) (step, bool) {
	l, ok := label.Leading(line)
	if !ok {
		return step{}, false
	}
	switch l.Class {
	case label.HanComma, label.HanParen, label.Number, label.Decimal, label.NumberParen, label.Circled:
		return step{class: l.Class, number: l.Number, label: line[:l.Len]}, true
	}
	return step{}, false
}

// hanNumeral writes a number up to 99 in Han numerals.
func hanNumeral(n int) string {
	digits := []string{"", "一", "二", "三", "四", "五", "六", "七", "八", "九"}
	switch {
	case n < 10:
		return digits[n]
	case n < 20:
		return "十" + digits[n-10]
	case n < 100:
		return digits[n/10] + "十" + digits[n%10]
	}
	return strconv.Itoa(n)
}
