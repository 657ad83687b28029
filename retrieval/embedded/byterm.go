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
		defer usedLists.Put(l)
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
