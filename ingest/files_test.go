package ingest

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"policykb/corpus"
)

// write makes files in a new folder.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFiles(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{
		"b.md": "乙", "a/c.txt": "丙", "a/.hidden.txt": "x", ".git/config": "x", "a.txt": "甲",
		"manifest.jsonl": `{"file": "a.txt", "title": "成都算力券政策", "city": "成都", "issuer": "成都市政府", "doc_number": "/", "date": "2022-01-21", "kind": "excerpt", "lang": "zh", "chars": 1}
{"file": "b.md", "issued_on": "21.1.2022", "kind": "measures", "status": "in_force", "tags": ["算力", "补贴"], "source_url": "https://www.chengdu.gov.cn/1.html"}
`,
	})
	if err := os.Symlink(filepath.Join(dir, "a.txt"), filepath.Join(dir, "link.txt")); err != nil {
		t.Fatal(err)
	}
	var names []string
	got := map[string]Source{}
	for s, err := range Files(dir) {
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(s.Data)
		if err != nil || len(data) != len("甲") {
			t.Errorf("%s holds %q, %v", s.Name, data, err)
		}
		s.close()
		names = append(names, s.Name)
		got[s.Name] = s
	}
	if want := []string{"a/c.txt", "a.txt", "b.md"}; !reflect.DeepEqual(names, want) {
		t.Errorf("files %q, want %q", names, want)
	}
	if got, want := got["a.txt"].Given, (corpus.Metadata{Title: "成都算力券政策", City: "成都", Issuer: "成都市政府", IssuedOn: corpus.Date{Year: 2022, Month: time.January, Day: 21}, Language: "zh"}); !reflect.DeepEqual(got, want) {
		t.Errorf("a.txt is described as %+v, want %+v", got, want)
	}
	if w := got["a.txt"].Warnings; len(w) != 1 || !strings.Contains(w[0], `"excerpt"`) {
		t.Errorf("of a.txt was overlooked: %q", w)
	}
	if got, want := got["b.md"].Given, (corpus.Metadata{Kind: corpus.KindMeasures, Status: corpus.StatusInForce, Tags: []string{"算力", "补贴"}, SourceURL: "https://www.chengdu.gov.cn/1.html"}); !reflect.DeepEqual(got, want) {
		t.Errorf("b.md is described as %+v, want %+v", got, want)
	}
	if w := got["b.md"].Warnings; len(w) != 1 || !strings.Contains(w[0], `"21.1.2022"`) {
		t.Errorf("of b.md was overlooked: %q", w)
	}

	for s, err := range Files(filepath.Join(dir, "a.txt")) {
		if err != nil || s.Name != "a.txt" || s.Given.City != "成都" {
			t.Errorf("one file: %+v, %v", s, err)
		}
		s.close()
	}
	for s, err := range Files(filepath.Join(dir, "nowhere.txt")) {
		if err == nil || s.Name != "nowhere.txt" {
			t.Errorf("a file that is not there: %+v, %v", s, err)
		}
	}
}

// TestBrokenSidecar: a line that cannot be read is named, and the files come all the same.
func TestBrokenSidecar(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"a.txt": "甲", "manifest.jsonl": "{\"file\": \"a.txt\", \"city\": \"成都\"}\n\n{\"file\"\n{\"title\": \"无名\"}\n"})
	var problems []string
	files := 0
	for s, err := range Files(dir) {
		if err != nil {
			problems = append(problems, err.Error())
			continue
		}
		if files++; s.Given.City != "成都" {
			t.Errorf("%s is described as %+v", s.Name, s.Given)
		}
		s.close()
	}
	if all := strings.Join(problems, "\n"); files != 1 || !strings.Contains(all, "line 3") || !strings.Contains(all, "line 4") {
		t.Errorf("%d files and the problems %q", files, problems)
	}
}

func FuzzSidecar(f *testing.F) {
	f.Add(`{"file": "a.txt", "date": "2022", "tags": "算力", "kind": 1}`)
	f.Add("{}\n\x00\n[]")
	f.Fuzz(func(t *testing.T, lines string) {
		files, _ := parseSidecar(strings.NewReader(lines))
		for name, d := range files {
			if name == "" {
				t.Error("a file without a name")
			}
			_ = fmt.Sprint(d)
		}
	})
}
