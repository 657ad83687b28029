// Command policykb serves a knowledge base of policy documents and speaks to it:
// add documents, ask, get an answer whose every statement rests on an exact quote.
//
// Without arguments it serves the page and the API on this machine. The other
// commands are clients of that API: where a policykb serves the data folder they
// speak to it, else they open the folder themselves for as long as they run.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"unicode/utf8"

	"github.com/alecthomas/kong"
)

// program is the command line: settings and commands.
type program struct {
	settings

	Serve   serveCommand   `cmd:"" default:"1" help:"Serve the page and the API. This is the default."`
	Add     addCommand     `cmd:"" help:"Add files, folders, addresses, or - for standard input."`
	Ask     askCommand     `cmd:"" help:"Answer a question, with numbered citations."`
	Search  searchCommand  `cmd:"" help:"Rank the passages that fit a query."`
	List    listCommand    `cmd:"" help:"List the documents."`
	Show    showCommand    `cmd:"" help:"Show a document's description and text."`
	Remove  removeCommand  `cmd:"" help:"Remove documents with all their versions."`
	Trace   traceCommand   `cmd:"" help:"Find where a text stands in the documents, exactly or nearly."`
	Export  exportCommand  `cmd:"" help:"Copy the whole knowledge base into a folder, checked."`
	Import  importCommand  `cmd:"" help:"Make a knowledge base of what export wrote."`
	Eval    evalCommand    `cmd:"" help:"Measure retrieval, answers, citations, abstention and latency on a file of questions."`
	MCP     mcpCommand     `cmd:"" name:"mcp" help:"Speak the Model Context Protocol on standard input and output."`
	Reindex reindexCommand `cmd:"" help:"Build the index again from the catalogue: for another embedder, engine or layout."`
	Doctor  doctorCommand  `cmd:"" help:"Compare the index with the catalogue and heal it."`
	Keys    keysCommand    `cmd:"" help:"See to the keys that are let in."`
	Parse   parseCommand   `cmd:"" name:"parse-one" hidden:"" help:"Read documents for another policykb."`
	Ping    pingCommand    `cmd:"" help:"Ask the server at --listen whether it is ready; fail where it is not."`
}

// Exit codes.
const (
	exitFailed = 1
	exitUsage  = 2
)

// version of the program, set when it is released.
var version = "dev"

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run runs the command that the arguments name and returns the exit code. An
// interrupt ends it in an orderly way, a second one at once.
func run(arguments []string, in io.Reader, out, errs io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	var p program
	exit := -1
	parser, err := kong.New(&p,
		kong.Name("policykb"),
		kong.Description("A knowledge base of policy documents: add documents, ask, get an answer whose every statement rests on an exact quote."),
		kong.Vars{"version": version},
		kong.Writers(out, errs),
		kong.Exit(func(code int) { exit = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true}),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err != nil {
		panic(err) // the tags of program are wrong
	}
	for _, argument := range arguments {
		if !utf8.ValidString(argument) {
			fmt.Fprintf(errs, "policykb: %q is not UTF-8: is the terminal set to another encoding?\n", argument)
			return exitUsage
		}
	}
	command, err := parser.Parse(arguments)
	if exit >= 0 {
		return exit // --help and --version have been answered
	}
	if err != nil {
		fmt.Fprintf(errs, "policykb: %v; see policykb --help\n", err)
		return exitUsage
	}
	level := new(slog.LevelVar)
	level.Set(slog.LevelError) // what a command does it says itself
	if p.Verbose {
		level.Set(slog.LevelDebug)
	}
	log := slog.New(slog.NewTextHandler(errs, &slog.HandlerOptions{Level: level}))
	err = command.Run(&p.settings, &console{in, out, errs}, log, level)
	if err != nil {
		if errors.Is(err, context.Canceled) && ctx.Err() != nil {
			err = errors.New("interrupted")
		}
		fmt.Fprintf(errs, "policykb: %v\n", err)
		return exitFailed
	}
	return 0
}

// console is where a command reads and writes.
type console struct {
	in        io.Reader
	out, errs io.Writer
}

// printf writes to the standard output. A failure to write there, as when a pager
// was closed, is no failure of the command.
func (c *console) printf(format string, values ...any) { fmt.Fprintf(c.out, format, values...) }
