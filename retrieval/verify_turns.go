package retrieval

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"policykb/corpus"
)

// opposites are words that turn a sentence round when one takes the other's place.
var opposites = [][2]string{
	{"不低于", "不高于"}, {"不少于", "不多于"}, {"高于", "低于"}, {"以外", "以内"}, {"之外", "之内"},
	{"事前", "事后"}, {"处理前", "处理后"}, {"之前", "之后"}, {"增长", "下降"}, {"增加", "减少"}, {"上升", "下降"}, {"提高", "降低"},
	{"扩大", "缩小"}, {"国际", "国内"}, {"境内", "境外"}, {"施行", "废止"}, {"生效", "失效"}, {"鼓励", "限制"}, {"允许", "禁止"},
	{"工作日", "自然日"}, {"上年", "下年"}, {"上半年", "下半年"}, {"前款", "后款"}, {"有偿", "无偿"}, {"公开", "保密"}, {"收入", "支出"}, {"进口", "出口"},
	{"税前", "税后"}, {"固定期限", "无固定期限"}, {"市级", "区级"}, {"省级", "市级"}, {"国家级", "省级"}, {"最高", "最低"}, {"首次", "再次"}, {"强制", "自愿"},
}

// verifyOpposites looks for words whose opposite, and not they, stand in the quotes.
func verifyOpposites(text, held string) (faults []string) {
	text = corpus.Fold(text)
	for _, pair := range opposites {
		for i, word := range pair {
			other := pair[1-i]
			if strings.Contains(text, word) && !strings.Contains(held, word) && strings.Contains(held, other) && !strings.Contains(text, other) {
				faults = append(faults, fmt.Sprintf("it says %s where the quote says %s", word, other))
			}
		}
	}
	return faults
}

var (
	// planned marks what is yet to come, done what has come to pass.
	planned = regexp.MustCompile(`拟|计划|力争|争取|预计|预期|目标|规划|将要|将(新增|建|达|实现|形成|打造|在)|到20\d\d年`)
	done    = regexp.MustCompile(`已(经|建|形成|达|实现|完成|投|于)?|建成了|达到了|实现了|完成了`)
	// inForce marks law, draft what is not law yet.
	inForce    = regexp.MustCompile(`现行|已(经)?(生效|施行|实施|规定|颁布|公布)|正在施行|法律规定`)
	draftWords = regexp.MustCompile(`草案|征求意见|草稿|送审稿|修订稿|讨论稿|拟|draft|proposed|consultation`)
	periods    = regexp.MustCompile(`每(半年|季度|季|个月|月|周|天|日|小时|人|户|家|张|次|年)`)
)

// verifyStanding sees that a plan has not become a fact, nor a draft law.
func verifyStanding(s Statement, held string) (faults []string) {
	text := corpus.Fold(s.Text)
	if word := done.FindString(text); word != "" && !done.MatchString(held) && planned.MatchString(held) {
		faults = append(faults, fmt.Sprintf("it says %s of what the quote plans", word))
	}
	for _, q := range s.Quotes {
		if q.Passage.Found.Document.Metadata.Status != corpus.StatusDraft {
			continue
		}
		if inForce.MatchString(text) || !draftWords.MatchString(text) {
			faults = append(faults, "it does not say that the text is a draft")
			break
		}
	}
	return faults
}

// samePeriods are writings of a period that mean the same.
var samePeriods = map[string]string{"每年": "每年|年度|一年|全年|/年|元/年|年均", "每月": "每月|每个月|/月|月度", "每个月": "每月|每个月|/月|月度", "每人": "每人|/人|人均|每增加1人", "每家": "每家|每户|单个|单家|/家|各", "每户": "每户|每家|单个|/户", "每次": "每次|单次|/次", "每天": "每天|每日|/天", "每日": "每天|每日|/日"}

// verifyPeriods looks for what a sum is counted by.
func verifyPeriods(text, held string) (faults []string) {
	if !periods.MatchString(held) {
		return nil
	}
	for _, word := range periods.FindAllString(text, -1) {
		same := append(strings.Split(samePeriods[word], "|"), word)
		if !slices.ContainsFunc(same, func(w string) bool { return w != "" && strings.Contains(held, w) }) {
			faults = append(faults, fmt.Sprintf("no quote says %s", word))
		}
	}
	return faults
}

var (
	// hanDenial matches a denial and the characters that it denies.
	hanDenial = regexp.MustCompile(`(不得|不能|不可|不予|不应|不必|不需|不再|不会|不准|不许|不再|不|未能|未经|未|尚未|没有|无需|无须|无权|无|非|拒绝|免于|免予)(再|能|可|以|予|应|被|行|需)?(\p{Han}{2})`)
	// forbids matches what forbids all that follows in the clause.
	forbids = regexp.MustCompile(`禁止|严禁|不得|不准|不许|杜绝`)
	// formal are words that deny in form only.
	formal = regexp.MustCompile(`不(超过|高于|低于|少于|多于|大于|小于|足|等|限于|断|仅|但|论|同|动产|良|得(超过|高于|低于|少于|多于|大于|小于))|非(常|营利|物质|公有)|无(论|人机|人驾驶|人|线|偿|障碍|形|纸化)|未(来|成年)|不可抗力|免不了|从未`)
)

// verifyDenials compares what the statement and the quotes deny: what a quote
// denies the statement may not assert, nor the other way round. The two
// characters after a denial stand for what is denied.
func verifyDenials(text, held string) (faults []string) {
	text, held = formal.ReplaceAllString(corpus.Fold(text), "～"), formal.ReplaceAllString(held, "～")
	for _, m := range hanDenial.FindAllStringSubmatch(held, -1) {
		if word := m[3]; asserts(text, word) && !asserts(held, word) && !forbids.MatchString(text) {
			faults = append(faults, fmt.Sprintf("the quote denies “%s”, and it asserts it", word))
		}
	}
	for _, m := range hanDenial.FindAllStringSubmatch(text, -1) {
		if word := m[3]; asserts(held, word) && !denied(held, word) && !forbids.MatchString(held) {
			faults = append(faults, fmt.Sprintf("it denies “%s”, and the quote asserts it", word))
		}
	}
	if m := hanDenial.FindString(text + "～～"); len(faults) == 0 && (m != "" || forbids.MatchString(text)) && !hanDenial.MatchString(held) && !forbids.MatchString(held) {
		faults = append(faults, "it denies or forbids something, and no quote does")
	}
	return faults
}

// asserts reports whether the words stand in a text undenied.
func asserts(text, words string) bool {
	rest := hanDenial.ReplaceAllStringFunc(text, func(m string) string {
		if strings.HasSuffix(m, words) {
			return "～"
		}
		return m
	})
	return strings.Contains(rest, words)
}

// denied reports whether the words stand in a text denied.
func denied(text, words string) bool {
	for _, m := range hanDenial.FindAllStringSubmatch(text, -1) {
		if m[3] == words {
			return true
		}
	}
	return false
}
