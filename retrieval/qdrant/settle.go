package qdrant

import (
	"context"
	"fmt"

	api "github.com/qdrant/go-client/qdrant"
)

// settle ends the replacements that a crash cut off, by the mark on their points.
// Where the document still has another set, that one is kept and the marked one
// deleted: a reader may have seen either, and what the catalogue wants is seen when
// the two are compared. Where the marked one is alone it stays if it is whole.
func (x *Index) settle(ctx context.Context, collection string) error {
	for {
		marked := &api.Filter{Must: []*api.Condition{api.NewMatchBool(fieldPending, true)}}
		hits, err := x.facet(ctx, collection, marked, pageSets)
		if err != nil {
			return err
		}
		for _, h := range hits {
			if err := x.settleSet(ctx, collection, set(h.GetValue().GetStringValue()), int(h.GetCount())); err != nil {
				return err
			}
		}
		if len(hits) < pageSets {
			return nil
		}
	}
}

// settleSet ends one replacement, which has come as far as some marked points.
func (x *Index) settleSet(ctx context.Context, collection string, s set, points int) error {
	doc, version, whole, err := s.parse()
	if err != nil {
		return err
	}
	others, err := x.count(ctx, collection, othersOf(doc, s))
	if err != nil {
		return err
	}
	keep := others == 0 && points == whole
	operations := erase(s)
	if keep {
		operations = []*api.PointsUpdateOperation{unmark(s)}
	}
	x.options.Logger.WarnContext(ctx, "a replacement in Qdrant was cut off; it is settled", "document", doc, "version", version, "kept", keep)
	if err := x.update(ctx, collection, "settle what was cut off", operations...); err != nil {
		return fmt.Errorf("document %s: %w", doc, err)
	}
	return nil
}
