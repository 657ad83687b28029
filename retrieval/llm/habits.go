package llm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// habits are the fields of a request that a server of the OpenAI kind has refused
// and is not sent again. langchaingo always sends a temperature, which reasoning
// models refuse, and the newer of two names for the same limit, which older
// servers do not know; not every server takes a schema for its reply.
type habits struct {
	mu      sync.Mutex
	refused map[string]bool
}

// optional are the fields that may be left out or renamed, each with the name that
// takes its place, if any.
var optional = map[string]string{
	"temperature":           "",
	"response_format":       "",
	"stream_options":        "",
	"max_completion_tokens": "max_tokens",
}

// learn notes the optional field a refusal is about and reports whether more is
// left out now than the refused request left out.
func (h *habits) learn(r *StatusError, left int) bool {
	if r.Status != http.StatusBadRequest && r.Status != http.StatusUnprocessableEntity {
		return false
	}
	for field := range optional {
		if r.Param != field && !strings.Contains(r.Message, field) {
			continue
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.refused == nil {
			h.refused = make(map[string]bool)
		}
		h.refused[field] = true
		return len(h.refused) > left
	}
	return false
}

// apply returns the request as it is to be sent, with a body of its own, and the
// number of fields it leaves out.
func (h *habits) apply(req *http.Request) (again *http.Request, left int, err error) {
	again = req.Clone(req.Context())
	if req.Body == nil {
		return again, 0, nil
	}
	if req.GetBody == nil {
		return nil, 0, fmt.Errorf("%s: the request cannot be sent twice", req.URL.Path)
	}
	body, err := req.GetBody()
	if err != nil {
		return nil, 0, err
	}
	again.Body = body
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.refused) == 0 {
		return again, 0, nil
	}
	defer body.Close()
	var fields map[string]json.RawMessage
	if err := json.NewDecoder(body).Decode(&fields); err != nil {
		return nil, 0, fmt.Errorf("the request is no JSON: %w", err)
	}
	for field := range h.refused {
		value, sent := fields[field]
		delete(fields, field)
		if other := optional[field]; sent && other != "" {
			fields[other] = value
		}
	}
	b, err := json.Marshal(fields)
	if err != nil {
		return nil, 0, err
	}
	again.Body, again.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
	return again, len(h.refused), nil
}
