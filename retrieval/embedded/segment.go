package embedded

import (
	"cmp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"policykb/corpus"
	"policykb/retrieval"
)

// maxSegment is the most points a segment can have: their numbers are 16 bits.
const maxSegment = 1 << 16

// segment is a part of the index that never changes. Its points are numbered
// from 0, those of one document next to each other.
type segment struct {
	points int

	// Posting lists. The list of terms[i] is numbers[starts[i]:starts[i+1]], in
	// rising order, with the weights beside. A term that stands in more than a
	// third of the points has no list but a row of full: a weight for every point,
	// 0 where it is absent; the row's number is its place in fullTerms.
	terms   []retrieval.Term
	starts  []uint32
	numbers []uint16
	weights []uint8

	fullTerms  []retrieval.Term
	fullCounts []uint32 // points that have the term
	full       []uint8  // len(fullTerms) × points

	vectors vectors

	passages  texts    // ids, by point
	documents texts    // ids
	versions  []uint32 // by document
	firsts    []uint32 // the first point of each document
	ordered   []uint16 // documents in the order of their ids
	facets    [facetCount]facet

	// jump[h] is where the terms whose high bits are h begin; made, not stored.
	jump  []uint32
	shift uint
}

// The facts by whose values points are listed.
const (
	facetCity = iota
	facetProvince
	facetDistrict
	facetIssuer
	facetKind
	facetStatus
	facetLanguage
	facetTag
	facetIssued // corpus.Date.Ordinal in decimal
	facetCount
)

// facet lists the points that have each value of a fact: those of values i are
// numbers[starts[i]:starts[i+1]]. Values are sorted.
type facet struct {
	values  texts
	starts  []uint32
	numbers []uint16
}

// of returns the points that have the value.
func (f *facet) of(value string) []uint16 {
	i, ok := sort.Find(f.values.len(), func(i int) int { return cmp.Compare(value, string(f.values.raw(i))) })
	if !ok {
		return nil
	}
	return f.numbers[f.starts[i]:f.starts[i+1]]
}

// postings is one term's list in one segment: numbers with weights, or a row.
type postings struct {
	numbers []uint16
	weights []uint8
	full    bool // numbers is empty, and weights has one entry for each point
	count   int
}

// newSegment makes a segment of points, those of one document next to each other.
func newSegment(points []retrieval.Point, dimensions int) *segment {
	s := &segment{points: len(points)}
	total := 0
	for i := range points {
		total += len(points[i].Sparse)
	}
	lists := newLists(total)
	for i := range points {
		for _, w := range points[i].Sparse {
			lists.add(w.Term, i)
		}
	}
	b := listBuilder{segment: s}
	b.grow(total, total)
	met := make([]int, len(points)) // terms of each point
	for of := range lists.byTerm() {
		for _, l := range of {
			point := l.from()
			b.add(uint16(point), packWeight(points[point].Sparse[met[point]].Weight))
			met[point]++
		}
		b.end(of[0].term())
	}
	b.close()

	s.vectors = newVectors(dimensions, len(points))
	facets := newFacetBuilder()
	for i := range points {
		p := &points[i]
		s.passages.add(string(p.Passage))
		s.vectors.set(i, p.Dense)
		facets.add(i, &p.Facts)
		if i == 0 || p.Document != points[i-1].Document {
			s.documents.add(string(p.Document))
			s.versions = append(s.versions, uint32(p.Version))
			s.firsts = append(s.firsts, uint32(i))
		}
	}
	facets.into(s)
	s.finish()
	return s
}

// listBuilder appends posting lists to a segment, term by term.
type listBuilder struct {
	*segment
	begun int // where the current term's list begins
}

func (b *listBuilder) grow(terms, postings int) {
	b.terms = make([]retrieval.Term, 0, terms)
	b.starts = make([]uint32, 0, terms+1)
	b.numbers = make([]uint16, 0, postings)
	b.weights = make([]uint8, 0, postings)
}

func (b *listBuilder) add(number uint16, weight uint8) {
	b.numbers = append(b.numbers, number)
	b.weights = append(b.weights, weight)
}

// end closes the list of the term, whose postings were added since the last end.
func (b *listBuilder) end(term retrieval.Term) {
	b.terms = append(b.terms, term)
	b.starts = append(b.starts, uint32(b.begun))
	count := len(b.numbers) - b.begun
	// In small segments rows would save nothing.
	if b.points >= 64 && 3*count > b.points {
		row := len(b.full)
		b.full = append(b.full, make([]uint8, b.points)...)
		for i := b.begun; i < len(b.numbers); i++ {
			b.full[row+int(b.numbers[i])] = b.weights[i]
		}
		b.fullTerms = append(b.fullTerms, term)
		b.fullCounts = append(b.fullCounts, uint32(count))
		b.numbers, b.weights = b.numbers[:b.begun], b.weights[:b.begun]
	}
	b.begun = len(b.numbers)
}

// close ends the last list, and gives back memory that was reserved and not needed.
func (b *listBuilder) close() {
	b.starts = append(b.starts, uint32(len(b.numbers)))
	b.terms, b.starts = trim(b.terms), trim(b.starts)
	b.numbers, b.weights, b.full = trim(b.numbers), trim(b.weights), trim(b.full)
}

// facetBuilder gathers the points of each value.
type facetBuilder [facetCount]map[string][]uint16

func newFacetBuilder() *facetBuilder {
	b := new(facetBuilder)
	for i := range b {
		b[i] = make(map[string][]uint16)
	}
	return b
}

func (b *facetBuilder) add(point int, f *retrieval.Facts) {
	n := uint16(point)
	for i, value := range [...]string{
		facetCity: f.City, facetProvince: f.Province, facetDistrict: f.District, facetIssuer: f.Issuer,
		facetKind: string(f.Kind), facetStatus: string(f.Status), facetLanguage: f.Language,
	} {
		b[i][value] = append(b[i][value], n)
	}
	day := strconv.Itoa(f.IssuedOn.Ordinal())
	b[facetIssued][day] = append(b[facetIssued][day], n)
	for i, tag := range f.Tags {
		if !slices.Contains(f.Tags[:i], tag) {
			b[facetTag][tag] = append(b[facetTag][tag], n)
		}
	}
}

// into writes the lists to a segment. Each list's numbers must have come in order.
func (b *facetBuilder) into(s *segment) {
	for i, lists := range b {
		f := &s.facets[i]
		values := make([]string, 0, len(lists))
		total := 0
		for value, list := range lists {
			values = append(values, value)
			total += len(list)
		}
		slices.Sort(values)
		f.starts = make([]uint32, 0, len(values)+1)
		f.numbers = make([]uint16, 0, total)
		for _, value := range values {
			f.values.add(value)
			f.starts = append(f.starts, uint32(len(f.numbers)))
			f.numbers = append(f.numbers, lists[value]...)
		}
		f.starts = append(f.starts, uint32(len(f.numbers)))
	}
}

// finish makes what is derived from the stored parts.
func (s *segment) finish() {
	if len(s.ordered) == 0 {
		s.ordered = make([]uint16, s.documents.len())
		for i := range s.ordered {
			s.ordered[i] = uint16(i)
		}
		slices.SortFunc(s.ordered, func(a, b uint16) int {
			return strings.Compare(string(s.documents.raw(int(a))), string(s.documents.raw(int(b))))
		})
	}
	// About eight terms to a jump: hashes are even, so a look-up is two steps.
	high := uint(1)
	for high < 24 && len(s.terms)>>high > 8 {
		high++
	}
	s.shift = 32 - high
	s.jump = make([]uint32, 1<<high+1)
	at := 0
	for h := range s.jump {
		for at < len(s.terms) && int(s.terms[at]>>s.shift) < h {
			at++
		}
		s.jump[h] = uint32(at)
	}
}

// lookUp returns the term's postings; count is 0 where there are none.
func (s *segment) lookUp(t retrieval.Term) postings {
	h := t >> s.shift
	from, to := s.jump[h], s.jump[h+1]
	for from < to && s.terms[from] < t {
		from++
	}
	if from == to || s.terms[from] != t {
		return postings{}
	}
	return s.postingsAt(int(from))
}

// postingsAt returns the postings of the i-th term.
func (s *segment) postingsAt(i int) postings {
	from, to := s.starts[i], s.starts[i+1]
	if from < to {
		return postings{numbers: s.numbers[from:to], weights: s.weights[from:to], count: int(to - from)}
	}
	row, _ := slices.BinarySearch(s.fullTerms, s.terms[i])
	return postings{
		weights: s.full[row*s.points : (row+1)*s.points],
		full:    true,
		count:   int(s.fullCounts[row]),
	}
}

// document finds a document by its id.
func (s *segment) document(id string) (i int, ok bool) {
	at, ok := sort.Find(len(s.ordered), func(i int) int {
		return cmp.Compare(id, string(s.documents.raw(int(s.ordered[i]))))
	})
	if !ok {
		return 0, false
	}
	return int(s.ordered[at]), true
}

// pointsOf returns the points of the i-th document.
func (s *segment) pointsOf(i int) (from, to int) {
	if i+1 < len(s.firsts) {
		return int(s.firsts[i]), int(s.firsts[i+1])
	}
	return int(s.firsts[i]), s.points
}

// documentOf returns the document that a point belongs to.
func (s *segment) documentOf(point int) int {
	return sort.Search(len(s.firsts), func(i int) bool { return int(s.firsts[i]) > point }) - 1
}

// hit describes a point without its scores.
func (s *segment) hit(point int) retrieval.Hit {
	d := s.documentOf(point)
	return retrieval.Hit{
		Passage:  corpus.PassageID(s.passages.at(point)),
		Document: corpus.DocumentID(s.documents.at(d)),
		Version:  int(s.versions[d]),
	}
}

// bytes is the memory that the segment holds.
func (s *segment) bytes() int64 {
	n := 4*(cap(s.terms)+cap(s.starts)+cap(s.fullTerms)+cap(s.fullCounts)+cap(s.versions)+cap(s.firsts)+cap(s.jump)) +
		2*(cap(s.numbers)+cap(s.ordered)) + cap(s.weights) + cap(s.full)
	total := int64(n) + s.vectors.bytes() + s.passages.bytes() + s.documents.bytes()
	for i := range s.facets {
		f := &s.facets[i]
		total += f.values.bytes() + int64(4*cap(f.starts)+2*cap(f.numbers))
	}
	return total
}
