package main

import (
	"log/slog"
	"os"
	"os/exec"
	"runtime"

	"policykb/ingest/isolate"
	"policykb/ingest/parse"
)

// parseCommand is this program as a reader of documents: see package isolate. No
// person calls it.
type parseCommand struct{}

// Run implements kong's command.
func (parseCommand) Run(*console) error { return isolate.Serve(os.Stdin, os.Stdout, parse.Parse) }

// openReaders makes the pool of processes in which documents are read: this
// program, started as one that does nothing else.
func openReaders(log *slog.Logger) (*isolate.Pool, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if runtime.GOOS == "linux" {
		program = "/proc/self/exe" // also when the file has been replaced by a newer version
	}
	return isolate.New(isolate.Config{
		Command: func() *exec.Cmd {
			c := exec.Command(program, "parse-one")
			c.Args[0] = "policykb"
			return c
		},
		Logger: log,
	})
}
