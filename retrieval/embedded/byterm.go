package embedded

import (
	"cmp"
	"iter"
	"slices"
	"sync"

	"policykb/retrieval"
)

// list is where one of several sources, each a view or a point, has one term.
type list struct {
	term retrieval.Term
	from uint32 // the source
	at   uint32 // among the source's terms
}

// lists gathers the lists of several sources, to be met by term. It lives in
// memory that is used again and again, since every document passes through it.
type lists struct {
	all, dealt []list
	ends       []uint32
}

var usedLists = sync.Pool{New: func() any { return new(lists) }}

// maxUsedLists is how many lists memory that is used again has room for, at most:
// some 2 MB, twice. A document takes less; what a large merge took would else be kept
// by the documents after it.
const maxUsedLists = 1 << 17

// newLists makes room for n lists.
func newLists(n int) *lists {
	l := usedLists.Get().(*lists)
	l.all = slices.Grow(l.all[:0], n)
	return l
}

// add takes in a list. Sources come one after the other.
func (l *lists) add(term retrieval.Term, from, at int) {
	l.all = append(l.all, list{term, uint32(from), uint32(at)})
}

// byTerm yields the lists of each term, terms rising, those of one term in the
// order of their sources. They are dealt into buckets by the high bits of the
// term, a handful to each since hashes are even, and a bucket is sorted as it is
// met: two passes over the lists, however many sources there are.
//
// It is called once; what it yields is valid until the next step.
func (l *lists) byTerm() iter.Seq[[]list] {
	return func(yield func([]list) bool) {
		defer l.putBack()
		high := 0
		for high < 20 && len(l.all)>>high > 8 {
			high++
		}
		shift := 32 - high
		l.ends = slices.Grow(l.ends[:0], 1<<high)[:1<<high]
		clear(l.ends)
		for i := range l.all {
			l.ends[l.all[i].term>>shift]++
		}
		sum := uint32(0)
		for i, n := range l.ends {
			l.ends[i] = sum
			sum += n
		}
		l.dealt = slices.Grow(l.dealt[:0], len(l.all))[:len(l.all)]
		for i := range l.all {
			bucket := l.all[i].term >> shift
			l.dealt[l.ends[bucket]] = l.all[i]
			l.ends[bucket]++
		}
		from := uint32(0)
		for _, to := range l.ends {
			bucket := l.dealt[from:to]
			from = to
			sortBucket(bucket)
			for i := 0; i < len(bucket); {
				n := i + 1
				for n < len(bucket) && bucket[n].term == bucket[i].term {
					n++
				}
				if !yield(bucket[i:n]) {
					return
				}
				i = n
			}
		}
	}
}

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

// sortBucket orders the lists of a bucket, which come in the order of their sources.
func sortBucket(bucket []list) {
	if len(bucket) > 64 { // a few terms that many sources have
		slices.SortFunc(bucket, func(a, b list) int {
			return cmp.Or(cmp.Compare(a.term, b.term), cmp.Compare(a.from, b.from))
		})
		return
	}
	for i := 1; i < len(bucket); i++ {
		l, to := bucket[i], i
		for to > 0 && bucket[to-1].term > l.term {
			bucket[to] = bucket[to-1]
			to--
		}
		bucket[to] = l
	}
}
