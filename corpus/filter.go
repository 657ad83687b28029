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
	IssuedFrom Date         `json:"issued_from,omitzero"` // inclusive; see [Filter.Issued]
	IssuedTo   Date         `json:"issued_to,omitzero"`   // inclusive
}

// Issued reports whether a document issued on d lies within IssuedFrom and
// IssuedTo. A date of which only the year or the month is known stands for all of
// its days, on both sides: a document of 2023 lies within every range that shares
// a day with 2023, and a range to 2023 ends with its last day. An unknown date
// lies within no range but the open one.
func (f Filter) Issued(d Date) bool {
	if f.IssuedFrom.IsZero() && f.IssuedTo.IsZero() {
		return true
	}
	if d.IsZero() {
		return false
	}
	return (f.IssuedFrom.IsZero() || d.LastOrdinal() >= f.IssuedFrom.Ordinal()) &&
		(f.IssuedTo.IsZero() || d.Ordinal() <= f.IssuedTo.LastOrdinal())
}

// Empty reports whether the filter lets everything through.
func (f Filter) Empty() bool {
	return len(f.City) == 0 && len(f.District) == 0 && len(f.Issuer) == 0 && len(f.Kind) == 0 &&
		len(f.Status) == 0 && len(f.Language) == 0 && len(f.Tags) == 0 && len(f.DocumentID) == 0 &&
		f.IssuedFrom.IsZero() && f.IssuedTo.IsZero()
}
