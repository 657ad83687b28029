package sqlite

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"policykb/corpus"
)

func TestListsComeBack(t *testing.T) {
	t.Parallel()
	for _, list := range [][]string{
		nil, {""}, {"", ""}, {"算力"}, {"第二章　支持措施", "（三）“算力券”", "1. 申报"},
		{`a","b`}, {`\`}, {`"`}, {`","`}, {"<b>&</b>"}, {"一\n二"}, {"\u2028"}, {`["`, `"]`},
	} {
		got, err := decodeList(encode(list, "[]"))
		if err != nil || !reflect.DeepEqual(got, list) {
			t.Errorf("%q comes back as %q, %v", list, got, err)
		}
	}
	if list, err := decodeList("[]"); list != nil || err != nil {
		t.Errorf("the empty list is %q, %v", list, err)
	}
	if _, err := decodeList("算力"); err == nil {
		t.Error("what is no list is read as one")
	}
}

func TestOriginsComeBack(t *testing.T) {
	t.Parallel()
	origins := map[string]corpus.Origin{
		"title":     {From: corpus.OriginText, Span: &corpus.Span{Start: 0, End: 23}},
		"issued_on": {From: corpus.OriginFrontMatter},
		"city":      {From: corpus.OriginGiven},
	}
	lines, err := encodeOrigins(origins)
	if want := "city given\nissued_on front_matter\ntitle text 0 23\n"; lines != want || err != nil {
		t.Errorf("got %q, %v; want %q", lines, err, want)
	}
	if got, err := decodeOrigins(lines); err != nil || !reflect.DeepEqual(got, origins) {
		t.Errorf("they come back as %+v, %v", got, err)
	}
	if got, err := decodeOrigins(""); got != nil || err != nil {
		t.Errorf("no origins are %+v, %v", got, err)
	}
	if _, err := decodeOrigins("title text 0\n"); err == nil {
		t.Error("half a span is read")
	}
	for _, bad := range []map[string]corpus.Origin{{"": {From: "text"}}, {"title": {}}, {"a b": {From: "text"}}, {"a": {From: "te\nxt"}}} {
		if _, err := encodeOrigins(bad); !errors.Is(err, corpus.ErrInvalid) {
			t.Errorf("%+v gives %v, want ErrInvalid", bad, err)
		}
	}
}

func TestTimesComeBack(t *testing.T) {
	t.Parallel()
	for _, at := range []time.Time{{}, time.Date(2026, 11, 23, 12, 0, 0, 1000, time.UTC), time.Date(1949, 10, 1, 0, 0, 0, 0, time.UTC)} {
		if got := instant(micros(at)); !got.Equal(at) {
			t.Errorf("%v comes back as %v", at, got)
		}
	}
	for _, d := range []corpus.Date{{}, {Year: 2023}, {Year: 2023, Month: 5}, {Year: 2023, Month: 12, Day: 31}} {
		if got := date(d.Ordinal()); got != d {
			t.Errorf("%v comes back as %v", d, got)
		}
	}
}
