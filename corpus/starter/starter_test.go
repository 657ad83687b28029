package starter_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"policykb/corpus"
	"policykb/corpus/starter"
)

// digest is a document cut into its front matter and its body.
type digest struct {
	fields map[string]string
	body   string
}

func cut(t *testing.T, name string, text []byte) digest {
	t.Helper()
	if !utf8.Valid(text) {
		t.Fatalf("%s is not UTF-8", name)
	}
	head, ok := strings.CutPrefix(string(text), "---\n")
	if !ok {
		t.Fatalf("%s does not begin with front matter", name)
	}
	head, body, ok := strings.Cut(head, "\n---\n")
	if !ok {
		t.Fatalf("%s: the front matter does not end", name)
	}
	d := digest{fields: map[string]string{}, body: strings.TrimSpace(body)}
	for _, line := range strings.Split(head, "\n") {
		key, value, ok := strings.Cut(line, ": ")
		if _, twice := d.fields[key]; !ok || twice {
			t.Errorf("%s: front matter line %q", name, line)
		}
		d.fields[key] = strings.Trim(value, `"`)
	}
	return d
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	known := []string{"title", "city", "issuer", "doc_number", "issued_on", "effective_from", "effective_to", "kind", "status", "language", "tags", "source", "source_url"}
	heading := regexp.MustCompile(`(?m)^## \S`)
	ours := regexp.MustCompile(`\.\./|shared|policies/|seed/`)
	cities := map[string]int{}
	titles := map[string]string{}
	languages := map[string]int{}
	tables := 0
	last := ""
	for name, text := range starter.Documents() {
		if name <= last {
			t.Errorf("%s comes after %s", name, last)
		}
		last = name
		d := cut(t, name, text)
		for key, value := range d.fields {
			if !slices.Contains(known, key) || value == "" {
				t.Errorf("%s: front matter has %s: %q", name, key, value)
			}
		}
		for _, key := range []string{"title", "city", "issuer", "kind", "language", "tags", "source"} {
			if d.fields[key] == "" {
				t.Errorf("%s lacks %s", name, key)
			}
		}
		if d.fields["kind"] != string(corpus.KindDigest) {
			t.Errorf("%s is of the kind %q", name, d.fields["kind"])
		}
		if s := corpus.Status(d.fields["status"]); s != "" && !slices.Contains(corpus.Statuses, s) {
			t.Errorf("%s has the status %q", name, s)
		}
		for _, key := range []string{"issued_on", "effective_from", "effective_to"} {
			if _, err := corpus.ParseISODate(d.fields[key]); err != nil {
				t.Errorf("%s: %s: %v", name, key, err)
			}
		}
		if url := d.fields["source_url"]; url != "" && !strings.HasPrefix(url, "http") {
			t.Errorf("%s: source_url %q", name, url)
		}
		if n := utf8.RuneCountInString(d.body); n < 600 || n > 2500 {
			t.Errorf("%s has %d characters, want 600 to 2500", name, n)
		}
		if !strings.HasPrefix(d.body, "# "+d.fields["title"]+"\n") {
			t.Errorf("%s: the first heading is not the title", name)
		}
		if n := len(heading.FindAllString(d.body, -1)); n < 3 {
			t.Errorf("%s has %d sections, want 3 or more", name, n)
		}
		if place := ours.FindString(string(text)); place != "" {
			t.Errorf("%s names a folder: %q", name, place)
		}
		if other, ok := titles[d.fields["title"]]; ok {
			t.Errorf("%s and %s have the same title", name, other)
		}
		titles[d.fields["title"]] = name
		cities[d.fields["city"]]++
		languages[d.fields["language"]]++
		if strings.Contains(d.body, "\n| --- |") {
			tables++
		}
	}
	if len(titles) < 26 || len(cities) < 16 || languages["en"] < 2 || tables < 10 {
		t.Errorf("%d documents, %d cities, %d in English, %d with a table", len(titles), len(cities), languages["en"], tables)
	}
}

func TestDocumentsStopsWhenTold(t *testing.T) {
	t.Parallel()
	n := 0
	for range starter.Documents() {
		if n++; n == 2 {
			break
		}
	}
	if n != 2 {
		t.Errorf("took %d documents, wanted 2", n)
	}
}
