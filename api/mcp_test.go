package api_test

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// connect opens a session with the official client.
func (h *house) connect(t *testing.T, options *mcp.ClientOptions) *mcp.ClientSession {
	t.Helper()
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, options)
	session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: h.url + "/mcp", HTTPClient: h.client}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { session.Close() })
	return session
}

// call calls a tool and reads its structured content, which its one text repeats.
func call[T any](t *testing.T, session *mcp.ClientSession, name string, arguments map[string]any) (out T) {
	t.Helper()
	parameters := &mcp.CallToolParams{Name: name, Arguments: arguments}
	parameters.SetProgressToken("p")
	result, err := session.CallTool(t.Context(), parameters)
	if err != nil {
		t.Fatal(err)
	}
	if result.IsError || len(result.Content) != 1 {
		t.Fatalf("%s gives %+v", name, result.Content)
	}
	structured, err := json.Marshal(result.StructuredContent)
	if err != nil {
		t.Fatal(err)
	}
	var said, repeated any
	unmarshal(t, string(structured), &said)
	unmarshal(t, result.Content[0].(*mcp.TextContent).Text, &repeated)
	if !reflect.DeepEqual(said, repeated) {
		t.Errorf("%s says %s and repeats %s", name, structured, result.Content[0].(*mcp.TextContent).Text)
	}
	unmarshal(t, string(structured), &out)
	return out
}

// item is what search and fetch give.
type item struct {
	ID, Title, Text, URL string
	Metadata             map[string]any
}

func TestMCPClientUsesTheTools(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var heard []string
	session := furnished(t).connect(t, &mcp.ClientOptions{
		ProgressNotificationHandler: func(_ context.Context, r *mcp.ProgressNotificationClientRequest) {
			mu.Lock()
			defer mu.Unlock()
			heard = append(heard, r.Params.Message)
		},
	})
	listed, err := session.ListTools(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, tool := range listed.Tools {
		names = append(names, tool.Name)
		if !tool.Annotations.ReadOnlyHint || tool.Description == "" {
			t.Errorf("%s does not say that it only reads", tool.Name)
		}
	}
	if got := strings.Join(names, " "); got != "ask fetch list_documents search" {
		t.Errorf("got the tools %s", got)
	}

	found := call[struct{ Results []item }](t, session, "search", map[string]any{"query": asked[0].question})
	if len(found.Results) == 0 {
		t.Fatal("nothing found")
	}
	for _, r := range found.Results {
		passage := call[item](t, session, "fetch", map[string]any{"id": r.ID})
		if passage.ID != r.ID || !strings.HasSuffix(passage.Text, r.Text) || passage.URL != r.URL || !strings.HasPrefix(r.URL, "http://") || passage.Metadata["document_id"] == nil {
			t.Errorf("search gives %+v, fetch %+v", r, passage)
		}
	}
	if !strings.Contains(found.Results[0].Text, asked[0].answer) {
		t.Errorf("the first passage is %q", found.Results[0].Text)
	}

	answer := call[struct {
		Answered  bool
		Answer    string
		Citations []item
	}](t, session, "ask", map[string]any{"question": asked[0].question, "city": []string{"蓉城"}})
	if !answer.Answered || !strings.Contains(answer.Answer, asked[0].answer) || len(answer.Citations) == 0 || answer.Citations[0].URL == "" {
		t.Errorf("got %+v", answer)
	}

	documents := call[struct {
		Documents []item
		Total     int
	}](t, session, "list_documents", map[string]any{"city": []string{"成都"}})
	if documents.Total == 0 || len(documents.Documents) != documents.Total || documents.Documents[0].URL == "" {
		t.Fatalf("got %+v", documents)
	}
	id := documents.Documents[0].ID
	whole := call[item](t, session, "fetch", map[string]any{"id": id})
	read, err := session.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: "policykb://documents/" + id})
	if err != nil || read.Contents[0].Text != whole.Text || whole.Text == "" {
		t.Errorf("the resource reads %+v, %v", read, err)
	}
	resources := 0
	for resource, err := range session.Resources(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(resource.URI, "policykb://documents/") || resource.Title == "" {
			t.Errorf("got the resource %+v", resource)
		}
		resources++
	}
	if all := call[struct{ Total int }](t, session, "list_documents", nil).Total; resources != all {
		t.Errorf("%d resources of %d documents", resources, all)
	}
	mu.Lock()
	defer mu.Unlock()
	if !strings.Contains(strings.Join(heard, " "), "understood") {
		t.Errorf("the progress heard was %q", heard)
	}
}

func TestMCPClientIsToldOfErrors(t *testing.T) {
	t.Parallel()
	session := furnished(t).connect(t, nil)
	for name, arguments := range map[string]map[string]any{
		"fetch": {"id": "nothing"}, "ask": {"question": " "}, "search": {"query": ""}, "list_documents": {"limit": -1},
	} {
		result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: name, Arguments: arguments})
		if err == nil && !result.IsError {
			t.Errorf("%s of %v is no error: %+v", name, arguments, result.StructuredContent)
		}
	}
	if _, err := session.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: "policykb://documents/nothing"}); err == nil {
		t.Error("a document that is not there was read")
	}
}
