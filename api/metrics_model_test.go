package api

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"policykb/retrieval/llm"
)

func TestFailedQuotesAreCounted(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(modelled{func() llm.Counts {
		return llm.Counts{Calls: 7, Elsewhere: 1, Stitched: 2, Nowhere: 3, OutputTokens: 40}
	}})
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := make(map[string]float64)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := strings.TrimPrefix(f.GetName(), "policykb_llm_")
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			values[name] = m.GetCounter().GetValue()
		}
	}
	for name, want := range map[string]float64{
		"calls_total": 7, "quotes_failed_total elsewhere": 1, "quotes_failed_total stitched": 2, "quotes_failed_total nowhere": 3, "tokens_total output": 40,
	} {
		if values[name] != want {
			t.Errorf("%s is %v, want %v", name, values[name], want)
		}
	}
}
