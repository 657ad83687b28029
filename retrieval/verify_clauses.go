package retrieval

import (
	"regexp"
	"slices"
	"strings"

	"policykb/corpus"
)

// segment is a part of a sentence between marks, with what it says and its figures.
type segment struct {
	written string
	read    string
	content []rune // its letters without figures, places and ties
	at      []int  // where in read each of them stands, in code points
	carried []rune // content of the segments before it in its sentence
	topic   []rune // its content or, where it has none, that of the segment before, unless that has a figure of its own
	figures []corpus.Figure
	denies  bool
	after   int // index among its text's segments of the one before it in its sentence, or -1
}

// segmentsOf divides a text at its marks, and at 、 between figures.
func segmentsOf(text string, places *corpus.Gazetteer) (all []segment) {
	runes := []rune(text)
	figures := corpus.Figures(text)
	inFigure := make([]bool, len(runes)+1)
	for _, f := range figures {
		mark(inFigure, f.Span.Start, f.Span.End)
	}
	start, before := 0, -1
	var carried, topic []rune
	add := func(end int, ends bool) {
		written := string(runes[start:end])
		s := segment{written: written, read: knownWording().read(written), carried: slices.Clip(carried), after: before}
		s.content, s.at = contentOf(s.read, places)
		for _, f := range figures {
			if start <= f.Span.Start && f.Span.End <= end {
				s.figures = append(s.figures, f)
			}
		}
		if s.topic = s.content; len(s.content) == 0 {
			s.topic = topic
		}
		s.denies = denies(placeless(s.read, places)) || forbids.MatchString(s.read)
		if len(s.content)+len(s.figures) > 0 {
			before = len(all)
			all = append(all, s)
			carried, topic = append(append(carried, s.content...), '\n'), s.topic
			if len(s.figures) > 0 {
				topic = nil
			}
		}
		if ends {
			carried, topic, before = nil, nil, -1
		}
		start = end + 1
	}
	for i, r := range runes {
		switch {
		case inFigure[i]:
		case isPause(r):
			add(i, isClauseEnd(r) && r != '|') // the cells of a row are one sentence
		case i > start && joint(runes, i) && slices.Contains(inFigure[start:i], true) && figureFollows(inFigure, runes, i):
			add(i, false)
		}
	}
	add(len(runes), true)
	return all
}

// joint reports whether a word at a place may join two facts.
func joint(text []rune, at int) bool {
	switch text[at] {
	case '、', '和', '及', '并', '或':
		return true
	case '+':
		return at == 0 || text[at-1] != '外' // 额外+20%
	}
	return false
}

// figureFollows reports whether a figure stands before the next mark.
func figureFollows(inFigure []bool, text []rune, at int) bool {
	for i := at + 1; i < len(text) && (inFigure[i] || !isPause(text[i])); i++ {
		if inFigure[i] {
			return true
		}
	}
	return false
}

// isPause reports whether r parts clauses.
func isPause(r rune) bool { return strings.ContainsRune("，,。；;：:！？!?\n|", r) }

// excluded matches what a clause says it does not speak of.
var excluded = regexp.MustCompile(`不(含|包括|包含)(\p{Han}+)`)

// contentOf is the Han and Latin letters of a clause as it is read, without figures,
// places and ties, and where each of them stands.
func contentOf(read string, places *corpus.Gazetteer) (content []rune, at []int) {
	w := knownWording()
	runes := []rune(read)
	skip := make([]bool, len(runes))
	for _, f := range corpus.Figures(read) {
		mark(skip, f.Span.Start, f.Span.End)
	}
	for _, m := range excluded.FindAllStringIndex(read, -1) {
		from := len([]rune(read[:m[0]]))
		mark(skip, from, from+len([]rune(read[m[0]:m[1]])))
	}
	for _, m := range places.Find(read) {
		mark(skip, m.Span.Start, m.Span.End)
	}
	for i := 0; i < len(runes); {
		if skip[i] {
			i++
			continue
		}
		if n := w.tieAt(runes, i); n > 0 && !w.telling[string(runes[i:i+n])] {
			i += n
			continue
		}
		if isHan(runes[i]) || 'a' <= runes[i] && runes[i] <= 'z' {
			content, at = append(content, runes[i]), append(at, i)
		}
		i++
	}
	return content, at
}

// pairsOf is the set of pairs of neighbouring characters.
func pairsOf(content []rune) map[[2]rune]bool {
	pairs := make(map[[2]rune]bool, len(content))
	for i := range len(content) - 1 {
		if content[i] != '\n' && content[i+1] != '\n' {
			pairs[[2]rune{content[i], content[i+1]}] = true
		}
	}
	return pairs
}
