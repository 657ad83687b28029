package corpus

import "slices"

// Scope keeps somebody to the documents of some cities or provinces, and to those
// with one of some tags. The zero scope holds all documents.
type Scope struct {
	Cities []string `json:"cities,omitempty"` // by the names of the gazetteer
	Tags   []string `json:"tags,omitempty"`
}

// Empty reports whether the scope holds all documents.
func (s Scope) Empty() bool { return len(s.Cities) == 0 && len(s.Tags) == 0 }

// Filter lets through what the scope holds.
func (s Scope) Filter() Filter { return Filter{City: s.Cities, Tags: s.Tags} }

// Holds reports whether a document so described lies within the scope.
func (s Scope) Holds(m Metadata) bool {
	fits := func(allowed, has []string) bool {
		return len(allowed) == 0 || slices.ContainsFunc(has, func(v string) bool { return slices.Contains(allowed, v) })
	}
	return fits(s.Cities, m.Places()) && fits(s.Tags, m.Tags)
}

// Places gives the city and the province that it lies in: who asks for 浙江 asks for
// its cities too.
func (m Metadata) Places() []string {
	if m.City == "" {
		return nil
	}
	if place, ok := Places().Lookup(m.City); ok && place.Province != "" && place.Province != m.City {
		return []string{m.City, place.Province}
	}
	return []string{m.City}
}
