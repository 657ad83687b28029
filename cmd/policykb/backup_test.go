package main

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"policykb/api"
)

// packing writes a small backup of one file.
func packing(_ context.Context, w io.Writer) error {
	const catalogue = "catalogue"
	out := tar.NewWriter(w)
	for name, text := range map[string]string{
		api.BackupCatalogue: catalogue,
		api.BackupSums:      fmt.Sprintf("%x  %s\n", sha256.Sum256([]byte(catalogue)), api.BackupCatalogue),
	} {
		if err := out.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text))}); err != nil {
			return err
		}
		if _, err := io.WriteString(out, text); err != nil {
			return err
		}
	}
	return out.Close()
}

// Backups are made when they are due, also across restarts, and the oldest go.
func TestBackupsOnASchedule(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "backups")
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var fails atomic.Bool
		write := func(ctx context.Context, w io.Writer) error {
			if fails.Load() {
				return errors.New("the disk is full")
			}
			return packing(ctx, w)
		}
		b := &backups{24 * time.Hour, folder, 3, write, slog.New(slog.DiscardHandler), time.Now}
		ran := make(chan struct{})
		go func() { defer close(ran); b.run(ctx) }()
		count := func(want int) []string {
			t.Helper()
			synctest.Wait()
			made, err := b.made()
			if err != nil || len(made) != want {
				t.Fatalf("there are %v, %v; want %d", made, err, want)
			}
			return made
		}
		first := count(1)[0]
		time.Sleep(23 * time.Hour)
		count(1)
		time.Sleep(2 * time.Hour)
		count(2)
		time.Sleep(72 * time.Hour)
		if made := count(3); slices.Contains(made, first) {
			t.Errorf("the oldest is among %v", made)
		}
		fails.Store(true)
		last := count(3)[2]
		time.Sleep(25 * time.Hour)
		if made := count(3); made[2] != last {
			t.Errorf("a backup that failed is among %v", made)
		}
		fails.Store(false)
		time.Sleep(10 * time.Minute)
		if made := count(3); made[2] == last {
			t.Error("a backup that failed was not tried again")
		}
		if entries, err := os.ReadDir(folder); err != nil || len(entries) != 3 {
			t.Errorf("the folder holds %v, %v", entries, err)
		}
		stop()
		<-ran

		// One that is started anew waits for its time.
		again, end := context.WithTimeout(t.Context(), time.Hour)
		defer end()
		last = count(3)[2]
		b.run(again)
		if made := count(3); made[2] != last {
			t.Error("a restart made a backup before its time")
		}
	})
}

func TestChosenSettings(t *testing.T) {
	t.Parallel()
	s := settings{Data: "/srv/policykb", Listen: "127.0.0.1:8080", Starter: "never"}
	s.APIKey, s.Rate, s.CORSOrigin = "pkb_SECRET", 600, []string{"https://a.example", "https://b.example"}
	got := s.chosen()
	want := map[string]string{"POLICYKB_DATA": "/srv/policykb", "POLICYKB_STARTER": "never", "POLICYKB_CORS_ORIGIN": "https://a.example,https://b.example"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
