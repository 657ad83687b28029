package retrieval

import (
	"context"
	"iter"
	"slices"

	"policykb/corpus"
)

// Index finds passages. It is derived from the catalogue and can be rebuilt from
// it at any time; it keeps no text.
//
// Every method is safe for concurrent use. Errors that may pass (the engine is
// down or overloaded) wrap [ErrUnavailable]; all others are final. Work stops
// when the context ends.
//
// Implementations: embedded.Index, qdrant.Index. Each passes indextest.
type Index interface {
	// Replace makes points the only ones of the document. Every Search sees either
	// the old set or the new one, never both, never neither. It returns when the
	// new set can be found. The same call again changes nothing. No points at all
	// mean the same as Remove. Points of another document or version, or with
	// vectors of another length, are refused ([ErrInvalid]) and the old set stays.
	// The index may keep the points: nobody changes them afterwards.
	Replace(ctx context.Context, doc corpus.DocumentID, version int, points []Point) error
	// Remove makes the document unfindable. Removing an unknown document is no error.
	// It returns only when no later Search can return the document's passages.
	Remove(ctx context.Context, doc corpus.DocumentID) error
	// Search returns at most q.Limit hits, best first, ties broken by passage id. A
	// hit's score is above 0. A query without terms and vector, or with a vector of
	// another length, is refused ([ErrInvalid]).
	Search(ctx context.Context, q Query) ([]Hit, error)
	// Holdings yields the version and number of points of every document indexed,
	// for comparing with the catalogue.
	Holdings(ctx context.Context) iter.Seq2[IndexHolding, error]
	// Stats describes the index.
	Stats(ctx context.Context) (Stats, error)
	// Close writes what is pending and frees what is held.
	Close() error
}

// Point is one passage as an index knows it: its terms, its vector and what it
// can be filtered by.
type Point struct {
	Passage  corpus.PassageID
	Document corpus.DocumentID
	Version  int
	Ordinal  int
	// Sparse holds the passage's BM25 term weights without the inverse document
	// frequency, which the engine knows best. Sorted by term, no term twice, each
	// weight above 0 and at most [MaxWeight].
	Sparse []TermWeight
	// Dense has the embedder's length, normalised to 1; nil where there is no
	// embedder, and then its cosine is 0.
	Dense []float32
	// Facts is what filters look at.
	Facts Facts
}

// Facts is what a point can be filtered by.
type Facts struct {
	City, Province, District, Issuer string
	Kind                             corpus.Kind
	Status                           corpus.Status
	Language                         string
	Tags                             []string
	IssuedOn                         corpus.Date
}

// Term is a term's 32-bit hash. Two terms that share a hash are counted as one.
type Term uint32

// TermWeight is one entry of a sparse vector.
type TermWeight struct {
	Term   Term
	Weight float32
}

// Query asks an index for passages. At least one of Sparse and Dense is set.
//
// Scores: the sparse score of a point is the sum over the query's terms of
// query weight × point weight × ln(1 + (N − n + ½)/(n + ½)), N points in the
// index of which n have the term (the IDF of BM25; Robertson and Zaragoza 2009,
// The Probabilistic Relevance Framework). The dense score is the cosine. A hit's
// score is Fusion.Sparse × sparse/(best sparse score of any candidate) +
// Fusion.Dense × max(0, dense).
type Query struct {
	Sparse []TermWeight
	Dense  []float32
	Filter corpus.Filter
	Limit  int
	// PerDocument bounds how many of the hits may be of one document: its best. 0
	// means no bound.
	PerDocument int
	Fusion      Fusion
}

// Spread keeps, of hits in their order, no more of each document than PerDocument
// allows, and no more than Limit. The rest of the list is lost.
func (q *Query) Spread(hits []Hit) []Hit {
	if q.PerDocument > 0 {
		of := make(map[corpus.DocumentID]int)
		hits = slices.DeleteFunc(hits, func(h Hit) bool {
			of[h.Document]++
			return of[h.Document] > q.PerDocument
		})
	}
	return hits[:min(len(hits), q.Limit)]
}

// Fusion weighs the channels of a hybrid search. It is calibrated per embedder;
// the zero Fusion means the sparse channel alone, or the dense one alone where
// the query has no terms.
type Fusion struct {
	Sparse float32 `json:"sparse"`
	Dense  float32 `json:"dense"`
}

// Hit is a passage that an index found.
type Hit struct {
	Passage  corpus.PassageID
	Document corpus.DocumentID
	Version  int
	Score    float64 // fused
	Sparse   float64 // of the sparse channel, unscaled
	Dense    float64 // cosine
}

// IndexHolding is what an index holds of one document.
type IndexHolding struct {
	Document corpus.DocumentID
	Version  int
	Points   int
}

// Stats describes an index.
type Stats struct {
	Engine     string // embedded, qdrant
	Documents  int
	Points     int
	Terms      int // distinct; 0 where the engine does not say
	Dimensions int // of the dense vectors; 0 without
	Bytes      int64
}
