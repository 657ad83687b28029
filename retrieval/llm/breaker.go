package llm

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// When a breaker opens and for how long.
const (
	breakerFailures = 4
	breakerRest     = 30 * time.Second
)

// ErrResting marks a call that was not made, because the model has failed
// several times in a row and is left alone for a while.
var ErrResting = errors.New("the model is left alone after repeated failures")

// breaker keeps questions from waiting for a model that is down. It opens after
// breakerFailures failures in a row; breakerRest later one call is let through,
// and its outcome decides.
type breaker struct {
	mu       sync.Mutex
	now      func() time.Time
	failures int
	until    time.Time
	trying   bool
}

// allow reports whether a call may be made. A call that was allowed must be
// followed by done.
func (b *breaker) allow() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures < breakerFailures {
		return nil
	}
	if wait := b.until.Sub(b.now()); wait > 0 || b.trying {
		return fmt.Errorf("%w: %d in a row; it is tried again in %s", ErrResting, b.failures, max(wait, time.Second).Round(time.Second))
	}
	b.trying = true
	return nil
}

// done takes in how a call ended. That the asker went away, or that the model
// would not answer, says nothing about its health.
func (b *breaker) done(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.trying = false
	switch {
	case err == nil, errors.Is(err, ErrRefused):
		b.failures = 0
	case errors.Is(err, context.Canceled), errors.Is(err, ErrOverBudget):
	default:
		b.failures++
		b.until = b.now().Add(breakerRest)
	}
}
