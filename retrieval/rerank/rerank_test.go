package rerank_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"policykb/retrieval/rerank"
)

// asked is what a server is sent, in either shape.
type asked struct {
	Model     string   `json:"model"`
	Query     string   `json:"query"`
	Documents []string `json:"documents"`
	Texts     []string `json:"texts"`
	TopN      int      `json:"top_n"`
}

func serve(t *testing.T, reply func(w http.ResponseWriter, r *http.Request, a asked)) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var a asked
		if err := json.NewDecoder(r.Body).Decode(&a); err != nil {
			t.Error(err)
		}
		reply(w, r, a)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/rerank"
}

var passages = []string{"第三条　本市设立算力券。", "算力券每年最高200万元。", "本办法自2024年1月1日起施行。"}

func TestScoresComeBackInTheOrderOfTheTexts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		reply string
		want  []float64
	}{
		"sorted by score, as Jina, Cohere, vLLM and Xinference do": {
			`{"results": [{"index": 1, "relevance_score": 0.9}, {"index": 2, "relevance_score": 0.2}, {"index": 0, "relevance_score": 0.5}]}`, []float64{0.5, 0.9, 0.2}},
		"a bare list":           {`[{"index": 2, "score": 0.25}, {"index": 0, "score": 0.5}, {"index": 1, "score": 1}]`, []float64{0.5, 1, 0.25}},
		"logits become chances": {`[{"index": 0, "score": 0}, {"index": 1, "score": 40}, {"index": 2, "score": -800}]`, []float64{0.5, 1, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			var got asked
			var key string
			address := serve(t, func(w http.ResponseWriter, r *http.Request, a asked) {
				got, key = a, r.Header.Get("Authorization")
				w.Write([]byte(test.reply))
			})
			client, err := rerank.Open(rerank.Options{URL: address, Model: "bge-reranker-v2-m3", Key: "secret"})
			if err != nil {
				t.Fatal(err)
			}
			scores, err := client.Rerank(context.Background(), "算力券最高多少？", passages)
			if err != nil || !slices.Equal(scores, test.want) {
				t.Errorf("got %v, %v, want %v", scores, err, test.want)
			}
			if got.Model != "bge-reranker-v2-m3" || got.Query != "算力券最高多少？" || !slices.Equal(got.Documents, passages) || got.TopN != 3 || key != "Bearer secret" {
				t.Errorf("asked %+v with %q", got, key)
			}
		})
	}
}

func TestTheOtherShapeIsFoundOut(t *testing.T) {
	t.Parallel()
	calls := 0
	address := serve(t, func(w http.ResponseWriter, _ *http.Request, a asked) {
		calls++
		if len(a.Texts) == 0 {
			http.Error(w, "Failed to deserialize the JSON body: missing field `texts`", http.StatusUnprocessableEntity)
			return
		}
		w.Write([]byte(`[{"index": 0, "score": 0.1}, {"index": 1, "score": 0.8}, {"index": 2, "score": 0.3}]`))
	})
	client, err := rerank.Open(rerank.Options{URL: address})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		scores, err := client.Rerank(context.Background(), "算力券最高多少？", passages)
		if err != nil || !slices.Equal(scores, []float64{0.1, 0.8, 0.3}) {
			t.Errorf("got %v, %v", scores, err)
		}
	}
	if calls != 3 {
		t.Errorf("the server was called %d times, want 3: refused once, then known", calls)
	}
}

func TestFailuresAreErrors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status      int
		reply, want string
	}{
		"refused":          {401, `{"detail": "bad key"}`, "401"},
		"broken":           {500, "out of memory", "out of memory"},
		"no list":          {200, "<html>", "no list of results"},
		"nothing":          {200, "{}", "leaves out text 0"},
		"one left out":     {200, `[{"index": 0, "score": 1}, {"index": 1, "score": 1}]`, "leaves out text 2"},
		"one twice":        {200, `[{"index": 0, "score": 1}, {"index": 0, "score": 1}]`, "twice"},
		"one too many":     {200, `[{"index": 3, "score": 1}]`, "text 3 of 3"},
		"without a score":  {200, `[{"index": 0}]`, "no score"},
		"longer than read": {200, strings.Repeat(" ", 5<<20), "longer than"},
	} {
		t.Run(name, func(t *testing.T) {
			address := serve(t, func(w http.ResponseWriter, _ *http.Request, _ asked) {
				w.WriteHeader(test.status)
				w.Write([]byte(test.reply))
			})
			client, err := rerank.Open(rerank.Options{URL: address})
			if err != nil {
				t.Fatal(err)
			}
			if scores, err := client.Rerank(context.Background(), "算力券最高多少？", passages); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, %v, want an error with %q", scores, err, test.want)
			}
		})
	}
}

func TestASilentServerIsGivenUp(t *testing.T) {
	t.Parallel()
	done := make(chan struct{})
	address := serve(t, func(_ http.ResponseWriter, r *http.Request, _ asked) {
		select {
		case <-r.Context().Done():
		case <-done:
		}
	})
	t.Cleanup(func() { close(done) })
	client, err := rerank.Open(rerank.Options{URL: address, Timeout: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Rerank(context.Background(), "算力券最高多少？", passages); err == nil || !strings.Contains(err.Error(), "no reply within 20ms") {
		t.Errorf("got %v", err)
	}
}

func TestOpenRefusesWhatIsNoAddress(t *testing.T) {
	t.Parallel()
	for _, o := range []rerank.Options{{}, {URL: "localhost:8080"}, {URL: "ftp://host/rerank"}, {URL: "http://host/rerank", Timeout: -1}} {
		if _, err := rerank.Open(o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}
