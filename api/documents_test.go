package api_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"policykb/api"
)

// Two versions of a notice of ours, in the form of a real one.
const (
	notice = "关于促进智能算力应用的若干措施\n\n一、支持范围\n\n在本市注册的企业租用智能算力，可以申请算力券。\n\n二、支持标准\n\n按照合同金额的百分之二十给予支持，每家企业每年最高80万元。\n"
	newer  = "关于促进智能算力应用的若干措施\n\n一、支持范围\n\n在本市注册的企业租用智能算力，可以申请算力券。\n\n二、支持标准\n\n按照合同金额的百分之三十给予支持，每家企业每年最高120万元。\n"
)

// addNotice adds the notice and returns its job.
func addNotice(t *testing.T, h *house, fields map[string]string) api.Job {
	t.Helper()
	response, err := h.upload("POST", "/v1/documents?wait=true", fields, file{"关于算力的措施.txt", notice})
	if err != nil {
		t.Fatal(err)
	}
	added := read[api.JobList](t, response, http.StatusAccepted)
	if len(added.Jobs) != 1 || added.Jobs[0].State != api.JobStateDone {
		t.Fatalf("got %+v, want one job that is done", added)
	}
	return added.Jobs[0]
}

// The life of a document: it is added, answers, is corrected, gets a new version, goes.
func TestLifeOfADocument(t *testing.T) {
	t.Parallel()
	h := empty(t)
	job := addNotice(t, h, map[string]string{"city": "成都", "issued_on": "2024-03-01", "kind": "measures", "tags": "算力，补贴", "doc_number": "成办发〔2024〕8号"})
	path := "/v1/documents/" + job.DocumentID

	d := read[api.Document](t, h.send(t, "GET", path, ""), http.StatusOK)
	if d.City == nil || *d.City != "成都" || d.IssuedOn == nil || *d.IssuedOn != "2024-03-01" || len(d.Tags) != 2 || d.Origins["city"].From != api.OriginFromGiven {
		t.Errorf("the metadata given do not describe the document: %+v", d)
	}
	answer := read[api.Answer](t, h.send(t, "POST", "/v1/ask", question("成都算力券每家企业每年最高多少？")), http.StatusOK)
	if !strings.Contains(answer.Answer, "80万元") {
		t.Errorf("asked of the first version, got %q", answer.Answer)
	}

	// The same bytes make no second document.
	response, err := h.upload("POST", "/v1/documents?wait=true", map[string]string{"city": "成都", "issued_on": "2024-03-01", "kind": "measures", "tags": "算力，补贴", "doc_number": "成办发〔2024〕8号"}, file{"again.txt", notice})
	if err != nil {
		t.Fatal(err)
	}
	if again := read[api.JobList](t, response, http.StatusAccepted).Jobs[0]; again.State != api.JobStateUnchanged || again.DocumentID != job.DocumentID {
		t.Errorf("the same bytes again: got %+v", again)
	}

	// A correction counts at once, and what it empties is unknown.
	d = read[api.Document](t, h.send(t, "PATCH", path, `{"city": "重庆", "doc_number": null}`), http.StatusOK)
	if d.City == nil || *d.City != "重庆" || d.DocNumber != nil || d.IssuedOn == nil {
		t.Errorf("corrected to %+v", d)
	}
	said := func(s string) *string { return &s }
	if want := []api.Correction{{Field: "city", From: said("成都"), To: said("重庆")}, {Field: "doc_number", From: said("成办发〔2024〕8号")}}; !reflect.DeepEqual(d.Corrected, want) {
		t.Errorf("it says that %+v were corrected, want %+v", d.Corrected, want)
	}
	found := read[api.SearchResult](t, h.send(t, "POST", "/v1/search", `{"query": "算力券", "filters": {"city": ["重庆"]}}`), http.StatusOK)
	if len(found.Passages) == 0 {
		t.Error("the corrected city does not find the document")
	}

	// A new version answers, and the old one stays readable.
	if response, err = h.upload("PUT", path+"?wait=true", nil, file{"newer.txt", newer}); err != nil {
		t.Fatal(err)
	}
	if second := read[api.JobList](t, response, http.StatusAccepted).Jobs[0]; second.State != api.JobStateDone || second.DocumentID != job.DocumentID {
		t.Fatalf("the new version: got %+v", second)
	}
	answer = read[api.Answer](t, h.send(t, "POST", "/v1/ask", question("算力券每家企业每年最高多少？")), http.StatusOK)
	if !strings.Contains(answer.Answer, "120万元") || strings.Contains(answer.Answer, "80万元") {
		t.Errorf("asked of the second version, got %q", answer.Answer)
	}
	if old := text(t, h.send(t, "GET", path+"/text?version=1", ""), http.StatusOK); !strings.Contains(old, "80万元") {
		t.Errorf("the first version reads %q", old)
	}
	versions := read[api.VersionList](t, h.send(t, "GET", path+"/versions", ""), http.StatusOK).Versions
	if len(versions) < 2 || versions[0].Current || !versions[len(versions)-1].Current {
		t.Errorf("got the versions %+v", versions)
	}

	text(t, h.send(t, "DELETE", path, ""), http.StatusNoContent)
	for _, gone := range []string{"", "/text", "/outline", "/passages", "/original", "/versions", "/pages/1", "/pages/1/image"} {
		text(t, h.send(t, "GET", path+gone, ""), http.StatusNotFound)
	}
	text(t, h.send(t, "DELETE", path, ""), http.StatusNotFound)
	found = read[api.SearchResult](t, h.send(t, "POST", "/v1/search", `{"query": "算力券"}`), http.StatusOK)
	if len(found.Passages) > 0 {
		t.Errorf("a removed document is found: %+v", found)
	}
}

// Outline and passages are spans of the text.
func TestPartsOfADocument(t *testing.T) {
	t.Parallel()
	h := empty(t)
	path := "/v1/documents/" + addNotice(t, h, nil).DocumentID
	whole := []rune(text(t, h.send(t, "GET", path+"/text", ""), http.StatusOK))
	passages := read[api.PassageList](t, h.send(t, "GET", path+"/passages", ""), http.StatusOK).Passages
	if len(passages) == 0 {
		t.Error("no passages")
	}
	for _, p := range passages {
		if got := string(whole[p.Start:p.End]); got != p.Text {
			t.Errorf("a passage says %q, where the text says %q", p.Text, got)
		}
	}
	outline := read[api.Outline](t, h.send(t, "GET", path+"/outline", ""), http.StatusOK)
	sections := outline.Sections
	headings := read[api.Outline](t, h.send(t, "GET", path+"/outline?clauses=false", ""), http.StatusOK)
	if len(outline.Clauses) == 0 || len(headings.Clauses) > 0 || !reflect.DeepEqual(headings.Sections, sections) {
		t.Errorf("with its clauses the outline is %+v, without them %+v", outline, headings)
	}
	var said []string
	for _, s := range sections {
		said = append(said, string(whole[s.Heading.Start:s.Heading.End]))
	}
	if got := strings.Join(said, "/"); !strings.Contains(got, "一、支持范围/二、支持标准") {
		t.Errorf("got the headings %q", got)
	}
}

// What an address names comes with its words; what names nothing, or several
// clauses, is said to.
func TestFindAClause(t *testing.T) {
	t.Parallel()
	h := empty(t)
	path := "/v1/documents/" + addNotice(t, h, nil).DocumentID
	whole := []rune(text(t, h.send(t, "GET", path+"/text", ""), http.StatusOK))
	found := read[api.Outline](t, h.send(t, "GET", path+"/outline?at="+url.QueryEscape("二、"), ""), http.StatusOK)
	if len(found.Clauses) != 1 || found.Clauses[0].Address != "二、" || found.Clauses[0].Text == nil {
		t.Fatalf("got %+v", found)
	}
	c := found.Clauses[0]
	if got := string(whole[c.Start:c.End]); got != *c.Text || !strings.HasPrefix(got, "二、支持标准") {
		t.Errorf("the clause says %q, the text %q", *c.Text, got)
	}
	text(t, h.send(t, "GET", path+"/outline?at="+url.QueryEscape("第九条"), ""), http.StatusNotFound)
	text(t, h.send(t, "GET", path+"/outline?at=%20", ""), http.StatusBadRequest)
}

// The original comes back as it was sent, as a download that no browser shows.
func TestOriginal(t *testing.T) {
	t.Parallel()
	h := empty(t)
	response, err := h.upload("POST", "/v1/documents?wait=true", nil, file{`..\<script>"算力".html`, "<p>" + notice + "</p>"})
	if err != nil {
		t.Fatal(err)
	}
	path := "/v1/documents/" + read[api.JobList](t, response, http.StatusAccepted).Jobs[0].DocumentID + "/original"
	response = h.send(t, "GET", path, "")
	if got := text(t, response, http.StatusOK); got != "<p>"+notice+"</p>" {
		t.Errorf("got %q", got)
	}
	for name, want := range map[string]string{
		"Content-Type":            "application/octet-stream",
		"Content-Disposition":     `attachment; filename*=utf-8''%3Cscript%3E%22%E7%AE%97%E5%8A%9B%22.html`,
		"Content-Security-Policy": "default-src 'none'; sandbox",
		"X-Content-Type-Options":  "nosniff",
	} {
		if got := response.Header.Get(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}

	r, _ := http.NewRequestWithContext(t.Context(), "GET", h.url+path, nil)
	r.Header.Set("Range", "bytes=0-2")
	if response, err = h.client.Do(r); err != nil {
		t.Fatal(err)
	}
	if got := text(t, response, http.StatusPartialContent); got != "<p>" {
		t.Errorf("the first three bytes: got %q", got)
	}
	r.Header.Del("Range")
	r.Header.Set("If-None-Match", response.Header.Get("ETag"))
	if response, err = h.client.Do(r); err != nil {
		t.Fatal(err)
	}
	text(t, response, http.StatusNotModified)
}

func TestListDocuments(t *testing.T) {
	t.Parallel()
	h := furnished(t)
	facets := read[api.Facets](t, h.send(t, "GET", "/v1/facets", ""), http.StatusOK)
	seen := make(map[string]bool)
	total := 0
	for cursor := ""; ; {
		page := read[api.DocumentList](t, h.send(t, "GET", "/v1/documents?limit=7&cursor="+url.QueryEscape(cursor), ""), http.StatusOK)
		for _, d := range page.Documents {
			if seen[d.ID] {
				t.Errorf("%s is listed twice", d.Title)
			}
			seen[d.ID] = true
		}
		total = page.Total
		if page.NextCursor == nil {
			break
		}
		cursor = *page.NextCursor
	}
	if len(seen) != total || total < 24 {
		t.Errorf("listed %d documents of %d", len(seen), total)
	}
	for _, city := range facets.City {
		if city.Value != "成都" {
			continue
		}
		page := read[api.DocumentList](t, h.send(t, "GET", "/v1/documents?city="+url.QueryEscape("成都"), ""), http.StatusOK)
		if page.Total != city.Count {
			t.Errorf("成都 has %d documents, the facet counts %d", page.Total, city.Count)
		}
	}
	for _, name := range []string{"成都", "成都市", "蓉城", "Chengdu"} {
		page := read[api.DocumentList](t, h.send(t, "GET", "/v1/documents?city="+url.QueryEscape(name), ""), http.StatusOK)
		if page.Total == 0 {
			t.Errorf("no documents of %s", name)
		}
	}
	page := read[api.DocumentList](t, h.send(t, "GET", "/v1/documents?issued_from=2030-01-01", ""), http.StatusOK)
	if page.Total != 0 || page.Documents == nil {
		t.Errorf("documents of the future: got %+v", page)
	}
}

func TestSeveralFilesAndTheirFailures(t *testing.T) {
	t.Parallel()
	h := empty(t)
	response, err := h.upload("POST", "/v1/documents?wait=true", map[string]string{"city": "成都"},
		file{"notice.txt", notice}, file{"empty.txt", ""}, file{"picture.txt", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00"})
	if err != nil {
		t.Fatal(err)
	}
	jobs := read[api.JobList](t, response, http.StatusAccepted).Jobs
	if len(jobs) != 3 {
		t.Fatalf("got %d jobs", len(jobs))
	}
	var states []string
	for _, j := range jobs {
		states = append(states, fmt.Sprintf("%s %s", j.Name, j.State))
		if j.State == api.JobStateFailed && (j.Error == nil || j.Error.Code == "" || j.Error.Detail == "") {
			t.Errorf("%s failed without a reason", j.Name)
		}
	}
	if got := strings.Join(states, ", "); got != "notice.txt done, empty.txt failed, picture.txt failed" {
		t.Errorf("got %s", got)
	}
	if failed := read[api.JobList](t, h.send(t, "GET", "/v1/jobs?state=failed", ""), http.StatusOK).Jobs; len(failed) != 2 {
		t.Errorf("the list has %d failed jobs", len(failed))
	}
}

func TestJobs(t *testing.T) {
	t.Parallel()
	h := empty(t)
	job := addNotice(t, h, nil)
	path := "/v1/jobs/" + job.ID
	if got := read[api.Job](t, h.send(t, "GET", path, ""), http.StatusOK); got.State != api.JobStateDone || got.Name != "关于算力的措施.txt" {
		t.Errorf("got %+v", got)
	}
	all := events(t, text(t, h.send(t, "GET", path+"/events", ""), http.StatusOK))
	if len(all) != 1 || all[0].name != "job" {
		t.Errorf("the events of a job that has ended: got %+v", all)
	}
	text(t, h.send(t, "POST", path+"/cancel", ""), http.StatusConflict)
	text(t, h.send(t, "POST", path+"/retry", ""), http.StatusConflict)
	for _, unknown := range []string{"", "/events"} {
		text(t, h.send(t, "GET", "/v1/jobs/nobody"+unknown, ""), http.StatusNotFound)
	}
}

func TestAddText(t *testing.T) {
	t.Parallel()
	h := empty(t)
	body := fmt.Sprintf(`{"text": %q, "metadata": {"title": "算力措施", "city": null, "tags": ["算力"]}}`, notice)
	job := read[api.JobList](t, h.send(t, "POST", "/v1/documents?wait=true", body), http.StatusAccepted).Jobs[0]
	d := read[api.Document](t, h.send(t, "GET", "/v1/documents/"+job.DocumentID, ""), http.StatusOK)
	if job.State != api.JobStateDone || d.Title != "算力措施" || len(d.Tags) != 1 {
		t.Errorf("got %+v, %+v", job, d)
	}
}

// Text that is asked for with the tag it had is not sent again.
func TestTextHasATag(t *testing.T) {
	t.Parallel()
	h := empty(t)
	path := "/v1/documents/" + addNotice(t, h, nil).DocumentID + "/text"
	response := h.send(t, "GET", path, "")
	if got := response.Header.Get("Content-Type"); got != "text/plain; charset=utf-8" {
		t.Errorf("got %s", got)
	}
	io.Copy(io.Discard, response.Body)
	r, _ := http.NewRequestWithContext(t.Context(), "GET", h.url+path, nil)
	r.Header.Set("If-None-Match", response.Header.Get("ETag"))
	response, err := h.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	text(t, response, http.StatusNotModified)
}

// longStatute adds a document of five hundred pages: 5,000 articles in 50 chapters,
// some 300,000 characters.
func (h *house) longStatute(t testing.TB) (id string) {
	t.Helper()
	var text strings.Builder
	for i := range 5000 {
		if i%100 == 0 {
			fmt.Fprintf(&text, "第%d章　算力基础设施\n\n", i/100+1)
		}
		fmt.Fprintf(&text, "第%d条　本市支持企业租用智能算力开展人工智能大模型的研究和应用，对符合条件的企业按照合同金额给予补贴，每家企业每年最高%d万元。\n\n", i+1, i%900+100)
	}
	response, err := h.upload(http.MethodPost, "/v1/documents?wait=true", map[string]string{"title": "长文件"}, file{"长.txt", text.String()})
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return h.documents(t)[0].ID
}

// BenchmarkOutlineOfLongDocument reads the outline of five hundred pages, packed as
// browsers ask for it, and as the page asks for it: the headings alone.
func BenchmarkOutlineOfLongDocument(b *testing.B) {
	h := empty(b)
	address := h.url + "/v1/documents/" + h.longStatute(b) + "/outline"
	for name, query := range map[string]string{"whole": "", "headings": "?clauses=false"} {
		b.Run(name, func(b *testing.B) {
			read := int64(0)
			for b.Loop() {
				r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, address+query, nil)
				if err != nil {
					b.Fatal(err)
				}
				r.Header.Set("Accept-Encoding", "gzip")
				response, err := http.DefaultClient.Do(r)
				if err != nil {
					b.Fatal(err)
				}
				if read, err = io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != http.StatusOK {
					b.Fatalf("the outline answers %s: %v", response.Status, err)
				}
				response.Body.Close()
			}
			b.ReportMetric(float64(read)/1024, "KiB/op")
		})
	}
}
