package embedded

import (
	"iter"
	"slices"
	"sync"

	"policykb/retrieval"
)

// list says that one of several sources, each a view or a point, has a term: the
// term in the high half, the source in the low one. So lists in rising order are
// those of one term together, in the order of their sources.
type list uint64

func listOf(term retrieval.Term, from int) list { return list(term)<<32 | list(from) }

func (l list) term() retrieval.Term { return retrieval.Term(l >> 32) }
func (l list) from() int            { return int(uint32(l)) }

// lists gathers the lists of several sources, to be met by term. It lives in
// memory that is used again and again, since every document passes through it.
type lists struct {
	all, dealt []list
	ends       []uint32
}

var usedLists = sync.Pool{New: func() any { return new(lists) }}

// maxUsedLists is how many lists memory that is used again has room for, at most:
// some 1 MB, twice. A document takes less; what a large merge took would else be kept
// by the documents after it.
const maxUsedLists = 1 << 17

// newLists makes room for n lists.
func newLists(n int) *lists {
	l := usedLists.Get().(*lists)
	l.all = slices.Grow(l.all[:0], n)
	return l
}

// add takes in a list.
func (l *lists) add(term retrieval.Term, from int) {
	l.all = append(l.all, listOf(term, from))
}

// byTerm yields the lists of each term, terms rising, those of one term in the
// order of their sources. So the lists of a source come in the order of its own
// terms. They are dealt into buckets by the high bits of the term, a few to each
// since hashes are even, and a bucket is sorted as it is met: two passes over the
// lists, however many sources there are.
//
// It is called once; what it yields is valid until the next step.
func (l *lists) byTerm() iter.Seq[[]list] {
	return func(yield func([]list) bool) {
		defer l.putBack()
		high := 0
		for high < 20 && len(l.all)>>high > inBucket {
			high++
		}
		shift := 64 - high
		l.ends = slices.Grow(l.ends[:0], 1<<high)[:1<<high]
		clear(l.ends)
		for _, one := range l.all {
			l.ends[one>>shift]++
		}
		sum := uint32(0)
		for i, n := range l.ends {
			l.ends[i] = sum
			sum += n
		}
		l.dealt = slices.Grow(l.dealt[:0], len(l.all))[:len(l.all)]
		for _, one := range l.all {
			end := &l.ends[one>>shift]
			l.dealt[*end] = one
			*end++
		}
		from := uint32(0)
		for _, to := range l.ends {
			bucket := l.dealt[from:to]
			from = to
			sortBucket(bucket)
			for len(bucket) > 0 {
				n := 1
				for n < len(bucket) && bucket[n].term() == bucket[0].term() {
					n++
				}
				if !yield(bucket[:n]) {
					return
				}
				bucket = bucket[n:]
			}
		}
	}
}

// inBucket is about how many lists a bucket gets.
const inBucket = 8

// putBack keeps the memory for the next, unless it is large.
func (l *lists) putBack() {
	if max(cap(l.all), cap(l.dealt)) <= maxUsedLists {
		usedLists.Put(l)
	}
}

// distinctTerms counts the terms of the views, those that several have once. It goes
// through them range by range, so that it takes little memory however many there are:
// whoever watches the server has them counted after every change.
func distinctTerms(views []view) (n int) {
	const terms = 1 << 20 // of a range
	seen := make(bits, wordsFor(terms))
	from, to := make([]int, len(views)), make([]int, len(views))
	for r := range retrieval.Term(1 << 32 / terms) {
		for i, v := range views {
			k := from[i]
			for ; k < len(v.terms) && v.terms[k]/terms == r; k++ {
				if term := int(v.terms[k] % terms); !seen.has(term) {
					seen.set(term)
					n++
				}
			}
			to[i] = k
		}
		for i, v := range views {
			for _, term := range v.terms[from[i]:to[i]] {
				seen[term%terms>>6] = 0 // most words are 0 already
			}
		}
		copy(from, to)
	}
	return n
}

// sortBucket orders the lists of a bucket.
func sortBucket(bucket []list) {
	if len(bucket) > 64 { // a few terms that many sources have
		slices.Sort(bucket)
		return
	}
	for i := 1; i < len(bucket); i++ {
		l, to := bucket[i], i
		for to > 0 && bucket[to-1] > l {
			bucket[to] = bucket[to-1]
			to--
		}
		bucket[to] = l
	}
}
