package api

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"
	"strings"
)

// event is one message of an event stream (the EventSource format of WHATWG HTML).
type event struct {
	name string // "" for streams whose messages have no names
	data any
}

// stream is a response that is sent event by event.
type stream struct {
	events iter.Seq2[event, error]
	failed func(error) event // tells of an error, which ends the stream
	end    string            // written after the last event
}

// newStream makes a stream of the events. It takes the first one at once, so that
// a request that fails before anything was sent is answered as a problem.
func newStream(events iter.Seq2[event, error]) (*stream, error) {
	next, stop := iter.Pull2(events)
	first, err, ok := next()
	if !ok || err != nil {
		stop()
		if err == nil {
			err = fmt.Errorf("a stream without events")
		}
		return nil, err
	}
	rest := func(yield func(event, error) bool) {
		defer stop()
		for e, err, ok := first, error(nil), true; ok && yield(e, err); {
			e, err, ok = next()
		}
	}
	return &stream{events: rest, failed: func(err error) event { return event{"error", problemOf(err)} }}, nil
}

// send writes the events as they come. An error ends the stream with an event
// that tells of it.
func (s *stream) send(w http.ResponseWriter) error {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would hold events back
	w.WriteHeader(http.StatusOK)
	control := http.NewResponseController(w)
	for e, err := range s.events {
		if err != nil {
			e = s.failed(err)
		}
		data, marshalling := json.Marshal(e.data)
		if marshalling != nil {
			return marshalling
		}
		name := ""
		if e.name != "" {
			name = "event: " + e.name + "\n"
		}
		if _, writing := fmt.Fprintf(w, "%sdata: %s\n\n", name, data); writing != nil {
			return writing
		}
		if flushing := control.Flush(); flushing != nil {
			return flushing
		}
		if err != nil {
			return err // for the log
		}
	}
	_, err := io.WriteString(w, s.end)
	return err
}

// VisitAskResponse implements AskResponseObject.
func (s *stream) VisitAskResponse(w http.ResponseWriter) error { return s.send(w) }

// VisitCreateChatCompletionResponse implements CreateChatCompletionResponseObject.
func (s *stream) VisitCreateChatCompletionResponse(w http.ResponseWriter) error { return s.send(w) }

// VisitReindexResponse implements ReindexResponseObject.
func (s *stream) VisitReindexResponse(w http.ResponseWriter) error { return s.send(w) }

// VisitWatchJobResponse implements WatchJobResponseObject.
func (s *stream) VisitWatchJobResponse(w http.ResponseWriter) error { return s.send(w) }

// wantsEvents reports whether the request asks for an event stream.
func wantsEvents(r *http.Request) bool {
	return slices.ContainsFunc(r.Header.Values("Accept"), func(v string) bool {
		return strings.Contains(v, "text/event-stream")
	})
}
