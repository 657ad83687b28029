package retrieval

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"policykb/corpus"
)

// verifyFigures looks for every figure of the statement in the quotes.
func (h *hearing) verifyFigures(checks *Checks) (faults []string) {
	s, text := h.statement, h.held
	var held []corpus.Figure
	for _, c := range h.contexts {
		held = append(held, c.figures...)
	}
	for _, claim := range corpus.Figures(s.Text) {
		check := &checks.Numbers
		if claim.Kind == corpus.FigureDate {
			check = &checks.Dates
		}
		if isDifference(claim, s.Text) && !compares.MatchString(text) {
			if computed(claim, s.Text, held) {
				*check = CheckMatch
				continue
			}
		} else if slices.ContainsFunc(held, func(f corpus.Figure) bool { return bears(f, claim) }) || headLabel(s, claim) ||
			spanned(claim, held) || ordinalIn(claim, text) || months(claim, text) || aYear(claim, s.Text, text) || bareIn(claim, text) ||
			counted(claim, held, h.contexts) || computed(claim, s.Text, held) {
			if *check == CheckNone {
				*check = CheckMatch
			}
			continue
		}
		*check = CheckMismatch
		faults = append(faults, fmt.Sprintf("no quote has %s", claim.Text))
	}
	return faults
}

// bears reports whether a figure bears out a claim. What is said to be more or less
// than a value is not borne out by the value itself, nor by about so much.
func bears(evidence, claim corpus.Figure) bool {
	if !corpus.Supports(evidence, claim) {
		return false
	}
	switch strict := claim.Bound == corpus.BoundMoreThan || claim.Bound == corpus.BoundLessThan; evidence.Bound {
	case corpus.BoundNone:
		return !strict || evidence.Low != evidence.High || claim.Kind == corpus.FigureDate
	case corpus.BoundAbout:
		return claim.Bound == corpus.BoundNone || claim.Bound == corpus.BoundAbout || claim.Kind == corpus.FigureDate
	}
	return true
}

// spanned reports whether a range is one between a floor and a ceiling that stand
// side by side: 五万元以上五十万元以下 is 5万元至50万元.
func spanned(claim corpus.Figure, held []corpus.Figure) bool {
	if claim.Low == claim.High || claim.Kind == corpus.FigureDate || claim.Kind == corpus.FigureRatio {
		return false
	}
	for i, low := range held[:max(0, len(held)-1)] {
		high := held[i+1]
		if low.Kind == claim.Kind && high.Kind == claim.Kind && low.Unit == claim.Unit && high.Unit == claim.Unit &&
			low.Low == claim.Low && high.High == claim.High && high.Span.Start-low.Span.End < 6 {
			return true
		}
	}
	return false
}

// ordinalIn reports whether a place in a row is among those that a text names
// together: 第二至三年 has 第三年.
func ordinalIn(claim corpus.Figure, text string) bool {
	if claim.Kind == corpus.FigureDuration && claim.Unit == "月" { // 之后两年, of the second and the third
		for _, m := range ordinals.FindAllStringSubmatchIndex(text, -1) {
			if n := ordinalNumbers(text, m); len(n) > 1 && 12*float64(len(n)) == claim.Low && claim.Low == claim.High && strings.HasPrefix(text[m[1]:], "年") {
				return true
			}
		}
	}
	if claim.Kind == corpus.FigureDate && claim.Date.Month == 0 { // the last of 2022-2024年
		year := strconv.Itoa(claim.Date.Year)
		for _, m := range yearRange.FindAllStringSubmatch(text, -1) {
			if m[1] == year || m[2] == year {
				return true
			}
		}
	}
	if claim.Kind != corpus.FigureOrdinal {
		return false
	}
	for _, m := range englishOrdinal.FindAllStringSubmatch(text, -1) {
		if m[1] == strconv.Itoa(int(claim.Low)) {
			return true
		}
	}
	if claim.Low == 1 && claim.Unit == "次" {
		return strings.Contains(text, "首次")
	}
	for _, m := range ordinals.FindAllStringSubmatchIndex(text, -1) {
		if slices.Contains(ordinalNumbers(text, m), int(claim.Low)) && strings.HasPrefix(text[m[1]:], claim.Unit) {
			return true
		}
	}
	return false
}

// englishOrdinal matches 1st, 22nd.
var englishOrdinal = regexp.MustCompile(`(\d+)(?:st|nd|rd|th)\b`)

// yearRange matches the years from one to another.
var yearRange = regexp.MustCompile(`((?:19|20)\d\d) ?年? ?[-—–~至到] ?((?:19|20)\d\d)`)

// months reports whether a number of months stands in a text without 个: 3月免租.
func months(claim corpus.Figure, text string) bool {
	return claim.Kind == corpus.FigureDuration && claim.Unit == "月" && claim.Low == claim.High && claim.Low < 12 &&
		regexp.MustCompile(fmt.Sprintf(`(^|[^\d年])%d月(免|减|租|内|以|起付|全免)`, int(claim.Low))).MatchString(text)
}

// yearly matches what is counted by the year.
var yearly = regexp.MustCompile(`每年|年度|全年|逐年|/年|年均|按年|自然年|一年|(^|[^\d〇零一二三四五六七八九十百年上今明去当近半整首第])年[^\d〇零一二三四五六七八九十百月初底末中内前后起代龄限份轻]`)

// aYear reports whether 一年 only says by what a sum is counted, and the text counts
// it so.
func aYear(claim corpus.Figure, said, text string) bool {
	if claim.Text != "一年" || claim.Bound != corpus.BoundNone {
		return false
	}
	runes := []rune(said)
	if i := claim.Span.Start; i > 0 && strings.ContainsRune("上前", runes[i-1]) {
		return strings.Contains(text, "上年") || strings.Contains(text, "前一年")
	}
	return yearly.MatchString(text)
}

// bareIn reports whether a number without a unit stands in a text as it is.
func bareIn(claim corpus.Figure, text string) bool {
	if claim.Kind != corpus.FigureNumber {
		return false
	}
	digits := strings.TrimFunc(claim.Text, func(r rune) bool { return r < '0' || r > '9' })
	for at := 0; digits != ""; {
		i := strings.Index(text[at:], digits)
		if i < 0 {
			return false
		}
		from, to := at+i, at+i+len(digits)
		if (from == 0 || !digitOrPoint(text[from-1])) && (to == len(text) || !digitOrPoint(text[to])) && !scaled.MatchString(text[to:]) {
			return true
		}
		at = to
	}
	return false
}

func digitOrPoint(b byte) bool { return '0' <= b && b <= '9' || b == '.' }

// scaled matches what makes another number of the digits before it.
var scaled = regexp.MustCompile(`^ ?[十百千万亿%‰]`)

// counted reports whether a count is of the parts of an enumeration in a quote, or
// of the dates in one: 一月和七月 are 两次. A quote that counts such things itself
// is believed before its parts are.
func counted(claim corpus.Figure, held []corpus.Figure, contexts []quoteContext) bool {
	if claim.Kind != corpus.FigureCount || claim.Low != claim.High || claim.Low < 2 || claim.Low > 12 || claim.Bound != corpus.BoundNone ||
		!strings.Contains("项类种个次方面点", claim.Unit) {
		return false
	}
	if slices.ContainsFunc(held, func(f corpus.Figure) bool { return f.Kind == corpus.FigureCount && f.Unit == claim.Unit }) {
		return false
	}
	for _, kind := range []corpus.FigureKind{corpus.FigureMoney, corpus.FigureCount} {
		alike := 0
		for _, f := range held {
			if f.Kind == kind {
				alike++
			}
		}
		if alike == int(claim.Low) && strings.ContainsAny(claim.Unit, "项类种") {
			return true // 两类合计: of two sums
		}
	}
	for _, c := range contexts {
		if claim.Unit == "次" {
			if months := monthNames.FindAllString(c.text, -1); len(months) == int(claim.Low) {
				return true
			}
			continue
		}
		for _, sentence := range strings.FieldsFunc(c.quote.Text, func(r rune) bool { return strings.ContainsRune("，,。；;：:\n", r) }) {
			if parts := strings.Count(sentence, "、"); parts > 0 && parts+1+strings.Count(afterLast(sentence, "、"), "和")+strings.Count(afterLast(sentence, "、"), "以及") == int(claim.Low) {
				return true
			}
		}
	}
	return false
}

// monthNames match months of any year.
var monthNames = regexp.MustCompile(`(十[一二]?|[一二三四五六七八九]|\d{1,2})月`)

// afterLast is the part of a text after the last of a mark.
func afterLast(text, mark string) string { return text[strings.LastIndex(text, mark)+len(mark):] }

var (
	// differs stands before a figure that is the difference of two, or behind it.
	differs      = regexp.MustCompile(`(相差|差|高出|高|多出|多|少|低|增长|增加|提高|提升|上升|上涨|扩大|减少|下降|降低|缩小|拉开|差距为|a difference of ?)了?(约|近|整整|共)?$`)
	differsAfter = regexp.MustCompile(`^的?(差距|之差|差额|增幅|降幅)`)
	// sums stands before a figure that is the sum of others.
	sums = regexp.MustCompile(`(合计|共计|总计|一共|总共|加起来|之和|共)[^，。；\d]{0,8}$`)
)

// computed reports whether a claim can be worked out from the figures of the quotes
// and is said to be: the difference of two, the sum of all of its kind, how many
// times one is another, the percentage points between two shares, the years between
// two dates.
func computed(claim corpus.Figure, said string, held []corpus.Figure) bool {
	var alike []corpus.Figure
	for _, f := range held {
		if f.Kind == claim.Kind && f.Unit == claim.Unit && f.Low == f.High {
			alike = append(alike, f)
		}
	}
	runes := []rune(said)
	before, after := string(runes[:claim.Span.Start]), string(runes[claim.Span.End:])
	difference := differs.MatchString(before) || differsAfter.MatchString(after)
	if sums.MatchString(before) && len(alike) > 1 && claim.Kind != corpus.FigurePercent && claim.Kind != corpus.FigureDate {
		total, free := 0.0, 0.0
		for _, f := range alike {
			total += f.Low
			if !limited(f) {
				free += f.Low
			}
		}
		if near(total, claim.Low) || near(free, claim.Low) {
			return true
		}
	}
	for i, a := range held {
		for _, b := range held[:i] {
			switch {
			case claim.Unit == "百分点" && a.Kind == corpus.FigurePercent && b.Kind == corpus.FigurePercent && a.Unit == "%" && b.Unit == "%":
				if difference && near(math.Abs(a.Low-b.Low), claim.Low) {
					return true
				}
			case claim.Kind == corpus.FigureDuration && claim.Unit == "月" && a.Kind == corpus.FigureDate && b.Kind == corpus.FigureDate:
				if a.Date.Year > 0 && b.Date.Year > 0 && near(math.Abs(float64(12*(a.Date.Year-b.Date.Year))), claim.Low) {
					return true
				}
			case claim.Unit == "倍" && a.Kind == b.Kind && a.Unit == b.Unit && a.Low > 0 && b.Low > 0:
				if near(a.Low/b.Low, claim.Low) || near(b.Low/a.Low, claim.Low) {
					return true
				}
			case difference && claim.Low == claim.High && comparableKinds[claim.Kind] && sameMeasure(&a, &b) && sameMeasure(&a, &claim):
				if near(math.Abs(a.High-b.High), claim.Low) {
					return true
				}
			}
		}
	}
	return false
}

// compares matches what a difference of two figures is told with.
var compares = regexp.MustCompile(`(相差|高出|多出|低出|高了|多了|少了|低了|a difference of|higher by|lower by)(约|近)?`)

// isDifference reports whether a claim is said to be the difference of two figures.
func isDifference(claim corpus.Figure, said string) bool {
	before := string([]rune(said)[:claim.Span.Start])
	at := compares.FindAllStringIndex(before, -1)
	return len(at) > 0 && strings.TrimSpace(before[at[len(at)-1][1]:]) == ""
}

// near compares what was worked out with what is said.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-6*math.Max(1, math.Abs(b)) }

// headLabel reports whether a claim only names where a quote stands: 第五条, or the
// year in the document's title.
func headLabel(s Statement, claim corpus.Figure) bool {
	if claim.Kind != corpus.FigureLabel && claim.Kind != corpus.FigureOrdinal && claim.Kind != corpus.FigureDate && claim.Kind != corpus.FigurePlan {
		return false
	}
	for _, q := range s.Quotes {
		for _, f := range corpus.Figures(q.head()) {
			if corpus.Supports(f, claim) {
				return true
			}
		}
	}
	return false
}
