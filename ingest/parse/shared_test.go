package parse_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"policykb/ingest/parse"
)

// TestFormats reads files that an analyst might hand over.
func TestFormats(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("POLICYKB_SHARED")
	if dir == "" {
		dir = "../../../shared"
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no measuring data: set POLICYKB_SHARED to its folder (%v)", err)
	}
	for _, c := range []struct {
		file      string
		format    parse.Format
		charset   string
		has, lack []string
		code      parse.Code
	}{
		{file: "06_*", format: parse.FormatHTML, charset: "UTF-8",
			has: []string{"第十八条 自然人、法人", "第一章 总则"}, lack: []string{"ICP备", "植树活动", "无障碍阅读", "_hmt"}},
		{file: "07_*", format: parse.FormatHTML, charset: "GB18030",
			has: []string{"| 算力补助(50%) | 最高 **20万元** |", "4000㎡"}, lack: []string{"ICP备", "植树活动", "|---"}},
		{file: "08_*", format: parse.FormatMarkdown, charset: "GB18030", has: []string{"2015年12月1日 施行"}, lack: []string{"INFO END"}},
		{file: "09_*", format: parse.FormatText, charset: "UTF-16LE", has: []string{"第一条 为了促进高新技术"}},
		{file: "10_*", format: parse.FormatMarkdown, charset: "UTF-8", has: []string{"| 算力券(50-80%) | 最高 **50万元** |", "## 2. 崂山区OPC产业支持政策清单（首批）"}},
		{file: "12_*", format: parse.FormatHTML, charset: "UTF-8", has: []string{"算力券：最高100万(100%补贴)", "上海市超级创业者社区若干措施"}, lack: []string{"友情链接", "数据看板", "var(--"}},
		{file: "90_*", code: parse.CodeEmpty},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			files, err := filepath.Glob(filepath.Join(dir, "formats", c.file))
			if err != nil || len(files) != 1 {
				t.Fatalf("%d files match %s (%v)", len(files), c.file, err)
			}
			data, err := os.ReadFile(files[0])
			if err != nil {
				t.Fatal(err)
			}
			doc, err := parse.Parse(t.Context(), filepath.Base(files[0]), data)
			if c.code != "" {
				var refused *parse.Error
				if !errors.As(err, &refused) || refused.Code != c.code {
					t.Fatalf("got error %v, want code %s", err, c.code)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if doc.Format != c.format || doc.Charset != c.charset {
				t.Errorf("got %s in %s, want %s in %s", doc.Format, doc.Charset, c.format, c.charset)
			}
			text := textOf(doc)
			for _, s := range c.has {
				if !strings.Contains(text, s) {
					t.Errorf("the text lacks %q", s)
				}
			}
			for _, s := range c.lack {
				if strings.Contains(text, s) {
					t.Errorf("the text holds %q", s)
				}
			}
		})
	}
}

// textOf gives the blocks of a document, one a line.
func textOf(doc parse.Document) string {
	var b strings.Builder
	for _, block := range doc.Blocks {
		b.WriteString(block.Text)
		b.WriteByte('\n')
	}
	return b.String()
}
