package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// backupSettings say how often a knowledge base that is served is backed up.
type backupSettings struct {
	BackupEvery time.Duration `name:"backup-every" env:"POLICYKB_BACKUP_EVERY" default:"0s" placeholder:"TIME" help:"Back up everything so often while it is served, as 24h; 0 for never. policykb import makes a knowledge base of a backup."`
	BackupTo    string        `name:"backup-to" env:"POLICYKB_BACKUP_TO" placeholder:"FOLDER" help:"Folder of the backups, best on another disk; backups in the data folder where it is not set."`
	BackupKeep  int           `name:"backup-keep" env:"POLICYKB_BACKUP_KEEP" default:"7" placeholder:"N" help:"How many backups are kept."`
}

// backups makes backups on a schedule, each a folder as export writes it.
type backups struct {
	every  time.Duration
	folder string
	keep   int
	write  func(context.Context, io.Writer) error
	log    *slog.Logger
	now    func() time.Time
}

// backups are those of a base, nil where none are to be made.
func (b *base) backups(s *settings, log *slog.Logger) (*backups, error) {
	switch {
	case s.BackupEvery == 0:
		return nil, nil
	case s.BackupEvery < time.Minute || s.BackupKeep < 1:
		return nil, errors.New("--backup-every takes a minute or more, and --backup-keep at least 1")
	}
	folder := s.BackupTo
	if folder == "" {
		folder = filepath.Join(s.Data, "backups")
	}
	return &backups{s.BackupEvery, folder, s.BackupKeep, b.server.WriteBackup, log, time.Now}, nil
}

// Backups are named for their moment, so that their names are in its order. A name
// with the mark of the unfinished is of one that was cut off.
const (
	backupName = "policykb-20060102T150405Z"
	unfinished = ".unfinished-"
)

// run backs up whenever it is time, until the context ends. What goes wrong is
// logged and tried again.
func (b *backups) run(ctx context.Context) {
	for {
		wait, err := b.due()
		if err == nil && wait <= 0 {
			if err = b.make(ctx); err == nil {
				continue
			}
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			b.log.Error("no backup was made", "folder", b.folder, "error", err)
			wait = min(b.every, 10*time.Minute)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// due says how long it is until the next backup.
func (b *backups) due() (time.Duration, error) {
	made, err := b.made()
	if err != nil || len(made) == 0 {
		return 0, err
	}
	last, err := time.Parse(backupName, made[len(made)-1])
	return last.Add(b.every).Sub(b.now()), err
}

// made lists the backups that are there, the oldest first.
func (b *backups) made() ([]string, error) {
	entries, err := os.ReadDir(b.folder)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("look at the backups: %w", err)
	}
	var names []string
	for _, entry := range entries {
		if _, err := time.Parse(backupName, entry.Name()); err == nil && entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// make makes one backup, checks it against its sums, and removes those that are
// too many. It is there whole or not at all.
func (b *backups) make(ctx context.Context) error {
	begun := b.now()
	if err := b.clear(); err != nil {
		return err
	}
	name := begun.UTC().Format(backupName)
	growing := filepath.Join(b.folder, unfinished+name)
	r, w := io.Pipe()
	var writing errgroup.Group
	writing.Go(func() error {
		err := b.write(ctx, w)
		w.CloseWithError(err)
		return err
	})
	err := unpack(r, growing)
	r.CloseWithError(err)
	if err := errors.Join(err, writing.Wait()); err != nil {
		return err
	}
	files, err := checkSums(growing)
	if err != nil {
		return err
	}
	if err := os.Rename(growing, filepath.Join(b.folder, name)); err != nil {
		return err
	}
	b.log.Info("backed up", "to", filepath.Join(b.folder, name), "files", files, "took", b.now().Sub(begun))
	made, err := b.made()
	if err != nil {
		return err
	}
	for _, old := range made[:max(0, len(made)-b.keep)] {
		if err := os.RemoveAll(filepath.Join(b.folder, old)); err != nil {
			return fmt.Errorf("remove the backup %s: %w", old, err)
		}
	}
	return nil
}

// clear removes what was cut off.
func (b *backups) clear() error {
	if err := os.MkdirAll(b.folder, 0o700); err != nil {
		return fmt.Errorf("make the folder of backups: %w", err)
	}
	entries, err := os.ReadDir(b.folder)
	if err != nil {
		return fmt.Errorf("look at the backups: %w", err)
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), unfinished) {
			if err := os.RemoveAll(filepath.Join(b.folder, entry.Name())); err != nil {
				return fmt.Errorf("clear away an unfinished backup: %w", err)
			}
		}
	}
	return nil
}
