package metadata

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"policykb/corpus"
)

// detectNumber looks for the document number (发文字号): under its label, or at the
// head of the text, between the title and the first sentence. A number within a
// sentence is another document's.
func (d *detector) detectNumber() {
	for _, l := range d.labelled(docNumber) {
		value := strings.ReplaceAll(l.value(), " ", "")
		if !strings.ContainsFunc(value, unicode.IsDigit) {
			continue // a dash or stroke: there is none
		}
		d.setText(docNumber, &d.found.DocNumber, value, inText(l.span()))
	}
	if d.has(docNumber) {
		return
	}
	h := d.head
	for _, n := range d.numbers() {
		from, to := h.bytes[n.Span.Start], h.bytes[n.Span.End]
		if from > d.front || !d.standsAlone(from, to) {
			continue
		}
		value := strings.ReplaceAll(n.Text, " ", "")
		span := n.Span
		// An order that several offices gave is known by the first one's number.
		if order := strings.Index(h.folded[from:to], "令第"); order >= 0 {
			if o, ok := d.orgsBefore(max(0, from-3*60), from+order); ok && !strings.Contains(joinNames(o.names), "、") {
				span = h.span(o.from, to)
				value = joinNames(o.names) + strings.ReplaceAll(h.text(from+order, to), " ", "")
			} else {
				span = h.span(from+order, to)
				value = strings.ReplaceAll(h.text(from+order, to), " ", "")
			}
		}
		d.setText(docNumber, &d.found.DocNumber, value, inText(span))
		return
	}
}

// numbers returns the document numbers in the head, read once.
func (d *detector) numbers() []corpus.DocNumber {
	if d.docNumbers == nil {
		d.docNumbers = append([]corpus.DocNumber{}, corpus.DocNumbers(string(d.head.runes))...)
	}
	return d.docNumbers
}

// standsAlone reports whether what stands between two places of the head is on a
// line of its own or follows a title, an office or a bracket's end, and is not
// quoted by a sentence.
func (d *detector) standsAlone(from, to int) bool {
	h := d.head
	line := strings.LastIndexByte(h.folded[:from], '\n') + 1
	before := strings.TrimSpace(h.folded[line:from])
	after := h.folded[to:]
	if c, _ := utf8.DecodeRuneInString(after); strings.ContainsRune(")》、,", c) && c != utf8.RuneError {
		return false
	}
	if before == "" || endsTitle(before) || isOrgs(before) {
		return true
	}
	if strings.ContainsAny(before, "。") {
		return false
	}
	// The offices that give an order run into its number.
	return strings.Contains(h.folded[from:to], "令") && from < 3*300
}
