package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// mcpCommand speaks the Model Context Protocol on standard input and output, for
// programs that start their tools themselves.
type mcpCommand struct{}

// Run implements kong's command.
func (mcpCommand) Run(ctx context.Context, s *settings, c *console, log *slog.Logger) error {
	if s.PublicURL == "" {
		s.PublicURL = "http://" + s.Listen // where serve would show what is cited
	}
	return withConnection(ctx, s, log, func(api *connection) error {
		var server *mcp.Server
		session, err := api.speak(ctx, func(ctx context.Context, r *mcp.ProgressNotificationClientRequest) {
			for client := range server.Sessions() { // the one there is
				// A client that does not hear of progress gets its answer all the same.
				_ = client.NotifyProgress(ctx, r.Params)
			}
		})
		if err != nil {
			return err
		}
		if server, err = mirror(ctx, session); err != nil {
			return errors.Join(err, session.Close())
		}
		err = server.Run(ctx, &mcp.IOTransport{Reader: io.NopCloser(c.in), Writer: unclosed{c.out}})
		if ctx.Err() != nil {
			err = nil // an interrupt is how it ends
		}
		return errors.Join(err, session.Close())
	})
}

// speak opens a session at the API's own endpoint. progress is told how far calls
// have come.
func (c *connection) speak(ctx context.Context, progress func(context.Context, *mcp.ProgressNotificationClientRequest)) (*mcp.ClientSession, error) {
	transport := &mcp.StreamableClientTransport{Endpoint: c.Server + "mcp", DisableStandaloneSSE: true}
	if doer, ok := c.Client.Client.(*http.Client); ok {
		transport.HTTPClient = doer
	}
	session, err := mcp.NewClient(&mcp.Implementation{Name: "policykb mcp", Version: version}, &mcp.ClientOptions{ProgressNotificationHandler: progress}).Connect(ctx, transport, nil)
	if err != nil {
		return nil, fmt.Errorf("open the knowledge base's tools: %w", err)
	}
	return session, nil
}

// mirror makes a server that offers what the session does.
func mirror(ctx context.Context, session *mcp.ClientSession) (*mcp.Server, error) {
	there := session.InitializeResult()
	server := mcp.NewServer(there.ServerInfo, &mcp.ServerOptions{
		Instructions: there.Instructions, Capabilities: &mcp.ServerCapabilities{Tools: &mcp.ToolCapabilities{}, Resources: &mcp.ResourceCapabilities{}},
	})
	for tool, err := range session.Tools(ctx, nil) {
		if err != nil {
			return nil, fmt.Errorf("list the tools: %w", err)
		}
		server.AddTool(tool, func(ctx context.Context, r *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			call := &mcp.CallToolParams{Name: r.Params.Name, Arguments: r.Params.Arguments}
			if token := r.Params.GetProgressToken(); token != nil {
				call.SetProgressToken(token)
			}
			return session.CallTool(ctx, call)
		})
	}
	for template, err := range session.ResourceTemplates(ctx, nil) {
		if err != nil {
			return nil, fmt.Errorf("list the resources: %w", err)
		}
		server.AddResourceTemplate(template, func(ctx context.Context, r *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
			return session.ReadResource(ctx, &mcp.ReadResourceParams{URI: r.Params.URI})
		})
	}
	server.AddReceivingMiddleware(func(next mcp.MethodHandler) mcp.MethodHandler {
		return func(ctx context.Context, method string, r mcp.Request) (mcp.Result, error) {
			if listing, ok := r.(*mcp.ListResourcesRequest); ok {
				return session.ListResources(ctx, listing.Params)
			}
			return next(ctx, method, r)
		}
	})
	return server, nil
}

// unclosed is a writer that outlives the protocol.
type unclosed struct{ io.Writer }

// Close implements io.Closer.
func (unclosed) Close() error { return nil }
