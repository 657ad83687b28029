// Package retrieval is the way out of the house: a question comes in as words
// and leaves as a cited answer.
//
//	question → interpret → search → write → verify → Answer
//
// [Service.Ask] reads as these steps. An [Index] finds passages, a [Writer]
// turns them into statements with the quotes they rest on, and the verifier
// lets a statement pass only when its figures, dates and names stand in its
// quotes. Where the passages do not hold the answer, the answer says so.
package retrieval

import "errors"

// Errors that callers tell apart.
var (
	// ErrUnavailable marks a failure that may pass: try again later.
	ErrUnavailable = errors.New("unavailable")
	// ErrInvalid marks a request that can never succeed as it stands.
	ErrInvalid = errors.New("invalid")
)
