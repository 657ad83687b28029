package ingest

import (
	"errors"
	"fmt"
	"io"

	"policykb/corpus"
)

// Source is one thing to add: bytes, and what the sender knows about them.
type Source struct {
	Name      string // as the sender calls it; tells people which source is meant, never used as a path
	MediaType string // as the sender claims; formats are recognised by content
	// Data is read once, to its end. Where it is an io.Closer it is closed afterwards.
	Data io.Reader
	// Given is what the sender says of the document. It wins over what is read in the text.
	Given corpus.Metadata
	// Document asks for a new version of this document; "" lets the pipeline find
	// out whether the document is known.
	Document corpus.DocumentID
	// Scope is that of the documents which the sender may change: a text of a document
	// outside becomes a document of its own.
	Scope corpus.Scope
	// Warnings are passed on to the job: what had to be overlooked in describing the source.
	Warnings []string
}

// close frees what the source holds.
func (s Source) close() {
	if c, ok := s.Data.(io.Closer); ok {
		c.Close() // read to its end; nothing was written
	}
}

// ErrTooLarge marks a source of more than [Config.MaxBytes].
var ErrTooLarge = errors.New("too large")

// bounded reads at most limit bytes and fails with [ErrTooLarge] where there are more.
type bounded struct {
	r     io.Reader
	left  int64
	limit int64
}

func newBounded(r io.Reader, limit int64) *bounded { return &bounded{r: r, left: limit, limit: limit} }

// Read implements io.Reader. One byte more than allowed is asked for, to tell a
// source that just fits from one that does not.
func (b *bounded) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.r.Read(p)
	if int64(n) > b.left {
		return int(b.left), fmt.Errorf("%w: more than %s", ErrTooLarge, bytesForPeople(b.limit))
	}
	b.left -= int64(n)
	return n, err
}

// bytesForPeople writes a number of bytes in the largest unit that leaves it whole or nearly so.
func bytesForPeople(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.3g GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.3g MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.3g KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d bytes", n)
}
