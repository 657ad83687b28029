package api_test

import (
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every file the page names is there, and nothing of it needs more than its
// content policy allows.
func TestPage(t *testing.T) {
	t.Parallel()
	h := empty(t)
	for _, path := range []string{"/", "/documents/any?start=1&end=2"} {
		response := h.send(t, "GET", path, "")
		html := text(t, response, http.StatusOK)
		if policy := response.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'self'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: the policy is %q", path, policy)
		}
		if regexp.MustCompile(`<script(?:>|[^>]*[^>/]>[^<])|style=|\son\w+=|https?://`).MatchString(html) {
			t.Errorf("%s has what its policy forbids:\n%s", path, html)
		}
		for _, name := range regexp.MustCompile(`(?:src|href)="(/assets/[^"]+)"`).FindAllStringSubmatch(html, -1) {
			response := h.send(t, "GET", name[1], "")
			text(t, response, http.StatusOK)
			if kept := response.Header.Get("Cache-Control"); !strings.Contains(kept, "immutable") {
				t.Errorf("%s, which is named by what it holds, is kept as %q", name[1], kept)
			}
		}
	}
	for path, status := range map[string]int{"/assets/js/main.js": 200, "/assets/old/js/main.js": 404, "/assets/js": 404, "/assets/": 404, "/assets/../page.go": 404} {
		response := h.send(t, "GET", path, "")
		text(t, response, status)
		if strings.Contains(response.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s is kept for ever", path)
		}
	}
}

// The browser is told of every module that a view begins with, and of no other, and
// the box of questions is there before any of them.
func TestPageBeginsAtOnce(t *testing.T) {
	t.Parallel()
	h := empty(t)
	begins := regexp.MustCompile(`(?m)^import .* from '\./([^']+)';$`)
	for path, view := range map[string][]string{
		"/": {"ask.js"}, "/?q=" + url.QueryEscape("算力券"): {"ask.js", "conversation.js"}, "/documents": {"documents.js"},
		"/documents/any": {"reader.js"}, "/overview": {"overview.js"}, "/trace": {"trace.js"},
	} {
		html := text(t, h.send(t, "GET", path, ""), http.StatusOK)
		var told []string
		for _, name := range regexp.MustCompile(`modulepreload" href="[^"]*/js/([^"]+)"`).FindAllStringSubmatch(html, -1) {
			told = append(told, name[1])
		}
		needed := make(map[string]bool)
		var need func(name string)
		need = func(name string) {
			if needed[name] {
				return
			}
			needed[name] = true
			source, err := os.ReadFile(filepath.Join("web/js", name))
			if err != nil {
				t.Fatal(err)
			}
			for _, module := range begins.FindAllSubmatch(source, -1) {
				need(string(module[1]))
			}
		}
		for _, name := range append(view, "main.js") {
			need(name)
		}
		if want := slices.Sorted(maps.Keys(needed)); !slices.Equal(slices.Sorted(slices.Values(told)), want) {
			t.Errorf("%s tells of %v, and begins with %v", path, told, want)
		}
		if box := strings.Contains(html, "<textarea"); box != (path == "/") {
			t.Errorf("%s has the box of questions in its HTML: %v", path, box)
		}
	}
}

// No string becomes markup, whatever it holds, and the page is light.
func TestPageSources(t *testing.T) {
	t.Parallel()
	forbidden := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\.srcdoc|DOMParser`)
	imported := regexp.MustCompile(`from '(\./[^']+)'`)
	size := 0
	err := filepath.WalkDir("web", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		size += len(source)
		if found := forbidden.Find(source); found != nil {
			t.Errorf("%s uses %s", path, found)
		}
		for _, name := range imported.FindAllSubmatch(source, -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), string(name[1]))); err != nil {
				t.Errorf("%s imports %s, which is not there", path, name[1])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if size > 150_000 {
		t.Errorf("the page weighs %d bytes", size)
	}
}

// Every word of the page is said once, in both languages, with the same gaps to fill.
func TestPageSpeaksBothLanguages(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("web/js/words.js")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(source), "const all = {\n")
	table, _, found := strings.Cut(table, "\n};")
	if !found {
		t.Fatal("words.js has no table of words")
	}
	line := regexp.MustCompile(`^  '([a-z0-9_.]+)': \['([^']+)', '([^']+)'\],$`)
	gap := regexp.MustCompile(`\{\d\}`)
	gaps := func(words string) []string {
		return slices.Sorted(slices.Values(gap.FindAllString(words, -1)))
	}
	said := make(map[string]bool)
	for text := range strings.Lines(table) {
		words := line.FindStringSubmatch(strings.TrimSuffix(text, "\n"))
		if words == nil {
			t.Errorf("not a key with its words in both languages: %s", text)
			continue
		}
		if said[words[1]] {
			t.Errorf("%q is said twice", words[1])
		}
		said[words[1]] = true
		if chinese, english := gaps(words[2]), gaps(words[3]); !slices.Equal(chinese, english) {
			t.Errorf("%q has the gaps %v in Chinese and %v in English", words[1], chinese, english)
		}
	}
	for _, status := range []string{"401", "403", "404", "422", "424", "429", "503"} {
		if !said["problem."+status] {
			t.Errorf("the page has no words for the status %s", status)
		}
	}
}
