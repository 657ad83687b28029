package corpus

import (
	"slices"
	"strings"
	"unicode"
)

// ChangeKind says what became of a part of a text.
type ChangeKind string

// The kinds of changes.
const (
	ChangeAdded   ChangeKind = "added"
	ChangeRemoved ChangeKind = "removed"
	ChangeChanged ChangeKind = "changed"
)

// Change is one part of a text that two versions do not share.
type Change struct {
	Kind        ChangeKind
	HeadingPath []string // of the part as it is now, or was where it is gone
	Before      Span     // in the older version; empty for what was added
	After       Span     // in the newer version; empty for what was removed
}

// Changes compares two versions part by part: an article with an article, a
// paragraph with a paragraph. Parts that differ by white space alone are the same;
// what has moved counts as removed and added. Changes come in the order of the
// newer text, what is gone where it stood.
func Changes(from, to Version) []Change {
	old, now := parts(from), parts(to)
	var changes []Change
	nextOld, nextNow := 0, 0
	for _, kept := range append(common(old, now), [2]int{len(old), len(now)}) {
		changes = append(changes, rewritten(old[nextOld:kept[0]], now[nextNow:kept[1]])...)
		nextOld, nextNow = kept[0]+1, kept[1]+1
	}
	return changes
}

// part is a paragraph of a version, or a heading.
type part struct {
	span Span
	path []string
	text string // without white space, for comparing
}

// parts cuts a version into its paragraphs.
func parts(v Version) []part {
	var all []part
	var path []Section // sections that are open
	next, start := 0, 0
	for line := range strings.Lines(v.Text) {
		length := len([]rune(line))
		for next < len(v.Outline) && v.Outline[next].Heading.Start < start+length {
			section := v.Outline[next]
			path = slices.DeleteFunc(path, func(open Section) bool { return open.Level >= section.Level })
			path = append(path, section)
			next++
		}
		if text := squeezed(line); text != "" {
			left := length - len([]rune(strings.TrimLeftFunc(line, unicode.IsSpace)))
			end := start + len([]rune(strings.TrimRightFunc(line, unicode.IsSpace)))
			all = append(all, part{span: Span{Start: start + left, End: end}, path: headings(path), text: text})
		}
		start += length
	}
	return all
}

// squeezed is a text without its white space.
func squeezed(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
}

// headings writes the sections as passages have them.
func headings(path []Section) []string {
	written := make([]string, len(path))
	for i, section := range path {
		written[i] = strings.TrimSpace(section.Label + section.Title)
	}
	return written
}

// common pairs the parts that both have, in one order: first those at both ends,
// then between them the longest run of those that each has once (patience diff).
func common(old, now []part) [][2]int {
	var first, last [][2]int
	for len(first) < min(len(old), len(now)) && old[len(first)].text == now[len(first)].text {
		first = append(first, [2]int{len(first), len(first)})
	}
	i, j := len(old), len(now)
	for i > len(first) && j > len(first) && old[i-1].text == now[j-1].text {
		i, j = i-1, j-1
		last = append(last, [2]int{i, j})
	}
	slices.Reverse(last)
	once := make(map[string][2]int) // the place in old, and in now; -1 where not once
	count := func(all []part, from, to, side int) {
		seen := make(map[string]int)
		for k := from; k < to; k++ {
			seen[all[k].text]++
		}
		for k := from; k < to; k++ {
			places, ok := once[all[k].text]
			if !ok {
				places = [2]int{-1, -1}
			}
			if places[side] = k; seen[all[k].text] > 1 {
				places[side] = -1
			}
			once[all[k].text] = places
		}
	}
	count(old, len(first), i, 0)
	count(now, len(first), j, 1)
	var pairs [][2]int
	for _, places := range once {
		if places[0] >= 0 && places[1] >= 0 {
			pairs = append(pairs, places)
		}
	}
	slices.SortFunc(pairs, func(a, b [2]int) int { return a[0] - b[0] })
	return slices.Concat(first, rising(pairs), last)
}

// rising is the longest run of pairs whose second numbers rise.
func rising(pairs [][2]int) [][2]int {
	var ends []int // the pair that ends the best run of each length
	before := make([]int, len(pairs))
	for k, p := range pairs {
		at, _ := slices.BinarySearchFunc(ends, p[1], func(end, second int) int { return pairs[end][1] - second })
		before[k] = -1
		if at > 0 {
			before[k] = ends[at-1]
		}
		if at == len(ends) {
			ends = append(ends, k)
		} else {
			ends[at] = k
		}
	}
	var run [][2]int
	if len(ends) > 0 {
		for k := ends[len(ends)-1]; k >= 0; k = before[k] {
			run = append(run, pairs[k])
		}
	}
	slices.Reverse(run)
	return run
}

// likeness from which a part is the other one rewritten, and the number of
// comparisons up to which that is looked for.
const (
	sameParagraph  = 0.5
	maxComparisons = 250_000
)

// rewritten tells what became of old parts between two that were kept.
func rewritten(old, now []part) []Change {
	var changes []Change
	next := 0 // of old
	for _, n := range now {
		best, likest := -1, sameParagraph
		if len(old)*len(now) <= maxComparisons {
			for k := next; k < len(old); k++ {
				if like := alike(old[k].text, n.text); like >= likest {
					best, likest = k, like+1e-9
				}
			}
		}
		if best < 0 {
			changes = append(changes, Change{Kind: ChangeAdded, HeadingPath: n.path, After: n.span})
			continue
		}
		for ; next < best; next++ {
			changes = append(changes, Change{Kind: ChangeRemoved, HeadingPath: old[next].path, Before: old[next].span})
		}
		if old[best].text != n.text {
			changes = append(changes, Change{Kind: ChangeChanged, HeadingPath: n.path, Before: old[best].span, After: n.span})
		}
		next = best + 1
	}
	for ; next < len(old); next++ {
		changes = append(changes, Change{Kind: ChangeRemoved, HeadingPath: old[next].path, Before: old[next].span})
	}
	return changes
}

// alike is the share of pairs of neighbouring characters that two texts have in
// common (Dice's coefficient).
func alike(a, b string) float64 {
	if a == b {
		return 1
	}
	pairs := make(map[[2]rune]int)
	total, shared := 0, 0
	each := func(text string, do func([2]rune)) {
		var last rune
		for i, r := range text {
			if i > 0 {
				do([2]rune{last, r})
				total++
			}
			last = r
		}
	}
	each(a, func(p [2]rune) { pairs[p]++ })
	each(b, func(p [2]rune) {
		if pairs[p] > 0 {
			pairs[p]--
			shared++
		}
	})
	return 2 * float64(shared) / float64(max(1, total))
}
