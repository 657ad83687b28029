package embed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"unicode/utf8"

	"github.com/tmc/langchaingo/embeddings"
	"golang.org/x/sync/errgroup"

	"policykb/retrieval"
)

// RemoteOptions say how a model on a server is asked for vectors. The zero value
// of each but Model stands for a default that every known server takes.
type RemoteOptions struct {
	Model       string // as openai:text-embedding-3-small; vectors of two models never mix
	BatchTexts  int    // texts in one request; 0 means 10
	BatchTokens int    // tokens in one request, estimated; 0 means 8000
	TextTokens  int    // longer texts are cut and that is logged; 0 means 8000
	Concurrency int    // requests at a time; 0 means 4
	Logger      *slog.Logger
}

// Remote returns the embedder of a model on a server. It embeds one word to learn
// the length of the model's vectors. The client is trusted with retries, and with
// giving as many vectors as it was given texts, in their order; their length is
// checked here, and they are brought to length 1.
func Remote(ctx context.Context, client embeddings.EmbedderClient, o RemoteOptions) (retrieval.Embedder, error) {
	o.BatchTexts, o.BatchTokens = cmp.Or(o.BatchTexts, 10), cmp.Or(o.BatchTokens, 8000)
	o.TextTokens, o.Concurrency = cmp.Or(o.TextTokens, 8000), cmp.Or(o.Concurrency, 4)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	r := &remote{client: client, options: o}
	probe, err := client.CreateEmbedding(ctx, []string{"政策"})
	if err != nil {
		return nil, fmt.Errorf("ask %s for a vector: %w", o.Model, err)
	}
	if len(probe) != 1 || len(probe[0]) == 0 {
		return nil, fmt.Errorf("%s gave no vector", o.Model)
	}
	r.dimensions = len(probe[0])
	return r, nil
}

// remote embeds with a model on a server.
type remote struct {
	client     embeddings.EmbedderClient
	options    RemoteOptions
	dimensions int
}

// Model implements [retrieval.Embedder].
func (r *remote) Model() string { return r.options.Model }

// Dimensions implements [retrieval.Embedder].
func (r *remote) Dimensions() int { return r.dimensions }

// EmbedQuery implements langchaingo's embeddings.Embedder.
func (r *remote) EmbedQuery(ctx context.Context, text string) ([]float32, error) {
	vectors, err := r.EmbedDocuments(ctx, []string{text})
	if err != nil {
		return nil, err
	}
	return vectors[0], nil
}

// EmbedDocuments implements langchaingo's embeddings.Embedder.
func (r *remote) EmbedDocuments(ctx context.Context, texts []string) ([][]float32, error) {
	vectors := make([][]float32, len(texts))
	requests, ctx := errgroup.WithContext(ctx)
	requests.SetLimit(r.options.Concurrency)
	shortened := r.shorten(ctx, texts)
	for from := 0; from < len(texts); {
		to, tokens := from, 0
		for to < len(texts) && to-from < r.options.BatchTexts {
			n := estimate(shortened[to])
			if to > from && tokens+n > r.options.BatchTokens {
				break
			}
			tokens += n
			to++
		}
		part := vectors[from:to]
		batch := shortened[from:to:to]
		requests.Go(func() error { return r.embed(ctx, batch, part) })
		from = to
	}
	if err := requests.Wait(); err != nil {
		return nil, err
	}
	return vectors, nil
}

// embed fills vectors with those of the texts, in one request.
func (r *remote) embed(ctx context.Context, texts []string, vectors [][]float32) error {
	made, err := r.client.CreateEmbedding(ctx, texts)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return err
	case len(made) != len(texts):
		return fmt.Errorf("%s gave %d vectors for %d texts", r.options.Model, len(made), len(texts))
	}
	for i, v := range made {
		if len(v) != r.dimensions {
			return fmt.Errorf("%s gave a vector of %d dimensions, not %d", r.options.Model, len(v), r.dimensions)
		}
		normalise(v)
		if !finite(v) {
			return errors.New(r.options.Model + " gave a vector without direction")
		}
		vectors[i] = v
	}
	return nil
}

// shorten returns the texts, those cut that are longer than the model reads.
func (r *remote) shorten(ctx context.Context, texts []string) []string {
	all := make([]string, len(texts)) // the caller's slice is the caller's
	cut := 0
	for i, text := range texts {
		if text == "" {
			text = " " // servers refuse a text without any character
		}
		all[i] = text
		if estimate(text) <= r.options.TextTokens {
			continue
		}
		tokens, end := 0.0, 0
		for at, c := range text {
			if tokens += weight(c); tokens > float64(r.options.TextTokens) {
				break
			}
			end = at + utf8.RuneLen(c)
		}
		all[i] = text[:end]
		cut++
	}
	if cut > 0 {
		r.options.Logger.WarnContext(ctx, "texts cut before they were embedded", "model", r.options.Model, "texts", cut, "tokens", r.options.TextTokens)
	}
	return all
}

// estimate is an upper estimate of a text's tokens.
func estimate(text string) int {
	tokens := 0.0
	for _, c := range text {
		tokens += weight(c)
	}
	return int(math.Ceil(tokens))
}

// weight is how many tokens a character makes, with room to spare.
func weight(c rune) float64 {
	if c < 0x250 {
		return 1.0 / 3
	}
	return 1
}

// finite reports whether a vector has a direction.
func finite(vector []float32) bool {
	squares := 0.0
	for _, x := range vector {
		squares += float64(x) * float64(x)
	}
	return squares > 0.5 && squares < 2
}
