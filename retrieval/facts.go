package retrieval

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"policykb/corpus"
)

// fact is a wanted fact found in a text.
type fact struct {
	span corpus.Span
	want int // index into Interpretation.Wants
	// figure is set where the fact is one.
	figure *corpus.Figure
}

// wantedFacts lists the facts of a passage that the question asks for, leaving
// out those that it names itself.
func (r *reader) wantedFacts(t *reading) []fact {
	var facts []fact
	for w, want := range r.q.Wants {
		switch want.Sort {
		case WantPlace:
			for _, m := range t.places {
				if !slices.Contains(r.q.Cities, m.Place.Name) && !slices.Contains(r.q.Districts, m.Place.Name) && !slices.Contains(r.q.Within, m.Place.Name) {
					facts = append(facts, fact{span: m.Span, want: w})
				}
			}
			facts = append(facts, r.matches(t, w, addressPattern)...)
		case WantPerson:
			facts = append(facts, r.matches(t, w, saidPattern)...)
		case WantPhone:
			facts = append(facts, r.matches(t, w, phonePattern)...)
		case WantCode:
			facts = append(facts, r.matches(t, w, codePattern)...)
		case WantTitle:
			facts = append(facts, r.matches(t, w, titlePattern)...)
		case WantDate:
			facts = append(facts, r.matches(t, w, fromIssue)...)
			fallthrough
		default:
			for i := range t.figures {
				if f := &t.figures[i]; (meets(f, want, t.text) || t.columnMeets(f, want)) && !r.asked(*f) {
					facts = append(facts, fact{f.Span, w, f})
				}
			}
		}
	}
	slices.SortStableFunc(facts, func(a, b fact) int { return a.span.Start - b.span.Start })
	return facts
}

var (
	addressPattern = regexp.MustCompile(`地址|位于|坐落|设在|设于|选址|[\p{Han}]{1,5}([^社园地小片校景城厂街分库特辖]区|县|街道|镇|路|大道)`)
	phonePattern   = regexp.MustCompile(`\b(0\d{2,3}[-—－ ]?)?\d{7,8}\b|\b1[3-9]\d{9}\b`)
	codePattern    = regexp.MustCompile(`[\p{Han}]{1,8}〔\d{4}〕\s?\d+\s?号|[A-Z]*\d{5,}`)
	forceAfter     = regexp.MustCompile(`^[^，。；,;]{0,4}(起|正式|开始)?(施行|生效|实施|执行)|^[^，。；,;]{0,3}至`)
	forceBefore    = regexp.MustCompile(`(施行|生效|实施)(日期|时间)[：:|\s*]*$|(effective|in force|into force|effect)( on| from| since|:)?\s*$`)
	endAfter       = regexp.MustCompile(`^\s*(止|前|之前|以前|到期|截止|失效|终止|结束)`)
	endBefore      = regexp.MustCompile(`(至|到|截至|截止|期限|有效期|[-—–－~～]|until|till|to|through|by|expires?( on)?|ends?( on)?)[：:|\s]*$`)
	fromIssue      = regexp.MustCompile(`自(公布|发布|印发|颁布)之日起`)
	titlePattern   = regexp.MustCompile(`《[^》]+》`)
)

// matches lists where a pattern stands that the question does not hold itself.
func (r *reader) matches(t *reading, want int, pattern *regexp.Regexp) []fact {
	var facts []fact
	text := string(t.text)
	runes, at := 0, 0
	for _, m := range pattern.FindAllStringIndex(text, -1) {
		if strings.Contains(r.q.Question, text[m[0]:m[1]]) || inAddress(text, m[0]) {
			continue
		}
		runes += len([]rune(text[at:m[0]]))
		at = m[0]
		facts = append(facts, fact{span: corpus.Span{Start: runes, End: runes + len([]rune(text[m[0]:m[1]]))}, want: want})
	}
	return facts
}

// inAddress reports whether the byte at i belongs to a web address.
func inAddress(text string, i int) bool {
	start := strings.LastIndexFunc(text[:i], func(r rune) bool { return r >= 0x80 || unicode.IsSpace(r) || r == '(' || r == '|' })
	return strings.Contains(text[start+1:i], "://")
}

// asked reports whether the question itself holds the figure.
func (r *reader) asked(f corpus.Figure) bool {
	return slices.ContainsFunc(r.figures, func(g corpus.Figure) bool { return corpus.SameFigure(f, g) })
}

// meets reports whether a figure is of a wanted sort.
func meets(f *corpus.Figure, want Want, text []rune) bool {
	switch want.Sort {
	case WantMoney:
		return f.Kind == corpus.FigureMoney || f.Kind == corpus.FigureNumber && strings.ContainsAny(f.Text, "万亿") // 最高50万
	case WantPercent:
		return f.Kind == corpus.FigurePercent
	case WantCount:
		return counts(f, want, text)
	case WantDuration:
		return f.Kind == corpus.FigureDuration
	case WantDate:
		return f.Kind == corpus.FigureDate && isDate(f, want.Unit, text)
	case WantCompute:
		return f.Kind == corpus.FigureCompute || f.Kind == corpus.FigureMeasure
	case WantArea:
		return f.Kind == corpus.FigureArea
	case WantLimit:
		return f.Kind == corpus.FigureMoney || f.Kind == corpus.FigurePercent || f.Kind == corpus.FigureNumber && strings.ContainsAny(f.Text, "万亿") || f.Bound != corpus.BoundNone &&
			f.Kind != corpus.FigureDate && f.Kind != corpus.FigureLabel && f.Kind != corpus.FigureOrdinal
	case WantFigure:
		return f.Kind != corpus.FigureDate && f.Kind != corpus.FigureLabel && f.Kind != corpus.FigureOrdinal && f.Kind != corpus.FigurePlan
	}
	return false
}

// isDate reports whether a date is of the wanted unit.
func isDate(f *corpus.Figure, unit string, text []rune) bool {
	before, after := string(text[max(0, f.Span.Start-24):f.Span.Start]), string(text[f.Span.End:min(len(text), f.Span.End+16)])
	switch unit {
	case unitForce:
		return forceAfter.MatchString(after) || forceBefore.MatchString(before)
	case unitUntilDay:
		return f.Date.Day != 0 && isDate(f, unitUntil, text)
	case unitUntil:
		return endAfter.MatchString(after) || endBefore.MatchString(before)
	case unitYear:
		return f.Date.Year != 0
	case unitDay:
		return f.Date.Day != 0
	}
	return true
}

// columnUnits match the units that the header of a table gives the numbers below it.
var columnUnits = map[WantSort]*regexp.Regexp{
	WantMoney: regexp.MustCompile(`元`), WantPercent: regexp.MustCompile(`[%％]|比例|占比`), WantArea: regexp.MustCompile(`平方|㎡`),
	WantCompute: regexp.MustCompile(`(?i)flops|算力`), WantDuration: regexp.MustCompile(`[（(](天|日|月|年|小时|工作日)[）)]`),
}

// columnMeets reports whether a number without a unit stands in a row of a table
// whose header gives it a wanted one.
func (t *reading) columnMeets(f *corpus.Figure, want Want) bool {
	unit := columnUnits[want.Sort]
	if unit == nil || f.Kind != corpus.FigureNumber {
		return false
	}
	for i := range t.units {
		u := &t.units[i]
		if u.kind != unitRow || !u.span.Contains(f.Span) || u.label.Contains(f.Span) {
			continue
		}
		if unit.MatchString(t.passage.Found.Passage.Header) {
			return true
		}
		return slices.ContainsFunc(u.above, func(above int) bool {
			return len(t.units[above].clauses) > 1 && unit.MatchString(t.unitText(&t.units[above]))
		})
	}
	return false
}

// classifiers are the words that count what a question names by its noun.
var classifiers = []struct{ nouns, counted string }{
	{"企业 公司 单位 机构 厂 店", "家户个"},
	{"项目 场景 任务 平台 案例 基地 社区 园区 政策 标准", "个项座家处"},
	{"人 名 位 人才 专家 员工 people residents inhabitants citizens persons staff", "人名位"},
	{"张 券", "张"},
	{"章", "章"},
	{"条 款 articles clauses", "条款"},
	{"chapters", "章"},
	{"companies firms enterprises businesses agencies institutions organizations", "家个"},
	{"cities towns", "个座"},
	{"projects scenarios platforms spaces tasks", "个项"},
	{"gpus chips cards", "张块卡枚"},
}

// sameUnit compares the unit of a figure with what the question counts.
func sameUnit(unit, wanted string) bool {
	if unit == "" || wanted == "" || strings.HasPrefix(wanted, unit) || strings.HasPrefix(unit, wanted) {
		return true
	}
	for _, c := range classifiers {
		if slices.Contains(strings.Fields(c.nouns), wanted) {
			return strings.Contains(c.counted, unit) || slices.Contains(strings.Fields(c.nouns), strings.ToLower(unit))
		}
	}
	if unit[0] < 0x80 && wanted[0] < 0x80 {
		return stem(strings.ToLower(unit)) == stem(strings.ToLower(wanted))
	}
	if (unit[0] < 0x80) != (wanted[0] < 0x80) {
		return unit == "个" || wanted == "个"
	}
	return strings.Contains("个项家", unit) || strings.Contains("个项家", wanted)
}

// counts reports whether a figure of a text counts what is wanted: by its unit, or
// in English because the noun follows it (13,000 smart sensors).
func counts(f *corpus.Figure, want Want, text []rune) bool {
	if f.Kind != corpus.FigureCount && f.Kind != corpus.FigureNumber && f.Kind != corpus.FigureLabel {
		return false
	}
	if f.Kind == corpus.FigureLabel {
		return f.Unit == want.Unit
	}
	if want.Unit == "" || want.Unit[0] >= 0x80 {
		return sameUnit(f.Unit, want.Unit)
	}
	after := strings.Fields(string(text[f.Span.Start:min(len(text), f.Span.End+48)]))
	for _, word := range after[:min(len(after), 6)] {
		if word = strings.ToLower(strings.TrimFunc(word, unicode.IsPunct)); word != "" && sameUnit(word, want.Unit) {
			return true
		}
	}
	return sameUnit(f.Unit, want.Unit) && f.Unit != ""
}
