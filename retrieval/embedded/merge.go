package embedded

import (
	"math"
	"slices"
)

// While much is written, segments are merged when fanout of one size have gathered,
// where sizes are powers of fanout: each posting is then copied a few times in its
// life, and a search never meets more than about a hundred segments. When nothing is
// written, segments of like size are merged until few are left.
const fanout = 32

// size gives the size class of a segment.
func (s *segment) size() int {
	size := 0
	for n := s.points; n >= fanout; n /= fanout {
		size++
	}
	return size
}

// whole is the view of a segment of which nothing is dead.
func whole(s *segment) view { return view{segment: s, live: s.points} }

// toMerge picks the segments that are worth merging now, or one that is worth
// cleaning of dead points; nil where there are none.
func toMerge(views []view) []view {
	bySize := make(map[int][]view)
	for _, v := range views {
		size := v.size()
		if 4*(v.points-v.live) > v.points {
			return []view{v}
		}
		bySize[size] = append(bySize[size], v)
		gathered := bySize[size]
		if len(gathered) < fanout {
			continue
		}
		slices.SortStableFunc(gathered, func(a, b view) int { return a.live - b.live })
		total, n := 0, 0
		for n < len(gathered) && total+gathered[n].live <= maxSegment {
			total += gathered[n].live
			n++
		}
		if n > 1 {
			return gathered[:n]
		}
	}
	return nil
}

// toSettle picks the segments that are worth merging while nothing else is to do:
// the smallest, of which none is larger than four times the others together, so that
// a segment is copied again only when it has grown by a quarter. It returns nil where
// there are none.
func toSettle(views []view) []view {
	views = slices.Clone(views)
	slices.SortStableFunc(views, func(a, b view) int { return a.live - b.live })
	taken, total := 0, 0
	for n, v := range views {
		if total+v.live > maxSegment {
			break
		}
		if n > 0 && v.live <= 4*total {
			taken = n + 1
		}
		total += v.live
	}
	if taken == 0 {
		return nil
	}
	return views[:taken]
}

// gone marks, in a renumbering, a point that was dead.
const gone = math.MaxUint32

// merge makes one segment of the live points of the views, in their order. They
// are at most maxSegment.
func merge(views []view) *segment {
	s := &segment{}
	renumbered := make([][]uint32, len(views))
	postings, terms := 0, 0
	for i, v := range views {
		renumbered[i] = make([]uint32, v.points)
		for p := range v.points {
			renumbered[i][p] = gone
			if v.dead == nil || !v.dead.has(p) {
				renumbered[i][p] = uint32(s.points)
				s.points++
			}
		}
		postings += len(v.numbers)
		terms = max(terms, len(v.terms))
	}
	mergeLists(s, views, renumbered, terms, postings)
	mergeFacts(s, views, renumbered)
	s.vectors = newVectors(views[0].vectors.dimensions, s.points)
	for i, v := range views {
		for p, n := range renumbered[i] {
			if n != gone {
				s.vectors.copyFrom(int(n), &v.vectors, p)
			}
		}
	}
	s.finish()
	return s
}

// mergeLists copies the posting lists, term by term.
func mergeLists(s *segment, views []view, renumbered [][]uint32, terms, postings int) {
	b := listBuilder{segment: s}
	b.grow(terms, postings)
	met := make([]uint32, len(views)) // terms of each view
	for of := range allLists(views).byTerm() {
		for _, l := range of {
			view := l.from()
			b.copy(views[view].segment, met[view], renumbered[view])
			met[view]++
		}
		if len(b.numbers) > b.begun {
			b.end(of[0].term())
		}
	}
	b.close()
}

// trim gives back memory that was reserved and not needed, where it is much.
func trim[T any](list []T) []T {
	if cap(list)-len(list) > len(list)/16 {
		return append(make([]T, 0, len(list)), list...)
	}
	return list
}

// copy adds the live postings of a segment's term under their new numbers.
func (b *listBuilder) copy(s *segment, term uint32, renumbered []uint32) {
	from, to := s.starts[term], s.starts[term+1]
	for k := from; k < to; k++ {
		if n := renumbered[s.numbers[k]]; n != gone {
			b.add(uint16(n), s.weights[k])
		}
	}
	if from < to {
		return
	}
	for point, weight := range s.postingsAt(int(term)).weights { // a full row
		if n := renumbered[point]; weight != 0 && n != gone {
			b.add(uint16(n), weight)
		}
	}
}

// allLists returns the lists of all views, view after view.
func allLists(views []view) *lists {
	total := 0
	for _, v := range views {
		total += len(v.terms)
	}
	all := newLists(total)
	for i, v := range views {
		for _, term := range v.terms {
			all.add(term, i)
		}
	}
	return all
}

// mergeFacts copies all that is known of documents and points.
func mergeFacts(s *segment, views []view, renumbered [][]uint32) {
	for i, v := range views {
		for d := range v.documents.len() {
			from, to := v.pointsOf(d)
			if renumbered[i][from] == gone {
				continue
			}
			s.documents.add(v.documents.at(d))
			s.versions = append(s.versions, v.versions[d])
			s.firsts = append(s.firsts, renumbered[i][from])
			for p := from; p < to; p++ {
				s.passages.add(v.passages.at(p))
			}
		}
	}
	facets := newFacetBuilder()
	for kind, lists := range facets {
		for i, v := range views {
			f := &v.facets[kind]
			for k := range f.values.len() {
				value := f.values.at(k)
				for _, p := range f.numbers[f.starts[k]:f.starts[k+1]] {
					if n := renumbered[i][p]; n != gone {
						lists[value] = append(lists[value], uint16(n))
					}
				}
			}
		}
	}
	facets.into(s)
}
