package retrieval_test

import (
	"strings"
	"testing"

	"policykb/corpus"
	"policykb/retrieval"
)

// quoteOf makes a quote of the part of a text between the marks 【 and 】, or of
// the whole text.
func quoteOf(marked, title, city string) retrieval.Quote {
	before, rest, found := strings.Cut(marked, "【")
	quoted, _, _ := strings.Cut(rest, "】")
	text := strings.NewReplacer("【", "", "】", "").Replace(marked)
	start := len([]rune(before))
	if !found {
		start, quoted = 0, marked
	}
	const offset = 100 // the passage does not begin the document
	p := corpus.Passage{ID: "p", Document: "d", Version: 1, Text: text,
		Span: corpus.Span{Start: offset, End: offset + len([]rune(text))}}
	d := corpus.Document{ID: "d", Version: 1, Metadata: corpus.Metadata{Title: title, City: city}}
	return retrieval.Quote{
		Passage: retrieval.Passage{Found: corpus.Found{Passage: p, Document: d}},
		Span:    corpus.Span{Start: offset + start, End: offset + start + len([]rune(quoted))},
		Text:    quoted,
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, statement, quote, title, city string
		want                                retrieval.Support
	}{
		{"own words", "每年发放总额不超过1000万元的算力券。", "每年发放总额不超过1000万元的算力券", "", "", retrieval.SupportVerified},
		{"another writing of the sum", "每年的算力券总额最高0.1亿元。", "每年发放总额不超过一千万元的算力券", "", "", retrieval.SupportVerified},
		{"another sum", "每年发放总额不超过5000万元的算力券。", "每年发放总额不超过1000万元的算力券", "", "", retrieval.SupportUnverified},
		{"ceiling made a floor", "每年发放总额不少于1000万元的算力券。", "每年发放总额不超过1000万元的算力券", "", "", retrieval.SupportUnverified},
		{"another date", "本条例自2022年3月1日起施行。", "本条例自2022年1月1日起施行", "", "", retrieval.SupportUnverified},
		{"the month of a date", "该条例2022年1月开始施行。", "本条例自2022年1月1日起施行", "", "", retrieval.SupportVerified},
		{"place of the document", "成都的算力券最高500万元。", "| 算力券(60%) | 最高 **500万元** |", "成都 OPC 政策汇总", "成都", retrieval.SupportVerified},
		{"another place", "武汉的算力券最高500万元。", "| 算力券(60%) | 最高 **500万元** |", "成都 OPC 政策汇总", "成都", retrieval.SupportUnverified},
		{"share turned into another", "补贴比例为80%。", "按照保险费60%的比例给予补贴", "", "", retrieval.SupportUnverified},
		{"what is forbidden allowed", "同一合同可以重复申请补贴。", "同一合同不得重复申请补贴", "", "", retrieval.SupportUnverified},
		{"what is allowed forbidden", "企业不得重复享受该政策。", "企业可以重复享受该政策", "", "", retrieval.SupportUnverified},
		{"a bound is no denial", "对该项目的资助至多100万元。", "对该项目的资助不超过100万元", "", "", retrieval.SupportVerified},
		{"a title that is not there", "依据《算力券管理办法》给予补贴。", "依据本办法给予补贴", "", "", retrieval.SupportUnverified},
		{"a name that is not there", "技术由OpenAI提供。", "技术由本地企业提供", "", "", retrieval.SupportUnverified},
		{"document number", "见京政办发〔2023〕15号。", "京政办发〔2023〕15号文件规定", "", "", retrieval.SupportVerified},
		{"another document number", "见京政办发〔2023〕16号。", "京政办发〔2023〕15号文件规定", "", "", retrieval.SupportUnverified},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := retrieval.Statement{Text: test.statement, Quotes: []retrieval.Quote{quoteOf(test.quote, test.title, test.city)}}
			support, checks, reason := retrieval.Verify(s, corpus.Places())
			if support != test.want {
				t.Errorf("%q on %q is %s (%s, %+v), want %s", test.statement, test.quote, support, reason, checks, test.want)
			}
			if (reason == "") != (support == retrieval.SupportVerified) {
				t.Errorf("%s with reason %q", support, reason)
			}
		})
	}
}

func TestVerifyReadsTheQuoteInItsPlace(t *testing.T) {
	t.Parallel()
	good := quoteOf("第三条 【每年最高50万元】。", "", "")
	for name, change := range map[string]func(*retrieval.Quote){
		"altered":          func(q *retrieval.Quote) { q.Text = "每年最高80万元" },
		"moved":            func(q *retrieval.Quote) { q.Span = q.Span.Shift(1) },
		"outside":          func(q *retrieval.Quote) { q.Span = q.Span.Shift(1000) },
		"empty":            func(q *retrieval.Quote) { q.Text, q.Span.End = "", q.Span.Start },
		"backwards":        func(q *retrieval.Quote) { q.Span.Start, q.Span.End = q.Span.End, q.Span.Start },
		"before the start": func(q *retrieval.Quote) { q.Span = q.Span.Shift(-200) },
	} {
		q := good
		change(&q)
		s := retrieval.Statement{Text: q.Text, Quotes: []retrieval.Quote{q}}
		if support, checks, _ := retrieval.Verify(s, corpus.Places()); support != retrieval.SupportUnverified || checks.Quote != retrieval.CheckMismatch {
			t.Errorf("%s: %s with quote %s", name, support, checks.Quote)
		}
	}
	if support, _, _ := retrieval.Verify(retrieval.Statement{Text: "每年最高50万元。"}, corpus.Places()); support != retrieval.SupportUnverified {
		t.Errorf("a statement without quotes is %s", support)
	}
}
