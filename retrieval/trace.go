package retrieval

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode"

	"policykb/corpus"
)

// TraceRequest asks where a sentence, quotation or paragraph stands.
type TraceRequest struct {
	Text string // at most [MaxTrace] code points
	// Document is the one that the text is said to be from; "" where nothing is said.
	Document corpus.DocumentID
	// Scope is that of the documents which there are for the asker.
	Scope corpus.Scope
}

// Trace says where a text stands in the documents.
type Trace struct {
	Found TraceFound
	// Elsewhere is set where a document was named and the text does not stand there as
	// well as it does in others.
	Elsewhere bool
	// Pieced is set where the text stands nowhere as a whole, but pieces of it do: each
	// place then says which piece it is of, and Unfound what is of none.
	Pieced  bool
	Places  []TracePlace  // best first; of a pieced text in the order of the pieces
	Unfound []corpus.Span // of the text asked about
	Took    time.Duration
}

// TraceFound is how well a text was found.
type TraceFound string

// The findings of a trace. A changed figure is never exact.
const (
	TraceExact   TraceFound = "exact"   // to the letter; white space, widths, script and quotation marks aside
	TraceNear    TraceFound = "near"    // nearly or in pieces: the differences are listed
	TraceNowhere TraceFound = "nowhere" // in no version of any document
)

// TracePlace is one place where a text stands, exactly or nearly.
type TracePlace struct {
	// Document is described as it was in Version, which may be an older one.
	Document    corpus.Document
	Version     int
	Current     bool              // Version is the document's current one
	Passage     corpus.PassageID  // in which the quote begins; "" where it stands in none, as a heading may
	HeadingPath []string          // of that passage
	Page        int               // of that passage; 0 where the format has no pages
	Given       corpus.Span       // the part of the text asked about that stands here
	Quote       string            // exact: the version's canonical text at Span
	Span        corpus.Span       // in the version's canonical text
	Sentence    corpus.Span       // the sentences that the quote is taken from, whole
	Similarity  float64           // share of characters in common, 0 to 1
	Differences []TraceDifference // in the order of the text; none where it stands exactly
}

// MaxTrace is the length of the longest text traced, in code points.
const MaxTrace = 4000

const (
	traceCandidates = 40   // passages looked at
	tracePlaces     = 10   // places given
	traceNear       = 0.6  // similarity from which a text stands nearly
	traceShortest   = 8    // characters that a text needs to stand nearly
	traceAligned    = 600  // characters up to which a text is aligned as a whole; a longer one is by its sentences
	traceWhole      = 0.85 // similarity from which pieces are not tried
	tracePieced     = 0.5  // share of a text that its pieces must cover
)

// Trace finds where a text stands in the documents: exactly or nearly, in current
// and in older versions, as a whole or in pieces. An error that wraps [ErrInvalid]
// is the asker's; an unknown document gives [corpus.ErrNotFound].
func (s *Service) Trace(ctx context.Context, r TraceRequest) (Trace, error) {
	began := time.Now()
	text := []rune(r.Text)
	switch {
	case !isWord(text):
		return Trace{}, fmt.Errorf("%w: there is no word to trace", ErrInvalid)
	case len(text) > MaxTrace:
		return Trace{}, fmt.Errorf("%w: the text has %d characters; it may have %d", ErrInvalid, len(text), MaxTrace)
	}
	t := tracer{Service: s, asked: text, scope: r.Scope, texts: make(map[versionKey][]rune), versions: make(map[versionKey]corpus.Version)}
	trace, err := t.trace(ctx, r.Document)
	if err != nil {
		return Trace{}, fmt.Errorf("trace: %w", err)
	}
	trace.Took = time.Since(began)
	return trace, nil
}

// tracer is the work of one trace. It reads each text once.
type tracer struct {
	*Service
	asked    []rune
	scope    corpus.Scope
	claimed  *corpus.Document // the document named
	texts    map[versionKey][]rune
	versions map[versionKey]corpus.Version
}

// versionKey names a version of a document.
type versionKey struct {
	document corpus.DocumentID
	number   int
}

func (t *tracer) trace(ctx context.Context, claimed corpus.DocumentID) (trace Trace, err error) {
	if claimed != "" {
		d, err := t.config.Catalogue.Document(ctx, claimed)
		if err != nil {
			return trace, err
		}
		t.claimed = &d
	}
	trace.Found = TraceNowhere
	if trace.Places, err = t.places(ctx, corpus.Span{End: len(t.asked)}, true); err != nil {
		return trace, err
	}
	if len(trace.Places) == 0 || trace.Places[0].Similarity < traceWhole {
		if err := t.piece(ctx, &trace); err != nil {
			return trace, err
		}
	}
	if len(trace.Places) == 0 {
		return trace, nil
	}
	trace.Found = TraceNear
	if !trace.Pieced && trace.Places[0].exact() {
		trace.Found = TraceExact
	}
	trace.Elsewhere = t.claimed != nil && !slices.ContainsFunc(trace.Places, func(p TracePlace) bool {
		return t.isClaimed(p) && (trace.Found != TraceExact || p.exact())
	})
	for i := range trace.Places {
		if err := t.describe(ctx, &trace.Places[i]); err != nil {
			return trace, err
		}
	}
	return trace, nil
}

// exact reports whether the text stands there without a difference.
func (p TracePlace) exact() bool { return len(p.Differences) == 0 }

// isClaimed reports whether a place is in the document named.
func (t *tracer) isClaimed(p TracePlace) bool {
	return t.claimed != nil && p.Document.ID == t.claimed.ID
}

// order puts exact places before near ones, then those in the document named,
// those in current versions and the more similar ones.
func (t *tracer) order(a, b TracePlace) int {
	first := func(x, y bool) int {
		switch {
		case x == y:
			return 0
		case x:
			return -1
		}
		return 1
	}
	return cmp.Or(
		first(a.exact(), b.exact()),
		first(t.isClaimed(a), t.isClaimed(b)),
		first(a.Current, b.Current),
		cmp.Compare(b.Similarity, a.Similarity),
		cmp.Compare(len(a.Differences), len(b.Differences)),
		cmp.Compare(b.Version, a.Version),
	)
}

// source is a version to look in, and the parts of it that are promising.
type source struct {
	document corpus.Document
	number   int
	windows  []corpus.Span // apart and in order; none means all of it
}

// key names the version.
func (s source) key() versionKey { return versionKey{s.document.ID, s.number} }

// places finds where a part of the text asked about stands, best first. Where it
// stands exactly in none of the versions that the index leads to, the older
// versions of all documents are looked at too, if everywhere is set.
func (t *tracer) places(ctx context.Context, part corpus.Span, everywhere bool) ([]TracePlace, error) {
	given := newSkeleton(t.asked, part).trimmed()
	if len(given.runes) == 0 {
		return nil, nil
	}
	current, err := t.candidates(ctx, part, len(given.runes))
	if err != nil {
		return nil, err
	}
	var older []source
	for _, s := range current {
		older = append(older, olderVersions(s.document)...)
	}
	found, err := t.lookIn(ctx, given, slices.Concat(current, older))
	if err != nil {
		return nil, err
	}
	if everywhere && !slices.ContainsFunc(found, TracePlace.exact) {
		rest, err := t.changedDocuments(ctx, current)
		if err != nil {
			return nil, err
		}
		past, err := t.lookIn(ctx, given, rest)
		if err != nil {
			return nil, err
		}
		found = append(found, past...)
	}
	slices.SortStableFunc(found, t.order)
	return found[:min(tracePlaces, len(found))], nil
}

// candidates finds the documents that share the rarest terms with a part of the
// text, and where in them they stand. The document named is one of them in any
// case.
func (t *tracer) candidates(ctx context.Context, part corpus.Span, length int) ([]source, error) {
	var sources []source
	at := make(map[corpus.DocumentID]int)
	if t.claimed != nil {
		at[t.claimed.ID] = 0
		sources = append(sources, source{document: *t.claimed, number: t.claimed.Version})
	}
	terms := QueryTerms(string(t.asked[part.Start:part.End]))
	if len(terms) == 0 {
		return sources, nil
	}
	hits, err := t.config.Index.Search(ctx, Query{Sparse: terms, Filter: t.scope.Filter(), Limit: traceCandidates})
	if err != nil {
		return nil, err
	}
	passages, err := t.hydrate(ctx, hits)
	if err != nil {
		return nil, err
	}
	reach := 2*length + 100 // what stands before and after a passage may belong to it
	for _, p := range passages {
		d := p.Found.Document
		i, known := at[d.ID]
		if !known {
			i = len(sources)
			at[d.ID] = i
			sources = append(sources, source{document: d, number: p.Found.Passage.Version})
		}
		if t.claimed != nil && i == 0 {
			continue // looked at whole
		}
		span := p.Found.Passage.Span
		sources[i].windows = append(sources[i].windows, corpus.Span{Start: max(0, span.Start-reach), End: span.End + reach})
	}
	for i := range sources {
		sources[i].windows = joinSpans(sources[i].windows)
	}
	return sources, nil
}

// joinSpans sorts spans and joins those that touch.
func joinSpans(spans []corpus.Span) []corpus.Span {
	slices.SortFunc(spans, func(a, b corpus.Span) int { return cmp.Compare(a.Start, b.Start) })
	joined := spans[:0]
	for _, s := range spans {
		if n := len(joined); n > 0 && s.Start <= joined[n-1].End {
			joined[n-1].End = max(joined[n-1].End, s.End)
			continue
		}
		joined = append(joined, s)
	}
	return joined
}

// olderVersions lists the versions that a document had before.
func olderVersions(d corpus.Document) (older []source) {
	for number := d.Version - 1; number > 0; number-- {
		older = append(older, source{document: d, number: number})
	}
	return older
}

// changedDocuments lists the older versions of all documents but those of the
// sources known: no index leads to them.
func (t *tracer) changedDocuments(ctx context.Context, known []source) ([]source, error) {
	held, err := t.config.Catalogue.Holdings(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range known {
		delete(held, s.document.ID)
	}
	var older []source
	for id, h := range held {
		if h.Version < 2 {
			continue
		}
		d, err := t.config.Catalogue.Document(ctx, id)
		if errors.Is(err, corpus.ErrNotFound) {
			continue // removed meanwhile
		}
		if err != nil {
			return nil, err
		}
		if !t.scope.Holds(d.Metadata) {
			continue
		}
		older = append(older, olderVersions(d)...)
	}
	slices.SortFunc(older, func(a, b source) int {
		return cmp.Or(cmp.Compare(a.document.ID, b.document.ID), cmp.Compare(b.number, a.number))
	})
	return older, nil
}

// lookIn finds the places of a text in the sources: every exact one, and the most
// promising of those that come near.
func (t *tracer) lookIn(ctx context.Context, given skeleton, sources []source) ([]TracePlace, error) {
	type region struct {
		source source
		skeleton
		stretch
	}
	var found []TracePlace
	var promising []region
	place := func(s source, span corpus.Span) TracePlace {
		return TracePlace{Document: s.document, Version: s.number, Current: s.number == s.document.Version,
			Given: given.span(0, len(given.runes)), Span: span}
	}
	for _, s := range sources {
		text, err := t.text(ctx, s.key())
		if errors.Is(err, corpus.ErrNotFound) {
			continue // a number that was never used, or removed meanwhile
		}
		if err != nil {
			return nil, err
		}
		windows := s.windows
		if len(windows) == 0 {
			windows = []corpus.Span{{End: len(text)}}
		}
		for _, w := range windows {
			w.End = min(w.End, len(text))
			written := newSkeleton(text, w)
			exact := written.findAll(given)
			for _, at := range exact {
				p := place(s, written.span(at, at+len(given.runes)))
				p.Similarity = 1
				found = append(found, p)
			}
			if len(exact) > 0 || len(given.runes) < traceShortest || len(given.runes) > traceAligned {
				continue
			}
			if near, ok := given.likeliest(written); ok {
				promising = append(promising, region{s, written, near})
			}
		}
	}
	slices.SortStableFunc(promising, func(a, b region) int { return cmp.Compare(b.seeds, a.seeds) })
	for _, r := range promising[:min(tracePlaces, len(promising))] {
		a := align(given, r.skeleton, r.stretch)
		if a.matched < traceShortest || a.similarity() < traceNear {
			continue
		}
		p := place(r.source, a.span())
		p.Similarity, p.Differences = a.similarity(), a.differences()
		found = append(found, p)
	}
	return found, nil
}

// text reads the canonical text of a version.
func (t *tracer) text(ctx context.Context, k versionKey) ([]rune, error) {
	if text, ok := t.texts[k]; ok {
		return text, nil
	}
	text, err := t.config.Catalogue.Text(ctx, k.document, k.number)
	if err == nil {
		t.texts[k] = []rune(text)
	}
	return t.texts[k], err
}

// describe fills in what is known of a place: the quote, the sentences around it
// and the passage in which it begins.
func (t *tracer) describe(ctx context.Context, p *TracePlace) error {
	k := versionKey{p.Document.ID, p.Version}
	text, err := t.text(ctx, k)
	if err != nil {
		return err
	}
	p.Quote = string(text[p.Span.Start:p.Span.End])
	p.Sentence = sentencesAround(text, p.Span)
	v, known := t.versions[k]
	if !known {
		if v, err = t.config.Catalogue.Version(ctx, k.document, k.number); err != nil {
			return err
		}
		t.versions[k] = v
	}
	if !p.Current {
		p.Document.Metadata, p.Document.Origins, p.Document.Original = v.Metadata, v.Origins, v.Original
	}
	for _, passage := range v.Passages {
		if passage.Span.Start <= p.Span.Start && p.Span.Start < passage.Span.End {
			p.Passage, p.HeadingPath, p.Page = passage.ID, passage.HeadingPath, passage.PageAt(p.Span.Start)
			break
		}
	}
	return nil
}

// sentencesAround returns the span of the sentences that a span lies in.
func sentencesAround(text []rune, s corpus.Span) corpus.Span {
	from, to := s.Start, s.End
	for from > 0 && text[from-1] != '\n' {
		from--
	}
	for to < len(text) && text[to] != '\n' {
		to++
	}
	around := s
	for _, sentence := range corpus.Sentences(string(text[from:to])) {
		sentence = sentence.Shift(from)
		if sentence.Start < s.End && s.Start < sentence.End {
			around.Start, around.End = min(around.Start, sentence.Start), max(around.End, sentence.End)
		}
	}
	return around
}

// piece looks for the sentences of the text one by one, and for the clauses of
// those that stand nowhere, and keeps their places where they explain more of the
// text than the places of the whole do.
func (t *tracer) piece(ctx context.Context, trace *Trace) error {
	sentences := corpus.Sentences(string(t.asked))
	runs, err := t.follow(ctx, nil, sentences, true)
	if err != nil || len(runs) == 0 {
		return err
	}
	var covered []corpus.Span
	var places []TracePlace
	shared := 0.0
	for _, r := range runs {
		covered = append(covered, r[0].Given)
		shared += r[0].Similarity * float64(r[0].Given.Len())
		places = append(places, r[:min(2, len(r))]...)
	}
	whole := 0.0
	if len(trace.Places) > 0 {
		whole = trace.Places[0].Similarity
	}
	better := whole + 0.1
	if len(sentences) > 1 {
		better = whole - 0.1 // a whole may have paired a sentence of its own by chance
	}
	if share := shared / float64(len(t.asked)); share < max(tracePieced, better) {
		return nil
	}
	trace.Places, trace.Unfound = places, wordsOutside(t.asked, covered)
	trace.Pieced = len(runs) > 1 || len(trace.Unfound) > 0
	return nil
}

// run is one stretch of the text asked about: the places where all of it stands,
// best first.
type run []TracePlace

// follow finds the places of the parts and adds them to the runs: to the last one
// where a part follows on it, else as a new one.
func (t *tracer) follow(ctx context.Context, runs []run, parts []corpus.Span, deeper bool) ([]run, error) {
	for _, part := range parts {
		places, err := t.places(ctx, part, false)
		if err != nil {
			return nil, err
		}
		if clauses := splitClauses(t.asked, part); deeper && len(clauses) > 1 && (len(places) == 0 || places[0].Similarity < traceWhole) {
			if runs, err = t.follow(ctx, runs, clauses, false); err != nil {
				return nil, err
			}
			continue
		}
		if n := len(runs); n > 0 {
			if longer := runs[n-1].extend(places); len(longer) > 0 {
				runs[n-1] = longer
				continue
			}
		}
		// What is very short tells nothing of its source.
		if len(places) > 0 && len(newSkeleton(t.asked, part).trimmed().runes) >= traceShortest {
			runs = append(runs, places)
		}
	}
	return runs, nil
}

// extend returns those places of the run on which one of the places follows, with
// that added.
func (r run) extend(places []TracePlace) run {
	const between = 3 // marks and line ends that may stand between two parts
	var longer run
	for _, q := range r {
		for _, p := range places {
			gap := p.Span.Start - q.Span.End
			if q.Document.ID != p.Document.ID || q.Version != p.Version || gap < 0 || gap > between {
				continue
			}
			before, after := float64(q.Given.Len()), float64(p.Given.Len())
			q.Similarity = (q.Similarity*before + p.Similarity*after) / (before + after)
			q.Given.End, q.Span.End = p.Given.End, p.Span.End
			q.Differences = slices.Concat(q.Differences, p.Differences)
			longer = append(longer, q)
			break
		}
	}
	return longer
}

// wordsOutside returns what of a text lies outside of the spans and has a word in it.
func wordsOutside(text []rune, spans []corpus.Span) []corpus.Span {
	var rest []corpus.Span
	isWordRune := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	from := 0
	for _, s := range append(joinSpans(spans), corpus.Span{Start: len(text), End: len(text)}) {
		to := max(from, s.Start)
		for from < to && !isWordRune(text[from]) {
			from++
		}
		for to > from && !isWordRune(text[to-1]) {
			to--
		}
		if from < to {
			rest = append(rest, corpus.Span{Start: from, End: to})
		}
		from = max(from, s.End)
	}
	return rest
}
