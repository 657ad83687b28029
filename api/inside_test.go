package api

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/labstack/echo/v4"
)

// The specification is valid, its examples fit, and every operation has a route.
func TestSpecification(t *testing.T) {
	t.Parallel()
	spec, err := openapi3.NewLoader().LoadFromData(specification)
	if err != nil {
		t.Fatal(err)
	}
	if err := spec.Validate(context.Background(), openapi3.EnableExamplesValidation(), openapi3.EnableSchemaFormatValidation()); err != nil {
		t.Error(err)
	}
	e := echo.New()
	RegisterHandlers(e, NewStrictHandler(&Server{}, nil))
	var routed []string
	for _, r := range e.Routes() {
		routed = append(routed, r.Method+" "+r.Path)
	}
	v, err := newValidator()
	if err != nil {
		t.Fatal(err)
	}
	for route := range v.routes {
		if !slices.Contains(routed, route) {
			t.Errorf("%s is specified and has no route", route)
		}
	}
	for path, item := range spec.Paths.Map() {
		for method, operation := range item.Operations() {
			if operation.Summary == "" || operation.OperationID == "" || len(operation.Tags) == 0 {
				t.Errorf("%s %s says too little about itself", method, path)
			}
		}
	}
}

// A panic becomes a problem that tells nothing of the inside.
func TestPanicBecomesAProblem(t *testing.T) {
	t.Parallel()
	var logged strings.Builder
	s := &Server{log: slog.New(slog.NewTextHandler(&logged, nil))}
	e := echo.New()
	e.HTTPErrorHandler = s.handleError
	e.Use(identify, s.logAccess, s.recoverPanic)
	e.GET("/", func(echo.Context) error { panic("the cellar is flooded") })
	w := httptest.NewRecorder()
	e.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	var p Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != http.StatusInternalServerError {
		t.Fatalf("got %d %s", w.Code, w.Body)
	}
	if strings.Contains(w.Body.String(), "cellar") || !strings.Contains(logged.String(), "cellar") {
		t.Errorf("the client is told %s, the log %s", w.Body, logged.String())
	}
}

// Only the client that stays is told of an error in the middle of a stream.
func TestStreamEndsWithItsError(t *testing.T) {
	t.Parallel()
	events := func(yield func(event, error) bool) {
		_ = yield(event{"first", 1}, nil) && yield(event{}, refuse(http.StatusConflict, "no"))
	}
	s, err := newStream(events)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	if err := s.send(w); err == nil {
		t.Error("the error is not returned for the log")
	}
	if got := w.Body.String(); !strings.HasPrefix(got, "event: first\ndata: 1\n\nevent: error\ndata: {") || !strings.Contains(got, `"status":409`) {
		t.Errorf("got %s", got)
	}
	if _, err := newStream(func(yield func(event, error) bool) { yield(event{}, refuse(http.StatusConflict, "no")) }); err == nil {
		t.Error("a stream that fails at once is no stream")
	}
}

// A page of the web whose name is made to lead here reads nothing.
func TestForeignHostsAreRefused(t *testing.T) {
	t.Parallel()
	e := echo.New()
	e.HTTPErrorHandler = (&Server{log: slog.New(slog.DiscardHandler)}).handleError
	e.GET("/", func(c echo.Context) error { return c.NoContent(http.StatusOK) }, refuseForeignHosts)
	for host, want := range map[string]int{
		"localhost": 200, "LOCALHOST:8080": 200, "127.0.0.1:8080": 200, "127.0.0.1": 200, "[::1]:8080": 200, "[::1]": 200,
		"evil.example": 421, "evil.example:8080": 421, "localhost.evil.example": 421, "127.0.0.1.evil.example": 421, "10.0.0.1": 421, "": 421,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		if e.ServeHTTP(w, r); w.Code != want {
			t.Errorf("host %q: got %d, want %d", host, w.Code, want)
		}
	}
}

// A body that stops coming ends the read, and a handler that has read its body
// may then take its time.
func TestBodyThatStopsComing(t *testing.T) {
	t.Parallel()
	const stall = 50 * time.Millisecond
	read := make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(&patientBody{r.Body, http.NewResponseController(w), stall})
		if err == nil {
			select {
			case <-r.Context().Done():
				err = r.Context().Err()
			case <-time.After(4 * stall):
			}
		}
		read <- err
	}))
	defer server.Close()
	if _, err := http.Post(server.URL, "text/plain", strings.NewReader("算力券")); err != nil {
		t.Fatal(err)
	}
	if err := <-read; err != nil {
		t.Errorf("a body that came: %v", err)
	}
	body, half := io.Pipe()
	defer half.Close()
	go func() {
		if response, err := http.Post(server.URL, "text/plain", body); err == nil {
			response.Body.Close()
		}
	}()
	half.Write([]byte("算力"))
	if err := <-read; !errors.Is(err, errStalled) || problemOf(err).Status != http.StatusRequestTimeout {
		t.Errorf("a body that stopped: %v", err)
	}
}

// A client that takes no more of its answer does not hold the handler, and one that
// pauses and goes on gets it whole.
func TestAnswerThatIsNotTaken(t *testing.T) {
	t.Parallel()
	const stall = 50 * time.Millisecond
	wrote := make(chan error, 1)
	server := httptest.NewServer(writePatiently(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/pausing" {
			fmt.Fprint(w, "一")
			http.NewResponseController(w).Flush()
			time.Sleep(2 * stall)
			fmt.Fprint(w, "二")
			return
		}
		for {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				wrote <- err
				return
			}
		}
	}), stall))
	defer server.Close()
	connection, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	fmt.Fprint(connection, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	if err := <-wrote; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the handler was told %v", err)
	}
	response, err := http.Get(server.URL + "/pausing")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if said, err := io.ReadAll(response.Body); err != nil || string(said) != "一二" {
		t.Errorf("got %q, %v", said, err)
	}
}

// A gate lets in as many as it has places for, lets some wait, and sends the rest away.
func TestGate(t *testing.T) {
	t.Parallel()
	g := newGate(1, 1, 0)
	leave, err := g.enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	waited := make(chan error, 1)
	go func() {
		second, err := g.enter(t.Context())
		if err == nil {
			second()
		}
		waited <- err
	}()
	for len(g.queue) < 2 {
		time.Sleep(time.Millisecond)
	}
	if _, err := g.enter(t.Context()); err == nil || problemOf(err).Status != http.StatusServiceUnavailable {
		t.Errorf("a third gets in: %v", err)
	}
	leave()
	if err := <-waited; err != nil {
		t.Errorf("the second does not get in: %v", err)
	}
	if len(g.inside) > 0 || len(g.queue) > 0 {
		t.Error("somebody is left")
	}
}

// FuzzCheckNames holds the check against the standard decoder: what it lets
// through is one JSON value.
func FuzzCheckNames(f *testing.F) {
	for _, seed := range []string{`{"question": "算力券？"}`, `{"a": {"b": [1, {"a": 1}]}, "b": null}`, `{"a": 1, "a": 2}`, `[{"a": 1}, {"a": 2}]`, `{} {}`, `{"a"`, `"a"`, ``} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := checkNames(data); err == nil && len(strings.TrimSpace(string(data))) > 0 && !json.Valid(data) {
			t.Errorf("%q passed and is no JSON", data)
		}
	})
}

func TestFieldName(t *testing.T) {
	t.Parallel()
	for want, path := range map[string][]string{
		"question":         {"question"},
		"filters.city[0]":  {"filters", "city", "0"},
		"history[12].role": {"history", "12", "role"},
		"":                 nil,
	} {
		if got := fieldName(path); got != want {
			t.Errorf("%q: got %s, want %s", path, got, want)
		}
	}
}

// A stream says that it is alive while it has nothing to tell, between events and
// never inside one, and no more when it has ended.
func TestStreamsBeat(t *testing.T) {
	t.Parallel()
	heard := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := newStream(func(yield func(event, error) bool) {
			if yield(event{"statement", "每年最高1000万元"}, nil) {
				<-heard
				yield(event{"done", true}, nil)
			}
		})
		if err != nil {
			t.Error(err)
			return
		}
		s.beat = time.Millisecond
		if err := s.send(w); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	response, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	var told []string
	for beats := 0; lines.Scan(); {
		switch line := lines.Text(); {
		case line == ": ":
			if beats++; beats == 3 {
				close(heard)
			}
		case line != "":
			told = append(told, line)
		}
	}
	want := []string{"event: statement", `data: "每年最高1000万元"`, "event: done", "data: true"}
	if !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}
