package retrieval

import (
	"strings"
	"testing"
)

func TestFocusOf(t *testing.T) {
	t.Parallel()
	for question, want := range map[string]string{
		"算力中心位于哪里？":                      "中心 心位 位于",
		"该平台由谁负责运营？":                     "该平 平台 台由 负责 责运 运营",
		"它属于什么科目？":                       "它属 属于 科目",
		"企业最多可以领多少补贴？":                   "多可 可以 以领 补贴",
		"请介绍算力券。":                        "",
		"How much is the voucher worth?": "",
	} {
		if got := strings.Join(focusOf(question), " "); got != want {
			t.Errorf("%s: %q, want %q", question, got, want)
		}
	}
}

func TestFocusPicksTheSentenceThatRepeatsIt(t *testing.T) {
	t.Parallel()
	focus := focusOf("智算中心的电费由谁承担？")
	if said, other := focusShare(focus, "智算中心的电费由园区承担。"), focusShare(focus, "智算中心去年用电三亿千瓦时。"); said <= other {
		t.Errorf("the sentence that answers has %.2f of the focus, the other %.2f", said, other)
	}
	if focusShare(nil, "没有疑问词") != 0 {
		t.Error("a question without a focus has a share of it")
	}
}
