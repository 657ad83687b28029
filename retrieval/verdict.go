package retrieval

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"policykb/corpus"
)

// Comparison is what a question that compares was answered with, side by side.
type Comparison struct {
	Rows       []ComparisonRow // one for each side, in the question's order
	Difference *Difference     // nil where the rows have no figures of one unit
}

// ComparisonRow is one side of a comparison.
type ComparisonRow struct {
	Subject   string // as the question has it
	City      string // "" where the side is no city
	Text      string // what the documents say, without citation marks; "" where they say nothing
	Citations []int
	Figure    *corpus.Figure // what is compared; nil where the sides have no figures of one unit
	quote     Quote
}

// Difference lies between the largest and the smallest figure of a comparison; of
// dates between the latest and the earliest.
type Difference struct {
	Largest, Smallest int     // rows
	Value             float64 // in Unit, not below 0
	Unit              string  // 元, 百分点, 日, …
	Text              string  // in the question's language: 480万元
}

// comparedRow is what was found for one side; best is nil where nothing was.
type comparedRow struct {
	best  *evidence
	quote Quote
}

// compared makes the comparison of what was found for the sides.
func compared(q *Interpretation, rows []comparedRow) *Comparison {
	c := &Comparison{}
	figures := comparableFigures(rows)
	for i, row := range rows {
		r := ComparisonRow{Subject: q.Subjects[i].Name, City: q.Subjects[i].City, quote: row.quote}
		if row.quote.Text != "" {
			r.Text = readableQuote(row.quote)
		}
		if figures != nil {
			r.Figure = figures[i]
		}
		c.Rows = append(c.Rows, r)
	}
	if figures != nil {
		c.Difference = differenceOf(figures, q.Language)
	}
	return c
}

// readableQuote says a quote as prose; the cells of a table's row are parted.
func readableQuote(q Quote) string {
	if !strings.Contains(q.Text, "|") {
		return readable(q.Text)
	}
	return readableCells(strings.Split(q.Text, "|"))
}

// comparedBeside is how much of the question must stand beside a figure that is
// weighed against another.
const comparedBeside = 0.5

// totalsPattern matches what a whole place spends, which is not to be compared with
// what one company gets.
var totalsPattern = regexp.MustCompile(`总额|总量|总规模|合计|资金池|(?i)\btotal\b`)

// comparableKinds are the kinds of figures whose difference means something.
var comparableKinds = map[corpus.FigureKind]bool{corpus.FigureMoney: true, corpus.FigurePercent: true, corpus.FigureCompute: true,
	corpus.FigureArea: true, corpus.FigureMeasure: true, corpus.FigureCount: true, corpus.FigureDuration: true}

// comparableFigures takes one figure from each side, all of one kind and unit: the
// wanted ones, or where a side holds several, those of the first kind of which each
// side has one. It returns nil where there are none or they may not be of the same
// thing.
func comparableFigures(rows []comparedRow) []*corpus.Figure {
	totals := 0
	for _, row := range rows {
		if row.best == nil || row.best.features.Local < comparedBeside {
			return nil
		}
		if totalsPattern.MatchString(row.quote.Text) {
			totals++
		}
	}
	if len(rows) < 2 || totals != 0 && totals != len(rows) {
		return nil
	}
	for _, kind := range []corpus.FigureKind{corpus.FigureMoney, corpus.FigurePercent, corpus.FigureCompute, corpus.FigureArea,
		corpus.FigureMeasure, corpus.FigureCount, corpus.FigureDuration, corpus.FigureDate} {
		figures := make([]*corpus.Figure, len(rows))
		for i, row := range rows {
			figures[i] = row.figure(kind)
		}
		if slices.Contains(figures, nil) || slices.ContainsFunc(figures, func(f *corpus.Figure) bool { return !sameMeasure(f, figures[0]) }) {
			continue
		}
		return figures
	}
	return nil
}

// figure is the one wanted figure of a kind in a row's quote; nil where there is
// none or there are several.
func (row comparedRow) figure(kind corpus.FigureKind) *corpus.Figure {
	var one *corpus.Figure
	quoted := row.quote.Span.Shift(-row.quote.Passage.Found.Passage.Span.Start)
	for _, f := range row.best.wanted {
		switch {
		case f.figure == nil || f.figure.Kind != kind || !quoted.Contains(f.span):
		case one != nil && !corpus.SameFigure(*one, *f.figure):
			return nil
		default:
			one = f.figure
		}
	}
	return one
}

// sameMeasure reports whether two figures are of one kind and unit.
func sameMeasure(a, b *corpus.Figure) bool {
	return a.Kind == b.Kind && a.Unit == b.Unit && a.Per == b.Per
}

// order compares two figures of one measure: negative where a is smaller or earlier,
// 0 where they are the same or overlap.
func order(a, b *corpus.Figure) int {
	switch {
	case a.Kind == corpus.FigureDate:
		return cmp.Compare(a.Date.Compare(b.Date), 0)
	case a.Low < b.Low && a.High < b.High:
		return -1
	case a.Low > b.Low && a.High > b.High:
		return 1
	}
	return 0
}

// differenceOf is the difference of the largest and the smallest figure, nil where
// none can be named: of dates that are not known to the day.
func differenceOf(figures []*corpus.Figure, language string) *Difference {
	d := Difference{}
	for i, f := range figures {
		if order(f, figures[d.Largest]) > 0 {
			d.Largest = i
		}
		if order(f, figures[d.Smallest]) < 0 {
			d.Smallest = i
		}
	}
	most, least := figures[d.Largest], figures[d.Smallest]
	switch {
	case most.Kind == corpus.FigureDate:
		if most.Date.Day == 0 || least.Date.Day == 0 {
			return nil
		}
		d.Value, d.Unit = midnight(most.Date).Sub(midnight(least.Date)).Hours()/24, "日"
	case most.Kind == corpus.FigurePercent && most.Unit == "%":
		d.Value, d.Unit = most.High-least.High, "百分点"
	default:
		d.Value, d.Unit = most.High-least.High, most.Unit
	}
	d.Value, _ = strconv.ParseFloat(strconv.FormatFloat(d.Value, 'g', 12, 64), 64)
	d.Text = amount(d.Value, d.Unit, language)
	return &d
}

// midnight is the start of a day that is known whole.
func midnight(d corpus.Date) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
}

// englishUnits name the units that differences come in.
var englishUnits = map[string]string{"元": "yuan", "美元": "US dollars", "百分点": "percentage points", "日": "days", "月": "months", "工作日": "working days",
	"小时": "hours", "平方米": "m²", "个": "", "家": "", "人": "", "项": "", "条": "articles", "章": "chapters"}

// amount writes a value with its unit as people do: 480万元, 4.8 million yuan.
func amount(value float64, unit, language string) string {
	scale, name := 1.0, ""
	scales := []struct {
		at   float64
		name string
	}{{1e8, "亿"}, {1e4, "万"}}
	if language == "en" {
		scales[0].at, scales[0].name, scales[1].at, scales[1].name = 1e9, " billion", 1e6, " million"
	}
	for _, s := range scales {
		if value >= s.at {
			scale, name = s.at, s.name
			break
		}
	}
	if language == "en" && scale == 1 && value == math.Trunc(value) && value >= 1000 {
		return strings.TrimSpace(thousands(strconv.FormatFloat(value, 'f', 0, 64)) + " " + cmp.Or(englishUnits[unit], unit))
	}
	digits := strconv.FormatFloat(math.Round(value/scale*1e6)/1e6, 'f', -1, 64)
	switch english, known := englishUnits[unit]; {
	case language == "en" && known:
		return strings.TrimSpace(digits + name + " " + english)
	case language == "en":
		return digits + name + " " + unit
	case unit == "百分点":
		return digits + name + "个百分点"
	case unit == "月":
		return digits + name + "个月"
	}
	return digits + name + unit
}

// thousands parts the digits of a whole number by commas.
func thousands(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// verdictAsked matches questions that want the sides weighed, not only shown.
var verdictAsked = regexp.MustCompile(`更|谁|哪[个座部家]|先|差|比|高多少|低多少|是否|相同|一致|一样|higher|lower|more|less|earlier|later|older|newer|same|compare|difference`)

// verdict says of two sides which has the larger or the earlier figure, and by how
// much. It rests on the sides' quotes.
func (c *Comparison) verdict(q *Interpretation, rows []comparedRow) (Statement, bool) {
	if len(c.Rows) != 2 || c.Rows[0].Figure == nil || c.Rows[1].Figure == nil || !verdictAsked.MatchString(corpus.Fold(q.Question)) {
		return Statement{}, false
	}
	a, b := c.Rows[0].Figure, c.Rows[1].Figure
	apart := order(a, b)
	if apart == 0 && !corpus.SameFigure(*a, *b) {
		return Statement{}, false
	}
	frames := map[bool][3]string{false: {"%s低于%s", "%s与%s相同", "%s高于%s"}, true: {"%s早于%s", "%s与%s相同", "%s晚于%s"}}
	if q.Language == "en" {
		frames = map[bool][3]string{false: {"%s is lower than %s", "%s and %s are the same", "%s is higher than %s"},
			true: {"%s is earlier than %s", "%s and %s are the same", "%s is later than %s"}}
	}
	text := fmt.Sprintf(frames[a.Kind == corpus.FigureDate][apart+1], c.Rows[0].Subject, c.Rows[1].Subject)
	if d := c.Difference; d != nil && apart != 0 && a.Kind != corpus.FigureDate {
		if q.Language == "en" {
			text += ", a difference of " + d.Text
		} else {
			text += "，相差" + d.Text
		}
	}
	return Statement{Text: sentenceEnd(text, q.Language), Quotes: []Quote{rows[0].quote, rows[1].quote}}, true
}

// cited gives the rows the numbers of their citations. A row whose quote was not
// taken into the answer has nothing to say, and then there is no difference.
func (c *Comparison) cited(a *Answer) *Comparison {
	if c == nil {
		return nil
	}
	for i := range c.Rows {
		row := &c.Rows[i]
		for _, citation := range a.Citations {
			if citation.Quote.sameAs(row.quote) {
				row.Citations = []int{citation.Number}
			}
		}
		if len(row.Citations) == 0 {
			row.Text, row.Figure, c.Difference = "", nil, nil
		}
	}
	return c
}
