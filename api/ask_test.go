package api_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"policykb/api"
)

// asked are questions on the starter corpus, each with words of its answer.
var asked = []struct{ question, answer string }{
	{"成都每年发放的算力券总额上限是多少？", "1000万元"},
	{"上海数据条例什么时候施行？", "2022年1月1日"},
	{"郑州的算力券每家企业每年最高多少？", "100万元"},
}

func TestAskCitesTheTextItself(t *testing.T) {
	t.Parallel()
	h := furnished(t)
	for _, test := range asked {
		t.Run(test.question, func(t *testing.T) {
			t.Parallel()
			answer := read[api.Answer](t, h.send(t, "POST", "/v1/ask", question(test.question)), http.StatusOK)
			if !answer.Answered || !strings.Contains(answer.Answer, test.answer) {
				t.Fatalf("got %q, want an answer with %q", answer.Answer, test.answer)
			}
			if len(answer.Citations) == 0 || len(answer.Passages) == 0 || answer.Reason != nil || answer.Mode != api.AnswerModeExtractive {
				t.Errorf("an answer without citations, passages, or as it should be: %+v", answer)
			}
			whole := []rune(answer.Answer)
			for _, s := range answer.Statements {
				if got := string(whole[s.Start:s.End]); got != s.Text {
					t.Errorf("the statement %q stands at [%d:%d], where the answer says %q", s.Text, s.Start, s.End, got)
				}
				for _, n := range s.Citations {
					if !slices.ContainsFunc(answer.Citations, func(c api.Citation) bool { return c.Number == n }) {
						t.Errorf("the statement %q cites [%d], which is not there", s.Text, n)
					}
				}
			}
			for _, c := range answer.Citations {
				path := fmt.Sprintf("/v1/documents/%s/text?version=%d", c.DocumentID, c.Version)
				text := []rune(text(t, h.send(t, "GET", path, ""), http.StatusOK))
				if got := string(text[c.Start:c.End]); got != c.Quote {
					t.Errorf("[%d] quotes %q, where the text says %q", c.Number, c.Quote, got)
				}
			}
			for _, p := range answer.Passages {
				text := []rune(text(t, h.send(t, "GET", "/v1/documents/"+p.DocumentID+"/text", ""), http.StatusOK))
				if got := string(text[p.Start:p.End]); got != p.Text {
					t.Errorf("a passage says %q, where the text says %q", p.Text, got)
				}
			}
		})
	}
}

func TestAskSaysWhatTheDocumentsDoNotHold(t *testing.T) {
	t.Parallel()
	answer := read[api.Answer](t, furnished(t).send(t, "POST", "/v1/ask", question("贝多芬第九交响曲首演于哪一年？")), http.StatusOK)
	if answer.Answered || answer.Reason == nil || len(answer.Citations) > 0 || answer.Answer == "" {
		t.Errorf("got %+v, want a reason and no citation", answer)
	}
}

func TestAskOfAnEmptyBase(t *testing.T) {
	t.Parallel()
	answer := read[api.Answer](t, empty(t).send(t, "POST", "/v1/ask", question("算力券是什么？")), http.StatusOK)
	if answer.Answered || answer.Reason == nil || *answer.Reason != api.AnswerReasonEmptyCorpus {
		t.Errorf("got %+v, want empty_corpus", answer)
	}
}

func TestAskShowsItsFilters(t *testing.T) {
	t.Parallel()
	h := furnished(t)
	answer := read[api.Answer](t, h.send(t, "POST", "/v1/ask", `{"question": "算力券总额是多少？", "filters": {"city": ["成都"], "issued_to": null, "kind": []}}`), http.StatusOK)
	if city := answer.FiltersApplied["city"]; !reflect.DeepEqual(city, api.AppliedFilter{Values: []string{"成都"}, From: "request"}) {
		t.Errorf("got %+v, want 成都 from the request", answer.FiltersApplied)
	}
	for _, p := range answer.Passages {
		if p.City == nil || *p.City != "成都" {
			t.Errorf("a passage of %s passed the filter", p.Title)
		}
	}
}

// The events of a stream add up to the answer that JSON gives.
func TestAskStreams(t *testing.T) {
	t.Parallel()
	h := furnished(t)
	r, err := http.NewRequestWithContext(t.Context(), "POST", h.url+"/v1/ask", strings.NewReader(question(asked[0].question)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "text/event-stream")
	response, err := h.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if kind := response.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Fatalf("got %s", kind)
	}
	events := events(t, text(t, response, http.StatusOK))
	var names []string
	var statements []api.Statement
	for _, e := range events {
		names = append(names, e.name)
		if e.name == "statement" {
			var s api.Statement
			unmarshal(t, e.data, &s)
			statements = append(statements, s)
		}
	}
	if len(names) < 4 || names[0] != "interpretation" || names[1] != "passages" || names[len(names)-1] != "done" {
		t.Fatalf("got %v, want interpretation, passages, statements, done", names)
	}
	var done api.Answer
	unmarshal(t, events[len(events)-1].data, &done)
	if !reflect.DeepEqual(done.Statements, statements) {
		t.Errorf("the statements on the way were %+v, at the end %+v", statements, done.Statements)
	}
	whole := read[api.Answer](t, h.send(t, "POST", "/v1/ask", question(asked[0].question)), http.StatusOK)
	whole.ID, whole.TimingsMs = done.ID, done.TimingsMs
	if !reflect.DeepEqual(done, whole) {
		t.Errorf("the stream ends with %+v, JSON says %+v", done, whole)
	}
}

// streamed is one event of a stream.
type streamed struct{ name, data string }

func events(t *testing.T, body string) (all []streamed) {
	t.Helper()
	var e streamed
	lines := bufio.NewScanner(strings.NewReader(body))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		switch line := lines.Text(); {
		case line == "":
			all, e = append(all, e), streamed{}
		case strings.HasPrefix(line, "event: "):
			e.name = line[len("event: "):]
		case strings.HasPrefix(line, "data: "):
			e.data += line[len("data: "):]
		default:
			t.Fatalf("a line of no event: %q", line)
		}
	}
	return all
}

func unmarshal(t *testing.T, data string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(data), into); err != nil {
		t.Fatalf("%v: %s", err, data)
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	h := furnished(t)
	found := read[api.SearchResult](t, h.send(t, "POST", "/v1/search", `{"query": "算力券 补贴", "filters": {"city": ["郑州"]}, "limit": 3}`), http.StatusOK)
	if len(found.Passages) == 0 || len(found.Passages) > 3 || found.Total < len(found.Passages) {
		t.Fatalf("got %d passages of %d", len(found.Passages), found.Total)
	}
	for _, p := range found.Passages {
		if p.City == nil || *p.City != "郑州" {
			t.Errorf("a passage of %s passed the filter", p.Title)
		}
		for _, s := range p.Highlights {
			if s.Start < p.Start || s.End > p.End || s.Start >= s.End {
				t.Errorf("the highlight %+v does not lie in the passage [%d:%d]", s, p.Start, p.End)
			}
		}
	}
}
