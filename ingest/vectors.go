package ingest

import (
	"context"
	"errors"
	"fmt"

	"policykb/corpus"
	"policykb/retrieval"
)

// embedBatch is how many passages are embedded between two reports of progress.
const embedBatch = 64

// errEmbedder marks a failure of the embedder.
var errEmbedder = errors.New("embed")

// vectors returns the vector of each passage of a version; none without an
// embedder. progress is told how many are there.
func vectors(ctx context.Context, embedder retrieval.Embedder, v corpus.Version, progress func(done int)) ([][]float32, error) {
	if embedder == nil {
		return nil, nil
	}
	doc := corpus.Document{ID: v.Document, Metadata: v.Metadata}
	all := make([][]float32, 0, len(v.Passages))
	for from := 0; from < len(v.Passages); from += embedBatch {
		batch := v.Passages[from:min(from+embedBatch, len(v.Passages))]
		texts := make([]string, len(batch))
		for i, passage := range batch {
			texts[i] = retrieval.EmbeddedText(passage, doc)
		}
		made, err := embedder.EmbedDocuments(ctx, texts)
		if err != nil {
			return nil, fmt.Errorf("%w with %s: %w", errEmbedder, embedder.Model(), err)
		}
		if len(made) != len(texts) {
			return nil, fmt.Errorf("%w: %s gave %d vectors for %d texts: %w", errEmbedder, embedder.Model(), len(made), len(texts), retrieval.ErrInvalid)
		}
		for _, vector := range made {
			if len(vector) != embedder.Dimensions() {
				return nil, fmt.Errorf("%w: %s gave a vector of %d dimensions, not %d: %w", errEmbedder, embedder.Model(), len(vector), embedder.Dimensions(), retrieval.ErrInvalid)
			}
		}
		all = append(all, made...)
		progress(len(all))
	}
	return all, nil
}
