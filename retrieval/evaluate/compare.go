package evaluate

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"text/tabwriter"
)

// Comparison is the change from one report to another over the questions that
// both have.
type Comparison struct {
	Questions int      `json:"questions"`
	Changes   []Change `json:"changes"` // in the order of Measures
}

// Change is the change of one measure. Up and Down count the questions whose
// figure rose and fell; for [AnswerableDeclined] down is what one hopes for.
type Change struct {
	Measure Measure `json:"measure"`
	Before  float64 `json:"before"`
	After   float64 `json:"after"`
	Up      int     `json:"up"`
	Down    int     `json:"down"`
	// P is the chance of a change of this size or more if before and after were
	// exchangeable question by question.
	P float64 `json:"p"`
}

// Difference is what the measure rose by.
func (c Change) Difference() float64 { return c.After - c.Before }

const permutations = 10000

// Compare pairs the questions of two reports by their text and tests each
// measure's mean per question with the paired randomisation test (Fisher's; for
// retrieval see Smucker, Allan and Carterette 2007).
func Compare(before, after Report) (Comparison, error) {
	earlier := map[string]Trace{}
	for _, t := range before.Traces {
		earlier[t.Question] = t
	}
	var c Comparison
	for _, t := range after.Traces {
		if _, ok := earlier[t.Question]; ok {
			c.Questions++
		}
	}
	if c.Questions == 0 {
		return Comparison{}, errors.New("compare: the reports have no question in common")
	}
	for _, m := range Measures {
		var differences []float64
		change := Change{Measure: m}
		for _, t := range after.Traces {
			e, ok := earlier[t.Question]
			if !ok {
				continue
			}
			b, hasBefore := e.Scores[m]
			a, hasAfter := t.Scores[m]
			if !hasBefore || !hasAfter {
				continue
			}
			d := a.Got/a.Of - b.Got/b.Of
			differences = append(differences, d)
			change.Before += b.Got / b.Of
			change.After += a.Got / a.Of
			switch {
			case d > 0:
				change.Up++
			case d < 0:
				change.Down++
			}
		}
		if len(differences) == 0 {
			continue
		}
		change.Before /= float64(len(differences))
		change.After /= float64(len(differences))
		change.P = randomisation(differences)
		c.Changes = append(c.Changes, change)
	}
	return c, nil
}

// randomisation is the share of random sign assignments under which the sum of
// the differences is at least as far from zero as it is.
func randomisation(differences []float64) float64 {
	var moved []float64
	seen := 0.0
	for _, d := range differences {
		if d != 0 {
			moved = append(moved, d)
			seen += d
		}
	}
	if len(moved) == 0 {
		return 1
	}
	random := rand.New(rand.NewPCG(20070101, uint64(len(moved))))
	const tolerance = 1e-9
	extreme := 1 // the assignment seen is one of those possible
	for range permutations {
		sum := 0.0
		for _, d := range moved {
			if random.Uint64()&1 == 0 {
				sum += d
			} else {
				sum -= d
			}
		}
		if math.Abs(sum) >= math.Abs(seen)-tolerance {
			extreme++
		}
	}
	return float64(extreme) / float64(permutations+1)
}

// WriteTable writes the comparison for a person.
func (c Comparison) WriteTable(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d questions in both runs\n\n", c.Questions)
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "measure\tbefore\tafter\tchange\tup\tdown\tp\t")
	for _, ch := range c.Changes {
		fmt.Fprintf(t, "%s\t%.3f\t%.3f\t%+.3f\t%d\t%d\t%.3f\t\n", ch.Measure, ch.Before, ch.After, ch.Difference(), ch.Up, ch.Down, ch.P)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := io.WriteString(w, b.String())
	return err
}
