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
// source and now and then how far it has come. It is safe for concurrent use.
type progress struct {
	mu     sync.Mutex
	out    io.Writer
	lines  io.Writer // where lines go: above the bar, where there is one
	report *report   // nil without one
	begun  time.Time
	told   time.Time // when a line last said how far it has come
	total  int
	noted  int
	counts map[client.JobState]int
	bars   *mpb.Progress // nil without a terminal
	bar    *mpb.Bar
}

func newProgress(c *console, total int, r *report) *progress {
	p := &progress{out: c.out, lines: c.out, report: r, begun: time.Now(), total: total, counts: make(map[client.JobState]int)}
	p.told = p.begun
	if f, ok := c.out.(*os.File); ok && isatty.IsTerminal(f.Fd()) && total > 1 {
		p.bars = mpb.New(mpb.WithOutput(c.out), mpb.WithWidth(48))
		p.bar = p.bars.AddBar(int64(total),
			mpb.PrependDecorators(decor.Name("adding "), decor.CountersNoUnit("%d/%d")),
			mpb.AppendDecorators(decor.Percentage(), decor.Name("  "), decor.Any(func(s decor.Statistics) string {
				return pace(int(s.Current), total, time.Since(p.begun))
			})))
		p.lines = p.bars
	}
	return p
}

// pace says how fast it goes and how long the rest will take at that rate.
func pace(done, total int, taken time.Duration) string {
	if done == 0 || taken <= 0 {
		return "0 files/s"
	}
	rate := float64(done) / taken.Seconds()
	said := fmt.Sprintf("%.0f files/s", rate)
	if rate < 10 {
		said = fmt.Sprintf("%.1f files/s", rate)
	}
	if done >= total {
		return said
	}
	left := time.Duration(float64(total-done) / rate * float64(time.Second))
	return said + ", " + left.Round(time.Second).String() + " left"
}

// tellEvery is how often a line says how far adding has come.
const tellEvery = 10 * time.Second

// note tells what became of one source. On a terminal only what somebody must
// look at gets a line.
func (p *progress) note(s source, job client.Job, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	line := reportOn(s, job, err)
	p.report.write(line)
	p.noted++
	p.counts[line.State]++
	switch {
	case err != nil:
		fmt.Fprintf(p.lines, "%-10s %s: %v\n", line.State, s.Name, err)
	case job.Error != nil:
		fmt.Fprintf(p.lines, "%-10s %s: %s (%s)\n", line.State, s.Name, strings.TrimPrefix(job.Error.Detail, job.Name+": "), job.Error.Code)
	case p.bar == nil:
		fmt.Fprintf(p.lines, "%-10s %s (%s)\n", line.State, s.Name, job.DocumentID)
	}
	for _, warning := range line.Warnings {
		fmt.Fprintf(p.lines, "%-10s %s: %s\n", "warning", s.Name, warning)
	}
	if p.bar != nil {
		p.bar.Increment()
	} else if now := time.Now(); now.Sub(p.told) >= tellEvery && p.noted < p.total {
		p.told = now
		fmt.Fprintf(p.lines, "%-10s %d of %d, %s\n", "so far", p.noted, p.total, pace(p.noted, p.total, now.Sub(p.begun)))
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
	taken := time.Since(p.begun)
	fmt.Fprintf(p.out, "%d added, %d unchanged, %d failed in %.1f s",
		p.counts[client.JobStateDone], p.counts[client.JobStateUnchanged], failed, taken.Seconds())
	if p.noted > 1 {
		fmt.Fprintf(p.out, ", %s", pace(p.noted, p.noted, taken))
	}
	if p.noted < p.total {
		fmt.Fprintf(p.out, "; %d not tried", p.total-p.noted)
	}
	fmt.Fprintln(p.out)
	if err := ctx.Err(); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d failed", failed, p.total)
	}
	return nil
}
