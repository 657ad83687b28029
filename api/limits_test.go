package api_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"policykb/api"
)

// A key has its budget, and is told what is left of it.
func TestRateOfAKey(t *testing.T) {
	t.Parallel()
	g := guardWith(t, func(c *api.Config) { c.Limits.Rate = 3 })
	secret, _ := g.key(t, api.RoleReader, nil, nil)
	another, _ := g.key(t, api.RoleReader, nil, nil)
	for i := range 3 {
		response := g.as(secret).send(t, "GET", "/v1/facets", "")
		text(t, response, http.StatusOK)
		if left := response.Header.Get("RateLimit"); !strings.HasPrefix(left, `"default";r=`+string(rune('2'-i))) {
			t.Errorf("after %d requests: RateLimit: %s", i+1, left)
		}
	}
	response := g.as(secret).send(t, "POST", "/v1/chat/completions", "{}")
	if said := text(t, response, http.StatusTooManyRequests); response.Header.Get("Retry-After") == "" || !strings.Contains(said, "rate_limit_error") {
		t.Errorf("got %s, Retry-After %q", said, response.Header.Get("Retry-After"))
	}
	text(t, g.as(another).send(t, "GET", "/v1/facets", ""), http.StatusOK)
	text(t, g.send(t, "GET", "/healthz", ""), http.StatusOK)
	for range 3 {
		text(t, g.as("pkb_guess").send(t, "GET", "/v1/facets", ""), http.StatusUnauthorized)
	}
	text(t, g.as("pkb_guess").send(t, "GET", "/v1/facets", ""), http.StatusTooManyRequests)
}

// This machine is not limited where it needs no key.
func TestNoRateOnThisMachine(t *testing.T) {
	t.Parallel()
	h := with(t, func(c *api.Config) { c.Limits.Rate = 1 })
	for range 5 {
		text(t, h.send(t, "GET", "/v1/facets", ""), http.StatusOK)
	}
}

func TestHeadIsGetWithoutABody(t *testing.T) {
	t.Parallel()
	h := furnished(t)
	for path, status := range map[string]int{"/": 200, "/healthz": 200, "/v1/facets": 200, "/openapi.yaml": 200, "/v1/documents/nothing": 404, "/v1/ask": 405} {
		r, _ := http.NewRequestWithContext(t.Context(), "HEAD", h.url+path, nil)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || len(body) > 0 || response.StatusCode != status {
			t.Errorf("HEAD %s: %s, %d bytes, %v", path, response.Status, len(body), err)
		}
	}
}

func TestAnswersArePacked(t *testing.T) {
	t.Parallel()
	h := furnished(t)
	r, _ := http.NewRequestWithContext(t.Context(), "GET", h.url+"/v1/documents", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	packed, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(reader)
	if err != nil || len(plain) < 2*len(packed) || response.Header.Get("Vary") == "" {
		t.Errorf("%d bytes for %d, %v", len(packed), len(plain), err)
	}
}

// Pages of other origins ask only where they were let.
func TestOrigins(t *testing.T) {
	t.Parallel()
	h := with(t, func(c *api.Config) { c.Origins = []string{"https://policy.example"} })
	for origin, status := range map[string]int{"https://policy.example": 200, "https://other.example": 403} {
		r, _ := http.NewRequestWithContext(t.Context(), "POST", h.url+"/v1/search", strings.NewReader(`{"query": "算力"}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Origin", origin)
		response, err := h.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text(t, response, status)
		if let := response.Header.Get("Access-Control-Allow-Origin"); (let == origin) != (status == 200) {
			t.Errorf("%s: Access-Control-Allow-Origin: %s", origin, let)
		}
	}
	if let := furnished(t).send(t, "GET", "/v1/facets", "").Header.Get("Access-Control-Allow-Origin"); let != "" {
		t.Errorf("by default %q is let", let)
	}
}
