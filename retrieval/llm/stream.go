package llm

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// stream passes a streamed reply on, line by line, each only once it has been
// looked at: an error told inside the reply, a line that is no JSON and an end
// that comes too early become errors, where the clients would stop and call it
// the whole reply.
type stream struct {
	ctx      context.Context
	body     io.ReadCloser
	lines    *bufio.Reader
	protocol protocol
	outcome  *outcome
	pending  []byte // looked at and not yet passed on
	read     int
	ended    bool // the model has finished
	err      error
}

func newStream(ctx context.Context, body io.ReadCloser, p protocol, o *outcome) *stream {
	return &stream{ctx: ctx, body: body, lines: bufio.NewReaderSize(body, maxLineBytes), protocol: p, outcome: o}
}

// Read implements io.Reader.
func (s *stream) Read(p []byte) (int, error) {
	for len(s.pending) == 0 && s.err == nil {
		s.err = s.next()
	}
	if len(s.pending) == 0 {
		return 0, s.err
	}
	n := copy(p, s.pending)
	s.pending = s.pending[n:]
	return n, nil
}

// Close implements io.Closer.
func (s *stream) Close() error { return s.body.Close() }

// next reads one line and makes it pending. At the end of a whole reply it
// returns io.EOF.
func (s *stream) next() error {
	line, err := s.lines.ReadSlice('\n')
	s.read += len(line)
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return s.outcome.fail(fmt.Errorf("%w: a line of more than %d bytes", ErrMalformed, maxLineBytes))
	case s.read > maxReplyBytes:
		return s.outcome.fail(fmt.Errorf("%w: more than %d bytes", ErrMalformed, maxReplyBytes))
	}
	if seen := s.see(bytes.TrimSpace(line)); seen != nil {
		return s.outcome.fail(seen)
	}
	switch {
	case err == nil:
		return nil
	case s.ctx.Err() != nil:
		return s.outcome.fail(s.ctx.Err())
	case s.ended:
		return io.EOF // what is missing is only the end of the connection
	case errors.Is(err, io.EOF):
		return s.outcome.fail(ErrCutOff)
	}
	return s.outcome.fail(fmt.Errorf("%w: %w", ErrCutOff, err))
}

// see looks at one line and makes pending what of it the client is to see.
func (s *stream) see(line []byte) error {
	if len(line) == 0 {
		return nil
	}
	form := "%s\n"
	if s.protocol != protocolOllama {
		data, ok := bytes.CutPrefix(line, []byte("data:"))
		if !ok {
			if line[0] == '{' || line[0] == '<' {
				return fmt.Errorf("%w: the server does not stream", ErrMalformed)
			}
			return nil // event:, id:, retry: and comments
		}
		line, form = bytes.TrimSpace(data), "data: %s\n\n"
	}
	if bytes.Equal(line, []byte("[DONE]")) {
		s.ended = true
		s.pending = fmt.Appendf(s.pending, form, line)
		return nil
	}
	if len(line) == 0 {
		return nil
	}
	e, err := s.protocol.event(line)
	if err != nil {
		return err
	}
	s.outcome.note(e)
	s.ended = s.ended || e.ended
	if e.known {
		s.pending = fmt.Appendf(s.pending, form, line)
	}
	return nil
}

// event is what one line of a stream tells a guard.
type event struct {
	ended   bool   // the model has finished
	finish  string // why, in the server's word
	refused bool
	usage   Usage
	known   bool // the client understands it
}

// event reads one line. An error told inside the stream is an error.
func (p protocol) event(line []byte) (event, error) {
	var broken struct {
		Error json.RawMessage `json:"error"`
	}
	if err := json.Unmarshal(line, &broken); err != nil {
		return event{}, fmt.Errorf("%w: an event of the stream is no JSON object", ErrMalformed)
	}
	if len(broken.Error) > 0 && !bytes.Equal(broken.Error, []byte("null")) {
		message, _ := errorMessage(line)
		return event{}, fmt.Errorf("%w: %s", ErrCutOff, message)
	}
	var e event
	var err error
	switch p {
	case protocolOpenAI:
		e, err = openAIEvent(line)
	case protocolAnthropic:
		e, err = anthropicEvent(line)
	case protocolOllama:
		e, err = ollamaEvent(line)
	}
	if err != nil {
		return event{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return e, nil
}

func openAIEvent(line []byte) (event, error) {
	var chunk struct {
		Choices []struct {
			Delta struct {
				Refusal string `json:"refusal"`
			} `json:"delta"`
			FinishReason string `json:"finish_reason"`
		} `json:"choices"`
		Usage struct {
			Prompt     int `json:"prompt_tokens"`
			Completion int `json:"completion_tokens"`
		} `json:"usage"`
	}
	if err := json.Unmarshal(line, &chunk); err != nil {
		return event{}, err
	}
	e := event{known: true, usage: Usage{chunk.Usage.Prompt, chunk.Usage.Completion}}
	if len(chunk.Choices) > 0 {
		e.finish = chunk.Choices[0].FinishReason
		e.refused = chunk.Choices[0].Delta.Refusal != "" || e.finish == "content_filter"
		e.ended = e.finish != ""
	}
	return e, nil
}

func anthropicEvent(line []byte) (event, error) {
	var chunk struct {
		Type    string `json:"type"`
		Message struct {
			Usage struct {
				Input int `json:"input_tokens"`
			} `json:"usage"`
		} `json:"message"`
		Delta struct {
			StopReason string `json:"stop_reason"`
		} `json:"delta"`
		Usage struct {
			Output int `json:"output_tokens"`
		} `json:"usage"`
	}
	if err := json.Unmarshal(line, &chunk); err != nil {
		return event{}, err
	}
	e := event{finish: chunk.Delta.StopReason, usage: Usage{chunk.Message.Usage.Input, chunk.Usage.Output}}
	e.refused = e.finish == "refusal"
	switch chunk.Type {
	case "message_stop":
		e.ended, e.known = true, true
	case "message_start", "message_delta", "content_block_start", "content_block_delta", "content_block_stop":
		e.known = true // the client would log any other, with its content
	}
	return e, nil
}

func ollamaEvent(line []byte) (event, error) {
	var chunk struct {
		Done       bool   `json:"done"`
		DoneReason string `json:"done_reason"`
		Prompt     int    `json:"prompt_eval_count"`
		Eval       int    `json:"eval_count"`
	}
	if err := json.Unmarshal(line, &chunk); err != nil {
		return event{}, err
	}
	return event{known: true, ended: chunk.Done, finish: chunk.DoneReason, usage: Usage{chunk.Prompt, chunk.Eval}}, nil
}
