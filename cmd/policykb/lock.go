package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// folderLock keeps two programs from working on one data folder: the index of
// each would know nothing of what the other adds. It is held as long as the file
// is open, so that it never outlives its process.
type folderLock struct{ file *os.File }

// holder is who holds a lock.
type holder struct {
	PID int    `json:"pid"`
	URL string `json:"url,omitempty"` // where it serves; "" where it does not, or not yet
}

// inUseError says that another program holds the lock.
type inUseError struct {
	folder string
	holder holder
}

// Error implements error.
func (e *inUseError) Error() string {
	if e.holder.URL != "" {
		return fmt.Sprintf("%s is served by another policykb at %s (process %d)", e.folder, e.holder.URL, e.holder.PID)
	}
	return fmt.Sprintf("%s is in use by another policykb (process %d): wait for its end, or give another folder with --data", e.folder, e.holder.PID)
}

// errLocked is what lockFile returns when another process holds the lock.
var errLocked = errors.New("locked")

// lockFolder takes the lock of the data folder, which it makes where there is
// none. Where another process holds it, the error is an [inUseError].
func lockFolder(s *settings) (*folderLock, error) {
	if err := os.MkdirAll(s.Data, 0o750); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	file, err := os.OpenFile(s.lockPath(), os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, fmt.Errorf("open the data folder: %w", err)
	}
	if err := lockFile(file); err != nil {
		defer file.Close()
		if !errors.Is(err, errLocked) {
			return nil, fmt.Errorf("lock the data folder: %w", err)
		}
		by := &inUseError{folder: s.Data}
		text, err := io.ReadAll(file)
		if err == nil {
			_ = json.Unmarshal(text, &by.holder) // it may be about to be written
		}
		return nil, by
	}
	l := &folderLock{file}
	return l, l.announce("")
}

// announce tells others who holds the lock and where it serves.
func (l *folderLock) announce(url string) error {
	text, err := json.Marshal(holder{os.Getpid(), url})
	if err != nil {
		return err
	}
	if err := l.file.Truncate(0); err != nil {
		return fmt.Errorf("write the lock: %w", err)
	}
	if _, err := l.file.WriteAt(text, 0); err != nil {
		return fmt.Errorf("write the lock: %w", err)
	}
	return nil
}

// release lets others in.
func (l *folderLock) release() error { return l.file.Close() }
