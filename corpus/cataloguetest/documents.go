package cataloguetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"testing"
	"time"
	"unicode/utf8"

	"policykb/corpus"
)

var documentTests = map[string]func(*testing.T, corpus.Catalogue){
	"Store":           testStore,
	"StoreAgain":      testStoreAgain,
	"StoreNewVersion": testStoreNewVersion,
	"StoreInvalid":    testStoreInvalid,
	"StoreCancelled":  testStoreCancelled,
	"StoreDated":      testStoreDated,
	"Remove":          testRemove,
	"RemoveAndReturn": testRemoveAndReturn,
	"Describe":        testDescribe,
	"Supersede":       testSupersede,
	"Originals":       testOriginals,
	"Alike":           testAlike,
	"Unknown":         testUnknown,
	"Holdings":        testHoldings,
}

func testStore(t *testing.T, c corpus.Catalogue) {
	v := computing()
	got := store(t, c, v)
	if !recent(got.CreatedAt) || !got.UpdatedAt.Equal(got.CreatedAt) {
		t.Errorf("created at %v, updated at %v; want both to be now", got.CreatedAt, got.UpdatedAt)
	}
	sum := sha256.Sum256([]byte(v.Text))
	want := corpus.Document{
		ID: v.Document, Version: 1, Metadata: v.Metadata, Origins: v.Origins, Original: v.Original,
		TextHash: hex.EncodeToString(sum[:]), Characters: utf8.RuneCountInString(v.Text), Passages: len(chengdu),
		CreatedAt: got.CreatedAt, UpdatedAt: got.UpdatedAt,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Store:\n got %+v\nwant %+v", got, want)
	}
	if again := must[corpus.Document](t)(c.Document(t.Context(), v.Document)); !reflect.DeepEqual(again, want) {
		t.Errorf("Document:\n got %+v\nwant %+v", again, want)
	}
	for _, number := range []int{0, 1} {
		sameVersion(t, must[corpus.Version](t)(c.Version(t.Context(), v.Document, number)), numbered(v, 1))
		if text := must[string](t)(c.Text(t.Context(), v.Document, number)); text != v.Text {
			t.Errorf("Text gave %q, want %q", text, v.Text)
		}
		outline, text, err := c.Outline(t.Context(), v.Document, number)
		if err != nil || text != v.Text || !reflect.DeepEqual(outline, v.Outline) {
			t.Errorf("Outline gave %+v, %q, %v", outline, text, err)
		}
	}
}

func testStoreAgain(t *testing.T, c corpus.Catalogue) {
	v := economy()
	first := store(t, c, v)
	v.Metadata.Tags = []string{}                // the same as none
	v.Original = corpus.Original{Hash: "other"} // other bytes, the same words
	v.Passages = v.Passages[:1]                 // cut otherwise
	doc, changed, err := c.Store(t.Context(), v)
	if err != nil || changed || !reflect.DeepEqual(doc, first) {
		t.Errorf("storing the same again gave %+v, changed %v, %v; want %+v", doc, changed, err, first)
	}
	if all := must[[]corpus.Version](t)(c.Versions(t.Context(), v.Document)); len(all) != 1 {
		t.Errorf("there are %d versions, want 1", len(all))
	}
}

func testStoreNewVersion(t *testing.T, c corpus.Catalogue) {
	old := computing()
	store(t, c, old)
	// The cap on the vouchers is raised, and a line goes.
	newer := compose(old.Document, old.Metadata, []string{chengdu[2], "每年发放总额不超过2000万元的算力券。"})
	if doc := store(t, c, newer); doc.Version != 2 || doc.Passages != 2 || doc.UpdatedAt.Before(doc.CreatedAt) {
		t.Errorf("the new version gave %+v", doc)
	}
	// Metadata alone make a version too.
	newest := newer
	newest.Metadata.Status = corpus.StatusExpired
	if doc := store(t, c, newest); doc.Version != 3 || doc.Metadata.Status != corpus.StatusExpired {
		t.Errorf("the new metadata gave %+v", doc)
	}
	// Going back is a new version as well.
	if doc := store(t, c, old); doc.Version != 4 {
		t.Errorf("the old text gave %+v", doc)
	}
	all := must[[]corpus.Version](t)(c.Versions(t.Context(), old.Document))
	for i, want := range []corpus.Version{old, newer, newest, old} {
		whole := must[corpus.Version](t)(c.Version(t.Context(), old.Document, i+1))
		sameVersion(t, whole, numbered(want, i+1))
		if i >= len(all) {
			t.Fatalf("Versions gave %d, want 4", len(all))
		}
		want = whole
		want.Text, want.Outline, want.Passages = "", nil, nil
		if !reflect.DeepEqual(all[i], want) {
			t.Errorf("Versions:\n got %+v\nwant %+v", all[i], want)
		}
	}
	if text := must[string](t)(c.Text(t.Context(), old.Document, 0)); text != old.Text {
		t.Errorf("the current text is %q, want %q", text, old.Text)
	}
}

func testStoreInvalid(t *testing.T, c corpus.Catalogue) {
	v := computing()
	v.Passages[3].Text = "每年发放总额不超过5000万元的算力券。"
	doc, changed, err := c.Store(t.Context(), v)
	is(t, "storing a passage that misquotes its text", err, corpus.ErrInvalid)
	if changed || !reflect.DeepEqual(doc, corpus.Document{}) {
		t.Errorf("it gave %+v, changed %v", doc, changed)
	}
	v = computing()
	v.Origins = map[string]corpus.Origin{"no such field": {From: corpus.OriginText}}
	_, _, err = c.Store(t.Context(), v)
	is(t, "storing an origin of what cannot be a field", err, corpus.ErrInvalid)
	_, err = c.Document(t.Context(), v.Document)
	is(t, "Document", err, corpus.ErrNotFound)
}

func testStoreCancelled(t *testing.T, c corpus.Catalogue) {
	store(t, c, economy())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := c.Store(ctx, computing())
	is(t, "Store after its context ended", err, context.Canceled)
	_, err = c.Document(ctx, "economy")
	is(t, "Document after its context ended", err, context.Canceled)
	if held := must[map[corpus.DocumentID]corpus.Holding](t)(c.Holdings(t.Context())); len(held) != 1 {
		t.Errorf("the catalogue holds %v, want one document", held)
	}
}

func testStoreDated(t *testing.T, c corpus.Catalogue) {
	v := economy()
	v.CreatedAt = time.Date(2024, 5, 23, 8, 30, 0, 0, time.UTC) // as an import keeps it
	doc := store(t, c, v)
	if !doc.CreatedAt.Equal(v.CreatedAt) {
		t.Errorf("created at %v, want %v", doc.CreatedAt, v.CreatedAt)
	}
	if got := must[corpus.Version](t)(c.Version(t.Context(), v.Document, 1)); !got.CreatedAt.Equal(v.CreatedAt) {
		t.Errorf("version created at %v, want %v", got.CreatedAt, v.CreatedAt)
	}
}

func testRemove(t *testing.T, c corpus.Catalogue) {
	ctx, v := t.Context(), computing()
	store(t, c, v, economy())
	newer := computing()
	newer.Metadata.Status = corpus.StatusRepeal
	store(t, c, newer)
	if err := c.Remove(ctx, v.Document); err != nil {
		t.Fatal(err)
	}
	_, err := c.Document(ctx, v.Document)
	is(t, "Document", err, corpus.ErrNotFound)
	for number := range 3 {
		_, err = c.Version(ctx, v.Document, number)
		is(t, "Version", err, corpus.ErrNotFound)
		_, err = c.Text(ctx, v.Document, number)
		is(t, "Text", err, corpus.ErrNotFound)
		_, _, err = c.Outline(ctx, v.Document, number)
		is(t, "Outline", err, corpus.ErrNotFound)
	}
	_, err = c.Versions(ctx, v.Document)
	is(t, "Versions", err, corpus.ErrNotFound)
	_, err = c.Neighbours(ctx, v.Document, 0, 9)
	is(t, "Neighbours", err, corpus.ErrNotFound)
	is(t, "a second Remove", c.Remove(ctx, v.Document), corpus.ErrNotFound)
	found := must[[]corpus.Found](t)(c.Passages(ctx, []corpus.PassageID{corpus.NewPassageID(v.Document, 1, 0), corpus.NewPassageID(v.Document, 2, 0)}))
	if len(found) != 0 {
		t.Errorf("its passages are found: %+v", found)
	}
	if docs := must[[]corpus.Document](t)(c.ByOriginal(ctx, v.Original.Hash)); len(docs) != 0 {
		t.Errorf("its original leads to %+v", docs)
	}
	if must[bool](t)(c.OriginalInUse(ctx, v.Original.Hash)) {
		t.Error("its original is in use")
	}
	if page := must[corpus.Page](t)(c.Documents(ctx, corpus.Listing{Uncounted: true})); page.Total != 0 || len(page.Documents) != 1 {
		t.Errorf("uncounted: %+v", page)
	}
	if page := must[corpus.Page](t)(c.Documents(ctx, corpus.Listing{})); page.Total != 1 || len(page.Documents) != 1 || page.Documents[0].ID != "economy" {
		t.Errorf("the listing gives %+v", page)
	}
	if f := must[corpus.Facets](t)(c.Facets(ctx)); !reflect.DeepEqual(f.City, []corpus.Count{{Value: "北京", Count: 1}}) {
		t.Errorf("the facets are %+v", f)
	}
	if held := must[map[corpus.DocumentID]corpus.Holding](t)(c.Holdings(ctx)); !reflect.DeepEqual(held, map[corpus.DocumentID]corpus.Holding{"economy": {Version: 1, Passages: 3}}) {
		t.Errorf("the catalogue holds %v", held)
	}
	for v, err := range c.Current(ctx) {
		if err != nil || v.Document != "economy" {
			t.Errorf("Current yields %s, %v", v.Document, err)
		}
	}
}

func testRemoveAndReturn(t *testing.T, c corpus.Catalogue) {
	v := pilot()
	for round := 1; round <= 3; round++ {
		doc := store(t, c, v)
		if doc.Version != round {
			t.Errorf("added for the %d. time it is version %d: names of removed passages come back", round, doc.Version)
		}
		if err := c.Remove(t.Context(), v.Document); err != nil {
			t.Fatal(err)
		}
	}
}

func testDescribe(t *testing.T, c corpus.Catalogue) {
	ctx, v := t.Context(), pilot()
	first := store(t, c, v)
	m := v.Metadata
	m.Title, m.City, m.Status, m.IssuedOn, m.Tags = "杭州市人工智能若干措施", "宁波", corpus.StatusInForce, corpus.Date{Year: 2024, Month: 7}, []string{"人工智能"}
	origins := map[string]corpus.Origin{"issued_on": {From: corpus.OriginText, Span: &corpus.Span{Start: 3, End: 8}}}
	got := must[corpus.Document](t)(c.Describe(ctx, v.Document, m, origins))
	want := first
	want.Metadata, want.Origins, want.UpdatedAt = m, origins, got.UpdatedAt
	if !reflect.DeepEqual(got, want) || got.UpdatedAt.Before(first.UpdatedAt) {
		t.Errorf("Describe:\n got %+v\nwant %+v", got, want)
	}
	described := numbered(v, 1)
	described.Metadata, described.Origins = m, origins
	sameVersion(t, must[corpus.Version](t)(c.Version(ctx, v.Document, 0)), described)
	found := must[[]corpus.Found](t)(c.Passages(ctx, []corpus.PassageID{corpus.NewPassageID(v.Document, 1, 0)}))
	if len(found) != 1 || !reflect.DeepEqual(found[0].Document, want) {
		t.Errorf("passages come with %+v", found)
	}
	for _, listing := range []corpus.Listing{{Match: "宁波"}, {Match: "高质量"}, {Filter: corpus.Filter{City: []string{"杭州"}}}, {Filter: corpus.Filter{Tags: []string{"补贴"}}}} {
		if page := must[corpus.Page](t)(c.Documents(ctx, listing)); page.Total != 0 {
			t.Errorf("%+v still lists the document by its former metadata", listing)
		}
	}
	for _, listing := range []corpus.Listing{{Match: "杭州市人工智能"}, {Filter: corpus.Filter{City: []string{"宁波"}, Tags: []string{"人工智能"}}}} {
		if page := must[corpus.Page](t)(c.Documents(ctx, listing)); page.Total != 1 {
			t.Errorf("%+v does not list the document by its new metadata", listing)
		}
	}
	// The same text with the corrected metadata is nothing new; with the former it is.
	v.Metadata = m
	if _, changed, err := c.Store(ctx, v); changed || err != nil {
		t.Errorf("storing what is there gave changed %v, %v", changed, err)
	}
	store(t, c, pilot())
}

func testSupersede(t *testing.T, c corpus.Catalogue) {
	ctx := t.Context()
	store(t, c, computing(), economy(), pilot())
	links := func() (all [3][2]corpus.DocumentID) {
		for i, id := range []corpus.DocumentID{"computing", "economy", "pilot"} {
			d := must[corpus.Document](t)(c.Document(ctx, id))
			all[i] = [2]corpus.DocumentID{d.Superseded, d.Supersedes}
		}
		return all
	}
	for _, link := range [][2]corpus.DocumentID{{"computing", "economy"}, {"economy", "pilot"}} {
		if err := c.Supersede(ctx, link[0], link[1]); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := links(), [3][2]corpus.DocumentID{{"economy", ""}, {"pilot", "computing"}, {"", "economy"}}; got != want {
		t.Errorf("superseded by and supersedes: got %v, want %v", got, want)
	}
	is(t, "superseding in a circle", c.Supersede(ctx, "pilot", "computing"), corpus.ErrConflict)
	is(t, "a document superseding itself", c.Supersede(ctx, "pilot", "pilot"), corpus.ErrConflict)
	is(t, "superseding an unknown document", c.Supersede(ctx, "nowhere", "pilot"), corpus.ErrNotFound)
	is(t, "an unknown successor", c.Supersede(ctx, "pilot", "nowhere"), corpus.ErrNotFound)
	if err := c.Supersede(ctx, "computing", ""); err != nil {
		t.Fatal(err)
	}
	if err := c.Remove(ctx, "pilot"); err != nil {
		t.Fatal(err)
	}
	for _, id := range []corpus.DocumentID{"computing", "economy"} {
		if d := must[corpus.Document](t)(c.Document(ctx, id)); d.Superseded != "" || d.Supersedes != "" {
			t.Errorf("%s is superseded by %q and supersedes %q; want neither", id, d.Superseded, d.Supersedes)
		}
	}
}

func testAlike(t *testing.T, c corpus.Catalogue) {
	const url = "https://www.chengdu.gov.cn/zwgk/1.html"
	titled := compose("titled", corpus.Metadata{Title: "算力券政策"}, chengdu[:2])
	fetched := compose("fetched", corpus.Metadata{Title: "算力政策", SourceURL: url}, chengdu[:2])
	store(t, c, titled, fetched, computing())
	for _, test := range []struct {
		title, url string
		want       []corpus.DocumentID
	}{
		{"算力券政策", "", []corpus.DocumentID{"titled"}},
		{"算力券", "", nil}, // the whole title, not a part
		{"别的", url, []corpus.DocumentID{"fetched"}},
		{"算力券政策", url, []corpus.DocumentID{"fetched", "titled"}},
		{"别的", "", nil}, // no address is none in common
	} {
		var got []corpus.DocumentID
		for _, d := range must[[]corpus.Document](t)(c.Alike(t.Context(), test.title, test.url)) {
			got = append(got, d.ID)
		}
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("alike %q at %q are %v, want %v", test.title, test.url, got, test.want)
		}
	}
	store(t, c, compose("titled", corpus.Metadata{Title: "新算力券政策"}, chengdu[:2]))
	if got := must[[]corpus.Document](t)(c.Alike(t.Context(), "算力券政策", "")); len(got) != 0 {
		t.Errorf("a title that only an old version had leads to %+v", got)
	}
}

func testOriginals(t *testing.T, c corpus.Catalogue) {
	ctx := t.Context()
	first, twin := computing(), computing()
	twin.Document = "twin" // the same bytes, added as another document
	store(t, c, twin, first)
	hash := first.Original.Hash
	ids := func() (ids []corpus.DocumentID) {
		for _, d := range must[[]corpus.Document](t)(c.ByOriginal(ctx, hash)) {
			ids = append(ids, d.ID)
		}
		return ids
	}
	if got := ids(); !reflect.DeepEqual(got, []corpus.DocumentID{"computing", "twin"}) {
		t.Errorf("ByOriginal gave %v", got)
	}
	for _, id := range []corpus.DocumentID{"computing", "twin"} {
		store(t, c, compose(id, first.Metadata, chengdu[:2]))
	}
	if got := ids(); len(got) != 0 {
		t.Errorf("ByOriginal gave %v, whose current versions have other originals", got)
	}
	for _, id := range []corpus.DocumentID{"computing", "twin"} {
		if !must[bool](t)(c.OriginalInUse(ctx, hash)) {
			t.Errorf("the original of an old version of %s counts as unused", id)
		}
		if err := c.Remove(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	if must[bool](t)(c.OriginalInUse(ctx, hash)) {
		t.Error("an original that nothing refers to is in use")
	}
	// A job that may still run needs its bytes.
	enqueue(t, c, corpus.Job{ID: "job", Document: "third", Original: first.Original})
	inUse := func(want bool, state corpus.JobState) {
		t.Helper()
		if got := must[bool](t)(c.OriginalInUse(ctx, hash)); got != want {
			t.Errorf("the original of a %s job: in use %v, want %v", state, got, want)
		}
	}
	inUse(true, corpus.JobQueued)
	finish(t, c, corpus.JobFailed)
	inUse(true, corpus.JobFailed)
	must[corpus.Job](t)(c.RetryJob(ctx, "job"))
	finish(t, c, corpus.JobDone)
	inUse(false, corpus.JobDone)
}

func testUnknown(t *testing.T, c corpus.Catalogue) {
	ctx := t.Context()
	store(t, c, economy())
	_, err := c.Version(ctx, "economy", 2)
	is(t, "Version of an unknown number", err, corpus.ErrNotFound)
	_, err = c.Text(ctx, "economy", -1)
	is(t, "Text of an unknown number", err, corpus.ErrNotFound)
	for _, id := range []corpus.DocumentID{"nowhere", "", "economy' OR '1'='1", "ECONOMY"} {
		_, err := c.Document(ctx, id)
		is(t, "Document", err, corpus.ErrNotFound)
		_, err = c.Version(ctx, id, 0)
		is(t, "Version", err, corpus.ErrNotFound)
		_, err = c.Versions(ctx, id)
		is(t, "Versions", err, corpus.ErrNotFound)
		_, err = c.Text(ctx, id, 0)
		is(t, "Text", err, corpus.ErrNotFound)
		_, _, err = c.Outline(ctx, id, 0)
		is(t, "Outline", err, corpus.ErrNotFound)
		_, err = c.Neighbours(ctx, id, 0, 1)
		is(t, "Neighbours", err, corpus.ErrNotFound)
		_, err = c.Describe(ctx, id, corpus.Metadata{}, nil)
		is(t, "Describe", err, corpus.ErrNotFound)
		is(t, "Remove", c.Remove(ctx, id), corpus.ErrNotFound)
	}
}

func testHoldings(t *testing.T, c corpus.Catalogue) {
	if held := must[map[corpus.DocumentID]corpus.Holding](t)(c.Holdings(t.Context())); len(held) != 0 {
		t.Errorf("an empty catalogue holds %v", held)
	}
	newer := compose("computing", corpus.Metadata{}, chengdu[:1])
	store(t, c, computing(), economy(), newer)
	want := map[corpus.DocumentID]corpus.Holding{"computing": {Version: 2, Passages: 1}, "economy": {Version: 1, Passages: 3}}
	if held := must[map[corpus.DocumentID]corpus.Holding](t)(c.Holdings(t.Context())); !reflect.DeepEqual(held, want) {
		t.Errorf("the catalogue holds %v, want %v", held, want)
	}
}
