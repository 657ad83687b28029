package outline_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"policykb/corpus"
	"policykb/ingest/clean"
	"policykb/ingest/outline"
	"policykb/ingest/parse"
)

var update = flag.Bool("update", false, "write the golden files anew")

// read cleans a file and finds its sections.
func read(t testing.TB, name string, data []byte) (clean.Text, []corpus.Section) {
	t.Helper()
	doc, err := parse.Parse(t.Context(), name, data)
	if err != nil {
		t.Fatal(err)
	}
	text := clean.Join(doc)
	return text, outline.Of(text)
}

// TestGolden compares the outlines of the files in testdata with those written
// down beside them.
func TestGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.[mt][dx]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, ".golden") {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			text, sections := read(t, filepath.Base(file), data)
			got := describe(text.String, sections)
			if *update {
				if err := os.WriteFile(file+".golden", []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file + ".golden")
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("the outline of %s differs from its golden file; go test -update writes it anew\ngot:\n%s", file, got)
			}
		})
	}
}

// describe writes an outline for people: the heading of each section, indented by
// its level, with its first and last words.
func describe(text string, sections []corpus.Section) string {
	var b strings.Builder
	for _, s := range sections {
		body := []rune(s.Body.Of(text))
		fmt.Fprintf(&b, "%s[%s] %s | %s … %s\n", strings.Repeat("  ", s.Level-1), s.Label, s.Title,
			oneLine(body[:min(12, len(body))]), oneLine(body[max(0, len(body)-8):]))
	}
	return b.String()
}

func oneLine(r []rune) string { return strings.ReplaceAll(string(r), "\n", "⏎") }

func TestReferencesOpenNothing(t *testing.T) {
	t.Parallel()
	for _, source := range []string{
		"违反本法第三十一条规定，向境外提供重要数据的，由有关主管部门责令改正。根据第五条规定，第六条所列情形除外，依照第七条处罚。",
		"第五条规定的数据处理者，应当履行义务。",
		"第二十九条、第三十条规定的义务由数据处理者履行。",
		"2010年12月23日北京市第十三届人民代表大会常务委员会第二十二次会议通过了条例，第一季度施行。",
		"企业可以选择一、二类支持方向；三、四类方向不再受理，具体由主管部门公布，并在网上公示五日。",
	} {
		if _, sections := read(t, "政策.txt", []byte(source)); len(sections) > 0 {
			t.Errorf("%q opens %+v", source, sections)
		}
	}
}

func TestEmphasisIsNoPartOfAHeading(t *testing.T) {
	t.Parallel()
	text, sections := read(t, "a.md", []byte("# **云州规划**\n\n## **一、总体要求**\n\n坚持创新驱动。\n\n## Technology Interventions\n\nText.\n"))
	var got []string
	for _, s := range sections {
		got = append(got, s.Heading.Of(text.String))
	}
	want := []string{"云州规划", "一、总体要求", "Technology Interventions"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzOf holds the outlines of any text against what Of promises.
func FuzzOf(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.[mt][dx]*")
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil && !strings.HasSuffix(file, ".golden") {
			f.Add(string(data), strings.HasSuffix(file, ".md"))
		}
	}
	f.Fuzz(func(t *testing.T, source string, markdown bool) {
		name := "a.txt"
		if markdown {
			name = "a.md"
		}
		doc, err := parse.Parse(t.Context(), name, []byte(source))
		if err != nil {
			t.Skip()
		}
		text := clean.Join(doc)
		sections := outline.Of(text)
		length := utf8.RuneCountInString(text.String)
		for i, s := range sections {
			if !s.Body.Contains(s.Heading) || s.Body.End > length || s.Heading.Len() == 0 || s.Level < 1 {
				t.Fatalf("section %+v of %q", s, text.String)
			}
			if heading := s.Heading.Of(text.String); !strings.HasPrefix(heading, s.Label) || !strings.HasSuffix(heading, s.Title) {
				t.Fatalf("section %+v has the heading %q", s, heading)
			}
			if i > 0 && (s.Body.Start < sections[i-1].Body.Start || s.Level > sections[i-1].Level+1) {
				t.Fatalf("section %+v follows %+v", s, sections[i-1])
			}
			if i > 0 && s.Body.Start < sections[i-1].Body.End && !sections[i-1].Body.Contains(s.Body) {
				t.Fatalf("sections %+v and %+v cross", sections[i-1], s)
			}
		}
	})
}
