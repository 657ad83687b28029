package embedded

import (
	"slices"
	"sync"

	"policykb/corpus"
	"policykb/retrieval"
)

// Late documents are packed into one segment when they have packPoints together, or
// are packDocuments, or when nothing has been written for a while. To make posting
// lists of many documents at once costs about a third of making them of each and
// merging those; but a search looks into each late document by itself.
const (
	packPoints    = 2048
	packDocuments = 256
)

// late is a document that was added lately. Its points have no lists until they are
// packed, or a search comes first.
type late struct {
	document corpus.DocumentID
	points   []retrieval.Point
	segment  func() *segment // of the points; made when first asked for
}

func newLate(doc corpus.DocumentID, points []retrieval.Point, dimensions int) *late {
	return &late{document: doc, points: points, segment: sync.OnceValue(func() *segment {
		return newSegment(points, dimensions)
	})}
}

// toPack reports whether enough late documents have gathered.
func (s *state) toPack() bool {
	points := 0
	for _, l := range s.late {
		points += len(l.points)
	}
	return points >= packPoints || len(s.late) >= packDocuments
}

// pack returns the state with the late documents in a segment of their own.
func (s *state) pack(dimensions int) *state {
	var packed *segment
	switch len(s.late) {
	case 0:
		return s
	case 1:
		packed = s.late[0].segment()
	default:
		var points []retrieval.Point
		for _, l := range s.late {
			points = append(points, l.points...)
		}
		packed = newSegment(points, dimensions)
	}
	next := newState(append(slices.Clip(s.packed), whole(packed)), nil)
	next.documents = s.documents
	return next
}
