package corpus_test

import (
	"strings"
	"testing"

	"policykb/corpus"
)

func TestChanges(t *testing.T) {
	t.Parallel()
	version := func(text string) corpus.Version {
		v := corpus.Version{Text: text}
		start := 0
		for line := range strings.Lines(text) {
			if label, title, ok := strings.Cut(strings.TrimSpace(line), "、"); ok && len([]rune(label)) == 1 {
				v.Outline = append(v.Outline, corpus.Section{Level: 1, Label: label + "、", Title: title, Heading: corpus.Span{Start: start, End: start + len([]rune(line)) - 1}})
			}
			start += len([]rune(line))
		}
		return v
	}
	const notice = "一、支持范围\n租用智能算力的企业，可以申请算力券。\n二、支持标准\n按照合同金额的20%给予支持，每家企业每年最高80万元。\n三、附则\n本措施自发布之日起施行。\n"
	for _, test := range []struct{ name, now, want string }{
		{"nothing", notice, ""},
		{"white space alone", strings.ReplaceAll(notice, "企业，", "企业， "), ""},
		{"a figure", strings.Replace(notice, "80万元", "120万元", 1), "changed 二、支持标准: 按照合同金额的20%给予支持，每家企业每年最高80万元。 → 按照合同金额的20%给予支持，每家企业每年最高120万元。"},
		{"a paragraph more", strings.Replace(notice, "三、", "同一合同不重复支持。\n三、", 1), "added 二、支持标准: 同一合同不重复支持。"},
		{"a paragraph less", strings.Replace(notice, "本措施自发布之日起施行。\n", "", 1), "removed 三、附则: 本措施自发布之日起施行。"},
		{"another text", "关于低空经济的意见\n", "added : 关于低空经济的意见 | removed 一、支持范围: 一、支持范围 | removed 一、支持范围: 租用智能算力的企业，可以申请算力券。 | " +
			"removed 二、支持标准: 二、支持标准 | removed 二、支持标准: 按照合同金额的20%给予支持，每家企业每年最高80万元。 | removed 三、附则: 三、附则 | removed 三、附则: 本措施自发布之日起施行。"},
		{"nothing left", "", "removed 一、支持范围: 一、支持范围 | removed 一、支持范围: 租用智能算力的企业，可以申请算力券。 | " +
			"removed 二、支持标准: 二、支持标准 | removed 二、支持标准: 按照合同金额的20%给予支持，每家企业每年最高80万元。 | removed 三、附则: 三、附则 | removed 三、附则: 本措施自发布之日起施行。"},
	} {
		var got []string
		for _, c := range corpus.Changes(version(notice), version(test.now)) {
			line := string(c.Kind) + " " + strings.Join(c.HeadingPath, " › ") + ": " + c.Before.Of(notice)
			if c.Kind == corpus.ChangeChanged {
				line += " → "
			}
			got = append(got, line+c.After.Of(test.now))
		}
		if joined := strings.Join(got, " | "); joined != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.name, joined, test.want)
		}
	}
}
