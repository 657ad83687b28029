package parse

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// child is a program outside that reads a document for us.
type child struct {
	program     string
	arguments   []string
	input       []byte
	environment []string // beside ours
	folder      string
	longest     time.Duration // after it the program is killed
}

// run gives what the program writes to its standard output. The program and all
// that it started are killed when its time is over or the context ends.
func (c child) run(ctx context.Context) ([]byte, error) {
	limited, cancel := context.WithTimeout(ctx, c.longest)
	defer cancel()
	command := exec.CommandContext(limited, c.program, c.arguments...)
	command.Env = append(os.Environ(), c.environment...)
	command.Dir = c.folder
	command.Stdin = bytes.NewReader(c.input)
	command.WaitDelay = 2 * time.Second
	killTogether(command)
	var said, complained bytes.Buffer
	command.Stdout, command.Stderr = &limit{&said, maxText}, &limit{&complained, 2000}
	if err := command.Run(); err != nil {
		name := filepath.Base(c.program)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case limited.Err() != nil:
			return nil, refuse(CodeTooLarge, "%s was stopped after %s", name, c.longest)
		}
		reason := strings.Join(strings.Fields(strings.ToValidUTF8(complained.String(), "")), " ")
		return nil, refuse(CodeDamaged, "%s cannot read the content: %s (%v)", name, reason, err)
	}
	return said.Bytes(), nil
}

// limit passes on as many bytes as it may and swallows the rest.
type limit struct {
	to   io.Writer
	left int
}

func (l *limit) Write(p []byte) (int, error) {
	n := min(len(p), l.left)
	l.left -= n
	if _, err := l.to.Write(p[:n]); err != nil {
		return 0, err
	}
	return len(p), nil
}
