package ingest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/url"
	"os"
	"strings"
	"time"

	"policykb/corpus"
)

// Feed is a list of addresses that are asked again and again for what is new.
type Feed struct {
	// Path is the file of the addresses, one a line. A line may be a JSON object
	// instead, with "url" and any of the fields of a manifest.jsonl. Empty lines and
	// those that begin with # say nothing. It is read anew for each round.
	Path    string
	Fetcher *Fetcher
	Every   time.Duration // between two requests for one address; 0 means [DefaultFeedEvery]
	Pause   time.Duration // between two requests to one site, at least; 0 means [DefaultFeedPause]
}

// Defaults of [Feed].
const (
	DefaultFeedEvery = 24 * time.Hour
	DefaultFeedPause = 3 * time.Second
)

// After a failure an address is left alone for feedRetryFirst, then twice as long
// each time, and as long as the site asks for, but not longer than Every or
// longestFeedRetry, whichever is more.
const (
	feedRetryFirst   = 5 * time.Minute
	longestFeedRetry = 24 * time.Hour
)

// FollowFeed brings in what the addresses of a feed answer, and new versions when
// they answer something new, until the context ends. A site is asked only for what
// has changed since (If-None-Match, If-Modified-Since), one request after another
// with a pause between; robots.txt is heeded. What the catalogue knows of each
// address outlives a restart. An address that is taken off the list, or is gone
// from its site, keeps its document.
func (p *Pipeline) FollowFeed(ctx context.Context, feed Feed) error {
	f, err := p.openFeed(ctx, feed)
	if err != nil {
		return err
	}
	next := time.NewTimer(0)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-next.C:
		}
		due, err := f.round(ctx)
		if err != nil && ctx.Err() == nil {
			f.log.Warn("the feed could not be followed; trying again", "error", err)
			due = p.now().Add(feedRetryFirst)
		}
		// New lines of the file are met within a minute.
		next.Reset(min(time.Minute, max(time.Second, due.Sub(p.now()))))
	}
}

// followedFeed is a feed with what is known of its addresses.
type followedFeed struct {
	Feed
	p     *Pipeline
	log   *slog.Logger
	known map[string]asked // by address
	last  map[string]time.Time
}

// asked is what is known of an address.
type asked struct {
	validators
	Next     time.Time    `json:"next"` // not before
	Failures int          `json:"failures,omitempty"`
	Given    uint64       `json:"given,omitempty"` // of what the line says of it
	Job      corpus.JobID `json:"job,omitempty"`   // the last for this address
}

// feedSetting is the name under which the catalogue remembers the addresses.
const feedSetting = "feed"

// openFeed reads what is known of the addresses, and the file once, to see that it can be.
func (p *Pipeline) openFeed(ctx context.Context, feed Feed) (*followedFeed, error) {
	if feed.Every == 0 {
		feed.Every = DefaultFeedEvery
	}
	if feed.Pause == 0 {
		feed.Pause = DefaultFeedPause
	}
	if _, err := feed.entries(); err != nil {
		return nil, err
	}
	f := &followedFeed{Feed: feed, p: p, log: p.log.With("feed", feed.Path), known: make(map[string]asked), last: make(map[string]time.Time)}
	if err := p.recall(ctx, feedSetting, &f.known); err != nil {
		return nil, fmt.Errorf("feed %s: read what is known of its addresses: %w", feed.Path, err)
	}
	return f, nil
}

// entry is a line of a feed.
type entry struct {
	address string
	described
}

// entries reads the file.
func (f Feed) entries() ([]entry, error) {
	file, err := os.Open(f.Path)
	if err != nil {
		return nil, fmt.Errorf("feed: %w", err)
	}
	defer file.Close()
	var all []entry
	seen := make(map[string]bool)
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		e := entry{address: text}
		if strings.HasPrefix(text, "{") {
			var line struct {
				URL string `json:"url"`
				sidecarLine
			}
			if err := json.Unmarshal([]byte(text), &line); err != nil {
				return nil, fmt.Errorf("feed %s, line %d: %w", f.Path, n, err)
			}
			e = entry{address: strings.TrimSpace(line.URL), described: line.describe()}
		}
		u, err := url.Parse(e.address)
		if err == nil {
			err = checkAddress(u)
		}
		if err != nil {
			return nil, fmt.Errorf("feed %s, line %d: %w", f.Path, n, err)
		}
		if !seen[e.address] {
			seen[e.address] = true
			all = append(all, e)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("feed %s: %w", f.Path, err)
	}
	return all, nil
}

// round asks for every address that is due, and says when the next one is.
func (f *followedFeed) round(ctx context.Context) (due time.Time, err error) {
	entries, err := f.entries()
	if err != nil {
		return due, err
	}
	listed := make(map[string]bool, len(entries))
	due = f.p.now().Add(f.Every)
	for _, e := range entries {
		listed[e.address] = true
		known, ok := f.known[e.address]
		given := hashOf(e.given)
		if now := f.p.now(); !ok || !now.Before(known.Next) || known.Given != given {
			if ok && known.Given != given {
				known.validators = validators{} // the same answer, described anew
			}
			known.Given = given
			if f.known[e.address], err = f.ask(ctx, e, known); err != nil {
				return due, err
			}
			if err := f.save(ctx); err != nil {
				return due, err
			}
		}
		if next := f.known[e.address].Next; next.Before(due) {
			due = next
		}
	}
	maps.DeleteFunc(f.known, func(address string, _ asked) bool { return !listed[address] })
	return due, nil
}

// save remembers what is known of the addresses.
func (f *followedFeed) save(ctx context.Context) error {
	return f.p.remember(ctx, feedSetting, f.known)
}

// ask asks for one address and brings in what is new. Its error is that of the
// context; what the site does wrong is noted in what is known of it.
func (f *followedFeed) ask(ctx context.Context, e entry, known asked) (asked, error) {
	log := f.log.With("address", e.address)
	document, ready := f.p.documentOf(ctx, known.Job)
	if !ready { // the answer before is still being read
		known.Next = f.p.now().Add(feedRetryFirst)
		return known, nil
	}
	if err := f.politely(ctx, e.address); err != nil {
		return known, err
	}
	source, newest, err := f.Fetcher.fetchChanged(ctx, e.address, known.validators)
	if err == nil {
		var job corpus.Job
		given := e.given
		if given.SourceURL == "" {
			given.SourceURL = source.Given.SourceURL
		}
		source.Given, source.Warnings, source.Document = given, e.warnings, document
		if job, err = f.p.Add(ctx, source); err == nil {
			known.validators, known.Job = newest, job.ID
		}
	}
	if ctx.Err() != nil {
		return known, context.Cause(ctx)
	}
	switch {
	case err == nil, errors.Is(err, errNotModified):
		known.Failures = 0
		known.Next = f.p.now().Add(f.Every - time.Duration(rand.Int64N(int64(f.Every/10)+1)))
		log.Info("an address of the feed was asked", "new", err == nil)
	default:
		known.Failures++
		wait := min(feedRetryFirst<<min(known.Failures-1, 16), max(f.Every, longestFeedRetry))
		var busy *busyError
		if errors.As(err, &busy) {
			wait = max(wait, min(busy.after, longestFeedRetry))
		}
		known.Next = f.p.now().Add(wait)
		log.Warn("an address of the feed cannot be had; its document, if it has one, is kept", "again", wait, "failures", known.Failures, "error", err)
	}
	return known, nil
}

// politely waits until the site may be asked again.
func (f *followedFeed) politely(ctx context.Context, address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	pause := max(f.Pause, min(f.Fetcher.robots.delay(ctx, u), time.Minute))
	defer func() { f.last[u.Host] = time.Now() }()
	wait := time.Until(f.last[u.Host].Add(pause))
	if wait <= 0 {
		return nil
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
