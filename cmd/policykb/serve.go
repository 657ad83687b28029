package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"policykb/ingest"
)

// serveCommand serves the page and the API until it is interrupted.
type serveCommand struct {
	Watch     []string      `env:"POLICYKB_WATCH" placeholder:"FOLDER" type:"existingdir" help:"Bring in the files of this folder by themselves, new and changed ones; may be given again."`
	Feed      string        `env:"POLICYKB_FEED" placeholder:"FILE" type:"existingfile" help:"Ask the addresses in this file again and again, one a line, for new versions."`
	FeedEvery time.Duration `env:"POLICYKB_FEED_EVERY" default:"24h" placeholder:"DURATION" help:"How often each address of the feed is asked."`
}

// graceTime is how long answers that are being written may take to be finished
// after an interrupt.
const graceTime = 10 * time.Second

// Run implements kong's command.
func (w serveCommand) Run(ctx context.Context, s *settings, c *console, log *slog.Logger, level *slog.LevelVar) (err error) {
	if err := s.checkListen(); err != nil {
		return err
	}
	if err := w.check(s); err != nil {
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
	besides, end := context.WithCancel(ctx)
	var beside sync.WaitGroup
	if backups != nil {
		beside.Go(func() { backups.run(besides) })
	}
	for _, follow := range w.following(b) {
		beside.Go(func() {
			if err := follow(besides); err != nil {
				log.Error("documents no longer come in by themselves; restart policykb when the cause is gone", "error", err)
			}
		})
	}
	err = serve(ctx, listener, b.server, log)
	end()
	beside.Wait()
	return errors.Join(err, stop())
}

// check refuses a schedule that would be a burden to others, and a folder that
// would bring in the knowledge base itself.
func (w serveCommand) check(s *settings) error {
	if w.Feed != "" && w.FeedEvery < time.Minute {
		return fmt.Errorf("--feed-every %v: sites are asked once a minute at most", w.FeedEvery)
	}
	data, err := filepath.Abs(s.Data)
	if err != nil {
		return err
	}
	for _, dir := range w.Watch {
		watched, err := filepath.Abs(dir)
		if err != nil {
			return err
		}
		if inside, err := filepath.Rel(watched, data); err == nil && filepath.IsLocal(inside) {
			return fmt.Errorf("--watch %s: the data folder %s lies in it; keep the two apart", dir, s.Data)
		}
	}
	return nil
}

// following gives what brings documents in by itself, each to be run until its
// context ends.
func (w serveCommand) following(b *base) (all []func(context.Context) error) {
	for _, dir := range w.Watch {
		all = append(all, func(ctx context.Context) error { return b.pipeline.FollowFolder(ctx, dir, ingest.LookEvery) })
	}
	if w.Feed != "" {
		feed := ingest.Feed{Path: w.Feed, Fetcher: ingest.NewFetcher(ingest.FetchConfig{}), Every: w.FeedEvery}
		all = append(all, func(ctx context.Context) error { return b.pipeline.FollowFeed(ctx, feed) })
	}
	return all
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
