package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"policykb/retrieval"
	"policykb/retrieval/evaluate"
	"policykb/retrieval/llm"
)

// evalCommand measures the knowledge base on files of questions.
type evalCommand struct {
	Questions  []string       `arg:"" name:"questions.jsonl" help:"Files of questions; also reading comprehension sets in SQuAD's shape."`
	Documents  []string       `sep:"none" placeholder:"PATH" help:"Measure a knowledge base of these files and folders alone, made for it and removed afterwards (in Qdrant with a collection of its own), instead of the data folder. Repeatable."`
	Lines      []string       `sep:"none" placeholder:"FILE" help:"The same with each line of a text file a document: the crowd that answers must be found in. Repeatable. The texts of a reading comprehension set are added by themselves."`
	Sample     int            `placeholder:"N" help:"At most so many questions of each file, evenly spread."`
	Mode       retrieval.Mode `enum:"auto,extractive,llm" default:"auto" help:"Who writes the answers: auto, extractive or llm."`
	Split      string         `help:"Only questions of this split."`
	Misses     bool           `help:"Also print what went wrong, question by question, and why."`
	HTML       string         `name:"html" placeholder:"FILE" help:"Also draw the report as a page: plots, tables, every question with its reasons."`
	Before     string         `placeholder:"REPORT.json" help:"Compare with a report kept from an earlier run."`
	Calibrate  bool           `help:"Fit the weights of the channels and the threshold of declining to the questions that are not held out, and keep them with the index, for the embedder in use."`
	Judge      string         `placeholder:"MODEL" help:"A language model, named as for --llm, that judges beside the verifier whether each statement follows from its quotes."`
	JudgePrice string         `placeholder:"IN/OUT" help:"What a million tokens of the judge's input and output cost, as 0.15/0.60."`
	Record     string         `xor:"cassette" placeholder:"FILE" help:"Write what the language model replies to a file."`
	Replay     string         `xor:"cassette" placeholder:"FILE" help:"Take the language model's replies from a file that --record wrote, and send nothing."`
	JSON       bool           `name:"json" help:"Print the whole report as JSON."`
}

// Run implements kong's command. It works on the service itself, so that the
// latencies are those of answering alone.
func (e evalCommand) Run(ctx context.Context, s *settings, c *console, log *slog.Logger) (err error) {
	if e.Calibrate && len(e.Documents)+len(e.Lines) > 0 {
		return errors.New("--calibrate keeps what it finds with the index of the data folder: add the documents to it instead of naming them here")
	}
	questions, contexts, err := e.read()
	if err != nil {
		return err
	}
	var before *evaluate.Report
	if e.Before != "" {
		if before, err = readReport(e.Before); err != nil {
			return err
		}
	}
	end, err := e.cassette(s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	b, close, err := e.openMeasured(ctx, s, contexts, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, close()) }()
	if e.Calibrate {
		if err := e.calibrate(ctx, s, b, questions, c); err != nil {
			return err
		}
	}
	judge, err := openJudge(&s.modelSettings, e.Judge, e.JudgePrice)
	if err != nil {
		return err
	}
	report, err := e.measure(ctx, b, questions, judge)
	if err != nil {
		return err
	}
	var comparison *evaluate.Comparison
	if before != nil {
		compared, err := evaluate.Compare(*before, report)
		if err != nil {
			return err
		}
		comparison = &compared
	}
	if e.HTML != "" {
		if err := writePage(e.HTML, report, comparison); err != nil {
			return err
		}
	}
	return e.print(c, b, judge, report, comparison)
}

// read reads the questions, and the texts of reading comprehension sets.
func (e evalCommand) read() (questions []evaluate.Question, contexts []evaluate.Context, err error) {
	for _, name := range e.Questions {
		set, err := evaluate.ReadFile(name)
		if err != nil {
			return nil, nil, err
		}
		questions = append(questions, evaluate.Sample(set.Questions, e.Sample)...)
		contexts = append(contexts, set.Contexts...)
	}
	return questions, contexts, nil
}

// measure asks the questions.
func (e evalCommand) measure(ctx context.Context, b *base, questions []evaluate.Question, judge *llm.Judge) (evaluate.Report, error) {
	options := evaluate.Options{Mode: e.Mode, Split: e.Split, Explain: e.Misses || e.HTML != "" || e.JSON}
	if judge != nil {
		defer judge.Close()
		options.Judge = judge
	}
	report, err := evaluate.Run(ctx, b.answers, b.catalogue, questions, options)
	if err != nil {
		return report, err
	}
	stats, err := b.index.Stats(ctx)
	report.Passages = stats.Points
	return report, err
}

// print prints the report, and how it differs from the one before.
func (e evalCommand) print(c *console, b *base, judge *llm.Judge, report evaluate.Report, comparison *evaluate.Comparison) error {
	if e.JSON {
		return report.WriteJSON(c.out)
	}
	if err := report.WriteTable(c.out); err != nil {
		return err
	}
	if b.writer != nil {
		printCounts(c, b.writer.Counts())
	}
	if judge != nil {
		n := judge.Counts()
		c.printf("\njudge %s: %d calls, %d replies that could not be read\n", judge.Name(), n.Calls, n.Unread)
		c.printf("  in all  %d tokens in, %d out, %.6f at the model's price\n", n.InputTokens, n.OutputTokens, n.Money)
	}
	if e.Misses {
		if err := report.WriteMisses(c.out); err != nil {
			return err
		}
	}
	if comparison == nil {
		return nil
	}
	return comparison.WriteTable(c.out)
}

// writePage draws the report.
func writePage(name string, report evaluate.Report, comparison *evaluate.Comparison) error {
	var page bytes.Buffer
	if err := report.WriteHTML(&page, comparison); err != nil {
		return err
	}
	return os.WriteFile(name, page.Bytes(), 0o644)
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
