package retrieval

import (
	"math"
	"slices"
	"strings"

	"policykb/corpus"
)

// Doubt is what speaks for and against a question being answered by the unit
// that was found best. Shares lie between 0 and 1.
type Doubt struct {
	Context  float64 // the question's ideas, weighed by rarity, that the unit or what stands around and over it holds
	Local    float64 // the same beside the wanted fact; where none is wanted, Context again
	Wants    float64 // wanted facts it holds; 1 where none is wanted
	Place    float64 // -1 another place's, 0 unknown, 1 the asked place's
	District float64 // the same for the asked district
	Titled   float64 // the title that the question names is the document's or stands in the passage; 1 where it names none
	Year     float64 // -1 other years only, 0 none, 1 a year of the question
	Topic    float64 // the question's ideas that the document's title names
	Strange  float64 // the share of the question's ideas that none of the passages holds
	Strength float64 // the sparse score of its passage as a share of what a passage made of the question would have
	Match    float64 // of a definition, reasons or a list where the question asks for one; else 0
	// Void is set where the question wants a figure, a date or a number and the unit
	// has none: of 152 questions that were answered rightly, one was.
	Void bool
}

// vector gives the features in the order of the struct.
func (d Doubt) vector() [11]float64 {
	return [11]float64{d.Context, d.Local, d.Wants, d.Place, d.District, d.Titled, d.Year, d.Topic, d.Strange, d.Strength, d.Match}
}

// answerWeights and answerBias make the probability. They were fitted by
// logistic regression; see calibration_test.go.
var (
	answerWeights = Doubt{Context: 5.26, Local: 1.63, Wants: 0.15, Place: 0.14, District: 1.67, Titled: 2.96,
		Year: 0.87, Topic: 0.5, Strange: 0.99, Strength: 4.80, Match: 0.50}
	answerBias = -8.05
)

// Probability is the chance that the best unit answers the question, by logistic
// regression on the features. It is 0 where the question names a document that is
// not there, where the best that was found is said of another place than the
// asked one, and where the question wants a figure and it has none.
func (d Doubt) Probability() float64 {
	if d.Titled < 0.5 || d.Place <= elsePlace || d.Void {
		return 0
	}
	sum, w := answerBias, answerWeights.vector()
	for i, v := range d.vector() {
		sum += v * w[i]
	}
	return 1 / (1 + math.Exp(-sum))
}

// elsePlace is the highest value of Doubt.Place that means another place.
const elsePlace = -0.7

// answerThreshold is the probability below which a question is declined.
const answerThreshold = 0.25

// exact reports whether nothing but a fact of the wanted sort can answer.
func (w Want) exact() bool { return w.Sort != WantPlace && w.Sort != WantPerson && w.Sort != WantTitle }

// doubt collects what speaks for and against the best unit.
func (r *reader) doubt(best evidence, ranked []evidence, _ []Passage) Doubt {
	f := best.features
	d := Doubt{Context: f.Context, Local: f.Local, Wants: f.Wants, Place: f.Place, District: f.District, Year: f.Year, Topic: f.Topic,
		Match: f.Definition + f.Cause + f.Listing}
	if len(r.q.Wants) == 0 {
		d.Wants, d.Local = 1, f.Context
	}
	d.Titled = 1
	if len(r.q.Titles) > 0 {
		d.Titled = max(f.Title, titleInText(r.q.Titles, best.reading))
	}
	if r.q.ideal > 0 {
		d.Strength = min(1, best.reading.passage.Sparse/r.q.ideal)
	}
	d.Void = f.Wants == 0 && slices.ContainsFunc(r.q.Wants, Want.exact)
	anywhere := make([]float64, len(r.q.Concepts))
	seen := make(map[*reading]bool)
	for _, e := range ranked {
		if seen[e.reading] {
			continue
		}
		seen[e.reading] = true
		for c := range anywhere {
			anywhere[c] = max(anywhere[c], e.reading.whole[c], e.reading.over[c])
		}
	}
	d.Strange = 1 - r.share(anywhere)
	return d
}

// titleInText tells whether one of the titles stands in a passage or over it.
func titleInText(titles []string, t *reading) float64 {
	text := squeeze(corpus.Fold(string(t.text) + strings.Join(t.passage.Found.Passage.HeadingPath, "")))
	for _, title := range titles {
		if strings.Contains(text, squeeze(corpus.Fold(title))) {
			return 1
		}
	}
	return 0
}
