package retrieval_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"policykb/corpus"
	"policykb/retrieval"
)

func TestTrace(t *testing.T) {
	t.Parallel()
	s, l := fixture(t)
	tests := []struct {
		name, text   string
		want         retrieval.TraceFound
		kind         string // of the first difference
		given, other string // and what it says
	}{
		{"word for word", "每年安排总额不超过3000万元的算力券", retrieval.TraceExact, "", "", ""},
		{"other widths and spaces", "每年安排总额不超过 ３０００ 万元的算力券", retrieval.TraceExact, "", "", ""},
		{"from a table", "垂直大模型研发（20%） 最高150万元", retrieval.TraceExact, "", "", ""},
		{"a changed sum", "每年安排总额不超过5000万元的算力券", retrieval.TraceNear, "number", "5000万元", "3000万元"},
		{"a ceiling made a floor", "每年安排总额不少于3000万元的算力券", retrieval.TraceNear, "number", "≥3000万元", "≤3000万元"},
		{"a changed date", "本办法自2024年11月1日起施行，《赣州市云服务券管理办法》同时废止", retrieval.TraceNear, "date", "2024年11月1日", "2024年10月1日"},
		{"a denial dropped", "同一合同可以重复申请补贴", retrieval.TraceNear, "negation", "", "不"},
		{"other words", "企业租赁本市智能算力的，按照实际支付费用的20%给予补贴", retrieval.TraceNear, "words", "", ""},
		{"nowhere", "外国游客在机场可以领取免费的电话卡", retrieval.TraceNowhere, "", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := s.Trace(context.Background(), test.text, corpus.Filter{})
			if err != nil {
				t.Fatal(err)
			}
			if got.Found != test.want {
				t.Fatalf("%q is found %s, want %s: %+v", test.text, got.Found, test.want, got.Places)
			}
			if test.want == retrieval.TraceNowhere {
				return
			}
			place := got.Places[0]
			text, err := l.catalogue.Text(context.Background(), place.Quote.Passage.Found.Document.ID, 0)
			if err != nil {
				t.Fatal(err)
			}
			if place.Quote.Span.Of(text) != place.Quote.Text {
				t.Errorf("the quote %q is not the text at its place", place.Quote.Text)
			}
			if test.kind == "" {
				if len(place.Differences) != 0 {
					t.Errorf("an exact place has differences %v", place.Differences)
				}
				return
			}
			d := place.Differences[0]
			if d.Kind != test.kind || test.given != "" && d.Given != test.given || test.other != "" && !strings.HasPrefix(d.Source, test.other) {
				t.Errorf("%q against %q differs in %+v", test.text, place.Quote.Text, place.Differences)
			}
		})
	}
	for _, bad := range []string{"", "……", strings.Repeat("算", retrieval.MaxTrace+1)} {
		if _, err := s.Trace(context.Background(), bad, corpus.Filter{}); !errors.Is(err, retrieval.ErrInvalid) {
			t.Errorf("tracing %d characters gives %v, want ErrInvalid", len([]rune(bad)), err)
		}
	}
}
