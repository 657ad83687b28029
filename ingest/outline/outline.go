// Package outline finds the divisions of a policy: 编, 章, 节 and 条 of a statute,
// 一、（一）1. of a plan, the headings of Markdown and HTML, labels like
// 【支持标准】, and short lines that stand as headings without any mark.
package outline

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"policykb/corpus"
	"policykb/corpus/label"
	"policykb/ingest/clean"
	"policykb/ingest/parse"
)

// Of gives the sections of a text in the order in which they begin. A section
// reaches to the next one of its level or above; sections nest by their levels,
// which count from 1 without gaps. Every article (条) is a section of its own,
// also where the text of a statute was squeezed into one paragraph. A table of
// contents has none, and a reference (根据第五条规定) opens none.
func Of(text clean.Text) []corpus.Section {
	f := finder{text: text}
	for i := range text.Blocks {
		f.block(i)
	}
	return nest(text, withoutContents(f.openings))
}

// opening is the place where a section begins.
type opening struct {
	rank    int // the smaller, the wider the section
	class   label.Class
	number  int
	label   string
	title   string
	heading corpus.Span
	start   int // of the section, in code points: that of the heading or its mark
	page    int
}

// finder collects the openings of a text.
type finder struct {
	text     clean.Text
	openings []opening
	article  bool // the last division opened is an article, or lies in one
	comma    int  // the number of the last 一、
}

// Ranks. Headings marked as such in the source come before those found by their
// labels: level 1 is 10, level 2 is 20, and so on.
const (
	rankAnnex = 15 // under the document's title, after everything else
	rankPart  = 90 + iota*10
	rankChapter
	rankSection
	rankHanComma
	rankBracket
	rankArticle
	rankHanParen
	rankNumber
	rankDecimal
	rankNumberParen
	rankBox // 专栏 4
	rankBare
)

var ranks = map[label.Class]int{
	label.Part: rankPart, label.Chapter: rankChapter, label.Annex: rankAnnex, label.Section: rankSection,
	label.HanComma: rankHanComma, label.Article: rankArticle, label.HanParen: rankHanParen, label.Bracket: rankBracket,
	label.Number: rankNumber, label.Decimal: rankDecimal, label.NumberParen: rankNumberParen,
}

// Lengths in code points up to which a text can be a heading.
const (
	longestHeading = 40 // with a label
	longestRunIn   = 32 // followed by its text in the same paragraph
	longestBare    = 20 // without any mark
	shortestProse  = 40 // what must follow a heading without any mark
)

// block looks for openings in one block.
func (f *finder) block(i int) {
	b := &f.text.Blocks[i]
	words := f.text.String[b.From:b.To]
	switch b.Kind {
	case parse.Heading:
		f.marked(b, words)
		return
	case parse.Paragraph, parse.Item:
	default:
		return
	}
	if b.Mark > 0 {
		return // a bullet or quotation
	}
	l, ok := label.Leading(words)
	if !ok {
		if f.squeezed(b, words, 0) {
			return
		}
		if f.bare(i) {
			f.open(b, 0, len(words), label.Label{}, rankBare)
			f.article = false
		}
		return
	}
	switch l.Class {
	case label.Part, label.Chapter, label.Section:
		if b.Span.Len() <= longestHeading && !strings.Contains(words, "。") {
			f.open(b, 0, len(words), l, ranks[l.Class])
			f.article = false
			return
		}
	case label.Article:
		end := l.Len
		if title := articleTitle(words[l.Len:]); title > 0 {
			end += title
		}
		f.open(b, 0, end, l, rankArticle)
		f.article = true
		f.squeezed(b, words, l.Len)
		return
	case label.Annex:
		if b.Span.Len() <= longestHeading && !strings.ContainsAny(words, "。；") {
			rank := rankAnnex
			if !strings.HasPrefix(words, "附") && words[0] >= utf8.RuneSelf {
				rank = rankBox
			}
			f.open(b, 0, len(words), l, rank)
			f.article = false
		}
		return
	case label.Bracket:
		if l.Len == len(words) || b.Span.Len() > 2*longestHeading {
			f.open(b, 0, l.Len, l, rankBracket)
			f.article = false
		}
		return
	case label.Bullet, label.Dash, label.Circled:
		return
	}
	if f.article {
		return // items of an article
	}
	end := f.titleEnd(i, words, l)
	if end == 0 && l.Class == label.HanComma && (l.Number == 1 || l.Number > f.comma) {
		end = l.Len + firstClause(words[l.Len:])
	}
	if end > 0 {
		f.open(b, 0, end, l, ranks[l.Class])
	}
	f.squeezed(b, words, l.Len)
}

// open adds the section whose heading is words[from:to] of the block.
func (f *finder) open(b *clean.Block, from, to int, l label.Label, rank int) {
	words := f.text.String[b.From:b.To]
	start := b.Span.Start + utf8.RuneCountInString(words[:from])
	heading := strings.TrimRight(words[from:to], " ：:。")
	if len(heading) < l.Len {
		heading = words[from : from+l.Len]
	}
	o := opening{
		rank: rank, class: l.Class, number: l.Number, start: start, page: b.Page,
		label:   strings.TrimSpace(words[from : from+l.Len]),
		title:   strings.TrimLeft(heading[l.Len:], " ：:"),
		heading: corpus.Span{Start: start, End: start + utf8.RuneCountInString(heading)},
	}
	f.openings = append(f.openings, o)
	if l.Class == label.HanComma {
		f.comma = l.Number
	}
}

// marked opens the section of a heading that the source marks as one.
func (f *finder) marked(b *clean.Block, words string) {
	mark := 0
	for n := b.Mark; n > 0 && mark < len(words); n-- {
		_, size := utf8.DecodeRuneInString(words[mark:])
		mark += size
	}
	// ## **一、总体要求** is emphasis around a heading's words.
	end := len(strings.TrimRight(words, "*_ "))
	mark += len(words[mark:]) - len(strings.TrimLeft(words[mark:], "*_ "))
	if mark >= end {
		return
	}
	heading := words[mark:end]
	l, ok := label.Leading(heading)
	if !ok || l.Class == label.Bullet || l.Class == label.Dash {
		l = label.Label{}
	}
	rank := 10 * b.Level
	switch l.Class {
	case label.Chapter: // pages often mark chapters and their sections alike
		rank += 1
	case label.Section:
		rank += 2
	case label.Article:
		rank += 3
	}
	f.open(b, mark, end, l, rank)
	last := &f.openings[len(f.openings)-1]
	last.start = b.Span.Start
	f.article = l.Class == label.Article
}

// articleTitle gives the length of an article's title after its label: a line of a
// few words without a stop, or words in brackets: 第五条 【适用范围】.
func articleTitle(rest string) int {
	body := strings.TrimLeft(rest, " ")
	if l, ok := label.Leading(body); ok && l.Class == label.Bracket {
		return len(rest) - len(body) + l.Len
	}
	if body == "" || utf8.RuneCountInString(body) > longestBare || strings.ContainsAny(body, "。，；：、.,;:") {
		return 0
	}
	return len(rest)
}

// titleEnd gives the byte at which the heading of a labelled paragraph ends, 0
// where the paragraph is a list item and no heading.
func (f *finder) titleEnd(i int, words string, l label.Label) int {
	b := &f.text.Blocks[i]
	body := words[l.Len:]
	if strings.TrimSpace(body) == "" {
		return 0
	}
	if f.listed(i, l) {
		return 0
	}
	last, _ := utf8.DecodeLastRuneInString(words)
	if b.Span.Len() <= longestHeading {
		switch last {
		case '；', ';', '，', ',':
			return 0
		case '。', '.', '！', '？':
			// （一）指导思想。 is a heading where text follows that bears no such label.
			if strings.Contains(body[:len(body)-len("。")], "。") {
				return f.runIn(words, l)
			}
			if strings.ContainsAny(body, "，；") || !f.proseFollows(i) {
				return 0
			}
		case '：', ':':
		default:
			if strings.Contains(body, "。") {
				return f.runIn(words, l)
			}
			if !f.textFollows(i, l.Class) {
				return 0
			}
		}
		return len(words)
	}
	return f.runIn(words, l)
}

// runIn gives the end of a heading that its text follows in the same paragraph:
// （四）强化企业主体责任。企业应…
func (f *finder) runIn(words string, l label.Label) int {
	stop := strings.IndexAny(words[l.Len:], "。：；")
	if stop <= 0 {
		return 0
	}
	title := words[l.Len : l.Len+stop]
	rest := words[l.Len+stop:]
	mark, size := utf8.DecodeRuneInString(rest)
	if mark != '。' || utf8.RuneCountInString(title) > longestRunIn || strings.Count(title, "，") > 1 || utf8.RuneCountInString(rest[size:]) < 10 {
		return 0
	}
	return l.Len + stop
}

// listed reports whether the block before bears the number before: two items of a
// list stand together, two headings have text between them. A heading of 一、 may
// do without.
func (f *finder) listed(i int, l label.Label) bool {
	if i == 0 || l.Class == label.HanComma {
		return false
	}
	before, ok := label.Leading(f.text.Of(f.text.Blocks[i-1]))
	return ok && before.Class == l.Class && before.Number == l.Number-1 && f.text.Blocks[i-1].Span.Len() <= longestHeading
}

// proseFollows reports whether the next block is running text without a label.
func (f *finder) proseFollows(i int) bool {
	if i+1 >= len(f.text.Blocks) {
		return false
	}
	next := &f.text.Blocks[i+1]
	_, labelled := label.Leading(f.text.Of(*next))
	return next.Kind == parse.Paragraph && !labelled
}

// firstClause gives the length of a text up to its first comma or stop, where that
// is as short as a heading.
func firstClause(body string) int {
	stop := strings.IndexAny(body, "，。；：")
	if n := utf8.RuneCountInString(body[:max(stop, 0)]); n < 4 || n > longestHeading {
		return 0
	}
	return stop
}

// textFollows reports whether the next block is anything but the next item of the
// same list.
func (f *finder) textFollows(i int, class label.Class) bool {
	if i+1 >= len(f.text.Blocks) {
		return false
	}
	next := &f.text.Blocks[i+1]
	l, labelled := label.Leading(f.text.Of(*next))
	return next.Kind != parse.Contents && (!labelled || l.Class != class)
}

// bare reports whether a block is a heading without any mark: a short line of
// words, no stop in it, between paragraphs.
func (f *finder) bare(i int) bool {
	b := &f.text.Blocks[i]
	if i == 0 || i+1 >= len(f.text.Blocks) || b.Kind != parse.Paragraph {
		return false
	}
	length := b.Span.Len()
	words := f.text.Of(*b)
	latin := words[0] < utf8.RuneSelf
	if !latin && length > longestBare || latin && length > 3*longestBare || length < 2 {
		return false
	}
	next := &f.text.Blocks[i+1]
	if next.Kind != parse.Paragraph || next.Span.Len() < shortestProse || !strings.ContainsAny(f.text.Of(*next), "。，,.") {
		return false
	}
	if strings.ContainsAny(words, "。，；：、！？,;:!?*|/@（）()[]{}《》…=<>0123456789") {
		return false
	}
	if latin {
		return titleCase(words)
	}
	r, _ := utf8.DecodeRuneInString(words)
	return unicode.Is(unicode.Han, r)
}

// titleCase reports whether an English line is written as a heading: it begins
// with a capital letter, ends with a letter and has eight words at most.
func titleCase(words string) bool {
	last := words[len(words)-1]
	return unicode.IsUpper(rune(words[0])) && (last >= 'a' && last <= 'z' || last >= 'A' && last <= 'Z') && strings.Count(words, " ") < 8
}

// withoutContents drops the openings of a table of contents: those that hold no
// text and come again further down with the same label and title.
func withoutContents(openings []opening) []opening {
	type name struct {
		class  label.Class
		number int
		title  string
	}
	last := make(map[name]int, len(openings))
	for i, o := range openings {
		if o.class != label.None {
			last[name{o.class, o.number, bareTitle(o.title)}] = i
		}
	}
	listed := make([]bool, len(openings))
	for i := len(openings) - 2; i >= 0; i-- {
		o, next := openings[i], openings[i+1]
		listed[i] = o.class != label.None && o.class != label.Article &&
			next.start-o.heading.End <= 4 && (next.rank <= o.rank || listed[i+1]) &&
			last[name{o.class, o.number, bareTitle(o.title)}] > i
	}
	kept := openings[:0]
	for i, o := range openings {
		if !listed[i] {
			kept = append(kept, o)
		}
	}
	return kept
}

// bareTitle is a title without the spaces and marks in which copies differ.
func bareTitle(title string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsPunct(r) {
			return -1
		}
		return r
	}, title)
}

// nest gives the openings their levels and ends.
func nest(text clean.Text, openings []opening) []corpus.Section {
	if len(openings) == 0 {
		return nil
	}
	sections := make([]corpus.Section, len(openings))
	var stack []int
	end := func(at int) {
		sections[stack[len(stack)-1]].Body.End = at
		stack = stack[:len(stack)-1]
	}
	for i, o := range openings {
		at := bodyEnd(text, o.start)
		for len(stack) > 0 && openings[stack[len(stack)-1]].rank >= o.rank {
			end(at)
		}
		sections[i] = corpus.Section{
			Level: len(stack) + 1, Label: o.label, Title: o.title, Heading: o.heading,
			Body: corpus.Span{Start: o.start}, Page: o.page,
		}
		stack = append(stack, i)
	}
	for len(stack) > 0 {
		end(text.Length)
	}
	return sections
}

// bodyEnd gives the end of what stands before the code point at: the line ends
// between two blocks belong to neither.
func bodyEnd(text clean.Text, at int) int {
	lo, hi := 0, len(text.Blocks)
	for lo < hi {
		mid := (lo + hi) / 2
		if text.Blocks[mid].Span.Start < at {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == 0 {
		return at
	}
	return min(at, text.Blocks[lo-1].Span.End)
}
