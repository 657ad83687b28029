package api

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"policykb/retrieval"
)

// Ask answers a question, whole or as events. (POST /v1/ask)
func (s *Server) Ask(ctx context.Context, r AskRequestObject) (AskResponseObject, error) {
	question, err := askRequest(*r.Body)
	if err != nil {
		return nil, err
	}
	steps, err := s.answer(ctx, callerOf(ctx).key, question)
	if err != nil {
		return nil, err
	}
	if wantsEvents(requestOf(ctx)) {
		return newStream(answerEvents(steps))
	}
	a, err := lastOf(steps)
	if err != nil {
		return nil, err
	}
	return Ask200JSONResponse(answer(a)), nil
}

// answer answers a question from the documents that the key may see.
func (s *Server) answer(ctx context.Context, key Key, question retrieval.Request) (iter.Seq2[retrieval.Event, error], error) {
	f, err := s.within(ctx, key, question.Filter)
	if err != nil {
		return nil, err
	}
	question.Filter, question.Scope = f, key.scope()
	if s.questions {
		s.log.InfoContext(ctx, "question", "question", question.Question, "who", key.Name)
	}
	return s.metrics.watch(s.linked(ctx, key, s.answers.Stream(ctx, question))), nil
}

// linked leaves out of the citations of an answer what the key does not see.
func (s *Server) linked(ctx context.Context, key Key, steps iter.Seq2[retrieval.Event, error]) iter.Seq2[retrieval.Event, error] {
	return func(yield func(retrieval.Event, error) bool) {
		kept := s.links(key)
		for step, err := range steps {
			if step.Done != nil {
				for i := range step.Done.Citations {
					err = errors.Join(err, kept.keep(ctx, &step.Done.Citations[i].Quote.Passage.Found.Document))
				}
			}
			if !yield(step, err) || err != nil {
				return
			}
		}
	}
}

// lastOf returns the answer that the steps end with.
func lastOf(steps iter.Seq2[retrieval.Event, error]) (retrieval.Answer, error) {
	for step, err := range steps {
		if err != nil {
			return retrieval.Answer{}, err
		}
		if step.Done != nil {
			return *step.Done, nil
		}
	}
	return retrieval.Answer{}, fmt.Errorf("the answer broke off")
}

// answerEvents turns the steps of an answer into events.
func answerEvents(steps iter.Seq2[retrieval.Event, error]) iter.Seq2[event, error] {
	return func(yield func(event, error) bool) {
		for step, err := range steps {
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
	if query.Filter, err = s.within(ctx, callerOf(ctx).key, query.Filter); err != nil {
		return nil, err
	}
	found, err := s.answers.Search(ctx, query)
	if err != nil {
		return nil, err
	}
	return Search200JSONResponse(searchResult(found)), nil
}
