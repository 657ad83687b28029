package retrieval

import (
	"context"

	"policykb/corpus"
)

// WeighedUnit is a unit of a passage with its features, for calibration.
type WeighedUnit struct {
	Document corpus.Document
	Span     corpus.Span // in the version's canonical text
	Text     string
	Features Features
}

// Weigh returns the units that the built-in writer chooses from for a question,
// from the documents that pass the filter, best first, and what speaks for the best.
func (s *Service) Weigh(ctx context.Context, question string, filter corpus.Filter, exclude map[corpus.DocumentID]bool) (units []WeighedUnit, d Doubt, q Interpretation, err error) {
	if q, err = s.understand(ctx, Request{Question: question, Filter: filter}); err != nil {
		return nil, d, q, err
	}
	found, err := s.find(ctx, &q, bounds{limit: writePassages})
	if err != nil {
		return nil, d, q, err
	}
	kept := found.passages[:0]
	for _, p := range found.passages {
		if !exclude[p.Found.Document.ID] {
			kept = append(kept, p)
		}
	}
	if kept, err = s.around(ctx, &q, kept); err != nil || len(kept) == 0 {
		return nil, d, q, err
	}
	r := newReader(&q, s.extractive.places, s.extractive.weights)
	ranked := r.weigh(r.read(kept))
	for _, e := range ranked {
		p := e.reading.passage.Found
		units = append(units, WeighedUnit{p.Document, e.unit.span.Shift(p.Passage.Span.Start),
			string(e.reading.text[e.unit.span.Start:e.unit.span.End]), e.features})
	}
	return units, s.extractive.draft(&q, kept).doubt, q, nil
}

func (f Features) Vector() []float64 { v := f.vector(); return v[:] }
func (d Doubt) Vector() []float64    { v := d.vector(); return v[:] }

// The weights in force.
var (
	EvidenceWeights = evidenceWeights
	AnswerWeights   = answerWeights
	AnswerBias      = answerBias
)

// IDs returns the documents by the names of their files.
func (s *Service) IDs(ctx context.Context) (map[string]corpus.DocumentID, error) {
	ids := make(map[string]corpus.DocumentID)
	for cursor := ""; ; {
		page, err := s.config.Catalogue.Documents(ctx, corpus.Listing{Limit: 500, Cursor: cursor})
		if err != nil {
			return nil, err
		}
		for _, d := range page.Documents {
			ids[d.Original.Name] = d.ID
		}
		if cursor = page.Next; cursor == "" {
			return ids, nil
		}
	}
}
