package ingest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/temoto/robotstxt"
)

// agent is the name under which the web is asked.
const agent = "policykb"

// Bounds of robots.txt (RFC 9309).
const (
	robotsBytes = 500 << 10
	robotsHours = 24 * time.Hour // how long one is believed
	mostRobots  = 1000           // sites remembered
)

// robots knows what sites let programs read. The zero value with a client is ready.
type robots struct {
	client *http.Client

	mu    sync.Mutex
	sites map[string]siteRules // by scheme and host
}

// siteRules are what one site lets programs read.
type siteRules struct {
	group *robotstxt.Group
	until time.Time
}

// check gives [ErrRefusedAddress] for an address that its site keeps from programs,
// and [ErrUnreachable] where the site does not say because it is out of order.
func (r *robots) check(ctx context.Context, u *url.URL) error {
	group, err := r.of(ctx, u)
	if err != nil {
		return err
	}
	if !group.Test(u.RequestURI()) {
		return fmt.Errorf("%w: the robots.txt of %s keeps it from programs; save the page and add the file", ErrRefusedAddress, u.Host)
	}
	return nil
}

// delay is the pause that the site asks for between two requests; 0 where it asks for none.
func (r *robots) delay(ctx context.Context, u *url.URL) time.Duration {
	group, err := r.of(ctx, u)
	if err != nil {
		return 0
	}
	return group.CrawlDelay
}

// of reads the rules of a site, or remembers them.
func (r *robots) of(ctx context.Context, u *url.URL) (*robotstxt.Group, error) {
	site := u.Scheme + "://" + u.Host
	r.mu.Lock()
	known, ok := r.sites[site]
	r.mu.Unlock()
	if ok && time.Now().Before(known.until) {
		return known.group, nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, site+"/robots.txt", nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %q is no address", ErrRefusedAddress, site)
	}
	request.Header.Set("User-Agent", agent)
	answer, err := r.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("read the robots.txt of %s: %w", u.Host, unreachable(err))
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, robotsBytes))
	if err != nil {
		return nil, fmt.Errorf("read the robots.txt of %s: %w", u.Host, unreachable(err))
	}
	if answer.StatusCode >= 500 {
		return nil, fmt.Errorf("read the robots.txt of %s: %w: it answers %s", u.Host, ErrUnreachable, answer.Status)
	}
	said, err := robotstxt.FromStatusAndBytes(answer.StatusCode, text)
	if err != nil { // what cannot be read forbids nothing
		said, _ = robotstxt.FromStatusAndBytes(http.StatusNotFound, nil)
	}
	known = siteRules{group: said.FindGroup(agent), until: time.Now().Add(robotsHours)}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sites == nil || len(r.sites) >= mostRobots {
		r.sites = make(map[string]siteRules)
	}
	r.sites[site] = known
	return known.group, nil
}
