package api

import (
	"github.com/prometheus/client_golang/prometheus"

	"policykb/retrieval/llm"
)

// modelled counts what a language model has done and cost, and how the quotes that
// it named failed.
type modelled struct{ counts func() llm.Counts }

var (
	modelCallsMetric      = prometheus.NewDesc("policykb_llm_calls_total", "Calls of the language model.", nil, nil)
	modelFailuresMetric   = prometheus.NewDesc("policykb_llm_failures_total", "Answers that the language model did not bring to an end.", nil, nil)
	modelTokensMetric     = prometheus.NewDesc("policykb_llm_tokens_total", "Tokens of the language model.", []string{"direction"}, nil)
	modelCostMetric       = prometheus.NewDesc("policykb_llm_cost_total", "What the language model has cost, at the price that was set.", nil, nil)
	modelStatementsMetric = prometheus.NewDesc("policykb_llm_statements_total", "Statements of the language model: verified at once or mended, or withheld.", []string{"outcome"}, nil)
	modelQuotesMetric     = prometheus.NewDesc("policykb_llm_quotes_failed_total", "Quotes that the language model named and that are none: in another passage, stitched of several places, in none.", []string{"how"}, nil)
)

// Describe implements prometheus.Collector.
func (modelled) Describe(d chan<- *prometheus.Desc) {
	for _, one := range []*prometheus.Desc{modelCallsMetric, modelFailuresMetric, modelTokensMetric, modelCostMetric, modelStatementsMetric, modelQuotesMetric} {
		d <- one
	}
}

// Collect implements prometheus.Collector.
func (m modelled) Collect(out chan<- prometheus.Metric) {
	c := m.counts()
	count := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, value, labels...)
	}
	count(modelCallsMetric, float64(c.Calls))
	count(modelFailuresMetric, float64(c.Failures))
	count(modelTokensMetric, float64(c.InputTokens), "input")
	count(modelTokensMetric, float64(c.OutputTokens), "output")
	count(modelCostMetric, c.Money)
	count(modelStatementsMetric, float64(c.Statements), "verified")
	count(modelStatementsMetric, float64(c.Withheld), "withheld")
	count(modelQuotesMetric, float64(c.Elsewhere), "elsewhere")
	count(modelQuotesMetric, float64(c.Stitched), "stitched")
	count(modelQuotesMetric, float64(c.Nowhere), "nowhere")
}
