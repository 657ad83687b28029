package main_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"policykb/corpus"
	"policykb/corpus/sqlite"
	"policykb/corpus/starter"
	"policykb/ingest"
	"policykb/retrieval"
	"policykb/retrieval/embed"
	"policykb/retrieval/embedded"
	"policykb/retrieval/evaluate"
)

// The tests of this file measure the whole way, from files to answers. Their
// tables are what a change to retrieval is judged by. That of the starter corpus
// always runs; the others run on request:
//
//	POLICYKB_EVAL=1 go test ./cmd/policykb -run 'TestPolicies|TestSeed' -v
//
// POLICYKB_EVAL_SPLIT chooses the split of our own questions (train, dev,
// heldout; all of them without it). POLICYKB_EVAL_OUT names a folder to which
// each report (JSON) and its misses (text) are written; a report that lies there
// already is compared with the new one first.

func TestPolicies(t *testing.T) {
	folder := sharedFile(t, "policies")
	base := newBase(t, ingest.Files(folder))
	base.measure(t, "policies-shared", sharedFile(t, "eval/policy_questions.jsonl"), "")
	base.measure(t, "policies-own", ownQuestions("policies.jsonl"), os.Getenv("POLICYKB_EVAL_SPLIT"))
}

func TestSeed(t *testing.T) {
	folder := sharedFile(t, "seed")
	base := newBase(t, ingest.Files(folder))
	report := base.measure(t, "seed", sharedFile(t, "eval/seed_questions.jsonl"), "")
	for _, measure := range []evaluate.Measure{evaluate.KeysAll, evaluate.QuoteExact, evaluate.AbstentionRecall} {
		if got := report.All.Measures[measure].Value; got != 1 {
			t.Errorf("%s is %.3f: one article is answered whole", measure, got)
		}
	}
}

// TestStarter keeps the first impression from getting worse unseen.
func TestStarter(t *testing.T) {
	t.Parallel()
	base := newBase(t, func(yield func(ingest.Source, error) bool) {
		for name, text := range starter.Documents() {
			if !yield(ingest.Source{Name: name, MediaType: "text/markdown", Data: bytes.NewReader(text)}, nil) {
				return
			}
		}
	})
	report := base.measure(t, "starter", ownQuestions("starter.jsonl"), os.Getenv("POLICYKB_EVAL_SPLIT"))
	// Floors below what was last measured, not aims.
	for measure, floor := range map[evaluate.Measure]float64{
		evaluate.RecallAll5:        0.90,
		evaluate.KeysAll:           0.60,
		evaluate.CitationPrecision: 0.70,
	} {
		if got := report.All.Measures[measure].Value; got < floor {
			t.Errorf("%s fell to %.3f, below %.2f", measure, got, floor)
		}
	}
}

// base is a knowledge base in a temporary folder.
type base struct {
	catalogue corpus.Catalogue
	config    retrieval.Config
	service   *retrieval.Service
}

// fused is the same base, answering by another fusion.
func (b base) fused(f retrieval.Fusion) base {
	b.config.Fusion = f
	b.service = retrieval.New(b.config)
	return b
}

// newBase adds the sources to an empty knowledge base with the embedded engine and
// waits until all are in.
func newBase(t *testing.T, sources iter.Seq2[ingest.Source, error]) base {
	t.Helper()
	embedder := embed.Builtin()
	index, err := embedded.Open(embedded.Options{Model: embedder.Model(), Dimensions: embedder.Dimensions(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closing(t, index.Close()) })
	return newBaseOn(t, index, embedder, sources)
}

// newBaseOn is newBase with an index that is there already.
func newBaseOn(t *testing.T, index retrieval.Index, embedder retrieval.Embedder, sources iter.Seq2[ingest.Source, error]) base {
	t.Helper()
	ctx := t.Context()
	quiet := slog.New(slog.DiscardHandler)
	folder := t.TempDir()
	catalogue, err := sqlite.Open(ctx, filepath.Join(folder, "catalogue.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closing(t, catalogue.Close()) })
	originals, err := corpus.OpenFolder(filepath.Join(folder, "originals"))
	if err != nil {
		t.Fatal(err)
	}
	pipeline, err := ingest.New(ingest.Config{Catalogue: catalogue, Originals: originals, Index: index, Embedder: embedder, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	work, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- pipeline.Run(work) }()
	defer func() {
		stop()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}()

	var ids []corpus.JobID
	for added := range pipeline.AddAll(ctx, sources) {
		if added.Err != nil {
			t.Fatalf("%s: %v", added.Name, added.Err)
		}
		ids = append(ids, added.Job.ID)
	}
	jobs, err := pipeline.Wait(ctx, ids...)
	if err != nil {
		t.Fatal(err)
	}
	for _, job := range jobs {
		if job.State == corpus.JobFailed {
			t.Errorf("%s: %s", job.Original.Name, job.Error.Detail)
		}
	}
	config := retrieval.Config{Catalogue: catalogue, Index: index, Embedder: embedder}
	return base{catalogue, config, retrieval.New(config)}
}

func closing(t *testing.T, err error) {
	if err != nil {
		t.Error(err)
	}
}

// measure runs the questions of a file, prints the table and keeps the report
// where POLICYKB_EVAL_OUT says. Quotes must be exact, whatever else is measured.
func (b base) measure(t *testing.T, name, file, split string) evaluate.Report {
	t.Helper()
	set, err := evaluate.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	report, err := evaluate.Run(t.Context(), b.service, b.catalogue, set.Questions, evaluate.Options{Split: split})
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	if err := report.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s %s\n%s", name, split, &table)
	if exact, ok := report.All.Measures[evaluate.QuoteExact]; ok && exact.Value < 1 {
		t.Errorf("%s: only %.4f of the quotes are what the text says", name, exact.Value)
	}
	if out := os.Getenv("POLICYKB_EVAL_OUT"); out != "" {
		keep(t, report, filepath.Join(out, name+split))
	}
	return report
}

// keep writes the report and its misses, and compares with the report before.
func keep(t *testing.T, report evaluate.Report, path string) {
	t.Helper()
	if before, err := os.Open(path + ".json"); err == nil {
		defer before.Close()
		earlier, err := evaluate.ReadReport(before)
		if err != nil {
			t.Fatal(err)
		}
		comparison, err := evaluate.Compare(earlier, report)
		if err != nil {
			t.Fatal(err)
		}
		var table strings.Builder
		if err := comparison.WriteTable(&table); err != nil {
			t.Fatal(err)
		}
		t.Logf("against the run of %s\n%s", earlier.Began, &table)
	} else if !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	var whole, misses bytes.Buffer
	if err := errors.Join(report.WriteJSON(&whole), report.WriteMisses(&misses)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(path+".json", whole.Bytes(), 0o644), os.WriteFile(path+".misses.txt", misses.Bytes(), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// onRequest skips the test unless it was asked for.
func onRequest(t *testing.T) {
	t.Helper()
	if os.Getenv("POLICYKB_EVAL") == "" {
		t.Skip("set POLICYKB_EVAL=1 to measure")
	}
}

// sharedFile is a file of the data for measuring, which lies beside the checkout.
func sharedFile(t *testing.T, name string) string {
	t.Helper()
	onRequest(t)
	return sharedData(t, name)
}

// sharedData is the path of data that measurements are made with.
func sharedData(t *testing.T, name string) string {
	t.Helper()
	shared := os.Getenv("POLICYKB_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	}
	path := filepath.Join(shared, filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the data for measuring is not here: %v", err)
	}
	return path
}

func ownQuestions(name string) string {
	return filepath.Join("..", "..", "retrieval", "evaluate", "questions", name)
}
