package api

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"unicode/utf8"

	"policykb/corpus"
	"policykb/retrieval"
)

// SearchVectorStore ranks passages as OpenAI does. (POST /v1/vector_stores/{id}/search)
func (s *Server) SearchVectorStore(ctx context.Context, r SearchVectorStoreRequestObject) (SearchVectorStoreResponseObject, error) {
	queries := []string{}
	switch given := r.Body.Query.(type) {
	case string:
		queries = append(queries, given)
	case []any:
		for _, query := range given {
			queries = append(queries, query.(string)) // the specification lets nothing else pass
		}
	}
	var fits condition
	if r.Body.Filters != nil {
		var err error
		if fits, err = attributeFilter(*r.Body.Filters, 0); err != nil {
			return nil, err
		}
	}
	limit := 10
	threshold := 0.0
	if r.Body.RankingOptions != nil {
		threshold = *cmp.Or(r.Body.RankingOptions.ScoreThreshold, &threshold)
	}
	found, err := s.passagesThatFit(ctx, strings.Join(queries, "\n"), fits, *cmp.Or(r.Body.MaxNumResults, &limit), threshold)
	if err != nil {
		return nil, err
	}
	base := s.baseURL(ctx)
	return SearchVectorStore200JSONResponse{
		Object:      VectorStorePageObjectVectorStoreSearchResultsPage,
		SearchQuery: queries,
		Data: list(found, func(p retrieval.Passage) VectorStoreHit {
			wire := passage(p)
			return VectorStoreHit{
				FileID: wire.DocumentID, Filename: wire.Title, Score: wire.Score, Attributes: attributesOf(p, base),
				Content: []TextContent{{Type: TextContentTypeText, Text: wire.Text}},
			}
		}),
	}, nil
}

// passagesThatFit ranks the passages of the documents that fit; nil fits all.
func (s *Server) passagesThatFit(ctx context.Context, query string, fits condition, limit int, threshold float64) ([]retrieval.Passage, error) {
	scope, err := s.within(ctx, callerOf(ctx).key, corpus.Filter{})
	if err != nil {
		return nil, err
	}
	request := retrieval.SearchRequest{Query: query, Filter: scope, Limit: limit}
	if fits != nil {
		ids, err := s.fitting(ctx, scope, fits)
		if err != nil || len(ids) == 0 {
			return nil, err
		}
		request.Filter.DocumentID = ids
	}
	result, err := s.answers.Search(ctx, request)
	if err != nil {
		return nil, err
	}
	kept := result.Passages[:0]
	for _, p := range result.Passages {
		if p.Score >= threshold {
			kept = append(kept, p)
		}
	}
	return kept, nil
}

// maxFilterDepth is how deep filters may lie within filters.
const maxFilterDepth = 8

// attributeFilter makes a condition of a comparison or of a join of filters.
func attributeFilter(f AttributeFilter, depth int) (condition, error) {
	if depth > maxFilterDepth {
		return nil, refuse(http.StatusBadRequest, "The filters lie more than %d deep.", maxFilterDepth)
	}
	if f.Type != AttributeFilterTypeAnd && f.Type != AttributeFilterTypeOr {
		if f.Key == nil || f.Value == nil {
			return nil, refuseFields(FieldError{Field: "filters", Detail: "need a key and a value to compare"})
		}
		return comparison(*f.Key, string(f.Type), *f.Value)
	}
	if len(f.Filters) == 0 {
		return nil, refuseFields(FieldError{Field: "filters", Detail: "join no filters"})
	}
	var conditions []condition
	for _, inner := range f.Filters {
		if inner == nil {
			return nil, refuseFields(FieldError{Field: "filters", Detail: "join nothing"})
		}
		fits, err := attributeFilter(*inner, depth+1)
		if err != nil {
			return nil, err
		}
		conditions = append(conditions, fits)
	}
	if f.Type == AttributeFilterTypeOr {
		return anyOf(conditions), nil
	}
	return allOf(conditions), nil
}

// maxAttribute is the longest text that OpenAI's attributes hold, in characters.
const maxAttribute = 512

// attributesOf says what is known of a passage and its document, in the values
// that attributes may have: texts and numbers. What is not known is left out.
func attributesOf(p retrieval.Passage, base string) Attributes {
	d, stored := p.Found.Document, p.Found.Passage
	all := documentAttributes(d)
	all["passage_id"], all["version"] = string(stored.ID), stored.Version
	all["start"], all["end"] = stored.Span.Start, stored.Span.End
	all["url"] = base + pageURL(d.ID, stored.Version, &stored.Span)
	if len(stored.HeadingPath) > 0 {
		all["heading_path"] = shortened(strings.Join(stored.HeadingPath, " › "))
	}
	if stored.Page > 0 {
		all["page"] = stored.Page
	}
	return all
}

// documentAttributes says what is known of a document.
func documentAttributes(d corpus.Document) Attributes {
	all := make(Attributes)
	for _, name := range []string{"document_id", "title", "city", "issuer", "doc_number", "issued_on", "kind", "status"} {
		if values := attributes[name].values(d); len(values) > 0 {
			all[name] = shortened(values[0])
		}
	}
	return all
}

// shortened cuts what is too long for an attribute.
func shortened(text string) string {
	if utf8.RuneCountInString(text) <= maxAttribute {
		return text
	}
	return corpus.Span{End: maxAttribute}.Of(text)
}
