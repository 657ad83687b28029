package retrieval

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"policykb/corpus"
)

// interpreter reads questions.
type interpreter struct {
	thesaurus *Thesaurus
	places    *corpus.Gazetteer
}

// interpret reads a question asked on the day today after the turns of history.
// Weights of concepts are still those of words alone; [Service] sets them by what
// the index knows.
func (in interpreter) interpret(asked string, history []Turn, today corpus.Date) Interpretation {
	whole := in.whole(asked, history)
	q := Interpretation{Question: whole}
	if whole != asked {
		q.Rewritten = whole
	}
	question := foldEach([]rune(whole))
	folded := string(question)
	q.Language = languageOf(whole)
	q.Intent = intentOf(folded)
	q.Wants = wantsOf(folded, q.Intent)
	if opinionPattern.MatchString(folded) {
		q.Wants = nil // words are wanted, whatever they are about
	}
	q.Titles = titlesIn([]rune(whole))
	for _, n := range corpus.DocNumbers(whole) {
		q.Numbers = append(q.Numbers, n.Text)
	}
	q.Clauses = clausePattern.FindAllString(folded, -1)

	skip := make([]bool, len(question))
	sides := in.readPlaces(&q, whole, skip)
	readYears(&q, folded, today, skip)
	q.manyCities = len(sides) == 0 && citiesAsked.MatchString(folded)
	q.Only = len(q.Cities)+len(q.Districts) > 0 && onlyPattern.MatchString(folded)
	for _, m := range framePattern.FindAllStringIndex(folded, -1) {
		mark(skip, utf8.RuneCountInString(folded[:m[0]]), utf8.RuneCountInString(folded[:m[1]]))
	}
	if m := membersAsked.FindStringSubmatch(folded); m != nil {
		q.members = memberCounts[m[1]+m[2]]
	}
	q.target = targetOf([]rune(whole))
	q.Concepts = append(figureConcepts(whole, skip), conceptsOf(question, skip, in.thesaurus)...)
	for i, c := range q.Concepts {
		q.Concepts[i].asks = askedBy(c.Text, q.Wants)
		for _, f := range c.Forms[1:] {
			q.Expansions = append(q.Expansions, Expansion{c.Text, f.Text, f.Weight})
		}
	}
	q.Subjects = subjectsOf(&q, []rune(whole), question, sides, func(word string) bool {
		return slices.ContainsFunc(q.Concepts, func(c Concept) bool { return c.Text == word && len(c.Forms) > 1 })
	})
	if len(q.Subjects) > 1 {
		q.aspect, q.Intent = q.Intent, IntentCompare
	}
	if q.Intent == IntentCompare && len(q.Subjects) < 2 {
		q.Intent = IntentFact
	}
	return q
}

func mark(skip []bool, from, to int) {
	for i := from; i < to; i++ {
		skip[i] = true
	}
}

// readPlaces notes the places of the question and returns their mentions.
func (in interpreter) readPlaces(q *Interpretation, question string, skip []bool) []corpus.Mention {
	mentions := slices.DeleteFunc(in.places.Find(question), func(m corpus.Mention) bool {
		return namesMore.MatchString(string([]rune(question)[m.Span.End:]))
	})
	sought := soughtCity.MatchString(corpus.Fold(question))
	for _, m := range mentions {
		if m.Place.Level == corpus.LevelDistrict {
			// A district is no city to filter by; its words find its texts.
			if !slices.Contains(q.Districts, m.Place.Name) {
				q.Districts = append(q.Districts, m.Place.Name)
			}
			continue
		}
		mark(skip, m.Span.Start, m.Span.End)
		switch {
		case m.Place.Level == corpus.LevelRegion:
			q.Within = append(q.Within, m.Place.Members...)
		case sought && m.Place.Level == corpus.LevelProvince:
			q.Within = append(q.Within, m.Place.Name)
		case !slices.Contains(q.Cities, m.Place.Name):
			q.Cities = append(q.Cities, m.Place.Name)
		}
	}
	if len(q.Cities)+len(q.Within) == 0 {
		for _, m := range mentions { // a district stands for its city
			if city := m.Place.City(); city != "" && !slices.Contains(q.Cities, city) {
				q.Cities = append(q.Cities, city)
			}
		}
	}
	return mentions
}

// citiesAsked matches questions for several cities.
var citiesAsked = regexp.MustCompile(`(哪些|哪几个|哪几座|有多少个?|多少座?)(城市|地方|市|地区)|各地|which cities|what cities`)

// namesMore matches what makes the place before it part of another name: a
// newspaper's, a university's, a bank's.
var namesMore = regexp.MustCompile(`^(日报|晚报|晨报|早报|时报|都市报|商报|新闻网|电视台|大学|学院|师范|理工|银行|证券|航空)`)

// soughtCity matches questions whose answer is a city.
var soughtCity = regexp.MustCompile(`(哪(个|座|一座|些|几个|几座|里的)?(城市|城|市|地)|什么(城市|地方)|which (city|cities|town))`)

var (
	onlyPattern   = regexp.MustCompile(`只看|仅看|只查|仅限|只要|只限|限定|only (look|consider|show)|just for`)
	framePattern  = regexp.MustCompile(`[这那]?[两二三四五六七八九](部|个|者|家|份|座)(规章|法规|条例|办法|规定|文件|政策|城市|地方|地)?|(谁|哪[部个座家])?(最|更)(先|早|晚)|(谁|哪[部个座家])先|(怎么|如何|怎样)看(待)?|只看|仅看|只查|仅限|限定在|哪(个|座|一座|些|几个|几座|里的)?(城市|城)|比较一下|比较|对比|(有何|有什么|有啥)?(不同|区别|差异)|是否(一致|相同)|(一样|相同|一致)吗|哪个更?|谁更|更?(高|低|大|小|多|少|早|晚)[？?]|name (at least )?(one|two|three|four|five|six|seven)\b|compare[d]?( with| to)?|difference between|respectively`)
	clausePattern = regexp.MustCompile(`第[一二三四五六七八九十百零〇0-9]+条(第[一二三四五六七八九十0-9]+款)?`)
)

// membersAsked matches how many members of a list a question asks for: 哪三类,
// which five.
var membersAsked = regexp.MustCompile(`哪([两二三四五六七八九十])|(?:which|the) (two|three|four|five|six|seven|eight|nine|ten|1[0-9])\b`)

var memberCounts = map[string]int{"两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10,
	"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
	"10": 10, "11": 11, "12": 12, "13": 13, "14": 14, "15": 15, "16": 16, "17": 17, "18": 18, "19": 19}

// targetPatterns find the word whose meaning is asked for.
var targetPatterns = []*regexp.Regexp{
	regexp.MustCompile(`[“"「『]([^”"」』]{1,24})[”"」』]`),
	regexp.MustCompile(`^什么(?:是|叫)([^？?，,]{2,24})`),
	regexp.MustCompile(`(?:法规|条例|办法|规定)?(?:中|里|上)?的?([\p{Han}A-Za-z0-9+]{2,20}?)(?:是什么意思|是什么|指的?是什么|指什么|的定义|的含义|怎么定义|衡量的)`),
	regexp.MustCompile(`(?i)what (?:is|are|does) (?:a |an |the )?([^?]{2,60}?)(?: mean| stand for|\?|$)`),
}

// targetOf returns the word that a question asks the meaning of, folded, or "".
func targetOf(question []rune) string {
	for _, pattern := range targetPatterns {
		if m := pattern.FindStringSubmatch(string(question)); m != nil {
			return corpus.Fold(m[1])
		}
	}
	return ""
}

// figureConcepts makes a concept of every quantity the question states, which any
// way of writing it in a text meets, and marks its place as read.
func figureConcepts(question string, skip []bool) []Concept {
	runes := []rune(question)
	var concepts []Concept
	for _, f := range corpus.Figures(spokenFigures.ReplaceAllString(question, "${1}元$2")) {
		switch f.Kind {
		case corpus.FigureDate, corpus.FigurePlan, corpus.FigureNumber, corpus.FigureLabel, corpus.FigureOrdinal:
			continue
		}
		if skip[f.Span.Start] || f.Span.Start > 0 && strings.ContainsRune("哪每几这那某第同", runes[f.Span.Start-1]) {
			continue
		}
		if f.Kind == corpus.FigureCount && (f.Low == 1 || f.Unit != "" && f.Unit[0] < 0x80) {
			continue // 一家企业 counts nothing; in English what is counted says more than how many
		}
		mark(skip, f.Span.Start, f.Span.End)
		concepts = append(concepts, Concept{Text: corpus.Fold(f.Text), Weight: 1, Forms: []Form{{corpus.Fold(f.Text), 1}}, figure: &f})
	}
	return concepts
}

// spokenFigures are amounts of money as people say them: 八百来块.
var spokenFigures = regexp.MustCompile(`([一二三四五六七八九十百千万两\d])[来多]块(钱?)`)

// titlesIn returns the document titles that stand in 《》.
func titlesIn(question []rune) []string {
	var titles []string
	start := -1
	for i, r := range question {
		switch {
		case r == '《':
			start = i + 1
		case r == '》' && start >= 0 && i > start:
			titles = append(titles, string(question[start:i]))
			start = -1
		}
	}
	return titles
}

var (
	yearPattern    = regexp.MustCompile(`((?:19|20)\d\d)\s*(年版|版|年的|年(?:修订|修正|印发|发布|出台|公布|颁布)的?|年(?:年底|底|末|初|度)?)?`)
	editionContext = regexp.MustCompile(`^(《|科技|北京|上海|[^，。？]{0,12}(条例|法规|办法|规定|规划|方案|措施|版本|意见))`)
	relativeYears  = map[string]int{"前年": -2, "去年": -1, "上一年": -1, "今年": 0, "本年": 0, "明年": 1, "后年": 2, "last year": -1, "this year": 0, "next year": 1}
	planPattern    = regexp.MustCompile(`[“"]?(十二|十三|十四|十五)五[”"]?`)
	planYears      = map[string]int{"十二": 2011, "十三": 2016, "十四": 2021, "十五": 2026}
)

// readYears notes the years of a question and which of them tell editions of a
// document apart: 2024年版, 2011年的科技创新条例.
func readYears(q *Interpretation, question string, today corpus.Date, skip []bool) {
	for _, m := range yearPattern.FindAllStringSubmatchIndex(question, -1) {
		year, err := strconv.Atoi(question[m[2]:m[3]])
		if err != nil {
			continue
		}
		tail := ""
		if m[4] >= 0 {
			tail = question[m[4]:m[5]]
		}
		if !slices.Contains(q.Years, year) {
			q.Years = append(q.Years, year)
		}
		q.stated = append(q.stated, year)
		if strings.HasSuffix(tail, "版") || len([]rune(tail)) >= 3 && strings.ContainsAny(tail, "修印发出公颁") || tail == "年的" && editionContext.MatchString(question[m[1]:]) ||
			tail == "年" && editionContext.MatchString(question[m[1]:]) && !strings.HasSuffix(question[:m[0]], "到") {
			q.Editions = append(q.Editions, year)
		}
		mark(skip, utf8.RuneCountInString(question[:m[0]]), utf8.RuneCountInString(question[:m[1]]))
	}
	for word, offset := range relativeYears {
		if year := today.Year + offset; strings.Contains(question, word) && !slices.Contains(q.Years, year) {
			q.Years = append(q.Years, year)
		}
	}
	slices.Sort(q.Years)
	if m := planPattern.FindStringSubmatch(question); m != nil && len(q.Years) == 0 {
		for y := range 5 {
			q.Years = append(q.Years, planYears[m[1]]+y)
		}
	}
}

// intentRules tell what a question wants; the first that matches decides.
var intentRules = []struct {
	intent  Intent
	pattern *regexp.Regexp
}{
	{IntentCompare, regexp.MustCompile(`比较|对比|相比|谁更|谁的.{0,12}更|哪[个座家].{0,8}更|更(高|低|多|少|大|小|便宜|贵|早|晚|长|短)|有(何|什么|啥)(不同|区别|差异)|的(区别|差异|不同)|是否(一致|相同|一样)|(相同|一致|一样)吗|各是|各有|各为|各自|分别(是|为|有|达)?多少|谁(最)?(高|低|多|少|早|晚|先)|哪(个|部|座|家|份)(更)?(先|早|晚)|compare|versus|\bvs\b|difference between|differ\b|which (city|province|one|plan|of the two).{0,40}(higher|lower|more|less|earlier|later)|(higher|lower|larger|smaller) .{0,60} (than|or)\b`)},
	{IntentWhy, regexp.MustCompile(`(^|[^称名叫作])为什么|为何|为啥|原因(是|何在|有)|怎么会|凭什么|\bwhy\b|reason (for|why)`)},
	{IntentDefinition, regexp.MustCompile(`^什么(是|叫)|何谓|何为|什么意思|(定义|含义|界定|内涵|意思)|指(的是)?(什么|啥|哪)|所称|怎么(理解|解释)|衡量的是什么|^what is (a |an )?[^?]{2,40}\?*$|^what is the [^?]{2,40}\?*$|\bmean(s|ing)?\b|\bdefin(e|es|ed|ition)\b`)},
	{IntentWhen, regexp.MustCompile(`哪(一)?(天|年|月|日)|什么时候|何时|几月几日|几月几号|(施行|生效|实施|发布|成立|通过|印发|公布)(日期|时间)|日期(是|？|\?|$)|截止(日期|时间|到)|when\b|(what|which) (year|date|day)|by what year`)},
	{IntentWho, regexp.MustCompile(`谁|哪位|哪(一)?(家|个)?(单位|部门|机构|公司|企业)(负责|牵头|发|主管|承担|运营)|\bwho(m|se)?\b`)},
	{IntentList, regexp.MustCompile(`哪(些|几|两|三|四|五|六|七|八|九|十|\d)|列(举|出)|包括(什么|哪)|有什么|都有(谁|啥|什么)|分别是(什么|哪|谁)|清单|名单|which (two|three|four|five|six|seven|eight|nine|ten|\d+)\b|what are|name (at least )?(one|two|three|four|five|six|\d)|\blist\b`)},
	{IntentHowTo, regexp.MustCompile(`(怎么|怎样|如何)(申|办|领|拿|取|兑|报|注册|登记|备案|才能|操作|去)|流程|步骤|手续|how (do|can|to|does one)\b`)},
	{IntentYesNo, regexp.MustCompile(`吗[？?]?$|是否|能不能|可不可以|有没有|会不会|是不是|能否|可否|^(is|are|does|do|did|can|has|have|was|were|may|must)\b`)},
}

// intentOf tells what a folded question wants.
func intentOf(question string) Intent {
	for _, rule := range intentRules {
		if rule.pattern.MatchString(question) {
			return rule.intent
		}
	}
	return IntentFact
}

// wantRules tell which sorts of facts a question asks for. All that match count.
var wantRules = []struct {
	sort    WantSort
	pattern *regexp.Regexp
}{
	{WantPercent, regexp.MustCompile(`比例|占比|几成|百分之几|百分比|税率|利率|概率|份额|多大比重|按.{0,8}的?多少补|percent|share\b|ratio|proportion|\brate\b`)},
	{WantLimit, regexp.MustCompile(`上限|封顶|下限|最多(能)?(补|给|拿|领|多少)|顶格|\bcap\b|\bcaps\b|ceiling|at most|maximum`)},
	{WantMoney, regexp.MustCompile(`多少(万|亿)?(元|钱|块|资金|经费|奖金)|花多少|什么价|更?便宜|更贵|价格|单价|金额|总额|面值|盘子|(补贴|奖励|补助|资助|奖补|支持|补|奖|给|投入|投资|安家费|罚款?)(最高|最多)?多少(?:[^个家项名人年天]|$)|(补贴|奖励|补助|资助)标准|额度|总投资|投资额|安排多少|how much (money|does|do|is|are|can)|budget|\bcost\b|set aside|planned amount|how large a (fund|grant)`)},
	{WantCompute, regexp.MustCompile(`多少(智能)?算力|算力(总)?规模|算力(目标)?(有|是|达|达到|超过|要超过|要达到|能到)?多(少|大)|how much comput`)},
	{WantDuration, regexp.MustCompile(`多久|多长时间|几(个)?(工作日|月|天|年|小时)|多少(个)?(工作日|天|年|个月|小时|日)|时限|期限|保修期|有效期|工期|how long|how many (working |business )?(days|months|years|hours)`)},
	{WantDate, regexp.MustCompile(`哪(一)?(天|年|月|日)|什么时候|何时|几月几日|日期|(施行|生效|实施|发布|成立|签约)时间|(哪(个|部|座|家|份|项)|谁)(更|最)?(早|晚|先)|older|newer|earlier|later|(what|which) (year|date|day)|\bwhen\b`)},
	{WantArea, regexp.MustCompile(`面积|多少平(方)?米?|多大(的)?(地方|空间|面积)|how (big|large) (is|was) the|\barea\b`)},
	{WantPerson, regexp.MustCompile(`谁(说|提|认|讲|表|指|曾|发)|哪位|\bwho\b`)},
	{WantPlace, regexp.MustCompile(`哪(个|座|一座|些|几个)?(城市|城|区|县|省|市)|在哪(里|儿|个|座|些|处|？|\?|，|$)|哪里|什么地方|地址|位于|where\b|which (city|district|province)`)},
	{WantCode, regexp.MustCompile(`(文号|发文字号|字号|编号|注册号|代码|邮编|证号|账号)(是|为)?`)},
	{WantPhone, regexp.MustCompile(`电话|手机|联系方式|联络方式|热线|phone|telephone|hotline`)},
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
var forceAsked = regexp.MustCompile(`施行|生效|起?实施日期|开始实施|起实施|何时实施|立规矩|开始管|take effect|come into force|in force|effective`)

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
		if strings.HasSuffix(question[:at[0]], "哪") {
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
	wants = append(wants, askedAgain(question, wants)...)
	for i, w := range wants {
		if w.Sort == WantDate && forceAsked.MatchString(question) {
			wants[i].Unit = unitForce
		} else if w.Sort == WantDate && yearAsked.MatchString(question) {
			wants[i].Unit = "年"
		}
	}
	if intent == IntentWhen && !hasSort(wants, WantDate) {
		wants = append(wants, Want{Sort: WantDate})
	}
	return wants
}

// opinionPattern matches questions for what somebody thinks.
var opinionPattern = regexp.MustCompile(`(怎么|如何|怎样)(看|评价|理解|形容)|(看法|观点|评价|态度)(是|如何|怎样)|what do(es)? .{2,40} think`)

// askedBy returns the wanted sort that a word does nothing but ask for.
func askedBy(word string, wants []Want) WantSort {
	for _, rule := range wantRules {
		if m := rule.pattern.FindString(word); m != "" && len(m) >= len(word)-3 && hasSort(wants, rule.sort) {
			return rule.sort
		}
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

// askWords ask for a bound or an amount, whatever it is counted in.
var askWords = regexp.MustCompile(`^(便宜|贵|划算|价格|价钱|单价|cheap|expensive|price|cost|上限|下限|封顶|最高|最多|最低|至少|最少|起码|顶格|顶多|多少钱|金额|额度|标准|比例|几成|ceiling|cap|maximum|minimum|at least|at most|how much|ratio|share|percentage)$`)

func hasSort(wants []Want, sort WantSort) bool {
	return slices.ContainsFunc(wants, func(w Want) bool { return w.Sort == sort })
}
