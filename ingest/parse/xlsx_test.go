package parse_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"policykb/ingest/parse"
)

func TestXLSX(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		fill func(f *excelize.File)
		want string
	}{
		{"a caption, a header, amounts", func(f *excelize.File) {
			rows(f, "Sheet1", [][]any{{"2023年算力补贴明细"}, {"城市", "项目", "比例", "金额(元)", "发布日期"},
				{"成都", "算力券", 0.6, 10000000, time.Date(2022, 1, 21, 0, 0, 0, 0, time.UTC)}, {"深圳", "训力券", 0.5, 5000000, time.Date(2024, 12, 3, 0, 0, 0, 0, time.UTC)}})
			share, _ := f.NewStyle(&excelize.Style{NumFmt: 9})
			day, _ := f.NewStyle(&excelize.Style{NumFmt: 14})
			_ = f.SetCellStyle("Sheet1", "C3", "C4", share)
			_ = f.SetCellStyle("Sheet1", "E3", "E4", day)
			_ = f.MergeCell("Sheet1", "A1", "E1")
		}, "caption: 2023年算力补贴明细\nrow header: | 城市 | 项目 | 比例 | 金额(元) | 发布日期 |\n" +
			"row: | 成都 | 算力券 | 60% | 10000000 | 2022-01-21 |\nrow: | 深圳 | 训力券 | 50% | 5000000 | 2024-12-03 |\n"},
		{"a city merged over its rows", func(f *excelize.File) {
			rows(f, "Sheet1", [][]any{{"城市", "项目", "金额"}, {"成都", "算力券", "500万元"}, {"", "模型券", "100万元"}, {"上海", "算力券", "100万元"}})
			_ = f.MergeCell("Sheet1", "A2", "A3")
		}, "row header: | 城市 | 项目 | 金额 |\nrow: | 成都 | 算力券 | 500万元 |\nrow: | 成都 | 模型券 | 100万元 |\nrow: | 上海 | 算力券 | 100万元 |\n"},
		{"a header of two rows", func(f *excelize.File) {
			rows(f, "Sheet1", [][]any{{"城市", "补贴标准", ""}, {"", "首次", "再次"}, {"成都", "60%", "30%"}})
			_ = f.MergeCell("Sheet1", "A1", "A2")
			_ = f.MergeCell("Sheet1", "B1", "C1")
		}, "row header: | 城市 | 补贴标准 首次 | 补贴标准 再次 |\nrow: | 成都 | 60% | 30% |\n"},
		{"two sheets and a hidden one", func(f *excelize.File) {
			_ = f.SetSheetName("Sheet1", "算力券")
			rows(f, "算力券", [][]any{{"城市", "金额"}, {"成都", "500万元"}})
			for _, name := range []string{"说明", "底稿"} {
				_, _ = f.NewSheet(name)
				rows(f, name, [][]any{{"数据截至2026年4月。"}, {"金额以人民币计。"}})
			}
			_ = f.SetSheetVisible("底稿", false)
		}, "warning: the sheet 底稿 is hidden and was left out\nheading 1: 算力券\nrow header: | 城市 | 金额 |\nrow: | 成都 | 500万元 |\n" +
			"heading 1: 说明\nparagraph: 数据截至2026年4月。\nparagraph: 金额以人民币计。\n"},
		{"gaps and lines within cells", func(f *excelize.File) {
			rows(f, "Sheet1", [][]any{{"城市", "条件", "金额"}, {"成都", "注册满一年\n无失信记录", ""}, {"", "", ""}, {"注：金额含税"}})
		}, "row header: | 城市 | 条件 | 金额 |\nrow: | 成都 | 注册满一年 无失信记录 |  |\nparagraph: 注：金额含税\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := excelize.NewFile()
			c.fill(f)
			_ = f.SetDocProps(&excelize.DocProperties{})
			var b bytes.Buffer
			if err := f.Write(&b); err != nil {
				t.Fatal(err)
			}
			doc := parsed(t, "明细.xlsx", b.Bytes())
			doc.Fields = nil
			if _, got, _ := strings.Cut(describe(doc), "\n"); got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
		})
	}
}

func TestRealXLSX(t *testing.T) {
	t.Parallel()
	doc := read(t, "11_*.xlsx")
	header := doc.Blocks[1]
	if !header.Header || header.Cells[0] != "城市" {
		t.Fatalf("block 1 names no columns: %+v", header)
	}
	n := 0
	for _, b := range doc.Blocks {
		if b.Kind == parse.Row {
			n++
		}
		if b.Kind == parse.Row && len(b.Cells) == 8 && b.Cells[0] == "成都" && strings.HasPrefix(b.Cells[5], "算力券") && b.Cells[7] == "5000000" {
			header.Text = ""
		}
	}
	if header.Text != "" {
		t.Error("no row has 成都, 算力券 and 5000000 together")
	}
	if n < 556 {
		t.Errorf("got %d rows, want 556 at least", n)
	}
}

func TestCSV(t *testing.T) {
	t.Parallel()
	gb, err := simplifiedchinese.GB18030.NewEncoder().String("城市,项目,金额\n成都,\"算力券,模型券\",500万元\n深圳,训力券,\n")
	if err != nil {
		t.Fatal(err)
	}
	table := "row header: | 城市 | 项目 | 金额 |\nrow: | 成都 | 算力券,模型券 | 500万元 |\nrow: | 深圳 | 训力券 |  |\n"
	for _, c := range []struct{ name, file, data, want string }{
		{"GB18030 with quoted commas", "补贴.csv", gb, table},
		{"tabs, with a byte order mark", "补贴.csv", "\ufeff城市\t项目\t金额\r\n成都\t算力券,模型券\t500万元\r\n深圳\t训力券\t\r\n", table},
		{"semicolons, by content alone", "补贴.txt", "城市;项目;金额\n成都;算力券,模型券;500万元\n深圳;训力券;\n", table},
		{"a line end within quotes", "a.csv", "城市,条件\n成都,\"注册满一年\n无失信记录\"\n", "row header: | 城市 | 条件 |\nrow: | 成都 | 注册满一年 无失信记录 |\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			doc := parsed(t, c.file, []byte(c.data))
			if _, got, _ := strings.Cut(describe(doc), "\n"); got != c.want || doc.Format != parse.FormatCSV {
				t.Errorf("got %s\n%swant\n%s", doc.Format, got, c.want)
			}
		})
	}
	for _, text := range []string{
		"The plan, approved in May, has three parts.\nFirst, compute.\nSecond, data, models and chips.\n",
		"第一条 为了规范,制定本办法。\n第二条 本市,区两级,各部门。\n",
		"名称：算力券, 金额：500万元\n名称：模型券, 金额：100万元\n名称：训力券, 金额：80万元\n",
	} {
		if got := parse.Detect("a.txt", []byte(text)); got != parse.FormatText {
			t.Errorf("%q is taken for %s", text, got)
		}
	}
}

// rows fills a sheet from its first cell on.
func rows(f *excelize.File, sheet string, cells [][]any) {
	for i, row := range cells {
		at, _ := excelize.CoordinatesToCellName(1, i+1)
		_ = f.SetSheetRow(sheet, at, &row)
	}
}
