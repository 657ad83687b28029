package retrieval

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"policykb/corpus"
)

// sayings are words that a sentence about a text may have though the text has
// not: they tie its facts together and add none.
const sayings = `的 了 为 是 在 对 对于 与 和 及 以及 等 其 该 本 此 这 将 会 要 须 需 均 都 各 可 可以 并 且 而 或 或者 按 按照 根据 依照 依据 由 从 自 至 到 于 起 止 把 被 让 使 用 用于 用来 以 有 有的 也 就 则 若 如果 时 中 内 里 上 后 前 间 之 之间 之一 所 者 方面 情况 情形 下 给 给予 予以 提供 获得 获 可获 可获得 享受 得到 取得 规定 明确 提出 要求 指出 表示 说明 包括 包含 具体 主要 相关 有关 方式 通过 进行 开展 实施 执行 施行 开始 生效 起施行 应 应当 应该 必须 须在 需要 最高 最多 至多 上限 最高上限 封顶 不超过 以内 以下 最低 至少 下限 不少于 不低于 以上 超过 多于 高于 低于 少于 早于 晚于 相同 相差 差距 约 大约 左右 达 达到 为止 共 共计 合计 总计 总共 一共 分别 其中 同时 此外 另外 还 另 即 也就是 属于 称为 是指 指 事先 之前 之后 期间 期限 时间 日期 金额 数额 总额 总额度 比例 标准 数量 规模 额度 资金 支持 补贴 补助 奖励 资助 每 每年 年度 一年 全年 单个 单家 每家 各 针对 面向 符合 条件 当地 全市 本市 市内 全省 本省 全国 国家 政府 政策 文件 办法 条例 规定 通知 意见 草案 拟 拟规定 计划 方案 措施 目标 预计 力争 今年 去年 明年 名 个 家 人 位 项 元 禁止 没有 不得 不能 不可 无需 不予 未`

var sayingWords = sync.OnceValue(func() map[string]bool {
	words := make(map[string]bool)
	for _, w := range strings.Fields(sayings) {
		words[w] = true
	}
	return words
})

// longestSaying is the length of the longest of the sayings, in code points.
const longestSaying = 5

// addresses are what a reader could be led away by.
var addresses = regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.-]*://\S+|\bwww\.\S+|\S+@\S+\.\w+|!?\[[^\]]*\]\([^)]*\)|</?[a-z][^>]*>|\bjavascript:\S*`)

// verifyWords looks for every content word of the statement in the quotes and what
// stands beside them. A Chinese word counts as held where its characters stand
// together there, or the thesaurus knows another word for it that does; in a
// statement in another language than the quotes only figures and names can be
// looked for, and one of them must be there.
func verifyWords(s Statement, contexts []quoteContext, places *corpus.Gazetteer) (faults []string) {
	held := heldBy(contexts, true)
	for _, address := range addresses.FindAllString(s.Text, -1) {
		if !strings.Contains(held, corpus.Fold(address)) {
			faults = append(faults, fmt.Sprintf("no quote has the address %s", abridge(address, 60)))
		}
	}
	if languageOf(s.Text) != "zh" {
		if languageOf(held) == "zh" {
			numbers, dates, named := present(s.Text, places)
			if numbers == CheckNone && dates == CheckNone && named == CheckNone {
				faults = append(faults, "it has no figure, date or place by which its quote can be found to carry it")
			}
			return faults
		}
		return append(faults, verifyEnglishWords(s.Text, held)...)
	}
	return append(faults, verifyHanWords(s.Text, held, places)...)
}

// verifyHanWords finds the words of a Chinese statement that are not held.
func verifyHanWords(text, held string, places *corpus.Gazetteer) (faults []string) {
	runes := foldEach([]rune(text))
	covered := make([]bool, len(runes))
	for _, f := range corpus.Figures(text) {
		mark(covered, f.Span.Start, f.Span.End) // looked for elsewhere
	}
	for _, m := range places.Find(text) {
		mark(covered, m.Span.Start, m.Span.End)
	}
	pairs := make(map[[2]rune]bool, len(held))
	last := rune(0)
	for _, r := range held {
		if isHan(r) || isLatin(r) {
			pairs[[2]rune{last, r}] = true
			last = r
		} else if r == '\n' {
			last = 0
		}
	}
	thesaurus := builtinThesaurus()
	for i := range runes {
		if i+1 < len(runes) && pairs[[2]rune{runes[i], runes[i+1]}] {
			mark(covered, i, i+2)
		}
		if n := sayingAt(runes, i); n > 0 {
			mark(covered, i, i+n)
		}
		if n, forms := thesaurus.entryAt(runes, i); n > 1 && slices.ContainsFunc(forms, func(f Form) bool { return strings.Contains(held, f.Text) }) {
			mark(covered, i, i+n)
		}
	}
	for i := 0; i < len(runes); i++ {
		if covered[i] || !isHan(runes[i]) {
			continue
		}
		end := i
		for end < len(runes) && !covered[end] && isHan(runes[end]) {
			end++
		}
		if end-i >= 2 { // one alone is grammar
			faults = append(faults, fmt.Sprintf("no quote says “%s”", string(runes[i:end])))
		}
		i = end
	}
	for _, word := range latinWord.FindAllString(corpus.Fold(text), -1) {
		if !strings.Contains(held, word) && !addresses.MatchString(word) {
			faults = append(faults, fmt.Sprintf("no quote says “%s”", word))
		}
	}
	return faults
}

// latinWord matches words of Latin letters in folded Chinese prose; shorter ones
// are units.
var latinWord = regexp.MustCompile(`[a-z]{4,}`)

// sayingAt is the length of the longest of the sayings at a place.
func sayingAt(runes []rune, at int) int {
	for n := min(longestSaying, len(runes)-at); n > 0; n-- {
		if sayingWords()[string(runes[at:at+n])] {
			return n
		}
	}
	return 0
}

// maxUnheld is the share of a statement's English words that may stand in no
// quote.
const maxUnheld = 0.35

// englishWord matches words that may carry a fact.
var englishWord = regexp.MustCompile(`[a-z]{4,}`)

// verifyEnglishWords compares an English statement with English quotes, by the
// stems of its longer words.
func verifyEnglishWords(text, held string) []string {
	stems := make(map[string]bool)
	for _, w := range englishWord.FindAllString(held, -1) {
		stems[stemOf(w)] = true
	}
	words, unheld := 0, []string{}
	for _, w := range englishWord.FindAllString(corpus.Fold(text), -1) {
		words++
		if !stems[stemOf(w)] {
			unheld = append(unheld, w)
		}
	}
	if float64(len(unheld)) > maxUnheld*float64(words) {
		return []string{fmt.Sprintf("no quote says “%s”", strings.Join(unheld, ", "))}
	}
	return nil
}

// stemOf is the beginning of a word that its forms share.
func stemOf(word string) string { return word[:min(len(word), 5)] }
