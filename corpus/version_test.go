package corpus

import (
	"errors"
	"strings"
	"testing"
)

func TestPassageIDIsAPlace(t *testing.T) {
	t.Parallel()
	id := NewPassageID("doc-7f3a", 3, 12)
	if id != "doc-7f3a-3-12" {
		t.Errorf("NewPassageID gave %q", id)
	}
	doc, version, ordinal, ok := id.Place()
	if doc != "doc-7f3a" || version != 3 || ordinal != 12 || !ok {
		t.Errorf("%q.Place() = %q, %d, %d, %v", id, doc, version, ordinal, ok)
	}
	for _, other := range []PassageID{"", "-", "--", "-1-2", "doc", "doc-1", "doc-1-", "doc-1-x", "doc-01-2", "doc-1-+2", "doc-1-99999999999999999999"} {
		if doc, version, ordinal, ok := other.Place(); ok {
			t.Errorf("%q.Place() = %q, %d, %d; it is no passage id", other, doc, version, ordinal)
		}
	}
}

func TestCheckVersion(t *testing.T) {
	t.Parallel()
	const text = "二、支持算力建设。\n每年发放总额不超过1000万元的算力券。"
	good := func() Version {
		return Version{
			Document: "d",
			Text:     text,
			Outline:  []Section{{Level: 1, Label: "二、", Title: "支持算力建设", Heading: Span{0, 9}, Body: Span{0, 30}}},
			Passages: []Passage{{Span: Span{10, 30}, Text: "每年发放总额不超过1000万元的算力券。"}, {Span: Span{0, 9}, Text: "二、支持算力建设。"}},
		}
	}
	if err := good().Check(); err != nil {
		t.Fatalf("a good version is refused: %v", err)
	}
	for name, spoil := range map[string]func(*Version){
		"no document":              func(v *Version) { v.Document = "" },
		"text not UTF-8":           func(v *Version) { v.Text = "\xff" + v.Text },
		"text with NUL":            func(v *Version) { v.Text = "\x00" + v.Text },
		"section past the end":     func(v *Version) { v.Outline[0].Body.End++ },
		"section turned round":     func(v *Version) { v.Outline[0].Heading = Span{9, 0} },
		"passage moved by one":     func(v *Version) { v.Passages[0].Span = v.Passages[0].Span.Shift(-1) },
		"passage past the end":     func(v *Version) { v.Passages[0].Span.End++ },
		"passage before the start": func(v *Version) { v.Passages[0].Span.Start = -1 },
		"passage with other words": func(v *Version) { v.Passages[0].Text = strings.Replace(v.Passages[0].Text, "1000", "5000", 1) },
	} {
		v := good()
		spoil(&v)
		if err := v.Check(); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", name, err)
		}
	}
}

func TestFilterIssued(t *testing.T) {
	t.Parallel()
	day := func(s string) Date {
		d, err := ParseISODate(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, test := range []struct {
		from, to, issued string
		want             bool
	}{
		{"", "", "", true},
		{"", "", "2023-05-23", true},
		{"2023-05-23", "", "2023-05-23", true},
		{"2023-05-24", "", "2023-05-23", false},
		{"", "2023-05-23", "2023-05-23", true},
		{"", "2023-05-22", "2023-05-23", false},
		{"2023-06-01", "", "2023", true},
		{"2023-06-01", "", "2023-05", false},
		{"2023-06-01", "2023-06-30", "2023-06", true},
		{"", "2023", "2023-12-31", true},
		{"", "2023", "2024-01-01", false},
		{"", "2023-06", "2023-07-01", false},
		{"2024", "", "2023-12-31", false},
		{"2023", "", "", false},
	} {
		f := Filter{IssuedFrom: day(test.from), IssuedTo: day(test.to)}
		if got := f.Issued(day(test.issued)); got != test.want {
			t.Errorf("issued %q, from %q to %q: got %v, want %v", test.issued, test.from, test.to, got, test.want)
		}
	}
}
