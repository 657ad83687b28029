package outline

import (
	"strings"
	"unicode/utf8"

	"policykb/corpus/label"
	"policykb/ingest/clean"
)

// squeezed looks for divisions inside a paragraph from byte from on, and opens
// them. Statutes and plans often come as one paragraph: …第一章总则第一条为了促进…
//
// A mark inside a paragraph opens a division only where a sentence or a title ends
// before it and where its number follows that of the one before; a division that
// is spoken of (违反本法第三十一条规定) meets neither. It reports whether any was found.
func (f *finder) squeezed(b *clean.Block, words string, from int) bool {
	if b.Span.Len() < 2*shortestProse {
		return false
	}
	marks := inlineMarks(words, from, f.comma)
	if len(marks) == 0 {
		return false
	}
	found := false
	for k, m := range marks {
		next := len(words)
		if k+1 < len(marks) {
			next = marks[k+1].at
		}
		end := inlineTitle(words, m, next)
		f.open(b, m.at, end, m.label, ranks[m.label.Class])
		if m.label.Class != label.HanParen {
			f.article = m.label.Class == label.Article
		}
		found = true
	}
	return found
}

// inlineMark is a division's label inside a paragraph.
type inlineMark struct {
	at    int // byte of the paragraph
	label label.Label
}

// inlineMarks finds the labels that open divisions, in order. comma is the number
// of the last 一、 before the paragraph.
func inlineMarks(words string, from, comma int) []inlineMark {
	var marks []inlineMark
	last := map[label.Class]int{}
	if comma > 0 {
		last[label.HanComma] = comma
	}
	if l, ok := label.Leading(words); ok && from > 0 {
		last[l.Class] = l.Number
	}
	for at := from; at < len(words); {
		start, next := nextCandidate(words, at)
		if start < 0 {
			break
		}
		at = start
		l, ok := label.Leading(words[at:])
		if !ok || at == 0 && from == 0 && l.Class == label.HanParen {
			at = next
			continue
		}
		if opensInline(words, at, l, last, marks) {
			marks = append(marks, inlineMark{at, l})
			last[l.Class] = l.Number
			switch l.Class {
			case label.Part:
				last[label.Chapter] = 0
			case label.Chapter:
				last[label.Section] = 0
			case label.HanComma:
				last[label.HanParen] = 0
			}
		}
		at += l.Len
	}
	return sequences(marks, from > 0, comma > 0)
}

// nextCandidate finds the next place from at on where a label may stand: 第, （, or
// the number before a 、. next is where to go on when it is none; start is -1 where
// there is no more. Bytes are compared, as this is done for all text.
func nextCandidate(words string, at int) (start, next int) {
	for i := at; i+2 < len(words); i++ {
		switch words[i] {
		case 0xE7:
			if words[i+1] == 0xAC && words[i+2] == 0xAC { // 第
				return i, i + 3
			}
		case 0xEF:
			if words[i+1] == 0xBC && words[i+2] == 0x88 { // （
				return i, i + 3
			}
		case 0xE3:
			if words[i+1] != 0x80 || words[i+2] != 0x81 { // 、
				continue
			}
			number := i
			for number > at {
				r, size := utf8.DecodeLastRuneInString(words[at:number])
				if !label.HanNumeral(r) {
					break
				}
				number -= size
			}
			if number < i {
				return number, i + 3
			}
		}
	}
	return -1, len(words)
}

// opensInline reports whether the label at a byte can open a division.
func opensInline(words string, at int, l label.Label, last map[label.Class]int, marks []inlineMark) bool {
	previous, known := last[l.Class]
	follows := l.Number == previous+1 || !known && l.Number == 1
	if l.Class == label.Article && !known {
		follows = true // an excerpt may begin anywhere; sequences decides
	}
	if !follows {
		return false
	}
	before, size := utf8.DecodeLastRuneInString(words[:at])
	stop := at == 0 || isStop(before)
	// A title has no stop at its end: 第一章总则第一条…
	afterTitle := false
	if n := len(marks); n > 0 && marks[n-1].label.Class < l.Class {
		title := words[marks[n-1].at+marks[n-1].label.Len : at]
		afterTitle = utf8.RuneCountInString(title) <= longestRunIn && !strings.ContainsAny(title, "。；")
	}
	switch l.Class {
	case label.Part, label.Chapter, label.Section, label.Article:
		// The first follows the statute's own title or a signature.
		closed := before == '”' || before == '）' || before == '》' || before == ' '
		return stop || closed || afterTitle || l.Number == 1 && size > 0
	case label.HanComma:
		return stop
	case label.HanParen:
		return (before == '。' || afterTitle) && runInTitle(words[at+l.Len:]) > 0
	}
	return false
}

func isStop(r rune) bool {
	switch r {
	case '。', '；', '：', '！', '？':
		return true
	}
	return false
}

// sequences keeps the marks of classes that show a sequence: two at least, of
// 第一条 and 第二条, or one that goes on with the label that opens the paragraph, or
// with a 一、 before it.
func sequences(marks []inlineMark, goesOn, counted bool) []inlineMark {
	count := map[label.Class]int{}
	for _, m := range marks {
		count[m.label.Class]++
	}
	kept := marks[:0]
	for _, m := range marks {
		statute := m.label.Class.Division() && (count[label.Article] >= 2 || goesOn && count[label.Article] >= 1)
		plan := (m.label.Class == label.HanComma && (count[label.HanComma] >= 2 || counted && m.label.Number > 1) ||
			m.label.Class == label.HanParen && count[label.HanParen] >= 2) && count[label.Article] < 2
		if statute || plan {
			kept = append(kept, m)
		}
	}
	return kept
}

// inlineTitle gives the byte at which the title after an inline label ends.
func inlineTitle(words string, m inlineMark, next int) int {
	start := m.at + m.label.Len
	switch m.label.Class {
	case label.Article:
		return start
	case label.HanParen:
		return start + runInTitle(words[start:])
	}
	// The title of a chapter reaches to the next label, where that is near.
	if utf8.RuneCountInString(words[start:next]) <= longestRunIn && !strings.ContainsAny(words[start:next], "。；") {
		return next
	}
	if n := runInTitle(words[start:]); n > 0 {
		return start + n
	}
	if m.label.Class == label.HanComma {
		return start + firstClause(words[start:])
	}
	return start
}

// runInTitle gives the length of a title that ends with a full stop, 0 where none
// stands.
func runInTitle(rest string) int {
	stop := strings.IndexAny(rest, "。；：")
	if stop <= 0 || !strings.HasPrefix(rest[stop:], "。") || utf8.RuneCountInString(rest[:stop]) > longestRunIn || strings.Count(rest[:stop], "，") > 1 {
		return 0
	}
	return stop
}
