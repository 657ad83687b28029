package embedded

import (
	"context"

	"policykb/retrieval"
)

var _ retrieval.Counter = (*Index)(nil)

// Frequencies implements [retrieval.Counter].
func (x *Index) Frequencies(ctx context.Context, terms []retrieval.Term) (counts []int, points int, err error) {
	if err := x.usable(ctx); err != nil {
		return nil, 0, err
	}
	state := x.state.Load()
	counts = make([]int, len(terms))
	views := state.views()
	for i, t := range terms {
		for _, v := range views {
			list := v.lookUp(t)
			counts[i] += list.alive(v.dead)
		}
	}
	return counts, state.live, nil
}
