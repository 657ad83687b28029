package api_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"policykb/api"
	"policykb/corpus"
)

// guarded is a house whose door asks for keys.
type guarded struct {
	*house
	file    *api.KeyFile
	changes *lines
}

// lines is a log that can be read while it is written.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func guard(t *testing.T) guarded {
	t.Helper()
	return guardWith(t, func(*api.Config) {})
}

func guardWith(t *testing.T, adjust func(*api.Config)) guarded {
	t.Helper()
	g := guarded{changes: new(lines)}
	var err error
	if g.file, err = api.OpenKeyFile(filepath.Join(t.TempDir(), "keys.json")); err != nil {
		t.Fatal(err)
	}
	g.house = with(t, func(c *api.Config) {
		c.Keys, c.Audit = g.file, slog.New(slog.NewJSONHandler(g.changes, nil))
		adjust(c)
	})
	return g
}

// key lets somebody in and returns the secret.
func (g guarded) key(t *testing.T, role api.Role, cities, tags []string) (string, api.Key) {
	t.Helper()
	key, secret, err := api.NewKey("tester", role, cities, tags, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.file.Add(key); err != nil {
		t.Fatal(err)
	}
	return secret, key
}

// as is the house as the holder of a key finds it.
func (g guarded) as(secret string) *house {
	own := *g.house
	own.client = &http.Client{Transport: bearing{secret, g.house.client.Transport}}
	return &own
}

// bearing shows a key.
type bearing struct {
	secret string
	next   http.RoundTripper
}

func (b bearing) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.secret)
	return b.next.RoundTrip(r)
}

// Every operation of the specification lets in those it should, and nobody else.
func TestRolesOfEveryOperation(t *testing.T) {
	t.Parallel()
	g := guard(t)
	spec, err := openapi3.NewLoader().LoadFromFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	roles := []api.Role{"", api.RoleReader, api.RoleAnalyst, api.RoleAdmin}
	secrets := make(map[api.Role]string)
	for _, role := range roles[1:] {
		secrets[role], _ = g.key(t, role, nil, nil)
	}
	for path, item := range spec.Paths.Map() {
		for method, operation := range item.Operations() {
			needed := api.RoleReader
			if role, ok := operation.Extensions["x-role"].(string); ok {
				needed = api.Role(role)
			}
			if operation.Security != nil {
				needed = ""
			}
			for i, role := range roles {
				status := g.as(secrets[role]).send(t, method, strings.NewReplacer("{id}", "nothing", "{model}", "policykb").Replace(path), "{}").StatusCode
				refused := status == http.StatusUnauthorized || status == http.StatusForbidden
				if want := i < slices.Index(roles, needed); refused != want {
					t.Errorf("%s %s, which needs %q, answers %d to %q", method, path, needed, status, role)
				}
				if role == "" && refused && status != http.StatusUnauthorized {
					t.Errorf("%s %s answers %d to nobody", method, path, status)
				}
			}
		}
	}
	text(t, g.as("pkb_wrong").send(t, "POST", "/mcp", "{}"), http.StatusUnauthorized)
}

func TestKeysEnd(t *testing.T) {
	t.Parallel()
	g := guard(t)
	secret, key := g.key(t, api.RoleReader, nil, nil)
	text(t, g.as(secret).send(t, "GET", "/v1/facets", ""), http.StatusOK)
	if err := g.file.Revoke(key.ID); err != nil {
		t.Fatal(err)
	}
	text(t, g.as(secret).send(t, "GET", "/v1/facets", ""), http.StatusUnauthorized)
	soon, secret, err := api.NewKey("guest", api.RoleReader, nil, nil, time.Now().Add(50*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	if err := g.file.Add(soon); err != nil {
		t.Fatal(err)
	}
	time.Sleep(60 * time.Millisecond)
	text(t, g.as(secret).send(t, "GET", "/v1/facets", ""), http.StatusUnauthorized)
}

// A browser sends the key as the password that it asks for.
func TestKeyAsPassword(t *testing.T) {
	t.Parallel()
	g := guard(t)
	secret, _ := g.key(t, api.RoleReader, nil, nil)
	response := g.send(t, "GET", "/v1/facets", "")
	if asked := strings.Join(response.Header.Values("WWW-Authenticate"), " "); !strings.Contains(asked, "Basic") || !strings.Contains(asked, "Bearer") {
		t.Errorf("asks for %q", asked)
	}
	r, _ := http.NewRequestWithContext(t.Context(), "GET", g.url+"/v1/facets", nil)
	r.SetBasicAuth("anybody", secret)
	response, err := g.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	text(t, response, http.StatusOK)
	text(t, g.send(t, "GET", "/", ""), http.StatusOK)
}

// The file holds no secret, and is for its owner alone.
func TestKeyFileKeepsNoSecret(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys.json")
	file, err := api.OpenKeyFile(path)
	if err != nil {
		t.Fatal(err)
	}
	key, secret, err := api.NewKey("王芳", api.RoleAnalyst, []string{"蓉城"}, nil, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if err := file.Add(key); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(data), secret) || !strings.Contains(string(data), "成都") || len(secret) < 26 {
		t.Errorf("the file says %s", data)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info.Mode(), err)
	}
	for name, damaged := range map[string]string{"no JSON": "{", "no role": `[{"id": "a", "hash": "b", "role": "king"}]`} {
		if err := os.WriteFile(path, []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := api.OpenKeyFile(path); err == nil {
			t.Errorf("%s: the file was opened", name)
		}
	}
}

// zhengzhouMeasures are what somebody kept to another city must not see.
const zhengzhouMeasures = "郑州市关于智能算力的若干措施\n\n一、支持标准\n\n郑州的算力券每家企业每年最高100万元。\n"

// Who is kept to one city finds nothing of another, by whatever way.
func TestScopes(t *testing.T) {
	t.Parallel()
	g := guard(t)
	admin, _ := g.key(t, api.RoleAdmin, nil, nil)
	chengdu := addNotice(t, g.as(admin), map[string]string{"city": "成都", "tags": "算力"}).DocumentID
	response, err := g.as(admin).upload("POST", "/v1/documents?wait=true", map[string]string{"city": "郑州", "tags": "算力,内部", "issuer": "郑州市人民政府"},
		file{"b.txt", zhengzhouMeasures})
	if err != nil {
		t.Fatal(err)
	}
	added := read[api.JobList](t, response, http.StatusAccepted).Jobs[0]
	zhengzhou := added.DocumentID

	secret, _ := g.key(t, api.RoleAnalyst, []string{"四川"}, nil) // whose cities it includes
	scoped := g.as(secret)
	text(t, scoped.send(t, "GET", "/v1/documents/"+chengdu, ""), http.StatusOK)
	spec, err := openapi3.NewLoader().LoadFromFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for path, item := range spec.Paths.Map() {
		if item.Get != nil && strings.HasPrefix(path, "/v1/documents/{id}") {
			path = strings.NewReplacer("{id}", zhengzhou, "{page}", "1").Replace(path)
			text(t, scoped.send(t, "GET", path, ""), http.StatusNotFound)
		}
	}
	text(t, scoped.send(t, "DELETE", "/v1/documents/"+zhengzhou, ""), http.StatusNotFound)
	text(t, scoped.send(t, "PUT", "/v1/documents/"+zhengzhou, `{"text": "算力"}`), http.StatusNotFound)
	text(t, scoped.send(t, "PUT", "/v1/documents/"+chengdu, `{"text": "郑州的算力", "metadata": {"city": "郑州"}}`), http.StatusForbidden)
	text(t, scoped.send(t, "PATCH", "/v1/documents/"+chengdu, `{"city": "郑州"}`), http.StatusForbidden)
	text(t, scoped.send(t, "POST", "/v1/documents", `{"text": "郑州的算力", "metadata": {"city": "郑州"}}`), http.StatusForbidden)
	text(t, scoped.send(t, "POST", "/v1/documents", `{"text": "不知何处的算力"}`), http.StatusForbidden)
	text(t, scoped.send(t, "GET", "/v1/jobs/"+added.ID, ""), http.StatusNotFound)
	text(t, scoped.send(t, "GET", "/v1/jobs/"+added.ID+"/events", ""), http.StatusNotFound)
	text(t, scoped.send(t, "POST", "/v1/feedback", `{"question": "面值？", "verdict": "right", "evidence": [{"document_id": "`+zhengzhou+`", "quote": "面值"}]}`), http.StatusNotFound)
	if listed := read[api.JobList](t, scoped.send(t, "GET", "/v1/jobs", ""), http.StatusOK); len(listed.Jobs) != 1 {
		t.Errorf("got %d jobs", len(listed.Jobs))
	}
	for _, query := range []string{"", "?city=郑州", "?city=郑州&city=成都", "?tags=内部", "?tags=算力"} {
		listed := read[api.DocumentList](t, scoped.send(t, "GET", "/v1/documents"+query, ""), http.StatusOK)
		for _, d := range listed.Documents {
			if d.ID != chengdu {
				t.Errorf("the listing %q holds %s", query, d.Title)
			}
		}
		if wanted := query == "" || strings.Contains(query, "成都") || strings.Contains(query, "算力"); (len(listed.Documents) == 1) != wanted {
			t.Errorf("the listing %q holds %d documents", query, len(listed.Documents))
		}
	}
	for _, body := range []string{`{"question": "郑州的算力券每家企业每年最高多少？"}`, `{"question": "算力券每家企业最高多少？", "filters": {"city": ["郑州"]}}`} {
		answer := text(t, scoped.send(t, "POST", "/v1/ask", body), http.StatusOK)
		if strings.Contains(answer, zhengzhou) || strings.Contains(answer, "100万元") {
			t.Errorf("%s: %s", body, answer)
		}
	}
	for path, body := range map[string]string{
		"/v1/search":                    `{"query": "郑州的算力券", "filters": {"tags": ["内部"]}}`,
		"/retrieval":                    `{"query": "郑州的算力券", "metadata_condition": {"conditions": [{"name": "city", "comparison_operator": "is", "value": "郑州"}]}}`,
		"/v1/vector_stores/a/search":    `{"query": "郑州的算力券"}`,
		"/v1/chat/completions":          `{"model": "policykb", "messages": [{"role": "user", "content": "郑州的算力券每家企业每年最高多少？"}]}`,
		"/v1/chat/completions?":         `{"model": "policykb", "messages": [{"role": "user", "content": "郑州的算力券？"}], "policykb": {"filters": {"city": ["郑州"]}}}`,
		"/v1/vector_stores/b/search?":   `{"query": "郑州的算力券", "filters": {"type": "eq", "key": "city", "value": "郑州"}}`,
		"/v1/vector_stores/nosy/search": `{"query": "郑州的算力券", "filters": {"type": "ne", "key": "city", "value": "成都"}}`,
	} {
		if found := text(t, scoped.send(t, "POST", path, body), http.StatusOK); strings.Contains(found, zhengzhou) || strings.Contains(found, "100万元") {
			t.Errorf("%s: %s", path, found)
		}
	}
	if facets := text(t, scoped.send(t, "GET", "/v1/facets", ""), http.StatusOK); strings.Contains(facets, "郑州") || !strings.Contains(facets, "成都") {
		t.Errorf("the facets are %s", facets)
	}
	session := scoped.connect(t, nil)
	for name, arguments := range map[string]map[string]any{
		"search": {"query": "郑州的算力券"}, "fetch": {"id": zhengzhou}, "list_documents": {}, "ask": {"question": "郑州的算力券每家企业每年最高多少？"},
	} {
		result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: name, Arguments: arguments})
		if err == nil && !result.IsError {
			said, _ := json.Marshal(result.StructuredContent)
			if strings.Contains(string(said), zhengzhou) || strings.Contains(string(said), "100万元") {
				t.Errorf("%s: %s", name, said)
			}
		}
	}
	if _, err := session.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: "policykb://documents/" + zhengzhou}); err == nil {
		t.Error("the resource was read")
	}
	if found := text(t, scoped.send(t, "POST", "/v1/trace", `{"text": "郑州的算力券每家企业每年最高100万元。郑州的消息。"}`), http.StatusOK); strings.Contains(found, zhengzhou) {
		t.Errorf("the trace finds %s", found)
	}
	text(t, scoped.send(t, "POST", "/v1/trace", `{"text": "郑州的算力券", "document_id": "`+zhengzhou+`"}`), http.StatusNotFound)
	if named := text(t, scoped.send(t, "POST", "/v1/ask", question("《郑州市关于智能算力的若干措施》每家企业每年最高多少？")), http.StatusOK); strings.Contains(named, zhengzhou) {
		t.Errorf("the title leads to %s", named)
	}

	// The same words and the same bytes, said to be of the holder's own city, become
	// documents of their own; what lies outside is not changed by them.
	before := text(t, g.as(admin).send(t, "GET", "/v1/documents/"+zhengzhou, ""), http.StatusOK)
	for _, words := range []string{zhengzhouMeasures, zhengzhouMeasures + "\n本措施自发布之日起施行。\n"} {
		response, err := scoped.upload("POST", "/v1/documents?wait=true", map[string]string{"city": "成都", "title": "郑州市关于智能算力的若干措施", "issuer": "郑州市人民政府"}, file{"c.txt", words})
		if err != nil {
			t.Fatal(err)
		}
		if job := read[api.JobList](t, response, http.StatusAccepted).Jobs[0]; job.State != api.JobStateDone || job.DocumentID == zhengzhou {
			t.Errorf("got %+v", job)
		}
	}
	if after := text(t, g.as(admin).send(t, "GET", "/v1/documents/"+zhengzhou, ""), http.StatusOK); after != before {
		t.Errorf("the document was %s and is %s", before, after)
	}

	if err := g.catalogue.Resemble(t.Context(), corpus.DocumentID(chengdu), []corpus.Resemblance{{Document: corpus.DocumentID(zhengzhou), Likeness: 0.9}}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/v1/documents", "/v1/documents/" + chengdu} {
		if told := text(t, scoped.send(t, "GET", path, ""), http.StatusOK); strings.Contains(told, zhengzhou) {
			t.Errorf("%s links with what is not seen: %s", path, told)
		}
	}
	if told := text(t, g.as(admin).send(t, "GET", "/v1/documents", ""), http.StatusOK); strings.Count(told, `"`+zhengzhou+`"`) < 2 {
		t.Errorf("nothing resembles the document: %s", told)
	}
	text(t, scoped.send(t, "GET", "/metrics", ""), http.StatusForbidden)
	text(t, g.as(admin).send(t, "GET", "/metrics", ""), http.StatusOK)

	tagged, _ := g.key(t, api.RoleReader, nil, []string{"内部"})
	if listed := read[api.DocumentList](t, g.as(tagged).send(t, "GET", "/v1/documents", ""), http.StatusOK); len(listed.Documents) != 1 || listed.Documents[0].ID != zhengzhou {
		t.Errorf("by tag: %+v", listed.Documents)
	}
}

func TestChangesAreNoted(t *testing.T) {
	t.Parallel()
	g := guard(t)
	secret, key := g.key(t, api.RoleAnalyst, nil, nil)
	id := addNotice(t, g.as(secret), nil).DocumentID
	text(t, g.as(secret).send(t, "GET", "/v1/documents", ""), http.StatusOK)
	text(t, g.as(secret).send(t, "POST", "/v1/ask", question("算力券？")), http.StatusOK)
	text(t, g.as(secret).send(t, "DELETE", "/v1/documents/"+id, ""), http.StatusNoContent)
	text(t, g.as("pkb_wrong").send(t, "DELETE", "/v1/documents/"+id, ""), http.StatusUnauthorized)
	noted := strings.Split(strings.TrimSpace(g.changes.String()), "\n")
	if len(noted) != 2 {
		t.Fatalf("noted %d changes: %s", len(noted), g.changes)
	}
	for _, line := range noted {
		var change struct {
			Who, Key, Method, Time string
			ID                     string
			Documents              []string
			Status                 int
		}
		unmarshal(t, line, &change)
		if change.Who != "tester" || change.Key != key.ID || change.Time == "" || change.Status >= 400 || change.ID != id && !slices.Contains(change.Documents, id) {
			t.Errorf("noted %s", line)
		}
	}
}

// A proxy that is trusted may say who asks; anybody else may not.
func TestForwardedUsers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		proxies []string
		users   []string // in the header
		role    api.Role
		read    int // status of a reader's request
		change  int // of an analyst's
	}{
		{"a reader", []string{"127.0.0.1"}, []string{"wang.fang"}, "", 200, 403},
		{"an analyst", []string{"127.0.0.0/8"}, []string{"王芳"}, api.RoleAnalyst, 200, 404},
		{"nobody", []string{"127.0.0.1"}, nil, api.RoleAnalyst, 401, 401},
		{"an empty name", []string{"127.0.0.1"}, []string{""}, api.RoleAnalyst, 401, 401},
		{"two names", []string{"127.0.0.1"}, []string{"wang.fang", "root"}, api.RoleAnalyst, 401, 401},
		{"no proxy", []string{"10.0.0.0/8"}, []string{"wang.fang"}, api.RoleAnalyst, 401, 401},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			changes := new(lines)
			h := with(t, func(c *api.Config) {
				c.Proxies, c.UserHeader, c.UserRole = test.proxies, "X-Forwarded-User", test.role
				c.Audit = slog.New(slog.NewJSONHandler(changes, nil))
			})
			h.client = &http.Client{Transport: naming{test.users, h.client.Transport}}
			text(t, h.send(t, "GET", "/v1/facets", ""), test.read)
			text(t, h.send(t, "DELETE", "/v1/documents/nothing", ""), test.change)
			if test.change == 404 && !strings.Contains(changes.String(), test.users[0]) {
				t.Errorf("the change is noted as %s", changes)
			}
		})
	}
	if _, err := api.New(api.Config{UserHeader: "X-Forwarded-User"}); err == nil {
		t.Error("a header that any client can set was trusted")
	}
}

// naming is a proxy that names users.
type naming struct {
	users []string
	next  http.RoundTripper
}

func (n naming) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header["X-Forwarded-User"] = n.users
	return n.next.RoundTrip(r)
}
