package api_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"policykb/api"
)

// BenchmarkAsk64 asks from 64 clients at once, over HTTP on the loopback address:
// requests a second, latencies, and how many were sent away.
func BenchmarkAsk64(b *testing.B) { benchmarkLoad(b, 64) }

// BenchmarkAsk192 asks more than is let in: the surplus is sent away at once.
func BenchmarkAsk192(b *testing.B) { benchmarkLoad(b, 192) }

func benchmarkLoad(b *testing.B, clients int) {
	h := with(b, func(c *api.Config) { c.Limits.Rate = 0 })
	response, err := h.upload("POST", "/v1/documents?wait=true", map[string]string{"city": "成都"}, file{"a.txt", notice}, file{"b.txt", strings.Replace(notice, "80", "90", 1) + "第二份。"})
	if err != nil {
		b.Fatal(err)
	}
	response.Body.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	defer client.CloseIdleConnections()
	var mu sync.Mutex
	var took []time.Duration
	statuses := make(map[int]int)
	work := make(chan int)
	var asking sync.WaitGroup
	for range clients {
		asking.Go(func() {
			for i := range work {
				begun := time.Now()
				response, err := client.Post(h.url+"/v1/ask", "application/json", strings.NewReader(question(fmt.Sprintf("每家企业每年最高多少？%d", i%7))))
				if err != nil {
					b.Error(err)
					continue
				}
				io.Copy(io.Discard, response.Body)
				response.Body.Close()
				mu.Lock()
				if statuses[response.StatusCode]++; response.StatusCode == http.StatusOK {
					took = append(took, time.Since(begun))
				}
				mu.Unlock()
			}
		})
	}
	b.ResetTimer()
	for i := range b.N {
		work <- i
	}
	close(work)
	asking.Wait()
	b.StopTimer()
	if refused := statuses[http.StatusServiceUnavailable]; statuses[http.StatusOK]+refused != b.N || clients <= 64 && refused > 0 {
		b.Errorf("got the statuses %v", statuses)
	}
	slices.Sort(took)
	if len(took) > 0 {
		b.ReportMetric(float64(len(took))/b.Elapsed().Seconds(), "answers/s")
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		b.ReportMetric(float64(statuses[http.StatusServiceUnavailable])/float64(b.N), "refused/op")
	}
}
