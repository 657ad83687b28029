package retrieval_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"policykb/corpus"
	"policykb/ingest"
	"policykb/retrieval"
)

func TestTrace(t *testing.T) {
	t.Parallel()
	s, l := fixture(t)
	const (
		exact   = retrieval.TraceExact
		near    = retrieval.TraceNear
		nowhere = retrieval.TraceNowhere
	)
	tests := []struct {
		name, text  string
		found       retrieval.TraceFound
		quote       string   // of the best place; "" where it is not fixed
		differences []string // of the best place: kind: given / source
	}{
		{"word for word", "每年安排总额不超过3000万元的算力券", exact, "每年安排总额不超过3000万元的算力券", nil},
		{"a line broken inside a word", "单个企业每年申领的算\n力券不超过合同额的30%，最\n高80万元。", exact, "单个企业每年申领的算力券不超过合同额的30%，最高80万元", nil},
		{"other widths and spaces", "每年安排总额不超过 ３０００ 万元的算力券", exact, "", nil},
		{"traditional characters", "每年安排總額不超過3000萬元的算力券", exact, "", nil},
		{"quotation marks of another style", "「算力券」自发放之日起六个月内有效", exact, "", nil},
		{"from a table", "垂直大模型研发（20%） 最高150万元", exact, "垂直大模型研发（20%） | 最高 **150万元", nil},
		{"half of a sentence", "市工业和信息化局应当在十五个工作日内", exact, "", nil},
		{"several sentences", "第四条 同一合同不得重复申请补贴。市工业和信息化局应当在十五个工作日内完成审核。\n\n第五条 本办法自2024年10月1日起施行", exact, "", nil},
		{"English, broken at the end of a line", "The plan consulted over forty city staff mem-\nbers from twelve agencies.", exact, "The plan consulted over forty city staff members from twelve agencies", nil},
		{"a changed sum", "每年安排总额不超过5000万元的算力券", near, "每年安排总额不超过3000万元的算力券", []string{"number: 5000万元 / 3000万元"}},
		{"a sum written otherwise", "每年安排总额不超过0.3亿元的算力券", near, "", []string{"notation: 0.3亿元 / 3000万元"}},
		{"a ceiling made a floor", "每年安排总额不少于3000万元的算力券", near, "", []string{"bound: 不少于3000万元 / 不超过3000万元"}},
		{"a ceiling left out", "每年安排总额3000万元的算力券", near, "", []string{"bound: 3000万元 / 不超过3000万元"}},
		{"another word for the ceiling", "每年安排总额不高于3000万元的算力券", near, "", []string{"word: 不高于3000万元 / 不超过3000万元"}},
		{"two changed sums", "单个企业每年申领的算力券不超过合同额的50%，最高100万元", near, "", []string{"number: 50% / 30%", "number: 100万元 / 80万元"}},
		{"a changed date", "本办法自2024年11月1日起施行，《赣州市云服务券管理办法》同时废止", near, "", []string{"date: 2024年11月1日 / 2024年10月1日"}},
		{"a changed place", "本办法自2024年10月1日起施行，《九江市云服务券管理办法》同时废止", near, "", []string{"place: 九江市 / 赣州市"}},
		{"a denial dropped", "同一合同可以重复申请补贴", near, "", []string{"negation: 可以 / 不得"}},
		{"a denial added", "算力券自发放之日起六个月内不有效", near, "", []string{"negation: 不 / "}},
		{"a floor for a ceiling, after the figure", "每年安排总额3000万元以上的算力券，支持科技型中小企业", near, "", []string{"bound: 3000万元以上 / 不超过3000万元"}},
		{"another mark", "支持科技型中小企业，高校和科研机构购买智能算力服务", near, "", []string{"punctuation: ， / 、"}},
		{"a duty made a choice", "市工业和信息化局可以在十五个工作日内完成审核", near, "", []string{"duty: 可以 / 应当"}},
		{"a word exchanged", "企业租赁本市智能算力的，按照实际支付费用的20%给予补贴", near, "企业租用本市智能算力的，按照实际支付费用的20%给予补贴", []string{"word: 赁 / 用"}},
		{"a word left out", "支持科技型中小企业和科研机构购买智能算力服务", near, "", []string{"word:  / 、高校"}},
		{"an opening of one's own", "据了解，企业租用本市智能算力的，按照实际支付费用的20%给予补贴", near, "企业租用本市智能算力的，按照实际支付费用的20%给予补贴", []string{"word: 据了解， / "}},
		{"nowhere", "外国游客在机场可以领取免费的电话卡", nowhere, "", nil},
		{"a figure alone", "5000万元", nowhere, "", nil},
		{"the end of another number", "80万元的部分由市财政承担，最高000万元", nowhere, "", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := trace(t, s, retrieval.TraceRequest{Text: test.text})
			if got.Found != test.found {
				t.Fatalf("%q is found %s, want %s: %+v", test.text, got.Found, test.found, got.Places)
			}
			exactQuotes(t, l, got)
			if test.found == nowhere {
				if len(got.Places) > 0 {
					t.Errorf("a text that stands nowhere has places: %+v", got.Places)
				}
				return
			}
			place := got.Places[0]
			if test.quote != "" && place.Quote != test.quote {
				t.Errorf("%q is found as %q, want %q", test.text, place.Quote, test.quote)
			}
			if test.found == exact && len(place.Differences) > 0 {
				t.Errorf("an exact place has differences: %v", place.Differences)
			}
			if test.differences != nil && fmt.Sprint(said(place)) != fmt.Sprint(test.differences) {
				t.Errorf("%q against %q\n got %q\nwant %q", test.text, place.Quote, said(place), test.differences)
			}
		})
	}
	for _, bad := range []string{"", "……", strings.Repeat("算", retrieval.MaxTrace+1)} {
		if _, err := s.Trace(context.Background(), retrieval.TraceRequest{Text: bad}); !errors.Is(err, retrieval.ErrInvalid) {
			t.Errorf("tracing %d characters gives %v, want ErrInvalid", len([]rune(bad)), err)
		}
	}
	if _, err := s.Trace(context.Background(), retrieval.TraceRequest{Text: "算力券", Document: "none"}); !errors.Is(err, corpus.ErrNotFound) {
		t.Errorf("tracing into an unknown document gives %v, want ErrNotFound", err)
	}
}

// trace traces one text.
func trace(t *testing.T, s *retrieval.Service, r retrieval.TraceRequest) retrieval.Trace {
	t.Helper()
	got, err := s.Trace(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// exactQuotes checks that every quote is what the version's text has at its place.
func exactQuotes(t *testing.T, l library, got retrieval.Trace) {
	t.Helper()
	for _, p := range got.Places {
		text, err := l.catalogue.Text(context.Background(), p.Document.ID, p.Version)
		if err != nil {
			t.Fatal(err)
		}
		if p.Quote == "" || p.Span.Of(text) != p.Quote {
			t.Errorf("the quote %q is not the text at its place, %q", p.Quote, p.Span.Of(text))
		}
		if p.Sentence.Start > p.Span.Start || p.Sentence.End < p.Span.End {
			t.Errorf("the sentence %v does not hold the quote %v", p.Sentence, p.Span)
		}
	}
}

// said writes a place's differences for comparing.
func said(p retrieval.TracePlace) (lines []string) {
	for _, d := range p.Differences {
		lines = append(lines, fmt.Sprintf("%s: %s / %s", d.Kind, d.Given, d.Source))
	}
	return lines
}

func TestTraceShowsTheWholeSentence(t *testing.T) {
	t.Parallel()
	s, l := fixture(t)
	got := trace(t, s, retrieval.TraceRequest{Text: "单个企业每年申领的算力券"})
	if got.Found != retrieval.TraceExact {
		t.Fatalf("found %s", got.Found)
	}
	p := got.Places[0]
	text, err := l.catalogue.Text(context.Background(), p.Document.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	if want := "单个企业每年申领的算力券不超过合同额的30%，最高80万元。"; p.Sentence.Of(text) != want {
		t.Errorf("the sentence is %q, want %q", p.Sentence.Of(text), want)
	}
	if doc, version, _, ok := p.Passage.Place(); !ok || doc != p.Document.ID || version != p.Version {
		t.Errorf("the place names the passage %q of %s, version %d", p.Passage, p.Document.ID, p.Version)
	}
}

func TestTraceInPieces(t *testing.T) {
	t.Parallel()
	s, l := fixture(t)
	text := "每年安排总额不超过3000万元的算力券，支持科技型中小企业、高校和科研机构购买智能算力服务，企业租用本市智能算力的，按照实际支付费用的20%给予补贴，每家企业每年最高50万元。"
	got := trace(t, s, retrieval.TraceRequest{Text: text})
	exactQuotes(t, l, got)
	if got.Found != retrieval.TraceNear || !got.Pieced || len(got.Places) != 2 {
		t.Fatalf("found %s, pieced %t, %d places: %+v", got.Found, got.Pieced, len(got.Places), got.Places)
	}
	for i, want := range []struct{ city, given string }{
		{"南昌", "每年安排总额不超过3000万元的算力券，支持科技型中小企业、高校和科研机构购买智能算力服务"},
		{"赣州", "企业租用本市智能算力的，按照实际支付费用的20%给予补贴，每家企业每年最高50万元"},
	} {
		p := got.Places[i]
		if p.Document.Metadata.City != want.city || p.Given.Of(text) != want.given || p.Quote != want.given || len(p.Differences) > 0 {
			t.Errorf("piece %d is %q from %s: %q, %v", i+1, p.Given.Of(text), p.Document.Metadata.City, p.Quote, p.Differences)
		}
	}

	// One sentence of three is the writer's own.
	text = "企业租用本市智能算力的，按照实际支付费用的20%给予补贴，每家企业每年最高50万元。这一力度在全省首屈一指，令人振奋。同一合同不得重复申请补贴。"
	got = trace(t, s, retrieval.TraceRequest{Text: text})
	exactQuotes(t, l, got)
	if got.Found != retrieval.TraceNear || len(got.Unfound) != 1 || !strings.HasPrefix(got.Unfound[0].Of(text), "这一力度") {
		t.Errorf("found %s, unfound %v: %+v", got.Found, got.Unfound, got.Places)
	}
}

func TestTraceALongParagraph(t *testing.T) {
	t.Parallel()
	s, l := fixture(t)
	data, err := os.ReadFile("testdata/policies/赣州算力.md")
	if err != nil {
		t.Fatal(err)
	}
	_, body, ok := strings.Cut(string(data), "虚构。）")
	if !ok {
		t.Fatal("the file has changed")
	}
	got := trace(t, s, retrieval.TraceRequest{Text: body})
	exactQuotes(t, l, got)
	if got.Found != retrieval.TraceExact {
		t.Errorf("the body of a document is found %s: %+v", got.Found, got.Places)
	}
	got = trace(t, s, retrieval.TraceRequest{Text: strings.Replace(body, "50万元", "500万元", 1)})
	exactQuotes(t, l, got)
	if got.Found != retrieval.TraceNear || fmt.Sprint(said(got.Places[0])) != "[number: 500万元 / 50万元]" {
		t.Errorf("with a changed figure it is found %s: %+v", got.Found, got.Places)
	}
}

func TestTraceVersionsAndClaims(t *testing.T) {
	t.Parallel()
	s, l := fixture(t)
	ctx := context.Background()
	page, err := l.catalogue.Documents(ctx, corpus.Listing{Filter: corpus.Filter{City: []string{"赣州"}}})
	if err != nil || len(page.Documents) != 1 {
		t.Fatalf("%d documents of 赣州: %v", len(page.Documents), err)
	}
	ganzhou := page.Documents[0]
	data, err := os.ReadFile("testdata/policies/赣州算力.md")
	if err != nil {
		t.Fatal(err)
	}
	later := strings.NewReplacer("50万元", "60万元", "第四条 同一合同不得重复申请补贴。", "第四条 ").Replace(string(data))
	job, err := l.pipeline.Add(ctx, ingest.Source{Name: "赣州算力.md", Document: ganzhou.ID, Data: bytes.NewReader([]byte(later))})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.pipeline.Wait(ctx, job.ID); err != nil {
		t.Fatal(err)
	}

	const old = "按照实际支付费用的20%给予补贴，每家企业每年最高50万元"
	got := trace(t, s, retrieval.TraceRequest{Text: old})
	exactQuotes(t, l, got)
	if p := got.Places[0]; got.Found != retrieval.TraceExact || p.Version != 1 || p.Current {
		t.Errorf("what only the first version says is found %s in version %d, current %t", got.Found, p.Version, p.Current)
	}
	if len(got.Places) < 2 || !got.Places[1].Current || fmt.Sprint(said(got.Places[1])) != "[number: 50万元 / 60万元]" {
		t.Errorf("the current version is not beside it: %+v", got.Places)
	}
	if got = trace(t, s, retrieval.TraceRequest{Text: "同一合同不得重复申请补贴"}); got.Found != retrieval.TraceExact || got.Places[0].Current {
		t.Errorf("a sentence that was taken out is found %s: %+v", got.Found, got.Places)
	}
	if got = trace(t, s, retrieval.TraceRequest{Text: "企业租用本市智能算力的"}); len(got.Places) != 2 || !got.Places[0].Current || got.Places[1].Current {
		t.Errorf("a sentence of both versions has the places %+v", got.Places)
	}

	got = trace(t, s, retrieval.TraceRequest{Text: "每年安排总额不超过3000万元的算力券", Document: ganzhou.ID})
	if got.Found != retrieval.TraceExact || !got.Elsewhere {
		t.Errorf("南昌's sentence, said to be 赣州's, is found %s, elsewhere %t", got.Found, got.Elsewhere)
	}
	got = trace(t, s, retrieval.TraceRequest{Text: "企业租用本市智能算力的", Document: ganzhou.ID})
	if got.Found != retrieval.TraceExact || got.Elsewhere {
		t.Errorf("赣州's sentence is found %s, elsewhere %t", got.Found, got.Elsewhere)
	}
}

func BenchmarkTrace(b *testing.B) {
	s, _ := fixture(b)
	data, err := os.ReadFile("testdata/policies/赣州算力.md")
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct{ name, text string }{
		{"exact", "每年安排总额不超过3000万元的算力券"},
		{"near", "每年安排总额不超过5000万元的算力券"},
		{"paragraph", strings.Replace(string(data), "50万元", "500万元", 1)},
		{"nowhere", "外国游客在机场可以领取免费的电话卡"},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Trace(context.Background(), retrieval.TraceRequest{Text: c.text}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed())/float64(time.Millisecond)/float64(b.N), "ms/trace")
		})
	}
}
