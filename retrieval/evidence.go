package retrieval

import (
	"cmp"
	"math"
	"regexp"
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
}

// evidenceWeights were fitted on questions with known answers; see calibration_test.go.
var evidenceWeights = Features{
	Rank: 6.12, Own: -3.20, Context: 9.53, Rest: 4.43, Local: 2.13, Run: 2.48, Wants: 2.28, Place: 3.08,
	District: 2.16, Year: 1.51, Edition: 1.79, Title: 1.01, Topic: 3.99, Tongue: 0.01, Label: 3.39, Definition: 6.85,
	Listing: 0.82, Cause: 0.61, Summary: -1.70, Crowd: -0.44, Heading: -1.64, Thin: -0.96, Long: -0.41,
}

// vector gives the features in the order of the struct.
func (f Features) vector() [23]float64 {
	return [23]float64{f.Rank, f.Own, f.Context, f.Rest, f.Local, f.Run, f.Wants, f.Place, f.District, f.Year, f.Edition, f.Title, f.Topic, f.Tongue,
		f.Label, f.Definition, f.Listing, f.Cause, f.Summary, f.Crowd, f.Heading, f.Thin, f.Long}
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

// fact is a wanted fact found in a text.
type fact struct {
	span corpus.Span
	want int // index into Interpretation.Wants
	// figure is set where the fact is one.
	figure *corpus.Figure
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
	over      []float64 // how well title, headings and table header hold each concept
	whole     []float64 // and the passage's text
	home      []*corpus.Place
	edition   float64
	titled    float64
	topic     float64
	language  string
	rank      float64
}

// reader weighs the units of passages as answers to one question.
type reader struct {
	q       *Interpretation
	places  *corpus.Gazetteer
	match   *matcher
	total   float64 // of the concepts' weights
	figures []corpus.Figure
	weights Features
}

func newReader(q *Interpretation, places *corpus.Gazetteer, weights Features) *reader {
	r := &reader{q: q, places: places, match: newMatcher(q.Concepts), figures: corpus.Figures(q.Question), weights: weights}
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
	if slices.ContainsFunc(readings, func(t *reading) bool { return t.edition == 1 }) {
		readings = slices.DeleteFunc(readings, func(t *reading) bool { return t.edition < 0 })
	}
	return readings
}

func (r *reader) prepare(p *Passage) *reading {
	passage, document := p.Found.Passage, p.Found.Document
	t := &reading{passage: p, text: []rune(passage.Text)}
	t.units = splitUnits(t.text, passage.Kind == corpus.PassageTable)
	t.found = r.match.find(flatten(t.text))
	t.figures = corpus.Figures(passage.Text)
	if r.q.manyCities || len(r.q.Cities)+len(r.q.Within)+len(r.q.Districts) > 0 || hasSort(r.q.Wants, WantPlace) {
		t.places = r.places.Find(passage.Text)
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
	t.over = r.cover(r.match.find(flatten([]rune(headOf(p.Found)))), corpus.Span{End: math.MaxInt})
	t.topic = r.share(r.cover(r.match.find(flatten([]rune(document.Metadata.Title))), corpus.Span{End: math.MaxInt}))
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
	t.edition = editionMatch(r.q, document)
	t.titled = titleMatch(r.q, document)
	t.facts = r.wantedFacts(t)
	return t
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
	promise := make([]float64, len(passages))
	for i := range passages {
		p := passages[i].Found
		held := r.cover(r.match.find(flatten([]rune(p.Passage.Text))), corpus.Span{End: math.MaxInt})
		r.match.cover(r.match.find(flatten([]rune(headOf(p)))), corpus.Span{End: math.MaxInt}, held)
		promise[i] = r.share(held)
		if best > 0 {
			promise[i] += passages[i].strength() / best
		}
	}
	sorted := slices.Clone(promise)
	slices.SortFunc(sorted, func(a, b float64) int { return cmp.Compare(b, a) })
	kept := make([]Passage, 0, keep)
	for i := range passages {
		if promise[i] >= sorted[keep-1] && len(kept) < keep {
			kept = append(kept, passages[i])
		}
	}
	return kept
}

// headOf is what stands over a passage: its headings, its table's header and the
// document's title.
func headOf(f corpus.Found) string {
	return strings.Join(f.Passage.HeadingPath, "\n") + "\n" + f.Passage.Header + "\n" + f.Document.Metadata.Title
}

// strength is the passage's score in the index, whatever was made of it since.
func (p *Passage) strength() float64 {
	if p.Sparse > 0 {
		return p.Sparse
	}
	return p.Dense
}

// weigh gives every unit of the readings its features and score, best first. Ties
// keep the order of passages and text.
func (r *reader) weigh(readings []*reading) []evidence {
	var all []evidence
	for _, t := range readings {
		var before []float64
		for i := range t.units {
			e := r.weighUnit(t, i, before)
			before = e.own
			all = append(all, e)
		}
	}
	slices.SortStableFunc(all, func(a, b evidence) int { return cmp.Compare(b.score, a.score) })
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
	f.Year = yearMatch(r.q, t, u)
	f.Label = labelMatch(t, u)
	text := string(t.text[u.span.Start:u.span.End])
	switch r.q.Intent {
	case IntentDefinition:
		f.Definition = r.definitionOf(t, u)
	case IntentWhy:
		f.Cause = truth(causePattern.MatchString(text))
	case IntentList:
		f.Listing = max(listing(text, r.q.members), t.parallel(u, r.q.members))
	}
	f.Summary = truth(u.label.Len() > 0 && summaryPattern.MatchString(string(t.text[u.label.Start:u.label.End])))
	f.Heading = truth(u.kind == unitHeading && r.q.Intent != IntentList)
	f.Thin = truth(len(e.wanted) == 0 && u.span.Len()-coveredLength(t.found, u.span) < 8)
	f.Long = math.Log(max(1, float64(u.span.Len())/40))
	e.score = f.dot(r.weights)
	return e
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

// ownFacts leaves out the facts of a unit that another place governs, where some
// are the asked place's: 在甲市是两千元，而乙市低到八百元.
func (r *reader) ownFacts(t *reading, u *unit, facts []fact) []fact {
	if len(facts) < 2 || len(r.q.Cities)+len(r.q.Within) == 0 || hasSort(r.q.Wants, WantPlace) {
		return facts
	}
	var own []fact
	for _, f := range facts {
		if r.governed(t, u, f.span.End, false) >= 0.9 {
			own = append(own, f)
		}
	}
	if len(own) == 0 {
		return facts
	}
	return own
}

// placeOf tells whose the unit's fact is, where the question names a place: the
// place named last before the fact, or else the headings' or the document's.
func (r *reader) placeOf(t *reading, u *unit, facts []fact) float64 {
	if len(r.q.Cities)+len(r.q.Within) == 0 {
		return 0
	}
	if hasSort(r.q.Wants, WantPlace) && len(r.q.Within) > 0 {
		for _, m := range t.places {
			if u.span.Contains(m.Span) && r.asks(m.Place) == 1 {
				return 1 // the asked city itself
			}
		}
	}
	best := -2.0
	for _, f := range facts {
		best = max(best, r.governed(t, u, f.span.End, false))
	}
	if len(facts) == 0 {
		best = r.governed(t, u, u.span.End, true)
	}
	if best > -2 {
		return best
	}
	for _, place := range t.home {
		best = max(best, r.asks(place))
	}
	switch {
	case best == -2:
		return 0
	case best > 0:
		return 0.9 * best
	}
	return best
}

// governed tells whether what a unit says at a point is about the asked place: the
// place named last before it in the paragraph. -2 means that none is named. Where
// any will do, another mention of the asked place in the unit counts too.
func (r *reader) governed(t *reading, u *unit, at int, any bool) float64 {
	governing, inUnit, asked := (*corpus.Place)(nil), false, false
	for _, m := range t.places {
		if m.Place.Level == corpus.LevelDistrict || m.Place.Level == corpus.LevelRegion {
			continue
		}
		within := u.span.Contains(m.Span)
		if within && r.asks(m.Place) > 0 {
			asked = true
		}
		if m.Span.End > at || m.Span.Start < u.span.Start && !t.sameBlock(m.Span.Start, u) {
			continue
		}
		if any && inUnit && r.asks(governing) == 1 {
			continue
		}
		governing, inUnit = m.Place, within
	}
	if governing == nil {
		return -2
	}
	match := r.asks(governing)
	switch {
	case match > 0 && !inUnit:
		return 0.9 * match
	case match <= 0 && asked:
		return 0.2
	case match <= 0 && !inUnit:
		return 0.7 * match
	}
	return match
}

// sameBlock reports whether the code point at lies in the unit's paragraph.
func (t *reading) sameBlock(at int, u *unit) bool {
	for i := range t.units {
		if t.units[i].block == u.block && t.units[i].span.Start <= at && at < t.units[i].span.End {
			return true
		}
	}
	return false
}

// districtOf tells whether the unit is about the district that the question names.
func (r *reader) districtOf(t *reading, u *unit) float64 {
	if len(r.q.Districts) == 0 {
		return 0
	}
	own, over, elsewhere, other := false, false, false, false
	for _, m := range t.districts {
		asked := slices.Contains(r.q.Districts, m.Place.Name)
		switch {
		case m.Span.Start < 0: // in what stands over the passage
			over = over || asked
			other = other || !asked
		case asked && u.span.Contains(m.Span):
			own = true
		case asked:
			elsewhere = true
		case u.span.Contains(m.Span):
			other = true
		}
	}
	switch {
	case own, over:
		return 1
	case elsewhere:
		return 0.5
	case other:
		return -1
	}
	return -0.3
}

// asks tells whether the question asks about a place: 1 it does, ½ about the
// province around it or a city within it, -1 about another one.
func (r *reader) asks(p *corpus.Place) float64 {
	best := -1.0
	for _, city := range r.q.Cities {
		asked, ok := r.places.Lookup(city)
		switch {
		case p.Name == city:
			return 1
		case p.Province == city, ok && asked.Province == p.Name:
			best = max(best, 0.4)
		}
	}
	for _, province := range r.q.Within {
		if p.Province == province || p.Name == province {
			best = max(best, 1)
		}
	}
	return best
}

// yearMatch compares the years that the question states with those of the unit.
func yearMatch(q *Interpretation, t *reading, u *unit) float64 {
	if len(q.stated) == 0 {
		return 0
	}
	match := 0.0
	for _, f := range t.figures {
		if f.Kind != corpus.FigureDate || f.Date.Year == 0 || !u.span.Contains(f.Span) {
			continue
		}
		if slices.Contains(q.stated, f.Date.Year) {
			return 1
		}
		match = -1
	}
	return match
}

var yearInName = regexp.MustCompile(`(19|20)\d\d`)

func yearOf(digits string) int {
	year := 0
	for _, d := range digits {
		year = 10*year + int(d-'0')
	}
	return year
}

// editionMatch compares the years by which the question tells editions apart with
// those in the document's title, dates and file name.
func editionMatch(q *Interpretation, d corpus.Document) float64 {
	if len(q.Editions) == 0 {
		return 0
	}
	m := d.Metadata
	years := []int{m.IssuedOn.Year, m.EffectiveFrom.Year}
	for _, text := range []string{m.Title, d.Original.Name} {
		for _, y := range yearInName.FindAllString(text, -1) {
			years = append(years, yearOf(y))
		}
	}
	known := false
	for _, y := range years {
		known = known || y != 0
		if slices.Contains(q.Editions, y) {
			return 1
		}
	}
	if known {
		return -1
	}
	return 0
}

// titleMatch tells whether the document is one that the question names in 《》:
// the share of the named title's pairs of characters that its title has.
func titleMatch(q *Interpretation, d corpus.Document) float64 {
	best := 0.0
	for _, title := range q.Titles {
		best = max(best, pairShare([]rune(corpus.Fold(title)), []rune(corpus.Fold(d.Metadata.Title))))
	}
	return best
}

// pairShare is the share of a's pairs of neighbours that b has, divided again by
// how much longer b is.
func pairShare(a, b []rune) float64 {
	if len(a) < 2 || len(b) < 2 {
		return 0
	}
	has := make(map[[2]rune]bool, len(b))
	for i := range len(b) - 1 {
		has[[2]rune{b[i], b[i+1]}] = true
	}
	n := 0
	for i := range len(a) - 1 {
		if has[[2]rune{a[i], a[i+1]}] {
			n++
		}
	}
	return float64(n) / float64(max(len(a), len(b))-1)
}

var (
	summaryPattern = regexp.MustCompile(`摘要|概要|概述|导语|提要|要点|(?i)summary|abstract`)
	definesPattern = regexp.MustCompile(`^[”"』」）)]{0,2}\s*[，,：:（(]?\s*(是指|指的是|是|即|指|包括|（|\(|衡量|为|refers to|means|is an? |is the |are )`)
	causePattern   = regexp.MustCompile(`因为|由于|原因|因素|为了|导致|造成|使得|所以|因此|在于|是因|旨在|挑战|问题|because|due to|in order to|reason|therefore|owing to`)
	saidPattern    = regexp.MustCompile(`(院士|主任|创始人|总裁|主席|董事长|教授|部长|局长|市长|书记|记者|专家|CEO)[\p{Han}]{2,4}|[\p{Han}]{2,3}(表示|指出|认为|提出|强调|解释|介绍|称|说)|said|stated|according to`)
)

// definitionOf tells whether the unit says what the asked word means: the word
// stands, as a word of its own, before 是指, 即 or the like.
func (r *reader) definitionOf(t *reading, u *unit) float64 {
	text := foldEach(t.text[u.span.Start:u.span.End])
	target := []rune(r.q.target)
	if len(target) > 1 {
		best := 0.0
		for i := range text {
			if hasPrefix(text[i:], target) {
				own := i == 0 || !isHan(text[i-1]) && !isLatin(text[i-1]) || strings.HasSuffix(string(text[max(0, i-2):i]), "所称")
				best = max(best, defines(string(text[i+len(target):min(len(text), i+len(target)+12)]), own))
			}
		}
		return best
	}
	best := 0.0
	for _, o := range t.found {
		if u.span.Contains(o.span) && (o.weight >= weightSame || o.part != 0) {
			best = max(best, 0.8*defines(string(t.text[o.span.End:min(u.span.End, o.span.End+10)]), true))
		}
	}
	return best
}

// defines weighs what follows a word as the opening of its definition. Part of a
// longer word it is defined only by accident.
func defines(after string, own bool) float64 {
	m := definesPattern.FindStringSubmatch(after)
	if m == nil {
		return 0
	}
	weight := 0.6
	switch m[1] {
	case "是指", "指的是", "指", "refers to", "means":
		weight = 1
	}
	if !own {
		weight *= 0.4
	}
	return weight
}

// listing tells how much of a list a text is, where the list has the given number
// of members, or any where that is 0.
func listing(text string, members int) float64 {
	n := strings.Count(text, "、") + strings.Count(text, "；") + strings.Count(text, ", ") + strings.Count(text, ",\n")
	if members > 0 {
		return min(1, float64(n+1)/float64(members)) * min(1, float64(members+2)/float64(n+1))
	}
	score := min(1, float64(n)/3)
	if strings.Contains(text, "以下") || strings.Contains(text, "下列") || strings.Contains(text, "包括") {
		score = max(score, 0.6)
	}
	return score
}

// parallel tells whether a unit is one of as many rows, items or named paragraphs
// as the list has members.
func (t *reading) parallel(u *unit, members int) float64 {
	if members == 0 || u.label.Len() == 0 {
		return 0
	}
	n := 0
	for i := range t.units {
		if o := &t.units[i]; o.kind == u.kind && o.label.Len() > 0 && slices.Equal(o.above, u.above) {
			n++
		}
	}
	return truth(n == members)
}

// wantedFacts lists the facts of a passage that the question asks for, leaving
// out those that it names itself.
func (r *reader) wantedFacts(t *reading) []fact {
	var facts []fact
	for w, want := range r.q.Wants {
		switch want.Sort {
		case WantPlace:
			for _, m := range t.places {
				if !slices.Contains(r.q.Cities, m.Place.Name) && !slices.Contains(r.q.Districts, m.Place.Name) && !slices.Contains(r.q.Within, m.Place.Name) {
					facts = append(facts, fact{span: m.Span, want: w})
				}
			}
			facts = append(facts, r.matches(t, w, addressPattern)...)
		case WantPerson:
			facts = append(facts, r.matches(t, w, saidPattern)...)
		case WantPhone:
			facts = append(facts, r.matches(t, w, phonePattern)...)
		case WantCode:
			facts = append(facts, r.matches(t, w, codePattern)...)
		case WantTitle:
			facts = append(facts, r.matches(t, w, titlePattern)...)
		case WantDate:
			facts = append(facts, r.matches(t, w, fromIssue)...)
			fallthrough
		default:
			for i := range t.figures {
				if f := &t.figures[i]; meets(f, want, t.text) && !r.asked(*f) {
					facts = append(facts, fact{f.Span, w, f})
				}
			}
		}
	}
	slices.SortStableFunc(facts, func(a, b fact) int { return a.span.Start - b.span.Start })
	return facts
}

var (
	addressPattern = regexp.MustCompile(`地址|位于|坐落|[\p{Han}]{2,6}(区|县|街道|镇|路|大道)`)
	phonePattern   = regexp.MustCompile(`\b(0\d{2,3}[-—－ ]?)?\d{7,8}\b|\b1[3-9]\d{9}\b`)
	codePattern    = regexp.MustCompile(`[\p{Han}]{1,8}〔\d{4}〕\s?\d+\s?号|[A-Z]*\d{5,}`)
	forceAfter     = regexp.MustCompile(`^[^，。；,;]{0,4}(起|正式|开始)?(施行|生效|实施|执行)|^[^，。；,;]{0,3}至`)
	forceBefore    = regexp.MustCompile(`(施行|生效|实施)(日期|时间)[：:|\s*]*$|(effective|in force|into force|effect)( on| from| since|:)?\s*$`)
	fromIssue      = regexp.MustCompile(`自(公布|发布|印发|颁布)之日起`)
	titlePattern   = regexp.MustCompile(`《[^》]+》`)
)

// matches lists where a pattern stands that the question does not hold itself.
func (r *reader) matches(t *reading, want int, pattern *regexp.Regexp) []fact {
	var facts []fact
	text := string(t.text)
	runes, at := 0, 0
	for _, m := range pattern.FindAllStringIndex(text, -1) {
		if strings.Contains(r.q.Question, text[m[0]:m[1]]) || inAddress(text, m[0]) {
			continue
		}
		runes += len([]rune(text[at:m[0]]))
		at = m[0]
		facts = append(facts, fact{span: corpus.Span{Start: runes, End: runes + len([]rune(text[m[0]:m[1]]))}, want: want})
	}
	return facts
}

// inAddress reports whether the byte at i belongs to a web address.
func inAddress(text string, i int) bool {
	start := strings.LastIndexFunc(text[:i], func(r rune) bool { return r >= 0x80 || unicode.IsSpace(r) || r == '(' || r == '|' })
	return strings.Contains(text[start+1:i], "://")
}

// asked reports whether the question itself holds the figure.
func (r *reader) asked(f corpus.Figure) bool {
	return slices.ContainsFunc(r.figures, func(g corpus.Figure) bool { return corpus.SameFigure(f, g) })
}

// meets reports whether a figure is of a wanted sort.
func meets(f *corpus.Figure, want Want, text []rune) bool {
	switch want.Sort {
	case WantMoney:
		return f.Kind == corpus.FigureMoney || f.Kind == corpus.FigureNumber && strings.ContainsAny(f.Text, "万亿") // 最高50万
	case WantPercent:
		return f.Kind == corpus.FigurePercent
	case WantCount:
		return counts(f, want, text)
	case WantDuration:
		return f.Kind == corpus.FigureDuration
	case WantDate:
		return f.Kind == corpus.FigureDate && (f.Date.Year != 0 || want.Unit != "年") &&
			(want.Unit != unitForce || forceAfter.MatchString(string(text[f.Span.End:min(len(text), f.Span.End+16)])) ||
				forceBefore.MatchString(string(text[max(0, f.Span.Start-24):f.Span.Start])))
	case WantCompute:
		return f.Kind == corpus.FigureCompute || f.Kind == corpus.FigureMeasure
	case WantArea:
		return f.Kind == corpus.FigureArea
	case WantLimit:
		return f.Kind == corpus.FigureMoney || f.Kind == corpus.FigurePercent || f.Kind == corpus.FigureNumber && strings.ContainsAny(f.Text, "万亿") || f.Bound != corpus.BoundNone &&
			f.Kind != corpus.FigureDate && f.Kind != corpus.FigureLabel && f.Kind != corpus.FigureOrdinal
	case WantFigure:
		return f.Kind != corpus.FigureDate && f.Kind != corpus.FigureLabel && f.Kind != corpus.FigureOrdinal && f.Kind != corpus.FigurePlan
	}
	return false
}

// classifiers are the words that count what a question names by its noun.
var classifiers = []struct{ nouns, counted string }{
	{"企业 公司 单位 机构 厂 店", "家户个"},
	{"项目 场景 任务 平台 案例 基地 社区 园区 政策 标准", "个项座家处"},
	{"人 名 位 人才 专家 员工 people residents inhabitants citizens persons staff", "人名位"},
	{"张 券", "张"},
	{"章", "章"},
	{"条 款 articles clauses", "条款"},
	{"chapters", "章"},
	{"companies firms enterprises businesses agencies institutions organizations", "家个"},
	{"cities towns", "个座"},
	{"projects scenarios platforms spaces tasks", "个项"},
	{"gpus chips cards", "张块卡枚"},
}

// sameUnit compares the unit of a figure with what the question counts.
func sameUnit(unit, wanted string) bool {
	if unit == "" || wanted == "" || strings.HasPrefix(wanted, unit) || strings.HasPrefix(unit, wanted) {
		return true
	}
	for _, c := range classifiers {
		if slices.Contains(strings.Fields(c.nouns), wanted) {
			return strings.Contains(c.counted, unit) || slices.Contains(strings.Fields(c.nouns), strings.ToLower(unit))
		}
	}
	if unit[0] < 0x80 && wanted[0] < 0x80 {
		return stem(strings.ToLower(unit)) == stem(strings.ToLower(wanted))
	}
	if (unit[0] < 0x80) != (wanted[0] < 0x80) {
		return unit == "个" || wanted == "个"
	}
	return strings.Contains("个项家", unit) || strings.Contains("个项家", wanted)
}

// counts reports whether a figure of a text counts what is wanted: by its unit, or
// in English because the noun follows it (13,000 smart sensors).
func counts(f *corpus.Figure, want Want, text []rune) bool {
	if f.Kind != corpus.FigureCount && f.Kind != corpus.FigureNumber && f.Kind != corpus.FigureLabel {
		return false
	}
	if f.Kind == corpus.FigureLabel {
		return f.Unit == want.Unit
	}
	if want.Unit == "" || want.Unit[0] >= 0x80 {
		return sameUnit(f.Unit, want.Unit)
	}
	after := strings.Fields(string(text[f.Span.Start:min(len(text), f.Span.End+48)]))
	for _, word := range after[:min(len(after), 6)] {
		if word = strings.ToLower(strings.TrimFunc(word, unicode.IsPunct)); word != "" && sameUnit(word, want.Unit) {
			return true
		}
	}
	return sameUnit(f.Unit, want.Unit) && f.Unit != ""
}

// isWord reports whether a text holds a letter or digit.
func isWord(text []rune) bool {
	return slices.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}
