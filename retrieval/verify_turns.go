package retrieval

import (
	"fmt"
	"regexp"
	"strings"

	"policykb/corpus"
)

// verifyOpposites looks for words whose opposite, and not they, stand in the quotes.
func (h *hearing) verifyOpposites() (faults []string) {
	text, held := h.read, h.held
	for _, pair := range knownWording().apart {
		for i, word := range pair {
			if strings.Contains(text, word) && !strings.Contains(held, word) && strings.Contains(held, pair[1-i]) {
				faults = append(faults, fmt.Sprintf("it says %s where the quote says %s", word, pair[1-i]))
			}
		}
	}
	if word, other := turned(text, held); word != "" {
		faults = append(faults, fmt.Sprintf("it says %s where the quote says %s", word, other))
	}
	return faults
}

// turned returns a word of a text for which another has the opposite.
func turned(text, held string) (word, opposite string) {
	for _, pair := range knownWording().opposite {
		for i, word := range pair {
			other := pair[1-i]
			if strings.Contains(text, word) && !strings.Contains(held, word) && strings.Contains(held, other) && !strings.Contains(text, other) {
				return word, other
			}
		}
	}
	return "", ""
}

// verifySides sees that before has not become after: 期满前 for 期满后.
func (h *hearing) verifySides() (faults []string) {
	sides := func(text string) map[string]string {
		found := make(map[string]string)
		runes := []rune(text)
		for i, r := range runes {
			if !strings.ContainsRune("前后内外", r) || i < 2 {
				continue
			}
			end := i
			if runes[i-1] == '之' || runes[i-1] == '以' {
				end--
			}
			if end >= 2 && isHan(runes[end-1]) && isHan(runes[end-2]) {
				found[string(runes[end-2:end])] += string(r)
			}
		}
		return found
	}
	opposite := map[string]string{"前": "后", "后": "前", "内": "外", "外": "内"}
	theirs := sides(h.held)
	for words, side := range sides(h.read) {
		if own := theirs[words]; own != "" && !strings.Contains(own, side) && strings.Contains(own, opposite[side]) {
			faults = append(faults, fmt.Sprintf("it says %s%s where the quote says %s%s", words, side, words, own))
		}
	}
	return faults
}

var (
	ceilingOf = regexp.MustCompile(`(不超过|低于)(\p{Han}{2})`)
	exceeding = regexp.MustCompile(`(?:^|[^不])超过([^\d一二两三四五六七八九十百千万亿零半数约近])`)
	floorOf   = regexp.MustCompile(`(不低于|超过)(\p{Han}{2})`)
)

// verifyBounds compares bounds that are no figures: 不超过其设定的上限.
func (h *hearing) verifyBounds() (faults []string) {
	text, held := h.read, h.held
	side := func(text string, pattern *regexp.Regexp) map[string]bool {
		found := make(map[string]bool)
		for _, m := range pattern.FindAllStringSubmatchIndex(text, -1) {
			if strings.HasSuffix(text[:m[0]], "不") {
				continue // the end of 不超过
			}
			found[text[m[4]:m[5]]] = true
		}
		return found
	}
	comparison := len(h.places.Find(text)) > 1 // 九江高于景德镇 is worked out
	for _, m := range exceeding.FindAllStringSubmatch(text, -1) {
		if !strings.Contains(held, "超过") && !comparison {
			faults = append(faults, fmt.Sprintf("no quote says 超过%s", m[1]))
		}
	}
	for _, order := range [][2]*regexp.Regexp{{ceilingOf, floorOf}, {floorOf, ceilingOf}} {
		own, turned := side(held, order[0]), side(held, order[1])
		for words := range side(text, order[1]) {
			if own[words] && !turned[words] {
				faults = append(faults, fmt.Sprintf("it turns the bound round before “%s”", words))
			}
		}
	}
	return faults
}

var (
	// planned marks what is yet to come, done what has come to pass.
	planned = regexp.MustCompile(`拟|计划|力争|争取|预计|预期|目标|规划|将要|将(新增|建|达|实现|形成|打造|在)|到20\d\d年`)
	done    = regexp.MustCompile(`已(经|建|形成|达|实现|完成|投|于)?|建成了|达到了|实现了|完成了`)
	// setOut opens what a plan sets out to do, attained marks what a text says is so.
	setOut   = regexp.MustCompile(`(^|[，。；、：:,;\n])(要|将|再|逐步|逐渐|基本|初步|积极|大力|着力|进一步)?(培育|选树|打造|推动|推进|加快|建设|形成|实现|建立|建成|新增|引进|落地|遴选|创建)`)
	attained = regexp.MustCompile(`现有|目前|截至|累计|突破|增长|已|至今|近年`)
	// inForce marks law, draft what is not law yet.
	inForce    = regexp.MustCompile(`现行|已(经)?(生效|施行|实施|规定|颁布|公布)|现已|正在施行|正式施行|法律规定`)
	draftWords = regexp.MustCompile(`草案|征求意见|草稿|送审稿|修订稿|讨论稿|拟|draft|proposed|consultation`)
	periods    = regexp.MustCompile(`每(半年|季度|季|个季度|个月|月|周|天|日|小时|人|户|家|张|次|年)|一次性`)
)

// verifyStanding sees that a plan has not become a fact, nor a draft law.
func (h *hearing) verifyStanding() (faults []string) {
	s, text, held := h.statement, corpus.Fold(h.statement.Text), h.held
	if word := done.FindString(text); word != "" && !done.MatchString(held) && (planned.MatchString(held) || setOut.MatchString(held) && !attained.MatchString(held)) {
		faults = append(faults, fmt.Sprintf("it says %s of what the quote sets out to do", word))
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

// samePeriods are what counts by the same period, by the period's word.
// In English texts they are a year, /month, per firm.
var samePeriods = map[string]*regexp.Regexp{
	"每年": regexp.MustCompile(yearly.String() + `|annual|yearly|(per|a|each|every|/) ?year`), "每月": regexp.MustCompile(`每个?月|/月|月度|按月|逐月|monthly|(per|a|each|every|/) ?month`), "每个月": regexp.MustCompile(`每个?月|/月|月度|按月|逐月|monthly|(per|a|each|every|/) ?month`),
	"每人": regexp.MustCompile(`每人|/人|人均|每增加1人|每名|每位|个人`), "每家": regexp.MustCompile(`每家|每户|单个|单家|/家|各|同一|每个|一家|企业|each|(per|/) ?(firm|company|enterprise|business)`),
	"每户": regexp.MustCompile(`每户|每家|单个|/户`), "每次": regexp.MustCompile(`每次|单次|/次|一次`), "每天": regexp.MustCompile(`每天|每日|/天|/日|日均`),
	"每日": regexp.MustCompile(`每天|每日|/天|/日|日均`), "每周": regexp.MustCompile(`每周|/周`), "每张": regexp.MustCompile(`每张|单张|/张`),
	"每小时": regexp.MustCompile(`每小时|/小时|/时`), "一次性": regexp.MustCompile(`一次性|一次`),
	"每季度": regexp.MustCompile(`每个?季度?|季度|按季`), "每个季度": regexp.MustCompile(`每个?季度?|季度|按季`), "每季": regexp.MustCompile(`每个?季度?|季度|按季`),
	"每半年": regexp.MustCompile(`每半年|半年度|一年两次`),
}

// monthly matches what is counted by the month without 每.
var monthly = regexp.MustCompile(`(^|[^\d个一二三四五六七八九十每])月(度|均|奖|补|支|资助|额)`)

// counting matches over what something is counted, and what is counted so.
var counting = regexp.MustCompile(`(累计|年均|月均|日均|人均|户均|年度|月度|季度|[^\d今去明当近全半每]年|[^\d个]月|[^\d]日)(\p{Han}{2})`)

// verifyCounting sees that a sum over all time has not become one of a year: 年推广量
// for 累计推广量.
func (h *hearing) verifyCounting() (faults []string) {
	text, held := h.read, h.held
	for _, m := range counting.FindAllStringSubmatch(text, -1) {
		over := strings.TrimLeft(m[1], "现将的可达")
		for _, other := range counting.FindAllStringSubmatch(held, -1) {
			if other[2] == m[2] && !strings.Contains(held, lastRune(over)+m[2]) && lastRune(over) != lastRune(other[1]) && !strings.Contains(text, lastRune(other[1])+m[2]) {
				return append(faults, fmt.Sprintf("it counts %s where the quote counts %s", m[0], other[0]))
			}
		}
	}
	return faults
}

// lastRune is the last character of a text.
func lastRune(text string) string {
	runes := []rune(text)
	return string(runes[max(0, len(runes)-1):])
}

// verifyPeriods looks for what a sum is counted by.
func (h *hearing) verifyPeriods() (faults []string) {
	text, held := h.read, h.held
	if monthly.MatchString(text) && !monthly.MatchString(held) && !samePeriods["每月"].MatchString(held) {
		faults = append(faults, "no quote counts by the month")
	}
	for _, word := range periods.FindAllString(text, -1) {
		if same := samePeriods[word]; same == nil || !same.MatchString(held) {
			faults = append(faults, fmt.Sprintf("no quote says %s", word))
		}
	}
	return faults
}
