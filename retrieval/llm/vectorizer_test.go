package llm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"policykb/retrieval/embed"
	"policykb/retrieval/llm/llmtest"
)

// lengths gives each text the vector of its length, in OpenAI's form.
func lengths(texts []string) []map[string]any {
	var all []map[string]any
	for i, text := range texts {
		all = append(all, map[string]any{"object": "embedding", "index": i, "embedding": []float32{float32(utf8.RuneCountInString(text)), 1}})
	}
	return all
}

func vectorizer(t *testing.T, setting string, s *llmtest.Server) *Vectorizer {
	t.Helper()
	v, err := OpenVectorizer(setting, s.Env, nil)
	if err != nil {
		t.Fatal(err)
	}
	v.http.Transport.(*guard).pause = time.Millisecond
	t.Cleanup(v.Close)
	return v
}

func TestVectorsComeInTheOrderOfTheirTexts(t *testing.T) {
	t.Parallel()
	reversed := func(texts []string) any {
		all := lengths(texts)
		slices.Reverse(all)
		return all
	}
	plain := func(texts []string) any {
		var all [][]float32
		for _, v := range lengths(texts) {
			all = append(all, v["embedding"].([]float32))
		}
		return all
	}
	var texts []string
	for i := range 33 {
		texts = append(texts, strings.Repeat("策", i+1))
	}
	for setting, step := range map[string]llmtest.Step{"openai:v": {Vectors: reversed}, "googleai:v": {Vectors: reversed}, "ollama:v": {Vectors: plain}} {
		s := llmtest.New(t, step)
		e, err := embed.Remote(context.Background(), vectorizer(t, setting, s), embed.RemoteOptions{Model: setting})
		if err != nil {
			t.Fatal(err)
		}
		given := slices.Clone(texts)
		vectors, err := e.EmbedDocuments(context.Background(), given)
		if err != nil {
			t.Fatalf("%s: %v", setting, err)
		}
		for i, v := range vectors {
			if want := float32(i + 1); v[0]/v[1] < want*0.999 || v[0]/v[1] > want*1.001 {
				t.Errorf("%s: text %d has the vector %v", setting, i, v)
			}
		}
		if !slices.Equal(given, texts) {
			t.Errorf("%s: the caller's texts were changed", setting)
		}
		for _, r := range s.Requests() {
			if n := strings.Count(r.Body, `策","`) + 1; n > 10 {
				t.Errorf("%s: %d texts in one request", setting, n)
			}
		}
	}
}

func TestVectorFailures(t *testing.T) {
	t.Parallel()
	good := llmtest.Step{Vectors: func(texts []string) any { return lengths(texts) }}
	tests := []struct {
		name string
		step llmtest.Step
		want string // in the error
	}{
		{"one missing", llmtest.Step{Vectors: func(texts []string) any { return lengths(texts)[1:] }}, "2 vectors for 3 texts"},
		{"one twice", llmtest.Step{Vectors: func(texts []string) any { all := lengths(texts); all[2]["index"] = 0; return all }}, "no vector for text"},
		{"another length", llmtest.Step{Vectors: func(texts []string) any {
			all := lengths(texts)
			all[1]["embedding"] = []float32{1, 2, 3}
			return all
		}}, "3 dimensions, not 2"},
		{"no direction", llmtest.Step{Vectors: func(texts []string) any { all := lengths(texts); all[1]["embedding"] = []float32{0, 0}; return all }}, "without direction"},
		{"no JSON", llmtest.Step{Raw: true, Body: "<html>"}, "malformed"},
		{"refused", llmtest.Step{Status: 400, Body: `{"error":{"message":"too long"}}`}, "400 Bad Request: too long"},
		{"always busy", llmtest.Step{Status: 503}, "503"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := llmtest.New(t, good, test.step)
			e, err := embed.Remote(context.Background(), vectorizer(t, "openai:v", s), embed.RemoteOptions{Model: "openai:v"})
			if err != nil {
				t.Fatal(err)
			}
			if _, err = e.EmbedDocuments(context.Background(), []string{"一", "二二", "三三三"}); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
	s := llmtest.New(t, good, llmtest.Step{Status: 429}, good)
	e, err := embed.Remote(context.Background(), vectorizer(t, "openai:v", s), embed.RemoteOptions{Model: "openai:v"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.EmbedQuery(context.Background(), "问题"); err != nil {
		t.Errorf("busy once: %v", err)
	}
}

func TestVectorsAreCancelled(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t, llmtest.Step{Vectors: func(texts []string) any { return lengths(texts) }}, llmtest.Step{Pause: time.Minute})
	e, err := embed.Remote(context.Background(), vectorizer(t, "openai:v", s), embed.RemoteOptions{Model: "openai:v"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := e.EmbedQuery(ctx, "问题"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

func TestBatchesAreBoundedByTokens(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t, llmtest.Step{Vectors: func(texts []string) any { return lengths(texts) }})
	e, err := embed.Remote(context.Background(), vectorizer(t, "openai:v", s), embed.RemoteOptions{Model: "openai:v", BatchTokens: 100, TextTokens: 80})
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for i := range 6 {
		texts = append(texts, strings.Repeat("算", 20+20*i))
	}
	vectors, err := e.EmbedDocuments(context.Background(), texts)
	if err != nil || len(vectors) != 6 {
		t.Fatal(err)
	}
	if got := fmt.Sprint(vectors[5][0] / vectors[5][1]); got != "80" {
		t.Errorf("a text of 120 tokens was cut to %s, want 80", got)
	}
	for _, r := range s.Requests() {
		if n := strings.Count(r.Body, "算"); n > 100 {
			t.Errorf("%d tokens in one request", n)
		}
	}
}
