package llm

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"policykb/retrieval"
	"policykb/retrieval/llm/llmtest"
)

// spanRecorder keeps the spans of all tests; each looks for those of its own trace.
var spanRecorder = sync.OnceValue(func() *tracetest.SpanRecorder {
	spans := tracetest.NewSpanRecorder()
	otel.SetTracerProvider(trace.NewTracerProvider(trace.WithSpanProcessor(spans)))
	return spans
})

func TestSpansTellWhatAnAnswerTook(t *testing.T) {
	t.Parallel()
	const question = "成都每年发放的算力券总额上限是多少？"
	statement := "成都每年发放总额不超过1000万元的算力券。"
	for _, content := range []bool{false, true} {
		spans := spanRecorder()
		config := base(t)
		s := llmtest.New(t, llmtest.Step{Reply: llmtest.Reply(llmtest.Statement(statement, 1, "每年发放总额不超过1000万元的算力券"))})
		config.LLM = NewWriter(open(t, "openai:m", s, Options{Price: Price{1, 2}, TraceContent: content}), nil)
		config.TraceContent = content
		ctx, test := otel.Tracer("test").Start(context.Background(), "test")
		if a, err := retrieval.New(config).Ask(ctx, retrieval.Request{Question: question}); err != nil || a.Mode != retrieval.ModeLLM {
			t.Fatalf("mode %s, error %v, withheld %v", a.Mode, err, a.Withheld)
		}
		test.End()
		ended := make(map[string]trace.ReadOnlySpan)
		parents := make(map[string]string)
		names := make(map[string]string)
		for _, span := range spans.Ended() {
			if span.SpanContext().TraceID() != test.SpanContext().TraceID() {
				continue
			}
			ended[span.Name()] = span
			names[span.SpanContext().SpanID().String()] = span.Name()
		}
		words := strings.Builder{}
		for name, span := range ended {
			parents[name] = names[span.Parent().SpanID().String()]
			for _, a := range span.Attributes() {
				words.WriteString(a.Value.String())
			}
			for _, e := range span.Events() {
				words.WriteString(e.Name)
				for _, a := range e.Attributes {
					words.WriteString(a.Value.String())
				}
			}
		}
		for name, want := range map[string]string{"ask": "test", "retrieve": "ask", "write": "ask", "chat m": "write", "verify": "write"} {
			if parents[name] != want {
				t.Errorf("the span %q stands under %q, want %q", name, parents[name], want)
			}
		}
		chat := attribute.NewSet(ended["chat m"].Attributes()...)
		input, _ := chat.Value("gen_ai.usage.input_tokens")
		output, _ := chat.Value("gen_ai.usage.output_tokens")
		cost, priced := chat.Value("gen_ai.usage.cost")
		if input.AsInt64() == 0 || output.AsInt64() == 0 || !priced || cost.AsFloat64() != (Price{1, 2}).Of(Usage{int(input.AsInt64()), int(output.AsInt64())}) {
			t.Errorf("%d tokens in, %d out, cost %v", input.AsInt64(), output.AsInt64(), cost.AsFloat64())
		}
		for key, want := range map[attribute.Key]string{"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "m"} {
			if got, _ := chat.Value(key); got.AsString() != want {
				t.Errorf("%s is %q, want %q", key, got.AsString(), want)
			}
		}
		if support, _ := attributeOf(ended["verify"], "policykb.support"); support != "verified" {
			t.Errorf("verify says %q", support)
		}
		if shown := strings.Contains(words.String(), "算力券"); shown != content {
			t.Errorf("words of the question or the answer in the spans: %v, want %v", shown, content)
		}
	}
}

func attributeOf(span trace.ReadOnlySpan, key attribute.Key) (string, bool) {
	i := slices.IndexFunc(span.Attributes(), func(a attribute.KeyValue) bool { return a.Key == key })
	if i < 0 {
		return "", false
	}
	return span.Attributes()[i].Value.String(), true
}

func TestSpansNameFailuresWithoutWords(t *testing.T) {
	t.Parallel()
	spans := spanRecorder()
	config := base(t)
	s := llmtest.New(t, llmtest.Step{Status: 400})
	config.LLM = NewWriter(open(t, "openai:m", s, Options{}), nil)
	ctx, test := otel.Tracer("test").Start(context.Background(), "test")
	if _, err := retrieval.New(config).Ask(ctx, retrieval.Request{Question: "成都每年发放的算力券总额上限是多少？"}); err != nil {
		t.Fatal(err)
	}
	test.End()
	for _, span := range spans.Ended() {
		if span.SpanContext().TraceID() == test.SpanContext().TraceID() && span.Name() == "chat m" {
			if kind, _ := attributeOf(span, "error.type"); kind != "400" {
				t.Errorf("error.type %q, want 400", kind)
			}
			return
		}
	}
	t.Error("no span of the call")
}
