package ingest

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"policykb/corpus"
)

const voucherNotice = "云州市人民政府关于印发算力券实施办法的通知\n\n云政发〔2024〕3号\n\n第一条 企业每年最高可申领200万元的算力券。\n\n云州市人民政府\n\n2024年3月1日\n"

// shelf is a followed folder that a test looks through step by step.
type shelf struct {
	*house
	*followed
	dir string
	log *lines
	end func() // stops the workers
}

// lines gathers what is logged.
type lines struct {
	mu sync.Mutex
	bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.Write(p)
}

func (l *lines) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := l.String()
	l.Reset()
	return text
}

// openShelf follows dir with the knowledge base in data.
func openShelf(t *testing.T, data, dir string) *shelf {
	t.Helper()
	log := new(lines)
	h := open(t, data, func(c *Config) { c.Logger = slog.New(slog.NewTextHandler(log, nil)) })
	end := h.work(t)
	f, err := h.follow(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return &shelf{house: h, followed: f, dir: dir, log: log, end: end}
}

// write puts a file there, as last changed at a minute of a day.
func (s *shelf) write(t *testing.T, name, text string, minute int) {
	t.Helper()
	file := filepath.Join(s.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2024, 5, 1, 9, minute, 0, 0, time.UTC)
	if err := os.Chtimes(file, at, at); err != nil {
		t.Fatal(err)
	}
}

// looks goes through the folder so many times, and waits for the jobs to end.
func (s *shelf) looks(t *testing.T, times int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for range times {
		if err := s.look(ctx); err != nil {
			t.Fatal(err)
		}
		var ids []corpus.JobID
		for _, known := range s.files {
			if known.Job != "" {
				ids = append(ids, known.Job)
			}
		}
		if _, err := s.Wait(ctx, ids...); err != nil {
			t.Fatal(err)
		}
	}
}

// documents lists what the catalogue holds.
func (s *shelf) documents(t *testing.T) []corpus.Document {
	t.Helper()
	page, err := s.catalogue.Documents(t.Context(), corpus.Listing{})
	if err != nil {
		t.Fatal(err)
	}
	return page.Documents
}

// jobs counts the jobs there ever were.
func (s *shelf) jobs(t *testing.T) (n int) {
	t.Helper()
	counts, err := s.catalogue.CountJobs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, count := range counts {
		n += count
	}
	return n
}

func TestFollowFolder(t *testing.T) {
	t.Parallel()
	data, dir := t.TempDir(), t.TempDir()
	s := openShelf(t, data, dir)

	// A file that grows from one look to the next is still being written.
	s.write(t, "算力/办法.txt", voucherNotice[:60], 1)
	s.looks(t, 1)
	s.write(t, "算力/办法.txt", voucherNotice, 2)
	s.looks(t, 1)
	if n := s.jobs(t); n != 0 {
		t.Fatalf("a half-written file was taken: %d jobs", n)
	}
	s.write(t, "算力/~$办法.docx", "lock", 2)
	s.write(t, ".hidden.txt", "hidden", 2)
	s.write(t, "方案.pdf.part", "half", 2)
	s.looks(t, 2)
	all := s.documents(t)
	if len(all) != 1 || all[0].Metadata.City != "" && !strings.Contains(all[0].Metadata.Title, "算力券") {
		t.Fatalf("got the documents %+v", all)
	}
	id := all[0].ID

	// A changed file is a new version, also where nothing in it says so.
	s.write(t, "算力/办法.txt", "每家企业每年最高可申领300万元的算力券，按季度发放。", 3)
	s.looks(t, 2)
	if all = s.documents(t); len(all) != 1 || all[0].ID != id || all[0].Version != 2 {
		t.Fatalf("after the change: %+v", all)
	}

	// A renamed file is the same document, without a job.
	before := s.jobs(t)
	if err := os.Rename(filepath.Join(dir, "算力", "办法.txt"), filepath.Join(dir, "算力券办法.txt")); err != nil {
		t.Fatal(err)
	}
	s.log.take()
	s.looks(t, 3)
	if all = s.documents(t); len(all) != 1 || s.jobs(t) != before {
		t.Errorf("after the renaming: %d documents, %d jobs; want 1 and %d", len(all), s.jobs(t), before)
	}
	if log := s.log.take(); !strings.Contains(log, "was renamed") || strings.Contains(log, "is gone") {
		t.Errorf("after the renaming the log says %s", log)
	}
	s.write(t, "算力券办法.txt", "每家企业每年最高可申领400万元的算力券，按季度发放。", 4)
	s.looks(t, 2)
	if all = s.documents(t); len(all) != 1 || all[0].ID != id || all[0].Version != 3 {
		t.Errorf("after renaming and change: %+v", all)
	}

	// A restart adds nothing twice; a file that is gone is reported and its document kept.
	s.end()
	if err := s.catalogue.Close(); err != nil {
		t.Fatal(err)
	}
	again := openShelf(t, data, dir)
	before = again.jobs(t)
	again.looks(t, 2)
	if n := again.jobs(t); n != before {
		t.Errorf("after a restart there are %d jobs, before %d", n, before)
	}
	if err := os.Remove(filepath.Join(dir, "算力券办法.txt")); err != nil {
		t.Fatal(err)
	}
	again.looks(t, 3)
	log := again.log.take()
	if strings.Count(log, "is gone") != 1 || !strings.Contains(log, string(id)) || len(again.documents(t)) != 1 {
		t.Errorf("after the removal the log says %s, and there are %d documents", log, len(again.documents(t)))
	}
}

// A folder that cannot be reached for a time has lost nothing.
func TestFollowFolderThatGoesAway(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "share")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s := openShelf(t, t.TempDir(), dir)
	s.write(t, "办法.txt", voucherNotice, 1)
	s.looks(t, 2)
	if err := os.Rename(dir, dir+" away"); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := s.look(t.Context()); err == nil {
			t.Error("a look through a folder that is not there gives no error")
		}
	}
	if err := os.Rename(dir+" away", dir); err != nil {
		t.Fatal(err)
	}
	s.looks(t, 2)
	if log := s.log.take(); strings.Contains(log, "is gone") || s.jobs(t) != 1 {
		t.Errorf("%d jobs, and the log says %s", s.jobs(t), log)
	}
}

// What a sidecar says later of a file corrects its document.
func TestFollowFolderWithASidecar(t *testing.T) {
	t.Parallel()
	s := openShelf(t, t.TempDir(), t.TempDir())
	s.write(t, "办法.txt", voucherNotice, 1)
	s.write(t, "坏.pdf", "%PDF-1.7 broken", 1)
	s.looks(t, 2)
	s.write(t, "manifest.jsonl", `{"file": "办法.txt", "city": "青岛", "title": "算力券实施办法"}`, 1)
	s.looks(t, 2)
	all := s.documents(t)
	if len(all) != 1 || all[0].Metadata.City != "青岛" || all[0].Metadata.Title != "算力券实施办法" {
		t.Errorf("got %+v", all)
	}
	if n := s.jobs(t); n != 3 {
		t.Errorf("%d jobs, want 3: two files, and one described anew", n)
	}
}
