package api_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"policykb/api"
	"policykb/corpus/starter"
)

// Each curl command of the READMEs runs as it stands there, and what it answers is
// what a reader expects.
func TestCurlExamplesOfTheREADME(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed, which the READMEs' examples are for")
	}
	expected := map[string]string{ // by host, path and what tells two of one path apart
		"127.0.0.1:8080/v1/ask":                           "1000万元",
		"127.0.0.1:8080/v1/ask event-stream":              "event: statement\n",
		"127.0.0.1:8080/v1/search":                        `"city":"成都"`,
		"127.0.0.1:8080/v1/documents":                     `"documents":[{`,
		"127.0.0.1:8080/v1/documents wait":                `"state":"done"`,
		"127.0.0.1:8080/v1/trace":                         `"given":"5000万元","kind":"number","source":"1000万元"`,
		"127.0.0.1:8080/v1/chat/completions":              `"type":"url_citation"`,
		"127.0.0.1:8080/v1/vector_stores/policykb/search": `"object":"vector_store.search_results.page"`,
		"127.0.0.1:8080/retrieval":                        `"records":[{`,
		"policy.example:8080/v1/facets":                   `"value":"成都"`,
	}
	for _, readme := range []string{"../README.md", "../README.zh-CN.md"} {
		t.Run(filepath.Base(readme), func(t *testing.T) {
			t.Parallel()
			commands := curlCommands(t, readme)
			reader := curlReader(t)
			seen := make(map[string]bool)
			for _, command := range commands {
				name := exampleName(command)
				want, known := expected[name]
				if !known {
					t.Errorf("nothing is said here of what %q answers: %s", name, command)
					continue
				}
				seen[name] = true
				if got := reader.run(t, command); !strings.Contains(got, want) {
					t.Errorf("%s\nanswers %s\nwhich lacks %s", command, got, want)
				}
			}
			for name := range expected {
				if !seen[name] {
					t.Errorf("%s has no example of %s", readme, name)
				}
			}
		})
	}
}

// curlCommands reads the curl commands in the shell blocks of a README.
func curlCommands(t *testing.T, path string) (commands []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		for line := range strings.Lines(strings.ReplaceAll(block[1], "\\\n", " ")) {
			if strings.HasPrefix(line, "curl ") {
				commands = append(commands, strings.TrimSpace(line))
			}
		}
	}
	return commands
}

// exampleName names an example by what it asks.
func exampleName(command string) string {
	for _, word := range strings.Fields(command)[1:] {
		word = strings.Trim(word, "'")
		if !strings.Contains(word, ":8080/") {
			continue
		}
		path, query, _ := strings.Cut(word, "?")
		if strings.Contains(command, "event-stream") {
			return path + " event-stream"
		}
		if strings.Contains(query, "wait") {
			return path + " wait"
		}
		return path
	}
	return command
}

// curling is somebody who follows the README: with a file at hand, a server at
// home and one elsewhere for which there is a key.
type curling struct {
	folder string
	key    string
}

func curlReader(t *testing.T) curling {
	t.Helper()
	home, elsewhere := empty(t), guard(t)
	admin, _ := elsewhere.key(t, api.RoleAdmin, nil, nil)
	reader, _ := elsewhere.key(t, api.RoleReader, nil, nil)
	for name, policy := range starter.Documents() {
		if !strings.Contains(string(policy), "成都") {
			continue
		}
		for _, h := range []*house{home, elsewhere.as(admin)} {
			response, err := h.upload("POST", "/v1/documents?wait=true", nil, file{name, string(policy)})
			if err != nil {
				t.Fatal(err)
			}
			text(t, response, 202)
		}
	}
	folder := t.TempDir()
	// The addresses of the README lead to the servers of this test; all else stands.
	settings := fmt.Sprintf("fail-with-body\nconnect-to = 127.0.0.1:8080:%s\nconnect-to = policy.example:8080:%s\n", address(t, home.url), address(t, elsewhere.url))
	for name, text := range map[string]string{".curlrc": settings, "办法.html": "<h1>成都市关于智能算力的办法</h1><p>" + notice + "</p>"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return curling{folder, reader}
}

// address is the host and port of a URL.
func address(t *testing.T, of string) string {
	t.Helper()
	u, err := url.Parse(of)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// run runs a command in a shell and returns what it prints.
func (c curling) run(t *testing.T, command string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	shell := exec.CommandContext(ctx, "sh", "-c", command)
	shell.Dir = c.folder
	shell.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + c.folder, "KEY=" + c.key, "LANG=C.UTF-8", "no_proxy=*"}
	said, err := shell.CombinedOutput()
	if err != nil {
		t.Errorf("%s\nfails with %v: %s", command, err, said)
	}
	return string(said)
}
