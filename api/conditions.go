package api

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"policykb/corpus"
)

// Other programs narrow a search by conditions on metadata that are joined in any
// way. A [corpus.Filter] cannot say all of them, so they are tried on the documents,
// and the search is narrowed to those that fit.

// condition reports whether a document fits.
type condition func(corpus.Document) bool

func allOf(conditions []condition) condition {
	return func(d corpus.Document) bool {
		return !slices.ContainsFunc(conditions, func(fits condition) bool { return !fits(d) })
	}
}

func anyOf(conditions []condition) condition {
	return func(d corpus.Document) bool {
		return slices.ContainsFunc(conditions, func(fits condition) bool { return fits(d) })
	}
}

func not(fits condition) condition {
	return func(d corpus.Document) bool { return !fits(d) }
}

// fitting lists the documents that pass the filter and fit.
func (s *Server) fitting(ctx context.Context, f corpus.Filter, fits condition) ([]corpus.DocumentID, error) {
	var ids []corpus.DocumentID
	listing := corpus.Listing{Filter: f, Limit: 500}
	for {
		page, err := s.catalogue.Documents(ctx, listing)
		if err != nil {
			return nil, err
		}
		for _, d := range page.Documents {
			if fits(d) {
				ids = append(ids, d.ID)
			}
		}
		if page.Next == "" {
			return ids, nil
		}
		listing.Cursor = page.Next
	}
}

// attribute is a metadata field that conditions compare.
type attribute struct {
	values func(corpus.Document) []string
	date   func(corpus.Document) corpus.Date // set for dates
}

// text makes an attribute of a field that has one value, or none.
func text[T ~string](value func(corpus.Document) T) attribute {
	return attribute{values: func(d corpus.Document) []string {
		if v := string(value(d)); v != "" {
			return []string{v}
		}
		return nil
	}}
}

// day makes an attribute of a date.
func day(date func(corpus.Document) corpus.Date) attribute {
	a := text(func(d corpus.Document) string { return date(d).String() })
	a.date = date
	return a
}

// attributes are the fields by their names.
var attributes = map[string]attribute{
	"document_id":    text(func(d corpus.Document) corpus.DocumentID { return d.ID }),
	"title":          text(func(d corpus.Document) string { return d.Metadata.Title }),
	"city":           {values: func(d corpus.Document) []string { return d.Metadata.Places() }},
	"district":       text(func(d corpus.Document) string { return d.Metadata.District }),
	"issuer":         text(func(d corpus.Document) string { return d.Metadata.Issuer }),
	"doc_number":     text(func(d corpus.Document) string { return d.Metadata.DocNumber }),
	"issued_on":      day(func(d corpus.Document) corpus.Date { return d.Metadata.IssuedOn }),
	"effective_from": day(func(d corpus.Document) corpus.Date { return d.Metadata.EffectiveFrom }),
	"effective_to":   day(func(d corpus.Document) corpus.Date { return d.Metadata.EffectiveTo }),
	"kind":           text(func(d corpus.Document) corpus.Kind { return d.Metadata.Kind }),
	"status":         text(func(d corpus.Document) corpus.Status { return d.Metadata.Status }),
	"source_url":     text(func(d corpus.Document) string { return d.Metadata.SourceURL }),
	"language":       text(func(d corpus.Document) string { return d.Metadata.Language }),
	"tags":           {values: func(d corpus.Document) []string { return d.Metadata.Tags }},
}

// comparison makes a condition of a field, an operator and a value, in the words
// of OpenAI or of Dify, whose denials [difyCondition] sees to. Texts are compared folded; a date with a month or year
// alone stands for all its days.
func comparison(name, operator string, value any) (condition, error) {
	a, ok := attributes[name]
	if !ok {
		return nil, refuseFields(FieldError{Field: name, Detail: "is not a field that documents have"})
	}
	switch operator {
	case "ne":
		return negated(name, "eq", value)
	case "nin":
		return negated(name, "in", value)
	case "empty":
		return func(d corpus.Document) bool { return len(a.values(d)) == 0 }, nil
	case "gt", ">", "after", "gte", "≥", "lt", "<", "before", "lte", "≤":
		return ordered(name, a, operator, value)
	}
	given, err := givenValues(name, value)
	if err != nil {
		return nil, err
	}
	if name == "city" {
		given = cities(given)
	}
	if a.date != nil && (operator == "eq" || operator == "is" || operator == "=" || operator == "in") {
		return onAnyOf(name, a, given)
	}
	matches, ok := map[string]func(has, given string) bool{
		"eq": equal, "is": equal, "=": equal, "in": equal,
		"contains": strings.Contains, "start with": strings.HasPrefix, "end with": strings.HasSuffix,
	}[operator]
	if !ok {
		return nil, refuseFields(FieldError{Field: name, Detail: fmt.Sprintf("cannot be compared by %q", operator)})
	}
	for i := range given {
		given[i] = corpus.Fold(given[i])
	}
	return func(d corpus.Document) bool {
		return slices.ContainsFunc(a.values(d), func(has string) bool {
			has = corpus.Fold(has)
			return slices.ContainsFunc(given, func(given string) bool { return matches(has, given) })
		})
	}, nil
}

func equal(a, b string) bool { return a == b }

func negated(name, operator string, value any) (condition, error) {
	fits, err := comparison(name, operator, value)
	if err != nil {
		return nil, err
	}
	return not(fits), nil
}

// ordered compares a date. An unknown one is neither before nor after any other.
func ordered(name string, a attribute, operator string, value any) (condition, error) {
	if a.date == nil {
		return nil, refuseFields(FieldError{Field: name, Detail: fmt.Sprintf("is no date and cannot be compared by %q", operator)})
	}
	given, err := givenDate(name, value)
	if err != nil {
		return nil, err
	}
	return func(d corpus.Document) bool {
		has := a.date(d)
		if has.IsZero() {
			return false
		}
		switch operator {
		case "gt", ">", "after":
			return has.Ordinal() > given.LastOrdinal()
		case "gte", "≥":
			return has.LastOrdinal() >= given.Ordinal()
		case "lt", "<", "before":
			return has.LastOrdinal() < given.Ordinal()
		default:
			return has.Ordinal() <= given.LastOrdinal()
		}
	}, nil
}

// onAnyOf fits documents whose date may be one of the given.
func onAnyOf(name string, a attribute, given []string) (condition, error) {
	var dates []condition
	for _, value := range given {
		from, err := ordered(name, a, "gte", value)
		if err != nil {
			return nil, err
		}
		to, err := ordered(name, a, "lte", value)
		if err != nil {
			return nil, err
		}
		dates = append(dates, allOf([]condition{from, to}))
	}
	return anyOf(dates), nil
}

// givenValues reads the value of a condition: a text, a number, or a list of them.
func givenValues(name string, value any) ([]string, error) {
	switch v := value.(type) {
	case string:
		return []string{v}, nil
	case float64:
		return []string{strconv.FormatFloat(v, 'f', -1, 64)}, nil
	case []any:
		var all []string
		for _, one := range v {
			if _, nested := one.([]any); nested {
				break
			}
			given, err := givenValues(name, one)
			if err != nil {
				return nil, err
			}
			all = append(all, given...)
		}
		if len(all) == len(v) && len(all) > 0 {
			return all, nil
		}
	}
	return nil, refuseFields(FieldError{Field: name, Detail: "needs a value that is a text, a number, or a list of them"})
}

// lastYear parts numbers that are years from those that are seconds of Unix time,
// as Dify writes its dates.
const lastYear = 9999

// givenDate reads the value of a condition on a date: a date, a time, a year, or
// seconds of Unix time.
func givenDate(name string, value any) (corpus.Date, error) {
	given, err := givenValues(name, value)
	if err != nil || len(given) != 1 {
		return corpus.Date{}, refuseFields(FieldError{Field: name, Detail: "needs one date"})
	}
	if seconds, err := strconv.ParseInt(given[0], 10, 64); err == nil && seconds > lastYear {
		return corpus.DateOf(time.Unix(seconds, 0)), nil
	}
	const isoLength = len("2006-01-02")
	if len(given[0]) > isoLength {
		at, err := time.Parse(time.RFC3339, given[0])
		if err != nil {
			return corpus.Date{}, refuseFields(FieldError{Field: name, Detail: "is neither a date nor a time: " + given[0]})
		}
		return corpus.DateOf(at), nil
	}
	return date(name, &given[0])
}
