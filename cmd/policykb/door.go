package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"path/filepath"

	"policykb/api"
	"policykb/ingest"
)

// doorSettings say who is let in, and how.
type doorSettings struct {
	PublicURL string `name:"public-url" env:"POLICYKB_PUBLIC_URL" placeholder:"URL" help:"Where readers reach the page, for the addresses that other programs show; by default what each request calls this server."`
	APIKeys   string `name:"api-keys" env:"POLICYKB_API_KEYS" placeholder:"FILE" help:"File of the keys that are let in (see the command keys). Without it everybody on this machine is."`
	APIKey    string `name:"api-key" env:"POLICYKB_API_KEY" placeholder:"KEY" help:"Key to show to the server that this command speaks to."`

	Rate         int      `env:"POLICYKB_RATE" default:"600" placeholder:"N" help:"Requests a minute for each key, or each address without keys; 0 for any number. This machine is not limited."`
	CORSOrigin   []string `name:"cors-origin" env:"POLICYKB_CORS_ORIGIN" sep:"," placeholder:"ORIGIN" help:"Origins whose pages may ask, as https://policy.example."`
	TrustedProxy []string `name:"trusted-proxy" env:"POLICYKB_TRUSTED_PROXY" sep:"," placeholder:"ADDRESS" help:"Proxies, or networks of them, that say in X-Forwarded-For who asks."`

	UserHeader string   `name:"user-header" env:"POLICYKB_USER_HEADER" placeholder:"NAME" help:"Header in which the trusted proxies name the user whom they have let in, as X-Forwarded-User. Such users need no key."`
	UserRole   api.Role `name:"user-role" env:"POLICYKB_USER_ROLE" enum:"reader,analyst,admin" default:"reader" help:"Role of the users whom proxies name: reader, analyst or admin."`

	AdminListen  string `name:"admin-listen" env:"POLICYKB_ADMIN_LISTEN" placeholder:"HOST:PORT" help:"Address of the operator's own, for /metrics and /debug/pprof without a key."`
	LogQuestions bool   `name:"log-questions" env:"POLICYKB_LOG_QUESTIONS" help:"Put questions into the log, which else holds none."`
}

// guarded reports whether it is asked who somebody is.
func (s *doorSettings) guarded() bool { return s.APIKeys != "" || s.UserHeader != "" }

// feedbackPath is the file that says what people think of answers.
func (s *settings) feedbackPath() string { return filepath.Join(s.Data, "feedback.jsonl") }

// auditPath is the file that says who changed what.
func (s *settings) auditPath() string { return filepath.Join(s.Data, "audit.jsonl") }

// openDoor makes the server of an open base.
func (b *base) openDoor(s *settings, log *slog.Logger) (err error) {
	c := api.Config{
		Catalogue: b.catalogue, Originals: b.originals, Index: b.index, Embedder: b.embedder,
		Answers: b.answers, Pipeline: b.pipeline, Fetcher: ingest.NewFetcher(ingest.FetchConfig{}), Pages: b.showers,
		Logger: log, Version: version, PublicURL: s.PublicURL, Local: !s.Open && !s.guarded(),
		LogQuestions: s.LogQuestions, Feedback: api.NewFeedbackFile(s.feedbackPath()),
		Limits: api.Limits{Rate: s.Rate}, Origins: s.CORSOrigin, Proxies: s.TrustedProxy,
		Files: s.carried(), UserHeader: s.UserHeader, UserRole: s.UserRole,
	}
	if b.writer != nil {
		c.Modelled = b.writer.Counts
	}
	if s.APIKeys != "" {
		if c.Keys, err = api.OpenKeyFile(s.APIKeys); err != nil {
			return err
		}
	}
	if b.audit, err = os.OpenFile(s.auditPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		return fmt.Errorf("open the audit log: %w", err)
	}
	c.Audit = slog.New(slog.NewJSONHandler(b.audit, nil))
	b.server, err = api.New(c)
	return err
}

// operate serves metrics and profiles at the operator's own address, where one is
// given, until stop is called.
func (b *base) operate(s *settings, log *slog.Logger) (stop func() error, err error) {
	if s.AdminListen == "" {
		return func() error { return nil }, nil
	}
	listener, err := net.Listen("tcp", s.AdminListen)
	if err != nil {
		return nil, fmt.Errorf("listen for the operator: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", b.server.Metrics())
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	log.Info("the operator is served", "url", "http://"+listener.Addr().String())
	serving, end := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- serve(serving, listener, mux, log) }()
	return func() error { end(); return <-done }, nil
}

// closeDoor closes what openDoor opened.
func (b *base) closeDoor() error {
	if b.audit == nil {
		return nil
	}
	return errors.Join(b.audit.Sync(), b.audit.Close())
}

// withKey shows a key with every request.
type withKey struct {
	key  string
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (w withKey) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+w.key)
	return w.next.RoundTrip(r)
}

// clientFor is a client that shows the key, where one is given.
func clientFor(s *settings) *http.Client {
	if s.APIKey == "" {
		return http.DefaultClient
	}
	return &http.Client{Transport: withKey{s.APIKey, http.DefaultTransport}}
}
