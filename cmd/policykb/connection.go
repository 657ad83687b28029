package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"policykb/api/client"
)

// connection is a way to the API of a knowledge base.
type connection struct {
	*client.Client
	close func() error
}

// connect finds the policykb that serves the data folder, or opens the folder and
// serves it to this command alone.
func connect(ctx context.Context, s *settings, log *slog.Logger) (*connection, error) {
	lock, err := lockFolder(s)
	var inUse *inUseError
	if errors.As(err, &inUse) && inUse.holder.URL != "" {
		return newConnection(inUse.holder.URL, clientFor(s), func() error { return nil })
	}
	if err != nil {
		return nil, err
	}
	b, err := openBase(ctx, s, log)
	if err != nil {
		return nil, errors.Join(err, lock.release())
	}
	pipes := newPipeListener()
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- serve(serving, pipes, b.server.Trusted(), log) }()
	transport := &http.Transport{DialContext: pipes.dial}
	return newConnection("http://localhost", &http.Client{Transport: transport}, func() error {
		transport.CloseIdleConnections()
		stop()
		return errors.Join(<-done, b.close(), lock.release())
	})
}

func newConnection(url string, doer client.HttpRequestDoer, closing func() error) (*connection, error) {
	c, err := client.NewClient(url, client.WithHTTPClient(doer))
	if err != nil {
		return nil, errors.Join(err, closing())
	}
	return &connection{c, closing}, nil
}

// withConnection connects, runs f and closes the connection.
func withConnection(ctx context.Context, s *settings, log *slog.Logger, f func(*connection) error) error {
	c, err := connect(ctx, s, log)
	if err != nil {
		return err
	}
	return errors.Join(f(c), c.close())
}

// read returns what a response holds; a problem is returned as an error.
func read[T any](response *http.Response, err error) (value T, _ error) {
	body, err := readBody(response, err)
	if err != nil {
		return value, err
	}
	if err := json.Unmarshal(body, &value); err != nil {
		return value, fmt.Errorf("the server's answer cannot be read: %w", err)
	}
	return value, nil
}

// readBody returns a response's body; a problem is returned as an error.
func readBody(response *http.Response, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("read the server's answer: %w", err)
	}
	if response.StatusCode < http.StatusBadRequest {
		return body, nil
	}
	var problem client.Problem
	if err = fmt.Errorf("the server answers %s", response.Status); strings.HasPrefix(response.Header.Get("Content-Type"), "application/problem+json") && json.Unmarshal(body, &problem) == nil {
		err = errors.New(problem.Detail)
	}
	if seconds, failed := strconv.Atoi(response.Header.Get("Retry-After")); failed == nil &&
		(response.StatusCode == http.StatusTooManyRequests || response.StatusCode == http.StatusServiceUnavailable) {
		err = &sentAway{err, time.Duration(seconds) * time.Second}
	}
	return nil, err
}

// sentAway is a refusal by a server that has too much to do, and says when to come back.
type sentAway struct {
	error
	back time.Duration
}

// Unwrap returns what the server said.
func (s *sentAway) Unwrap() error { return s.error }

// mostAttempts is how often a request is made of a server that sends it away.
const mostAttempts = 10

// patiently makes a request again when the server said to come back, as long as
// again can make it as it was.
func patiently[T any](ctx context.Context, request func() (T, error), again func() bool) (T, error) {
	for n := 1; ; n++ {
		value, err := request()
		var away *sentAway
		if !errors.As(err, &away) || n == mostAttempts || !again() {
			return value, err
		}
		select {
		case <-ctx.Done():
			return value, ctx.Err()
		case <-time.After(away.back):
		}
	}
}

// pipeListener listens within the process.
type pipeListener struct {
	connections chan net.Conn
	closed      chan struct{}
	once        sync.Once
}

func newPipeListener() *pipeListener {
	return &pipeListener{connections: make(chan net.Conn), closed: make(chan struct{})}
}

// dial makes a connection to the listener.
func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case l.connections <- far:
		return near, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept implements net.Listener.
func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.connections:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr implements net.Listener.
func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "policykb", Net: "pipe"} }
