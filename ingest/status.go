package ingest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"policykb/corpus"
	"policykb/ingest/metadata"
)

// Age brings the status of every document to what its dates, and the documents
// that repeal it, say today: a term begins or ends without anybody touching the
// document. It returns how many changed.
func (p *Pipeline) Age(ctx context.Context) (changed int, err error) {
	listing := corpus.Listing{Limit: 500}
	for {
		page, err := p.catalogue.Documents(ctx, listing)
		if err != nil {
			return changed, fmt.Errorf("age: %w", err)
		}
		for _, doc := range page.Documents {
			aged, err := p.age(ctx, doc)
			if err != nil {
				return changed, fmt.Errorf("age: %w", err)
			}
			if aged {
				changed++
			}
		}
		if page.Next == "" {
			return changed, nil
		}
		listing.Cursor = page.Next
	}
}

// age brings the status of one document up to date.
func (p *Pipeline) age(ctx context.Context, doc corpus.Document) (changed bool, err error) {
	m, origins, err := p.standing(ctx, doc)
	if err != nil || m.Status == doc.Metadata.Status && m.EffectiveTo == doc.Metadata.EffectiveTo {
		return false, err
	}
	_, err = p.Describe(ctx, doc.ID, m, origins)
	return err == nil, err
}

// standing says how a document stands today. Where another one repeals it, its term
// ends the day before that one's begins; what a person has said of status and term
// is left as it is. A repeal whose document was removed is taken back.
func (p *Pipeline) standing(ctx context.Context, doc corpus.Document) (m corpus.Metadata, origins map[string]corpus.Origin, err error) {
	m, origins = doc.Metadata, maps.Clone(doc.Origins)
	if origins == nil {
		origins = make(map[string]corpus.Origin)
	}
	for field, forget := range map[string]func(){
		termField:   func() { m.EffectiveTo = corpus.Date{} },
		statusField: func() { m.Status = corpus.StatusUnknown },
	} {
		if origins[field].From == corpus.OriginRepeal {
			forget()
			delete(origins, field)
		}
	}
	today := corpus.DateOf(p.now())
	last, repealed, err := p.lastDay(ctx, doc)
	if err != nil {
		return m, origins, err
	}
	repealed = repealed && origins[statusField].From != corpus.OriginGiven
	if repealed && m.EffectiveTo.IsZero() && !last.IsZero() {
		m.EffectiveTo, origins[termField] = last, corpus.Origin{From: corpus.OriginRepeal}
	}
	if repealed && last.LastOrdinal() < today.Ordinal() {
		m.Status, origins[statusField] = corpus.StatusRepeal, corpus.Origin{From: corpus.OriginRepeal}
	}
	m.Status = metadata.StatusOn(m, today)
	return m, origins, nil
}

// The fields of metadata that a repeal speaks of, as origins name them.
const (
	termField   = "effective_to"
	statusField = "status"
)

// lastDay is the last day in force of a document that its successor repeals; the
// zero date where it does not say from when.
func (p *Pipeline) lastDay(ctx context.Context, doc corpus.Document) (last corpus.Date, repealed bool, err error) {
	newer, err := p.catalogue.Repealing(ctx, doc.Metadata.Title)
	if err != nil {
		return last, false, stored("look for what repeals the document", err)
	}
	for _, by := range newer {
		r, err := p.repealOf(ctx, doc, by.ID)
		if err != nil {
			return last, false, err
		}
		if r == nil || !repeals(by, doc, *r) {
			continue
		}
		from := by.Metadata.EffectiveFrom
		if from.IsZero() {
			from = by.Metadata.IssuedOn
		}
		if from.Day == 0 && from.Compare(corpus.DateOf(p.now())) > 0 {
			continue // some day of a year to come
		}
		if before := dayBefore(from); !repealed || before.Compare(last) < 0 {
			last, repealed = before, true
		}
	}
	return last, repealed, nil
}

// dayBefore is the day before a date; of a date that is known by month or year
// alone, the zero date.
func dayBefore(d corpus.Date) corpus.Date {
	if d.Day == 0 {
		return corpus.Date{}
	}
	return corpus.DateOf(time.Date(d.Year, d.Month, d.Day-1, 0, 0, 0, 0, time.UTC))
}

// ageWith brings up to date the document and those that it repeals. What fails is
// made good by the next Age.
func (p *Pipeline) ageWith(ctx context.Context, id corpus.DocumentID) {
	related, err := p.repealedBy(ctx, id)
	if err == nil {
		var doc corpus.Document
		if doc, err = p.catalogue.Document(ctx, id); errors.Is(err, corpus.ErrNotFound) {
			return
		}
		related = append(related, doc)
	}
	for _, doc := range related {
		if err == nil {
			_, err = p.age(ctx, doc)
		}
	}
	if err != nil && ctx.Err() == nil && !errors.Is(err, corpus.ErrNotFound) {
		p.log.Warn("the status of documents could not be brought up to date; it will be within a day", "document", id, "error", err)
	}
}

// repealedBy finds the documents that bear the titles of those that a document repeals.
func (p *Pipeline) repealedBy(ctx context.Context, id corpus.DocumentID) (old []corpus.Document, err error) {
	repeals, err := p.catalogue.Repealed(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, r := range repeals {
		found, err := p.catalogue.Alike(ctx, r.Title, "")
		if err != nil {
			return nil, err
		}
		old = append(old, found...)
	}
	return old, nil
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
