package evaluate

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"policykb/retrieval"
)

// Report is the outcome of a run. Its JSON holds every trace, so that it can be
// kept and compared with a later one.
type Report struct {
	Began      time.Time `json:"began"`
	Processors int       `json:"processors"`
	Documents  int       `json:"documents"` // in the library
	All        Group     `json:"all"`
	Passages   int       `json:"passages,omitempty"`
	Groups     []Group   `json:"groups"` // by type of question, then by language
	// HeldOut and Rest are the questions that nothing was fitted to and all others,
	// where there are both.
	HeldOut *Group   `json:"held_out,omitempty"`
	Rest    *Group   `json:"rest,omitempty"`
	Curve   Curve    `json:"calibration"` // of the confidence
	Missing []string `json:"missing,omitempty"`
	Traces  []Trace  `json:"traces"`
}

// Group is what was measured over some of the questions.
type Group struct {
	Name      string               `json:"name"`
	Questions int                  `json:"questions"`
	Measures  map[Measure]Estimate `json:"measures"`
	// Characters of the answers given, in code points.
	Characters Spread[int]           `json:"characters"`
	Search     Spread[time.Duration] `json:"search_ns"`
	Ask        Spread[time.Duration] `json:"ask_ns"`
}

// Spread is the median of some values and the value that 95 % do not exceed.
type Spread[T cmp.Ordered] struct {
	P50 T `json:"p50"`
	P95 T `json:"p95"`
}

func spread[T cmp.Ordered](values []T) Spread[T] {
	slices.Sort(values)
	return Spread[T]{P50: quantile(values, 0.50), P95: quantile(values, 0.95)}
}

// summarise derives groups and missing evidence from the traces.
func (r *Report) summarise() {
	r.All = group("all", r.Traces, func(Trace) bool { return true })
	r.Groups = nil
	for _, t := range Types {
		if g := group(string(t), r.Traces, func(tr Trace) bool { return tr.Type == t }); g.Questions > 0 {
			r.Groups = append(r.Groups, g)
		}
	}
	for _, l := range []string{"zh", "en"} {
		if g := group(l, r.Traces, func(tr Trace) bool { return tr.Language == l }); g.Questions > 0 && g.Questions < len(r.Traces) {
			r.Groups = append(r.Groups, g)
		}
	}
	r.HeldOut, r.Rest = nil, nil
	held := group("held out", r.Traces, func(t Trace) bool { return t.Split == HeldOut })
	if rest := group("the rest", r.Traces, func(t Trace) bool { return t.Split != HeldOut }); held.Questions > 0 && rest.Questions > 0 {
		r.HeldOut, r.Rest = &held, &rest
	}
	r.Curve = curve(r.Traces)
	r.Missing = nil
	for _, t := range r.Traces {
		for _, e := range t.Evidence {
			switch {
			case !e.DocumentKnown:
				r.Missing = append(r.Missing, fmt.Sprintf("%s: no such document (%s)", e.File, t.Question))
			case len(e.Places) == 0:
				r.Missing = append(r.Missing, fmt.Sprintf("%s: the text does not hold %q (%s)", e.File, e.Quote, t.Question))
			}
		}
	}
}

// group measures the traces that belong to it.
func group(name string, traces []Trace, belongs func(Trace) bool) Group {
	g := Group{Name: name, Measures: map[Measure]Estimate{}}
	scores := map[Measure][]Score{}
	var characters []int
	var search, ask []time.Duration
	for _, t := range traces {
		if !belongs(t) {
			continue
		}
		g.Questions++
		for m, s := range t.Scores {
			scores[m] = append(scores[m], s)
		}
		if t.Answered {
			characters = append(characters, t.Characters)
		}
		search, ask = append(search, t.SearchTime), append(ask, t.AskTime)
	}
	for m, s := range scores {
		if e, ok := estimate(s); ok {
			g.Measures[m] = e
		}
	}
	g.Characters, g.Search, g.Ask = spread(characters), spread(search), spread(ask)
	return g
}

// WriteJSON writes the report whole.
func (r Report) WriteJSON(w io.Writer) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", " ")
	return out.Encode(r)
}

// ReadReport reads what [Report.WriteJSON] wrote.
func ReadReport(r io.Reader) (Report, error) {
	var report Report
	if err := json.NewDecoder(r).Decode(&report); err != nil {
		return Report{}, fmt.Errorf("read a report: %w", err)
	}
	return report, nil
}

// The columns of the tables of search and of answers.
var (
	searchMeasures = []Measure{RecallAll1, RecallAll5, RecallAll10, RecallAny1, RecallAny5, RecallAny10, MRR, ReadAll}
	answerMeasures = []Measure{KeysAll, KeysAny, QuoteExact, CitationPrecision, CitationRecall, AnswerableDeclined, AbstentionRecall}
)

// WriteTable writes the report for a person: two tables with a row per group,
// each measure over all questions with its interval, the held-out questions beside
// the rest, and how far the confidence can be trusted.
func (r Report) WriteTable(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", r.heading())
	rows := append(slices.Clone(r.Groups), r.All)

	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "evidence found\tn\tall@1\tall@5\tall@10\tany@1\tany@5\tany@10\tMRR\tread\tsearch p50\tp95\t")
	for _, g := range rows {
		fmt.Fprintf(t, "%s\t%d\t", g.Name, g.Questions)
		for _, m := range searchMeasures {
			fmt.Fprintf(t, "%s\t", g.cell(m))
		}
		fmt.Fprintf(t, "%s\t%s\t\n", milliseconds(g.Search.P50), milliseconds(g.Search.P95))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(&b)
	fmt.Fprintln(t, "answers\tn\tall keys\tany key\texact\tcite prec\tcite rec\tdeclined\tdeclined rightly\tchars p50\tp95\task p50\tp95\t")
	for _, g := range rows {
		fmt.Fprintf(t, "%s\t%d\t", g.Name, g.Questions)
		for _, m := range answerMeasures {
			fmt.Fprintf(t, "%s\t", g.cell(m))
		}
		fmt.Fprintf(t, "%d\t%d\t%s\t%s\t\n", g.Characters.P50, g.Characters.P95, milliseconds(g.Ask.P50), milliseconds(g.Ask.P95))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(&b, "\nover all, with 95 % confidence intervals")
	l := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, m := range Measures {
		if e, ok := r.All.Measures[m]; ok {
			fmt.Fprintf(l, "  %s\t%.3f\t[%.3f, %.3f]\t%d questions\n", m, e.Value, e.Low, e.High, e.Questions)
		}
	}
	if err := l.Flush(); err != nil {
		return err
	}
	if r.HeldOut != nil {
		fmt.Fprintf(&b, "\nheld out (%d questions that nothing was fitted to) beside the rest (%d)\n", r.HeldOut.Questions, r.Rest.Questions)
		h := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		for _, c := range r.beside() {
			fmt.Fprintf(h, "  %s\t%.3f [%.3f, %.3f]\t%.3f [%.3f, %.3f]\t%+.3f\n", c.Measure, c.HeldOut.Value, c.HeldOut.Low, c.HeldOut.High, c.Rest.Value, c.Rest.Low, c.Rest.High, c.Difference())
		}
		if err := h.Flush(); err != nil {
			return err
		}
	}
	fmt.Fprintf(&b, "\nconfidence   %s\n", r.Curve)
	fmt.Fprint(&b, "\nverdicts")
	for _, v := range Verdicts {
		fmt.Fprintf(&b, "   %s %d", v, r.count(v))
	}
	fmt.Fprintln(&b)
	if len(r.Missing) > 0 {
		fmt.Fprintf(&b, "\nevidence that no document holds (%d)\n", len(r.Missing))
		for _, m := range r.Missing {
			fmt.Fprintln(&b, "  "+m)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// heading says what was asked of what, and when.
func (r Report) heading() string {
	over := fmt.Sprintf("%d documents", r.Documents)
	if r.Passages > 0 {
		over += fmt.Sprintf(" (%d passages)", r.Passages)
	}
	return fmt.Sprintf("%d questions on %s, %d processors, %s", len(r.Traces), over, r.Processors, r.Began.Format(time.RFC3339))
}

// count is the number of questions with a verdict.
func (r Report) count(v Verdict) int {
	n := 0
	for _, t := range r.Traces {
		if t.Verdict == v {
			n++
		}
	}
	return n
}

// sides is a measure of the held-out questions and of the rest.
type sides struct {
	Measure       Measure
	HeldOut, Rest Estimate
}

// Difference is how much better the held-out questions fared.
func (s sides) Difference() float64 { return s.HeldOut.Value - s.Rest.Value }

// beside pairs the measures that both the held-out questions and the rest have.
func (r Report) beside() []sides {
	if r.HeldOut == nil {
		return nil
	}
	var both []sides
	for _, m := range Measures {
		held, ok := r.HeldOut.Measures[m]
		rest, also := r.Rest.Measures[m]
		if ok && also {
			both = append(both, sides{m, held, rest})
		}
	}
	return both
}

// cell shows a measure, or a dash where the group has nothing to measure.
func (g Group) cell(m Measure) string {
	e, ok := g.Measures[m]
	if !ok {
		return "–"
	}
	return fmt.Sprintf("%.3f", e.Value)
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
}

// WriteMisses writes the questions that went wrong, and why: the ranks of the
// evidence, what was found instead, and the answer given.
func (r Report) WriteMisses(w io.Writer) error {
	var b strings.Builder
	for _, t := range r.Traces {
		if t.Verdict == VerdictRight || t.Verdict == VerdictRightlyDeclined {
			continue
		}
		t.write(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// write writes the trace for a person.
func (t Trace) write(b *strings.Builder) {
	fmt.Fprintf(b, "%s [%s] %s", t.Verdict, t.Type, t.Question)
	if t.Lost != "" {
		fmt.Fprintf(b, "   (lost at: %s)", t.Lost)
	}
	fmt.Fprintf(b, "\n  understood: %s", t.Intent)
	if filter, err := json.Marshal(t.Filter); err == nil && !t.Filter.Empty() {
		fmt.Fprintf(b, ", %s", filter)
	}
	if t.Expected != "" {
		fmt.Fprintf(b, "\n  expected:   %s", t.Expected)
	}
	if t.Answered {
		fmt.Fprintf(b, "\n  answered:   %s", strings.ReplaceAll(t.Answer, "\n", "\n              "))
	} else {
		fmt.Fprintf(b, "\n  declined:   %s", t.Reason)
	}
	if len(t.MissingKeys) > 0 {
		fmt.Fprintf(b, "\n  lacks:      %s", strings.Join(t.MissingKeys, " · "))
	}
	for _, e := range t.Evidence {
		fmt.Fprintf(b, "\n  evidence:   rank %s, read %s, cited %t: %s 「%s」", rank(e.Rank), rank(e.ReadRank), e.Cited, e.File, e.Quote)
	}
	for i, p := range t.Found {
		fmt.Fprintf(b, "\n  found %d:    %.3f %s › %s 「%s」", i+1, p.Score, p.Title, strings.Join(p.Headings, " › "), p.Opening)
	}
	for _, held := range t.Withheld {
		fmt.Fprintf(b, "\n  withheld:   %s", held)
	}
	if t.Why != nil {
		t.Why.write(b)
	}
	b.WriteString("\n\n")
}

// write writes the reasons for a person.
func (w Why) write(b *strings.Builder) {
	reasons := func(factors []retrieval.Factor) string {
		parts := make([]string, len(factors))
		for i, f := range factors {
			parts[i] = factor(f)
		}
		return strings.Join(parts, ", ")
	}
	for i, p := range w.Passages {
		fmt.Fprintf(b, "\n  why %d:      words %.2f, vector %.2f; in its text %s; above it %s; %s", i+1, p.Sparse, p.Dense,
			strings.Join(p.InText, " "), strings.Join(p.Above, " "), reasons(p.Best.Factors))
	}
	for _, u := range w.Chosen {
		fmt.Fprintf(b, "\n  chosen:     %.2f 「%s」 %s", u.Score, u.Text, reasons(u.Factors))
	}
	for _, u := range w.Others {
		fmt.Fprintf(b, "\n  not chosen: %.2f 「%s」 %s", u.Score, u.Text, reasons(u.Factors))
	}
	if len(w.Doubt) > 0 {
		fmt.Fprintf(b, "\n  confidence: %s", reasons(w.Doubt))
	}
}

// rank shows a rank, or a dash for none.
func rank(n int) string {
	if n == 0 {
		return "–"
	}
	return fmt.Sprint(n)
}
