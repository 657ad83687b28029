// Package qdrant is the search engine that is Qdrant: the same index as the
// embedded one, for as many passages as its cluster can hold.
//
// A point is a passage: a named sparse vector of the terms' weights, to which the
// server adds the inverse document frequency, a named dense vector, and what
// filters look at. Its formula is the one that [retrieval.Query] gives:
// ln(1 + (N − n + ½)/(n + ½)), counted over each shard. The text is not kept
// there; the catalogue has it.
//
// The index is found under an alias. Behind it stands a collection whose metadata
// says of what make it is (type layout); another embedder or another layout means
// another collection, filled beside the old one and then put in its place (see
// [OpenNext]).
package qdrant

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	api "github.com/qdrant/go-client/qdrant"

	"policykb/retrieval"
)

// errClosed is given by every method after Close.
var errClosed = errors.New("the index is closed")

// Index is a [retrieval.Index] in Qdrant. Open one with [Open].
type Index struct {
	options     Options
	server      *connection
	consistency *api.ReadConsistency
	closed      atomic.Bool

	visible   *visibility
	documents documentLocks
	writers   chan struct{} // holds a token for each replacement under way
	moving    sync.RWMutex  // held for reading while a document is changed

	frequencies frequencies
}

var _ retrieval.Index = (*Index)(nil)

// Open opens the index, or makes it where there is none. What a crash left half
// done is settled first. An index that was made otherwise gives [ErrMismatch], a server
// that does not answer [retrieval.ErrUnavailable].
func Open(ctx context.Context, o Options) (*Index, error) {
	x, err := connect(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := x.openLive(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open the index %s at %s: %w", o.Collection, o.Server, err), x.Close())
	}
	return x, nil
}

// connect makes an index that has no collection yet.
func connect(ctx context.Context, o Options) (*Index, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("open the index: %w", err)
	}
	consistency, err := readConsistency(o.ReadConsistency)
	if err != nil {
		return nil, fmt.Errorf("open the index: %w", err)
	}
	server, err := dial(ctx, &o)
	if err != nil {
		return nil, fmt.Errorf("open the index %s: %w", o.Collection, err)
	}
	return &Index{options: o, server: server, consistency: consistency, writers: make(chan struct{}, writersAtOnce)}, nil
}

// openLive opens the collection behind the alias, and makes both where there are none.
func (x *Index) openLive(ctx context.Context) error {
	live, err := x.live(ctx)
	if err != nil {
		return err
	}
	if live == "" && x.options.LookOn {
		return fmt.Errorf("there is no alias %s, so nothing to look at", x.options.Collection)
	}
	if live == "" {
		if live, err = x.first(ctx); err != nil {
			return err
		}
	}
	return x.use(ctx, live)
}

// use makes the index work on a collection.
func (x *Index) use(ctx context.Context, collection string) error {
	info, err := x.server.info(ctx, collection)
	if err != nil {
		return err
	}
	if err := x.layout().matches(collection, info); err != nil {
		return err
	}
	x.visible = newVisibility(collection)
	if x.options.LookOn {
		return nil
	}
	if err := x.quantize(ctx, collection, info); err != nil {
		return err
	}
	return x.settle(ctx, collection)
}

// collection is the one that is read and written now.
func (x *Index) collection() string {
	x.visible.mu.Lock()
	defer x.visible.mu.Unlock()
	return x.visible.current.collection
}

// Close implements [retrieval.Index]. Everything written has been acknowledged,
// so there is nothing to write. Closing twice is no error.
func (x *Index) Close() error {
	if x.closed.Swap(true) {
		return nil
	}
	return x.server.Close()
}

func (x *Index) usable(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if x.closed.Load() {
		return errClosed
	}
	return nil
}
