package evaluate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"policykb/retrieval"
)

// Fit is a calibration with what it was chosen from.
type Fit struct {
	Chosen   retrieval.Calibration
	Fitted   int // questions that it was fitted to
	HeldOut  int // questions that it was not
	Channels []ChannelTrial
	Refusals []RefusalTrial // nil where there were too few questions to choose a threshold by
}

// ChannelTrial is how well the evidence is found by one weighing of the channels.
type ChannelTrial struct {
	Fusion         retrieval.Fusion
	Fitted, Unseen SearchFigures
	P              float64 // of being no better than the sparse channel alone; 1 for that one
}

// SearchFigures are measures over answerable questions.
type SearchFigures struct {
	Recall5, Recall10, MRR float64
	byType                 map[Type]float64 // Recall5
	each                   []float64        // the mean of the three, question by question
}

// RefusalTrial is what one threshold declines.
type RefusalTrial struct {
	Threshold      float64
	Fitted, Unseen RefusalFigures
}

// RefusalFigures count what a threshold declines.
type RefusalFigures struct {
	Unanswerable, UnanswerableDeclined int
	Answerable, AnswerableDeclined     int
}

// What is tried. The sparse channel has weight 1.
var (
	denseWeights = []float32{0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5}
	thresholds   = fiftieths(1, 34)
)

func fiftieths(from, to int) (all []float64) {
	for n := from; n <= to; n++ {
		all = append(all, float64(n)/50)
	}
	return all
}

// Bounds of the choices.
const (
	surely             = 0.05 // the most that p may be where vectors are said to help
	mostDeclined       = 0.05 // of the answerable questions
	fewestAnswerable   = 50
	fewestUnanswerable = 10
)

// Calibrate fits what depends on the embedder: the weights of the channels and the
// threshold of declining. It looks at no question that is held out, and tells
// beside each figure what that of the held-out ones is.
//
// The dense channel gets the weight under which the evidence is found best, and
// none unless it is found better than by the words alone, beyond chance (p of the
// paired randomisation test) and without any type of question losing. The threshold is the one that declines most unanswerable
// questions among those that decline at most 5 % of the answerable; where many do,
// the middle one. With fewer than 50 answerable or 10 unanswerable questions the
// built-in threshold stays.
//
// try makes the service that answers by a calibration.
func Calibrate(ctx context.Context, library Library, questions []Question, try func(retrieval.Calibration) Service) (Fit, error) {
	var fitted, held []Question
	for _, q := range questions {
		if q.Split == HeldOut {
			held = append(held, q)
		} else {
			fitted = append(fitted, q)
		}
	}
	fit := Fit{Fitted: len(fitted), HeldOut: len(held)}
	texts, err := open(ctx, library)
	if err != nil {
		return fit, fmt.Errorf("calibrate: list the documents: %w", err)
	}
	for _, weight := range denseWeights {
		trial := ChannelTrial{Fusion: retrieval.Fusion{Sparse: 1, Dense: weight}}
		service := try(retrieval.Calibration{Fusion: trial.Fusion})
		if trial.Fitted, err = searchFigures(ctx, service, texts, fitted); err != nil {
			return fit, err
		}
		if trial.Unseen, err = searchFigures(ctx, service, texts, held); err != nil {
			return fit, err
		}
		fit.Channels = append(fit.Channels, trial)
	}
	for i := range fit.Channels {
		fit.Channels[i].P = randomisation(fit.Channels[i].Fitted.over(fit.Channels[0].Fitted))
	}
	if len(fit.Channels[0].Fitted.byType) == 0 {
		return fit, errors.New("calibrate: no answerable question to fit to: all are held out")
	}
	fit.Chosen.Fusion = chooseFusion(fit.Channels)

	service := try(fit.Chosen)
	with, err := confidences(ctx, service, fitted)
	if err != nil {
		return fit, err
	}
	unseen, err := confidences(ctx, service, held)
	if err != nil {
		return fit, err
	}
	if n := with.refused(0); n.Answerable < fewestAnswerable || n.Unanswerable < fewestUnanswerable {
		return fit, nil
	}
	for _, t := range thresholds {
		fit.Refusals = append(fit.Refusals, RefusalTrial{t, with.refused(t), unseen.refused(t)})
	}
	fit.Chosen.Threshold = chooseThreshold(fit.Refusals)
	return fit, nil
}

// searchFigures searches for the answerable questions.
func searchFigures(ctx context.Context, service Service, texts *texts, questions []Question) (SearchFigures, error) {
	f := SearchFigures{byType: map[Type]float64{}}
	n, ofType := 0.0, map[Type]float64{}
	for _, q := range questions {
		if !q.Answerable() {
			continue
		}
		evidence, err := texts.locateAll(ctx, q.Evidence)
		if err != nil {
			return f, err
		}
		found, err := service.Search(ctx, retrieval.SearchRequest{Query: q.Question, Filter: q.Filter, Limit: searchDepth})
		if err != nil {
			return f, fmt.Errorf("calibrate %q: %w", q.Question, err)
		}
		for i := range evidence {
			evidence[i].Rank = evidence[i].rankIn(found.Passages)
		}
		s := score(q, Trace{Evidence: evidence})
		n++
		ofType[q.Type]++
		f.Recall5 += s[RecallAll5].Got
		f.Recall10 += s[RecallAll10].Got
		f.MRR += s[MRR].Got
		f.byType[q.Type] += s[RecallAll5].Got
		f.each = append(f.each, (s[RecallAll5].Got+s[RecallAll10].Got+s[MRR].Got)/3)
	}
	for t, of := range ofType {
		f.byType[t] /= of
	}
	if n > 0 {
		f.Recall5, f.Recall10, f.MRR = f.Recall5/n, f.Recall10/n, f.MRR/n
	}
	return f, nil
}

// quality is what weighings are compared by.
func (f SearchFigures) quality() float64 { return (f.Recall5 + f.Recall10 + f.MRR) / 3 }

// over is how much better each question fared than in other figures.
func (f SearchFigures) over(other SearchFigures) []float64 {
	differences := make([]float64, len(f.each))
	for i, v := range f.each {
		differences[i] = v - other.each[i]
	}
	return differences
}

// chooseFusion takes the best of the trials, the first of which is the sparse
// channel alone.
func chooseFusion(trials []ChannelTrial) retrieval.Fusion {
	alone, best := trials[0].Fitted, trials[0]
	for _, trial := range trials[1:] {
		loses := false
		for t, recall := range alone.byType {
			loses = loses || trial.Fitted.byType[t] < recall
		}
		if !loses && trial.P <= surely && trial.Fitted.quality() > best.Fitted.quality() {
			best = trial
		}
	}
	return best.Fusion
}

// judged is the confidence of questions by whether they have an answer.
type judged struct{ answerable, unanswerable []float64 }

func confidences(ctx context.Context, service Service, questions []Question) (judged, error) {
	var j judged
	for _, q := range questions {
		a, err := service.Ask(ctx, retrieval.Request{Question: q.Question, Filter: q.Filter, Mode: retrieval.ModeExtractive})
		if err != nil {
			return j, fmt.Errorf("calibrate %q: %w", q.Question, err)
		}
		if q.Answerable() {
			j.answerable = append(j.answerable, a.Confidence)
		} else {
			j.unanswerable = append(j.unanswerable, a.Confidence)
		}
	}
	return j, nil
}

// refused counts what a threshold declines.
func (j judged) refused(threshold float64) RefusalFigures {
	below := func(confidences []float64) (n int) {
		for _, c := range confidences {
			if c < threshold {
				n++
			}
		}
		return n
	}
	return RefusalFigures{
		Answerable: len(j.answerable), AnswerableDeclined: below(j.answerable),
		Unanswerable: len(j.unanswerable), UnanswerableDeclined: below(j.unanswerable),
	}
}

// chooseThreshold takes the middle of the thresholds that decline most of the
// unanswerable questions without declining too many others; 0, the built-in one,
// where none does.
func chooseThreshold(trials []RefusalTrial) float64 {
	var best []RefusalTrial
	for _, trial := range trials {
		f := trial.Fitted
		switch {
		case float64(f.AnswerableDeclined) > mostDeclined*float64(f.Answerable):
		case len(best) == 0 || f.UnanswerableDeclined > best[0].Fitted.UnanswerableDeclined:
			best = []RefusalTrial{trial}
		case f.UnanswerableDeclined == best[0].Fitted.UnanswerableDeclined:
			best = append(best, trial)
		}
	}
	if len(best) == 0 {
		return 0
	}
	return best[len(best)/2].Threshold
}

// WriteTable writes what was tried and chosen for a person.
func (f Fit) WriteTable(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "fitted to %d questions; %d held out, which nothing was fitted to\n\n", f.Fitted, f.HeldOut)
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "words\tvectors\tall@5\tall@10\tMRR\tp\theld out: all@5\tall@10\tMRR\t\t")
	for _, c := range f.Channels {
		fmt.Fprintf(t, "%.2f\t%.2f\t%.3f\t%.3f\t%.3f\t%.3f\t%.3f\t%.3f\t%.3f\t%s\t\n", c.Fusion.Sparse, c.Fusion.Dense,
			c.Fitted.Recall5, c.Fitted.Recall10, c.Fitted.MRR, c.P, c.Unseen.Recall5, c.Unseen.Recall10, c.Unseen.MRR, chosen(c.Fusion == f.Chosen.Fusion))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(&b)
	if f.Refusals == nil {
		fmt.Fprintf(&b, "the built-in threshold stays: choosing one takes %d answerable and %d unanswerable questions that are not held out\n", fewestAnswerable, fewestUnanswerable)
	} else {
		fmt.Fprintln(t, "threshold\tunanswerable declined\tanswerable declined\theld out: unanswerable\tanswerable\t\t")
		for i, r := range f.Refusals {
			if i > 0 && r.Fitted == f.Refusals[i-1].Fitted && r.Unseen == f.Refusals[i-1].Unseen && r.Threshold != f.Chosen.Threshold {
				continue // declines the same
			}
			fmt.Fprintf(t, "%.2f\t%s\t%s\t%s\t\n", r.Threshold, r.Fitted, r.Unseen, chosen(r.Threshold == f.Chosen.Threshold))
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func chosen(is bool) string {
	if is {
		return "chosen"
	}
	return ""
}

// String implements fmt.Stringer, for two columns of a table.
func (f RefusalFigures) String() string {
	return fmt.Sprintf("%d of %d\t%d of %d", f.UnanswerableDeclined, f.Unanswerable, f.AnswerableDeclined, f.Answerable)
}
