package metadata

import (
	"strings"
	"unicode/utf8"

	"policykb/corpus"
)

// detectIssuer looks for who issued the document: under its label; in the line
// that says which congress passed it; before an order's number; in the title's
// line; in a line of its own under the title; in the signature.
func (d *detector) detectIssuer() {
	if d.has(issuer) {
		return
	}
	for _, l := range d.labelled(issuer) {
		value := joinOrgs(l.value())
		d.setText(issuer, &d.found.Issuer, value, inText(l.span()))
		return
	}
	for _, find := range []func() (org, bool){
		d.issuerOfOrder, d.issuerInTitle, d.issuerBySignature,
	} {
		if name, span, ok := d.passedBy(); ok {
			d.setText(issuer, &d.found.Issuer, name, inText(span))
			return
		}
		if o, ok := find(); ok {
			d.setText(issuer, &d.found.Issuer, joinNames(o.names), inText(d.head.span(o.from, o.to)))
			return
		}
	}
	if o, ok := d.signatureInTail(); ok {
		d.setText(issuer, &d.found.Issuer, joinNames([]string{o.value}), inText(o.span))
	}
}

// passing is the line of a statute that says which congress did what with it, and
// when: 2021年9月30日 山东省第十三届人民代表大会常务委员会第三十次会议通过.
type passing struct {
	date     dated
	act      string // 通过, 批准, 公布, 修正, 修订, 施行
	congress string // 山东省人民代表大会常务委员会
	from, to int    // of the congress with its number
}

// acts are what the lines at a statute's head say was done.
var acts = []string{"通过", "批准", "公布", "发布", "修正", "修订", "修改", "施行"}

// passings reads the lines between a statute's title and its first article.
func (d *detector) passings() []passing {
	h := d.head
	end := h.end()
	for _, begin := range []string{"第一条", "第一章"} {
		if at := strings.Index(h.folded, begin); at >= 0 {
			end = min(end, at)
		}
	}
	var found []passing
	for i, date := range h.dates {
		if date.from >= end {
			break
		}
		stop := min(end, h.lineEnd(date.to))
		if i+1 < len(h.dates) {
			stop = min(stop, h.dates[i+1].from)
		}
		p := passing{date: date}
		rest := h.folded[date.to:stop]
		for _, act := range acts {
			if at := strings.LastIndex(rest, act); at >= 0 {
				p.act = act
				break
			}
		}
		if p.act == "" || utf8.RuneCountInString(rest) > 120 {
			continue
		}
		p.congress, p.from, p.to = congressIn(h, date.to, stop)
		found = append(found, p)
	}
	return found
}

// congressIn reads the congress named between two places, without the number of
// its term and session.
func congressIn(h region, from, to int) (name string, start, end int) {
	const congress, standing = "人民代表大会", "常务委员会"
	s := h.folded[from:to]
	at := strings.Index(s, congress)
	if at < 0 {
		return "", 0, 0
	}
	end = from + at + len(congress)
	who := strings.TrimSpace(s[:at])
	if i := strings.LastIndexAny(who, "(,。 \n"); i >= 0 {
		who = strings.TrimLeft(who[i:], "(,。 \n")
	}
	start = from + at - len(strings.TrimLeft(s[strings.Index(s, who):at], " "))
	if i := strings.Index(who, "第"); i >= 0 {
		if j := strings.Index(who[i:], "届"); j >= 0 {
			who = who[:i] + who[i+j+len("届"):]
		}
	}
	name = strings.ReplaceAll(who, " ", "") + congress
	if strings.HasPrefix(strings.TrimLeft(s[at+len(congress):], " "), standing) {
		end += len(standing)
		name += standing
	}
	return name, start, min(end, to)
}

// passedBy returns the congress that passed the statute: the first, which is not
// the higher one that approved it.
func (d *detector) passedBy() (string, corpus.Span, bool) {
	for _, p := range d.passings() {
		if p.congress != "" && p.act != "批准" {
			return p.congress, d.head.span(p.from, p.to), true
		}
	}
	return "", corpus.Span{}, false
}

// issuerOfOrder reads the offices before 令第15号.
func (d *detector) issuerOfOrder() (org, bool) {
	at, _, ok := d.order()
	if !ok {
		return org{}, false
	}
	return d.orgsOfOrder(at)
}

// orgsOfOrder reads the offices, behind the title, that end at a place.
func (d *detector) orgsOfOrder(at int) (org, bool) {
	floor := d.titleEnd()
	if floor > at {
		floor = 0
	}
	return d.orgsBefore(floor, at)
}

// order finds the number of an order (令第15号, 令 and 第9号 on lines of their own)
// that stands before the first sentence ends, and nowhere in brackets.
func (d *detector) order() (from, to int, ok bool) {
	h := d.head
	for i := 0; ; {
		at := strings.Index(h.folded[i:d.front], "令")
		if at < 0 {
			return 0, 0, false
		}
		from = i + at
		i = from + len("令")
		if strings.ContainsAny(h.folded[:from], "。") {
			return 0, 0, false
		}
		rest := strings.TrimLeft(h.folded[i:], " \n")
		number, isNumber := strings.CutPrefix(rest, "第")
		if !isNumber {
			continue
		}
		digits := strings.TrimLeft(number, " ")
		digits = digits[:len(digits)-len(strings.TrimLeft(digits, "0123456789"))]
		end := strings.Index(number, "号")
		if digits == "" || end < 0 || strings.TrimSpace(number[:end]) != digits {
			continue
		}
		to = h.end() - len(number) + end + len("号")
		if !strings.HasPrefix(h.folded[to:], ")") {
			return from, to, true
		}
	}
}

// titleEnd is where the title ends in the head, or 0 where it was not read there.
func (d *detector) titleEnd() int {
	if o := d.origins[title]; o.Span != nil && o.Span.End <= len(d.head.runes) {
		return d.head.bytes[o.Span.End]
	}
	return 0
}

// titleStart is where the title begins in the head.
func (d *detector) titleStart() int {
	if o := d.origins[title]; o.Span != nil && o.Span.End <= len(d.head.runes) {
		return d.head.bytes[o.Span.Start]
	}
	return 0
}

// issuerInTitle reads the offices that stand before the title's 关于 or 印发, after
// the comma that follows it, or on the line under it.
func (d *detector) issuerInTitle() (org, bool) {
	h := d.head
	from, to := d.titleStart(), d.titleEnd()
	if to == 0 {
		return org{}, false
	}
	line := strings.LastIndexByte(h.folded[:from], '\n') + 1
	before := from
	for _, word := range []string{"关于", "印发"} {
		if at := strings.Index(h.folded[line:to], word); at >= 0 {
			before = min(before, line+at)
		}
	}
	if before > line {
		if i := strings.LastIndex(h.folded[line:before], "电"); i >= 0 {
			line += i + len("电")
		}
		if o, ok := d.orgsBefore(line, before); ok {
			return o, true
		}
	}
	// 近日，中共中央办公厅、国务院办公厅印发了《…》
	if at := strings.Index(h.folded[:min(h.end(), 3*300)], "印发了《"); at > 0 {
		if comma := strings.LastIndexByte(h.folded[:at], ','); comma > 0 {
			if o, ok := d.orgsBetween(comma+1, at); ok {
				return o, true
			}
		}
	}
	after := to
	if strings.HasPrefix(h.folded[after:], ",") {
		after++
		end := h.lineEnd(after)
		for _, stop := range []string{"令第", "20", "关于", "国家互联网信息办公室国家"} {
			if at := strings.Index(h.folded[after:end], stop); at > 0 {
				end = after + at
			}
		}
		if o, ok := d.orgsBetween(after, end); ok {
			return o, true
		}
		// The file's name knows how far the office goes where the text runs on.
		if name := fold(d.file.issuer); name != "" && strings.HasPrefix(strings.ReplaceAll(h.folded[after:], "/", ""), trimCount(name)) {
			return org{after, min(h.end(), after+len(name)), strings.Split(d.file.issuer, "、")}, true
		}
	}
	for after < h.end() && (h.folded[after] == '\n' || h.folded[after] == ' ') {
		after++
	}
	end := h.lineEnd(after)
	if date, ok := h.dateAfter(after, end); ok {
		end = date.from
	}
	return d.orgsBetween(after, end)
}

// issuerBySignature reads the offices that stand right before a date, at the end
// of a line or of a paragraph: a notice's signature before what it issues.
func (d *detector) issuerBySignature() (org, bool) {
	h := d.head
	for _, date := range h.dates {
		if date.date.Month == 0 || date.from > d.front {
			continue
		}
		floor := strings.LastIndexAny(h.folded[:date.from], "。!;") + 1
		if line := strings.LastIndexByte(strings.TrimRight(h.folded[:date.from], " \n"), '\n') + 1; line > floor {
			floor = line
		}
		for floor < date.from && !utf8.RuneStart(h.folded[floor]) {
			floor++
		}
		if o, ok := d.orgsBetween(h.trim(floor, date.from)); ok {
			return o, true
		}
	}
	return org{}, false
}

// signature is what stands at the end of a document.
type signature struct {
	value string
	span  corpus.Span
	date  corpus.Date
	dated corpus.Span
}

// signatureInTail reads the last line of names of offices that a line with a date follows.
func (d *detector) signatureInTail() (signature, bool) {
	r := d.tail
	if r.end() == 0 {
		r = d.head
	}
	for i := len(r.dates) - 1; i >= 0; i-- {
		date := r.dates[i]
		line := strings.LastIndexByte(r.folded[:date.from], '\n') + 1
		if date.date.Day == 0 || strings.TrimSpace(r.folded[line:date.from]) != "" || strings.TrimSpace(r.folded[date.to:r.lineEnd(date.to)]) != "" {
			continue
		}
		end := len(strings.TrimRight(r.folded[:line], " \n"))
		from := strings.LastIndexByte(r.folded[:end], '\n') + 1
		from, end = r.trim(from, end)
		if from < end && isOrgs(r.folded[from:end]) {
			return signature{joinOrgs(r.text(from, end)), r.span(from, end), date.date, r.span(date.from, date.to)}, true
		}
	}
	return signature{}, false
}
