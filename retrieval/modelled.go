package retrieval

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// settleTime is what is kept of the time for an answer to give the extractive one
// when the language model has not come to an end.
func settleTime(timeout time.Duration) time.Duration {
	return min(time.Second, timeout/10)
}

// writeModelled lets the language model answer. It gives answered == false where
// the extractive writer must, and has warned of it then. What the model wrote
// before it failed stands, with a warning that there may have been more.
func (s *Service) writeModelled(ctx context.Context, q *Interpretation, passages []Passage, a *Answer, yield func(Event) bool) (going, answered bool, err error) {
	limited, cancel := ctx, context.CancelFunc(func() {})
	if timeout := s.config.AskTimeout; timeout > 0 {
		left := timeout - settleTime(timeout) - a.Timings.Retrieve
		limited, cancel = context.WithTimeout(ctx, max(left, 0))
	}
	defer cancel()
	going, err = s.take(limited, q, s.config.LLM.Write(limited, *q, passages), a, yield)
	if !going || ctx.Err() != nil {
		return going, true, ctx.Err()
	}
	if err != nil {
		detail := err.Error()
		if errors.Is(err, context.DeadlineExceeded) {
			detail = fmt.Sprintf("the language model did not finish within %s", s.config.AskTimeout)
		}
		a.Warnings = append(a.Warnings, modelWarning(a.Answered, detail))
	} else if !a.Answered && len(a.Withheld) > 0 {
		a.Warnings = append(a.Warnings, modelWarning(false, "the model's statements did not stand up to their quotes"))
	}
	if err == nil && !a.Answered && len(a.Withheld) == 0 {
		a.Reason = ReasonNoEvidence // the model found none
		answered = true
	}
	if a.Answered || answered {
		a.Mode = ModeLLM
		if named, ok := s.config.LLM.(interface{ Model() string }); ok {
			a.Model = named.Model()
		}
		return true, true, nil
	}
	return true, false, nil
}

// modelWarning says what the language model's failure means for the answer.
func modelWarning(begun bool, detail string) Warning {
	if begun {
		return Warning{Code: "llm_incomplete", Detail: "the answer may lack something: " + detail}
	}
	return Warning{Code: "llm_failed", Detail: "answered in the documents' own words: " + detail}
}
