package retrieval

import (
	"context"
	"iter"
	"slices"
	"strings"

	"policykb/corpus"
)

// extractive is the built-in writer: it answers in the documents' own words. It
// weighs every sentence, table row and list item of the passages, takes those
// that answer, trims them to the clauses that carry the answer, and says them as
// prose.
type extractive struct {
	interpreter
	weights Features
}

// draft is an answer before it is verified, with what speaks for it.
type draft struct {
	statements []Statement
	chosen     []evidence // the unit each statement was written from, best first
	doubt      Doubt
	conflicts  []evidence // units of other documents that give another figure for the same
}

// Write implements [Writer].
func (w extractive) Write(ctx context.Context, q Interpretation, passages []Passage) iter.Seq2[Statement, error] {
	return func(yield func(Statement, error) bool) {
		d := w.draft(&q, passages)
		for _, s := range d.statements {
			if err := ctx.Err(); err != nil {
				yield(Statement{}, err)
				return
			}
			if !yield(s, nil) {
				return
			}
		}
	}
}

// draft answers the question from the passages.
func (w extractive) draft(q *Interpretation, passages []Passage) draft {
	if len(q.Subjects) > 1 {
		return w.draftComparison(q, passages)
	}
	r := newReader(q, w.places, w.weights)
	ranked := r.weigh(r.read(passages))
	if len(ranked) == 0 {
		return draft{}
	}
	ranked = r.answering(ranked)
	best := ranked[0]
	d := draft{chosen: []evidence{best}}
	switch {
	case q.manyCities:
		d.chosen = perCity(ranked)
	case q.Intent == IntentList:
		d.chosen = r.list(best, ranked)
	case q.Intent == IntentWhy:
		d.chosen = append(d.chosen, r.beside(best, ranked)...)
	default:
		d.chosen = append(d.chosen, r.missingWants(best, ranked)...)
	}
	for _, e := range d.chosen {
		s := r.statement(e)
		if q.manyCities {
			s = w.named(s, e.city())
		}
		d.statements = append(d.statements, s)
	}
	d.doubt = r.doubt(best)
	d.conflicts = r.conflicts(best, ranked)
	return d
}

// factMargin is how much less than the best a unit may score to be taken before it
// for the wanted fact it holds.
const factMargin = 3

// answering puts the best unit that holds a wanted fact first, where nothing but
// such a fact can answer and it is not much worse.
func (r *reader) answering(ranked []evidence) []evidence {
	if !slices.ContainsFunc(r.q.Wants, Want.exact) {
		return ranked
	}
	for i, e := range ranked {
		if e.score < ranked[0].score-factMargin {
			break
		}
		if e.features.Wants > 0 {
			first := append([]evidence{e}, ranked[:i]...)
			return append(first, ranked[i+1:]...)
		}
	}
	return ranked
}

// draftComparison answers for each side alone, and where each side has one
// figure says which is the larger.
func (w extractive) draftComparison(q *Interpretation, passages []Passage) draft {
	var all draft
	for i, subject := range q.Subjects {
		var side Interpretation
		if i < len(q.sides) {
			side = q.sides[i]
		} else {
			side = w.about(q, subject)
		}
		r := newReader(&side, w.places, w.weights)
		ranked := r.weigh(r.read(passages))
		if len(ranked) == 0 {
			continue
		}
		ranked = r.answering(ofPlace(ranked, subject))
		best := ranked[0]
		if d := r.doubt(best); i == 0 || d.Probability() < all.doubt.Probability() {
			all.doubt = d
		}
		s := r.statement(best)
		if slices.ContainsFunc(all.statements, func(t Statement) bool { return t.Quotes[0].sameAs(s.Quotes[0]) }) {
			continue // one sentence answers for several sides
		}
		all.chosen = append(all.chosen, best)
		all.statements = append(all.statements, w.named(s, subject.Name))
	}
	if verdict, ok := verdictOn(q, all); ok {
		if support, _, _ := Verify(verdict, w.places); support == SupportVerified {
			all.statements = append(all.statements, verdict)
		}
	}
	return all
}

// named puts a name before a statement that lacks it, where what stands beside
// the quote bears it out.
func (w extractive) named(s Statement, name string) Statement {
	if strings.Contains(corpus.Fold(s.Text), corpus.Fold(name)) {
		return s
	}
	named := s
	named.Text = name + "：" + s.Text
	if support, _, _ := Verify(named, w.places); support != SupportVerified {
		return s
	}
	return named
}

// sameAs reports whether two quotes are the same words at the same place.
func (q Quote) sameAs(o Quote) bool {
	return q.Span == o.Span && q.Passage.Found.Document.ID == o.Passage.Found.Document.ID
}

// ofPlace keeps what is said of the side's own city, where anything is.
func ofPlace(ranked []evidence, s Subject) []evidence {
	own := slices.DeleteFunc(slices.Clone(ranked), func(e evidence) bool { return e.features.Place <= 0 })
	if s.City == "" || len(own) == 0 {
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
	side.Intent, side.target = q.aspect, q.target
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

// missingWants finds a second unit for facts that the question wants and the
// best unit lacks: it must hold a missing one and speak of the same thing.
func (r *reader) missingWants(best evidence, ranked []evidence) []evidence {
	if len(r.q.Wants) < 2 || best.features.Wants == 1 || len(best.wanted) == 0 {
		return nil
	}
	has := make([]bool, len(r.q.Wants))
	for _, f := range best.wanted {
		has[f.want] = true
	}
	for _, e := range ranked[1:min(len(ranked), 12)] {
		if e.reading.passage.Found.Document.ID != best.reading.passage.Found.Document.ID || e.features.Place < 0 {
			continue
		}
		for _, f := range e.wanted {
			if !has[f.want] {
				return []evidence{e}
			}
		}
	}
	return nil
}

// The share of the best member's ideas that a thing must have to be a member of
// the same list, and the most members given.
const (
	listShare   = 0.8
	listMembers = 12
)

// list finds the members of the list that the best unit is one of: the rows,
// items, named paragraphs or headings of the same kind that are as much about the
// question, in the order of the text. A sentence that lists things is the list.
func (r *reader) list(best evidence, ranked []evidence) []evidence {
	if best.unit.kind == unitHeading {
		return r.listHeadings(best, ranked)
	}
	if best.unit.kind == unitSentence && best.unit.label.Len() == 0 {
		return []evidence{best}
	}
	about := r.aboutList(best)
	members := []evidence{best}
	for _, e := range ranked {
		if len(members) == listMembers || e.score == best.score && e.unit == best.unit || !sameSort(best, e) || !siblings(best, e) {
			continue
		}
		about := about
		if !slices.Equal(e.path(), best.path()) {
			if e.text(e.unit.label) != best.text(best.unit.label) {
				continue // the items of several sections are a list where they are named alike
			}
			about = 0
		}
		if r.aboutList(e) >= listShare*about && e.features.Wants >= best.features.Wants && e.features.Summary <= best.features.Summary {
			members = append(members, e)
		}
	}
	return inOrder(members)
}

// listHeadings lists the headings below the best one where there are several, or
// those beside it that are as much about the question. A heading alone is no
// list: then what is best below it answers.
func (r *reader) listHeadings(best evidence, ranked []evidence) []evidence {
	var under, beside []evidence
	about := r.aboutList(best)
	for _, e := range ranked {
		switch {
		case e.reading.passage.Found.Document.ID != best.reading.passage.Found.Document.ID || e.unit.kind != unitHeading || len(e.unit.clauses) != 1:
		case below(best, e):
			under = append(under, e)
		case siblings(best, e) && r.aboutList(e) >= listShare*about:
			beside = append(beside, e)
		}
	}
	switch {
	case len(under) > 1:
		return inOrder(under[:min(len(under), listMembers)])
	case len(beside) > 1:
		return inOrder(beside[:min(len(beside), listMembers)])
	}
	for _, e := range ranked {
		if e.unit.kind != unitHeading {
			return r.list(e, ranked)
		}
	}
	return []evidence{best}
}

// sameSort reports whether two units of one document are of one kind.
func sameSort(a, b evidence) bool {
	return a.reading.passage.Found.Document.ID == b.reading.passage.Found.Document.ID && a.unit.kind == b.unit.kind &&
		(a.unit.label.Len() > 0) == (b.unit.label.Len() > 0)
}

// inOrder sorts the members of a list as they stand in the text.
func inOrder(members []evidence) []evidence {
	at := func(e evidence) int { return e.reading.passage.Found.Passage.Span.Start + e.unit.span.Start }
	slices.SortStableFunc(members, func(a, b evidence) int { return at(a) - at(b) })
	return members
}

// aboutList is how much of the question a unit holds itself or stands under.
func (r *reader) aboutList(e evidence) float64 {
	held := slices.Clone(e.own)
	if e.unit.kind == unitSentence && e.unit.label.Len() > 0 {
		held = r.cover(e.reading.found, e.unit.label) // a named paragraph is listed by its name
	}
	for _, above := range e.unit.above {
		r.match.cover(e.reading.found, e.reading.units[above].span, held)
	}
	for c := range held {
		held[c] = max(held[c], e.reading.over[c])
	}
	return r.share(held)
}

// path is the headings a unit stands under, from the top down, without itself.
func (e evidence) path() []string {
	own := ""
	if e.unit.kind == unitHeading {
		own = e.text(e.unit.span)
	}
	var path []string
	add := func(heading string) {
		if heading = squeeze(heading); heading != squeeze(own) && !slices.Contains(path, heading) {
			path = append(path, heading)
		}
	}
	for _, heading := range e.reading.passage.Found.Passage.HeadingPath {
		add(heading)
	}
	for _, above := range e.unit.above {
		if u := &e.reading.units[above]; len(u.clauses) == 1 { // a heading, not a table's header row
			add(e.text(u.span))
		}
	}
	return path
}

// text is the part of the unit's passage that a span marks.
func (e evidence) text(s corpus.Span) string { return string(e.reading.text[s.Start:s.End]) }

// siblings reports whether two units stand under the same heading, or, where they
// are items of sections, under headings of one parent.
func siblings(a, b evidence) bool {
	p, q := a.path(), b.path()
	if slices.Equal(p, q) {
		return true
	}
	n := len(p)
	return a.unit.kind == unitItem && n > 1 && len(q) == n && slices.Equal(p[:n-1], q[:n-1])
}

// below reports whether b is a heading right below the heading a.
func below(a, b evidence) bool {
	path := b.path()
	return a.unit.kind == unitHeading && b.unit.kind == unitHeading && len(path) > 0 && path[len(path)-1] == squeeze(a.text(a.unit.span))
}

// Which cities are listed for a question that asks which: those whose best unit
// scores not much less than the best of all.
const (
	cityMargin = 5
	cityMost   = 10
)

// perCity takes the best unit of each city, best first.
func perCity(ranked []evidence) []evidence {
	var chosen []evidence
	seen := make(map[string]bool)
	for _, e := range ranked {
		city := e.city()
		if e.score < ranked[0].score-cityMargin || len(chosen) == cityMost {
			break
		}
		if city != "" && !seen[city] {
			seen[city] = true
			chosen = append(chosen, e)
		}
	}
	if len(chosen) == 0 {
		return ranked[:1]
	}
	return chosen
}

// city is the city a unit speaks of: the first it names, or else the document's.
func (e evidence) city() string {
	for _, m := range e.reading.places {
		if e.unit.span.Contains(m.Span) && m.Place.Level == corpus.LevelCity {
			return m.Place.Name
		}
	}
	for _, p := range e.reading.home {
		if p.Level == corpus.LevelCity {
			return p.Name
		}
	}
	return ""
}

// conflicts finds units of other documents that say nearly the same of the same
// place and give another figure.
func (r *reader) conflicts(best evidence, ranked []evidence) []evidence {
	if len(best.wanted) == 0 {
		return nil
	}
	words := []rune(withoutFigures(best.text(best.unit.span)))
	var others []evidence
	for _, e := range ranked[1:min(len(ranked), 20)] {
		if e.reading.passage.Found.Document.ID == best.reading.passage.Found.Document.ID || len(e.wanted) == 0 || e.features.Place < best.features.Place {
			continue
		}
		if sharedPairs(words, []rune(withoutFigures(e.text(e.unit.span)))) < 0.75 {
			continue
		}
		if !slices.ContainsFunc(e.wanted, func(f fact) bool {
			return slices.ContainsFunc(best.wanted, func(g fact) bool {
				return f.figure == nil || g.figure == nil || f.figure.Kind != g.figure.Kind || corpus.SameFigure(*f.figure, *g.figure)
			})
		}) {
			others = append(others, e)
		}
	}
	return others
}

// withoutFigures folds a text and drops its digits.
func withoutFigures(text string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' || r == '.' {
			return -1
		}
		return r
	}, corpus.Fold(text))
}

// besideMargin is how much less than the best a unit beside it may score to be
// said too.
const besideMargin = 4

// beside finds a second reason: the better of the units beside the best one.
func (r *reader) beside(best evidence, ranked []evidence) []evidence {
	for _, e := range ranked[1:] {
		if e.score < best.score-besideMargin {
			break
		}
		if d := e.index - best.index; e.reading == best.reading && -2 <= d && d <= 2 && e.features.Own > 0.1 {
			return []evidence{e}
		}
	}
	return nil
}

// statement says a unit, trimmed to what answers.
func (r *reader) statement(e evidence) Statement {
	t, span := e.reading, r.trim(e)
	p := t.passage.Found.Passage
	named := corpus.Span{}
	if r.q.Intent == IntentList {
		switch heading, ok := r.headingOf(e); {
		case ok:
			named, span.Start = heading, heading.Start
		case e.unit.kind == unitSentence && e.unit.label.Len() > 0:
			span = e.unit.label
		}
	}
	quote := string(t.text[span.Start:span.End])
	s := Statement{Quotes: []Quote{{Passage: *t.passage, Span: span.Shift(p.Span.Start), Text: quote}}}
	switch {
	case named.Len() > 0:
		s.Text = readable(string(t.text[named.Start:named.End])) + "：" + readable(string(t.text[e.unit.span.Start:span.End]))
	case e.unit.kind == unitRow:
		var cells []string
		for _, c := range e.unit.clauses {
			cells = append(cells, string(t.text[c.Start:c.End]))
		}
		s.Text = readableCells(cells)
	default:
		s.Text = connective.ReplaceAllString(readable(quote), "")
	}
	s.Text = sentenceEnd(s.Text, r.q.Language)
	return s
}

// headingOf returns the heading just above a list item that names what the item
// is about, where the question does not name it.
func (r *reader) headingOf(e evidence) (corpus.Span, bool) {
	if e.unit.kind != unitItem || e.unit.label.Len() == 0 {
		return corpus.Span{}, false
	}
	if n := len(e.unit.above); n > 0 {
		u := &e.reading.units[e.unit.above[n-1]]
		named := float64(coveredLength(e.reading.found, u.span)) >= 0.9*float64(u.span.Len())
		return u.span, !named && e.unit.span.Start-u.span.Start < 80
	}
	return corpus.Span{}, false
}

// wholeLength is how many code points a unit may have to be quoted whole.
const wholeLength = 56

// trim returns the part of a unit to quote: a run of clauses that holds the
// wanted facts and as much of what was asked as its length is worth.
func (r *reader) trim(e evidence) corpus.Span {
	t, u := e.reading, e.unit
	whole := trimAny(t.text, u.span, "")
	if end, ok := t.listEnd(e.index); ok {
		return corpus.Span{Start: whole.Start, End: end}
	}
	if u.kind == unitRow || len(u.clauses) == 1 || len(e.wanted) == 0 || whole.Len() <= wholeLength && !r.namesOthers(t, u.span) {
		return whole
	}
	best, bestWorth := whole, -1.0
	for i := range u.clauses {
		for j := i; j < len(u.clauses); j++ {
			part := corpus.Span{Start: u.clauses[i].Start, End: u.clauses[j].End}
			var facts []fact
			for _, f := range e.wanted {
				if part.Contains(f.span) {
					facts = append(facts, f)
				}
			}
			if r.wantsShare(facts) < e.features.Wants {
				continue
			}
			worth := r.share(r.cover(t.found, part)) - r.wordiness()*float64(part.Len())
			named := false
			for _, m := range t.places {
				switch {
				case !part.Contains(m.Span) || m.Place.Level == corpus.LevelDistrict:
				case r.asks(m.Place) > 0:
					named = true
				case len(r.q.Cities) > 0:
					worth -= 0.2
				}
			}
			if named {
				worth += 0.3
			}
			for _, f := range t.facts {
				if part.Contains(f.span) && !slices.ContainsFunc(e.wanted, func(g fact) bool { return g.span == f.span }) {
					worth -= 0.3 // another place's figure
				}
			}
			if worth > bestWorth {
				best, bestWorth = part, worth
			}
		}
	}
	return trimAny(t.text, best, "，,：:；;")
}

// namesOthers reports whether a span speaks of places that are not asked about.
func (r *reader) namesOthers(t *reading, s corpus.Span) bool {
	return len(r.q.Cities) > 0 && slices.ContainsFunc(t.places, func(m corpus.Mention) bool {
		return s.Contains(m.Span) && m.Place.Level != corpus.LevelDistrict && r.asks(m.Place) < 0
	})
}

// wordiness is what each code point of a quote costs; a Chinese one says as much as
// three Latin ones.
func (r *reader) wordiness() float64 {
	if r.q.Language == "en" {
		return 0.0013
	}
	return 0.004
}

// listEnd returns where the list ends that the unit introduces with a colon: the
// items below it in the passage.
func (t *reading) listEnd(i int) (int, bool) {
	u := &t.units[i]
	last := t.text[u.span.End-1]
	if last != '：' && last != ':' || u.kind == unitRow {
		return 0, false
	}
	end := 0
	for j := i + 1; j < len(t.units); j++ {
		next := &t.units[j]
		opening := listOpening.MatchString(string(t.text[next.span.Start:next.span.End])) || next.kind == unitItem
		if next.kind == unitHeading || next.kind == unitRow || !opening && next.block != t.units[j-1].block {
			break
		}
		if next.span.End-u.span.Start > 700 {
			break
		}
		end = next.span.End
	}
	return end, end > 0
}
