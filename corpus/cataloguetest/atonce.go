package cataloguetest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"policykb/corpus"
)

var atOnceTests = map[string]func(*testing.T, corpus.Catalogue){
	"ReadersAndWriters": testReadersAndWriters,
	"Workers":           testWorkers,
}

// edition is the n-th text of a document: all of its passages name n.
func edition(id corpus.DocumentID, n int) corpus.Version {
	lines := make([]string, 2+n%5)
	for i := range lines {
		lines[i] = fmt.Sprintf("第%d版：每年发放总额不超过%d万元的算力券。", n, 100*n+i)
	}
	return compose(id, corpus.Metadata{Title: "第" + strconv.Itoa(n) + "版", City: "成都"}, lines)
}

// whole checks that title and passages are of one edition.
func whole(t *testing.T, title string, passages []corpus.Passage) {
	t.Helper()
	for _, p := range passages {
		if !strings.HasPrefix(p.Text, title+"：") {
			t.Errorf("%s holds the passage %q", title, p.Text)
		}
	}
}

// testReadersAndWriters replaces, describes and removes documents while others
// read: whatever is read is of one moment.
func testReadersAndWriters(t *testing.T, c corpus.Catalogue) {
	ctx := t.Context()
	ids := []corpus.DocumentID{"a", "b", "c"}
	const editions = 25
	var writers, readers sync.WaitGroup
	done := make(chan struct{})
	for _, id := range ids {
		writers.Go(func() {
			for n := 1; n <= editions; n++ {
				if _, _, err := c.Store(ctx, edition(id, n)); err != nil {
					t.Errorf("Store: %v", err)
				}
				if n%10 == 0 {
					if err := c.Remove(ctx, id); err != nil {
						t.Errorf("Remove: %v", err)
					}
				}
			}
		})
	}
	read := func(f func(id corpus.DocumentID, n int) error) {
		readers.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				if err := f(ids[n%len(ids)], n); err != nil && !errors.Is(err, corpus.ErrNotFound) {
					t.Errorf("read: %v", err)
				}
			}
		})
	}
	read(func(id corpus.DocumentID, _ int) error {
		v, err := c.Version(ctx, id, 0)
		whole(t, v.Metadata.Title, v.Passages)
		if err := v.Check(); err == nil && len(v.Passages) < 2 {
			t.Errorf("version %d of %s has %d passages", v.Number, id, len(v.Passages))
		}
		return err
	})
	read(func(id corpus.DocumentID, n int) error {
		var wanted []corpus.PassageID
		for version := range editions {
			wanted = append(wanted, corpus.NewPassageID(id, 1+version, n%2))
		}
		found, err := c.Passages(ctx, wanted)
		if len(found) > 1 {
			t.Errorf("passages of %d versions of %s are current", len(found), id)
		}
		for _, f := range found {
			whole(t, f.Document.Metadata.Title, []corpus.Passage{f.Passage})
		}
		return err
	})
	read(func(corpus.DocumentID, int) error {
		for v, err := range c.Current(ctx) {
			if err != nil {
				return err
			}
			whole(t, v.Metadata.Title, v.Passages)
		}
		return nil
	})
	read(func(corpus.DocumentID, int) error {
		page, err := c.Documents(ctx, corpus.Listing{Filter: corpus.Filter{City: []string{"成都"}}})
		if page.Total != len(page.Documents) {
			t.Errorf("listed %d documents of %d", len(page.Documents), page.Total)
		}
		return err
	})
	writers.Wait()
	close(done)
	readers.Wait()
	for _, id := range ids {
		v := must[corpus.Version](t)(c.Version(ctx, id, 0))
		want := edition(id, editions)
		if v.Number != editions || v.Text != want.Text {
			t.Errorf("%s ends at version %d with %q", id, v.Number, v.Text)
		}
	}
}

// testWorkers lets many workers empty the queue: every job runs once, and the
// jobs of a document one after the other, in order.
func testWorkers(t *testing.T, c corpus.Catalogue) {
	ctx := t.Context()
	const documents, each, workers = 6, 8, 5
	for n := range each {
		var batch []corpus.Job
		for d := range documents {
			batch = append(batch, corpus.Job{ID: corpus.JobID(fmt.Sprintf("%d/%d", d, n)), Document: corpus.DocumentID(fmt.Sprint(d))})
		}
		enqueue(t, c, batch...)
	}
	var mu sync.Mutex
	running := map[corpus.DocumentID]bool{}
	next := map[corpus.DocumentID]int{}
	begin := func(j corpus.Job) {
		mu.Lock()
		defer mu.Unlock()
		if running[j.Document] {
			t.Errorf("two jobs of document %s are running", j.Document)
		}
		if want := corpus.JobID(fmt.Sprintf("%s/%d", j.Document, next[j.Document])); j.ID != want {
			t.Errorf("job %s runs, want %s", j.ID, want)
		}
		running[j.Document] = true
		next[j.Document]++
	}
	var wg sync.WaitGroup
	for w := range workers {
		name := fmt.Sprint("worker ", w)
		wg.Go(func() {
			for {
				j, ok, err := c.Lease(ctx, name, lasting)
				if err != nil {
					t.Error(err)
					return
				}
				if !ok {
					open := must[map[corpus.JobState]int](t)(c.CountJobs(ctx))
					if open[corpus.JobQueued] == 0 {
						return
					}
					continue // the documents that are left are being worked on
				}
				begin(j)
				if _, err := c.Progress(ctx, j.ID, name, lasting, corpus.StageEmbed, 1, 1); err != nil {
					t.Error(err)
				}
				mu.Lock()
				running[j.Document] = false
				mu.Unlock()
				j.State = corpus.JobDone
				if err := c.Finish(ctx, name, j); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if counts := must[map[corpus.JobState]int](t)(c.CountJobs(ctx)); counts[corpus.JobDone] != documents*each {
		t.Errorf("the jobs ended as %v, want %d done", counts, documents*each)
	}
}
