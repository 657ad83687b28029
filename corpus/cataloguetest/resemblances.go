package cataloguetest

import (
	"reflect"
	"testing"

	"policykb/corpus"
)

var resemblanceTests = map[string]func(*testing.T, corpus.Catalogue){
	"Sharing":  testSharing,
	"Resemble": testResemble,
}

func testSharing(t *testing.T, c corpus.Catalogue) {
	ctx := t.Context()
	const big = 1<<63 + 7 // more than a signed number holds
	computing, economy, pilot := computing(), economy(), pilot()
	computing.Bands, economy.Bands, pilot.Bands = []uint64{1, 2, big}, []uint64{2, 5}, []uint64{1, 2, big, 9}
	store(t, c, computing, economy, pilot)
	sharing := func(id corpus.DocumentID, limit int, want ...corpus.DocumentID) {
		t.Helper()
		if got := must[[]corpus.DocumentID](t)(c.Sharing(ctx, id, limit)); !reflect.DeepEqual(got, want) {
			t.Errorf("%s shares bands with %v, want %v", id, got, want)
		}
	}
	sharing("computing", 10, "pilot", "economy") // three bands, one band
	sharing("computing", 1, "pilot")
	sharing("economy", 10, "computing", "pilot")
	sharing("nowhere", 10)

	// A new text has new bands.
	newer := compose("pilot", pilot.Metadata, chengdu[:2])
	newer.Bands = []uint64{5}
	store(t, c, newer)
	sharing("pilot", 10, "economy")
	sharing("computing", 10, "economy")

	if err := c.SetBands(ctx, "pilot", []uint64{1}); err != nil {
		t.Fatal(err)
	}
	sharing("pilot", 10, "computing")
	is(t, "bands of an unknown document", c.SetBands(ctx, "nowhere", nil), corpus.ErrNotFound)
	if err := c.Remove(ctx, "computing"); err != nil {
		t.Fatal(err)
	}
	sharing("pilot", 10)
}

func testResemble(t *testing.T, c corpus.Catalogue) {
	ctx := t.Context()
	store(t, c, computing(), economy(), pilot())
	resembles := func(id corpus.DocumentID, want ...corpus.Resemblance) {
		t.Helper()
		if got := must[corpus.Document](t)(c.Document(ctx, id)).Resembles; !reflect.DeepEqual(got, want) {
			t.Errorf("%s resembles %v, want %v", id, got, want)
		}
	}
	resembles("computing")
	if err := c.Resemble(ctx, "computing", []corpus.Resemblance{{Document: "pilot", Likeness: 0.75}, {Document: "nowhere", Likeness: 1}, {Document: "economy", Likeness: 0.875}}); err != nil {
		t.Fatal(err)
	}
	resembles("computing", corpus.Resemblance{Document: "economy", Likeness: 0.875}, corpus.Resemblance{Document: "pilot", Likeness: 0.75})
	resembles("pilot", corpus.Resemblance{Document: "computing", Likeness: 0.75})
	if err := c.Resemble(ctx, "economy", []corpus.Resemblance{{Document: "pilot", Likeness: 0.75}}); err != nil {
		t.Fatal(err)
	}
	resembles("computing", corpus.Resemblance{Document: "pilot", Likeness: 0.75})

	// A new text is like none until it is said; the same text again changes nothing.
	if _, _, err := c.Store(ctx, pilot()); err != nil {
		t.Fatal(err)
	}
	resembles("pilot", corpus.Resemblance{Document: "computing", Likeness: 0.75}, corpus.Resemblance{Document: "economy", Likeness: 0.75})
	store(t, c, compose("pilot", pilot().Metadata, chengdu[:2]))
	for _, id := range []corpus.DocumentID{"computing", "economy", "pilot"} {
		resembles(id)
	}
	is(t, "an unknown document that resembles", c.Resemble(ctx, "nowhere", nil), corpus.ErrNotFound)

	if err := c.Resemble(ctx, "economy", []corpus.Resemblance{{Document: "pilot", Likeness: 0.75}}); err != nil {
		t.Fatal(err)
	}
	if err := c.Remove(ctx, "pilot"); err != nil {
		t.Fatal(err)
	}
	resembles("economy")
}
