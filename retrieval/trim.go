package retrieval

import (
	"slices"

	"policykb/corpus"
)

// wholeLength is how many code points a unit may have to be quoted whole.
const wholeLength = 56

// trim returns the part of a unit to quote, without what leads it.
func (r *reader) trim(e evidence) corpus.Span {
	span := r.trimClauses(e)
	if span.Start < e.unit.lead && e.unit.lead < span.End {
		span.Start = e.unit.lead
	}
	return span
}

// trimClauses returns a run of a unit's clauses that holds the wanted facts and as
// much of what was asked as its length is worth.
func (r *reader) trimClauses(e evidence) corpus.Span {
	t, u := e.reading, e.unit
	whole := trimAny(t.text, u.span, "")
	if end, ok := t.listEnd(e.index); ok {
		return corpus.Span{Start: whole.Start, End: end}
	}
	if u.kind == unitRow || r.q.manyCities || len(u.clauses) == 1 || len(e.wanted) == 0 || whole.Len() <= wholeLength && !r.namesOthers(t, u.span) {
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
