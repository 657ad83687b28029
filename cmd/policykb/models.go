package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"policykb/retrieval"
	"policykb/retrieval/embed"
	"policykb/retrieval/evaluate"
	"policykb/retrieval/llm"
	"policykb/retrieval/rerank"
)

// modelSettings say which models are used and what they may take. With none set
// there is none, and nothing leaves the machine.
type modelSettings struct {
	Embedder      string            `env:"POLICYKB_EMBEDDER" default:"builtin" placeholder:"MODEL" help:"Embedder: builtin, openai:MODEL, googleai:MODEL or ollama:MODEL. After a change of embedder, policykb reindex."`
	LLM           string            `name:"llm" env:"POLICYKB_LLM" default:"none" placeholder:"MODEL" help:"Language model that writes answers: none, openai:MODEL, ollama:MODEL, anthropic:MODEL or googleai:MODEL. Addresses and keys from OPENAI_BASE_URL, OPENAI_API_KEY, OLLAMA_HOST, ANTHROPIC_API_KEY, GOOGLE_API_KEY."`
	LLMBudget     string            `name:"llm-budget" env:"POLICYKB_LLM_BUDGET" placeholder:"BOUNDS" help:"What the language model may cost: 20000/question,1000000/day in tokens, $$0.02/question,$$5/day in money. A day's sum begins anew when the program does."`
	LLMPrice      string            `name:"llm-price" env:"POLICYKB_LLM_PRICE" placeholder:"IN/OUT" help:"What a million tokens of input and output cost, as 0.15/0.60; needed for a budget in money."`
	Rerank        string            `env:"POLICYKB_RERANK" placeholder:"URL" help:"Address of a model server that puts passages in order, as http://127.0.0.1:8081/rerank or https://api.jina.ai/v1/rerank. Key from RERANK_API_KEY."`
	RerankModel   string            `name:"rerank-model" env:"POLICYKB_RERANK_MODEL" placeholder:"NAME" help:"Model that the server is to use; not needed where it has one only."`
	RerankTimeout time.Duration     `name:"rerank-timeout" env:"POLICYKB_RERANK_TIMEOUT" default:"2s" help:"Time for one order. Where it is not kept the order of the search stands, and the answer says so."`
	transport     http.RoundTripper // of the language model, where it is recorded or replayed
	AskTimeout    time.Duration     `name:"ask-timeout" env:"POLICYKB_ASK_TIMEOUT" default:"60s" help:"Time for an answer. A language model that has not finished by then is given up for the documents' own words."`
}

// openEmbedder opens the embedder that the settings name. What a model has made is
// kept in the cache, where there is one.
func openEmbedder(ctx context.Context, s *modelSettings, cache embed.Cache, log *slog.Logger) (retrieval.Embedder, error) {
	if s.Embedder == "builtin" {
		return embed.Builtin(), nil
	}
	client, err := llm.OpenVectorizer(s.Embedder, os.Getenv, nil)
	if err != nil {
		return nil, err
	}
	embedder, err := embed.Remote(ctx, client, embed.RemoteOptions{Model: s.Embedder, Logger: log})
	if err != nil || cache == nil {
		return embedder, err
	}
	return embed.Cached(embedder, cache), nil
}

// openReranker readies the reranker that the settings name; nil without one.
func openReranker(s *modelSettings) (retrieval.Reranker, error) {
	if s.Rerank == "" {
		return nil, nil
	}
	if s.RerankTimeout <= 0 {
		return nil, fmt.Errorf("--rerank-timeout is %s; it must be above 0", s.RerankTimeout)
	}
	return rerank.Open(rerank.Options{URL: s.Rerank, Model: s.RerankModel, Key: os.Getenv("RERANK_API_KEY"), Timeout: s.RerankTimeout})
}

// fusion weighs the channels of a search as long as nobody has calibrated them: the
// built-in embedder adds nothing that the words do not say, a model's vectors find
// what is said in other words.
func (s *modelSettings) fusion() retrieval.Fusion {
	if s.Embedder == "builtin" {
		return retrieval.Fusion{}
	}
	return retrieval.Fusion{Sparse: 1, Dense: 0.5}
}

// env is os.Getenv. Where replies come from a cassette no key is needed.
func (s *modelSettings) env(name string) string {
	value := os.Getenv(name)
	if _, replayed := s.transport.(*llm.Player); replayed && value == "" && strings.HasSuffix(name, "_API_KEY") {
		return "none"
	}
	return value
}

// openJudge readies the language model that judges statements; nil where none is
// named. It is no part of what questions may cost.
func openJudge(s *modelSettings, setting, cost string) (*llm.Judge, error) {
	if setting == "" {
		return nil, nil
	}
	price, err := llm.ParsePrice(cost)
	if err != nil {
		return nil, err
	}
	model, err := llm.Open(setting, llm.Options{Env: s.env, Price: price, Transport: s.transport, TraceContent: tracesContent(s.env)})
	if err != nil {
		return nil, fmt.Errorf("--judge: %w", err)
	}
	return llm.NewJudge(model, evaluate.ErrUnjudged), nil
}

// openWriter readies the language model that the settings name; nil without one.
func openWriter(s *modelSettings, log *slog.Logger) (*llm.Writer, error) {
	if s.LLM == "none" {
		return nil, nil
	}
	budget, err := llm.ParseBudget(s.LLMBudget)
	if err != nil {
		return nil, err
	}
	price, err := llm.ParsePrice(s.LLMPrice)
	if err != nil {
		return nil, err
	}
	model, err := llm.Open(s.LLM, llm.Options{Env: s.env, Budget: budget, Price: price, Transport: s.transport, TraceContent: tracesContent(s.env)})
	if err != nil {
		return nil, err
	}
	return llm.NewWriter(model, log), nil
}
