package retrieval

import (
	"slices"
	"strings"
	"unicode"

	"policykb/corpus"
)

// skeleton is what of a text counts when its source is looked for: its folded
// characters without white space, quotation marks and marks of emphasis, brackets
// and dashes of one kind. at tells where in the text each stood.
type skeleton struct {
	runes []rune
	at    []int
	text  []rune
}

// newSkeleton makes the skeleton of a part of a text.
func newSkeleton(text []rune, part corpus.Span) skeleton {
	folded, from := corpus.FoldMapped(string(text[part.Start:max(part.Start, part.End)]))
	s := skeleton{runes: make([]rune, 0, len(from)), at: make([]int, 0, len(from)), text: text}
	i := 0
	held := -1 // where a space stood after a digit: it keeps two numbers apart
	for _, r := range folded {
		at := part.Start + int(from[i])
		i++
		switch {
		case r == '\n' || r == '\r':
			if n := len(s.runes); n > 1 && s.runes[n-1] == '-' && isLatin(s.runes[n-2]) {
				s.runes, s.at = s.runes[:n-1], s.at[:n-1] // a word was broken at the end of its line
			}
			continue
		case unicode.IsSpace(r) || r == '|':
			if n := len(s.runes); n > 0 && unicode.IsDigit(s.runes[n-1]) {
				held = at
			}
			continue
		case unicode.Is(unicode.Cf, r) || strings.ContainsRune("\"'“”‘’„‟‹›«»「」『』﹁﹂〝〞*#`", r):
			continue
		case strings.ContainsRune("([{〔【〖", r):
			r = '('
		case strings.ContainsRune(")]}〕】〗", r):
			r = ')'
		case r == '〈':
			r = '《'
		case r == '〉':
			r = '》'
		case strings.ContainsRune("–—―─‐‑−~〜", r):
			r = '-'
			if n := len(s.runes); n > 0 && s.runes[n-1] == '-' {
				continue
			}
		}
		if held >= 0 && unicode.IsDigit(r) {
			s.runes, s.at = append(s.runes, ' '), append(s.at, held)
		}
		held = -1
		s.runes, s.at = append(s.runes, r), append(s.at, at)
	}
	return s
}

// trimmed leaves out the marks at both ends, which belong to the sentence that a
// text was taken from or put into.
func (s skeleton) trimmed() skeleton {
	const marks = "，。；：、,;:.!?…-"
	from, to := 0, len(s.runes)
	for from < to && strings.ContainsRune(marks, s.runes[from]) {
		from++
	}
	for to > from && strings.ContainsRune(marks, s.runes[to-1]) {
		to--
	}
	s.runes, s.at = s.runes[from:to], s.at[from:to]
	return s
}

// span is where runes[from:to] stood; it must not be empty.
func (s skeleton) span(from, to int) corpus.Span {
	return corpus.Span{Start: s.at[from], End: s.at[to-1] + 1}
}

// written is the text that stood at runes[from:to], on one line.
func (s skeleton) written(from, to int) string {
	if from >= to {
		return ""
	}
	span := s.span(from, to)
	return tidySpaces(string(s.text[span.Start:span.End]))
}

// findAll returns where part stands in s, without overlap.
func (s skeleton) findAll(part skeleton) []int {
	if len(part.runes) == 0 {
		return nil
	}
	var found []int
	for i := 0; i+len(part.runes) <= len(s.runes); {
		next := slices.Index(s.runes[i:len(s.runes)-len(part.runes)+1], part.runes[0])
		if next < 0 {
			break
		}
		i += next
		if !slices.Equal(s.runes[i:i+len(part.runes)], part.runes) {
			i++
			continue
		}
		// A number or a Latin word is not found within a longer one.
		end := i + len(part.runes)
		if i > 0 && joins(s.runes[i-1], s.runes[i]) || end < len(s.runes) && joins(s.runes[end-1], s.runes[end]) {
			i++
			continue
		}
		found = append(found, i)
		i = end
	}
	return found
}

// joins reports whether two characters side by side are of one number or one
// Latin word. White space is gone from both sides, so that words of several
// letters may have been two.
func joins(a, b rune) bool { return unicode.IsDigit(a) && unicode.IsDigit(b) }

// seed is a run of characters by which likely places are found.
type seed [4]rune

// stretch is where in a source a text is likely to stand.
type stretch struct {
	from, to int // of the source's runes
	seeds    int // shared
}

// likeliest finds the stretch of a source that shares most seeds with s, in about
// the same order; ok is false where it shares hardly any.
func (s skeleton) likeliest(source skeleton) (_ stretch, ok bool) {
	const k, width = len(seed{}), 32
	if len(s.runes) < k || len(source.runes) < k {
		return stretch{}, false
	}
	mine := make(map[seed][]int, len(s.runes))
	for i := 0; i+k <= len(s.runes); i++ {
		key := seed(s.runes[i : i+k])
		mine[key] = append(mine[key], i)
	}
	// A seed at i of s and j of source votes for a place that begins at j - i.
	votes := make([]int, (len(source.runes)+len(s.runes))/width+2)
	for j := 0; j+k <= len(source.runes); j++ {
		for _, i := range mine[seed(source.runes[j:j+k])] {
			votes[(j-i+len(s.runes))/width]++
		}
	}
	best, seeds := 0, 0
	for b := 0; b+1 < len(votes); b++ {
		if n := votes[b] + votes[b+1]; n > seeds {
			best, seeds = b, n
		}
	}
	slack := width + len(s.runes)/3
	begin := best*width - len(s.runes)
	near := stretch{max(0, begin-slack), min(len(source.runes), begin+2*width+len(s.runes)+slack), seeds}
	return near, seeds*10 >= len(s.runes) && near.from < near.to
}

// alignment pairs the characters of a text with those of its source. Column c holds
// given[c] and source[c], each -1 where the other side has a character alone.
type alignment struct {
	mine, theirs  skeleton
	given, source []int
	matched       int
}

// align finds the part of a stretch that a text can be made into with the fewest
// changes of single characters (Sellers 1980: the edit distance with both ends of
// the source free).
func align(text, source skeleton, near stretch) *alignment {
	n, m := len(text.runes), near.to-near.from
	const (
		same = iota
		changed
		mineAlone
		theirsAlone
	)
	moves := make([]byte, (n+1)*(m+1))
	cost, before := make([]int32, m+1), make([]int32, m+1)
	for i := 1; i <= n; i++ {
		cost, before = before, cost
		cost[0] = int32(i)
		moves[i*(m+1)] = mineAlone
		row := moves[i*(m+1) : (i+1)*(m+1)]
		r := text.runes[i-1]
		for j := 1; j <= m; j++ {
			if r == source.runes[near.from+j-1] {
				cost[j], row[j] = before[j-1], same
				continue
			}
			best, move := before[j-1]+1, byte(changed)
			if c := before[j] + 1; c < best {
				best, move = c, mineAlone
			}
			if c := cost[j-1] + 1; c < best {
				best, move = c, theirsAlone
			}
			cost[j], row[j] = best, move
		}
	}
	end := 0
	for j := range cost {
		if cost[j] < cost[end] {
			end = j
		}
	}
	a := &alignment{mine: text, theirs: source}
	i, j := n, end
	for i > 0 {
		g, s := i-1, near.from+j-1
		switch moves[i*(m+1)+j] {
		case same:
			a.matched++
			i, j = i-1, j-1
		case changed:
			i, j = i-1, j-1
		case mineAlone:
			s = -1
			i--
		default:
			g = -1
			j--
		}
		a.given, a.source = append(a.given, g), append(a.source, s)
	}
	slices.Reverse(a.given)
	slices.Reverse(a.source)
	a.bound()
	return a
}

// similarity is the share of characters in common, of the longer side.
func (a *alignment) similarity() float64 {
	from, to := a.ends()
	return float64(a.matched) / float64(max(1, len(a.mine.runes), to-from))
}

// bound leaves out at both ends what of the source stands against the text only by
// chance: characters that differ and lie beyond white space or the end of a clause.
func (a *alignment) bound() {
	for _, backwards := range []bool{true, false} { // from the first agreement to the start; from the last to the end
		order := make([]int, len(a.given))
		for c := range order {
			order[c] = c
		}
		if !backwards {
			slices.Reverse(order)
		}
		first := max(0, slices.IndexFunc(order, a.equal))
		cut := false
		for _, c := range slices.Backward(order[:first]) {
			s := a.source[c]
			if s < 0 {
				continue
			}
			cut = cut || strings.ContainsRune("，。；：,;:!?、", a.theirs.runes[s]) || a.theirs.spaced(s, backwards)
			if cut {
				a.source[c] = -1
			}
		}
	}
	kept := 0
	for c := range a.given {
		if a.given[c] < 0 && a.source[c] < 0 {
			continue
		}
		a.given[kept], a.source[kept] = a.given[c], a.source[c]
		kept++
	}
	a.given, a.source = a.given[:kept], a.source[:kept]
	// A number is never cut.
	for from, _ := a.ends(); from > 0 && joins(a.theirs.runes[from-1], a.theirs.runes[from]); from-- {
		a.given, a.source = slices.Insert(a.given, 0, -1), slices.Insert(a.source, 0, from-1)
	}
	for _, to := a.ends(); 0 < to && to < len(a.theirs.runes) && joins(a.theirs.runes[to-1], a.theirs.runes[to]); to++ {
		a.given, a.source = append(a.given, -1), append(a.source, to)
	}
}

// spaced reports whether white space follows a rune of a skeleton in its text, or
// comes before it.
func (s skeleton) spaced(i int, after bool) bool {
	at := s.at[i] - 1
	if after {
		at = s.at[i] + 1
	}
	return 0 <= at && at < len(s.text) && unicode.IsSpace(s.text[at])
}

// equal reports whether both sides of a column are the same.
func (a *alignment) equal(c int) bool {
	return a.given[c] >= 0 && a.source[c] >= 0 && a.mine.runes[a.given[c]] == a.theirs.runes[a.source[c]]
}

// ends returns the part of the source that is paired, as runes of its skeleton.
func (a *alignment) ends() (from, to int) {
	from, to = -1, -1
	for _, s := range a.source {
		if s >= 0 {
			if from < 0 {
				from = s
			}
			to = s + 1
		}
	}
	return from, to
}

// span is where the quote stands in the source.
func (a *alignment) span() corpus.Span {
	from, to := a.ends()
	return a.theirs.span(from, to)
}
