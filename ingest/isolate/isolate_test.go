//go:build unix

package isolate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"policykb/corpus"
	"policykb/ingest/parse"
)

// child is set in the environment of a process that reads documents for a test.
const child = "POLICYKB_TEST_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(child) {
	case "":
		os.Exit(m.Run())
	case "reads":
		fmt.Fprintln(os.Stderr, Serve(os.Stdin, os.Stdout, misbehave))
	case "babbles":
		fmt.Println("this is no greeting")
	case "parent":
		fmt.Fprintln(os.Stderr, parent(os.Getenv(parentReads)))
	}
	os.Exit(1)
}

// parentReads is the document that a process of its own has a pool read.
const parentReads = "POLICYKB_TEST_PARENT_READS"

// parent says which process reads for it, and has it read the document.
func parent(document string) error {
	path, err := os.Executable()
	if err != nil {
		return err
	}
	p, err := New(Config{Command: func() *exec.Cmd {
		c := exec.Command(path)
		c.Env = []string{child + "=reads"}
		return c
	}})
	if err != nil {
		return err
	}
	doc, err := p.Parse(context.Background(), "a.pdf", []byte("%PDF-process"))
	if err != nil {
		return err
	}
	fmt.Println(doc.Pages)
	_, err = p.Parse(context.Background(), "a.pdf", []byte("%PDF-"+document))
	return err
}

// misbehave is a parser that does what the document says.
func misbehave(ctx context.Context, name string, data []byte) (parse.Document, error) {
	word, rest, _ := strings.Cut(strings.TrimPrefix(string(data), "%PDF-"), " ")
	switch word {
	case "loop":
		for n := 0; ; n++ {
		}
	case "allocate":
		held := make(map[int][]byte)
		for n := 0; ; n++ {
			held[n] = bytes.Repeat([]byte{1}, 1<<20)
		}
	case "leap": // more at once than a watch could see coming
		return parse.Document{Pages: len(bytes.Repeat([]byte{1}, 8<<30))}, nil
	case "crash":
		panic("the table has no rows")
	case "recurse":
		return parse.Document{Pages: deeper(math.MaxInt)}, nil
	case "exit":
		os.Exit(3)
	case "die":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "babble":
		fmt.Println("a library says something on standard output")
	case "wait":
		time.Sleep(time.Minute)
	case "call": // a program that outlives its parser
		if err := exec.Command("sleep", rest).Start(); err != nil {
			return parse.Document{}, err
		}
		panic("left a program behind")
	case "run": // a program and wait for it
		if err := exec.CommandContext(ctx, "sleep", rest).Run(); err != nil {
			return parse.Document{}, err
		}
	case "pages": // each takes longer than all may
		for n := range 3 {
			parse.Progress(ctx)(n, 3)
			for began := processorTime(); processorTime()-began < 400*time.Millisecond; {
			}
		}
	case "refuse":
		return parse.Document{}, &parse.Error{Code: parse.CodeEncrypted, Detail: "a password is needed"}
	case "fail":
		return parse.Document{}, errors.New("the disk is full")
	case "environment":
		return parse.Document{Blocks: []parse.Block{{Text: os.Getenv(rest)}}}, nil
	case "process":
		return parse.Document{Pages: os.Getpid()}, nil
	}
	return parse.Document{
		Format: parse.FormatPDF, Pages: 2, Warnings: []string{"a page was left out"},
		Fields: []parse.Field{{Name: "title", Value: word, From: corpus.OriginProperties}},
		Blocks: []parse.Block{
			{Kind: parse.Heading, Level: 2, Text: "# 支持算力", Mark: 2, Page: 1, Offset: -1},
			{Kind: parse.Row, Text: "| 甲 | 乙 |", Cells: []string{"甲", "乙"}, Header: true, Page: 2, Blank: 1},
		},
	}, nil
}

// deeper calls itself n times.
func deeper(n int) int {
	if n == 0 {
		return 0
	}
	return deeper(n-1) + 1
}

// pool starts the test as its processes.
func pool(t testing.TB, limits Limits) *Pool {
	t.Helper()
	p, err := New(Config{Command: self(t, "reads"), Processes: 2, Limits: limits, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// self starts this test as a process that reads documents.
func self(t testing.TB, does string) func() *exec.Cmd {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return func() *exec.Cmd {
		c := exec.Command(path)
		c.Env = []string{child + "=" + does}
		return c
	}
}

// absent is a program that is not there.
func absent() *exec.Cmd { return exec.Command(filepath.Join(os.TempDir(), "absent", "policykb")) }

func TestDocumentPassesWhole(t *testing.T) {
	t.Parallel()
	p := pool(t, Limits{})
	for _, data := range []string{"%PDF-policy", "%PDF-babble"} {
		got, err := p.Parse(t.Context(), "a.pdf", []byte(data))
		if err != nil {
			t.Fatal(err)
		}
		want, _ := misbehave(t.Context(), "a.pdf", []byte(data))
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

// A document that says how far it has come may take its time for each page.
func TestProgressPasses(t *testing.T) {
	t.Parallel()
	p := pool(t, Limits{Processor: time.Second})
	var told []int
	ctx := parse.WithProgress(t.Context(), func(done, total int) { told = append(told, done, total) })
	if doc, err := p.Parse(ctx, "a.pdf", []byte("%PDF-pages")); err != nil || doc.Pages != 2 {
		t.Errorf("got %+v, %v", doc, err)
	}
	if want := []int{0, 3, 1, 3, 2, 3}; !slices.Equal(told, want) {
		t.Errorf("told %v, want %v", told, want)
	}
}

func TestErrorsPassWhole(t *testing.T) {
	t.Parallel()
	p := pool(t, Limits{})
	_, err := p.Parse(t.Context(), "a.pdf", []byte("%PDF-refuse"))
	var refused *parse.Error
	if !errors.As(err, &refused) || *refused != (parse.Error{Code: parse.CodeEncrypted, Detail: "a password is needed"}) {
		t.Errorf("a refusal came as %v", err)
	}
	if _, err := p.Parse(t.Context(), "a.pdf", []byte("%PDF-fail")); err == nil || err.Error() != "the disk is full" || errors.As(err, &refused) {
		t.Errorf("a failure came as %v", err)
	}
}

// raceDetector is set where the tests run under it.
var raceDetector bool

func TestRunaways(t *testing.T) {
	t.Parallel()
	p := pool(t, Limits{Memory: 256 << 20, Processor: time.Second})
	for _, c := range []struct {
		does string
		want parse.Code
	}{
		{"loop", CodeTimeout},
		{"allocate", parse.CodeTooLarge},
		{"leap", parse.CodeTooLarge},
		{"crash", CodeCrash},
		{"recurse", CodeCrash},
		{"exit", CodeCrash},
		{"die", parse.CodeTooLarge}, // as a system short of memory does it
	} {
		t.Run(c.does, func(t *testing.T) {
			t.Parallel()
			if c.does == "leap" && runtime.GOOS != "linux" {
				t.Skip("only Linux refuses it")
			}
			began := time.Now()
			_, err := p.Parse(t.Context(), "a.pdf", []byte("%PDF-"+c.does))
			var refused *parse.Error
			if !errors.As(err, &refused) || refused.Code != c.want && (!raceDetector || c.want != parse.CodeTooLarge || refused.Code != CodeCrash) {
				t.Errorf("got %v, want the code %s", err, c.want)
			}
			t.Logf("after %v: %v", time.Since(began).Round(time.Millisecond), err)
			if doc, err := p.Parse(t.Context(), "b.pdf", []byte("%PDF-policy")); err != nil || doc.Pages != 2 {
				t.Errorf("the document after it: %+v, %v", doc, err)
			}
		})
	}
}

// What a document does is not laid at the door of those before it.
func TestProcessIsKept(t *testing.T) {
	t.Parallel()
	p := pool(t, Limits{Processor: time.Second})
	number := func() int {
		doc, err := p.Parse(t.Context(), "a.pdf", []byte("%PDF-process"))
		if err != nil {
			t.Fatal(err)
		}
		return doc.Pages
	}
	first := number()
	if second := number(); second != first {
		t.Errorf("a second document is read by process %d, not by %d", second, first)
	}
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if third := number(); third == first {
		t.Error("a process that was killed goes on")
	}
	if _, err := p.Parse(t.Context(), "a.pdf", []byte("%PDF-crash")); err == nil {
		t.Error("a crash is no error")
	}
}

func TestEndOfContext(t *testing.T) {
	t.Parallel()
	p := pool(t, Limits{})
	for _, does := range []string{"loop", "wait"} {
		why := errors.New("cancelled")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(100*time.Millisecond, func() { cancel(why) })
		began := time.Now()
		if _, err := p.Parse(ctx, "a.pdf", []byte("%PDF-"+does)); !errors.Is(err, why) {
			t.Errorf("%s: %v", does, err)
		}
		if took := time.Since(began); took > 20*time.Second { // of a machine that is busy; it waits a minute
			t.Errorf("%s ended only after %v", does, took)
		}
	}
}

func TestCalledProgramEndsToo(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("looks in /proc")
	}
	p := pool(t, Limits{})
	seconds := strconv.Itoa(40000 + os.Getpid()) // names the program among others
	if _, err := p.Parse(t.Context(), "a.pdf", []byte("%PDF-call "+seconds)); err == nil {
		t.Error("a crash is no error")
	}
	ends(t, "a program that a parser called", "sleep\x00"+seconds+"\x00")
}

// Killed without warning, a program leaves neither those that read for it behind
// nor what they called.
func TestDeathOfParent(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("looks in /proc")
	}
	for _, does := range []string{"loop", "run"} {
		t.Run(does, func(t *testing.T) {
			t.Parallel()
			seconds := strconv.Itoa(80000 + os.Getpid())
			c := self(t, "parent")()
			c.Env = append(append(os.Environ(), c.Env...), parentReads+"="+does+" "+seconds)
			out, err := c.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			defer c.Wait()
			defer c.Process.Kill()
			var reader int
			if _, err := fmt.Fscan(out, &reader); err != nil {
				t.Fatal(err)
			}
			if does == "run" {
				begins(t, "sleep\x00"+seconds+"\x00")
			}
			line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", reader))
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			until(t, "a process that reads outlives the one it reads for", func() bool {
				now, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", reader))
				return err != nil || !bytes.Equal(now, line) // a dead one that nobody asks after has no command line
			})
			ends(t, "a program that a parser called", "sleep\x00"+seconds+"\x00")
		})
	}
}

// runs reports whether a process with the command line runs.
func runs(line string) bool {
	paths, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range paths {
		if found, err := os.ReadFile(path); err == nil && string(found) == line {
			return true
		}
	}
	return false
}

func begins(t *testing.T, line string) {
	t.Helper()
	until(t, "a program does not begin", func() bool { return runs(line) })
}

func ends(t *testing.T, what, line string) {
	t.Helper()
	until(t, what+" does not end", func() bool { return !runs(line) })
}

// until waits for what is to come, or fails saying what did not.
func until(t *testing.T, failure string, came func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !came(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(failure)
		}
	}
}

func TestNoProcess(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]Config{
		"absent":  {Command: absent},
		"babbles": {Command: self(t, "babbles")},
	} {
		c.Logger = slog.New(slog.DiscardHandler)
		p, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Parse(t.Context(), "a.pdf", []byte("%PDF-policy")); !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
		p.Close()
	}
}

// A process sees no keys.
func TestEnvironment(t *testing.T) {
	t.Setenv("OPENAI_API_KEY", "secret")
	p := pool(t, Limits{})
	for name, want := range map[string]string{"OPENAI_API_KEY": "", "PATH": os.Getenv("PATH")} {
		doc, err := p.Parse(t.Context(), "a.pdf", []byte("%PDF-environment "+name))
		if err != nil {
			t.Fatal(err)
		}
		if got := doc.Blocks[0].Text; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// Text is read where it is: no process is started for it.
func TestHarmless(t *testing.T) {
	t.Parallel()
	p, err := New(Config{Command: absent})
	if err != nil {
		t.Fatal(err)
	}
	page := "<!DOCTYPE html><html><body><p>" + strings.Repeat("支持租用算力。", 50) + "</p></body></html>"
	for name, data := range map[string]string{
		"a.txt": "支持算力。", "a.md": "# 支持算力\n\n每年1000万元。", "a.csv": "名称,金额\n甲,1\n乙,2\n", "a.html": page,
	} {
		if _, err := p.Parse(t.Context(), name, []byte(data)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, data := range map[string]string{
		"a.pdf": "%PDF-1.7", "a.docx": "PK\x03\x04word/document.xml", "a.doc": "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "b.html": page + strings.Repeat(" ", harmlessHTML),
	} {
		if _, err := p.Parse(t.Context(), name, []byte(data)); !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s is read in this process: %v", name, err)
		}
	}
}

func TestAtOnce(t *testing.T) {
	t.Parallel()
	p := pool(t, Limits{})
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			does := []string{"policy", "crash", "refuse", "exit"}[i%4]
			if _, err := p.Parse(t.Context(), "a.pdf", []byte("%PDF-"+does)); (err == nil) != (does == "policy") {
				t.Errorf("%s: %v", does, err)
			}
		})
	}
	all.Wait()
}

func TestAffordable(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		wanted       int
		machineInGiB int64
		want         int
	}{
		{wanted: 2, machineInGiB: 24, want: 2},
		{wanted: 64, machineInGiB: 16, want: 8},
		{wanted: 4, machineInGiB: 1, want: 1},
		{wanted: 4, machineInGiB: 0, want: 4}, // not known
	} {
		if got := affordable(c.wanted, c.machineInGiB<<30, 1<<30); got != c.want {
			t.Errorf("%d processors and %d GiB: %d processes, want %d", c.wanted, c.machineInGiB, got, c.want)
		}
	}
}

// BenchmarkParse reads small documents, a process at hand for each.
func BenchmarkParse(b *testing.B) {
	p := pool(b, Limits{})
	for b.Loop() {
		if _, err := p.Parse(b.Context(), "a.pdf", []byte("%PDF-policy")); err != nil {
			b.Fatal(err)
		}
	}
}

// Pages of PDFs are looked at and drawn in processes too.
func TestPages(t *testing.T) {
	t.Parallel()
	p := pool(t, Limits{})
	sheet := []byte("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj " +
		"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 400]>>endobj trailer<</Root 1 0 R>>\n%%EOF")
	if view, err := p.ViewPage(t.Context(), sheet, 1, parse.Excerpt{Words: "算力"}); err != nil || view.Pages != 1 || view.Width != 300 || view.Height != 400 {
		t.Errorf("got %+v, %v", view, err)
	}
	if picture, err := p.DrawPage(t.Context(), sheet, 1, 300); err != nil || !bytes.HasPrefix(picture, []byte("\x89PNG")) {
		t.Errorf("got %.20q, %v", picture, err)
	}
	_, viewing := p.ViewPage(t.Context(), sheet, 2, parse.Excerpt{})
	_, drawing := p.DrawPage(t.Context(), []byte("第一条"), 1, 0)
	for _, err := range []error{viewing, drawing} {
		var refused *parse.Error
		if !errors.As(err, &refused) || refused.Code != parse.CodeNoPage {
			t.Errorf("got %v, want %s", err, parse.CodeNoPage)
		}
	}
}
