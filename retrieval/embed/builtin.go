// Package embed makes vectors of texts: [Builtin] with no model at all,
// [Cached] never twice for the same text.
package embed

import (
	"context"
	"fmt"
	"math"

	"policykb/retrieval"
)

// Dimensions is the length of the built-in embedder's vectors.
const Dimensions = 256

// builtinVersion is raised whenever the same text would get another vector.
const builtinVersion = 1

// Builtin returns the embedder that needs nothing: no model file, no network. It
// knows words by their spelling alone: each term of a text ([retrieval.Terms])
// has a direction of its own, a few of the dimensions with a sign each, drawn by
// its hash (random projection: Achlioptas 2003, Database-friendly random
// projections), and the text's vector is the sum over its terms, those that
// stand there often dampened (1 + ln n), at length 1. Two texts are near each
// other as they share terms. The same text has the same vector on every
// machine, to the last digit or two of the arithmetic.
func Builtin() retrieval.Embedder {
	return &static{
		model:      fmt.Sprintf("builtin:%d.%d", builtinVersion, retrieval.TermVersion),
		dimensions: Dimensions,
		directions: projection{},
	}
}

// directions gives each term its direction. A table of trained word vectors is
// another implementation.
type directions interface {
	// add adds the term's direction, times weight, to a vector.
	add(vector []float32, term retrieval.Term, weight float32)
}

// static is an embedder whose vectors are sums over terms.
type static struct {
	model      string
	dimensions int
	directions directions
}

// Model implements [retrieval.Embedder].
func (s *static) Model() string { return s.model }

// Dimensions implements [retrieval.Embedder].
func (s *static) Dimensions() int { return s.dimensions }

// EmbedDocuments implements langchaingo's embeddings.Embedder.
func (s *static) EmbedDocuments(ctx context.Context, texts []string) ([][]float32, error) {
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		vectors[i] = s.embed(text)
	}
	return vectors, nil
}

// EmbedQuery implements langchaingo's embeddings.Embedder.
func (s *static) EmbedQuery(ctx context.Context, text string) ([]float32, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return s.embed(text), nil
}

// embed returns a text's vector; a text without terms has the zero vector.
func (s *static) embed(text string) []float32 {
	vector := make([]float32, s.dimensions)
	for _, t := range retrieval.QueryTerms(text) {
		s.directions.add(vector, t.Term, dampened(int(t.Weight)))
	}
	normalise(vector)
	return vector
}

// dampened is what n occurrences of a term weigh.
func dampened(n int) float32 {
	if n == 1 {
		return 1
	}
	return float32(1 + math.Log(float64(n)))
}

func normalise(vector []float32) {
	squares := 0.0
	for _, x := range vector {
		squares += float64(x) * float64(x)
	}
	if squares == 0 {
		return
	}
	scale := 1 / math.Sqrt(squares)
	for i, x := range vector {
		vector[i] = float32(float64(x) * scale)
	}
}

// projection draws directions: eight of the dimensions, each +1 or -1.
type projection struct{}

func (projection) add(vector []float32, term retrieval.Term, weight float32) {
	for draw := range uint64(2) {
		// Two words of SplitMix64 (Steele, Lea and Flood 2014), 16 bits a dimension.
		z := uint64(term)<<1 | draw
		z *= 0x9E3779B97F4A7C15
		z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
		z = (z ^ z>>27) * 0x94D049BB133111EB
		z ^= z >> 31
		for range 4 {
			signed := weight
			if z&0x8000 != 0 {
				signed = -weight
			}
			vector[int(z&0x7FFF)*len(vector)>>15] += signed
			z >>= 16
		}
	}
}
