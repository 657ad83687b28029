package corpus

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
)

const notice = "成都市人民政府办公厅关于印发成都市围绕超算智算加快算力产业发展的政策措施的通知"

func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func openFolder(t *testing.T, dir string) *Folder {
	t.Helper()
	f, err := OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// files lists all files under dir.
func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestFolderKeepsBytes(t *testing.T) {
	t.Parallel()
	ctx, dir := t.Context(), filepath.Join(t.TempDir(), "data", "originals [1]")
	f := openFolder(t, dir)
	for _, text := range []string{notice, "", strings.Repeat(notice, 100_000)} {
		for range 2 { // the second time is like the first
			hash, size, err := f.Put(ctx, iotest.HalfReader(strings.NewReader(text)))
			if err != nil || hash != hashOf(text) || size != int64(len(text)) {
				t.Fatalf("Put of %d bytes gave %q, %d, %v; want %q", len(text), hash, size, err, hashOf(text))
			}
		}
		r, err := openFolder(t, dir).Open(ctx, hashOf(text)) // as after a restart
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil || string(got) != text {
			t.Errorf("got %d bytes back (%v), want %d", len(got), err, len(text))
		}
		if at, err := r.Seek(0, io.SeekStart); at != 0 || err != nil {
			t.Errorf("Seek to the start gave %d, %v", at, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	h := hashOf(notice)
	if _, err := os.Stat(filepath.Join(dir, h[:2], h[2:])); err != nil {
		t.Errorf("the notice does not lie where its hash says: %v", err)
	}
	if got := files(t, dir); len(got) != 3 {
		t.Errorf("the folder holds %q, want three files", got)
	}
	for range 2 { // the second time there is nothing to remove, which is no error
		if err := f.Remove(ctx, h); err != nil {
			t.Error(err)
		}
		if _, err := f.Open(ctx, h); !errors.Is(err, ErrNotFound) {
			t.Errorf("after Remove, Open gives %v, want ErrNotFound", err)
		}
	}
}

func TestFolderKeepsNothingHalf(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := openFolder(t, dir)
	broken := errors.New("connection reset")
	if _, _, err := f.Put(t.Context(), io.MultiReader(strings.NewReader(notice), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("Put of a broken upload gave %v, want %v", err, broken)
	}
	ctx, cancel := context.WithCancel(t.Context())
	stop := readerFunc(func(b []byte) (int, error) { cancel(); return copy(b, notice), nil })
	if _, _, err := f.Put(ctx, stop); !errors.Is(err, context.Canceled) {
		t.Errorf("Put after its context ended gave %v, want context.Canceled", err)
	}
	if got := files(t, dir); len(got) != 0 {
		t.Errorf("failed uploads left %q", got)
	}
	// What a killed process leaves is gone at the next start.
	if err := os.WriteFile(filepath.Join(dir, incoming+"123"), []byte(notice[:30]), 0o600); err != nil {
		t.Fatal(err)
	}
	openFolder(t, dir)
	if got := files(t, dir); len(got) != 0 {
		t.Errorf("after opening the folder again there is %q", got)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

func TestFolderRefusesWhatIsNoHash(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	f := openFolder(t, filepath.Join(base, "originals"))
	secret := filepath.Join(base, "secret")
	if err := os.WriteFile(secret, []byte("密码"), 0o600); err != nil {
		t.Fatal(err)
	}
	good := hashOf(notice)
	for _, hash := range []string{"", "../secret", "..", "/etc/passwd", strings.ToUpper(good), good[:63], good + "0", "../" + good[3:], good[:60] + "/../", good[:63] + "\x00", strings.Repeat("g", 64)} {
		if _, err := f.Open(t.Context(), hash); !errors.Is(err, ErrInvalid) {
			t.Errorf("Open(%q) gave %v, want ErrInvalid", hash, err)
		}
		if err := f.Remove(t.Context(), hash); !errors.Is(err, ErrInvalid) {
			t.Errorf("Remove(%q) gave %v, want ErrInvalid", hash, err)
		}
	}
	if _, err := os.Stat(secret); err != nil {
		t.Errorf("a file outside the folder is gone: %v", err)
	}
}

func TestFolderTakesManyAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := openFolder(t, dir)
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			text := []byte(notice[:3*(1+i%8)])
			hash, _, err := f.Put(t.Context(), bytes.NewReader(text))
			if err != nil {
				t.Error(err)
				return
			}
			r, err := f.Open(t.Context(), hash)
			if err != nil {
				t.Error(err)
				return
			}
			defer r.Close()
			if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, text) {
				t.Errorf("read %q (%v), want %q", got, err, text)
			}
		})
	}
	wg.Wait()
	if got := files(t, dir); len(got) != 8 {
		t.Errorf("the folder holds %q, want eight files", got)
	}
}
