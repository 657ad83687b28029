package cataloguetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"policykb/corpus"
)

var passageTests = map[string]func(*testing.T, corpus.Catalogue){
	"Passages":        testPassages,
	"PassagesNone":    testPassagesNone,
	"Neighbours":      testNeighbours,
	"AnySpan":         testAnySpan,
	"EmptyText":       testEmptyText,
	"Current":         testCurrent,
	"CurrentMany":     testCurrentMany,
	"CurrentStopped":  testCurrentStopped,
	"CurrentReplaced": testCurrentReplaced,
}

func testPassages(t *testing.T, c corpus.Catalogue) {
	ctx := t.Context()
	computed, promoted, old := computing(), economy(), pilot()
	store(t, c, computed, promoted, old, compose(old.Document, old.Metadata, hangzhou[:1]))
	at := corpus.NewPassageID
	found := must[[]corpus.Found](t)(c.Passages(ctx, []corpus.PassageID{
		at("economy", 1, 2), at("computing", 1, 3), at("pilot", 1, 0), at("economy", 1, 0), "garbage", "",
		at("economy", 2, 0), at("economy", 1, 99), at("economy", 1, -1), at("nowhere", 1, 0), at("pilot", 2, 0), at("computing", 1, 3),
	}))
	computed, promoted = numbered(computed, 1), numbered(promoted, 1)
	current := numbered(compose(old.Document, old.Metadata, hangzhou[:1]), 2)
	want := []corpus.Passage{promoted.Passages[2], computed.Passages[3], promoted.Passages[0], current.Passages[0], computed.Passages[3]}
	if len(found) != len(want) {
		t.Fatalf("found %d passages, want %d: %+v", len(found), len(want), found)
	}
	for i, f := range found {
		if !reflect.DeepEqual(f.Passage, want[i]) {
			t.Errorf("passage %d:\n got %+v\nwant %+v", i, f.Passage, want[i])
		}
		if doc := must[corpus.Document](t)(c.Document(ctx, want[i].Document)); !reflect.DeepEqual(f.Document, doc) {
			t.Errorf("document of passage %d:\n got %+v\nwant %+v", i, f.Document, doc)
		}
	}
}

func testPassagesNone(t *testing.T, c corpus.Catalogue) {
	for _, ids := range [][]corpus.PassageID{nil, {}, {"nowhere-1-0"}, {"-", "no passage"}} {
		if found, err := c.Passages(t.Context(), ids); err != nil || len(found) != 0 {
			t.Errorf("Passages(%q) gave %v, %v", ids, found, err)
		}
	}
}

func testNeighbours(t *testing.T, c corpus.Catalogue) {
	v := computing()
	store(t, c, compose(v.Document, v.Metadata, beijing), v)
	all := numbered(v, 2).Passages
	for _, test := range []struct{ from, to, first, past int }{
		{1, 3, 1, 4}, {0, 0, 0, 1}, {-5, 1, 0, 2}, {3, 99, 3, 5}, {-9, 99, 0, 5}, {4, 4, 4, 5},
		{5, 9, 0, 0}, {-3, -1, 0, 0}, {3, 1, 0, 0},
	} {
		got := must[[]corpus.Passage](t)(c.Neighbours(t.Context(), v.Document, test.from, test.to))
		if want := all[test.first:test.past]; len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Errorf("Neighbours from %d to %d:\n got %+v\nwant %+v", test.from, test.to, got, want)
		}
	}
}

// testAnySpan stores passages wherever they may lie: overlapping, nested, empty,
// out of order, in texts long and short with characters of one to four bytes.
func testAnySpan(t *testing.T, c corpus.Catalogue) {
	random := rand.New(rand.NewPCG(2023, 5))
	alphabet := []rune("市政府aZ9。\n𠮷é①")
	for _, length := range []int{1, 511, 512, 513, 640, 1280, 5000} {
		runes := make([]rune, length)
		for i := range runes {
			runes[i] = alphabet[random.IntN(len(alphabet))]
		}
		v := corpus.Version{Document: corpus.DocumentID(fmt.Sprintf("of-%d-characters", length)), Text: string(runes)}
		for _, cut := range []int{0, 1, 512, 639, 640, 641, length} {
			v.Passages = append(v.Passages, corpus.Passage{Span: corpus.Span{Start: min(cut, length), End: length}}, corpus.Passage{Span: corpus.Span{End: min(cut, length)}})
		}
		for range 50 {
			a, b := random.IntN(length+1), random.IntN(length+1)
			v.Passages = append(v.Passages, corpus.Passage{Span: corpus.Span{Start: min(a, b), End: max(a, b)}})
		}
		var ids []corpus.PassageID
		for i := range v.Passages {
			p := &v.Passages[i]
			p.Text = string(runes[p.Span.Start:p.Span.End])
			ids = append(ids, corpus.NewPassageID(v.Document, 1, i))
		}
		store(t, c, v)
		v = numbered(v, 1)
		sameVersion(t, must[corpus.Version](t)(c.Version(t.Context(), v.Document, 0)), v)
		for i, f := range must[[]corpus.Found](t)(c.Passages(t.Context(), ids)) {
			if !reflect.DeepEqual(f.Passage, v.Passages[i]) {
				t.Errorf("Passages:\n got %+v\nwant %+v", f.Passage, v.Passages[i])
			}
		}
	}
}

func testEmptyText(t *testing.T, c corpus.Catalogue) {
	v := corpus.Version{Document: "empty", Metadata: corpus.Metadata{Title: "附件"}}
	if doc := store(t, c, v); doc.Characters != 0 || doc.Passages != 0 {
		t.Errorf("an empty document is %+v", doc)
	}
	sameVersion(t, must[corpus.Version](t)(c.Version(t.Context(), "empty", 0)), numbered(v, 1))
}

// current collects what Current yields.
func current(t *testing.T, c corpus.Catalogue) (all []corpus.Version) {
	t.Helper()
	for v, err := range c.Current(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}

func testCurrent(t *testing.T, c corpus.Catalogue) {
	if got := current(t, c); len(got) != 0 {
		t.Errorf("an empty catalogue yields %+v", got)
	}
	newer := compose("computing", corpus.Metadata{Title: "算力政策"}, chengdu[:3])
	store(t, c, pilot(), computing(), economy(), newer)
	got := current(t, c)
	if len(got) != 3 {
		t.Fatalf("Current yields %d versions, want 3", len(got))
	}
	for i, want := range []corpus.Version{numbered(newer, 2), numbered(economy(), 1), numbered(pilot(), 1)} {
		want.Text, want.Outline = "", nil
		sameVersion(t, got[i], want)
	}
}

// testCurrentMany needs more documents than anyone would read at once.
func testCurrentMany(t *testing.T, c corpus.Catalogue) {
	const many = 150
	for i := range many {
		lines := []string{fmt.Sprintf("第%d号通知", i), strings.Repeat("支持企业建设算力基础设施。", i%7)}
		store(t, c, compose(corpus.DocumentID(fmt.Sprintf("%04d", i)), corpus.Metadata{Title: lines[0]}, lines))
	}
	seen := 0
	for v, err := range c.Current(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if want := corpus.DocumentID(fmt.Sprintf("%04d", seen)); v.Document != want || len(v.Passages) != 2 || v.Passages[0].Text != v.Metadata.Title {
			t.Fatalf("Current yields %+v, want document %s with two passages", v, want)
		}
		// What reads the catalogue may ask it in between.
		if seen%50 == 0 {
			must[corpus.Document](t)(c.Document(t.Context(), v.Document))
		}
		seen++
	}
	if seen != many {
		t.Errorf("Current yields %d documents, want %d", seen, many)
	}
}

func testCurrentStopped(t *testing.T, c corpus.Catalogue) {
	store(t, c, computing(), economy(), pilot())
	for v := range c.Current(t.Context()) {
		if v.Document != "computing" {
			t.Errorf("Current begins with %s", v.Document)
		}
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	errors := 0
	for _, err := range c.Current(ctx) {
		is(t, "Current after its context ended", err, context.Canceled)
		errors++
	}
	if errors != 1 {
		t.Errorf("Current after its context ended yields %d errors, want one", errors)
	}
	store(t, c, compose("later", corpus.Metadata{}, hangzhou)) // nothing is held up
}

// testCurrentReplaced changes documents under the reader's hands.
func testCurrentReplaced(t *testing.T, c corpus.Catalogue) {
	store(t, c, computing(), economy(), pilot())
	for v, err := range c.Current(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		store(t, c, compose(v.Document, corpus.Metadata{Title: "新版"}, []string{v.Passages[0].Text}))
		for _, p := range v.Passages {
			if p.Version != v.Number || utf8.RuneCountInString(p.Text) != p.Span.Len() {
				t.Errorf("version %d of %s has the passage %+v", v.Number, v.Document, p)
			}
		}
	}
}
