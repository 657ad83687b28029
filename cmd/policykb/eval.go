package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"policykb/retrieval"
	"policykb/retrieval/evaluate"
	"policykb/retrieval/llm"
)

// evalCommand measures the knowledge base on a file of questions.
type evalCommand struct {
	Questions string         `arg:"" name:"questions.jsonl" help:"The file of questions."`
	Mode      retrieval.Mode `enum:"auto,extractive,llm" default:"auto" help:"Who writes the answers: auto, extractive or llm."`
	Split     string         `help:"Only questions of this split."`
	Misses    bool           `help:"Also print what went wrong, question by question."`
	Before    string         `placeholder:"REPORT.json" help:"Compare with a report kept from an earlier run."`
	Record    string         `xor:"cassette" placeholder:"FILE" help:"Write what the language model replies to a file."`
	Replay    string         `xor:"cassette" placeholder:"FILE" help:"Take the language model's replies from a file that --record wrote, and send nothing."`
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
	end, err := e.cassette(s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
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
	if b.writer != nil {
		printCounts(c, b.writer.Counts())
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

// cassette records or replays the language model where that was asked for. The
// returned function ends it.
func (e evalCommand) cassette(s *settings) (end func() error, err error) {
	switch {
	case e.Record != "":
		recorder, err := llm.Record(e.Record, nil)
		if err != nil {
			return nil, err
		}
		s.transport = recorder
		return recorder.Close, nil
	case e.Replay != "":
		player, err := llm.Replay(e.Replay)
		if err != nil {
			return nil, err
		}
		s.transport = player
	}
	return func() error { return nil }, nil
}

// printCounts writes what the language model has done and cost.
func printCounts(c *console, n llm.Counts) {
	if n.Questions == 0 {
		return
	}
	questions, written := float64(n.Questions), max(1, n.Statements+n.Withheld)
	c.printf("\nlanguage model: %d questions, %d calls, %d failures\n", n.Questions, n.Calls, n.Failures)
	c.printf("  statements  %d passed, %d of them mended; %d withheld (%.1f %%)\n", n.Statements, n.Mended, n.Withheld, 100*float64(n.Withheld)/float64(written))
	c.printf("  quotes that were none  %d in another passage, %d stitched, %d nowhere\n", n.Elsewhere, n.Stitched, n.Nowhere)
	c.printf("  a question costs  %.0f tokens in, %.0f out, %.6f at the model's price\n", float64(n.InputTokens)/questions, float64(n.OutputTokens)/questions, n.Money/questions)
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
