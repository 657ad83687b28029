package qdrant_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	api "github.com/qdrant/go-client/qdrant"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"policykb/corpus"
	"policykb/retrieval"
	"policykb/retrieval/indextest"
	"policykb/retrieval/qdrant"
	"policykb/retrieval/qdrant/qdranttest"
)

// The one term of the passages in these tests.
const computeVoucher retrieval.Term = 7

var anything = retrieval.Query{Sparse: []retrieval.TermWeight{{Term: computeVoucher, Weight: 1}}, Limit: 1000}

// version makes the passages of a document's version.
func version(doc string, number, passages int) []retrieval.Point {
	points := make([]retrieval.Point, passages)
	for i := range points {
		dense := make([]float32, indextest.Dimensions)
		dense[i%len(dense)] = 1
		points[i] = retrieval.Point{
			Passage: corpus.PassageID(fmt.Sprintf("%s/%d/%d", doc, number, i)), Document: corpus.DocumentID(doc), Version: number, Ordinal: i,
			Sparse: []retrieval.TermWeight{{Term: computeVoucher, Weight: 1}}, Dense: dense,
			Facts: retrieval.Facts{City: "成都", Province: "四川"},
		}
	}
	return points
}

func put(t *testing.T, x *qdrant.Index, doc string, number, passages int) {
	t.Helper()
	if err := x.Replace(t.Context(), corpus.DocumentID(doc), number, version(doc, number, passages)); err != nil {
		t.Fatal(err)
	}
}

// found tells which version of a document is found whole: "v2 of 3"; "none"; or
// what is wrong.
func found(t *testing.T, x *qdrant.Index, doc string) string {
	t.Helper()
	q := anything
	q.Filter.DocumentID = []corpus.DocumentID{corpus.DocumentID(doc)}
	hits, err := x.Search(t.Context(), q)
	if err != nil {
		return err.Error()
	}
	if len(hits) == 0 {
		return "none"
	}
	for _, h := range hits {
		if h.Version != hits[0].Version {
			return fmt.Sprintf("v%d and v%d", hits[0].Version, h.Version)
		}
	}
	return fmt.Sprintf("v%d of %d", hits[0].Version, len(hits))
}

// held lists what the index says that it holds.
func held(t *testing.T, x *qdrant.Index) string {
	t.Helper()
	var all []string
	for h, err := range x.Holdings(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%s v%d of %d", h.Document, h.Version, h.Points))
	}
	return strings.Join(all, ", ")
}

// failing makes every call of some methods fail.
func failing(err error, methods ...string) func(context.Context, qdranttest.Call) error {
	return func(_ context.Context, c qdranttest.Call) error {
		for _, m := range methods {
			if c.Method == m {
				return err
			}
		}
		return nil
	}
}

func TestServerAway(t *testing.T) {
	t.Parallel()
	server := qdranttest.Start(t)
	x := open(t, options(t, server.Address))
	put(t, x, "办法", 1, 3)
	server.Stop()
	began := time.Now()
	_, err := x.Search(t.Context(), anything)
	if !errors.Is(err, retrieval.ErrUnavailable) {
		t.Errorf("without a server the error is %v", err)
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("it took %v to say so", took)
	}
	if _, err := x.Stats(t.Context()); !errors.Is(err, retrieval.ErrUnavailable) || !strings.Contains(err.Error(), server.Address) {
		t.Errorf("stats, which readiness asks for: %v", err)
	}
	server.Restart()
	deadline := time.Now().Add(10 * time.Second)
	for found(t, x, "办法") != "v1 of 3" {
		if time.Now().After(deadline) {
			t.Fatalf("after the restart: %s", found(t, x, "办法"))
		}
	}
}

// What may pass is tried again, everything else is told at once.
func TestTryingAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err       error
		again     bool
		available bool // in the end, where it fails for good
	}{
		"unavailable":         {status.Error(codes.Unavailable, "shard is recovering"), true, false},
		"a message too large": {status.Error(codes.ResourceExhausted, "message larger than max"), false, true},
		"a refused key":       {status.Error(codes.PermissionDenied, "Forbidden"), false, true},
		"a wrong request":     {status.Error(codes.InvalidArgument, "Wrong input"), false, true},
		"a fault":             {status.Error(codes.Internal, "Service internal error"), false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := qdranttest.Start(t)
			x := open(t, options(t, server.Address))
			put(t, x, "办法", 1, 1)
			var failures atomic.Int64
			server.Intercept(func(_ context.Context, call qdranttest.Call) error {
				if call.Method == "Query" && failures.Add(1) <= 2 {
					return c.err
				}
				return nil
			})
			_, err := x.Search(t.Context(), anything)
			if c.again && err != nil {
				t.Errorf("after two failures: %v", err)
			}
			if !c.again && (err == nil || failures.Load() != 1) {
				t.Errorf("tried %d times, %v", failures.Load(), err)
			}
			server.Intercept(failing(c.err, "Query"))
			if _, err := x.Search(t.Context(), anything); errors.Is(err, retrieval.ErrUnavailable) == c.available {
				t.Errorf("in the end: %v", err)
			}
		})
	}
}

// A server that limits rates says when to come back. A job waits so long and goes
// on; a question, for which somebody waits, is refused at once.
func TestRateLimit(t *testing.T) {
	t.Parallel()
	server := qdranttest.Start(t)
	x := open(t, options(t, server.Address))
	put(t, x, "办法", 1, 1)
	var refused atomic.Int64
	server.Intercept(func(ctx context.Context, c qdranttest.Call) error {
		if c.Method == "Query" || c.Method == "Upsert" && refused.Add(1) == 1 {
			if err := grpc.SetTrailer(ctx, metadata.Pairs("retry-after", "1")); err != nil {
				return err
			}
			return status.Error(codes.ResourceExhausted, "Rate limiting exceeded: Write rate limit exceeded, retry later")
		}
		return nil
	})
	began := time.Now()
	put(t, x, "办法", 2, 1)
	if took := time.Since(began); took < time.Second || refused.Load() != 2 {
		t.Errorf("written after %v at the attempt %d, want the second after a second", took, refused.Load())
	}
	if _, err := x.Search(t.Context(), anything); !errors.Is(err, retrieval.ErrUnavailable) {
		t.Errorf("a question fails with %v", err)
	}
}

func TestSlowServer(t *testing.T) {
	t.Parallel()
	server := qdranttest.Start(t)
	o := options(t, server.Address)
	o.Timeout = 300 * time.Millisecond
	x := open(t, o)
	put(t, x, "办法", 1, 1)
	server.Intercept(func(ctx context.Context, c qdranttest.Call) error {
		if c.Method == "Query" {
			<-ctx.Done()
		}
		return nil
	})
	began := time.Now()
	if _, err := x.Search(t.Context(), anything); !errors.Is(err, retrieval.ErrUnavailable) {
		t.Errorf("the error is %v", err)
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("it took %v", took)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(50*time.Millisecond, func() { cancel(context.Canceled) })
	if _, err := x.Search(ctx, anything); !errors.Is(err, context.Canceled) || errors.Is(err, retrieval.ErrUnavailable) {
		t.Errorf("a question given up fails with %v", err)
	}
}

// A replacement that fails at any call leaves readers with the old version or the
// new one, in this process and after a start over what is left; doing it again
// makes it whole, with nothing of the old one left.
func TestReplacementCutOff(t *testing.T) {
	t.Parallel()
	const passages = 600 // three upserts
	away := status.Error(codes.Unauthenticated, "the process is killed")
	for _, c := range []struct {
		name  string
		fault func(calls *atomic.Int64) func(context.Context, qdranttest.Call) error
	}{
		{"before the first write", func(*atomic.Int64) func(context.Context, qdranttest.Call) error {
			return failing(away, "Upsert", "UpdateBatch")
		}},
		{"before the second write", func(calls *atomic.Int64) func(context.Context, qdranttest.Call) error {
			return func(_ context.Context, c qdranttest.Call) error {
				if c.Method == "UpdateBatch" || c.Method == "Upsert" && calls.Add(1) > 1 {
					return away
				}
				return nil
			}
		}},
		{"within the second write", func(calls *atomic.Int64) func(context.Context, qdranttest.Call) error {
			return func(_ context.Context, c qdranttest.Call) error {
				switch {
				case c.Method == "Upsert" && calls.Add(1) == 2:
					_ = c.Half()
					return away
				case c.Method == "UpdateBatch" || c.Method == "Upsert" && calls.Load() > 2:
					return away
				}
				return nil
			}
		}},
		{"before the old version is deleted", func(*atomic.Int64) func(context.Context, qdranttest.Call) error {
			return failing(away, "UpdateBatch")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := qdranttest.Start(t)
			o := options(t, server.Address)
			x := open(t, o)
			put(t, x, "办法", 1, passages)
			put(t, x, "细则", 1, 2)
			server.Intercept(c.fault(new(atomic.Int64)))
			if err := x.Replace(t.Context(), "办法", 2, version("办法", 2, passages)); err == nil {
				t.Error("the fault was not noticed")
			}
			server.Intercept(nil)
			old, replaced := fmt.Sprintf("v1 of %d", passages), fmt.Sprintf("v2 of %d", passages)
			if got := found(t, x, "办法"); got != old && got != replaced {
				t.Errorf("afterwards is found %s", got)
			}
			// As if the process had died: another one starts over what is there.
			y := open(t, o)
			if got := found(t, y, "办法"); got != old && got != replaced {
				t.Errorf("after a start is found %s", got)
			}
			put(t, y, "办法", 2, passages)
			if got := found(t, y, "办法"); got != replaced {
				t.Errorf("done again, is found %s", got)
			}
			if got := held(t, y); got != "办法 v2 of 600, 细则 v1 of 2" && got != "细则 v1 of 2, 办法 v2 of 600" {
				t.Errorf("held is %s", got)
			}
			if stats, err := y.Stats(t.Context()); err != nil || stats.Points != passages+2 || stats.Documents != 2 {
				t.Errorf("%+v, %v: points are left over", stats, err)
			}
		})
	}
}

// The first version of a document too is there whole or not at all.
func TestFirstVersionCutOff(t *testing.T) {
	t.Parallel()
	server := qdranttest.Start(t)
	o := options(t, server.Address)
	x := open(t, o)
	var calls atomic.Int64
	server.Intercept(func(_ context.Context, c qdranttest.Call) error {
		if c.Method == "UpdateBatch" || c.Method == "Upsert" && calls.Add(1) > 1 {
			return status.Error(codes.Unauthenticated, "the process is killed")
		}
		return nil
	})
	if err := x.Replace(t.Context(), "办法", 1, version("办法", 1, 600)); err == nil {
		t.Error("the fault was not noticed")
	}
	server.Intercept(nil)
	if got := found(t, x, "办法"); got != "none" {
		t.Errorf("in this process is found %s", got)
	}
	y := open(t, o)
	if got := found(t, y, "办法"); got != "none" {
		t.Errorf("after a start is found %s", got)
	}
	if stats, err := y.Stats(t.Context()); err != nil || stats.Points != 0 {
		t.Errorf("%+v, %v: points are left over", stats, err)
	}
}

// Other facts of the same version are another set: no reader sees some passages
// with the old ones and some with the new.
func TestDescribedAnew(t *testing.T) {
	t.Parallel()
	server := qdranttest.Start(t)
	x := open(t, options(t, server.Address))
	put(t, x, "办法", 1, 3)
	points := version("办法", 1, 3)
	for i := range points {
		points[i].Facts.City = "绵阳"
	}
	if err := x.Replace(t.Context(), "办法", 1, points); err != nil {
		t.Fatal(err)
	}
	for city, want := range map[string]int{"成都": 0, "绵阳": 3, "四川": 3} {
		q := anything
		q.Filter.City = []string{city}
		if hits, err := x.Search(t.Context(), q); err != nil || len(hits) != want {
			t.Errorf("%s: %d passages, %v; want %d", city, len(hits), err, want)
		}
	}
	upserts := server.Calls("Upsert")
	if err := x.Replace(t.Context(), "办法", 1, points); err != nil || server.Calls("Upsert") != upserts {
		t.Errorf("the same again was written again: %v", err)
	}
}

// Writers replace documents of several versions while readers ask; no reader may
// find a document in no version, in two, or in part.
func TestReplacementsAtOnce(t *testing.T) {
	t.Parallel()
	server := qdranttest.Start(t)
	replaceAtOnce(t, open(t, options(t, server.Address)), 4, 4, time.Second/2)
}

// replaceAtOnce lets writers and readers work for a time, and returns how many
// replacements and questions there were.
func replaceAtOnce(t *testing.T, x *qdrant.Index, writers, readers int, long time.Duration) (replacements, questions int64) {
	t.Helper()
	const documents = 16
	size := func(number int) int { return 1 + number%5 }
	for d := range documents {
		put(t, x, fmt.Sprintf("文件%d", d), 1, size(1))
	}
	ctx, stop := context.WithTimeout(t.Context(), long)
	defer stop()
	var replaced, asked atomic.Int64
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for number := 2; ctx.Err() == nil; number++ {
				for d := w; d < documents; d += writers {
					doc := fmt.Sprintf("文件%d", d)
					if err := x.Replace(t.Context(), corpus.DocumentID(doc), number, version(doc, number, size(number))); err != nil {
						t.Errorf("replace: %v", err)
						return
					}
					replaced.Add(1)
				}
			}
		})
	}
	for r := range readers {
		q := anything
		if r%2 == 1 {
			q.Dense, q.Fusion = make([]float32, indextest.Dimensions), retrieval.Fusion{Sparse: 1, Dense: 0.5}
			q.Dense[0] = 1
		}
		all.Go(func() {
			for ctx.Err() == nil {
				hits, err := x.Search(t.Context(), q)
				if err != nil {
					t.Errorf("search: %v", err)
					return
				}
				asked.Add(1)
				if wrong := torn(hits, documents, size); wrong != "" {
					t.Errorf("a reader found %s", wrong)
					return
				}
			}
		})
	}
	all.Wait()
	return replaced.Load(), asked.Load()
}

// torn tells which document was found in no version, in two or in part.
func torn(hits []retrieval.Hit, documents int, size func(number int) int) string {
	passages := make(map[corpus.DocumentID]map[int]int)
	for _, h := range hits {
		if passages[h.Document] == nil {
			passages[h.Document] = make(map[int]int)
		}
		passages[h.Document][h.Version]++
	}
	for d := range documents {
		doc := corpus.DocumentID(fmt.Sprintf("文件%d", d))
		if len(passages[doc]) != 1 {
			return fmt.Sprintf("%s in the versions %v", doc, passages[doc])
		}
		for number, n := range passages[doc] {
			if n != size(number) {
				return fmt.Sprintf("%d passages of %s, version %d, of %d", n, doc, number, size(number))
			}
		}
	}
	return ""
}

// A collection with vectors of another length cannot be there by our doing; should
// it be, every write says what is wrong.
func TestWrongDimension(t *testing.T) {
	t.Parallel()
	server := qdranttest.Start(t)
	o := options(t, server.Address)
	x := open(t, o)
	c := client(t, o)
	if err := c.DeleteCollection(t.Context(), x.Collection()); err != nil {
		t.Fatal(err)
	}
	err := c.CreateCollection(t.Context(), &api.CreateCollection{
		CollectionName:      x.Collection(),
		VectorsConfig:       api.NewVectorsConfigMap(map[string]*api.VectorParams{"dense": {Size: 5, Distance: api.Distance_Cosine}}),
		SparseVectorsConfig: api.NewSparseVectorsConfig(map[string]*api.SparseVectorParams{"terms": {Modifier: api.PtrOf(api.Modifier_Idf)}}),
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreateFieldIndex(t.Context(), &api.CreateFieldIndexCollection{CollectionName: x.Collection(), FieldName: "set", FieldType: api.PtrOf(api.FieldType_FieldTypeKeyword)}); err != nil {
		t.Fatal(err)
	}
	err = x.Replace(t.Context(), "办法", 1, version("办法", 1, 1))
	if err == nil || errors.Is(err, retrieval.ErrUnavailable) || !strings.Contains(err.Error(), "expected dim: 5, got 8") {
		t.Errorf("the error is %v", err)
	}
}
