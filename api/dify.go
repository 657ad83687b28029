package api

import (
	"context"

	"policykb/retrieval"
)

// Retrieve ranks passages as Dify's external knowledge API has it. (POST /retrieval)
func (s *Server) Retrieve(ctx context.Context, r RetrieveRequestObject) (RetrieveResponseObject, error) {
	fits, err := metadataCondition(r.Body.MetadataCondition)
	if err != nil {
		return nil, err
	}
	limit, threshold := 10, 0.0
	if setting := r.Body.RetrievalSetting; setting != nil {
		if setting.TopK != nil {
			limit = *setting.TopK
		}
		if setting.ScoreThreshold != nil {
			threshold = *setting.ScoreThreshold
		}
	}
	found, err := s.passagesThatFit(ctx, r.Body.Query, fits, limit, threshold)
	if err != nil {
		return nil, err
	}
	base := s.baseURL(ctx)
	return Retrieve200JSONResponse{Records: list(found, func(p retrieval.Passage) RetrievalRecord {
		wire := passage(p)
		return RetrievalRecord{Content: wire.Text, Score: wire.Score, Title: wire.Title, Metadata: attributesOf(p, base)}
	})}, nil
}

// metadataCondition joins the conditions; none gives nil.
func metadataCondition(m *MetadataCondition) (condition, error) {
	if m == nil || len(m.Conditions) == 0 {
		return nil, nil
	}
	var all []condition
	for _, c := range m.Conditions {
		fits, err := difyCondition(c)
		if err != nil {
			return nil, err
		}
		all = append(all, fits)
	}
	if m.LogicalOperator != nil && *m.LogicalOperator == MetadataConditionLogicalOperatorOr {
		return anyOf(all), nil
	}
	return allOf(all), nil
}

// denials are the operators that deny another one.
var denials = map[ConditionComparisonOperator]string{
	"not contains": "contains", "is not": "is", "≠": "=", "not in": "in", "not empty": "empty",
}

// difyCondition fits documents any of whose named fields fits, or none where the
// operator denies.
func difyCondition(c Condition) (condition, error) {
	names, err := givenValues("name", c.Name)
	if err != nil {
		return nil, err
	}
	operator, denied := string(c.ComparisonOperator), false
	if affirmed, ok := denials[c.ComparisonOperator]; ok {
		operator, denied = affirmed, true
	}
	var value any
	if c.Value != nil {
		value = *c.Value
	}
	var named []condition
	for _, name := range names {
		fits, err := comparison(name, operator, value)
		if err != nil {
			return nil, err
		}
		named = append(named, fits)
	}
	if denied {
		return not(anyOf(named)), nil
	}
	return anyOf(named), nil
}
