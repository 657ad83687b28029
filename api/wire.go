package api

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"policykb/corpus"
	"policykb/retrieval"
)

// This file turns what stands on the wire, as generated from openapi.yaml, into
// the words of the house and back. Lists on the wire are never null; what is not
// known is.

// known is a value, or null where nothing is known.
func known[T ~string](value T) *string {
	if value == "" {
		return nil
	}
	s := string(value)
	return &s
}

// knownDate is a date in ISO form, or null.
func knownDate(d corpus.Date) *string { return known(d.String()) }

// knownPage is a page's number, or null.
func knownPage(page int) *int {
	if page == 0 {
		return nil
	}
	return &page
}

// list turns a list into one of the wire, empty rather than null.
func list[From, To any](values []From, turn func(From) To) []To {
	turned := make([]To, len(values))
	for i, value := range values {
		turned[i] = turn(value)
	}
	return turned
}

// same leaves a value as it is.
func same[T any](value T) T { return value }

// pageURL is the address of the page that shows a document, at a quote where
// span is set.
func pageURL(id corpus.DocumentID, version int, span *corpus.Span) string {
	address := "/documents/" + url.PathEscape(string(id))
	if span == nil {
		return address
	}
	return fmt.Sprintf("%s?start=%d&end=%d&version=%d", address, span.Start, span.End, version)
}

// baseURL is what stands before the addresses of the page for readers elsewhere: the
// configured one, or what the request calls this server.
func (s *Server) baseURL(ctx context.Context) string {
	r := requestOf(ctx)
	switch {
	case s.publicURL != "":
		return s.publicURL
	case r.TLS != nil:
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// date reads a date of a request; nil is the zero date.
func date(field string, value *string) (corpus.Date, error) {
	if value == nil {
		return corpus.Date{}, nil
	}
	d, err := corpus.ParseISODate(*value)
	if err != nil {
		return d, refuseFields(FieldError{Field: field, Detail: err.Error()})
	}
	return d, nil
}

// words turns a list of the wire into one of the house.
func words[To, From ~string](values []From) []To {
	return list(values, func(v From) To { return To(v) })
}

// cities calls cities as the catalogue does, by whatever name they were given:
// 成都市, 蓉城 and Chengdu are 成都. A name of no place, or of several, stays.
func cities(names []string) []string {
	return list(names, func(name string) string {
		if place, ok := corpus.Places().Lookup(name); ok && place.Level != corpus.LevelDistrict {
			return place.Name
		}
		return name
	})
}

// filter reads filters; in is what stands before their names when one of them is
// named to the client.
func filter(in string, f *Filters) (corpus.Filter, error) {
	if f == nil {
		return corpus.Filter{}, nil
	}
	from, err := date(in+"issued_from", f.IssuedFrom)
	if err != nil {
		return corpus.Filter{}, err
	}
	to, err := date(in+"issued_to", f.IssuedTo)
	if err != nil {
		return corpus.Filter{}, err
	}
	return corpus.Filter{
		City:       cities(f.City),
		District:   f.District,
		Issuer:     f.Issuer,
		Kind:       words[corpus.Kind](f.Kind),
		Status:     words[corpus.Status](f.Status),
		Language:   f.Language,
		Tags:       f.Tags,
		DocumentID: words[corpus.DocumentID](f.DocumentID),
		IssuedFrom: from,
		IssuedTo:   to,
	}, nil
}

// listing reads the parameters of a listing.
func listing(p ListDocumentsParams) (corpus.Listing, error) {
	f, err := filter("", &Filters{
		City: p.City, District: p.District, Issuer: p.Issuer, Kind: p.Kind, Status: p.Status,
		Language: p.Language, Tags: p.Tags, IssuedFrom: p.IssuedFrom, IssuedTo: p.IssuedTo,
	})
	l := corpus.Listing{Filter: f, Limit: *p.Limit}
	if p.Q != nil {
		l.Match = *p.Q
	}
	if p.Cursor != nil {
		l.Cursor = *p.Cursor
	}
	return l, err
}

// askRequest reads a question. The specification has set what was left out.
func askRequest(r AskRequest) (retrieval.Request, error) {
	f, err := filter("filters.", r.Filters)
	if err != nil {
		return retrieval.Request{}, err
	}
	asOf, err := date("as_of", r.AsOf)
	if err != nil {
		return retrieval.Request{}, err
	}
	return retrieval.Request{
		Question: r.Question,
		History:  list(r.History, func(t Turn) retrieval.Turn { return retrieval.Turn{Role: string(t.Role), Content: t.Content} }),
		Filter:   f,
		AsOf:     asOf,
		TopK:     *r.TopK,
		Mode:     retrieval.Mode(*r.Mode),
		Language: string(*r.Language),
	}, nil
}

// searchRequest reads a query.
func searchRequest(r SearchRequest) (retrieval.SearchRequest, error) {
	f, err := filter("filters.", r.Filters)
	if err != nil {
		return retrieval.SearchRequest{}, err
	}
	asOf, err := date("as_of", r.AsOf)
	if err != nil {
		return retrieval.SearchRequest{}, err
	}
	return retrieval.SearchRequest{Query: r.Query, Filter: f, Limit: *r.Limit, AsOf: asOf, PerDocument: *r.PerDocument}, nil
}

// describe sets the metadata that fields name; null empties a value. The fields
// have the shape that the specification gives them.
func describe(m *corpus.Metadata, fields map[string]any) error {
	for name, value := range fields {
		text, _ := value.(string)
		text = strings.TrimSpace(text)
		var err error
		switch name {
		case "title":
			m.Title = text
		case "city":
			m.City = text
		case "district":
			m.District = text
		case "issuer":
			m.Issuer = text
		case "doc_number":
			m.DocNumber = text
		case "issued_on":
			m.IssuedOn, err = date(name, &text)
		case "effective_from":
			m.EffectiveFrom, err = date(name, &text)
		case "effective_to":
			m.EffectiveTo, err = date(name, &text)
		case "kind":
			m.Kind = corpus.Kind(text)
		case "status":
			m.Status = corpus.Status(text)
		case "source_url":
			m.SourceURL = text
		case "language":
			m.Language = text
		case "tags":
			tags, _ := value.([]any)
			m.Tags = list(tags, func(tag any) string { return tag.(string) })
		default:
			err = fmt.Errorf("metadata has no field %q", name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// milliseconds is a duration as a number.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func timings(t retrieval.Timings) Timings {
	return Timings{Retrieve: milliseconds(t.Retrieve), Answer: milliseconds(t.Answer), Total: milliseconds(t.Total)}
}

func answer(a retrieval.Answer) Answer {
	wire := Answer{
		ID:             a.ID,
		Question:       a.Question,
		Answered:       a.Answered,
		Answer:         a.Text,
		Statements:     list(a.Statements, statement),
		Comparison:     sideBySide(a.Comparison),
		Citations:      list(a.Citations, citation),
		Passages:       passages(a.Passages),
		Nearest:        list(a.Nearest, nearDocument),
		Withheld:       list(a.Withheld, withheld),
		Warnings:       list(a.Warnings, func(w retrieval.Warning) Warning { return Warning(w) }),
		AsOf:           a.AsOf.String(),
		FiltersApplied: make(map[string]AppliedFilter, len(a.FiltersApplied)),
		Interpretation: interpretation(a.Interpretation),
		Mode:           AnswerMode(a.Mode),
		Model:          known(a.Model),
		TimingsMs:      timings(a.Timings),
	}
	if a.Reason != retrieval.ReasonNone {
		reason := AnswerReason(a.Reason)
		wire.Reason = &reason
	}
	for name, applied := range a.FiltersApplied {
		wire.FiltersApplied[name] = AppliedFilter{Values: list(applied.Values, same), From: AppliedFilterFrom(applied.From)}
	}
	return wire
}

func statement(s retrieval.AnsweredStatement) Statement {
	return Statement{
		Text:      s.Text,
		Start:     s.Span.Start,
		End:       s.Span.End,
		Citations: list(s.Citations, same),
		Support:   StatementSupport(s.Support),
		Checks:    checks(s.Checks),
	}
}

func sideBySide(c *retrieval.Comparison) *Comparison {
	if c == nil {
		return nil
	}
	wire := &Comparison{Rows: list(c.Rows, func(r retrieval.ComparisonRow) ComparisonRow {
		return ComparisonRow{Subject: r.Subject, City: known(r.City), Text: known(r.Text), Citations: list(r.Citations, same), Figure: figure(r.Figure)}
	})}
	if d := c.Difference; d != nil {
		wire.Difference = &Difference{Value: d.Value, Unit: d.Unit, Text: d.Text, Largest: c.Rows[d.Largest].Subject, Smallest: c.Rows[d.Smallest].Subject}
	}
	return wire
}

func figure(f *corpus.Figure) *Figure {
	if f == nil {
		return nil
	}
	wire := &Figure{Text: f.Text, Low: f.Low, High: f.High, Unit: known(f.Unit), Per: known(f.Per), Date: knownDate(f.Date)}
	if f.Bound != corpus.BoundNone {
		bound := FigureBound(f.Bound)
		wire.Bound = &bound
	}
	return wire
}

func withheld(s retrieval.WithheldStatement) WithheldStatement {
	return WithheldStatement{Text: s.Text, Reason: s.Reason, Checks: checks(s.Checks)}
}

func checks(c retrieval.Checks) Checks {
	return Checks{Quote: Check(c.Quote), Numbers: Check(c.Numbers), Dates: Check(c.Dates), Places: Check(c.Places)}
}

func citation(c retrieval.Citation) Citation {
	d, p := c.Quote.Passage.Found.Document, c.Quote.Passage.Found.Passage
	return Citation{
		Number:       c.Number,
		DocumentID:   string(d.ID),
		Version:      p.Version,
		Title:        d.Metadata.Title,
		City:         known(d.Metadata.City),
		Issuer:       known(d.Metadata.Issuer),
		DocNumber:    known(d.Metadata.DocNumber),
		IssuedOn:     knownDate(d.Metadata.IssuedOn),
		Status:       known(d.Metadata.Status),
		SupersededBy: known(d.Superseded),
		PassageID:    string(p.ID),
		HeadingPath:  list(p.HeadingPath, same),
		Page:         knownPage(p.PageAt(c.Quote.Span.Start)),
		Quote:        c.Quote.Text,
		Start:        c.Quote.Span.Start,
		End:          c.Quote.Span.End,
		Score:        c.Quote.Passage.Score,
		URL:          pageURL(d.ID, p.Version, &c.Quote.Span),
	}
}

func passages(found []retrieval.Passage) []Passage { return list(found, passage) }

func passage(p retrieval.Passage) Passage {
	stored := p.Found.Passage
	return Passage{
		PassageID:   string(stored.ID),
		DocumentID:  string(p.Found.Document.ID),
		Version:     stored.Version,
		Title:       p.Found.Document.Metadata.Title,
		City:        known(p.Found.Document.Metadata.City),
		Text:        stored.Text,
		Start:       stored.Span.Start,
		End:         stored.Span.End,
		HeadingPath: list(stored.HeadingPath, same),
		Header:      known(stored.Header),
		Page:        knownPage(stored.Page),
		Score:       p.Score,
		URL:         pageURL(p.Found.Document.ID, stored.Version, &stored.Span),
	}
}

func searchResult(r retrieval.SearchResult) SearchResult {
	wire := SearchResult{Passages: make([]FoundPassage, len(r.Passages)), Total: r.Total, TimingsMs: timings(r.Timings),
		Warnings: list(r.Warnings, func(w retrieval.Warning) Warning { return Warning(w) })}
	for i, found := range r.Passages {
		p := passage(found)
		wire.Passages[i] = FoundPassage{
			PassageID:   p.PassageID,
			DocumentID:  p.DocumentID,
			Version:     p.Version,
			Title:       p.Title,
			City:        p.City,
			Text:        p.Text,
			Start:       p.Start,
			End:         p.End,
			HeadingPath: p.HeadingPath,
			Header:      p.Header,
			Page:        p.Page,
			Score:       p.Score,
			URL:         p.URL,
			Highlights:  list(r.Highlights[i], span),
		}
	}
	return wire
}

func span(s corpus.Span) Span { return Span{Start: s.Start, End: s.End} }

func interpretation(i retrieval.Interpretation) Interpretation {
	return Interpretation{
		Question:   i.Question,
		Intent:     InterpretationIntent(i.Intent),
		Language:   i.Language,
		Cities:     list(i.Cities, same),
		Districts:  list(i.Districts, same),
		Years:      list(i.Years, same),
		Titles:     list(i.Titles, same),
		DocNumbers: list(i.Numbers, same),
		Within:     list(i.Within, same),
		Places:     list(i.Places, func(m corpus.Mention) NamedPlace { return NamedPlace{Name: m.Place.Name, Text: m.Text} }),
		Clauses:    list(i.Clauses, func(c retrieval.Clause) string { return c.Text }),
		Wants:      list(i.Wants, func(w retrieval.Want) Want { return Want{Sort: WantSort(w.Sort), Unit: known(w.Unit)} }),
		Subjects:   list(i.Subjects, func(s retrieval.Subject) string { return s.Name }),
		Expansions: list(i.Expansions, func(e retrieval.Expansion) Expansion { return Expansion(e) }),
		Rewritten:  known(i.Rewritten),
	}
}

func nearDocument(d corpus.Document) NearDocument {
	return NearDocument{
		DocumentID: string(d.ID),
		Title:      d.Metadata.Title,
		City:       known(d.Metadata.City),
		Issuer:     known(d.Metadata.Issuer),
		DocNumber:  known(d.Metadata.DocNumber),
		IssuedOn:   knownDate(d.Metadata.IssuedOn),
		Status:     known(d.Metadata.Status),
		URL:        pageURL(d.ID, d.Version, nil),
	}
}

func document(d corpus.Document) Document {
	wire := Document{
		ID:            string(d.ID),
		Version:       d.Version,
		Title:         d.Metadata.Title,
		City:          known(d.Metadata.City),
		District:      known(d.Metadata.District),
		Issuer:        known(d.Metadata.Issuer),
		DocNumber:     known(d.Metadata.DocNumber),
		IssuedOn:      knownDate(d.Metadata.IssuedOn),
		EffectiveFrom: knownDate(d.Metadata.EffectiveFrom),
		EffectiveTo:   knownDate(d.Metadata.EffectiveTo),
		Kind:          known(d.Metadata.Kind),
		Status:        known(d.Metadata.Status),
		SourceURL:     known(d.Metadata.SourceURL),
		Language:      known(d.Metadata.Language),
		Tags:          list(d.Metadata.Tags, same),
		Origins:       make(map[string]Origin, len(d.Origins)),
		Supersedes:    known(d.Supersedes),
		SupersededBy:  known(d.Superseded),
		Resembles:     list(d.Resembles, resemblance),
		Original:      original(d.Original),
		TextHash:      d.TextHash,
		Characters:    d.Characters,
		Passages:      d.Passages,
		CreatedAt:     d.CreatedAt,
		UpdatedAt:     d.UpdatedAt,
		URL:           pageURL(d.ID, d.Version, nil),
	}
	for field, o := range d.Origins {
		origin := Origin{From: OriginFrom(o.From)}
		if o.Span != nil {
			s := span(*o.Span)
			origin.Span = &s
		}
		wire.Origins[field] = origin
	}
	return wire
}

func resemblance(r corpus.Resemblance) Resemblance {
	return Resemblance{DocumentID: string(r.Document), Likeness: r.Likeness}
}

func documentList(p corpus.Page) DocumentList {
	return DocumentList{Documents: list(p.Documents, document), NextCursor: known(p.Next), Total: p.Total}
}

func original(o corpus.Original) Original {
	return Original{Hash: o.Hash, Name: o.Name, MediaType: o.MediaType, Size: o.Size}
}

// versions are a document's, oldest first; the last is the current one.
func versions(all []corpus.Version) []Version {
	wire := make([]Version, len(all))
	for i, v := range all {
		wire[i] = Version{
			Number:    v.Number,
			Current:   i == len(all)-1,
			Title:     v.Metadata.Title,
			Issuer:    known(v.Metadata.Issuer),
			DocNumber: known(v.Metadata.DocNumber),
			IssuedOn:  knownDate(v.Metadata.IssuedOn),
			Status:    known(v.Metadata.Status),
			Original:  original(v.Original),
			CreatedAt: v.CreatedAt,
		}
	}
	return wire
}

func sections(outline []corpus.Section) []Section {
	return list(outline, func(s corpus.Section) Section {
		return Section{Level: s.Level, Label: s.Label, Title: s.Title, Heading: span(s.Heading), Body: span(s.Body), Page: knownPage(s.Page)}
	})
}

func clauses(all []corpus.Clause) []Clause {
	return list(all, func(c corpus.Clause) Clause {
		return Clause{
			Address: c.Address, Kind: ClauseKind(c.Kind), Label: c.Label, Title: c.Title,
			Start: c.Span.Start, End: c.Span.End, Page: knownPage(c.Page), Clauses: clauses(c.Clauses),
		}
	})
}

func storedPassages(all []corpus.Passage) []StoredPassage {
	return list(all, func(p corpus.Passage) StoredPassage {
		return StoredPassage{
			PassageID:   string(p.ID),
			DocumentID:  string(p.Document),
			Version:     p.Version,
			Ordinal:     p.Ordinal,
			Kind:        StoredPassageKind(p.Kind),
			Text:        p.Text,
			Start:       p.Span.Start,
			End:         p.Span.End,
			HeadingPath: list(p.HeadingPath, same),
			Header:      known(p.Header),
			Page:        knownPage(p.Page),
		}
	})
}

func facets(f corpus.Facets) Facets {
	count := func(c corpus.Count) Count { return Count{Value: c.Value, Count: c.Count} }
	return Facets{
		City: list(f.City, count), Issuer: list(f.Issuer, count), Kind: list(f.Kind, count),
		Status: list(f.Status, count), Year: list(f.Year, count),
	}
}

func job(j corpus.Job) Job {
	wire := Job{
		ID:         string(j.ID),
		DocumentID: string(j.Document),
		State:      JobState(j.State),
		Done:       j.Done,
		Total:      j.Total,
		Attempt:    j.Attempt,
		Name:       j.Original.Name,
		Warnings:   list(j.Warnings, same),
		CreatedAt:  j.CreatedAt,
		UpdatedAt:  j.UpdatedAt,
	}
	if j.Stage != "" {
		stage := JobStage(j.Stage)
		wire.Stage = &stage
	}
	if j.Error != nil {
		wire.Error = &JobError{Code: j.Error.Code, Detail: j.Error.Detail}
	}
	return wire
}

func jobs(all []corpus.Job) []Job { return list(all, job) }
