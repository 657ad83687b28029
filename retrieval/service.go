package retrieval

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"

	"policykb/corpus"
)

// Config says what a [Service] answers from. Catalogue and Index are required.
type Config struct {
	Catalogue  corpus.Catalogue
	Index      Index
	Embedder   Embedder         // nil: the sparse channel alone
	Reranker   Reranker         // nil: the order of the evidence stands
	Extractive Writer           // nil: the built-in one
	LLM        Writer           // nil: none; a writer with a method Model() string names its model
	Thesaurus  *Thesaurus       // nil: the built-in one
	Now        func() time.Time // nil: time.Now
	// AskTimeout is the time for an answer. A language model that has not finished
	// by then is given up for the extractive writer. 0: no bound.
	AskTimeout time.Duration
	// TraceContent puts questions and answers into spans. Without it they hold none.
	TraceContent bool
	Calibration
}

// Service answers questions. It is safe for concurrent use.
type Service struct {
	config     Config
	extractive extractive
}

// New makes a service. Nothing is opened or started.
func New(c Config) *Service {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Thesaurus == nil {
		c.Thesaurus = builtinThesaurus()
	}
	in := interpreter{thesaurus: c.Thesaurus, places: corpus.Places()}
	return &Service{config: c, extractive: extractive{interpreter: in, weights: evidenceWeights}}
}

// MaxQuestion is the length of the longest question taken, in code points.
const MaxQuestion = 4000

// Ask answers one question. An error that wraps [ErrInvalid] is the asker's, one
// that wraps [ErrUnavailable] may pass. A question that the documents do not
// answer is no error: the answer says so.
func (s *Service) Ask(ctx context.Context, r Request) (Answer, error) {
	for event, err := range s.Stream(ctx, r) {
		if err != nil {
			return Answer{}, err
		}
		if event.Done != nil {
			return *event.Done, nil
		}
	}
	return Answer{}, fmt.Errorf("ask: the answer broke off: %w", context.Cause(ctx))
}

// Stream answers one question step by step: the interpretation, the passages,
// each statement once it is verified, and last the whole answer. An error ends
// the sequence.
func (s *Service) Stream(ctx context.Context, r Request) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		if err := s.stream(ctx, r, func(e Event) bool { return yield(e, nil) }); err != nil {
			yield(Event{}, err)
		}
	}
}

func (s *Service) stream(ctx context.Context, r Request, yield func(Event) bool) (err error) {
	began := time.Now()
	if err := s.check(r); err != nil {
		return err
	}
	ctx, asking := step(ctx, "ask", stepChain)
	defer func() { endStep(asking, err) }()
	s.traceContent(asking, "input", r.Question)
	r, warnings := s.rewrite(ctx, r)
	question, err := s.understand(ctx, r)
	if err != nil {
		return err
	}
	a := Answer{ID: rand.Text(), Question: r.Question, AsOf: question.asOf, Interpretation: question,
		FiltersApplied: filtersApplied(r.Filter, &question)}
	if !yield(Event{Interpretation: &question}) {
		return nil
	}
	topK := cmp.Or(r.TopK, 8)
	finding, retrieving := step(ctx, "retrieve", stepRetriever)
	found, err := s.find(finding, &question, bounds{limit: max(topK, readPassages)})
	retrieving.SetAttributes(attribute.Int("policykb.passages", len(found.passages)), attribute.String("policykb.intent", string(question.Intent)))
	endStep(retrieving, err)
	if err != nil {
		return err
	}
	passages := found.passages
	a.Warnings = append(warnings, found.warnings...)
	a.Passages = passages[:min(topK, len(passages))]
	a.Timings.Retrieve = time.Since(began)
	if !yield(Event{Passages: a.Passages}) {
		return nil
	}
	writing, span := step(ctx, "write", stepChain)
	going, err := s.write(writing, r, &question, passages[:min(s.reads(&question), len(passages))], &a, yield)
	span.SetAttributes(attribute.String("policykb.mode", string(a.Mode)), attribute.String("policykb.model", a.Model))
	endStep(span, err)
	if err != nil || !going {
		return err
	}
	if !a.Answered {
		if err := s.decline(ctx, &question, passages, &a); err != nil {
			return err
		}
	}
	a.Timings.Total = time.Since(began)
	a.Timings.Answer = a.Timings.Total - a.Timings.Retrieve
	s.traceAnswer(asking, &a)
	yield(Event{Done: &a})
	return nil
}

// reads is how many passages the writer reads.
func (s *Service) reads(q *Interpretation) int {
	if q.manyCities {
		return readPassages // one of each city
	}
	return writePassages
}

// threshold is the probability below which a question is declined.
func (s *Service) threshold() float64 { return cmp.Or(s.config.Threshold, answerThreshold) }

// check refuses requests that can never be answered.
func (s *Service) check(r Request) error {
	if err := checkQuestion(r.Question); err != nil {
		return err
	}
	if r.TopK < 0 || r.TopK > maxTopK {
		return fmt.Errorf("%w: top_k is %d; it may be 1 to %d", ErrInvalid, r.TopK, maxTopK)
	}
	switch r.Mode {
	case "", ModeAuto, ModeExtractive:
	case ModeLLM:
		if s.config.LLM == nil {
			return fmt.Errorf("%w: mode llm needs a language model, and none is configured", ErrInvalid)
		}
	default:
		return fmt.Errorf("%w: mode %q is none of auto, extractive, llm", ErrInvalid, r.Mode)
	}
	switch r.Language {
	case "", "auto", "zh", "en":
	default:
		return fmt.Errorf("%w: language %q is none of auto, zh, en", ErrInvalid, r.Language)
	}
	return nil
}

func checkQuestion(question string) error {
	switch n := utf8.RuneCountInString(question); {
	case strings.TrimSpace(question) == "":
		return fmt.Errorf("%w: the question is empty", ErrInvalid)
	case n > MaxQuestion:
		return fmt.Errorf("%w: the question has %d characters; it may have %d", ErrInvalid, n, MaxQuestion)
	case !isWord([]rune(question)):
		return fmt.Errorf("%w: the question has no word in it", ErrInvalid)
	}
	return nil
}

// understand interprets the question and sets the filters it names.
func (s *Service) understand(ctx context.Context, r Request) (Interpretation, error) {
	now := s.config.Now()
	today := corpus.Date{Year: now.Year(), Month: now.Month(), Day: now.Day()}
	asked, history := r.Question, r.History
	if r.rewritten != "" {
		asked, history = r.rewritten, nil
	}
	q := s.extractive.interpret(asked, history, today)
	if r.rewritten != "" && r.rewritten != r.Question {
		q.Rewritten = r.rewritten
	}
	q.asOf = r.AsOf
	if q.asOf.IsZero() {
		q.asOf = today
	}
	if r.Language == "zh" || r.Language == "en" {
		q.Language = r.Language
	}
	q.Filter = r.Filter
	if q.Only && len(q.Filter.City) == 0 && len(q.Cities) > 0 {
		q.Filter.City = q.Cities
	}
	if len(q.Titles) > 0 && len(q.Filter.DocumentID) == 0 {
		named, err := s.titled(ctx, q.Titles, r.Scope)
		if err != nil {
			return Interpretation{}, err
		}
		q.Filter.DocumentID = named
	}
	if len(q.numbers) > 0 && len(q.Filter.DocumentID) == 0 {
		bearing, err := s.numbered(ctx, &q, r.Scope)
		if err != nil {
			return Interpretation{}, err
		}
		q.Filter.DocumentID = bearing
	}
	if len(q.Clauses) > 0 && len(q.Filter.DocumentID) == 0 {
		source, found, err := s.sourceOfClauses(ctx, &q, corpus.Fold(q.Question))
		if err != nil {
			return Interpretation{}, err
		}
		if found {
			q.Titles, q.Filter.DocumentID = []string{source.Metadata.Title}, []corpus.DocumentID{source.ID}
		}
	}
	q.filterIssued()
	for _, subject := range q.Subjects {
		side := s.extractive.about(&q, subject)
		if err := s.weighConcepts(ctx, &side); err != nil {
			return Interpretation{}, err
		}
		q.sides = append(q.sides, side)
	}
	return q, s.weighConcepts(ctx, &q)
}

// titled returns the documents whose title is one of the given, if there is one
// for each within the scope.
func (s *Service) titled(ctx context.Context, titles []string, scope corpus.Scope) ([]corpus.DocumentID, error) {
	var ids []corpus.DocumentID
	for _, title := range titles {
		page, err := s.config.Catalogue.Documents(ctx, corpus.Listing{Match: title, Filter: scope.Filter(), Limit: 20, Uncounted: true})
		if err != nil {
			return nil, fmt.Errorf("look up 《%s》: %w", title, err)
		}
		found := false
		for _, d := range page.Documents {
			if squeeze(corpus.Fold(d.Metadata.Title)) == squeeze(corpus.Fold(title)) {
				ids, found = append(ids, d.ID), true
			}
		}
		if !found {
			return nil, nil
		}
	}
	return ids, nil
}

// numbered returns the documents within the scope that bear a number that the
// question names.
func (s *Service) numbered(ctx context.Context, q *Interpretation, scope corpus.Scope) ([]corpus.DocumentID, error) {
	var ids []corpus.DocumentID
	for _, n := range q.numbers {
		issuer := []rune(n.Issuer)
		words := string(issuer[max(0, len(issuer)-2):]) // what comes before may be the sentence's
		if n.Year > 0 {
			words += " " + strconv.Itoa(n.Year)
		}
		page, err := s.config.Catalogue.Documents(ctx, corpus.Listing{Match: words, Filter: scope.Filter(), Limit: 500, Uncounted: true})
		if err != nil {
			return nil, fmt.Errorf("look up %s: %w", n.Text, err)
		}
		for _, d := range page.Documents {
			if slices.ContainsFunc(corpus.DocNumbers(d.Metadata.DocNumber), func(own corpus.DocNumber) bool { return sameNumber(n, own) }) {
				ids = append(ids, d.ID)
			}
		}
	}
	return ids, nil
}

// filtersApplied tells which filters are in force and who set them.
func filtersApplied(asked corpus.Filter, q *Interpretation) map[string]AppliedFilter {
	applied := make(map[string]AppliedFilter)
	add := func(name string, given bool, values ...string) {
		if len(values) == 0 {
			return
		}
		from := "question"
		if given {
			from = "request"
		}
		applied[name] = AppliedFilter{Values: values, From: from}
	}
	f := q.Filter
	add("city", len(asked.City) > 0, f.City...)
	add("district", true, f.District...)
	add("issuer", true, f.Issuer...)
	add("kind", true, texts(f.Kind)...)
	add("status", true, texts(f.Status)...)
	add("language", true, f.Language...)
	add("tags", true, f.Tags...)
	if len(asked.DocumentID) == 0 && len(f.DocumentID) > 0 {
		add("title", false, q.Titles...)
		add("doc_number", false, q.Numbers...)
	}
	add("document_id", len(asked.DocumentID) > 0, texts(f.DocumentID)...)
	if !f.IssuedFrom.IsZero() {
		add("issued_from", !asked.IssuedFrom.IsZero(), f.IssuedFrom.String())
	}
	if !f.IssuedTo.IsZero() {
		add("issued_to", !asked.IssuedTo.IsZero(), f.IssuedTo.String())
	}
	if len(applied) == 0 {
		return nil
	}
	return applied
}

func texts[T ~string](values []T) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = string(v)
	}
	return all
}

// write lets the writer answer and adds each statement that holds to the answer.
// It gives going == false when the consumer has left.
func (s *Service) write(ctx context.Context, r Request, q *Interpretation, passages []Passage, a *Answer, yield func(Event) bool) (going bool, err error) {
	a.Mode = ModeExtractive
	if len(passages) == 0 {
		a.Reason = ReasonNoEvidence
		return true, nil
	}
	passages, err = s.around(ctx, q, passages)
	if err != nil {
		return false, err
	}
	d := s.extractive.draft(q, passages)
	llm := s.config.LLM != nil && r.Mode != ModeExtractive
	threshold := s.threshold()
	if llm {
		threshold /= 2 // a model reads better than the features do
	}
	a.Confidence = d.doubt.Probability()
	if a.Confidence < threshold {
		a.Reason = ReasonWeakEvidence
		return true, nil
	}
	if llm {
		going, answered, err := s.writeModelled(ctx, q, passages, a, yield)
		if err != nil || answered || !going {
			return going, err
		}
		if a.Confidence < s.threshold() { // too weak without a model that reads it
			a.Reason = ReasonWeakEvidence
			return true, nil
		}
	}
	if s.config.Extractive != nil {
		return s.take(ctx, q, s.config.Extractive.Write(ctx, *q, passages), a, yield)
	}
	for _, e := range d.conflicts {
		a.Warnings = append(a.Warnings, conflictWarning(q, e))
	}
	if going, err = s.take(ctx, q, d.written(), a, yield); a.Answered {
		a.Comparison = d.comparison.cited(a)
	}
	return going, err
}

// written yields the statements of a draft.
func (d draft) written() iter.Seq2[Statement, error] {
	return func(yield func(Statement, error) bool) {
		for _, s := range d.statements {
			if !yield(s, nil) {
				return
			}
		}
	}
}

// take verifies statements as they come and adds those that hold to the answer.
func (s *Service) take(ctx context.Context, q *Interpretation, statements iter.Seq2[Statement, error], a *Answer, yield func(Event) bool) (going bool, err error) {
	for statement, err := range statements {
		if err != nil {
			return true, fmt.Errorf("write: %w", err)
		}
		if err := ctx.Err(); err != nil {
			return true, err
		}
		_, verifying := step(ctx, "verify", stepGuardrail)
		support, checks, reason := Verify(statement, s.extractive.places)
		traceVerdict(verifying, support, checks)
		s.traceContent(verifying, "input", statement.Text)
		s.traceContent(verifying, "output", reason)
		endStep(verifying, nil)
		if support != SupportVerified {
			a.Withheld = append(a.Withheld, WithheldStatement{Text: statement.Text, Reason: reason, Checks: checks})
			continue
		}
		added := a.add(statement, checks, q.Language)
		a.Answered, a.Reason = true, ReasonNone
		s.warn(a, q, statement)
		if !yield(Event{Statement: &added}) {
			return false, nil
		}
	}
	if !a.Answered && len(a.Withheld) > 0 {
		a.Reason = ReasonUnverified
	}
	return true, nil
}
