package embedded

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"policykb/corpus"
	"policykb/retrieval"
)

var testOptions = Options{Model: "test", Dimensions: 8, Logger: quiet}

// stored is the snapshot of a small index with something dead in it.
func stored(t testing.TB) []byte {
	t.Helper()
	x := open(t, testOptions)
	defer x.Close()
	r := rand.New(rand.NewPCG(1, 1))
	for _, doc := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i"} {
		if err := x.Replace(t.Context(), corpus.DocumentID(doc), 1, random(r, doc, 1, 9)); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.Remove(t.Context(), "c"); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := writeSnapshot(&b, x.state.Load(), testOptions); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSnapshot(t *testing.T) {
	t.Parallel()
	o := Options{Model: "one", Dimensions: 8}
	for _, c := range []struct {
		name   string
		change func(o *Options, file []byte)
		want   int
	}{
		{"as it was", func(*Options, []byte) {}, 1},
		{"another model", func(o *Options, _ []byte) { o.Model = "two" }, 0},
		{"other dimensions", func(o *Options, _ []byte) { o.Dimensions = 16 }, 0},
		{"a damaged file", func(_ *Options, file []byte) { file[len(file)/2] ^= 1 }, 0},
		{"a damaged mark", func(_ *Options, file []byte) { file[0] ^= 1 }, 0},
		{"another layout", func(_ *Options, file []byte) { file[len(snapshotMark)+4]++ }, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := o
			o.Path = filepath.Join(t.TempDir(), "folder", "index")
			x := open(t, o)
			if err := x.Replace(t.Context(), "a", 1, random(rand.New(rand.NewPCG(1, 1)), "a", 1, 9)); err != nil {
				t.Fatal(err)
			}
			if err := x.Close(); err != nil {
				t.Fatal(err)
			}
			file, err := os.ReadFile(o.Path)
			if err != nil {
				t.Fatal(err)
			}
			c.change(&o, file)
			if err := os.WriteFile(o.Path, file, 0o600); err != nil {
				t.Fatal(err)
			}
			again := open(t, o)
			defer again.Close()
			stats, err := again.Stats(t.Context())
			if err != nil || stats.Documents != c.want {
				t.Errorf("%d documents, %v", stats.Documents, err)
			}
			if _, err := os.Stat(o.Path); (err == nil) != (c.want > 0) {
				t.Errorf("the snapshot afterwards: %v", err)
			}
			if left, _ := filepath.Glob(o.Path + ".*"); !slices.Equal(left, []string{o.Path + ".changed"}) {
				t.Errorf("files are left behind: %s", left)
			}
		})
	}
}

// A process that dies leaves a snapshot that is older than its last changes. What
// changed is not held then, so that it is put in again; the rest is.
func TestSnapshotOlderThanTheLastChanges(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "index")
	o := Options{Path: path, Dimensions: 8}
	r := rand.New(rand.NewPCG(1, 1))
	x := open(t, o)
	for _, doc := range []string{"a", "b", "c\n", "d"} {
		if err := x.Replace(t.Context(), corpus.DocumentID(doc), 1, random(r, doc, 1, 3)); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	held := func(x *Index) (docs []corpus.DocumentID) {
		for h, err := range x.Holdings(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			docs = append(docs, h.Document)
		}
		return docs
	}
	dying := open(t, o)
	for _, doc := range []string{"b", "c\n", "new"} { // same versions, other facts
		if err := dying.Replace(t.Context(), corpus.DocumentID(doc), 1, random(r, doc, 1, 3)); err != nil {
			t.Fatal(err)
		}
	}
	if err := dying.Remove(t.Context(), "d"); err != nil {
		t.Fatal(err)
	}
	dying.keeper.stop() // and no Close
	for range 2 {       // it may die twice
		again := open(t, o)
		if got := held(again); !slices.Equal(got, []corpus.DocumentID{"a"}) {
			t.Errorf("held after the death: %q", got)
		}
		again.keeper.stop()
	}
	last := open(t, o)
	if err := last.Replace(t.Context(), "b", 1, random(r, "b", 1, 3)); err != nil {
		t.Fatal(err)
	}
	if err := last.Close(); err != nil {
		t.Fatal(err)
	}
	x = open(t, o)
	defer x.Close()
	if got := held(x); !slices.Equal(got, []corpus.DocumentID{"a", "b"}) {
		t.Errorf("held after a proper end: %q", got)
	}
	if err := os.WriteFile(path+".changed", []byte("\"torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	torn := open(t, o)
	defer torn.keeper.stop()
	if got := held(torn); len(got) != 0 {
		t.Errorf("held beside a damaged journal: %q", got)
	}
}

// A snapshot whose journal cannot be kept is not kept either.
func TestSnapshotWithoutJournal(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "index")
	x := open(t, Options{Path: path, Dimensions: 8})
	r := rand.New(rand.NewPCG(1, 1))
	if err := x.Replace(t.Context(), "a", 1, random(r, "a", 1, 3)); err != nil {
		t.Fatal(err)
	}
	if err := x.save(); err != nil {
		t.Fatal(err)
	}
	x.journal.file.Close()
	if err := x.Replace(t.Context(), "b", 1, random(r, "b", 1, 3)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the snapshot is still there: %v", err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("no snapshot after closing: %v", err)
	}
}

// A snapshot that cannot be written is an error, not a silence, and is tried again.
func TestSnapshotNotWritten(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(folder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	x := open(t, Options{Path: filepath.Join(folder, "index"), Dimensions: 8})
	if err := x.Replace(t.Context(), "a", 1, random(rand.New(rand.NewPCG(1, 1)), "a", 1, 1)); err != nil {
		t.Fatal(err)
	}
	if err := x.save(); err == nil {
		t.Error("no error")
	}
	if x.unsaved() == 0 {
		t.Error("the change is forgotten")
	}
	if err := x.Close(); err == nil {
		t.Error("no error on closing")
	}
}

// After bulk work, and then quiet, the snapshot is written without being asked for.
func TestSnapshotAfterBulk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "index")
	synctest.Test(t, func(t *testing.T) {
		x := open(t, Options{Path: path, Dimensions: 8})
		defer x.Close()
		r := rand.New(rand.NewPCG(1, 1))
		if err := x.Replace(t.Context(), "small", 1, random(r, "small", 1, 10)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * saveQuiet)
		synctest.Wait()
		if _, err := os.Stat(path); err == nil {
			t.Error("written after one small document")
		}
		if err := x.Replace(t.Context(), "bulk", 1, random(r, "bulk", 1, saveAfter)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(saveQuiet - time.Second)
		synctest.Wait()
		if _, err := os.Stat(path); err == nil {
			t.Error("written while work may go on")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	})
}

// Damage anywhere is noticed, also where the checksum was made to fit.
func FuzzSnapshot(f *testing.F) {
	whole := stored(f)
	f.Add(whole, uint32(0), uint64(0), false)
	for at := 0; at+8 < len(whole); at += 61 {
		f.Add(whole, uint32(at), uint64(1)<<(at%64), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, at uint32, flip uint64, seal bool) {
		data = bytes.Clone(data)
		if i := int(at); i+8 <= len(data) {
			binary.NativeEndian.PutUint64(data[i:], binary.NativeEndian.Uint64(data[i:])^flip)
		}
		if body := len(data) - 12; seal && body > 0 {
			binary.NativeEndian.PutUint64(data[body:], 1)
			binary.NativeEndian.PutUint32(data[body+8:], crc32.Checksum(data[:body], castagnoli))
		}
		s, err := readSnapshot(bytes.NewReader(data), int64(len(data)), testOptions)
		if err != nil {
			if !errors.Is(err, errDamaged) && !errors.Is(err, errOutdated) {
				t.Fatal(err)
			}
			return
		}
		if !seal && at == 0 && flip != 0 && bytes.Equal(data, whole) {
			t.Fatal("damage is not noticed")
		}
		// What was let in can be used in every way.
		x := &Index{options: testOptions}
		x.state.Store(s)
		x.keeper.prepare()
		p := random(rand.New(rand.NewPCG(1, 1)), "z", 1, 3)
		if _, err := x.Search(t.Context(), retrieval.Query{Sparse: p[0].Sparse, Dense: p[0].Dense, Limit: 10, Fusion: retrieval.Fusion{Sparse: 1, Dense: 1}}); err != nil {
			t.Fatal(err)
		}
		if err := x.Replace(t.Context(), "b", 1, p[:0]); err != nil {
			t.Fatal(err)
		}
		if len(s.packed) > 0 && s.slots <= maxSegment {
			merge(x.state.Load().packed)
		}
		for range x.Holdings(t.Context()) {
		}
	})
}
