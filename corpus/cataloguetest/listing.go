package cataloguetest

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"policykb/corpus"
)

var listingTests = map[string]func(*testing.T, corpus.Catalogue){
	"Order":   testOrder,
	"Pages":   testPages,
	"Filters": testFilters,
	"Match":   testMatch,
	"Invalid": testInvalidListing,
	"Facets":  testFacets,
}

func idsOf(docs []corpus.Document) []corpus.DocumentID {
	ids := make([]corpus.DocumentID, len(docs))
	for i, d := range docs {
		ids[i] = d.ID
	}
	return ids
}

func testOrder(t *testing.T, c corpus.Catalogue) {
	if page := must[corpus.Page](t)(c.Documents(t.Context(), corpus.Listing{})); page.Total != 0 || page.Next != "" || len(page.Documents) != 0 {
		t.Errorf("an empty catalogue lists %+v", page)
	}
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, d := range []struct {
		id corpus.DocumentID
		at time.Time
	}{{"b", noon}, {"first", noon.Add(-time.Hour)}, {"c", noon}, {"last", noon.Add(time.Microsecond)}, {"a", noon}} {
		v := compose(d.id, corpus.Metadata{Title: "通知"}, hangzhou)
		v.CreatedAt = d.at
		store(t, c, v)
	}
	store(t, c, compose("first", corpus.Metadata{Title: "新版"}, hangzhou)) // a new version is not a new document
	page := must[corpus.Page](t)(c.Documents(t.Context(), corpus.Listing{}))
	if got, want := idsOf(page.Documents), []corpus.DocumentID{"last", "a", "b", "c", "first"}; !reflect.DeepEqual(got, want) || page.Total != 5 || page.Next != "" {
		t.Errorf("listed %v of %d, next %q; want %v", got, page.Total, page.Next, want)
	}
	if doc := must[corpus.Document](t)(c.Document(t.Context(), "first")); !reflect.DeepEqual(page.Documents[4], doc) {
		t.Errorf("listed\n%+v, want\n%+v", page.Documents[4], doc)
	}
}

func testPages(t *testing.T, c corpus.Catalogue) {
	ctx, start := t.Context(), time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	add := func(id string, at time.Time) {
		v := compose(corpus.DocumentID(id), corpus.Metadata{Title: "关于支持数字经济的通知", City: "青岛"}, hangzhou)
		v.CreatedAt = at
		store(t, c, v)
	}
	for i := range 60 {
		add(fmt.Sprintf("%02d", i), start.Add(time.Duration(i/3)*time.Minute)) // three at a time
	}
	if page := must[corpus.Page](t)(c.Documents(ctx, corpus.Listing{})); len(page.Documents) != 50 || page.Next == "" || page.Total != 60 {
		t.Errorf("without a limit: %d documents of %d, next %q; want 50 of 60", len(page.Documents), page.Total, page.Next)
	}
	for _, limit := range []int{1, 7, 20, 59, 60, 61, 500} {
		seen := map[corpus.DocumentID]bool{}
		listing := corpus.Listing{Filter: corpus.Filter{City: []string{"青岛"}}, Match: "数字经济", Limit: limit}
		for turned := 0; ; turned++ {
			page := must[corpus.Page](t)(c.Documents(ctx, listing))
			for _, d := range page.Documents {
				if d.ID[0] == 'x' {
					continue // added below
				}
				if seen[d.ID] {
					t.Errorf("limit %d: %s is on two pages", limit, d.ID)
				}
				seen[d.ID] = true
			}
			if page.Next == "" {
				break
			}
			if len(page.Documents) != limit {
				t.Errorf("limit %d: a page of %d that is not the last", limit, len(page.Documents))
			}
			listing.Cursor = page.Next
			if turned < 3 { // others are added meanwhile
				add(fmt.Sprintf("x%d-%d", limit, turned), start.Add(24*time.Hour))
			}
		}
		if len(seen) != 60 {
			t.Errorf("limit %d: %d documents on all pages, want 60", limit, len(seen))
		}
	}
}

func testFilters(t *testing.T, c corpus.Catalogue) {
	store(t, c, computing(), economy(), pilot(), compose("bare", corpus.Metadata{}, hangzhou))
	year, month := corpus.Date{Year: 2022}, corpus.Date{Year: 2022, Month: 11}
	day := func(y, m, d int) corpus.Date { return corpus.Date{Year: y, Month: time.Month(m), Day: d} }
	type ids = []corpus.DocumentID
	for name, test := range map[string]struct {
		filter corpus.Filter
		want   ids // in the order of ids
	}{
		"everything":              {corpus.Filter{}, ids{"bare", "computing", "economy", "pilot"}},
		"city":                    {corpus.Filter{City: []string{"成都"}}, ids{"computing"}},
		"two cities":              {corpus.Filter{City: []string{"成都", "北京", "上海"}}, ids{"computing", "economy"}},
		"a province's cities":     {corpus.Filter{City: []string{"浙江"}}, ids{"pilot"}},
		"a city beside the other": {corpus.Filter{City: []string{"四川", "浙江"}}, ids{"computing", "pilot"}},
		"unknown city":            {corpus.Filter{City: []string{"青岛"}}, nil},
		"district":                {corpus.Filter{District: []string{"余杭区"}}, ids{"pilot"}},
		"issuer":                  {corpus.Filter{Issuer: []string{"成都市人民政府办公厅", "杭州市人民政府办公厅"}}, ids{"computing", "pilot"}},
		"part of an issuer":       {corpus.Filter{Issuer: []string{"成都市人民政府"}}, nil},
		"kind":                    {corpus.Filter{Kind: []corpus.Kind{corpus.KindMeasures}}, ids{"computing", "pilot"}},
		"status":                  {corpus.Filter{Status: []corpus.Status{corpus.StatusInForce, corpus.StatusRepeal}}, ids{"computing", "economy"}},
		"language":                {corpus.Filter{Language: []string{"en"}}, nil},
		"tag":                     {corpus.Filter{Tags: []string{"补贴"}}, ids{"computing", "pilot"}},
		"any of two tags":         {corpus.Filter{Tags: []string{"算力", "人才"}}, ids{"computing"}},
		"document":                {corpus.Filter{DocumentID: ids{"economy", "nowhere", "bare"}}, ids{"bare", "economy"}},
		"issued from":             {corpus.Filter{IssuedFrom: day(2022, 11, 25)}, ids{"economy", "pilot"}},
		"issued after":            {corpus.Filter{IssuedFrom: day(2022, 11, 26)}, ids{"pilot"}},
		"issued up to":            {corpus.Filter{IssuedTo: day(2022, 1, 21)}, ids{"computing"}},
		"issued before":           {corpus.Filter{IssuedTo: day(2022, 1, 20)}, nil},
		"in a year":               {corpus.Filter{IssuedFrom: year, IssuedTo: year}, ids{"computing", "economy"}},
		"in a month":              {corpus.Filter{IssuedFrom: month, IssuedTo: month}, ids{"economy"}},
		"a year may be its end":   {corpus.Filter{IssuedFrom: day(2024, 12, 31)}, ids{"pilot"}},
		"a year may be its start": {corpus.Filter{IssuedFrom: day(2023, 6, 1), IssuedTo: day(2024, 1, 1)}, ids{"pilot"}},
		"all at once":             {corpus.Filter{City: []string{"成都", "杭州"}, Kind: []corpus.Kind{corpus.KindMeasures}, Tags: []string{"补贴"}, IssuedTo: day(2023, 1, 1)}, ids{"computing"}},
		"city and another's kind": {corpus.Filter{City: []string{"北京"}, Kind: []corpus.Kind{corpus.KindMeasures}}, nil},
		"a quotation mark":        {corpus.Filter{City: []string{"'; DROP TABLE documents; --", `"`}}, nil},
	} {
		page := must[corpus.Page](t)(c.Documents(t.Context(), corpus.Listing{Filter: test.filter}))
		got := map[corpus.DocumentID]bool{}
		for _, d := range page.Documents {
			got[d.ID] = true
		}
		want := map[corpus.DocumentID]bool{}
		for _, id := range test.want {
			want[id] = true
		}
		if !reflect.DeepEqual(got, want) || page.Total != len(want) {
			t.Errorf("%s: got %v, total %d; want %v", name, idsOf(page.Documents), page.Total, test.want)
		}
	}
}

func testMatch(t *testing.T, c corpus.Catalogue) {
	letters := compose("letters", corpus.Metadata{Title: "ＡＩ＋行動方案（2024版） 100%_OK", Issuer: "工業和信息化部"}, hangzhou)
	store(t, c, computing(), economy(), letters)
	for match, want := range map[string]corpus.DocumentID{
		"超算":            "computing", // in the title
		"成都市人民政府":       "computing", // in the issuer
		"成办发〔2022〕1号":   "computing", // in the document number
		"〔2022〕 算力 成都":  "computing", // each word somewhere
		"  数字经济\t促进条例 ": "economy",
		"ai+行动方案":       "letters", // folded: width, case, traditional characters
		"AI 工业和信息化部":    "letters",
		"100%_ok":       "letters", // no wildcards
		"10%":           "",
		"数字经济 成都":       "",
		"每年发放":          "", // stands in the text only
		"超算\x00":        "",
		"条例'":           "",
		"北京市人民代表大会常务委员会 条例": "economy",
	} {
		page := must[corpus.Page](t)(c.Documents(t.Context(), corpus.Listing{Match: match}))
		if got := idsOf(page.Documents); want == "" && len(got) != 0 || want != "" && !reflect.DeepEqual(got, []corpus.DocumentID{want}) || page.Total != len(got) {
			t.Errorf("%q lists %v, total %d; want %q", match, got, page.Total, want)
		}
	}
}

func testInvalidListing(t *testing.T, c corpus.Catalogue) {
	store(t, c, computing())
	for _, l := range []corpus.Listing{{Limit: -1}, {Limit: 501}, {Cursor: "x"}, {Cursor: "第二页"}, {Cursor: "e30"}} {
		_, err := c.Documents(t.Context(), l)
		is(t, fmt.Sprintf("Documents(%+v)", l), err, corpus.ErrInvalid)
	}
}

func testFacets(t *testing.T, c corpus.Catalogue) {
	if f := must[corpus.Facets](t)(c.Facets(t.Context())); !reflect.DeepEqual(f, corpus.Facets{}) {
		t.Errorf("an empty catalogue has facets %+v", f)
	}
	another := compose("another", corpus.Metadata{City: "成都", Kind: corpus.KindNotice, Status: corpus.StatusInForce, IssuedOn: corpus.Date{Year: 2024, Month: 3}}, hangzhou)
	store(t, c, compose("computing", corpus.Metadata{City: "上海", Kind: corpus.KindNews}, chengdu)) // soon an old version
	store(t, c, computing(), economy(), pilot(), another, compose("bare", corpus.Metadata{}, hangzhou))
	want := corpus.Facets{
		City:   []corpus.Count{{Value: "成都", Count: 2}, {Value: "北京", Count: 1}, {Value: "杭州", Count: 1}},
		Issuer: []corpus.Count{{Value: "北京市人民代表大会常务委员会", Count: 1}, {Value: "成都市人民政府办公厅", Count: 1}, {Value: "杭州市人民政府办公厅", Count: 1}},
		Kind:   []corpus.Count{{Value: "measures", Count: 2}, {Value: "notice", Count: 1}, {Value: "regulation", Count: 1}},
		Status: []corpus.Count{{Value: "in_force", Count: 3}, {Value: "draft", Count: 1}},
		Year:   []corpus.Count{{Value: "2022", Count: 2}, {Value: "2024", Count: 2}},
	}
	if got := must[corpus.Facets](t)(c.Facets(t.Context())); !reflect.DeepEqual(got, want) {
		t.Errorf("facets:\n got %+v\nwant %+v", got, want)
	}
}
