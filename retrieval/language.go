package retrieval

import (
	"slices"
	"strings"

	"policykb/corpus"
)

// languageOf tells the language of a question: zh where Chinese characters carry
// it, en otherwise.
func languageOf(question string) string {
	han, words, inWord := 0, 0, false
	for _, r := range question {
		latin := isLatin(r)
		if latin && !inWord {
			words++
		}
		inWord = latin
		if isHan(r) {
			han++
		}
	}
	if han >= 2*words || han > 0 && words == 0 {
		return "zh"
	}
	if han > 0 && han >= words {
		return "zh"
	}
	return "en"
}

// frames are the words that make a sentence a question or hold it together and
// say nothing of what it is about, longest first in each list.
var frames = foldedRunes(
	"请问", "请告诉我", "告诉我", "帮我查一下", "查一下", "帮我", "我想知道", "想知道", "麻烦",
	"是多少", "有多少", "为多少", "多少", "是什么", "是啥", "什么样的", "什么样", "什么", "啥",
	"哪一年", "哪一天", "哪年", "哪天", "哪一个", "哪一", "哪几个", "哪几类", "哪几种", "哪几档", "哪几", "哪些", "哪个", "哪家", "哪座", "哪位", "哪部", "哪两个", "哪两", "哪三个", "哪三类", "哪三", "哪种", "哪里", "哪儿", "哪",
	"几个", "几家", "几项", "几座", "几条", "几种", "几类", "几成", "几年", "几",
	"怎么样", "怎么", "怎样", "如何", "为什么", "为何", "是否", "是不是", "有没有", "能不能", "可不可以", "会不会",
	"能否", "可否", "有无", "谁的", "谁", "吗", "呢", "吧", "么",
	"分别是", "分别有", "分别", "各是", "各有", "各自", "各", "一共", "总共", "一下", "以及", "并且", "或者", "还是", "还有",
	"大约", "大概", "差不多", "方面", "具体", "情况", "列举", "全国", "国家", "我国", "关于", "根据", "按照", "依据", "有关", "相关的", "其中", "里面", "里的", "中的", "这个", "那个", "这些", "那些", "这类", "这篇", "那篇", "那位", "这样", "那样",
	"能够", "可以", "应该", "应当", "需要", "必须", "已经", "打算", "准备", "将要", "正在", "目前", "现在", "最近", "的话", "之间", "之后", "之前",
	"他们", "它们", "我们", "你们", "咱们", "自己", "来说", "说法", "的说", "一个", "一家", "一张", "一次", "每个", "是", "的", "了", "和", "与", "及", "或", "而", "把", "被", "把", "也", "都", "就", "才", "又", "很", "太", "吗", "之", "其", "它", "他", "她", "您", "我", "你", "们", "么", "要", "在", "有", "给", "让", "对", "从", "向", "为", "以", "由", "到", "说", "哦", "啊",
)

// functionWords are characters that hold sentences together. Pairs with one of
// them tell little.
const functionWords = "的了是和与及或而把被也都就才又很太之其它他她您我你们么要在有给让对从向为以由到说上下中里内外用做使能会可应将已还更最谁哪几多少个各每这那此该等所着过来去后前时于并但若如则且因不没无未"

func isFunctionWord(r rune) bool { return strings.ContainsRune(functionWords, r) }

// safeSingles are the single characters among the frames that hardly ever stand
// inside a word of the field. The others only count as frames between words.
const safeSingles = "的了吗呢吧么哪谁啥您们几"

// frameAt returns the length of the framing word that begins at text[at]; 0 where
// none does.
func frameAt(text []rune, at int) int {
	for _, frame := range frames {
		if !hasPrefix(text[at:], frame) {
			continue
		}
		if len(frame) == 1 && !strings.ContainsRune(safeSingles, frame[0]) {
			return 0
		}
		return len(frame)
	}
	return 0
}

// foldedRunes folds words and orders them longest first.
func foldedRunes(words ...string) [][]rune {
	all := make([][]rune, len(words))
	for i, w := range words {
		all[i] = []rune(corpus.Fold(w))
	}
	slices.SortStableFunc(all, func(a, b []rune) int { return len(b) - len(a) })
	return all
}

// englishFrames are the words that frame English questions.
var englishFrames = func() map[string]bool {
	frames := make(map[string]bool)
	for word := range strings.FieldsSeq(`a an the of in on at to for from by with and or as is are was were be been being am do does did
		doing done has have had having what which who whom whose when where why how much many more most it its they them their
		this that these those there than then such can could may might must shall should will would i you he she we us our your
		my his her if so not no nor only just also about into over under between within during per each every any some all
		both either neither please tell give gives given name list say says said according up out off own very get gets got
		higher lower larger smaller older newer earlier later bigger greater year date day china chinese national`) {
		frames[word] = true
	}
	return frames
}()

func isEnglishFrame(word string) bool { return englishFrames[word] }
