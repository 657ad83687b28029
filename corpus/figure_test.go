package corpus

import (
	"fmt"
	"strings"
	"testing"
)

// describe writes a figure as a row of the tables below: text, kind, value with
// unit, bound.
func describe(f Figure) string {
	s := fmt.Sprintf("%s %s %s", f.Text, f.Kind, f.Term())
	if f.Bound != BoundNone {
		s += " " + string(f.Bound)
	}
	return s
}

func TestFigures(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		in   string
		want string // figures joined by "; "
	}{
		// Money.
		{"每年发放总额不超过1000万元的算力券", "1000万元 money 10000000元 at_most"},
		{"注册资本不低于一千万元", "一千万元 money 10000000元 at_least"},
		{"合同金额1,000万元", "1,000万元 money 10000000元"},
		{"约合0.1亿元", "0.1亿元 money 10000000元 about"},
		{"奖励 １００ 万元", "１００ 万元 money 1000000元"},
		{"给予不超过 2000 万元资金支持", "2000 万元 money 20000000元 at_most"},
		{"每小时算力价格已降至3至4元", "3至4元 money 3-4元"},
		{"每月两三千元的租金", "两三千元 money 2000-3000元"},
		{"下降到800元左右", "800元 money 800元 about"},
		{"按2000元/张发放，共2000张", "2000元/张 money 2000元/张; 2000张 count 2000张"},
		{"给予300—500万元奖励", "300—500万元 money 3000000-5000000元"},
		{"给予三至五万元奖励", "三至五万元 money 30000-50000元"},
		{"给予5000元至1万元资助", "5000元至1万元 money 5000-10000元"},
		{"处一万元以上十万元以下罚款", "一万元 money 10000元 at_least; 十万元 money 100000元 at_most"},
		{"规模突破50亿级", "50亿 number 5000000000 more_than"},
		{"形成千亿级产业集群", "千亿 number 100000000000 about"},
		{"万亿、十万亿级产业", "万亿 number 1000000000000; 十万亿 number 10000000000000 about"},
		{"最高人民法院30日内、最高30日", "30日 duration 30日 at_most; 30日 duration 30日 at_most"},
		{"补贴50万/备案奖20万", "50万 number 500000; 20万 number 200000"},
		{"资金超100余万元", "100余万元 money 1000000元 more_than"},
		{"最高 **500万元**，最高补贴100万元", "500万元 money 5000000元 at_most; 100万元 money 1000000元 at_most"},
		{"单笔补贴不超过实际投资额的20%", "20% percent 20% at_most"},
		{"up to RMB2m in subsidies", "RMB2m money 2000000元 at_most"},
		{"vouchers worth RMB250m/year", "RMB250m/year money 250000000元/年"},
		{"invest US$5.5 million and 10 million yuan", "US$5.5 million money 5500000美元; 10 million yuan money 10000000元"},
		{"人民币1000万元", "人民币1000万元 money 10000000元"},
		{"¥1,000或￥300", "¥1,000 money 1000元; ￥300 money 300元"},
		// Percent.
		{"降低70%-80%", "70%-80% percent 70-80%"},
		{"补贴50-70%，增长３０％", "50-70% percent 50-70%; ３０％ percent 30%"},
		{"经三分之二以上同意", "三分之二 percent 66.6666666667% at_least"},
		{"承担百分之八十五的责任", "百分之八十五 percent 85%"},
		{"百分之三十至百分之五十", "百分之三十至百分之五十 percent 30-50%"},
		{"约三成企业，占比近八成。", "三成 percent 30% about; 八成 percent 80% about"},
		{"贴息率≤20%，up to 45%", "20% percent 20% at_most; 45% percent 45% at_most"},
		{"打五折、85折，增长3个百分点", "五折 percent 50折; 85折 percent 85折; 3个百分点 percent 3百分点"},
		{"一成不变，建成、完成30项", "30项 count 30项"},
		// Computing.
		{"算力规模达36万P", "36万P compute 360000P"},
		{"力争达到30EFlops，300 EFLOPS", "30EFlops compute 30000P; 300 EFLOPS compute 300000P"},
		{"新增36万 P，共20 p", "36万 P compute 360000P; 20 number 20"},
		{"1000P(每秒百亿亿次)", "1000P compute 1000P; 百亿亿次 count 1000000000000000000次"},
		{"训练一次需要3640PF-days", "3640PF-days compute 3640PF-day"},
		{"建设万卡集群和2万卡集群", "万卡 compute 10000卡; 2万卡 compute 20000卡"},
		{"5G、IPv6、GPT-4与GB/T36073-2021", ""},
		// Areas and measures.
		{"面积近10000㎡，其中1.5万㎡", "10000㎡ area 10000平方米 about; 1.5万㎡ area 15000平方米"},
		{"2.3平方公里，300亩以上", "2.3平方公里 area 2300000平方米; 300亩 area 200000平方米 at_least"},
		{"存储100PB，传输20毫秒", "100PB measure 100000000GB; 20毫秒 measure 20毫秒"},
		// Durations.
		{"应当在十五个工作日内作出决定", "十五个工作日 duration 15工作日 at_most"},
		{"期限不少于两年", "两年 duration 24月 at_least"},
		{"保存期限不少于六个月，三年行动", "六个月 duration 6月 at_least; 三年 duration 36月"},
		{"一年半，半年，三五年", "一年半 duration 18月; 半年 duration 6月; 三五年 duration 36-60月"},
		{"近3年内，30日内，7×24小时", "3年 duration 36月 at_most; 30日 duration 30日 at_most; 7 number 7; 24小时 duration 24小时"},
		{"注册满1年不足5年", "1年 duration 12月 at_least; 5年 duration 60月 less_than"},
		// Dates and plans.
		{"自2023年8月15日起施行", "2023年8月15日 date 2023-08-15 at_least"},
		{"2022 年 6 月 10 日至 2023-10-11", "2022 年 6 月 10 日 date 2022-06-10; 2023-10-11 date 2023-10-11"},
		{"到2025年底前建成", "2025年底 date 2025 at_most"},
		{"二〇二三年五月二十三日", "二〇二三年五月二十三日 date 2023-05-23"},
		{"2023年以来", "2023年 date 2023 at_least"},
		{"行动计划（2023-2025年）", "2023 date 2023; 2025年 date 2025"},
		{"自当年1月1日", "1月1日 date 0000-01-01"},
		{"2023年2月30日", "2023年2月 date 2023-02; 30日 duration 30日"},
		{"“十四五”期间，十三五末", "十四五 plan 2021-2025年; 十三五 plan 2016-2020年"},
		{"the 14th Five-Year Plan, since January 10, 2023 or 10 Jan 2023, in 2016", "14th Five-Year Plan plan 2021-2025年; January 10, 2023 date 2023-01-10; 10 Jan 2023 date 2023-01-10; 2016 date 2016"},
		// Counts.
		{"1300+个工位，引进650+", "1300+个 count 1300个; 650+ number 650 at_least"},
		{"五届会议累计参会企业超过1300家", "五届 ordinal 第5届; 1300家 count 1300家 more_than"},
		{"三个方面，百余家企业", "三个 count 3个; 百余家 count 100家 more_than"},
		{"至少一名专家", "一名 count 1名 at_least"},
		{"一次性奖励，一批项目，统一标准，万众创新，三角", ""},
		{"达到2万人、1万家", "2万人 count 20000人; 1万家 count 10000家"},
		{"增长10到100倍", "10到100倍 count 10-100倍"},
		{"配套资金按1:1", "1:1 ratio 1:1"},
		{"with 72 articles, fifty city staff members, 3–5 base models", "72 articles count 72article; fifty city staff count 50staff; 3–5 base models count 3-5model"},
		{"from one in 2016 to 37 in 2022", "2016 date 2016; 37 number 37; 2022 date 2022"},
		{"1+3+N体系", ""},
		{"two documents and one document", "two documents count 2document"},
		// Ordinals, labels, document numbers, marks.
		{"第十三届全国人民代表大会第五次会议", "第十三届 ordinal 第13届; 第五次 ordinal 第5次"},
		{"依照第五条、第二十三条第（二）项的规定", "第五条 label 第5条; 第二十三条 label 第23条; 第（二）项 label 第2项"},
		{"Article 5 applies", "Article 5 label 第5条"},
		{"（郑政文〔2024〕62号）", ""},
		{"国家互联网信息办公室令第12号", "第12号 label 第12号"},
		{"1.支持企业\n2．鼓励\n（3）其他", ""},
		{"https://example.com/article/14156017.html 见第5页", "第5页 label 第5页"},
		{"第三方机构、百姓、四川、三亚、二十大", ""},
	} {
		t.Run(tc.in, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, f := range Figures(tc.in) {
				got = append(got, describe(f))
				if f.Span.Of(tc.in) != f.Text {
					t.Errorf("Span %v of %q is %q, Text %q", f.Span, tc.in, f.Span.Of(tc.in), f.Text)
				}
			}
			if g := strings.Join(got, "; "); g != tc.want {
				t.Errorf("Figures(%q)\n got %s\nwant %s", tc.in, g, tc.want)
			}
		})
	}
}

func TestSameFigure(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		a, b           string
		same, supports bool // a as evidence for b
	}{
		{"1000万元", "一千万元", true, true},
		{"1,000万", "RMB10m", true, true},
		{"0.1亿元", "1000万元", true, true},
		{"不超过1000万元", "最高1000万元", true, true},
		{"不超过1000万元", "1000万元", true, true},
		{"不超过1000万元", "不少于1000万元", false, false},
		{"超过300家", "300家以下", false, false},
		{"1000万元", "1000万美元", false, false},
		{"1000万元", "100万元", false, false},
		{"30%", "百分之三十", true, true},
		{"三成", "30％", true, true},
		{"30%", "30个百分点", false, false},
		{"30%", "30项", false, false},
		{"五折", "50%", false, false},
		{"两年", "24个月", true, true},
		{"十五个工作日", "15日", false, false},
		{"80个", "80项", true, true},
		{"2万人", "2万家", false, false},
		{"72 articles", "七十二条", true, true},
		{"fifty companies", "五十人", false, false},
		{"36万P", "360EFlops", true, true},
		{"2023年5月23日", "2023年5月", false, true},
		{"2023年5月", "2023年5月23日", false, false},
		{"2023年8月15日", "2023-08-15", true, true},
		{"2000元/张", "2000元", true, true},
		{"2000元/张", "2000元/月", false, false},
		{"70%-80%", "70%-80%", true, true},
		{"70%-80%", "80%", false, true},
		{"70%-80%", "75%", false, false},
		{"3至4元", "3-4元", true, true},
		{"“十四五”", "14th Five-Year Plan", true, true},
		{"第五条", "五条", false, false},
		{"1.5万㎡", "15000平方米", true, true},
	} {
		t.Run(tc.a+" and "+tc.b, func(t *testing.T) {
			t.Parallel()
			a, b := Figures(tc.a), Figures(tc.b)
			if len(a) != 1 || len(b) != 1 {
				t.Fatalf("%q has figures %+v, %q %+v; want one each", tc.a, a, tc.b, b)
			}
			if got := SameFigure(a[0], b[0]); got != tc.same {
				t.Errorf("SameFigure = %v, want %v (%+v, %+v)", got, tc.same, a[0], b[0])
			}
			if SameFigure(b[0], a[0]) != tc.same {
				t.Errorf("SameFigure is not symmetric for %+v, %+v", a[0], b[0])
			}
			if got := Supports(a[0], b[0]); got != tc.supports {
				t.Errorf("Supports = %v, want %v (%+v, %+v)", got, tc.supports, a[0], b[0])
			}
		})
	}
}

func FuzzFigures(f *testing.F) {
	for _, s := range []string{"不超过1000万元", "二〇二三年五月二十三日", "百分之三十至百分之五十", "RMB250m/year", "第（二）项", "1:1", "〔2024〕62号", "两三千元", "72 articles", "2023-2025年", "10 Jan 2023"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		last := 0
		for _, g := range Figures(s) {
			if g.Span.Start < last || g.Span.Len() <= 0 || g.Text != g.Span.Of(s) {
				t.Fatalf("Figures(%q): %+v after %d", s, g, last)
			}
			if g.Kind == "" || g.Kind != FigureRatio && g.Low > g.High {
				t.Fatalf("Figures(%q): %+v", s, g)
			}
			if g.Term() == "" {
				t.Fatalf("Figures(%q): %+v has no term", s, g)
			}
			last = g.Span.End
		}
	})
}

func BenchmarkFigures(b *testing.B) {
	b.SetBytes(int64(len(policyProse)))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n = len(Figures(policyProse))
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "figures/s")
}

func BenchmarkDocNumbers(b *testing.B) {
	b.SetBytes(int64(len(policyProse)))
	for b.Loop() {
		DocNumbers(policyProse + "国发〔2015〕50号")
	}
}
