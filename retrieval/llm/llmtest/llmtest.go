// Package llmtest is a model server for tests: a real HTTP server on this machine
// that speaks OpenAI's, Anthropic's and Ollama's protocols and does what a script
// tells it, good or bad.
package llmtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// Step is what the server does with one request. The zero Step streams an empty
// reply.
type Step struct {
	Reply      string        // streamed in pieces
	Piece      int           // runes in a piece; 0 means 7
	Pause      time.Duration // before each piece
	Status     int           // refuse with it, where it is not 0
	RetryAfter string        // header of a refusal
	Body       string        // of a refusal; or, with Raw, of the reply
	Raw        bool          // send Body as it is
	Error      string        // told inside the stream after the reply
	CutOff     bool          // close the connection after the reply, before its proper end
	Stall      bool          // send the reply, and then nothing until the client goes away
	Finish     string        // why the model stopped; "" means that it had finished
	NoUsage    bool
	Vectors    func(texts []string) any // the data of a reply to a request for vectors
}

// Server is a model server that follows a script, one step a request; the last
// step is repeated.
type Server struct {
	*httptest.Server

	mu       sync.Mutex
	steps    []Step
	requests []Request
	gone     chan struct{} // receives when a client left a stalled reply
}

// Request is what a client sent.
type Request struct {
	Path   string
	Header http.Header
	Body   string
}

// New starts a server that is stopped with the test.
func New(t testing.TB, steps ...Step) *Server {
	s := &Server{steps: steps, gone: make(chan struct{}, 16)}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

// Env gives the variables that lead a client of any kind to the server.
func (s *Server) Env(name string) string {
	switch name {
	case "OPENAI_BASE_URL":
		return s.URL + "/v1"
	case "GOOGLE_BASE_URL":
		return s.URL + "/v1beta/openai"
	case "ANTHROPIC_BASE_URL", "OLLAMA_HOST":
		return s.URL
	case "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY":
		return "a-secret-key"
	}
	return ""
}

// Requests returns what clients have sent so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// Gone receives a value when a client has left a stalled reply.
func (s *Server) Gone() <-chan struct{} { return s.gone }

// serve does the next step of the script.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 16<<20))
	if err != nil {
		return
	}
	s.mu.Lock()
	step := s.steps[min(len(s.requests), len(s.steps)-1)]
	s.requests = append(s.requests, Request{r.URL.Path, r.Header.Clone(), string(body)})
	s.mu.Unlock()
	switch {
	case step.Status != 0:
		if step.RetryAfter != "" {
			w.Header().Set("Retry-After", step.RetryAfter)
		}
		w.WriteHeader(step.Status)
		io.WriteString(w, step.Body)
	case step.Raw:
		io.WriteString(w, step.Body)
	case strings.HasSuffix(r.URL.Path, "/embeddings"), strings.HasSuffix(r.URL.Path, "/embed"):
		s.vectors(w, r, step, body)
	default:
		s.stream(w, r, step)
	}
}

// vectors answers a request for vectors.
func (s *Server) vectors(w http.ResponseWriter, r *http.Request, step Step, body []byte) {
	var sent struct {
		Input json.RawMessage `json:"input"`
	}
	json.Unmarshal(body, &sent)
	var texts []string
	if json.Unmarshal(sent.Input, &texts) != nil {
		var text string
		json.Unmarshal(sent.Input, &text)
		texts = []string{text}
	}
	select {
	case <-time.After(step.Pause):
	case <-r.Context().Done():
		return
	}
	field := "data"
	if strings.HasSuffix(r.URL.Path, "/embed") {
		field = "embeddings"
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"object": "list", "model": "m", field: step.Vectors(texts)})
}

// stream sends a reply in pieces.
func (s *Server) stream(w http.ResponseWriter, r *http.Request, step Step) {
	speak := openAI
	switch {
	case strings.HasSuffix(r.URL.Path, "/messages"):
		speak = anthropic
	case strings.HasPrefix(r.URL.Path, "/api/"):
		speak = ollama
	}
	send := func(lines ...string) {
		for _, line := range lines {
			io.WriteString(w, line)
		}
		w.(http.Flusher).Flush()
	}
	w.Header().Set("Content-Type", speak.contentType)
	send(speak.begin)
	size := step.Piece
	if size == 0 {
		size = 7
	}
	for runes := []rune(step.Reply); len(runes) > 0; {
		n := min(size, len(runes))
		if step.Pause > 0 {
			select {
			case <-time.After(step.Pause):
			case <-r.Context().Done():
				return
			}
		}
		send(fmt.Sprintf(speak.piece, quoted(string(runes[:n]))))
		runes = runes[n:]
	}
	switch {
	case step.Stall:
		<-r.Context().Done()
		s.gone <- struct{}{}
	case step.CutOff:
		panic(http.ErrAbortHandler)
	case step.Error != "":
		send(fmt.Sprintf(speak.broken, quoted(step.Error)))
	default:
		send(speak.end(step))
	}
}

// speech is how a protocol streams.
type speech struct {
	contentType, begin string
	piece, broken      string // with a verb for a JSON string
	end                func(Step) string
}

var openAI = speech{
	contentType: "text/event-stream",
	begin:       ": the beginning\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"}}]}\n\n",
	piece:       "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":%s},\"finish_reason\":null}],\"usage\":null}\n\n",
	broken:      "data: {\"error\":{\"message\":%s,\"type\":\"server_error\"}}\n\n",
	end: func(s Step) string {
		end := fmt.Sprintf("data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":%s}]}\n\n", quoted(or(s.Finish, "stop")))
		if !s.NoUsage {
			end += "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1000,\"completion_tokens\":50,\"total_tokens\":1050}}\n\n"
		}
		return end + "data: [DONE]\n\n"
	},
}

var anthropic = speech{
	contentType: "text/event-stream",
	begin: "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"usage\":{\"input_tokens\":1000,\"output_tokens\":1}}}\n\n" +
		"data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\ndata: {\"type\": \"ping\"}\n\n" +
		"data: {\"type\": \"an_event_of_the_future\", \"text\": \"secret\"}\n\n",
	piece:  "data:{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":%s}}\n\n",
	broken: "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":%s}}\n\n",
	end: func(s Step) string {
		return fmt.Sprintf("data: {\"type\":\"content_block_stop\",\"index\":0}\n\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":%s},\"usage\":{\"output_tokens\":50}}\n\ndata: {\"type\":\"message_stop\"}\n\n",
			quoted(or(s.Finish, "end_turn")))
	},
}

var ollama = speech{
	contentType: "application/x-ndjson",
	piece:       "{\"model\":\"m\",\"message\":{\"role\":\"assistant\",\"content\":%s},\"done\":false}\n",
	broken:      "{\"error\":%s}\n",
	end: func(s Step) string {
		return fmt.Sprintf("{\"model\":\"m\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,\"done_reason\":%s,\"prompt_eval_count\":1000,\"eval_count\":50}\n",
			quoted(or(s.Finish, "stop")))
	},
}

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// quoted is a text as a JSON string.
func quoted(text string) string {
	b, _ := json.Marshal(text) // a string always can be
	return string(b)
}

// Statement is one statement of a scripted reply: its text, and for each quote the
// number of the passage and the words.
func Statement(text string, quotes ...any) string {
	type quote struct {
		Passage int    `json:"passage"`
		Words   string `json:"words"`
	}
	all := []quote{}
	for i := 0; i+1 < len(quotes); i += 2 {
		all = append(all, quote{quotes[i].(int), quotes[i+1].(string)})
	}
	b, _ := json.Marshal(map[string]any{"text": text, "quotes": all})
	return string(b)
}

// Reply is a whole scripted reply.
func Reply(statements ...string) string {
	return `{"statements": [` + strings.Join(statements, ",\n ") + `]}`
}
