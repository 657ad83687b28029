package api

import (
	"context"

	"policykb/corpus"
)

// GetDocumentDiff says what changed between two versions. (GET /v1/documents/{id}/diff)
func (s *Server) GetDocumentDiff(ctx context.Context, r GetDocumentDiffRequestObject) (GetDocumentDiffResponseObject, error) {
	id := corpus.DocumentID(r.ID)
	to, err := s.catalogue.Version(ctx, id, number(r.Params.To))
	if err != nil {
		return nil, err
	}
	before := number(r.Params.From)
	if before == 0 {
		if before = to.Number - 1; before == 0 {
			return nil, refuseFields(FieldError{Field: "from", Detail: "is needed: there is no version before the first"})
		}
	}
	from, err := s.catalogue.Version(ctx, id, before)
	if err != nil {
		return nil, err
	}
	part := func(v corpus.Version, at corpus.Span) *DiffPart {
		if at == (corpus.Span{}) {
			return nil
		}
		return &DiffPart{Text: at.Of(v.Text), Start: at.Start, End: at.End}
	}
	return GetDocumentDiff200JSONResponse{
		DocumentID: r.ID, From: from.Number, To: to.Number,
		Changes: list(corpus.Changes(from, to), func(c corpus.Change) DiffChange {
			return DiffChange{
				Kind: DiffChangeKind(c.Kind), HeadingPath: list(c.HeadingPath, same),
				Before: part(from, c.Before), After: part(to, c.After),
			}
		}),
	}, nil
}
