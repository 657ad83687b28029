package api_test

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
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
			text(t, h.send(t, "GET", name[1], ""), http.StatusOK)
		}
	}
}

// No string becomes markup, whatever it holds, and the page is light.
func TestPageSources(t *testing.T) {
	t.Parallel()
	forbidden := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\.srcdoc|DOMParser`)
	imported := regexp.MustCompile(`from '(\./[^']+)'`)
	index, err := os.ReadFile("web/index.html")
	if err != nil {
		t.Fatal(err)
	}
	size := 0
	err = filepath.WalkDir("web", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		size += len(source)
		if name := filepath.Base(path); filepath.Ext(name) == ".js" && !strings.Contains(string(index), `/assets/js/`+name+`"`) {
			t.Errorf("index.html does not ask for %s ahead, so the browser finds it late", name)
		}
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
	if size > 150<<10 {
		t.Errorf("the page weighs %d bytes", size)
	}
}

// The words of both languages are the same set.
func TestPageSpeaksBothLanguages(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("web/js/words.js")
	if err != nil {
		t.Fatal(err)
	}
	chinese, english, found := strings.Cut(string(source), "\n  en: {")
	if !found {
		t.Fatal("words.js has no English part")
	}
	key := regexp.MustCompile(`'([a-z_]+(?:\.[a-z_]+)*)':`)
	has := make(map[string]int)
	for _, match := range key.FindAllStringSubmatch(chinese, -1) {
		has[match[1]]++
	}
	for _, match := range key.FindAllStringSubmatch(english, -1) {
		has[match[1]] += 2
	}
	for name, where := range has {
		if where != 3 {
			t.Errorf("%q is not said once in each language", name)
		}
	}
}
