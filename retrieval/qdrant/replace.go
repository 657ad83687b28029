package qdrant

import (
	"context"
	"fmt"
	"slices"
	"time"

	api "github.com/qdrant/go-client/qdrant"
	"google.golang.org/protobuf/proto"

	"policykb/corpus"
	"policykb/retrieval"
)

// Bounds of one upsert. The server takes 32 MiB at most; smaller batches keep
// its other callers from waiting.
const (
	batchPoints = 256
	batchBytes  = 4 << 20
)

// writersAtOnce bounds how many replacements are under way: more would only wait
// for the server's log, with their points in memory.
const writersAtOnce = 16

// Replace implements [retrieval.Index]; type visibility explains how.
func (x *Index) Replace(ctx context.Context, doc corpus.DocumentID, version int, points []retrieval.Point) error {
	if err := x.check(doc, version, points); err != nil {
		return fmt.Errorf("index document %s: %w", doc, err)
	}
	if err := x.change(ctx, doc, version, points); err != nil {
		return fmt.Errorf("index document %s: %w", doc, err)
	}
	return nil
}

// Remove implements [retrieval.Index].
func (x *Index) Remove(ctx context.Context, doc corpus.DocumentID) error {
	if err := x.change(ctx, doc, 0, nil); err != nil {
		return fmt.Errorf("remove document %s from the index: %w", doc, err)
	}
	return nil
}

// check reports why points cannot be indexed.
func (x *Index) check(doc corpus.DocumentID, version int, points []retrieval.Point) error {
	for i := range points {
		if err := points[i].Check(doc, version, x.options.Dimensions); err != nil {
			return fmt.Errorf("point %d (%s): %w", i, points[i].Passage, err)
		}
	}
	return nil
}

// change makes points the only ones of the document.
func (x *Index) change(ctx context.Context, doc corpus.DocumentID, version int, points []retrieval.Point) error {
	if err := x.usable(ctx); err != nil {
		return err
	}
	select {
	case x.writers <- struct{}{}:
		defer func() { <-x.writers }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	unlock, err := x.documents.lock(ctx, string(doc))
	if err != nil {
		return err
	}
	defer unlock()
	x.moving.RLock()
	defer x.moving.RUnlock()

	held, err := x.setsOf(ctx, doc)
	if err != nil {
		return err
	}
	w := writer{Index: x, doc: doc, held: held}
	if len(points) == 0 {
		return w.remove(ctx)
	}
	w.set = setOf(doc, version, points)
	if _, ok := held[w.set]; ok && !x.visible.hides(w.set) {
		return w.complete(ctx, points)
	}
	return w.replace(ctx, points)
}

// writer changes one document, of which it knows the sets that the collection
// holds, with their numbers of points.
type writer struct {
	*Index
	doc  corpus.DocumentID
	held map[set]int
	set  set // the new one
}

// others are the sets held beside the new one.
func (w *writer) others() []set {
	var others []set
	for s := range w.held {
		if s != w.set {
			others = append(others, s)
		}
	}
	return others
}

// replace puts a new set in the place of what is held, in the steps that type
// visibility gives.
func (w *writer) replace(ctx context.Context, points []retrieval.Point) error {
	batches := w.batches(points)
	old := w.others()
	// What one call writes whole, and nothing has to make room for, needs no note.
	noted := len(old) > 0 || len(batches) > 1
	if noted {
		batches[0] = append(batches[0], journalPoint(w.doc, w.set))
	}
	if err := await(ctx, w.visible.change([]set{w.set}, nil)); err != nil {
		if _, begun := w.held[w.set]; !begun { // else it has to stay hidden
			w.visible.change(nil, []set{w.set})
		}
		return err
	}
	if err := w.upsert(ctx, batches); err != nil {
		w.withdraw(ctx)
		return err
	}
	drained := w.visible.change(old, []set{w.set})
	w.countChange(len(points))
	if !noted {
		return nil
	}
	if err := await(ctx, drained); err != nil {
		return err
	}
	return w.tidy(ctx, old)
}

// complete heals a set that readers see already: it was written by the same
// replacement before, perhaps not to the end.
func (w *writer) complete(ctx context.Context, points []retrieval.Point) error {
	old := w.others()
	if w.held[w.set] != len(points) {
		if err := w.upsert(ctx, w.batches(points)); err != nil {
			return err
		}
		w.countChange(len(points))
	}
	if len(old) == 0 {
		return nil
	}
	if err := await(ctx, w.visible.change(old, nil)); err != nil {
		return err
	}
	return w.tidy(ctx, old)
}

// remove deletes all that is held of the document.
func (w *writer) remove(ctx context.Context) error {
	if len(w.held) == 0 {
		return nil
	}
	old := w.others()
	if err := await(ctx, w.visible.change(old, nil)); err != nil {
		w.visible.change(nil, old)
		return err
	}
	if err := w.tidy(ctx, old); err != nil {
		return err
	}
	n := 0
	for _, points := range w.held {
		n += points
	}
	w.countChange(n)
	return nil
}

// tidy deletes the points of the document's hidden sets and then the note on the
// new one: should the server die in between, the next start knows by the note
// what was under way (see settle).
func (w *writer) tidy(ctx context.Context, old []set) error {
	var operations []*api.PointsUpdateOperation
	for _, s := range old {
		operations = append(operations, erase(s)...)
	}
	if w.set != "" {
		operations = append(operations, deletion(ofJournal(w.set)))
	}
	if err := w.update(ctx, w.collection(), "delete what was replaced", operations...); err != nil {
		return err
	}
	w.visible.change(nil, old)
	return nil
}

// erase deletes the points of a hidden set, and the note on it. They are emptied first: the server
// counts the terms of a deleted point in the inverse document frequency until it
// cleans the segment, but not those of a point that has lost them.
// They still name their document, so that a server that dies in between leaves
// something to be found wrong.
func erase(s set) []*api.PointsUpdateOperation {
	doc, _, points, err := s.parse()
	if err != nil {
		return nil // not a set of ours; whoever met it has said so
	}
	empty := make([]*api.PointStruct, points)
	for i := range empty {
		empty[i] = &api.PointStruct{
			Id: pointID(s, i), Vectors: api.NewVectorsMap(nil),
			Payload: map[string]*api.Value{
				fieldDocument: api.NewValueString(string(doc)),
				fieldSet:      api.NewValueString(string(s)),
				fieldSlice:    api.NewValueInt(sliceOf(doc)),
			},
		}
	}
	return []*api.PointsUpdateOperation{
		api.NewPointsUpdateUpsert(&api.PointsUpdateOperation_PointStructList{Points: empty}),
		deletion(ofSet(s)),
		deletion(ofJournal(s)),
	}
}

// deletion deletes the points that a filter lets through.
func deletion(filter *api.Filter) *api.PointsUpdateOperation {
	return api.NewPointsUpdateDeletePoints(&api.PointsUpdateOperation_DeletePoints{Points: api.NewPointsSelectorFilter(filter)})
}

// withdrawTime bounds how long the points of a failed replacement are cleared away.
const withdrawTime = 3 * time.Second

// withdraw deletes what was written of a set that could not be written whole.
// Where that fails too the set stays hidden; the next replacement or removal of
// the document deletes it, or the next start.
func (w *writer) withdraw(ctx context.Context) {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), withdrawTime)
	defer done()
	err := w.update(ctx, w.collection(), "delete what was half written", erase(w.set)...)
	if err != nil {
		w.options.Logger.Warn("a document half written to Qdrant stays hidden", "document", w.doc, "error", err)
		return
	}
	w.visible.change(nil, []set{w.set})
}

// batches makes the points as the server keeps them, in calls of bounded size.
func (w *writer) batches(points []retrieval.Point) [][]*api.PointStruct {
	var batches [][]*api.PointStruct
	var batch []*api.PointStruct
	bytes := 0
	for i := range points {
		p := pointOf(w.set, i, &points[i])
		size := proto.Size(p)
		if len(batch) > 0 && (len(batch) == batchPoints || bytes+size > batchBytes) {
			batches = append(batches, batch)
			batch, bytes = nil, 0
		}
		batch = append(batch, p)
		bytes += size
	}
	return append(batches, batch)
}

// upsert writes batches and returns when all can be found.
func (w *writer) upsert(ctx context.Context, batches [][]*api.PointStruct) error {
	for _, batch := range batches {
		err := w.server.write(ctx, "write passages", func(ctx context.Context) error {
			_, err := w.server.Upsert(ctx, &api.UpsertPoints{CollectionName: w.collection(), Wait: api.PtrOf(true), Points: batch})
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// update makes changes, one after the other, and returns when all are made.
func (x *Index) update(ctx context.Context, collection, doing string, operations ...*api.PointsUpdateOperation) error {
	return x.server.write(ctx, doing, func(ctx context.Context) error {
		_, err := x.server.UpdateBatch(ctx, &api.UpdateBatchPoints{CollectionName: collection, Wait: api.PtrOf(true), Operations: operations})
		return err
	})
}

// setsOf returns the sets that the collection holds of a document, hidden ones
// too, with their numbers of points.
func (x *Index) setsOf(ctx context.Context, doc corpus.DocumentID) (map[set]int, error) {
	hits, err := x.facet(ctx, x.collection(), fieldSet, ofDocument(doc), maxSets)
	if err != nil {
		return nil, err
	}
	held := make(map[set]int, len(hits))
	for _, h := range hits {
		s := set(h.GetValue().GetStringValue())
		if _, _, _, err := s.parse(); err != nil {
			return nil, err
		}
		held[s] = int(h.GetCount())
	}
	return held, nil
}

// maxSets is more sets than one document ever has at once.
const maxSets = 1000

// facet counts points by a field. Values that only deleted points had, of which the
// server still knows, are left out.
func (x *Index) facet(ctx context.Context, collection, field string, filter *api.Filter, limit uint64) (hits []*api.FacetHit, err error) {
	err = x.server.read(ctx, "count passages", func(ctx context.Context) error {
		hits, err = x.server.Facet(ctx, &api.FacetCounts{
			CollectionName: collection, Key: field, Filter: filter, Limit: &limit,
			Exact: api.PtrOf(true), ReadConsistency: x.consistency,
		})
		return err
	})
	return slices.DeleteFunc(hits, func(h *api.FacetHit) bool { return h.GetCount() == 0 }), err
}
