package sqlite

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// LookOn opens a catalogue that another process may have open, to read it: an
// index is built from it while questions go on being answered. What is written
// (the cache of vectors) takes its turn with the other's transactions. A catalogue
// that is not there or whose tables are not up to date is not made or changed, but
// refused.
func LookOn(ctx context.Context, path string) (_ *Catalogue, err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("look on catalogue: %w", err)
	}
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("look on catalogue: %w", err)
	}
	c := &Catalogue{path: path, now: time.Now}
	c.close = sync.OnceValue(c.shut)
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	c.writer = connect(path, 1, url.Values{"_txlock": {"immediate"}, "_synchronous": {"FULL"}})
	c.reader = connect(path, readers, url.Values{"_query_only": {"1"}})
	if err := errors.Join(c.writer.compile(ctx, writes...), c.reader.compile(ctx, reads...)); err != nil {
		return nil, c.fault("look on catalogue", err)
	}
	return c, nil
}
