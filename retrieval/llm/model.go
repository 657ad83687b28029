package llm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/tmc/langchaingo/llms"
	"go.opentelemetry.io/otel/attribute"
)

// Options say how a model is used. The zero value has no bounds on its cost.
type Options struct {
	Env       func(string) string // addresses and keys, as os.Getenv; required
	Budget    Budget
	Price     Price             // needed where the budget has money in it
	MaxOutput int               // tokens of one reply; 0 means 2000
	Transport http.RoundTripper // nil: one of the model's own
	Now       func() time.Time  // nil: time.Now
	// TraceContent puts prompts and replies into spans. Without it they hold none.
	TraceContent bool
}

// Model is a language model on a server. It is safe for concurrent use.
type Model struct {
	setting   string
	server    server
	client    llms.Model
	http      *http.Client
	maxOutput int
	traces    bool // prompts and replies too
	breaker   breaker
	ledger    ledger
}

// Open readies the model that a setting names, such as openai:gpt-5-mini,
// ollama:qwen3:8b, anthropic:claude-sonnet-5 or googleai:gemini-3-flash. Nothing
// is sent before the first question.
func Open(setting string, o Options) (*Model, error) {
	s, err := parseServer(setting, o.Env)
	if err != nil {
		return nil, err
	}
	if (o.Budget.QuestionMoney > 0 || o.Budget.DayMoney > 0) && o.Price == (Price{}) {
		return nil, errors.New("a budget in money needs the model's price")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	m := &Model{setting: setting, server: s, maxOutput: cmp.Or(o.MaxOutput, 2000), traces: o.TraceContent}
	m.breaker.now, m.ledger = o.Now, ledger{budget: o.Budget, price: o.Price, now: o.Now}
	m.http = newClient(s.protocol, cmp.Or[http.RoundTripper](o.Transport, newTransport()))
	if m.client, err = s.chat(m.http); err != nil {
		return nil, fmt.Errorf("model %s: %w", setting, err)
	}
	return m, nil
}

// newTransport returns a transport with connections of its own.
func newTransport() http.RoundTripper { return http.DefaultTransport.(*http.Transport).Clone() }

// Name is the setting that named the model.
func (m *Model) Name() string { return m.setting }

// Close gives back idle connections.
func (m *Model) Close() { m.http.CloseIdleConnections() }

// CloseIdleConnections lets [http.Client.CloseIdleConnections] reach through.
func (g *guard) CloseIdleConnections() {
	if c, ok := g.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// generate puts a prompt to the model and hands on its words as they arrive. It
// returns nil only for a reply that the model finished. What receive was given
// before an error stands. Receive is called by one goroutine at a time, and not
// after generate has returned.
func (m *Model) generate(ctx context.Context, a *allowance, prompt []llms.MessageContent, receive func(string)) (used Usage, err error) {
	ctx, span := m.server.startCall(ctx, "chat")
	span.SetAttributes(attribute.Int("gen_ai.request.max_tokens", m.maxOutput))
	finish, reply := "", strings.Builder{}
	defer func() { endCall(span, used, m.ledger.price, finish, err) }()
	if m.traces && span.IsRecording() {
		tracePrompt(span, prompt)
		defer func() { traceReply(span, reply.String()) }()
	}
	expected := Usage{Output: m.maxOutput}
	for _, message := range prompt {
		expected.Input += estimateTokens(textOf(message))
	}
	if err := a.reserve(expected); err != nil {
		return Usage{}, err
	}
	if err := m.breaker.allow(); err != nil {
		a.settle(expected, Usage{})
		return Usage{}, err
	}
	written := 0
	defer func() {
		if used == (Usage{}) && written > 0 { // the server did not say
			used = Usage{Input: expected.Input, Output: written}
		}
		a.settle(expected, used)
		m.breaker.done(err)
	}()
	watched, o := watched(ctx)
	_, failed := m.client.GenerateContent(watched, prompt,
		llms.WithTemperature(0), llms.WithMaxTokens(m.maxOutput),
		llms.WithStreamingFunc(func(_ context.Context, chunk []byte) error {
			written += estimateTokens(string(chunk))
			if m.traces {
				reply.Write(chunk)
			}
			receive(string(chunk))
			return nil
		}))
	var refused bool
	finish, refused, used, err = o.end()
	switch {
	case ctx.Err() != nil:
		return used, ctx.Err()
	case err != nil:
		return used, err
	case failed != nil:
		return used, fmt.Errorf("%w: %w", ErrMalformed, failed)
	case refused:
		return used, ErrRefused
	case finish == "length", finish == "max_tokens":
		return used, fmt.Errorf("%w: it had reached %d tokens", ErrCutOff, m.maxOutput)
	case written == 0:
		return used, fmt.Errorf("%w: it has no words", ErrMalformed)
	}
	return used, nil
}

// textOf is the text of a message.
func textOf(message llms.MessageContent) string {
	text := ""
	for _, part := range message.Parts {
		if t, ok := part.(llms.TextContent); ok {
			text += t.Text
		}
	}
	return text
}
