package api

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"iter"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"policykb/retrieval"
)

// modelName is the model that answers from the documents.
const modelName = "policykb"

// maxChatHistory is how many messages before the last one are read; clients send
// the whole conversation.
const maxChatHistory = 50

// CreateChatCompletion answers the last message of a chat. (POST /v1/chat/completions)
func (s *Server) CreateChatCompletion(ctx context.Context, r CreateChatCompletionRequestObject) (CreateChatCompletionResponseObject, error) {
	if r.Body.Model != modelName {
		return nil, noModel(r.Body.Model)
	}
	question, err := chatQuestion(*r.Body)
	if err != nil {
		return nil, err
	}
	c := completion{
		id: "chatcmpl-" + rand.Text(), created: time.Now().Unix(),
		prompt: promptLength(r.Body.Messages), base: s.baseURL(ctx),
	}
	steps, err := s.answer(ctx, callerOf(ctx).key, question)
	if err != nil {
		return nil, err
	}
	if set(r.Body.Stream) {
		c.usage = r.Body.StreamOptions != nil && set(r.Body.StreamOptions.IncludeUsage)
		stream, err := newStream(c.events(steps))
		if err != nil {
			return nil, err
		}
		stream.failed = func(err error) event { return event{data: openAIError(problemOf(err))} }
		stream.end = "data: [DONE]\n\n"
		return stream, nil
	}
	a, err := lastOf(steps)
	if err != nil {
		return nil, err
	}
	return CreateChatCompletion200JSONResponse(c.whole(a)), nil
}

// set reports whether an optional field is there and true.
func set(field *bool) bool { return field != nil && *field }

// ListModels lists the one model. (GET /v1/models)
func (s *Server) ListModels(context.Context, ListModelsRequestObject) (ListModelsResponseObject, error) {
	return ListModels200JSONResponse{Object: ModelListObjectList, Data: []Model{s.model()}}, nil
}

// GetModel describes the model. (GET /v1/models/{model})
func (s *Server) GetModel(_ context.Context, r GetModelRequestObject) (GetModelResponseObject, error) {
	if r.Model != modelName {
		return nil, noModel(r.Model)
	}
	return GetModel200JSONResponse(s.model()), nil
}

// model describes the model, which is as old as the process.
func (s *Server) model() Model {
	return Model{ID: modelName, Object: ModelObjectModel, Created: s.started.Unix(), OwnedBy: modelName}
}

func noModel(name string) error {
	return refuse(http.StatusNotFound, "There is no model %q here; the one there is is called %s.", name, modelName)
}

// chatQuestion makes the last user message a question and those before it its
// history. What stands behind it, and the instructions of developers and systems,
// is left out: the answer comes from the documents alone.
func chatQuestion(r ChatRequest) (retrieval.Request, error) {
	last := -1
	texts := make([]string, len(r.Messages))
	for i, m := range r.Messages {
		texts[i] = chatText(m.Content)
		if m.Role == ChatMessageRoleUser {
			last = i
		}
	}
	if last < 0 {
		return retrieval.Request{}, refuseFields(FieldError{Field: "messages", Detail: "hold no message of a user"})
	}
	var history []Turn
	for i, m := range r.Messages[:last] {
		if (m.Role == ChatMessageRoleUser || m.Role == ChatMessageRoleAssistant) && texts[i] != "" {
			history = append(history, Turn{Role: TurnRole(m.Role), Content: texts[i]})
		}
	}
	options := r.Policykb
	if options == nil {
		options = &ChatOptions{}
	}
	topK, mode, language := 8, ModeAuto, LanguageAuto
	return askRequest(AskRequest{
		Question: texts[last],
		History:  history[max(0, len(history)-maxChatHistory):],
		Filters:  options.Filters,
		AsOf:     options.AsOf,
		TopK:     cmp.Or(options.TopK, &topK),
		Mode:     cmp.Or(options.Mode, &mode),
		Language: cmp.Or(options.Language, &language),
	})
}

// chatText is the text of a message, which is given whole or in parts.
func chatText(content *any) string {
	if content == nil {
		return ""
	}
	parts, ok := (*content).([]any)
	if !ok {
		text, _ := (*content).(string)
		return text
	}
	var texts []string
	for _, part := range parts {
		if fields, ok := part.(map[string]any); ok && fields["type"] == "text" {
			if text, ok := fields["text"].(string); ok {
				texts = append(texts, text)
			}
		}
	}
	return strings.Join(texts, "\n")
}

// promptLength counts the characters of all messages.
func promptLength(messages []ChatMessage) (n int) {
	for _, m := range messages {
		n += utf8.RuneCountInString(chatText(m.Content))
	}
	return n
}

// completion is what the parts of one chat's answer share.
type completion struct {
	id      string
	created int64
	prompt  int    // characters of the messages
	base    string // of the addresses in citations
	usage   bool   // asked for in a stream
}

// whole is an answer as one completion.
func (c completion) whole(a retrieval.Answer) ChatCompletion {
	wire := answer(a)
	message := ChatAnswer{Role: ChatAnswerRoleAssistant, Content: a.Text, Annotations: []ChatAnnotation{}}
	for _, stated := range a.Statements {
		message.Annotations = append(message.Annotations, c.annotations(stated, wire.Citations)...)
	}
	return ChatCompletion{
		ID:       c.id,
		Object:   ChatCompletionObjectChatCompletion,
		Created:  c.created,
		Model:    modelName,
		Choices:  []ChatChoice{{Message: message, FinishReason: ChatChoiceFinishReasonStop}},
		Usage:    c.spent(a.Text),
		Policykb: wire,
	}
}

// spent counts the characters of the messages and the answer.
func (c completion) spent(text string) ChatUsage {
	n := utf8.RuneCountInString(text)
	return ChatUsage{PromptTokens: c.prompt, CompletionTokens: n, TotalTokens: c.prompt + n}
}

// annotations says what each mark of a statement cites.
func (c completion) annotations(s retrieval.AnsweredStatement, citations []Citation) []ChatAnnotation {
	all := make([]ChatAnnotation, 0, len(s.Citations))
	for _, cited := range citations {
		mark := fmt.Sprintf("[%d]", cited.Number)
		before, _, found := strings.Cut(s.Text, mark)
		if !found {
			continue
		}
		start := s.Span.Start + utf8.RuneCountInString(before)
		all = append(all, ChatAnnotation{Type: ChatAnnotationTypeURLCitation, URLCitation: URLCitation{
			StartIndex: start, EndIndex: start + len(mark), Title: cited.Title, URL: c.base + cited.URL,
		}})
	}
	return all
}

// events turns the steps of an answer into chunks. Their texts together are the
// answer's. What is cited is told behind the text, where it is known.
func (c completion) events(steps iter.Seq2[retrieval.Event, error]) iter.Seq2[event, error] {
	return func(yield func(event, error) bool) {
		sent := ""
		for step, err := range steps {
			if err != nil {
				yield(event{}, err)
				return
			}
			switch {
			case step.Interpretation != nil:
				role, nothing := ChatDeltaRoleAssistant, ""
				if !yield(event{data: c.delta(ChatDelta{Role: &role, Content: &nothing})}, nil) {
					return
				}
			case step.Statement != nil:
				// Between statements stands nothing, or a space.
				space := strings.Repeat(" ", step.Statement.Span.Start-utf8.RuneCountInString(sent))
				text := space + step.Statement.Text
				sent += text
				if !yield(event{data: c.delta(ChatDelta{Content: &text})}, nil) {
					return
				}
			case step.Done != nil:
				for _, last := range c.ending(*step.Done, strings.TrimPrefix(step.Done.Text, sent)) {
					if !yield(event{data: last}, nil) {
						return
					}
				}
			}
		}
	}
}

// ending is what follows the statements of an answer: the text that is none, as a
// refusal is, with what the text cites; the end; and the usage where it was asked for.
func (c completion) ending(a retrieval.Answer, rest string) []ChatChunk {
	whole := c.whole(a)
	stop := ChatChunkChoiceFinishReasonStop
	end := c.chunk([]ChatChunkChoice{{FinishReason: &stop}})
	end.Policykb = &whole.Policykb
	chunks := []ChatChunk{c.delta(ChatDelta{Content: &rest, Annotations: whole.Choices[0].Message.Annotations}), end}
	if c.usage {
		usage := c.chunk([]ChatChunkChoice{})
		usage.Usage = &whole.Usage
		chunks = append(chunks, usage)
	}
	return chunks
}

// delta is a chunk that goes on with the message.
func (c completion) delta(d ChatDelta) ChatChunk { return c.chunk([]ChatChunkChoice{{Delta: d}}) }

func (c completion) chunk(choices []ChatChunkChoice) ChatChunk {
	return ChatChunk{ID: c.id, Object: ChatChunkObjectChatCompletionChunk, Created: c.created, Model: modelName, Choices: choices}
}
