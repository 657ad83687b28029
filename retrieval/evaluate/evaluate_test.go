package evaluate_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"policykb/corpus"
	"policykb/retrieval"
	"policykb/retrieval/evaluate"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// library holds a few documents, each with a passage per line of its text.
type library struct{ versions []corpus.Version }

func newLibrary(texts map[string]string) *library {
	var l library
	for name, text := range texts {
		v := corpus.Version{
			Document: corpus.DocumentID("doc-" + name), Number: 1, Text: text,
			Metadata: corpus.Metadata{Title: strings.TrimSuffix(name, ".md"), City: strings.TrimSuffix(name, "OPC.md")},
			Original: corpus.Original{Name: "policies/" + name},
		}
		at := 0
		for i, line := range strings.SplitAfter(text, "\n") {
			end := at + utf8.RuneCountInString(line)
			v.Passages = append(v.Passages, corpus.Passage{
				ID: corpus.PassageID(string(v.Document) + "/" + string(rune('0'+i))), Document: v.Document, Version: 1,
				Ordinal: i, Span: corpus.Span{Start: at, End: end}, Text: line,
			})
			at = end
		}
		l.versions = append(l.versions, v)
	}
	slices.SortFunc(l.versions, func(a, b corpus.Version) int { return strings.Compare(string(a.Document), string(b.Document)) })
	return &l
}

func (l *library) Documents(_ context.Context, q corpus.Listing) (corpus.Page, error) {
	// One document a page, so that the cursor is followed.
	for i, v := range l.versions {
		if q.Cursor == "" || q.Cursor == string(v.Document) {
			page := corpus.Page{Documents: []corpus.Document{l.document(v)}, Total: len(l.versions)}
			if i+1 < len(l.versions) {
				page.Next = string(l.versions[i+1].Document)
			}
			return page, nil
		}
	}
	return corpus.Page{}, nil
}

func (l *library) document(v corpus.Version) corpus.Document {
	return corpus.Document{ID: v.Document, Version: v.Number, Metadata: v.Metadata, Original: v.Original}
}

func (l *library) Text(_ context.Context, id corpus.DocumentID, number int) (string, error) {
	for _, v := range l.versions {
		if v.Document == id && (number == 0 || number == v.Number) {
			return v.Text, nil
		}
	}
	return "", corpus.ErrNotFound
}

// service ranks passages by the question's characters they hold, and answers
// with the best passage of each city that the question names.
type service struct{ library *library }

func (s service) rank(question string) []retrieval.Passage {
	var found []retrieval.Passage
	for _, v := range s.library.versions {
		for _, p := range v.Passages {
			score := 0.0
			for _, r := range question {
				if strings.ContainsRune(v.Metadata.City+p.Text, r) {
					score++
				}
			}
			if score > 1 {
				found = append(found, retrieval.Passage{
					Found: corpus.Found{Passage: p, Document: s.library.document(v)},
					Hit:   retrieval.Hit{Passage: p.ID, Document: v.Document, Version: 1, Score: score},
				})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b retrieval.Passage) int { return int(b.Hit.Score - a.Hit.Score) })
	return found
}

func (s service) Search(_ context.Context, r retrieval.SearchRequest) (retrieval.SearchResult, error) {
	found := s.rank(r.Query)
	return retrieval.SearchResult{Passages: found[:min(r.Limit, len(found))], Total: len(found)}, nil
}

func (s service) Ask(_ context.Context, r retrieval.Request) (retrieval.Answer, error) {
	a := retrieval.Answer{Question: r.Question, Reason: retrieval.ReasonNoEvidence, Text: "文件里没有答案。"}
	a.Passages = s.rank(r.Question)
	answered := map[string]bool{}
	for _, p := range a.Passages {
		city := p.Found.Document.Metadata.City
		if answered[city] || !strings.Contains(r.Question, city) || !strings.Contains(r.Question, "算力") {
			continue
		}
		answered[city] = true
		quote := retrieval.Quote{Passage: p, Span: p.Found.Passage.Span, Text: p.Found.Passage.Text}
		a.Citations = append(a.Citations, retrieval.Citation{Number: len(a.Citations) + 1, Quote: quote})
	}
	if len(a.Citations) > 0 {
		a.Answered, a.Reason, a.Text = true, "", ""
		for _, c := range a.Citations {
			a.Text += c.Quote.Text
		}
	}
	return a, nil
}

func cities() *library {
	return newLibrary(map[string]string{
		"成都OPC.md": "成都市打造人工智能OPC创新发展新高地行动计划\n算力券(60%) 最高 500万元\n揭榜挂帅项目 最高 1000万元\n",
		"武汉OPC.md": "武汉市支持人工智能OPC创新发展若干措施\n算力补助(50%)，最高 20 万元。\n",
		"昆明OPC.md": "庾园社区在西山区福海街道，工位免费。\n",
	})
}

func TestRun(t *testing.T) {
	t.Parallel()
	set, err := evaluate.ReadFile("testdata/questions.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	l := cities()
	calls := 0
	report, err := evaluate.Run(t.Context(), service{l}, l, set.Questions, evaluate.Options{Progress: func(done, total int) { calls++ }})
	if err != nil {
		t.Fatal(err)
	}
	if calls != len(set.Questions) {
		t.Errorf("progress was told %d times of %d questions", calls, len(set.Questions))
	}
	for m, want := range map[evaluate.Measure]float64{
		evaluate.RecallAny1:          0.75, // the English question's evidence does not stand in the text
		evaluate.RecallAll5:          0.75,
		evaluate.RecallAll1:          0.5, // two documents cannot both be first
		evaluate.KeysAll:             0.75,
		evaluate.QuoteExact:          1,
		evaluate.CitationPrecision:   1,
		evaluate.CitationRecall:      0.8,
		evaluate.AbstentionRecall:    1,
		evaluate.AbstentionPrecision: 0.5,
		evaluate.AnswerableDeclined:  0.25,
	} {
		got := report.All.Measures[m]
		if got.Value != want {
			t.Errorf("%s = %.3f, want %.3f", m, got.Value, want)
		}
		if got.Low > got.Value || got.Value > got.High {
			t.Errorf("%s: %.3f does not lie in [%.3f, %.3f]", m, got.Value, got.Low, got.High)
		}
	}
	for i, want := range []evaluate.Verdict{"right", "right", "right", "rightly declined", "declined"} {
		if got := report.Traces[i].Verdict; got != want {
			t.Errorf("%s: %s, want %s", report.Traces[i].Question, got, want)
		}
	}
	if got := report.Traces[4].Lost; got != evaluate.StepIngest {
		t.Errorf("the question whose evidence is in no text was lost at %q", got)
	}
	if len(report.Missing) != 1 || !strings.Contains(report.Missing[0], "这句话不在文中") {
		t.Errorf("missing evidence: %q", report.Missing)
	}
	golden(t, "report.txt", func(b *bytes.Buffer) error {
		still(&report)
		if err := report.WriteTable(b); err != nil {
			return err
		}
		b.WriteString("\n")
		return report.WriteMisses(b)
	})
}

// still sets what depends on the clock and the machine.
func still(r *evaluate.Report) {
	r.Began, r.Processors = time.Date(2026, 4, 10, 0, 0, 0, 0, time.UTC), 1
	for _, g := range append([]*evaluate.Group{&r.All}, pointers(r.Groups)...) {
		g.Search = evaluate.Spread[time.Duration]{P50: 250 * time.Microsecond, P95: time.Millisecond}
		g.Ask = g.Search
	}
}

func pointers(groups []evaluate.Group) []*evaluate.Group {
	all := make([]*evaluate.Group, len(groups))
	for i := range groups {
		all[i] = &groups[i]
	}
	return all
}

func golden(t *testing.T, name string, write func(*bytes.Buffer) error) {
	t.Helper()
	var got bytes.Buffer
	if err := write(&got); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("%s differs (run with -update to accept):\n%s", file, got.String())
	}
}

// liar cites words that do not stand where it says.
type liar struct{ service }

func (l liar) Ask(ctx context.Context, r retrieval.Request) (retrieval.Answer, error) {
	a, err := l.service.Ask(ctx, r)
	for i := range a.Citations {
		a.Citations[i].Quote.Span = a.Citations[i].Quote.Span.Shift(1)
	}
	return a, err
}

func TestQuotesAreReadAgain(t *testing.T) {
	t.Parallel()
	set, err := evaluate.ReadFile("testdata/questions.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	l := cities()
	report, err := evaluate.Run(t.Context(), liar{service{l}}, l, set.Questions, evaluate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := report.All.Measures[evaluate.QuoteExact].Value; got != 0 {
		t.Errorf("quotes one character off count as exact: %.2f", got)
	}
}

// mute declines everything.
type mute struct{ service }

func (m mute) Ask(context.Context, retrieval.Request) (retrieval.Answer, error) {
	return retrieval.Answer{Reason: retrieval.ReasonWeakEvidence}, nil
}

func TestCompare(t *testing.T) {
	t.Parallel()
	set, err := evaluate.ReadFile("testdata/questions.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	l := cities()
	before, err := evaluate.Run(t.Context(), mute{service{l}}, l, set.Questions, evaluate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	after, err := evaluate.Run(t.Context(), service{l}, l, set.Questions, evaluate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var saved bytes.Buffer
	if err := after.WriteJSON(&saved); err != nil {
		t.Fatal(err)
	}
	if after, err = evaluate.ReadReport(&saved); err != nil {
		t.Fatal(err)
	}
	c, err := evaluate.Compare(before, after)
	if err != nil {
		t.Fatal(err)
	}
	if c.Questions != len(set.Questions) {
		t.Errorf("%d questions in common, want %d", c.Questions, len(set.Questions))
	}
	byMeasure := map[evaluate.Measure]evaluate.Change{}
	for _, change := range c.Changes {
		byMeasure[change.Measure] = change
	}
	keys := byMeasure[evaluate.KeysAll]
	if keys.Before != 0 || keys.After != 0.75 || keys.Up != 3 || keys.Down != 0 {
		t.Errorf("all keys: %+v", keys)
	}
	if keys.P < 0.2 || keys.P > 0.3 { // three coins that fall alike: 2/8
		t.Errorf("p = %.3f, want about 0.25", keys.P)
	}
	if same := byMeasure[evaluate.MRR]; same.P != 1 || same.Up+same.Down != 0 {
		t.Errorf("an unchanged measure: %+v", same)
	}
	if err := c.WriteTable(&saved); err != nil {
		t.Fatal(err)
	}
	if _, err := evaluate.Compare(evaluate.Report{}, after); err == nil {
		t.Error("reports with nothing in common were compared")
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for name, line := range map[string]string{
		"broken JSON":              `{"question": "成都`,
		"no question":              `{"type": "fact", "answer_keys": ["a"], "evidence": [{"file": "a.md", "quote": "a"}]}`,
		"unknown type":             `{"question": "问", "type": "riddle", "answer_keys": ["a"], "evidence": [{"file": "a.md", "quote": "a"}]}`,
		"no evidence":              `{"question": "问", "type": "fact", "answer_keys": ["a"], "evidence": []}`,
		"no keys":                  `{"question": "问", "type": "fact", "answer_keys": [], "evidence": [{"file": "a.md", "quote": "a"}]}`,
		"a key of marks alone":     `{"question": "问", "type": "fact", "answer_keys": ["“”"], "evidence": [{"file": "a.md", "quote": "a"}]}`,
		"unanswerable with a key":  `{"question": "问", "type": "unanswerable", "answer_keys": ["a"], "evidence": []}`,
		"evidence without a quote": `{"question": "问", "type": "fact", "answer_keys": ["a"], "evidence": [{"file": "a.md", "quote": " * "}]}`,
	} {
		good := `{"question": "问", "type": "unanswerable", "answer_keys": [], "evidence": []}` + "\n\n"
		if _, err := evaluate.Read(strings.NewReader(good + line)); err == nil || !strings.Contains(err.Error(), "line 3") {
			t.Errorf("%s: %v, want an error that names line 3", name, err)
		}
	}
}

func TestReadSQuAD(t *testing.T) {
	t.Parallel()
	context := "范廷颂是越南罗马天主教枢机。1963年被任为主教；1990年被擢升为天主教河内总教区宗座署理。"
	file := map[string]any{"version": "v1.0", "data": []any{map[string]any{"paragraphs": []any{map[string]any{
		"id": "DEV_0", "context": context,
		"qas": []any{map[string]any{"id": "DEV_0_QUERY_0", "question": "范廷颂是什么时候被任为主教的？", "answers": []any{
			map[string]any{"text": "1963年", "answer_start": 14},
			map[string]any{"text": "1963", "answer_start": -1},
		}}},
	}}}}}
	data, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	set, err := evaluate.ReadSQuAD(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if len(set.Contexts) != 1 || set.Contexts[0].Text != context || len(set.Questions) != 1 {
		t.Fatalf("read %+v", set)
	}
	q := set.Questions[0]
	if want := (evaluate.Evidence{File: "DEV_0", Quote: "1963年被任为主教；"}); !reflect.DeepEqual(q.Evidence[0], want) {
		t.Errorf("evidence %+v, want %+v", q.Evidence[0], want)
	}
	if !slices.Equal(q.Alternatives, []string{"1963年", "1963"}) || len(q.AnswerKeys) != 0 {
		t.Errorf("keys %q, alternatives %q", q.AnswerKeys, q.Alternatives)
	}
	read, err := evaluate.Read(bytes.NewReader(data))
	if err != nil || len(read.Questions) != 1 || len(read.Contexts) != 1 {
		t.Errorf("Read does not know the shape: %v, %+v", err, read)
	}
	lacking := strings.NewReplacer(`"1963"`, `"1964"`, `"1963年"`, `"1964年"`).Replace(string(data))
	set, err = evaluate.ReadSQuAD(strings.NewReader(lacking))
	if err != nil || len(set.Questions) != 0 || !slices.Equal(set.SetAside, []string{"DEV_0_QUERY_0"}) {
		t.Errorf("answers that the context lacks: %v, %d questions, set aside %q", err, len(set.Questions), set.SetAside)
	}
}

func TestSample(t *testing.T) {
	t.Parallel()
	questions := make([]evaluate.Question, 10)
	for i := range questions {
		questions[i].ID = string(rune('a' + i))
	}
	for n, want := range map[int]string{0: "abcdefghij", 3: "adg", 10: "abcdefghij", 99: "abcdefghij"} {
		var got strings.Builder
		for _, q := range evaluate.Sample(questions, n) {
			got.WriteString(q.ID)
		}
		if got.String() != want {
			t.Errorf("%d of 10: %s, want %s", n, &got, want)
		}
	}
}

// TestSentencePicked asks a question of the right text alone: what other texts say
// does not count, and the sentence that is chosen first decides.
func TestSentencePicked(t *testing.T) {
	t.Parallel()
	l := newLibrary(map[string]string{
		"DEV_0.md": "范廷颂是越南罗马天主教枢机。\n1963年被任为主教；\n",
		"DEV_1.md": "主教座堂建于1963年。\n何时被任为主教，没有记载。\n",
	})
	question := func(text, file, quote string) evaluate.Question {
		return evaluate.Question{Question: text, Type: evaluate.TypeReading, AnswerKeys: []string{"1963年"}, Evidence: []evaluate.Evidence{{File: file, Quote: quote}}}
	}
	for _, test := range []struct {
		question evaluate.Question
		picked   float64
	}{
		{question("何时被任为主教？", "DEV_0", "1963年被任为主教；"), 1},
		{question("主教何时被任为主教？", "DEV_1", "主教座堂建于1963年。"), 0},
	} {
		report, err := evaluate.Run(t.Context(), reasoning{service{l}}, l, []evaluate.Question{test.question}, evaluate.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := report.All.Measures[evaluate.SentencePicked]; got.Value != test.picked || got.Questions != 1 {
			t.Errorf("%s: picked %+v, want %v", test.question.Question, got, test.picked)
		}
	}
}
