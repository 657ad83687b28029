// Package sqlite keeps the catalogue in one SQLite file.
//
// The file is in WAL mode: one connection writes, a few read, and readers never
// wait for the writer. Every write is one transaction that is on the disk
// (synchronous=FULL) before its method returns, so that what was acknowledged
// survives a power cut. The folder of the file belongs to one process at a time.
//
// A text is stored once, in parts of 640 code points; passages are spans of it
// (see migrations/00001_catalogue.sql for the tables). That a quote equals the
// text at its span is therefore not checked but cannot be otherwise.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/pressly/goose/v3"
	driver "modernc.org/sqlite"

	"policykb/corpus"
)

// Why a catalogue could not be opened.
var (
	ErrInUse   = errors.New("in use by another process")
	ErrForeign = errors.New("not a catalogue of policykb")
	ErrNewer   = errors.New("written by a newer policykb")
	ErrDamaged = errors.New("damaged")
)

// applicationID marks SQLite files that are catalogues: "pkb1".
const applicationID = 0x706b6231

// readers is how many connections read. More than the cores only help while one
// streams to a slow caller.
const readers = 8

//go:embed migrations/*.sql
var migrations embed.FS

// Catalogue is a [corpus.Catalogue] in an SQLite file.
type Catalogue struct {
	path   string
	lock   *os.File
	writer *pool // of a single connection
	reader *pool
	close  func() error
	now    func() time.Time
}

var _ corpus.Catalogue = (*Catalogue)(nil)

// Open opens the catalogue in the file path, or makes it, with its folder, and
// brings its tables up to date. It gives [ErrInUse] when another process has a
// catalogue open in the same folder, [ErrForeign] when the file is some other
// SQLite database, [ErrNewer] when a newer program has changed its tables and
// [ErrDamaged] when it cannot be read. None of these changes the file.
func Open(ctx context.Context, path string) (_ *Catalogue, err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open catalogue: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("open catalogue: %w", err)
	}
	c := &Catalogue{path: path, now: time.Now}
	c.close = sync.OnceValue(c.shut)
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	if c.lock, err = lockFolder(filepath.Dir(path)); err != nil {
		return nil, fmt.Errorf("open catalogue: %w", err)
	}
	c.writer = connect(path, 1, url.Values{"_txlock": {"immediate"}, "_synchronous": {"FULL"}})
	if err := c.migrate(ctx); err != nil {
		return nil, c.fault("open catalogue", err)
	}
	if _, err := c.writer.ExecContext(ctx, endLeases); err != nil {
		return nil, c.fault("open catalogue", err)
	}
	c.reader = connect(path, readers, url.Values{"_query_only": {"1"}})
	if err := errors.Join(c.writer.compile(ctx, writes...), c.reader.compile(ctx, reads...)); err != nil {
		return nil, c.fault("open catalogue", err)
	}
	return c, nil
}

// reads and writes are the queries that answers, bulk ingestion and workers repeat.
var (
	reads  = []string{documentByID, documentsByID, documentsByOriginal, documentsAlike, passagesByPlace, versionByNumber, textsOf, passagesOf, jobByID, sharingBands, repealedBy, documentsRepealing}
	writes = []string{documentByID, insertDocument, insertVersion, insertPart, insertPassage, setCurrent, insertBand, dropBands, dropResemblances, insertRepeal, dropRepeals, enqueueJob, cancelLapsed, leaseJob, noteProgress, finishJob}
)

// connect gives a pool of at most n connections to the file.
func connect(path string, n int, settings url.Values) *pool {
	settings.Set("_busy_timeout", "10000") // ms
	settings.Set("_foreign_keys", "1")
	settings.Set("_dqs", "0")
	settings["_pragma"] = []string{"cache_size(-16000)", "journal_size_limit(67108864)"} // 16 MB, 64 MB
	file := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: settings.Encode()}
	connector, err := driver.NewConnector(file.String())
	if err != nil {
		panic(fmt.Sprintf("sqlite: connection string %q: %v", file.String(), err)) // it is made above
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return &pool{DB: db}
}

// migrate looks whether the file is ours to change, then brings it up to date.
func (c *Catalogue) migrate(ctx context.Context) error {
	var application, tables int
	row := c.writer.QueryRowContext(ctx, `SELECT application_id, (SELECT count(*) FROM sqlite_schema) FROM pragma_application_id`)
	if err := row.Scan(&application, &tables); err != nil {
		return err
	}
	if tables > 0 && application != applicationID {
		return fmt.Errorf("%s is %w", c.path, ErrForeign)
	}
	sources, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	steps, err := goose.NewProvider(goose.DialectSQLite3, c.writer.DB, sources, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	have, know, err := steps.GetVersions(ctx)
	if err != nil {
		return err
	}
	if have > know {
		return fmt.Errorf("%s was %w: its tables are version %d, this program knows %d", c.path, ErrNewer, have, know)
	}
	var mode string
	if err := c.writer.QueryRowContext(ctx, `PRAGMA journal_mode = WAL`).Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("%s cannot have a write-ahead log (journal mode %q): is it on a network drive?", c.path, mode)
	}
	_, err = steps.Up(ctx)
	return err
}

// Ping reports whether the catalogue answers.
func (c *Catalogue) Ping(ctx context.Context) error {
	var documents int
	err := c.reader.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT 1 FROM documents LIMIT 1)`).Scan(&documents)
	return c.fault("ping", err)
}

// Close waits for what is being read and written and gives the folder free.
// Closing twice is no error; every other method fails from then on.
func (c *Catalogue) Close() error { return c.close() }

func (c *Catalogue) shut() error {
	var errs []error
	if c.reader != nil {
		errs = append(errs, c.reader.Close())
	}
	if c.writer != nil {
		errs = append(errs, c.writer.Close())
	}
	if c.lock != nil {
		errs = append(errs, c.lock.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close catalogue %s: %w", c.path, err)
	}
	return nil
}

// fault says what was being done when err happened, and what it means where
// SQLite's own words would not tell.
func (c *Catalogue) fault(doing string, err error) error {
	var fault *driver.Error
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &fault):
		return fmt.Errorf("%s: %w", doing, err)
	}
	const corrupt, full, notDatabase = 11, 13, 26 // SQLITE_CORRUPT, SQLITE_FULL, SQLITE_NOTADB
	switch fault.Code() & 0xff {                  // the rest are refinements
	case corrupt, notDatabase:
		return fmt.Errorf("%s: catalogue %s is %w; restore it from a backup: %w", doing, c.path, ErrDamaged, err)
	case full:
		return fmt.Errorf("%s: no room on the disk of %s: %w", doing, c.path, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}
