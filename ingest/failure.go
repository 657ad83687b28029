package ingest

import (
	"errors"
	"fmt"
	"io/fs"

	"policykb/corpus"
	"policykb/ingest/isolate"
	"policykb/ingest/parse"
	"policykb/retrieval"
)

// errStore marks a failure of the catalogue or the folder of originals, which
// may pass: a full disk is cleared, a lock is released.
var errStore = errors.New("store")

// stored wraps an error of the catalogue for what was being done.
func stored(doing string, err error) error {
	if err == nil || errors.Is(err, corpus.ErrNotFound) || errors.Is(err, corpus.ErrInvalid) {
		return err
	}
	return fmt.Errorf("%s: %w: %w", doing, errStore, err)
}

// failure is a reason for which a job fails for good, in the words of the one
// who must deal with it.
type failure struct{ code, detail string }

func fail(code, format string, args ...any) *failure {
	return &failure{code, fmt.Sprintf(format, args...)}
}

// Error implements error.
func (f *failure) Error() string { return f.detail }

// describeFailure says what failed, on which source and what to do about it.
// Codes of parsers are passed on: empty, unsupported, encrypted, damaged,
// too_large, needs_program, binary; timeout and parser_crash where a parser ran
// away. The pipeline's own are no_text, timeout, gave_up, original_lost,
// embedder_unavailable, index_unavailable, catalogue_unavailable,
// parser_unavailable and internal.
func describeFailure(job corpus.Job, err error) *corpus.JobError {
	var own *failure
	var parsing *parse.Error
	e := &corpus.JobError{Detail: fmt.Sprintf("%s: %v", job.Original.Name, err)}
	advise := func(what string) { e.Detail += "; " + what }
	switch {
	case errors.As(err, &own):
		e.Code = own.code
	case errors.As(err, &parsing):
		e.Code, e.Detail = string(parsing.Code), fmt.Sprintf("%s: %s", job.Original.Name, parsing.Detail)
	case errors.Is(err, errEmbedder):
		e.Code = "embedder_unavailable"
		advise("see that the embedding model can be reached, then retry the job")
	case errors.Is(err, retrieval.ErrUnavailable):
		e.Code = "index_unavailable"
		advise("see that the search engine can be reached, then retry the job")
	case errors.Is(err, isolate.ErrUnavailable):
		e.Code = "parser_unavailable"
		advise("see that the machine has memory and processes to spare, then retry the job")
	case errors.Is(err, errStore):
		e.Code = "catalogue_unavailable"
		advise("see that the disk of the data folder has room, then retry the job")
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, corpus.ErrNotFound):
		e.Code = "original_lost"
		advise("add the document again")
	default:
		e.Code = "internal"
		advise("this should not happen; the log says more")
	}
	return e
}
