package evaluate

import "fmt"

// Curve tells how far the confidence of answers can be trusted: what share of the
// questions with about the same confidence have an answer in the documents.
type Curve struct {
	Bins []Bin `json:"bins"` // by rising confidence; empty ones are left out
	// Error is the mean distance between the confidence and that share, over all
	// questions (expected calibration error).
	Error float64 `json:"error"`
	// Brier is the mean squared distance of the confidence from 1 for answerable and
	// from 0 for unanswerable questions.
	Brier float64 `json:"brier"`
	// Area is the chance that an answerable question has more confidence than an
	// unanswerable one (AUROC); 0 where there are not both.
	Area float64 `json:"area"`
}

// Bin is the questions whose confidence lies in one tenth.
type Bin struct {
	Questions  int     `json:"questions"`
	Confidence float64 `json:"confidence"` // their mean
	Answerable float64 `json:"answerable"` // the share that the documents answer
	Right      float64 `json:"right"`      // the share that was answered rightly
}

const bins = 10

func curve(traces []Trace) Curve {
	var c Curve
	var sums [bins]Bin
	var with, without []float64
	for _, t := range traces {
		b := &sums[min(bins-1, int(t.Confidence*bins))]
		b.Questions++
		b.Confidence += t.Confidence
		distance := t.Confidence
		if t.Type != TypeUnanswerable {
			b.Answerable++
			distance = 1 - t.Confidence
			with = append(with, t.Confidence)
		} else {
			without = append(without, t.Confidence)
		}
		if t.Verdict == VerdictRight {
			b.Right++
		}
		c.Brier += distance * distance / float64(len(traces))
	}
	for _, b := range sums {
		if b.Questions == 0 {
			continue
		}
		n := float64(b.Questions)
		b.Confidence, b.Answerable, b.Right = b.Confidence/n, b.Answerable/n, b.Right/n
		c.Bins = append(c.Bins, b)
		c.Error += n / float64(len(traces)) * max(b.Confidence-b.Answerable, b.Answerable-b.Confidence)
	}
	c.Area = area(with, without)
	return c
}

// area is the share of pairs in which the first has more than the second, ties
// counting half.
func area(with, without []float64) float64 {
	if len(with) == 0 || len(without) == 0 {
		return 0
	}
	won := 0.0
	for _, a := range with {
		for _, b := range without {
			switch {
			case a > b:
				won++
			case a == b:
				won += 0.5
			}
		}
	}
	return won / float64(len(with)*len(without))
}

// String implements fmt.Stringer.
func (c Curve) String() string {
	s := fmt.Sprintf("calibration error %.3f, Brier %.3f", c.Error, c.Brier)
	if c.Area > 0 {
		s += fmt.Sprintf(", tells answerable from unanswerable with AUROC %.3f", c.Area)
	}
	return s
}
