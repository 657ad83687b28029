package qdrant

import (
	"context"
	"fmt"
	"iter"

	api "github.com/qdrant/go-client/qdrant"

	"policykb/corpus"
	"policykb/retrieval"
)

// Sizes of pages of holdings.
const (
	pagePoints = 50_000 // points that a page should be about
	pageSets   = 20_000 // sets that one answer of the server holds; a page with more is cut in two
)

// Holdings implements [retrieval.Index]. The server counts points by set, which
// names document and version, one slice of the documents at a time. A document of
// which there is more than one set, left behind by a fault, comes with all its
// points, so that it is seen to be wrong.
func (x *Index) Holdings(ctx context.Context) iter.Seq2[retrieval.IndexHolding, error] {
	return func(yield func(retrieval.IndexHolding, error) bool) {
		err := x.usable(ctx)
		points := 0
		if err == nil {
			points, err = x.countPoints(ctx)
		}
		if err != nil {
			yield(retrieval.IndexHolding{}, err)
			return
		}
		step := sliceCount
		for step > 1 && points/(sliceCount/step) > pagePoints {
			step /= 2
		}
		for from := 0; from < sliceCount; from += step {
			if !x.holdings(ctx, from, from+step, yield) {
				return
			}
		}
	}
}

// holdings yields what is held of the documents in some slices, and reports
// whether to go on.
func (x *Index) holdings(ctx context.Context, from, to int, yield func(retrieval.IndexHolding, error) bool) bool {
	hits, err := x.setsIn(ctx, from, to)
	if err == nil && len(hits) >= pageSets && to-from > 1 {
		middle := (from + to) / 2
		return x.holdings(ctx, from, middle, yield) && x.holdings(ctx, middle, to, yield)
	}
	if err == nil && len(hits) >= pageSets {
		err = fmt.Errorf("more than %d documents share a slice", pageSets)
	}
	if err != nil {
		yield(retrieval.IndexHolding{}, fmt.Errorf("list what Qdrant holds: %w", err))
		return false
	}
	held := make(map[corpus.DocumentID]retrieval.IndexHolding, len(hits))
	for _, h := range hits {
		doc, version, _, err := set(h.GetValue().GetStringValue()).parse()
		if err != nil {
			yield(retrieval.IndexHolding{}, err)
			return false
		}
		of := held[doc]
		held[doc] = retrieval.IndexHolding{Document: doc, Version: max(version, of.Version), Points: of.Points + int(h.GetCount())}
	}
	for _, h := range held {
		if !yield(h, nil) {
			return false
		}
	}
	return true
}

// setsIn counts the points of every visible set in some slices.
func (x *Index) setsIn(ctx context.Context, from, to int) ([]*api.FacetHit, error) {
	view := x.visible.enter()
	defer x.visible.leave(view)
	filter := filterOf(&corpus.Filter{}, view.hidden)
	if filter == nil {
		filter = &api.Filter{}
	}
	filter.Must = append(filter.Must, api.NewRange(fieldSlice, &api.Range{Gte: api.PtrOf(float64(from)), Lt: api.PtrOf(float64(to))}))
	return x.facet(ctx, view.collection, fieldSet, filter, pageSets)
}

// Stats implements [retrieval.Index]. The numbers are the server's own, which
// may be a little off while it rearranges its segments.
func (x *Index) Stats(ctx context.Context) (retrieval.Stats, error) {
	if err := x.usable(ctx); err != nil {
		return retrieval.Stats{}, err
	}
	points, err := x.countPoints(ctx)
	if err != nil {
		return retrieval.Stats{}, err
	}
	view := x.visible.enter()
	defer x.visible.leave(view)
	first := filterOf(&corpus.Filter{}, view.hidden)
	if first == nil {
		first = &api.Filter{}
	}
	first.Must = append(first.Must, api.NewMatchBool(fieldFirst, true))
	documents, err := x.count(ctx, view.collection, first)
	if err != nil {
		return retrieval.Stats{}, err
	}
	return retrieval.Stats{Engine: "qdrant", Documents: documents, Points: points, Dimensions: x.options.Dimensions}, nil
}

// count counts the points that a filter lets through.
func (x *Index) count(ctx context.Context, collection string, filter *api.Filter) (n int, err error) {
	err = x.server.read(ctx, "count documents", func(ctx context.Context) error {
		count, err := x.server.Count(ctx, &api.CountPoints{
			CollectionName: collection, Filter: filter, Exact: api.PtrOf(true), ReadConsistency: x.consistency,
		})
		n = int(count)
		return err
	})
	return n, err
}

// countPoints is the number of points in the collection. Counting exactly would
// make the server list them all.
func (x *Index) countPoints(ctx context.Context) (int, error) {
	info, err := x.server.info(ctx, x.collection())
	return int(info.GetPointsCount()), err
}
