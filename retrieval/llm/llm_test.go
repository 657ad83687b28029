package llm

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"policykb/corpus"
	"policykb/retrieval"
	"policykb/retrieval/llm/llmtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// kinds are a model of every kind of server.
var kinds = []string{"openai:m", "ollama:m", "anthropic:m", "googleai:m"}

// open readies a model on a scripted server, with short pauses.
func open(t testing.TB, setting string, s *llmtest.Server, o Options) *Model {
	t.Helper()
	o.Env = s.Env
	m, err := Open(setting, o)
	if err != nil {
		t.Fatal(err)
	}
	m.http.Transport.(*guard).pause = time.Millisecond
	t.Cleanup(m.Close)
	return m
}

// passage makes a passage of a document.
func passage(number int, text, title, city string) retrieval.Passage {
	id := corpus.PassageID(fmt.Sprintf("p%d", number))
	document := corpus.DocumentID(fmt.Sprintf("d%d", number))
	return retrieval.Passage{
		Found: corpus.Found{
			Passage:  corpus.Passage{ID: id, Document: document, Version: 1, Text: text, Span: corpus.Span{Start: 50, End: 50 + len([]rune(text))}},
			Document: corpus.Document{ID: document, Version: 1, Metadata: corpus.Metadata{Title: title, City: city, Status: corpus.StatusInForce}},
		},
		Hit: retrieval.Hit{Passage: id, Document: document, Version: 1},
	}
}

// passages are what the tests' questions are answered from.
func passages() []retrieval.Passage {
	return []retrieval.Passage{
		passage(1, "每年发放总额不超过1000万元的算力券，对租用算力的企业，按照合同金额的60%给予补贴，单个企业每年最高100万元。", "成都市算力券管理办法", "成都"),
		passage(2, "第五条 同一合同不得重复申请补贴。\n第六条 本办法自2022年3月1日起施行，有效期三年。", "成都市算力券管理办法", "成都"),
		passage(3, "北京市设立人工智能产业基金，规模100亿元。", "北京市人工智能产业办法", "北京"),
	}
}

var question = retrieval.Interpretation{Question: "成都每年发放的算力券总额上限是多少？", Language: "zh"}

const rightStatement = "成都每年发放总额不超过1000万元的算力券。"

func right() string {
	return llmtest.Reply(llmtest.Statement(rightStatement, 1, "每年发放总额不超过1000万元的算力券"))
}

// write collects what a writer yields.
func write(ctx context.Context, w *Writer, ps []retrieval.Passage) (passed, withheld []retrieval.Statement, err error) {
	for s, failed := range w.Write(ctx, question, ps) {
		if failed != nil {
			return passed, withheld, failed
		}
		if support, _, _ := retrieval.Verify(s, corpus.Places()); support == retrieval.SupportVerified {
			passed = append(passed, s)
		} else {
			withheld = append(withheld, s)
		}
	}
	return passed, withheld, nil
}

func TestEveryKindOfServer(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := llmtest.New(t, llmtest.Step{Reply: right()})
			w := NewWriter(open(t, kind, s, Options{}), nil)
			passed, withheld, err := write(context.Background(), w, passages())
			if err != nil || len(withheld) > 0 || len(passed) != 1 || passed[0].Text != rightStatement {
				t.Fatalf("passed %v, withheld %v, error %v", passed, withheld, err)
			}
			if q := passed[0].Quotes[0]; q.Text != "每年发放总额不超过1000万元的算力券" || q.Span.Start != 50 {
				t.Errorf("quote %q at %v", q.Text, q.Span)
			}
			if c := w.Counts(); c.InputTokens != 1000 || c.OutputTokens != 50 || c.Calls != 1 {
				t.Errorf("counts %+v, want 1000 and 50 tokens in one call", c)
			}
		})
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	half := right()[:len(right())/2]
	tests := []struct {
		name  string
		steps []llmtest.Step
		want  error // nil: the reply is whole after all
		calls int   // 0: not counted
	}{
		{"told inside the stream", []llmtest.Step{{Reply: half, Error: "out of memory"}}, ErrCutOff, 1},
		{"the connection breaks", []llmtest.Step{{Reply: half, CutOff: true}}, ErrCutOff, 1},
		{"too many tokens", []llmtest.Step{{Reply: half, Finish: "length"}}, ErrCutOff, 1},
		{"no words at all", []llmtest.Step{{}}, ErrMalformed, 1},
		{"prose", []llmtest.Step{{Reply: "The answer is ten million yuan. I hope this helps!"}}, ErrMalformed, 1},
		{"a web page", []llmtest.Step{{Raw: true, Body: "<html><body>Bad gateway</body></html>\n"}}, ErrMalformed, 1},
		{"a long line", []llmtest.Step{{Raw: true, Body: "data: {\"choices\":[{\"delta\":{\"content\":\"" + strings.Repeat("长", 30000) + "\"}}]}\n\n"}}, ErrMalformed, 1},
		{"an empty body", []llmtest.Step{{Raw: true}}, ErrCutOff, 1},
		{"refused for good", []llmtest.Step{{Status: 401, Body: `{"error":{"message":"bad key"}}`}}, &StatusError{}, 1},
		{"redirected", []llmtest.Step{{Status: 307}}, &StatusError{}, 1},
		{"always busy", []llmtest.Step{{Status: 503, Body: "busy"}}, &StatusError{}, 3},
		{"busy for long", []llmtest.Step{{Status: 429, RetryAfter: "3600"}}, &StatusError{}, 1},
		{"busy at first", []llmtest.Step{{Status: 503}, {Status: 529}, {Reply: right()}}, nil, 3},
	}
	for _, kind := range kinds {
		for _, test := range tests {
			t.Run(kind+"/"+test.name, func(t *testing.T) {
				t.Parallel()
				s := llmtest.New(t, test.steps...)
				w := NewWriter(open(t, kind, s, Options{}), nil)
				ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
				defer cancel()
				_, _, err := write(ctx, w, passages())
				var status *StatusError
				switch {
				case test.want == nil:
					if err != nil {
						t.Errorf("error %v", err)
					}
				case errors.As(test.want, &status):
					if !errors.As(err, &status) || status.Status != test.steps[len(test.steps)-1].Status {
						t.Errorf("error %v, want status %d", err, test.steps[0].Status)
					}
				case !errors.Is(err, test.want):
					t.Errorf("error %v, want %v", err, test.want)
				}
				if n := len(s.Requests()); test.calls > 0 && n != test.calls {
					t.Errorf("%d requests, want %d", n, test.calls)
				}
			})
		}
	}
}

func TestStatementsBeforeACutAreYielded(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			reply := right()[:len(right())-1] + `, {"text": "another`
			s := llmtest.New(t, llmtest.Step{Reply: reply, Error: "gone"})
			passed, _, err := write(context.Background(), NewWriter(open(t, kind, s, Options{}), nil), passages())
			if len(passed) != 1 || !errors.Is(err, ErrCutOff) {
				t.Errorf("passed %v, error %v", passed, err)
			}
		})
	}
}

func TestRetryAfterIsKept(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t, llmtest.Step{Status: 429, RetryAfter: "1", Body: `{"error":"slow down"}`}, llmtest.Step{Reply: right()})
	began := time.Now()
	if _, _, err := write(context.Background(), NewWriter(open(t, "openai:m", s, Options{}), nil), passages()); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < 900*time.Millisecond {
		t.Errorf("tried again after %s, told to wait 1s", took)
	}
}

func TestAWaitPastTheDeadlineIsNotBegun(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t, llmtest.Step{Status: 429, RetryAfter: "15"})
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, _, err := write(ctx, NewWriter(open(t, "openai:m", s, Options{}), nil), passages())
	var status *StatusError
	if !errors.As(err, &status) || status.RetryAfter != 15*time.Second {
		t.Errorf("error %v", err)
	}
	if ctx.Err() != nil { // a wait that is begun ends only here
		t.Error("the deadline passed in a wait that it cannot hold")
	}
}

func TestDeadlineAndClientGoingAway(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		t.Run(kind+"/deadline", func(t *testing.T) {
			t.Parallel()
			s := llmtest.New(t, llmtest.Step{Reply: right()[:20], Stall: true})
			ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
			defer cancel()
			_, _, err := write(ctx, NewWriter(open(t, kind, s, Options{}), nil), passages())
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v", err)
			}
			<-s.Gone()
		})
		t.Run(kind+"/leaves", func(t *testing.T) {
			t.Parallel()
			s := llmtest.New(t, llmtest.Step{Reply: right()[:len(right())-1], Stall: true})
			w := NewWriter(open(t, kind, s, Options{}), nil)
			for range w.Write(context.Background(), question, passages()) {
				break // after the first statement
			}
			select {
			case <-s.Gone():
			case <-time.After(10 * time.Second):
				t.Error("the call was not cancelled")
			}
		})
	}
}

func TestFirstStatementComesBeforeTheReplyEnds(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t, llmtest.Step{Reply: right()[:len(right())-2], Stall: true})
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for statement, err := range NewWriter(open(t, "openai:m", s, Options{}), nil).Write(ctx, question, passages()) {
		if err != nil || statement.Text != rightStatement {
			t.Fatalf("%v, %v", statement, err)
		}
		break
	}
	<-s.Gone()
}

func TestFieldsAServerRefusesAreLeftOut(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t,
		llmtest.Step{Status: 400, Body: `{"error":{"message":"Unsupported value: 'temperature' does not support 0 with this model.","param":"temperature"}}`},
		llmtest.Step{Status: 422, Body: `{"detail":"max_completion_tokens: extra field"}`},
		llmtest.Step{Reply: right()})
	w := NewWriter(open(t, "openai:m", s, Options{}), nil)
	for range 2 {
		if passed, _, err := write(context.Background(), w, passages()); err != nil || len(passed) != 1 {
			t.Fatalf("passed %v, error %v", passed, err)
		}
	}
	sent := s.Requests()
	if len(sent) != 4 {
		t.Fatalf("%d requests, want 4: what was learnt is kept", len(sent))
	}
	for _, r := range sent[2:] {
		if strings.Contains(r.Body, `"temperature"`) || strings.Contains(r.Body, "max_completion_tokens") || !strings.Contains(r.Body, `"max_tokens":2000`) {
			t.Errorf("sent %.200s", r.Body)
		}
	}
}

func TestBreaker(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	s := llmtest.New(t, llmtest.Step{Status: 401}, llmtest.Step{Status: 401}, llmtest.Step{Status: 401}, llmtest.Step{Status: 401}, llmtest.Step{Reply: right()})
	w := NewWriter(open(t, "openai:m", s, Options{Now: func() time.Time { return now }}), nil)
	for range breakerFailures {
		if _, _, err := write(context.Background(), w, passages()); err == nil {
			t.Fatal("no error")
		}
	}
	if _, _, err := write(context.Background(), w, passages()); !errors.Is(err, ErrResting) {
		t.Errorf("error %v, want a rest", err)
	}
	if n := len(s.Requests()); n != breakerFailures {
		t.Errorf("%d requests while resting", n)
	}
	now = now.Add(breakerRest)
	if passed, _, err := write(context.Background(), w, passages()); err != nil || len(passed) != 1 {
		t.Errorf("after the rest: %v, %v", passed, err)
	}
}

func TestBudget(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		budget    string
		questions int // answered on the first day
	}{
		{"1000/question", 0},
		{"20000/question", 3},
		{"4500/day", 2}, // each is expected to cost some 2900 and costs 1050
		{"$0.0001/question", 0},
		{"$5/day", 3},
	} {
		b, err := ParseBudget(test.budget)
		if err != nil {
			t.Fatal(err)
		}
		s := llmtest.New(t, llmtest.Step{Reply: right()})
		today := now
		w := NewWriter(open(t, "openai:m", s, Options{Budget: b, Price: Price{1, 2}, Now: func() time.Time { return today }}), nil)
		answered := 0
		for range 3 {
			passed, _, err := write(context.Background(), w, passages())
			if err != nil && !errors.Is(err, ErrOverBudget) {
				t.Errorf("%s: error %v", test.budget, err)
			}
			answered += len(passed)
		}
		if answered != test.questions {
			t.Errorf("%s: %d questions answered, want %d", test.budget, answered, test.questions)
		}
		today = now.AddDate(0, 0, 1)
		if passed, _, _ := write(context.Background(), w, passages()); test.questions > 0 && len(passed) != 1 {
			t.Errorf("%s: not answered on the next day", test.budget)
		}
	}
	for _, bad := range []string{"5", "5/week", "x/day", "-1/day", "$/day"} {
		if _, err := ParseBudget(bad); err == nil {
			t.Errorf("budget %q is taken", bad)
		}
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	env := func(values map[string]string) func(string) string {
		return func(name string) string { return values[name] }
	}
	for _, test := range []struct {
		setting string
		env     map[string]string
		base    string // "": refused
	}{
		{"openai:gpt", map[string]string{"OPENAI_API_KEY": "k"}, "https://api.openai.com/v1"},
		{"openai:gpt", nil, ""},
		{"openai:qwen", map[string]string{"OPENAI_BASE_URL": "http://localhost:8000/v1/"}, "http://localhost:8000/v1"},
		{"openai:qwen", map[string]string{"OPENAI_BASE_URL": "localhost:8000"}, ""},
		{"ollama:qwen3:8b", nil, "http://127.0.0.1:11434"},
		{"ollama:qwen3:8b", map[string]string{"OLLAMA_HOST": "0.0.0.0:9000"}, "http://127.0.0.1:9000"},
		{"ollama:qwen3:8b", map[string]string{"OLLAMA_HOST": "models"}, "http://models:11434"},
		{"ollama:qwen3:8b", map[string]string{"OLLAMA_HOST": "https://models.example"}, "https://models.example"},
		{"ollama:qwen3:8b", map[string]string{"OLLAMA_HOST": "http://%zz"}, ""},
		{"anthropic:claude", map[string]string{"ANTHROPIC_API_KEY": "k"}, "https://api.anthropic.com/v1"},
		{"googleai:gemini", map[string]string{"GEMINI_API_KEY": "k"}, "https://generativelanguage.googleapis.com/v1beta/openai"},
		{"openai:", map[string]string{"OPENAI_API_KEY": "k"}, ""},
		{"gpt", map[string]string{"OPENAI_API_KEY": "k"}, ""},
	} {
		m, err := Open(test.setting, Options{Env: env(test.env)})
		if (err != nil) != (test.base == "") {
			t.Errorf("%s with %v: error %v", test.setting, test.env, err)
		} else if err == nil && m.server.base != test.base {
			t.Errorf("%s with %v is at %s, want %s", test.setting, test.env, m.server.base, test.base)
		}
	}
	if _, err := Open("ollama:m", Options{Env: env(nil), Budget: Budget{DayMoney: 1}}); err == nil {
		t.Error("a budget in money is taken without a price")
	}
}

func TestRetryAfterHeader(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{
		"": 0, "5": 5 * time.Second, "0.5": 500 * time.Millisecond, "-1": 0, "soon": 0,
		time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat): 0,
	} {
		if got := retryAfter(http.Header{"Retry-After": {value}}); got != want {
			t.Errorf("Retry-After %q is %s, want %s", value, got, want)
		}
	}
}
