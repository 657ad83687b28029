package llm

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"

	"github.com/tmc/langchaingo/llms"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// tracer makes a span of each call of a model, with the attributes that
// OpenTelemetry's conventions for generative AI name and Langfuse reads. No words of
// a prompt or a reply stand in it, unless [Options.TraceContent] asks for it.
var tracer = otel.Tracer("policykb/retrieval/llm")

// providers are the conventions' names of kinds of servers.
var providers = map[string]string{"openai": "openai", "anthropic": "anthropic", "googleai": "gcp.gen_ai", "ollama": "ollama"}

// startCall begins the span of a call: chat or embeddings.
func (s server) startCall(ctx context.Context, operation string) (context.Context, trace.Span) {
	attributes := []attribute.KeyValue{
		attribute.String("gen_ai.operation.name", operation), attribute.String("gen_ai.provider.name", providers[s.kind]), attribute.String("gen_ai.request.model", s.model),
	}
	if u, err := url.Parse(s.base); err == nil {
		attributes = append(attributes, attribute.String("server.address", u.Hostname()))
		if port, err := strconv.Atoi(u.Port()); err == nil {
			attributes = append(attributes, attribute.Int("server.port", port))
		}
	}
	return tracer.Start(ctx, operation+" "+s.model, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attributes...))
}

// endCall ends the span of a call with what it has cost.
func endCall(span trace.Span, used Usage, price Price, finish string, err error) {
	span.SetAttributes(attribute.Int("gen_ai.usage.input_tokens", used.Input), attribute.Int("gen_ai.usage.output_tokens", used.Output))
	if price != (Price{}) {
		span.SetAttributes(attribute.Float64("gen_ai.usage.cost", price.Of(used)))
	}
	if finish != "" {
		span.SetAttributes(attribute.StringSlice("gen_ai.response.finish_reasons", []string{finish}))
	}
	if err != nil {
		span.SetAttributes(attribute.String("error.type", kindOf(err)))
		if !errors.Is(err, context.Canceled) {
			span.SetStatus(codes.Error, kindOf(err))
		}
	}
	span.End()
}

// kindOf names the kind of a failure, without the words of a server, which may
// repeat those of a prompt.
func kindOf(err error) string {
	var refused *StatusError
	for name, kind := range map[string]error{
		"cancelled": context.Canceled, "timeout": context.DeadlineExceeded, "cut_off": ErrCutOff, "malformed": ErrMalformed,
		"refused": ErrRefused, "over_budget": ErrOverBudget, "resting": ErrResting, "not_recorded": ErrNotRecorded,
	} {
		if errors.Is(err, kind) {
			return name
		}
	}
	if errors.As(err, &refused) {
		return strconv.Itoa(refused.Status)
	}
	return "unreachable"
}

// message is a message of a prompt or a reply as the conventions have it.
type message struct {
	Role  string        `json:"role"`
	Parts []messagePart `json:"parts"`
}

type messagePart struct {
	Type    string `json:"type"`
	Content string `json:"content"`
}

// tracePrompt puts a prompt into a span.
func tracePrompt(span trace.Span, prompt []llms.MessageContent) {
	roles := map[llms.ChatMessageType]string{llms.ChatMessageTypeSystem: "system", llms.ChatMessageTypeHuman: "user", llms.ChatMessageTypeAI: "assistant"}
	messages := make([]message, len(prompt))
	for i, m := range prompt {
		messages[i] = message{roles[m.Role], []messagePart{{"text", textOf(m)}}}
	}
	traceMessages(span, "gen_ai.input.messages", messages)
}

// traceReply puts a reply into a span.
func traceReply(span trace.Span, reply string) {
	traceMessages(span, "gen_ai.output.messages", []message{{"assistant", []messagePart{{"text", reply}}}})
}

func traceMessages(span trace.Span, name string, messages []message) {
	if b, err := json.Marshal(messages); err == nil {
		span.SetAttributes(attribute.String(name, string(b)))
	}
}
