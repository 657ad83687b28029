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
	best := ranked[0]
	d := draft{chosen: []evidence{best}}
	switch q.Intent {
	case IntentList:
		d.chosen = r.list(best, ranked)
	case IntentWhy:
		d.chosen = append(d.chosen, r.beside(best, ranked)...)
	default:
		d.chosen = append(d.chosen, r.missingWants(best, ranked)...)
	}
	for _, e := range d.chosen {
		d.statements = append(d.statements, r.statement(e))
	}
	d.doubt = r.doubt(best, ranked, passages)
	return d
}

// draftComparison answers for each side alone.
func (w extractive) draftComparison(q *Interpretation, passages []Passage) draft {
	var all draft
	all.doubt = Doubt{}
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
		best := ranked[0]
		s := r.statement(best)
		if subject.City != "" && !strings.Contains(s.Text, subject.City) {
			named := s
			named.Text = subject.Name + "：" + s.Text
			if support, _, _ := Verify(named, w.places); support == SupportVerified {
				s = named
			}
		}
		all.chosen = append(all.chosen, best)
		all.statements = append(all.statements, s)
		d := r.doubt(best, ranked, passages)
		if i == 0 || d.Probability() < all.doubt.Probability() {
			all.doubt = d
		}
	}
	return all
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
	if best.unit.kind == unitSentence && best.unit.label.Len() == 0 {
		return []evidence{best}
	}
	at := best.reading.passage.Found
	about := r.aboutList(best)
	members := []evidence{best}
	for _, e := range ranked[1:] {
		p := e.reading.passage.Found
		if p.Document.ID != at.Document.ID || e.unit.kind != best.unit.kind || (e.unit.label.Len() > 0) != (best.unit.label.Len() > 0) {
			continue
		}
		if !siblings(at.Passage, p.Passage, e.unit.kind) || e.features.Summary > best.features.Summary {
			continue
		}
		if e.unit.kind == unitItem && string(e.reading.text[e.unit.label.Start:e.unit.label.End]) != string(best.reading.text[best.unit.label.Start:best.unit.label.End]) && e.reading != best.reading {
			continue // the items of several sections are a list where they are named alike
		}
		if r.aboutList(e) >= listShare*about && e.features.Wants >= best.features.Wants && len(members) < listMembers {
			members = append(members, e)
		}
	}
	members = withoutAncestors(members)
	slices.SortStableFunc(members, func(a, b evidence) int {
		return a.reading.passage.Found.Passage.Span.Start + a.unit.span.Start - b.reading.passage.Found.Passage.Span.Start - b.unit.span.Start
	})
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

// siblings reports whether two passages stand under the same heading, or, where
// headings or the sections under them are compared, under headings of one parent.
func siblings(a, b corpus.Passage, kind unitKind) bool {
	if slices.Equal(a.HeadingPath, b.HeadingPath) {
		return true
	}
	if kind != unitHeading && kind != unitItem {
		return false
	}
	if n := len(a.HeadingPath); n > 1 && len(b.HeadingPath) == n {
		return slices.Equal(a.HeadingPath[:n-1], b.HeadingPath[:n-1])
	}
	return kind == unitHeading && (isAncestor(a, b) || isAncestor(b, a))
}

// isAncestor reports whether b stands in a section below a's.
func isAncestor(a, b corpus.Passage) bool {
	n := len(a.HeadingPath)
	return n > 0 && len(b.HeadingPath) == n+1 && slices.Equal(a.HeadingPath, b.HeadingPath[:n])
}

// withoutAncestors drops a heading when two or more of the headings below it are
// there.
func withoutAncestors(members []evidence) []evidence {
	return slices.DeleteFunc(slices.Clone(members), func(e evidence) bool {
		below := 0
		for _, other := range members {
			if e.unit.kind == unitHeading && isAncestor(e.reading.passage.Found.Passage, other.reading.passage.Found.Passage) {
				below++
			}
		}
		return below > 1
	})
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
