package corpus

import (
	"encoding/json"
	"testing"
	"unicode/utf8"
)

func TestSpanOf(t *testing.T) {
	t.Parallel()
	text := "第五条 AI企业𠀀😀。\xff末"
	for _, tc := range []struct {
		span Span
		want string
	}{
		{Span{0, 3}, "第五条"},
		{Span{4, 8}, "AI企业"},
		{Span{8, 10}, "𠀀😀"},
		{Span{11, 13}, "\xff末"},
		{Span{0, 13}, text},
		{Span{13, 13}, ""},
		{Span{5, 5}, ""},
		{Span{12, 14}, ""},
		{Span{14, 15}, ""},
		{Span{-1, 2}, ""},
		{Span{3, 2}, ""},
	} {
		if got := tc.span.Of(text); got != tc.want {
			t.Errorf("%v.Of(%q) = %q, want %q", tc.span, text, got, tc.want)
		}
	}
}

func TestSpanRelations(t *testing.T) {
	t.Parallel()
	s := Span{10, 20}
	for _, tc := range []struct {
		t                  Span
		contains, overlaps bool
	}{
		{Span{10, 20}, true, true},
		{Span{12, 15}, true, true},
		{Span{5, 11}, false, true},
		{Span{19, 25}, false, true},
		{Span{5, 25}, false, true},
		{Span{5, 10}, false, false},
		{Span{20, 25}, false, false},
	} {
		if got := s.Contains(tc.t); got != tc.contains {
			t.Errorf("%v.Contains(%v) = %v", s, tc.t, got)
		}
		if got := s.Overlaps(tc.t); got != tc.overlaps {
			t.Errorf("%v.Overlaps(%v) = %v", s, tc.t, got)
		}
	}
	if got := s.Shift(-4); got != (Span{6, 16}) || got.Len() != s.Len() {
		t.Errorf("%v.Shift(-4) = %v", s, got)
	}
}

func FuzzSpanOf(f *testing.F) {
	f.Add("第五条 AI", 1, 4)
	f.Add("\xff\xfe", 0, 1)
	f.Fuzz(func(t *testing.T, text string, start, end int) {
		got := Span{start, end}.Of(text)
		if start < 0 || end < start || end > utf8.RuneCountInString(text) {
			if got != "" {
				t.Fatalf("Span{%d, %d}.Of(%q) = %q outside the text", start, end, text, got)
			}
			return
		}
		if utf8.RuneCountInString(got) != end-start {
			t.Fatalf("Span{%d, %d}.Of(%q) = %q", start, end, text, got)
		}
		rest := Span{end, utf8.RuneCountInString(text)}.Of(text)
		if before := (Span{0, start}).Of(text); before+got+rest != text {
			t.Fatalf("Span{%d, %d} cuts %q into %q, %q, %q", start, end, text, before, got, rest)
		}
	})
}

func TestMetadataJSON(t *testing.T) {
	t.Parallel()
	m := Metadata{
		Title: "深圳经济特区人工智能产业促进条例", City: "深圳", IssuedOn: Date{2022, 9, 5}, EffectiveFrom: Date{2022, 11, 0},
		Kind: KindRegulation, Status: StatusInForce, Language: "zh", Tags: []string{"人工智能"},
	}
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"title":"深圳经济特区人工智能产业促进条例","city":"深圳","district":"","issuer":"","doc_number":"","issued_on":"2022-09-05","effective_from":"2022-11","effective_to":"","kind":"regulation","status":"in_force","source_url":"","language":"zh","tags":["人工智能"]}`
	if string(b) != want {
		t.Errorf("metadata as JSON\n got %s\nwant %s", b, want)
	}
	var again Metadata
	if err := json.Unmarshal(b, &again); err != nil || again.IssuedOn != m.IssuedOn || again.EffectiveFrom != m.EffectiveFrom || !again.EffectiveTo.IsZero() {
		t.Errorf("read again: %+v, %v", again, err)
	}
}

func TestFilterEmpty(t *testing.T) {
	t.Parallel()
	if !(Filter{}).Empty() || !(Filter{City: []string{}}).Empty() {
		t.Error("a filter without values is not empty")
	}
	for _, f := range []Filter{
		{City: []string{"成都"}}, {District: []string{"黄埔区"}}, {Issuer: []string{"成都市人民政府"}}, {Kind: []Kind{KindPlan}},
		{Status: []Status{StatusDraft}}, {Language: []string{"zh"}}, {Tags: []string{"算力"}}, {DocumentID: []DocumentID{"d"}},
		{IssuedFrom: Date{Year: 2023}}, {IssuedTo: Date{Year: 2023}},
	} {
		if f.Empty() {
			t.Errorf("%+v is empty", f)
		}
	}
	b, err := json.Marshal(Filter{City: []string{"成都"}, IssuedFrom: Date{2023, 1, 1}})
	if want := `{"city":["成都"],"issued_from":"2023-01-01"}`; err != nil || string(b) != want {
		t.Errorf("filter as JSON: %s, %v; want %s", b, err, want)
	}
}
