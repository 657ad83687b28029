package evaluate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"policykb/retrieval"
)

// byParts is a judge for whom a statement follows when each of its parts stands in a
// quote. It does not decide on rumours.
type byParts struct{ asked int }

func (j *byParts) Entails(_ context.Context, statement string, quotes []retrieval.Quote) (bool, error) {
	j.asked++
	if strings.Contains(statement, "据传") {
		return false, fmt.Errorf("a rumour: %w", ErrUnjudged)
	}
	for part := range strings.SplitSeq(statement, "，") {
		held := false
		for _, q := range quotes {
			held = held || strings.Contains(q.Text, part)
		}
		if !held {
			return false, nil
		}
	}
	return true, nil
}

// Recall and precision of citations as in the examples of ALCE: a citation is of no
// use where it says nothing of the statement and the others suffice.
func TestEntailment(t *testing.T) {
	t.Parallel()
	const half, ceiling, other = "补贴50%", "每年最高100万元", "鼓励开放数据"
	for _, c := range []struct {
		name              string
		statement         string
		quotes            []string
		recall, precision Score
		undecided         int
	}{
		{"one quote says all", "补贴50%，每年最高100万元", []string{half + "，" + ceiling}, Score{1, 1}, Score{1, 1}, 0},
		{"two are needed", "补贴50%，每年最高100万元", []string{half, ceiling}, Score{1, 1}, Score{2, 2}, 0},
		{"each would do", "补贴50%", []string{half, half}, Score{1, 1}, Score{2, 2}, 0},
		{"one is beside the point", "补贴50%", []string{half, other}, Score{1, 1}, Score{1, 2}, 0},
		{"none says it", "每年最高200万元", []string{half, ceiling}, Score{0, 1}, Score{0, 2}, 0},
		{"no quote", "补贴50%", nil, Score{0, 1}, Score{0, 0}, 0},
		{"not decided", "据传补贴50%", []string{half}, Score{}, Score{}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := retrieval.Answer{Answered: true}
			s := retrieval.AnsweredStatement{Text: c.statement}
			for i, text := range c.quotes {
				s.Citations = append(s.Citations, i+1)
				a.Citations = append(a.Citations, retrieval.Citation{Number: i + 1, Quote: retrieval.Quote{Text: text}})
			}
			a.Citations = append(a.Citations, retrieval.Citation{Number: 9, Quote: retrieval.Quote{Text: other}}) // of another statement
			a.Statements = []retrieval.AnsweredStatement{s}
			got, err := entails(t.Context(), &byParts{}, a)
			if err != nil || got != (entailment{c.recall, c.precision, c.undecided}) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	broken := errors.New("the server is away")
	if _, err := entails(t.Context(), failing{broken}, retrieval.Answer{Statements: []retrieval.AnsweredStatement{{}}}); !errors.Is(err, broken) {
		t.Errorf("a judge that fails gives %v", err)
	}
}

type failing struct{ err error }

func (f failing) Entails(context.Context, string, []retrieval.Quote) (bool, error) {
	return false, f.err
}
