package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"policykb/retrieval"
	"policykb/retrieval/evaluate"
)

// evalCommand measures the knowledge base on a file of questions.
type evalCommand struct {
	Questions string         `arg:"" name:"questions.jsonl" help:"The file of questions."`
	Mode      retrieval.Mode `enum:"auto,extractive,llm" default:"auto" help:"Who writes the answers: auto, extractive or llm."`
	Split     string         `help:"Only questions of this split."`
	Misses    bool           `help:"Also print what went wrong, question by question."`
	Before    string         `placeholder:"REPORT.json" help:"Compare with a report kept from an earlier run."`
	JSON      bool           `name:"json" help:"Print the whole report as JSON."`
}

// Run implements kong's command. It works on the service itself, so that the
// latencies are those of answering alone.
func (e evalCommand) Run(ctx context.Context, s *settings, c *console, log *slog.Logger) (err error) {
	questions, err := evaluate.ReadFile(e.Questions)
	if err != nil {
		return err
	}
	var before *evaluate.Report
	if e.Before != "" {
		if before, err = readReport(e.Before); err != nil {
			return err
		}
	}
	lock, err := lockFolder(s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.release()) }()
	b, err := openBase(ctx, s, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	report, err := evaluate.Run(ctx, b.answers, b.catalogue, questions, evaluate.Options{Mode: e.Mode, Split: e.Split})
	if err != nil {
		return err
	}
	if e.JSON {
		return report.WriteJSON(c.out)
	}
	if err := report.WriteTable(c.out); err != nil {
		return err
	}
	if e.Misses {
		if err := report.WriteMisses(c.out); err != nil {
			return err
		}
	}
	if before == nil {
		return nil
	}
	comparison, err := evaluate.Compare(*before, report)
	if err != nil {
		return err
	}
	return comparison.WriteTable(c.out)
}

// readReport reads a report that an earlier run printed as JSON.
func readReport(name string) (*evaluate.Report, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	report, err := evaluate.ReadReport(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &report, nil
}
