package retrieval

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"policykb/corpus"
)

// TraceDifference is one thing that a text says otherwise than its source.
type TraceDifference struct {
	Kind   DifferenceKind
	Given  string // "" where the text lacks what the source says
	Source string // "" where the source lacks what the text says
}

// DifferenceKind is the sort of a difference.
type DifferenceKind string

// The kinds of differences. The last three need not change what is said.
const (
	DifferenceNumber         DifferenceKind = "number"
	DifferenceDate           DifferenceKind = "date"
	DifferenceBound          DifferenceKind = "bound" // the same figure as a ceiling, a floor or neither
	DifferencePlace          DifferenceKind = "place"
	DifferenceDocumentNumber DifferenceKind = "document_number"
	DifferenceNegation       DifferenceKind = "negation"
	DifferenceDuty           DifferenceKind = "duty" // 应当, 可以, 不得, 鼓励: one for another
	DifferenceWord           DifferenceKind = "word"
	DifferenceNotation       DifferenceKind = "notation" // the same figure or place, written otherwise
	DifferencePunctuation    DifferenceKind = "punctuation"
)

var (
	dutyWords  = regexp.MustCompile(`应当|应该|必须|可以|不得|禁止|鼓励|倡导|原则上|\b(?:shall|must|may|should|can)\b`)
	limitWords = regexp.MustCompile(`不(?:得|能|应)?(?:超过|少于|低于|高于|多于|大于|小于|足)|最[高低多少大小]|至[多少]|上限|下限|超过|低于|高于|少于|多于|以[上下内]|左右|大约|up to|at least|at most|(?:no|not) (?:more|less|fewer) than`)
	denialWord = regexp.MustCompile(`不得|不予|不再|不能|不可|不|未|没有|无|非|除外|禁止|严禁`)
)

// span is a part of an alignment, in columns, end exclusive.
type columns struct{ from, to int }

// token is what a difference must not cut: a figure, a place, a document number or
// a word that changes what is said.
type token struct {
	columns
	kind   DifferenceKind
	figure corpus.Figure
	place  string
}

// differences lists what the text says otherwise than its source.
func (a *alignment) differences() []TraceDifference {
	mine, theirs := a.tokens(a.mine, a.given), a.tokens(a.theirs, a.source)
	var changed []columns
	for c := range a.given {
		if a.equal(c) {
			continue
		}
		if n := len(changed); n > 0 && c <= changed[n-1].to+1 {
			changed[n-1].to = c + 1 // a single character in common is chance
			continue
		}
		changed = append(changed, columns{c, c + 1})
	}
	changed = append(changed, a.rebound(mine, theirs)...)
	changed = whole(changed, slices.Concat(mine, theirs))
	var found []TraceDifference
	for _, c := range changed {
		found = append(found, a.judge(c, within(mine, c), within(theirs, c))...)
	}
	return found
}

// tokens finds the tokens of one side.
func (a *alignment) tokens(side skeleton, index []int) []token {
	column := make(map[int]int, len(index))
	first, last := -1, -1
	for c, i := range index {
		if i < 0 {
			continue
		}
		if first < 0 {
			first = i
		}
		column[i], last = c, i
	}
	if first < 0 {
		return nil
	}
	text := string(side.runes[first : last+1])
	var found []token
	add := func(s corpus.Span, t token) {
		t.columns = columns{column[first+s.Start], column[first+s.End-1] + 1}
		found = append(found, t)
	}
	for _, f := range corpus.Figures(text) {
		kind := DifferenceNumber
		if f.Kind == corpus.FigureDate || f.Kind == corpus.FigurePlan {
			kind = DifferenceDate
		}
		add(f.Span, token{kind: kind, figure: f})
	}
	for _, n := range corpus.DocNumbers(text) {
		add(n.Span, token{kind: DifferenceDocumentNumber})
	}
	for _, m := range corpus.Places().Find(text) {
		add(m.Span, token{kind: DifferencePlace, place: m.Place.Name})
	}
	ruler := charactersAt(text)
	for _, words := range []struct {
		kind    DifferenceKind
		pattern *regexp.Regexp
	}{{DifferenceDuty, dutyWords}, {DifferenceBound, limitWords}, {DifferenceNegation, denialWord}} {
		for _, at := range words.pattern.FindAllStringIndex(text, -1) {
			add(corpus.Span{Start: ruler[at[0]], End: ruler[at[1]]}, token{kind: words.kind})
		}
	}
	for i := first; i <= last; i++ { // words in Latin letters are not cut either
		if !isLatin(side.runes[i]) {
			continue
		}
		end := i
		for end <= last && isLatin(side.runes[end]) {
			end++
		}
		if end-i <= 24 { // longer ones are several, whose spaces are gone
			add(corpus.Span{Start: i - first, End: end - first}, token{kind: DifferenceWord})
		}
		i = end
	}
	return found
}

// charactersAt tells for every byte of a text how many characters begin before it.
func charactersAt(text string) []int {
	at := make([]int, len(text)+1)
	n := 0
	for i := range text {
		at[i] = n
		n++
	}
	at[len(text)] = n
	return at
}

// rebound finds the figures that are the same on both sides but for the bound,
// whose words may stand well before or after them.
func (a *alignment) rebound(mine, theirs []token) []columns {
	var found []columns
	for _, m := range mine {
		for _, t := range theirs {
			if m.columns == t.columns && m.figure.Kind != "" && t.figure.Kind != "" && direction(m.figure.Bound) != direction(t.figure.Bound) {
				found = append(found, m.columns)
			}
		}
	}
	return found
}

// direction is the side on which a bound lies: whether 超过 or 以上 is said is a matter of
// wording.
func direction(b corpus.Bound) int {
	switch b {
	case corpus.BoundAtMost, corpus.BoundLessThan:
		return -1
	case corpus.BoundAtLeast, corpus.BoundMoreThan:
		return 1
	}
	return 0
}

// whole widens parts until none cuts a token, takes in the bound's words beside a
// figure, and joins the parts that meet.
func whole(parts []columns, tokens []token) []columns {
	const beside = 2 // characters that may stand between the bound's words and the figure
	for grown := true; grown; {
		grown = false
		for i := range parts {
			p := &parts[i]
			for _, t := range tokens {
				cuts := t.from < p.to && p.from < t.to
				if t.kind == DifferenceBound && !cuts {
					continue
				}
				if cuts && (t.from < p.from || p.to < t.to) {
					p.from, p.to, grown = min(p.from, t.from), max(p.to, t.to), true
				}
			}
		}
	}
	// A bound that changed is shown with its figure.
	for i := range parts {
		p := &parts[i]
		for _, b := range tokens {
			if b.kind != DifferenceBound || b.to <= p.from || p.to <= b.from {
				continue
			}
			for _, f := range tokens {
				if f.figure.Kind == "" {
					continue
				}
				if b.to <= f.from && f.from-b.to <= beside || f.to <= b.from && b.from-f.to <= beside {
					p.from, p.to = min(p.from, b.from, f.from), max(p.to, b.to, f.to)
				}
			}
		}
	}
	slices.SortFunc(parts, func(x, y columns) int { return cmp.Compare(x.from, y.from) })
	joined := parts[:0]
	for _, p := range parts {
		if n := len(joined); n > 0 && p.from <= joined[n-1].to {
			joined[n-1].to = max(joined[n-1].to, p.to)
			continue
		}
		joined = append(joined, p)
	}
	return joined
}

// within returns the tokens that lie in a part.
func within(tokens []token, c columns) []token {
	var inside []token
	for _, t := range tokens {
		if c.from <= t.from && t.to <= c.to {
			inside = append(inside, t)
		}
	}
	return inside
}

// judge says what a part differs in: figures, dates and places one by one, else the
// words as a whole.
func (a *alignment) judge(c columns, mine, theirs []token) []TraceDifference {
	given, source := a.text(a.mine, a.given, c), a.text(a.theirs, a.source, c)
	var found []TraceDifference
	same := 0 // facts that agree though written otherwise
	for _, kind := range []DifferenceKind{DifferenceNumber, DifferenceDate, DifferenceDocumentNumber, DifferencePlace} {
		of := func(tokens []token) (chosen []token) {
			for _, t := range tokens {
				if t.kind == kind {
					chosen = append(chosen, t)
				}
			}
			return chosen
		}
		found = append(found, a.compare(kind, of(mine), of(theirs), c, &same)...)
	}
	if len(found) > 0 {
		return found
	}
	if strings.IndexFunc(given+source, isLetterOrDigit) < 0 {
		return []TraceDifference{{DifferencePunctuation, given, source}}
	}
	kind := DifferenceWord
	switch around := (columns{max(0, c.from-2), min(len(a.given), c.to+2)}); {
	case same > 0 && allFacts(mine) && allFacts(theirs):
		kind = DifferenceNotation
	case denies(a.text(a.mine, a.given, around)) != denies(a.text(a.theirs, a.source, around)):
		kind = DifferenceNegation
	case a.duties(mine, a.mine, a.given) != a.duties(theirs, a.theirs, a.source):
		kind = DifferenceDuty
	}
	return []TraceDifference{{kind, given, source}}
}

func isLetterOrDigit(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("%‰+", r)
}

// allFacts reports whether tokens hold nothing but figures, document numbers and
// places.
func allFacts(tokens []token) bool {
	return !slices.ContainsFunc(tokens, func(t token) bool {
		return t.kind == DifferenceDuty || t.kind == DifferenceNegation || t.kind == DifferenceBound
	})
}

// compare sets the facts of one kind on both sides against each other, in order.
func (a *alignment) compare(kind DifferenceKind, mine, theirs []token, part columns, same *int) []TraceDifference {
	var found []TraceDifference
	left := slices.Clone(theirs)
	var unmatched []token
	for _, m := range mine {
		i := slices.IndexFunc(left, func(t token) bool { return a.agree(kind, m, t) })
		if i < 0 {
			unmatched = append(unmatched, m)
			continue
		}
		if t := left[i]; direction(m.figure.Bound) != direction(t.figure.Bound) {
			found = append(found, TraceDifference{DifferenceBound, a.text(a.mine, a.given, part), a.text(a.theirs, a.source, part)})
		} else {
			*same++
		}
		left = slices.Delete(left, i, i+1)
	}
	for i := range max(len(unmatched), len(left)) {
		d := TraceDifference{Kind: kind}
		if i < len(unmatched) {
			d.Given = a.text(a.mine, a.given, unmatched[i].columns)
		}
		if i < len(left) {
			d.Source = a.text(a.theirs, a.source, left[i].columns)
		}
		found = append(found, d)
	}
	return found
}

// agree reports whether two facts say the same, bounds aside.
func (a *alignment) agree(kind DifferenceKind, m, t token) bool {
	switch kind {
	case DifferencePlace:
		return m.place == t.place
	case DifferenceDocumentNumber:
		return a.text(a.mine, a.given, m.columns) == a.text(a.theirs, a.source, t.columns)
	}
	x, y := m.figure, t.figure
	x.Bound, y.Bound = corpus.BoundNone, corpus.BoundNone
	return corpus.SameFigure(x, y)
}

// duties joins the words of duty among the tokens of one side.
func (a *alignment) duties(tokens []token, side skeleton, index []int) string {
	var words []string
	for _, t := range tokens {
		if t.kind == DifferenceDuty {
			words = append(words, a.text(side, index, t.columns))
		}
	}
	return strings.Join(words, " ")
}

// text is what one side has in a part, as written.
func (a *alignment) text(side skeleton, index []int, c columns) string {
	from, to := -1, -1
	for _, i := range index[c.from:c.to] {
		if i >= 0 {
			if from < 0 {
				from = i
			}
			to = i + 1
		}
	}
	if from < 0 {
		return ""
	}
	return side.written(from, to)
}
