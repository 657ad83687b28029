package llm

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Bounds on what is asked of a model server and what it may send.
const (
	maxReplyBytes  = 8 << 20
	maxVectorBytes = 64 << 20
	maxErrorBytes  = 64 << 10
	maxLineBytes   = 60 << 10 // the clients' scanners stop at 64 KiB, without an error
	maxAttempts    = 3
	maxRetryAfter  = 20 * time.Second
	firstPause     = 300 * time.Millisecond // before the second attempt
)

// Failures of a model server that a caller tells apart.
var (
	// ErrCutOff marks a reply that ended before the model had finished.
	ErrCutOff = errors.New("the model's reply was cut off")
	// ErrMalformed marks a reply that is not what the protocol says.
	ErrMalformed = errors.New("the model's reply is malformed")
	// ErrRefused marks a question that the model would not answer.
	ErrRefused = errors.New("the model refused to answer")
)

// protocol is the shape in which a server speaks.
type protocol int

const (
	protocolOpenAI    protocol = iota // server-sent events, ended by [DONE]
	protocolAnthropic                 // server-sent events, ended by message_stop
	protocolOllama                    // a JSON object a line, the last with "done": true
)

// guard is the one place where a model server's HTTP is looked after. The
// clients of langchaingo lose the status of a refusal, report a stream that was
// cut off as a whole reply, never retry, and take vectors in the order in which
// they arrive; guard mends all of it for every protocol. What it found out is
// noted in the request's [outcome], because the clients also lose the errors
// that a round trip returns and what a reply has cost.
type guard struct {
	base     http.RoundTripper
	protocol protocol
	pause    time.Duration // before the second attempt; each further one waits longer
	habits   habits
}

// newClient returns an HTTP client with a guard in front. It follows no
// redirection: keys and questions go where the settings say and nowhere else.
func newClient(p protocol, base http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     &guard{base: base, protocol: p, pause: firstPause},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// RoundTrip sends the request, again where that may help, and returns a body that
// fails where the reply is not whole.
func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	o := outcomeOf(ctx)
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval = g.pause
	resp, err := backoff.Retry(ctx, func() (*http.Response, error) { return g.try(req) },
		backoff.WithMaxTries(maxAttempts), backoff.WithBackOff(pauses))
	var wait *waitError
	if errors.As(err, &wait) {
		err = wait.refusal
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		if resp != nil {
			resp.Body.Close()
		}
		return nil, o.fail(err)
	}
	if isEmbedding(req) {
		if err := orderVectors(req, resp); err != nil {
			return nil, o.fail(err)
		}
		return resp, nil
	}
	resp.Body = newStream(ctx, resp.Body, g.protocol, o)
	return resp, nil
}

// isEmbedding reports whether the request asks for vectors.
func isEmbedding(req *http.Request) bool {
	return strings.HasSuffix(req.URL.Path, "/embeddings") || strings.HasSuffix(req.URL.Path, "/embed")
}

// waitError is a refusal that names when to come again.
type waitError struct {
	refusal *StatusError
	after   *backoff.RetryAfterError
}

func (e *waitError) Error() string   { return e.refusal.Error() }
func (e *waitError) Unwrap() []error { return []error{e.refusal, e.after} }

// try sends the request once. Failures that will not pass are permanent.
func (g *guard) try(req *http.Request) (*http.Response, error) {
	again, left, err := g.habits.apply(req)
	if err != nil {
		return nil, backoff.Permanent(err)
	}
	resp, err := g.base.RoundTrip(again)
	if err != nil {
		if req.Context().Err() != nil {
			return nil, backoff.Permanent(req.Context().Err())
		}
		if errors.Is(err, ErrNotRecorded) {
			return nil, backoff.Permanent(err)
		}
		return nil, fmt.Errorf("reach the model server: %w", err)
	}
	if resp.StatusCode == http.StatusOK {
		return resp, nil
	}
	defer resp.Body.Close()
	refusal := readRefusal(resp)
	if g.habits.learn(refusal, left) {
		return g.try(req)
	}
	deadline, bounded := req.Context().Deadline()
	switch wait := refusal.RetryAfter; {
	case !refusal.Temporary(), wait > maxRetryAfter, bounded && time.Until(deadline) < wait:
		return nil, backoff.Permanent(refusal)
	case wait > 0:
		return nil, &waitError{refusal, &backoff.RetryAfterError{Duration: wait}}
	}
	return nil, refusal
}

type outcomeKey struct{}

// watched returns a context whose requests report to the outcome.
func watched(ctx context.Context) (context.Context, *outcome) {
	o := new(outcome)
	return context.WithValue(ctx, outcomeKey{}, o), o
}

// outcomeOf returns the outcome a request reports to.
func outcomeOf(ctx context.Context) *outcome {
	if o, ok := ctx.Value(outcomeKey{}).(*outcome); ok {
		return o
	}
	return new(outcome)
}
