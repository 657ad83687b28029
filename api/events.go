package api

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// event is one message of an event stream (the EventSource format of WHATWG HTML).
type event struct {
	name string // "" for streams whose messages have no names
	data any
}

// heartbeat is how often a stream that has nothing to tell says that it is alive: the
// proxies on the way close connections that are silent for a minute.
const heartbeat = 15 * time.Second

// stream is a response that is sent event by event.
type stream struct {
	events iter.Seq2[event, error]
	failed func(error) event // tells of an error, which ends the stream
	end    string            // written after the last event
	beat   time.Duration     // between two heartbeats
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
	return &stream{events: rest, failed: func(err error) event { return event{"error", problemOf(err)} }, beat: heartbeat}, nil
}

// send writes the events as they come, and comments while there are none, which every
// client passes over. An error ends the stream with an event that tells of it.
func (s *stream) send(w http.ResponseWriter) error {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would hold events back
	w.WriteHeader(http.StatusOK)
	control := http.NewResponseController(w)
	var sending sync.Mutex
	write := func(text string) error {
		sending.Lock()
		defer sending.Unlock()
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
		return control.Flush()
	}
	defer beating(s.beat, func() error { return write(": \n\n") })()
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
		if failed := write(fmt.Sprintf("%sdata: %s\n\n", name, data)); failed != nil {
			return failed
		}
		if err != nil {
			return err // for the log
		}
	}
	return write(s.end)
}

// beating calls beat at the interval until it fails or the returned function is called.
func beating(interval time.Duration, beat func() error) (stop func()) {
	ended := make(chan struct{})
	var beats sync.WaitGroup
	beats.Go(func() {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-ended:
				return
			case <-ticker.C:
				if beat() != nil {
					return // whoever writes next finds out why
				}
			}
		}
	})
	return func() {
		close(ended)
		beats.Wait()
	}
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
