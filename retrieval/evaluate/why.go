package evaluate

import (
	"context"

	"policykb/corpus"
	"policykb/retrieval"
)

// Explainer is a [Service] that says why it finds and chooses what it does.
// *retrieval.Service is one.
type Explainer interface {
	Explain(ctx context.Context, r retrieval.Request, limit int) (retrieval.Explanation, error)
}

// Why says why these passages were found and these sentences chosen.
type Why struct {
	Passages []PassageWhy       `json:"passages,omitempty"`
	Chosen   []UnitWhy          `json:"chosen,omitempty"`
	Others   []UnitWhy          `json:"others,omitempty"` // the best that were not chosen
	Doubt    []retrieval.Factor `json:"doubt,omitempty"`  // of the confidence, as log odds
}

// PassageWhy is a passage with what ranks it.
type PassageWhy struct {
	PassageTrace
	Sparse float64  `json:"sparse"` // the score of its words
	Dense  float64  `json:"dense"`  // the cosine of its vector
	InText []string `json:"in_text,omitempty"`
	Above  []string `json:"above,omitempty"` // in title and headings
	Best   UnitWhy  `json:"best"`
}

// UnitWhy is a sentence, item or row with the heaviest features of its score.
type UnitWhy struct {
	Text    string             `json:"text"`
	Score   float64            `json:"score"`
	Factors []retrieval.Factor `json:"factors,omitempty"`
}

// Sizes of an explanation.
const (
	passagesExplained = 3
	factorsExplained  = 6
)

func explain(ctx context.Context, service Explainer, q Question) (*Why, error) {
	e, err := service.Explain(ctx, retrieval.Request{Question: q.Question, Filter: q.Filter}, passagesExplained)
	if err != nil {
		return nil, err
	}
	why := &Why{Chosen: unitWhys(e.Chosen), Others: unitWhys(e.Others), Doubt: e.Doubt}
	for _, p := range e.Passages {
		why.Passages = append(why.Passages, PassageWhy{
			PassageTrace: passageTrace(p.Passage), Sparse: p.Passage.Sparse, Dense: p.Passage.Dense,
			InText: p.InText, Above: p.Above, Best: unitWhy(p.Best),
		})
	}
	return why, nil
}

func unitWhys(units []retrieval.UnitReason) []UnitWhy {
	var whys []UnitWhy
	for _, u := range units {
		whys = append(whys, unitWhy(u))
	}
	return whys
}

func unitWhy(u retrieval.UnitReason) UnitWhy {
	return UnitWhy{Text: u.Text, Score: u.Score, Factors: u.Factors[:min(factorsExplained, len(u.Factors))]}
}

// pick asks a question of the text that holds its evidence alone and tells whether
// the first sentence chosen is the answer's.
func pick(ctx context.Context, service Explainer, q Question, evidence []EvidenceTrace) (Score, error) {
	picked := Score{Of: 1}
	var filter corpus.Filter
	for _, e := range evidence {
		for _, place := range e.Places {
			filter.DocumentID = append(filter.DocumentID, place.Document)
		}
	}
	if len(filter.DocumentID) == 0 {
		return picked, nil
	}
	e, err := service.Explain(ctx, retrieval.Request{Question: q.Question, Filter: filter}, 0)
	if err != nil {
		return picked, err
	}
	if len(e.Chosen) > 0 && evidence[0].overlaps(e.Chosen[0].Document, e.Chosen[0].Span) {
		picked.Got = 1
	}
	return picked, nil
}
