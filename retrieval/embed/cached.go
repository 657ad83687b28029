package embed

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync/atomic"

	"policykb/retrieval"
)

// Cache keeps vectors by model and by the SHA-256 of the text, in hexadecimal.
// corpus.Catalogue is one.
type Cache interface {
	// Vectors returns a vector for each hash, nil where there is none.
	Vectors(ctx context.Context, model string, textHashes []string) ([][]float32, error)
	// SetVectors adds vectors.
	SetVectors(ctx context.Context, model string, textHashes []string, vectors [][]float32) error
}

// batch is how many texts are embedded and then kept at once: enough to keep a
// model busy, few enough that little is lost when a later batch fails.
const batch = 64

// Cached returns an embedder that embeds no document twice, for models that cost
// time or money: what the cache has is taken from there, the rest is embedded in
// batches, each kept as soon as it is made. Questions pass through: models may
// embed them differently, and few are asked twice. Built-in vectors are made
// faster than they are looked up.
func Cached(e retrieval.Embedder, c Cache) retrieval.Embedder {
	return &cached{Embedder: e, cache: c}
}

type cached struct {
	retrieval.Embedder
	cache        Cache
	hits, misses atomic.Int64 // texts
}

// CacheCounts returns how many texts were found in the cache and how many had to
// be embedded.
func (c *cached) CacheCounts() (hits, misses int64) { return c.hits.Load(), c.misses.Load() }

// EmbedDocuments implements langchaingo's embeddings.Embedder.
func (c *cached) EmbedDocuments(ctx context.Context, texts []string) ([][]float32, error) {
	vectors := make([][]float32, len(texts))
	places := make(map[string][]int, len(texts)) // of a text, by its hash
	var hashes []string
	for i, text := range texts {
		sum := sha256.Sum256([]byte(text))
		hash := hex.EncodeToString(sum[:])
		if places[hash] == nil {
			hashes = append(hashes, hash)
		}
		places[hash] = append(places[hash], i)
	}
	known, err := c.cache.Vectors(ctx, c.Model(), hashes)
	if err != nil {
		return nil, fmt.Errorf("look up vectors: %w", err)
	}
	var missing []string
	for i, hash := range hashes {
		if len(known[i]) != c.Dimensions() {
			missing = append(missing, hash)
			continue
		}
		for _, at := range places[hash] {
			vectors[at] = known[i]
		}
	}
	c.hits.Add(int64(len(hashes) - len(missing)))
	c.misses.Add(int64(len(missing)))
	for from := 0; from < len(missing); from += batch {
		part := missing[from:min(from+batch, len(missing))]
		unknown := make([]string, len(part))
		for i, hash := range part {
			unknown[i] = texts[places[hash][0]]
		}
		made, err := c.make(ctx, unknown)
		if err != nil {
			return nil, err
		}
		if err := c.cache.SetVectors(ctx, c.Model(), part, made); err != nil {
			return nil, fmt.Errorf("keep vectors: %w", err)
		}
		for i, hash := range part {
			for _, at := range places[hash] {
				vectors[at] = made[i]
			}
		}
	}
	return vectors, nil
}

// make embeds texts and checks that the model gave what it should.
func (c *cached) make(ctx context.Context, texts []string) ([][]float32, error) {
	made, err := c.Embedder.EmbedDocuments(ctx, texts)
	if err != nil {
		return nil, fmt.Errorf("embed %d texts with %s: %w", len(texts), c.Model(), err)
	}
	if len(made) != len(texts) {
		return nil, fmt.Errorf("%s gave %d vectors for %d texts", c.Model(), len(made), len(texts))
	}
	for _, v := range made {
		if len(v) != c.Dimensions() {
			return nil, fmt.Errorf("%s gave a vector of %d dimensions, not %d", c.Model(), len(v), c.Dimensions())
		}
	}
	return made, nil
}
