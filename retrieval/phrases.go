package retrieval

import (
	"regexp"
	"strings"
)

// phraseRules say, for what questions ask of a subject, how texts put it that do
// not repeat the question's words.
var phraseRules = []struct {
	asked *regexp.Regexp
	told  []string
}{
	{regexp.MustCompile(`(又|也|还|亦)(叫|称|名)|别(名|称)|俗(名|称)|原名|旧称|简称|全称|本名|(叫|称)(做|作|为)?(什么|啥)|什么(名字|称呼|称谓)`),
		phrases(`又称 亦称 也称 别称 俗称 简称 旧称 合称 统称 通称 尊称 又名 别名 俗名 原名 本名 旧名 全称 全名 名为 称作 称做 称为 叫作 叫做 更名 改名 译名`)},
	{regexp.MustCompile(`哪里|哪儿|何处|什么(地方|地区|位置)|在哪|位置|地址|哪(个|些|一)?(国家?|地区?)|总部|发源地|籍贯`),
		phrases(`位落 坐落 座落 位于 处于 在于 地处 总部 原址 旧址 地址 分布 源于 源自 产于 产自 省人 市人 县人 郡人 国人 镇人 岛人 境内 东部 南部 西部 北部 东侧 南侧 西侧 北侧`)},
	{regexp.MustCompile(`职业|职务|职位|什么(工作|身份)|身份|是什么人`),
		phrases(`演员 球员 运动员 教员 官员 议员 研究员 飞行员 家， 家、 家。 歌手 教授 主席 总统 首相 院长 校长 总裁 董事 经理 导演 律师 医生 医师 将领 大臣 作者 主持 司职 曾任 现任`)},
	{regexp.MustCompile(`谁(所)?(写|著|编|作|创|建|设|发|提|制|导|主)|作者|编著|主编|导演|创(始|办|建|立)(人|者)|由谁|哪(个|家|些)?(公司|人|机构).{0,4}(制作|开发|创|建|设计|发行|出版|拍摄)`),
		phrases(`由 著 撰 编 所作 所写 所创 所建 作者 创办 创立 创建 创始 建立 建造 建于 设计 发明 提出 制作 开发 导演 出版`)},
	{regexp.MustCompile(`特征|特点|外[形貌观]|形状|体[型形]|颜色|什么色|长什么样`),
		phrases(`呈 体 身 背 腹 色 椭形 长形 扁形 圆形 锥形 筒形 梭形 特征 特点 外形 外观 外表`)},
	{regexp.MustCompile(`习性|栖息|生活(方式|环境)|食物|吃什么|以什么为食|食性`),
		phrases(`栖息 食 觅 猎 捕 昼 夜 群 游 穴`)},
	{regexp.MustCompile(`现(在|时|任)|目前|如今`), phrases(`现为 现任 现时 现在 现属 现已 现仅 现存 目前 今属 今为 今在 至今 如今 （今`)},
	{regexp.MustCompile(`谁的|父亲|母亲|儿子|女儿|妻子|丈夫|嫁|娶|兄弟|姐妹`), phrases(`子 女 妻 夫 嫁 娶 父 母 兄 弟 姊 妹 孙`)},
	{regexp.MustCompile(`(著作|作品|专辑|歌曲|节目|电影|小说|哪(部|本|篇|首))`), phrases(`《 〈 “ 「`)},
	{regexp.MustCompile(`用途|作用|用于|功能|用来|应用`), phrases(`用于 用来 用作 用以 用途 作用 可以 可用 应用 适用 为了 功能 使`)},
	{regexp.MustCompile(`影响|结果|后果|结局`), phrases(`导 致 使 令 因此 结果 影响 造成 引起 引发 于是 最终 最后`)},
	{regexp.MustCompile(`属于|什么(类|科|属|目|语|种|族)|哪(一)?(类|科|属|目|种|族)`), phrases(`属 类 科 目 族 之一 一种`)},
}

func phrases(words string) []string { return strings.Fields(words) }

// phrasesOf are the ways in which each thing that the folded question asks for is
// told.
func phrasesOf(question string) [][]string {
	var told [][]string
	for _, rule := range phraseRules {
		if rule.asked.MatchString(question) {
			told = append(told, rule.told)
		}
	}
	return told
}

// phraseShare is the share of the asked things that a text tells in one of their
// ways; 0 where none is known.
func phraseShare(told [][]string, text string) float64 {
	if len(told) == 0 {
		return 0
	}
	held := 0
	for _, words := range told {
		for _, word := range words {
			if strings.Contains(text, word) {
				held++
				break
			}
		}
	}
	return float64(held) / float64(len(told))
}
