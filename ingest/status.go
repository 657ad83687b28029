package ingest

import (
	"context"
	"fmt"
	"time"

	"policykb/corpus"
	"policykb/ingest/metadata"
)

// Age brings the status of every document to what its dates say today: a term
// begins or ends without anybody touching the document. It returns how many changed.
func (p *Pipeline) Age(ctx context.Context) (changed int, err error) {
	today := corpus.DateOf(p.now())
	listing := corpus.Listing{Limit: 500}
	for {
		page, err := p.catalogue.Documents(ctx, listing)
		if err != nil {
			return changed, fmt.Errorf("age: %w", err)
		}
		for _, doc := range page.Documents {
			m := doc.Metadata
			if m.Status = metadata.StatusOn(m, today); m.Status == doc.Metadata.Status {
				continue
			}
			if _, err := p.Describe(ctx, doc.ID, m, doc.Origins); err != nil {
				return changed, fmt.Errorf("age: %w", err)
			}
			changed++
		}
		if page.Next == "" {
			return changed, nil
		}
		listing.Cursor = page.Next
	}
}

// ageDaily calls Age at once and then at the beginning of each day.
func (p *Pipeline) ageDaily(ctx context.Context) {
	for {
		changed, err := p.Age(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			p.log.Error("the documents' status could not be brought up to date", "error", err)
		case changed > 0:
			p.log.Info("the status of documents has changed with the day", "documents", changed)
		}
		now := p.now()
		year, month, day := now.Date()
		midnight := time.NewTimer(time.Date(year, month, day+1, 0, 0, 1, 0, now.Location()).Sub(now))
		select {
		case <-ctx.Done():
			midnight.Stop()
			return
		case <-midnight.C:
		}
	}
}
