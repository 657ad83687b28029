package ingest

import (
	"context"
	"sync"
)

// locks holds one lock a name, made when it is first asked for and forgotten
// when nobody holds or awaits it. The zero value is ready.
type locks struct {
	mu    sync.Mutex
	named map[string]*namedLock
}

type namedLock struct {
	taken chan struct{} // holds one token while the lock is held
	users int           // who hold or await it
}

// lock waits for the lock of this name, or for the end of the context. The
// caller must call unlock once.
func (l *locks) lock(ctx context.Context, name string) (unlock func(), err error) {
	l.mu.Lock()
	if l.named == nil {
		l.named = make(map[string]*namedLock)
	}
	k := l.named[name]
	if k == nil {
		k = &namedLock{taken: make(chan struct{}, 1)}
		l.named[name] = k
	}
	k.users++
	l.mu.Unlock()

	select {
	case k.taken <- struct{}{}:
		return func() { <-k.taken; l.leave(name, k) }, nil
	case <-ctx.Done():
		l.leave(name, k)
		return nil, context.Cause(ctx)
	}
}

// leave forgets the lock with its last user.
func (l *locks) leave(name string, k *namedLock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if k.users--; k.users == 0 {
		delete(l.named, name)
	}
}
