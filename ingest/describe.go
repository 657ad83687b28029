package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"policykb/corpus"
)

// Describe corrects the metadata of a document's current version, in the
// catalogue and in what the index filters by and weighs.
func (p *Pipeline) Describe(ctx context.Context, id corpus.DocumentID, m corpus.Metadata, origins map[string]corpus.Origin) (corpus.Document, error) {
	unlock, err := p.documentLocks.lock(ctx, string(id))
	if err != nil {
		return corpus.Document{}, err
	}
	defer unlock()
	if err := p.undescribed.change(ctx, id, true); err != nil {
		return corpus.Document{}, fmt.Errorf("describe document %s: %w", id, err)
	}
	doc, err := p.catalogue.Describe(ctx, id, m, origins)
	if err == nil {
		err = p.reindex(ctx, p.index, p.embedder, id)
	}
	if err == nil || errors.Is(err, corpus.ErrNotFound) {
		err = errors.Join(err, p.undescribed.change(ctx, id, false))
	}
	if err != nil {
		return corpus.Document{}, fmt.Errorf("describe document %s: %w", id, err)
	}
	return doc, nil
}

// undescribedSetting keeps, in the catalogue, the documents whose description is
// being changed and may not be in the index yet. An index does not say what it
// holds besides versions, so a comparison would not find them after a crash.
const undescribedSetting = "ingest.undescribed"

// undescribed is the list in the setting.
type undescribed struct {
	catalogue corpus.Catalogue
	mu        sync.Mutex
}

// ids returns the documents on the list.
func (u *undescribed) ids(ctx context.Context) ([]corpus.DocumentID, error) {
	value, err := u.catalogue.Setting(ctx, undescribedSetting)
	var ids []corpus.DocumentID
	for _, id := range strings.Fields(value) {
		ids = append(ids, corpus.DocumentID(id))
	}
	return ids, err
}

// change puts a document on the list or takes it off.
func (u *undescribed) change(ctx context.Context, id corpus.DocumentID, on bool) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	ids, err := u.ids(ctx)
	if err != nil || slices.Contains(ids, id) == on {
		return err
	}
	if on {
		ids = append(ids, id)
	} else {
		ids = slices.DeleteFunc(ids, func(other corpus.DocumentID) bool { return other == id })
	}
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = string(id)
	}
	return u.catalogue.SetSetting(ctx, undescribedSetting, strings.Join(names, " "))
}
