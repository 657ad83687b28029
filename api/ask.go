package api

import (
	"context"
	"iter"

	"policykb/retrieval"
)

// Ask answers a question, whole or as events. (POST /v1/ask)
func (s *Server) Ask(ctx context.Context, r AskRequestObject) (AskResponseObject, error) {
	question, err := askRequest(*r.Body)
	if err != nil {
		return nil, err
	}
	if wantsEvents(requestOf(ctx)) {
		return newStream(s.answerEvents(ctx, question))
	}
	a, err := s.answers.Ask(ctx, question)
	if err != nil {
		return nil, err
	}
	return Ask200JSONResponse(answer(a)), nil
}

// answerEvents turns the steps of an answer into events.
func (s *Server) answerEvents(ctx context.Context, question retrieval.Request) iter.Seq2[event, error] {
	return func(yield func(event, error) bool) {
		for step, err := range s.answers.Stream(ctx, question) {
			if err != nil {
				yield(event{}, err)
				return
			}
			if !yield(answerEvent(step), nil) {
				return
			}
		}
	}
}

// answerEvent names the step that is set.
func answerEvent(step retrieval.Event) event {
	switch {
	case step.Interpretation != nil:
		return event{"interpretation", interpretation(*step.Interpretation)}
	case step.Statement != nil:
		return event{"statement", statement(*step.Statement)}
	case step.Done != nil:
		return event{"done", answer(*step.Done)}
	}
	return event{"passages", map[string][]Passage{"passages": passages(step.Passages)}}
}

// Search ranks passages. (POST /v1/search)
func (s *Server) Search(ctx context.Context, r SearchRequestObject) (SearchResponseObject, error) {
	query, err := searchRequest(*r.Body)
	if err != nil {
		return nil, err
	}
	found, err := s.answers.Search(ctx, query)
	if err != nil {
		return nil, err
	}
	return Search200JSONResponse(searchResult(found)), nil
}
