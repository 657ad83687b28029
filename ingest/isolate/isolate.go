// Package isolate reads documents in processes of their own, so that a parser
// that loops, takes memory without end or crashes ends nothing but its process.
//
//	Pool.Parse → pipe → Serve → parse.Parse → pipe → Pool.Parse
//
// So are the pages of PDFs looked at and drawn.
//
// A [Pool] starts the program it is told to, usually this one with a hidden
// command, which calls [Serve] and reads one document after the other. Processes
// are kept for the documents that follow, so that only the first pays for a
// start. Formats that are read in a straight line, plain text above all, do not
// leave the process at all.
package isolate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"policykb/ingest/parse"
)

// Codes of documents on which a parser ran away, beside those of package parse;
// one that takes too much memory is [parse.CodeTooLarge].
const (
	CodeTimeout parse.Code = "timeout"      // the parser came to no end
	CodeCrash   parse.Code = "parser_crash" // the parser ended its process
)

// ErrUnavailable marks a document that could not be read because no process could
// be started for it. The document is not to blame; it may be read later.
var ErrUnavailable = errors.New("no process to read documents in")

// Limits bound what reading one document may take.
type Limits struct {
	// Memory in bytes, of the process as a whole; 0 means [DefaultMemory].
	Memory int64
	// Processor is processor time of the process itself, for each of the pages where
	// it says that it goes on; 0 means [DefaultProcessor]. Waiting for another
	// program, such as text recognition, takes none: the context bounds that.
	Processor time.Duration
}

// Defaults of [Limits].
const (
	DefaultMemory    = 1 << 30
	DefaultProcessor = 2 * time.Minute
)

// withDefaults fills what is not set.
func (l Limits) withDefaults() Limits {
	if l.Memory <= 0 {
		l.Memory = DefaultMemory
	}
	if l.Processor <= 0 {
		l.Processor = DefaultProcessor
	}
	return l
}

// Config says how documents are read. Command is required.
type Config struct {
	// Command makes the command that starts one process; its program must call
	// [Serve]. Its Env is what it gets beside what parsers need of this process's
	// environment.
	Command   func() *exec.Cmd
	Processes int // at most; 0 means one for each processor, as far as half the memory goes
	Limits    Limits
	Logger    *slog.Logger // nil means slog.Default
}

// idleTime is how long a process is kept without a document to read.
const idleTime = time.Minute

// Pool reads documents in processes that it keeps. It is safe for concurrent use.
type Pool struct {
	command func() *exec.Cmd
	limits  Limits
	log     *slog.Logger
	places  *semaphore.Weighted

	mu     sync.Mutex
	idle   []*process // the one used last is last
	closed bool
}

// New makes a pool. The first process is started when a document needs one.
func New(c Config) (*Pool, error) {
	if c.Command == nil {
		return nil, errors.New("isolate: a pool needs a command")
	}
	p := &Pool{command: c.Command, limits: c.Limits.withDefaults(), log: c.Logger}
	if p.log == nil {
		p.log = slog.Default()
	}
	if c.Processes <= 0 {
		c.Processes = affordable(runtime.GOMAXPROCS(0), machineMemory(), p.limits.Memory)
	}
	p.places = semaphore.NewWeighted(int64(c.Processes))
	return p, nil
}

// affordable is how many processes, of those wanted, may each take their limit of
// memory without taking more than half of the machine's together; one always may.
func affordable(wanted int, machine, limit int64) int {
	if machine <= 0 {
		return wanted
	}
	return max(1, min(wanted, int(machine/2/limit)))
}

// Parse reads a document as [parse.Parse] does. One on which the parser runs away
// gives a *[parse.Error], and its process is gone; so it is when the context
// ends. Where no process can be had the error is [ErrUnavailable].
func (p *Pool) Parse(ctx context.Context, name string, data []byte) (parse.Document, error) {
	if harmless(name, data) {
		return parse.Parse(ctx, name, data)
	}
	answer, err := p.ask(ctx, request{Name: name, Data: data})
	return answer.Document, err
}

// ViewPage looks at a page of a PDF as [parse.ViewPage] does; its errors are those of Parse.
func (p *Pool) ViewPage(ctx context.Context, data []byte, number int, wanted parse.Excerpt) (parse.View, error) {
	answer, err := p.ask(ctx, request{Data: data, Page: &page{Number: number, Wanted: wanted}})
	return answer.View, err
}

// DrawPage draws a page of a PDF as [parse.DrawPage] does; its errors are those of Parse.
func (p *Pool) DrawPage(ctx context.Context, data []byte, number, width int) ([]byte, error) {
	answer, err := p.ask(ctx, request{Data: data, Page: &page{Number: number, Width: max(width, parse.MinPictureWidth)}})
	return answer.Picture, err
}

// ask has a process answer a request, and gives the error of the parser or what
// the end of its process means.
func (p *Pool) ask(ctx context.Context, r request) (answer, error) {
	if err := p.places.Acquire(ctx, 1); err != nil {
		return answer{}, context.Cause(ctx)
	}
	defer p.places.Release(1)
	for fresh := false; ; fresh = true {
		child, err := p.take(fresh)
		if err != nil {
			return answer{}, err
		}
		given, err := child.read(ctx, r)
		switch {
		case err == nil:
			p.keep(child, given)
			return given, given.err()
		case ctx.Err() != nil:
			return answer{}, context.Cause(ctx)
		case child.documents > 1:
			// It may have suffered from a document before: only a process that read no
			// other says something of this one.
			p.log.Debug("a process that reads documents ended; another tries again", "source", r.Name, "reason", err)
		default:
			p.log.Warn("a parser ran away and its process was ended", "source", r.Name, "reason", err, "said", child.said.String())
			return answer{}, p.verdict(err)
		}
	}
}

// harmlessHTML is the size in bytes up to which a page is read in this process.
const harmlessHTML = 256 << 10

// headSize is how much of a document tells whether its format is harmless.
const headSize = 64 << 10

// harmless reports whether the document is of a format that is read line by line,
// or is a page too small to do harm.
func harmless(name string, data []byte) bool {
	switch parse.Detect(name, data[:min(len(data), headSize)]) {
	case parse.FormatText, parse.FormatMarkdown, parse.FormatCSV:
		return true
	case parse.FormatHTML:
		return len(data) <= harmlessHTML
	}
	return false
}

// verdict says of the end of a process what it means for the document.
func (p *Pool) verdict(err error) error {
	switch {
	case errors.Is(err, errNotStarted):
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	case errors.Is(err, errMemory):
		return &parse.Error{Code: parse.CodeTooLarge, Detail: fmt.Sprintf("reading it takes more than %d MB of memory; split the document, or save it in another format", p.limits.Memory>>20)}
	case errors.Is(err, errProcessor):
		return &parse.Error{Code: CodeTimeout, Detail: fmt.Sprintf("reading it came to no end within %v; save the document anew, or in another format", p.limits.Processor)}
	}
	return &parse.Error{Code: CodeCrash, Detail: "the file makes its parser crash and is probably damaged; save it anew, or in another format, and add it again"}
}

// take returns a process that waits for a document: a new one where fresh is set
// or none is idle.
func (p *Pool) take(fresh bool) (*process, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, fmt.Errorf("%w: the pool is closed", ErrUnavailable)
	}
	for !fresh && len(p.idle) > 0 {
		child := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		if child.idled.Stop() && !child.ended() {
			return child, nil
		}
		child.dismiss()
	}
	child, err := start(p.command(), p.limits)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return child, nil
}

// keep lets a process wait for the next document, if it is fit for one.
func (p *Pool) keep(child *process, last answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || last.Spent {
		child.dismiss()
		return
	}
	child.idled = time.AfterFunc(idleTime, func() { p.retire(child) })
	p.idle = append(p.idle, child)
}

// retire ends a process that has been idle for long.
func (p *Pool) retire(child *process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, other := range p.idle {
		if other == child {
			p.idle = append(p.idle[:i:i], p.idle[i+1:]...)
			child.dismiss()
			return
		}
	}
}

// Close ends the processes that wait. One that reads a document ends with it.
func (p *Pool) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, child := range p.idle {
		child.idled.Stop()
		child.dismiss()
	}
	p.idle = nil
	return nil
}
