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
)

// Report is the outcome of a run. Its JSON holds every trace, so that it can be
// kept and compared with a later one.
type Report struct {
	Began      time.Time `json:"began"`
	Processors int       `json:"processors"`
	Documents  int       `json:"documents"` // in the library
	All        Group     `json:"all"`
	Groups     []Group   `json:"groups"` // by type of question, then by language
	Missing    []string  `json:"missing,omitempty"`
	Traces     []Trace   `json:"traces"`
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

// WriteTable writes the report for a person: two tables with a row per group,
// then each measure over all questions with its interval.
func (r Report) WriteTable(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d questions on %d documents, %d processors, %s\n\n", len(r.Traces), r.Documents, r.Processors, r.Began.Format(time.RFC3339))
	rows := append(slices.Clone(r.Groups), r.All)

	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "evidence found\tn\tall@1\tall@5\tall@10\tany@1\tany@5\tany@10\tMRR\tread\tsearch p50\tp95\t")
	for _, g := range rows {
		fmt.Fprintf(t, "%s\t%d\t", g.Name, g.Questions)
		for _, m := range []Measure{RecallAll1, RecallAll5, RecallAll10, RecallAny1, RecallAny5, RecallAny10, MRR, ReadAll} {
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
		for _, m := range []Measure{KeysAll, KeysAny, QuoteExact, CitationPrecision, CitationRecall, AnswerableDeclined, AbstentionRecall} {
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
	fmt.Fprint(&b, "\nverdicts")
	for _, v := range []Verdict{VerdictRight, VerdictPartly, VerdictWrong, VerdictDeclined, VerdictRightlyDeclined, VerdictInvented} {
		n := 0
		for _, t := range r.Traces {
			if t.Verdict == v {
				n++
			}
		}
		fmt.Fprintf(&b, "   %s %d", v, n)
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
	b.WriteString("\n\n")
}

// rank shows a rank, or a dash for none.
func rank(n int) string {
	if n == 0 {
		return "–"
	}
	return fmt.Sprint(n)
}
