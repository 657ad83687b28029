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
	Own      float64 // the question's ideas the unit names itself
	Context  float64 // the same with what stands around and over it
	Rest     float64 // of the ideas that title and headings leave open, those the unit names
	Local    float64 // the same beside the wanted fact
	Wants    float64 // wanted facts it holds; 1 where none is wanted
	Place    float64 // -1 another place's, 0 unknown, 1 the asked place's
	District float64 // the same for the asked district
	Titled   float64 // the title that the question names is the document's or stands in the passage; 1 where it names none
	Year     float64 // -1 other years only, 0 none, 1 a year of the question
	Missing  float64 // the weight of the weightiest idea of the question that neither the unit nor its surroundings hold
	Strange  float64 // the share of the question's ideas that none of the passages holds
	Unknown  float64 // the weight of the weightiest idea that none of the passages holds
	Run      float64 // the longest stretch of the question's words repeated
	Strength float64 // the sparse score of its passage as a share of what a passage made of the question would have
	Match    float64 // of a definition, reasons, a speaker or a list where the question asks for one; else 0
	// Void is set where the question wants a figure, a date or a number and the unit
	// has none: of 152 questions that were answered rightly, one was.
	Void bool
}

// vector gives the features in the order of the struct.
func (d Doubt) vector() [15]float64 {
	return [15]float64{d.Own, d.Context, d.Rest, d.Local, d.Wants, d.Place, d.District, d.Titled, d.Year, d.Missing, d.Strange, d.Unknown, d.Run, d.Strength, d.Match}
}

// answerWeights and answerBias make the probability. They were fitted by
// logistic regression; see calibration_test.go.
var (
	answerWeights = Doubt{Own: -0.46, Context: 4.81, Rest: -0.07, Local: 1.71, Wants: 2.06, Place: 2.29, District: 0.88,
		Titled: 1.36, Year: 0.77, Strange: -1, Missing: 0.82, Unknown: 0.37, Run: -0.73, Strength: 4.37, Match: 0.87}
	answerBias = -9.65
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
const answerThreshold = 0.15

// exact reports whether nothing but a fact of the wanted sort can answer.
func (w Want) exact() bool { return w.Sort != WantPlace && w.Sort != WantPerson && w.Sort != WantTitle }

// doubt collects what speaks for and against the best unit.
func (r *reader) doubt(best evidence, ranked []evidence, _ []Passage) Doubt {
	f := best.features
	d := Doubt{Own: f.Own, Context: f.Context, Rest: f.Rest, Local: f.Local, Wants: f.Wants, Place: f.Place, District: f.District, Year: f.Year, Run: f.Run,
		Match: f.Definition + f.Cause + f.Said + f.Listing}
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
	for c, concept := range r.q.Concepts {
		near := max(best.own[c], best.reading.whole[c], best.reading.over[c])
		d.Missing = max(d.Missing, concept.Weight*(1-near))
		d.Unknown = max(d.Unknown, concept.Weight*(1-anywhere[c]))
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
