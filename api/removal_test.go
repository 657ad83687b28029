package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"policykb/api"
	"policykb/corpus"
)

// A document that the catalogue no longer has speaks nowhere, although the index
// still holds its points, as it does for as long as an engine takes to forget them.
func TestRemovedDocumentsAreSilentEverywhere(t *testing.T) {
	t.Parallel()
	h := empty(t)
	id := addNotice(t, h, nil).DocumentID
	path := "/v1/documents/" + id
	passage := read[api.PassageList](t, h.send(t, "GET", path+"/passages", ""), http.StatusOK).Passages[0]
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: h.url + "/mcp", HTTPClient: h.client}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	call := func(tool string, arguments map[string]any) string {
		t.Helper()
		result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: tool, Arguments: arguments})
		if err != nil {
			return err.Error()
		}
		var said strings.Builder
		for _, content := range result.Content {
			if text, ok := content.(*mcp.TextContent); ok {
				said.WriteString(text.Text)
			}
		}
		return said.String()
	}
	words := passage.Text[strings.Index(passage.Text, "算力券"):]
	words, _, _ = strings.Cut(words, "\n")
	reads := map[string]func() string{
		"ask": func() string {
			a := read[api.Answer](t, h.send(t, "POST", "/v1/ask", `{"question": "算力券的支持标准是什么？"}`), http.StatusOK)
			if a.Answered {
				return "answered: " + a.Answer + a.Citations[0].DocumentID
			}
			return a.Answer
		},
		"search": func() string {
			return text(t, h.send(t, "POST", "/v1/search", `{"query": "算力券"}`), http.StatusOK)
		},
		"vector store": func() string {
			return text(t, h.send(t, "POST", "/v1/vector_stores/policykb/search", `{"query": "算力券"}`), http.StatusOK)
		},
		"Dify": func() string {
			return text(t, h.send(t, "POST", "/retrieval", `{"knowledge_id": "policykb", "query": "算力券", "retrieval_setting": {"top_k": 5, "score_threshold": 0}}`), http.StatusOK)
		},
		"trace":      func() string { return text(t, h.send(t, "POST", "/v1/trace", `{"text": "`+words+`"}`), http.StatusOK) },
		"MCP search": func() string { return call("search", map[string]any{"query": "算力券"}) },
		"MCP fetch":  func() string { return call("fetch", map[string]any{"id": passage.PassageID}) },
		"documents":  func() string { return text(t, h.send(t, "GET", "/v1/documents", ""), http.StatusOK) },
	}
	speaks := func(said string) bool { return strings.Contains(said, id) || strings.Contains(said, "answered: ") }
	for name, reading := range reads {
		if said := reading(); !speaks(said) && !strings.Contains(said, words) {
			t.Errorf("%s does not have the document at first: %s", name, said)
		}
	}
	if err := h.catalogue.Remove(t.Context(), corpus.DocumentID(id)); err != nil {
		t.Fatal(err)
	}
	for name, reading := range reads {
		// A refusal names what was asked for, and nothing that the document said.
		if said := reading(); name != "MCP fetch" && speaks(said) || strings.Contains(said, words) && name != "trace" {
			t.Errorf("%s still has the removed document: %s", name, said)
		}
	}
	for _, gone := range []string{"", "/text", "/outline", "/passages", "/original", "/versions", "/diff"} {
		if said := text(t, h.send(t, "GET", path+gone, ""), http.StatusNotFound); strings.Contains(said, words) {
			t.Errorf("%s still says %s", gone, said)
		}
	}
}
