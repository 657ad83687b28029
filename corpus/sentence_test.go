package corpus_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"policykb/corpus"
)

func TestSentences(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"Chinese stops", "促进数字经济发展。本条例自2023年1月1日起施行！是吗？",
			[]string{"促进数字经济发展。", "本条例自2023年1月1日起施行！", "是吗？"}},
		{"semicolons divide long sentences", "给予补助8万元；给予补助5万元。", []string{"给予补助8万元；", "给予补助5万元。"}},
		{"marks of half width", "实现100万用户;推出不到两个月,日活量突破1000万!好",
			[]string{"实现100万用户;", "推出不到两个月,日活量突破1000万!", "好"}},
		{"a quotation stays whole", "他说：“不要卷模型。要卷应用。”所谓卷模型，就是通用。",
			[]string{"他说：“不要卷模型。要卷应用。”", "所谓卷模型，就是通用。"}},
		{"a quotation that is part of a sentence", "对“不超过百分之二十。”的补贴，予以公示。好。", []string{"对“不超过百分之二十。”的补贴，予以公示。", "好。"}},
		{"brackets stay whole", "支持企业（包括：制造业；软件业。其他除外）申领。下一句。",
			[]string{"支持企业（包括：制造业；软件业。其他除外）申领。", "下一句。"}},
		{"a quotation inside a sentence", "抓住\"人工智能+\"机遇。好。", []string{"抓住\"人工智能+\"机遇。", "好。"}},
		{"an open bracket does not swallow the text", "（一 数据。个人数据。", []string{"（一 数据。", "个人数据。"}},
		{"lines", "第一章 总则\n\n第一条 为了发展。\n（一）数据；\n", []string{"第一章 总则", "第一条 为了发展。", "（一）数据；"}},
		{"table rows are never cut", "| 项目 | 金额。上限 |\n| 算力券(60%) | 最高 **500万元** |",
			[]string{"| 项目 | 金额。上限 |", "| 算力券(60%) | 最高 **500万元** |"}},
		{"English", "Cities are beginning to act. We located 14 U.S. city documents in total. See Sec. 3, e.g. Boston. \"Why?\" she asked.",
			[]string{"Cities are beginning to act.", "We located 14 U.S. city documents in total.", "See Sec. 3, e.g. Boston.", "\"Why?\"", "she asked."}},
		{"numbers are no ends", "1. Introduction of 2.5 million. Then more", []string{"1. Introduction of 2.5 million.", "Then more"}},
		{"emphasis closes with its sentence", "**Enhance governance.** The plan aims. ", []string{"**Enhance governance.**", "The plan aims."}},
		{"an ellipsis", "升级到了物理逻辑层面……这说明", []string{"升级到了物理逻辑层面……", "这说明"}},
		{"nothing", " \n\n", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, s := range corpus.Sentences(c.text) {
				got = append(got, s.Of(c.text))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%q\ngot  %q\nwant %q", c.text, got, c.want)
			}
		})
	}
}

func FuzzSentences(f *testing.F) {
	f.Add("他说：“不要卷模型。要卷应用。”所谓（甲；乙）\n| a | b. |\nMr. X said so. \"Yes.\" End")
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			t.Skip()
		}
		at := 0
		var kept strings.Builder
		for _, s := range corpus.Sentences(text) {
			words := s.Of(text)
			if s.Start < at || words == "" || strings.TrimSpace(words) != words || strings.Contains(words, "\n") {
				t.Fatalf("%q: sentence %q at %v after %d", text, words, s, at)
			}
			at = s.End
			kept.WriteString(words)
		}
		if bare := strings.Join(strings.Fields(kept.String()), ""); bare != strings.Join(strings.Fields(text), "") {
			t.Fatalf("%q: sentences hold only %q", text, bare)
		}
	})
}
