package retrieval

import (
	"testing"
	"time"

	"policykb/corpus"
)

// How a document stands depends on the day asked about: a text that was repealed
// since was law before.
func TestStanding(t *testing.T) {
	t.Parallel()
	repealed := corpus.Document{
		Metadata:   corpus.Metadata{Title: "浙江省信息化促进条例", Status: corpus.StatusRepeal, EffectiveTo: corpus.Date{Year: 2021, Month: time.February, Day: 28}},
		Origins:    map[string]corpus.Origin{"effective_to": {From: corpus.OriginRepeal}, "status": {From: corpus.OriginRepeal}},
		Superseded: "浙江省数字经济促进条例",
	}
	labelled := repealed // a page said so, and from when on is not known
	labelled.Origins = map[string]corpus.Origin{"status": {From: corpus.OriginText}}
	draft := corpus.Document{Metadata: corpus.Metadata{Status: corpus.StatusDraft}, Superseded: "final"}
	for _, c := range []struct {
		name string
		doc  corpus.Document
		on   corpus.Date
		want string
	}{
		{"the day after its last", repealed, corpus.Date{Year: 2021, Month: time.March, Day: 1}, "repealed"},
		{"its last day", repealed, corpus.Date{Year: 2021, Month: time.February, Day: 28}, ""},
		{"years before", repealed, corpus.Date{Year: 2015, Month: time.May, Day: 1}, ""},
		{"no day", repealed, corpus.Date{}, "repealed"},
		{"said to be repealed", labelled, corpus.Date{Year: 2015, Month: time.May, Day: 1}, "repealed"},
		{"a draft", draft, corpus.Date{Year: 2015, Month: time.May, Day: 1}, "draft"},
	} {
		if got := standing(c.doc, c.on); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
