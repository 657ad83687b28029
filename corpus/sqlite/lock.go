package sqlite

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// lockName is the file whose lock makes a folder one process's own. It stays when
// the process has gone; the lock does not.
const lockName = "policykb.lock"

// lockFolder takes the folder's lock, until the file is closed or the process ends.
func lockFolder(folder string) (*os.File, error) {
	path := filepath.Join(folder, lockName)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, err
	}
	locked, err := tryLock(file)
	switch {
	case err != nil:
		err = fmt.Errorf("lock %s: %w", path, err)
	case !locked:
		err = fmt.Errorf("data folder %s is %w%s", folder, ErrInUse, holder(file))
	default:
		err = sign(file)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// sign writes the process's number into the lock file, for the one who finds it locked.
func sign(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// holder names the process that signed the lock file, as far as it can be told.
func holder(file *os.File) string {
	b, err := io.ReadAll(io.NewSectionReader(file, 0, 32))
	pid := strings.TrimSpace(string(b))
	if err != nil || pid == "" {
		return ""
	}
	return " (number " + pid + ")"
}
