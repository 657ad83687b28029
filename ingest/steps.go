package ingest

import (
	"context"
	"errors"
	"runtime/debug"
	"time"

	"policykb/corpus"
	"policykb/ingest/chunk"
	"policykb/ingest/clean"
	"policykb/ingest/isolate"
	"policykb/ingest/metadata"
	"policykb/ingest/outline"
	"policykb/ingest/resemble"
	"policykb/retrieval"
)

// ingest brings the source of a job into catalogue and index and says how the
// job ended: done or unchanged. It may be called again after any failure.
//
// work ends when the job is cancelled or out of time, ctx only with the process:
// once a version is being stored, only the latter stops it.
func (p *Pipeline) ingest(ctx, work context.Context, r *run) (corpus.JobState, error) {
	job := r.snapshot()
	weight := min(job.Original.Size, bytesInFlight)
	if err := p.inFlight.Acquire(work, weight); err != nil {
		return "", context.Cause(work)
	}
	defer p.inFlight.Release(weight)
	unlock, err := p.bytesLocks.lock(work, job.Original.Hash)
	if err != nil {
		return "", err
	}
	defer unlock()

	known, isKnown, err := p.sameBytes(work, job)
	if err != nil {
		return "", err
	}
	if isKnown && saysNothingNew(job.Given, known.Metadata) {
		return p.unchanged(ctx, r, known)
	}
	data, err := p.bytesOf(work, job.Original)
	if err != nil {
		return "", stored("read the original", err)
	}
	version, err := p.composeGuarded(work, r, data)
	if err != nil {
		return "", err
	}
	r.report(corpus.StageEmbed, 0, len(version.Passages))
	vectors, err := vectors(work, p.embedder, version, func(done int) {
		r.report(corpus.StageEmbed, done, len(version.Passages))
	})
	if err != nil {
		return "", err
	}

	unlock, err = p.identityLocks.lock(work, identityOf(version.Metadata))
	if err != nil {
		return "", err
	}
	defer unlock()
	if isKnown { // there is only something new to say of it
		version.Document = known.ID
	} else if version.Document, err = p.identify(work, job, version.Metadata); err != nil {
		return "", err
	}
	unlock, err = p.documentLocks.lock(work, string(version.Document))
	if err != nil {
		return "", err
	}
	defer unlock()
	if work.Err() != nil {
		return "", context.Cause(work)
	}
	return p.store(ctx, r, version, vectors)
}

// compose reads a source into a version: parse, clean, outline, metadata, chunk.
func (p *Pipeline) compose(ctx context.Context, r *run, data []byte) (corpus.Version, error) {
	job := r.snapshot()
	r.report(corpus.StageParse, 0, 1)
	parsed, err := p.read(ctx, r, data)
	if err != nil {
		return corpus.Version{}, err
	}
	r.warn(parsed.Warnings...)
	r.warn(offered(parsed.Attachments, job.Given.SourceURL)...)

	r.report(corpus.StageClean, 0, 1)
	text := clean.Join(parsed)

	r.report(corpus.StageOutline, 0, 1)
	sections := outline.Of(text)
	detected, origins := metadata.Detect(job.Original.Name, parsed, text, sections)
	described, origins := metadata.Override(detected, origins, job.Given)
	described.Status = metadata.StatusOn(described, corpus.DateOf(p.now()))

	r.report(corpus.StageChunk, 0, 1)
	passages := chunk.Split(text, sections, p.limits)
	if len(passages) == 0 {
		return corpus.Version{}, fail("no_text", "holds no text that could be read; a scan needs text recognition first")
	}
	return corpus.Version{
		Document:  job.Document,
		Metadata:  described,
		Origins:   origins,
		Original:  job.Original,
		Text:      text.String,
		Outline:   sections,
		Passages:  passages,
		Bands:     resemble.Bands(passages),
		Repeals:   metadata.Repeals(text.String, described),
		CreatedAt: job.CreatedAt,
	}, ctx.Err()
}

// patience is how long a parser that was told to stop may take to do so.
const patience = 5 * time.Second

// composeGuarded is compose kept at arm's length: a parser that panics fails its
// job, and one that does not heed the end of its context is left behind, so that
// neither takes the worker with it.
func (p *Pipeline) composeGuarded(ctx context.Context, r *run, data []byte) (corpus.Version, error) {
	type result struct {
		version corpus.Version
		err     error
	}
	composed := make(chan result, 1)
	job := r.snapshot()
	log := p.log.With("job", job.ID, "source", job.Original.Name)
	go func() {
		defer func() {
			if v := recover(); v != nil {
				log.Error("a parser crashed", "panic", v, "stack", string(debug.Stack()))
				composed <- result{err: fail(string(isolate.CodeCrash), "the file makes its parser crash and is probably damaged; save it anew, or in another format, and add it again")}
			}
		}()
		version, err := p.compose(ctx, r, data)
		composed <- result{version, err}
	}()
	select {
	case res := <-composed:
		return res.version, res.err
	case <-ctx.Done():
	}
	select {
	case <-composed:
	case <-time.After(patience):
		log.Error("a parser does not stop and is left behind")
	}
	return corpus.Version{}, context.Cause(ctx)
}

// store makes the version the document's current one and findable. The document
// is locked by the caller.
func (p *Pipeline) store(ctx context.Context, r *run, version corpus.Version, vectors [][]float32) (corpus.JobState, error) {
	r.become(version.Document)
	current, err := p.currentOf(ctx, version.Document)
	switch {
	case errors.Is(err, corpus.ErrNotFound): // a new document
	case err != nil:
		return "", err
	case current.CreatedAt.After(version.CreatedAt):
		r.warn("a text of this document that was added later is in place already; this one was left out")
		return corpus.JobUnchanged, nil
	}
	r.report(corpus.StageIndex, 0, len(version.Passages))
	doc, changed, err := p.catalogue.Store(ctx, version)
	if err != nil {
		return "", stored("store the version", err)
	}
	if !changed && !madeBy(r.snapshot(), current) {
		return corpus.JobUnchanged, nil
	}
	name(version.Passages, doc)
	if err := p.index.Replace(ctx, doc.ID, doc.Version, points(doc, version.Passages, vectors)); err != nil {
		return "", err
	}
	r.report(corpus.StageIndex, len(version.Passages), len(version.Passages))
	return corpus.JobDone, p.relate(ctx, r, doc)
}

// unchanged ends a job whose bytes are those of a known document. Where an
// earlier run of the job has stored them, it may have been cut off before they
// were indexed; that is made good.
func (p *Pipeline) unchanged(ctx context.Context, r *run, known corpus.Document) (corpus.JobState, error) {
	r.become(known.ID)
	current, err := p.currentOf(ctx, known.ID)
	if err != nil {
		return "", err
	}
	if !madeBy(r.snapshot(), current) {
		return corpus.JobUnchanged, nil
	}
	if err := p.refresh(ctx, p.index, p.embedder, known.ID); err != nil {
		return "", err
	}
	return corpus.JobDone, p.relate(ctx, r, known)
}

// relate notes how a document that has been stored stands to others: whose place
// it takes, and whom it resembles.
func (p *Pipeline) relate(ctx context.Context, r *run, doc corpus.Document) error {
	if err := p.link(ctx, doc); err != nil {
		return err
	}
	return p.findAlike(ctx, r, doc)
}

// madeBy reports whether the version was stored by the job: versions bear the
// time at which their job was added.
func madeBy(job corpus.Job, v corpus.Version) bool { return v.CreatedAt.Equal(job.CreatedAt) }

// currentOf returns the document's current version without its text.
func (p *Pipeline) currentOf(ctx context.Context, id corpus.DocumentID) (corpus.Version, error) {
	versions, err := p.catalogue.Versions(ctx, id)
	if err != nil {
		return corpus.Version{}, stored("look up the versions", err)
	}
	return versions[len(versions)-1], nil
}

// name gives passages the ids that the catalogue gave them.
func name(passages []corpus.Passage, doc corpus.Document) {
	for i := range passages {
		p := &passages[i]
		p.Document, p.Version, p.Ordinal = doc.ID, doc.Version, i
		p.ID = corpus.NewPassageID(doc.ID, doc.Version, i)
	}
}

// points makes the points of named passages. vectors is nil where there is no embedder.
func points(doc corpus.Document, passages []corpus.Passage, vectors [][]float32) []retrieval.Point {
	points := make([]retrieval.Point, len(passages))
	for i, p := range passages {
		var dense []float32
		if vectors != nil {
			dense = vectors[i]
		}
		points[i] = retrieval.NewPoint(p, doc, dense)
	}
	return points
}
