package retrieval

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"

	"policykb/corpus"
)

// Features is what speaks for a unit of text as the answer to a question. Each
// lies between 0 and 1 unless said otherwise. The same struct holds the weights
// they are summed by.
type Features struct {
	Rank       float64 // the passage's score as a share of the best passage's
	Own        float64 // the question's ideas, weighed by rarity, that the unit names itself
	Context    float64 // the same, counting what stands around and over the unit for less
	Rest       float64 // of the ideas that title and headings leave open, what the unit names itself
	Local      float64 // the same within the clauses beside the wanted fact
	Run        float64 // the longest stretch of the question's words that the unit repeats, of 8 characters
	Wants      float64 // wanted sorts of facts that the unit holds and the question does not
	Place      float64 // -1 the fact is another place's, 0 unknown, 1 it is the asked place's
	District   float64 // the same for the asked district
	Year       float64 // -1 other years only, 0 none, 1 a year of the question
	Edition    float64 // -1 to 1: the document is of the year the question tells editions by
	Clause     float64 // it stands in the article that the question names
	Title      float64 // the titled document of the question is the unit's
	Topic      float64 // the question's ideas that the document's title names
	Tongue     float64 // it is written in the question's language
	Label      float64 // share of a row's or item's label that the question names
	Definition float64 // it says what the asked thing is
	Listing    float64 // it lists several things and a list is asked for
	Cause      float64 // it gives reasons and reasons are asked for
	Summary    float64 // it is a summary of what stands elsewhere at length
	Crowd      float64 // log of how many facts of the wanted sorts it holds for each one wanted
	Heading    float64 // it is a heading, and no list is asked for
	Thin       float64 // it says nothing beyond the question's own words
	Long       float64 // log of its length over 40 characters
	Focus      float64 // the words beside the one that asks, that the unit holds itself
	Letters    float64 // the question's characters, weighed by how few units of the document hold them
	Open       float64 // the same of those that title, headings and the passage's first sentence leave open
	Phrase     float64 // it is put the way in which what is asked for is told
	Opening    float64 // it is the sentence that opens its document
}

// evidenceWeights were fitted on questions with known answers; see calibration_test.go.
var evidenceWeights = Features{
	Rank: 4.53, Own: -4.28, Context: 7.29, Rest: 2.51, Local: 2.83, Run: 1.70, Wants: 2.24, Place: 3.17,
	District: 2.22, Year: 1.96, Edition: 1.79, Clause: 6.00, Title: 1.01, Topic: 5.63, Tongue: 0.46, Label: 3.48,
	Definition: 7.54, Listing: 0.96, Cause: 1.14, Summary: -1.39, Crowd: -0.18, Heading: -2.55, Thin: -0.44, Long: -0.39,
	Focus: 3.10, Letters: 2.38, Open: 1.28, Phrase: 1.47, Opening: 1.49,
}

// passageWeights order passages by the best of their units. Among many texts the
// score of the index tells more, and what tells the sentences of one text apart stands
// in others too: Focus, Letters, Open, Phrase and Opening have no weight. They were
// fitted to the policies; Rank was raised as far as recall of both policies and 42,000
// passages of news allowed.
var passageWeights = Features{
	Rank: 10, Own: -3.27, Context: 8.70, Rest: 3.77, Local: 2.51, Run: 1.76, Wants: 2.43, Place: 3.12,
	District: 2.20, Year: 1.87, Edition: 1.79, Clause: 6.00, Title: 1.01, Topic: 5.08, Tongue: 0.32, Label: 3.61,
	Definition: 7.42, Listing: 0.64, Cause: 0.63, Summary: -2.22, Crowd: 0.11, Heading: -2.36, Thin: -0.36, Long: -0.50,
}

// vector gives the features in the order of the struct.
func (f Features) vector() [29]float64 {
	return [29]float64{f.Rank, f.Own, f.Context, f.Rest, f.Local, f.Run, f.Wants, f.Place, f.District, f.Year, f.Edition, f.Clause, f.Title, f.Topic, f.Tongue,
		f.Label, f.Definition, f.Listing, f.Cause, f.Summary, f.Crowd, f.Heading, f.Thin, f.Long, f.Focus, f.Letters, f.Open, f.Phrase, f.Opening}
}

// dot sums the features by weights.
func (f Features) dot(weights Features) float64 {
	sum, w := 0.0, weights.vector()
	for i, v := range f.vector() {
		sum += v * w[i]
	}
	return sum
}

// evidence is a unit weighed as an answer.
type evidence struct {
	reading  *reading
	unit     *unit
	index    int // of the unit in its reading
	features Features
	score    float64
	wanted   []fact    // the wanted facts it holds
	own      []float64 // how well it holds each concept
}

// reading is a passage prepared for finding an answer in it. Spans in it count
// code points from the start of the passage.
type reading struct {
	passage *Passage
	text    []rune
	units   []unit
	found   []occurrence
	figures []corpus.Figure
	places  []corpus.Mention
	// districts are the mentions of districts in the passage, and before them, at
	// negative positions, those in what stands over it.
	districts []corpus.Mention
	facts     []fact
	head      []float64 // how well title, headings and table header hold each concept
	over      []float64 // the same, and what the passage's first sentence says
	whole     []float64 // and the passage's text
	home      []*corpus.Place
	articles  []int // for each unit the number of the article it stands in; set when first asked for
	edition   float64
	titled    float64
	topic     float64
	astray    float64 // how much more of the question another passage's title names
	language  string
	foreign   bool // written in the other script than the question, traditional or simplified
	rank      float64
	letters   []uint64  // for each unit the characters of the question that it holds
	given     uint64    // those that stand over it or in its first sentence
	telling   []float64 // how much each of these tells in the document
}

// reader weighs the units of passages as answers to one question.
type reader struct {
	q       *Interpretation
	places  *corpus.Gazetteer
	match   *matcher
	total   float64 // of the concepts' weights
	figures []corpus.Figure
	focus   []string // pairs of characters
	letters letters
	phrases [][]string // how what is asked for is told
	weights Features
	looked  map[corpus.PassageID][]occurrence // what promising found in the passages it kept
}

func newReader(q *Interpretation, places *corpus.Gazetteer, weights Features) *reader {
	r := &reader{q: q, places: places, match: newMatcher(q.Concepts), figures: corpus.Figures(q.Question), weights: weights}
	if weights.Focus != 0 { // what has no weight is not worked out
		r.focus = focusOf(q.Question)
	}
	if weights.Letters != 0 || weights.Open != 0 {
		r.letters = lettersOf(q.Question)
	}
	if weights.Phrase != 0 {
		r.phrases = phrasesOf(corpus.Fold(q.Question))
	}
	for _, c := range q.Concepts {
		r.total += c.Weight
	}
	return r
}

// read prepares the passages.
func (r *reader) read(passages []Passage) []*reading {
	best := 0.0
	for i := range passages {
		best = max(best, passages[i].strength())
	}
	readings := make([]*reading, len(passages))
	for i := range passages {
		readings[i] = r.prepare(&passages[i])
		if best > 0 {
			readings[i].rank = passages[i].strength() / best
		}
	}
	topic := 0.0
	for _, t := range readings {
		topic = max(topic, t.topic)
	}
	for _, t := range readings {
		t.astray = topic - t.topic
	}
	r.tell(readings)
	if slices.ContainsFunc(readings, func(t *reading) bool { return t.edition == 1 }) {
		readings = slices.DeleteFunc(readings, func(t *reading) bool { return t.edition < 0 })
	}
	return readings
}

// tell weighs the characters of the question in each document by the units read of it.
func (r *reader) tell(readings []*reading) {
	units := make(map[corpus.DocumentID][]uint64, len(readings))
	for _, t := range readings {
		id := t.passage.Found.Document.ID
		units[id] = append(units[id], t.letters...)
	}
	telling := make(map[corpus.DocumentID][]float64, len(units))
	for _, t := range readings {
		id := t.passage.Found.Document.ID
		if telling[id] == nil {
			telling[id] = r.letters.tellingOf(units[id])
		}
		t.telling = telling[id]
	}
}

func (r *reader) prepare(p *Passage) *reading {
	passage, document := p.Found.Passage, p.Found.Document
	t := &reading{passage: p, text: []rune(passage.Text)}
	t.units = splitUnits(t.text, passage.Kind == corpus.PassageTable)
	t.found = r.occurrences(p, t.text)
	t.figures = corpus.Figures(passage.Text)
	if r.q.manyCities || len(r.q.Cities)+len(r.q.Within)+len(r.q.Districts) > 0 || hasSort(r.q.Wants, WantPlace) {
		t.places = placesIn(r.places, passage.Text)
		for _, m := range r.places.Find(document.Metadata.City + "\n" + document.Metadata.Title) {
			t.home = append(t.home, m.Place)
		}
	}
	if len(r.q.Districts) > 0 {
		for _, m := range r.places.Find(strings.Join(passage.HeadingPath, "\n") + "\n" + document.Metadata.Title + "\n" + document.Metadata.District) {
			if m.Place.Level == corpus.LevelDistrict {
				m.Span = m.Span.Shift(-1 << 20)
				t.districts = append(t.districts, m)
			}
		}
		for _, m := range t.places {
			if m.Place.Level == corpus.LevelDistrict {
				t.districts = append(t.districts, m)
			}
		}
	}
	for c, concept := range r.q.Concepts {
		for _, f := range t.figures {
			if concept.figure != nil && corpus.SameFigure(*concept.figure, f) {
				t.found = append(t.found, occurrence{f.Span, c, 1, 0})
			}
		}
	}
	slices.SortStableFunc(t.found, func(a, b occurrence) int { return a.span.Start - b.span.Start })
	t.head = r.cover(r.match.find([]rune(headOf(p.Found))), corpus.Span{End: math.MaxInt})
	t.over = slices.Clone(t.head)
	t.topic = r.share(r.cover(r.match.find([]rune(document.Metadata.Title)), corpus.Span{End: math.MaxInt}))
	for i := range t.units {
		if t.units[i].kind == unitHeading {
			continue
		}
		for c, v := range r.cover(t.found, t.units[i].span) {
			t.over[c] = max(t.over[c], leading*v)
		}
		break
	}
	t.whole = r.cover(t.found, corpus.Span{End: len(t.text)})
	t.language = languageOf(passage.Text)
	t.foreign = t.language == "zh" && traditional(passage.Text) != traditional(r.q.Question)
	t.edition = editionMatch(r.q, document)
	t.titled = titleMatch(r.q, document)
	t.facts = r.wantedFacts(t)
	r.spell(t)
	return t
}

// spell finds the characters of the question in the units of a reading.
func (r *reader) spell(t *reading) {
	t.letters = make([]uint64, len(t.units))
	if r.letters.count == 0 || len(t.units) == 0 {
		return
	}
	folded := foldEach(t.text)
	for i, u := range t.units {
		t.letters[i] = r.letters.in(folded[u.span.Start:u.span.End])
	}
	t.given = t.letters[0] | r.letters.in(foldEach([]rune(headOf(t.passage.Found))))
}

func (r *reader) cover(found []occurrence, s corpus.Span) []float64 {
	into := make([]float64, len(r.q.Concepts))
	r.match.cover(found, s, into)
	return into
}

// share is the weighed share of the question's ideas that covered holds.
func (r *reader) share(covered []float64) float64 {
	if r.total == 0 {
		return 0
	}
	sum := 0.0
	for c, v := range covered {
		sum += v * r.q.Concepts[c].Weight
	}
	return sum / r.total
}

// rest is the share of what title and headings leave open that a unit holds itself.
func (r *reader) rest(own, over []float64) float64 {
	open, held := 0.0, 0.0
	for c, v := range own {
		w := r.q.Concepts[c].Weight * (1 - over[c])
		open += w
		held += w * v
	}
	if open < 0.05 {
		return 1
	}
	return held / open
}

// promising keeps the passages that are worth reading closely: those whose words
// and headings hold most of the question, by the index's score and by the share
// of its ideas. Their order stays.
func (r *reader) promising(passages []Passage, keep int) []Passage {
	if len(passages) <= keep {
		return passages
	}
	best := 0.0
	for i := range passages {
		best = max(best, passages[i].strength())
	}
	promise, found := make([]float64, len(passages)), make([][]occurrence, len(passages))
	for i := range passages {
		p := passages[i].Found
		found[i] = r.match.find([]rune(p.Passage.Text))
		held := r.cover(found[i], corpus.Span{End: math.MaxInt})
		r.match.cover(r.match.find([]rune(headOf(p))), corpus.Span{End: math.MaxInt}, held)
		promise[i] = r.share(held)
		if best > 0 {
			promise[i] += passages[i].strength() / best
		}
	}
	sorted := slices.Clone(promise)
	slices.SortFunc(sorted, func(a, b float64) int { return cmp.Compare(b, a) })
	kept := make([]Passage, 0, keep)
	r.looked = make(map[corpus.PassageID][]occurrence, keep)
	for i := range passages {
		if promise[i] >= sorted[keep-1] && len(kept) < keep {
			kept = append(kept, passages[i])
			r.looked[passages[i].Found.Passage.ID] = found[i]
		}
	}
	return kept
}

// occurrences are where the concepts stand in the text of a passage, for the caller to
// keep and change.
func (r *reader) occurrences(p *Passage, text []rune) []occurrence {
	id := p.Found.Passage.ID
	if found, ok := r.looked[id]; ok {
		delete(r.looked, id)
		return found
	}
	return r.match.find(text)
}

// headOf is what stands over a passage: its headings, its table's header and the
// document's title.
func headOf(f corpus.Found) string {
	return strings.Join(f.Passage.HeadingPath, "\n") + "\n" + f.Passage.Header + "\n" + f.Document.Metadata.Title
}

// strength is the passage's score in the index, whatever was made of it since.
func (p *Passage) strength() float64 {
	switch {
	case p.fused > 0:
		return p.fused
	case p.Sparse > 0:
		return p.Sparse
	}
	return p.Dense
}

// weigh gives every unit of the readings its features and score, best first. Ties
// keep the order of passages and text.
func (r *reader) weigh(readings []*reading) []evidence {
	all := r.weighInOrder(readings)
	slices.SortStableFunc(all, func(a, b evidence) int { return cmp.Compare(b.score, a.score) })
	return all
}

// weighInOrder is weigh, in the order of passages and text.
func (r *reader) weighInOrder(readings []*reading) []evidence {
	units := 0
	for _, t := range readings {
		units += len(t.units)
	}
	all := make([]evidence, 0, units)
	for _, t := range readings {
		var before []float64
		for i := range t.units {
			e := r.weighUnit(t, i, before)
			before = e.own
			all = append(all, e)
		}
	}
	return all
}

// What a concept counts that stands not in the unit itself.
const (
	besideSame  = 0.8  // in the sentence before, of the same paragraph
	besideOther = 0.5  // in the paragraph before
	above       = 0.75 // in title, headings, table header
	elsewhere   = 0.35 // somewhere in the passage
	leading     = 0.75 // in the passage's first sentence, which says what the others speak of; counts as above
)

func (r *reader) weighUnit(t *reading, i int, before []float64) evidence {
	u := &t.units[i]
	e := evidence{reading: t, unit: u, index: i, own: r.cover(t.found, u.span)}
	for _, f := range t.facts {
		if u.span.Contains(f.span) {
			e.wanted = append(e.wanted, f)
		}
	}
	e.wanted = r.ownFacts(t, u, e.wanted)
	over := slices.Clone(t.over)
	for _, above := range u.above {
		r.match.cover(t.found, t.units[above].span, over)
	}
	for c, concept := range r.q.Concepts {
		if concept.asks != "" && slices.ContainsFunc(e.wanted, func(f fact) bool { return r.q.Wants[f.want].Sort == concept.asks }) {
			e.own[c] = 1 // the fact itself answers to the word that asks for it
		}
	}
	context := slices.Clone(e.own)
	for c := range context {
		context[c] = max(context[c], above*over[c], elsewhere*t.whole[c])
		if before != nil {
			near := besideOther
			if t.units[i-1].block == u.block {
				near = besideSame
			}
			context[c] = max(context[c], near*before[c])
		}
	}
	f := &e.features
	f.Rank, f.Edition, f.Title, f.Topic = t.rank, t.edition, t.titled, t.topic
	f.Tongue = truth(t.language == r.q.Language)
	f.Own, f.Context = r.share(e.own), r.share(context)
	f.Wants = r.wantsShare(e.wanted)
	f.Rest = r.rest(e.own, over)
	f.Crowd = math.Log(max(1, float64(len(e.wanted))/float64(max(1, len(r.q.Wants)))))
	f.Local = r.local(t, u, e.wanted, context)
	f.Run = r.longestRun(t, u)
	f.Place = r.placeOf(t, u, e.wanted)
	f.District = r.districtOf(t, u)
	f.Year = yearMatch(r.q, t, u, e.wanted)
	f.Clause = t.clauseMatch(r.q.Clauses, i)
	f.Label = labelMatch(t, u)
	text := string(t.text[u.span.Start:u.span.End])
	switch r.q.Intent {
	case IntentDefinition:
		f.Definition = r.definitionOf(t, u)
	case IntentWhy:
		f.Cause = truth(causePattern.MatchString(text))
	case IntentList:
		if r.q.target != "" {
			f.Definition = r.definitionOf(t, u)
		}
		f.Listing = max(listing(text, r.q.members), t.parallel(u, r.q.members))
	}
	f.Summary = truth(u.label.Len() > 0 && summaryPattern.MatchString(string(t.text[u.label.Start:u.label.End])))
	f.Heading = truth(u.kind == unitHeading && r.q.Intent != IntentList)
	f.Thin = truth(len(e.wanted) == 0 && u.span.Len()-coveredLength(t.found, u.span) < 8)
	f.Long = math.Log(max(1, float64(u.span.Len())/40))
	f.Focus = focusShare(r.focus, string(foldEach(t.text[u.span.Start:u.span.End])))
	f.Letters = lettersShare(t.telling, t.letters[i], 0)
	f.Open = lettersShare(t.telling, t.letters[i], t.given)
	f.Phrase = phraseShare(r.phrases, text)
	f.Opening = truth(i == 0 && t.passage.Found.Passage.Ordinal == 0 && u.kind == unitSentence && u.label.Len() == 0)
	e.score = f.dot(r.weights)
	if t.foreign {
		e.score -= otherScript
	}
	return e
}

// otherScript is what a text in the other Chinese script loses, which as a rule is a
// copy of one in the question's own.
const otherScript = 1

// traditional reports whether a text is written in traditional characters.
func traditional(text string) bool {
	han, other := 0, 0
	for _, r := range text {
		if isHan(r) {
			han++
			if corpus.FoldRune(r) != r {
				other++
			}
		}
	}
	return 20*other > han && other > 0
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// wantsShare is the share of the question's wants that the facts meet; 0 where it
// wants nothing particular.
func (r *reader) wantsShare(facts []fact) float64 {
	if len(r.q.Wants) == 0 {
		return 0
	}
	met := make([]bool, len(r.q.Wants))
	n, last := 0, -1 // a fact meets one want only
	for _, f := range facts {
		if !met[f.want] && f.span.Start >= last {
			met[f.want] = true
			n++
			last = f.span.End
		}
	}
	return float64(n) / float64(len(met))
}

// local is the best share of ideas held beside one wanted fact: in its clause and
// the one before it, whole, and in what stands over it.
func (r *reader) local(t *reading, u *unit, facts []fact, context []float64) float64 {
	best := 0.0
	for _, f := range facts {
		for c, clause := range u.clauses {
			if !clause.Contains(f.span) && !clause.Overlaps(f.span) {
				continue
			}
			near := corpus.Span{Start: u.clauses[max(0, c-1)].Start, End: clause.End}
			held := r.cover(t.found, near)
			for i := range held {
				held[i] = max(held[i], 0.5*context[i])
			}
			best = max(best, r.share(held))
			break
		}
	}
	return best
}

// longestRun is the longest stretch of a unit whose every character belongs to
// one of the question's own words, in units of eight characters.
func (r *reader) longestRun(t *reading, u *unit) float64 {
	best, start, end := 0, -1, -1
	for _, o := range t.found {
		if !u.span.Contains(o.span) || o.weight < 1 && o.part == 0 {
			continue
		}
		if o.span.Start > end {
			start = o.span.Start
		}
		end = max(end, o.span.End)
		best = max(best, end-start)
	}
	return min(1, float64(best)/8)
}

// coveredLength counts the code points of a span that belong to words of the question.
func coveredLength(found []occurrence, s corpus.Span) int {
	n, end := 0, s.Start
	for _, o := range found {
		if s.Contains(o.span) && o.span.End > end {
			n += o.span.End - max(end, o.span.Start)
			end = o.span.End
		}
	}
	return n
}

// labelMatch is the share of a label that the question names.
func labelMatch(t *reading, u *unit) float64 {
	if u.label.Len() == 0 {
		return 0
	}
	words := 0
	for _, r := range t.text[u.label.Start:u.label.End] {
		if isHan(r) || isLatin(r) {
			words++
		}
	}
	if words == 0 {
		return 0
	}
	return min(1, float64(coveredLength(t.found, u.label))/float64(words))
}

// isWord reports whether a text holds a letter or digit.
func isWord(text []rune) bool {
	return slices.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}
