package api_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"context"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"policykb/api"
	"policykb/corpus"
	"policykb/corpus/sqlite"
	"policykb/corpus/starter"
	"policykb/ingest"
	"policykb/retrieval"
	"policykb/retrieval/embed"
	"policykb/retrieval/embedded"
)

// house is a whole knowledge base behind its door.
type house struct {
	url       string
	client    *http.Client
	catalogue *sqlite.Catalogue
}

// empty opens a knowledge base without documents.
func empty(t testing.TB) *house {
	t.Helper()
	return with(t, nil)
}

// with opens a knowledge base without documents whose server is set up otherwise.
func with(t testing.TB, adjust func(*api.Config)) *house {
	t.Helper()
	h, closing, err := open(t.TempDir(), adjust)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := closing(); err != nil {
			t.Error(err)
		}
	})
	h.client.Transport = checked{t, h.client.Transport}
	return h
}

// furnished is a knowledge base with the starter corpus, shared by the tests that
// only read.
func furnished(t testing.TB) *house {
	t.Helper()
	h, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	own := *h
	own.client = &http.Client{Transport: checked{t, h.client.Transport}}
	return &own
}

var (
	sharedFolder  string
	sharedClosing = func() error { return nil }
	shared        = sync.OnceValues(func() (*house, error) {
		h, closing, err := open(sharedFolder, nil)
		if err != nil {
			return nil, err
		}
		sharedClosing = closing
		for name, text := range starter.Documents() {
			response, err := h.upload(http.MethodPost, "/v1/documents?wait=true", nil, file{name, string(text)})
			if err != nil {
				return nil, err
			}
			response.Body.Close()
			if response.StatusCode != http.StatusAccepted {
				return nil, errors.New(name + ": " + response.Status)
			}
		}
		return h, nil
	})
)

func TestMain(m *testing.M) {
	var err error
	if sharedFolder, err = os.MkdirTemp("", "policykb"); err != nil {
		panic(err)
	}
	code := m.Run()
	if err := errors.Join(sharedClosing(), os.RemoveAll(sharedFolder)); err != nil {
		panic(err)
	}
	os.Exit(code)
}

// open opens a knowledge base in a folder and serves it.
func open(folder string, adjust func(*api.Config)) (*house, func() error, error) {
	ctx, stop := context.WithCancel(context.Background())
	log := slog.New(slog.DiscardHandler)
	catalogue, err := sqlite.Open(ctx, filepath.Join(folder, "catalogue.db"))
	if err != nil {
		stop()
		return nil, nil, err
	}
	originals, err := corpus.OpenFolder(filepath.Join(folder, "originals"))
	if err != nil {
		stop()
		return nil, nil, err
	}
	embedder := embed.Builtin()
	engine, err := embedded.Open(embedded.Options{Model: embedder.Model(), Dimensions: embedder.Dimensions(), Logger: log})
	if err != nil {
		stop()
		return nil, nil, err
	}
	index := retrieval.Count(engine)
	pipeline, err := ingest.New(ingest.Config{Catalogue: catalogue, Originals: originals, Index: index, Embedder: embedder, Logger: log})
	if err != nil {
		stop()
		return nil, nil, err
	}
	config := api.Config{
		Catalogue: catalogue, Originals: originals, Index: index, Embedder: embedder, Pipeline: pipeline,
		Answers: retrieval.New(retrieval.Config{Catalogue: catalogue, Index: index, Embedder: embedder}),
		Fetcher: ingest.NewFetcher(ingest.FetchConfig{}), Logger: log, Version: "test",
	}
	if adjust != nil {
		adjust(&config)
	}
	server, err := api.New(config)
	if err != nil {
		stop()
		return nil, nil, err
	}
	done := make(chan error, 1)
	go func() { done <- pipeline.Run(ctx) }()
	listener := httptest.NewServer(server)
	return &house{listener.URL, listener.Client(), catalogue}, func() error {
		listener.Close()
		stop()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
		return errors.Join(index.Close(), catalogue.Close())
	}, nil
}

// specification is what every response of every test is held against.
var specification = sync.OnceValue(func() routers.Router {
	spec, err := openapi3.NewLoader().LoadFromFile("openapi.yaml")
	if err != nil {
		panic(err)
	}
	router, err := legacy.NewRouter(spec)
	if err != nil {
		panic(err)
	}
	spec.OpenAPI = "3.0.3" // is checked faster from here on, by the same rules
	for _, kind := range []string{"text/event-stream", "application/yaml", "application/x-ndjson", "application/x-tar"} {
		openapi3filter.RegisterBodyDecoder(kind, openapi3filter.FileBodyDecoder)
	}
	return router
})

// checked fails the test when a response is not what the specification says.
type checked struct {
	t    testing.TB
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (c checked) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	plain := *r.URL
	plain.Host, plain.Scheme = "", ""
	route, path, err := specification().FindRoute(&http.Request{Method: r.Method, URL: &plain})
	if err != nil {
		return response, nil // the page
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	response.Body.Close()
	response.Body = io.NopCloser(bytes.NewReader(body))
	err = openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, PathParams: path, Route: route},
		Status:                 response.StatusCode,
		Header:                 response.Header,
		Body:                   io.NopCloser(bytes.NewReader(body)),
		Options:                &openapi3filter.Options{MultiError: true},
	})
	if err != nil {
		c.t.Errorf("%s %s answers %s, which is not as specified: %v\n%s", r.Method, r.URL.Path, response.Status, err, body)
	}
	return response, nil
}

// file is one to upload.
type file struct{ name, text string }

// upload sends a form.
func (h *house) upload(method, path string, fields map[string]string, files ...file) (*http.Response, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, value := range fields {
		form.WriteField(name, value)
	}
	for _, f := range files {
		part, _ := form.CreateFormFile("file", f.name)
		io.WriteString(part, f.text)
	}
	form.Close()
	r, err := http.NewRequest(method, h.url+path, &body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	return h.client.Do(r)
}

// send sends a request with a JSON body, or none where it is "".
func (h *house) send(t testing.TB, method, path, body string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, h.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	response, err := h.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

// read reads a JSON response that must have the status.
func read[T any](t testing.TB, response *http.Response, status int) (value T) {
	t.Helper()
	body := text(t, response, status)
	if err := json.Unmarshal([]byte(body), &value); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return value
}

// text reads a response that must have the status.
func text(t testing.TB, response *http.Response, status int) string {
	t.Helper()
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != status {
		t.Fatalf("%s %s answers %s, want %d: %s", response.Request.Method, response.Request.URL.Path, response.Status, status, body)
	}
	return string(body)
}

// question makes the body of an ask.
func question(words string) string {
	body, err := json.Marshal(map[string]string{"question": words})
	if err != nil {
		panic(err)
	}
	return string(body)
}
