package qdrant

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	api "github.com/qdrant/go-client/qdrant"
)

// OpenNext opens a collection beside the one behind the alias, to be filled and
// then put in its place with [Index.Promote]. One that an earlier call made, for
// the same layout, and that was not promoted is taken up again with what it holds.
func OpenNext(ctx context.Context, o Options) (*Index, error) {
	x, err := connect(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := x.openNext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open the next collection of %s at %s: %w", o.Collection, o.Server, err), x.Close())
	}
	return x, nil
}

func (x *Index) openNext(ctx context.Context) error {
	live, err := x.live(ctx)
	if err != nil {
		return err
	}
	numbers, err := x.numbered(ctx)
	if err != nil {
		return err
	}
	liveNumber, _ := x.numberOf(live)
	next := liveNumber + 1
	for _, n := range slices.Sorted(maps.Keys(numbers)) {
		if n < next {
			continue
		}
		info, err := x.server.info(ctx, numbers[n])
		if err != nil {
			return err
		}
		if x.layout().matches(numbers[n], info) == nil {
			next = n
			break
		}
		next = n + 1
	}
	if err := x.create(ctx, x.nameOf(next)); err != nil {
		return err
	}
	return x.use(ctx, x.nameOf(next))
}

// Promote sets the alias to this index's collection, in one step, and returns the
// name of the collection that was behind it before, "" where there was none.
func (x *Index) Promote(ctx context.Context) (before string, err error) {
	if err := x.usable(ctx); err != nil {
		return "", err
	}
	if before, err = x.live(ctx); err != nil {
		return "", fmt.Errorf("promote %s: %w", x.collection(), err)
	}
	if before == x.collection() {
		return before, nil
	}
	var actions []*api.AliasOperations
	if before != "" {
		actions = append(actions, api.NewAliasDelete(x.options.Collection))
	}
	actions = append(actions, api.NewAliasCreate(x.options.Collection, x.collection()))
	err = x.server.write(ctx, "set the alias", func(ctx context.Context) error { return x.server.UpdateAliases(ctx, actions) })
	if err != nil {
		return "", fmt.Errorf("promote %s: %w", x.collection(), err)
	}
	return before, nil
}

// Collection is the name of the collection that the index works on.
func (x *Index) Collection() string { return x.collection() }

// DropOthers removes the collections of this index that are not behind the alias,
// and returns their names. Questions may still be answered from one of them by a
// policykb that has not followed the alias yet.
func (x *Index) DropOthers(ctx context.Context) (dropped []string, err error) {
	if err := x.usable(ctx); err != nil {
		return nil, err
	}
	live, err := x.live(ctx)
	if err != nil {
		return nil, err
	}
	numbers, err := x.numbered(ctx)
	if err != nil {
		return nil, err
	}
	for _, n := range slices.Sorted(maps.Keys(numbers)) {
		if numbers[n] == live {
			continue
		}
		err := x.server.write(ctx, "remove the collection "+numbers[n], func(ctx context.Context) error {
			return x.server.DeleteCollection(ctx, numbers[n])
		})
		if err != nil {
			return dropped, err
		}
		dropped = append(dropped, numbers[n])
	}
	return dropped, nil
}

// Drop removes the whole index from the server: its alias and its collections. It is
// for an index that was made to be measured; nothing else can be done with it then
// but to close it.
func (x *Index) Drop(ctx context.Context) error {
	if err := x.usable(ctx); err != nil {
		return err
	}
	err := x.server.write(ctx, "remove the alias", func(ctx context.Context) error {
		return x.server.DeleteAlias(ctx, x.options.Collection)
	})
	if err != nil {
		return err
	}
	_, err = x.DropOthers(ctx)
	return err
}

// Follow looks after the alias at the given interval and, when it was set to
// another collection of the same layout, goes over to that one and calls moved.
// Searches go on throughout; those under way end on the collection they began
// with. A collection of another layout is not followed, only reported: it needs
// other settings. Follow returns when the context ends.
func (x *Index) Follow(ctx context.Context, every time.Duration, moved func(context.Context) error) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	refused := ""
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
		live, err := x.live(ctx)
		switch {
		case err != nil || live == "" || live == x.collection() || live == refused:
			continue // what the server's absence means is told by those who need it
		case x.closed.Load():
			return errClosed
		}
		if err := x.move(ctx, live); err != nil {
			x.options.Logger.WarnContext(ctx, "the index has moved to a collection that cannot be followed", "collection", live, "error", err)
			if errors.Is(err, ErrMismatch) {
				refused = live
			}
			continue
		}
		x.options.Logger.InfoContext(ctx, "the index has moved", "collection", live)
		if err := moved(ctx); err != nil && ctx.Err() == nil {
			x.options.Logger.WarnContext(ctx, "the index has moved, but could not be compared with the catalogue", "collection", live, "error", err)
		}
	}
}

// move goes over to another collection.
func (x *Index) move(ctx context.Context, collection string) error {
	info, err := x.server.info(ctx, collection)
	if err != nil {
		return err
	}
	if err := x.layout().matches(collection, info); err != nil {
		return err
	}
	x.moving.Lock()
	defer x.moving.Unlock()
	if err := x.settle(ctx, collection); err != nil {
		return err
	}
	x.visible.move(collection)
	x.frequencies.forget()
	return nil
}
