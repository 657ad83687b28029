// Package ingest is the way into the house: bytes come in and become passages
// that can be found.
//
//	source → parse → clean → outline → metadata → chunk → embed → catalogue → index
//
// A [Pipeline] takes sources with [Pipeline.Add], which returns as soon as the
// bytes and a job are safe on disk, and works the jobs off in [Pipeline.Run].
// Every step can be run again: a job that was cut off by a crash, at whatever
// point, is leased again and comes to the same end. Readers see the old version
// of a document until the new one is whole.
//
// The words of a job's life are those of [corpus.Job].
package ingest

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"policykb/corpus"
	"policykb/ingest/chunk"
	"policykb/ingest/parse"
	"policykb/retrieval"
)

// Defaults of [Config].
const (
	DefaultMaxBytes  = 64 << 20
	DefaultJobBudget = 10 * time.Minute
)

// Config says what a pipeline works with. Catalogue, Originals and Index are required.
type Config struct {
	Catalogue corpus.Catalogue
	Originals corpus.Originals
	Index     retrieval.Index
	// Embedder makes the passages' vectors; nil: they get none. One that costs time
	// or money is best wrapped in embed.Cached: jobs are run again after a crash,
	// and an index may be filled more than once.
	Embedder retrieval.Embedder
	// Parser reads the bytes; nil reads them in this process, where one that runs
	// away cannot be ended (see package isolate).
	Parser Parser
	// Readings is the folder in which what slow parsers have read is kept until its
	// job has ended; a job that is cut off goes on from there. "" keeps nothing.
	Readings string

	Workers   int              // jobs worked on at once; 0 means one for each processor
	MaxBytes  int64            // the largest source taken; 0 means [DefaultMaxBytes]
	JobBudget time.Duration    // the longest a job may come no further; 0 means [DefaultJobBudget]
	Limits    chunk.Limits     // of passages; the zero value means the chunker's own
	Logger    *slog.Logger     // nil means slog.Default
	Now       func() time.Time // nil means time.Now
}

// Parser reads the bytes of a source into blocks. The name is the source's. A
// document that cannot be read gives a *[parse.Error]. It returns soon after the
// end of its context. Implementations: isolate.Pool.
type Parser interface {
	Parse(ctx context.Context, name string, data []byte) (parse.Document, error)
}

// Pipeline turns sources into documents. It is safe for concurrent use. All
// writing to the catalogue and the index should go through one pipeline, which
// keeps the two in step.
type Pipeline struct {
	comparing sync.Mutex // held while a document is compared with the others

	catalogue corpus.Catalogue
	originals corpus.Originals
	index     retrieval.Index
	embedder  retrieval.Embedder
	workers   int
	maxBytes  int64
	budget    time.Duration
	lease     time.Duration
	limits    chunk.Limits
	log       *slog.Logger
	now       func() time.Time
	readings  readings
	parse     func(ctx context.Context, name string, data []byte) (parse.Document, error)

	name        string        // tells this process's leases from others'
	wake        chan struct{} // holds a token for each worker that should look for a job
	inFlight    *semaphore.Weighted
	watchers    watchers
	pins        pins
	undescribed undescribed

	// Locks are taken in this order: bytes, identity, document.
	bytesLocks, identityLocks, documentLocks locks

	mu      sync.Mutex
	running map[corpus.JobID]*run
}

// leaseTime is how long a job belongs to a worker that shows no sign of life.
const leaseTime = 30 * time.Second

// New makes a pipeline. Nothing is worked on before [Pipeline.Run].
func New(c Config) (*Pipeline, error) {
	if c.Catalogue == nil || c.Originals == nil || c.Index == nil {
		return nil, errors.New("ingest: a pipeline needs a catalogue, a folder of originals and an index")
	}
	p := &Pipeline{
		catalogue:   c.Catalogue,
		originals:   c.Originals,
		index:       c.Index,
		embedder:    c.Embedder,
		workers:     c.Workers,
		maxBytes:    c.MaxBytes,
		budget:      c.JobBudget,
		lease:       leaseTime,
		limits:      c.Limits,
		log:         c.Logger,
		now:         c.Now,
		readings:    readings{folder: c.Readings, slow: slowReading},
		parse:       parse.Parse,
		name:        rand.Text(),
		undescribed: undescribed{catalogue: c.Catalogue},
		running:     make(map[corpus.JobID]*run),
	}
	if c.Parser != nil {
		p.parse = c.Parser.Parse
	}
	if p.workers <= 0 {
		p.workers = runtime.GOMAXPROCS(0)
	}
	if p.maxBytes <= 0 {
		p.maxBytes = DefaultMaxBytes
	}
	if p.budget <= 0 {
		p.budget = DefaultJobBudget
	}
	if p.log == nil {
		p.log = slog.Default()
	}
	if p.now == nil {
		p.now = time.Now
	}
	p.wake = make(chan struct{}, p.workers)
	p.inFlight = semaphore.NewWeighted(bytesInFlight)
	return p, nil
}

// bytesInFlight bounds the size of the sources worked on at once. What is made
// of a source takes several times its size, so that this, not the number of
// workers, bounds memory where sources are large.
const bytesInFlight = 96 << 20

// newID makes an opaque name: 26 letters and digits, 128 random bits.
func newID() string { return rand.Text() }
