// Package evaluate measures the way from a question to a cited answer.
//
// A [Question] names the answer's keys and the evidence: a file and a quote
// from it. [Run] finds each quote in the catalogue's canonical texts, puts the
// question to the service, and judges what comes back:
//
//   - retrieval: is the evidence among the first k passages, and how far up
//     does the first of it stand;
//   - the answer: does it hold every key;
//   - citations: is each quote exact, does it carry the answer, is the evidence
//     cited, do they entail what cites them;
//   - of a reading comprehension set, the sentence picked in the right text;
//   - abstention: are unanswerable questions declined, and only these;
//   - length and latency.
//
// Each measure comes with a bootstrap confidence interval, per type of question,
// over all, and over the held-out questions beside the rest. A [Report] keeps a
// [Trace] of every question that says where it was lost and why this passage and
// this sentence were taken. Two reports over the same questions can be compared
// by a paired test ([Compare]), a report is drawn as a page ([Report.WriteHTML]),
// and what depends on the embedder is fitted by [Calibrate].
package evaluate

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"policykb/corpus"
	"policykb/retrieval"
)

// Service is what is measured. *retrieval.Service is one.
type Service interface {
	Ask(ctx context.Context, r retrieval.Request) (retrieval.Answer, error)
	Search(ctx context.Context, r retrieval.SearchRequest) (retrieval.SearchResult, error)
}

// Library gives the documents and their canonical texts. A corpus.Catalogue is one.
type Library interface {
	Documents(ctx context.Context, l corpus.Listing) (corpus.Page, error)
	Text(ctx context.Context, id corpus.DocumentID, number int) (string, error)
}

// Options says how to run. The zero value measures every question with the
// service's own choice of writer.
type Options struct {
	Mode  retrieval.Mode
	Split string // only questions of this split; "" means all
	// Explain asks a service that is an [Explainer] why it found and chose what it
	// did. It takes as long again, and is not part of the latencies.
	Explain bool
	// Judge, where set, judges the statements beside the verifier.
	Judge Judge
	// Progress, where set, is called after each question.
	Progress func(done, total int)
}

// searchDepth is the number of passages searched for: the largest k of recall@k.
const searchDepth = 10

// Run puts the questions to the service, one after the other so that latencies
// are those of a lone user, and reports. Evidence that cannot be found in the
// library counts as missed and is listed in the report. A question whose
// request fails ends the run with an error.
func Run(ctx context.Context, service Service, library Library, questions []Question, options Options) (Report, error) {
	var asked []Question
	for _, q := range questions {
		if options.Split == "" || q.Split == options.Split {
			asked = append(asked, q)
		}
	}
	if len(asked) == 0 {
		return Report{}, errors.New("evaluate: no questions to ask")
	}
	texts, err := open(ctx, library)
	if err != nil {
		return Report{}, fmt.Errorf("evaluate: list the documents: %w", err)
	}
	report := Report{Began: time.Now().UTC().Truncate(time.Second), Processors: runtime.GOMAXPROCS(0), Documents: texts.documents}
	for i, q := range asked {
		trace, err := put(ctx, service, texts, q, options)
		if err != nil {
			return Report{}, fmt.Errorf("evaluate %q: %w", q.Question, err)
		}
		report.Traces = append(report.Traces, trace)
		if options.Progress != nil {
			options.Progress(i+1, len(asked))
		}
	}
	report.summarise()
	return report, nil
}

// put asks one question and judges the result.
func put(ctx context.Context, service Service, texts *texts, q Question, options Options) (Trace, error) {
	evidence, err := texts.locateAll(ctx, q.Evidence)
	if err != nil {
		return Trace{}, err
	}
	trace := Trace{Question: q.Question, Type: q.Type, Language: q.Language, Split: q.Split, Expected: q.Answer, Evidence: evidence}

	began := time.Now()
	found, err := service.Search(ctx, retrieval.SearchRequest{Query: q.Question, Filter: q.Filter, Limit: searchDepth})
	if err != nil {
		return Trace{}, fmt.Errorf("search: %w", err)
	}
	trace.SearchTime = time.Since(began)

	began = time.Now()
	answer, err := service.Ask(ctx, retrieval.Request{Question: q.Question, Filter: q.Filter, Mode: options.Mode})
	if err != nil {
		return Trace{}, fmt.Errorf("ask: %w", err)
	}
	trace.AskTime = time.Since(began)

	for i := range trace.Evidence {
		e := &trace.Evidence[i]
		e.Rank = e.rankIn(found.Passages)
		e.ReadRank = e.rankIn(answer.Passages)
		e.Cited = e.citedBy(answer.Citations)
	}
	trace.take(answer, found.Passages)
	if trace.Citations, err = judge(ctx, texts, q, evidence, answer); err != nil {
		return Trace{}, err
	}
	if answer.Answered {
		trace.MissingKeys = q.missingKeys(answer.Text)
	} else {
		trace.MissingKeys = q.missingKeys("")
	}
	trace.Verdict = verdict(q, trace)
	trace.Lost = lost(trace)
	trace.Scores = score(q, trace)
	if err := trace.entail(ctx, options.Judge, answer); err != nil {
		return Trace{}, fmt.Errorf("judge the statements: %w", err)
	}
	if explainer, ok := service.(Explainer); ok {
		if options.Explain {
			if trace.Why, err = explain(ctx, explainer, q); err != nil {
				return Trace{}, fmt.Errorf("explain: %w", err)
			}
		}
		if q.Type == TypeReading {
			if trace.Scores[SentencePicked], err = pick(ctx, explainer, q, evidence); err != nil {
				return Trace{}, fmt.Errorf("pick the sentence: %w", err)
			}
		}
	}
	return trace, nil
}

// judge checks each citation against the stored text and against the evidence.
func judge(ctx context.Context, texts *texts, q Question, evidence []EvidenceTrace, a retrieval.Answer) ([]CitationTrace, error) {
	judged := make([]CitationTrace, 0, len(a.Citations))
	for _, c := range a.Citations {
		p := c.Quote.Passage.Found.Passage
		text, err := texts.text(ctx, p.Document, p.Version)
		if err != nil && !errors.Is(err, corpus.ErrNotFound) {
			return nil, err
		}
		t := CitationTrace{
			Number: c.Number,
			Title:  c.Quote.Passage.Found.Document.Metadata.Title,
			Quote:  c.Quote.Text,
			Exact:  err == nil && c.Quote.Text != "" && c.Quote.Span.Of(text) == c.Quote.Text,
			Key:    q.holdsAnyKey(c.Quote.Text),
		}
		for _, e := range evidence {
			t.Evidence = t.Evidence || e.overlaps(p.Document, c.Quote.Span)
		}
		judged = append(judged, t)
	}
	return judged, nil
}
