package corpus

import "context"

// Repeal is what a text says of an older one: 《浙江省信息化促进条例》同时废止.
type Repeal struct {
	Title  string `json:"title"`      // of the older text, without its brackets
	Number string `json:"doc_number"` // the document number (发文字号) it is named with, or ""
	Span   Span   `json:"span"`       // of the title, where the repeal is said
}

// Repeals keeps which texts repeal which others, whether these are known or not:
// an old text may come in after the one that ended it.
type Repeals interface {
	// Repealed returns what the current version of a document repeals, in the order
	// of the text (Version.Repeals). An unknown document repeals nothing.
	Repealed(ctx context.Context, id DocumentID) ([]Repeal, error)
	// Repealing finds the documents whose current versions repeal a text of this
	// title, ties by id.
	Repealing(ctx context.Context, title string) ([]Document, error)
}
