package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// What somebody might send to reach what is not theirs: each request has its answer,
// nothing inside is reached, and nothing is kept.
func TestHostileRequests(t *testing.T) {
	t.Parallel()
	h := empty(t)
	var reached atomic.Int32
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer inside.Close()
	_, port, err := net.SplitHostPort(inside.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}

	type request struct {
		name, method, path, kind, body string
		status                         int
	}
	const isJSON, isForm = "application/json", "multipart/form-data; boundary=x"
	var all []request
	for _, address := range []string{
		inside.URL, "http://localhost:" + port, "http://127.1:" + port, "http://2130706433:" + port, "http://0x7f000001:" + port,
		"http://0177.0.0.1:" + port, "http://[::1]:" + port, "http://[::ffff:127.0.0.1]:" + port, "http://[::ffff:7f00:1]:" + port,
		"http://[64:ff9b::7f00:1]:" + port, "http://0.0.0.0:" + port, "http://[::]:" + port, "http://169.254.169.254/latest/meta-data/",
		"http://10.0.0.1/", "http://192.168.1.1/", "http://172.16.0.1/", "http://100.64.0.1/", "http://[fd00::1]/", "http://[fe80::1%25eth0]/",
		"http://user:pass@127.0.0.1:" + port, "file:///etc/passwd", "gopher://127.0.0.1:" + port, "ftp://127.0.0.1/", "dict://127.0.0.1/",
		"javascript:alert(1)", "//127.0.0.1:" + port, "http://127.0.0.1:" + port + "#@example.org/", "http://",
	} {
		body, err := json.Marshal(map[string]string{"url": address})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, request{"fetch " + address, "POST", "/v1/documents", isJSON, string(body), 422})
	}
	form := func(header, content string) string {
		return "--x\r\n" + header + "\r\n\r\n" + content + "\r\n--x--\r\n"
	}
	all = append(all, []request{
		{"id upwards", "GET", "/v1/documents/..%2f..%2fcatalogue.db", "", "", 404},
		{"id upwards twice encoded", "GET", "/v1/documents/..%252f..%252fetc%252fpasswd/original", "", "", 404},
		{"id with a NUL", "GET", "/v1/documents/a%00b/text", "", "", 404},
		{"id with a line end", "GET", "/v1/documents/a%0d%0aSet-Cookie:%20x=1", "", "", 404},
		{"id of SQL", "GET", "/v1/documents/'%20OR%201=1--", "", "", 404},
		{"id too long", "GET", "/v1/documents/" + strings.Repeat("a", 201), "", "", 400},
		{"id of broken UTF-8", "GET", "/v1/documents/%ff%fe", "", "", 404},
		{"job upwards", "POST", "/v1/jobs/..%2f..%2fx/cancel", "", "", 404},
		{"page upwards", "GET", "/assets/..%2f..%2fapi.go", "", "", 404},
		{"page's folder", "GET", "/assets/", "", "", 404},
		{"query of SQL", "GET", "/v1/documents?q=" + url.QueryEscape(`%' UNION SELECT * FROM settings--`), "", "", 200},
		{"city with a NUL", "GET", "/v1/documents?city=%00", "", "", 200},
		{"cursor forged", "GET", "/v1/documents?cursor=" + url.QueryEscape(`{"id":"' OR 1=1"}`), "", "", 400},
		{"number too large", "GET", "/v1/documents?limit=99999999999999999999", "", "", 400},
		{"parameter pollution", "GET", "/v1/documents?limit=1&limit=2", "", "", 400},
		{"deep JSON", "POST", "/v1/ask", isJSON, `{"question": ` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`, 400},
		{"deep filters", "POST", "/v1/vector_stores/a/search", isJSON, `{"query": "a", "filters": ` + strings.Repeat(`{"type": "and", "filters": [`, 200) + strings.Repeat(`]}`, 200) + `}`, 400},
		{"name twice", "POST", "/v1/ask", isJSON, `{"question": "算力券？", "question": "别的"}`, 400},
		{"prototype", "POST", "/v1/ask", isJSON, `{"question": "算力券？", "__proto__": {"role": "admin"}}`, 400},
		{"two values", "POST", "/v1/ask", isJSON, `{"question": "算力券？"}{"question": "别的"}`, 400},
		{"no JSON", "POST", "/v1/ask", isJSON, "question=算力券", 400},
		{"XML", "POST", "/v1/ask", "application/xml", `<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>`, 415},
		{"form for JSON", "POST", "/v1/ask", "application/x-www-form-urlencoded", "question=a", 415},
		{"text for JSON", "POST", "/v1/ask", "text/plain", `{"question": "算力券？"}`, 415},
		{"broken UTF-8", "POST", "/v1/ask", isJSON, "{\"question\": \"\xff\xfe\"}", 400},
		{"number for a list", "POST", "/v1/ask", isJSON, `{"question": "a", "filters": {"city": 5}}`, 400},
		{"huge number", "POST", "/v1/ask", isJSON, `{"question": "算力券？", "top_k": 1e400}`, 400},
		{"question too large", "POST", "/v1/ask", isJSON, question(strings.Repeat("算", 2<<20)), 413},
		{"history too long", "POST", "/v1/ask", isJSON, `{"question": "a", "history": [` + strings.Repeat(`{"role": "user", "content": "a"},`, 60) + `{"role": "user", "content": "a"}]}`, 400},
		{"role of the system", "POST", "/v1/ask", isJSON, `{"question": "a", "history": [{"role": "system", "content": "a"}]}`, 400},
		{"form without files", "POST", "/v1/documents", isForm, form(`Content-Disposition: form-data; name="title"`, "a"), 400},
		{"form without end", "POST", "/v1/documents", isForm, "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n算力", 400},
		{"form of many fields", "POST", "/v1/documents", isForm, strings.Repeat("--x\r\nContent-Disposition: form-data; name=\"tags\"\r\n\r\na\r\n", 20_000) + "--x--\r\n", 413},
		{"form too large", "POST", "/v1/documents", isForm, form(`Content-Disposition: form-data; name="file"; filename="a"`, strings.Repeat("a", 65<<20)), 413},
		{"two metadata", "POST", "/v1/documents", isForm, "--x\r\nContent-Disposition: form-data; name=\"city\"\r\n\r\n成都\r\n--x\r\nContent-Disposition: form-data; name=\"city\"\r\n\r\n北京\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n算力\r\n--x--\r\n", 400},
		{"text and address", "POST", "/v1/documents", isJSON, `{"text": "算力", "url": "https://example.org/"}`, 400},
		{"unknown model", "POST", "/v1/chat/completions", isJSON, `{"model": "../policykb", "messages": [{"role": "user", "content": "a"}]}`, 404},
		{"chat of nobody", "POST", "/v1/chat/completions", isJSON, `{"model": "policykb", "messages": []}`, 400},
		{"MCP without JSON", "POST", "/mcp", isJSON, "{", 400},
		{"tunnel", "CONNECT", "/v1/ask", "", "", 405},
		{"TRACE", "TRACE", "/v1/ask", "", "", 405},
	}...)
	for _, test := range all {
		t.Run(test.name, func(t *testing.T) {
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
			defer response.Body.Close()
			said, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			// The system's resolver may know numbers in other forms for addresses, or not.
			unresolved := test.status == http.StatusUnprocessableEntity && response.StatusCode == http.StatusFailedDependency && bytes.Contains(said, []byte("lookup "))
			if response.StatusCode != test.status && !unresolved {
				t.Errorf("got %s, want %d: %.300s", response.Status, test.status, said)
			}
			if response.Header.Get("Set-Cookie") != "" || bytes.Contains(said, []byte("/root/")) || bytes.Contains(said, []byte("goroutine")) {
				t.Errorf("the answer tells too much: %.300s", said)
			}
		})
	}
	if n := reached.Load(); n > 0 {
		t.Errorf("the inside was reached %d times", n)
	}
	if held, err := h.catalogue.Holdings(t.Context()); err != nil || len(held) > 0 {
		t.Errorf("%d documents are kept, %v", len(held), err)
	}
	if jobs, err := h.catalogue.CountJobs(t.Context()); err != nil || len(jobs) > 0 {
		t.Errorf("jobs are kept: %v, %v", jobs, err)
	}
}

// A file's name is the sender's: it is shown as text and never used as a path.
func TestHostileFileNames(t *testing.T) {
	t.Parallel()
	h := empty(t)
	for i, name := range []string{`<img src=x onerror=alert(1)>.txt`, "../../../etc/cron.d/x.txt", `..\..\x.txt`, "a\x00b.txt", `a"; filename="b.exe`, "a\nb.txt", strings.Repeat("长", 1000) + ".txt"} {
		response, err := h.upload("POST", "/v1/documents?wait=true", nil, file{name, notice + strconv.Itoa(i)})
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if response.StatusCode == http.StatusBadRequest {
			continue // a name that no form can hold
		}
		var added struct {
			Jobs []struct {
				DocumentID string `json:"document_id"`
			}
		}
		if err := json.Unmarshal(body, &added); err != nil || len(added.Jobs) != 1 {
			t.Fatalf("%q: %s", name, body)
		}
		original := h.send(t, "GET", "/v1/documents/"+added.Jobs[0].DocumentID+"/original", "")
		text(t, original, http.StatusOK)
		disposition := original.Header.Get("Content-Disposition")
		if !strings.HasPrefix(disposition, "attachment") || strings.ContainsAny(disposition, "\r\n/\\") && !strings.Contains(disposition, `\"`) || original.Header.Get("Content-Type") != "application/octet-stream" {
			t.Errorf("%q is sent as %q", name, disposition)
		}
	}
}
