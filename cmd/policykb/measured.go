package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"policykb/corpus"
	"policykb/ingest"
	"policykb/retrieval/evaluate"
	"policykb/retrieval/qdrant"
)

// openMeasured opens the knowledge base to be measured: that of the data folder,
// or where documents are named one of these alone, which is gone afterwards.
func (e evalCommand) openMeasured(ctx context.Context, s *settings, contexts []evaluate.Context, log *slog.Logger) (_ *base, end func() error, err error) {
	if len(e.Documents)+len(e.Lines) == 0 {
		lock, err := lockFolder(s)
		if err != nil {
			return nil, nil, err
		}
		b, err := openBase(ctx, s, log)
		if err != nil {
			return nil, nil, errors.Join(err, lock.release())
		}
		return b, func() error { return errors.Join(b.close(), lock.release()) }, nil
	}
	folder, err := os.MkdirTemp("", "policykb-eval-")
	if err != nil {
		return nil, nil, err
	}
	end = func() error { return os.RemoveAll(folder) }
	defer func() {
		if err != nil {
			err = errors.Join(err, end())
		}
	}()
	own := *s
	own.Data, own.Files, own.Engine, own.Starter = folder, "", ownEngine(s.Engine), "never"
	b, err := openBase(ctx, &own, log)
	if err != nil {
		return nil, nil, err
	}
	end = func() error {
		var dropped error
		if index, ok := b.index.Index.(*qdrant.Index); ok {
			dropped = index.Drop(context.WithoutCancel(ctx))
		}
		return errors.Join(dropped, b.close(), os.RemoveAll(folder))
	}
	return b, end, b.addWhole(ctx, e.sources(contexts))
}

// ownEngine is the same engine with a collection that only this process uses. What is
// no address of an engine stays as it is, for openBase to say so.
func ownEngine(engine string) string {
	u, err := url.Parse(engine)
	if engine == engineEmbedded || err != nil {
		return engine
	}
	u.Path += "-eval-" + strconv.Itoa(os.Getpid())
	return u.String()
}

// sources yields the documents that are named, each line of the files of lines, and
// the contexts of a reading comprehension set.
func (e evalCommand) sources(contexts []evaluate.Context) iter.Seq2[ingest.Source, error] {
	return func(yield func(ingest.Source, error) bool) {
		for _, root := range e.Documents {
			for s, err := range ingest.Files(root) {
				if !yield(s, err) {
					return
				}
			}
		}
		for _, name := range e.Lines {
			for s, err := range lineSources(name) {
				if !yield(s, err) {
					return
				}
			}
		}
		for _, c := range contexts {
			if !yield(textSource(c.Name+".txt", c.Text), nil) {
				return
			}
		}
	}
}

// lineSources yields a document for each line of a text file.
func lineSources(name string) iter.Seq2[ingest.Source, error] {
	return func(yield func(ingest.Source, error) bool) {
		f, err := os.Open(name)
		if err != nil {
			yield(ingest.Source{Name: name}, err)
			return
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, ingest.DefaultMaxBytes)
		base := strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
		for n := 1; lines.Scan(); n++ {
			if line := strings.TrimSpace(lines.Text()); line != "" && !yield(textSource(fmt.Sprintf("%s-%d.txt", base, n), line), nil) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(ingest.Source{Name: name}, err)
		}
	}
}

func textSource(name, text string) ingest.Source {
	return ingest.Source{Name: name, MediaType: "text/plain; charset=utf-8", Data: bytes.NewReader([]byte(text))}
}

// addWhole adds all sources and waits until they are in. One that fails is an error:
// what is measured must be what was named.
func (b *base) addWhole(ctx context.Context, sources iter.Seq2[ingest.Source, error]) error {
	var ids []corpus.JobID
	for added := range b.pipeline.AddAll(ctx, sources) {
		if added.Err != nil {
			return fmt.Errorf("add %s: %w", added.Name, added.Err)
		}
		ids = append(ids, added.Job.ID)
	}
	jobs, err := b.pipeline.Wait(ctx, ids...)
	if err != nil {
		return err
	}
	for _, job := range jobs {
		if job.State == corpus.JobFailed {
			return fmt.Errorf("add %s: %s", job.Original.Name, job.Error.Detail)
		}
	}
	return nil
}
