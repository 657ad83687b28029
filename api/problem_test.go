package api_test

import (
	"net/http"
	"strings"
	"testing"

	"policykb/api"
)

// What is wrong with a request is said in a problem that names the field, and
// nothing is changed by it.
func TestBadRequests(t *testing.T) {
	t.Parallel()
	h := empty(t)
	const isJSON = "application/json"
	long := strings.Repeat("算力", 2001)
	for _, test := range []struct {
		name, method, path, kind, body string
		status                         int
		field                          string // that errors must name
	}{
		{"no question", "POST", "/v1/ask", isJSON, `{}`, 400, "question"},
		{"empty question", "POST", "/v1/ask", isJSON, `{"question": ""}`, 400, "question"},
		{"blank question", "POST", "/v1/ask", isJSON, `{"question": " \n　"}`, 400, "question"},
		{"long question", "POST", "/v1/ask", isJSON, question(long), 400, "question"},
		{"question of 10 MB", "POST", "/v1/ask", isJSON, question(strings.Repeat("x", 10<<20)), 413, ""},
		{"question that is a number", "POST", "/v1/ask", isJSON, `{"question": 5}`, 400, "question"},
		{"unknown field", "POST", "/v1/ask", isJSON, `{"question": "算力券？", "citty": "成都"}`, 400, "citty"},
		{"field in capitals", "POST", "/v1/ask", isJSON, `{"question": "算力券？", "TOP_K": 3}`, 400, "TOP_K"},
		{"unknown filter", "POST", "/v1/ask", isJSON, `{"question": "算力券？", "filters": {"town": ["成都"]}}`, 400, "filters.town"},
		{"filter that is no list", "POST", "/v1/ask", isJSON, `{"question": "算力券？", "filters": {"city": "成都"}}`, 400, "filters.city"},
		{"unknown kind", "POST", "/v1/ask", isJSON, `{"question": "算力券？", "filters": {"kind": ["poem"]}}`, 400, "filters.kind[0]"},
		{"no date", "POST", "/v1/ask", isJSON, `{"question": "算力券？", "filters": {"issued_from": "last year"}}`, 400, "filters.issued_from"},
		{"no day", "POST", "/v1/ask", isJSON, `{"question": "算力券？", "as_of": "2023-02-30"}`, 400, "as_of"},
		{"too many passages", "POST", "/v1/ask", isJSON, `{"question": "算力券？", "top_k": 1000}`, 400, "top_k"},
		{"unknown mode", "POST", "/v1/ask", isJSON, `{"question": "算力券？", "mode": "oracle"}`, 400, "mode"},
		{"unknown role", "POST", "/v1/ask", isJSON, `{"question": "算力券？", "history": [{"role": "system", "content": "x"}]}`, 400, "history[0].role"},
		{"name given twice", "POST", "/v1/ask", isJSON, `{"question": "a", "question": "b"}`, 400, "question"},
		{"half a JSON", "POST", "/v1/ask", isJSON, `{"question": "算力`, 400, ""},
		{"two JSONs", "POST", "/v1/ask", isJSON, `{"question": "a"} {"question": "b"}`, 400, ""},
		{"a list", "POST", "/v1/ask", isJSON, `[]`, 400, "body"},
		{"nothing", "POST", "/v1/ask", isJSON, ``, 400, ""},
		{"deep JSON", "POST", "/v1/ask", isJSON, `{"question": ` + strings.Repeat("[", 100_000), 400, ""},
		{"no UTF-8", "POST", "/v1/ask", isJSON, "{\"question\": \"\xb3\xc9\xb6\xbc\"}", 400, ""},
		{"a form", "POST", "/v1/ask", "application/x-www-form-urlencoded", "question=a", 415, ""},
		{"no kind", "POST", "/v1/ask", "", question("a"), 415, ""},
		{"text", "POST", "/v1/documents", "text/plain", notice, 415, ""},
		{"empty query", "POST", "/v1/search", isJSON, `{"query": ""}`, 400, "query"},
		{"neither text nor address", "POST", "/v1/documents", isJSON, `{}`, 400, "text"},
		{"text and address", "POST", "/v1/documents", isJSON, `{"text": "a", "url": "https://example.org"}`, 400, "text"},
		{"blank text", "POST", "/v1/documents", isJSON, `{"text": "  \n"}`, 400, "text"},
		{"unknown metadata", "POST", "/v1/documents", isJSON, `{"text": "算力", "metadata": {"ctiy": "成都"}}`, 400, "metadata.ctiy"},
		{"metadata of no date", "POST", "/v1/documents", isJSON, `{"text": "算力", "metadata": {"issued_on": "2023-13-01"}}`, 400, "issued_on"},
		{"address inside", "POST", "/v1/documents", isJSON, `{"url": "http://127.0.0.1:1/"}`, 422, ""},
		{"address of a file", "POST", "/v1/documents", isJSON, `{"url": "file:///etc/passwd"}`, 422, ""},
		{"no form", "POST", "/v1/documents", "multipart/form-data; boundary=x", "not a form", 400, ""},
		{"form without boundary", "POST", "/v1/documents", "multipart/form-data", "--x", 400, ""},
		{"form without file", "POST", "/v1/documents", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"city\"\r\n\r\n成都\r\n--x--\r\n", 400, "file"},
		{"form of an unknown field", "POST", "/v1/documents", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"citty\"\r\n\r\n成都\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n算力\r\n--x--\r\n", 400, "citty"},
		{"form of an unknown file", "POST", "/v1/documents", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a\"\r\n\r\n算力\r\n--x--\r\n", 400, "files"},
		{"form of a bad kind", "POST", "/v1/documents", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\npoem\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n算力\r\n--x--\r\n", 400, "kind"},
		{"new version of nothing", "PUT", "/v1/documents/nothing", isJSON, `{"text": "算力"}`, 404, ""},
		{"correction of nothing", "PATCH", "/v1/documents/nothing", isJSON, `{"city": "成都"}`, 404, ""},
		{"unknown parameter", "GET", "/v1/documents?citty=成都", "", "", 400, "citty"},
		{"limit of zero", "GET", "/v1/documents?limit=0", "", "", 400, "limit"},
		{"limit of words", "GET", "/v1/documents?limit=all", "", "", 400, "limit"},
		{"no cursor", "GET", "/v1/documents?cursor=there", "", "", 400, ""},
		{"no day in a listing", "GET", "/v1/documents?issued_to=2023-02-30", "", "", 400, "issued_to"},
		{"unknown state", "GET", "/v1/jobs?state=asleep", "", "", 400, "state"},
		{"version of nothing", "GET", "/v1/documents/nothing/text?version=2", "", "", 404, ""},
		{"version zero", "GET", "/v1/documents/nothing/text?version=0", "", "", 400, "version"},
		{"path upwards", "GET", "/v1/documents/..%2f..%2fetc%2fpasswd", "", "", 404, ""},
		{"no route", "GET", "/v2/ask", "", "", 404, ""},
		{"wrong method", "GET", "/v1/ask", "", "", 405, ""},
		{"no such file of the page", "GET", "/assets/../api.go", "", "", 404, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r, err := http.NewRequestWithContext(t.Context(), test.method, h.url+test.path, strings.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			if test.kind != "" {
				r.Header.Set("Content-Type", test.kind)
			}
			response, err := h.client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			problem := read[api.Problem](t, response, test.status)
			if kind := response.Header.Get("Content-Type"); kind != "application/problem+json" {
				t.Errorf("the problem is %s", kind)
			}
			if problem.Status != test.status || problem.Type == "" || problem.Title == "" || problem.Detail == "" {
				t.Errorf("the problem says too little: %+v", problem)
			}
			if len(problem.Detail) > 500 {
				t.Errorf("the problem says too much: %s", problem.Detail)
			}
			if test.field == "" {
				return
			}
			var named []string
			for _, e := range problem.Errors {
				named = append(named, e.Field)
			}
			if len(named) != 1 || named[0] != test.field {
				t.Errorf("the problem names %q, want %s: %s", named, test.field, problem.Detail)
			}
		})
	}
	t.Cleanup(func() {
		held, err := h.catalogue.Holdings(t.Context())
		if err == nil && len(held) > 0 {
			t.Errorf("bad requests left %d documents", len(held))
		}
	})
}

// A page of another site cannot make a browser change anything here.
func TestForeignPagesAreRefused(t *testing.T) {
	t.Parallel()
	h := empty(t)
	r, _ := http.NewRequestWithContext(t.Context(), "POST", h.url+"/v1/ask", strings.NewReader(question("算力券？")))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", "https://example.org")
	response, err := h.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	text(t, response, http.StatusForbidden)
}

func TestService(t *testing.T) {
	t.Parallel()
	h := empty(t)
	if health := read[api.Health](t, h.send(t, "GET", "/healthz", ""), http.StatusOK); health.Version != "test" {
		t.Errorf("got %+v", health)
	}
	if ready := read[api.Readiness](t, h.send(t, "GET", "/readyz", ""), http.StatusOK); len(ready.Checks) != 3 {
		t.Errorf("got %+v", ready)
	}
	if spec := text(t, h.send(t, "GET", "/openapi.yaml", ""), http.StatusOK); !strings.HasPrefix(spec, "openapi: 3") {
		t.Errorf("got %.40q", spec)
	}
	if response := h.send(t, "GET", "/healthz", ""); response.Header.Get("X-Request-Id") == "" {
		t.Error("a response without the request's id")
	}
}
