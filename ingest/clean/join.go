package clean

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"policykb/corpus"
	"policykb/corpus/label"
	"policykb/ingest/parse"
)

// paragraph is a block of the canonical text in the making: the lines it is
// joined from.
type paragraph struct {
	kind   parse.Kind
	pieces []piece
	tight  bool // follows the one before without an empty line: rows, items
	apart  bool // furniture or a page's edge stands before it
	blank  int  // empty lines before it

	head, tail string // the first piece and the last
	columns    int    // of all pieces
	prose      bool   // a stop or comma stands in it: no heading, no signature
	opens      bool   // as line.opens
}

// piece is a line, or a part of it, with what goes between it and the one before.
type piece struct {
	line     int // index into the lines
	from, to int // the part, in bytes of the line's text
	before   string
}

// joiner decides which lines make up a paragraph.
type joiner struct {
	lines  []line
	slab   []piece // a piece for each line
	breaks int     // the width at which the lines of the document break, 0 where there is none

	words   string           // all lines, each on its own; see everything
	triples map[[3]rune]bool // see beside
	moved   int              // labels and captions put elsewhere
}

// mostMoved bounds how often labels and captions are moved, whatever the text.
const mostMoved = 1000

// paragraph makes one of part of a line.
func (j *joiner) paragraph(i, from int) paragraph {
	l := &j.lines[i]
	p := paragraph{kind: l.kind, blank: l.blank, opens: l.opens}
	if from == 0 {
		p.pieces = j.slab[i : i+1 : i+1]
	} else {
		p.pieces = make([]piece, 1)
	}
	p.pieces[0] = piece{line: i, from: from, to: len(l.text)}
	p.head = l.text[from:]
	p.tail = p.head
	p.columns = columns(p.head, l.count)
	if from > 0 {
		p.columns = width(p.head)
	}
	p.prose = hasStop(p.head)
	return p
}

// append joins another paragraph to this one.
func (p *paragraph) append(q paragraph) {
	before, drop := seam(p.tail, q.head)
	if drop {
		p.pieces[len(p.pieces)-1].to--
		p.columns--
	}
	at := len(p.pieces)
	p.pieces = append(p.pieces, q.pieces...)
	p.pieces[at].before = before
	p.tail = q.tail
	p.columns += q.columns + len(before)
	p.prose = p.prose || q.prose
}

// seam gives what goes between two lines that are joined, and whether the hyphen
// at the end of the first one only marked the break.
func seam(before, after string) (between string, dropHyphen bool) {
	last, _ := utf8.DecodeLastRuneInString(before)
	first, _ := utf8.DecodeRuneInString(after)
	if wholeLabel(before) {
		return " ", false
	}
	if last == '-' && len(before) > 1 && isLatin(rune(before[len(before)-2])) && unicode.IsLower(first) {
		return "", true
	}
	if last < utf8.RuneSelf && first < utf8.RuneSelf && last != '-' && last != '/' || isLatin(last) && isLatin(first) {
		return " ", false
	}
	if isQuote(last) && isLatin(first) || isLatin(last) && isQuote(first) {
		return " ", false
	}
	return "", false
}

// adjoining gathers lines that follow one another directly.
func (j *joiner) adjoining() []paragraph {
	paragraphs := make([]paragraph, 0, len(j.lines))
	apart := false
	for i := range j.lines {
		l := &j.lines[i]
		if l.furniture {
			apart = true
			continue
		}
		next := j.paragraph(i, 0)
		if n := len(paragraphs); n > 0 {
			p := &paragraphs[n-1]
			close := l.blank == 0 && !apart
			if close && flows(l.kind) && (flows(p.kind) || p.kind == parse.Item) && j.follows(p, &next, l) {
				p.append(next)
				continue
			}
			next.tight = close && l.kind == p.kind && (l.kind == parse.Row || l.kind == parse.Item || l.kind == parse.Verbatim)
		}
		next.apart = apart
		apart = false
		paragraphs = append(paragraphs, next)
	}
	return paragraphs
}

// follows reports whether a line goes on with the paragraph whose last line stands
// directly before it.
func (j *joiner) follows(p, next *paragraph, l *line) bool {
	if l.opens || l.indented {
		return false
	}
	if wholeLabel(p.tail) && p.head == p.tail {
		return true
	}
	if p.kind != parse.Item && divided(p.head) {
		return false // a chapter's title
	}
	switch ending(p.tail) {
	case endOpen:
		return true
	case endSentence:
		// English goes on after a full stop in a line that is full.
		last := p.tail[len(p.tail)-1]
		return j.breaks > 0 && width(p.tail)*10 >= j.breaks*8 && strings.IndexByte(".?!;", last) >= 0 && isLatin(rune(next.head[0]))
	}
	if startsInside(next.head) {
		return true
	}
	if p.opens && !p.prose && bracketLabel(p.head) > 0 {
		return false // a field of a form: 【发布日期】2023-10-11
	}
	if j.breaks > 0 && width(p.tail) >= 24 && width(p.tail)*10 >= j.breaks*7 {
		return true
	}
	return p.columns >= longLine && p.prose || goesOn(p, next) || j.titleGoesOn(p, next)
}

// overGaps joins paragraphs whose sentence goes on after an empty line or a page's
// edge, until none is left.
func (j *joiner) overGaps(paragraphs []paragraph) []paragraph {
	for {
		kept := paragraphs[:0:len(paragraphs)]
		for _, next := range paragraphs {
			if n := len(kept); n > 0 && flows(kept[n-1].kind) && flows(next.kind) && !next.opens && goesOn(&kept[n-1], &next) {
				kept[n-1].append(next)
				continue
			}
			kept = append(kept, next)
		}
		if len(kept) == len(paragraphs) {
			return kept
		}
		paragraphs = kept
	}
}

// longLine is the width in columns from which a line that ends without a stop is
// taken to be broken off; titles and signatures are shorter.
const longLine = 60

// goesOn reports whether a paragraph that ends in the middle of a sentence goes on
// in the next, whatever stands between them.
func goesOn(p, next *paragraph) bool {
	if p.opens && divided(p.head) || len(p.pieces) == 1 && wholeLabel(p.head) {
		return false
	}
	end := ending(p.tail)
	if end == endSentence {
		return false
	}
	if end == endOpen || startsInside(next.head) {
		return p.columns >= 16
	}
	last, _ := utf8.DecodeLastRuneInString(p.tail)
	first, _ := utf8.DecodeRuneInString(next.head)
	if unicode.IsLower(first) && first < utf8.RuneSelf {
		return isLatin(last) && p.columns >= longLine
	}
	return p.columns >= longLine && p.prose && (isHan(last) || isLatin(last) && isHan(first)) && !startsAnew(next.head) && continues(next)
}

// continues reports whether the paragraph may be the rest of a sentence: it has a
// stop, or is long. Signatures and dates are neither.
func continues(p *paragraph) bool { return p.prose || p.columns >= longLine }

// titleGoesOn reports whether two short lines at the head of the document are one
// title: its words stand side by side further down, twice at least.
func (j *joiner) titleGoesOn(p, next *paragraph) bool {
	if p.pieces[0].line >= 4 || p.prose || next.prose || p.columns > 2*longLine || next.opens {
		return false
	}
	words := lastRunes(p.tail, 3) + firstRunes(next.head, 3)
	return utf8.RuneCountInString(words) == 6 && strings.Count(j.everything(), words) >= 2
}

// everything gives all lines as one string, each on its own.
func (j *joiner) everything() string {
	if j.words == "" {
		var b strings.Builder
		for i := range j.lines {
			b.WriteString(j.lines[i].text)
			b.WriteByte('\n')
		}
		j.words = b.String()
	}
	return j.words
}

// beside reports whether the end of one text and the start of another stand side
// by side elsewhere in the document: 垂 and 直大 where it speaks of 垂直大模型.
func (j *joiner) beside(before, after string) bool {
	if j.triples == nil {
		j.triples = triplesOf(j.everything())
	}
	end, start := []rune(lastRunes(before, 2)), []rune(firstRunes(after, 2))
	if len(end) < 2 || len(start) < 2 {
		return false
	}
	return j.triples[[3]rune{end[1], start[0], start[1]}] || j.triples[[3]rune{end[0], end[1], start[0]}]
}

// triplesOf gives every three characters that stand side by side in one line.
func triplesOf(text string) map[[3]rune]bool {
	triples := make(map[[3]rune]bool, len(text)/6)
	var last [3]rune
	n := 0
	for _, r := range text {
		last = [3]rune{last[1], last[2], r}
		if n++; r == '\n' {
			n = 0
		}
		if n >= 3 {
			triples[last] = true
		}
	}
	return triples
}

// lineWidth gives the width in columns at which the lines of the document were
// broken, 0 where they were not. They were where a good part of them ends inside a
// sentence and has another directly after it: more than headings, signatures and
// single breaks at the edges of pages would be; and hardly any is longer.
func lineWidth(lines []line) int {
	var widths, all []int
	for i := 0; i+1 < len(lines); i++ {
		l, next := &lines[i], &lines[i+1]
		if l.kind != parse.Line || l.furniture {
			continue
		}
		all = append(all, columns(l.text, l.count))
		if next.kind == parse.Line && next.blank == 0 && !next.opens && ending(l.text) != endSentence && !wholeLabel(l.text) {
			widths = append(widths, columns(l.text, l.count))
		}
	}
	if len(widths) < 4 || len(widths)*10 < len(all)*3 {
		return 0
	}
	slices.Sort(widths)
	slices.Sort(all)
	width := widths[len(widths)*9/10]
	if longest := all[len(all)*9/10]; width > 160 || longest > width*13/10 {
		return 0 // paragraphs, not lines
	}
	return width
}

// end says how a line ends.
type end int

const (
	endWord     end = iota // on a word: whether the sentence is whole is not to be seen
	endSentence            // after a stop or colon: the sentence is whole
	endOpen                // after a comma or an opening bracket: it goes on
)

// ending tells how a line ends.
func ending(text string) end {
	if text == "" {
		return endSentence
	}
	r, size := utf8.DecodeLastRuneInString(text)
	switch r {
	case '。', '！', '？', '；', '：', '…', '.', '!', '?', ';', ':', '|', '*', '`', '>':
		return endSentence
	case '，', '、', ',', '（', '《', '“', '「', '〔', '【', '(', '[':
		return endOpen
	case '”', '’', '）', '」', '』', '"', '\'', ')':
		// What counts is what stands before the closing mark: “……。” or （试行）.
		inner, _ := utf8.DecodeLastRuneInString(text[:len(text)-size])
		switch inner {
		case '。', '！', '？', '；', '…', '.', '!', '?':
			return endSentence
		}
		return endWord
	}
	return endWord
}

// startsInside reports whether a line cannot begin a sentence: it begins with a
// comma, a stop or a closing bracket.
func startsInside(text string) bool {
	r, size := utf8.DecodeRuneInString(text)
	switch r {
	case '，', '。', '、', '；', '：', '！', '？', '）', '》', '〕', '”', '」', '』', '】', '％':
		return true
	case ',', ';', ':', ')', '%':
		return true
	case '.', '!', '?':
		return size == len(text) || text[size] == ' '
	}
	return false
}

// startsAnew reports whether a text begins with a word that opens a sentence, so
// that an empty line before it is the end of a paragraph whose stop was lost.
func startsAnew(text string) bool {
	for _, word := range []string{"而", "但", "然而", "不过", "同时", "此外", "另外", "因此", "所以", "目前", "当前", "如今", "未来", "其中"} {
		if strings.HasPrefix(text, word) {
			return true
		}
	}
	return false
}

// divided reports whether the line opens an 编, 章 or 节, whose title stands alone.
func divided(text string) bool {
	l, ok := label.Leading(text)
	return ok && (l.Class == label.Part || l.Class == label.Chapter || l.Class == label.Section) && l.Len < len(text)
}

// wholeLabel reports whether the text is the label of a division and no more:
// 第五条, whose text begins on the next line.
func wholeLabel(text string) bool {
	if len(text) > 40 {
		return false
	}
	l, ok := label.Leading(text)
	return ok && l.Class.Division() && l.Len == len(text)
}

// flows reports whether the kind is running text, whose lines may be joined.
func flows(k parse.Kind) bool { return k == parse.Line || k == parse.Paragraph }

// hasStop reports whether a stop stands in the text. It looks at bytes, as it is
// asked of every line.
func hasStop(text string) bool {
	for i := range len(text) {
		switch text[i] {
		case ',', ';', '!', '?':
			return true
		case 0x80: // 。 is E3 80 82
			if i > 0 && i+1 < len(text) && text[i-1] == 0xE3 && text[i+1] == 0x82 {
				return true
			}
		case 0xBC: // ！ ， ； ？ are EF BC 81, 8C, 9B, 9F
			if i > 0 && i+1 < len(text) && text[i-1] == 0xEF {
				switch text[i+1] {
				case 0x81, 0x8C, 0x9B, 0x9F:
					return true
				}
			}
		}
	}
	return false
}

func isLatin(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r >= 0xC0 && r < 0x250
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

func lastRunes(s string, n int) string {
	at := len(s)
	for ; n > 0 && at > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(s[:at])
		at -= size
	}
	return s[at:]
}

// width is the width in columns of a text where a Han character takes two.
func width(s string) int { return columns(s, corpus.CodePoints(s)) }

// columns is the width of a text of n code points.
func columns(s string, n int) int { return n + (len(s)-n)/2 }
