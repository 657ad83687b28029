package main

import (
	"context"
	"errors"
	"io"
	"iter"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"reflect"

	"golang.org/x/sync/errgroup"

	"policykb/ingest"
)

// addCommand adds documents.
type addCommand struct {
	Paths  []string `arg:"" name:"path|url" help:"Files, folders, addresses, or - for standard input."`
	Report string   `name:"report" placeholder:"FILE" help:"Write what became of each source to a file, a JSON object a line."`
}

// inFlight is how many sources are sent at once. It keeps the workers busy while
// others are read and written.
const inFlight = 16

// Run implements kong's command.
func (a addCommand) Run(ctx context.Context, s *settings, c *console, log *slog.Logger) (err error) {
	report, err := openReport(a.Report)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, report.close()) }()
	sources := a.sources(c.in)
	return withConnection(ctx, s, log, func(api *connection) error {
		progress := newProgress(c, len(sources), report)
		var senders errgroup.Group
		senders.SetLimit(inFlight)
		for group := range together(sources) {
			senders.Go(func() error {
				for source, added := range api.sendAll(ctx, group) {
					progress.note(source, added.job, added.err)
				}
				return nil
			})
		}
		_ = senders.Wait() // each source has its own outcome
		return progress.end(ctx)
	})
}

// atOnce is how many small files go into one request: each request waits for the
// disk, however little it brings.
const atOnce = 16

// together groups sources that can go into one request: files that nothing is said
// of, or the same.
func together(sources []source) iter.Seq[[]source] {
	return func(yield func([]source) bool) {
		for len(sources) > 0 {
			n := 1
			for n < min(atOnce, len(sources)) && sources[0].joins(sources[n]) {
				n++
			}
			if !yield(sources[:n]) {
				return
			}
			sources = sources[n:]
		}
	}
}

// joins reports whether two sources can go into one request.
func (s source) joins(other source) bool {
	alone := func(s source) bool { return s.address != "" || s.err != nil }
	return !alone(s) && !alone(other) && reflect.DeepEqual(s.Given, other.Given)
}

// source is something to add.
type source struct {
	ingest.Source
	path    string // where it is, for people and programs
	address string // to be fetched by the server, in place of data
	err     error  // why it cannot be read
}

// sources lists what the arguments name.
func (a addCommand) sources(in io.Reader) []source {
	var all []source
	for _, path := range a.Paths {
		switch {
		case path == "-":
			all = append(all, source{Source: ingest.Source{Name: "standard input", Data: in}, path: path})
		case isAddress(path):
			all = append(all, source{Source: ingest.Source{Name: path}, path: path, address: path})
		default:
			info, err := os.Stat(path)
			folder := err == nil && info.IsDir()
			for file, err := range ingest.Files(path) {
				at := path
				if folder {
					at = filepath.Join(path, filepath.FromSlash(file.Name))
				}
				all = append(all, source{Source: file, path: at, err: err})
			}
		}
	}
	return all
}

// isAddress reports whether the argument is one of the web.
func isAddress(argument string) bool {
	u, err := url.Parse(argument)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https")
}
