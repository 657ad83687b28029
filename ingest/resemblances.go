package ingest

import (
	"context"
	"errors"
	"fmt"

	"policykb/corpus"
	"policykb/ingest/resemble"
)

// mostCompared bounds how many documents that may be alike a new one is held against.
const mostCompared = 16

// findAlike notes which documents have nearly the same text as one that has been
// stored, and warns of those that it is no edition or draft of. It may be called
// again. Of two that come in at once the later one finds the earlier: both are
// stored before either looks.
func (p *Pipeline) findAlike(ctx context.Context, r *run, doc corpus.Document) error {
	found, err := p.noteAlike(ctx, doc.ID)
	if !found {
		return err // a new text resembles none until it is said
	}
	if err != nil && !errors.Is(err, corpus.ErrNotFound) {
		return err
	}
	doc, err = p.catalogue.Document(ctx, doc.ID) // as the links between editions left it
	if err != nil {
		return stored("look up the document", err)
	}
	for _, a := range doc.Resembles {
		if a.Document != doc.Superseded && a.Document != doc.Supersedes {
			r.warn(fmt.Sprintf("nearly the same text as document %s (%.0f %% alike): one of the two may be a copy", a.Document, 100*a.Likeness))
		}
	}
	return nil
}

// noteAlike compares a document with the others and notes which it resembles, if
// any. One document at a time is compared: what another says of the two meanwhile
// would be lost.
func (p *Pipeline) noteAlike(ctx context.Context, id corpus.DocumentID) (found bool, err error) {
	p.comparing.Lock()
	defer p.comparing.Unlock()
	alike, err := p.alikeTo(ctx, id)
	if err != nil || len(alike) == 0 {
		return false, err
	}
	return true, stored("note what the document resembles", p.catalogue.Resemble(ctx, id, alike))
}

// alikeTo compares a document's current text with those it may resemble.
func (p *Pipeline) alikeTo(ctx context.Context, id corpus.DocumentID) (alike []corpus.Resemblance, err error) {
	candidates, err := p.catalogue.Sharing(ctx, id, mostCompared)
	if err != nil || len(candidates) == 0 {
		return nil, stored("look for documents alike", err)
	}
	own, err := p.shinglesOf(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, candidate := range candidates {
		other, err := p.shinglesOf(ctx, candidate)
		if errors.Is(err, corpus.ErrNotFound) {
			continue // removed just now
		}
		if err != nil {
			return nil, err
		}
		if likeness := resemble.Likeness(own, other); likeness >= resemble.Alike {
			alike = append(alike, corpus.Resemblance{Document: candidate, Likeness: likeness})
		}
	}
	return alike, nil
}

func (p *Pipeline) shinglesOf(ctx context.Context, id corpus.DocumentID) (resemble.Shingles, error) {
	v, err := p.catalogue.Version(ctx, id, 0)
	if err != nil {
		return nil, stored("read the text to compare", err)
	}
	return resemble.Of(v.Passages), nil
}

// bandsSetting says, in the catalogue, that every document has its bands.
const bandsSetting = "ingest.bands"

// giveBands compares the documents that were stored by a program that did not
// look for resemblances. It does so once.
func (p *Pipeline) giveBands(ctx context.Context) error {
	done, err := p.catalogue.Setting(ctx, bandsSetting)
	if err != nil || done != "" {
		return err
	}
	held, err := p.catalogue.Holdings(ctx)
	if err != nil {
		return err
	}
	for id := range held {
		if err := p.giveBandsTo(ctx, id); err != nil && !errors.Is(err, corpus.ErrNotFound) {
			return fmt.Errorf("compare document %s: %w", id, err)
		}
	}
	return p.catalogue.SetSetting(ctx, bandsSetting, "1")
}

func (p *Pipeline) giveBandsTo(ctx context.Context, id corpus.DocumentID) error {
	unlock, err := p.documentLocks.lock(ctx, string(id))
	if err != nil {
		return err
	}
	defer unlock()
	v, err := p.catalogue.Version(ctx, id, 0)
	if err != nil {
		return err
	}
	if err := p.catalogue.SetBands(ctx, id, resemble.Bands(v.Passages)); err != nil {
		return err
	}
	_, err = p.noteAlike(ctx, id)
	return err
}
