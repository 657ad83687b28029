package main

import (
	"io"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// A client that starts policykb itself finds the same tools as over HTTP.
func TestMCPOnStandardInputAndOutput(t *testing.T) {
	t.Parallel()
	in, toIn := io.Pipe()
	fromOut, out := io.Pipe()
	ended := make(chan int, 1)
	var errs strings.Builder
	go func() {
		code := run([]string{"mcp", "--data", t.TempDir()}, in, out, &errs)
		out.Close()
		ended <- code
	}()
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	session, err := client.Connect(t.Context(), &mcp.IOTransport{Reader: fromOut, Writer: toIn}, nil)
	if err != nil {
		t.Fatalf("%v: %s", err, errs.String())
	}
	result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "ask", Arguments: map[string]any{"question": "成都每年发放的算力券总额上限是多少？"}})
	if err != nil {
		t.Fatal(err)
	}
	said := result.Content[0].(*mcp.TextContent).Text
	if result.IsError || !strings.Contains(said, "1000万元") || !strings.Contains(said, "http://127.0.0.1:8080/documents/") {
		t.Errorf("got %s", said)
	}
	if _, err := session.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: "policykb://documents/nothing"}); err == nil {
		t.Error("a document that is not there was read")
	}
	if err := session.Close(); err != nil {
		t.Error(err)
	}
	if code := <-ended; code != 0 {
		t.Errorf("exit code %d: %s", code, errs.String())
	}
}
