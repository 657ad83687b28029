package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"policykb/corpus"
	"policykb/retrieval"
)

// mcpPath is where the Model Context Protocol is spoken (streamable HTTP).
const mcpPath = "/mcp"

// mcpInstructions tells a model what it has here.
const mcpInstructions = "Policy documents of Chinese cities on AI, computing power and data. " +
	"ask answers a question with verified quotes; search finds passages and fetch reads one whole; list_documents shows what there is. " +
	"Cite the url of what you use. Where ask says that the documents do not hold the answer, say so."

// documentURI is the address of a document's text as a resource.
const documentURI = "policykb://documents/"

// newMCP makes the handler of the Model Context Protocol. Each request stands for
// itself: there are no sessions to keep or to lose.
func (s *Server) newMCP() http.Handler {
	schemas := mcp.NewSchemaCache()
	return mcp.NewStreamableHTTPHandler(func(r *http.Request) *mcp.Server {
		return s.mcpServer(s.baseURL(r.Context()), callerOf(r.Context()).key, schemas)
	}, &mcp.StreamableHTTPOptions{
		Stateless:           true,
		MaxRequestBodyBytes: maxBody,
		// Hosts are checked for every route, and by name behind a proxy.
		DisableLocalhostProtection: true,
	})
}

// registerMCP adds the protocol's route.
func (s *Server) registerMCP(e *echo.Echo) { e.Any(mcpPath, echo.WrapHandler(s.newMCP())) }

// mcpServer makes a server of tools for the holder of a key, whose addresses begin
// with base.
func (s *Server) mcpServer(base string, key Key, schemas *mcp.SchemaCache) *mcp.Server {
	server := mcp.NewServer(
		&mcp.Implementation{Name: "policykb", Title: "Policy documents", Version: s.version},
		&mcp.ServerOptions{
			Instructions: mcpInstructions, SchemaCache: schemas, Logger: slog.New(slog.DiscardHandler),
			Capabilities: &mcp.ServerCapabilities{
				Tools: &mcp.ToolCapabilities{}, Resources: &mcp.ResourceCapabilities{},
			},
		},
	)
	t := &tools{server: s, base: base, key: key}
	reads := &mcp.ToolAnnotations{ReadOnlyHint: true, IdempotentHint: true, OpenWorldHint: new(bool)}
	mcp.AddTool(server, &mcp.Tool{
		Name: "search", Title: "Search policies", Annotations: reads,
		Description: "Find the passages of policy documents that fit a query, best first. Their ids go to fetch.",
	}, tool(t.search))
	mcp.AddTool(server, &mcp.Tool{
		Name: "fetch", Title: "Read a passage or document", Annotations: reads,
		Description: "Read a passage by an id that search gave, or a whole document by an id that list_documents gave.",
	}, tool(t.fetch))
	mcp.AddTool(server, &mcp.Tool{
		Name: "ask", Title: "Ask the policies", Annotations: reads,
		Description: "Answer a question from the documents. Every statement rests on exact quotes; answered is false where the documents do not hold the answer.",
	}, tool(t.ask))
	mcp.AddTool(server, &mcp.Tool{
		Name: "list_documents", Title: "List policies", Annotations: reads,
		Description: "List the documents, those added last first.",
	}, tool(t.listDocuments))
	server.AddResourceTemplate(&mcp.ResourceTemplate{
		Name: "document", Title: "The text of a document", MIMEType: "text/plain", URITemplate: documentURI + "{id}",
	}, t.readDocument)
	server.AddReceivingMiddleware(t.listResources)
	return server
}

// tools are what a model can do here.
type tools struct {
	server *Server
	base   string // what stands before the addresses of the page
	key    Key
}

// tool makes a handler of a function: what it returns is the structured content,
// and the same as one text. Errors are told as problems are.
func tool[In, Out any](do func(context.Context, *mcp.CallToolRequest, In) (Out, error)) mcp.ToolHandlerFor[In, Out] {
	return func(ctx context.Context, r *mcp.CallToolRequest, in In) (*mcp.CallToolResult, Out, error) {
		out, err := do(ctx, r, in)
		if err != nil {
			return nil, out, errors.New(problemOf(err).Detail)
		}
		return nil, out, nil
	}
}

// searchInput is what search takes.
type searchInput struct {
	Query string `json:"query" jsonschema:"what to look for, in Chinese or English"`
}

// searchOutput is what search gives.
type searchOutput struct {
	Results []searchedPassage `json:"results"`
}

// searchedPassage is one passage found.
type searchedPassage struct {
	ID    string `json:"id" jsonschema:"of the passage, for fetch"`
	Title string `json:"title"`
	Text  string `json:"text"`
	URL   string `json:"url" jsonschema:"the page that shows the passage in its document"`
}

// mcpLimit is how many passages search gives.
const mcpLimit = 10

func (t *tools) search(ctx context.Context, _ *mcp.CallToolRequest, in searchInput) (searchOutput, error) {
	scope, err := t.server.within(ctx, t.key, corpus.Filter{})
	if err != nil {
		return searchOutput{}, err
	}
	found, err := t.server.answers.Search(ctx, retrieval.SearchRequest{Query: in.Query, Filter: scope, Limit: mcpLimit})
	if err != nil {
		return searchOutput{}, err
	}
	return searchOutput{Results: list(found.Passages, func(p retrieval.Passage) searchedPassage {
		wire := passage(p)
		title := strings.Join(append([]string{wire.Title}, wire.HeadingPath...), " › ")
		return searchedPassage{ID: wire.PassageID, Title: title, Text: wire.Text, URL: t.base + wire.URL}
	})}, nil
}

// fetchInput is what fetch takes.
type fetchInput struct {
	ID string `json:"id" jsonschema:"of a passage or a document"`
}

// fetchOutput is what fetch gives.
type fetchOutput struct {
	ID       string     `json:"id"`
	Title    string     `json:"title"`
	Text     string     `json:"text"`
	URL      string     `json:"url"`
	Metadata Attributes `json:"metadata"`
}

func (t *tools) fetch(ctx context.Context, _ *mcp.CallToolRequest, in fetchInput) (fetchOutput, error) {
	found, err := t.server.catalogue.Passages(ctx, []corpus.PassageID{corpus.PassageID(in.ID)})
	if err != nil {
		return fetchOutput{}, err
	}
	if len(found) == 1 && t.key.sees(found[0].Document.Metadata) {
		p := retrieval.Passage{Found: found[0]}
		wire := passage(p)
		text := wire.Text
		if wire.Header != nil {
			text = *wire.Header + "\n" + text // rows say nothing without it
		}
		return fetchOutput{ID: in.ID, Title: wire.Title, Text: text, URL: t.base + wire.URL, Metadata: attributesOf(p, t.base)}, nil
	}
	d, text, err := t.document(ctx, corpus.DocumentID(in.ID))
	if err != nil {
		return fetchOutput{}, err
	}
	metadata := documentAttributes(d)
	url := t.base + pageURL(d.ID, d.Version, nil)
	return fetchOutput{ID: in.ID, Title: d.Metadata.Title, Text: text, URL: url, Metadata: metadata}, nil
}

// document returns a document and its text.
func (t *tools) document(ctx context.Context, id corpus.DocumentID) (corpus.Document, string, error) {
	d, err := t.server.seen(ctx, t.key, id)
	if err != nil {
		return d, "", err
	}
	text, err := t.server.catalogue.Text(ctx, id, d.Version)
	return d, text, err
}

// askInput is what ask takes.
type askInput struct {
	Question   string   `json:"question" jsonschema:"one question, in Chinese or English"`
	City       []string `json:"city,omitempty" jsonschema:"only documents of these cities or provinces"`
	IssuedFrom string   `json:"issued_from,omitempty" jsonschema:"only documents issued on or after this day, YYYY-MM-DD"`
	IssuedTo   string   `json:"issued_to,omitempty" jsonschema:"only documents issued on or before this day, YYYY-MM-DD"`
}

// askOutput is what ask gives.
type askOutput struct {
	Answered  bool          `json:"answered"`
	Answer    string        `json:"answer" jsonschema:"statements with the numbers of their citations"`
	Reason    string        `json:"reason,omitempty" jsonschema:"why it was not answered"`
	Citations []mcpCitation `json:"citations"`
	Warnings  []string      `json:"warnings,omitempty"`
	Nearest   []mcpDocument `json:"nearest,omitempty" jsonschema:"the nearest documents, where it was not answered"`
}

// mcpCitation is one quote of an answer.
type mcpCitation struct {
	Number    int    `json:"number"`
	PassageID string `json:"passage_id" jsonschema:"for fetch"`
	Title     string `json:"title"`
	Quote     string `json:"quote"`
	URL       string `json:"url"`
}

func (t *tools) ask(ctx context.Context, r *mcp.CallToolRequest, in askInput) (askOutput, error) {
	f, err := filter("", &Filters{City: in.City, IssuedFrom: known(in.IssuedFrom), IssuedTo: known(in.IssuedTo)})
	if err != nil {
		return askOutput{}, err
	}
	steps, err := t.server.answer(ctx, t.key, retrieval.Request{Question: in.Question, Filter: f})
	if err != nil {
		return askOutput{}, err
	}
	var a retrieval.Answer
	for step, err := range steps {
		if err != nil {
			return askOutput{}, err
		}
		if step.Done != nil {
			a = *step.Done
			break
		}
		t.progress(ctx, r, step)
	}
	wire := answer(a)
	out := askOutput{
		Answered: a.Answered, Answer: a.Text, Reason: string(a.Reason),
		Citations: list(wire.Citations, func(c Citation) mcpCitation {
			return mcpCitation{Number: c.Number, PassageID: c.PassageID, Title: c.Title, Quote: c.Quote, URL: t.base + c.URL}
		}),
		Nearest: list(a.Nearest, t.describe),
	}
	for _, w := range a.Warnings {
		out.Warnings = append(out.Warnings, w.Detail)
	}
	return out, nil
}

// progress tells a client that asked for it how far an answer is.
func (t *tools) progress(ctx context.Context, r *mcp.CallToolRequest, step retrieval.Event) {
	token := r.Params.GetProgressToken()
	if token == nil {
		return
	}
	p := &mcp.ProgressNotificationParams{ProgressToken: token, Total: 3}
	switch {
	case step.Interpretation != nil:
		p.Progress, p.Message = 1, "understood"
	case step.Statement != nil:
		p.Progress, p.Message = 3, step.Statement.Text
	default:
		p.Progress, p.Message = 2, fmt.Sprintf("%d passages found", len(step.Passages))
	}
	// A client that does not hear of progress gets its answer all the same.
	_ = r.Session.NotifyProgress(ctx, p)
}

// listInput is what list_documents takes.
type listInput struct {
	Match  string   `json:"match,omitempty" jsonschema:"words that must stand in title, issuer or document number"`
	City   []string `json:"city,omitempty" jsonschema:"only documents of these cities or provinces"`
	Limit  int      `json:"limit,omitempty" jsonschema:"1 to 500; 50 where it is left out"`
	Cursor string   `json:"cursor,omitempty" jsonschema:"next_cursor of the page before"`
}

// listOutput is what list_documents gives.
type listOutput struct {
	Documents  []mcpDocument `json:"documents"`
	Total      int           `json:"total"`
	NextCursor string        `json:"next_cursor,omitempty"`
}

// mcpDocument is one document of a list.
type mcpDocument struct {
	ID        string `json:"id" jsonschema:"for fetch"`
	Title     string `json:"title"`
	City      string `json:"city,omitempty"`
	Issuer    string `json:"issuer,omitempty"`
	DocNumber string `json:"doc_number,omitempty"`
	IssuedOn  string `json:"issued_on,omitempty"`
	Status    string `json:"status,omitempty"`
	URL       string `json:"url"`
}

func (t *tools) listDocuments(ctx context.Context, _ *mcp.CallToolRequest, in listInput) (listOutput, error) {
	f, err := t.server.within(ctx, t.key, corpus.Filter{City: cities(in.City)})
	if err != nil {
		return listOutput{}, err
	}
	page, err := t.server.catalogue.Documents(ctx, corpus.Listing{Match: in.Match, Filter: f, Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return listOutput{}, err
	}
	return listOutput{Documents: list(page.Documents, t.describe), Total: page.Total, NextCursor: page.Next}, nil
}

func (t *tools) describe(d corpus.Document) mcpDocument {
	return mcpDocument{
		ID: string(d.ID), Title: d.Metadata.Title, City: d.Metadata.City, Issuer: d.Metadata.Issuer,
		DocNumber: d.Metadata.DocNumber, IssuedOn: d.Metadata.IssuedOn.String(), Status: string(d.Metadata.Status),
		URL: t.base + pageURL(d.ID, d.Version, nil),
	}
}

// mcpPage is how many documents one page of resources holds.
const mcpPage = 100

// listResources lists the documents as resources, a page at a time, in place of the
// fixed list that the server has.
func (t *tools) listResources(next mcp.MethodHandler) mcp.MethodHandler {
	return func(ctx context.Context, method string, r mcp.Request) (mcp.Result, error) {
		listing, ok := r.(*mcp.ListResourcesRequest)
		if !ok {
			return next(ctx, method, r)
		}
		cursor := ""
		if listing.Params != nil {
			cursor, listing.Params.Cursor = listing.Params.Cursor, ""
		}
		result, err := next(ctx, method, r)
		if err != nil {
			return nil, err
		}
		listed, err := t.listDocuments(ctx, nil, listInput{Limit: mcpPage, Cursor: cursor})
		if err != nil {
			return nil, errors.New(problemOf(err).Detail)
		}
		page := result.(*mcp.ListResourcesResult)
		page.NextCursor = listed.NextCursor
		page.Resources = list(listed.Documents, func(d mcpDocument) *mcp.Resource {
			return &mcp.Resource{
				URI: documentURI + d.ID, Name: d.ID, Title: d.Title, MIMEType: "text/plain",
				Description: strings.TrimSpace(strings.Join([]string{d.City, d.Issuer, d.DocNumber, d.IssuedOn}, " ")),
			}
		})
		return page, nil
	}
}

// readDocument reads a document as a resource.
func (t *tools) readDocument(ctx context.Context, r *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
	id, ok := strings.CutPrefix(r.Params.URI, documentURI)
	if !ok {
		return nil, mcp.ResourceNotFoundError(r.Params.URI)
	}
	_, text, err := t.document(ctx, corpus.DocumentID(id))
	if err != nil && problemOf(err).Status == http.StatusNotFound {
		return nil, mcp.ResourceNotFoundError(r.Params.URI)
	}
	if err != nil {
		return nil, errors.New(problemOf(err).Detail)
	}
	return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{{URI: r.Params.URI, MIMEType: "text/plain", Text: text}}}, nil
}
