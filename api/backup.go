package api

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
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

// backupMaker is a catalogue that can be copied while it is used.
type backupMaker interface {
	Backup(ctx context.Context, path string) error
}

// GetBackup sends the whole knowledge base. (GET /v1/admin/backup)
func (s *Server) GetBackup(ctx context.Context, _ GetBackupRequestObject) (GetBackupResponseObject, error) {
	catalogue, ok := s.catalogue.(backupMaker)
	if !ok {
		return nil, refuse(http.StatusNotImplemented, "This catalogue is backed up by its own means.")
	}
	folder, err := os.MkdirTemp("", "policykb-backup-")
	if err != nil {
		return nil, fmt.Errorf("back up: %w", err)
	}
	b := &backup{ctx: ctx, originals: s.originals, folder: folder}
	// An original that goes while this is made is of a document that goes too; one
	// that comes is not in the catalogue's copy yet. Both lists hold all between.
	before, err := s.originalsHeld(ctx)
	if err == nil {
		err = catalogue.Backup(ctx, filepath.Join(folder, BackupCatalogue))
	}
	if err == nil {
		b.hashes, err = s.originalsHeld(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	maps.Copy(b.hashes, before)
	return b, nil
}

// originalsHeld returns the hashes of what all versions were read from.
func (s *Server) originalsHeld(ctx context.Context) (map[string]bool, error) {
	var ids []corpus.DocumentID
	ids, err := s.fitting(ctx, corpus.Filter{}, func(corpus.Document) bool { return true })
	if err != nil {
		return nil, err
	}
	hashes := make(map[string]bool, len(ids))
	for _, id := range ids {
		versions, err := s.catalogue.Versions(ctx, id)
		if errors.Is(err, corpus.ErrNotFound) {
			continue // removed meanwhile
		}
		if err != nil {
			return nil, err
		}
		for _, v := range versions {
			hashes[v.Original.Hash] = true
		}
	}
	for _, state := range []corpus.JobState{corpus.JobQueued, corpus.JobRunning} {
		waiting, err := s.catalogue.ListJobs(ctx, state, maxBackupJobs)
		if err != nil {
			return nil, err
		}
		if len(waiting) == maxBackupJobs {
			return nil, refuse(http.StatusConflict, "More than %d documents wait to be read: back up when they are.", maxBackupJobs)
		}
		for _, job := range waiting {
			hashes[job.Original.Hash] = true
		}
	}
	delete(hashes, "")
	return hashes, nil
}

// maxBackupJobs is how many waiting jobs can be listed, whose originals a backup
// needs too.
const maxBackupJobs = 500

// backup is a response that is packed while it is sent.
type backup struct {
	ctx       context.Context
	originals corpus.Originals
	folder    string // holds the catalogue's copy until it is sent
	hashes    map[string]bool
}

// VisitGetBackupResponse implements GetBackupResponseObject.
func (b *backup) VisitGetBackupResponse(w http.ResponseWriter) (err error) {
	defer func() { err = errors.Join(err, os.RemoveAll(b.folder)) }()
	h := w.Header()
	h.Set("Content-Type", "application/x-tar")
	h.Set("Content-Disposition", `attachment; filename="policykb.tar"`)
	w.WriteHeader(http.StatusOK)
	out := tar.NewWriter(w)
	sums := new(strings.Builder)
	file, err := os.Open(filepath.Join(b.folder, BackupCatalogue))
	if err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	if err := pack(out, sums, BackupCatalogue, file); err != nil {
		return err
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
		_, err = io.Copy(io.MultiWriter(out, sum), file)
	}
	if err == nil && sums != nil {
		_, err = fmt.Fprintf(sums, "%x  %s\n", sum.Sum(nil), name)
	}
	if err != nil {
		return fmt.Errorf("back up %s: %w", name, err)
	}
	return nil
}
