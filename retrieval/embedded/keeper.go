package embedded

import (
	"errors"
	"os"
	"sync"
	"time"
)

// A snapshot is written when at least saveAfter points changed and then nothing
// for saveQuiet: after bulk work, and not for every document.
const (
	saveAfter = 1000
	saveQuiet = 10 * time.Second
)

// gather is how long the keeper lets changes gather before it looks at them.
const gather = 5 * time.Millisecond

// The index is settled when nothing was written for settleQuiet: late documents are
// packed, and segments merged until few are left.
const settleQuiet = time.Second

// keeper is the one goroutine of an index: it merges segments and writes snapshots
// while readers and writers go on.
type keeper struct {
	changed chan struct{} // something was written
	closing chan struct{}
	ended   sync.WaitGroup
}

func (k *keeper) prepare() {
	k.changed = make(chan struct{}, 1)
	k.closing = make(chan struct{})
}

func (k *keeper) start(x *Index) {
	k.ended.Go(func() { k.run(x) })
}

// wake tells the keeper to look. It never waits.
func (k *keeper) wake() {
	select {
	case k.changed <- struct{}{}:
	default:
	}
}

// stop ends the keeper and waits for what it is doing.
func (k *keeper) stop() {
	close(k.closing)
	k.ended.Wait()
}

func (k *keeper) run(x *Index) {
	quiet, settle := time.NewTimer(saveQuiet), time.NewTimer(settleQuiet)
	quiet.Stop()
	settle.Stop()
	defer quiet.Stop()
	defer settle.Stop()
	for {
		select {
		case <-k.closing:
			return
		case <-quiet.C:
			if err := x.save(); err != nil {
				x.options.Logger.Warn("index snapshot not written; will try again", "path", x.options.Path, "err", err)
			}
		case <-settle.C:
			x.write.Lock()
			x.pack()
			x.write.Unlock()
			if !k.mergeAll(x, toSettle) {
				return
			}
		case <-k.changed:
			select { // what comes meanwhile wakes nobody, and is looked at together
			case <-k.closing:
				return
			case <-time.After(gather):
			}
			x.syncJournal()
			if !k.mergeAll(x, toMerge) {
				return
			}
			settle.Reset(settleQuiet)
			if x.unsaved() >= saveAfter {
				quiet.Reset(saveQuiet)
			}
		}
	}
}

// syncJournal makes the journal outlive a power cut too. It is not waited for by
// those who write, so a cut within the same few milliseconds may take a line
// with it.
func (x *Index) syncJournal() {
	x.write.Lock()
	f := x.journal.file
	x.write.Unlock()
	if f == nil {
		return
	}
	if err := f.Sync(); err != nil && !errors.Is(err, os.ErrClosed) {
		x.options.Logger.Warn("journal of the index not synced", "path", x.journal.path, "err", err)
	}
}

// pack makes a segment of the late documents. The caller holds the lock.
func (x *Index) pack() {
	x.state.Store(x.state.Load().pack(x.options.Dimensions))
}

// mergeAll merges segments as long as there are some worth it, and reports whether
// the keeper is to go on. The work is done without the lock; what died meanwhile is
// dead in the new segment.
func (k *keeper) mergeAll(x *Index, worth func([]view) []view) bool {
	for {
		taken := worth(x.state.Load().packed)
		if taken == nil {
			return true
		}
		x.install(taken, whole(merge(taken)))
		select {
		case <-k.closing:
			return false
		default:
		}
	}
}

// install puts the merged segment in the place of those it was made of.
func (x *Index) install(taken []view, merged view) {
	x.write.Lock()
	defer x.write.Unlock()
	old := x.state.Load()
	views := make([]view, 0, len(old.packed))
	now := make(map[*segment]view, len(taken))
	for _, v := range old.packed {
		now[v.segment] = v
	}
	n := 0 // the number of a point in the merged segment
	for _, before := range taken {
		after, left := now[before.segment] // not left when all of its points died
		for p := range before.points {
			if before.dead != nil && before.dead.has(p) {
				continue
			}
			if !left || after.dead != nil && after.dead.has(p) {
				merged.kill(n)
			}
			n++
		}
		delete(now, before.segment)
	}
	for _, v := range old.packed {
		if _, kept := now[v.segment]; kept {
			views = append(views, v)
		}
	}
	if merged.live > 0 {
		views = append(views, merged)
	}
	next := newState(views, old.late)
	next.documents = old.documents
	x.state.Store(next)
}

// kill marks a point of a view that nobody sees yet.
func (v *view) kill(point int) {
	if v.dead == nil {
		v.dead = make(bits, wordsFor(v.points))
	}
	v.dead.set(point)
	v.live--
}
