package ingest

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"policykb/corpus"
)

// site is a small government site that counts what it is asked.
type site struct {
	*httptest.Server
	mu       sync.Mutex
	text     string
	status   int
	asked    []string // paths
	answered []int    // status of the page
}

// newSite serves one page, /zc/1.html, as the headers allow.
func newSite(t *testing.T) *site {
	s := &site{status: http.StatusOK}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asked = append(s.asked, r.URL.Path)
		if r.URL.Path == "/robots.txt" {
			io.WriteString(w, "User-agent: *\nDisallow: /inner/\n")
			return
		}
		etag := fmt.Sprintf(`"%d"`, len(s.text))
		switch {
		case s.status != http.StatusOK:
			w.Header().Set("Retry-After", "7200")
			w.WriteHeader(s.status)
			s.answered = append(s.answered, s.status)
		case r.Header.Get("If-None-Match") == etag:
			w.WriteHeader(http.StatusNotModified)
			s.answered = append(s.answered, http.StatusNotModified)
		default:
			w.Header().Set("ETag", etag)
			io.WriteString(w, s.text)
			s.answered = append(s.answered, http.StatusOK)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *site) set(text string, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text, s.status = text, status
}

// last is the status of the last answer, and how many there were.
func (s *site) last() (status, count int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.answered) == 0 {
		return 0, 0
	}
	return s.answered[len(s.answered)-1], len(s.answered)
}

func TestFollowFeed(t *testing.T) {
	t.Parallel()
	web := newSite(t)
	web.set("<html><title>算力券实施办法</title><body><p>"+voucherNotice+"</p></body></html>", http.StatusOK)
	path := filepath.Join(t.TempDir(), "feed.txt")
	lines := "# 云州\n\n" + web.URL + "/zc/1.html\n" + web.URL + "/inner/2.html\n"
	if err := os.WriteFile(path, []byte(lines), 0o644); err != nil {
		t.Fatal(err)
	}
	var clock struct {
		sync.Mutex
		time.Time
	}
	clock.Time = time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	now := func() time.Time { clock.Lock(); defer clock.Unlock(); return clock.Time }
	h := open(t, t.TempDir(), func(c *Config) { c.Now = now })
	h.work(t)
	// allow lets the test's own server be asked, in place of public addresses.
	fetcher := NewFetcher(FetchConfig{Allow: func(netip.Addr) bool { return true }})
	feed := Feed{Path: path, Fetcher: fetcher, Every: 6 * time.Hour, Pause: time.Nanosecond}
	openFeed := func() *followedFeed {
		f, err := h.openFeed(t.Context(), feed)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	f := openFeed()
	// round lets time pass, goes through the feed and waits for what it brings.
	round := func(later time.Duration) corpus.Document {
		t.Helper()
		clock.Lock()
		clock.Time = clock.Add(later)
		clock.Unlock()
		if _, err := f.round(t.Context()); err != nil {
			t.Fatal(err)
		}
		if job := f.known[web.URL+"/zc/1.html"].Job; job != "" {
			if _, err := h.Wait(t.Context(), job); err != nil {
				t.Fatal(err)
			}
		}
		page, err := h.catalogue.Documents(t.Context(), corpus.Listing{})
		if err != nil || len(page.Documents) != 1 {
			t.Fatalf("%d documents (%v), want one", len(page.Documents), err)
		}
		return page.Documents[0]
	}
	first := round(0)
	if first.Version != 1 || first.Metadata.SourceURL != web.URL+"/zc/1.html" {
		t.Errorf("got %+v", first)
	}
	round(time.Hour)
	if status, n := web.last(); n != 1 {
		t.Errorf("asked %d times before it was due, the last time answered %d", n, status)
	}
	f = openFeed() // a restart forgets nothing
	if d := round(6 * time.Hour); d.Version != 1 {
		t.Errorf("what is unchanged became version %d", d.Version)
	}
	if status, n := web.last(); status != http.StatusNotModified || n != 2 {
		t.Errorf("%d answers, the last %d; want a second, not modified", n, status)
	}
	// A page whose text is the same makes no version, whatever it is wrapped in.
	web.set("<html><title>算力券实施办法</title><body><!-- 访问 2 次 --><p>"+voucherNotice+"</p></body></html>", http.StatusOK)
	if d := round(6 * time.Hour); d.Version != 1 {
		t.Errorf("the same text became version %d", d.Version)
	}
	// A failure is waited out, as long as the site asks for, and takes nothing away.
	web.set("", http.StatusServiceUnavailable)
	round(6 * time.Hour)
	_, before := web.last()
	round(time.Hour)
	if _, n := web.last(); n != before {
		t.Error("a site that asked to be left alone for two hours was asked after one")
	}
	web.set("<html><title>算力券实施办法</title><body><p>"+voucherNotice+"</p><p>第二条 补贴比例提高到40%。</p></body></html>", http.StatusOK)
	if d := round(2 * time.Hour); d.Version != 2 || d.ID != first.ID {
		t.Errorf("what is new became version %d of %s, want 2 of %s", d.Version, d.ID, first.ID)
	}
	web.mu.Lock()
	defer web.mu.Unlock()
	for _, path := range web.asked {
		if path == "/inner/2.html" {
			t.Error("what robots.txt disallows was asked for")
		}
	}
}

func TestFeedNamesItsBrokenLine(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "feed.txt")
	h := open(t, t.TempDir(), nil)
	for text, want := range map[string]string{
		"https://www.gov.cn/a\nfile:///etc/passwd\n": "line 2",
		"{\"url\": 5}\n": "line 1",
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := h.openFeed(t.Context(), Feed{Path: path}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want an error that names %s", text, err, want)
		}
	}
	if _, err := h.openFeed(t.Context(), Feed{Path: path + " absent"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}
