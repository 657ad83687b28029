package label_test

import (
	"testing"

	"policykb/corpus/label"
)

func TestLeading(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		line   string
		class  label.Class
		text   string
		number int
	}{
		{"第二章 基础设施", label.Chapter, "第二章", 2},
		{"第一章总 则", label.Chapter, "第一章", 1},
		{"第二十三条 法律、行政法规规定", label.Article, "第二十三条", 23},
		{"第一百零三条 本条例自公布之日起施行", label.Article, "第一百零三条", 103},
		{"第十条之一 数据处理者", label.Article, "第十条之一", 10},
		{"第 5 条 适用范围", label.Article, "第 5 条", 5},
		{"第一條 爲了促進高新技術", label.Article, "第一條", 1},
		{"第一节 一般规定", label.Section, "第一节", 1},
		{"第五条规定的数据", label.None, "", 0},
		{"第二十九条、第三十条规定的", label.None, "", 0},
		{"第十七条第一款情形的", label.None, "", 0},
		{"第三次会议通过", label.None, "", 0},
		{"一、总体要求", label.HanComma, "一、", 1},
		{"十二、附则", label.HanComma, "十二、", 12},
		{"一是组织开展", label.None, "", 0},
		{"二、三线城市的企业", label.None, "", 0},
		{"（三）强化统筹协同治理。", label.HanParen, "（三）", 3},
		{"(十一)严厉打击", label.HanParen, "(十一)", 11},
		{"（此件公开发布）", label.None, "", 0},
		{"1．支持内容：", label.Number, "1．", 1},
		{"1.引导和支持企业", label.Number, "1.", 1},
		{"1. Introduction and Motivation", label.Number, "1.", 1},
		{"2、欧盟严格监管", label.Number, "2、", 2},
		{"1.5倍的直连", label.None, "", 0},
		{"2.1 工业园区区内已确认社区", label.Decimal, "2.1", 2},
		{"2.1 亿元", label.None, "", 0},
		{"2023年5月23日", label.None, "", 0},
		{"2023.5", label.None, "", 0},
		{"（1）企业与智能算力供给方", label.NumberParen, "（1）", 1},
		{"①初创企业", label.Circled, "①", 1},
		{"【支持标准】", label.Bracket, "【支持标准】", 0},
		{"【发文字号】/", label.Bracket, "【发文字号】", 0},
		{"——监管体系完善。", label.Dash, "——", 0},
		{"- **地址**：高新区", label.Bullet, "-", 0},
		{"附件1 名词解释", label.Annex, "附件1", 1},
		{"附录A：标准列表", label.Annex, "附录A", 1},
		{"专栏 4 算力业务互通创新行动", label.Annex, "专栏 4", 4},
		{"附件所列材料", label.None, "", 0},
		{"Article 5 Scope", label.Article, "Article 5", 5},
		{"Section 3 of the Act", label.None, "", 0},
		{"Part IV. Enforcement", label.Part, "Part IV.", 4},
		{"", label.None, "", 0},
	} {
		got, ok := label.Leading(c.line)
		if ok != (c.class != label.None) || got.Class != c.class || c.line[:got.Len] != c.text || got.Number != c.number {
			t.Errorf("%q: got class %d, %q, number %d; want class %d, %q, number %d",
				c.line, got.Class, c.line[:got.Len], got.Number, c.class, c.text, c.number)
		}
	}
}

func FuzzLeading(f *testing.F) {
	for _, s := range []string{"第一章 总则", "（一）", "1.", "2.1 x", "【】", "Part IX", "附件A"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if l, ok := label.Leading(line); ok && (l.Len <= 0 || l.Len > len(line) || l.Class == label.None) {
			t.Errorf("%q: label %+v does not lie in the line", line, l)
		}
	})
}
