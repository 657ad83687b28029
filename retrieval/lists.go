package retrieval

import (
	"slices"

	"policykb/corpus"
)

// The share of the best member's ideas that a thing must have to be a member of
// the same list, and the most members given.
const (
	listShare   = 0.8
	listMembers = 12
)

// listMargin is how much less than the best a unit may score whose list has as many
// members as the question says.
const listMargin = 5

// wholeList finds the list that the best unit belongs to, or where the question says
// how many members it has and that one has others, the next best that has as many.
func (r *reader) wholeList(best evidence, ranked []evidence) []evidence {
	list := r.list(best, ranked)
	if r.q.members < 2 || r.hasMembers(list) {
		return list
	}
	var tried [][]string
	for _, e := range ranked {
		if e.score < best.score-listMargin {
			break
		}
		if path := e.path(); !slices.ContainsFunc(tried, func(p []string) bool { return slices.Equal(p, path) }) {
			tried = append(tried, path)
			if other := r.list(e, ranked); r.hasMembers(other) {
				return other
			}
		}
	}
	return list
}

// hasMembers reports whether a list has as many members as the question says; a
// sentence or a clause of one may hold them all.
func (r *reader) hasMembers(list []evidence) bool {
	if len(list) == 1 {
		e := list[0]
		return slices.ContainsFunc(append([]corpus.Span{e.unit.span}, e.unit.clauses...), func(part corpus.Span) bool {
			return listing(e.text(part), r.q.members) > 0.99
		})
	}
	return len(list) == r.q.members
}

// list finds the members of the list that the best unit is one of: the rows,
// items, named paragraphs or headings of the same kind that are as much about the
// question, in the order of the text. A sentence that lists things is the list.
func (r *reader) list(best evidence, ranked []evidence) []evidence {
	if best.unit.kind == unitHeading {
		if rows := rowsBelow(best, ranked); len(best.unit.clauses) > 1 && len(rows) > 0 {
			return rows
		}
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
	if want := r.q.members; len(members) < want && want <= listMembers {
		members = fillList(members, best, ranked, want)
	}
	return inOrder(members)
}

// fillList adds the best units of the same kind beside the best one, up to as many
// as the question says the list has.
func fillList(members []evidence, best evidence, ranked []evidence, want int) []evidence {
	for _, e := range ranked {
		if len(members) == want {
			break
		}
		if e.reading == best.reading && sameSort(best, e) && siblings(best, e) && e.unit.kind != unitSentence &&
			!slices.ContainsFunc(members, func(m evidence) bool { return m.unit == e.unit }) {
			members = append(members, e)
		}
	}
	return members
}

// rowsBelow lists the rows of the table whose header the unit is.
func rowsBelow(header evidence, ranked []evidence) []evidence {
	var rows []evidence
	for _, e := range ranked {
		if e.reading == header.reading && e.unit.kind == unitRow && slices.Contains(e.unit.above, header.index) && len(rows) < listMembers {
			rows = append(rows, e)
		}
	}
	return inOrder(rows)
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

// Which cities are listed for a question that asks which: those with a unit that
// names what is asked about and scores not too much less than the best of all.
const (
	cityMargin = 14
	cityNames  = 0.75 // of the question's words of the field
	cityMost   = 12
)

// perCity takes the best unit of each city, best first.
func (r *reader) perCity(ranked []evidence) []evidence {
	var chosen []evidence
	seen := make(map[string]bool)
	for _, e := range ranked {
		if e.score < ranked[0].score-cityMargin || len(chosen) == cityMost {
			break
		}
		city := e.city()
		if city == "" || seen[city] || e.unit.kind == unitHeading || r.namesField(e) < cityNames || denies(e.text(e.unit.span)) {
			continue
		}
		seen[city] = true
		chosen = append(chosen, e)
	}
	if len(chosen) == 0 {
		return ranked[:1]
	}
	return chosen
}

// namesField is the share of the question's words of the field, those that the
// thesaurus knows, that a unit names; 1 where there are none.
func (r *reader) namesField(e evidence) float64 {
	sum, held := 0.0, 0.0
	for c, concept := range r.q.Concepts {
		if len(concept.Forms) > 1 {
			sum += concept.Weight
			held += concept.Weight * max(e.own[c], e.reading.head[c])
		}
	}
	if sum == 0 {
		return 1
	}
	return held / sum
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
