package qdrant_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	api "github.com/qdrant/go-client/qdrant"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"policykb/retrieval/qdrant"
	"policykb/retrieval/qdrant/qdranttest"
)

func TestParseURL(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]qdrant.Options{
		"qdrant://qdrant:6334/policies":    {Server: "qdrant:6334", Collection: "policies", Timeout: qdrant.DefaultTimeout},
		"qdrant://10.0.0.7/policies":       {Server: "10.0.0.7:6334", Collection: "policies", Timeout: qdrant.DefaultTimeout},
		"qdrants://q.example.org/policies": {Server: "q.example.org:6334", Collection: "policies", TLS: true, Timeout: qdrant.DefaultTimeout},
		"qdrant://[::1]:6334/p?shards=6&replicas=2&write_consistency=1&read_consistency=quorum&on_disk=true&quantization=binary&exact=true&timeout=3s": {
			Server: "[::1]:6334", Collection: "p", Shards: 6, Replicas: 2, WriteConsistency: 1, ReadConsistency: "quorum",
			OnDisk: true, Quantization: qdrant.QuantizationBinary, Exact: true, Timeout: 3 * time.Second,
		},
	} {
		got, err := qdrant.ParseURL(address)
		got.Logger = nil
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", address, got, err, want)
		}
	}
	for address, want := range map[string]string{
		"http://qdrant:6333/policies":                             "the scheme is",
		"qdrant://qdrant:6334":                                    "the collection is called",
		"qdrant://qdrant:6334/a/b":                                "the collection is called",
		"qdrant:///policies":                                      "names no host",
		"qdrant://geheim@qdrant/policies":                         "QDRANT_API_KEY_FILE",
		"qdrant://:geheim@qdrant/policies":                        "QDRANT_API_KEY_FILE",
		"qdrant://qdrant/policies?api_key=geheim":                 "there is no such setting",
		"qdrant://qdrant/policies?shards=-1":                      "not possible",
		"qdrant://qdrant/policies?shards=many":                    "shards",
		"qdrant://qdrant/policies?quantization=int4":              "quantization is",
		"qdrant://qdrant/policies?read_consistency=most":          "read consistency is",
		"qdrant://qdrant/policies?replicas=2&write_consistency=3": "more than the 2 replicas",
	} {
		_, err := qdrant.ParseURL(address)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: the error is %v", address, err)
		}
	}
}

func TestKey(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte("geheim\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ key, file, want, wrong string }{
		{"", "", "", ""},
		{"geheim", "", "geheim", ""},
		{"", file, "geheim", ""},
		{"geheim", file, "", "both set"},
		{"", file + ".none", "", "QDRANT_API_KEY_FILE"},
		{"", os.DevNull, "", "is empty"},
	} {
		key, err := qdrant.KeyFromEnvironment(func(name string) string {
			return map[string]string{"QDRANT_API_KEY": c.key, "QDRANT_API_KEY_FILE": c.file}[name]
		})
		if string(key) != c.want || (err != nil) != (c.wrong != "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("opened", "options", qdrant.Options{Key: "geheim"}, "key", qdrant.Key("geheim"))
	if shown := log.String() + fmt.Sprintf("%v %+v %#v", qdrant.Options{Key: "geheim"}, qdrant.Options{Key: "geheim"}, qdrant.Key("geheim")); strings.Contains(shown, "geheim") {
		t.Errorf("the key is told: %s", shown)
	}
}

func TestKeyIsSent(t *testing.T) {
	t.Parallel()
	server := qdranttest.Start(t)
	server.RequireKey("geheim")
	o := options(t, server.Address)
	if _, err := qdrant.Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), "QDRANT_API_KEY") {
		t.Errorf("without the key: %v", err)
	}
	var log strings.Builder
	o.Key, o.Logger = "geheim", slog.New(slog.NewTextHandler(&log, nil))
	x := open(t, o)
	put(t, x, "办法", 1, 1)
	if got := found(t, x, "办法"); got != "v1 of 1" {
		t.Errorf("found %s", got)
	}
	if !strings.Contains(log.String(), "in the clear") || strings.Contains(log.String(), "geheim") {
		t.Errorf("the log is %s", log.String())
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	server, certificates := qdranttest.StartTLS(t)
	o := options(t, server.Address)
	o.TLS, o.CA = true, certificates
	x, err := qdrant.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	put(t, x, "办法", 1, 1)
	if got := found(t, x, "办法"); got != "v1 of 1" {
		t.Errorf("found %s", got)
	}
	ctx, done := context.WithTimeout(t.Context(), time.Second)
	defer done()
	o.CA = "" // the system does not trust the server
	if x, err := qdrant.Open(ctx, o); err == nil {
		x.Close()
		t.Error("a server that nobody vouches for was trusted")
	}
	o.CA = filepath.Join(t.TempDir(), "none.pem")
	if _, err := qdrant.Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), "none.pem") {
		t.Errorf("without the file of certificates: %v", err)
	}
}

func TestOldServer(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{"1.15.4": "1.16.0 or a later 1.x is needed", "2.0.0": "is needed", "unknown": "none of Qdrant's", "1.16.3": "", "1.18.0-dev": ""} {
		server := qdranttest.Start(t)
		server.PretendVersion(version)
		x, err := qdrant.Open(t.Context(), options(t, server.Address))
		if err == nil {
			err = x.Close()
		}
		if (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", version, err)
		}
	}
}

func TestOtherLayout(t *testing.T) {
	t.Parallel()
	server := qdranttest.Start(t)
	o := options(t, server.Address)
	put(t, open(t, o), "办法", 1, 1)
	o.Model = "another"
	_, err := qdrant.Open(t.Context(), o)
	if !errors.Is(err, qdrant.ErrMismatch) || !strings.Contains(err.Error(), "policykb reindex") {
		t.Errorf("another embedder: %v", err)
	}
	// Somebody else's collection is never touched.
	foreign := o
	foreign.Collection = "foreign"
	if err := client(t, o).CreateCollection(t.Context(), &api.CreateCollection{CollectionName: "foreign"}); err != nil {
		t.Fatal(err)
	}
	if _, err := qdrant.Open(t.Context(), foreign); err == nil || !strings.Contains(err.Error(), "name another") {
		t.Errorf("a foreign collection: %v", err)
	}
}

// Making the index may be cut off anywhere and is then gone on with.
func TestMakingCutOff(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"CreateFieldIndex", "UpdateAliases"} {
		server := qdranttest.Start(t)
		o := options(t, server.Address)
		server.Intercept(failing(status.Error(codes.Internal, "Service internal error"), method))
		if _, err := qdrant.Open(t.Context(), o); err == nil {
			t.Errorf("the failure of %s was not noticed", method)
		}
		server.Intercept(nil)
		x := open(t, o)
		put(t, x, "办法", 1, 1)
		if x.Collection() != o.Collection+"-1" {
			t.Errorf("the collection is %s", x.Collection())
		}
	}
}

func TestReindex(t *testing.T) {
	t.Parallel()
	server := qdranttest.Start(t)
	o := options(t, server.Address)
	live := open(t, o)
	put(t, live, "办法", 1, 2)
	ctx, stop := context.WithCancel(t.Context())
	moved := make(chan struct{})
	following := make(chan error, 1)
	go func() {
		following <- live.Follow(ctx, 10*time.Millisecond, func(context.Context) error {
			close(moved)
			return nil
		})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-following; !errors.Is(err, context.Canceled) {
			t.Errorf("follow: %v", err)
		}
	})

	next := openNext(t, o)
	put(t, next, "办法", 1, 2)
	// Cut off and begun again, it goes on with what is there.
	next = openNext(t, o)
	if got := held(t, next); got != "办法 v1 of 2" {
		t.Errorf("begun again, it holds %s", got)
	}
	put(t, next, "细则", 1, 1)
	if got := found(t, live, "细则"); got != "none" {
		t.Errorf("before it is the index it is found: %s", got)
	}
	before, err := next.Promote(t.Context())
	if err != nil || before != o.Collection+"-1" {
		t.Fatalf("promoted over %q: %v", before, err)
	}
	<-moved
	for doc, want := range map[string]string{"办法": "v1 of 2", "细则": "v1 of 1"} {
		if got := found(t, live, doc); got != want {
			t.Errorf("the follower finds %s: %s, want %s", doc, got, want)
		}
	}
	put(t, live, "通知", 1, 1)
	if got := found(t, open(t, o), "通知"); got != "v1 of 1" {
		t.Errorf("a new start finds %s", got)
	}
	dropped, err := live.DropOthers(t.Context())
	if err != nil || strings.Join(dropped, " ") != o.Collection+"-1" {
		t.Errorf("dropped %v, %v", dropped, err)
	}
	if got := found(t, live, "办法"); got != "v1 of 2" {
		t.Errorf("without the old collection is found %s", got)
	}
}

// A collection for another embedder is filled beside the live one, which goes on.
func TestReindexForAnotherEmbedder(t *testing.T) {
	t.Parallel()
	server := qdranttest.Start(t)
	o := options(t, server.Address)
	live := open(t, o)
	put(t, live, "办法", 1, 2)
	other := o
	other.Model, other.Dimensions = "larger", 16
	next := openNext(t, other)
	if _, err := next.Promote(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer stop()
	if err := live.Follow(ctx, 10*time.Millisecond, func(context.Context) error {
		t.Error("it followed to vectors of another length")
		return nil
	}); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if got := found(t, live, "办法"); got != "v1 of 2" {
		t.Errorf("the old one finds %s", got)
	}
	if _, err := qdrant.Open(t.Context(), o); !errors.Is(err, qdrant.ErrMismatch) {
		t.Errorf("a start with the old embedder: %v", err)
	}
	open(t, other)
}

func openNext(t *testing.T, o qdrant.Options) *qdrant.Index {
	t.Helper()
	x, err := qdrant.OpenNext(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	return x
}

// One who looks on changes nothing.
func TestLookOn(t *testing.T) {
	t.Parallel()
	server := qdranttest.Start(t)
	o := options(t, server.Address)
	o.LookOn = true
	if _, err := qdrant.Open(t.Context(), o); err == nil || server.Calls("Create") > 0 {
		t.Errorf("where there is no index: %v, %d collections made", err, server.Calls("Create"))
	}
	o.LookOn = false
	put(t, open(t, o), "办法", 1, 1)
	o.LookOn = true
	changes := server.Calls("UpdateBatch")
	if got := found(t, open(t, o), "办法"); got != "v1 of 1" || server.Calls("UpdateBatch") != changes {
		t.Errorf("found %s", got)
	}
}

// The test server refuses what it does not implement, down to single fields.
func TestStrictness(t *testing.T) {
	t.Parallel()
	server := qdranttest.Start(t)
	o := options(t, server.Address)
	x := open(t, o)
	c := client(t, o)
	if _, err := c.Query(t.Context(), &api.QueryPoints{CollectionName: x.Collection(), Using: api.PtrOf("terms"), Query: api.NewQuerySparse([]uint32{7}, []float32{1}), Offset: api.PtrOf(uint64(3))}); err == nil || !strings.Contains(err.Error(), "qdrant.QueryPoints.offset") {
		t.Errorf("an offset: %v", err)
	}
	if _, err := c.Scroll(t.Context(), &api.ScrollPoints{CollectionName: x.Collection()}); err == nil {
		t.Error("scrolling was not refused")
	}
}
