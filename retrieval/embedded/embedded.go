// Package embedded is the search engine inside the process. It keeps the whole
// index in memory, a little over two kilobytes a passage, and scores every
// passage that shares a term with the question: on posting lists this compact
// that is faster than being clever, up to some hundred thousand passages.
//
// The index is a set of segments that never change (type segment): posting lists
// of 16-bit point numbers and 8-bit weights, vectors of 16-bit components split
// into two planes of bytes, and lists of points by the values that filters ask
// for. A replacement adds the new points and marks the old ones dead; a reader
// works on one state, swapped by one atomic pointer, so it never waits and never
// sees a replacement half done. What was added lately is kept as it came, and made a
// segment when enough has gathered or nothing more comes; segments are merged into
// larger ones.
//
// A snapshot file makes a start quick. It is only ever a shortcut: a snapshot
// that is missing, damaged or of another make is not used, since the catalogue
// holds everything needed to build the index again.
package embedded

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"

	"policykb/corpus"
	"policykb/retrieval"
)

// Options say what an index is for. The zero Options make an index in memory
// for points without vectors.
type Options struct {
	// Path is the snapshot file; "" keeps the index in memory alone.
	Path string
	// Model names the embedder of the vectors. A snapshot of another model is
	// not loaded.
	Model string
	// Dimensions is the length of every vector, at most [MaxDimensions]; 0 without
	// an embedder.
	Dimensions int
	// Logger is told of snapshots loaded, ignored and written; nil means the default one.
	Logger *slog.Logger
}

// MaxDimensions bounds the length of vectors so that the sums of the integer
// kernel stay within 32 bits.
const MaxDimensions = 8192

// errClosed is given by every method after Close.
var errClosed = errors.New("the index is closed")

// Index is a [retrieval.Index] in memory. Make one with [Open].
type Index struct {
	options Options
	state   atomic.Pointer[state] // what readers see
	closed  atomic.Bool

	write   sync.Mutex // held while a new state is made from the old one
	changed int        // points added or removed since the last snapshot
	journal journal    // documents changed since then

	keeper keeper
}

var _ retrieval.Index = (*Index)(nil)

// state is the whole index at one moment. It never changes.
type state struct {
	packed    []view
	late      []*late
	views     func() []view // the packed ones, and one of each late document; made when first asked for
	live      int           // points that are not dead
	documents int
	slots     int        // points, dead ones included
	terms     func() int // distinct ones; counted when first asked for
}

// view is a segment as one state sees it.
type view struct {
	*segment
	dead bits // nil where no point is dead
	live int
}

func newState(packed []view, added []*late) *state {
	s := &state{packed: packed, late: added}
	for _, v := range packed {
		s.live += v.live
		s.slots += v.points
	}
	for _, l := range added {
		s.live += len(l.points)
		s.slots += len(l.points)
	}
	s.views = sync.OnceValue(func() []view {
		views := slices.Clone(packed)
		for _, l := range added {
			views = append(views, whole(l.segment()))
		}
		return views
	})
	s.terms = sync.OnceValue(func() int { return distinctTerms(s.views()) })
	return s
}

// Open makes an index and fills it from the snapshot at options.Path, where
// there is one that fits. Close it to keep what it holds.
func Open(options Options) (*Index, error) {
	if options.Dimensions < 0 || options.Dimensions > MaxDimensions {
		return nil, fmt.Errorf("open index: vectors of %d dimensions, at most %d can be had: %w", options.Dimensions, MaxDimensions, retrieval.ErrInvalid)
	}
	if options.Logger == nil {
		options.Logger = slog.Default()
	}
	x := &Index{options: options}
	x.keeper.prepare()
	x.restore()
	x.keeper.start(x)
	return x, nil
}

// Replace implements [retrieval.Index]. Without points the document is removed.
func (x *Index) Replace(ctx context.Context, doc corpus.DocumentID, version int, points []retrieval.Point) error {
	if err := x.usable(ctx); err != nil {
		return err
	}
	for i := range points {
		if err := points[i].Check(doc, version, x.options.Dimensions); err != nil {
			return fmt.Errorf("index document %s: point %d (%s): %w", doc, i, points[i].Passage, err)
		}
	}
	// The slow work on a large document happens before the lock is taken.
	var packed []view
	var added []*late
	if 0 < len(points) && len(points) < packPoints {
		added = []*late{newLate(doc, points, x.options.Dimensions)}
	} else {
		for part := range slices.Chunk(points, maxSegment) {
			packed = append(packed, whole(newSegment(part, x.options.Dimensions)))
		}
	}
	x.write.Lock()
	defer x.write.Unlock()
	if err := x.usable(ctx); err != nil {
		return err
	}
	x.swap(doc, packed, added)
	return nil
}

// Remove implements [retrieval.Index].
func (x *Index) Remove(ctx context.Context, doc corpus.DocumentID) error {
	if err := x.usable(ctx); err != nil {
		return err
	}
	x.write.Lock()
	defer x.write.Unlock()
	if err := x.usable(ctx); err != nil {
		return err
	}
	x.swap(doc, nil, nil)
	return nil
}

// swap publishes a state in which the document has the added points alone. The
// caller holds the lock.
func (x *Index) swap(doc corpus.DocumentID, packed []view, added []*late) {
	old := x.state.Load()
	views := make([]view, 0, len(old.packed)+len(packed))
	kept := make([]*late, 0, len(old.late)+len(added))
	documents, removed, n := old.documents, 0, 0
	for _, v := range old.packed {
		if left, died := v.without(doc); died > 0 {
			removed += died
			v = left
		}
		if v.live > 0 {
			views = append(views, v)
		}
	}
	for _, l := range old.late {
		if l.document == doc {
			removed += len(l.points)
		} else {
			kept = append(kept, l)
		}
	}
	if removed > 0 {
		documents--
	}
	for _, v := range packed {
		n += v.live
	}
	for _, l := range added {
		n += len(l.points)
	}
	if n > 0 {
		documents++
	}
	if removed == 0 && n == 0 {
		return
	}
	next := newState(append(views, packed...), append(kept, added...))
	next.documents = documents
	if next.toPack() {
		next = next.pack(x.options.Dimensions)
	}
	if err := x.journal.note(doc); err != nil {
		x.distrust(err)
	}
	x.state.Store(next)
	x.changed += removed + n
	x.keeper.wake()
}

// without returns the view with the document's points dead, and how many died.
func (v view) without(doc corpus.DocumentID) (left view, died int) {
	i, ok := v.document(string(doc))
	if !ok {
		return v, 0
	}
	from, to := v.pointsOf(i)
	if v.dead != nil && v.dead.has(from) { // a document's points die together
		return v, 0
	}
	dead := make(bits, wordsFor(v.points))
	copy(dead, v.dead)
	dead.setRange(from, to)
	return view{segment: v.segment, dead: dead, live: v.live - (to - from)}, to - from
}

// Holdings implements [retrieval.Index]. It yields documents in the order of
// their ids, as they were when the iteration began.
func (x *Index) Holdings(ctx context.Context) iter.Seq2[retrieval.IndexHolding, error] {
	return func(yield func(retrieval.IndexHolding, error) bool) {
		if err := x.usable(ctx); err != nil {
			yield(retrieval.IndexHolding{}, err)
			return
		}
		state := x.state.Load()
		held := make([]retrieval.IndexHolding, 0, state.documents)
		for _, v := range state.views() {
			for i := range v.documents.len() {
				from, to := v.pointsOf(i)
				if v.dead != nil && v.dead.has(from) {
					continue
				}
				held = append(held, retrieval.IndexHolding{
					Document: corpus.DocumentID(v.documents.at(i)), Version: int(v.versions[i]), Points: to - from,
				})
			}
		}
		slices.SortFunc(held, func(a, b retrieval.IndexHolding) int { return cmp.Compare(a.Document, b.Document) })
		for i := 0; i < len(held); i++ {
			h := held[i]
			for i+1 < len(held) && held[i+1].Document == h.Document { // a document larger than a segment
				i++
				h.Points += held[i].Points
			}
			if err := ctx.Err(); err != nil {
				yield(retrieval.IndexHolding{}, err)
				return
			}
			if !yield(h, nil) {
				return
			}
		}
	}
}

// Stats implements [retrieval.Index]. Terms counts those of removed passages
// too, until their segment is merged.
func (x *Index) Stats(ctx context.Context) (retrieval.Stats, error) {
	if err := x.usable(ctx); err != nil {
		return retrieval.Stats{}, err
	}
	state := x.state.Load()
	stats := retrieval.Stats{
		Engine:     "embedded",
		Documents:  state.documents,
		Points:     state.live,
		Terms:      state.terms(),
		Dimensions: x.options.Dimensions,
	}
	for _, v := range state.views() {
		stats.Bytes += v.bytes() + int64(8*len(v.dead))
	}
	return stats, nil
}

// Close implements [retrieval.Index]: it writes the snapshot if anything changed
// since the last one. Closing twice is no error.
func (x *Index) Close() error {
	x.write.Lock()
	again := x.closed.Swap(true)
	x.write.Unlock()
	if again {
		return nil
	}
	x.keeper.stop()
	err := x.save()
	x.journal.close()
	return err
}

func (x *Index) usable(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if x.closed.Load() {
		return errClosed
	}
	return nil
}
