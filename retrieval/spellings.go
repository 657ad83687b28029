package retrieval

import "hash/maphash"

// Spellings keeps account of the terms that share their 32-bit hash and are
// therefore counted as one (see [Term]). The zero Spellings is ready for use.
type Spellings struct {
	seed   maphash.Seed
	first  map[Term]uint64 // a second, longer hash of the first spelling met
	others map[Term]map[uint64]struct{}
}

// Add takes in the terms of a text.
func (s *Spellings) Add(text string) {
	if s.first == nil {
		s.seed, s.first, s.others = maphash.MakeSeed(), make(map[Term]uint64), make(map[Term]map[uint64]struct{})
	}
	for t, o := range TermStrings(text) {
		spelling := maphash.String(s.seed, o.Text)
		switch first, met := s.first[t]; {
		case !met:
			s.first[t] = spelling
		case first != spelling:
			if s.others[t] == nil {
				s.others[t] = make(map[uint64]struct{})
			}
			s.others[t][spelling] = struct{}{}
		}
	}
}

// Count returns how many terms there are by their spelling, and how many of them
// share a hash with another. Of n terms about n²/2³² do.
func (s *Spellings) Count() (terms, shared int) {
	terms = len(s.first)
	for _, others := range s.others {
		terms += len(others)
		shared += len(others) + 1
	}
	return terms, shared
}
