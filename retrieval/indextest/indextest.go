// Package indextest is the contract of [retrieval.Index]: what every engine must
// do. An engine's test hands it a constructor:
//
//	func TestIndex(t *testing.T) {
//		indextest.Run(t, func(t *testing.T) retrieval.Index { … })
//	}
//
// Engines may keep weights and vectors in fewer bits, so scores are compared
// with a tolerance, and the order of hits only where scores differ clearly.
package indextest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"policykb/corpus"
	"policykb/retrieval"
)

// Dimensions is the length of the vectors in the suite.
const Dimensions = 8

// tolerance is how far a fused score may be off: engines round weights.
const tolerance = 0.02

// Run runs the suite. Open returns a new, empty index for vectors of [Dimensions];
// the suite closes it.
func Run(t *testing.T, open func(t *testing.T) retrieval.Index) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, x retrieval.Index)
	}{
		{"an empty index finds nothing", testEmpty},
		{"replace and remove", testReplace},
		{"replacing again changes nothing", testAgain},
		{"a document without passages is not held", testNoPoints},
		{"sparse scores", testSparse},
		{"rare terms weigh more, among live passages", testIDF},
		{"dense scores", testDense},
		{"a passage without a vector", testNoVector},
		{"hybrid scores and order", testHybrid},
		{"hybrid scores are scaled within the filter", testHybridFilter},
		{"ties are broken by passage id", testTies},
		{"the limit", testLimit},
		{"so many of each document", testPerDocument},
		{"filters singly", testFilters},
		{"filters together", testFiltersTogether},
		{"unicode ids", testUnicode},
		{"what can never succeed is invalid", testInvalid},
		{"a cancelled context stops work", testCancelled},
		{"holdings and stats", testHoldings},
		{"how common terms are", testFrequencies},
		{"many documents agree with the model", testMany},
		{"a document of thousands of passages", testHuge},
		{"readers during replacement see one whole version", testReaders},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := open(t)
			t.Cleanup(func() {
				if err := x.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			})
			c.run(t, x)
		})
	}
}

// The words of the suite's passages.
var words = []string{"算力", "算力券", "补贴", "智算中心", "数据要素", "大模型", "低空经济", "人才", "专精特新", "场景", "应用", "企业"}

// term is the term of one word whole; it is enough here that words differ.
func term(word string) retrieval.Term {
	h := uint32(2166136261)
	for _, b := range []byte(word) {
		h = (h ^ uint32(b)) * 16777619
	}
	return retrieval.Term(h)
}

// terms makes a sparse vector: a word, its weight, and so on.
func terms(pairs ...any) []retrieval.TermWeight {
	var list []retrieval.TermWeight
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, retrieval.TermWeight{Term: term(pairs[i].(string)), Weight: float32(pairs[i+1].(float64))})
	}
	slices.SortFunc(list, func(a, b retrieval.TermWeight) int {
		if a.Term < b.Term {
			return -1
		}
		return 1
	})
	return list
}

// direction is a vector of the suite's length that begins with the components.
func direction(components ...float32) []float32 {
	return append(components, make([]float32, Dimensions-len(components))...)
}

// point makes a passage of a document: its id is the document's and a number.
func point(doc string, version, ordinal int, sparse []retrieval.TermWeight, dense []float32) retrieval.Point {
	return retrieval.Point{
		Passage:  corpus.PassageID(fmt.Sprintf("%s-v%d-%03d", doc, version, ordinal)),
		Document: corpus.DocumentID(doc),
		Version:  version,
		Ordinal:  ordinal,
		Sparse:   sparse,
		Dense:    dense,
		Facts:    retrieval.Facts{City: "成都", Province: "四川", Language: "zh"},
	}
}

// put replaces the document of the points, which must not be none.
func put(t *testing.T, x retrieval.Index, points ...retrieval.Point) {
	t.Helper()
	if err := x.Replace(t.Context(), points[0].Document, points[0].Version, points); err != nil {
		t.Fatalf("replace %s: %v", points[0].Document, err)
	}
}

func find(t *testing.T, x retrieval.Index, q retrieval.Query) []retrieval.Hit {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = 100
	}
	hits, err := x.Search(t.Context(), q)
	if err != nil {
		t.Fatalf("search %+v: %v", q, err)
	}
	return hits
}

// passages lists the ids of hits.
func passages(hits []retrieval.Hit) string {
	var ids []string
	for _, h := range hits {
		ids = append(ids, string(h.Passage))
	}
	return strings.Join(ids, " ")
}

// expect compares the passages found, in order.
func expect(t *testing.T, x retrieval.Index, q retrieval.Query, want string) {
	t.Helper()
	if got := passages(find(t, x, q)); got != want {
		t.Errorf("found %q, want %q", got, want)
	}
}

// Agree compares hits with what the model finds: the scores in each place, the
// scores of each hit, and that nothing clearly better was left out. Sparse
// scores may be off by the tolerance relative to the best one.
func Agree(t testing.TB, m *Model, q retrieval.Query, got []retrieval.Hit, tolerance float64) {
	t.Helper()
	want, err := m.rank(context.Background(), q)
	if err != nil {
		t.Fatalf("model: %v", err)
	}
	scale, best, clear := max(1, float64(q.Fusion.Sparse)+float64(q.Fusion.Dense)), 0.0, 0
	known := make(map[corpus.PassageID]retrieval.Hit, len(want))
	for _, h := range want {
		known[h.Passage] = h
		best = max(best, h.Sparse)
		if h.Score > tolerance*scale {
			clear++
		}
	}
	if len(got) < min(q.Limit, clear) || len(got) > min(q.Limit, len(want)) {
		t.Fatalf("%d hits within the limit of %d, want %d, or more that hardly score", len(got), q.Limit, clear)
	}
	for i, h := range got {
		w, ok := known[h.Passage]
		if !ok {
			t.Fatalf("hit %d, %s, is no hit at all or found twice", i, h.Passage)
		}
		delete(known, h.Passage)
		if h.Score <= 0 {
			t.Errorf("%s scores %v, which is no hit", h.Passage, h.Score)
		}
		if w.Document != h.Document || w.Version != h.Version {
			t.Errorf("%s is said to be of %s, version %d", h.Passage, h.Document, h.Version)
		}
		if off(h.Score, w.Score, tolerance*scale) || off(h.Dense, w.Dense, tolerance) || off(h.Sparse, w.Sparse, tolerance*best) {
			t.Errorf("%s scores %.4f (sparse %.4f, dense %.4f), want %.4f (%.4f, %.4f)",
				h.Passage, h.Score, h.Sparse, h.Dense, w.Score, w.Sparse, w.Dense)
		}
		if off(h.Score, want[i].Score, tolerance*scale) {
			t.Errorf("place %d has the score %.4f, want %.4f", i, h.Score, want[i].Score)
		}
		if i > 0 && (h.Score > got[i-1].Score || h.Score == got[i-1].Score && h.Passage < got[i-1].Passage) {
			t.Errorf("%s stands behind %s", h.Passage, got[i-1].Passage)
		}
	}
}

func off(got, want, tolerance float64) bool { return !(got-want <= tolerance && want-got <= tolerance) }

// agree puts a query to both and compares.
func agree(t *testing.T, x retrieval.Index, m *Model, q retrieval.Query) {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = 100
	}
	Agree(t, m, q, find(t, x, q), tolerance)
}

// both puts points into an index and its model.
func both(t *testing.T, x retrieval.Index, m *Model, points ...retrieval.Point) {
	t.Helper()
	put(t, x, points...)
	put(t, m, points...)
}

func testEmpty(t *testing.T, x retrieval.Index) {
	expect(t, x, retrieval.Query{Sparse: terms("算力", 1.0)}, "")
	expect(t, x, retrieval.Query{Dense: direction(1)}, "")
	for h, err := range x.Holdings(t.Context()) {
		t.Errorf("holds %+v, %v", h, err)
	}
	if err := x.Remove(t.Context(), "unknown"); err != nil {
		t.Errorf("removing an unknown document: %v", err)
	}
}

func testReplace(t *testing.T, x retrieval.Index) {
	put(t, x, point("a", 1, 0, terms("算力", 1.0), direction(1)), point("a", 1, 1, terms("补贴", 1.0), direction(0, 1)))
	put(t, x, point("b", 1, 0, terms("算力", 0.5), direction(1, 1)))
	q := retrieval.Query{Sparse: terms("算力", 1.0)}
	expect(t, x, q, "a-v1-000 b-v1-000")

	put(t, x, point("a", 2, 0, terms("补贴", 1.0), direction(0, 1)))
	expect(t, x, q, "b-v1-000")
	expect(t, x, retrieval.Query{Sparse: terms("补贴", 1.0)}, "a-v2-000")
	if hits := find(t, x, retrieval.Query{Sparse: terms("补贴", 1.0)}); len(hits) == 1 && (hits[0].Version != 2 || hits[0].Document != "a") {
		t.Errorf("hit of %s, version %d", hits[0].Document, hits[0].Version)
	}

	for range 2 {
		if err := x.Remove(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		expect(t, x, retrieval.Query{Sparse: terms("补贴", 1.0)}, "")
		expect(t, x, retrieval.Query{Dense: direction(0, 1)}, "b-v1-000")
	}
	put(t, x, point("a", 1, 0, terms("算力", 1.0), direction(1)))
	expect(t, x, q, "a-v1-000 b-v1-000")
}

func testAgain(t *testing.T, x retrieval.Index) {
	points := []retrieval.Point{
		point("a", 1, 0, terms("算力", 1.0, "券", 1.5), direction(1)),
		point("a", 1, 1, terms("算力", 0.5), direction(0, 1)),
	}
	q := retrieval.Query{Sparse: terms("算力", 1.0), Dense: direction(1), Fusion: retrieval.Fusion{Sparse: 1, Dense: 1}}
	put(t, x, points...)
	first := find(t, x, q)
	for range 3 {
		put(t, x, points...)
		again := find(t, x, q)
		if passages(again) != passages(first) {
			t.Fatalf("found %s, before %s", passages(again), passages(first))
		}
		for i := range again {
			if off(again[i].Score, first[i].Score, 1e-6) {
				t.Errorf("%s scores %v, before %v", again[i].Passage, again[i].Score, first[i].Score)
			}
		}
	}
}

func testNoPoints(t *testing.T, x retrieval.Index) {
	put(t, x, point("a", 1, 0, terms("算力", 1.0), direction(1)))
	if err := x.Replace(t.Context(), "a", 2, nil); err != nil {
		t.Fatal(err)
	}
	expect(t, x, retrieval.Query{Sparse: terms("算力", 1.0)}, "")
	for h := range x.Holdings(t.Context()) {
		t.Errorf("still holds %+v", h)
	}
}

func testSparse(t *testing.T, x retrieval.Index) {
	m := NewModel()
	both(t, x, m,
		point("a", 1, 0, terms("算力", 1.0, "补贴", 1.5), direction(1)),
		point("a", 1, 1, terms("算力", 1.8), direction(1)),
		point("a", 1, 2, terms("补贴", 0.4, "人才", 1.0), direction(1)),
		point("a", 1, 3, terms("场景", 1.0), direction(1)))
	agree(t, x, m, retrieval.Query{Sparse: terms("算力", 1.0, "补贴", 1.0)})
	agree(t, x, m, retrieval.Query{Sparse: terms("算力", 0.2, "补贴", 3.0, "无此词", 1.0)})
	agree(t, x, m, retrieval.Query{Sparse: terms("算力", 1.0), Fusion: retrieval.Fusion{Sparse: 0.6}})
	agree(t, x, m, retrieval.Query{Sparse: terms("无此词", 1.0)})
	// The zero fusion means the sparse channel alone; the cosine is still told.
	agree(t, x, m, retrieval.Query{Sparse: terms("人才", 1.0), Dense: direction(1, 1)})
}

func testIDF(t *testing.T, x retrieval.Index) {
	m := NewModel()
	for i := range 10 {
		both(t, x, m, point(fmt.Sprintf("common%d", i), 1, 0, terms("企业", 1.0), direction(1)))
	}
	both(t, x, m, point("rare", 1, 0, terms("智算中心", 1.0), direction(1)))
	q := retrieval.Query{Sparse: terms("企业", 1.0, "智算中心", 1.0)}
	agree(t, x, m, q)
	if hits := find(t, x, q); hits[0].Document != "rare" {
		t.Errorf("the rare term's passage is not the first: %s", passages(hits))
	}
}

func testDense(t *testing.T, x retrieval.Index) {
	m := NewModel()
	both(t, x, m,
		point("a", 1, 0, terms("算力", 1.0), direction(1)),
		point("a", 1, 1, terms("算力", 1.0), direction(0.6, 0.8)),
		point("a", 1, 2, terms("算力", 1.0), direction(0, 1)),
		point("a", 1, 3, terms("算力", 1.0), direction(-1)))
	agree(t, x, m, retrieval.Query{Dense: direction(1, 0.1)})
	agree(t, x, m, retrieval.Query{Dense: direction(1, 0.1), Fusion: retrieval.Fusion{Dense: 0.5}})
	agree(t, x, m, retrieval.Query{Dense: direction(0, -1, 0.3), Fusion: retrieval.Fusion{Sparse: 1, Dense: 1}})
}

func testNoVector(t *testing.T, x retrieval.Index) {
	m := NewModel()
	both(t, x, m,
		point("a", 1, 0, terms("算力", 1.0), nil),
		point("a", 1, 1, terms("算力", 1.2), direction(1)))
	agree(t, x, m, retrieval.Query{Sparse: terms("算力", 1.0)})
	agree(t, x, m, retrieval.Query{Dense: direction(1)})
	agree(t, x, m, retrieval.Query{Sparse: terms("算力", 1.0), Dense: direction(1), Fusion: retrieval.Fusion{Sparse: 1, Dense: 0.5}})
}

// hybrid holds passages on which the two channels disagree.
func hybrid() []retrieval.Point {
	return []retrieval.Point{
		point("a", 1, 0, terms("算力", 1.8, "补贴", 1.8), direction(0, 1)),
		point("a", 1, 1, terms("算力", 0.9), direction(0.7, 0.7)),
		point("a", 1, 2, terms("人才", 1.0), direction(1)),
		point("a", 1, 3, terms("算力", 0.4), direction(-1)),
		point("a", 1, 4, terms("场景", 1.0), direction(0, 0, 1)),
	}
}

func testHybrid(t *testing.T, x retrieval.Index) {
	m := NewModel()
	both(t, x, m, hybrid()...)
	q := retrieval.Query{Sparse: terms("算力", 1.0, "补贴", 1.0), Dense: direction(1)}
	for _, f := range []retrieval.Fusion{{Sparse: 1, Dense: 0}, {Sparse: 1, Dense: 0.2}, {Sparse: 1, Dense: 1}, {Sparse: 0.3, Dense: 0.9}, {Sparse: 0, Dense: 1}} {
		q.Fusion = f
		agree(t, x, m, q)
	}
	q.Fusion = retrieval.Fusion{Sparse: 1, Dense: 0.2}
	expect(t, x, q, "a-v1-000 a-v1-001 a-v1-002 a-v1-003")
	q.Fusion = retrieval.Fusion{Sparse: 0.3, Dense: 0.9}
	expect(t, x, q, "a-v1-002 a-v1-001 a-v1-000 a-v1-003")
}

func testHybridFilter(t *testing.T, x retrieval.Index) {
	m := NewModel()
	points := hybrid()
	for i := range points[1:] {
		points[i+1].Facts.City = "重庆"
	}
	both(t, x, m, points...)
	agree(t, x, m, retrieval.Query{
		Sparse: terms("算力", 1.0), Dense: direction(1),
		Fusion: retrieval.Fusion{Sparse: 1, Dense: 0.5},
		Filter: corpus.Filter{City: []string{"重庆"}},
	})
}

func testTies(t *testing.T, x retrieval.Index) {
	same := func(doc string) retrieval.Point { return point(doc, 1, 0, terms("算力", 1.0), direction(1)) }
	for _, doc := range []string{"c", "a", "d", "b", "e"} {
		put(t, x, same(doc))
	}
	for _, q := range []retrieval.Query{
		{Sparse: terms("算力", 1.0)},
		{Dense: direction(1)},
		{Sparse: terms("算力", 1.0), Dense: direction(1), Fusion: retrieval.Fusion{Sparse: 1, Dense: 1}},
	} {
		expect(t, x, q, "a-v1-000 b-v1-000 c-v1-000 d-v1-000 e-v1-000")
		q.Limit = 3
		expect(t, x, q, "a-v1-000 b-v1-000 c-v1-000")
	}
}

func testLimit(t *testing.T, x retrieval.Index) {
	var points []retrieval.Point
	for i := range 30 {
		points = append(points, point("a", 1, i, terms("算力", 0.3+float64(i)*0.05), direction(1, float32(i))))
	}
	put(t, x, points...)
	for _, limit := range []int{1, 2, 29, 30, 31, 1000} {
		for _, q := range []retrieval.Query{
			{Sparse: terms("算力", 1.0), Limit: limit},
			{Dense: direction(1), Limit: limit},
		} {
			if hits := find(t, x, q); len(hits) != min(limit, 30) {
				t.Errorf("limit %d gives %d hits", limit, len(hits))
			}
		}
	}
}

func testPerDocument(t *testing.T, x retrieval.Index) {
	m := NewModel()
	// One long document would fill every list; the short ones come after it.
	for i, n := range []int{300, 1, 2, 40, 3} {
		var points []retrieval.Point
		for k := range n {
			near := float32(k%7) / 7
			points = append(points, point(fmt.Sprintf("%c", 'a'+i), 1, k, terms("算力", 1.8-0.3*float64(i)-0.0005*float64(k), "券", 0.1), direction(1, float32(i), near)))
		}
		both(t, x, m, points...)
	}
	for _, q := range []retrieval.Query{
		{Sparse: terms("算力", 1.0)},
		{Dense: direction(1, 0.2)},
		{Sparse: terms("算力", 1.0), Dense: direction(1, 0.2), Fusion: retrieval.Fusion{Sparse: 1, Dense: 0.5}},
		{Sparse: terms("券", 1.0), Dense: direction(0, 1, 1), Fusion: retrieval.Fusion{Sparse: 0.5, Dense: 1}, Filter: corpus.Filter{DocumentID: []corpus.DocumentID{"a", "d", "e"}}},
	} {
		for _, per := range []int{1, 2, 5, 1000} {
			for _, limit := range []int{1, 3, 9, 500} {
				q.PerDocument, q.Limit = per, limit
				want, err := m.Search(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				got := find(t, x, q)
				if of, wanted := documents(got), documents(want); of != wanted {
					t.Errorf("%d hits, %d of a document: of %s, want %s", limit, per, of, wanted)
				}
				for i := range min(len(got), len(want)) {
					if off(got[i].Score, want[i].Score, 1.5*tolerance) {
						t.Errorf("%d hits, %d of a document: place %d scores %.4f, want %.4f", limit, per, i, got[i].Score, want[i].Score)
					}
				}
			}
		}
	}
}

// documents counts hits by document: "a×2 b×1".
func documents(hits []retrieval.Hit) string {
	of := make(map[string]int)
	for _, h := range hits {
		of[string(h.Document)]++
	}
	var list []string
	for _, doc := range slices.Sorted(maps.Keys(of)) {
		list = append(list, fmt.Sprintf("%s×%d", doc, of[doc]))
	}
	return strings.Join(list, " ")
}

// described is a document with the facts that filters look at.
func described(doc string, f retrieval.Facts) retrieval.Point {
	p := point(doc, 1, 0, terms("算力", 1.0), direction(1))
	p.Facts = f
	return p
}

func day(year, month, d int) corpus.Date {
	date, err := corpus.ParseISODate(strings.TrimSuffix(strings.TrimSuffix(fmt.Sprintf("%04d-%02d-%02d", year, month, d), "-00"), "-00"))
	if err != nil {
		panic(err)
	}
	return date
}

func putDescribed(t *testing.T, x retrieval.Index) {
	t.Helper()
	for doc, f := range map[string]retrieval.Facts{
		"hangzhou": {City: "杭州", Province: "浙江", District: "余杭区", Issuer: "杭州市人民政府", Kind: corpus.KindMeasures,
			Status: corpus.StatusInForce, Language: "zh", Tags: []string{"算力", "补贴"}, IssuedOn: day(2023, 5, 23)},
		"ningbo":   {City: "宁波", Province: "浙江", Kind: corpus.KindPlan, Status: corpus.StatusDraft, Language: "zh", Tags: []string{"补贴"}, IssuedOn: day(2024, 1, 1)},
		"zhejiang": {City: "浙江", Province: "浙江", Issuer: "浙江省人民政府", Kind: corpus.KindPlan, Status: corpus.StatusExpired, Language: "zh", IssuedOn: day(2023, 12, 31)},
		"year":     {City: "成都", Province: "四川", Kind: corpus.KindNews, Language: "zh", IssuedOn: day(2022, 0, 0)},
		"english":  {City: "Seoul", Kind: corpus.KindReport, Language: "en", Tags: []string{"Smart City"}},
	} {
		put(t, x, described(doc, f))
	}
}

// found lists the documents that a filter lets through, in both channels.
func found(t *testing.T, x retrieval.Index, f corpus.Filter) string {
	t.Helper()
	var lists [3]string
	for i, q := range []retrieval.Query{
		{Sparse: terms("算力", 1.0), Filter: f},
		{Dense: direction(1), Filter: f},
		{Sparse: terms("算力", 1.0), Dense: direction(1), Filter: f, Fusion: retrieval.Fusion{Sparse: 1, Dense: 1}},
	} {
		var docs []string
		for _, h := range find(t, x, q) {
			docs = append(docs, string(h.Document))
		}
		slices.Sort(docs)
		lists[i] = strings.Join(docs, " ")
	}
	if lists[0] != lists[1] || lists[1] != lists[2] {
		t.Errorf("filter %+v lets through %q by terms, %q by vector, %q by both", f, lists[0], lists[1], lists[2])
	}
	return lists[0]
}

func testFilters(t *testing.T, x retrieval.Index) {
	putDescribed(t, x)
	for _, c := range []struct {
		name   string
		filter corpus.Filter
		want   string
	}{
		{"none", corpus.Filter{}, "english hangzhou ningbo year zhejiang"},
		{"city", corpus.Filter{City: []string{"杭州"}}, "hangzhou"},
		{"cities", corpus.Filter{City: []string{"杭州", "成都"}}, "hangzhou year"},
		{"a province lets its cities through", corpus.Filter{City: []string{"浙江"}}, "hangzhou ningbo zhejiang"},
		{"an unknown city", corpus.Filter{City: []string{"深圳"}}, ""},
		{"district", corpus.Filter{District: []string{"余杭区"}}, "hangzhou"},
		{"issuer", corpus.Filter{Issuer: []string{"浙江省人民政府"}}, "zhejiang"},
		{"kind", corpus.Filter{Kind: []corpus.Kind{corpus.KindPlan}}, "ningbo zhejiang"},
		{"kinds", corpus.Filter{Kind: []corpus.Kind{corpus.KindPlan, corpus.KindReport}}, "english ningbo zhejiang"},
		{"status", corpus.Filter{Status: []corpus.Status{corpus.StatusDraft}}, "ningbo"},
		{"language", corpus.Filter{Language: []string{"en"}}, "english"},
		{"tag", corpus.Filter{Tags: []string{"补贴"}}, "hangzhou ningbo"},
		{"any of the tags", corpus.Filter{Tags: []string{"算力", "Smart City"}}, "english hangzhou"},
		{"a tag is matched whole", corpus.Filter{Tags: []string{"Smart"}}, ""},
		{"document", corpus.Filter{DocumentID: []corpus.DocumentID{"year", "english", "unknown"}}, "english year"},
		{"from a day, inclusive", corpus.Filter{IssuedFrom: day(2023, 12, 31)}, "ningbo zhejiang"},
		{"to a day, inclusive", corpus.Filter{IssuedTo: day(2023, 5, 23)}, "hangzhou year"},
		{"within one day", corpus.Filter{IssuedFrom: day(2023, 5, 23), IssuedTo: day(2023, 5, 23)}, "hangzhou"},
		{"within a year", corpus.Filter{IssuedFrom: day(2023, 1, 1), IssuedTo: day(2023, 12, 31)}, "hangzhou zhejiang"},
		{"to a year, with all its days", corpus.Filter{IssuedTo: day(2023, 0, 0)}, "hangzhou year zhejiang"},
		{"a document of which the year is known", corpus.Filter{IssuedFrom: day(2022, 6, 1), IssuedTo: day(2022, 6, 30)}, "year"},
		{"an unknown day is in no range", corpus.Filter{IssuedTo: day(2099, 1, 1)}, "hangzhou ningbo year zhejiang"},
		{"nothing is before", corpus.Filter{IssuedTo: day(2021, 12, 31)}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := found(t, x, c.filter); got != c.want {
				t.Errorf("lets through %q, want %q", got, c.want)
			}
		})
	}
}

func testFiltersTogether(t *testing.T, x retrieval.Index) {
	putDescribed(t, x)
	for _, c := range []struct {
		name   string
		filter corpus.Filter
		want   string
	}{
		{"province and kind", corpus.Filter{City: []string{"浙江"}, Kind: []corpus.Kind{corpus.KindPlan}}, "ningbo zhejiang"},
		{"province, kind and day", corpus.Filter{City: []string{"浙江"}, Kind: []corpus.Kind{corpus.KindPlan}, IssuedTo: day(2023, 12, 31)}, "zhejiang"},
		{"tag and city", corpus.Filter{Tags: []string{"补贴"}, City: []string{"宁波", "Seoul"}}, "ningbo"},
		{"document and another city", corpus.Filter{DocumentID: []corpus.DocumentID{"year"}, City: []string{"杭州"}}, ""},
		{"all at once", corpus.Filter{City: []string{"杭州"}, District: []string{"余杭区"}, Issuer: []string{"杭州市人民政府"},
			Kind: []corpus.Kind{corpus.KindMeasures}, Status: []corpus.Status{corpus.StatusInForce}, Language: []string{"zh"},
			Tags: []string{"算力"}, DocumentID: []corpus.DocumentID{"hangzhou", "ningbo"},
			IssuedFrom: day(2023, 1, 1), IssuedTo: day(2023, 12, 31)}, "hangzhou"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := found(t, x, c.filter); got != c.want {
				t.Errorf("lets through %q, want %q", got, c.want)
			}
		})
	}
	if err := x.Remove(t.Context(), "hangzhou"); err != nil {
		t.Fatal(err)
	}
	if got := found(t, x, corpus.Filter{City: []string{"浙江"}}); got != "ningbo zhejiang" {
		t.Errorf("after a removal the province lets through %q", got)
	}
}

func testUnicode(t *testing.T, x retrieval.Index) {
	ids := []string{"成都市算力券管理办法（试行）", "a/b\\c?d=e&f", "👩‍💻 notes", "'; DROP TABLE documents; --", strings.Repeat("长", 100), " ", "e\u0301", "\u00e9"}
	for _, id := range ids {
		put(t, x, point(id, 1, 0, terms("算力", 1.0), direction(1)))
	}
	for _, id := range ids {
		q := retrieval.Query{Sparse: terms("算力", 1.0), Filter: corpus.Filter{DocumentID: []corpus.DocumentID{corpus.DocumentID(id)}}}
		hits := find(t, x, q)
		if len(hits) != 1 || hits[0].Document != corpus.DocumentID(id) || hits[0].Passage != corpus.PassageID(id+"-v1-000") {
			t.Errorf("document %q: found %+v", id, hits)
		}
	}
	for i, id := range ids {
		if err := x.Remove(t.Context(), corpus.DocumentID(id)); err != nil {
			t.Fatal(err)
		}
		if hits := find(t, x, retrieval.Query{Sparse: terms("算力", 1.0)}); len(hits) != len(ids)-i-1 {
			t.Errorf("after %d removals %d are left", i+1, len(hits))
		}
	}
}

func testInvalid(t *testing.T, x retrieval.Index) {
	good := point("a", 1, 0, terms("算力", 1.0), direction(1))
	put(t, x, good)
	wide, other, older := good, good, good
	wide.Version, wide.Dense = 2, make([]float32, Dimensions+1)
	other.Document = "b"
	older.Version = 3
	for name, points := range map[string][]retrieval.Point{
		"a vector too long":           {wide},
		"a good one and one too long": {point("a", 2, 0, terms("算力", 1.0), direction(1)), wide},
		"a point of another document": {other},
		"a point of another version":  {older},
	} {
		if err := x.Replace(t.Context(), "a", 2, points); !errors.Is(err, retrieval.ErrInvalid) {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
	for name, q := range map[string]retrieval.Query{
		"neither terms nor vector": {Limit: 1},
		"a vector too short":       {Dense: []float32{1}, Limit: 1},
		"less than none of each":   {Dense: direction(1), Limit: 1, PerDocument: -1},
	} {
		if _, err := x.Search(t.Context(), q); !errors.Is(err, retrieval.ErrInvalid) {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
	expect(t, x, retrieval.Query{Sparse: terms("算力", 1.0)}, "a-v1-000") // as before
}

func testCancelled(t *testing.T, x retrieval.Index) {
	put(t, x, point("a", 1, 0, terms("算力", 1.0), direction(1)))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, searching := x.Search(ctx, retrieval.Query{Sparse: terms("算力", 1.0), Limit: 1})
	var holding error
	for _, err := range x.Holdings(ctx) {
		holding = err
	}
	for name, err := range map[string]error{
		"replace":  x.Replace(ctx, "a", 2, []retrieval.Point{point("a", 2, 0, terms("补贴", 1.0), direction(1))}),
		"remove":   x.Remove(ctx, "a"),
		"search":   searching,
		"holdings": holding,
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
	expect(t, x, retrieval.Query{Sparse: terms("算力", 1.0)}, "a-v1-000")
}

func testHoldings(t *testing.T, x retrieval.Index) {
	for i := range 20 {
		doc := fmt.Sprintf("d%02d", i)
		var points []retrieval.Point
		for k := range i%3 + 1 {
			points = append(points, point(doc, i+1, k, terms("算力", 1.0), direction(1)))
		}
		put(t, x, points...)
	}
	if err := x.Remove(t.Context(), "d00"); err != nil {
		t.Fatal(err)
	}
	put(t, x, point("d01", 9, 0, terms("算力", 1.0), direction(1)))
	want := map[corpus.DocumentID]retrieval.IndexHolding{"d01": {Document: "d01", Version: 9, Points: 1}}
	total := 1
	for i := 2; i < 20; i++ {
		h := retrieval.IndexHolding{Document: corpus.DocumentID(fmt.Sprintf("d%02d", i)), Version: i + 1, Points: i%3 + 1}
		want[h.Document] = h
		total += h.Points
	}
	for h, err := range x.Holdings(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if want[h.Document] != h {
			t.Errorf("holds %+v, want %+v", h, want[h.Document])
		}
		delete(want, h.Document)
	}
	for doc := range want {
		t.Errorf("%s is not held, or twice", doc)
	}
	for range x.Holdings(t.Context()) {
		break // a consumer may stop
	}
	stats, err := x.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if stats.Documents != 19 || stats.Points != total || stats.Dimensions != Dimensions || stats.Engine == "" {
		t.Errorf("stats %+v, want 19 documents, %d points", stats, total)
	}
}

func testFrequencies(t *testing.T, x retrieval.Index) {
	counter, ok := x.(retrieval.Counter)
	if !ok {
		t.Skip("the engine does not tell how common terms are, and need not")
	}
	counts, points, err := counter.Frequencies(t.Context(), []retrieval.Term{term("算力")})
	if err != nil || points != 0 || !slices.Equal(counts, []int{0}) {
		t.Errorf("%v of %d points in an empty index, %v", counts, points, err)
	}
	put(t, x, point("a", 1, 0, terms("算力", 1.0, "补贴", 1.0), direction(1)), point("a", 1, 1, terms("算力", 1.0), direction(1)))
	put(t, x, point("b", 1, 0, terms("算力", 1.0), direction(1)))
	put(t, x, point("b", 2, 0, terms("人才", 1.0), direction(1)))
	counts, points, err = counter.Frequencies(t.Context(), []retrieval.Term{term("算力"), term("补贴"), term("人才"), term("无此词"), term("算力")})
	if err != nil || points != 3 || !slices.Equal(counts, []int{2, 1, 1, 0, 2}) {
		t.Errorf("%v of %d points, %v", counts, points, err)
	}
}

// some returns points of a document with terms, vectors and facts drawn at random.
func some(r *rand.Rand, doc string, version, n int) []retrieval.Point {
	cities := []string{"成都", "杭州", "宁波", "重庆"}
	provinces := []string{"四川", "浙江", "浙江", "重庆"}
	city := r.IntN(len(cities))
	facts := retrieval.Facts{
		City: cities[city], Province: provinces[city], Language: "zh",
		Kind:     corpus.Kinds[r.IntN(len(corpus.Kinds))],
		IssuedOn: day(2020+r.IntN(4), 1+r.IntN(12), 1+r.IntN(28)),
	}
	var points []retrieval.Point
	for i := range n {
		var sparse []any
		for _, k := range r.Perm(len(words))[:1+r.IntN(5)] {
			sparse = append(sparse, words[k], 0.3+1.5*r.Float64())
		}
		dense := make([]float32, Dimensions)
		for k := range dense {
			dense[k] = float32(r.NormFloat64())
		}
		p := point(doc, version, i, terms(sparse...), normalised(dense))
		p.Facts = facts
		points = append(points, p)
	}
	return points
}

// normalised scales a vector to length 1.
func normalised(v []float32) []float32 {
	squares := 0.0
	for _, x := range v {
		squares += float64(x) * float64(x)
	}
	for i := range v {
		v[i] = float32(float64(v[i]) / math.Sqrt(squares))
	}
	return v
}

func testMany(t *testing.T, x retrieval.Index) {
	r := rand.New(rand.NewPCG(1, 2))
	m := NewModel()
	for i := range 200 {
		both(t, x, m, some(r, fmt.Sprintf("d%03d", i), 1, 1+r.IntN(6))...)
	}
	for i := 0; i < 200; i += 5 {
		doc := fmt.Sprintf("d%03d", i)
		if i%2 == 0 {
			both(t, x, m, some(r, doc, 2, 1+r.IntN(6))...)
			continue
		}
		for _, each := range []retrieval.Index{x, m} {
			if err := each.Remove(t.Context(), corpus.DocumentID(doc)); err != nil {
				t.Fatal(err)
			}
		}
	}
	filters := []corpus.Filter{{}, {City: []string{"浙江"}}, {Kind: []corpus.Kind{corpus.KindPlan, corpus.KindNews}, IssuedFrom: day(2021, 6, 1)}}
	for i := range 30 {
		p := some(r, "q", 1, 1)[0]
		q := retrieval.Query{Sparse: p.Sparse, Dense: p.Dense, Filter: filters[i%3], Limit: 10, Fusion: retrieval.Fusion{Sparse: 1, Dense: float32(i%4) / 3}}
		agree(t, x, m, q)
		q.Sparse = nil
		q.Fusion = retrieval.Fusion{}
		agree(t, x, m, q)
		q.Sparse, q.Dense = p.Sparse, nil
		agree(t, x, m, q)
	}
}

func testHuge(t *testing.T, x retrieval.Index) {
	r := rand.New(rand.NewPCG(5, 6))
	m := NewModel()
	both(t, x, m, some(r, "huge", 1, 2500)...)
	for i := range 50 {
		both(t, x, m, some(r, fmt.Sprintf("d%03d", i), 1, 10)...)
	}
	ask := func() {
		t.Helper()
		for _, limit := range []int{1, 48, 1000} {
			p := some(r, "q", 1, 1)[0]
			agree(t, x, m, retrieval.Query{Sparse: p.Sparse, Limit: limit})
			agree(t, x, m, retrieval.Query{Dense: p.Dense, Limit: limit})
			agree(t, x, m, retrieval.Query{Sparse: p.Sparse, Dense: p.Dense, Limit: limit, Fusion: retrieval.Fusion{Sparse: 1, Dense: 0.4}})
		}
	}
	ask()
	both(t, x, m, some(r, "huge", 2, 1200)...)
	ask()
	// With most of the passages gone an engine may take a while to count the terms
	// of the rest; what is found is right at once.
	if err := x.Remove(t.Context(), "huge"); err != nil {
		t.Fatal(err)
	}
	q := retrieval.Query{Dense: normalised(direction(1, 1, 1, 1)), Limit: 1000, PerDocument: 1}
	hits := find(t, x, q)
	for _, h := range hits {
		if h.Document == "huge" {
			t.Errorf("%s is found, although its document was removed", h.Passage)
		}
	}
	if want := 50; len(hits) < want*9/10 || len(hits) > want {
		t.Errorf("passages of %d documents are found, want of nearly all %d", len(hits), want)
	}
}

func testReaders(t *testing.T, x retrieval.Index) {
	const versions = 40
	whole := func(version int) []retrieval.Point {
		var points []retrieval.Point
		for i := range version%4 + 1 {
			points = append(points, point("a", version, i, terms("算力", 1.0), direction(1)))
		}
		return points
	}
	put(t, x, whole(1)...)
	ctx, cancel := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	defer readers.Wait()
	defer cancel()
	for i := range 3 {
		q := retrieval.Query{Limit: 100}
		if i != 1 {
			q.Sparse = terms("算力", 1.0)
		}
		if i != 0 {
			q.Dense, q.Fusion = direction(1), retrieval.Fusion{Sparse: 1, Dense: 1}
		}
		readers.Go(func() {
			for ctx.Err() == nil {
				hits, err := x.Search(t.Context(), q)
				if err != nil {
					t.Errorf("search: %v", err)
					return
				}
				if len(hits) == 0 {
					t.Error("a reader found no version")
					return
				}
				for _, h := range hits {
					if h.Version != hits[0].Version || len(hits) != h.Version%4+1 {
						t.Errorf("a reader found %s", passages(hits))
						return
					}
				}
			}
		})
	}
	for version := 2; version <= versions; version++ {
		put(t, x, whole(version)...)
		if hits := find(t, x, retrieval.Query{Sparse: terms("算力", 1.0)}); hits[0].Version != version {
			t.Errorf("after replacement version %d is found, want %d", hits[0].Version, version)
		}
	}
}
