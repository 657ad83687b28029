package evaluate

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"policykb/retrieval"
)

//go:embed report.html
var pageText string

var page = template.Must(template.New("report.html").Funcs(template.FuncMap{
	"cell":         func(g Group, m Measure) string { return g.cell(m) },
	"interval":     interval,
	"milliseconds": milliseconds,
	"rank":         rank,
	"factor":       factor,
	"join":         strings.Join,
	"percent":      func(x float64) string { return fmt.Sprintf("%.0f %%", 100*x) },
	"decimal":      func(x float64) string { return fmt.Sprintf("%.3f", x) },
	"signed":       func(x float64) string { return fmt.Sprintf("%+.3f", x) },
	"add":          func(a, b int) int { return a + b },
	"class":        func(v Verdict) string { return strings.ReplaceAll(string(v), " ", "-") },
}).Parse(pageText))

// tracesShown is how many questions a page shows at most; those that went wrong
// come first.
const tracesShown = 600

// pageData is what the page shows.
type pageData struct {
	Report
	Heading    string
	Verdicts   []verdictShare
	Rows       []Group
	Found      dots
	Answers    dots
	Beside     []sides
	Reliance   reliance
	Latency    cumulative
	Comparison *Comparison
	Shown      []verdictTraces
	Hidden     int // questions that the page has no room for
	Tables     []measureTable
}

// measureTable is a table with a row per group and a column per measure.
type measureTable struct {
	Caption  string
	Measures []Measure
	Rows     []Group
}

type verdictShare struct {
	Verdict Verdict
	Count   int
	Share   float64
}

type verdictTraces struct {
	Verdict Verdict
	Count   int
	Traces  []Trace
}

// WriteHTML draws the report as one page that needs nothing else: no script, no
// font, no picture from elsewhere. Comparison may be nil.
func (r Report) WriteHTML(w io.Writer, comparison *Comparison) error {
	data := pageData{
		Report: r, Heading: r.heading(), Rows: append(slices.Clone(r.Groups), r.All), Beside: r.beside(), Comparison: comparison,
		Reliance: reliance{r.Curve.Bins}, Latency: newCumulative(r.Traces),
	}
	data.Tables = []measureTable{
		{"Evidence found", searchMeasures, data.Rows},
		{"Answers", slices.Concat(answerMeasures, []Measure{SentencePicked}), data.Rows},
	}
	data.Found = newDots(data.Rows, RecallAll1, RecallAll5, RecallAll10)
	data.Answers = newDots(data.Rows, KeysAll, CitationPrecision, AbstentionRecall)
	left := tracesShown
	for _, v := range []Verdict{VerdictInvented, VerdictWrong, VerdictDeclined, VerdictPartly, VerdictRightlyDeclined, VerdictRight} {
		group := verdictTraces{Verdict: v, Count: r.count(v)}
		for _, t := range r.Traces {
			if t.Verdict == v && left > 0 {
				group.Traces = append(group.Traces, t)
				left--
			}
		}
		if group.Count > 0 {
			data.Shown = append(data.Shown, group)
		}
		data.Hidden += group.Count - len(group.Traces)
	}
	for _, v := range Verdicts {
		n := r.count(v)
		data.Verdicts = append(data.Verdicts, verdictShare{v, n, float64(n) / float64(max(1, len(r.Traces)))})
	}
	var whole bytes.Buffer
	if err := page.Execute(&whole, data); err != nil {
		return fmt.Errorf("draw the report: %w", err)
	}
	_, err := w.Write(whole.Bytes())
	return err
}

// logOf is how often a time is ten times another, as a real number.
func logOf(t, unit time.Duration) float64 {
	return math.Log10(float64(max(t, unit)) / float64(unit))
}

// interval shows the bounds of a measure.
func interval(g Group, m Measure) string {
	e, ok := g.Measures[m]
	if !ok {
		return ""
	}
	return fmt.Sprintf("%.3f to %.3f, %d questions", e.Low, e.High, e.Questions)
}

// factor shows what a feature adds to a sum.
func factor(f retrieval.Factor) string {
	return fmt.Sprintf("%s %+.2f", f.Name, f.Value*f.Weight)
}

// Measures of the plots, in pixels of the drawing.
const (
	plotLeft, plotWidth = 150.0, 420.0
	rowHeight           = 46.0
	plotTop             = 30.0
	square              = 300.0
)

// dots is a plot of a few measures, each a dot on its interval, a row per group.
type dots struct {
	Measures []Measure
	Rows     []dotRow
}

type dotRow struct {
	Name      string
	Questions int
	Y         float64
	Dots      []dot
}

type dot struct {
	Series       int // from 1
	X, Y         float64
	From, To     float64
	Label, Title string
}

func newDots(groups []Group, measures ...Measure) dots {
	d := dots{Measures: measures}
	for _, g := range groups {
		row := dotRow{Name: g.Name, Questions: g.Questions, Y: plotTop + rowHeight*float64(len(d.Rows))}
		for i, m := range measures {
			e, ok := g.Measures[m]
			if !ok {
				continue
			}
			row.Dots = append(row.Dots, dot{
				Series: i + 1, X: across(e.Value), Y: row.Y + 8 + 12*float64(i), From: across(e.Low), To: across(e.High),
				Label: fmt.Sprintf("%.2f", e.Value), Title: fmt.Sprintf("%s: %s %.3f (%.3f to %.3f, %d questions)", g.Name, m, e.Value, e.Low, e.High, e.Questions),
			})
		}
		if len(row.Dots) > 0 {
			d.Rows = append(d.Rows, row)
		}
	}
	return d
}

func across(share float64) float64 { return plotLeft + plotWidth*share }

// Height is that of the drawing.
func (d dots) Height() float64 { return plotTop + rowHeight*float64(len(d.Rows)) + 10 }

// Ticks are the lines of the axis from 0 to 1.
func (d dots) Ticks() []tick { return ticks(plotLeft, plotWidth) }

type tick struct {
	At    float64
	Label string
}

func ticks(from, length float64) []tick {
	var all []tick
	for _, share := range []float64{0, 0.25, 0.5, 0.75, 1} {
		all = append(all, tick{from + length*share, fmt.Sprintf("%.2f", share)})
	}
	return all
}

// reliance is the plot of a [Curve]: confidence to the right, shares upwards.
type reliance struct{ bins []Bin }

type bubble struct {
	X, Answerable, Right, Radius float64
	Title                        string
}

// Bubbles are the bins where they stand.
func (r reliance) Bubbles() []bubble {
	most := 1
	for _, b := range r.bins {
		most = max(most, b.Questions)
	}
	var all []bubble
	for _, b := range r.bins {
		all = append(all, bubble{
			X: 50 + square*b.Confidence, Answerable: 20 + square*(1-b.Answerable), Right: 20 + square*(1-b.Right),
			Radius: 3 + 7*float64(b.Questions)/float64(most),
			Title:  fmt.Sprintf("%d questions with confidence %.2f: %.2f have an answer, %.2f were answered rightly", b.Questions, b.Confidence, b.Answerable, b.Right),
		})
	}
	return all
}

// Ticks are the lines of the axes, across; and Up, upwards.
func (r reliance) Ticks() []tick { return ticks(50, square) }

// Up are the lines of the vertical axis.
func (r reliance) Up() []tick {
	up := ticks(20, square)
	for i := range up {
		up[i].Label = fmt.Sprintf("%.2f", 1-0.25*float64(i))
	}
	return up
}

// cumulative is the plot of latencies: for each time the share of questions that
// took no longer. The axis of time grows tenfold by equal steps.
type cumulative struct {
	Lines []cumulativeLine
	ticks []tick
}

type cumulativeLine struct {
	Series int
	Name   string
	Points string
	Spread Spread[time.Duration]
}

func newCumulative(traces []Trace) cumulative {
	times := map[string][]time.Duration{}
	for _, t := range traces {
		times["search"] = append(times["search"], t.SearchTime)
		times["ask"] = append(times["ask"], t.AskTime)
	}
	least, most := time.Hour, time.Microsecond
	for _, all := range times {
		for _, t := range all {
			least, most = min(least, max(t, time.Microsecond)), max(most, t)
		}
	}
	from, decades := time.Microsecond, 1
	for from*10 <= least {
		from *= 10
	}
	for to := from * 10; to < most; to *= 10 {
		decades++
	}
	var c cumulative
	at := func(t time.Duration) float64 { return 50 + square*logOf(t, from)/float64(decades) }
	for d := range decades + 1 {
		t := from
		for range d {
			t *= 10
		}
		c.ticks = append(c.ticks, tick{50 + square*float64(d)/float64(decades), t.String()})
	}
	for i, name := range []string{"search", "ask"} {
		all := times[name]
		slices.Sort(all)
		var points strings.Builder
		for k, steps := 0, min(100, len(all)); k < steps; k++ {
			n := (k+1)*len(all)/steps - 1
			fmt.Fprintf(&points, "%.1f,%.1f ", at(all[n]), 20+square*(1-float64(n+1)/float64(len(all))))
		}
		c.Lines = append(c.Lines, cumulativeLine{i + 1, name, points.String(), spread(all)})
	}
	return c
}

// Ticks are the powers of ten of the axis of time.
func (c cumulative) Ticks() []tick { return c.ticks }

// Up are the lines of the axis of shares.
func (c cumulative) Up() []tick { return reliance{}.Up() }
