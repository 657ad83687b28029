package ingest

import (
	"context"
	"fmt"

	"policykb/corpus"
)

// Remove deletes a document with all its versions, makes it unfindable, and
// forgets the bytes it was read from where nothing else needs them. When it has
// returned no answer can rest on the document. An unknown one gives
// [corpus.ErrNotFound].
//
// The catalogue forgets first: what dies after that is made good by the next
// [Pipeline.Reconcile], and until then readers, who ask the catalogue for every
// passage, no longer see the document.
//
// Documents that it alone repealed stand again.
func (p *Pipeline) Remove(ctx context.Context, id corpus.DocumentID) error {
	old, err := p.repealedBy(ctx, id)
	if err != nil {
		return fmt.Errorf("remove document %s: %w", id, err)
	}
	if err := p.remove(ctx, id); err != nil {
		return err
	}
	for _, doc := range old {
		p.ageWith(ctx, doc.ID)
	}
	return nil
}

// remove is Remove without what follows for others.
func (p *Pipeline) remove(ctx context.Context, id corpus.DocumentID) error {
	unlock, err := p.documentLocks.lock(ctx, string(id))
	if err != nil {
		return err
	}
	defer unlock()
	versions, err := p.catalogue.Versions(ctx, id)
	if err != nil {
		return fmt.Errorf("remove document %s: %w", id, err)
	}
	if err := p.catalogue.Remove(ctx, id); err != nil {
		return fmt.Errorf("remove document %s: %w", id, err)
	}
	if err := p.index.Remove(ctx, id); err != nil {
		return fmt.Errorf("remove document %s from the index: %w", id, err)
	}
	forgotten := make(map[string]bool)
	for _, v := range versions {
		if hash := v.Original.Hash; !forgotten[hash] {
			forgotten[hash] = true
			if err := p.forgetBytes(ctx, hash); err != nil {
				return fmt.Errorf("remove the original of document %s: %w", id, err)
			}
		}
	}
	return nil
}

// forgetBytes removes an original that no version and no job needs.
func (p *Pipeline) forgetBytes(ctx context.Context, hash string) error {
	return p.pins.unlessPinned(hash, func() error {
		used, err := p.catalogue.OriginalInUse(ctx, hash)
		if err != nil || used {
			return err
		}
		return p.originals.Remove(ctx, hash)
	})
}
