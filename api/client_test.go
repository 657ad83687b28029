package api_test

import (
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"policykb/api"
	"policykb/api/client"
)

// The generated client reaches every endpoint, and each answers as specified.
func TestGeneratedClientReachesEveryEndpoint(t *testing.T) {
	t.Parallel()
	h := with(t, func(c *api.Config) { c.Feedback = api.NewFeedbackFile(filepath.Join(t.TempDir(), "feedback.jsonl")) })
	asked := &noting{next: h.client.Transport, operations: make(map[string]bool)}
	c, err := client.NewClient(h.url, client.WithHTTPClient(&http.Client{Transport: asked}))
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	answers := func(status int) func(*http.Response, error) string {
		return func(response *http.Response, err error) string {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			return text(t, response, status)
		}
	}
	ok := answers(http.StatusOK)

	yes, notice := true, notice
	added := answers(http.StatusAccepted)(c.AddDocuments(ctx, &client.AddDocumentsParams{Wait: &yes}, client.SourceRequest{Text: &notice, Metadata: client.Metadata{"city": "成都"}}))
	var first client.JobList
	unmarshal(t, added, &first)
	id, job := first.Jobs[0].DocumentID, first.Jobs[0].ID
	text := newer
	answers(http.StatusAccepted)(c.ReplaceDocument(ctx, id, &client.ReplaceDocumentParams{Wait: &yes}, client.SourceRequest{Text: &text}))
	ok(c.ListDocuments(ctx, &client.ListDocumentsParams{City: []string{"成都"}}))
	ok(c.GetDocument(ctx, id))
	ok(c.DescribeDocument(ctx, id, client.Metadata{"tags": []string{"算力"}}))
	ok(c.GetDocumentText(ctx, id, nil))
	ok(c.GetDocumentOutline(ctx, id, nil))
	ok(c.GetDocumentPassages(ctx, id, nil))
	ok(c.GetDocumentOriginal(ctx, id, nil))
	ok(c.ListDocumentVersions(ctx, id))
	ok(c.GetDocumentDiff(ctx, id, nil))
	answers(http.StatusNotFound)(c.ViewDocumentPage(ctx, id, 1, nil)) // a text has no pages
	answers(http.StatusNotFound)(c.DrawDocumentPage(ctx, id, 1, nil))
	ok(c.GetFacets(ctx))

	ok(c.ListJobs(ctx, nil))
	ok(c.GetJob(ctx, job))
	ok(c.WatchJob(ctx, job))
	answers(http.StatusConflict)(c.CancelJob(ctx, job)) // it is done
	answers(http.StatusConflict)(c.RetryJob(ctx, job))

	question := "成都算力券每家企业每年最高多少？"
	ok(c.Ask(ctx, client.AskRequest{Question: question}))
	ok(c.Search(ctx, client.SearchRequest{Query: "算力券"}))
	ok(c.Trace(ctx, client.TraceRequest{Text: "每家企业每年最高120万元"}))
	answers(http.StatusNoContent)(c.GiveFeedback(ctx, client.Feedback{Question: question, Verdict: client.FeedbackVerdictRight}))
	ok(c.ExportFeedback(ctx))

	var content any = question
	ok(c.CreateChatCompletion(ctx, client.ChatRequest{Model: "policykb", Messages: []client.ChatMessage{{Role: client.ChatMessageRoleUser, Content: &content}}}))
	ok(c.ListModels(ctx))
	ok(c.GetModel(ctx, "policykb"))
	ok(c.SearchVectorStore(ctx, "policykb", client.VectorStoreQuery{Query: "算力券"}))
	ok(c.Retrieve(ctx, client.RetrievalRequest{Query: "算力券"}))

	ok(c.Health(ctx))
	ok(c.Readiness(ctx))
	ok(c.GetMetrics(ctx))
	ok(c.GetStats(ctx))
	ok(c.GetBackup(ctx))
	ok(c.Reindex(ctx))
	answers(http.StatusNoContent)(c.RemoveDocument(ctx, id))

	spec, err := openapi3.NewLoader().LoadFromFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for path, item := range spec.Paths.Map() {
		for _, operation := range item.Operations() {
			// The client leaves out the specification itself, which is YAML.
			if !asked.operations[operation.OperationID] && operation.OperationID != "specification" {
				t.Errorf("%s (%s) was not asked", operation.OperationID, path)
			}
		}
	}
	if unknown := slices.DeleteFunc(slices.Collect(maps.Keys(asked.operations)), func(o string) bool { return !strings.HasPrefix(o, "/") }); len(unknown) > 0 {
		t.Errorf("the specification does not know %v", unknown)
	}
}

// noting notes which operations are asked for.
type noting struct {
	next       http.RoundTripper
	mu         sync.Mutex
	operations map[string]bool
}

func (n *noting) RoundTrip(r *http.Request) (*http.Response, error) {
	plain := *r.URL
	plain.Host, plain.Scheme = "", ""
	name := r.URL.Path
	if route, _, err := specification().FindRoute(&http.Request{Method: r.Method, URL: &plain}); err == nil {
		name = route.Operation.OperationID
	}
	n.mu.Lock()
	n.operations[name] = true
	n.mu.Unlock()
	return n.next.RoundTrip(r)
}
