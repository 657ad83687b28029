package retrieval

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"policykb/corpus"
)

func TestSplitUnits(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		table      bool
		want       []string // what each unit marks; headings begin with #, rows with |
	}{
		{"sentences", "每年安排算力券。单个企业最高80万元！", false, []string{"每年安排算力券。", "单个企业最高80万元！"}},
		{"parts between semicolons", "对国家级平台奖励50万元；对省级平台奖励20万元。", false, []string{"对国家级平台奖励50万元；", "对省级平台奖励20万元。"}},
		{"a quotation ends with its mark", "他说:\"算力够,就能发展好。\"会议随后结束。", false, []string{"他说:\"算力够,就能发展好。\"", "会议随后结束。"}},
		{"a full stop inside brackets ends nothing", "平台（见附件。下同）应当备案。", false, []string{"平台（见附件。下同）应当备案。"}},
		{"English", "The plan has 72 articles. It took effect in Oct. 2022 and covers the U.S. market.", false,
			[]string{"The plan has 72 articles.", "It took effect in Oct. 2022 and covers the U.S. market."}},
		{"Markdown headings and items", "## 二、补贴\n\n- **地址**：高新区\n- 特色：免租", false, []string{"#二、补贴", "**地址**：高新区", "特色：免租"}},
		{"a table with its header", "| 项目 | 金额 |\n|---|---|\n| 算力券 | 最高 **500万元** |", false, []string{"#项目 | 金额", "|算力券 | 最高 **500万元**"}},
		{"a passage of rows", "算力券\t500万元\n模型券\t100万元", true, []string{"|算力券\t500万元", "|模型券\t100万元"}},
		{"a line broken by the page", "按照相关险种保险费的百分之八十比例给予保\n费补贴，每年不超过100万元。", false, []string{"按照相关险种保险费的百分之八十比例给予保\n费补贴，每年不超过100万元。"}},
		{"words in bold name their paragraph", "**Protect privacy**. Remove names first. Then publish.", false,
			[]string{"**Protect privacy**. Remove names first.", "Then publish."}},
		{"a rule is nothing", "前文。\n\n-----\n\n后文。", false, []string{"前文。", "后文。"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			text := []rune(test.text)
			var got []string
			for _, u := range splitUnits(text, test.table) {
				s := string(text[u.span.Start:u.span.End])
				switch u.kind {
				case unitHeading:
					s = "#" + s
				case unitRow:
					s = "|" + s
				}
				got = append(got, s)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("%q\ngot  %q\nwant %q", test.text, got, test.want)
			}
		})
	}
}

func TestLeads(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, rest string }{
		{"（二）全市政策。青岛日报报道，成都每年发放总额不超过1000万元的算力券。", "成都每年发放总额不超过1000万元的算力券。"},
		{"据新华社消息：首批算力券已经兑付完毕。", "首批算力券已经兑付完毕。"},
		{"**加大支持**。对企业购买算力给予20%补贴。", "对企业购买算力给予20%补贴。"},
		{"（一）数字产业化。", ""},
		{"对新闻报道，应当注明生成内容。", ""},
		{"**地址**：高新区天府大道一号。", ""},
		{"每年发放总额不超过1000万元的算力券。", ""},
	}
	for _, test := range tests {
		text := []rune(test.text)
		u := splitUnits(text, false)[0]
		got := ""
		if u.lead > 0 {
			got = string(text[u.lead:u.span.End])
		}
		if got != test.rest {
			t.Errorf("%s\ngot  %q\nwant %q", test.text, got, test.rest)
		}
	}
}

func TestUnitsStandUnderTheirHeadings(t *testing.T) {
	t.Parallel()
	text := []rune("# 措施\n\n## 一、算力\n\n| 项目 | 金额 |\n|---|---|\n| 算力券 | 500万元 |\n\n## 二、人才\n\n公寓免租。")
	units := splitUnits(text, false)
	over := func(i int) string {
		var names []string
		for _, a := range units[i].above {
			names = append(names, string(text[units[a].span.Start:units[a].span.End]))
		}
		return strings.Join(names, " > ")
	}
	if got := over(3); got != "措施 > 一、算力 > 项目 | 金额" {
		t.Errorf("the row stands under %q", got)
	}
	if got := over(len(units) - 1); got != "措施 > 二、人才" {
		t.Errorf("the last sentence stands under %q", got)
	}
}

func TestReadable(t *testing.T) {
	t.Parallel()
	tests := []struct{ quote, want string }{
		{"- **地址**：高新区", "地址：高新区"},
		{"（一）补贴标准为 20%", "补贴标准为20%"},
		{"第五条 本办法自2024年起施行", "本办法自2024年起施行"},
		{"见[政策原文](https://example.org/a)", "见政策原文"},
		{"按照保险费 80%的比例给\n予补贴", "按照保险费80%的比例给予补贴"},
		{"at  least\ntwo words", "at least two words"},
	}
	for _, test := range tests {
		if got := readable(test.quote); got != test.want {
			t.Errorf("%q reads %q, want %q", test.quote, got, test.want)
		}
	}
	if got := readableCells([]string{"算力券(60%)", "最高 **500万元**", ""}); got != "算力券(60%)：最高500万元" {
		t.Errorf("the row reads %q", got)
	}
}

// FuzzSplitUnits holds that units come in order, apart from each other, within the
// text, with clauses that cover them, and that no letter is lost.
func FuzzSplitUnits(f *testing.F) {
	for _, s := range []string{"一。二；三", "| a | b |\n|---|\n| c |", "# h\n- **x**：y", "**a**. b. C", "《》“”\n\n。。。", "> > 引用\n第一章 总则\n第一条 文"} {
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, s string, table bool) {
		text := []rune(s)
		end := 0
		covered := make([]bool, len(text))
		for _, u := range splitUnits(text, table) {
			if u.span.Start < end || u.span.End > len(text) || u.span.Len() <= 0 {
				t.Fatalf("%q has a unit at %v after %d", s, u.span, end)
			}
			end = u.span.End
			for i := u.span.Start; i < u.span.End; i++ {
				covered[i] = true
			}
			if len(u.clauses) == 0 || !u.span.Contains(u.clauses[0]) || !u.span.Contains(u.clauses[len(u.clauses)-1]) || !u.span.Contains(u.label) && u.label.Len() > 0 {
				t.Fatalf("%q has a unit %+v", s, u)
			}
			for _, a := range u.above {
				if a < 0 {
					t.Fatalf("%q has a unit above at %d", s, a)
				}
			}
		}
		for i, r := range text {
			if !covered[i] && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
				t.Fatalf("%q loses %q at %d", s, r, i)
			}
		}
	})
}

// FuzzVerify holds that a statement made of a quote's own words is verified, and
// that none is whose quote was altered.
func FuzzVerify(f *testing.F) {
	f.Add("每年发放总额不超过1000万元的算力券。", 2, 9)
	f.Add("第五条 本办法自2024年10月1日起施行。", 0, 20)
	f.Fuzz(func(t *testing.T, text string, from, to int) {
		text = strings.ToValidUTF8(text, "")
		runes := []rune(text)
		if from < 0 || to > len(runes) || from >= to {
			t.Skip()
		}
		p := Passage{Found: corpus.Found{Passage: corpus.Passage{Text: text, Span: corpus.Span{Start: 7, End: 7 + len(runes)}}}}
		q := Quote{Passage: p, Span: corpus.Span{Start: 7 + from, End: 7 + to}, Text: string(runes[from:to])}
		s := Statement{Text: q.Text, Quotes: []Quote{q}}
		if support, _, reason := Verify(s, corpus.Places()); support != SupportVerified && squeeze(q.Text) != "" {
			if _, _, dates := present(q.Text, corpus.Places()); dates == CheckNone {
				t.Errorf("%q is not verified by itself: %s", q.Text, reason)
			}
		}
		s.Quotes[0].Text += "x"
		if support, _, _ := Verify(s, corpus.Places()); support != SupportUnverified {
			t.Errorf("%q is verified by an altered quote", q.Text)
		}
	})
}
