package embedded

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"policykb/corpus"
	"policykb/retrieval"
	"policykb/retrieval/indextest"
)

// A late document is found, replaced and removed like any other, and when nothing
// more comes all are in one segment, in which the same is found.
func TestLateDocuments(t *testing.T) {
	t.Parallel()
	x := open(t, Options{Dimensions: indextest.Dimensions})
	defer x.Close()
	r := rand.New(rand.NewPCG(9, 10))
	replace := func(doc string, version, n int) {
		t.Helper()
		if err := x.Replace(t.Context(), corpus.DocumentID(doc), version, random(r, doc, version, n)); err != nil {
			t.Fatal(err)
		}
	}
	held := func() (all []retrieval.IndexHolding) {
		t.Helper()
		for h, err := range x.Holdings(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, h)
		}
		return all
	}
	found := func() (ids []corpus.PassageID) {
		t.Helper()
		hits, err := x.Search(t.Context(), retrieval.Query{Dense: []float32{1, 1, 0, 0, 0, 0, 0, 0}, Limit: 1000, Fusion: retrieval.Fusion{Dense: 1}})
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range hits {
			ids = append(ids, h.Passage)
		}
		return ids
	}
	var want []retrieval.IndexHolding
	for i := range 30 {
		doc := fmt.Sprintf("d%02d", i)
		replace(doc, 1, 3)
		switch i % 3 {
		case 0:
			want = append(want, retrieval.IndexHolding{Document: corpus.DocumentID(doc), Version: 1, Points: 3})
		case 1:
			replace(doc, 2, 5)
			want = append(want, retrieval.IndexHolding{Document: corpus.DocumentID(doc), Version: 2, Points: 5})
		case 2:
			if err := x.Remove(t.Context(), corpus.DocumentID(doc)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := held(); !slices.Equal(got, want) {
		t.Errorf("late documents: %v, want %v", got, want)
	}
	before := found()
	for deadline := time.Now().Add(time.Minute); len(x.state.Load().late) > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("late documents are not packed")
		}
	}
	if n := len(x.state.Load().packed); n != 1 {
		t.Errorf("%d segments", n)
	}
	if got := held(); !slices.Equal(got, want) {
		t.Errorf("packed documents: %v, want %v", got, want)
	}
	if after := found(); len(before) == 0 || !slices.Equal(before, after) {
		t.Errorf("before %v\nafter  %v", before, after)
	}
}

func TestToSettle(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ points, taken []int }{
		{nil, nil},
		{[]int{100}, nil},
		{[]int{100, 100}, []int{100, 100}},
		{[]int{400, 100}, []int{100, 400}},
		{[]int{401, 100}, nil}, // it has not grown by a quarter
		{[]int{30_000, 300, 200, 600}, []int{200, 300, 600}},
		{[]int{60_000, 60_000}, nil}, // more than a segment holds
		{[]int{60_000, 9_000, 7_000}, []int{7_000, 9_000}},
	} {
		var views []view
		for _, n := range c.points {
			views = append(views, whole(&segment{points: n}))
		}
		var taken []int
		for _, v := range toSettle(views) {
			taken = append(taken, v.points)
		}
		if !slices.Equal(taken, c.taken) {
			t.Errorf("of %v are taken %v, want %v", c.points, taken, c.taken)
		}
	}
}
