package ingest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"policykb/corpus"
	"policykb/corpus/sqlite"
	"policykb/ingest/isolate"
	"policykb/retrieval"
	"policykb/retrieval/embed"
	"policykb/retrieval/embedded"
)

// The environment of a process that adds documents until it is killed.
const (
	victimFolder = "POLICYKB_TEST_VICTIM"
	victimFrom   = "POLICYKB_TEST_VICTIM_FROM" // number of the first document
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(victimFolder); dir != "" {
		fmt.Fprintln(os.Stderr, victim(context.Background(), dir))
		os.Exit(1)
	}
	if os.Getenv(runawayChild) != "" {
		fmt.Fprintln(os.Stderr, isolate.Serve(os.Stdin, os.Stdout, runAway))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// district makes the text of document n: every fifth is a later text of one
// before, so that versions are made too.
func district(n int) (name, text string) {
	number := n
	if n%5 == 4 {
		number = n - 3
	}
	return fmt.Sprint(n, ".md"), fmt.Sprintf("# 第%d号园区支持人工智能发展的若干措施\n\n成都市第%d号园区管理委员会\n\n成园发〔2023〕%d号\n\n", number, number, number+1) +
		strings.Repeat(fmt.Sprintf("一、支持算力。对租用算力的企业，按实际费用给予最高%d万元补贴，登记编号为%s。\n\n", n+100, mark(n)), 20)
}

// mark is a word that stands in document n only.
func mark(n int) string { return fmt.Sprint(7000000 + 13*n) }

// victim adds documents and works, and says on standard output what was acknowledged.
func victim(ctx context.Context, dir string) error {
	var n int
	if _, err := fmt.Sscan(os.Getenv(victimFrom), &n); err != nil {
		return err
	}
	catalogue, err := sqlite.Open(ctx, filepath.Join(dir, "catalogue.db"))
	if err != nil {
		return err
	}
	originals, err := corpus.OpenFolder(filepath.Join(dir, "originals"))
	if err != nil {
		return err
	}
	embedder := embed.Builtin()
	index, err := embedded.Open(embedded.Options{Path: filepath.Join(dir, "index"), Model: embedder.Model(), Dimensions: embedder.Dimensions()})
	if err != nil {
		return err
	}
	p, err := New(Config{Catalogue: catalogue, Originals: originals, Index: index, Embedder: embedder, Workers: 2, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	p.lease = 2 * time.Second // the next process need not wait long for what this one held
	if _, err := p.Reconcile(ctx); err != nil {
		return err
	}
	go p.Run(ctx)
	for ; ; n++ {
		name, text := district(n)
		job, err := p.Add(ctx, Source{Name: name, Data: strings.NewReader(text)})
		if err != nil {
			return err
		}
		fmt.Println(job.ID, n)
	}
}

// TestKill ends a process without warning, again and again in the same folder,
// while it adds and works. After that every document it acknowledged is there
// once, whole, and can be found, and no job is lost.
func TestKill(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts processes")
	}
	documents, deaths := 100, 6
	if os.Getenv("POLICYKB_KILL") != "" {
		documents, deaths = 300, 20
	}
	dir := t.TempDir()
	acknowledged := map[corpus.JobID]int{}
	for death := 0; death < deaths || len(acknowledged) < documents; death++ {
		if death == 5*deaths {
			t.Fatalf("only %d documents were acknowledged in %d lives", len(acknowledged), death)
		}
		kill(t, dir, acknowledged, documents/deaths+rand.IntN(10))
	}
	t.Logf("%d documents acknowledged", len(acknowledged))

	h := open(t, dir, nil)
	h.lease = 2 * time.Second
	if _, err := h.Reconcile(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.work(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	ids := make([]corpus.JobID, 0, len(acknowledged))
	for id := range acknowledged {
		ids = append(ids, id)
	}
	jobs, err := h.Wait(ctx, ids...)
	if err != nil {
		t.Fatal(err)
	}
	byNumber := map[int]corpus.DocumentID{}
	leftOut := map[int]bool{}
	for _, job := range jobs {
		if job.State != corpus.JobDone && job.State != corpus.JobUnchanged {
			t.Errorf("%s ended as %s, %+v", job.Original.Name, job.State, job.Error)
		}
		byNumber[acknowledged[job.ID]] = job.Document
		leftOut[acknowledged[job.ID]] = job.State == corpus.JobUnchanged && len(job.Warnings) > 0
	}

	// Each acknowledged text is a version of the one document with its title.
	texts := map[corpus.DocumentID][]string{}
	titles := map[string]corpus.DocumentID{}
	listing := corpus.Listing{Limit: 500}
	page, err := h.catalogue.Documents(ctx, listing)
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range page.Documents {
		if other, twice := titles[doc.Metadata.Title]; twice {
			t.Errorf("%s is there as %s and as %s", doc.Metadata.Title, other, doc.ID)
		}
		titles[doc.Metadata.Title] = doc.ID
		for number := 1; number <= doc.Version; number++ {
			v, err := h.catalogue.Version(ctx, doc.ID, number)
			if err != nil {
				t.Fatal(err)
			}
			if err := v.Check(); err != nil {
				t.Error(err)
			}
			texts[doc.ID] = append(texts[doc.ID], v.Text)
		}
	}
	for n, id := range byNumber {
		_, text := district(n)
		want := strings.TrimSpace(text)
		// A later text of the same document may have come through, acknowledged or
		// not, and have taken this one's place: then it alone is found.
		_, laterText := district(n + 3)
		all := texts[id]
		replaced := n%5 == 1 && len(all) > 0 && strings.TrimSpace(all[len(all)-1]) == strings.TrimSpace(laterText)
		if replaced && leftOut[n] {
			continue // its process died, and the later text came through first
		}
		if got := countEqual(all, want); got != 1 {
			t.Errorf("text %d is %d times among the %d versions of document %s", n, got, len(all), id)
		}
		if replaced {
			continue
		}
		if got := h.found(t, mark(n)); len(got) != 1 || got[0] != id {
			t.Errorf("document %d, %s, is not the one that is found: %v", n, id, got)
		}
	}
	holdings, err := h.catalogue.Holdings(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for has, err := range h.index.Holdings(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		if want := (retrieval.IndexHolding{Document: has.Document, Version: holdings[has.Document].Version, Points: holdings[has.Document].Passages}); has != want {
			t.Errorf("the index holds %+v, the catalogue %+v", has, want)
		}
		delete(holdings, has.Document)
	}
	if len(holdings) > 0 {
		t.Errorf("%d documents are not in the index", len(holdings))
	}
}

// kill starts a process on the folder and kills it at a random moment after it
// has acknowledged some documents.
func kill(t *testing.T, dir string, acknowledged map[corpus.JobID]int, after int) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	next := 0
	for _, n := range acknowledged {
		next = max(next, n+1)
	}
	cmd := exec.Command(program)
	// A document that was begun but not acknowledged may be there or not; leaving
	// its number out keeps it from being taken for the next one.
	cmd.Env = append(os.Environ(), victimFolder+"="+dir, victimFrom+"="+fmt.Sprint((next+5)/5*5))
	cmd.Stderr = io.Discard
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	lines := bufio.NewScanner(out)
	for seen := 0; seen < after && lines.Scan(); seen++ {
		note(t, acknowledged, lines.Text())
	}
	time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond)
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	for lines.Scan() {
		note(t, acknowledged, lines.Text())
	}
}

// note takes down what the process said was acknowledged. A line that it did
// not finish is none.
func note(t *testing.T, acknowledged map[corpus.JobID]int, line string) {
	t.Helper()
	var id corpus.JobID
	var n int
	if got, _ := fmt.Sscan(line, &id, &n); got == 2 {
		acknowledged[id] = n
	}
}

func countEqual(texts []string, want string) (n int) {
	for _, text := range texts {
		if strings.TrimSpace(text) == want {
			n++
		}
	}
	return n
}
