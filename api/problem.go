package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"policykb/corpus"
	"policykb/ingest"
	"policykb/retrieval"
)

// problemError is an error that says itself what the client is told.
type problemError struct {
	status int
	detail string
	fields []FieldError
}

// Error implements error.
func (e *problemError) Error() string { return e.detail }

// refuse makes an error that the client sees with this status and detail.
func refuse(status int, format string, args ...any) error {
	return &problemError{status: status, detail: fmt.Sprintf(format, args...)}
}

// refuseFields makes a 400 that names the bad fields of the request.
func refuseFields(fields ...FieldError) error {
	e := &problemError{status: http.StatusBadRequest, fields: fields}
	for i, f := range fields {
		if i > 0 {
			e.detail += "; "
		}
		e.detail += f.Field + ": " + f.Detail
	}
	return e
}

// names gives the statuses that are answered their problem type and title.
var names = map[int]struct{ kind, title string }{
	http.StatusBadRequest:            {"invalid-request", "The request is not valid"},
	http.StatusUnauthorized:          {"no-key", "Who asks is not known"},
	http.StatusForbidden:             {"forbidden", "This is not allowed"},
	http.StatusNotFound:              {"not-found", "There is no such thing here"},
	http.StatusMethodNotAllowed:      {"method-not-allowed", "This cannot be done here"},
	http.StatusRequestTimeout:        {"timeout", "The request took too long to arrive"},
	http.StatusConflict:              {"conflict", "The request does not fit the state of things"},
	http.StatusRequestEntityTooLarge: {"too-large", "The request is too large"},
	http.StatusUnsupportedMediaType:  {"unsupported-media-type", "The body is of a kind that is not read here"},
	http.StatusMisdirectedRequest:    {"misdirected", "This server is not the one that was asked for"},
	http.StatusUnprocessableEntity:   {"refused-address", "The address is not fetched"},
	http.StatusFailedDependency:      {"unreachable-address", "The address did not answer as it should"},
	http.StatusServiceUnavailable:    {"unavailable", "A part of the service does not answer"},
	http.StatusTooManyRequests:       {"too-many-requests", "You ask too often"},
	http.StatusInsufficientStorage:   {"full", "There is no room left"},
	http.StatusInternalServerError:   {"internal", "Something went wrong on our side"},
}

// problemTypes is what all types of problems begin with.
const problemTypes = "urn:problem-type:policykb:"

// problemOf is the one place where the kind of an error decides the status. What
// the client cannot mend is not told in detail; it stands in the log.
func problemOf(err error) Problem {
	status, detail := http.StatusInternalServerError, "The error has been logged under the request's id."
	var (
		own      *problemError
		tooLarge *http.MaxBytesError
		routing  *echo.HTTPError
		fields   []FieldError
	)
	switch {
	case errors.As(err, &own):
		status, detail, fields = own.status, own.detail, own.fields
	case errors.As(err, &tooLarge):
		status, detail = http.StatusRequestEntityTooLarge, fmt.Sprintf("The body has more than %d bytes.", tooLarge.Limit)
	case errors.Is(err, errStalled):
		status, detail = http.StatusRequestTimeout, "The body stopped coming."
	case errors.Is(err, ingest.ErrTooLarge):
		status, detail = http.StatusRequestEntityTooLarge, err.Error()
	case errors.Is(err, corpus.ErrNotFound):
		status, detail = http.StatusNotFound, err.Error()
	case errors.Is(err, corpus.ErrConflict):
		status, detail = http.StatusConflict, err.Error()
	case errors.Is(err, corpus.ErrInvalid), errors.Is(err, retrieval.ErrInvalid):
		status, detail = http.StatusBadRequest, err.Error()
	case errors.Is(err, ingest.ErrRefusedAddress):
		status, detail = http.StatusUnprocessableEntity, err.Error()
	case errors.Is(err, ingest.ErrUnreachable):
		status, detail = http.StatusFailedDependency, err.Error()
	case errors.Is(err, retrieval.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		status, detail = http.StatusServiceUnavailable, "Try again in a moment."
	case errors.As(err, &routing) && routing.Code < http.StatusInternalServerError:
		status, detail = routing.Code, fmt.Sprint(routing.Message)
	}
	name, ok := names[status]
	if !ok {
		name.kind, name.title = "other", http.StatusText(status)
	}
	return Problem{
		Type:   problemTypes + name.kind,
		Title:  name.title,
		Status: status,
		Detail: detail,
		Errors: fields,
	}
}

// handleError answers an error as a problem and logs what is our fault. Where the
// answer has begun there is nobody left to tell.
func (s *Server) handleError(err error, c echo.Context) {
	p := problemOf(err)
	id := c.Response().Header().Get(echo.HeaderXRequestID)
	instance := "urn:request:" + id
	p.Instance = &instance
	if p.Status >= http.StatusInternalServerError && !gone(c.Request()) {
		s.log.LogAttrs(c.Request().Context(), slog.LevelError, "request failed",
			slog.String("request", id), slog.Int("status", p.Status), slog.Any("error", err))
	}
	if c.Response().Committed {
		return
	}
	said, kind := inShapeOf(c.Path(), p)
	body, err := json.Marshal(said)
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	if p.Status == http.StatusServiceUnavailable {
		c.Response().Header().Set(echo.HeaderRetryAfter, "1")
	}
	if err := c.Blob(p.Status, kind, body); err != nil {
		s.log.Debug("problem not delivered", "request", id, "error", err)
	}
}

// inShapeOf gives a problem the shape that the clients of a route know errors in.
func inShapeOf(route string, p Problem) (said any, mediaType string) {
	switch {
	case strings.HasPrefix(route, "/v1/chat/"), strings.HasPrefix(route, "/v1/models"), strings.HasPrefix(route, "/v1/vector_stores/"):
		return openAIError(p), echo.MIMEApplicationJSON
	case route == "/retrieval":
		return difyError(p), echo.MIMEApplicationJSON
	}
	return p, "application/problem+json"
}

// openAIError is a problem in OpenAI's shape.
func openAIError(p Problem) OpenAIError {
	kind := "invalid_request_error"
	switch {
	case p.Status == http.StatusUnauthorized:
		kind = "authentication_error"
	case p.Status == http.StatusForbidden:
		kind = "permission_error"
	case p.Status == http.StatusTooManyRequests:
		kind = "rate_limit_error"
	case p.Status >= http.StatusInternalServerError:
		kind = "server_error"
	}
	code := strings.TrimPrefix(p.Type, problemTypes)
	detail := OpenAIErrorDetail{Message: p.Detail, Type: kind, Code: &code}
	if len(p.Errors) > 0 {
		detail.Param = &p.Errors[0].Field
	}
	return OpenAIError{Error: detail}
}

// Dify's codes for keys; for the rest it names none, and gets the status.
const (
	difyNoKey     = 1001
	difyForbidden = 1002
)

// difyError is a problem in Dify's shape.
func difyError(p Problem) DifyError {
	code := p.Status
	switch p.Status {
	case http.StatusUnauthorized:
		code = difyNoKey
	case http.StatusForbidden:
		code = difyForbidden
	}
	return DifyError{ErrorCode: code, ErrorMsg: p.Detail}
}

// gone reports whether the client went away, so that what failed then is no news.
func gone(r *http.Request) bool { return errors.Is(r.Context().Err(), context.Canceled) }
