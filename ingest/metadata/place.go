package metadata

import (
	"strings"

	"policykb/corpus"
)

// nationwide is the city of documents that hold for the whole country.
const nationwide = "全国"

// detectPlace looks for the city and the district a document is for: in the
// title, in the issuer's name, at the head of the text. What an office of the
// state issued is for the whole country.
func (d *detector) detectPlace() {
	d.placeIn(d.found.Title, d.origins[title])
	if !d.has(city) && (isNational(d.found.Issuer) || strings.HasPrefix(d.found.Title, "中华人民共和国")) {
		from, ok := d.origins[issuer]
		if !isNational(d.found.Issuer) || !ok {
			from = d.origins[title]
		}
		d.setText(city, &d.found.City, nationwide, from)
	}
	d.placeIn(d.found.Issuer, d.origins[issuer])
	if d.has(city) {
		return
	}
	d.placeIn(d.file.title, corpus.Origin{From: corpus.OriginFileName})
	const opening = 300 // code points of the text in which it says what it is about
	head := string(d.head.runes[:min(opening, len(d.head.runes))])
	if d.speaksForTheCountry(fold(head)) {
		d.setText(city, &d.found.City, nationwide, corpus.Origin{From: corpus.OriginText})
	}
	if mentions := corpus.Places().Find(head); len(mentions) > 0 && !d.has(city) {
		span := mentions[0].Span.Shift(d.head.start)
		d.takePlaces(mentions, inText(span))
	}
}

// placeIn takes the places that a value names.
func (d *detector) placeIn(value string, from corpus.Origin) {
	d.takePlaces(corpus.Places().Find(value), from)
}

// takePlaces takes the city, or else the province, that is named first, and a
// district of it.
func (d *detector) takePlaces(mentions []corpus.Mention, from corpus.Origin) {
	if len(mentions) == 0 {
		return
	}
	if !d.has(city) {
		d.setText(city, &d.found.City, cityOf(mentions), from)
	}
	for _, m := range mentions {
		if m.Place.Level == corpus.LevelDistrict && (m.Place.Parent == d.found.City || m.Place.Province == d.found.City) {
			d.setText(district, &d.found.District, m.Place.Name, from)
		}
	}
}

// cityOf returns the first city of the mentions; a province stands for itself
// unless one of its cities is named too.
func cityOf(mentions []corpus.Mention) string {
	name := func(p *corpus.Place) string {
		if p.Level == corpus.LevelDistrict {
			return p.Parent
		}
		return p.Name
	}
	first := mentions[0].Place
	if first.Level == corpus.LevelProvince {
		for _, m := range mentions[1:] {
			if m.Place.Level != corpus.LevelProvince && m.Place.Province == first.Name {
				return name(m.Place)
			}
		}
	}
	return name(first)
}

// speaksForTheCountry reports whether the opening of a text without any place in
// it speaks of the country: 到2025年，我国算力规模….
func (d *detector) speaksForTheCountry(head string) bool {
	if !hasHan(head) || len(corpus.Places().Find(head)) > 0 {
		return false
	}
	for _, local := range []string{"本市", "全市", "我市", "本省", "全省", "我省", "市委", "省委", "本区", "全区", "我区"} {
		if strings.Contains(head, local) {
			return false
		}
	}
	for _, wide := range []string{"我国", "党中央、国务院", "全国", "各省、自治区、直辖市"} {
		if strings.Contains(head, wide) {
			return true
		}
	}
	return false
}

// placeName gives a place by the name the gazetteer has for it: 成都 for Chengdu or
// 蓉城. A name that the gazetteer does not have stays as it is.
func placeName(name string) string {
	name = strings.TrimSpace(name)
	if p, ok := corpus.Places().Lookup(name); ok {
		return p.Name
	}
	if mentions := corpus.Places().Find(name); len(mentions) > 0 && mentions[0].Span.Start == 0 && hasHan(name) {
		if m := mentions[0].Place; m.Level != corpus.LevelDistrict {
			return m.Name
		}
	}
	return name
}
