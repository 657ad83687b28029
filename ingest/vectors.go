package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"policykb/corpus"
	"policykb/retrieval"
)

// embedBatch is how many texts are embedded at once: enough to keep a model
// busy, few enough to show progress and to lose little when one batch fails.
const embedBatch = 64

// errEmbedder marks a failure of the embedder.
var errEmbedder = errors.New("embed")

// vectors returns the vector of each passage of a version: those that the
// catalogue has of this model, and for the others new ones, which it then has.
// Without an embedder there are none. progress is told how many are there.
func (p *Pipeline) vectors(ctx context.Context, embedder retrieval.Embedder, v corpus.Version, progress func(done int)) ([][]float32, error) {
	if embedder == nil {
		return nil, nil
	}
	doc := corpus.Document{ID: v.Document, Metadata: v.Metadata}
	vectors := make([][]float32, 0, len(v.Passages))
	for from := 0; from < len(v.Passages); from += embedBatch {
		batch := v.Passages[from:min(from+embedBatch, len(v.Passages))]
		texts := make([]string, len(batch))
		for i, passage := range batch {
			texts[i] = retrieval.EmbeddedText(passage, doc)
		}
		some, err := p.embedTexts(ctx, embedder, texts)
		if err != nil {
			return nil, err
		}
		vectors = append(vectors, some...)
		progress(len(vectors))
	}
	return vectors, nil
}

// embedTexts embeds the texts of which the catalogue has no vector of this model.
func (p *Pipeline) embedTexts(ctx context.Context, embedder retrieval.Embedder, texts []string) ([][]float32, error) {
	hashes := make([]string, len(texts))
	for i, t := range texts {
		sum := sha256.Sum256([]byte(t))
		hashes[i] = hex.EncodeToString(sum[:])
	}
	vectors, err := p.catalogue.Vectors(ctx, embedder.Model(), hashes)
	if err != nil {
		return nil, stored("look up vectors", err)
	}
	var missing []int
	var missingTexts, missingHashes []string
	for i, v := range vectors {
		if len(v) != embedder.Dimensions() {
			missing = append(missing, i)
			missingTexts = append(missingTexts, texts[i])
			missingHashes = append(missingHashes, hashes[i])
		}
	}
	if len(missing) == 0 {
		return vectors, nil
	}
	made, err := embedder.EmbedDocuments(ctx, missingTexts)
	if err != nil {
		return nil, fmt.Errorf("%w %d texts with %s: %w", errEmbedder, len(missing), embedder.Model(), err)
	}
	if len(made) != len(missing) {
		return nil, fmt.Errorf("%w: %s gave %d vectors for %d texts", errEmbedder, embedder.Model(), len(made), len(missing))
	}
	for i, at := range missing {
		if len(made[i]) != embedder.Dimensions() {
			return nil, fmt.Errorf("%w: %s gave a vector of %d dimensions, not %d", errEmbedder, embedder.Model(), len(made[i]), embedder.Dimensions())
		}
		vectors[at] = made[i]
	}
	return vectors, stored("keep vectors", p.catalogue.SetVectors(ctx, embedder.Model(), missingHashes, made))
}
