package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"policykb/api/client"
)

// pingCommand asks a server whether it is ready, for the health checks of
// containers that hold nothing but this program.
type pingCommand struct{}

// Run implements kong's command.
func (pingCommand) Run(ctx context.Context, s *settings, c *console, _ *slog.Logger) error {
	host, port, err := net.SplitHostPort(s.Listen)
	if err != nil {
		return fmt.Errorf("--listen %s: %w", s.Listen, err)
	}
	if address, err := netip.ParseAddr(host); host == "" || err == nil && address.IsUnspecified() {
		host = "127.0.0.1"
	}
	api, err := newConnection("http://"+net.JoinHostPort(host, port), &http.Client{Timeout: 3 * time.Second}, func() error { return nil })
	if err != nil {
		return err
	}
	ready, err := read[client.Readiness](api.Readiness(ctx))
	if err != nil {
		return err
	}
	c.printf("%s\n", ready.Status)
	return nil
}
