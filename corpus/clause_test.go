package corpus_test

import (
	"errors"
	"strings"
	"testing"

	"policykb/corpus"
)

// statute is of the 深圳经济特区人工智能产业促进条例 and the 上海市数据条例, shortened.
const statute = `人工智能产业促进条例

第一章 总则

第六条 市工业和信息化部门是人工智能产业主管部门，负责促进人工智能产业发展工作。

市发展改革、教育、科技创新等部门在各自职责范围内开展促进人工智能产业发展相关工作。

第六章 治理原则与措施

第七十二条 从事人工智能研究和应用的组织或者个人应当遵守伦理安全规范。

开展人工智能研究和应用活动，不得有下列行为：

（一）提供危害国家安全或者社会公共利益的产品和服务；

（二）侵犯个人隐私或者侵害个人信息权益，包括：

1.窃取个人信息；

2.出售个人信息；

（三）其他违反法律、法规的行为。

违反前款规定的，由有关部门依法处理。

第七十三条 本条例自2022年11月1日起施行。`

// statuteOutline is what ingestion finds in it.
func statuteOutline() []corpus.Section {
	at := func(heading string) corpus.Span {
		start := corpus.CodePoints(statute[:strings.Index(statute, heading)])
		return corpus.Span{Start: start, End: start + corpus.CodePoints(heading)}
	}
	end := corpus.CodePoints(statute)
	section := func(level int, label, title string, until int) corpus.Section {
		heading := at(strings.TrimSpace(label + " " + title))
		return corpus.Section{Level: level, Label: label, Title: title, Heading: heading, Body: corpus.Span{Start: heading.Start, End: until}}
	}
	sixth, last := at("\n\n第六章").Start, at("\n\n第七十三条").Start
	return []corpus.Section{
		section(1, "第一章", "总则", sixth), section(2, "第六条", "", sixth),
		section(1, "第六章", "治理原则与措施", end), section(2, "第七十二条", "", last), section(2, "第七十三条", "", end),
	}
}

func TestFindClause(t *testing.T) {
	t.Parallel()
	clauses := corpus.Clauses(statute, statuteOutline())
	for _, c := range []struct{ address, full, begins, ends string }{
		{"第六条", "第一章第六条", "第六条 市工业和信息化部门", "相关工作。"},
		{"第六条第二款", "第一章第六条第二款", "市发展改革、教育、科技创新等部门", "相关工作。"},
		{"第六章第七十二条第二款", "第六章第七十二条第二款", "开展人工智能研究和应用活动", "其他违反法律、法规的行为。"},
		{"第72条第2款第（二）项", "第六章第七十二条第二款（二）", "（二）侵犯个人隐私", "2.出售个人信息；"},
		{"第七十二条第二款第二项第一目", "第六章第七十二条第二款（二）1.", "1.窃取个人信息；", "1.窃取个人信息；"},
		{"第七十二条（三）", "第六章第七十二条第二款（三）", "（三）其他违反", "的行为。"},
		{"第七十二條第三款", "第六章第七十二条第三款", "违反前款规定的", "依法处理。"},
		{"第七十三条第一款", "第六章第七十三条", "第七十三条 本条例自2022年", "起施行。"},
		{"第六章", "第六章", "第六章 治理原则与措施", "起施行。"},
	} {
		got, err := corpus.FindClause(clauses, c.address)
		if err != nil {
			t.Errorf("%s: %v", c.address, err)
			continue
		}
		text := got.Span.Of(statute)
		if got.Address != c.full || !strings.HasPrefix(text, c.begins) || !strings.HasSuffix(text, c.ends) {
			t.Errorf("%s is %s, %q; want %s, %s … %s", c.address, got.Address, text, c.full, c.begins, c.ends)
		}
	}
	for address, want := range map[string]error{
		"第五条": corpus.ErrNotFound, "第六条第三款": corpus.ErrNotFound, "第一章第七十二条": corpus.ErrNotFound,
		"第二款": corpus.ErrConflict, "  ": corpus.ErrInvalid,
	} {
		if got, err := corpus.FindClause(clauses, address); !errors.Is(err, want) {
			t.Errorf("%q: got %q and %v, want %v", address, got.Address, err, want)
		}
	}
}

// A plan is told by 一、（一）1., and an annex begins its own.
func TestClausesOfAPlan(t *testing.T) {
	t.Parallel()
	text := "三、重点任务\n\n（二）强化算力供给\n\n支持方式如下：\n\n1.发放算力券；\n\n2.每家企业每年最高补贴200万元。\n\n附件1\n\n三、申报材料\n\n（一）申请表；（二）承诺书。"
	span := func(from, to string) corpus.Span {
		start := corpus.CodePoints(text[:strings.Index(text, from)])
		end := strings.Index(text, to) + len(to)
		return corpus.Span{Start: start, End: corpus.CodePoints(text[:end])}
	}
	outline := []corpus.Section{
		{Level: 1, Label: "三、", Title: "重点任务", Heading: span("三、重点", "重点任务"), Body: span("三、重点", "200万元。")},
		{Level: 2, Label: "（二）", Title: "强化算力供给", Heading: span("（二）强化", "算力供给"), Body: span("（二）强化", "200万元。")},
		{Level: 1, Label: "附件1", Heading: span("附件1", "附件1"), Body: span("附件1", "承诺书。")},
		{Level: 2, Label: "三、", Title: "申报材料", Heading: span("三、申报", "申报材料"), Body: span("三、申报", "承诺书。")},
	}
	clauses := corpus.Clauses(text, outline)
	for address, want := range map[string]string{
		"三、（二）2.":    "2.每家企业每年最高补贴200万元。",
		"三、(二)2":     "",
		"第三部分（二）1.":  "1.发放算力券；",
		"附件1三、":      "三、申报材料\n\n（一）申请表；（二）承诺书。",
		"附件1三、第二项":   "（二）承诺书。",
		"三、/强化算力供给":  "",
		"附件 1 三、（一）": "（一）申请表；",
	} {
		got, err := corpus.FindClause(clauses, address)
		if want == "" {
			if err == nil {
				t.Errorf("%s is %s", address, got.Address)
			}
			continue
		}
		if text := got.Span.Of(text); err != nil || text != want {
			t.Errorf("%s is %q (%v), want %q", address, text, err, want)
		}
	}
}
