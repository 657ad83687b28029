package llm

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
)

// ErrNotRecorded marks a request that a cassette does not hold.
var ErrNotRecorded = errors.New("the cassette holds no such request")

// exchange is a reply of a model server, a line of a cassette. The request is
// known by its hash alone, and no header of it is kept: a cassette holds no key
// and no address.
type exchange struct {
	Request     string `json:"request"` // SHA-256 of path and body
	Status      int    `json:"status"`
	ContentType string `json:"content_type,omitempty"`
	RetryAfter  string `json:"retry_after,omitempty"`
	Body        string `json:"body"`
}

// Recorder is a transport that writes what a model server replies to a file, so
// that the same run can be repeated without the server. It is safe for concurrent
// use.
type Recorder struct {
	base http.RoundTripper
	mu   sync.Mutex
	file *os.File
}

// Record begins a new cassette. A nil base is a transport of its own.
func Record(name string, base http.RoundTripper) (*Recorder, error) {
	file, err := os.Create(name)
	if err != nil {
		return nil, fmt.Errorf("begin a cassette: %w", err)
	}
	if base == nil {
		base = newTransport()
	}
	return &Recorder{base: base, file: file}, nil
}

// RoundTrip implements http.RoundTripper. A reply is recorded when it has been read
// to its end; one that was left or cut off is not.
func (r *Recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	key, body, err := keyOf(req)
	if err != nil {
		return nil, err
	}
	sent := req.Clone(req.Context())
	sent.Body = io.NopCloser(bytes.NewReader(body))
	resp, err := r.base.RoundTrip(sent)
	if err != nil {
		return nil, err
	}
	resp.Body = &recorded{ReadCloser: resp.Body, recorder: r, exchange: exchange{
		Request: key, Status: resp.StatusCode,
		ContentType: resp.Header.Get("Content-Type"), RetryAfter: resp.Header.Get("Retry-After"),
	}}
	return resp, nil
}

// Close ends the cassette.
func (r *Recorder) Close() error { return r.file.Close() }

func (r *Recorder) write(e exchange) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return json.NewEncoder(r.file).Encode(e)
}

// recorded is a body that is recorded as it is read.
type recorded struct {
	io.ReadCloser
	recorder *Recorder
	exchange exchange
	body     bytes.Buffer
	written  bool
}

// Read implements io.Reader.
func (b *recorded) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.body.Write(p[:n])
	if errors.Is(err, io.EOF) {
		if failed := b.write(); failed != nil {
			return n, failed
		}
	}
	return n, err
}

// Close implements io.Closer. A client that has read the mark of the end does not
// wait for the end itself.
func (b *recorded) Close() error {
	var failed error
	if bytes.Contains(b.body.Bytes(), []byte("data: [DONE]")) {
		failed = b.write()
	}
	return errors.Join(failed, b.ReadCloser.Close())
}

func (b *recorded) write() error {
	if b.written {
		return nil
	}
	b.written = true
	b.exchange.Body = b.body.String()
	if err := b.recorder.write(b.exchange); err != nil {
		return fmt.Errorf("record a reply: %w", err)
	}
	return nil
}

// Player is a transport that replies from a cassette and sends nothing. Where the
// same request was recorded several times it is answered in the same order, and by
// the last from then on. It is safe for concurrent use.
type Player struct {
	mu      sync.Mutex
	replies map[string][]exchange
}

// Replay reads a cassette.
func Replay(name string) (*Player, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read a cassette: %w", err)
	}
	defer file.Close()
	p := &Player{replies: make(map[string][]exchange)}
	in := json.NewDecoder(bufio.NewReader(file))
	for n := 1; ; n++ {
		var e exchange
		switch err := in.Decode(&e); {
		case errors.Is(err, io.EOF):
			return p, nil
		case err != nil:
			return nil, fmt.Errorf("read a cassette, reply %d: %w", n, err)
		}
		p.replies[e.Request] = append(p.replies[e.Request], e)
	}
}

// RoundTrip implements http.RoundTripper.
func (p *Player) RoundTrip(req *http.Request) (*http.Response, error) {
	key, _, err := keyOf(req)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	replies := p.replies[key]
	if len(replies) == 0 {
		return nil, fmt.Errorf("%w: %s %s", ErrNotRecorded, req.Method, req.URL.Path)
	}
	if len(replies) > 1 {
		p.replies[key] = replies[1:]
	}
	e := replies[0]
	header := make(http.Header)
	header.Set("Content-Type", e.ContentType)
	if e.RetryAfter != "" {
		header.Set("Retry-After", e.RetryAfter)
	}
	return &http.Response{
		StatusCode: e.Status, Status: http.StatusText(e.Status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(bytes.NewReader([]byte(e.Body))), ContentLength: int64(len(e.Body)), Request: req,
	}, nil
}

// keyOf is the hash of what a request asks, and its body.
func keyOf(req *http.Request) (key string, body []byte, err error) {
	if req.Body != nil {
		defer req.Body.Close()
		if body, err = io.ReadAll(req.Body); err != nil {
			return "", nil, fmt.Errorf("read the request: %w", err)
		}
	}
	sum := sha256.Sum256(append([]byte(req.URL.Path+"\n"), body...))
	return hex.EncodeToString(sum[:]), body, nil
}
