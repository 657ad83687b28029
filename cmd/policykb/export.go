package main

import (
	"archive/tar"
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"policykb/api"
	"policykb/corpus"
	"policykb/corpus/sqlite"
)

// exportCommand copies the knowledge base into a folder.
type exportCommand struct {
	Dir string `arg:"" name:"dir" help:"A folder that is empty or not there yet."`
}

// Run implements kong's command.
func (e exportCommand) Run(ctx context.Context, s *settings, c *console, log *slog.Logger) error {
	if entries, err := os.ReadDir(e.Dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	} else if len(entries) > 0 {
		return fmt.Errorf("%s is not empty", e.Dir)
	}
	return withConnection(ctx, s, log, func(api *connection) error {
		response, err := api.GetBackup(ctx)
		if err == nil && response.StatusCode != http.StatusOK {
			_, err = readBody(response, nil)
		}
		if err != nil {
			return err
		}
		defer response.Body.Close() // nothing was written
		if err := unpack(response.Body, e.Dir); err != nil {
			return fmt.Errorf("export: %w", err)
		}
		files, err := checkSums(e.Dir)
		if err != nil {
			return fmt.Errorf("export: %w", err)
		}
		c.printf("exported %d files to %s\n", files, e.Dir)
		return nil
	})
}

// unpack writes the files of a tar into a folder. Names that lead elsewhere are refused.
func unpack(from io.Reader, dir string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close() // its files are closed by themselves
	archive := tar.NewReader(from)
	for {
		entry, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read what the server sends: %w", err)
		}
		if parent := filepath.Dir(entry.Name); parent != "." {
			if err := root.MkdirAll(parent, 0o750); err != nil {
				return err
			}
		}
		file, err := root.OpenFile(entry.Name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		_, err = io.Copy(file, archive)
		if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
			return fmt.Errorf("write %s: %w", entry.Name, err)
		}
	}
}

// checkSums reads every file that the sums name and returns their number.
func checkSums(dir string) (files int, err error) {
	sums, err := os.Open(filepath.Join(dir, api.BackupSums))
	if err != nil {
		return 0, fmt.Errorf("%s is no whole export: %w", dir, err)
	}
	defer sums.Close() // nothing was written
	lines := bufio.NewScanner(sums)
	for lines.Scan() {
		sum, name, ok := strings.Cut(lines.Text(), "  ")
		if !ok || !filepath.IsLocal(name) {
			return files, fmt.Errorf("%s is damaged: %q", api.BackupSums, lines.Text())
		}
		got, err := sumOf(filepath.Join(dir, name))
		if err != nil {
			return files, err
		}
		if got != sum {
			return files, fmt.Errorf("%s is damaged: its sum is %s and not %s", name, got, sum)
		}
		files++
	}
	return files, lines.Err()
}

// sumOf is the SHA-256 of a file in hexadecimal.
func sumOf(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close() // nothing was written
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", sum.Sum(nil)), nil
}

// importCommand makes a knowledge base of an export.
type importCommand struct {
	Dir string `arg:"" name:"dir" help:"The folder that export wrote."`
}

// Run implements kong's command.
func (i importCommand) Run(ctx context.Context, s *settings, c *console) (err error) {
	files, err := checkSums(i.Dir)
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	lock, err := lockFolder(s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.release()) }()
	if _, err := os.Stat(s.cataloguePath()); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, fmt.Errorf("%s holds a knowledge base already: give an empty folder with --data", s.Data))
	}
	originals, err := corpus.OpenFolder(s.originalsPath())
	if err != nil {
		return err
	}
	held, err := os.ReadDir(filepath.Join(i.Dir, filepath.FromSlash(api.BackupOriginals)))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("import: %w", err)
	}
	for _, entry := range held {
		if err := importOriginal(ctx, originals, i.Dir, entry.Name()); err != nil {
			return fmt.Errorf("import: %w", err)
		}
	}
	if err := importCarried(s, i.Dir, c); err != nil {
		return fmt.Errorf("import: %w", err)
	}
	// The catalogue comes last, and whole: an import that breaks off can be tried again.
	if err := importCatalogue(ctx, filepath.Join(i.Dir, api.BackupCatalogue), s.cataloguePath()); err != nil {
		return err
	}
	c.printf("imported %d files; the index is built at the next start\n", files)
	return nil
}

// importOriginal keeps one original.
func importOriginal(ctx context.Context, originals *corpus.Folder, dir, name string) error {
	file, err := os.Open(filepath.Join(dir, filepath.FromSlash(api.BackupOriginals), name))
	if err != nil {
		return err
	}
	defer file.Close() // nothing was written
	hash, _, err := originals.Put(ctx, file)
	if err == nil && hash != name {
		err = fmt.Errorf("the original %s is damaged", name)
	}
	return err
}

// importCatalogue copies the catalogue, reads it through and puts it in its place.
// The export itself is not opened, which would change it.
func importCatalogue(ctx context.Context, from, to string) (err error) {
	folder, err := os.MkdirTemp(filepath.Dir(to), ".import-")
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	copied := filepath.Join(folder, api.BackupCatalogue)
	if err := copyFile(from, copied); err != nil {
		return fmt.Errorf("import: %w", err)
	}
	source, err := sqlite.Open(ctx, copied)
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	if err = source.Check(ctx); err == nil {
		err = source.Backup(ctx, to)
	}
	if err = errors.Join(err, source.Close()); err != nil {
		return fmt.Errorf("import: %w", err)
	}
	return nil
}

// copyFile copies a file.
func copyFile(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close() // nothing was written
	target, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Close())
}
