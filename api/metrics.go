package api

import (
	"context"
	"iter"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"policykb/retrieval"
)

// metrics count what an operator asks about: who is served and how fast, what
// became of questions, and how far behind the way in is.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec   // by route, method and status
	took     *prometheus.HistogramVec // by route
	asks     *prometheus.CounterVec   // by outcome and mode
	stages   *prometheus.HistogramVec // of questions, by stage
	withheld prometheus.Counter
}

// latencies are the bounds of histograms in seconds: an extractive answer takes
// milliseconds, a language model's up to minutes.
var latencies = []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30, 60, 120}

// newMetrics makes the metrics of a server.
func newMetrics(s *Server) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "policykb_http_requests_total", Help: "Requests answered.",
		}, []string{"route", "method", "status"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "policykb_http_request_seconds", Help: "Time from a request to the end of its answer.", Buckets: latencies,
		}, []string{"route"}),
		asks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "policykb_asks_total", Help: "Questions by outcome: answered, the reason why not, or error.",
		}, []string{"outcome", "mode"}),
		stages: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "policykb_ask_stage_seconds", Help: "Time a question takes in each stage.", Buckets: latencies,
		}, []string{"stage"}),
		withheld: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "policykb_withheld_statements_total", Help: "Statements that their quotes did not carry.",
		}),
	}
	m.registry.MustRegister(m.requests, m.took, m.asks, m.stages, m.withheld,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), holdings{s})
	for name, g := range map[string]*gate{"ask": s.asks, "upload": s.uploads, "draw": s.drawings} {
		labels := prometheus.Labels{"gate": name}
		m.registry.MustRegister(
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{
				Name: "policykb_gate_inside", Help: "Requests that are worked on.", ConstLabels: labels,
			}, func() float64 { return float64(len(g.inside)) }),
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{
				Name: "policykb_gate_admitted", Help: "Requests that are worked on or wait for it.", ConstLabels: labels,
			}, func() float64 { return float64(len(g.queue)) }),
			prometheus.NewCounterFunc(prometheus.CounterOpts{
				Name: "policykb_gate_refused_total", Help: "Requests sent away because too much was to do.", ConstLabels: labels,
			}, func() float64 { return float64(g.refused.Load()) }))
	}
	return m
}

// count counts a request.
func (m *metrics) count(c echo.Context, took time.Duration) {
	route := c.Path()
	if route == "" {
		route = "none"
	}
	m.requests.WithLabelValues(route, c.Request().Method, strconv.Itoa(c.Response().Status)).Inc()
	m.took.WithLabelValues(route).Observe(took.Seconds())
}

// watch counts what becomes of a question.
func (m *metrics) watch(steps iter.Seq2[retrieval.Event, error]) iter.Seq2[retrieval.Event, error] {
	return func(yield func(retrieval.Event, error) bool) {
		for step, err := range steps {
			if err != nil {
				m.asks.WithLabelValues("error", "").Inc()
			}
			if a := step.Done; a != nil {
				outcome := "answered"
				if !a.Answered {
					outcome = string(a.Reason)
				}
				m.asks.WithLabelValues(outcome, string(a.Mode)).Inc()
				m.stages.WithLabelValues("retrieve").Observe(a.Timings.Retrieve.Seconds())
				m.stages.WithLabelValues("answer").Observe(a.Timings.Answer.Seconds())
				m.withheld.Add(float64(len(a.Withheld)))
			}
			if !yield(step, err) {
				return
			}
		}
	}
}

// holdings asks the catalogue and the index what they hold whenever metrics are read.
type holdings struct{ server *Server }

var (
	jobsMetric      = prometheus.NewDesc("policykb_jobs", "Documents on their way in, by state.", []string{"state"}, nil)
	documentsMetric = prometheus.NewDesc("policykb_documents", "Documents held.", nil, nil)
	pointsMetric    = prometheus.NewDesc("policykb_index_points", "Passages that can be found.", nil, nil)
	bytesMetric     = prometheus.NewDesc("policykb_index_bytes", "Size of the index.", nil, nil)
	cacheMetric     = prometheus.NewDesc("policykb_vector_cache_total", "Texts whose vectors were in the cache (hit) or had to be made (miss).", []string{"result"}, nil)
	failuresMetric  = prometheus.NewDesc("policykb_engine_errors_total", "Calls of the search engine that failed.", []string{"call"}, nil)
	upMetric        = prometheus.NewDesc("policykb_part_up", "Whether a part answers: 1 or 0.", []string{"part"}, nil)
)

// Describe implements prometheus.Collector.
func (holdings) Describe(d chan<- *prometheus.Desc) {
	for _, one := range []*prometheus.Desc{jobsMetric, documentsMetric, pointsMetric, bytesMetric, cacheMetric, failuresMetric, upMetric} {
		d <- one
	}
}

// Collect implements prometheus.Collector.
func (h holdings) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), readinessTimeout)
	defer cancel()
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	up := func(part string, err error) {
		value := 1.0
		if err != nil {
			value = 0
			h.server.log.WarnContext(ctx, "not measured", "part", part, "error", err)
		}
		gauge(upMetric, value, part)
	}
	counter := func(d *prometheus.Desc, value int64, label string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(value), label)
	}
	var hits, misses int64 // the built-in embedder is faster than a cache, and has none
	if cache, ok := h.server.embedder.(interface{ CacheCounts() (hits, misses int64) }); ok {
		hits, misses = cache.CacheCounts()
	}
	counter(cacheMetric, hits, "hit")
	counter(cacheMetric, misses, "miss")
	for call, n := range h.server.index.Failures() {
		counter(failuresMetric, n, call)
	}
	counts, err := h.server.catalogue.CountJobs(ctx)
	for state, n := range counts {
		gauge(jobsMetric, float64(n), string(state))
	}
	held, errHeld := h.server.catalogue.Holdings(ctx)
	if errHeld == nil {
		gauge(documentsMetric, float64(len(held)))
	} else {
		err = errHeld
	}
	up("catalogue", err)
	stats, err := h.server.index.Stats(ctx)
	if err == nil {
		gauge(pointsMetric, float64(stats.Points))
		gauge(bytesMetric, float64(stats.Bytes))
	}
	up("index", err)
}

// Metrics is what Prometheus reads, for an address of the operator's own.
func (s *Server) Metrics() http.Handler {
	return promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{})
}

// GetMetrics counts what happens, for Prometheus. (GET /metrics)
func (s *Server) GetMetrics(ctx context.Context, _ GetMetricsRequestObject) (GetMetricsResponseObject, error) {
	if !callerOf(ctx).key.scope().Empty() {
		return nil, refuse(http.StatusForbidden, "These figures are of the whole knowledge base; the key is kept to a part of it.")
	}
	return measured{s.Metrics(), requestOf(ctx)}, nil
}

// measured is metrics sent to one request.
type measured struct {
	handler http.Handler
	request *http.Request
}

// VisitGetMetricsResponse implements GetMetricsResponseObject.
func (m measured) VisitGetMetricsResponse(w http.ResponseWriter) error {
	m.handler.ServeHTTP(w, m.request)
	return nil
}
