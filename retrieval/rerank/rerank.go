// Package rerank asks a model server which passages answer a question best.
//
// It speaks the /rerank shape that Jina, Cohere, vLLM and Xinference share, and
// the one of Hugging Face's Text Embeddings Inference, which differs in names:
//
//	{"model", "query", "documents", "top_n"} → {"results": [{"index", "relevance_score"}]}
//	{"query", "texts"}                       → [{"index", "score"}]
package rerank

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// Options say where the model is.
type Options struct {
	URL     string        // of the endpoint, whole: http://127.0.0.1:8081/rerank
	Model   string        // "" where the server has one only
	Key     string        // sent as a bearer token; "" for none
	Timeout time.Duration // of one call; 0: 2 s
	Client  *http.Client  // nil: one of its own
}

const (
	usualTimeout  = 2 * time.Second
	maxReplyBytes = 4 << 20
	maxErrorBytes = 4 << 10
)

// Client is a [retrieval.Reranker] on a server. It is safe for concurrent use.
type Client struct {
	options Options
	texts   atomic.Bool // the server wants "texts", not "documents"
}

// Open checks the options. Nothing is sent.
func Open(o Options) (*Client, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("reranker: %q is no address of a server; say http://HOST:PORT/rerank", o.URL)
	}
	if o.Timeout < 0 {
		return nil, fmt.Errorf("reranker: the timeout is %s; it must be above 0", o.Timeout)
	}
	if o.Timeout == 0 {
		o.Timeout = usualTimeout
	}
	if o.Client == nil {
		o.Client = &http.Client{}
	}
	return &Client{options: o}, nil
}

// errTexts marks a refusal that names the other shape's field.
var errTexts = errors.New("the server wants texts")

// Rerank scores each text by how well it answers the question, 0 to 1, in the
// order of the texts. One that fails within the timeout gives an error and no
// scores; nothing is tried again, since whoever asks is waiting.
func (c *Client) Rerank(ctx context.Context, question string, texts []string) ([]float64, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.options.Timeout, fmt.Errorf("no reply within %s", c.options.Timeout))
	defer cancel()
	scores, err := c.call(ctx, question, texts)
	if errors.Is(err, errTexts) && c.texts.CompareAndSwap(false, true) {
		scores, err = c.call(ctx, question, texts)
	}
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return nil, fmt.Errorf("rerank: %w", err)
	}
	return scores, nil
}

func (c *Client) call(ctx context.Context, question string, texts []string) ([]float64, error) {
	asked := map[string]any{"query": question}
	if c.texts.Load() {
		asked["texts"] = texts
	} else {
		asked["documents"], asked["top_n"] = texts, len(texts)
		if c.options.Model != "" {
			asked["model"] = c.options.Model
		}
	}
	body, err := json.Marshal(asked)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.options.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if c.options.Key != "" {
		request.Header.Set("Authorization", "Bearer "+c.options.Key)
	}
	response, err := c.options.Client.Do(request)
	if err != nil {
		return nil, withoutAddress(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		detail, _ := io.ReadAll(io.LimitReader(response.Body, maxErrorBytes))
		if response.StatusCode/100 == 4 && strings.Contains(string(detail), "texts") {
			return nil, errTexts
		}
		return nil, fmt.Errorf("the server answered %s: %s", response.Status, strings.TrimSpace(string(detail)))
	}
	reply, err := io.ReadAll(io.LimitReader(response.Body, maxReplyBytes+1))
	switch {
	case err != nil:
		return nil, err
	case len(reply) > maxReplyBytes:
		return nil, fmt.Errorf("the reply is longer than %d bytes", maxReplyBytes)
	}
	return scoresIn(reply, len(texts))
}

// withoutAddress takes the server's address from an error, which whoever asks may see.
func withoutAddress(err error) error {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("the server cannot be reached: %w", failed.Err)
	}
	return err
}

// result is what a server says of one text.
type result struct {
	Index     *int     `json:"index"`
	Relevance *float64 `json:"relevance_score"`
	Score     *float64 `json:"score"`
}

// scoresIn reads a reply to n texts. Every text must have exactly one score; scores
// that are no probabilities are made some, which keeps their order.
func scoresIn(reply []byte, n int) ([]float64, error) {
	var whole struct {
		Results []result `json:"results"`
	}
	err := json.Unmarshal(reply, &whole.Results)
	if err != nil {
		err = json.Unmarshal(reply, &whole)
	}
	if err != nil {
		return nil, fmt.Errorf("the reply is no list of results: %w", err)
	}
	scores := make([]float64, n)
	for i := range scores {
		scores[i] = math.NaN()
	}
	probabilities := true
	for _, r := range whole.Results {
		score := r.Relevance
		if score == nil {
			score = r.Score
		}
		switch {
		case r.Index == nil || score == nil:
			return nil, errors.New("a result of the reply has no index or no score")
		case *r.Index < 0 || *r.Index >= n:
			return nil, fmt.Errorf("the reply scores text %d of %d", *r.Index, n)
		case !math.IsNaN(scores[*r.Index]):
			return nil, fmt.Errorf("the reply scores text %d twice", *r.Index)
		}
		scores[*r.Index] = *score
		probabilities = probabilities && *score >= 0 && *score <= 1
	}
	for i, score := range scores {
		if math.IsNaN(score) {
			return nil, fmt.Errorf("the reply leaves out text %d", i)
		}
		if !probabilities {
			scores[i] = 1 / (1 + math.Exp(-score))
		}
	}
	return scores, nil
}
