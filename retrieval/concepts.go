package retrieval

import (
	"math/bits"
	"slices"
	"strings"
	"sync"
	"unicode"

	"policykb/corpus"
)

// conceptsOf lists the ideas of a folded question, leaving out the code points
// that skip marks (places, years) and the words that only frame a question.
// Words of the thesaurus and Latin words are one concept each; other Chinese text
// becomes its pairs of neighbouring characters, as in the index.
func conceptsOf(question []rune, skip []bool, thesaurus *Thesaurus) []Concept {
	var concepts []Concept
	add := func(text string, weight float64, forms []Form) {
		for i := range concepts {
			if concepts[i].Text == text {
				return
			}
		}
		own := []Form{{text, 1}}
		concepts = append(concepts, Concept{Text: text, Weight: weight, Forms: append(own, forms...)})
	}
	run := 0 // Chinese characters just before i that belong to no known word
	flush := func(i int) {
		for j := i - run; j < i-1; j++ {
			add(string(question[j:j+2]), pairWeight(question[j], question[j+1]), nil)
		}
		if run == 1 && !isFunctionWord(question[i-1]) {
			add(string(question[i-1:i]), 0.4, nil)
		}
		run = 0
	}
	for i := 0; i < len(question); {
		if skip != nil && skip[i] {
			flush(i)
			i++
			continue
		}
		frame := frameAt(question, i)
		word, forms := thesaurus.entryAt(question, i)
		if word > 1 && skip != nil && slices.Contains(skip[i:i+word], true) {
			word = 0
		}
		switch {
		case word > 1 && word >= frame:
			flush(i)
			add(string(question[i:i+word]), 1, forms)
			i += word
		case frame > 0:
			flush(i)
			i += frame
		case isLatin(question[i]):
			flush(i)
			end := i + 1
			for end < len(question) && (isLatin(question[end]) || inWord(question, end)) {
				end++
			}
			text := string(question[i:end])
			if unicode.IsDigit(question[end-1]) && end < len(question) && isHan(question[end]) {
				text = string(question[i : end+1]) // a number with what it counts
			}
			if !isEnglishFrame(text) && end-i > 1 || unicode.IsDigit(question[i]) {
				add(text, 1, nil)
			}
			i = end
		case isHan(question[i]):
			run++
			i++
		default:
			flush(i)
			i++
		}
	}
	flush(len(question))
	return concepts
}

// inWord reports whether the rune at i joins two parts of a Latin word: 3.5, PF-days.
func inWord(text []rune, i int) bool {
	return strings.ContainsRune(".-+", text[i]) && i+1 < len(text) && isLatin(text[i+1])
}

// pairWeight is the weight of a pair of characters before it is known how rare
// it is: pairs with a function word are mostly accidents of the sentence.
func pairWeight(a, b rune) float64 {
	switch left, right := isFunctionWord(a), isFunctionWord(b); {
	case left && right:
		return 0.1
	case left || right:
		return 0.35
	}
	return 1
}

// needle is a word to be found in a text: a form of a concept or a part of one.
type needle struct {
	runes   []rune // of a Chinese form
	stems   []string
	concept int
	weight  float64
	part    uint32 // the bit of a pair inside a longer form; 0 for the whole form
}

// matcher finds the concepts of a question in texts.
type matcher struct {
	concepts []Concept
	parts    []int               // pairs in each concept's own word; 0 where it has no parts
	pairs    map[uint64][]needle // Chinese forms by their first two characters
	begun    [64]uint64          // bits that tell, for nearly every pair in no form, that it is in none
	singles  map[rune][]needle   // Chinese forms of one character
	words    map[string][]needle // Latin forms by the stem of their first word
}

// partial is what finding all pairs of a word apart counts, beside the word whole.
const partial = 0.6

// newMatcher prepares the concepts of a question.
func newMatcher(concepts []Concept) *matcher {
	m := &matcher{concepts: concepts, parts: make([]int, len(concepts)),
		pairs: make(map[uint64][]needle, 2*len(concepts)), singles: make(map[rune][]needle), words: make(map[string][]needle)}
	for c, concept := range concepts {
		if concept.figure != nil {
			continue // met by value; see prepare
		}
		for f, form := range concept.Forms {
			runes := []rune(form.Text)
			if isLatin(runes[0]) {
				stems := stemsOf(runes)
				m.words[stems[0]] = append(m.words[stems[0]], needle{stems: stems, concept: c, weight: form.Weight})
				continue
			}
			var plain flat
			plain.fill(runes)
			runes = plain.runes
			if len(runes) < 2 {
				if len(runes) == 1 {
					m.singles[runes[0]] = append(m.singles[runes[0]], needle{runes: runes, concept: c, weight: form.Weight})
				}
				continue
			}
			m.add(needle{runes: runes, concept: c, weight: form.Weight})
			if n := len(runes) - 1; f == 0 && n > 1 && n <= 32 {
				m.parts[c] = n
				for i := range n {
					m.add(needle{runes: runes[i : i+2], concept: c, part: 1 << i})
				}
			}
		}
	}
	return m
}

func (m *matcher) add(n needle) {
	key := pairKey(n.runes[0], n.runes[1])
	m.pairs[key] = append(m.pairs[key], n)
	word, bit := pairBit(n.runes[0], n.runes[1])
	m.begun[word] |= bit
}

// pairBit is the bit of two characters in matcher.begun.
func pairBit(a, b rune) (word uint32, bit uint64) {
	hash := (uint32(a)*0x9E3779B1 ^ uint32(b)) * 0x85EBCA6B
	return hash >> 26, 1 << (hash >> 20 & 63)
}

// pairKey is two characters as one key.
func pairKey(a, b rune) uint64 { return uint64(uint32(a))<<32 | uint64(uint32(b)) }

// occurrence is a needle that was found; the span is of the text as written.
type occurrence struct {
	span    corpus.Span
	concept int
	weight  float64
	part    uint32
}

// find returns where the concepts stand in a text, in order.
func (m *matcher) find(text []rune) []occurrence {
	f := flats.Get().(*flat)
	defer flats.Put(f)
	f.fill(text)
	var found []occurrence
	for i := 0; i < len(f.runes); i++ {
		r := f.runes[i]
		if isLatin(r) {
			end := i + 1
			for end < len(f.runes) && isLatin(f.runes[end]) {
				end++
			}
			for _, n := range m.words[stem(string(f.runes[i:end]))] {
				if last := matchStems(f.runes, end, n.stems[1:]); last > 0 {
					found = append(found, occurrence{f.span(i, last), n.concept, n.weight, 0})
				}
			}
			for _, n := range m.mixed(f.runes, i) {
				found = append(found, occurrence{f.span(i, i+len(n.runes)), n.concept, n.weight, n.part})
			}
			i = end - 1
			continue
		}
		for _, n := range m.singles[r] {
			found = append(found, occurrence{f.span(i, i+1), n.concept, n.weight, 0})
		}
		for _, n := range m.mixed(f.runes, i) {
			found = append(found, occurrence{f.span(i, i+len(n.runes)), n.concept, n.weight, n.part})
		}
	}
	return found
}

// mixed returns the Chinese needles that begin at i.
func (m *matcher) mixed(text []rune, i int) []needle {
	if i+1 >= len(text) {
		return nil
	}
	if word, bit := pairBit(text[i], text[i+1]); m.begun[word]&bit == 0 {
		return nil
	}
	candidates := m.pairs[pairKey(text[i], text[i+1])]
	for k, n := range candidates {
		if !hasPrefix(text[i:], n.runes) {
			// Rare: copy the few that do match.
			matching := slices.Clone(candidates[:k])
			for _, n := range candidates[k+1:] {
				if hasPrefix(text[i:], n.runes) {
					matching = append(matching, n)
				}
			}
			return matching
		}
	}
	return candidates
}

func hasPrefix(text, prefix []rune) bool {
	return len(text) >= len(prefix) && slices.Equal(text[:len(prefix)], prefix)
}

// matchStems reports where the words with the given stems end that follow end,
// with single marks between them; 0 where they do not follow.
func matchStems(text []rune, end int, stems []string) int {
	for _, want := range stems {
		if end >= len(text) || text[end] != ' ' && text[end] != '-' {
			return 0
		}
		start := end + 1
		for end = start; end < len(text) && isLatin(text[end]); end++ {
		}
		if end == start || stem(string(text[start:end])) != want {
			return 0
		}
	}
	return end
}

// stemsOf returns the stems of the words of a Latin form.
func stemsOf(form []rune) []string {
	var stems []string
	for word := range strings.FieldsFuncSeq(string(form), func(r rune) bool { return !isLatin(r) }) {
		stems = append(stems, stem(word))
	}
	return stems
}

// stem takes the commonest endings from an English word, so that the forms of a
// word meet. It is far from a grammar and need not be one.
func stem(word string) string {
	word = singular(word)
	for _, ending := range [...]string{"ational", "ization", "isation", "ing", "ed", "ly"} {
		if rest, ok := strings.CutSuffix(word, ending); ok && len(rest) > 3 {
			return strings.TrimSuffix(rest, "e")
		}
	}
	if len(word) > 4 {
		return strings.TrimSuffix(word, "e")
	}
	return word
}

// cover tells for each concept how well the occurrences inside a span hold it,
// 0 to 1, and keeps what into already holds where that is more.
func (m *matcher) cover(found []occurrence, s corpus.Span, into []float64) {
	masks := make([]uint32, len(m.concepts))
	from, _ := slices.BinarySearchFunc(found, s.Start, func(o occurrence, start int) int { return o.span.Start - start })
	for _, o := range found[from:] {
		if o.span.Start >= s.End {
			break
		}
		if o.span.End > s.End {
			continue
		}
		masks[o.concept] |= o.part
		into[o.concept] = max(into[o.concept], o.weight)
	}
	for c, mask := range masks {
		if mask != 0 {
			into[c] = max(into[c], partial*float64(bits.OnesCount32(mask))/float64(m.parts[c]))
		}
	}
}

// flat is a folded text without what may stand inside a word by accident of
// printing: white space beside Chinese characters, marks of emphasis, quotation
// marks. at tells where each rune stood.
type flat struct {
	runes []rune
	at    []int
}

// flats are used again: an answer flattens a hundred passages and more.
var flats = sync.Pool{New: func() any { return new(flat) }}

// fill folds and flattens a text, in the place of what f held.
func (f *flat) fill(text []rune) {
	f.runes, f.at = slices.Grow(f.runes[:0], len(text)), slices.Grow(f.at[:0], len(text))
	for i, r := range text {
		r = corpus.FoldRune(r)
		switch r {
		case '*', '`', '"', '“', '”', '\'', '‘', '’', '「', '」':
			continue
		case ' ', '\n', '\t', '\r', '\v', '\f', '\u00A0', '\u0085':
			n := len(f.runes)
			if n == 0 || !isLatin(f.runes[n-1]) || i+1 >= len(text) || !isLatin(corpus.FoldRune(text[i+1])) {
				continue
			}
			r = ' '
		}
		f.runes = append(f.runes, r)
		f.at = append(f.at, i)
	}
}

// span returns the span of the text as written that flat[from:to] stands for.
func (f *flat) span(from, to int) corpus.Span {
	return corpus.Span{Start: f.at[from], End: f.at[to-1] + 1}
}
