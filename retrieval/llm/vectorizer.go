package llm

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/tmc/langchaingo/embeddings"
	"github.com/tmc/langchaingo/llms/ollama"
	"github.com/tmc/langchaingo/llms/openai"
)

// vectorTimeout bounds one call for vectors, attempts and waits together.
const vectorTimeout = 2 * time.Minute

// Vectorizer makes vectors with a model on a server, behind the same guard as a
// [Model]: vectors come in the order of their texts, none is missing, refusals
// keep their status and what may pass is tried again. It is langchaingo's
// embeddings.EmbedderClient.
type Vectorizer struct {
	server server
	client embeddings.EmbedderClient
	http   *http.Client
}

// OpenVectorizer readies the model that a setting names, such as
// openai:text-embedding-3-small or ollama:bge-m3. A nil transport is one of its
// own. Nothing is sent before the first text.
func OpenVectorizer(setting string, env func(string) string, transport http.RoundTripper) (*Vectorizer, error) {
	s, err := parseServer(setting, env)
	if err != nil {
		return nil, err
	}
	v := &Vectorizer{server: s, http: newClient(s.protocol, cmp.Or(transport, newTransport()))}
	switch s.kind {
	case "openai", "googleai":
		v.client, err = openai.New(openai.WithToken(s.key), openai.WithEmbeddingModel(s.model), openai.WithBaseURL(s.base), openai.WithHTTPClient(v.http))
	case "ollama":
		v.client, err = ollama.New(ollama.WithModel(s.model), ollama.WithServerURL(s.base), ollama.WithHTTPClient(v.http))
	default:
		return nil, fmt.Errorf("embedder %s: %s makes no vectors", setting, s.kind)
	}
	if err != nil {
		return nil, fmt.Errorf("embedder %s: %w", setting, err)
	}
	return v, nil
}

// CreateEmbedding implements embeddings.EmbedderClient.
func (v *Vectorizer) CreateEmbedding(ctx context.Context, texts []string) (_ [][]float32, err error) {
	ctx, span := v.server.startCall(ctx, "embeddings")
	defer func() { endCall(span, Usage{}, Price{}, "", err) }()
	limited, cancel := context.WithTimeout(ctx, vectorTimeout)
	defer cancel()
	watched, o := watched(limited)
	vectors, err := v.client.CreateEmbedding(watched, texts)
	if _, _, _, told := o.end(); told != nil {
		return nil, told // the client has lost what it was
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return vectors, nil
}

// Close gives back idle connections.
func (v *Vectorizer) Close() { v.http.CloseIdleConnections() }
