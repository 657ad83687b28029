package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"iter"
	"log/slog"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"policykb/corpus"
)

// LookEvery is how often a followed folder is looked through.
const LookEvery = 2 * time.Second

// FollowFolder brings in the files of a folder and of the folders in it, those
// that are there and those that come, until the context ends. A changed file
// becomes a new version of its document; a file that was moved or renamed stays
// the document it is; one that is gone is reported in the log and its document
// kept. Names and sidecars are as [Files] has them; files that programs write for
// the time being (~$方案.docx, 方案.pdf.part) are left alone.
//
// A file is taken when two looks, every apart, find it the same, so that one
// that is still being written is left until it is whole. Looking, where the
// system could give notice, also serves folders on other machines and in
// containers, which give none. What was taken is remembered in the catalogue: a
// restart adds nothing twice.
func (p *Pipeline) FollowFolder(ctx context.Context, dir string, every time.Duration) error {
	f, err := p.follow(ctx, dir)
	if err != nil {
		return err
	}
	next := time.NewTimer(0)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-next.C:
		}
		began := time.Now()
		if err := f.look(ctx); err != nil && ctx.Err() == nil {
			f.report(".", "a followed folder could not be looked through; trying again", err)
		}
		// Of a very large folder the looks take a twentieth of the time.
		next.Reset(max(every, 20*time.Since(began)))
	}
}

// followed is a folder whose files come in by themselves.
type followed struct {
	p     *Pipeline
	dir   string
	log   *slog.Logger
	files map[string]taken // by name relative to dir

	growing  map[string]stamp  // seen, and taken if the next look finds the same
	missing  map[string]bool   // gone, and reported if the next look does not find it elsewhere
	reported map[string]string // the last trouble with each file
}

// taken is a file that was brought in.
type taken struct {
	Stamp stamp        `json:"stamp"`
	Job   corpus.JobID `json:"job,omitempty"` // the last for this file; "" where it was refused
	Gone  bool         `json:"gone,omitempty"`
}

// stamp tells whether a file is what it was.
type stamp struct {
	Size     int64  `json:"size"`
	Modified int64  `json:"modified"`        // nanoseconds since 1970
	Given    uint64 `json:"given,omitempty"` // of what the sidecar says of it
}

// follow opens a folder to be followed.
func (p *Pipeline) follow(ctx context.Context, dir string) (*followed, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("follow %s: %w", dir, err)
	}
	if info, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("follow %s: %w", dir, err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("follow %s: it is no folder", dir)
	}
	f := &followed{
		p: p, dir: dir, log: p.log.With("folder", dir), files: make(map[string]taken),
		growing: make(map[string]stamp), missing: make(map[string]bool), reported: make(map[string]string),
	}
	if err := p.recall(ctx, f.setting(), &f.files); err != nil {
		return nil, fmt.Errorf("follow %s: read what was taken before: %w", dir, err)
	}
	return f, nil
}

// setting is the name under which the catalogue remembers the folder.
func (f *followed) setting() string { return "followed " + f.dir }

// save remembers what was taken.
func (f *followed) save(ctx context.Context) error {
	return f.p.remember(ctx, f.setting(), f.files)
}

// present is a file that a look has found.
type present struct {
	stamp  stamp
	source func() Source
}

// look goes through the folder once.
func (f *followed) look(ctx context.Context) error {
	found := make(map[string]present)
	blind, err := f.walk(".", found)
	if err != nil {
		return err // a share that is not there: nothing is gone
	}
	changed := f.cameBack(found)
	fresh := f.ripe(found)
	fresh, moved := f.moved(found, fresh)
	for added := range f.p.AddAll(ctx, f.sources(ctx, found, fresh)) {
		if err := f.took(added, found[added.Name].stamp); err != nil {
			f.report(added.Name, "a file of a followed folder could not be added", err)
			continue
		}
		changed = true
	}
	for _, name := range f.nowGone(found, blind) {
		changed = true
		document, _ := f.p.documentOf(ctx, f.files[name].Job)
		f.log.Warn("a file of a followed folder is gone; its document is kept: remove it with policykb remove", "file", name, "document", document)
	}
	if changed || moved {
		return f.save(ctx)
	}
	return nil
}

// walk finds the files in the folder rel, and the folders that cannot be read.
func (f *followed) walk(rel string, found map[string]present) (blind []string, err error) {
	dir := folder{path: filepath.Join(f.dir, filepath.FromSlash(rel))}
	entries, err := os.ReadDir(dir.path)
	if err != nil {
		return nil, err
	}
	if dir.sidecar, err = readSidecar(dir.path); err != nil {
		f.report(path.Join(rel, sidecarName), "a sidecar has broken lines", err)
	}
	for _, e := range entries {
		name := path.Join(rel, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "."), e.Name() == sidecarName, passing(e.Name()):
		case e.IsDir():
			inner, err := f.walk(name, found)
			if err != nil {
				f.report(name, "a folder in a followed folder cannot be read", err)
				inner = []string{name}
			}
			blind = append(blind, inner...)
		case e.Type().IsRegular():
			info, err := e.Info()
			if err != nil {
				continue // gone since
			}
			found[name] = present{
				stamp:  stamp{Size: info.Size(), Modified: info.ModTime().UnixNano(), Given: hashOf(dir.sidecar[e.Name()].given)},
				source: func() Source { s, _ := dir.open(e.Name(), name); return s },
			}
		}
	}
	return blind, nil
}

// passing reports whether a file is one that a program has there for the time being.
func passing(name string) bool {
	if strings.HasPrefix(name, "~$") || strings.HasSuffix(name, "~") {
		return true
	}
	switch strings.ToLower(path.Ext(name)) {
	case ".part", ".partial", ".crdownload", ".download", ".tmp", ".temp", ".swp":
		return true
	}
	return false
}

// hashOf tells one description from another; 0 of none.
func hashOf(given corpus.Metadata) uint64 {
	text, err := json.Marshal(given)
	if none, _ := json.Marshal(corpus.Metadata{}); err != nil || string(text) == string(none) {
		return 0
	}
	h := fnv.New64a()
	h.Write(text)
	return h.Sum64()
}

// cameBack notes the files that are back as they were.
func (f *followed) cameBack(found map[string]present) (changed bool) {
	for name, now := range found {
		delete(f.missing, name)
		if known := f.files[name]; known.Gone && known.Stamp == now.stamp {
			known.Gone = false
			f.files[name], changed = known, true
		}
	}
	return changed
}

// ripe gives the new and changed files that the look before found the same, in order.
func (f *followed) ripe(found map[string]present) (names []string) {
	growing := make(map[string]stamp)
	for name, now := range found {
		switch known, ok := f.files[name]; {
		case ok && known.Stamp == now.stamp:
		case f.growing[name] == now.stamp:
			names = append(names, name)
			growing[name] = now.stamp // again, if it cannot be added now
		default:
			growing[name] = now.stamp
		}
	}
	f.growing = growing
	slices.Sort(names)
	return names
}

// moved takes those files out of the fresh ones that are known under a name that
// is no longer there.
func (f *followed) moved(found map[string]present, fresh []string) (left []string, moved bool) {
	gone := make(map[stamp]string)
	for name, known := range f.files {
		if _, there := found[name]; !there {
			gone[known.Stamp] = name
		}
	}
	for _, name := range fresh {
		now := found[name].stamp
		before, ok := gone[now]
		if _, known := f.files[name]; known || !ok {
			left = append(left, name)
			continue
		}
		f.log.Info("a file of a followed folder was renamed", "before", before, "file", name)
		f.files[name] = taken{Stamp: now, Job: f.files[before].Job}
		delete(f.files, before)
		delete(f.missing, before)
		delete(f.growing, name)
		delete(gone, now)
		moved = true
	}
	return left, moved
}

// sources opens the files, each as a new version of its document where it has one.
// A file whose last job has not ended waits for it.
func (f *followed) sources(ctx context.Context, found map[string]present, names []string) iter.Seq2[Source, error] {
	return func(yield func(Source, error) bool) {
		for _, name := range names {
			document, ready := f.p.documentOf(ctx, f.files[name].Job)
			if !ready {
				continue
			}
			source := found[name].source()
			source.Document = document
			if !yield(source, nil) {
				return
			}
		}
	}
}

// took notes what became of a file.
func (f *followed) took(added Added, now stamp) error {
	if added.Err != nil && !errors.Is(added.Err, ErrTooLarge) {
		return added.Err
	}
	// One that is refused for what it is, is not read again before it changes.
	f.files[added.Name] = taken{Stamp: now, Job: added.Job.ID}
	delete(f.growing, added.Name)
	delete(f.reported, added.Name)
	if added.Err != nil {
		f.report(added.Name, "a file of a followed folder was refused", added.Err)
	}
	return nil
}

// nowGone gives the taken files that two looks have missed and that were not
// reported yet, in order. What lies in a folder that cannot be read is not gone.
func (f *followed) nowGone(found map[string]present, blind []string) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(f.files)) {
		known := f.files[name]
		if _, there := found[name]; there || known.Gone || slices.ContainsFunc(blind, func(dir string) bool { return strings.HasPrefix(name, dir+"/") }) {
			continue
		}
		if !f.missing[name] {
			f.missing[name] = true
			continue
		}
		delete(f.missing, name)
		known.Gone = true
		f.files[name] = known
		names = append(names, name)
	}
	return names
}

// documentOf gives the document that a job made, "" where there is none, or none
// any more. It is not ready before the job has ended.
func (p *Pipeline) documentOf(ctx context.Context, id corpus.JobID) (document corpus.DocumentID, ready bool) {
	if id == "" {
		return "", true
	}
	job, err := p.Job(ctx, id)
	if err != nil {
		return "", errors.Is(err, corpus.ErrNotFound)
	}
	if known, err := p.isKnown(ctx, job.Document); err != nil || !known {
		return "", err == nil && job.State.Final()
	}
	return job.Document, job.State.Final()
}

// report logs trouble with a file, once for each cause.
func (f *followed) report(name, message string, err error) {
	if f.reported[name] == err.Error() {
		return
	}
	f.reported[name] = err.Error()
	f.log.Warn(message, "file", name, "error", err)
}
