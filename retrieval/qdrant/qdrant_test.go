package qdrant_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	api "github.com/qdrant/go-client/qdrant"

	"policykb/retrieval"
	"policykb/retrieval/indextest"
	"policykb/retrieval/qdrant"
	"policykb/retrieval/qdrant/qdranttest"
)

func TestIndex(t *testing.T) {
	t.Parallel()
	server := qdranttest.Start(t)
	indextest.Run(t, func(t *testing.T) retrieval.Index { return open(t, options(t, server.Address)) })
}

// The suite runs against a real server where POLICYKB_TEST_QDRANT names one: host:port
// of its gRPC, with settings of the URL behind it where they are to differ
// (127.0.0.1:6334?shards=3&replicas=2); QDRANT_API_KEY as usual. Collections are made
// for each test and removed behind it.
func TestServer(t *testing.T) {
	server := realServer(t)
	for _, exact := range []bool{false, true} {
		t.Run("exact="+strconv.FormatBool(exact), func(t *testing.T) {
			indextest.Run(t, func(t *testing.T) retrieval.Index {
				o := options(t, server)
				o.Exact = exact
				return open(t, o)
			})
		})
	}
}

// realServer is the address of the real server; without one the test is skipped.
func realServer(t testing.TB) string {
	t.Helper()
	server := os.Getenv("POLICYKB_TEST_QDRANT")
	if server == "" {
		t.Skip("POLICYKB_TEST_QDRANT names no server")
	}
	return server
}

var collections atomic.Int64

// options are those of an index with a name of its own, which is removed after the test.
func options(t testing.TB, server string) qdrant.Options {
	t.Helper()
	key, err := qdrant.KeyFromEnvironment(os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	host, settings, _ := strings.Cut(server, "?")
	o, err := qdrant.ParseURL(fmt.Sprintf("qdrant://%s/policykb-test-%d-%d?%s", host, os.Getpid(), collections.Add(1), settings))
	if err != nil {
		t.Fatal(err)
	}
	o.Key, o.Model, o.Dimensions = key, "suite", indextest.Dimensions
	t.Cleanup(func() { removeCollections(t, o) })
	return o
}

func open(t testing.TB, o qdrant.Options) *qdrant.Index {
	t.Helper()
	x, err := qdrant.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return x
}

// client is one that speaks to the server without the index between.
func client(t testing.TB, o qdrant.Options) *api.Client {
	t.Helper()
	host, port, _ := strings.Cut(o.Server, ":")
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	c, err := api.NewClient(&api.Config{Host: host, Port: n, APIKey: string(o.Key), PoolSize: 1, SkipCompatibilityCheck: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// removeCollections removes all collections of an index.
func removeCollections(t testing.TB, o qdrant.Options) {
	t.Helper()
	ctx, done := context.WithTimeout(context.Background(), 10*time.Second) // the test's own has ended
	defer done()
	c := client(t, o)
	names, err := c.ListCollections(ctx)
	if err != nil {
		return // the test stopped the server
	}
	for _, name := range names {
		if strings.HasPrefix(name, o.Collection+"-") {
			if err := c.DeleteCollection(ctx, name); err != nil {
				t.Errorf("remove %s: %v", name, err)
			}
		}
	}
}
