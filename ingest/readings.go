package ingest

import (
	"bufio"
	"context"
	"encoding/gob"
	"errors"
	"os"
	"path/filepath"
	"time"

	"policykb/corpus"
	"policykb/ingest/parse"
)

// slowReading is from when on it pays to keep what a parser read until its job
// has ended. Recognising a scan takes minutes; most documents take milliseconds.
const slowReading = time.Second

// readings keeps, in a folder, what slow parsers have read, so that a job that was
// cut off later goes on from there. What cannot be kept or read back is parsed
// again. Without a folder nothing is kept.
type readings struct {
	folder string
	slow   time.Duration
}

// path is the file of a job's reading. Ids are made of letters and digits.
func (r readings) path(id corpus.JobID) string {
	return filepath.Join(r.folder, string(id)+".reading")
}

// load returns what was kept for a job.
func (r readings) load(id corpus.JobID) (doc parse.Document, ok bool) {
	if r.folder == "" {
		return doc, false
	}
	file, err := os.Open(r.path(id))
	if err != nil {
		return doc, false
	}
	defer file.Close()
	err = gob.NewDecoder(bufio.NewReader(file)).Decode(&doc)
	return doc, err == nil
}

// keep stores what was read for a job, whole or not at all.
func (r readings) keep(id corpus.JobID, doc parse.Document) error {
	if err := os.MkdirAll(r.folder, 0o750); err != nil {
		return err
	}
	file, err := os.CreateTemp(r.folder, "unfinished-*")
	if err != nil {
		return err
	}
	out := bufio.NewWriter(file)
	err = errors.Join(gob.NewEncoder(out).Encode(doc), out.Flush(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), r.path(id))
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}

// drop forgets what was kept for a job.
func (r readings) drop(id corpus.JobID) {
	if r.folder != "" {
		os.Remove(r.path(id)) // most jobs have none
	}
}

// sweep forgets what was kept for jobs that have ended, or for none.
func (r readings) sweep(ctx context.Context, jobs corpus.Jobs) error {
	if r.folder == "" {
		return nil
	}
	entries, err := os.ReadDir(r.folder)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		id := corpus.JobID(e.Name()[:len(e.Name())-len(filepath.Ext(e.Name()))])
		job, looking := jobs.Job(ctx, id)
		if looking == nil && !job.State.Final() {
			continue
		}
		if looking != nil && !errors.Is(looking, corpus.ErrNotFound) {
			return looking
		}
		err = errors.Join(err, os.Remove(filepath.Join(r.folder, e.Name())))
	}
	return err
}

// read parses the source of a job, or takes what an earlier run of it has read.
func (p *Pipeline) read(ctx context.Context, r *run, data []byte) (parse.Document, error) {
	job := r.snapshot()
	if doc, ok := p.readings.load(job.ID); ok {
		return doc, nil
	}
	began := time.Now()
	ctx = parse.WithProgress(ctx, func(done, total int) { r.report(corpus.StageParse, done, total) })
	doc, err := p.parse(ctx, job.Original.Name, data)
	if err != nil || p.readings.folder == "" || time.Since(began) < p.readings.slow {
		return doc, err
	}
	if err := p.readings.keep(job.ID, doc); err != nil {
		p.log.Warn("what was read is not kept; should the job be cut off it begins anew", "job", job.ID, "error", err)
	}
	return doc, nil
}
