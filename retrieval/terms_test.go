package retrieval

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"policykb/corpus"
)

func TestTermStrings(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, want string }{
		{"characters and pairs", "算力券", "算 力 算力 券 力券"},
		{"marks part pairs", "补贴、奖励", "补 贴 补贴 奖 励 奖励"},
		{"traditional meets simplified", "算力補貼", "算 力 算力 补 力补 贴 补贴"},
		{"number and what it counts", "不超过1000万元", "不 超 不超 过 超过 1000 1000万元 万 元 万元"},
		{"thousands are parted by commas", "1,000万元", "1000 1000万元 万 元 万元"},
		{"full width, and a space", "１０００ 万元", "1000 1000万元 万 元 万元"},
		{"a list of numbers keeps its commas", "10,20,3000", "10 20 3000"},
		{"compute in P", "36万P", "36 36万p 万 p"},
		{"compute in EFlops", "30 EFlops", "30 30eflops eflops"},
		{"percent", "20%-30％", "20 20% 30 30%"},
		{"decimals and versions", "2.5亿元，v3.1.2", "2.5 2.5亿元 亿 元 亿元 v3 1.2"},
		{"a model number", "H100和4090D", "h100 和 4090 4090d d"},
		{"a date", "2023年5月23日", "2023 2023年 年 5 5月 月 23 23日 日"},
		{"English words", "Sora model, Seoul's plan", "sora model seoul s plan"},
		{"a letter with an accent", "Café cafe\u0301", "café café"},
		{"a number that counts nothing", "到2025。", "到 2025"},
		{"a unit that folds to several characters", "500㎡", "500 500m2 m2"},
		{"kana", "スタートアップ", "ス タ スタ ー ター ト ート ア トア ッ アッ プ ップ"},
		{"document number", "京政办发〔2023〕15号",
			"京 政 京政 办 政办 发 办发 办发〔2023〕15号 政办发〔2023〕15号 京政办发〔2023〕15号 2023 15 15号 号"},
		{"document number in other brackets", "国发（2021）第 4 号", "国 发 国发 国发〔2021〕4号 2021 第 4 4号 号"},
		{"no document number", "规划（2023）年", "规 划 规划 2023 年"},
		{"nothing", " 。\n", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			var terms []Term
			for term, o := range TermStrings(test.text) {
				got = append(got, o.Text)
				terms = append(terms, term)
				if term != hashOf(o.Text) {
					t.Errorf("%q is said to be the spelling of another term", o.Text)
				}
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("terms of %q\n got %s\nwant %s", test.text, strings.Join(got, " "), test.want)
			}
			if !slices.Equal(slices.Collect(Terms(test.text)), terms) {
				t.Error("Terms and TermStrings differ")
			}
		})
	}
}

func TestTermSpans(t *testing.T) {
	t.Parallel()
	const text = "按京政办发〔2023〕15号，㎡ 补貼 1,000 万元"
	for _, want := range []struct{ term, marked string }{
		{"京政办发〔2023〕15号", "京政办发〔2023〕15号"},
		{"m2", "㎡"},
		{"补贴", "补貼"},
		{"1000万元", "1,000 万元"},
	} {
		found := false
		for term, o := range TermStrings(text) {
			if term == hashOf(want.term) {
				found = true
				if got := o.Span.Of(text); got != want.marked {
					t.Errorf("%s marks %q, want %q", want.term, got, want.marked)
				}
			}
		}
		if !found {
			t.Errorf("%s is not among the terms", want.term)
		}
	}
}

// The hash is part of every stored index, so it must not drift.
func TestTermHash(t *testing.T) {
	t.Parallel()
	for spelling, want := range map[string]Term{"": 0x811c9dc5, "a": 0xe40c292c, "foobar": 0xbf9cf968} {
		if got := hashOf(spelling); got != want {
			t.Errorf("FNV-1a of %q is %#x, want %#x", spelling, got, want)
		}
	}
}

func TestQueryTerms(t *testing.T) {
	t.Parallel()
	got := QueryTerms("算力算力")
	for i := 1; i < len(got); i++ {
		if got[i-1].Term >= got[i].Term {
			t.Fatal("not sorted")
		}
	}
	for _, w := range got {
		want := float32(2)
		if w.Term == hashOf("力算") {
			want = 1
		}
		if w.Weight != want {
			t.Errorf("%#x weighs %v, want %v", w.Term, w.Weight, want)
		}
	}
	if len(got) != 4 {
		t.Errorf("%d terms, want 4", len(got))
	}
}

func TestNewPoint(t *testing.T) {
	t.Parallel()
	passage := corpus.Passage{
		ID: "p", Document: "d", Version: 2, Ordinal: 3,
		Text:        "每年发放总额不超过1000万元的算力券",
		HeadingPath: []string{"二、支持措施"},
		Header:      "单位：万元",
	}
	document := corpus.Document{ID: "d", Version: 2, Metadata: corpus.Metadata{
		Title: "成都市算力补贴办法", City: "成都", Kind: corpus.KindMeasures,
	}}
	point := NewPoint(passage, document, nil)
	if point.Passage != "p" || point.Document != "d" || point.Version != 2 || point.Ordinal != 3 || point.Facts.City != "成都" {
		t.Errorf("the point is of another passage: %+v", point)
	}
	weight := func(word string) float32 {
		i, ok := slices.BinarySearchFunc(point.Sparse, hashOf(word), func(w TermWeight, t Term) int { return cmp.Compare(w.Term, t) })
		if !ok {
			t.Errorf("%s has no weight", word)
			return 0
		}
		return point.Sparse[i].Weight
	}
	for i := 1; i < len(point.Sparse); i++ {
		if point.Sparse[i-1].Term >= point.Sparse[i].Term {
			t.Fatal("not sorted")
		}
	}
	if weight("算力") <= weight("力券") {
		t.Error("a word of body and title weighs no more than one of the body alone")
	}
	if point.Facts.Province != "四川" {
		t.Errorf("成都 lies in %q", point.Facts.Province)
	}
	for _, word := range []string{"成都", "四川", "支持", "单位", "1000万元"} {
		if w := weight(word); w <= 0 || w >= MaxWeight {
			t.Errorf("%s weighs %v", word, w)
		}
	}
	long := passage
	long.Text = passage.Text + strings.Repeat("，符合条件的企业可以申请", 100)
	if short, long := weight("发放"), NewPoint(long, document, nil); slices.Contains(long.Sparse, TermWeight{hashOf("发放"), short}) {
		t.Error("a word weighs as much in a long passage as in a short one")
	}
}

func FuzzTerms(f *testing.F) {
	f.Add("成都每年发放总额不超过1,000万元的算力券（成办发〔2022〕3号）")
	f.Add("e\u0301 ㎡½ 10,0 国发[2023]第 号 \xff\xfe〔2023〕")
	f.Add("5 ‰ 10 万 万万 3d打印")
	f.Fuzz(func(t *testing.T, text string) {
		runes := utf8.RuneCountInString(text)
		plain := slices.Collect(Terms(text))
		n := 0
		for term, o := range TermStrings(text) {
			if o.Span.Start < 0 || o.Span.Len() <= 0 || o.Span.End > runes {
				t.Fatalf("%q: %q at %v of %d characters", text, o.Text, o.Span, runes)
			}
			if term != hashOf(o.Text) || n >= len(plain) || plain[n] != term {
				t.Fatalf("%q: term %d is not that of %q", text, n, o.Text)
			}
			n++
		}
		if n != len(plain) {
			t.Fatalf("%q: %d terms with words, %d without", text, n, len(plain))
		}
	})
}

func BenchmarkTerms(b *testing.B) {
	text := strings.Repeat("支持企业购买算力服务，每年发放总额不超过1000万元的算力券，对符合条件的企业按合同额20%给予补贴。", 8)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		for range Terms(text) {
		}
	}
}

func BenchmarkNewPoint(b *testing.B) {
	passage := corpus.Passage{Text: strings.Repeat("支持企业购买算力服务，每年发放总额不超过1000万元的算力券，对符合条件的企业按合同额20%给予补贴。", 8)}
	document := corpus.Document{Metadata: corpus.Metadata{Title: "成都市算力补贴办法", City: "成都"}}
	b.SetBytes(int64(len(passage.Text)))
	b.ReportAllocs()
	for b.Loop() {
		NewPoint(passage, document, nil)
	}
}
