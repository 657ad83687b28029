package metadata_test

import (
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"policykb/corpus"
	"policykb/ingest/metadata"
)

func day(t testing.TB, s string) corpus.Date {
	t.Helper()
	d, err := corpus.ParseISODate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestDetect reads heads and ends of real documents. Each row asks only for the
// fields it names; "-" asks that a field be unknown.
func TestDetect(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, file, text string
		want             map[string]string
	}{
		{
			"a statute says who passed it", "013_山东省大数据发展促进条例_2021.md",
			"# 山东省大数据发展促进条例\n\n2021年9月30日 山东省第十三届人民代表大会常务委员会第三十次会议通过\n\n## 第一章  总则\n\n第一条 为了全面实施国家大数据战略，制定本条例。\n\n第五十条 本条例自2022年1月1日起施行。\n",
			map[string]string{"title": "山东省大数据发展促进条例", "issuer": "山东省人民代表大会常务委员会", "city": "山东", "issued_on": "2021-09-30", "effective_from": "2022-01-01", "kind": "regulation", "doc_number": "-"},
		},
		{
			"the day of publication counts, the higher congress only approves", "016.md",
			"# 青岛市科技创新促进条例\n\n2011年6月28日 青岛市第十四届人民代表大会常务委员会第二十八次会议通过\n\n2011年7月29日 山东省第十一届人民代表大会常务委员会第二十五次会议批准\n\n2011年7月29日 青岛市人民代表大会常务委员会公告公布\n\n2011年10月1日 施行\n\n第一条 为促进科技创新，制定本条例。\n",
			map[string]string{"issuer": "青岛市人民代表大会常务委员会", "city": "青岛", "issued_on": "2011-07-29"},
		},
		{
			"a congress's own session", "008.md",
			"# 北京国际科技创新中心建设条例\n\n2024年1月25日 北京市第十六届人民代表大会第二次会议通过\n\n第一条 为了落实首都城市战略定位，制定本条例。\n",
			map[string]string{"issuer": "北京市人民代表大会", "city": "北京", "issued_on": "2024-01-25"},
		},
		{
			"traditional characters, an office has one name", "159.txt",
			"# 浙江省高新技術促進條例\n\n2009年9月28日 浙江省第十一屆人民代表大會常務委員會第十三次會議通過\n\n第一條 爲了促進高新技術及其產業的發展，制定本條例。\n",
			map[string]string{"issuer": "浙江省人民代表大会常务委员会", "city": "浙江", "language": "zh-Hant", "kind": "regulation"},
		},
		{
			"a policy card with labels and its title said twice", "047_北京市人工智能算力券实施方案.txt",
			"3. 北京市人工智能算力券实施方案北京市人工智能算力券实施方案\n【依据文件】《人工智能算力券实施方案（2023—2025 年）》\n【发文机构】北京市经济和信息化局\n【发文字号】/\n【发布日期】2023-10-11\n人工智能算力券实施方案支持在京注册的企业。\n【时间/频度】2023 年 10 月 11 日起至 2025 年 12 月 31 日止\n",
			map[string]string{"title": "北京市人工智能算力券实施方案", "issuer": "北京市经济和信息化局", "doc_number": "-", "issued_on": "2023-10-11", "effective_from": "2023-10-11", "effective_to": "2025-12-31", "kind": "plan", "city": "北京"},
		},
		{
			"joint issuers with a sign between", "055.txt",
			"5. 中关村对投资机构开展天使投资、创业投资予以资金补贴\n【发文机构】北京市科学技术委员会、中关村科技园区管理委员会\n【发文字号】京科发〔2022〕6 号\n【发布日期】2022-06-16\n注册在中关村示范区的企业可以申请。\n",
			map[string]string{"issuer": "北京市科学技术委员会、中关村科技园区管理委员会", "doc_number": "京科发〔2022〕6号", "city": "北京"},
		},
		{
			"joint issuers of an order that run together", "074_生成式人工智能服务管理暂行办法.txt",
			"生成式人工智能服务管理暂行办法国家互联网信息办公室中华人民共和国国家发展和改革委员会中华人民共和国教育部中华人民共和国科学技术部中华人民共和国工业和信息化部中华人民共和国公安部国家广播电视总局令第15号《生成式人工智能服务管理暂行办法》已经2023年5月23日国家互联网信息办公室2023年第12次室务会会议审议通过，现予公布，自2023年8月15日起施行。国家互联网信息办公室主任庄荣文国家发展和改革委员会主任郑栅洁2023年7月10日生成式人工智能服务管理暂行办法第一章总 则第一条为了促进生成式人工智能健康发展，制定本办法。\n",
			map[string]string{"title": "生成式人工智能服务管理暂行办法", "issuer": "国家互联网信息办公室、国家发展和改革委员会、教育部、科学技术部、工业和信息化部、公安部、国家广播电视总局", "doc_number": "令第15号", "issued_on": "2023-07-10", "effective_from": "2023-08-15", "kind": "measures", "city": "全国"},
		},
		{
			"an order with every office on a line of its own", "14.txt",
			"互联网信息服务算法推荐管理规定\n\n2022年01月04日 10:02 来源：中国网信网\n\n国家互联网信息办公室\n\n中华人民共和国工业和信息化部\n\n中华人民共和国公安部\n\n国家市场监督管理总局\n\n令\n\n第9号\n\n《互联网信息服务算法推荐管理规定》已经2021年11月16日国家互联网信息办公室2021年第20次室务会议审议通过，现予公布，自2022年3月1日起施行。\n\n国家互联网信息办公室主任庄荣文\n\n2021年12月31日\n",
			map[string]string{"issuer": "国家互联网信息办公室、工业和信息化部、公安部、国家市场监督管理总局", "doc_number": "令第9号", "issued_on": "2021-12-31", "effective_from": "2022-03-01"},
		},
		{
			"a notice that issues a plan has the plan's title", "073.txt",
			"国务院关于印发新一代人工智能发展规划的通知\n\n国发〔2017〕35号\n\n各省、自治区、直辖市人民政府，国务院各部委、各直属机构：\n\n现将《新一代人工智能发展规划》印发给你们，请认真贯彻执行。\n\n国务院\n\n2017年7月8日\n\n（此件公开发布）\n",
			map[string]string{"title": "新一代人工智能发展规划", "issuer": "国务院", "doc_number": "国发〔2017〕35号", "issued_on": "2017-07-08", "kind": "plan", "city": "全国"},
		},
		{
			"a title with its date in brackets", "086_公共数据资源开发利用暂行办法，国家数据局.txt",
			"公共数据资源开发利用暂行办法，国家数据局2024-10-09 17:56来源：\n新华社字号：默认大超大|打印收藏留言|新华社北京10月9日电中共中央办公厅国务院办公厅关于加快公共数据资源开发利用的意见（2024年9月21日）各级党政机关产生的公共数据，是国家重要的基础性战略资源。\n",
			map[string]string{"title": "关于加快公共数据资源开发利用的意见", "issuer": "中共中央办公厅、国务院办公厅", "issued_on": "2024-09-21", "kind": "opinion"},
		},
		{
			"an agency's report of a document", "080.txt",
			"中共中央 国务院印发《数字中国建设整体布局规划》2023-02-27 18:43 来源： 新华社\n\n新华社北京2月27日电 近日，中共中央、国务院印发了《数字中国建设整体布局规划》（以下简称《规划》），并发出通知。\n",
			map[string]string{"title": "数字中国建设整体布局规划", "issuer": "中共中央、国务院", "issued_on": "2023-02-27", "kind": "plan"},
		},
		{
			"signature at the end, in Chinese numerals", "a.txt",
			"成都市经济和信息化局关于开展2023年度算力券申领工作的通知\n\n成经信办〔2023〕12号\n\n各区（市）县经信部门，各有关单位：\n\n" + strings.Repeat("请各单位认真组织企业做好算力券的申领工作。\n\n", 120) + "成都市经济和信息化局\n\n二〇二三年五月二十三日\n",
			map[string]string{"issuer": "成都市经济和信息化局", "doc_number": "成经信办〔2023〕12号", "issued_on": "2023-05-23", "kind": "notice", "city": "成都"},
		},
		{
			"a number that is only quoted is another document's", "151_算力互联互通行动计划.txt",
			"算力互联互通行动计划\n\n为贯彻落实党中央、国务院决策部署，根据《关于深入实施“东数西算”工程加快构建全国一体化算力网的实施意见》（发改数据〔2023〕1779 号）等有关任务安排，加快构建算力互联互通体系。\n",
			map[string]string{"title": "算力互联互通行动计划", "doc_number": "-", "kind": "plan"},
		},
		{
			"a draft", "096.md",
			"# 广州市海珠区人工智能OPC创新发展措施（征求意见稿）\n\n**发文单位**：海珠区人工智能发展局\n\n为支持人工智能发展，制定本措施。\n",
			map[string]string{"status": "draft", "city": "广州", "district": "海珠区", "issuer": "海珠区人工智能发展局", "kind": "measures"},
		},
		{
			"labels of one policy among many are not the digest's", "104_东莞OPC政策汇总.md",
			"# 东莞 OPC 政策汇总\n\n> 广东 · 1条政策\n> 更新时间：2026-04-10\n\n---\n\n## 1. 东莞赋能OPC十条\n\n- **发文单位**：东莞市政府\n- **发布时间**：2026-03-25\n",
			map[string]string{"title": "东莞 OPC 政策汇总", "issued_on": "2026-04-10", "issuer": "-", "kind": "digest", "city": "东莞"},
		},
		{
			"a heading that names only a part is completed by the file's name", "广州_03-海珠区(琶洲).md",
			"# 海珠区（琶洲）— 政策力度最大\n\n核心补贴如下。\n",
			map[string]string{"title": "广州_03-海珠区(琶洲)", "city": "广州"},
		},
		{
			"no title in the text", "150_鹿城区工业经济高质量发展的若干政策意见.txt",
			"为认真贯彻落实党的十九大精神和省委省政府、市委市政府的决策部署，贯彻落实新发展理念，特制定本意见。\n",
			map[string]string{"title": "鹿城区工业经济高质量发展的若干政策意见", "kind": "opinion"},
		},
		{
			"front matter", "hangzhou.md",
			"---\ntitle: Hangzhou City Brain\ncity: Hangzhou \nstatus: Complete\ntags:\n  - InformationSystems\n  - Mobility\n---\n\n# Overview\n\nThe City Brain is a platform developed by Alibaba.\n",
			map[string]string{"title": "Hangzhou City Brain", "city": "杭州", "language": "en", "status": "-", "tags": "InformationSystems,Mobility"},
		},
		{
			"the head of a web page", "t20230523_1.html",
			`<html lang="en"><head><title>首页_成都市人民政府</title><meta name="ArticleTitle" content="算力券申领指南_成都市人民政府门户网站"><meta name="PubDate" content="2023-05-23 10:00"><meta name="ContentSource" content="成都市经济和信息化局"><meta name="Keywords" content="成都,门户"></head><body><p>为了支持企业使用算力，符合条件的企业可以在规定时间内申请领取算力券，具体要求由主管部门另行公布。</p></body></html>`,
			map[string]string{"title": "算力券申领指南", "issued_on": "2023-05-23", "issuer": "成都市经济和信息化局", "city": "成都", "language": "zh", "tags": "-"},
		},
		{
			"a term of years", "a.txt",
			"深圳市培育发展人工智能产业的若干措施\n\n深圳市工业和信息化局\n\n一、给予补贴。\n\n本措施自2023年6月1日起施行，有效期3年。\n",
			map[string]string{"effective_from": "2023-06-01", "effective_to": "2026-05-31", "issuer": "深圳市工业和信息化局"},
		},
		{
			"a term up to a day", "a.txt",
			"无锡市支持人工智能发展若干政策\n\n一、给予补贴。\n\n本政策自2024年1月1日起实施，有效期至2026年12月31日。\n",
			map[string]string{"effective_from": "2024-01-01", "effective_to": "2026-12-31", "city": "无锡"},
		},
		{
			"in force since it was published", "a.txt",
			"# 中关村国家自主创新示范区条例\n\n2010年12月23日 北京市第十三届人民代表大会常务委员会第二十二次会议通过\n\n第六十八条 本条例自公布之日起施行。2000年12月8日通过的《中关村科技园区条例》同时废止。\n",
			map[string]string{"effective_from": "2010-12-23", "issued_on": "2010-12-23"},
		},
		{
			"another law's day of commencement", "a.txt",
			"算力发展报告\n\n《中华人民共和国数据安全法》自2021年9月1日起施行，推动了行业发展。\n",
			map[string]string{"effective_from": "-", "kind": "report"},
		},
		{
			"the head table of a web page, copied to the end", "081_十四五数字经济发展规划.txt",
			"“十四五”数字经济发展规划\n\n" + strings.Repeat("数字经济是继农业经济、工业经济之后的主要经济形态。\n\n", 150) + "索 引 号： 000014349/2021-00139主题分类： 国民经济管理发文机关： 国务院成文日期： 2021年12月12日标 题： 国务院关于印发“十四五”数字经济发展规划的通知发文字号： 国发〔2021〕29号发布日期： 2022年01月12日\n",
			map[string]string{"title": "“十四五”数字经济发展规划", "issuer": "国务院", "doc_number": "国发〔2021〕29号", "issued_on": "2021-12-12"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m, origins, text := detect(t, test.file, []byte(test.text))
			for field, want := range test.want {
				got := value(m, field)
				if want == "-" {
					want = ""
				}
				if got != want {
					t.Errorf("%s is %q, want %q", field, got, want)
				}
				if _, ok := origins[field]; ok != (got != "") {
					t.Errorf("%s is %q, and its origin known: %v", field, got, ok)
				}
			}
			for field, origin := range origins {
				if origin.Span != nil && origin.Span.Of(text.String) == "" {
					t.Errorf("the span of %s, %v, is not in the text", field, *origin.Span)
				}
			}
		})
	}
}

// value returns a field by its name in JSON.
func value(m corpus.Metadata, field string) string {
	return map[string]string{
		"title": m.Title, "city": m.City, "district": m.District, "issuer": m.Issuer, "doc_number": m.DocNumber,
		"issued_on": m.IssuedOn.String(), "effective_from": m.EffectiveFrom.String(), "effective_to": m.EffectiveTo.String(),
		"kind": string(m.Kind), "status": string(m.Status), "language": m.Language, "tags": strings.Join(m.Tags, ","),
	}[field]
}

// TestSpans: what a person is shown as the place of a value holds the value.
func TestSpans(t *testing.T) {
	t.Parallel()
	m, origins, text := detect(t, "a.txt", []byte("成都市经济和信息化局关于开展算力券申领工作的通知\n\n成经信办〔2023〕12号\n\n各有关单位：\n\n请做好申领工作。\n\n成都市经济和信息化局\n\n2023年5月23日\n"))
	for field, want := range map[string]string{"title": m.Title, "issuer": m.Issuer, "doc_number": m.DocNumber, "issued_on": "2023年5月23日"} {
		origin := origins[field]
		if origin.From != corpus.OriginText || origin.Span == nil {
			t.Errorf("%s comes from %+v", field, origin)
			continue
		}
		if got := origin.Span.Of(text.String); got != want {
			t.Errorf("%s was read at %q, and is %q", field, got, want)
		}
	}
}

func TestOverride(t *testing.T) {
	t.Parallel()
	detected := corpus.Metadata{Title: "通知", City: "北京", Issuer: "北京市政府", Tags: []string{"a"}}
	origins := map[string]corpus.Origin{"title": {From: corpus.OriginText}, "issuer": {From: corpus.OriginText}}
	got, from := metadata.Override(detected, origins, corpus.Metadata{Title: "算力券通知", City: "鹏城", IssuedOn: day(t, "2023"), Tags: []string{"算力"}})
	want := corpus.Metadata{Title: "算力券通知", City: "深圳", Issuer: "北京市政府", IssuedOn: corpus.Date{Year: 2023}, Tags: []string{"算力"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for field, want := range map[string]corpus.OriginKind{"title": "given", "city": "given", "issued_on": "given", "tags": "given", "issuer": "text", "kind": ""} {
		if from[field].From != want {
			t.Errorf("%s comes from %q, want %q", field, from[field].From, want)
		}
	}
	if origins["title"].From != corpus.OriginText {
		t.Error("the origins handed in were changed")
	}
}

func TestStatusOn(t *testing.T) {
	t.Parallel()
	today := corpus.Date{Year: 2026, Month: time.November, Day: 24}
	for _, test := range []struct {
		name     string
		from, to string
		said     corpus.Status
		want     corpus.Status
	}{
		{"nothing known", "", "", "", corpus.StatusUnknown},
		{"in force", "2023-01-01", "", "", corpus.StatusInForce},
		{"today is its last day", "2023-01-01", "2026-11-24", "", corpus.StatusInForce},
		{"yesterday was its last day", "2023-01-01", "2026-11-23", "", corpus.StatusExpired},
		{"it ends some day this year", "", "2026", "", corpus.StatusUnknown},
		{"it ended last year", "", "2025", corpus.StatusInForce, corpus.StatusExpired},
		{"not yet", "2027-01-01", "", "", corpus.StatusUnknown},
		{"a draft stays one", "2023-01-01", "", corpus.StatusDraft, corpus.StatusDraft},
		{"repealed before its end", "2023-01-01", "2030", corpus.StatusRepeal, corpus.StatusRepeal},
	} {
		if got := metadata.StatusOn(corpus.Metadata{EffectiveFrom: day(t, test.from), EffectiveTo: day(t, test.to), Status: test.said}, today); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// TestManyOffices: a long list that is none after all takes no longer than its length.
func TestManyOffices(t *testing.T) {
	t.Parallel()
	began := time.Now()
	detect(t, "a.txt", []byte("成都市支持算力的若干措施\n\n"+strings.Repeat("教育部和公安部及财政部 ", 100)+"等\n\n2023年5月23日\n"))
	if took := time.Since(began); took > time.Second {
		t.Errorf("it takes %v", took)
	}
}

func FuzzDetect(f *testing.F) {
	f.Add("073_新一代人工智能发展规划.txt", "国务院关于印发\n新一代人工智能发展规划的通知国发〔2017〕35号\n各省：\n国务院\n2017年7月8日\n")
	f.Add("a.md", "# 山东省大数据条例\n\n2021年9月30日 山东省第十三届人民代表大会常务委员会第三十次会议通过\n\n本条例自公布之日起施行，有效期至2025年")
	f.Add("_，.txt", "【发文机构】【发文字号】：(2021年6月10日\x00通过)令第1号起施行")
	f.Add("９９_（）.md", "| 发文机关 | 国务院 |\n|---|---|\n标 题：第届人民代表大会\n2023年2月30日起")
	f.Fuzz(func(t *testing.T, name, data string) {
		if strings.TrimSpace(data) == "" || strings.Contains(data, "\x00") || !utf8.ValidString(data) {
			t.Skip()
		}
		doc, err := parseText(name, data)
		if err != nil {
			t.Skip()
		}
		m, origins, text := detectIn(name, doc)
		for field, origin := range origins {
			if origin.Span != nil && (origin.Span.Start < 0 || origin.Span.End < origin.Span.Start || origin.Span.End > text.Length) {
				t.Errorf("the span of %s, %v, is not in a text of %d", field, *origin.Span, text.Length)
			}
		}
		if m.Title == "" && origins["title"].From != "" {
			t.Error("an origin without a title")
		}
	})
}
