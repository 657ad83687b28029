package api_test

import (
	"archive/tar"
	"bufio"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"policykb/api"
	"policykb/retrieval/evaluate"
)

func TestTrace(t *testing.T) {
	t.Parallel()
	h := furnished(t)
	found := read[api.Trace](t, h.send(t, "POST", "/v1/trace", `{"text": "每年发放总额不超过5000万元的算力券"}`), http.StatusOK)
	if found.Found != api.TraceFoundNear || len(found.Places) == 0 {
		t.Fatalf("got %+v", found)
	}
	best := found.Places[0]
	whole := []rune(text(t, h.send(t, "GET", "/v1/documents/"+best.DocumentID+"/text", ""), http.StatusOK))
	if got := string(whole[best.Start:best.End]); got != best.Quote || len(best.Differences) == 0 || best.Differences[0].Source != "1000万元" {
		t.Errorf("the text says %q; got %+v", got, best)
	}
	if nowhere := read[api.Trace](t, h.send(t, "POST", "/v1/trace", `{"text": "贝多芬第九交响曲首演于维也纳"}`), http.StatusOK); nowhere.Found != api.TraceFoundNowhere {
		t.Errorf("got %+v", nowhere)
	}
}

func TestDiffOfVersions(t *testing.T) {
	t.Parallel()
	h := empty(t)
	path := "/v1/documents/" + addNotice(t, h, nil).DocumentID
	text(t, h.send(t, "GET", path+"/diff", ""), http.StatusBadRequest)
	response, err := h.upload("PUT", path+"?wait=true", nil, file{"newer.txt", newer})
	if err != nil {
		t.Fatal(err)
	}
	text(t, response, http.StatusAccepted)
	diff := read[api.Diff](t, h.send(t, "GET", path+"/diff", ""), http.StatusOK)
	if diff.From != 1 || diff.To != 2 || len(diff.Changes) != 1 {
		t.Fatalf("got %+v", diff)
	}
	change := diff.Changes[0]
	if change.Kind != api.DiffChangeKindChanged || !strings.Contains(change.Before.Text, "80万元") || !strings.Contains(change.After.Text, "120万元") || len(change.HeadingPath) == 0 {
		t.Errorf("got %+v", change)
	}
	for number, part := range map[int]*api.DiffPart{1: change.Before, 2: change.After} {
		whole := []rune(text(t, h.send(t, "GET", fmt.Sprintf("%s/text?version=%d", path, number), ""), http.StatusOK))
		if got := string(whole[part.Start:part.End]); got != part.Text {
			t.Errorf("version %d says %q, the diff %q", number, got, part.Text)
		}
	}
	text(t, h.send(t, "GET", path+"/diff?from=1&to=9", ""), http.StatusNotFound)
}

// Feedback comes out as questions that the evaluation reads.
func TestFeedback(t *testing.T) {
	t.Parallel()
	h := with(t, func(c *api.Config) { c.Feedback = api.NewFeedbackFile(filepath.Join(t.TempDir(), "feedback.jsonl")) })
	id := addNotice(t, h, nil).DocumentID
	text(t, h.send(t, "POST", "/v1/feedback", `{"question": "每家企业每年最高多少？", "verdict": "wrong", "answer": "80万元", "answer_keys": ["80万元"], "evidence": [{"document_id": "`+id+`", "quote": "每家企业每年最高80万元"}], "comment": "答了比例"}`), http.StatusNoContent)
	text(t, h.send(t, "POST", "/v1/feedback", `{"question": "面值是多少？", "verdict": "unanswerable"}`), http.StatusNoContent)
	text(t, h.send(t, "POST", "/v1/feedback", `{"question": "面值？", "verdict": "right", "evidence": [{"document_id": "nothing", "quote": "面值"}]}`), http.StatusNotFound)
	text(t, h.send(t, "POST", "/v1/feedback", `{"question": "面值？", "verdict": "perhaps"}`), http.StatusBadRequest)
	lines := strings.Split(strings.TrimSpace(text(t, h.send(t, "GET", "/v1/feedback", ""), http.StatusOK)), "\n")
	if len(lines) != 2 {
		t.Fatalf("got %q", lines)
	}
	var first, second evaluate.Question
	unmarshal(t, lines[0], &first)
	unmarshal(t, lines[1], &second)
	if first.Type != evaluate.TypeFact || first.Evidence[0].File != "关于算力的措施.txt" || first.AnswerKeys[0] != "80万元" || second.Answerable() {
		t.Errorf("got %+v and %+v", first, second)
	}
}

func TestStats(t *testing.T) {
	t.Parallel()
	stats := read[api.BaseStats](t, furnished(t).send(t, "GET", "/v1/admin/stats", ""), http.StatusOK)
	if stats.Documents == 0 || stats.Passages != stats.Index.Points || stats.Jobs["done"] != stats.Documents || stats.Index.Engine != "embedded" {
		t.Errorf("got %+v", stats)
	}
}

// The metrics answer an operator's questions.
func TestMetrics(t *testing.T) {
	t.Parallel()
	h := empty(t)
	addNotice(t, h, nil)
	text(t, h.send(t, "POST", "/v1/ask", question("每家企业每年最高多少？")), http.StatusOK)
	text(t, h.send(t, "POST", "/v1/ask", question("贝多芬第九交响曲首演于哪一年？")), http.StatusOK)
	text(t, h.send(t, "GET", "/v1/documents/nothing", ""), http.StatusNotFound)
	measured := text(t, h.send(t, "GET", "/metrics", ""), http.StatusOK)
	for _, want := range []string{
		`policykb_asks_total{mode="extractive",outcome="answered"} 1`, `policykb_http_requests_total{method="GET",route="/v1/documents/:id",status="404"} 1`,
		`policykb_jobs{state="done"} 1`, "policykb_documents 1", `policykb_part_up{part="index"} 1`, `policykb_gate_refused_total{gate="ask"} 0`,
		`policykb_ask_stage_seconds_count{stage="retrieve"} 2`, `policykb_engine_errors_total{call="search"} 0`,
		`policykb_vector_cache_total{result="hit"} 0`, "go_goroutines",
	} {
		if !strings.Contains(measured, want+"\n") && !strings.Contains(measured, want+" ") {
			t.Errorf("the metrics lack %s", want)
		}
	}

	// The dashboard draws what is measured, and nothing else.
	dashboard, err := os.ReadFile("../docs/grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	var panels struct {
		Title, UID string
		Panels     []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	unmarshal(t, string(dashboard), &panels)
	if panels.Title == "" || panels.UID == "" || len(panels.Panels) == 0 {
		t.Errorf("the dashboard is %+v", panels)
	}
	metric := regexp.MustCompile(`policykb_[a-z_]+`)
	for _, p := range panels.Panels {
		if p.Title == "" || len(p.Targets) == 0 {
			t.Errorf("the panel %q draws nothing", p.Title)
		}
		for _, target := range p.Targets {
			for _, name := range metric.FindAllString(target.Expr, -1) {
				if !strings.Contains(measured, "\n"+name+"{") && !strings.Contains(measured, "\n"+name+" ") {
					t.Errorf("the panel %q draws %s, which is not measured", p.Title, name)
				}
			}
		}
	}
}

// The index is made anew while it answers, one time at a time.
func TestReindex(t *testing.T) {
	t.Parallel()
	h := empty(t)
	addNotice(t, h, nil)
	made := read[api.Reindexed](t, h.send(t, "POST", "/v1/admin/reindex", ""), http.StatusOK)
	if made.Documents != 1 || made.Points == 0 {
		t.Errorf("got %+v", made)
	}
	if answer := read[api.Answer](t, h.send(t, "POST", "/v1/ask", question("每家企业每年最高多少？")), http.StatusOK); !answer.Answered {
		t.Errorf("afterwards it answers %s", answer.Answer)
	}
	r, err := http.NewRequestWithContext(t.Context(), "POST", h.url+"/v1/admin/reindex", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	response, err := h.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if told := text(t, response, http.StatusOK); !strings.Contains(told, `event: done`+"\n"+`data: {"documents":1,`) {
		t.Errorf("told %s", told)
	}
}

// A backup holds the catalogue and every original, each with its sum.
func TestBackup(t *testing.T) {
	t.Parallel()
	h := furnished(t)
	response := h.send(t, "GET", "/v1/admin/backup", "")
	defer response.Body.Close()
	archive := tar.NewReader(response.Body)
	sums, listed := make(map[string]string), make(map[string]string)
	for {
		entry, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if entry.Name == api.BackupSums {
			for lines := bufio.NewScanner(archive); lines.Scan(); {
				sum, name, _ := strings.Cut(lines.Text(), "  ")
				listed[name] = sum
			}
			continue
		}
		sum := sha256.New()
		if _, err := io.Copy(sum, archive); err != nil {
			t.Fatal(err)
		}
		sums[entry.Name] = fmt.Sprintf("%x", sum.Sum(nil))
	}
	stats := read[api.BaseStats](t, h.send(t, "GET", "/v1/admin/stats", ""), http.StatusOK)
	if len(sums) != stats.Documents+1 || len(listed) != len(sums) || sums[api.BackupCatalogue] == "" {
		t.Errorf("%d files, %d sums, %d documents", len(sums), len(listed), stats.Documents)
	}
	for name, sum := range sums {
		if listed[name] != sum {
			t.Errorf("%s has the sum %s, listed as %s", name, sum, listed[name])
		}
		if hash, ok := strings.CutPrefix(name, api.BackupOriginals); ok && hash != sum {
			t.Errorf("the original %s has the sum %s", hash, sum)
		}
	}
}

// The page of the specification needs nothing from elsewhere.
func TestDocs(t *testing.T) {
	t.Parallel()
	h := furnished(t)
	page := text(t, h.send(t, "GET", "/docs", ""), http.StatusOK)
	for _, want := range []string{"/v1/ask", "/retrieval", "Needs the role <b>analyst</b>", "schema-Answer"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for _, refused := range []string{"<script", "<style", "//cdn", "src=\"http"} {
		if strings.Contains(page, refused) {
			t.Errorf("the page holds %s", refused)
		}
	}
	text(t, h.send(t, "GET", "/docs/docs.css", ""), http.StatusOK)
}
