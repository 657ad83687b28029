package api

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
)

// event is one message of an event stream (the EventSource format of WHATWG HTML).
type event struct {
	name string
	data any
}

// stream is a response that is sent event by event.
type stream struct {
	ctx    context.Context
	events iter.Seq2[event, error]
}

// newStream makes a stream of the events. It takes the first one at once, so that
// a request that fails before anything was sent is answered as a problem.
func newStream(ctx context.Context, events iter.Seq2[event, error]) (*stream, error) {
	next, stop := iter.Pull2(events)
	first, err, ok := next()
	if !ok || err != nil {
		stop()
		if err == nil {
			err = fmt.Errorf("a stream without events")
		}
		return nil, err
	}
	return &stream{ctx, func(yield func(event, error) bool) {
		defer stop()
		for e, err, ok := first, error(nil), true; ok && yield(e, err); {
			e, err, ok = next()
		}
	}}, nil
}

// send writes the events as they come. An error ends the stream with an event
// "error" that holds the problem.
func (s *stream) send(w http.ResponseWriter) error {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would hold events back
	w.WriteHeader(http.StatusOK)
	control := http.NewResponseController(w)
	for e, err := range s.events {
		if err != nil {
			e = event{"error", problemOf(err)}
		}
		data, marshalling := json.Marshal(e.data)
		if marshalling != nil {
			return marshalling
		}
		if _, writing := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", e.name, data); writing != nil {
			return writing
		}
		if flushing := control.Flush(); flushing != nil {
			return flushing
		}
		if err != nil {
			return err // for the log
		}
	}
	return nil
}

// VisitAskResponse implements AskResponseObject.
func (s *stream) VisitAskResponse(w http.ResponseWriter) error { return s.send(w) }

// VisitWatchJobResponse implements WatchJobResponseObject.
func (s *stream) VisitWatchJobResponse(w http.ResponseWriter) error { return s.send(w) }

// wantsEvents reports whether the request asks for an event stream.
func wantsEvents(r *http.Request) bool {
	return slices.ContainsFunc(r.Header.Values("Accept"), func(v string) bool {
		return strings.Contains(v, "text/event-stream")
	})
}
