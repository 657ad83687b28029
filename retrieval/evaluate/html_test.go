package evaluate_test

import (
	"bytes"
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"policykb/retrieval"
	"policykb/retrieval/evaluate"
)

// reasoning is a service that gives reasons.
type reasoning struct{ service }

func (s reasoning) Explain(_ context.Context, r retrieval.Request, limit int) (retrieval.Explanation, error) {
	var e retrieval.Explanation
	for _, p := range s.rank(r.Question) {
		if only := r.Filter.DocumentID; len(only) > 0 && !slices.Contains(only, p.Hit.Document) {
			continue
		}
		reason := retrieval.UnitReason{
			Document: p.Hit.Document, Span: p.Found.Passage.Span, Text: p.Found.Passage.Text, Score: p.Hit.Score,
			Factors: []retrieval.Factor{{Name: "Context", Value: 0.5, Weight: 8}},
		}
		if len(e.Chosen) == 0 {
			e.Chosen = append(e.Chosen, reason)
		} else if len(e.Others) < limit {
			e.Others = append(e.Others, reason)
		}
		if len(e.Passages) < limit {
			e.Passages = append(e.Passages, retrieval.PassageReason{Passage: p, InText: []string{"算力"}, Best: reason})
		}
	}
	return e, nil
}

// hostile is a question that tries to be more than text.
const hostile = `成都</summary><script>alert("算力")</script><img src=x onerror=alert(1)>`

func TestHTML(t *testing.T) {
	t.Parallel()
	set, err := evaluate.ReadFile("testdata/questions.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	questions := append(set.Questions, evaluate.Question{Question: hostile, Type: evaluate.TypeUnanswerable, Split: evaluate.HeldOut})
	l := cities()
	report, err := evaluate.Run(t.Context(), reasoning{service{l}}, l, questions, evaluate.Options{Explain: true})
	if err != nil {
		t.Fatal(err)
	}
	comparison, err := evaluate.Compare(report, report)
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	if err := report.WriteHTML(&page, &comparison); err != nil {
		t.Fatal(err)
	}
	text := page.String()
	document, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	counts, attributes, spoken := map[string]int{}, map[string]int{}, ""
	for n := range document.Descendants() {
		switch n.Type {
		case html.ElementNode:
			counts[n.Data]++
			for _, a := range n.Attr {
				attributes[a.Key]++
			}
		case html.TextNode:
			spoken += n.Data
		}
	}
	if counts["script"]+counts["img"]+counts["link"]+counts["iframe"]+attributes["onerror"]+attributes["src"]+attributes["href"] > 0 {
		t.Errorf("the page holds more than words and drawings: %v %v", counts, attributes)
	}
	if away := regexp.MustCompile(`(?i)https?://|url\(|@import`).FindString(text); away != "" {
		t.Errorf("the page reaches for something else: %q", away)
	}
	if counts["svg"] != 4 || counts["circle"] == 0 || counts["polyline"] != 2 {
		t.Errorf("want four plots, got %v", counts)
	}
	if strings.Contains(text, "NaN") || strings.Contains(text, "Inf") || strings.Contains(text, "ZgotmplZ") {
		t.Error("a plot has a point that is nowhere")
	}
	for _, want := range []string{hostile, "算力券(60%) 最高 500万元", "Held out beside the rest", "Against the run before", "Context +4.00", "in its text: 算力"} {
		if !strings.Contains(spoken, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if got, want := counts["details"], len(questions); got != want {
		t.Errorf("%d questions are shown, want %d", got, want)
	}
}

func TestHTMLOfNothingMeasured(t *testing.T) {
	t.Parallel()
	l := cities()
	none := []evaluate.Question{{Question: "火星的算力券有多少？", Type: evaluate.TypeUnanswerable}}
	report, err := evaluate.Run(t.Context(), mute{service{l}}, l, none, evaluate.Options{Explain: true})
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	if err := report.WriteHTML(&page, nil); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(page.String(), "NaN") {
		t.Error("a plot has a point that is nowhere")
	}
}
