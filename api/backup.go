package api

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"policykb/corpus"
)

// Names within a backup.
const (
	BackupCatalogue = "catalogue.db"
	BackupOriginals = "originals/" // and the hash
	BackupSums      = "SHA256SUMS" // as the program sha256sum reads it
)

// GetStats counts what is held and done. (GET /v1/admin/stats)
func (s *Server) GetStats(ctx context.Context, _ GetStatsRequestObject) (GetStatsResponseObject, error) {
	held, err := s.catalogue.Holdings(ctx)
	if err != nil {
		return nil, err
	}
	queue, err := s.catalogue.CountJobs(ctx)
	if err != nil {
		return nil, err
	}
	index, err := s.index.Stats(ctx)
	if err != nil {
		return nil, err
	}
	stats := BaseStats{
		Documents: len(held), Jobs: make(map[string]int, len(queue)), Version: s.version,
		UptimeSeconds: int64(time.Since(s.started).Seconds()),
		Index: IndexStats{
			Engine: index.Engine, Documents: index.Documents, Points: index.Points,
			Terms: index.Terms, Dimensions: index.Dimensions, Bytes: index.Bytes,
		},
	}
	for _, h := range held {
		stats.Passages += h.Passages
	}
	for state, n := range queue {
		stats.Jobs[string(state)] = n
	}
	return GetStats200JSONResponse(stats), nil
}

// backupMaker is a catalogue that can be copied while it is used, and knows which
// originals it needs.
type backupMaker interface {
	Backup(ctx context.Context, path string) error
	OriginalHashes(ctx context.Context) ([]string, error)
}

// GetBackup sends the whole knowledge base. (GET /v1/admin/backup)
func (s *Server) GetBackup(ctx context.Context, _ GetBackupRequestObject) (GetBackupResponseObject, error) {
	b, err := s.openBackup(ctx)
	if err != nil {
		return nil, err
	}
	return b, nil
}

// WriteBackup writes what GET /v1/admin/backup sends.
func (s *Server) WriteBackup(ctx context.Context, w io.Writer) error {
	b, err := s.openBackup(ctx)
	if err != nil {
		return err
	}
	return b.writeTo(w)
}

// backup is the knowledge base of one moment, packed while it is sent.
type backup struct {
	ctx       context.Context
	originals corpus.Originals
	folder    string // holds the catalogue's copy until it is sent
	hashes    map[string]bool
	files     map[string]func() (io.ReadSeekCloser, error)
}

// openBackup copies the catalogue. The caller writes the backup, which removes the copy.
func (s *Server) openBackup(ctx context.Context) (*backup, error) {
	catalogue, ok := s.catalogue.(backupMaker)
	if !ok {
		return nil, refuse(http.StatusNotImplemented, "This catalogue is backed up by its own means.")
	}
	folder, err := os.MkdirTemp("", "policykb-backup-")
	if err != nil {
		return nil, fmt.Errorf("back up: %w", err)
	}
	b := &backup{ctx: ctx, originals: s.originals, folder: folder, hashes: make(map[string]bool), files: s.files}
	// An original that goes while this is made is of a document that goes too; one
	// that comes is not in the catalogue's copy yet. Both lists hold all between.
	before, err := catalogue.OriginalHashes(ctx)
	if err == nil {
		err = catalogue.Backup(ctx, filepath.Join(folder, BackupCatalogue))
	}
	var after []string
	if err == nil {
		after, err = catalogue.OriginalHashes(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	for _, hash := range slices.Concat(before, after) {
		b.hashes[hash] = true
	}
	delete(b.hashes, "")
	return b, nil
}

// VisitGetBackupResponse implements GetBackupResponseObject.
func (b *backup) VisitGetBackupResponse(w http.ResponseWriter) error {
	h := w.Header()
	h.Set("Content-Type", "application/x-tar")
	h.Set("Content-Disposition", `attachment; filename="policykb.tar"`)
	w.WriteHeader(http.StatusOK)
	return b.writeTo(w)
}

// writeTo packs everything, the sums last, and removes the catalogue's copy.
func (b *backup) writeTo(w io.Writer) (err error) {
	defer func() { err = errors.Join(err, os.RemoveAll(b.folder)) }()
	out := tar.NewWriter(w)
	sums := new(strings.Builder)
	file, err := os.Open(filepath.Join(b.folder, BackupCatalogue))
	if err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	if err := pack(out, sums, BackupCatalogue, file); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(b.files)) {
		file, err := b.files[name]()
		if errors.Is(err, fs.ErrNotExist) {
			continue // nothing was written there yet
		}
		if err != nil {
			return fmt.Errorf("back up %s: %w", name, err)
		}
		if err := pack(out, sums, name, file); err != nil {
			return err
		}
	}
	for _, hash := range slices.Sorted(maps.Keys(b.hashes)) {
		original, err := b.originals.Open(b.ctx, hash)
		if errors.Is(err, corpus.ErrNotFound) {
			continue // its document was removed meanwhile
		}
		if err != nil {
			return fmt.Errorf("back up: %w", err)
		}
		if err := pack(out, sums, BackupOriginals+hash, original); err != nil {
			return err
		}
	}
	if err := pack(out, nil, BackupSums, readCloser{strings.NewReader(sums.String())}); err != nil {
		return err
	}
	return out.Close()
}

// readCloser is a reader that needs no closing.
type readCloser struct{ io.ReadSeeker }

// Close implements io.Closer.
func (readCloser) Close() error { return nil }

// pack writes one file, closes it and notes its sum.
func pack(out *tar.Writer, sums io.Writer, name string, file io.ReadSeekCloser) error {
	defer file.Close() // nothing was written
	size, err := file.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err == nil {
		err = out.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: size, ModTime: time.Now().Truncate(time.Second), Format: tar.FormatPAX})
	}
	sum := sha256.New()
	if err == nil {
		_, err = io.CopyN(io.MultiWriter(out, sum), file, size) // a log may grow meanwhile
	}
	if err == nil && sums != nil {
		_, err = fmt.Fprintf(sums, "%x  %s\n", sum.Sum(nil), name)
	}
	if err != nil {
		return fmt.Errorf("back up %s: %w", name, err)
	}
	return nil
}
