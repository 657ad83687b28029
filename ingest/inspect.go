package ingest

import (
	"context"
	"fmt"

	"policykb/corpus"
	"policykb/retrieval"
)

// Inspect compares the index with the catalogue and changes nothing. Documents
// described anew since they were indexed are not seen.
func (p *Pipeline) Inspect(ctx context.Context) (Reconciliation, error) {
	r, _, _, err := p.compare(ctx, p.index)
	return r, err
}

// compare tells how an index differs from the catalogue: the documents it lacks
// or holds otherwise, and those it should not hold.
func (p *Pipeline) compare(ctx context.Context, target retrieval.Index) (r Reconciliation, wanted map[corpus.DocumentID]corpus.Holding, orphans []corpus.DocumentID, err error) {
	if wanted, err = p.catalogue.Holdings(ctx); err != nil {
		return r, nil, nil, fmt.Errorf("reconcile: %w", err)
	}
	r.Documents = len(wanted)
	for has, err := range target.Holdings(ctx) {
		if err != nil {
			return r, nil, nil, fmt.Errorf("reconcile: %w", err)
		}
		want, known := wanted[has.Document]
		switch {
		case !known:
			orphans = append(orphans, has.Document)
		case want == corpus.Holding{Version: has.Version, Passages: has.Points}:
			delete(wanted, has.Document)
		default:
			r.Stale++
		}
	}
	r.Missing = len(wanted) - r.Stale
	r.Orphans = len(orphans)
	return r, wanted, orphans, nil
}
