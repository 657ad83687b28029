package main

import (
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"time"

	"policykb/ingest/isolate"
	"policykb/ingest/parse"
)

// parseCommand is this program as a reader of documents: see package isolate. No
// person calls it.
type parseCommand struct{}

// Run implements kong's command.
func (parseCommand) Run(*console) error { return isolate.Serve(os.Stdin, os.Stdout, parse.Parse) }

// longestLook is the processor time that looking at one page may take.
const longestLook = 15 * time.Second

// openReaders makes the pools of processes in which documents are read and in
// which pages are shown to those who ask, who do not wait for documents on their
// way in: this program, started as one that does nothing else.
func openReaders(log *slog.Logger) (readers, showers *isolate.Pool, err error) {
	program, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	if runtime.GOOS == "linux" {
		program = "/proc/self/exe" // also when the file has been replaced by a newer version
	}
	config := isolate.Config{
		Command: func() *exec.Cmd {
			c := exec.Command(program, "parse-one")
			c.Args[0] = "policykb"
			return c
		},
		Logger: log,
	}
	if readers, err = isolate.New(config); err != nil {
		return nil, nil, err
	}
	config.Processes, config.Limits.Processor = parse.MostDrawings, longestLook
	if showers, err = isolate.New(config); err != nil {
		return nil, nil, err
	}
	return readers, showers, nil
}
