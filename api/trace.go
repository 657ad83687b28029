package api

import (
	"context"
	"slices"

	"policykb/corpus"
	"policykb/retrieval"
)

// Trace finds where a text stands in the documents. (POST /v1/trace)
func (s *Server) Trace(ctx context.Context, r TraceRequestObject) (TraceResponseObject, error) {
	key := callerOf(ctx).key
	request := retrieval.TraceRequest{Text: r.Body.Text, Scope: key.scope()}
	if r.Body.DocumentID != nil && *r.Body.DocumentID != "" {
		d, err := s.seen(ctx, key, corpus.DocumentID(*r.Body.DocumentID))
		if err != nil {
			return nil, err
		}
		request.Document = d.ID
	}
	found, err := s.answers.Trace(ctx, request)
	if err != nil {
		return nil, err
	}
	// What was within the scope in an older version need not be now, and the other way round.
	found.Places = slices.DeleteFunc(slices.Clone(found.Places), func(p retrieval.TracePlace) bool { return !key.sees(p.Document.Metadata) })
	kept := s.links(key)
	for i := range found.Places {
		if err := kept.keep(ctx, &found.Places[i].Document); err != nil {
			return nil, err
		}
	}
	if len(found.Places) == 0 {
		found.Found, found.Elsewhere, found.Pieced, found.Unfound = retrieval.TraceNowhere, false, false, nil
	}
	return Trace200JSONResponse(trace(found)), nil
}

func trace(t retrieval.Trace) Trace {
	return Trace{
		Found: TraceFound(t.Found), Elsewhere: t.Elsewhere, Pieced: t.Pieced,
		Places: list(t.Places, tracePlace), Unfound: list(t.Unfound, span), TookMs: milliseconds(t.Took),
	}
}

func tracePlace(p retrieval.TracePlace) TracePlace {
	d := p.Document
	return TracePlace{
		DocumentID:   string(d.ID),
		Version:      p.Version,
		Current:      p.Current,
		Title:        d.Metadata.Title,
		City:         known(d.Metadata.City),
		Issuer:       known(d.Metadata.Issuer),
		DocNumber:    known(d.Metadata.DocNumber),
		IssuedOn:     knownDate(d.Metadata.IssuedOn),
		Status:       known(d.Metadata.Status),
		SupersededBy: known(d.Superseded),
		PassageID:    known(p.Passage),
		HeadingPath:  list(p.HeadingPath, same),
		Page:         knownPage(p.Page),
		Given:        span(p.Given),
		Quote:        p.Quote,
		Start:        p.Span.Start,
		End:          p.Span.End,
		Similarity:   p.Similarity,
		Differences: list(p.Differences, func(d retrieval.TraceDifference) TraceDifference {
			return TraceDifference{Kind: string(d.Kind), Given: d.Given, Source: d.Source}
		}),
		URL: pageURL(d.ID, p.Version, &p.Span),
	}
}
