package evaluate

import (
	"testing"

	"policykb/corpus"
)

func TestFindQuote(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text, quote, found string
	}{
		{"white space", "按照相关险种保险费 80%的比例\n给予补贴", "保险费80%的比例给予", "保险费 80%的比例\n给予"},
		{"quotation marks", "目前深圳公布的“城市+AI”场景应用", "深圳公布的\"城市+AI\"场景", "深圳公布的“城市+AI”场景"},
		{"widths", "算力券（６０％）最高５００万元", "算力券(60%)最高500万元", "算力券（６０％）最高５００万元"},
		{"a Markdown row in a plain text", "算力券(60%)\t最高 500万元\n", "| 算力券(60%) | 最高 **500万元** |", "算力券(60%)\t最高 500万元"},
		{"a heading", "东林村OPC\n地址：郫都区", "### 东林村OPC", "东林村OPC"},
		{"Latin case", "Smart City 规划", "smart city", "Smart City"},
		{"a ligature", "eﬃcient 规划", "efficient", "eﬃcient"},
		{"accents apart", "荨(qián)麻是植物", "荨(qia\u0301n)麻", "荨(qián)麻"},
		{"not there", "算力券最高500万元", "算力券最高600万元", ""},
	} {
		spans := foldQuote(c.text).find(foldQuote(c.quote))
		got := ""
		if len(spans) > 0 {
			got = spans[0].Of(c.text)
		}
		if got != c.found {
			t.Errorf("%s: %q in %q: found %q, want %q", c.name, c.quote, c.text, got, c.found)
		}
	}
	twice := foldQuote("免费。免费。").find(foldQuote("免费"))
	if len(twice) != 2 || twice[1] != (corpus.Span{Start: 3, End: 5}) {
		t.Errorf("a quote that stands twice: %v", twice)
	}
}

func TestHoldsKey(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, key string
		want      bool
	}{
		{"每年不超过1000万元[1]。", "1000万元", true},
		{"每年不超过 1,000 万元", "1000万元", true},
		{"每年不超过１０００万元", "1,000万元", true},
		{"每年不超过11000万元", "1000万元", false},
		{"支持110个场景", "10个", false},
		{"版本2.10", "10", false},
		{"比例为70%～80%", "70%-80%", true},
		{"第1-5项", "15", false},
		{"不低于百分之二十五", "百分之二十", false},
		{"不低于百分之二十", "百分之二十", true},
		{"应用场景“不足”", "应用场景不足", true},
		{"external experts from ten organizations", "ten", true},
		{"the content of the plan", "ten", false},
		{"New York, Washington", "new york", true},
		{"2023年8月15日起", "2023年8月15日", true},
		{"占35%，达300 EFLOPS", "300 EFLOPS", true},
		{"", "1000万元", false},
	} {
		if got := foldFigures(c.text).holds(c.key); got != c.want {
			t.Errorf("%q holds %q: %t, want %t", c.text, c.key, got, c.want)
		}
	}
}

func FuzzFold(f *testing.F) {
	f.Add("算力券（60%） | 最高 **500万元**", "500万元")
	f.Add("ﷺ1,234,567", "1234567")
	f.Fuzz(func(t *testing.T, text, quote string) {
		for _, span := range foldQuote(text).find(foldQuote(quote)) {
			if span.Start < 0 || span.Len() < 1 || span.Of(text) == "" {
				t.Errorf("%q in %q at %v", quote, text, span)
			}
		}
		foldFigures(text).holds(quote)
	})
}
