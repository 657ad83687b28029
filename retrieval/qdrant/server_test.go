package qdrant_test

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	api "github.com/qdrant/go-client/qdrant"
	"golang.org/x/sync/errgroup"

	"policykb/corpus"
	"policykb/retrieval"
	"policykb/retrieval/embed"
	"policykb/retrieval/embedded"
	"policykb/retrieval/qdrant"
)

// What follows measures against the server that POLICYKB_TEST_QDRANT names:
//
//	go test ./retrieval/qdrant -run 'TestServer' -v
//	go test ./retrieval/qdrant -run '^$' -bench . -benchtime 1x
//
// POLICYKB_TEST_QDRANT_FOR is how long writers and readers work at once (5s),
// POLICYKB_TEST_QDRANT_PASSAGES with how many passages is measured.

func TestServerReplacementsAtOnce(t *testing.T) {
	long, err := time.ParseDuration(cmp.Or(os.Getenv("POLICYKB_TEST_QDRANT_FOR"), "5s"))
	if err != nil {
		t.Fatal(err)
	}
	o := options(t, realServer(t))
	x := open(t, o)
	if hidesLateWrites(t, o) {
		t.Log("this server hides passages written while it begins to rebuild a segment; rebuilding is switched off")
		err := client(t, o).UpdateCollection(t.Context(), &api.UpdateCollection{
			CollectionName: x.Collection(), OptimizersConfig: &api.OptimizersConfigDiff{MaxOptimizationThreads: api.NewMaxOptimizationThreads(0)},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	replaced, asked := replaceAtOnce(t, x, 8, 16, long)
	t.Logf("%d replacements and %d questions in %v", replaced, asked, long)
	if held := held(t, x); strings.Count(held, ",") != 15 {
		t.Errorf("held is %s", held)
	}
}

// hidesLateWrites reports whether the server has the fault that [qdrant.Open] warns of.
func hidesLateWrites(t *testing.T, o qdrant.Options) bool {
	t.Helper()
	var log strings.Builder
	o.Logger = slog.New(slog.NewTextHandler(&log, nil))
	o.LookOn = true
	if err := open(t, o).Close(); err != nil {
		t.Fatal(err)
	}
	return strings.Contains(log.String(), "1.18.1")
}

func TestServerReindex(t *testing.T) {
	o := options(t, realServer(t))
	live, ctx := open(t, o), t.Context()
	put(t, live, "办法", 1, 300)
	next := openNext(t, o)
	put(t, next, "办法", 1, 300)
	if _, err := next.Promote(ctx); err != nil {
		t.Fatal(err)
	}
	if got := found(t, open(t, o), "办法"); got != "v1 of 300" {
		t.Errorf("found %s", got)
	}
	dropped, err := next.DropOthers(ctx)
	if err != nil || len(dropped) != 1 {
		t.Errorf("dropped %v, %v", dropped, err)
	}
	o.Model = "another"
	if _, err := qdrant.Open(ctx, o); err == nil {
		t.Error("another embedder was not noticed")
	}
}

// news makes passages of real articles until there are enough: cut at one place,
// then at others.
func news(t testing.TB, passages int) (documents [][]retrieval.Point, queries []string) {
	t.Helper()
	root := cmp.Or(os.Getenv("POLICYKB_SHARED"), filepath.Join("..", "..", "..", "shared"))
	files, _ := filepath.Glob(filepath.Join(root, "news", "news-*.txt"))
	if len(files) == 0 {
		t.Skipf("no news articles under %s: set POLICYKB_SHARED to the folder that holds news/", root)
	}
	var articles []string
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			articles = append(articles, lines.Text())
		}
		f.Close()
	}
	const size = 400
	e := embed.Builtin()
	n := 0
	for from := 0; n < passages; from += 60 {
		for i, text := range articles {
			runes := []rune(text)
			if from >= len(runes) || n >= passages {
				continue
			}
			if from == 0 && i%100 == 0 && len(runes) > 200 {
				queries = append(queries, string(runes[150:170]))
			}
			doc := corpus.Document{ID: corpus.DocumentID(fmt.Sprintf("news-%d-%d", i, from)), Version: 1, Metadata: corpus.Metadata{
				City: []string{"北京", "上海", "成都", "杭州", "深圳"}[i%5], Kind: corpus.KindNews, Language: "zh", IssuedOn: corpus.Date{Year: 2023, Month: 1, Day: 1 + i%28},
			}}
			var points []retrieval.Point
			for at := from; at < len(runes); at += size {
				p := corpus.Passage{ID: corpus.PassageID(fmt.Sprintf("%s-%d", doc.ID, at)), Document: doc.ID, Version: 1, Ordinal: len(points), Text: string(runes[at:min(at+size, len(runes))])}
				vectors, err := e.EmbedDocuments(t.Context(), []string{retrieval.EmbeddedText(p, doc)})
				if err != nil {
					t.Fatal(err)
				}
				points = append(points, retrieval.NewPoint(p, doc, vectors[0]))
			}
			documents = append(documents, points)
			n += len(points)
		}
	}
	return documents, queries
}

// newsOptions are those of an index of news.
func newsOptions(b testing.TB) qdrant.Options {
	o := options(b, realServer(b))
	e := embed.Builtin()
	o.Model, o.Dimensions, o.Timeout = e.Model(), e.Dimensions(), time.Minute
	return o
}

// replaceAll indexes documents as the pipeline does: some at once, each by itself.
func replaceAll(b testing.TB, x retrieval.Index, documents [][]retrieval.Point) {
	b.Helper()
	var tasks errgroup.Group
	tasks.SetLimit(ingestWorkers)
	for _, points := range documents {
		tasks.Go(func() error { return x.Replace(b.Context(), points[0].Document, points[0].Version, points) })
	}
	if err := tasks.Wait(); err != nil {
		b.Fatal(err)
	}
}

// ingestWorkers work at once, in both ways of writing that are compared.
const ingestWorkers = 4

// BenchmarkIngest writes 100,000 passages, and then the same with a bare loop of
// upserts of 256 points, into a collection of the same layout.
func BenchmarkIngest(b *testing.B) {
	o := newsOptions(b)
	n := passages(b, 100_000)
	documents, _ := news(b, n)
	for range b.N {
		ours := open(b, o)
		before := heap()
		began := time.Now()
		replaceAll(b, ours, documents)
		took := time.Since(began)
		b.ReportMetric(float64(n)/took.Seconds(), "passages/s")
		b.ReportMetric(float64(heap()-before)/(1<<20), "MB-grown")

		o := newsOptions(b)
		bare := open(b, o)
		began = time.Now()
		upsertAll(b, o, bare.Collection(), documents)
		b.ReportMetric(float64(n)/time.Since(began).Seconds(), "bare-passages/s")
		b.ReportMetric(time.Since(began).Seconds()/took.Seconds(), "of-bare")
	}
}

// heap is what the process holds, garbage aside.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// upsertAll is the bare loop.
func upsertAll(b testing.TB, o qdrant.Options, collection string, documents [][]retrieval.Point) {
	b.Helper()
	c := client(b, o)
	var tasks errgroup.Group
	tasks.SetLimit(ingestWorkers)
	for batch := range slices.Chunk(slices.Concat(documents...), 256) {
		tasks.Go(func() error {
			points := make([]*api.PointStruct, len(batch))
			for i, p := range batch {
				points[i] = barePoint(p)
			}
			_, err := c.Upsert(context.Background(), &api.UpsertPoints{CollectionName: collection, Wait: api.PtrOf(true), Points: points})
			return err
		})
	}
	if err := tasks.Wait(); err != nil {
		b.Fatal(err)
	}
}

// barePoint is what a point must at least hold to be found and filtered as ours.
func barePoint(p retrieval.Point) *api.PointStruct {
	indices, values := make([]uint32, len(p.Sparse)), make([]float32, len(p.Sparse))
	for i, w := range p.Sparse {
		indices[i], values[i] = uint32(w.Term), w.Weight
	}
	return &api.PointStruct{
		Id:      api.NewIDUUID(uuid.NewSHA1(uuid.NameSpaceOID, []byte(p.Passage)).String()),
		Vectors: api.NewVectorsMap(map[string]*api.Vector{"dense": api.NewVectorDense(p.Dense), "terms": api.NewVectorSparse(indices, values)}),
		Payload: api.NewValueMap(map[string]any{
			"passage": string(p.Passage), "document": string(p.Document), "version": p.Version, "city": p.Facts.City,
			"kind": string(p.Facts.Kind), "language": p.Facts.Language, "issued_first": p.Facts.IssuedOn.Ordinal(),
		}),
	}
}

// passages is the number that POLICYKB_TEST_QDRANT_PASSAGES gives, else the usual one.
func passages(b testing.TB, usual int) int {
	b.Helper()
	n, err := strconv.Atoi(cmp.Or(os.Getenv("POLICYKB_TEST_QDRANT_PASSAGES"), strconv.Itoa(usual)))
	if err != nil || n < 1 {
		b.Fatalf("POLICYKB_TEST_QDRANT_PASSAGES is no number of passages: %v", err)
	}
	return n
}

// BenchmarkSearch puts each query to the server by the index and bare, in turn:
// 50,000 passages, 48 hits. The bare hybrid query is the server's own, of lists as
// long as ours and searched as widely, fused by reciprocal ranks. Then it tells how many of the embedded engine's first ten hits
// the server finds too.
func BenchmarkSearch(b *testing.B) {
	o := newsOptions(b)
	documents, texts := news(b, passages(b, 50_000))
	x := open(b, o)
	replaceAll(b, x, documents)
	settled(b, o, x.Collection())
	e := embed.Builtin()
	var queries []retrieval.Query
	for _, text := range texts {
		q := retrieval.Query{Sparse: retrieval.QueryTerms(text), Limit: 48}
		if len(q.Sparse) == 0 {
			continue
		}
		q.Dense, _ = e.EmbedQuery(b.Context(), text)
		queries = append(queries, q)
	}
	c := client(b, o)
	for name, fusion := range map[string]retrieval.Fusion{"sparse": {}, "hybrid": {Sparse: 1, Dense: 0.2}} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				compareLatency(b, x, c, queries, fusion)
			}
		})
	}
	near, err := embedded.Open(embedded.Options{Model: o.Model, Dimensions: o.Dimensions, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer near.Close()
	replaceAll(b, near, documents)
	for name, fusion := range map[string]retrieval.Fusion{"sparse": {Sparse: 1}, "hybrid": {Sparse: 1, Dense: 0.2}, "dense": {Dense: 1}} {
		b.Run("agreement/"+name, func(b *testing.B) {
			for range b.N {
				compareHits(b, x, near, queries, fusion)
			}
		})
	}
}

// settled waits until the server has indexed what was written.
func settled(b *testing.B, o qdrant.Options, collection string) {
	b.Helper()
	c := client(b, o)
	for deadline := time.Now().Add(5 * time.Minute); time.Now().Before(deadline); time.Sleep(time.Second) {
		info, err := c.GetCollectionInfo(b.Context(), collection)
		if err != nil {
			b.Fatal(err)
		}
		if info.GetStatus() == api.CollectionStatus_Green {
			return
		}
	}
	b.Fatal("the server is not done with indexing")
}

// compareLatency reports how long queries take by the index and bare.
func compareLatency(b *testing.B, x *qdrant.Index, c *api.Client, queries []retrieval.Query, fusion retrieval.Fusion) {
	b.Helper()
	var ours, bare []time.Duration
	for i, q := range queries {
		if q.Fusion = fusion; fusion.Dense == 0 {
			q.Dense = nil
		}
		request := bareQuery(x.Collection(), q)
		measure := func(into *[]time.Duration, call func() error) {
			began := time.Now()
			if err := call(); err != nil {
				b.Fatal(err)
			}
			*into = append(*into, time.Since(began))
		}
		calls := []func(){
			func() { measure(&ours, func() error { _, err := x.Search(b.Context(), q); return err }) },
			func() { measure(&bare, func() error { _, err := c.Query(b.Context(), request); return err }) },
		}
		for k := range calls { // neither always finds the pages in memory that the other read
			calls[(k+i)%2]()
		}
	}
	slices.Sort(ours)
	slices.Sort(bare)
	half := len(ours) / 2
	b.ReportMetric(float64(ours[half].Microseconds()), "µs-p50")
	b.ReportMetric(float64(ours[len(ours)*95/100].Microseconds()), "µs-p95")
	b.ReportMetric(float64(bare[half].Microseconds()), "µs-bare-p50")
	b.ReportMetric(100*(float64(ours[half])/float64(bare[half])-1), "%-over-bare")
}

// compareHits reports which share of one index's first ten hits another has too.
func compareHits(b *testing.B, x, near retrieval.Index, queries []retrieval.Query, fusion retrieval.Fusion) {
	b.Helper()
	same, all := 0, 0
	for _, q := range queries {
		q.Fusion, q.Limit = fusion, 10
		want, err := near.Search(b.Context(), q)
		if err != nil {
			b.Fatal(err)
		}
		got, err := x.Search(b.Context(), q)
		if err != nil {
			b.Fatal(err)
		}
		all += len(want)
		for _, w := range want {
			if slices.ContainsFunc(got, func(h retrieval.Hit) bool { return h.Passage == w.Passage }) {
				same++
			}
		}
	}
	b.ReportMetric(float64(same)/float64(all), "overlap@10")
}

// bareQuery is what somebody would ask the server who does without us.
func bareQuery(collection string, q retrieval.Query) *api.QueryPoints {
	indices, values := make([]uint32, len(q.Sparse)), make([]float32, len(q.Sparse))
	for i, w := range q.Sparse {
		indices[i], values[i] = uint32(w.Term), w.Weight
	}
	request := &api.QueryPoints{
		CollectionName: collection, Query: api.NewQuerySparse(indices, values), Using: api.PtrOf("terms"),
		Limit: api.PtrOf(uint64(q.Limit)), WithPayload: api.NewWithPayloadInclude("passage", "document", "version"),
	}
	if q.Dense != nil {
		n := api.PtrOf(uint64(2*q.Limit + 8))
		request.Prefetch = []*api.PrefetchQuery{
			{Query: request.Query, Using: request.Using, Limit: n},
			{Query: api.NewQueryDense(q.Dense), Using: api.PtrOf("dense"), Limit: n, Params: &api.SearchParams{HnswEf: api.PtrOf(uint64(256))}},
		}
		request.Query, request.Using = api.NewQueryFusion(api.Fusion_RRF), nil
	}
	return request
}
