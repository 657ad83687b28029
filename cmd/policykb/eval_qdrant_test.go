package main_test

import (
	"cmp"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"policykb/ingest"
	"policykb/retrieval"
	"policykb/retrieval/embed"
	"policykb/retrieval/evaluate"
	"policykb/retrieval/qdrant"
	"policykb/retrieval/qdrant/qdranttest"
)

// TestEvaluationOnQdrant holds every figure over the policies on Qdrant, with its
// graph and exact, by terms and hybrid, within 1 point of the embedded engine's.
// The server is the one that POLICYKB_TEST_QDRANT names, where the collections stay
// for a look, else the test server.
func TestEvaluationOnQdrant(t *testing.T) {
	policies, questions := sharedFile(t, "policies"), sharedFile(t, "eval/policy_questions.jsonl")
	layouts := []string{"", "exact=true"}
	server, _, _ := strings.Cut(os.Getenv("POLICYKB_TEST_QDRANT"), "?")
	if server == "" {
		server, layouts = qdranttest.Start(t).Address, layouts[:1] // it is always exact
	}
	fusions := []retrieval.Fusion{{}, {Sparse: 1, Dense: 0.2}}
	near := newBase(t, ingest.Files(policies))
	var want []evaluate.Report
	for _, fusion := range fusions {
		want = append(want, near.fused(fusion).measure(t, fmt.Sprintf("embedded-%v", fusion), questions, ""))
	}
	for _, settings := range layouts {
		t.Run(cmp.Or(settings, "defaults"), func(t *testing.T) {
			o, err := qdrant.ParseURL(fmt.Sprintf("qdrant://%s/policykb-eval-%d-%s?%s", server, os.Getpid(), cmp.Or(settings, "graph")[:5], settings))
			if err != nil {
				t.Fatal(err)
			}
			if o.Key, err = qdrant.KeyFromEnvironment(os.Getenv); err != nil {
				t.Fatal(err)
			}
			embedder := embed.Builtin()
			o.Model, o.Dimensions, o.Logger = embedder.Model(), embedder.Dimensions(), slog.New(slog.DiscardHandler)
			index, err := qdrant.Open(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { closing(t, index.Close()) })
			far := newBaseOn(t, index, embedder, ingest.Files(policies))
			for i, fusion := range fusions {
				got := far.fused(fusion).measure(t, fmt.Sprintf("qdrant-%v-%s", fusion, settings), questions, "").All.Measures
				for _, name := range slices.Sorted(maps.Keys(got)) {
					if here, there := want[i].All.Measures[name].Value, got[name].Value; math.Abs(here-there) > 0.01 {
						t.Errorf("fusion %v: %s is %.3f, on the embedded engine %.3f", fusion, name, there, here)
					}
				}
			}
		})
	}
}
