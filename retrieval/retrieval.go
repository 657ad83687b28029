// Package retrieval is the way out of the house: a question comes in as words
// and leaves as a cited answer.
//
//	question → interpret → search → write → verify → Answer
//
// [Service.Ask] reads as these steps. An [Index] finds passages, a [Writer]
// turns them into statements with the quotes they rest on, and the verifier
// lets a statement pass only when its figures, dates and names stand in its
// quotes. Where the passages do not hold the answer, the answer says so.
//
// # The offline answer
//
// Without a language model the documents answer in their own words. The question
// is taken apart into concepts, each with the words of the [Thesaurus] that can
// stand for it and a weight for how rare it is, and into the sorts of facts it
// wants: a sum, a share, a day, a number of things. Every sentence, table row,
// list item and heading of the best passages is then a candidate, weighed by
// [Features] that say why: the ideas it names itself and those that stand around
// and over it, a wanted fact beside them, whose place and which year the fact is
// of, the form of a definition or a list. The best is trimmed to the clauses that
// carry the answer and quoted. [Doubt] turns what speaks for it into a
// probability; below a threshold the question is declined.
//
// The weights of both are fitted by a test, TestCalibrate, on questions kept apart
// from those that judge.
package retrieval

import "errors"

// Errors that callers tell apart.
var (
	// ErrUnavailable marks a failure that may pass: try again later.
	ErrUnavailable = errors.New("unavailable")
	// ErrInvalid marks a request that can never succeed as it stands.
	ErrInvalid = errors.New("invalid")
)
