package retrieval

import (
	"slices"

	"policykb/corpus"
)

// ownFacts leaves out the facts of a unit that another place governs, where some
// are the asked place's: 在甲市是两千元，而乙市低到八百元.
func (r *reader) ownFacts(t *reading, u *unit, facts []fact) []fact {
	if len(facts) < 2 || len(r.q.Cities)+len(r.q.Within) == 0 || hasSort(r.q.Wants, WantPlace) {
		return facts
	}
	var own []fact
	for _, f := range facts {
		if r.governed(t, u, f.span.End, false) >= 0.9 {
			own = append(own, f)
		}
	}
	if len(own) == 0 {
		return facts
	}
	return own
}

// placeOf tells whose the unit's fact is, where the question names a place: the
// place named last before the fact, or else the headings' or the document's.
func (r *reader) placeOf(t *reading, u *unit, facts []fact) float64 {
	if len(r.q.Cities)+len(r.q.Within) == 0 {
		return 0
	}
	if hasSort(r.q.Wants, WantPlace) && len(r.q.Within) > 0 {
		for _, m := range t.places {
			if u.span.Contains(m.Span) && r.asks(m.Place) == 1 {
				return 1 // the asked city itself
			}
		}
	}
	best := -2.0
	for _, f := range facts {
		best = max(best, r.governed(t, u, f.span.End, false))
	}
	if len(facts) == 0 {
		best = r.governed(t, u, u.span.End, true)
	}
	if best > -2 {
		return best
	}
	for _, place := range t.home {
		best = max(best, r.asks(place))
	}
	switch {
	case best == -2:
		return 0
	case best > 0:
		return 0.9 * best
	}
	return best
}

// governed tells whether what a unit says at a point is about the asked place: the
// place named last before it in the paragraph. -2 means that none is named. Where
// any will do, another mention of the asked place in the unit counts too.
func (r *reader) governed(t *reading, u *unit, at int, any bool) float64 {
	governing, inUnit, asked := (*corpus.Place)(nil), false, false
	for _, m := range t.places {
		if m.Place.Level == corpus.LevelDistrict || m.Place.Level == corpus.LevelRegion {
			continue
		}
		within := u.span.Contains(m.Span)
		if within && r.asks(m.Place) > 0 {
			asked = true
		}
		if m.Span.End > at || m.Span.Start < u.span.Start && !t.sameBlock(m.Span.Start, u) {
			continue
		}
		if any && inUnit && r.asks(governing) == 1 {
			continue
		}
		governing, inUnit = m.Place, within
	}
	if governing == nil {
		return -2
	}
	match := r.asks(governing)
	switch {
	case match > 0 && !inUnit:
		return 0.9 * match
	case match <= 0 && asked:
		return 0.2
	case match <= 0 && !inUnit:
		return 0.7 * match
	}
	return match
}

// sameBlock reports whether the code point at lies in the unit's paragraph.
func (t *reading) sameBlock(at int, u *unit) bool {
	for i := range t.units {
		if t.units[i].block == u.block && t.units[i].span.Start <= at && at < t.units[i].span.End {
			return true
		}
	}
	return false
}

// districtOf tells whether the unit is about the district that the question names.
func (r *reader) districtOf(t *reading, u *unit) float64 {
	if len(r.q.Districts) == 0 {
		return 0
	}
	own, over, elsewhere, other := false, false, false, false
	for _, m := range t.districts {
		asked := slices.Contains(r.q.Districts, m.Place.Name)
		switch {
		case m.Span.Start < 0: // in what stands over the passage
			over = over || asked
			other = other || !asked
		case asked && u.span.Contains(m.Span):
			own = true
		case asked:
			elsewhere = true
		case u.span.Contains(m.Span):
			other = true
		}
	}
	switch {
	case own, over:
		return 1
	case elsewhere:
		return 0.5
	case other:
		return -1
	}
	return -0.3
}

// asks tells whether the question asks about a place: 1 it does, ½ about the
// province around it or a city within it, -1 about another one.
func (r *reader) asks(p *corpus.Place) float64 {
	best := -1.0
	for _, city := range r.q.Cities {
		asked, ok := r.places.Lookup(city)
		switch {
		case p.Name == city:
			return 1
		case p.Province == city, ok && asked.Province == p.Name:
			best = max(best, 0.4)
		}
	}
	for _, province := range r.q.Within {
		if p.Province == province || p.Name == province {
			best = max(best, 1)
		}
	}
	return best
}
