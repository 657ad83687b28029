package retrieval

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"policykb/corpus"
)

// Counter is an [Index] that also tells how common terms are. With it the
// question's words are weighed by how much they tell in this corpus; without it,
// by the passages found.
type Counter interface {
	// Frequencies returns for each term the number of points that have it, and the
	// number of all points.
	Frequencies(ctx context.Context, terms []Term) (counts []int, points int, err error)
}

// Sizes of a search, in passages.
const (
	candidates = 96 // taken from the index for each question put to it
	// Where passages of one document are bounded, this many times as many are taken
	// from the index, since reading them may put another in front.
	candidatesOfEach = 2
	readPassages     = 40 // read closely and ordered by their best evidence
	writePassages    = 12 // given to the writer
	maxTopK          = 50
	maxLimit         = 100
)

// expansionShare is what the forms of one concept weigh together at most in a
// search, beside the question's own words.
const expansionShare = 0.7

// queryTerms are the terms a question is searched by: its own words, the official
// names of its places, and with less weight what the thesaurus adds.
func queryTerms(q *Interpretation) []TermWeight {
	own := q.Question
	var terms []TermWeight
	for t := range Terms(own) {
		terms = append(terms, TermWeight{t, 1})
	}
	for _, place := range slices.Concat(q.Cities, q.Districts, q.Within) {
		if !strings.Contains(own, place) {
			for t := range Terms(place) {
				terms = append(terms, TermWeight{t, 1})
			}
		}
	}
	for _, c := range q.Concepts {
		sum := 0.0
		for _, f := range c.Forms[1:] {
			sum += f.Weight
		}
		scale := min(1, 1.6/max(sum, 0.01)) * expansionShare
		if c.absent {
			scale = 1 // there is no word of the user's own to drown
		}
		for _, f := range c.Forms[1:] {
			for t := range Terms(f.Text) {
				terms = append(terms, TermWeight{t, float32(f.Weight * scale)})
			}
		}
	}
	slices.SortStableFunc(terms, func(a, b TermWeight) int { return cmp.Compare(a.Term, b.Term) })
	strongest := terms[:0]
	for _, t := range terms {
		if n := len(strongest); n > 0 && strongest[n-1].Term == t.Term {
			strongest[n-1].Weight = max(strongest[n-1].Weight, t.Weight)
			continue
		}
		strongest = append(strongest, t)
	}
	return strongest
}

// weighConcepts sets the weights of concepts by how rare their words are in the
// corpus: 1 for one that stands nowhere, near 0 for one that stands everywhere.
func (s *Service) weighConcepts(ctx context.Context, q *Interpretation) error {
	counter, ok := s.config.Index.(Counter)
	if !ok {
		return nil
	}
	var terms []Term
	var owner []int
	for t := range Terms(q.Question) {
		terms = append(terms, t)
		owner = append(owner, -1)
	}
	for i, c := range q.Concepts {
		for t := range Terms(c.Text) {
			terms = append(terms, t)
			owner = append(owner, i)
		}
	}
	counts, points, err := counter.Frequencies(ctx, terms)
	if err != nil {
		return fmt.Errorf("count terms: %w", err)
	}
	if points == 0 {
		return nil
	}
	rarest := make([]int, len(q.Concepts))
	for i := range rarest {
		rarest[i] = points
	}
	q.ideal = 0
	for k, n := range counts {
		if owner[k] < 0 {
			q.ideal += inverseFrequency(n, points)
			continue
		}
		rarest[owner[k]] = min(rarest[owner[k]], n)
	}
	for i := range q.Concepts {
		q.Concepts[i].absent = rarest[i] == 0 && q.Concepts[i].figure == nil
		q.Concepts[i].Weight *= 0.15 + 0.85*inverseFrequency(rarest[i], points)/inverseFrequency(0, points)
	}
	return nil
}

// inverseFrequency is BM25's inverse document frequency, as [Query] has it.
func inverseFrequency(having, points int) float64 {
	return math.Log1p((float64(points) - float64(having) + 0.5) / (float64(having) + 0.5))
}

// bounds is how many passages are wanted at most.
type bounds struct {
	limit       int
	perDocument int // of one document; 0 where it does not matter
}

// of keeps what the bounds allow of passages, the best first.
func (b bounds) of(passages []Passage) []Passage {
	if b.perDocument > 0 {
		seen := make(map[corpus.DocumentID]int)
		passages = slices.DeleteFunc(passages, func(p Passage) bool {
			seen[p.Hit.Document]++
			return seen[p.Hit.Document] > b.perDocument
		})
	}
	return passages[:min(len(passages), b.limit)]
}

// finding is what a search found.
type finding struct {
	passages []Passage // the best evidence first, with its score in Passage.Score
	total    int       // passages that matched at all
	warnings []Warning
}

// find returns the passages for a question.
func (s *Service) find(ctx context.Context, q *Interpretation, b bounds) (finding, error) {
	if q.trick {
		return finding{}, nil
	}
	var dense []float32
	if s.config.Embedder != nil && s.config.Fusion.Dense > 0 {
		var err error
		if dense, err = s.config.Embedder.EmbedQuery(ctx, q.Question); err != nil {
			return finding{}, fmt.Errorf("embed the question: %w", err)
		}
	}
	if len(q.sides) > 1 {
		return s.findSides(ctx, q, dense, b)
	}
	found, err := s.findOne(ctx, q, dense, b)
	if err != nil {
		return finding{}, err
	}
	clauses, err := s.clausePassages(ctx, q)
	if err != nil {
		return finding{}, err
	}
	for _, p := range found.passages {
		if !slices.ContainsFunc(clauses, func(c Passage) bool { return c.Hit.Passage == p.Hit.Passage }) {
			clauses = append(clauses, p)
		}
	}
	found.passages = clauses[:min(b.limit, len(clauses))]
	return found, nil
}

// findSides searches for every side of a comparison and deals the passages out in
// turn, so that each side's best stand in front.
func (s *Service) findSides(ctx context.Context, q *Interpretation, dense []float32, b bounds) (finding, error) {
	var sides [][]Passage
	var all finding
	for i := range q.sides {
		found, err := s.findOne(ctx, &q.sides[i], dense, b)
		if err != nil {
			return finding{}, err
		}
		sides = append(sides, found.passages)
		all.total += found.total
		for _, w := range found.warnings {
			if !slices.Contains(all.warnings, w) {
				all.warnings = append(all.warnings, w)
			}
		}
	}
	seen := make(map[corpus.PassageID]bool)
	for i := 0; ; i++ {
		more := false
		for _, side := range sides {
			if i >= len(side) {
				continue
			}
			more = true
			if p := side[i]; !seen[p.Hit.Passage] {
				seen[p.Hit.Passage] = true
				all.passages = append(all.passages, p)
			}
		}
		if !more {
			break
		}
	}
	all.passages = b.of(all.passages)
	return all, nil
}

// findOne searches the index, once more within the asked cities where some are
// named, reads the best candidates and orders them by their evidence.
func (s *Service) findOne(ctx context.Context, q *Interpretation, dense []float32, b bounds) (finding, error) {
	query := Query{
		Sparse: queryTerms(q), Dense: dense, Filter: q.Filter, Fusion: s.config.Fusion, Limit: candidates,
		PerDocument: candidatesOfEach * b.perDocument,
	}
	if len(query.Sparse) == 0 && len(dense) == 0 {
		return finding{}, nil
	}
	hits, err := s.config.Index.Search(ctx, query)
	if err != nil {
		return finding{}, fmt.Errorf("search: %w", err)
	}
	total := len(hits)
	if cities := slices.Concat(q.Cities, q.Within); len(cities) > 0 && len(q.Filter.City) == 0 {
		query.Filter.City = cities
		query.Limit = candidates / 2
		local, err := s.config.Index.Search(ctx, query)
		if err != nil {
			return finding{}, fmt.Errorf("search within %s: %w", strings.Join(cities, ", "), err)
		}
		hits = append(hits, local...)
	}
	if year := editionYear(q); year != 0 && q.Filter.IssuedFrom.IsZero() && q.Filter.IssuedTo.IsZero() {
		query.Filter = q.Filter
		query.Filter.IssuedFrom, query.Filter.IssuedTo = corpus.Date{Year: year}, corpus.Date{Year: year, Month: 12, Day: 31}
		query.Limit = candidates / 2
		edition, err := s.config.Index.Search(ctx, query)
		if err != nil {
			return finding{}, fmt.Errorf("search within %d: %w", year, err)
		}
		hits = append(hits, edition...)
	}
	hits = s.fuse(hits)
	if len(hits) > candidates {
		hits = hits[:candidates]
	}
	passages, err := s.hydrate(ctx, hits)
	if err != nil {
		return finding{}, err
	}
	s.strengthen(passages)
	passages = s.inForce(passages, q)
	r := newReader(q, s.extractive.places, passageWeights)
	passages = r.promising(passages, readPassages)
	readings := r.read(passages)
	best := make(map[*Passage]float64, len(passages))
	for i := range passages {
		best[&passages[i]] = math.Inf(-1)
	}
	for _, e := range r.weighInOrder(readings) {
		best[e.reading.passage] = max(best[e.reading.passage], e.score)
	}
	for i := range passages {
		passages[i].Score = logistic((best[&passages[i]] - middleScore) / 2)
	}
	slices.SortStableFunc(passages, func(a, b Passage) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Hit.Passage, b.Hit.Passage))
	})
	found := finding{total: total}
	found.passages, found.warnings, err = s.rerank(ctx, q, passages)
	if err != nil {
		return finding{}, err
	}
	found.passages = b.of(found.passages)
	return found, nil
}

// rerankPassages is how many passages a reranker is given at most; servers take few
// at once.
const rerankPassages = 32

// rerank puts the best passages in the order that the reranker gives them, where
// there is one. One that fails leaves their order, and a warning.
func (s *Service) rerank(ctx context.Context, q *Interpretation, passages []Passage) ([]Passage, []Warning, error) {
	if s.config.Reranker == nil || len(passages) < 2 {
		return passages, nil, nil
	}
	head := passages[:min(rerankPassages, len(passages))]
	texts := make([]string, len(head))
	for i, p := range head {
		texts[i] = headOf(p.Found) + "\n" + p.Found.Passage.Text
	}
	scores, err := s.config.Reranker.Rerank(ctx, q.Question, texts)
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	if err == nil && len(scores) != len(head) {
		err = fmt.Errorf("%d scores came for %d passages", len(scores), len(head))
	}
	if err != nil {
		return passages, []Warning{{Code: "rerank_failed", Detail: "the passages are in the order of the search: " + err.Error()}}, nil
	}
	least := 1.0
	for i := range head {
		head[i].Score = scores[i]
		least = min(least, scores[i])
	}
	slices.SortStableFunc(head, func(a, b Passage) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Hit.Passage, b.Hit.Passage))
	})
	for i := len(head); i < len(passages); i++ {
		passages[i].Score = min(passages[i].Score, least) // scores fall along the list
	}
	return passages, nil, nil
}

// editionYear is the year by which the question tells one edition of a document
// from others; 0 where it names none or several.
func editionYear(q *Interpretation) int {
	if len(q.Editions) != 1 {
		return 0
	}
	return q.Editions[0]
}

// middleScore is the score of evidence that is as likely to answer as not.
const middleScore = 11

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// fuse joins the hits of several searches: each passage once, scored against the
// best of them all, best first.
func (s *Service) fuse(hits []Hit) []Hit {
	best := 0.0
	for _, h := range hits {
		best = max(best, h.Sparse)
	}
	seen := make(map[corpus.PassageID]bool, len(hits))
	fused := hits[:0]
	for _, h := range hits {
		if seen[h.Passage] {
			continue
		}
		seen[h.Passage] = true
		if best > 0 {
			weight := float64(s.config.Fusion.Sparse)
			if s.config.Fusion == (Fusion{}) {
				weight = 1
			}
			h.Score = weight*h.Sparse/best + float64(s.config.Fusion.Dense)*max(0, h.Dense)
		}
		fused = append(fused, h)
	}
	slices.SortStableFunc(fused, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Passage, b.Passage))
	})
	return fused
}

// hydrate fetches the passages of hits, in their order. Those that are no longer
// part of a current version are left out.
func (s *Service) hydrate(ctx context.Context, hits []Hit) ([]Passage, error) {
	ids := make([]corpus.PassageID, len(hits))
	byID := make(map[corpus.PassageID]Hit, len(hits))
	for i, h := range hits {
		ids[i] = h.Passage
		byID[h.Passage] = h
	}
	found, err := s.config.Catalogue.Passages(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("fetch passages: %w", err)
	}
	passages := make([]Passage, len(found))
	for i, f := range found {
		passages[i] = Passage{Found: f, Hit: byID[f.Passage.ID]}
	}
	return passages, nil
}

// strengthen lets the dense channel, where it has a weight, count for the strength
// of passages beside the sparse one, on the latter's scale.
func (s *Service) strengthen(passages []Passage) {
	f := s.config.Fusion
	if f.Dense <= 0 || f.Sparse <= 0 {
		return
	}
	best := 0.0
	for i := range passages {
		best = max(best, passages[i].Sparse)
	}
	for i := range passages {
		passages[i].fused = passages[i].Sparse + float64(f.Dense/f.Sparse)*best*max(0, passages[i].Dense)
	}
}

// inForce puts back what is no law on the day asked about: a passage of an
// expired, repealed or draft text counts less than one in force.
func (s *Service) inForce(passages []Passage, q *Interpretation) []Passage {
	if len(q.Editions) > 0 || len(q.Titles) > 0 || len(q.Filter.Status) > 0 {
		return passages // the question names the text it means
	}
	for i := range passages {
		if standing(passages[i].Found.Document, q.asOf) != "" {
			passages[i].Score *= 0.85
			passages[i].Sparse *= 0.85
			passages[i].fused *= 0.85
		}
	}
	return passages
}

// standing tells what keeps a document from being law on a day: draft, expired,
// repealed, superseded, not_yet; "" where nothing does.
func standing(d corpus.Document, on corpus.Date) string {
	m := d.Metadata
	// On an earlier day a text was law that was repealed since.
	if d.Origins["effective_to"].From == corpus.OriginRepeal && !on.IsZero() && m.EffectiveTo.Compare(on) >= 0 {
		m.Status, d.Superseded = corpus.StatusUnknown, ""
	}
	switch {
	case m.Status == corpus.StatusDraft:
		return "draft"
	case m.Status == corpus.StatusRepeal:
		return "repealed"
	case m.Status == corpus.StatusExpired, !m.EffectiveTo.IsZero() && !on.IsZero() && m.EffectiveTo.Compare(on) < 0:
		return "expired"
	case d.Superseded != "":
		return "superseded"
	case !m.EffectiveFrom.IsZero() && !on.IsZero() && m.EffectiveFrom.Compare(on) > 0:
		return "not_yet"
	}
	return ""
}

// around adds the neighbours of the best passages, which sentences lean on and
// lists run on into. They come last.
func (s *Service) around(ctx context.Context, q *Interpretation, passages []Passage) ([]Passage, error) {
	seen := make(map[corpus.PassageID]bool, len(passages)+8)
	for _, p := range passages {
		seen[p.Hit.Passage] = true
	}
	all := slices.Clone(passages)
	for i, p := range passages[:min(3, len(passages))] {
		at, reach := p.Found.Passage, 1
		if q.Intent == IntentList && (i == 0 || q.members > 0) {
			reach = 4 // the sections beside it may be the list
		}
		near, err := s.config.Catalogue.Neighbours(ctx, at.Document, max(0, at.Ordinal-reach), at.Ordinal+reach)
		if err != nil {
			return nil, fmt.Errorf("fetch neighbours: %w", err)
		}
		for _, n := range near {
			if seen[n.ID] {
				continue
			}
			seen[n.ID] = true
			hit := p.Hit
			hit.Passage, hit.Score, hit.Sparse, hit.Dense = n.ID, p.Score*0.7, p.Sparse*0.5, p.Dense*0.5
			all = append(all, Passage{Found: corpus.Found{Passage: n, Document: p.Found.Document}, Hit: hit, fused: p.fused * 0.5})
		}
	}
	return all, nil
}

// Search returns the passages for a query, best first, with what in them matched.
func (s *Service) Search(ctx context.Context, r SearchRequest) (SearchResult, error) {
	began := time.Now()
	if err := checkQuestion(r.Query); err != nil {
		return SearchResult{}, err
	}
	if r.Limit < 0 || r.Limit > maxLimit {
		return SearchResult{}, fmt.Errorf("%w: limit is %d; it may be 1 to %d", ErrInvalid, r.Limit, maxLimit)
	}
	if r.PerDocument < 0 {
		return SearchResult{}, fmt.Errorf("%w: of one document %d passages are asked for", ErrInvalid, r.PerDocument)
	}
	limit := cmp.Or(r.Limit, 10)
	q, err := s.understand(ctx, Request{Question: r.Query, Filter: r.Filter, AsOf: r.AsOf})
	if err != nil {
		return SearchResult{}, err
	}
	found, err := s.find(ctx, &q, bounds{limit, r.PerDocument})
	if err != nil {
		return SearchResult{}, err
	}
	passages := found.passages
	result := SearchResult{Passages: passages, Total: found.total, Warnings: found.warnings, Interpretation: q}
	match := newMatcher(q.Concepts)
	for _, p := range passages {
		result.Highlights = append(result.Highlights, highlights(match, p.Found.Passage))
	}
	spent := time.Since(began)
	result.Timings = Timings{Retrieve: spent, Total: spent}
	return result, nil
}

// highlights lists what of a passage the question named, joined where it touches.
func highlights(m *matcher, p corpus.Passage) []corpus.Span {
	var spans []corpus.Span
	for _, o := range m.find([]rune(p.Text)) {
		s := o.span.Shift(p.Span.Start)
		if n := len(spans); n > 0 && s.Start <= spans[n-1].End {
			spans[n-1].End = max(spans[n-1].End, s.End)
			continue
		}
		spans = append(spans, s)
	}
	return spans
}
