package evaluate

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"policykb/corpus"
	"policykb/retrieval"
)

// texts finds evidence in the library. It reads each text once.
type texts struct {
	library   Library
	documents int
	byName    map[string][]corpus.Document
	read      map[version]string
	folded    map[version]folded
}

type version struct {
	document corpus.DocumentID
	number   int
}

// open lists the library by the names that evidence may use.
func open(ctx context.Context, library Library) (*texts, error) {
	t := &texts{library: library, byName: map[string][]corpus.Document{}, read: map[version]string{}, folded: map[version]folded{}}
	listing := corpus.Listing{Limit: 500}
	for {
		page, err := library.Documents(ctx, listing)
		if err != nil {
			return nil, err
		}
		for _, d := range page.Documents {
			t.documents++
			names := map[string]bool{plainName(d.Original.Name): true, plainName(d.Metadata.Title): true}
			delete(names, "")
			for name := range names {
				t.byName[name] = append(t.byName[name], d)
			}
		}
		if page.Next == "" {
			return t, nil
		}
		listing.Cursor = page.Next
	}
}

// plainName is the last element of a file name, or a title, without the
// extension of a text format, folded.
func plainName(name string) string {
	base := path.Base(strings.ReplaceAll(name, `\`, "/"))
	switch ext := path.Ext(base); strings.ToLower(ext) {
	case ".md", ".txt", ".html", ".htm", ".pdf", ".docx", ".doc", ".odt", ".xlsx", ".csv":
		base = strings.TrimSuffix(base, ext)
	}
	if base == "." || base == "/" {
		return ""
	}
	return string(foldQuote(base).runes)
}

// text returns a canonical text.
func (t *texts) text(ctx context.Context, id corpus.DocumentID, number int) (string, error) {
	v := version{id, number}
	if text, ok := t.read[v]; ok {
		return text, nil
	}
	text, err := t.library.Text(ctx, id, number)
	if err != nil {
		return "", fmt.Errorf("read document %s, version %d: %w", id, number, err)
	}
	t.read[v] = text
	return text, nil
}

// locateAll finds the places of every piece of evidence.
func (t *texts) locateAll(ctx context.Context, evidence []Evidence) ([]EvidenceTrace, error) {
	traces := make([]EvidenceTrace, len(evidence))
	for i, e := range evidence {
		traces[i] = EvidenceTrace{File: e.File, Quote: e.Quote}
		documents := slices.Clone(t.byName[plainName(e.File)])
		for _, file := range e.Also {
			documents = append(documents, t.byName[plainName(file)]...)
		}
		traces[i].DocumentKnown = len(documents) > 0
		quote := foldQuote(e.Quote)
		for _, d := range documents {
			v := version{d.ID, d.Version}
			f, ok := t.folded[v]
			if !ok {
				text, err := t.text(ctx, d.ID, d.Version)
				if err != nil {
					return nil, err
				}
				f = foldQuote(text)
				t.folded[v] = f
			}
			for _, span := range f.find(quote) {
				traces[i].Places = append(traces[i].Places, Place{Document: d.ID, Version: d.Version, Span: span})
			}
		}
	}
	return traces, nil
}

// rankIn is the rank, from 1, of the first passage that holds at least half of
// the evidence; 0 where none does.
func (e EvidenceTrace) rankIn(passages []retrieval.Passage) int {
	for i, p := range passages {
		for _, place := range e.Places {
			if p.Found.Passage.Document != place.Document {
				continue
			}
			if 2*common(p.Found.Passage.Span, place.Span) >= place.Span.Len() {
				return i + 1
			}
		}
	}
	return 0
}

// overlaps reports whether a span of a document touches the evidence.
func (e EvidenceTrace) overlaps(id corpus.DocumentID, span corpus.Span) bool {
	for _, place := range e.Places {
		if place.Document == id && place.Span.Overlaps(span) {
			return true
		}
	}
	return false
}

// citedBy reports whether any quote touches the evidence.
func (e EvidenceTrace) citedBy(citations []retrieval.Citation) bool {
	for _, c := range citations {
		if e.overlaps(c.Quote.Passage.Found.Passage.Document, c.Quote.Span) {
			return true
		}
	}
	return false
}

// common counts the code points that two spans share.
func common(a, b corpus.Span) int {
	return max(0, min(a.End, b.End)-max(a.Start, b.Start))
}
