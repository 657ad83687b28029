package embedded

import (
	"strconv"
	"time"

	"policykb/corpus"
)

// allowed returns the live points of the view that the filter lets through; nil
// means all points.
func (v *view) allowed(f *corpus.Filter) bits {
	var allowed bits
	narrow := func(to bits) {
		if allowed == nil {
			allowed = to
		} else {
			allowed.keep(to)
		}
	}
	if len(f.City) > 0 {
		narrow(listed(v, f.City, facetCity, facetProvince))
	}
	if len(f.District) > 0 {
		narrow(listed(v, f.District, facetDistrict))
	}
	if len(f.Issuer) > 0 {
		narrow(listed(v, f.Issuer, facetIssuer))
	}
	if len(f.Kind) > 0 {
		narrow(listed(v, f.Kind, facetKind))
	}
	if len(f.Status) > 0 {
		narrow(listed(v, f.Status, facetStatus))
	}
	if len(f.Language) > 0 {
		narrow(listed(v, f.Language, facetLanguage))
	}
	if len(f.Tags) > 0 {
		narrow(listed(v, f.Tags, facetTag))
	}
	if len(f.DocumentID) > 0 {
		of := make(bits, wordsFor(v.points))
		for _, id := range f.DocumentID {
			if d, ok := v.document(string(id)); ok {
				of.setRange(v.pointsOf(d))
			}
		}
		narrow(of)
	}
	if !f.IssuedFrom.IsZero() || !f.IssuedTo.IsZero() {
		narrow(issued(v, f))
	}
	if v.dead != nil {
		if allowed == nil {
			allowed = make(bits, wordsFor(v.points))
			allowed.setRange(0, v.points)
		}
		allowed.drop(v.dead)
	}
	return allowed
}

// listed returns the points that have any of the values of any of the facts.
func listed[V ~string](v *view, values []V, facts ...int) bits {
	of := make(bits, wordsFor(v.points))
	for _, fact := range facts {
		for _, value := range values {
			of.setAll(v.facets[fact].of(string(value)))
		}
	}
	return of
}

// issued returns the points whose documents were issued when the filter asks.
func issued(v *view, f *corpus.Filter) bits {
	of := make(bits, wordsFor(v.points))
	days := &v.facets[facetIssued]
	for i := range days.values.len() {
		n, err := strconv.Atoi(days.values.at(i))
		if err != nil {
			continue // no date at all; newSegment never writes one
		}
		if f.Issued(corpus.Date{Year: n / 10000, Month: time.Month(n / 100 % 100), Day: n % 100}) {
			of.setAll(days.numbers[days.starts[i]:days.starts[i+1]])
		}
	}
	return of
}
