package llm

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/llms/anthropic"
	"github.com/tmc/langchaingo/llms/ollama"
	"github.com/tmc/langchaingo/llms/openai"
)

// Addresses used where no variable names another.
const (
	openAIBase    = "https://api.openai.com/v1"
	anthropicBase = "https://api.anthropic.com"
	// Google's models are reached through the face of Google's API that speaks as
	// OpenAI's does: langchaingo's own client would bring in Google's whole SDK.
	googleBase = "https://generativelanguage.googleapis.com/v1beta/openai"
	ollamaBase = "http://127.0.0.1:11434"
)

// server is where a model is and how it is spoken to.
type server struct {
	kind     string // openai, ollama, anthropic or googleai
	model    string
	base     string // its URL
	key      string
	protocol protocol
}

// parseServer reads a setting such as openai:gpt-5-mini or ollama:qwen3:8b, with
// the address and key from the variables that are usual for its kind.
func parseServer(setting string, env func(string) string) (server, error) {
	kind, model, _ := strings.Cut(setting, ":")
	s := server{kind: kind, model: model}
	var keys []string
	switch kind {
	case "openai":
		s.base, keys = cmp.Or(env("OPENAI_BASE_URL"), openAIBase), []string{"OPENAI_API_KEY"}
	case "googleai":
		s.base, keys = cmp.Or(env("GOOGLE_BASE_URL"), googleBase), []string{"GOOGLE_API_KEY", "GEMINI_API_KEY"}
	case "anthropic":
		s.protocol, keys = protocolAnthropic, []string{"ANTHROPIC_API_KEY"}
		s.base = strings.TrimSuffix(strings.TrimRight(cmp.Or(env("ANTHROPIC_BASE_URL"), anthropicBase), "/"), "/v1") + "/v1"
	case "ollama":
		s.protocol, s.base = protocolOllama, ollamaURL(env("OLLAMA_HOST"))
	default:
		return server{}, fmt.Errorf("model %q: say openai:MODEL, ollama:MODEL, anthropic:MODEL or googleai:MODEL", setting)
	}
	if model == "" {
		return server{}, fmt.Errorf("model %q names no model: say %s:MODEL", setting, kind)
	}
	s.base = strings.TrimRight(s.base, "/")
	if u, err := url.Parse(s.base); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return server{}, fmt.Errorf("model %s: %q is no address of a server", setting, s.base)
	}
	for _, name := range keys {
		s.key = cmp.Or(s.key, env(name))
	}
	if s.key == "" && kind != "ollama" {
		if s.base == openAIBase || s.base == googleBase || kind == "anthropic" {
			return server{}, fmt.Errorf("model %s needs a key: set %s", setting, strings.Join(keys, " or "))
		}
		s.key = "none" // a server of one's own asks for none, but the client does
	}
	return s, nil
}

// ollamaURL reads OLLAMA_HOST as Ollama does: a host, a port, both, or a URL. A
// host that means "every address" for a server means this machine for a client.
func ollamaURL(host string) string {
	if host == "" {
		return ollamaBase
	}
	if strings.Contains(host, "://") {
		return host
	}
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name, port = strings.Trim(host, "[]"), "11434"
	}
	if ip := net.ParseIP(name); name == "" || ip != nil && ip.IsUnspecified() {
		name = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(name, port)
}

// ollamaContext is the length of the context asked of Ollama, in tokens: the
// passages of a question with room for the reply. Its own default is shorter, and
// what does not fit it leaves out in silence.
const ollamaContext = 16384

// chat opens the server's client for chat.
func (s server) chat(client *http.Client) (llms.Model, error) {
	switch s.kind {
	case "anthropic":
		return anthropic.New(anthropic.WithToken(s.key), anthropic.WithModel(s.model), anthropic.WithBaseURL(s.base), anthropic.WithHTTPClient(client))
	case "ollama":
		return ollama.New(ollama.WithModel(s.model), ollama.WithServerURL(s.base), ollama.WithHTTPClient(client), ollama.WithRunnerNumCtx(ollamaContext))
	}
	return openai.New(openai.WithToken(s.key), openai.WithModel(s.model), openai.WithBaseURL(s.base), openai.WithHTTPClient(client),
		openai.WithResponseFormat(replyFormat()))
}
