package llm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
)

// vectorReply is one vector of a reply of the OpenAI kind.
type vectorReply struct {
	Object    string          `json:"object"`
	Index     int             `json:"index"`
	Embedding json.RawMessage `json:"embedding"`
}

// orderVectors puts the vectors of a reply in the order of the texts that were
// sent, and refuses a reply that lacks one. Ollama's replies are in order and
// are only bounded and counted.
func orderVectors(req *http.Request, resp *http.Response) error {
	defer resp.Body.Close()
	sent, err := sentTexts(req)
	if err != nil {
		return err
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxVectorBytes+1))
	switch {
	case req.Context().Err() != nil:
		return req.Context().Err()
	case err != nil:
		return fmt.Errorf("%w: %w", ErrCutOff, err)
	case len(b) > maxVectorBytes:
		return fmt.Errorf("%w: more than %d bytes of vectors", ErrMalformed, maxVectorBytes)
	}
	var reply map[string]json.RawMessage
	if err := json.Unmarshal(b, &reply); err != nil {
		return fmt.Errorf("%w: vectors: %w", ErrMalformed, err)
	}
	if plain, ok := reply["embeddings"]; ok {
		var vectors []json.RawMessage
		if err := json.Unmarshal(plain, &vectors); err != nil || len(vectors) != sent {
			return fmt.Errorf("%w: %d vectors for %d texts", ErrMalformed, len(vectors), sent)
		}
	} else if b, err = inOrder(reply, sent); err != nil {
		return err
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
	return nil
}

// inOrder sorts the vectors by the index each names and writes the reply again.
func inOrder(reply map[string]json.RawMessage, sent int) ([]byte, error) {
	var data []vectorReply
	if err := json.Unmarshal(reply["data"], &data); err != nil {
		return nil, fmt.Errorf("%w: vectors: %w", ErrMalformed, err)
	}
	if len(data) != sent {
		return nil, fmt.Errorf("%w: %d vectors for %d texts", ErrMalformed, len(data), sent)
	}
	slices.SortStableFunc(data, func(a, b vectorReply) int { return a.Index - b.Index })
	for i, d := range data {
		if d.Index != i {
			return nil, fmt.Errorf("%w: no vector for text %d of %d", ErrMalformed, i+1, sent)
		}
	}
	var err error
	if reply["data"], err = json.Marshal(data); err != nil {
		return nil, err
	}
	return json.Marshal(reply)
}

// sentTexts counts the texts of a request for vectors.
func sentTexts(req *http.Request) (int, error) {
	body, err := req.GetBody()
	if err != nil {
		return 0, err
	}
	defer body.Close()
	var sent struct {
		Input json.RawMessage `json:"input"`
	}
	if err := json.NewDecoder(body).Decode(&sent); err != nil {
		return 0, fmt.Errorf("read the request for vectors: %w", err)
	}
	var texts []json.RawMessage
	if json.Unmarshal(sent.Input, &texts) == nil {
		return len(texts), nil
	}
	return 1, nil
}
