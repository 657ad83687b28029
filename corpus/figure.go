package corpus

import (
	"math"
	"strconv"
)

// FigureKind is the sort of a figure.
type FigureKind string

// The kinds of figures and the units they come in.
const (
	FigureNumber   FigureKind = "number"   // no unit: 1300+
	FigureMoney    FigureKind = "money"    // 元 for renminbi, else 美元, 港元, …
	FigurePercent  FigureKind = "percent"  // %: 三成 and 百分之三十 are 30; 折 and 百分点 keep their names
	FigureCount    FigureKind = "count"    // the classifier or English noun: 家, 人, 倍, bill
	FigureCompute  FigureKind = "compute"  // P (10^15 operations a second), PF-day, 卡
	FigureArea     FigureKind = "area"     // 平方米
	FigureMeasure  FigureKind = "measure"  // other units of measurement: 吨, 米, 千瓦, TB
	FigureDuration FigureKind = "duration" // 月, 日, 工作日, 小时; a year is 12 months, a week 7 days
	FigureDate     FigureKind = "date"     // see Figure.Date
	FigurePlan     FigureKind = "plan"     // a five-year plan; Low and High are its first and last year
	FigureOrdinal  FigureKind = "ordinal"  // 第十三届: a place in a row, no count
	FigureLabel    FigureKind = "label"    // 第五条, 12号: a name, no count
	FigureRatio    FigureKind = "ratio"    // 1:1; Low to High
)

// Bound says on which side of its values a figure lies.
type Bound string

// The bounds and some of the words that mark them.
const (
	BoundNone     Bound = ""
	BoundAtMost   Bound = "at_most"   // 不超过, 最高, 以内, 以下, up to
	BoundAtLeast  Bound = "at_least"  // 不少于, 不低于, 以上, at least
	BoundLessThan Bound = "less_than" // 低于, 不足, under
	BoundMoreThan Bound = "more_than" // 超过, 余, more than
	BoundAbout    Bound = "about"     // 约, 近, 左右, about
)

// upper and lower report on which side the bound closes.
func (b Bound) upper() bool { return b == BoundAtMost || b == BoundLessThan }
func (b Bound) lower() bool { return b == BoundAtLeast || b == BoundMoreThan }

// Opposes reports whether one bound is a ceiling and the other a floor.
func (b Bound) Opposes(c Bound) bool { return b.upper() && c.lower() || b.lower() && c.upper() }

// Figure is a quantity, date or label in a text. Values are in the kind's base
// unit, so that 1,000万元, 一千万元 and 0.1亿元 are all 10000000 元.
type Figure struct {
	Kind FigureKind
	Span Span   // number, unit and what it is counted per; the words of the bound stand outside
	Text string // the text at Span
	// Low and High are equal except for a range (3至4元, 两三千元) and a ratio.
	Low, High float64
	Unit      string // of Low and High; "" where there is none
	Per       string // 2000元/张: 张; RMB250m/year: 年; else ""
	Bound     Bound
	// Date is set for dates. 3月1日 without a year has Year 0.
	Date Date
}

// SameFigure reports whether two figures say the same: kind, value and unit
// agree and neither bound opposes the other. 不超过1000万元 and 1000万元 agree,
// 不超过1000万元 and 不少于1000万元 do not. A number without a unit agrees with
// the same amount of money or count, because tables and casual prose leave the
// unit out; classifiers agree with 个, and English nouns with any classifier
// that translates them.
func SameFigure(a, b Figure) bool {
	if a.Bound.Opposes(b.Bound) {
		return false
	}
	if a.Kind == FigureDate && b.Kind == FigureDate {
		return a.Date == b.Date
	}
	if !sameValue(a.Low, b.Low) || !sameValue(a.High, b.High) {
		return false
	}
	if a.Per != "" && b.Per != "" && a.Per != b.Per {
		return false
	}
	if a.Kind != b.Kind {
		return a.standsAlone() && b.takesBare() || b.standsAlone() && a.takesBare()
	}
	return a.Unit == b.Unit || a.Kind == FigureCount && sameClassifier(a.Unit, b.Unit)
}

// Supports reports whether evidence bears out a claim: the same figure, a more
// precise date (2023年5月23日 bears out 2023年5月), or one end of a range.
func Supports(evidence, claim Figure) bool {
	if SameFigure(evidence, claim) {
		return true
	}
	if evidence.Bound.Opposes(claim.Bound) {
		return false
	}
	if evidence.Kind == FigureDate && claim.Kind == FigureDate {
		e, c := evidence.Date, claim.Date
		return (c.Year == 0 || e.Year == c.Year) && (c.Month == 0 || e.Month == c.Month) && (c.Day == 0 || e.Day == c.Day)
	}
	if evidence.Low == evidence.High || evidence.Kind == FigureRatio || evidence.Kind == FigurePlan || claim.Low != claim.High {
		return false
	}
	low, high := evidence, evidence
	low.High, high.Low = evidence.Low, evidence.High
	return SameFigure(low, claim) && !claim.Bound.upper() || SameFigure(high, claim) && !claim.Bound.lower()
}

// standsAlone reports whether the figure is a number whose unit may be implied.
func (f Figure) standsAlone() bool { return f.Kind == FigureNumber }

// takesBare reports whether a number without unit may mean f.
func (f Figure) takesBare() bool {
	return f.Kind == FigureMoney || f.Kind == FigureCount || f.Kind == FigureDate && f.Date.Month == 0
}

// sameValue compares amounts that may have come about by multiplication.
func sameValue(a, b float64) bool {
	return a == b || math.Abs(a-b) <= 1e-9*math.Max(math.Abs(a), math.Abs(b))
}

// sameClassifier reports whether two units of counting can count the same things.
func sameClassifier(a, b string) bool {
	if a == "" || b == "" || a == "个" || b == "个" {
		return true
	}
	if (a[0] < 0x80) == (b[0] < 0x80) {
		return people[a] && people[b]
	}
	// A noun in one language, a classifier in the other.
	if a[0] >= 0x80 {
		a, b = b, a
	}
	translated, known := nounClassifiers[a]
	return !known || translated == b || people[translated] && people[b]
}

// people are the classifiers of persons.
var people = map[string]bool{"人": true, "名": true, "位": true}

// Term gives the figure as one word that is the same however it was written:
// 10000000元, 70-80%, 2023-08-15, 第5条. Bounds are left out.
func (f Figure) Term() string {
	switch f.Kind {
	case FigureDate:
		return f.Date.String()
	case FigureOrdinal, FigureLabel:
		return "第" + formatValue(f.Low) + f.Unit
	case FigureRatio:
		return formatValue(f.Low) + ":" + formatValue(f.High)
	}
	s := formatValue(f.Low)
	if f.High != f.Low {
		s += "-" + formatValue(f.High)
	}
	s += f.Unit
	if f.Per != "" {
		s += "/" + f.Per
	}
	return s
}

// formatValue writes a value with up to nine significant decimals, so that the
// dust of multiplication does not part equal amounts.
func formatValue(v float64) string {
	if v == math.Trunc(v) {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 12, 64), 64)
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}
