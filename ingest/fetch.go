package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"strconv"
	"strings"
	"syscall"
	"time"

	"policykb/corpus"
)

// Errors of [Fetcher.Fetch] that callers tell apart.
var (
	// ErrRefusedAddress marks an address that is not fetched, whoever asks.
	ErrRefusedAddress = errors.New("refused address")
	// ErrUnreachable marks an address that did not answer as it should. It may later.
	ErrUnreachable = errors.New("unreachable")
)

// DefaultFetchTimeout bounds a fetch, redirects and body included.
const DefaultFetchTimeout = 60 * time.Second

// maxRedirects is how many redirects are followed.
const maxRedirects = 5

// Fetcher gets sources from the web. Whoever may add a document chooses the
// address, so a fetcher must not become a way to what only this machine can
// reach: it speaks http and https only, and connects to public addresses only.
// That is checked where the connection is made, with the address that the name
// was resolved to, so that neither a redirect nor a name that changes its
// address between two look-ups passes. The environment's proxy is not used,
// because behind a proxy nothing could be checked.
//
// What a site's robots.txt keeps from programs is refused, wherever a redirect
// leads.
type Fetcher struct {
	client *http.Client
	robots robots
}

// FetchConfig says how addresses are fetched. The zero value is ready to use.
type FetchConfig struct {
	Timeout time.Duration         // 0 means [DefaultFetchTimeout]
	Allow   func(netip.Addr) bool // which addresses may be connected to; nil means [Public]
}

// NewFetcher makes a fetcher.
func NewFetcher(c FetchConfig) *Fetcher {
	if c.Timeout == 0 {
		c.Timeout = DefaultFetchTimeout
	}
	if c.Allow == nil {
		c.Allow = Public
	}
	dialer := &net.Dialer{
		Timeout: 10 * time.Second,
		Control: func(_, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil {
				return fmt.Errorf("%w: %s", ErrRefusedAddress, address)
			}
			if !c.Allow(to.Addr()) {
				return fmt.Errorf("%w: %s is not on the public internet", ErrRefusedAddress, to.Addr())
			}
			return nil
		},
	}
	transport := &http.Transport{
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    10 * time.Second,
		ResponseHeaderTimeout:  30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConns:           16,
		IdleConnTimeout:        30 * time.Second,
	}
	checkRedirect := func(r *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return fmt.Errorf("%w: more than %d redirects", ErrUnreachable, maxRedirects)
		}
		return checkAddress(r.URL)
	}
	f := &Fetcher{robots: robots{client: &http.Client{Timeout: c.Timeout, Transport: transport, CheckRedirect: checkRedirect}}}
	f.client = &http.Client{Timeout: c.Timeout, Transport: transport, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if err := checkRedirect(r, via); err != nil {
			return err
		}
		return f.robots.check(r.Context(), r.URL)
	}}
	return f
}

// Fetch asks for the address and returns what it answers as a source, whose
// bytes are still to be read. An address that is refused gives
// [ErrRefusedAddress], one that fails or answers anything but 200
// [ErrUnreachable]; reading the source may give the latter too.
func (f *Fetcher) Fetch(ctx context.Context, address string) (Source, error) {
	source, _, err := f.fetchChanged(ctx, address, validators{})
	return source, err
}

// validators are what a site said of its last answer, by which it tells whether
// there is a newer one.
type validators struct {
	ETag     string `json:"etag,omitempty"`
	Modified string `json:"modified,omitempty"` // as the site wrote it
}

// errNotModified marks an answer that is what it was.
var errNotModified = errors.New("not modified")

// busyError is a site's word that it is asked too often, or is out of order.
type busyError struct {
	status string
	after  time.Duration // as it asks to be left alone; 0 where it does not say
}

func (e *busyError) Error() string { return "it answers " + e.status }

// fetchChanged is Fetch for what may have changed since the last time; an answer
// that is the same gives errNotModified.
func (f *Fetcher) fetchChanged(ctx context.Context, address string, last validators) (Source, validators, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return Source{}, validators{}, fmt.Errorf("%w: %q is no address", ErrRefusedAddress, address)
	}
	if err := checkAddress(u); err != nil {
		return Source{}, validators{}, err
	}
	if err := f.robots.check(ctx, u); err != nil {
		return Source{}, validators{}, fmt.Errorf("fetch %s: %w", u.Redacted(), err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return Source{}, validators{}, fmt.Errorf("%w: %q is no address", ErrRefusedAddress, address)
	}
	r.Header.Set("User-Agent", agent)
	r.Header.Set("Accept-Language", "zh-CN,zh;q=0.9,en;q=0.5")
	if last.ETag != "" {
		r.Header.Set("If-None-Match", last.ETag)
	}
	if last.Modified != "" {
		r.Header.Set("If-Modified-Since", last.Modified)
	}
	answer, err := f.client.Do(r)
	if err != nil {
		return Source{}, validators{}, fmt.Errorf("fetch %s: %w", u.Redacted(), unreachable(err))
	}
	switch {
	case answer.StatusCode == http.StatusNotModified && last != validators{}:
		answer.Body.Close()
		return Source{}, last, errNotModified
	case answer.StatusCode != http.StatusOK:
		answer.Body.Close()
		busy := &busyError{status: answer.Status, after: retryAfterOf(answer)}
		return Source{}, validators{}, fmt.Errorf("fetch %s: %w: %w", u.Redacted(), ErrUnreachable, busy)
	}
	return Source{
		Name:      nameOf(answer),
		MediaType: answer.Header.Get("Content-Type"),
		Data:      fetched{answer.Body},
		Given:     corpus.Metadata{SourceURL: answer.Request.URL.String()},
	}, validators{ETag: answer.Header.Get("ETag"), Modified: answer.Header.Get("Last-Modified")}, nil
}

// retryAfterOf reads how long a site asks to be left alone, in seconds or until a time.
func retryAfterOf(answer *http.Response) time.Duration {
	said := answer.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(said); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	if until, err := http.ParseTime(said); err == nil {
		return max(0, time.Until(until))
	}
	return 0
}

// checkAddress refuses what is no plain web address.
func checkAddress(u *url.URL) error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("%w: write http:// or https://, not %q", ErrRefusedAddress, u.Scheme)
	case u.Hostname() == "":
		return fmt.Errorf("%w: it names no host", ErrRefusedAddress)
	case u.User != nil:
		return fmt.Errorf("%w: it holds a user name", ErrRefusedAddress)
	}
	return nil
}

// unreachable marks an error of the network, unless the address was refused.
func unreachable(err error) error {
	if errors.Is(err, ErrRefusedAddress) || errors.Is(err, ErrUnreachable) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnreachable, err)
}

// fetched is the body of an answer, whose errors say that it is the network's.
type fetched struct{ io.ReadCloser }

// Read implements io.Reader.
func (f fetched) Read(p []byte) (int, error) {
	n, err := f.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = unreachable(err)
	}
	return n, err
}

// nameOf calls an answer by the name its sender gives it, or by its address.
func nameOf(answer *http.Response) string {
	if _, params, err := mime.ParseMediaType(answer.Header.Get("Content-Disposition")); err == nil {
		if name := path.Base(params["filename"]); name != "." && name != "/" {
			return name
		}
	}
	if name := path.Base(answer.Request.URL.Path); name != "." && name != "/" {
		return name
	}
	return answer.Request.URL.Hostname()
}

// special holds the blocks of addresses that look public and are not, or that
// lead to others (IANA's registries of special-purpose addresses).
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // shared by carriers
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), // documentation
	netip.MustParsePrefix("192.88.99.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), // IPv4 behind IPv6
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001::/23"), // Teredo and others
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"), // IPv4 behind IPv6
	netip.MustParsePrefix("3fff::/20"),
	netip.MustParsePrefix("fec0::/10"),
}

// Public reports whether the address is one that anybody on the internet can reach.
func Public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.Zone() != "" {
		return false
	}
	for _, block := range special {
		if block.Contains(a) {
			return false
		}
	}
	return true
}
