package evaluate

import (
	"context"
	"errors"
	"slices"

	"policykb/corpus"
	"policykb/retrieval"
)

// ErrUnjudged marks what a [Judge] could not decide, such as a reply that cannot be
// read. The statement counts for nothing then.
var ErrUnjudged = errors.New("the judge did not decide")

// Judge decides whether a statement follows from quotes, all of them together.
type Judge interface {
	Entails(ctx context.Context, statement string, quotes []retrieval.Quote) (bool, error)
}

// verifier is the judge that every statement of an answer has passed already.
type verifier struct{ places *corpus.Gazetteer }

// Entails implements [Judge].
func (v verifier) Entails(_ context.Context, statement string, quotes []retrieval.Quote) (bool, error) {
	support, _, _ := retrieval.Verify(retrieval.Statement{Text: statement, Quotes: quotes}, v.places)
	return support == retrieval.SupportVerified, nil
}

// entailment is how an answer's statements and their citations fare before a judge,
// as ALCE has it (Gao, Yen, Yu and Chen 2023, Enabling Large Language Models to
// Generate Text with Citations): a statement is recalled when its citations together
// entail it; a citation of a recalled statement is precise unless it alone does not
// entail the statement and the others do without it.
type entailment struct {
	recall, precision Score
	undecided         int // statements
}

// entail scores the statements of an answer, by the verifier and by the judge, if any.
func (t *Trace) entail(ctx context.Context, judge Judge, a retrieval.Answer) error {
	for _, by := range []struct {
		judge             Judge
		recall, precision Measure
	}{{verifier{corpus.Places()}, StatementRecall, StatementPrecision}, {judge, JudgedRecall, JudgedPrecision}} {
		if by.judge == nil || !a.Answered {
			continue
		}
		e, err := entails(ctx, by.judge, a)
		if err != nil {
			return err
		}
		if e.recall.Of > 0 {
			t.Scores[by.recall], t.Scores[by.precision] = e.recall, e.precision
		}
		t.Undecided += e.undecided
	}
	return nil
}

func entails(ctx context.Context, judge Judge, a retrieval.Answer) (e entailment, err error) {
	for _, s := range a.Statements {
		recall, precision, err := entailed(ctx, judge, s.Text, quotesOf(s, a))
		switch {
		case errors.Is(err, ErrUnjudged):
			e.undecided++
			continue
		case err != nil:
			return e, err
		}
		e.recall.Got, e.recall.Of = e.recall.Got+recall.Got, e.recall.Of+recall.Of
		e.precision.Got, e.precision.Of = e.precision.Got+precision.Got, e.precision.Of+precision.Of
	}
	return e, nil
}

func entailed(ctx context.Context, judge Judge, statement string, quotes []retrieval.Quote) (recall, precision Score, err error) {
	recall.Of, precision.Of = 1, float64(len(quotes))
	whole, err := judge.Entails(ctx, statement, quotes)
	if err != nil || !whole {
		return recall, precision, err
	}
	recall.Got = 1
	if len(quotes) == 1 {
		precision.Got = 1
		return recall, precision, nil
	}
	for i := range quotes {
		alone, err := judge.Entails(ctx, statement, quotes[i:i+1])
		if err != nil {
			return recall, precision, err
		}
		needed := false
		if !alone {
			others, err := judge.Entails(ctx, statement, slices.Concat(quotes[:i], quotes[i+1:]))
			if err != nil {
				return recall, precision, err
			}
			needed = !others
		}
		if alone || needed {
			precision.Got++
		}
	}
	return recall, precision, nil
}

// quotesOf are the quotes that a statement cites.
func quotesOf(s retrieval.AnsweredStatement, a retrieval.Answer) (quotes []retrieval.Quote) {
	for _, c := range a.Citations {
		if slices.Contains(s.Citations, c.Number) {
			quotes = append(quotes, c.Quote)
		}
	}
	return quotes
}
