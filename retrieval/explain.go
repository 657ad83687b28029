package retrieval

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"reflect"
	"slices"

	"policykb/corpus"
)

// Explanation says why a question finds the passages it finds and why the
// built-in writer chooses the sentences it chooses.
type Explanation struct {
	Passages []PassageReason // as they are ranked, best first
	Chosen   []UnitReason    // the units the answer is written from
	Others   []UnitReason    // the best of those it is not written from
	// Doubt is what speaks for and against an answer; with its bias it sums up to
	// the log odds of Probability.
	Doubt       []Factor
	Probability float64 // that the best unit answers; below Threshold the question is declined
	Threshold   float64
}

// PassageReason says what ranks a passage.
type PassageReason struct {
	Passage Passage
	InText  []string // the question's words, or what stands for them, that its text holds
	Above   []string // and those that title, headings or table header hold
	Best    UnitReason
}

// UnitReason says what a sentence, item or row weighs.
type UnitReason struct {
	Document corpus.DocumentID
	Span     corpus.Span // in the version's canonical text
	Text     string
	Score    float64
	Factors  []Factor // of the score, the heaviest first
}

// Factor is one feature and what it is weighed by: Value × Weight is its part of
// a sum.
type Factor struct {
	Name   string  `json:"name"`
	Value  float64 `json:"value"`
	Weight float64 `json:"weight"`
}

// Explain goes the way of [Service.Ask] up to the sentences and says what was
// weighed. It gives at most limit passages and as many units that were not chosen.
func (s *Service) Explain(ctx context.Context, r Request, limit int) (Explanation, error) {
	if err := s.check(r); err != nil {
		return Explanation{}, err
	}
	q, err := s.understand(ctx, r)
	if err != nil {
		return Explanation{}, err
	}
	found, err := s.find(ctx, &q, bounds{limit: readPassages})
	passages := found.passages
	if err != nil || len(passages) == 0 {
		return Explanation{}, err
	}
	why := Explanation{Threshold: s.threshold()}
	reader := newReader(&q, s.extractive.places, s.extractive.weights)
	if limit > 0 {
		why.Passages = newReader(&q, s.extractive.places, passageWeights).reasons(passages[:min(limit, len(passages))])
	}
	around, err := s.around(ctx, &q, passages[:min(s.reads(&q), len(passages))])
	if err != nil {
		return Explanation{}, fmt.Errorf("explain: %w", err)
	}
	d := s.extractive.draft(&q, around)
	for _, e := range d.chosen {
		why.Chosen = append(why.Chosen, reader.reason(e))
	}
	if limit > 0 {
		why.Others = reader.others(around, why.Chosen, limit)
	}
	why.Doubt = append(factors(d.doubt, answerWeights), Factor{Name: "Bias", Value: 1, Weight: answerBias})
	why.Probability = d.doubt.Probability()
	return why, nil
}

// others are the best units that none of the chosen overlaps.
func (r *reader) others(passages []Passage, chosen []UnitReason, limit int) []UnitReason {
	var others []UnitReason
	for _, e := range r.weigh(r.read(passages)) {
		u := r.reason(e)
		if slices.ContainsFunc(chosen, func(c UnitReason) bool { return c.Document == u.Document && c.Span.Overlaps(u.Span) }) {
			continue
		}
		if others = append(others, u); len(others) == limit {
			break
		}
	}
	return others
}

// reasons says what ranks each passage.
func (r *reader) reasons(passages []Passage) []PassageReason {
	readings := r.read(passages)
	best := make(map[*Passage]evidence, len(passages))
	for _, e := range r.weigh(readings) {
		if _, ok := best[e.reading.passage]; !ok {
			best[e.reading.passage] = e
		}
	}
	reasons := make([]PassageReason, 0, len(passages))
	for i := range passages {
		p := &passages[i]
		why := PassageReason{Passage: *p, InText: r.held(p.Found.Passage.Text), Above: r.held(headOf(p.Found))}
		if e, ok := best[p]; ok {
			why.Best = r.reason(e)
		}
		reasons = append(reasons, why)
	}
	return reasons
}

// held lists the question's ideas that a text holds, in whatever words.
func (r *reader) held(text string) []string {
	runes := []rune(text)
	var words []string
	for c, v := range r.cover(r.match.find(runes), corpus.Span{End: len(runes)}) {
		if v > 0 {
			words = append(words, r.q.Concepts[c].Text)
		}
	}
	return words
}

func (r *reader) reason(e evidence) UnitReason {
	p := e.reading.passage.Found
	return UnitReason{
		Document: p.Document.ID, Span: e.unit.span.Shift(p.Passage.Span.Start),
		Text: e.text(e.unit.span), Score: e.score, Factors: factors(e.features, r.weights),
	}
}

// factors pairs features with their weights, the heaviest first; those that are
// 0 are left out. Both are structs of the same type.
func factors[T any](features, weights T) []Factor {
	var all []Factor
	values, by := reflect.ValueOf(features), reflect.ValueOf(weights)
	for _, field := range reflect.VisibleFields(values.Type()) {
		if field.Type.Kind() != reflect.Float64 {
			continue
		}
		if value := values.FieldByIndex(field.Index).Float(); value != 0 {
			all = append(all, Factor{field.Name, value, by.FieldByIndex(field.Index).Float()})
		}
	}
	slices.SortStableFunc(all, func(a, b Factor) int {
		return cmp.Compare(math.Abs(b.Value*b.Weight), math.Abs(a.Value*a.Weight))
	})
	return all
}
