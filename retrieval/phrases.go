package retrieval

import "regexp"

// phraseRules say, for what questions ask of a subject, how texts put it that do
// not repeat the question's words.
var phraseRules = []struct{ asked, told *regexp.Regexp }{
	{regexp.MustCompile(`(又|也|还|亦)(叫|称|名)|别(名|称)|俗(名|称)|原名|旧称|简称|全称|本名|(叫|称)(做|作|为)?(什么|啥)|什么(名字|称呼|称谓)`),
		regexp.MustCompile(`[又亦也别俗简旧合统通尊]称|又名|别名|俗名|原名|本名|旧名|全称|全名|名为|[称叫][作做为]|更名|改名|译名`)},
	{regexp.MustCompile(`哪里|哪儿|何处|什么(地方|地区|位置)|在哪|位置|地址|哪(个|些|一)?(国家?|地区?)|总部|发源地|籍贯`),
		regexp.MustCompile(`[位座坐]落|[位处在]于|地处|总部|原址|旧址|地址|分布|源[于自]|产[于自]|[省市县州郡国区镇乡岛]人(?:[，。、；]|$)|境内|(东|南|西|北)(部|侧|面)`)},
	{regexp.MustCompile(`职业|职务|职位|什么(工作|身份)|身份|是什么人`),
		regexp.MustCompile(`(演|球|运动|教|官|议|船|研究|飞行|程序)员|家(?:[，。、；]|$)|歌手|教授|主席|总统|首相|院长|校长|总裁|董事|经理|导演|律师|医[生师]|将领|大臣|作者|主持|司职|[曾现任]任`)},
	{regexp.MustCompile(`谁(所)?(写|著|编|作|创|建|设|发|提|制|导|主)|作者|编著|主编|导演|创(始|办|建|立)(人|者)|由谁|哪(个|家|些)?(公司|人|机构).{0,4}(制作|开发|创|建|设计|发行|出版|拍摄)`),
		regexp.MustCompile(`由|所[著作撰写编创建]|[著撰编]|作者|创[办立建始]|建[立造于]|设计|发明|提出|制作|开发|导演|出版`)},
	{regexp.MustCompile(`特征|特点|外[形貌观]|形状|体[型形]|颜色|什么色|长什么样`),
		regexp.MustCompile(`呈|[体身背腹](部|侧|色|长|形)?|色|[椭长扁圆锥筒梭]形|特[征点]|外[形观表]`)},
	{regexp.MustCompile(`习性|栖息|生活(方式|环境)|食物|吃什么|以什么为食|食性`),
		regexp.MustCompile(`栖息|[食觅猎捕]|昼|夜|群|游|穴|[肉草藻杂]食`)},
	{regexp.MustCompile(`现(在|时|任)|目前|如今`), regexp.MustCompile(`现[为任时在属已仅存]|目前|今[^年天日]|至今|如今`)},
	{regexp.MustCompile(`谁的|父亲|母亲|儿子|女儿|妻子|丈夫|嫁|娶|兄弟|姐妹`), regexp.MustCompile(`[之其长次三四五六七幼]子|女|妻|夫|嫁|娶|父|母|兄|弟|姊|妹|[子孙]`)},
	{regexp.MustCompile(`(著作|作品|专辑|歌曲|节目|电影|小说|哪(部|本|篇|首))`), regexp.MustCompile(`[《〈“「]`)},
	{regexp.MustCompile(`用途|作用|用于|功能|用来|应用`), regexp.MustCompile(`用[于来作以途]|作用|可(以|用)|应用|适用|为了|功能|使`)},
	{regexp.MustCompile(`影响|结果|后果|结局`), regexp.MustCompile(`[导致使令]|因此|结果|影响|造成|引[起发]|于是|最终|最后`)},
	{regexp.MustCompile(`属于|什么(类|科|属|目|语|种|族)|哪(一)?(类|科|属|目|种|族)`), regexp.MustCompile(`属于?|为.{0,8}[类科属目种族]|是.{0,12}[类科属目种族]|之一|一种`)},
}

// phrasesOf are the ways in which what the folded question asks for is told.
func phrasesOf(question string) []*regexp.Regexp {
	var told []*regexp.Regexp
	for _, rule := range phraseRules {
		if rule.asked.MatchString(question) {
			told = append(told, rule.told)
		}
	}
	return told
}

// phraseShare is the share of the phrases that a text holds; 0 where none is known.
func phraseShare(told []*regexp.Regexp, text string) float64 {
	if len(told) == 0 {
		return 0
	}
	held := 0
	for _, pattern := range told {
		if pattern.MatchString(text) {
			held++
		}
	}
	return float64(held) / float64(len(told))
}
