package ingest

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"policykb/corpus"
	"policykb/ingest/isolate"
	"policykb/ingest/parse"
)

// runawayChild is set in the environment of a process that reads documents.
const runawayChild = "POLICYKB_TEST_RUNAWAY"

// runAway is a parser with three faults, which documents can call.
func runAway(ctx context.Context, name string, data []byte) (parse.Document, error) {
	switch strings.TrimPrefix(string(data), "%PDF-") {
	case "loop":
		for n := 0; ; n++ {
		}
	case "allocate":
		for held := [][]int{}; ; {
			held = append(held, slices.Repeat([]int{1}, 1<<16))
		}
	case "crash":
		panic("index out of range")
	}
	return parse.Parse(ctx, name, data)
}

// raceDetector is set where the tests run under it.
var raceDetector bool

// TestRunaways adds documents on which a parser loops, takes memory without end
// and crashes. Their jobs fail, each with its reason; meanwhile other documents
// come in and questions find what they ask for.
func TestRunaways(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts processes")
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	pool, err := isolate.New(isolate.Config{
		Command: func() *exec.Cmd {
			c := exec.Command(program)
			c.Env = []string{runawayChild + "=1"}
			return c
		},
		Limits: isolate.Limits{Memory: 256 << 20, Processor: time.Second},
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	h := open(t, t.TempDir(), func(c *Config) { c.Parser, c.Workers = pool, 4 })
	h.work(t)
	known := h.add(t, text("known.md", vouchers2022))

	codes := map[string]string{"loop": "timeout", "allocate": "too_large", "crash": "parser_crash"}
	var ids []corpus.JobID
	for does := range codes {
		job, err := h.Add(t.Context(), text(does+".pdf", "%PDF-"+does))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, job.ID)
	}
	if job := h.add(t, text("meanwhile.md", strings.ReplaceAll(vouchers2022, "成都", "绵阳"))); job.State != corpus.JobDone {
		t.Errorf("a document that came meanwhile ended as %s, %+v", job.State, job.Error)
	}
	asked, slowest := 0, time.Duration(0)
	for ended := false; !ended; asked++ {
		began := time.Now()
		if got := h.found(t, "成都算力券总额上限"); !slices.Contains(got, known.Document) {
			t.Fatal("a question finds nothing")
		}
		slowest = max(slowest, time.Since(began))
		ended = true
		for _, id := range ids {
			job, err := h.Job(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			ended = ended && job.State.Final()
		}
	}
	t.Logf("%d questions were asked meanwhile; the slowest took %v", asked, slowest)
	jobs, err := h.Wait(t.Context(), ids...)
	if err != nil {
		t.Fatal(err)
	}
	for _, job := range jobs {
		want := codes[strings.TrimSuffix(job.Original.Name, ".pdf")]
		if raceDetector && want == "too_large" && job.Error != nil && job.Error.Code == "parser_crash" {
			want = "parser_crash"
		}
		if job.State != corpus.JobFailed || job.Error == nil || job.Error.Code != want || job.Attempt != 1 {
			t.Errorf("%s ended as %s, %+v, in attempt %d; want failed, %s", job.Original.Name, job.State, job.Error, job.Attempt, want)
		}
	}
}

// A machine that starts no process now may do so later.
func TestNoProcessIsTriedAgain(t *testing.T) {
	t.Parallel()
	pool, err := isolate.New(isolate.Config{Command: func() *exec.Cmd { return exec.Command("/nonexistent/policykb") }})
	if err != nil {
		t.Fatal(err)
	}
	_, err = pool.Parse(t.Context(), "a.pdf", []byte("%PDF-1.7"))
	if !mayPass(err) {
		t.Errorf("%v is taken to be final", err)
	}
	job := corpus.Job{Original: corpus.Original{Name: "a.pdf"}}
	if e := describeFailure(job, err); e.Code != "parser_unavailable" {
		t.Errorf("described as %+v", e)
	}
}
