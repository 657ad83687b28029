package cataloguetest

import (
	"reflect"
	"testing"

	"policykb/corpus"
)

// Durable tests that a catalogue is the same after it was closed and opened
// again. open opens the one that lies in dir, or makes it.
func Durable(t *testing.T, open func(t *testing.T, dir string) corpus.Catalogue) {
	ctx, dir := t.Context(), t.TempDir()
	c := open(t, dir)
	store(t, c, computing(), economy(), pilot(), compose("economy", corpus.Metadata{Title: "修订版"}, beijing[:2]))
	if err := c.Remove(ctx, "pilot"); err != nil {
		t.Fatal(err)
	}
	enqueue(t, c, corpus.Job{ID: "left", Document: "d"}, corpus.Job{ID: "waiting", Document: "d"}, corpus.Job{ID: "failed", Document: "e"})
	left := lease(t, c, "dead", lapsed, "left")
	if err := c.SetSetting(ctx, "schema", "3"); err != nil {
		t.Fatal(err)
	}
	if err := c.SetVectors(ctx, "m", []string{"h"}, [][]float32{{1, 2}}); err != nil {
		t.Fatal(err)
	}
	type state struct {
		Current  []corpus.Version
		Page     corpus.Page
		Old      corpus.Version
		Jobs     []corpus.Job
		Setting  string
		Vectors  [][]float32
		Holdings map[corpus.DocumentID]corpus.Holding
	}
	look := func() state {
		return state{
			current(t, c),
			must[corpus.Page](t)(c.Documents(ctx, corpus.Listing{})),
			must[corpus.Version](t)(c.Version(ctx, "economy", 1)),
			must[[]corpus.Job](t)(c.ListJobs(ctx, "", 0)),
			must[string](t)(c.Setting(ctx, "schema")),
			must[[][]float32](t)(c.Vectors(ctx, "m", []string{"h"})),
			must[map[corpus.DocumentID]corpus.Holding](t)(c.Holdings(ctx)),
		}
	}
	before := look()
	for range 2 {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		c = open(t, dir)
		if after := look(); !reflect.DeepEqual(after, before) {
			t.Errorf("after opening again:\n got %+v\nwant %+v", after, before)
		}
	}
	if again := lease(t, c, "alive", lasting, "left"); again.Attempt != left.Attempt+1 {
		t.Errorf("the job of a dead worker is at attempt %d, want %d", again.Attempt, left.Attempt+1)
	}
	if doc := store(t, c, pilot()); doc.Version != 2 {
		t.Errorf("a document that was removed comes back as version %d, want 2", doc.Version)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}
