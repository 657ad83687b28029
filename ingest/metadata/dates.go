package metadata

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"policykb/corpus"
)

// detectIssue looks for the day of issue: under its label; in the lines that say
// when a statute was passed, approved, amended and published, of which the last
// counts; in brackets after the title; in the signature; in the head of a web page.
func (d *detector) detectIssue() {
	h := d.head
	labelled := d.labelled(issuedOn)
	slices.SortStableFunc(labelled, func(a, b labelledValue) int {
		return slices.Index(dateLabels, a.label) - slices.Index(dateLabels, b.label)
	})
	for _, l := range labelled {
		if date, ok := l.region.dateAfter(l.from, l.to); ok {
			d.setDate(issuedOn, &d.found.IssuedOn, date.date, inText(l.region.span(date.from, date.to)))
			return
		}
	}
	var last dated
	for _, p := range d.passings() {
		if p.act != "施行" && (p.congress != "" || p.act == "公布" || p.act == "发布") && p.date.date.Compare(last.date) > 0 {
			last = p.date
		}
	}
	if !last.date.IsZero() && d.congressDocument() {
		d.setDate(issuedOn, &d.found.IssuedOn, last.date, inText(h.span(last.from, last.to)))
		return
	}
	for _, date := range h.dates {
		if date.from > 3*500 {
			break
		}
		after := h.folded[date.to:]
		bracketed := date.from > 0 && h.folded[date.from-1] == '(' && (strings.HasPrefix(after, ")") || strings.Contains(after[:min(len(after), 3*60)], "通过"))
		if bracketed && date.date.Day > 0 && endsTitle(h.folded[:date.from-1]) {
			d.setDate(issuedOn, &d.found.IssuedOn, date.date, inText(h.span(date.from, date.to)))
			return
		}
	}
	if date, ok := d.signedOn(); ok {
		d.setDate(issuedOn, &d.found.IssuedOn, date.date, inText(h.span(date.from, date.to)))
		return
	}
	if s, ok := d.signatureInTail(); ok {
		d.setDate(issuedOn, &d.found.IssuedOn, s.date, inText(s.dated))
		return
	}
	if date, ok := d.pageDate(); ok {
		d.setDate(issuedOn, &d.found.IssuedOn, date.date, inText(h.span(date.from, date.to)))
	}
}

// congressDocument reports whether a congress passed the document.
func (d *detector) congressDocument() bool {
	_, _, ok := d.passedBy()
	return ok
}

// signedOn finds the date that follows the issuer, or the heads of the offices
// that gave an order, in the head.
func (d *detector) signedOn() (dated, bool) {
	h := d.head
	for _, date := range h.dates {
		if date.date.Month == 0 || date.from > d.front {
			continue
		}
		floor := strings.LastIndexAny(h.folded[:date.from], "。!;") + 1
		for floor < date.from && !utf8.RuneStart(h.folded[floor]) {
			floor++
		}
		before := strings.TrimSpace(h.folded[floor:date.from])
		line := strings.TrimSpace(before[strings.LastIndexByte(before, '\n')+1:])
		signed := date.date.Day > 0 && (strings.Contains(before, "主任") || strings.Contains(before, "部长")) && utf8.RuneCountInString(before) < 200
		if _, ok := d.orgsBetween(h.trim(floor, date.from)); ok || signed || line != "" && isOrgs(line) {
			return date, true
		}
	}
	return dated{}, false
}

// pageDate finds the date and time that web pages carry above their text, or a
// line under the title that is only a date.
func (d *detector) pageDate() (dated, bool) {
	h := d.head
	for _, date := range h.dates {
		if date.from > 3*200 {
			break
		}
		after := strings.TrimLeft(h.folded[date.to:min(h.end(), date.to+30)], " ")
		line := strings.LastIndexByte(h.folded[:date.from], '\n') + 1
		alone := strings.TrimSpace(h.folded[line:date.from]) == "" && strings.TrimSpace(h.folded[date.to:h.lineEnd(date.to)]) == ""
		if isClock(after) || strings.HasPrefix(after, "来源") || strings.HasPrefix(after, ",正文") || alone && date.date.Month > 0 {
			return date, true
		}
	}
	return dated{}, false
}

// isClock reports whether a text begins with a time of day: 19:05.
func isClock(s string) bool {
	digit := func(i int) bool { return i < len(s) && s[i] >= '0' && s[i] <= '9' }
	return digit(0) && digit(1) && len(s) > 4 && s[2] == ':' && digit(3) && digit(4)
}

// detectTerm looks for the time in which the document is in force.
func (d *detector) detectTerm(text string) {
	for _, field := range []struct {
		name string
		into *corpus.Date
	}{{effectiveFrom, &d.found.EffectiveFrom}, {effectiveTo, &d.found.EffectiveTo}} {
		for _, l := range d.labelled(field.name) {
			if date, ok := l.region.dateAfter(l.from, l.to); ok {
				d.setDate(field.name, field.into, date.date, inText(l.region.span(date.from, date.to)))
			}
		}
	}
	for _, l := range append(d.labelled(term), d.labelled(cardTerm)...) {
		d.readTerm(l.region, l.from, l.to)
	}
	d.readCommencement(text)
}

// readTerm reads a period: 2023年10月11日起至2025年12月31日止, 3年（至2027年）.
func (d *detector) readTerm(r region, from, to int) {
	s := r.folded[from:to]
	for at := from; ; {
		date, ok := r.dateAfter(at, to)
		if !ok {
			break
		}
		at = date.to
		before, after := r.folded[from:date.from], r.folded[date.to:to]
		origin := inText(r.span(date.from, date.to))
		switch {
		case strings.HasSuffix(strings.TrimRight(before, " "), "至") || strings.HasPrefix(after, "止") || strings.HasPrefix(after, "失效"):
			d.setDate(effectiveTo, &d.found.EffectiveTo, lastDay(date.date), origin)
		case strings.HasPrefix(strings.TrimLeft(after, " "), "起") || strings.HasPrefix(strings.TrimLeft(after, " "), "至"):
			d.setDate(effectiveFrom, &d.found.EffectiveFrom, date.date, origin)
		}
	}
	if years, ok := yearsIn(s); ok && !d.has(effectiveTo) && d.has(effectiveFrom) {
		d.setDate(effectiveTo, &d.found.EffectiveTo, afterYears(d.found.EffectiveFrom, years), inText(r.span(from, to)))
	}
}

// commencements are the words, after 起, with which a document says since when it
// holds.
var commencements = []string{"施行", "实施", "實施", "执行", "執行", "生效", "正式施行", "试行", "試行"}

// commences reports whether a text goes on after 起 as a commencement does.
func commences(rest string) bool {
	return slices.ContainsFunc(commencements, func(w string) bool { return strings.HasPrefix(rest, w) })
}

// readCommencement finds the sentence in which the document sets the day of its
// own commencement: 本条例自2022年1月1日起施行. The last one counts: a statute says it
// in its last article.
func (d *detector) readCommencement(text string) {
	sentence, start, ok := d.commencement(text)
	if !ok {
		return
	}
	r := newRegion(sentence, start)
	from := corpus.Date{}
	var origin corpus.Origin
	at := strings.LastIndex(r.folded, "起")
	for i := len(r.dates) - 1; i >= 0; i-- {
		if date := r.dates[i]; date.to <= at {
			if at-date.to <= len("之日") {
				from, origin = date.date, inText(r.span(date.from, date.to))
			}
			break
		}
	}
	for _, day := range []string{"公布之日", "印发之日", "发布之日"} {
		if from.IsZero() && strings.HasSuffix(r.folded[:at], day) {
			from, origin = d.found.IssuedOn, inText(r.span(at-len(day), at))
		}
	}
	d.setDate(effectiveFrom, &d.found.EffectiveFrom, from, origin)
	if at := strings.Index(r.folded, "有效期"); at >= 0 {
		d.readTerm(r, at, r.end())
	} else if at := strings.Index(r.folded, "至"); at >= 0 {
		if date, ok := r.dateAfter(at, min(r.end(), at+len("至")+3)); ok {
			d.setDate(effectiveTo, &d.found.EffectiveTo, lastDay(date.date), inText(r.span(date.from, date.to)))
		}
	}
}

// commencement returns the sentence of the commencement, up to and a little
// beyond it, and where it begins in code points.
func (d *detector) commencement(text string) (sentence string, start int, ok bool) {
	for at := len(text); ; {
		if at = strings.LastIndex(text[:at], "起"); at < 0 {
			return "", 0, false
		}
		if !commences(text[at+len("起"):]) {
			continue
		}
		const before, after = 120, 80 // bytes of the sentence that are read
		from := max(0, at-before)
		if stop := strings.LastIndexAny(text[from:at], "。\n"); stop >= 0 {
			_, size := utf8.DecodeRuneInString(text[from+stop:])
			from += stop + size
		}
		to := min(len(text), at+after)
		if stop := strings.IndexAny(text[at:to], "。\n"); stop >= 0 {
			to = at + stop
		}
		for ; !utf8.RuneStart(text[from]); from++ {
		}
		for ; to < len(text) && !utf8.RuneStart(text[to]); to++ {
		}
		clause := text[from:at]
		if strings.Contains(clause, "本") || strings.Contains(clause, "现予") || strings.Contains(clause, "予以公布") {
			return text[from:to], utf8.RuneCountInString(text[:from]), true
		}
	}
}

// yearsIn reads a number of years: 3年, 三年, 5年.
func yearsIn(s string) (int, bool) {
	for _, f := range corpus.Figures(s) {
		if f.Kind == corpus.FigureDuration && f.Unit == "月" && f.Low == f.High && f.Low >= 12 && int(f.Low)%12 == 0 {
			return int(f.Low) / 12, true
		}
	}
	return 0, false
}

// afterYears is the last day of a period of years that begins on a day.
func afterYears(from corpus.Date, years int) corpus.Date {
	if from.Day == 0 {
		return corpus.Date{Year: from.Year + years, Month: from.Month}
	}
	end := time.Date(from.Year+years, from.Month, from.Day, 0, 0, 0, 0, time.UTC).AddDate(0, 0, -1)
	return corpus.Date{Year: end.Year(), Month: end.Month(), Day: end.Day()}
}

// lastDay completes a year or a month by its last day.
func lastDay(date corpus.Date) corpus.Date {
	switch {
	case date.Month == 0:
		return corpus.Date{Year: date.Year, Month: time.December, Day: 31}
	case date.Day == 0:
		end := time.Date(date.Year, date.Month+1, 0, 0, 0, 0, 0, time.UTC)
		return corpus.Date{Year: end.Year(), Month: end.Month(), Day: end.Day()}
	}
	return date
}
