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
	conflicts  []evidence  // units of other documents that give another figure for the same
	comparison *Comparison // nil where nothing is compared
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
	readings := r.read(passages)
	if found := r.articles(readings); len(found) > 0 && len(q.Wants) == 0 {
		return r.recited(found)
	}
	ranked := r.weigh(readings)
	if len(ranked) == 0 {
		return draft{}
	}
	ranked = r.answering(ranked)
	best := ranked[0]
	d := draft{chosen: []evidence{best}}
	switch {
	case q.manyCities:
		d.chosen = r.perCity(ranked)
	case q.Intent == IntentList:
		d.chosen = r.wholeList(best, ranked)
	case q.Intent == IntentWhy:
		d.chosen = append(d.chosen, r.beside(best, ranked)...)
	default:
		d.chosen = append(d.chosen, r.missingWants(best, ranked)...)
	}
	for _, e := range d.chosen {
		s := r.statement(e)
		if q.manyCities {
			s = w.named(s, e.city())
		}
		d.statements = append(d.statements, s)
	}
	d.doubt = r.doubt(best)
	if q.Intent == IntentWhy { // several sentences give the reason, and any of them may be what is asked
		for _, e := range d.chosen[1:] {
			if other := r.doubt(e); other.Probability() > d.doubt.Probability() {
				d.doubt = other
			}
		}
	}
	d.conflicts = r.conflicts(best, ranked)
	return d
}

// recited says the articles that the question names in their own words.
func (r *reader) recited(articles []evidence) draft {
	d := draft{chosen: articles, doubt: Doubt{Recited: true}}
	for _, e := range articles {
		d.statements = append(d.statements, r.statement(e))
	}
	return d
}

// factMargin is how much less than the best a unit may score to be taken before it
// for the wanted fact it holds.
const factMargin = 3

// answering puts the best unit that holds a wanted fact first, where nothing but
// such a fact can answer and it is not much worse.
func (r *reader) answering(ranked []evidence) []evidence {
	if !slices.ContainsFunc(r.q.Wants, Want.exact) {
		return ranked
	}
	for i, e := range ranked {
		if e.score < ranked[0].score-factMargin {
			break
		}
		if e.features.Wants > 0 {
			first := append([]evidence{e}, ranked[:i]...)
			return append(first, ranked[i+1:]...)
		}
	}
	return ranked
}

// named puts a name before a statement that lacks it, where what stands beside
// the quote bears it out.
func (w extractive) named(s Statement, name string) Statement {
	if strings.Contains(corpus.Fold(s.Text), corpus.Fold(name)) {
		return s
	}
	named := s
	named.Text = name + "：" + s.Text
	if support, _, _ := Verify(named, w.places); support != SupportVerified {
		return s
	}
	return named
}

// sameAs reports whether two quotes are the same words at the same place.
func (q Quote) sameAs(o Quote) bool {
	return q.Span == o.Span && q.Passage.Found.Document.ID == o.Passage.Found.Document.ID
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

// besideMargin is how much less than the best a unit beside it may score to be
// said too.
const besideMargin = 4

// beside finds a second reason: the better of the units beside the best one.
func (r *reader) beside(best evidence, ranked []evidence) []evidence {
	for _, e := range ranked[1:] {
		if e.score < best.score-besideMargin {
			break
		}
		if d := e.index - best.index; e.reading == best.reading && -2 <= d && d <= 2 && e.features.Own > 0.1 {
			return []evidence{e}
		}
	}
	return nil
}

// statement says a unit, trimmed to what answers.
func (r *reader) statement(e evidence) Statement {
	t, span := e.reading, r.trim(e)
	p := t.passage.Found.Passage
	named := corpus.Span{}
	if r.q.Intent == IntentList {
		switch heading, ok := r.headingOf(e); {
		case ok:
			named, span.Start = heading, heading.Start
		case e.unit.kind == unitSentence && e.unit.label.Len() > 0:
			span = e.unit.label
		}
	}
	quote := string(t.text[span.Start:span.End])
	s := Statement{Quotes: []Quote{{Passage: *t.passage, Span: span.Shift(p.Span.Start), Text: quote}}}
	switch {
	case named.Len() > 0:
		s.Text = readable(string(t.text[named.Start:named.End])) + "：" + readable(string(t.text[e.unit.span.Start:span.End]))
	case e.unit.kind == unitRow:
		var cells []string
		for _, c := range e.unit.clauses {
			cells = append(cells, string(t.text[c.Start:c.End]))
		}
		s.Text = readableCells(cells)
	default:
		s.Text = connective.ReplaceAllString(readable(quote), "")
	}
	s.Text = sentenceEnd(s.Text, r.q.Language)
	return s
}
