package corpus

// Filter narrows a search or a listing. Fields are joined by "and", the values
// of one field by "or"; the zero Filter lets everything through.
type Filter struct {
	City       []string     `json:"city,omitempty"` // short names; a province's also lets its cities through
	District   []string     `json:"district,omitempty"`
	Issuer     []string     `json:"issuer,omitempty"`
	Kind       []Kind       `json:"kind,omitempty"`
	Status     []Status     `json:"status,omitempty"`
	Language   []string     `json:"language,omitempty"`
	Tags       []string     `json:"tags,omitempty"`
	DocumentID []DocumentID `json:"document_id,omitempty"`
	IssuedFrom Date         `json:"issued_from,omitzero"` // inclusive
	IssuedTo   Date         `json:"issued_to,omitzero"`   // inclusive
}

// Empty reports whether the filter lets everything through.
func (f Filter) Empty() bool {
	return len(f.City) == 0 && len(f.District) == 0 && len(f.Issuer) == 0 && len(f.Kind) == 0 &&
		len(f.Status) == 0 && len(f.Language) == 0 && len(f.Tags) == 0 && len(f.DocumentID) == 0 &&
		f.IssuedFrom.IsZero() && f.IssuedTo.IsZero()
}
