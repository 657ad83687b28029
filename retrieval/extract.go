package retrieval

import (
	"context"
	"iter"
	"slices"
	"strings"

	"policykb/corpus"
)

// extractive is the built-in writer: it answers in the documents' own words. It
// weighs every sentence, table row and list item of the passages, takes those
// that answer, trims them to the clauses that carry the answer, and says them as
// prose.
type extractive struct {
	interpreter
	weights Features
}

// draft is an answer before it is verified, with what speaks for it.
type draft struct {
	statements []Statement
	chosen     []evidence // the unit each statement was written from, best first
	doubt      Doubt
}

// Write implements [Writer].
func (w extractive) Write(ctx context.Context, q Interpretation, passages []Passage) iter.Seq2[Statement, error] {
	return func(yield func(Statement, error) bool) {
		d := w.draft(&q, passages)
		for _, s := range d.statements {
			if err := ctx.Err(); err != nil {
				yield(Statement{}, err)
				return
			}
			if !yield(s, nil) {
				return
			}
		}
	}
}

// draft answers the question from the passages.
func (w extractive) draft(q *Interpretation, passages []Passage) draft {
	if len(q.Subjects) > 1 {
		return w.draftComparison(q, passages)
	}
	r := newReader(q, w.places, w.weights)
	ranked := r.weigh(r.read(passages))
	if len(ranked) == 0 {
		return draft{}
	}
	best := ranked[0]
	d := draft{chosen: []evidence{best}}
	switch {
	case q.Intent == IntentList:
		d.chosen = append(d.chosen, r.restOfList(best, ranked)...)
	default:
		d.chosen = append(d.chosen, r.missingWants(best, ranked)...)
	}
	for _, e := range d.chosen {
		d.statements = append(d.statements, r.statement(e))
	}
	d.doubt = r.doubt(best, ranked, passages)
	return d
}

// draftComparison answers for each side alone.
func (w extractive) draftComparison(q *Interpretation, passages []Passage) draft {
	var all draft
	all.doubt = Doubt{}
	for i, subject := range q.Subjects {
		var side Interpretation
		if i < len(q.sides) {
			side = q.sides[i]
		} else {
			side = w.about(q, subject)
		}
		r := newReader(&side, w.places, w.weights)
		ranked := r.weigh(r.read(passages))
		if len(ranked) == 0 {
			continue
		}
		best := ranked[0]
		s := r.statement(best)
		if subject.City != "" && !strings.Contains(s.Text, subject.City) {
			s.Text = subject.Name + "：" + s.Text
		}
		all.chosen = append(all.chosen, best)
		all.statements = append(all.statements, s)
		d := r.doubt(best, ranked, passages)
		if i == 0 || d.Probability() < all.doubt.Probability() {
			all.doubt = d
		}
	}
	return all
}

// about is the question about one side of a comparison.
func (w extractive) about(q *Interpretation, s Subject) Interpretation {
	side := w.interpret(s.Within, nil, corpus.Date{})
	side.Filter, side.Language, side.asOf = q.Filter, q.Language, q.asOf
	side.Subjects = nil
	if len(side.Wants) == 0 {
		side.Wants = q.Wants
	}
	if s.City != "" && len(side.Cities) == 0 {
		side.Cities = []string{s.City}
	}
	side.Intent, side.target = q.aspect, q.target
	if len(side.Wants) == 0 && side.target != "" && (side.Intent == IntentCompare || side.Intent == IntentFact) {
		side.Intent = IntentDefinition // how two texts put one thing
	}
	if side.Intent == IntentCompare {
		side.Intent = IntentFact
	}
	if s.Year != 0 && len(side.Editions) == 0 {
		side.Editions = []int{s.Year}
	}
	for i, c := range side.Concepts {
		for _, known := range q.Concepts {
			if known.Text == c.Text {
				side.Concepts[i].Weight = known.Weight
			}
		}
	}
	return side
}

// missingWants finds a second unit for facts that the question wants and the
// best unit lacks: it must hold a missing one and speak of the same thing.
func (r *reader) missingWants(best evidence, ranked []evidence) []evidence {
	if len(r.q.Wants) < 2 || best.features.Wants == 1 || len(best.wanted) == 0 {
		return nil
	}
	has := make([]bool, len(r.q.Wants))
	for _, f := range best.wanted {
		has[f.want] = true
	}
	for _, e := range ranked[1:min(len(ranked), 12)] {
		if e.reading.passage.Found.Document.ID != best.reading.passage.Found.Document.ID || e.features.Place < 0 {
			continue
		}
		for _, f := range e.wanted {
			if !has[f.want] {
				return []evidence{e}
			}
		}
	}
	return nil
}

// restOfList finds the other rows or items of the list that the best unit begins
// or belongs to: those that name the same ideas of the question.
func (r *reader) restOfList(best evidence, ranked []evidence) []evidence {
	if best.unit.kind != unitRow && best.unit.kind != unitItem && best.unit.kind != unitHeading {
		return nil
	}
	var rest []evidence
	for _, e := range ranked[1:] {
		if e.unit.kind != best.unit.kind || e.reading.passage.Found.Document.ID != best.reading.passage.Found.Document.ID {
			continue
		}
		if e.features.Own >= 0.7*best.features.Own && e.features.Wants >= best.features.Wants {
			rest = append(rest, e)
		}
		if len(rest) == 9 {
			break
		}
	}
	slices.SortStableFunc(rest, func(a, b evidence) int {
		pa, pb := a.reading.passage.Found.Passage, b.reading.passage.Found.Passage
		return pa.Span.Start + a.unit.span.Start - pb.Span.Start - b.unit.span.Start
	})
	return rest
}

// statement says a unit, trimmed to what answers.
func (r *reader) statement(e evidence) Statement {
	t, span := e.reading, r.trim(e)
	p := t.passage.Found.Passage
	quote := string(t.text[span.Start:span.End])
	s := Statement{Quotes: []Quote{{Passage: *t.passage, Span: span.Shift(p.Span.Start), Text: quote}}}
	if e.unit.kind == unitRow {
		var cells []string
		for _, c := range e.unit.clauses {
			cells = append(cells, string(t.text[c.Start:c.End]))
		}
		s.Text = readableCells(cells)
	} else {
		s.Text = connective.ReplaceAllString(readable(quote), "")
	}
	s.Text = sentenceEnd(s.Text, r.q.Language)
	return s
}

// wholeLength is how many code points a unit may have to be quoted whole.
const wholeLength = 56

// trim returns the part of a unit to quote: a run of clauses that holds the
// wanted facts and as much of what was asked as its length is worth.
func (r *reader) trim(e evidence) corpus.Span {
	t, u := e.reading, e.unit
	whole := trimAny(t.text, u.span, "")
	if end, ok := t.listEnd(e.index); ok {
		return corpus.Span{Start: whole.Start, End: end}
	}
	if u.kind == unitRow || whole.Len() <= wholeLength || len(u.clauses) == 1 || len(e.wanted) == 0 {
		return whole
	}
	best, bestWorth := whole, -1.0
	for i := range u.clauses {
		for j := i; j < len(u.clauses); j++ {
			part := corpus.Span{Start: u.clauses[i].Start, End: u.clauses[j].End}
			var facts []fact
			for _, f := range e.wanted {
				if part.Contains(f.span) {
					facts = append(facts, f)
				}
			}
			if r.wantsShare(facts) < e.features.Wants {
				continue
			}
			worth := r.share(r.cover(t.found, part)) - r.wordiness()*float64(part.Len())
			for _, m := range t.places {
				if part.Contains(m.Span) && r.asks(m.Place) == 1 {
					worth += 0.3
					break
				}
			}
			if worth > bestWorth {
				best, bestWorth = part, worth
			}
		}
	}
	return trimAny(t.text, best, "，,：:；;")
}

// wordiness is what each code point of a quote costs; a Chinese one says as much as
// three Latin ones.
func (r *reader) wordiness() float64 {
	if r.q.Language == "en" {
		return 0.0013
	}
	return 0.004
}

// listEnd returns where the list ends that the unit introduces with a colon: the
// items below it in the passage.
func (t *reading) listEnd(i int) (int, bool) {
	u := &t.units[i]
	last := t.text[u.span.End-1]
	if last != '：' && last != ':' || u.kind == unitRow {
		return 0, false
	}
	end := 0
	for j := i + 1; j < len(t.units); j++ {
		next := &t.units[j]
		opening := listOpening.MatchString(string(t.text[next.span.Start:next.span.End])) || next.kind == unitItem
		if next.kind == unitHeading || next.kind == unitRow || !opening && next.block != t.units[j-1].block {
			break
		}
		if next.span.End-u.span.Start > 700 {
			break
		}
		end = next.span.End
	}
	return end, end > 0
}
