package chunk

import (
	"slices"

	"policykb/corpus"
	"policykb/ingest/clean"
	"policykb/ingest/parse"
)

// Lengths in code points from which words that come again are a repetition: of a
// sentence, of a section's text, of a passage. Shorter ones (a row of a table, a
// condition that several measures share) mean something else in each place.
const (
	repeatedSentence = 16
	repeatedSection  = 24
	repeatedPassage  = 60
)

// repeats remembers the sentences of a text. Pages of the web and PDF files often
// hold their text twice, once in one piece and once by paragraphs, and what is said
// again is not to be found and cited twice.
type repeats struct {
	seen  map[uint64]struct{}
	fresh []uint64 // of the text that is being looked at
}

// take reports whether a text says nothing that was not said before, in sentences
// of at least so many code points together, and remembers what it says.
func (r *repeats) take(least int, texts ...string) bool {
	r.fresh = r.fresh[:0]
	known := 0
	for _, text := range texts {
		for at := 0; at < len(text); {
			hash, length, next := nextSentence(text, at)
			at = next
			if length < repeatedSentence {
				continue
			}
			if _, again := r.seen[hash]; again {
				known += length
			} else {
				r.fresh = append(r.fresh, hash)
			}
		}
	}
	for _, hash := range r.fresh {
		r.seen[hash] = struct{}{}
	}
	return len(r.fresh) == 0 && known >= least
}

// withoutRepeatedSections drops the segments that only repeat others, and the
// headings that then head nothing.
func withoutRepeatedSections(text clean.Text, all []segment) []segment {
	if len(all) < 2 {
		return all
	}
	r := repeats{seen: make(map[uint64]struct{}, len(all))}
	drop := make([]bool, len(all))
	dropped := false
	var words []string
	for i, s := range all {
		words = words[:0]
		for _, p := range s.parts {
			if text.Blocks[p.block].Kind != parse.Row {
				words = append(words, text.String[p.from:p.to])
			}
		}
		drop[i] = r.take(repeatedSection, words...) && len(words) == len(s.parts)
		dropped = dropped || drop[i]
	}
	if !dropped {
		return all
	}
	for i := len(all) - 2; i >= 0; i-- {
		drop[i] = drop[i] || all[i].bare() && drop[i+1]
	}
	kept := all[:0]
	for i, s := range all {
		if !drop[i] {
			kept = append(kept, s)
		} else if n := len(kept); n > 0 {
			kept[n-1].last = true
		}
	}
	return kept
}

// withoutRepeats drops the passages that only repeat others.
func withoutRepeats(passages []corpus.Passage) []corpus.Passage {
	if len(passages) < 2 {
		return passages
	}
	r := repeats{seen: make(map[uint64]struct{}, 4*len(passages))}
	kept := slices.DeleteFunc(passages, func(p corpus.Passage) bool {
		return r.take(repeatedPassage, p.Text) && p.Kind == corpus.PassageProse
	})
	for i := range kept {
		kept[i].Ordinal = i
	}
	return kept
}

// nextSentence gives a hash of the letters and digits of the sentence that begins
// at byte at, how many there are, and where the next one begins. Spaces, marks and
// line ends do not count, as copies differ in them. It works on bytes, as all text
// passes through it.
func nextSentence(text string, at int) (hash uint64, length, next int) {
	const offset, prime = 14695981039346656037, 1099511628211 // FNV-1a
	hash = offset
	for at < len(text) {
		c := text[at]
		switch {
		case c < 0x80:
			at++
			if c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' {
				hash = (hash ^ uint64(c)) * prime
				length++
			}
		case c >= 0xE4 && c <= 0xE9 && at+2 < len(text): // Han
			hash = (hash ^ (uint64(c)<<16 | uint64(text[at+1])<<8 | uint64(text[at+2]))) * prime
			length++
			at += 3
		case c < 0xE0:
			at += 2
		case c < 0xF0:
			at += 3
			if at > len(text) {
				return hash, length, len(text)
			}
			switch text[at-3 : at] {
			case "。", "；", "！", "？":
				return hash, length, at
			}
		default:
			at += 4
		}
	}
	return hash, length, len(text)
}
