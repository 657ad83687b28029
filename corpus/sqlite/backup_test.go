package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"testing"

	"policykb/corpus"
)

func TestBackup(t *testing.T) {
	t.Parallel()
	ctx, dir := t.Context(), t.TempDir()
	c := openIn(t, filepath.Join(dir, "data"))
	add(t, c, regulation("beijing"))
	want, err := c.Version(ctx, "beijing", 0)
	if err != nil {
		t.Fatal(err)
	}

	// Others write meanwhile.
	var wg sync.WaitGroup
	wg.Go(func() {
		for _, id := range []corpus.DocumentID{"shanghai", "shenzhen", "chengdu"} {
			add(t, c, regulation(id))
		}
	})
	backup := filepath.Join(dir, "backup", "catalogue.db")
	if err := os.Mkdir(filepath.Dir(backup), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := c.Backup(ctx, backup); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	if err := c.Backup(ctx, backup); !errors.Is(err, corpus.ErrConflict) {
		t.Errorf("a backup over another gave %v, want ErrConflict", err)
	}
	if err := c.Remove(ctx, "beijing"); err != nil {
		t.Fatal(err)
	}

	if entries, err := os.ReadDir(filepath.Dir(backup)); err != nil || len(entries) != 1 {
		t.Errorf("beside the backup there is more: %v, %v", entries, err)
	}
	restored := openIn(t, filepath.Dir(backup))
	if err := restored.Check(ctx); err != nil {
		t.Error(err)
	}
	if got, err := restored.Version(ctx, "beijing", 0); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("the backup holds\n%+v, %v; want\n%+v", got, err, want)
	}
	add(t, restored, regulation("guangzhou"))
}

func TestBackupToNowhere(t *testing.T) {
	t.Parallel()
	c := openIn(t, t.TempDir())
	if err := c.Backup(t.Context(), filepath.Join(t.TempDir(), "no", "such", "folder", "b.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want that the folder does not exist", err)
	}
}
