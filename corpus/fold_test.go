package corpus

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFold(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, in, want string }{
		{"empty", "", ""},
		{"already folded", "成都每年发放算力券", "成都每年发放算力券"},
		{"full width", "ＡＩ补贴１０００万元（含税），", "ai补贴1000万元(含税),"},
		{"case", "RMB250m/year for AI Startups", "rmb250m/year for ai startups"},
		{"units", "近10000㎡，30℃", "近10000m2,30°c"},
		{"traditional", "深圳經濟特區人工智能產業促進條例", "深圳经济特区人工智能产业促进条例"},
		{"names", "臺灣、瀋陽、廣東、滬", "台湾、沈阳、广东、沪"},
		{"ambiguous characters meet", "乾燥乾坤頭髮發展瞭解之後", "干燥干坤头发发展了解之后"},
		{"compatibility ideograph", "\uF92D來", "来来"},
		{"circled", "①②㈠", "12(一)"},
		{"roman", "Ⅳ级", "iv级"},
		{"combining", "Ü U\u0308", "ü ü"},
		{"combining after a fold", "Ａ\u0301", "á"},
		{"jamo", "\u1100\u1161\u11A8", "각"},
		{"beyond the plane", "𝐀𠀀😀", "a𠀀😀"},
		{"ideographic space", "第一条　为了", "第一条 为了"},
		{"broken bytes", "a\xff\xfeb", "a\uFFFD\uFFFDb"},
		{"Chinese marks stay", "《条例》、“十四五”。〔2024〕", "《条例》、“十四五”。〔2024〕"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := Fold(tc.in); got != tc.want {
				t.Errorf("Fold(%q) = %q, want %q", tc.in, got, tc.want)
			}
		})
	}
}

func TestFoldRune(t *testing.T) {
	t.Parallel()
	for in, want := range map[rune]rune{
		'Ａ': 'a', 'Z': 'z', '產': '产', '产': '产', '，': ',', '㎡': '㎡', '\u0301': '\u0301', '𝐀': 'a', '😀': '😀', -1: utf8.RuneError,
	} {
		if got := FoldRune(in); got != want {
			t.Errorf("FoldRune(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestFoldMapped(t *testing.T) {
	t.Parallel()
	in := "補貼㎡ＡU\u0308，"
	folded, sources := FoldMapped(in)
	if want := "补贴m2aü,"; folded != want {
		t.Fatalf("FoldMapped(%q) = %q, want %q", in, folded, want)
	}
	want := []int32{0, 1, 2, 2, 3, 4, 6}
	for i := range want {
		if i >= len(sources) || sources[i] != want[i] {
			t.Fatalf("sources = %v, want %v", sources, want)
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"補貼㎡ＡU\u0308，", "İ\u0301", "\u1100\u1161", "\xff\u0301", "\u0344a", "ϔ", "𝐀\U0001D165"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		folded := Fold(s)
		if !utf8.ValidString(folded) {
			t.Fatalf("Fold(%q) = %q: not UTF-8", s, folded)
		}
		if again := Fold(folded); again != folded {
			t.Fatalf("Fold(%q) = %q, and again %q", s, folded, again)
		}
		mapped, sources := FoldMapped(s)
		if mapped != folded {
			t.Fatalf("FoldMapped(%q) = %q, Fold %q", s, mapped, folded)
		}
		if len(sources) != utf8.RuneCountInString(folded) {
			t.Fatalf("FoldMapped(%q): %d sources of %d runes", s, len(sources), utf8.RuneCountInString(folded))
		}
		last, n := int32(0), int32(utf8.RuneCountInString(s))
		for _, at := range sources {
			if at < last || at >= n {
				t.Fatalf("FoldMapped(%q): source %d after %d of %d", s, at, last, n)
			}
			last = at
		}
		for _, r := range s {
			if one := []rune(Fold(string(r))); len(one) == 1 && FoldRune(r) != one[0] && FoldRune(r) != r {
				t.Fatalf("FoldRune(%q) = %q, Fold %q", r, FoldRune(r), one)
			}
		}
	})
}

// policyProse is a stretch of real drafting, as the indexing path meets it.
var policyProse = strings.Repeat("第二十三条　市、区人民政府应当安排专项资金，对购买算力服务的企业给予补贴，补贴比例最高不超过30%，每家企业每年不超过1000万元；对通过备案的大模型产品（含行业大模型）给予一次性奖励。支持OPC社区建设，面积不少于10000平方米，自2024年8月15日起施行。", 400)

func BenchmarkFold(b *testing.B) {
	for _, bc := range []struct {
		name string
		fold func(string)
	}{
		{"plain", func(s string) { Fold(s) }},
		{"mapped", func(s string) { FoldMapped(s) }},
		{"runes", func(s string) {
			for _, r := range s {
				FoldRune(r)
			}
		}},
	} {
		b.Run(bc.name, func(b *testing.B) {
			b.SetBytes(int64(len(policyProse)))
			b.ReportAllocs()
			for b.Loop() {
				bc.fold(policyProse)
			}
		})
	}
}
