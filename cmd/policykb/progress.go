package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"policykb/api/client"
)

// progress tells how adding goes: with a bar on a terminal, else a line for each
// source. It is safe for concurrent use.
type progress struct {
	mu     sync.Mutex
	out    io.Writer
	lines  io.Writer // where lines go: above the bar, where there is one
	begun  time.Time
	total  int
	noted  int
	counts map[client.JobState]int
	bars   *mpb.Progress // nil without a terminal
	bar    *mpb.Bar
}

func newProgress(c *console, total int) *progress {
	p := &progress{out: c.out, lines: c.out, begun: time.Now(), total: total, counts: make(map[client.JobState]int)}
	if f, ok := c.out.(*os.File); ok && isatty.IsTerminal(f.Fd()) && total > 1 {
		p.bars = mpb.New(mpb.WithOutput(c.out), mpb.WithWidth(48))
		p.bar = p.bars.AddBar(int64(total),
			mpb.PrependDecorators(decor.Name("adding "), decor.CountersNoUnit("%d/%d")),
			mpb.AppendDecorators(decor.Percentage(), decor.Name("  "), decor.Elapsed(decor.ET_STYLE_MMSS)))
		p.lines = p.bars
	}
	return p
}

// note tells what became of one source. On a terminal only what somebody must
// look at gets a line.
func (p *progress) note(s source, job client.Job, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.noted++
	state := job.State
	if err != nil {
		state = client.JobStateFailed
	} else if job.Error != nil {
		err = fmt.Errorf("%s (%s)", strings.TrimPrefix(job.Error.Detail, job.Name+": "), job.Error.Code)
	}
	p.counts[state]++
	switch {
	case err != nil:
		fmt.Fprintf(p.lines, "%-10s %s: %v\n", state, s.Name, err)
	case p.bar == nil:
		fmt.Fprintf(p.lines, "%-10s %s (%s)\n", state, s.Name, job.DocumentID)
	}
	for _, warning := range append(s.Warnings, job.Warnings...) {
		fmt.Fprintf(p.lines, "%-10s %s: %s\n", "warning", s.Name, warning)
	}
	if p.bar != nil {
		p.bar.Increment()
	}
}

// end sums up; the error counts what failed.
func (p *progress) end(ctx context.Context) error {
	if p.bar != nil {
		p.bar.Abort(false) // does nothing to a full one
		p.bars.Wait()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	failed := p.counts[client.JobStateFailed] + p.counts[client.JobStateCancelled]
	fmt.Fprintf(p.out, "%d added, %d unchanged, %d failed in %.1f s\n",
		p.counts[client.JobStateDone], p.counts[client.JobStateUnchanged], failed, time.Since(p.begun).Seconds())
	if err := ctx.Err(); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d failed", failed, p.total)
	}
	return nil
}
