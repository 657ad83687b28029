package isolate

import (
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"sync/atomic"
	"time"

	"policykb/ingest/parse"
)

// Parser reads a document. It is [parse.Parse] outside of tests.
type Parser func(ctx context.Context, name string, data []byte) (parse.Document, error)

// deepestStack bounds recursion: 64 MiB are some hundred thousand calls.
const deepestStack = 64 << 20

// Serve is what the program of a [Pool] does: it reads one document after the
// other from in and writes what became of each to out. It ends the process when
// in ends, whatever it is at, so that none outlives the one it reads for, and
// when a document takes more than the limits that the pool has set in the
// environment; so it returns only an error.
//
// out may be the standard output: what parsers print there goes to standard error.
func Serve(in io.Reader, out io.Writer, read Parser) error {
	limits, err := limitsFromEnvironment()
	if err != nil {
		return err
	}
	debug.SetMemoryLimit(limits.Memory / 4 * 3)
	debug.SetMaxStack(deepestStack)
	if err := setCeiling(limits.Memory); err != nil {
		return fmt.Errorf("limit memory: %w", err)
	}
	os.Stdout = os.Stderr
	answers := gob.NewEncoder(out)
	if err := answers.Encode(greeting{Ready: true}); err != nil {
		return fmt.Errorf("greet: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	requests := make(chan request)
	go func() {
		decoder := gob.NewDecoder(in)
		for {
			var r request
			if err := decoder.Decode(&r); err != nil { // nobody waits for an answer any more
				stop() // ends the program that the parser may have called
				time.Sleep(grace)
				os.Exit(0)
			}
			requests <- r
		}
	}()
	for r := range requests {
		guard := watch(limits)
		ctx := parse.WithProgress(ctx, func(done, total int) {
			guard.goesOn()
			_ = answers.Encode(answer{Unfinished: true, Done: done, Total: total}) // the answer itself will fail too
		})
		var a answer
		var err error
		switch {
		case r.Page == nil:
			a.Document, err = read(ctx, r.Name, r.Data)
		case r.Page.Width > 0:
			a.Picture, err = parse.DrawPage(ctx, r.Data, r.Page.Number, r.Page.Width)
		default:
			a.View, err = parse.ViewPage(ctx, r.Data, r.Page.Number, r.Page.Wanted)
		}
		guard.end()
		if ctx.Err() != nil {
			os.Exit(0)
		}
		a.Spent = memoryHeld() > limits.Memory/2
		var refused *parse.Error
		switch {
		case errors.As(err, &refused):
			a.Code, a.Detail = refused.Code, refused.Detail
		case err != nil:
			a.Failure = err.Error()
		}
		if err := answers.Encode(a); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
	}
	return nil
}

// grace is how long a parser may take to end what it called. One that loops does
// not listen, and ends with the process.
const grace = 500 * time.Millisecond

// limitsFromEnvironment returns the limits that the pool has set.
func limitsFromEnvironment() (Limits, error) {
	memory, err := strconv.ParseInt(os.Getenv(memoryVariable), 10, 64)
	if err != nil {
		return Limits{}, fmt.Errorf("%s: %w", memoryVariable, err)
	}
	processor, err := time.ParseDuration(os.Getenv(processorVariable))
	if err != nil {
		return Limits{}, fmt.Errorf("%s: %w", processorVariable, err)
	}
	return Limits{Memory: memory, Processor: processor}.withDefaults(), nil
}

// watchEvery is how often a reading is held against its limits.
const watchEvery = 20 * time.Millisecond

// guard ends the process when what runs exceeds the limits.
type guard struct {
	before atomic.Int64 // processor time when it last went on
	ended  chan struct{}
}

// watch guards what runs from now on.
func watch(limits Limits) *guard {
	g := &guard{ended: make(chan struct{})}
	g.goesOn()
	go func() {
		look := time.NewTicker(watchEvery)
		defer look.Stop()
		for {
			select {
			case <-g.ended:
				return
			case <-look.C:
			}
			if memoryHeld() > limits.Memory {
				os.Exit(exitMemory)
			}
			if processorTime()-time.Duration(g.before.Load()) > limits.Processor {
				os.Exit(exitProcessor)
			}
		}
	}()
	return g
}

// goesOn notes that what runs has come further: its processor time counts from now.
func (g *guard) goesOn() { g.before.Store(int64(processorTime())) }

// end ends the watch.
func (g *guard) end() { close(g.ended) }

// memoryHeld is the memory in bytes that this process holds from the system.
func memoryHeld() int64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return int64(samples[0].Value.Uint64() - samples[1].Value.Uint64())
}
