package main

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

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
	understood := make(chan string, 100)
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, &mcp.ClientOptions{
		ProgressNotificationHandler: func(_ context.Context, r *mcp.ProgressNotificationClientRequest) { understood <- r.Params.Message },
	})
	session, err := client.Connect(t.Context(), &mcp.IOTransport{Reader: fromOut, Writer: toIn}, nil)
	if err != nil {
		t.Fatalf("%v: %s", err, errs.String())
	}
	ask := &mcp.CallToolParams{Name: "ask", Arguments: map[string]any{"question": "成都每年发放的算力券总额上限是多少？"}}
	ask.SetProgressToken("p")
	result, err := session.CallTool(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	said := result.Content[0].(*mcp.TextContent).Text
	if result.IsError || !strings.Contains(said, "1000万元") || !strings.Contains(said, "http://127.0.0.1:8080/documents/") {
		t.Errorf("got %s", said)
	}
	select {
	case message := <-understood:
		if message == "" {
			t.Error("the progress says nothing")
		}
	case <-time.After(30 * time.Second):
		t.Error("no progress was heard")
	}
	resources, err := session.ListResources(t.Context(), nil)
	if err != nil || len(resources.Resources) == 0 {
		t.Fatalf("got the resources %+v, %v", resources, err)
	}
	if read, err := session.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: resources.Resources[0].URI}); err != nil || read.Contents[0].Text == "" {
		t.Errorf("the resource reads %+v, %v", read, err)
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
