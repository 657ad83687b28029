package clean

import (
	"slices"
	"strings"
	"unicode/utf8"

	"policykb/corpus/label"
	"policykb/ingest/parse"
)

// captions finds the words of pictures that stand in the middle of a sentence, and
// puts them after the paragraph they interrupt.
func (j *joiner) captions(paragraphs []paragraph) []paragraph {
	kept := make([]paragraph, 0, len(paragraphs))
	for i := 0; i < len(paragraphs); i++ {
		p := paragraphs[i]
		if i+2 < len(paragraphs) && j.interrupts(&p, &paragraphs[i+1], &paragraphs[i+2]) {
			caption, whole := paragraphs[i+1], p
			whole.pieces = slices.Clone(p.pieces)
			whole.append(paragraphs[i+2])
			if !goesOn(&whole, &caption) {
				caption.kind = parse.Caption
				j.moved++
				kept = append(kept, whole, caption)
				i += 2
				continue
			}
		}
		kept = append(kept, p)
	}
	return kept
}

// interrupts reports whether caption stands between two halves of a sentence. It
// is one short line, set off, while the text before it breaks off; and either the
// document has the two halves of the broken word side by side elsewhere, or the
// line stands further off than paragraphs do.
func (j *joiner) interrupts(p, caption, rest *paragraph) bool {
	if !flows(p.kind) || !flows(caption.kind) && caption.kind != parse.Caption || !flows(rest.kind) {
		return false
	}
	if p.columns < 30 || !p.prose || ending(p.tail) == endSentence || caption.columns > 80 ||
		rest.opens || startsAnew(rest.head) || strings.ContainsAny(caption.head, "，,") || divided(p.head) {
		return false
	}
	numbered := numberedFigure(caption.head)
	if caption.opens && !numbered {
		return false
	}
	if startsInside(rest.head) || ending(p.tail) == endOpen {
		return !startsInside(caption.head)
	}
	if j.beside(p.tail, caption.head) {
		return false
	}
	return j.beside(p.tail, rest.head) || numbered || caption.blank > rest.blank && caption.blank > 1
}

// numberedFigure reports whether a line is headed as a figure or table is: 图1, 表 2.
func numberedFigure(text string) bool {
	r, size := utf8.DecodeRuneInString(text)
	if r != '图' && r != '表' && r != '圖' {
		return false
	}
	rest := strings.TrimLeft(text[size:], " ")
	return rest != "" && rest[0] >= '0' && rest[0] <= '9'
}

// marginLabels puts labels back to where their text begins. Cards with a column of
// labels beside the text come out of recognition with each label at half the
// height of its text, often in the middle of a sentence:
//
//	2．申报项目应未获得其他资金支持，可不受
//	【条件要求】
//	上述限制，报市政府审议后执行。
//
// The label belongs before the list it stands in, which begins with number 1.
func (j *joiner) marginLabels(paragraphs []paragraph) []paragraph {
	if !j.labelsInMargin(paragraphs) {
		return paragraphs
	}
	kept := make([]paragraph, 0, len(paragraphs)+8)
	since := 0 // index in kept after the label before
	for i := 0; i < len(paragraphs); i++ {
		p := paragraphs[i]
		size := bracketLabel(p.head)
		if size == 0 {
			kept = append(kept, p)
			continue
		}
		first := p.pieces[0]
		alone := first.to == first.from+size && len(p.pieces) == 1
		between := alone && i+1 < len(paragraphs) && !paragraphs[i+1].opens
		inside := (between || !alone) && len(kept) > max(since, 1) && breaksOff(&kept[len(kept)-1], between)
		head := since
		if head == 0 {
			head = min(1, len(kept)) // the number of a title begins no list
		}
		list := lastListStart(kept[head:])
		if list == 0 && since > 0 && isBracketLabel(kept[since-1].tail) {
			list = -1 // the list of the label before
		}
		inPlace := alone && i+1 < len(paragraphs) && lastListStart(paragraphs[i+1:i+2]) == 0
		if inPlace || !inside && (!alone || list < 0) {
			kept = append(kept, p)
			since = len(kept)
			continue
		}
		j.moved++
		mark := j.paragraph(first.line, first.from)
		mark.pieces[0].to = first.from + size
		mark.head = mark.head[:size]
		mark.tail = mark.head
		if inside {
			last := &kept[len(kept)-1]
			if !alone {
				from := first.from + size
				from += len(j.lines[first.line].text[from:]) - len(strings.TrimLeft(j.lines[first.line].text[from:], " "))
				rest := j.paragraph(first.line, from)
				rest.pieces = append(rest.pieces, p.pieces[1:]...)
				rest.tail = p.tail
				last.append(rest)
			} else if i+1 < len(paragraphs) && flows(paragraphs[i+1].kind) && !paragraphs[i+1].opens {
				i++
				last.append(paragraphs[i])
			}
		}
		at := len(kept)
		if inside {
			at--
		}
		if list >= 0 {
			at = head + list
		}
		kept = append(kept[:at], append([]paragraph{mark}, kept[at:]...)...)
		since = len(kept)
	}
	return kept
}

// labelsInMargin reports whether a label breaks a sentence somewhere.
func (j *joiner) labelsInMargin(paragraphs []paragraph) bool {
	for i := 2; i < len(paragraphs); i++ {
		p := &paragraphs[i]
		size := bracketLabel(p.head)
		alone := size == len(p.tail) && len(p.pieces) == 1
		between := alone && i+1 < len(paragraphs) && !paragraphs[i+1].opens
		if size > 0 && (between || !alone) && breaksOff(&paragraphs[i-1], between) && !strings.HasSuffix(paragraphs[i-1].tail, "：") {
			return true
		}
	}
	return false
}

// breaksOff reports whether a paragraph before a label is broken by it: it is
// prose, or in the middle of a name, and ends on a word. Where the label stands
// alone between two lines without labels, a list item or a colon breaks off too.
func breaksOff(p *paragraph, between bool) bool {
	if !flows(p.kind) || bracketLabel(p.head) > 0 || p.columns < 40 {
		return false
	}
	if between && strings.HasSuffix(p.tail, "：") {
		return true
	}
	return ending(p.tail) != endSentence && (p.prose || between && p.opens || unclosed(p.tail))
}

// unclosed reports whether a bracket is open at the end of the text.
func unclosed(text string) bool {
	return strings.Count(text, "《") > strings.Count(text, "》") || strings.Count(text, "（") > strings.Count(text, "）")
}

// lastListStart gives the index of the last paragraph that begins a list anew,
// with number 1; -1 where none does.
func lastListStart(paragraphs []paragraph) int {
	for i := len(paragraphs) - 1; i >= 0; i-- {
		if l, ok := label.Leading(paragraphs[i].head); ok && l.Class == label.Number && l.Number == 1 {
			return i
		}
	}
	return -1
}

// isBracketLabel reports whether the text is a label like 【条件要求】 and no more.
func isBracketLabel(text string) bool { return text != "" && bracketLabel(text) == len(text) }

// bracketLabel gives the size in bytes of a label like 【条件要求】 that opens the
// text, or 0.
func bracketLabel(text string) int {
	if l, ok := label.Leading(text); ok && l.Class == label.Bracket {
		return l.Len
	}
	return 0
}
