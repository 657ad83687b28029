package chunk_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"policykb/corpus"
	"policykb/ingest/chunk"
	"policykb/ingest/clean"
	"policykb/ingest/parse"
)

// check reports every promise of outline.Of and chunk.Split that is broken.
func check(t testing.TB, name string, text clean.Text, sections []corpus.Section, passages []corpus.Passage, limits chunk.Limits) {
	t.Helper()
	runes := []rune(text.String)
	words := func(s corpus.Span) string { return string(runes[s.Start:s.End]) }
	for i, s := range sections {
		if s.Body.Start > s.Body.End || s.Body.End > len(runes) || !s.Body.Contains(s.Heading) {
			t.Errorf("%s: section %q spans %v, its heading %v, the text %d", name, s.Label+s.Title, s.Body, s.Heading, len(runes))
			continue
		}
		if heading := words(s.Heading); !strings.HasPrefix(heading, s.Label) || !strings.HasSuffix(heading, s.Title) {
			t.Errorf("%s: section %q %q has the heading %q", name, s.Label, s.Title, heading)
		}
		if i > 0 {
			before := sections[i-1]
			if s.Body.Start < before.Body.Start || s.Level > before.Level+1 {
				t.Errorf("%s: section %v level %d after %v level %d", name, s.Body, s.Level, before.Body, before.Level)
			}
			if s.Body.Start < before.Body.End && !before.Body.Contains(s.Body) {
				t.Errorf("%s: sections %v and %v cross", name, before.Body, s.Body)
			}
		}
	}
	headings := map[string]bool{}
	for _, s := range sections {
		headings[words(s.Heading)] = true
	}
	end := 0
	for i, p := range passages {
		if p.Ordinal != i {
			t.Errorf("%s: passage %d has ordinal %d", name, i, p.Ordinal)
		}
		if p.Span.Start < end || p.Span.End > len(runes) || p.Span.Len() == 0 {
			t.Errorf("%s: passage %d spans %v after %d, of %d", name, i, p.Span, end, len(runes))
			continue
		}
		end = p.Span.End
		if p.Text != words(p.Span) {
			t.Errorf("%s: passage %d is %q, the text at %v is %q", name, i, p.Text, p.Span, words(p.Span))
		}
		if strings.TrimSpace(p.Text) != p.Text {
			t.Errorf("%s: passage %d has white space at its ends: %q", name, i, p.Text)
		}
		for _, h := range p.HeadingPath {
			if !headings[h] {
				t.Errorf("%s: passage %d has the heading %q, which no section has", name, i, h)
			}
		}
		if n := utf8.RuneCountInString(p.Text); n > limits.Most && len(corpus.Sentences(p.Text)) > 1 && p.Kind == corpus.PassageProse && !strings.Contains(p.Text, "|") {
			t.Errorf("%s: passage %d has %d characters: %q", name, i, n, p.Text)
		}
		// All sections that the passage touches have its path's last heading above them.
		for _, s := range sections {
			if len(p.HeadingPath) > 0 && s.Body.Start > p.Span.Start && s.Body.Start < p.Span.End && !slices.Contains(p.HeadingPath, words(s.Heading)) && s.Level <= levelOf(sections, runes, p) {
				t.Errorf("%s: passage %v with path %q reaches into section %q of level %d", name, p.Span, p.HeadingPath, words(s.Heading), s.Level)
			}
		}
	}
	for i, missing := range missingBlocks(text, passages) {
		if missing && !repeats(text, i) && !repeats(text, i-1) && !repeats(text, i+1) {
			t.Errorf("%s: no passage holds the start of %q", name, text.Of(text.Blocks[i]))
		}
	}
}

// missingBlocks says of each block whether no passage holds its start, though it
// should.
func missingBlocks(text clean.Text, passages []corpus.Passage) []bool {
	missing := make([]bool, len(text.Blocks))
	next := 0
	for i, b := range text.Blocks {
		for next < len(passages) && passages[next].Span.End <= b.Span.Start {
			next++
		}
		missing[i] = b.Kind != parse.Contents && (next == len(passages) || passages[next].Span.Start > b.Span.Start)
	}
	return missing
}

// repeats reports whether a block says again what stands before it: half of its
// sentences, as a passage may end within it.
func repeats(text clean.Text, i int) bool {
	if i < 0 || i >= len(text.Blocks) {
		return false
	}
	b := text.Blocks[i]
	before := withoutSpace(text.String[:b.From])
	known, all := 0, 0
	for _, sentence := range strings.FieldsFunc(text.Of(b), func(r rune) bool { return strings.ContainsRune("。；！？，", r) }) {
		all++
		if strings.Contains(before, withoutSpace(sentence)) {
			known++
		}
	}
	return known*2 >= all
}

// levelOf gives the level of the section that the last heading of a passage's path
// names.
func levelOf(sections []corpus.Section, runes []rune, p corpus.Passage) int {
	level := 0
	for _, s := range sections {
		if s.Body.Start <= p.Span.Start && s.Body.End >= p.Span.End && string(runes[s.Heading.Start:s.Heading.End]) == p.HeadingPath[len(p.HeadingPath)-1] {
			level = s.Level
		}
	}
	return level
}
