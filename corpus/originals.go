package corpus

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Folder keeps originals as files named by their content: the bytes with the hash
// abcdef… lie in ab/cdef…. A file appears whole or not at all, and never changes.
// A folder belongs to one process at a time.
type Folder struct {
	dir string
}

var _ Originals = (*Folder)(nil)

// incoming begins the names of files that are still being written.
const incoming = "incoming-"

// OpenFolder opens a folder of originals, or makes it, and clears away what a
// process that died left half written.
func OpenFolder(dir string) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("open folder of originals: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("open folder of originals: %w", err)
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), incoming) {
			if err := os.Remove(filepath.Join(dir, entry.Name())); err != nil {
				return nil, fmt.Errorf("clear folder of originals: %w", err)
			}
		}
	}
	return &Folder{dir: dir}, nil
}

// Put stores what r yields under its hash.
func (f *Folder) Put(ctx context.Context, r io.Reader) (hash string, size int64, err error) {
	hash, size, err = f.put(ctx, r)
	if err != nil {
		return "", 0, fmt.Errorf("keep original: %w", err)
	}
	return hash, size, nil
}

func (f *Folder) put(ctx context.Context, r io.Reader) (hash string, size int64, err error) {
	temporary, err := os.CreateTemp(f.dir, incoming+"*")
	if err != nil {
		return "", 0, err
	}
	// Once the file has its name there is nothing left to remove or to close.
	defer func() {
		temporary.Close()
		os.Remove(temporary.Name())
	}()
	sum := sha256.New()
	size, err = io.Copy(io.MultiWriter(temporary, sum), untilDone{ctx, r})
	if err != nil {
		return "", 0, err
	}
	if err := errors.Join(temporary.Sync(), temporary.Close()); err != nil {
		return "", 0, err
	}
	hash = hex.EncodeToString(sum.Sum(nil))
	folder, name := filepath.Split(f.path(hash))
	switch err := os.Mkdir(folder, 0o750); {
	case err == nil:
		if err := syncFolder(f.dir); err != nil {
			return "", 0, err
		}
	case !errors.Is(err, fs.ErrExist):
		return "", 0, err
	}
	// The same bytes may be there already. Replacing them with themselves harms no
	// reader; a system that refuses to replace an open file has kept the old one.
	if err := os.Rename(temporary.Name(), filepath.Join(folder, name)); err != nil {
		if _, kept := os.Stat(filepath.Join(folder, name)); kept != nil {
			return "", 0, err
		}
	}
	return hash, size, syncFolder(folder)
}

// Open returns the bytes with the hash.
func (f *Folder) Open(_ context.Context, hash string) (io.ReadSeekCloser, error) {
	if err := checkHash(hash); err != nil {
		return nil, fmt.Errorf("open original: %w", err)
	}
	file, err := os.Open(f.path(hash))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("original %s: %w", hash, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("open original: %w", err)
	}
	return file, nil
}

// Remove forgets the bytes with the hash.
func (f *Folder) Remove(_ context.Context, hash string) error {
	if err := checkHash(hash); err != nil {
		return fmt.Errorf("remove original: %w", err)
	}
	if err := os.Remove(f.path(hash)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove original: %w", err)
	}
	return nil
}

func (f *Folder) path(hash string) string { return filepath.Join(f.dir, hash[:2], hash[2:]) }

// checkHash refuses whatever is not a SHA-256 in lower-case hex. What it lets
// through can be part of a path.
func checkHash(hash string) error {
	if len(hash) != hex.EncodedLen(sha256.Size) || strings.Trim(hash, "0123456789abcdef") != "" {
		return fmt.Errorf("%w: %q is not a SHA-256 in hex", ErrInvalid, hash)
	}
	return nil
}

// untilDone reads until its context ends.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

func (u untilDone) Read(b []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(b)
}

// syncFolder brings the names in a folder to the disk. On Windows a folder cannot
// be opened for that.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
