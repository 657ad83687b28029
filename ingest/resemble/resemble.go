// Package resemble tells texts that are nearly the same: a reprint, a copy with
// another head, a scan of what is there as a web page.
//
// A text is taken apart into shingles, runs of five letters or digits. The share
// of them that two texts have in common is their [Likeness]. To find the few texts
// worth comparing among all, [Bands] makes some numbers of each by MinHash: texts
// that are much alike have at least one of them in common, others hardly ever.
package resemble

import (
	"math"
	"slices"
	"unicode"

	"policykb/corpus"
)

// Alike is the likeness from which on two texts count as nearly the same: about
// one character in twenty may be another. Among 161 real policies a law and its
// revision four years later are 0.54 alike, cards for the funds of one office,
// which share half of their clauses, up to 0.57, and reprints 0.99.
const Alike = 0.65

// Numbers of the method. They make a candidate of 99 % of the pairs as alike as
// [Alike], of half of those at 0.4 and of 4 % at 0.2.
const (
	length = 5 // code points in a shingle
	bands  = 24
	rows   = 4
	bins   = bands * rows
)

// shortest is how many shingles a text needs to be compared. Shorter ones are like
// many others by chance.
const shortest = 40

// appendShingles appends the hash of every run of a passage, a polynomial that
// moves along. White space and punctuation count for nothing, nor do width, case
// and script.
func appendShingles(to []uint64, text string) []uint64 {
	const base = 0x9E3779B97F4A7C15
	leaving := uint64(1) // what a code point weighs when it leaves the window
	for range length {
		leaving *= base
	}
	var window [length]uint64
	var hash uint64
	at, seen := 0, 0
	for _, r := range text {
		r = corpus.FoldRune(r)
		if !isWord(r) {
			continue
		}
		hash = hash*base + uint64(r) - leaving*window[at]
		window[at] = uint64(r)
		if at++; at == length {
			at = 0
		}
		if seen++; seen >= length {
			to = append(to, mix(hash))
		}
	}
	return to
}

// isWord reports whether a folded rune is a letter or digit.
func isWord(r rune) bool {
	if '一' <= r && r <= '\u9FFF' { // nearly all of them are
		return true
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

// mix spreads a hash over all of its bits.
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xFF51AFD7ED558CCD
	h ^= h >> 33
	h *= 0xC4CEB9FE1A85EC53
	return h ^ h>>33
}

// Bands are numbers of which texts that are much alike have some in common. A text
// too short to be judged has none.
func Bands(passages []corpus.Passage) []uint64 {
	// One permutation: the shingles fall into bins, and each bin keeps its least.
	const empty = math.MaxUint64
	var least [bins]uint64
	for i := range least {
		least[i] = empty
	}
	n := 0
	var found []uint64
	for _, p := range passages {
		found = appendShingles(found[:0], p.Text)
		for _, h := range found {
			bin := binOf(h)
			least[bin] = min(least[bin], h)
		}
		n += len(found)
	}
	if n < shortest {
		return nil
	}
	// An empty bin borrows from one that is not: the first in an order that only
	// the bin's number decides, so that like texts borrow alike.
	full := least
	for bin := range full {
		for turn := uint64(1); full[bin] == empty; turn++ {
			full[bin] = least[binOf(mix(uint64(bin)<<32|turn))]
		}
	}
	all := make([]uint64, bands)
	for band := range all {
		h := uint64(band)
		for _, row := range full[band*rows:][:rows] {
			h = mix(h ^ row)
		}
		all[band] = h
	}
	return all
}

// binOf is the bin of a hash.
func binOf(h uint64) int { return int(h >> 32 * bins >> 32) }

// Shingles are the shingles of a text, each once, in order; of a long text those
// with the least hashes, which are a fair sample.
type Shingles []uint64

// kept is how many shingles are kept of a text. The likeness of longer ones is
// known to about half a per cent.
const kept = 8192

// Of takes the passages of a text apart.
func Of(passages []corpus.Passage) Shingles {
	var all Shingles
	for _, p := range passages {
		all = appendShingles(all, p.Text)
		if len(all) > 8*kept {
			all = all.least(kept)
		}
	}
	return all.least(kept)
}

// least sorts shingles and returns the first n, each once.
func (s Shingles) least(n int) Shingles {
	slices.Sort(s)
	s = slices.Compact(s)
	return s[:min(n, len(s))]
}

// Likeness is the share of the shingles of two texts that both have, from 0 to 1
// (Jaccard). Of long texts the least of both together are looked at.
func Likeness(a, b Shingles) float64 {
	both, either := 0, 0
	for i, k := 0, 0; either < kept && (i < len(a) || k < len(b)); either++ {
		switch {
		case k == len(b), i < len(a) && a[i] < b[k]:
			i++
		case i == len(a), b[k] < a[i]:
			k++
		default:
			both++
			i++
			k++
		}
	}
	if either == 0 {
		return 0
	}
	return float64(both) / float64(either)
}
