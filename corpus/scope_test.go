package corpus_test

import (
	"testing"

	"policykb/corpus"
)

func TestScopeHolds(t *testing.T) {
	t.Parallel()
	sichuan, inner := corpus.Scope{Cities: []string{"四川"}}, corpus.Scope{Tags: []string{"内部"}}
	both := corpus.Scope{Cities: []string{"成都", "重庆"}, Tags: []string{"内部", "算力"}}
	for _, test := range []struct {
		name  string
		scope corpus.Scope
		city  string
		tags  []string
		holds bool
	}{
		{"everything", corpus.Scope{}, "", nil, true},
		{"a city of the province", sichuan, "成都", nil, true},
		{"the province itself", sichuan, "四川", nil, true},
		{"a city elsewhere", sichuan, "郑州", nil, false},
		{"no city", sichuan, "", nil, false},
		{"the tag", inner, "郑州", []string{"算力", "内部"}, true},
		{"another tag", inner, "郑州", []string{"算力"}, false},
		{"city and tag", both, "重庆", []string{"算力"}, true},
		{"the city without a tag", both, "重庆", nil, false},
		{"the tag elsewhere", both, "郑州", []string{"算力"}, false},
	} {
		if got := test.scope.Holds(corpus.Metadata{City: test.city, Tags: test.tags}); got != test.holds {
			t.Errorf("%s: got %t", test.name, got)
		}
	}
}
