package cataloguetest

import (
	"reflect"
	"testing"

	"policykb/corpus"
)

var repealTests = map[string]func(*testing.T, corpus.Catalogue){"Repeals": testRepeals}

func testRepeals(t *testing.T, c corpus.Catalogue) {
	ctx := t.Context()
	const old, other = "云州市算力券管理办法", "云州市数据条例"
	computing, economy := computing(), economy()
	computing.Repeals = []corpus.Repeal{{Title: old, Number: "云府办〔2020〕3号", Span: corpus.Span{Start: 3, End: 12}}, {Title: other, Span: corpus.Span{Start: 20, End: 27}}}
	economy.Repeals = []corpus.Repeal{{Title: old, Span: corpus.Span{Start: 1, End: 10}}}
	store(t, c, computing, economy, pilot())
	repealing := func(title string, want ...corpus.DocumentID) {
		t.Helper()
		var got []corpus.DocumentID
		for _, d := range must[[]corpus.Document](t)(c.Repealing(ctx, title)) {
			got = append(got, d.ID)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("《%s》 is repealed by %v, want %v", title, got, want)
		}
	}
	repealing(old, "computing", "economy")
	repealing(other, "computing")
	repealing("云州市")
	if got := must[[]corpus.Repeal](t)(c.Repealed(ctx, "computing")); !reflect.DeepEqual(got, computing.Repeals) {
		t.Errorf("got %+v, want %+v", got, computing.Repeals)
	}
	if got := must[[]corpus.Repeal](t)(c.Repealed(ctx, "nowhere")); len(got) > 0 {
		t.Errorf("an unknown document repeals %+v", got)
	}

	// What counts is what the current version says.
	store(t, c, compose("computing", computing.Metadata, chengdu[:2]))
	repealing(old, "economy")
	if err := c.Remove(ctx, "economy"); err != nil {
		t.Fatal(err)
	}
	repealing(old)
}
