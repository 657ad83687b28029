package clean_test

import (
	"strings"
	"testing"

	"policykb/ingest/clean"
	"policykb/ingest/parse"
)

// cleaned reads a plain text and cleans it.
func cleaned(t testing.TB, source string) clean.Text {
	t.Helper()
	doc, err := parse.Parse(t.Context(), "政策.txt", []byte(source))
	if err != nil {
		t.Fatalf("%q: %v", source, err)
	}
	return clean.Join(doc)
}

func TestLetters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, source, want string }{
		{"stray spaces between Han characters", "无法 拒绝 工业化进 程。", "无法拒绝工业化进程。"},
		{"stray ideographic spaces", "智\u3000能算力", "智能算力"},
		{"stray spaces at Chinese punctuation", "法律 、行政法规 ，结合 “五个一” 工程", "法律、行政法规，结合“五个一”工程"},
		{"English words keep their space", "Sora model “is here” to stay", "Sora model “is here” to stay"},
		{"Han and Latin keep one space", "2023  年 9 月起租用 GPU  算力", "2023 年 9 月起租用 GPU 算力"},
		{"nothing is put between Han and Latin", "去年ChatGPT上线", "去年ChatGPT上线"},
		{"the space after an article's number stays", "第五条 为了促进", "第五条 为了促进"},
		{"a broken article's number is mended", "第五 条 本市建立", "第五条 本市建立"},
		{"the space after a chapter's number is one", "第一章\u3000\u3000总则", "第一章 总则"},
		{"a spread title closes up", "第一章 总　　则", "第一章 总则"},
		{"a date that opens a line", "2021年9月30日 山东省人民代表大会通过", "2021年9月30日 山东省人民代表大会通过"},
		{"columns of a form stay apart", "工具分类   资金支持         服务对象", "工具分类  资金支持  服务对象"},
		{"letters and digits of full width", "２０２５年ＡＩ＋制造（ＧＰＵ）", "2025年AI＋制造（GPU）"},
		{"Chinese punctuation stays", "一、〇三年；“算力”——《规划》……（一）：％", "一、〇三年；“算力”——《规划》……（一）：％"},
		{"pronunciation", "高新技術(shù)及其產(chǎn)業(yè)（yè）", "高新技術及其產業"},
		{"words in brackets stay", "模型(token)券(shu)", "模型(token)券(shu)"},
		{"invisible characters", "算\u200b力\ufeff券\u00ad发\u2060放", "算力券发放"},
		{"an invisible character among spaces", "自 \u200b 主", "自主"},
		{"radicals named for characters", "⼈⼯智能⻓期", "人工智能长期"},
		{"compatibility characters", "\uF9D1十", "六十"},
		{"decomposed letters", "Jagoma\u0308gi cafe\u0301", "Jagomägi café"},
		{"a mark with nothing to stand on", "\u0301abc a\u200b\u0301", "abc a"},
		{"control characters", "支持企业租用智能算力资源，开展行业大模型训练和应用，提高算\x01力使用效率。", "支持企业租用智能算力资源，开展行业大模型训练和应用，提高算力使用效率。"},
		{"no-break spaces", "200\u00a0万元\u2009的补贴", "200 万元的补贴"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := cleaned(t, c.source).String; got != c.want {
				t.Errorf("%q\ngot  %q\nwant %q", c.source, got, c.want)
			}
		})
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, source, want string }{
		{"a sentence over an empty line",
			"再具象一点,在天津,每月每P(1P相当于每秒1000万亿次计算速度)的价\n\n格是两三千元,而沈阳更是低到了800元 左右。",
			"再具象一点,在天津,每月每P(1P相当于每秒1000万亿次计算速度)的价格是两三千元,而沈阳更是低到了800元左右。"},
		{"a caption in the middle of a word",
			"今年,垂直大模型受到关注。\n\n而携程集团董事局主席梁建章则更加 直接。去年7月,携程发布首个旅游行业垂\n\n\n\n奇瑞青岛超级工厂自动化生产线。\n\n直大模型\"携程问道\"。",
			"今年,垂直大模型受到关注。\n\n而携程集团董事局主席梁建章则更加直接。去年7月,携程发布首个旅游行业垂直大模型\"携程问道\"。\n\n奇瑞青岛超级工厂自动化生产线。"},
		{"a numbered figure in the middle of a sentence",
			"本市建设统一的公共数据平台，汇聚各部门数据，并向社会开放共\n图1 公共数据平台架构\n享数据目录，供企业申请使用。",
			"本市建设统一的公共数据平台，汇聚各部门数据，并向社会开放共享数据目录，供企业申请使用。\n\n图1 公共数据平台架构"},
		{"lines of one width",
			"第四条 示范区应当以科学发展观为指导，\n服务国家自主创新战略，坚持首都城市功能\n定位，推进体制改革与机制创新，建设成为\n深化改革先行区、开放创新引领区、高端要\n素聚合区。\n第五条 示范区应当以提高自主创新能力为\n核心。",
			"第四条 示范区应当以科学发展观为指导，服务国家自主创新战略，坚持首都城市功能定位，推进体制改革与机制创新，建设成为深化改革先行区、开放创新引领区、高端要素聚合区。\n\n第五条 示范区应当以提高自主创新能力为核心。"},
		{"a line that begins with a stop", "坚持权益保障\n，引导算法应用公平公正\n。", "坚持权益保障，引导算法应用公平公正。"},
		{"headings stay alone", "算力普惠\n\n\"AI的尽头是算力\",这句话充分揭示出算力的重要性。", "算力普惠\n\n\"AI的尽头是算力\",这句话充分揭示出算力的重要性。"},
		{"a signature stays alone", "现将《规划》印发给你们，请认真贯彻执行。\n国务院\n2017年7月8日", "现将《规划》印发给你们，请认真贯彻执行。\n\n国务院\n\n2017年7月8日"},
		{"a chapter's title goes to its number", "第四章\n数据安全保护义务\n第二十七条\n开展数据处理活动应当依照法律。", "第四章 数据安全保护义务\n\n第二十七条 开展数据处理活动应当依照法律。"},
		{"a lost stop before a conjunction",
			"换言之,通用大模型在解决特定场景的专业问题时存在一定的局限性,需要补足能力\n\n而携程集团董事局主席则更加直接。",
			"换言之,通用大模型在解决特定场景的专业问题时存在一定的局限性,需要补足能力\n\n而携程集团董事局主席则更加直接。"},
		{"English lines",
			"Cities are beginning to grapple with the introduction and prevalence of AI\nin governance, the workforce, and the daily lives of citizens. New advances\ncontinue to shape how society functions, and in turn how cities govern-\nance manage both day-to-day operations and the long-term planning of their\nservices.",
			"Cities are beginning to grapple with the introduction and prevalence of AI in governance, the workforce, and the daily lives of citizens. New advances continue to shape how society functions, and in turn how cities governance manage both day-to-day operations and the long-term planning of their services."},
		{"an indented line is a paragraph", "　　本条例所称数据，是指对信息的记录\n　　数据处理，包括收集、存储。", "本条例所称数据，是指对信息的记录\n\n数据处理，包括收集、存储。"},
		{"list items stay apart", "提供者应当遵守以下规定：\n（一）使用具有合法来源的数据\n（二）不得侵害知识产权", "提供者应当遵守以下规定：\n\n（一）使用具有合法来源的数据\n\n（二）不得侵害知识产权"},
		{"labels from a margin",
			"【发文机构】云州市经济和信息化局\n支持在本市注册的软件企业租用非关联方的智能算力资源，给予补贴。\n1．租用智能算力的企业，凭合同申领算力券，同一合同仅能申领一次，合同期限应在本方案执\n【服务内容】\n行期间内。\n2．算力券不得转让。\n1．在本市注册的企业。\n2．近三年内无失信记录，且申报项目应未获得其他市级财政资金支持，不受\n【条件要求】上述限制的项目除外。",
			"【发文机构】云州市经济和信息化局\n\n支持在本市注册的软件企业租用非关联方的智能算力资源，给予补贴。\n\n【服务内容】\n\n1．租用智能算力的企业，凭合同申领算力券，同一合同仅能申领一次，合同期限应在本方案执行期间内。\n\n2．算力券不得转让。\n\n【条件要求】\n\n1．在本市注册的企业。\n\n2．近三年内无失信记录，且申报项目应未获得其他市级财政资金支持，不受上述限制的项目除外。"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := cleaned(t, c.source).String; got != c.want {
				t.Errorf("%q\ngot  %q\nwant %q", c.source, got, c.want)
			}
		})
	}
}

func TestFurniture(t *testing.T) {
	t.Parallel()
	source := strings.Join([]string{
		"无障碍阅读 | 长者专区 | 登录 | 注册",
		"第一条 为了规范算力券的发放，根据有关法律、法规，结合本市实际，制定本",
		"第 1 页 共 3 页",
		"云州市算力券管理办法",
		"办法。",
		"- 2 -",
		"云州市算力券管理办法",
		"第二条 本办法自2024年7月1日起施行。",
		"— 3 —",
		"云州市算力券管理办法",
		"第三条 算力券每年发放总额不超过1000万元。",
		"主办：云州市人民政府办公室　网站标识码：0000000000　云ICP备00000000号-1",
	}, "\n")
	text := cleaned(t, source)
	want := "第一条 为了规范算力券的发放，根据有关法律、法规，结合本市实际，制定本办法。\n\n第二条 本办法自2024年7月1日起施行。\n\n第三条 算力券每年发放总额不超过1000万元。"
	if text.String != want {
		t.Errorf("got  %q\nwant %q", text.String, want)
	}
	if len(text.Furniture) != 8 {
		t.Errorf("%d lines set apart, want 8: %v", len(text.Furniture), text.Furniture)
	}
}

func TestMarkdownStaysAsWritten(t *testing.T) {
	t.Parallel()
	source := "# 成都 OPC 政策汇总\n\n> 四川 · 1条政策\n\n---\n\n- **级别**：市级　**状态**：✅ 已实施\n\n| 补贴项目 | 金额 |\n|---|---|\n| 算力券(60%) | 最高 **500万元** |\n\n**参考链接**：[新闻](https://example.org/a-b_c)\n"
	doc, err := parse.Parse(t.Context(), "成都.md", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	text := clean.Join(doc)
	want := "# 成都 OPC 政策汇总\n\n> 四川 · 1条政策\n\n- **级别**：市级 **状态**：✅ 已实施\n\n| 补贴项目 | 金额 |\n| 算力券(60%) | 最高 **500万元** |\n\n**参考链接**：[新闻](https://example.org/a-b_c)"
	if text.String != want {
		t.Errorf("got  %q\nwant %q", text.String, want)
	}
	if b := text.Blocks[0]; b.Kind != parse.Heading || b.Level != 1 || b.Mark != 2 {
		t.Errorf("the heading is %+v", b)
	}
}
