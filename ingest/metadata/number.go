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
	if from, to, ok := d.order(); ok {
		value := strings.Join(strings.Fields(h.text(from, to)), "")
		// An order that several offices gave is known by its number alone.
		if o, ok := d.orgsOfOrder(from); ok && !strings.Contains(joinNames(o.names), "、") {
			from, value = o.from, joinNames(o.names)+value
		}
		d.setText(docNumber, &d.found.DocNumber, value, inText(h.span(from, to)))
		return
	}
	for _, n := range d.numbers() {
		if from := h.bytes[n.Span.Start]; from <= d.front && d.standsAlone(from, h.bytes[n.Span.End]) {
			d.setText(docNumber, &d.found.DocNumber, strings.ReplaceAll(n.Text, " ", ""), inText(n.Span))
			return
		}
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
	return before == "" || endsTitle(before) || isOrgs(before)
}
