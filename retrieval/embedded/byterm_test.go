package embedded

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"policykb/retrieval"
)

// viewsOf are views with so many terms each, some of which they share.
func viewsOf(terms ...int) []view {
	r := rand.New(rand.NewPCG(7, 8))
	shared := []retrieval.Term{0, 1, 1<<20 - 1, 1 << 20, math.MaxUint32}
	var views []view
	for _, n := range terms {
		all := slices.Clone(shared[:min(n, len(shared))])
		for len(all) < n {
			all = append(all, retrieval.Term(r.Uint32()))
		}
		slices.Sort(all)
		views = append(views, whole(&segment{terms: slices.Compact(all)}))
	}
	return views
}

func TestDistinctTerms(t *testing.T) {
	t.Parallel()
	for name, views := range map[string][]view{
		"none": nil, "empty": viewsOf(0), "one": viewsOf(5), "equal": viewsOf(5, 5, 0), "many": viewsOf(20_000, 4, 7_000, 100),
	} {
		met := make(map[retrieval.Term]bool)
		for _, v := range views {
			for _, term := range v.terms {
				met[term] = true
			}
		}
		if n := distinctTerms(views); n != len(met) {
			t.Errorf("%s: %d terms, not %d", name, n, len(met))
		}
	}
}

func BenchmarkDistinctTerms(b *testing.B) {
	var sizes []int
	for range 50 {
		sizes = append(sizes, 50_000)
	}
	views := viewsOf(sizes...)
	b.ReportAllocs()
	for b.Loop() {
		distinctTerms(views)
	}
}

// Memory that a large merge took is not kept by what comes after it.
func TestLargeListsAreNotKept(t *testing.T) {
	for range 3 {
		large := newLists(8 * maxUsedLists)
		for i := range 8 * maxUsedLists {
			large.add(retrieval.Term(i), 0)
		}
		for range large.byTerm() {
			break
		}
		if next := newLists(1); cap(next.all) > maxUsedLists {
			t.Fatalf("after a merge there is memory for %d lists", cap(next.all))
		}
	}
}
