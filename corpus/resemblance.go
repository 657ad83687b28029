package corpus

import "context"

// Resemblance is another document with nearly the same text: a reprint, a copy
// with another head.
type Resemblance struct {
	Document DocumentID `json:"document_id"`
	Likeness float64    `json:"likeness"` // the share of both texts that they have in common, 0 to 1
}

// Resemblances keeps which documents have nearly the same text. Version.Bands are
// what finds them: texts that are much alike have some in common.
type Resemblances interface {
	// Sharing finds the other documents whose current versions have bands in common
	// with that of the document, those with most first, ties by id, at most limit. A
	// document without bands, or an unknown one, shares none.
	Sharing(ctx context.Context, id DocumentID, limit int) ([]DocumentID, error)
	// Resemble replaces what Document.Resembles says of a document, and with it what
	// the others say of this one. Unknown others are left out; an unknown document
	// gives [ErrNotFound]. A new text of a document resembles none until it is said.
	Resemble(ctx context.Context, id DocumentID, others []Resemblance) error
	// SetBands gives the current version of a document bands, which one that was
	// stored before there were any lacks.
	SetBands(ctx context.Context, id DocumentID, bands []uint64) error
}
