package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// serveCommand serves the page and the API until it is interrupted.
type serveCommand struct{}

// graceTime is how long answers that are being written may take to be finished
// after an interrupt.
const graceTime = 10 * time.Second

// Run implements kong's command.
func (serveCommand) Run(ctx context.Context, s *settings, c *console, log *slog.Logger, level *slog.LevelVar) (err error) {
	if err := s.checkListen(); err != nil {
		return err
	}
	lock, err := lockFolder(s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.release()) }()
	listener, err := net.Listen("tcp", s.Listen) // before the work of opening, which would be in vain
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer listener.Close()
	b, err := openBase(ctx, s, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	backups, err := b.backups(s, log)
	if err != nil {
		return err
	}
	held, err := b.catalogue.Holdings(ctx)
	if err != nil {
		return err
	}
	url := "http://" + listener.Addr().String()
	if err := lock.announce(url); err != nil {
		return err
	}
	c.printf("policykb serves %d documents at %s\n", len(held), url)
	level.Set(min(level.Level(), slog.LevelInfo)) // what happens from here on is news
	stop, err := b.operate(s, log)
	if err != nil {
		return err
	}
	backingUp, end := context.WithCancel(ctx)
	var beside sync.WaitGroup
	if backups != nil {
		beside.Go(func() { backups.run(backingUp) })
	}
	err = serve(ctx, listener, b.server, log)
	end()
	beside.Wait()
	return errors.Join(err, stop())
}

// serve answers requests until the context ends, and then lets those that have
// begun come to their end.
func serve(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger) error {
	requests, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return requests },
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), graceTime)
	defer cancel()
	err := server.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		cut() // what follows a job would go on for as long as the job
		err = server.Close()
	}
	<-failed
	return err
}
