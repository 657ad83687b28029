package evaluate

import (
	"math/rand/v2"
	"slices"
)

// Measure names one figure of a report.
type Measure string

// The measures. All are between 0 and 1.
const (
	// RecallAll: the share of answerable questions with all the evidence among
	// the first k passages of the search. RecallAny: with any of it.
	RecallAll1  Measure = "recall_all@1"
	RecallAll5  Measure = "recall_all@5"
	RecallAll10 Measure = "recall_all@10"
	RecallAny1  Measure = "recall_any@1"
	RecallAny5  Measure = "recall_any@5"
	RecallAny10 Measure = "recall_any@10"
	// MRR is the mean of 1/rank of the first passage that holds evidence, 0 for none.
	MRR Measure = "mrr"
	// ReadAll: all the evidence among the passages the answer was written from.
	ReadAll Measure = "read_all"
	// KeysAll: the share of answerable questions whose answer holds every key.
	// KeysAny: at least one. A declined question holds none.
	KeysAll Measure = "keys_all"
	KeysAny Measure = "keys_any"
	// QuoteExact: the share of citations whose quote is what the stored text has
	// at its place.
	QuoteExact Measure = "quote_exact"
	// CitationPrecision: the share of the answerable questions' citations whose
	// quote holds a key or touches the evidence.
	CitationPrecision Measure = "citation_precision"
	// CitationRecall: the share of evidence touched by a citation.
	CitationRecall Measure = "citation_recall"
	// StatementRecall: the share of the answers' statements that their citations
	// entail. StatementPrecision: the share of the statements' citations that are
	// needed for it. Both as ALCE defines them (see entailment), judged by the
	// verifier, and where there is one by a judge.
	StatementRecall    Measure = "statement_recall"
	StatementPrecision Measure = "statement_precision"
	JudgedRecall       Measure = "judged_recall"
	JudgedPrecision    Measure = "judged_precision"
	// SentencePicked: the share of reading comprehension questions of which, asked
	// of the right text alone, the first sentence chosen holds the answer's.
	SentencePicked Measure = "sentence_picked"
	// AbstentionPrecision: the share of declined questions that are unanswerable.
	// AbstentionRecall: the share of unanswerable questions that are declined.
	AbstentionPrecision Measure = "abstention_precision"
	AbstentionRecall    Measure = "abstention_recall"
	// AnswerableDeclined: the share of answerable questions that are declined.
	AnswerableDeclined Measure = "answerable_declined"
)

// Measures lists every measure in the order of reports.
var Measures = []Measure{
	RecallAll1, RecallAll5, RecallAll10, RecallAny1, RecallAny5, RecallAny10, MRR, ReadAll,
	KeysAll, KeysAny, QuoteExact, CitationPrecision, CitationRecall,
	StatementRecall, StatementPrecision, JudgedRecall, JudgedPrecision, SentencePicked,
	AbstentionPrecision, AbstentionRecall, AnswerableDeclined,
}

// Score is one question's part in a measure: Got of Of. A measure over questions
// is the sum of what they got over the sum of what there was to get.
type Score struct {
	Got float64 `json:"got"`
	Of  float64 `json:"of"`
}

// score gives the question's part in every measure it counts for.
func score(q Question, t Trace) map[Measure]Score {
	s := map[Measure]Score{}
	is := func(m Measure, got bool) {
		value := Score{Of: 1}
		if got {
			value.Got = 1
		}
		s[m] = value
	}
	exact := Score{Of: float64(len(t.Citations))}
	useful := Score{Of: float64(len(t.Citations))}
	for _, c := range t.Citations {
		if c.Exact {
			exact.Got++
		}
		if c.Key || c.Evidence {
			useful.Got++
		}
	}
	if exact.Of > 0 {
		s[QuoteExact] = exact
	}
	if !t.Answered {
		is(AbstentionPrecision, !q.Answerable())
	}
	if !q.Answerable() {
		is(AbstentionRecall, !t.Answered)
		return s
	}
	is(AnswerableDeclined, !t.Answered)
	if useful.Of > 0 {
		s[CitationPrecision] = useful
	}
	is(KeysAll, t.Answered && len(t.MissingKeys) == 0)
	is(KeysAny, t.Answered && len(t.MissingKeys) < q.keys())

	first, last, read, cited := 0, 0, true, Score{Of: float64(len(t.Evidence))}
	for i, e := range t.Evidence {
		if e.Rank > 0 && (first == 0 || e.Rank < first) {
			first = e.Rank
		}
		if e.Rank == 0 || i > 0 && last == 0 {
			last = 0
		} else {
			last = max(last, e.Rank)
		}
		read = read && e.ReadRank > 0
		if e.Cited {
			cited.Got++
		}
	}
	within := func(rank, k int) bool { return 0 < rank && rank <= k }
	is(RecallAll1, within(last, 1))
	is(RecallAll5, within(last, 5))
	is(RecallAll10, within(last, 10))
	is(RecallAny1, within(first, 1))
	is(RecallAny5, within(first, 5))
	is(RecallAny10, within(first, 10))
	reciprocal := Score{Of: 1}
	if first > 0 {
		reciprocal.Got = 1 / float64(first)
	}
	s[MRR] = reciprocal
	is(ReadAll, read)
	s[CitationRecall] = cited
	return s
}

// Estimate is a measure over a group of questions, with the bounds of its 95 %
// confidence interval.
type Estimate struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	// Questions counts those that the measure looks at.
	Questions int `json:"questions"`
}

const resamples = 1000

// estimate sums the scores and finds the interval by drawing questions with
// replacement (the percentile bootstrap; Efron 1979). ok is false where there is
// nothing to measure. The draws are the same in every run.
func estimate(scores []Score) (e Estimate, ok bool) {
	if len(scores) == 0 {
		return Estimate{}, false
	}
	ratio := func(draw func(int) Score) float64 {
		var sum Score
		for i := range scores {
			s := draw(i)
			sum.Got += s.Got
			sum.Of += s.Of
		}
		if sum.Of == 0 {
			return 0
		}
		return sum.Got / sum.Of
	}
	e = Estimate{Value: ratio(func(i int) Score { return scores[i] }), Questions: len(scores)}
	random := rand.New(rand.NewPCG(19790101, uint64(len(scores))))
	values := make([]float64, resamples)
	for r := range values {
		values[r] = ratio(func(int) Score { return scores[random.IntN(len(scores))] })
	}
	slices.Sort(values)
	e.Low, e.High = quantile(values, 0.025), quantile(values, 0.975)
	return e, true
}

// quantile of sorted values, by the nearest rank; the zero value of none.
func quantile[T any](sorted []T, q float64) (v T) {
	if len(sorted) == 0 {
		return v
	}
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}
