package isolate

import (
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"policykb/ingest/parse"
)

// request is a document to read, or of which to look at a page.
type request struct {
	Name string
	Data []byte
	Page *page
}

// page is the page to draw, or on which to find the words wanted where it has no width.
type page struct {
	Number, Width int
	Wanted        parse.Excerpt
}

// answer is what became of a request, or how far it has come.
type answer struct {
	Unfinished  bool // Done of Total is all that is known
	Done, Total int

	Document parse.Document
	View     parse.View
	Picture  []byte     // PNG
	Code     parse.Code // of a *parse.Error; then Detail says more
	Detail   string
	Failure  string // any other error
	Spent    bool   // the process holds much memory and should read no more
}

// err returns the error that the parser gave.
func (a answer) err() error {
	switch {
	case a.Code != "":
		return &parse.Error{Code: a.Code, Detail: a.Detail}
	case a.Failure != "":
		return errors.New(a.Failure)
	}
	return nil
}

// The environment of a process: its limits.
const (
	memoryVariable    = "POLICYKB_PARSE_MEMORY"    // bytes
	processorVariable = "POLICYKB_PARSE_PROCESSOR" // a duration
)

// inherited are the variables that parsers and the programs they call need. A
// process sees no others: keys and passwords are not for documents.
var inherited = []string{
	"PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "TEMP", "TMP", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR",
	"TESSDATA_PREFIX", "SYSTEMROOT", "WINDIR", "USERPROFILE", "LOCALAPPDATA", "APPDATA", "PROGRAMFILES",
}

// Why a process ended.
var (
	errNotStarted = errors.New("the process did not come up")
	errMemory     = errors.New("over the limit of memory")
	errProcessor  = errors.New("over the limit of processor time")
	errCrash      = errors.New("the process ended by itself")
)

// Exit codes by which a process says why it ended itself.
const (
	exitMemory    = 86
	exitProcessor = 87
)

// process is a running program that reads documents, one at a time.
type process struct {
	command   *exec.Cmd
	in        io.WriteCloser
	requests  *gob.Encoder
	answers   *gob.Decoder
	said      *notes
	documents int         // it was given
	idled     *time.Timer // while it is idle

	exited chan struct{} // closed when it has ended
	killed sync.Once
}

// start starts a process. Whether it comes up shows with its first document.
func start(c *exec.Cmd, limits Limits) (*process, error) {
	c.Env = append(slices.DeleteFunc(os.Environ(), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return !slices.Contains(inherited, strings.ToUpper(name))
	}), c.Env...)
	c.Env = append(c.Env,
		memoryVariable+"="+strconv.FormatInt(limits.Memory, 10),
		processorVariable+"="+limits.Processor.String())
	setApart(c)
	in, err := c.StdinPipe()
	if err != nil {
		return nil, err
	}
	// A pipe of our own: that of StdoutPipe is closed under a reader by Wait.
	out, answers, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	p := &process{command: c, in: in, requests: gob.NewEncoder(in), answers: gob.NewDecoder(out), said: new(notes), exited: make(chan struct{})}
	c.Stdout, c.Stderr = answers, p.said
	c.WaitDelay = time.Second // a program it called may hold its standard error open
	err = c.Start()
	answers.Close() // ours; the process has its own
	if err != nil {
		return nil, errors.Join(err, in.Close(), out.Close())
	}
	go func() {
		_ = c.Wait() // how it ended stands in the command's state
		close(p.exited)
		killGroup(c.Process.Pid) // what it called and left behind
		out.Close()
	}()
	return p, nil
}

// read has the process read a document. After an error the process is gone. When
// the context ends it is told to end, and killed where it does not.
func (p *process) read(ctx context.Context, r request) (answer, error) {
	stop := context.AfterFunc(ctx, p.dismiss)
	defer stop()
	p.documents++
	up := p.documents > 1
	if up {
		p.said.clear()
	} else {
		var hello greeting
		up = p.answers.Decode(&hello) == nil
	}
	var a answer
	if up {
		err := p.requests.Encode(r)
		for a.Unfinished = true; err == nil && a.Unfinished; {
			a = answer{}
			if err = p.answers.Decode(&a); err == nil && a.Unfinished {
				parse.Progress(ctx)(a.Done, a.Total)
			}
		}
		if err == nil && stop() {
			return a, nil
		}
	}
	select {
	case <-p.exited: // how it ended says why
	case <-time.After(2 * grace):
		p.kill()
		<-p.exited
		if up && ctx.Err() == nil {
			return answer{}, fmt.Errorf("%w: it no longer answered as agreed", errCrash)
		}
	}
	return answer{}, p.reason(up)
}

// greeting is the first thing that a process says.
type greeting struct{ Ready bool }

// reason says why the process ended, once it has.
func (p *process) reason(up bool) error {
	state := p.command.ProcessState
	switch words := p.said.String(); {
	case !up:
		return fmt.Errorf("%w: %v: %s", errNotStarted, state, words)
	case state.ExitCode() == exitMemory, strings.Contains(words, "out of memory"), strings.Contains(words, "cannot allocate memory"):
		return errMemory
	case state.ExitCode() == exitProcessor:
		return errProcessor
	case killedBySystem(state):
		return fmt.Errorf("%w: the system ended the process", errMemory)
	default:
		return fmt.Errorf("%w: %v", errCrash, state)
	}
}

// ended reports whether the process is gone.
func (p *process) ended() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// dismiss lets a process end: it does so when nothing more can come, and ends
// what it called before.
func (p *process) dismiss() { p.in.Close() }

// kill ends the process and what it called, at once.
func (p *process) kill() {
	p.killed.Do(func() {
		killGroup(p.command.Process.Pid)
		_ = p.command.Process.Kill() // it may have ended
		p.in.Close()
	})
}

// notes keeps the first that is written to it. It is safe for concurrent use.
type notes struct {
	mu    sync.Mutex
	first []byte
}

// notesSize is how many bytes are kept: a crash says its reason first and lists
// what every goroutine was at after it.
const notesSize = 4 << 10

// Write implements io.Writer.
func (n *notes) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.first = append(n.first, p[:min(len(p), notesSize-len(n.first))]...)
	return len(p), nil
}

// String returns what was kept.
func (n *notes) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return string(n.first)
}

// clear begins anew.
func (n *notes) clear() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.first = n.first[:0]
}
