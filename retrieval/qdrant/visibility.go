package qdrant

import (
	"context"
	"slices"
	"sync"
)

// visibility decides which sets of points readers see. The server changes points
// one by one, so no single call to it could put a new set in an old one's place.
// Here it is one step: a reader takes the view of the moment, in which some sets
// are hidden and which its every query leaves out; a writer makes the next view
// and then waits until nobody reads by an earlier one, before it touches the
// points that were seen there.
//
//	hide the new set · wait · write it · show it and hide the old one · wait · delete the old one
//
// Views are kept in this process: one policykb writes to a collection, the one
// that holds the catalogue. What a crash leaves half done is noted in the
// collection itself (see journalPoint) and settled at the next start.
type visibility struct {
	mu      sync.Mutex
	current *view
	earlier []*view // retired, with readers, oldest first
}

// view is what a reader sees: the collection without the hidden sets.
type view struct {
	collection string
	hidden     []string // sorted; never changed
	readers    int
	drained    chan struct{} // closed when nobody reads by this view or an earlier one
}

func newVisibility(collection string) *visibility {
	return &visibility{current: &view{collection: collection, drained: make(chan struct{})}}
}

// enter takes the current view. Whoever takes it must leave it.
func (v *visibility) enter() *view {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.current.readers++
	return v.current
}

// leave gives a view back.
func (v *visibility) leave(w *view) {
	v.mu.Lock()
	defer v.mu.Unlock()
	w.readers--
	v.drain()
}

// drain lets those go on who wait for retired views without readers.
func (v *visibility) drain() {
	for len(v.earlier) > 0 && v.earlier[0].readers == 0 {
		close(v.earlier[0].drained)
		v.earlier = v.earlier[1:]
	}
}

// change hides some sets and shows others, in one step, and returns a channel
// that is closed when nobody reads by an earlier view.
func (v *visibility) change(hide, show []set) <-chan struct{} {
	v.mu.Lock()
	defer v.mu.Unlock()
	hidden := slices.Clone(v.current.hidden)
	for _, s := range hide {
		if at, found := slices.BinarySearch(hidden, string(s)); !found {
			hidden = slices.Insert(hidden, at, string(s))
		}
	}
	for _, s := range show {
		if at, found := slices.BinarySearch(hidden, string(s)); found {
			hidden = slices.Delete(hidden, at, at+1)
		}
	}
	return v.replace(v.current.collection, hidden)
}

// move makes readers read another collection, of which nothing is hidden.
func (v *visibility) move(collection string) <-chan struct{} {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.replace(collection, nil)
}

// replace retires the current view. The caller holds the lock.
func (v *visibility) replace(collection string, hidden []string) <-chan struct{} {
	old := v.current
	v.current = &view{collection: collection, hidden: hidden, drained: make(chan struct{})}
	v.earlier = append(v.earlier, old)
	v.drain()
	return old.drained
}

// hides reports whether a set is hidden now.
func (v *visibility) hides(s set) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	_, found := slices.BinarySearch(v.current.hidden, string(s))
	return found
}

// await waits for a channel that [visibility.change] returned.
func await(ctx context.Context, drained <-chan struct{}) error {
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// documentLocks lets one writer at a time work on a document.
type documentLocks struct {
	mu    sync.Mutex
	locks map[string]*documentLock
}

type documentLock struct {
	token chan struct{} // holds a token while nobody has the lock
	users int           // who have it or wait for it
}

// lock waits for the document; the function it returns gives it free.
func (l *documentLocks) lock(ctx context.Context, doc string) (unlock func(), err error) {
	l.mu.Lock()
	if l.locks == nil {
		l.locks = make(map[string]*documentLock)
	}
	of := l.locks[doc]
	if of == nil {
		of = &documentLock{token: make(chan struct{}, 1)}
		of.token <- struct{}{}
		l.locks[doc] = of
	}
	of.users++
	l.mu.Unlock()
	leave := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if of.users--; of.users == 0 {
			delete(l.locks, doc)
		}
	}
	select {
	case <-of.token:
		return func() {
			of.token <- struct{}{}
			leave()
		}, nil
	case <-ctx.Done():
		leave()
		return nil, context.Cause(ctx)
	}
}
