package retrieval

import (
	"regexp"
	"slices"
	"strings"
)

// wantRules tell which sorts of facts a question asks for. All that match count.
var wantRules = []struct {
	sort    WantSort
	pattern *regexp.Regexp
}{
	{WantPercent, regexp.MustCompile(`比例|占比|几成|百分之几|百分比|税率|利率|概率|份额|多大比重|按.{0,8}的?多少补|percent|share\b|ratio|proportion|\brate\b`)},
	{WantLimit, regexp.MustCompile(`上限|封顶|下限|顶到|撑到|最多(能)?(补|给|拿|领|多少)|顶格|\bcap\b|\bcaps\b|ceiling|at most|maximum`)},
	{WantMoney, regexp.MustCompile(`多少(万|亿)?(元|钱|块|资金|经费|奖金)|花多少|什么价|更?便宜|更贵|价格|单价|金额|总额|面值|盘子|(补贴|奖励|补助|资助|奖补|支持|补|奖|给|投入|投资|安家费|罚款?)(最高|最多|相差|差)?多少(?:[^个家项名人年天]|$)|(补贴|奖励|补助|资助)标准|额度|总投资|投资额|安排多少|how much (money|does|do|is|are|can)|how many (dollars|yuan|euros|pounds|rmb)|budget|\bcost\b|set aside|planned amount|how large a (fund|grant)`)},
	{WantCompute, regexp.MustCompile(`多少(智能)?算力([^券补贷]|$)|算力(总)?规模|算力(目标)?(有|是|达|达到|超过|要超过|要达到|能到)?多(少|大)|how much comput`)},
	{WantDuration, regexp.MustCompile(`多久|最(迟|晚).{0,6}哪天|多长时间|几(个)?(工作日|月|天|年|小时)|多少(个)?(工作日|天|年|个月|小时|日)|时限|期限|保修期|有效期|工期|how long|how many (working |business )?(days|months|years|hours)`)},
	{WantDate, regexp.MustCompile(`哪(一)?(天|年|月|日)|什么时候|何时|几月几日|日期|(施行|生效|实施|发布|成立|签约)时间|(哪(个|部|座|家|份|项)|谁)(更|最)?(早|晚|先)|(施行|实施|生效|发布|公布|出台|印发|成立)(得|的)?更?(早|晚)|更?(早|晚)(施行|实施|生效|发布|公布|出台|印发|成立)|\bolder\b|\bnewer\b|\bearlier\b|\blater\b|(what|which) (year|date|day)|\bwhen\b`)},
	{WantArea, regexp.MustCompile(`面积|多少平(方)?米?|多大(的)?(地方|空间|面积)|how (big|large) (is|was) the|\barea\b`)},
	{WantPerson, regexp.MustCompile(`谁(说|提|认|讲|表|指|曾|发)|哪位|\bwho\b`)},
	{WantPlace, regexp.MustCompile(`哪(个|座|一座|些|几个)?(城市|城|区|县|省|市)|哪(条|个)(街|路)|在哪(里|儿|个|座|些|处|条|？|\?|，|$)|哪里|什么地方|地址|位于|where\b|which (city|district|province)`)},
	{WantCode, regexp.MustCompile(`(文号|发文字号|字号|编号|注册号|代码|邮编|证号|账号)(是|为)?`)},
	{WantPhone, regexp.MustCompile(`电话|手机|联系方式|联络方式|热线|phone|telephone|hotline|mobile number|call (him|her|them)`)},
	{WantTitle, regexp.MustCompile(`哪(一)?(部|份|个|项)(旧|老)?(法规|条例|办法|规定|文件|法律|规章|政策文件)`)},
}

// askedAgain lists the sums and shares that a question asks for once more in
// another clause: 单台最高奖多少，一年封顶多少.
func askedAgain(question string, wants []Want) []Want {
	var again []Want
	for _, w := range wants {
		if w.Sort != WantMoney && w.Sort != WantLimit && w.Sort != WantPercent {
			continue
		}
		n := 0
		for clause := range strings.FieldsFuncSeq(question, func(r rune) bool { return strings.ContainsRune("，,；;。", r) }) {
			if amountAsked.MatchString(clause) {
				n++
			}
		}
		for ; n > 1 && len(wants) == 1; n-- {
			again = append(again, w)
		}
	}
	return again
}

// amountAsked matches a clause that asks for an amount by itself.
var amountAsked = regexp.MustCompile(`多少|封顶|上限|how much`)

// forceAsked matches questions for the day from which a text is in force.
var forceAsked = regexp.MustCompile(`施行|生效|起?实施日期|开始实施|起实施|何时实施|立规矩|开始管|take effect|(come|enter) into (force|effect)|in force|effective|from (what|which) (date|day)|(start|begin)s? to apply`)

// unitOfMoney matches the nouns of English questions for money.
var unitOfMoney = regexp.MustCompile(`^(dollars|yuan|euros|pounds|rmb)$`)

// latestDay matches questions for a day that a time limit answers.
var latestDay = regexp.MustCompile(`最(迟|晚).{0,6}哪天`)

// endAsked matches questions for the date until which something lasts.
var endAsked = regexp.MustCompile(`到(哪|什么时候|何时|几)|为止|截止|截至|到期|(何时|哪天|什么时候)(结束|失效|终止)|\b(until|till|expires?|expiry|ends?)\b`)

// dayAsked matches questions for a day, which a month or a year does not answer.
var dayAsked = regexp.MustCompile(`哪一?[天日]|几月几[日号]|(what|which) (date|day)|on what date`)

// yearAsked matches questions for a year, which a day without a year does not answer.
var yearAsked = regexp.MustCompile(`哪(一)?年|(what|which) year`)

var countPattern = regexp.MustCompile(`(?:多少|几)(?:个|家|张|项|座|条|名|人|户|所|台|套|件|批|次|场|位|部|类|章|款|辆|颗|倍|卡|万人|万家|企业|项目|工位|平台|场景|参数)|how many (\w+)`)

// wantsOf lists the facts that an answer must contain.
func wantsOf(question string, intent Intent) []Want {
	var wants []Want
	for _, rule := range wantRules {
		if rule.pattern.MatchString(question) {
			wants = append(wants, Want{Sort: rule.sort})
		}
	}
	for _, at := range countPattern.FindAllStringSubmatchIndex(question, -1) {
		if strings.HasSuffix(question[:at[0]], "哪") || strings.HasSuffix(question[:at[0]], "第") {
			continue // 哪几类 asks which, not how many
		}
		m := []string{question[at[0]:at[1]], ""}
		if at[2] >= 0 {
			m[1] = question[at[2]:at[3]]
		}
		unit := m[1]
		if unit == "" {
			unit = strings.TrimPrefix(strings.TrimPrefix(m[0], "多少"), "几")
		}
		if hasSort(wants, WantMoney) && unitOfMoney.MatchString(unit) {
			continue
		}
		if w := (Want{WantCount, unit}); !slices.Contains(wants, w) && !hasSort(wants, WantDuration) {
			wants = append(wants, w)
		}
	}
	if hasSort(wants, WantLimit) && (hasSort(wants, WantMoney) || hasSort(wants, WantPercent)) {
		wants = slices.DeleteFunc(wants, func(w Want) bool { return w.Sort == WantLimit })
		if !hasSort(wants, WantMoney) {
			wants = append(wants, Want{Sort: WantMoney})
		}
	}
	if len(wants) == 0 && intent != IntentDefinition && intent != IntentWhy &&
		(strings.Contains(question, "多少") || strings.Contains(question, "多大规模") || strings.Contains(question, "how much") || strings.Contains(question, "how large")) {
		wants = append(wants, Want{Sort: WantFigure})
	}
	if hasSort(wants, WantDuration) && latestDay.MatchString(question) {
		wants = slices.DeleteFunc(wants, func(w Want) bool { return w.Sort == WantDate })
	}
	if hasSort(wants, WantDate) && endAsked.MatchString(question) {
		wants = slices.DeleteFunc(wants, func(w Want) bool { return w.Sort == WantDuration })
	}
	wants = append(wants, askedAgain(question, wants)...)
	for i, w := range wants {
		if w.Sort == WantDate && forceAsked.MatchString(question) {
			wants[i].Unit = unitForce
		} else if w.Sort == WantDate && endAsked.MatchString(question) {
			wants[i].Unit = unitUntil
			if dayAsked.MatchString(question) {
				wants[i].Unit = unitUntilDay
			}
		} else if w.Sort == WantDate && yearAsked.MatchString(question) {
			wants[i].Unit = unitYear
		} else if w.Sort == WantDate && dayAsked.MatchString(question) {
			wants[i].Unit = unitDay
		}
	}
	if intent == IntentWhen && !hasSort(wants, WantDate) {
		wants = append(wants, Want{Sort: WantDate})
	}
	return wants
}

// askedBy returns the wanted sort that a word does nothing but ask for.
func askedBy(word string, wants []Want) WantSort {
	for _, rule := range wantRules {
		if m := rule.pattern.FindString(word); m != "" && 2*len(m) >= len(word) && hasSort(wants, rule.sort) {
			return rule.sort
		}
	}
	if periodWords.MatchString(word) && slices.ContainsFunc(wants, func(w Want) bool { return w.Unit == unitUntil || w.Unit == unitUntilDay }) {
		return WantDate
	}
	if askWords.MatchString(word) {
		for _, w := range wants {
			if w.Sort == WantMoney || w.Sort == WantPercent || w.Sort == WantLimit {
				return w.Sort
			}
		}
	}
	return ""
}

// periodWords name the time that something lasts, which a text that says from when
// until when need not name.
var periodWords = regexp.MustCompile(`^(执行|实施|有效|试行|政策)?(期|期限|期间)$|^行期$`)

// askWords ask for a bound or an amount, whatever it is counted in.
var askWords = regexp.MustCompile(`^(便宜|贵|划算|价格|价钱|单价|cheap|expensive|price|cost|上限|下限|封顶|最高|最多|最低|至少|最少|起码|顶格|顶多|多少钱|金额|额度|标准|比例|几成|ceiling|cap|maximum|minimum|at least|at most|how much|ratio|share|percentage)$`)

func hasSort(wants []Want, sort WantSort) bool {
	return slices.ContainsFunc(wants, func(w Want) bool { return w.Sort == sort })
}
