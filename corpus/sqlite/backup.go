package sqlite

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"

	"policykb/corpus"
)

// Backup writes the catalogue as it is now to a new file, which Open can open,
// while reading and writing go on. The file is there whole or not at all; one
// that exists is left alone and gives [corpus.ErrConflict].
func (c *Catalogue) Backup(ctx context.Context, path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		return errors.Join(err, fmt.Errorf("back up catalogue: %w: %s exists", corpus.ErrConflict, path))
	}
	if err := c.backup(ctx, path); err != nil {
		return c.fault("back up catalogue to "+path, err)
	}
	return nil
}

func (c *Catalogue) backup(ctx context.Context, path string) (err error) {
	folder := filepath.Dir(path)
	temporary, err := os.MkdirTemp(folder, ".backup-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temporary)) }()
	copied := filepath.Join(temporary, "catalogue")
	// A connection of its own: the readers may not write, and the writer must not wait.
	db := connect(c.path, 1, url.Values{})
	_, err = db.ExecContext(ctx, `VACUUM INTO ?`, copied)
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if err := syncPath(copied, os.O_RDWR); err != nil {
		return err
	}
	if err := os.Rename(copied, path); err != nil {
		return err
	}
	if runtime.GOOS == "windows" { // where a folder cannot be opened to be synced
		return nil
	}
	return syncPath(folder, os.O_RDONLY)
}

// OriginalHashes lists, in order, the hashes of what every version was read from and
// every job reads: what a backup needs beside the catalogue.
func (c *Catalogue) OriginalHashes(ctx context.Context) (hashes []string, err error) {
	err = c.read(ctx, "list originals", func(tx transaction) error {
		rows, err := tx.QueryContext(ctx, `SELECT original_hash FROM versions UNION SELECT original_hash FROM jobs ORDER BY 1`)
		hashes, err = collect(rows, err, func(row scanner) (hash string, err error) { return hash, row.Scan(&hash) })
		return err
	})
	return hashes, err
}

// syncPath brings a file or folder to the disk.
func syncPath(path string, flag int) error {
	f, err := os.OpenFile(path, flag, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Check reads the whole file and reports what is damaged in it, as [ErrDamaged].
// It takes seconds for a large catalogue; others may work meanwhile.
func (c *Catalogue) Check(ctx context.Context) error {
	return c.read(ctx, "check catalogue", func(tx transaction) error {
		for _, check := range []string{`SELECT integrity_check FROM pragma_integrity_check`, `SELECT 'a row of ' || "table" || ' lacks its ' || parent FROM pragma_foreign_key_check`} {
			rows, err := tx.QueryContext(ctx, check)
			findings, err := collect(rows, err, func(row scanner) (finding string, err error) {
				return finding, row.Scan(&finding)
			})
			if err != nil {
				return err
			}
			for _, finding := range findings {
				if finding != "ok" {
					return fmt.Errorf("%s is %w: %s", c.path, ErrDamaged, finding)
				}
			}
		}
		return nil
	})
}
