package retrieval

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"policykb/corpus"
)

// subjectsOf lists the sides of a comparison: cities, districts, editions of a
// document, or other things that the question joins by 和 or a comma. It returns
// nil where the question compares nothing. What follows a city up to 的 belongs to
// that city alone (杭州滨江的) unless it is a known word.
func subjectsOf(q *Interpretation, question, folded []rune, places []corpus.Mention, known func(word string) bool) []Subject {
	sides := placeSides(q, question, places, known)
	if q.Intent != IntentCompare && !joined(folded, sides) {
		sides = nil
	}
	if len(sides) < 2 && len(q.Editions) > 1 {
		sides = editionSides(q, folded)
	}
	if len(sides) < 2 && q.Intent == IntentCompare {
		sides = joinedSides(folded, places)
	}
	if len(sides) < 2 {
		return nil
	}
	subjects := make([]Subject, len(sides))
	for i, side := range sides {
		subjects[i] = side.subject
		subjects[i].Name = strings.TrimSpace(string(question[side.span.Start:side.span.End]))
		subjects[i].Within = without(question, folded, sides, i)
	}
	return subjects
}

// side is a subject where it stands in the question.
type side struct {
	subject Subject
	span    corpus.Span
	also    []corpus.Span // what belongs to it alone: its district, its year
}

// placeSides makes a side of every city, or where there is only one city of every
// district; of that city too where it is joined with one: 甲市和乙区.
func placeSides(q *Interpretation, question []rune, places []corpus.Mention, known func(string) bool) []side {
	level := func(m corpus.Mention) bool { return m.Place.Level != corpus.LevelDistrict }
	if len(q.Cities) < 2 {
		level = func(m corpus.Mention) bool { return m.Place.Level == corpus.LevelDistrict }
		if len(places) == 2 && len(q.Districts) == 1 && joinedNames.MatchString(string(question[places[0].Span.End:max(places[0].Span.End, places[1].Span.Start)])) {
			level = func(corpus.Mention) bool { return true }
		}
	}
	var sides []side
	titled := 0
	for _, m := range places {
		if titleAfter.MatchString(string(question[m.Span.End:])) {
			titled++
		}
	}
	for _, m := range places {
		switch {
		case level(m):
			if !slices.ContainsFunc(sides, func(s side) bool { return s.subject.Name == m.Place.Name }) {
				s := side{subject: Subject{Name: m.Place.Name, City: m.Place.Name}, span: m.Span}
				if m.Place.Level == corpus.LevelDistrict {
					s.subject.City = ""
				}
				if bracket := bracketAfter.FindString(string(question[m.Span.End:])); bracket != "" {
					s.also = append(s.also, corpus.Span{Start: m.Span.End, End: m.Span.End + len([]rune(bracket))})
				}
				if level := levelAfter.FindStringSubmatch(string(question[m.Span.End:])); level != nil {
					s.also = append(s.also, corpus.Span{Start: m.Span.End, End: m.Span.End + len([]rune(level[1]))})
				}
				if year := yearBefore.FindStringSubmatch(string(question[:m.Span.Start])); year != nil {
					s.subject.Year = yearOf(year[1])
					s.also = append(s.also, corpus.Span{Start: m.Span.Start - len([]rune(year[0])), End: m.Span.Start})
				}
				if title := titleAfter.FindString(string(question[m.Span.End:])); title != "" && titled > 1 {
					s.also = append(s.also, corpus.Span{Start: m.Span.End, End: m.Span.End + len([]rune(title))})
				}
				if part := partOfCity.FindStringSubmatch(string(question[m.Span.End:])); part != nil && !known(part[1]) && !strings.ContainsAny(part[1], "和与跟及同或比") {
					s.also = append(s.also, corpus.Span{Start: m.Span.End, End: m.Span.End + len([]rune(part[1]))})
				}
				sides = append(sides, s)
			}
		case len(sides) > 0 && m.Place.Level == corpus.LevelDistrict:
			last := &sides[len(sides)-1]
			last.also = append(last.also, m.Span)
		}
	}
	return sides
}

// titleAfter matches the rest of a document's title that begins with a place, and
// joinedNames what stands between two places that are joined; levelAfter matches what
// says that a city itself is meant, and none of its districts.
var (
	titleAfter  = regexp.MustCompile(`^[^，,。？?和与跟及《》的]{2,24}?(条例|办法|规定|规划|方案|措施|意见|计划)》?`)
	levelAfter  = regexp.MustCompile(`^(市?级|全市|市里)(?:和|与|跟|及|、|还是|比)`)
	joinedNames = regexp.MustCompile(`^(市|市级|级|全市|市里)?[》的]?(和|与|跟|及|、|还是|比)$`)
)

// joined reports whether the question names its sides in a row or asks of each.
func joined(folded []rune, sides []side) bool {
	for i := range len(sides) - 1 {
		between := string(folded[sides[i].span.End:max(sides[i].span.End, sides[i+1].span.Start)])
		if len([]rune(between)) <= 14 && joinMarks.MatchString(between) {
			return true
		}
	}
	return eachPattern.MatchString(string(folded))
}

var eachPattern = regexp.MustCompile(`各|分别|都|respectively|each|both`)

// yearBefore matches a year that tells which edition of a city's text is meant:
// 2020年的甲市.
var yearBefore = regexp.MustCompile(`((?:19|20)\d\d)\s*年(?:版)?的?$`)

// partOfCity matches a part of a city named by its bare name.
var partOfCity = regexp.MustCompile(`^([\p{Han}]{2,3})的`)

// bracketAfter matches a remark in brackets on what stands before it.
var bracketAfter = regexp.MustCompile(`^\s*[（(][^）)]{1,20}[）)]`)

// editionSides makes a side of every year that tells editions apart.
func editionSides(q *Interpretation, folded []rune) []side {
	var sides []side
	text := string(folded)
	for _, m := range yearPattern.FindAllStringIndex(text, -1) {
		span := corpus.Span{Start: len([]rune(text[:m[0]])), End: len([]rune(text[:m[1]]))}
		for _, year := range q.Editions {
			if strings.HasPrefix(text[m[0]:], strconv.Itoa(year)) && !slices.ContainsFunc(sides, func(s side) bool { return s.subject.Year == year }) {
				sides = append(sides, side{subject: Subject{Year: year}, span: span})
			}
		}
	}
	return sides
}

// The ends of a row of joined things, and what joins them.
var (
	joinEnd   = regexp.MustCompile(`的|，|,|？|\?|分别|各|哪|谁|有何|有什么|都|是否|相比|[一二三四五六七八九十两]+(部|个|者|项|类|种|份|条)`)
	joinMarks = regexp.MustCompile(`、|和|与|跟|及|还是| and | or | versus | vs\.? `)
)

// joinedSides finds A、B和C in a question. What is joined has no marked beginning
// in Chinese, so the first thing is taken to be as long as the second where both
// end alike (通用大模型与垂直大模型), or else to begin after a place, a comma or 的.
func joinedSides(folded []rune, places []corpus.Mention) []side {
	text := string(folded)
	first := joinMarks.FindStringIndex(text)
	if first == nil {
		return nil
	}
	runeAt := func(b int) int { return len([]rune(text[:b])) }
	from := 0
	for i, r := range folded[:runeAt(first[0])] {
		if strings.ContainsRune("，,。的：: ", r) && !isLatin(folded[max(0, i-1)]) {
			from = i + 1
		}
	}
	for _, m := range places {
		if m.Span.End <= runeAt(first[0]) {
			from = max(from, m.Span.End)
		}
	}
	to := len(folded)
	if end := joinEnd.FindStringIndex(text[first[1]:]); end != nil {
		to = runeAt(first[1] + end[0])
	}
	var sides []side
	start := from
	for _, m := range append(joinMarks.FindAllStringIndex(text, -1), []int{len(text), len(text)}) {
		at := min(runeAt(m[0]), to)
		if at > start {
			span := corpus.Span{Start: start, End: at}
			sides = append(sides, side{span: span, subject: Subject{Name: string(folded[start:at])}})
		}
		if start = runeAt(m[1]); start >= to {
			break
		}
	}
	if len(sides) < 2 {
		return nil
	}
	if a, b := sides[0].span, sides[1].span; a.Len() > b.Len() && folded[a.End-1] == folded[b.End-1] {
		sides[0].span.Start = a.End - b.Len()
		sides[0].subject.Name = string(folded[sides[0].span.Start:a.End])
	}
	for _, s := range sides {
		if s.span.Len() < 2 || s.span.Len() > 24 {
			return nil
		}
	}
	return sides
}

// without returns the question with all sides but one taken out, together with
// the words that joined them.
func without(question, folded []rune, sides []side, keep int) string {
	drop := make([]bool, len(question)+1)
	for i, s := range sides {
		if i == keep {
			for _, span := range s.also {
				if question[span.Start] == '(' || question[span.Start] == '（' {
					mark(drop, span.Start, span.End)
				}
			}
			continue
		}
		for _, span := range append([]corpus.Span{s.span}, s.also...) {
			mark(drop, span.Start, span.End)
		}
	}
	for i := 0; i < len(sides)-1; i++ {
		between := corpus.Span{Start: sides[i].span.End, End: sides[i+1].span.Start}
		for _, span := range sides[i].also {
			between.Start = max(between.Start, span.End)
		}
		if between.Start < between.End && between.Len() <= 12 && joinMarks.MatchString(string(folded[between.Start:between.End])) {
			m := joinMarks.FindStringIndex(string(folded[between.Start:between.End]))
			at := between.Start + len([]rune(string(folded[between.Start:between.End])[:m[0]]))
			mark(drop, at, at+len([]rune(string(folded[between.Start:between.End])[m[0]:m[1]])))
			if drop[at] && string(folded[between.Start:between.End])[m[0]] == ' ' {
				drop[at] = false
			}
		}
	}
	var kept []rune
	for i, r := range question {
		if !drop[i] {
			kept = append(kept, r)
		}
	}
	return string(kept)
}

// draftComparison answers for each side alone, and where the sides have figures of
// one unit says which is the larger and by how much.
func (w extractive) draftComparison(q *Interpretation, passages []Passage) draft {
	var all draft
	rows := make([]comparedRow, len(q.Subjects))
	readers, answers := make([]*reader, len(q.Subjects)), make([][]evidence, len(q.Subjects))
	for i, subject := range q.Subjects {
		var side Interpretation
		if i < len(q.sides) {
			side = q.sides[i]
		} else {
			side = w.about(q, subject)
		}
		readers[i] = newReader(&side, w.places, w.weights)
		if ranked := readers[i].weigh(readers[i].read(passages)); len(ranked) > 0 {
			answers[i] = readers[i].answering(ofSide(ranked, q.Subjects, i))
		}
	}
	alike(answers)
	for i, subject := range q.Subjects {
		if len(answers[i]) == 0 {
			continue
		}
		r, best := readers[i], answers[i][0]
		if d := r.doubt(best); i == 0 || d.Probability() < all.doubt.Probability() {
			all.doubt = d
		}
		s := r.statement(best)
		rows[i] = comparedRow{best: &best, quote: s.Quotes[0]}
		if slices.ContainsFunc(all.statements, func(t Statement) bool { return t.Quotes[0].sameAs(s.Quotes[0]) }) {
			rows[i].best = nil // one sentence answers for several sides, with which of its figures is not known
			continue
		}
		all.chosen = append(all.chosen, best)
		all.statements = append(all.statements, w.named(s, subject.Name))
	}
	all.comparison = compared(q, rows)
	if verdict, ok := all.comparison.verdict(q, rows); ok {
		if support, _, _ := Verify(verdict, w.places); support == SupportVerified {
			all.statements = append(all.statements, verdict)
		}
	}
	return all
}

// alike puts first, where one side was answered with what a whole place spends and
// another with what one company gets, a unit of the first that speaks of the latter,
// if one scores not much less.
func alike(answers [][]evidence) {
	total := func(e evidence) bool { return totalsPattern.MatchString(e.text(e.unit.span)) }
	totals := 0
	for _, ranked := range answers {
		if len(ranked) > 0 && total(ranked[0]) {
			totals++
		}
	}
	if totals == 0 || totals == len(answers) {
		return
	}
	for i, ranked := range answers {
		if len(ranked) == 0 || !total(ranked[0]) {
			continue
		}
		for k, e := range ranked {
			if e.score < ranked[0].score-alikeMargin {
				break
			}
			if !total(e) && e.features.Wants >= ranked[0].features.Wants && e.features.Place > 0 {
				answers[i] = slices.Concat([]evidence{e}, ranked[:k], ranked[k+1:])
				break
			}
		}
	}
}

// alikeMargin is how much less than the best a unit may score to be taken because it
// can be compared.
const alikeMargin = 6

// ofSide keeps what is said of the side's own city, and not under a heading that names
// another side, where anything is.
func ofSide(ranked []evidence, sides []Subject, i int) []evidence {
	own := keep(ranked, func(e evidence) bool { return sides[i].City == "" || e.features.Place > 0 })
	return keep(own, func(e evidence) bool {
		above := strings.Join(e.reading.passage.Found.Passage.HeadingPath, "\n")
		return strings.Contains(above, sides[i].Name) || !slices.ContainsFunc(sides, func(s Subject) bool { return strings.Contains(above, s.Name) })
	})
}

// keep returns the units that are wanted, or all where none is.
func keep(ranked []evidence, wanted func(evidence) bool) []evidence {
	own := slices.DeleteFunc(slices.Clone(ranked), func(e evidence) bool { return !wanted(e) })
	if len(own) == 0 {
		return ranked
	}
	return own
}

// about is the question about one side of a comparison.
func (w extractive) about(q *Interpretation, s Subject) Interpretation {
	side := w.interpret(s.Within, nil, corpus.Date{})
	side.Filter, side.Language, side.asOf = q.Filter, q.Language, q.asOf
	side.Subjects = nil
	if len(side.Wants) == 0 {
		side.Wants = q.Wants
	}
	if s.City != "" && len(side.Wants) > 1 {
		side.Wants = slices.DeleteFunc(slices.Clone(side.Wants), func(w Want) bool { return w.Sort == WantPlace })
	}
	if s.City != "" && len(side.Cities) == 0 {
		side.Cities = []string{s.City}
	}
	side.Intent, side.target, side.meaning = q.aspect, q.target, q.aspect == IntentDefinition
	if len(side.Wants) == 0 && side.target != "" && (side.Intent == IntentCompare || side.Intent == IntentFact) {
		side.Intent = IntentDefinition // how two texts put one thing
	}
	if side.Intent == IntentCompare {
		side.Intent = IntentFact
	}
	if s.Year != 0 && len(side.Editions) == 0 {
		side.Editions = []int{s.Year}
	}
	for i, c := range side.Concepts {
		for _, known := range q.Concepts {
			if known.Text == c.Text {
				side.Concepts[i].Weight = known.Weight
			}
		}
	}
	return side
}
