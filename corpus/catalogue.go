package corpus

import (
	"context"
	"errors"
	"io"
	"iter"
)

// Errors that callers tell apart. Everything else is a fault of the store.
var (
	ErrNotFound = errors.New("not found")
	ErrConflict = errors.New("conflict")
	ErrInvalid  = errors.New("invalid")
)

// Catalogue keeps documents, their versions and the jobs that make them. It is
// the truth; indexes are derived from it. Every method is safe for concurrent
// use and does all of its work or none of it. What a method acknowledged
// survives the death of the process. Unknown ids give [ErrNotFound]. What it
// returns may share slices and maps with what it returned to others: callers copy
// before they change them.
//
// Implementations: sqlite.Catalogue. Each passes cataloguetest.
type Catalogue interface {
	// Store adds a version with its passages and makes it the document's current
	// one, in one transaction; it numbers the version and returns the document. A
	// document not yet known is made. The catalogue gives the passages their
	// ordinals, in the order they come in, and their ids (see [NewPassageID]).
	// Version numbers of a document are never used twice, not even after Remove.
	// A version whose text and metadata equal the current one's changes nothing
	// and gives changed == false. One that [Version.Check] refuses gives [ErrInvalid].
	Store(ctx context.Context, v Version) (doc Document, changed bool, err error)
	// Remove deletes the document with all its versions and passages. When it has
	// returned, no method returns any of them. Its queued jobs are cancelled, its
	// running one is asked to stop. Removing an unknown document gives [ErrNotFound].
	Remove(ctx context.Context, id DocumentID) error
	// Describe replaces the metadata of the current version, and says in origins
	// where each value came from.
	Describe(ctx context.Context, id DocumentID, m Metadata, origins map[string]Origin) (Document, error)
	// Supersede notes that successor took the place of the document, for
	// Document.Superseded and, the other way round, Document.Supersedes; successor
	// "" takes the note back, as does removing the successor. A chain that would
	// come back to its start gives [ErrConflict].
	Supersede(ctx context.Context, id, successor DocumentID) error

	// Document returns the document as its current version describes it.
	Document(ctx context.Context, id DocumentID) (Document, error)
	// Documents lists documents, those added last first, ties broken by id.
	// Documents added while pages are turned move no other to another page.
	Documents(ctx context.Context, l Listing) (Page, error)
	// ByOriginal finds the documents whose current version was read from these bytes.
	ByOriginal(ctx context.Context, hash string) ([]Document, error)
	// Alike finds the documents whose current version has this title or, where it is
	// not "", this source address: those that a new text may be a version of.
	Alike(ctx context.Context, title, sourceURL string) ([]Document, error)
	// OriginalInUse reports whether any version, current or not, or any job that
	// may still run or be retried, was read from these bytes.
	OriginalInUse(ctx context.Context, hash string) (bool, error)
	// Version returns one version whole; number 0 means the current one.
	Version(ctx context.Context, id DocumentID, number int) (Version, error)
	// Versions lists a document's versions, oldest first, without text, outline
	// and passages.
	Versions(ctx context.Context, id DocumentID) ([]Version, error)
	// Text returns the canonical text of a version; number 0 means the current one.
	Text(ctx context.Context, id DocumentID, number int) (string, error)
	// Outline returns the sections of a version and the canonical text they stand in;
	// number 0 means the current one.
	Outline(ctx context.Context, id DocumentID, number int) (outline []Section, text string, err error)
	// Passages returns the passages that are part of a current version, with their
	// documents, in the order of ids. Ids that are unknown, superseded or of a
	// removed document are left out: this is where an index that lags behind the
	// catalogue is kept from speaking for it.
	Passages(ctx context.Context, ids []PassageID) ([]Found, error)
	// Neighbours returns the passages of a current version whose ordinals lie in
	// [from, to], in order; ordinals that do not exist are left out.
	Neighbours(ctx context.Context, id DocumentID, from, to int) ([]Passage, error)
	// Current yields every current version with its passages but without its text
	// and outline, in the order of document ids. It is what an index is built from.
	// Each version is whole; one that changes meanwhile comes in its old or its new
	// state. Other methods may be called while it runs. It ends after an error.
	Current(ctx context.Context) iter.Seq2[Version, error]
	// Holdings returns the current version of every document.
	Holdings(ctx context.Context) (map[DocumentID]Holding, error)
	// Facets counts documents by the values that can be filtered on.
	Facets(ctx context.Context) (Facets, error)

	Resemblances
	Repeals
	Jobs

	// Setting and SetSetting keep small values beside the data: schema versions,
	// calibrations. A setting never set is "".
	Setting(ctx context.Context, name string) (string, error)
	SetSetting(ctx context.Context, name, value string) error
	// Vectors returns the cached embeddings of texts by one model, in the order of
	// the hashes, nil where there is none.
	Vectors(ctx context.Context, model string, textHashes []string) ([][]float32, error)
	// SetVectors adds to the cache of embeddings; a text known already gets the new vector.
	SetVectors(ctx context.Context, model string, textHashes []string, vectors [][]float32) error

	// Ping reports whether the catalogue answers.
	Ping(ctx context.Context) error
	io.Closer
}

// Found is a passage together with the document it stands in.
type Found struct {
	Passage  Passage
	Document Document
}

// Holding is what the catalogue holds of one document, for comparing with an index.
type Holding struct {
	Version  int
	Passages int
}

// Listing asks for one page of documents. A limit out of range or a cursor that
// is none gives [ErrInvalid].
type Listing struct {
	Filter Filter
	Match  string // words, each of which must stand in title, issuer or document number, folded
	Limit  int    // 1 to 500; 0 means 50
	Cursor string // Page.Next of the page before
	// Uncounted leaves Page.Total 0: to count takes a look at every document.
	Uncounted bool
}

// Page is one page of a listing.
type Page struct {
	Documents []Document
	Next      string // "" on the last page
	Total     int    // documents in all pages; 0 for a listing that is not counted
}

// Count is one value of a facet and the number of documents that have it.
type Count struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

// Facets counts documents by value, most frequent first, ties by value. Documents
// without a value are not counted.
type Facets struct {
	City   []Count `json:"city"`
	Issuer []Count `json:"issuer"`
	Kind   []Count `json:"kind"`
	Status []Count `json:"status"`
	Year   []Count `json:"year"` // of issue
}

// Originals keeps the bytes that documents were read from, named by their
// SHA-256. A name that is no SHA-256 in lower-case hex gives [ErrInvalid].
// Every method is safe for concurrent use. Implementations: [Folder].
type Originals interface {
	// Put stores what r yields and returns its hash and size. It returns only when
	// the bytes are safe on disk. The same bytes are stored once.
	Put(ctx context.Context, r io.Reader) (hash string, size int64, err error)
	// Open returns the bytes; an unknown hash gives [ErrNotFound].
	Open(ctx context.Context, hash string) (io.ReadSeekCloser, error)
	// Remove forgets the bytes. Removing an unknown hash is no error.
	Remove(ctx context.Context, hash string) error
}
