package chunk_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"policykb/corpus"
	"policykb/ingest/chunk"
	"policykb/ingest/clean"
	"policykb/ingest/outline"
	"policykb/ingest/parse"
)

var update = flag.Bool("update", false, "write the golden files anew")

// split takes a source the whole way to passages and checks what Split promises.
func split(t testing.TB, name, source string, limits chunk.Limits) []corpus.Passage {
	t.Helper()
	doc, err := parse.Parse(t.Context(), name, []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	text := clean.Join(doc)
	sections := outline.Of(text)
	passages := chunk.Split(text, sections, limits)
	if limits.Most == 0 {
		limits.Most = 500
	}
	check(t, name, text, sections, passages, limits)
	return passages
}

// TestGolden compares the passages of the files in testdata with those written
// down beside them. The limits are small, as the files are.
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
			got := describe(split(t, filepath.Base(file), string(data), chunk.Limits{Target: 100, Most: 140, Least: 40}))
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
				t.Errorf("the passages of %s differ from its golden file; go test -update writes it anew\ngot:\n%s", file, got)
			}
		})
	}
}

// describe writes passages for people.
func describe(passages []corpus.Passage) string {
	var b strings.Builder
	for _, p := range passages {
		fmt.Fprintf(&b, "--- %d: %s of %d characters, under %q\n", p.Ordinal, p.Kind, p.Span.Len(), p.HeadingPath)
		if p.Header != "" {
			fmt.Fprintf(&b, "(%s)\n", p.Header)
		}
		fmt.Fprintln(&b, p.Text)
	}
	return b.String()
}

func TestArticlesAndTheirChapters(t *testing.T) {
	t.Parallel()
	article := strings.Repeat("市人民政府应当建立健全数据治理制度和标准体系，", 6) + "并加强监督。"
	passages := split(t, "条例.md", "# 数据条例\n\n## 第一章 总则\n\n第一条 "+article+"\n\n第二条 "+article+"\n\n第三条 本条例所称数据，是指记录。\n\n第四条 短。\n\n## 第二章 附则\n\n第五条 本条例自公布之日起施行。", chunk.Limits{})
	var got []string
	for _, p := range passages {
		got = append(got, strings.Join(p.HeadingPath, " > ")+": "+firstRunes(p.Text, 14))
	}
	want := []string{
		"第一章 总则 > 第一条: # 数据条例⏎⏎## 第一章",
		"第一章 总则: 第二条 市人民政府应当建立健",
		"第二章 附则 > 第五条: ## 第二章 附则⏎⏎第五条",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestTables(t *testing.T) {
	t.Parallel()
	var source strings.Builder
	source.WriteString("## 补贴明细\n\n各区标准如下。\n\n| 补贴项目 | 金额 |\n|---|---|\n")
	for i := range 60 {
		fmt.Fprintf(&source, "| 第%d类算力券 | 最高 **%d万元** |\n", i+1, 10*i+10)
	}
	passages := split(t, "明细.md", source.String(), chunk.Limits{})
	rows := 0
	for i, p := range passages {
		rows += strings.Count(p.Text, "算力券")
		if i == 0 {
			continue
		}
		if p.Kind != corpus.PassageTable {
			t.Errorf("passage %d is %s: %q", i, p.Kind, p.Text)
		}
		if strings.HasPrefix(p.Text, "| 补贴项目") == (p.Header != "") || p.Header != "" && p.Header != "| 补贴项目 | 金额 |" {
			t.Errorf("passage %d has the header %q: %q", i, p.Header, p.Text)
		}
	}
	if rows != 60 || len(passages) < 4 {
		t.Errorf("%d rows in %d passages, want 60 in several", rows, len(passages))
	}
}

func TestLongParagraphs(t *testing.T) {
	t.Parallel()
	sentence := "本市支持企业租用智能算力资源（包括通用算力。不含存储），对符合条件的给予“最高不超过合同额百分之二十。”的补贴。"
	passages := split(t, "政策.txt", strings.Repeat(sentence, 40), chunk.Limits{})
	for i, p := range passages {
		if !strings.HasPrefix(p.Text, "本市支持") || !strings.HasSuffix(p.Text, "补贴。") {
			t.Errorf("passage %d is no whole sentences: %q", i, p.Text)
		}
		if n := p.Span.Len(); n < 300 && i+1 < len(passages) || n > 500 {
			t.Errorf("passage %d has %d characters", i, n)
		}
	}
	long := split(t, "政策.txt", strings.Repeat("推动算力互联互通，", 200), chunk.Limits{})
	for i, p := range long {
		if !strings.HasSuffix(p.Text, "，") || p.Span.Len() > 500 {
			t.Errorf("piece %d of an endless sentence: %d characters, %q", i, p.Span.Len(), p.Text)
		}
	}
}

func TestContentsAreInNoPassage(t *testing.T) {
	t.Parallel()
	for _, p := range split(t, "规划.txt", "云州市规划\n\n一、总体要求……………………………………1\n\n二、重点任务……………………………………2\n\n一、总体要求\n\n坚持创新驱动，推动人工智能与经济社会深度融合。", chunk.Limits{}) {
		if strings.Contains(p.Text, "……") {
			t.Errorf("a table of contents is in the passage %q", p.Text)
		}
	}
}

func TestTextGivenTwice(t *testing.T) {
	t.Parallel()
	articles := []string{
		"第一条为了规范算力券的发放，根据有关法律、法规，结合本市实际，制定本办法。",
		"第二条算力券由市数据局发放，每家企业每年申领的金额最高不超过二百万元，同一合同仅能申领一次。",
		"第三条企业申领算力券，应当在本市注册，并与智能算力供给方签订服务合同，近三年内无失信记录。",
	}
	once := strings.Join(articles, "")
	byLine := strings.ReplaceAll(strings.Join(articles, "\n"), "条", "条 ")
	passages := split(t, "办法.txt", "云州市算力券管理办法"+once+"\n云州市算力券管理办法\n"+byLine+"\n第四条 本办法自2024年8月1日起施行，由市数据局负责解释。", chunk.Limits{})
	found := map[string]int{}
	for _, p := range passages {
		for _, words := range []string{"制定本办法", "仅能申领一次", "近三年内", "负责解释"} {
			found[words] += strings.Count(p.Text, words)
		}
	}
	for words, n := range found {
		if n != 1 {
			t.Errorf("%q stands in the passages %d times, want once", words, n)
		}
	}
}

func firstRunes(s string, n int) string {
	r := []rune(strings.ReplaceAll(s, "\n", "⏎"))
	return string(r[:min(n, len(r))])
}

// FuzzSplit holds the passages of any text against what Split promises.
func FuzzSplit(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.[mt][dx]*")
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil && !strings.HasSuffix(file, ".golden") {
			f.Add(string(data), uint8(40), uint8(60), uint8(10))
		}
	}
	f.Fuzz(func(t *testing.T, source string, target, most, least uint8) {
		if !utf8.ValidString(source) {
			t.Skip()
		}
		doc, err := parse.Parse(t.Context(), "a.md", []byte(source))
		if err != nil {
			t.Skip()
		}
		text := clean.Join(doc)
		sections := outline.Of(text)
		limits := chunk.Limits{Target: int(target) + 1, Most: max(int(most), int(target)) + 1, Least: int(least) + 1}
		check(t, "fuzz", text, sections, chunk.Split(text, sections, limits), limits)
	})
}

// A passage knows the page of each of its parts.
func TestPagesOfAPassage(t *testing.T) {
	t.Parallel()
	text := clean.Join(parse.Document{Pages: 3, Blocks: []parse.Block{
		{Kind: parse.Paragraph, Text: "第一条 为支持中小企业租用智能算力，制定本办法。", Page: 1, Offset: -1},
		{Kind: parse.Paragraph, Text: "第二条 算力券按年度发放，每家企业每年最高支持80万元。", Page: 2, Offset: -1},
		{Kind: parse.Paragraph, Text: "第三条 本办法自2024年7月1日起施行。", Page: 3, Offset: -1},
	}})
	passages := chunk.Split(text, nil, chunk.Limits{})
	if len(passages) != 1 {
		t.Fatalf("got %d passages, want one", len(passages))
	}
	for words, page := range map[string]int{"第一条": 1, "制定本办法": 1, "第二条": 2, "80万元": 2, "第三条": 3, "起施行": 3} {
		at := utf8.RuneCountInString(text.String[:strings.Index(text.String, words)])
		if got := passages[0].PageAt(at); got != page {
			t.Errorf("%s is on page %d, want %d", words, got, page)
		}
	}
}
