package evaluate

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"policykb/corpus"
	"policykb/retrieval"
)

// trialBase is a library of one document a question, and a service that finds
// the document by the words, by the vector, or not at all, as the question says.
type trialBase struct{ calibration retrieval.Calibration }

const trials = 80

func trialText(i int) string {
	return fmt.Sprintf("第%d号文件：每家企业每年最高补贴%d万元。", i, 100+i)
}

func (trialBase) Documents(context.Context, corpus.Listing) (corpus.Page, error) {
	var page corpus.Page
	for i := range trials {
		page.Documents = append(page.Documents, corpus.Document{
			ID: corpus.DocumentID(fmt.Sprint(i)), Version: 1, Original: corpus.Original{Name: fmt.Sprintf("%d.txt", i)},
		})
	}
	return page, nil
}

func (trialBase) Text(_ context.Context, id corpus.DocumentID, _ int) (string, error) {
	var i int
	_, err := fmt.Sscan(string(id), &i)
	return trialText(i), err
}

// Search finds a question marked 换言 only where vectors weigh enough, and puts one
// marked 原话 second where they weigh too much.
func (b trialBase) Search(_ context.Context, r retrieval.SearchRequest) (retrieval.SearchResult, error) {
	var i int
	if _, err := fmt.Sscanf(r.Query[strings.Index(r.Query, "第"):], "第%d号", &i); err != nil {
		return retrieval.SearchResult{}, err
	}
	right := retrieval.Passage{Found: corpus.Found{Passage: corpus.Passage{
		Document: corpus.DocumentID(fmt.Sprint(i)), Span: corpus.Span{End: len([]rune(trialText(i)))},
	}}}
	dense := b.calibration.Fusion.Dense
	switch {
	case strings.HasPrefix(r.Query, "换言") && dense < 0.2:
		return retrieval.SearchResult{}, nil
	case strings.HasPrefix(r.Query, "原话") && dense > 0.6:
		return retrieval.SearchResult{Passages: []retrieval.Passage{{}, right}}, nil
	}
	return retrieval.SearchResult{Passages: []retrieval.Passage{right}}, nil
}

// Ask is sure of what has an answer, but for one question in forty, and unsure of
// what has none.
func (b trialBase) Ask(_ context.Context, r retrieval.Request) (retrieval.Answer, error) {
	switch {
	case strings.HasPrefix(r.Question, "无"):
		return retrieval.Answer{Confidence: 0.3}, nil
	case strings.HasSuffix(r.Question, "第0号") || strings.HasSuffix(r.Question, "第40号"):
		return retrieval.Answer{Confidence: 0.1}, nil
	}
	return retrieval.Answer{Confidence: 0.9}, nil
}

func trialQuestions(kind string, typ Type, n int) []Question {
	var questions []Question
	for i := range n {
		q := Question{Question: fmt.Sprintf("%s第%d号", kind, i), Type: typ}
		if q.Answerable() {
			q.AnswerKeys = []string{fmt.Sprintf("%d万元", 100+i)}
			q.Evidence = []Evidence{{File: fmt.Sprintf("%d.txt", i), Quote: trialText(i)}}
		}
		questions = append(questions, q)
	}
	return questions
}

func try(c retrieval.Calibration) Service { return trialBase{c} }

func TestCalibrate(t *testing.T) {
	t.Parallel()
	words, paraphrases, none := trialQuestions("原话", TypeFact, trials), trialQuestions("换言", TypeParaphrase, 20), trialQuestions("无", TypeUnanswerable, 12)
	var all []Question
	all = append(append(append(all, words...), paraphrases...), none...)
	fit, err := Calibrate(t.Context(), trialBase{}, all, try)
	if err != nil {
		t.Fatal(err)
	}
	if got := fit.Chosen.Fusion; got != (retrieval.Fusion{Sparse: 1, Dense: 0.2}) {
		t.Errorf("weights %+v, want the smallest that finds the paraphrases and harms nothing", got)
	}
	if got := fit.Chosen.Threshold; got <= 0.3 || got >= 0.9 {
		t.Errorf("threshold %.2f, want one between the unanswerable (0.3) and the answerable (0.9)", got)
	}
	var table strings.Builder
	if err := fit.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(table.String(), "chosen"); n != 2 {
		t.Errorf("%d rows are marked as chosen, want one of each table:\n%s", n, &table)
	}
}

func TestCalibrateDoesNotLook(t *testing.T) {
	t.Parallel()
	held := trialQuestions("换言", TypeParaphrase, 20)
	for i := range held {
		held[i].Split = HeldOut
	}
	questions := append(trialQuestions("原话", TypeFact, 20), held...)
	fit, err := Calibrate(t.Context(), trialBase{}, questions, try)
	if err != nil {
		t.Fatal(err)
	}
	if fit.Chosen.Fusion.Dense != 0 {
		t.Errorf("vectors got the weight %v for what only held-out questions show", fit.Chosen.Fusion.Dense)
	}
	if fit.Chosen.Threshold != 0 || fit.Refusals != nil {
		t.Errorf("a threshold was chosen without unanswerable questions: %v", fit.Chosen.Threshold)
	}
	if unseen := fit.Channels[len(fit.Channels)-1].Unseen.Recall5; unseen != 1 {
		t.Errorf("the held-out questions are not reported beside the others: recall %.2f", unseen)
	}
	if _, err := Calibrate(t.Context(), trialBase{}, held, try); err == nil {
		t.Error("calibrated with held-out questions alone")
	}
}

func TestVectorsNeedMoreThanLuck(t *testing.T) {
	t.Parallel()
	questions := append(trialQuestions("原话", TypeFact, 40), trialQuestions("换言", TypeParaphrase, 2)...)
	fit, err := Calibrate(t.Context(), trialBase{}, questions, try)
	if err != nil {
		t.Fatal(err)
	}
	if fit.Chosen.Fusion.Dense != 0 {
		t.Errorf("vectors got the weight %v for two questions", fit.Chosen.Fusion.Dense)
	}
}
