package retrieval

import (
	"cmp"
	"slices"
	"sync"
	"unsafe"

	"policykb/corpus"
)

// Weights of terms in passages: BM25F (Robertson, Zaragoza and Taylor 2004,
// Simple BM25 Extension to Multiple Weighted Fields). A term counts once for each
// time it stands in a field, times the field's boost; the body's count is also
// divided by how long the body is. The sum f then saturates:
//
//	weight = f·(k1+1) / (f+k1)
//
// The inverse document frequency is left to the index, which knows it.
const (
	saturation = 0.9 // k1
	lengthNorm = 0.4 // b
	// averageTerms is the number of terms a body is compared with: about 350
	// Chinese characters. It is a constant, not the corpus's average, so that a
	// passage's weights never change because others came in, and every index has
	// the same ones.
	averageTerms = 600
	// MaxWeight is what the weight of a term in a passage comes near to and never exceeds.
	MaxWeight = saturation + 1
)

// fieldBoosts says how much one occurrence of a term counts in each field of a
// passage, against one in a body of average length.
type fieldBoosts struct {
	Body    float32
	Heading float32 // the heading path
	Title   float32 // of the document
	Place   float32 // the document's city, district and province
	Header  float32 // a table's caption and header row
}

var boosts = fieldBoosts{Body: 1, Heading: 1, Title: 1, Place: 1, Header: 1}

// NewPoint returns what an index needs to know of a passage of document d: its
// weighted terms, its vector (nil where there is no embedder) and its facts.
// Vectors are embeddings of the passage's text as [EmbeddedText] gives it.
func NewPoint(p corpus.Passage, d corpus.Document, dense []float32) Point {
	m := d.Metadata
	return Point{
		Passage:  p.ID,
		Document: d.ID,
		Version:  p.Version,
		Ordinal:  p.Ordinal,
		Sparse:   passageTerms(p, m),
		Dense:    dense,
		Facts: Facts{
			City:     m.City,
			Province: provinceOf(m.City),
			District: m.District,
			Issuer:   m.Issuer,
			Kind:     m.Kind,
			Status:   m.Status,
			Language: m.Language,
			Tags:     m.Tags,
			IssuedOn: m.IssuedOn,
		},
	}
}

// passageTerms weighs the terms of a passage and of what stands over it.
func passageTerms(p corpus.Passage, m corpus.Metadata) []TermWeight {
	b := termBuffers.Get().(*termBuffer)
	defer termBuffers.Put(b)
	b.terms = b.terms[:0]

	b.add(p.Text, boosts.Body)
	length := float32(len(b.terms)) / averageTerms
	norm := 1 / (1 - lengthNorm + lengthNorm*length)
	for i := range b.terms {
		b.terms[i].Weight *= norm
	}
	for _, heading := range p.HeadingPath {
		b.add(heading, boosts.Heading)
	}
	b.add(p.Header, boosts.Header)
	b.add(m.Title, boosts.Title)
	b.add(m.City, boosts.Place)
	b.add(m.District, boosts.Place)
	if province := provinceOf(m.City); province != m.City {
		b.add(province, boosts.Place)
	}

	b.sort()
	counted := sumByTerm(b.terms)
	weighed := make([]TermWeight, len(counted))
	for i, c := range counted {
		weighed[i] = TermWeight{c.Term, MaxWeight / (1 + saturation/c.Weight)} // never above, however it rounds
	}
	return weighed
}

// termBuffer holds the terms of one passage while they are counted.
type termBuffer struct {
	terms, spare []TermWeight
	folded       []byte
}

var termBuffers = sync.Pool{New: func() any { return new(termBuffer) }}

// add appends the terms of a field.
func (b *termBuffer) add(text string, boost float32) {
	if text == "" || boost == 0 {
		return
	}
	b.folded = corpus.AppendFold(b.folded[:0], text)
	folded := unsafe.String(unsafe.SliceData(b.folded), len(b.folded)) // read before the buffer changes
	scanTerms(folded, func(t Term, _, _ int) bool {
		b.terms = append(b.terms, TermWeight{t, boost})
		return true
	})
}

// sort orders the terms, keeping the order of equal ones. They are dealt into buckets
// by their highest bits, of which hashes have all values alike: about one to each, so
// that hardly any is left to move.
func (b *termBuffer) sort() {
	const buckets, shift = 1 << 10, 32 - 10
	if cap(b.spare) < len(b.terms) {
		b.spare = make([]TermWeight, cap(b.terms))
	}
	sorted := b.spare[:len(b.terms)]
	var ends [buckets]int32
	for _, w := range b.terms {
		ends[w.Term>>shift]++
	}
	sum := int32(0)
	for i, n := range ends {
		ends[i] = sum
		sum += n
	}
	for _, w := range b.terms {
		end := &ends[w.Term>>shift]
		sorted[*end] = w
		*end++
	}
	from := int32(0)
	for _, to := range ends {
		if to-from > 64 { // one term again and again, or a text made to take long
			slices.SortStableFunc(sorted[from:to], func(a, b TermWeight) int { return cmp.Compare(a.Term, b.Term) })
		}
		from = to
	}
	for i := 1; i < len(sorted); i++ {
		w, to := sorted[i], i
		for to > 0 && sorted[to-1].Term > w.Term {
			sorted[to] = sorted[to-1]
			to--
		}
		if to < i {
			sorted[to] = w
		}
	}
	b.terms, b.spare = sorted, b.terms
}

// provinceOf returns the province that a city lies in, a province itself, and ""
// for places the gazetteer does not know.
func provinceOf(city string) string {
	if place, ok := corpus.Places().Lookup(city); ok {
		return place.Province
	}
	return ""
}

// EmbeddedText is the text of a passage that embedders see: what stands over it
// and then its words.
func EmbeddedText(p corpus.Passage, d corpus.Document) string {
	text := d.Metadata.Title
	for _, heading := range p.HeadingPath {
		text += "\n" + heading
	}
	if p.Header != "" {
		text += "\n" + p.Header
	}
	return text + "\n" + p.Text
}
