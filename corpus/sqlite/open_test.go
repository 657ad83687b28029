package sqlite

import (
	"bytes"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"policykb/corpus"
)

// regulation is a version with a text of some parts.
func regulation(id corpus.DocumentID) corpus.Version {
	text := strings.Repeat("第一条　为了促进数字经济发展，根据有关法律、行政法规，结合本市实际，制定本条例。\n", 100)
	v := corpus.Version{Document: id, Text: text, Metadata: corpus.Metadata{Title: "数字经济促进条例", City: "北京"}}
	for start := 0; start < 4000; start += 400 {
		span := corpus.Span{Start: start, End: start + 400}
		v.Passages = append(v.Passages, corpus.Passage{Kind: corpus.PassageProse, Span: span, Text: span.Of(text)})
	}
	return v
}

func add(t testing.TB, c *Catalogue, v corpus.Version) {
	t.Helper()
	if _, changed, err := c.Store(t.Context(), v); err != nil || !changed {
		t.Fatalf("Store gave changed %v, %v", changed, err)
	}
}

// closed makes a catalogue with a document in the folder, and returns its file.
func closed(t *testing.T, dir string, change func(*pool)) string {
	t.Helper()
	c := openIn(t, dir)
	add(t, c, regulation("beijing"))
	change(c.writer)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	return c.path
}

func nothing(*pool) {}

func TestOpenAnywhere(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"数据", "with space", "100%", "a?b=c&d", "#1", "%41", "a'b"} {
		dir := filepath.Join(t.TempDir(), name, "deeper")
		closed(t, dir, nothing)
		if _, err := os.Stat(filepath.Join(dir, "catalogue.db")); err != nil {
			t.Errorf("the catalogue of %s lies elsewhere: %v", name, err)
		}
		if doc, err := openIn(t, dir).Document(t.Context(), "beijing"); err != nil || doc.Passages != 10 {
			t.Errorf("opened again in %s: %+v, %v", name, doc, err)
		}
	}
}

func TestConnectionsAreSafe(t *testing.T) {
	t.Parallel()
	c := openIn(t, t.TempDir())
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000", "application_id": "1886085681"} {
		var got string
		if err := c.writer.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("the writer's %s is %s (%v), want %s", pragma, got, err, want)
		}
	}
	if _, err := c.reader.ExecContext(t.Context(), `DELETE FROM documents`); err == nil {
		t.Error("a reading connection can write")
	}
}

func TestFolderBelongsToOne(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := openIn(t, dir)
	_, err := Open(t.Context(), filepath.Join(dir, "catalogue.db"))
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), dir) {
		t.Errorf("opening it twice gave %v, want ErrInUse and the folder", err)
	}
	if _, err := Open(t.Context(), filepath.Join(dir, "other.db")); !errors.Is(err, ErrInUse) {
		t.Errorf("another catalogue in the folder gave %v, want ErrInUse", err)
	}
	if err := c.Ping(t.Context()); err != nil {
		t.Errorf("the first one suffered: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	openIn(t, dir)
}

// A job whose worker died with its process is taken back by the next process at once,
// however long its lease had to run; one that was asked to stop is cancelled.
func TestLeasesEndWithTheProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := openIn(t, dir)
	for _, id := range []corpus.JobID{"parsing", "stopping"} {
		if err := c.Enqueue(t.Context(), corpus.Job{ID: id, Document: corpus.DocumentID(id)}); err != nil {
			t.Fatal(err)
		}
		if job, ok, err := c.Lease(t.Context(), "worker", time.Hour); err != nil || !ok || job.ID != id {
			t.Fatalf("leased %+v, %v, %v", job, ok, err)
		}
	}
	if _, err := c.CancelJob(t.Context(), "stopping"); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = openIn(t, dir)
	if job, ok, err := c.Lease(t.Context(), "next", time.Hour); err != nil || !ok || job.ID != "parsing" || job.Attempt != 2 {
		t.Errorf("leased %+v, %v, %v", job, ok, err)
	}
	if job, err := c.Job(t.Context(), "stopping"); err != nil || job.State != corpus.JobCancelled {
		t.Errorf("the job that was to stop is %s, %v", job.State, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	run := func(query string) func(*pool) {
		return func(db *pool) {
			if _, err := db.Exec(query); err != nil {
				t.Error(err)
			}
		}
	}
	for name, test := range map[string]struct {
		file func(dir string) string
		want error
		says string
	}{
		"a newer one": {func(dir string) string {
			return closed(t, dir, run(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)`))
		}, ErrNewer, "version 999"},
		"another program's": {func(dir string) string {
			path := filepath.Join(dir, "catalogue.db")
			db := connect(path, 1, url.Values{})
			run(`CREATE TABLE moz_places (url TEXT)`)(db)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			return path
		}, ErrForeign, "catalogue.db"},
		"no database": {func(dir string) string {
			path := filepath.Join(dir, "catalogue.db")
			if err := os.WriteFile(path, bytes.Repeat([]byte("成都市算力券管理办法\n"), 500), 0o600); err != nil {
				t.Fatal(err)
			}
			return path
		}, ErrDamaged, "restore it from a backup"},
		"one without its first page": {func(dir string) string {
			path := closed(t, dir, nothing)
			overwrite(t, path, 0, 4096)
			return path
		}, ErrDamaged, "catalogue.db"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := test.file(dir)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			c, err := Open(t.Context(), path)
			if !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.says) || c != nil {
				t.Errorf("got %v, want %v and %q", err, test.want, test.says)
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, before) {
				t.Errorf("the refused file was changed (%v)", err)
			}
		})
	}
}

// overwrite puts noise into a file.
func overwrite(t *testing.T, path string, at, n int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	noise := bytes.Repeat([]byte{0xA5, 0x17, 0x00, 0xFE}, int(n/4))
	_, err = f.WriteAt(noise, at)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestDamageIsReported spoils a catalogue behind the first pages, which Open reads.
func TestDamageIsReported(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := closed(t, dir, nothing)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	c := openIn(t, dir)
	if err := c.Check(t.Context()); err != nil {
		t.Errorf("a sound catalogue gives %v", err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	overwrite(t, path, info.Size()/2, info.Size()/2)
	c, err = Open(t.Context(), path)
	if err == nil {
		t.Cleanup(func() { c.Close() })
		err = c.Check(t.Context())
	}
	if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want ErrDamaged and the file", err)
	}
}

// TestCurrentBounded stores a text longer than a batch of Current.
func TestCurrentBounded(t *testing.T) {
	t.Parallel()
	c := openIn(t, t.TempDir())
	long := corpus.Version{Document: "b-long", Text: strings.Repeat("支持算力。", batchCharacters/5+1)}
	span := corpus.Span{Start: batchCharacters - 5, End: batchCharacters}
	long.Passages = []corpus.Passage{{Span: span, Text: span.Of(long.Text)}}
	for _, v := range []corpus.Version{regulation("a"), long, regulation("c")} {
		add(t, c, v)
	}
	var ids []string
	for v, err := range c.Current(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, string(v.Document))
		for _, p := range v.Passages {
			if p.Text == "" {
				t.Errorf("passage %s has no text", p.ID)
			}
		}
	}
	if got := strings.Join(ids, " "); got != "a b-long c" {
		t.Errorf("Current yields %s", got)
	}
}
