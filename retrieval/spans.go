package retrieval

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// tracing makes the spans of a question: ask, and in it retrieve, write and verify.
// Where nobody has asked for traces they cost nothing. Langfuse reads what kind of
// step each is. No words of a question, a document or an answer stand in them,
// unless [Config.TraceContent] asks for it.
var tracing = otel.Tracer("policykb/retrieval")

// The kinds of steps that Langfuse tells apart.
const (
	stepChain     = "chain"
	stepRetriever = "retriever"
	stepGuardrail = "guardrail"
)

// step begins the span of a step.
func step(ctx context.Context, name, kind string) (context.Context, trace.Span) {
	return tracing.Start(ctx, name, trace.WithAttributes(attribute.String("langfuse.observation.type", kind)))
}

// endStep ends a span, with the error that its step ended with. That the asker went
// away is no error of ours.
func endStep(span trace.Span, err error) {
	if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, ErrInvalid) {
		span.SetStatus(codes.Error, "")
		span.RecordError(err)
	}
	span.End()
}

// traceContent puts words into a span, where that was asked for.
func (s *Service) traceContent(span trace.Span, name, text string) {
	if s.config.TraceContent && span.IsRecording() {
		span.SetAttributes(attribute.String("langfuse.observation."+name, text))
	}
}

// traceAnswer puts what became of a question into its span.
func (s *Service) traceAnswer(span trace.Span, a *Answer) {
	span.SetAttributes(
		attribute.Bool("policykb.answered", a.Answered), attribute.String("policykb.mode", string(a.Mode)), attribute.String("policykb.reason", string(a.Reason)),
		attribute.Int("policykb.statements", len(a.Statements)), attribute.Int("policykb.withheld", len(a.Withheld)), attribute.Int("policykb.citations", len(a.Citations)))
	for _, w := range a.Warnings {
		span.AddEvent("warning", trace.WithAttributes(attribute.String("policykb.warning", w.Code)))
	}
	s.traceContent(span, "output", a.Text)
}

// traceVerdict notes in a span what the verifier found.
func traceVerdict(span trace.Span, support Support, checks Checks) {
	span.SetAttributes(attribute.String("policykb.support", string(support)),
		attribute.String("policykb.check.quote", string(checks.Quote)), attribute.String("policykb.check.numbers", string(checks.Numbers)),
		attribute.String("policykb.check.dates", string(checks.Dates)), attribute.String("policykb.check.places", string(checks.Places)))
}
