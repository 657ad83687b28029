package llm

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// StatusError is a refusal by a model server.
type StatusError struct {
	Status     int
	RetryAfter time.Duration // 0 where the server did not say
	Message    string        // the server's words, shortened
	Param      string        // the field of the request that was refused, where the server said
}

func (e *StatusError) Error() string {
	text := fmt.Sprintf("the model server answered %d %s", e.Status, http.StatusText(e.Status))
	if e.Message != "" {
		text += ": " + e.Message
	}
	return text
}

// Temporary reports whether the same request may succeed later.
func (e *StatusError) Temporary() bool {
	switch e.Status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, 529: // 529: overloaded, says Anthropic
		return true
	}
	return false
}

// readRefusal reads what a server says with any status but 200.
func readRefusal(resp *http.Response) *StatusError {
	b, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBytes)) // what arrived is all there is to tell
	message, param := errorMessage(b)
	return &StatusError{Status: resp.StatusCode, RetryAfter: retryAfter(resp.Header), Message: message, Param: param}
}

// retryAfter reads a Retry-After header in seconds or as a date (RFC 9110, 10.2.3).
func retryAfter(h http.Header) time.Duration {
	v := h.Get("Retry-After")
	if seconds, err := strconv.ParseFloat(v, 64); err == nil && seconds > 0 && seconds < 1e6 {
		return time.Duration(seconds * float64(time.Second))
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

// errorMessage finds the sentence in an error body, whichever of the usual shapes
// it has, and shortens it, and the name of the field it is about.
func errorMessage(body []byte) (message, param string) {
	var reply struct {
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"`
	}
	message = strings.TrimSpace(string(body))
	if json.Unmarshal(body, &reply) == nil {
		var inner struct {
			Message string `json:"message"`
			Param   any    `json:"param"`
		}
		var plain string
		switch {
		case json.Unmarshal(reply.Error, &plain) == nil && plain != "":
			message = plain
		case json.Unmarshal(reply.Error, &inner) == nil && inner.Message != "":
			message = inner.Message
			param, _ = inner.Param.(string)
		case reply.Message != "":
			message = reply.Message
		}
	}
	message = strings.Join(strings.Fields(strings.ToValidUTF8(message, "�")), " ")
	if runes := []rune(message); len(runes) > 200 {
		message = string(runes[:200]) + "…"
	}
	return message, param
}
