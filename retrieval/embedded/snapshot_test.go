package embedded

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
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
	path := filepath.Join(t.TempDir(), "folder", "index")
	o := Options{Path: path, Model: "one", Dimensions: 8}
	x := open(t, o)
	r := rand.New(rand.NewPCG(1, 1))
	points := random(r, "a", 1, 9)
	if err := x.Replace(t.Context(), "a", 1, points); err != nil {
		t.Fatal(err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	documents := func(o Options) int {
		x := open(t, o)
		defer x.Close()
		stats, err := x.Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return stats.Documents
	}
	if n := documents(o); n != 1 {
		t.Errorf("%d documents after opening again", n)
	}
	other := o
	other.Model = "two"
	if n := documents(other); n != 0 {
		t.Errorf("%d documents of another model", n)
	}
	other = o
	other.Dimensions = 16
	if n := documents(other); n != 0 {
		t.Errorf("%d documents of other dimensions", n)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	whole[len(whole)/2] ^= 1
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if n := documents(o); n != 0 {
		t.Errorf("%d documents of a damaged snapshot", n)
	}
	if left, _ := filepath.Glob(path + ".*"); len(left) != 0 {
		t.Errorf("files are left behind: %s", left)
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
		x.keeper.changed = make(chan struct{}, 1)
		p := random(rand.New(rand.NewPCG(1, 1)), "z", 1, 3)
		if _, err := x.Search(t.Context(), retrieval.Query{Sparse: p[0].Sparse, Dense: p[0].Dense, Limit: 10, Fusion: retrieval.Fusion{Sparse: 1, Dense: 1}}); err != nil {
			t.Fatal(err)
		}
		if err := x.Replace(t.Context(), "b", 1, p[:0]); err != nil {
			t.Fatal(err)
		}
		if len(s.views) > 0 && s.slots <= maxSegment {
			merge(x.state.Load().views)
		}
		for range x.Holdings(t.Context()) {
		}
	})
}
