package ingest_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"policykb/ingest"
)

// anywhere lets a fetcher reach the test's own server.
func anywhere(netip.Addr) bool { return true }

func TestFetch(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("/zc/t20230523.html", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=gb2312")
		io.WriteString(w, "<p>每年发放总额不超过1000万元的算力券</p>")
	})
	mux.HandleFunc("/download", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Disposition", `attachment; filename="../../policy.pdf"`)
		io.WriteString(w, "%PDF")
	})
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/zc/t20230523.html", http.StatusMovedPermanently)
	})
	server := httptest.NewServer(mux)
	defer server.Close()

	fetcher := ingest.NewFetcher(ingest.FetchConfig{Allow: anywhere})
	for _, test := range []struct{ address, name, text, from string }{
		{"/zc/t20230523.html", "t20230523.html", "<p>每年发放总额不超过1000万元的算力券</p>", "/zc/t20230523.html"},
		{"/moved", "t20230523.html", "<p>每年发放总额不超过1000万元的算力券</p>", "/zc/t20230523.html"},
		{"/download", "policy.pdf", "%PDF", "/download"},
	} {
		source, err := fetcher.Fetch(t.Context(), server.URL+test.address)
		if err != nil {
			t.Fatalf("%s: %v", test.address, err)
		}
		text, err := io.ReadAll(source.Data)
		if err != nil {
			t.Fatalf("%s: %v", test.address, err)
		}
		if source.Name != test.name || string(text) != test.text || source.Given.SourceURL != server.URL+test.from {
			t.Errorf("%s: got %q, %q from %q", test.address, source.Name, text, source.Given.SourceURL)
		}
	}
}

// What only this machine can reach is never asked, however the address is written.
func TestFetchRefuses(t *testing.T) {
	t.Parallel()
	asked := false
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer inside.Close()
	port := inside.URL[strings.LastIndex(inside.URL, ":"):]

	fetcher := ingest.NewFetcher(ingest.FetchConfig{Timeout: 5 * time.Second})
	for _, address := range []string{
		"file:///etc/passwd", "ftp://example.org/", "gopher://example.org/", "//example.org", "policy.txt", "http://", "http:///x",
		"http://user:secret@example.org/", "http://%zz/",
		inside.URL, "http://localhost" + port, "http://[::1]" + port, "http://0.0.0.0" + port, "http://[::]" + port,
		"http://[::ffff:127.0.0.1]" + port, "http://127.1.2.3" + port,
		"http://10.0.0.1/", "http://172.16.0.1/", "http://192.168.1.1/", "http://169.254.169.254/latest/meta-data/",
		"http://100.64.0.1/", "http://[fe80::1]/", "http://[fd00::1]/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/",
	} {
		if _, err := fetcher.Fetch(t.Context(), address); !errors.Is(err, ingest.ErrRefusedAddress) {
			t.Errorf("%s: got %v, want it refused", address, err)
		}
	}
	if asked {
		t.Error("an address inside was asked")
	}
}

// A redirect is checked as the first address was: here only the first two connections, for robots.txt
// and the page, are allowed.
func TestFetchRefusesARedirectInside(t *testing.T) {
	t.Parallel()
	asked := false
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer inside.Close()
	mux := http.NewServeMux()
	mux.Handle("/", http.RedirectHandler(inside.URL, http.StatusFound))
	mux.HandleFunc("/robots.txt", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close") // so that the page asks for a connection of its own
		http.NotFound(w, nil)
	})
	outside := httptest.NewServer(mux)
	defer outside.Close()
	connections := 0
	fetcher := ingest.NewFetcher(ingest.FetchConfig{Allow: func(netip.Addr) bool { connections++; return connections <= 2 }})
	if _, err := fetcher.Fetch(t.Context(), outside.URL); !errors.Is(err, ingest.ErrRefusedAddress) {
		t.Errorf("got %v, want it refused", err)
	}
	if asked {
		t.Error("the address inside was asked")
	}
}

// What a site keeps from programs is not asked for, also where a redirect leads to it.
func TestFetchHeedsRobots(t *testing.T) {
	t.Parallel()
	asked := false
	mux := http.NewServeMux()
	mux.HandleFunc("/robots.txt", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "User-agent: *\nDisallow: /search\nAllow: /\n")
	})
	mux.HandleFunc("/search/", func(http.ResponseWriter, *http.Request) { asked = true })
	mux.Handle("/moved", http.RedirectHandler("/search/1.html", http.StatusFound))
	mux.HandleFunc("/zc.html", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "算力券") })
	server := httptest.NewServer(mux)
	defer server.Close()
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadGateway)
	}))
	defer broken.Close()
	fetcher := ingest.NewFetcher(ingest.FetchConfig{Allow: anywhere})
	for address, want := range map[string]error{
		server.URL + "/search/1.html": ingest.ErrRefusedAddress,
		server.URL + "/moved":         ingest.ErrRefusedAddress,
		server.URL + "/zc.html":       nil,
		broken.URL + "/zc.html":       ingest.ErrUnreachable,
	} {
		source, err := fetcher.Fetch(t.Context(), address)
		if !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", address, err, want)
		}
		if err == nil {
			source.Data.(io.Closer).Close()
		}
	}
	if asked {
		t.Error("what robots.txt disallows was asked for")
	}
}

func TestFetchUnreachable(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	mux.HandleFunc("/cut", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, "half")
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	fetcher := ingest.NewFetcher(ingest.FetchConfig{Allow: anywhere})
	for _, address := range []string{"/loop", "/nowhere"} {
		if _, err := fetcher.Fetch(t.Context(), server.URL+address); !errors.Is(err, ingest.ErrUnreachable) {
			t.Errorf("%s: got %v, want it unreachable", address, err)
		}
	}
	source, err := fetcher.Fetch(t.Context(), server.URL+"/cut")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(source.Data); !errors.Is(err, ingest.ErrUnreachable) {
		t.Errorf("a body cut short: got %v, want it unreachable", err)
	}
}

func TestPublic(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"1.1.1.1": true, "114.114.114.114": true, "2400:3200::1": true, "::ffff:1.1.1.1": true,
		"127.0.0.1": false, "10.1.2.3": false, "169.254.1.1": false, "224.0.0.1": false, "255.255.255.255": false,
		"::": false, "::1": false, "fe80::1%eth0": false, "ff02::1": false, "::ffff:192.168.0.1": false, "2001:db8::1": false,
	} {
		if got := ingest.Public(netip.MustParseAddr(address)); got != want {
			t.Errorf("Public(%s) = %t, want %t", address, got, want)
		}
	}
}
