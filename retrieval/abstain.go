package retrieval

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"policykb/corpus"
)

// Doubt is what speaks for and against a question being answered by the unit
// that was found best. Shares lie between 0 and 1.
type Doubt struct {
	Context  float64 // the question's ideas, weighed by rarity, that the unit or what stands around and over it holds
	Local    float64 // the same beside the wanted fact; where none is wanted, Context again
	Place    float64 // -1 another place's, 0 unknown, 1 the asked place's
	District float64 // the same for the asked district
	Titled   float64 // the title that the question names is the document's or stands in the passage; 1 where it names none
	Year     float64 // -1 other years only, 0 none, 1 a year of the question
	Topic    float64 // the question's ideas that the document's title names
	Astray   float64 // how much more of the question the title of another passage's document names
	Strength float64 // the sparse score of its passage as a share of what a passage made of the question would have
	Asked    float64 // what the question asks for that the unit holds or stands under: 停车费 in 社区的停车费是多少
	Match    float64 // of a definition, reasons or a list where the question asks for one; else 0
	// Void is set where the question wants a figure, a date or a number and the unit
	// has none (of 152 questions that were answered rightly, one was); where it asks
	// what a word means and the unit does not say; where it names a year of which
	// neither the text nor its dates know; where it is about a company or the like
	// whose name stands nowhere, or names a document by a number that is not the
	// passage's; and where what it asks for stands neither in the unit nor near its fact.
	Void bool
	// Recited is set where the question asks for an article by its number and it was
	// found: then nothing is in doubt.
	Recited bool
}

// vector gives the features in the order of the struct.
func (d Doubt) vector() [11]float64 {
	return [11]float64{d.Context, d.Local, d.Place, d.District, d.Titled, d.Year, d.Topic, d.Astray, d.Strength, d.Asked, d.Match}
}

// answerWeights and answerBias make the probability. They were fitted by
// logistic regression; see calibration_test.go.
var (
	answerWeights = Doubt{Context: 2.89, Local: 1.89, Place: 0.95, District: 1.92, Year: 0.75, Topic: 1.28, Astray: -2.19,
		Strength: 3.22, Asked: 1.37, Match: 0.39}
	answerBias = -4.28
)

// Probability is the chance that the best unit answers the question, by logistic
// regression on the features. It is 0 where the question names a document that is
// not there, where the best that was found is said of another place than the
// asked one, and where it is void.
func (d Doubt) Probability() float64 {
	if d.Recited {
		return 1
	}
	if d.Titled < 0.5 || d.Place <= elsePlace || d.Void {
		return 0
	}
	sum, w := answerBias, answerWeights.vector()
	for i, v := range d.vector() {
		sum += v * w[i]
	}
	return 1 / (1 + math.Exp(-sum))
}

// usualStrength is the strength of the best passage of a question that is answered.
const usualStrength = 0.5

// elsePlace is the highest value of Doubt.Place that means another place.
const elsePlace = -0.7

// answerThreshold is the probability below which a question is declined.
const answerThreshold = 0.3

// exact reports whether nothing but a fact of the wanted sort can answer.
func (w Want) exact() bool { return w.Sort != WantPlace && w.Sort != WantPerson && w.Sort != WantTitle }

// doubt collects what speaks for and against the best unit.
func (r *reader) doubt(best evidence) Doubt {
	f := best.features
	d := Doubt{Context: f.Context, Local: f.Local, Place: f.Place, District: f.District, Year: f.Year, Topic: f.Topic,
		Match: f.Definition + f.Cause + f.Listing}
	if len(r.q.Wants) == 0 {
		d.Local = f.Context
	}
	d.Asked = r.askedHeld(best)
	d.Titled, d.Astray = 1, best.reading.astray
	if len(r.q.Titles) > 0 {
		d.Titled = max(f.Title, titleInText(r.q.Titles, best.reading))
	}
	d.Strength = usualStrength // where the index does not tell how rare terms are
	if r.q.ideal > 0 {
		d.Strength = min(1, best.reading.passage.Sparse/r.q.ideal)
	}
	d.Void = f.Wants == 0 && slices.ContainsFunc(r.q.Wants, Want.exact) || r.undefined(best) || r.otherYear(best) || strangerIn(r.q) != "" ||
		len(r.q.Clauses) > 0 && len(r.q.Filter.DocumentID) > 0 && f.Clause == 0 ||
		len(r.q.Editions) > 0 && len(r.q.Titles) == 0 && f.Edition < 0 ||
		slices.ContainsFunc(r.q.Wants, Want.exact) && d.Asked < leastAsked && d.Local < leastLocal || r.otherNumber(best)
	return d
}

// leastAsked and leastLocal are the shares of what a question asks for, and of its
// ideas near the fact, below both of which the fact is another thing's.
const leastAsked, leastLocal = 0.33, 0.25

// otherNumber reports whether the question names documents by their numbers and the
// unit's document neither bears one of them nor speaks of it in the passage.
func (r *reader) otherNumber(best evidence) bool {
	if len(r.q.numbers) == 0 {
		return false
	}
	return !slices.ContainsFunc(r.q.numbers, func(n corpus.DocNumber) bool { return speaksOf(best.reading.passage.Found, n) })
}

// speaksOf reports whether a passage's document bears a number, or the passage has it.
func speaksOf(found corpus.Found, n corpus.DocNumber) bool {
	return slices.ContainsFunc(corpus.DocNumbers(found.Document.Metadata.DocNumber+"\n"+found.Passage.Text), func(own corpus.DocNumber) bool {
		return sameNumber(n, own)
	})
}

// sameNumber reports whether a question's document number is a document's. Nothing
// marks where a number begins in a sentence: 根据京政办发〔2023〕15号.
func sameNumber(asked, own corpus.DocNumber) bool {
	return asked.Year == own.Year && asked.Number == own.Number &&
		(strings.HasSuffix(asked.Issuer, own.Issuer) || strings.HasSuffix(own.Issuer, asked.Issuer))
}

// askedHeld is the share of what the question asks for that a unit holds itself or
// stands under; 1 where the question does not say.
func (r *reader) askedHeld(e evidence) float64 {
	held, total := 0.0, 0.0
	for c, concept := range r.q.Concepts {
		if !concept.head || concept.asks != "" || concept.figure != nil {
			continue
		}
		total += concept.Weight
		held += concept.Weight * max(e.own[c], above*e.reading.head[c])
	}
	if total < 0.1 {
		return 1
	}
	return held / total
}

// undefined reports whether the question asks what a word means and the unit does
// not say: it neither defines the word, nor begins with it, nor puts it in
// quotation marks. Of a text in another language nothing can be said.
func (r *reader) undefined(best evidence) bool {
	if !r.q.meaning || r.q.target == "" || len(r.q.Wants) > 0 || best.features.Definition >= 0.5 || best.features.Tongue == 0 {
		return false
	}
	text := corpus.Fold(readable(best.text(best.unit.span)))
	at := strings.Index(text, r.q.target)
	if at < 0 {
		return true
	}
	before := strings.TrimLeft(text[:at], "*_ “\"'《（(")
	return before != "" && !strings.ContainsAny(text[max(0, at-3):at], "“\"'‘「")
}

// otherYear reports whether the question is about a year that stands neither in
// the passage nor over it, and the document was not there yet or not any more.
func (r *reader) otherYear(best evidence) bool {
	if len(r.q.stated) == 0 || len(r.q.Editions) > 0 {
		return false
	}
	t := best.reading
	document := t.passage.Found.Document
	m := document.Metadata
	told := string(t.text) + headOf(t.passage.Found) + document.Original.Name
	for _, year := range r.q.stated {
		if strings.Contains(told, strconv.Itoa(year)) || m.IssuedOn.Year == year || m.EffectiveFrom.Year == year {
			return false
		}
		begun := cmp.Or(m.EffectiveFrom.Year, m.IssuedOn.Year)
		if begun != 0 && begun <= year && (m.EffectiveTo.IsZero() || year <= m.EffectiveTo.Year) && year <= r.q.asOf.Year {
			return false
		}
	}
	return true
}

// organisation matches the name of a company or the like.
var organisation = regexp.MustCompile(`([\p{Han}A-Za-z]{2,6})(?:公司|集团|银行|大学|医院)`)

// strangerIn returns the organisation that the question names and no text of the
// corpus knows; "" where there is none.
func strangerIn(q *Interpretation) string {
	for _, m := range organisation.FindAllStringSubmatch(corpus.Fold(q.Question), -1) {
		if strings.ContainsFunc(m[1], isFunctionWord) {
			continue
		}
		parts, unknown := 0, 0
		for _, c := range q.Concepts {
			if strings.Contains(m[1], c.Text) {
				parts++
				if c.absent && len(c.Forms) == 1 {
					unknown++
				}
			}
		}
		if parts > 0 && parts == unknown {
			return m[0]
		}
	}
	return ""
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
