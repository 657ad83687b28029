package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"policykb/ingest"
)

// A server that has too much to do is asked again when it says, with the same files;
// a large file, which has been read by then, is reported instead.
func TestFilesAreSentAgain(t *testing.T) {
	t.Parallel()
	small := func() source {
		return source{Source: ingest.Source{Name: "措施.txt", Data: bytes.NewReader([]byte("每家企业每年最高80万元。"))}}
	}
	large := func() source {
		return source{Source: ingest.Source{Name: "年鉴.txt", Data: strings.NewReader(strings.Repeat("算力", smallFile))}}
	}
	for _, c := range []struct {
		name     string
		refusals int // before the files are taken
		sources  []source
		requests int
		failures int
	}{
		{"taken at once", 0, []source{small(), small()}, 1, 0},
		{"taken later", 3, []source{small(), small()}, 4, 0},
		{"one file", 2, []source{small()}, 3, 0},
		{"an address", 2, []source{{address: "https://policy.example/1.html"}}, 3, 0},
		{"never", 1 << 10, []source{small()}, mostAttempts, 1},
		{"a large file", 1 << 10, []source{large()}, 1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				if n := requests.Add(1); n <= int64(c.refusals) {
					w.Header().Set("Content-Type", "application/problem+json")
					w.Header().Set("Retry-After", "0")
					w.WriteHeader([]int{http.StatusTooManyRequests, http.StatusServiceUnavailable}[n%2])
					fmt.Fprint(w, `{"detail": "More uploads than the server takes at once."}`)
					return
				}
				if got := strings.Count(string(body), "80万元"); c.sources[0].address == "" && got != len(c.sources) {
					t.Errorf("%d whole files were sent, not %d", got, len(c.sources))
				}
				fmt.Fprintf(w, `{"jobs": [%s]}`, strings.Join(strings.Fields(strings.Repeat(`{"id":"1","state":"done"} `, len(c.sources))), ","))
			}))
			defer server.Close()
			connection, err := newConnection(server.URL, server.Client(), func() error { return nil })
			if err != nil {
				t.Fatal(err)
			}
			failures := 0
			for _, became := range connection.sendAll(t.Context(), c.sources) {
				if became.err != nil {
					failures++
					if !strings.Contains(became.err.Error(), "More uploads") {
						t.Error(became.err)
					}
				}
			}
			if requests.Load() != int64(c.requests) || failures != c.failures {
				t.Errorf("%d requests, %d failures; want %d and %d", requests.Load(), failures, c.requests, c.failures)
			}
		})
	}
}
