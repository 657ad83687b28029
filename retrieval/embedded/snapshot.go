package embedded

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"unsafe"

	"policykb/corpus"
	"policykb/retrieval"
)

// A snapshot file is a header, the segments array by array as they lie in
// memory, and a CRC-32C of everything before it. All numbers have the byte order
// of the machine; the header shows which.
//
//	mark      [8]byte  "policykb"
//	order     uint32   0x01020304
//	layout    uint32   snapshotLayout
//	terms     uint32   retrieval.TermVersion
//	dimensions uint32
//	model     array of bytes
//	views     uint32   and so many times: the arrays of the segment, its dead points
//	sum       uint32
//
// An array is its length as uint64 and then its elements.
const (
	snapshotMark   = "policykb"
	snapshotOrder  = 0x01020304
	snapshotLayout = 1
)

// Reasons for which a snapshot is not used.
var (
	errOutdated = errors.New("it is of another version, model or machine")
	errDamaged  = errors.New("it is damaged")
)

// restore fills a new index from the snapshot file, if there is one that fits,
// less what changed after it was taken.
func (x *Index) restore() {
	x.state.Store(newState(nil, nil))
	path := x.options.Path
	if path == "" {
		return
	}
	x.journal.path = path + ".changed"
	s, changed, err := load(path, x.journal.path, x.options)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return
	case err != nil:
		x.options.Logger.Warn("index snapshot not used; the index is built again from the catalogue", "path", path, "err", err)
		x.discard()
		return
	}
	x.state.Store(s)
	for _, doc := range changed {
		x.swap(doc, nil, nil)
	}
	if err := x.journal.restart(changed); err != nil {
		x.distrust(err)
	}
	s = x.state.Load()
	x.options.Logger.Info("index snapshot loaded", "path", path, "documents", s.documents, "passages", s.live, "changed_since", len(changed))
}

// load reads a snapshot and the journal that goes with it.
func load(path, journal string, o Options) (*state, []corpus.DocumentID, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	s, err := readSnapshot(f, info.Size(), o)
	if err != nil {
		return nil, nil, err
	}
	changed, err := readJournal(journal)
	return s, changed, err
}

// distrust removes a snapshot whose journal cannot be kept: nobody could tell
// later what of it still holds.
func (x *Index) distrust(err error) {
	x.journal.close()
	x.options.Logger.Warn("changes to the index cannot be noted; its snapshot is removed", "path", x.options.Path, "err", err)
	x.discard()
}

// discard removes the snapshot, so that it is not taken for a newer one by a
// later start with other options.
func (x *Index) discard() {
	if err := os.Remove(x.options.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		x.options.Logger.Error("index snapshot not removed; delete it before the next start", "path", x.options.Path, "err", err)
	}
}

// unsaved returns how many points changed since the last snapshot.
func (x *Index) unsaved() int {
	x.write.Lock()
	defer x.write.Unlock()
	return x.changed
}

// save writes the snapshot file if anything changed since the last one. At every
// moment the file is the old one, whole, or the new one. Only one save runs at a time:
// the keeper's, or after its end that of Close.
func (x *Index) save() error {
	if x.options.Path == "" {
		return nil
	}
	x.write.Lock()
	x.pack()
	state, changed, noted := x.state.Load(), x.changed, len(x.journal.changed)
	x.write.Unlock()
	if changed == 0 && noted == 0 {
		return nil
	}
	if err := x.writeFile(state); err != nil {
		return fmt.Errorf("write index snapshot: %w", err)
	}
	x.write.Lock()
	defer x.write.Unlock()
	x.changed -= changed
	if err := x.journal.restart(slices.Clone(x.journal.changed[noted:])); err != nil {
		x.distrust(err)
		return fmt.Errorf("write index snapshot: %w", err)
	}
	x.options.Logger.Info("index snapshot written", "path", x.options.Path, "documents", state.documents, "passages", state.live)
	return nil
}

// writeFile puts a snapshot of the state in the place of the one before.
func (x *Index) writeFile(s *state) error {
	if err := os.MkdirAll(filepath.Dir(x.options.Path), 0o755); err != nil {
		return err
	}
	fresh := x.options.Path + ".new"
	f, err := os.Create(fresh)
	if err != nil {
		return err
	}
	if err := errors.Join(writeSnapshot(f, s, x.options), f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(fresh))
	}
	return os.Rename(fresh, x.options.Path)
}

func writeSnapshot(w io.Writer, s *state, o Options) error {
	out := bufio.NewWriterSize(w, 1<<20)
	t := &transfer{out: out}
	t.header(o)
	views := s.views()
	count := []uint32{uint32(len(views))}
	array(t, &count)
	for _, v := range views {
		stored := *v.segment // arrays are only read, but through a copy all the same
		t.segment(&stored)
		array(t, (*[]uint64)(&v.dead))
	}
	sum := []uint32{t.sum}
	array(t, &sum)
	return errors.Join(t.err, out.Flush())
}

// readSnapshot reads what writeSnapshot wrote, and checks all of it: whatever
// the bytes are, the state that it returns is one that can be searched.
func readSnapshot(r io.Reader, size int64, o Options) (*state, error) {
	t := &transfer{in: bufio.NewReaderSize(r, 1<<16), left: size}
	if err := t.header(o); err != nil {
		return nil, err
	}
	var count []uint32
	array(t, &count)
	if t.err != nil || len(count) != 1 {
		return nil, t.damage()
	}
	var views []view
	for range count[0] {
		v := view{segment: new(segment)}
		t.segment(v.segment)
		array(t, (*[]uint64)(&v.dead))
		if t.err != nil {
			return nil, t.damage()
		}
		views = append(views, v)
	}
	want := t.sum
	var sum []uint32
	array(t, &sum)
	if t.err != nil || len(sum) != 1 || sum[0] != want {
		return nil, t.damage()
	}
	seen := make(map[string]int) // the view in which a document lives
	for i := range views {
		v := &views[i]
		if len(v.dead) == 0 {
			v.dead = nil
		}
		if !v.sound(o.Dimensions) {
			return nil, t.damage()
		}
		v.finish()
		v.live = v.points
		for d := range v.documents.len() {
			from, to := v.pointsOf(d)
			if v.dead != nil && v.dead.has(from) {
				v.live -= to - from
				continue
			}
			seen[v.documents.at(d)] = i
		}
	}
	s := newState(views, nil)
	s.documents = len(seen)
	return s, nil
}

// transfer writes or reads arrays, so that what is written and what is read are
// listed once. After the first error it does nothing.
type transfer struct {
	out  io.Writer // nil when reading
	in   io.Reader
	left int64 // bytes not yet read: no array is made that could not be filled
	sum  uint32
	err  error
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// damage says why reading failed.
func (t *transfer) damage() error {
	if t.err == nil || errors.Is(t.err, io.EOF) || errors.Is(t.err, io.ErrUnexpectedEOF) {
		return errDamaged
	}
	return t.err
}

// raw writes or reads bytes.
func (t *transfer) raw(b []byte) {
	switch {
	case t.err != nil:
		return
	case t.out != nil:
		_, t.err = t.out.Write(b)
	case int64(len(b)) > t.left:
		t.err = errDamaged
		return
	default:
		_, t.err = io.ReadFull(t.in, b)
		t.left -= int64(len(b))
	}
	t.sum = crc32.Update(t.sum, castagnoli, b)
}

// array writes or reads a slice of numbers.
func array[T int8 | uint8 | uint16 | uint32 | uint64 | float32 | retrieval.Term](t *transfer, list *[]T) {
	var length [8]byte
	binary.NativeEndian.PutUint64(length[:], uint64(len(*list)))
	t.raw(length[:])
	if t.err != nil {
		return
	}
	var element T
	width := int64(unsafe.Sizeof(element))
	if t.out == nil {
		n := binary.NativeEndian.Uint64(length[:])
		if n > uint64(t.left/width) {
			t.err = errDamaged
			return
		}
		*list = make([]T, n)
	}
	if len(*list) > 0 {
		t.raw(unsafe.Slice((*byte)(unsafe.Pointer(&(*list)[0])), len(*list)*int(width)))
	}
}

// header writes the header, or reads one and compares it.
func (t *transfer) header(o Options) error {
	want := []byte(snapshotMark)
	for _, n := range []uint32{snapshotOrder, snapshotLayout, retrieval.TermVersion, uint32(o.Dimensions)} {
		want = binary.NativeEndian.AppendUint32(want, n)
	}
	model := []byte(o.Model)
	got, gotModel := slices.Clone(want), slices.Clone(model)
	t.raw(got)
	array(t, &gotModel)
	switch {
	case t.err != nil:
		return t.damage()
	case string(got[:len(snapshotMark)]) != snapshotMark:
		return errDamaged
	case !slices.Equal(got, want) || !slices.Equal(gotModel, model):
		return errOutdated
	}
	return nil
}

// segment writes or reads the arrays of a segment.
func (t *transfer) segment(s *segment) {
	shape := []uint32{uint32(s.points), uint32(s.vectors.dimensions)}
	array(t, &shape)
	if t.err == nil && len(shape) != 2 {
		t.err = errDamaged
	}
	if t.err != nil {
		return
	}
	v := &s.vectors
	s.points = int(shape[0])
	*v = vectors{dimensions: int(shape[1]), stride: strideOf(int(shape[1])), high: v.high, low: v.low, scale: v.scale, slack: v.slack}

	array(t, &s.terms)
	array(t, &s.starts)
	array(t, &s.numbers)
	array(t, &s.weights)
	array(t, &s.fullTerms)
	array(t, &s.fullCounts)
	array(t, &s.full)
	array(t, &v.high)
	array(t, &v.low)
	array(t, &v.scale)
	array(t, &v.slack)
	for _, list := range []*texts{&s.passages, &s.documents} {
		array(t, &list.data)
		array(t, &list.ends)
	}
	array(t, &s.versions)
	array(t, &s.firsts)
	for i := range s.facets {
		f := &s.facets[i]
		array(t, &f.values.data)
		array(t, &f.values.ends)
		array(t, &f.starts)
		array(t, &f.numbers)
	}
}

// sound reports whether a view that was read keeps the rules that the code of
// this package relies on.
func (v *view) sound(dimensions int) bool {
	s := v.segment
	n := s.points
	return n > 0 && n <= maxSegment && s.vectors.dimensions == dimensions &&
		(v.dead == nil || len(v.dead) == wordsFor(n)) &&
		s.soundLists() && s.soundVectors() && s.soundDocuments(v.dead) &&
		!slices.ContainsFunc(s.facets[:], func(f facet) bool { return !f.sound(n) })
}

func (s *segment) soundLists() bool {
	if !rising(s.terms) || !rising(s.fullTerms) || !divides(s.starts, len(s.terms), len(s.numbers)) ||
		len(s.weights) != len(s.numbers) || !below(s.numbers, s.points) ||
		len(s.fullCounts) != len(s.fullTerms) || len(s.full) != len(s.fullTerms)*s.points {
		return false
	}
	for _, count := range s.fullCounts {
		if count == 0 || int(count) > s.points {
			return false
		}
	}
	row := 0 // every term without a list has a row, in the same order
	for i, term := range s.terms {
		if int(s.starts[i+1]-s.starts[i]) > s.points {
			return false
		}
		if s.starts[i] == s.starts[i+1] {
			if row == len(s.fullTerms) || s.fullTerms[row] != term {
				return false
			}
			row++
		}
	}
	return row == len(s.fullTerms)
}

func (s *segment) soundVectors() bool {
	v := &s.vectors
	if len(v.high) != s.points*v.stride || len(v.low) != len(v.high) {
		return false
	}
	if v.dimensions == 0 {
		return len(v.scale) == 0 && len(v.slack) == 0
	}
	return len(v.scale) == s.points && len(v.slack) == s.points && finite(v.scale) && finite(v.slack)
}

func (s *segment) soundDocuments(dead bits) bool {
	documents := s.documents.len()
	if !s.passages.whole() || s.passages.len() != s.points || !s.documents.whole() || documents == 0 ||
		len(s.versions) != documents || len(s.firsts) != documents ||
		s.firsts[0] != 0 || !rising(s.firsts) || int(s.firsts[documents-1]) >= s.points {
		return false
	}
	if dead == nil {
		return true
	}
	if s.points%64 != 0 && dead[len(dead)-1]>>(s.points%64) != 0 {
		return false
	}
	for d := range documents { // a document's points die together
		from, to := s.pointsOf(d)
		for p := from; p < to; p++ {
			if dead.has(p) != dead.has(from) {
				return false
			}
		}
	}
	return true
}

func (f *facet) sound(points int) bool {
	if !f.values.whole() || !divides(f.starts, f.values.len(), len(f.numbers)) || !below(f.numbers, points) {
		return false
	}
	for i := 1; i < f.values.len(); i++ {
		if string(f.values.raw(i-1)) >= string(f.values.raw(i)) {
			return false
		}
	}
	return true
}

// rising reports whether every number is above the one before.
func rising[T uint32 | retrieval.Term](list []T) bool {
	for i := 1; i < len(list); i++ {
		if list[i-1] >= list[i] {
			return false
		}
	}
	return true
}

// divides reports whether starts cuts a list of the length into parts.
func divides(starts []uint32, parts, length int) bool {
	return len(starts) == parts+1 && starts[0] == 0 && slices.IsSorted(starts) && int(starts[parts]) == length
}

// below reports whether every number is below points.
func below(numbers []uint16, points int) bool {
	largest := -1
	for _, n := range numbers {
		largest = max(largest, int(n))
	}
	return largest < points
}
