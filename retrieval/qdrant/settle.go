package qdrant

import (
	"context"
	"fmt"

	api "github.com/qdrant/go-client/qdrant"
)

// settle ends the replacements that a crash cut off, by the notes on them. Where
// the document still has another set, that one is kept and the noted one deleted:
// a reader may have seen either, and which one the catalogue wants is seen when the
// two are compared. Where the noted one is alone it stays if it is whole.
func (x *Index) settle(ctx context.Context, collection string) error {
	for {
		notes, err := x.facet(ctx, collection, fieldJournal, nil, pageSets)
		if err != nil {
			return err
		}
		for _, note := range notes {
			if err := x.settleSet(ctx, collection, set(note.GetValue().GetStringValue())); err != nil {
				return err
			}
		}
		if len(notes) < pageSets {
			return nil
		}
	}
}

// settleSet ends one replacement.
func (x *Index) settleSet(ctx context.Context, collection string, s set) error {
	doc, version, whole, err := s.parse()
	if err != nil {
		return err
	}
	others, err := x.count(ctx, collection, othersOf(doc, s))
	if err != nil {
		return err
	}
	points, err := x.count(ctx, collection, ofSet(s))
	if err != nil {
		return err
	}
	keep := others == 0 && points == whole
	operations := erase(s)
	if keep {
		operations = []*api.PointsUpdateOperation{deletion(ofJournal(s))}
	}
	x.options.Logger.WarnContext(ctx, "a replacement in Qdrant was cut off; it is settled", "document", doc, "version", version, "kept", keep)
	if err := x.update(ctx, collection, "settle what was cut off", operations...); err != nil {
		return fmt.Errorf("document %s: %w", doc, err)
	}
	return nil
}
