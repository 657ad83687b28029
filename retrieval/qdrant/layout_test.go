package qdrant_test

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	api "github.com/qdrant/go-client/qdrant"

	"policykb/retrieval"
	"policykb/retrieval/indextest"
	"policykb/retrieval/qdrant"
	"policykb/retrieval/qdrant/qdranttest"
)

// layouts are settings of the URL, with what the server must say of a collection
// that was made with them.
var layouts = []struct{ settings, want string }{
	{"", "shards 1, replicas 1, writes 1, vectors in memory, graph in memory, terms in memory as Float16, no quantization"},
	{"on_disk=true", "shards 1, replicas 1, writes 1, vectors on disk, graph on disk, terms on disk as Float16, no quantization"},
	{"quantization=int8", "shards 1, replicas 1, writes 1, vectors in memory, graph in memory, terms in memory as Float16, int8 to the quantile 0.99 in memory"},
	{"quantization=binary&on_disk=true", "shards 1, replicas 1, writes 1, vectors on disk, graph on disk, terms on disk as Float16, binary in memory"},
	{"shards=3", "shards 3, replicas 1, writes 1, vectors in memory, graph in memory, terms in memory as Float16, no quantization"},
	{"replicas=2", "shards 1, replicas 2, writes 2, vectors in memory, graph in memory, terms in memory as Float16, no quantization"},
	{"replicas=3&write_consistency=2&read_consistency=quorum", "shards 1, replicas 3, writes 2, vectors in memory, graph in memory, terms in memory as Float16, no quantization"},
	{"read_consistency=majority", "shards 1, replicas 1, writes 1, vectors in memory, graph in memory, terms in memory as Float16, no quantization"},
	{"read_consistency=all&exact=true", "shards 1, replicas 1, writes 1, vectors in memory, graph in memory, terms in memory as Float16, no quantization"},
}

// laidOut are the options of an index with some settings.
func laidOut(t *testing.T, server, settings string) qdrant.Options {
	t.Helper()
	return options(t, server+"?"+settings)
}

func TestLayouts(t *testing.T) {
	t.Parallel()
	servers := map[string]string{"test server": qdranttest.Start(t).Address}
	if real, _, _ := strings.Cut(os.Getenv("POLICYKB_TEST_QDRANT"), "?"); real != "" {
		servers["real server"] = real
	}
	for name, server := range servers {
		for _, layout := range layouts {
			t.Run(name+" "+cmp.Or(layout.settings, "defaults"), func(t *testing.T) {
				x := open(t, laidOut(t, server, layout.settings))
				info, err := client(t, options(t, server)).GetCollectionInfo(t.Context(), x.Collection())
				if err != nil {
					t.Fatal(err)
				}
				if got := described(info); got != layout.want {
					t.Errorf("the collection has\n%s, want\n%s", got, layout.want)
				}
				put(t, x, "办法", 1, 3)
				put(t, x, "办法", 2, 5)
				if got := found(t, x, "办法"); got != "v2 of 5" {
					t.Errorf("found %s", got)
				}
				hybrid := anything
				hybrid.Dense, hybrid.Fusion = make([]float32, indextest.Dimensions), retrieval.Fusion{Sparse: 1, Dense: 1}
				hybrid.Dense[3] = 1
				if hits, err := x.Search(t.Context(), hybrid); err != nil || len(hits) != 5 || hits[0].Passage != "办法/2/3" {
					t.Errorf("by terms and vector: %+v, %v", hits, err)
				}
			})
		}
	}
}

// The whole suite runs in every layout of a real server, since there it makes a
// difference. Not over shards: each counts for itself how rare a term is, which
// tells too little of the suite's few passages. And exactly where one bit is left of a
// component: the suite's vectors have eight, which tell hardly anything apart then.
func TestServerLayouts(t *testing.T) {
	server, _, _ := strings.Cut(realServer(t), "?")
	for _, layout := range layouts[1:] {
		if strings.Contains(layout.settings, "shards") {
			continue
		}
		settings := layout.settings
		if strings.Contains(settings, "binary") {
			settings += "&exact=true"
		}
		t.Run(settings, func(t *testing.T) {
			indextest.Run(t, func(t *testing.T) retrieval.Index { return open(t, laidOut(t, server, settings)) })
		})
	}
}

// described says what a server tells of a collection.
func described(info *api.CollectionInfo) string {
	where := func(onDisk bool) string {
		if onDisk {
			return "on disk"
		}
		return "in memory"
	}
	p := info.GetConfig().GetParams()
	dense, terms := p.GetVectorsConfig().GetParamsMap().GetMap()["dense"], p.GetSparseVectorsConfig().GetMap()["terms"].GetIndex()
	said := fmt.Sprintf("shards %d, replicas %d, writes %d, vectors %s, graph %s, terms %s as %s, ",
		p.GetShardNumber(), max(1, p.GetReplicationFactor()), max(1, p.GetWriteConsistencyFactor()),
		where(dense.GetOnDisk()), where(dense.GetHnswConfig().GetOnDisk()), where(terms.GetOnDisk()), terms.GetDatatype())
	q := info.GetConfig().GetQuantizationConfig()
	switch {
	case q.GetScalar() != nil:
		return said + fmt.Sprintf("%s to the quantile %v %s", strings.ToLower(q.GetScalar().GetType().String()), q.GetScalar().GetQuantile(), where(!q.GetScalar().GetAlwaysRam()))
	case q.GetBinary() != nil:
		return said + "binary " + where(!q.GetBinary().GetAlwaysRam())
	}
	return said + "no quantization"
}

// A collection that has grown large is quantized at the next start, unless the
// settings say otherwise; searches score again with the vectors themselves.
func TestQuantizationOfManyPoints(t *testing.T) {
	t.Parallel()
	for settings, want := range map[string]string{
		"":                    "int8 to the quantile 0.99 in memory",
		"quantization=none":   "no quantization",
		"quantization=binary": "binary in memory",
	} {
		t.Run(cmp.Or(settings, "defaults"), func(t *testing.T) {
			t.Parallel()
			server := qdranttest.Start(t)
			o := laidOut(t, server.Address, settings)
			small := open(t, o)
			put(t, small, "办法", 1, 3)
			server.PretendPoints(99_990)
			open(t, o)
			if n := server.Calls("Update"); n != 0 {
				t.Errorf("with fewer points than 100,000 the collection was changed %d times", n)
			}
			server.PretendPoints(100_000)
			x := open(t, o)
			info, err := client(t, o).GetCollectionInfo(t.Context(), x.Collection())
			if err != nil {
				t.Fatal(err)
			}
			if got := described(info); !strings.HasSuffix(got, want) {
				t.Errorf("the collection has %s, want %s", got, want)
			}
		})
	}
}

// What is asked of the server follows from the settings. A search is answered by one
// replica, whatever they are: see search.ask.
func TestWhatIsAsked(t *testing.T) {
	t.Parallel()
	for settings, want := range map[string]string{
		"":                                       "exact false, ef 256, rescored among 2 times as many, of one replica; counted by one replica",
		"quantization=binary":                    "exact false, ef 256, rescored among 4 times as many, of one replica; counted by one replica",
		"quantization=none&exact=true":           "exact true, ef 256, not quantized, of one replica; counted by one replica",
		"read_consistency=quorum&replicas=3":     "exact false, ef 256, rescored among 2 times as many, of one replica; counted by Quorum",
		"read_consistency=all&quantization=int8": "exact false, ef 256, rescored among 2 times as many, of one replica; counted by All",
	} {
		t.Run(cmp.Or(settings, "defaults"), func(t *testing.T) {
			t.Parallel()
			server := qdranttest.Start(t)
			x := open(t, laidOut(t, server.Address, settings))
			var mu sync.Mutex
			searched, counted := "", ""
			server.Intercept(func(_ context.Context, c qdranttest.Call) error {
				mu.Lock()
				defer mu.Unlock()
				switch r := c.Request.(type) {
				case *api.QueryPoints:
					searched = parameters(r)
				case *api.FacetCounts:
					counted = replicas(r.GetReadConsistency())
				}
				return nil
			})
			put(t, x, "办法", 1, 3)
			q := retrieval.Query{Dense: make([]float32, indextest.Dimensions), Limit: 3}
			q.Dense[0] = 1
			if _, err := x.Search(t.Context(), q); err != nil {
				t.Fatal(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if asked := searched + "; counted by " + counted; asked != want {
				t.Errorf("asked with %s, want %s", asked, want)
			}
		})
	}
}

// parameters says how a query is to be answered.
func parameters(q *api.QueryPoints) string {
	p, quantized := q.GetParams(), "not quantized"
	if p.GetQuantization().GetRescore() {
		quantized = fmt.Sprintf("rescored among %v times as many", p.GetQuantization().GetOversampling())
	}
	return fmt.Sprintf("exact %t, ef %d, %s, of %s", p.GetExact(), p.GetHnswEf(), quantized, replicas(q.GetReadConsistency()))
}

// replicas says how many replicas are asked.
func replicas(c *api.ReadConsistency) string {
	if c == nil {
		return "one replica"
	}
	return c.GetType().String()
}
