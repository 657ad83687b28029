package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"go.opentelemetry.io/otel"
)

func TestSpansGoWhereTheEnvironmentSays(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	sent := make(chan []byte, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // what is missing fails the test below
		if r.URL.Path == "/v1/traces" && r.Header.Get("Content-Type") == "application/x-protobuf" && r.Header.Get("Authorization") == "Basic key" {
			sent <- body
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	defer server.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "Authorization=Basic%20key")
	stop, err := startTracing(t.Context(), os.Getenv, log)
	if err != nil {
		t.Fatal(err)
	}
	_, span := otel.Tracer("test").Start(context.Background(), "a span of the test")
	span.End()
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	select {
	case body := <-sent:
		for _, words := range []string{"a span of the test", "service.name", "policykb"} {
			if !bytes.Contains(body, []byte(words)) {
				t.Errorf("what was sent lacks %q", words)
			}
		}
	default:
		t.Error("nothing was sent")
	}
}

func TestNothingIsTracedUnasked(t *testing.T) {
	t.Parallel()
	for _, env := range []map[string]string{
		{},
		{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "none"},
	} {
		before := otel.GetTracerProvider()
		stop, err := startTracing(t.Context(), func(name string) string { return env[name] }, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if otel.GetTracerProvider() != before {
			t.Errorf("with %v spans are recorded", env)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	}
	_, err := startTracing(t.Context(), func(name string) string {
		return map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}[name]
	}, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "http/protobuf") {
		t.Errorf("with grpc: %v", err)
	}
}
