package ingest

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"

	"policykb/corpus"
	"policykb/ingest/metadata"
)

// sameBytes finds the document that the job's bytes are the current version of.
// A job that asks for a new version of one document knows only that one.
func (p *Pipeline) sameBytes(ctx context.Context, job corpus.Job) (corpus.Document, bool, error) {
	known, err := p.catalogue.ByOriginal(ctx, job.Original.Hash)
	if err != nil {
		return corpus.Document{}, false, stored("look up the bytes", err)
	}
	known = within(job.Scope, known)
	for _, doc := range known {
		if doc.ID == job.Document {
			return doc, true, nil
		}
	}
	if len(known) == 0 {
		return corpus.Document{}, false, nil
	}
	asked, err := p.isKnown(ctx, job.Document)
	if err != nil || asked {
		return corpus.Document{}, false, err
	}
	return known[0], true, nil
}

// saysNothingNew reports whether everything given is what the document has anyway.
func saysNothingNew(given, has corpus.Metadata) bool {
	described, _ := metadata.Override(has, nil, given)
	return reflect.DeepEqual(described, has)
}

// identify decides which document a text with bytes of its own is a version of:
// the one asked for; else the one from the same address; else the one with the
// same title, issuer and document number; else a new one.
//
// Texts that agree in title and issuer but were issued on different days are
// editions, a law of 2020 and its revision of 2024, and remain documents of
// their own: people ask for either.
func (p *Pipeline) identify(ctx context.Context, job corpus.Job, m corpus.Metadata) (corpus.DocumentID, error) {
	if asked, err := p.isKnown(ctx, job.Document); err != nil || asked {
		return job.Document, err
	}
	candidates, err := p.catalogue.Alike(ctx, m.Title, m.SourceURL)
	if err != nil {
		return "", stored("look for the document", err)
	}
	candidates = within(job.Scope, candidates)
	for _, doc := range candidates {
		if m.SourceURL != "" && doc.Metadata.SourceURL == m.SourceURL {
			return doc.ID, nil
		}
	}
	for _, doc := range candidates {
		if sameDocument(doc.Metadata, m) {
			return doc.ID, nil
		}
	}
	return job.Document, nil
}

// within leaves out the documents that lie outside a scope.
func within(scope corpus.Scope, all []corpus.Document) []corpus.Document {
	return slices.DeleteFunc(all, func(d corpus.Document) bool { return !scope.Holds(d.Metadata) })
}

// isKnown reports whether the catalogue has the document.
func (p *Pipeline) isKnown(ctx context.Context, id corpus.DocumentID) (bool, error) {
	_, err := p.catalogue.Document(ctx, id)
	if errors.Is(err, corpus.ErrNotFound) {
		return false, nil
	}
	return err == nil, stored("look up the document", err)
}

// sameDocument reports whether two descriptions are of one document. A title
// alone is not enough: many a document is called 工作方案.
func sameDocument(a, b corpus.Metadata) bool {
	return a.Title != "" && a.Issuer+a.DocNumber != "" &&
		slices.Equal(identity(a), identity(b)) &&
		(a.IssuedOn == b.IssuedOn || a.IssuedOn.IsZero() || b.IssuedOn.IsZero())
}

// identity is what tells documents apart, without white space and in one script.
func identity(m corpus.Metadata) []string {
	fields := []string{m.Title, m.Issuer, m.DocNumber}
	for i, f := range fields {
		fields[i] = bare(f)
	}
	return fields
}

// identityOf names the lock under which documents that may be the same are
// looked for and stored. Documents from one address may have different titles,
// so the address comes first.
func identityOf(m corpus.Metadata) string {
	if m.SourceURL != "" {
		return "url " + m.SourceURL
	}
	return "title " + strings.Join(identity(m), "\x00")
}
