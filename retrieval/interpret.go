package retrieval

import (
	"regexp"
	"slices"
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
		q.numbers = append(q.numbers, n)
	}
	q.Clauses = clausesIn(folded)
	q.trick = instructs.MatchString(folded)

	skip := make([]bool, len(question))
	for _, n := range q.numbers {
		mark(skip, n.Span.Start, n.Span.End)
	}
	sides := in.readPlaces(&q, whole, skip)
	readYears(&q, folded, sides, today, skip)
	readIssued(&q, folded, skip)
	q.manyCities = len(sides) == 0 && citiesAsked.MatchString(folded)
	q.Only = len(q.Cities)+len(q.Districts) > 0 && onlyPattern.MatchString(folded)
	for _, m := range framePattern.FindAllStringIndex(folded, -1) {
		mark(skip, utf8.RuneCountInString(folded[:m[0]]), utf8.RuneCountInString(folded[:m[1]]))
	}
	if m := membersAsked.FindStringSubmatch(folded); m != nil {
		q.members = memberCounts[m[1]+m[2]]
	}
	q.target, q.meaning = targetOf([]rune(whole)), q.Intent == IntentDefinition
	q.Concepts = append(figureConcepts(whole, skip), conceptsOf(question, skip, in.thesaurus)...)
	q.heads = askedFor(folded)
	for i, c := range q.Concepts {
		q.Concepts[i].head = slices.ContainsFunc(q.heads, func(words string) bool { return strings.Contains(words, c.Text) })
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
	mentions := placesIn(in.places, question)
	q.Places = mentions
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

// placesIn lists the places that a text speaks of, leaving out those that are part
// of another name.
func placesIn(places *corpus.Gazetteer, text string) []corpus.Mention {
	mentions := places.Find(text)
	if len(mentions) == 0 {
		return nil
	}
	runes := []rune(text)
	return slices.DeleteFunc(mentions, func(m corpus.Mention) bool {
		return namesMore.MatchString(string(runes[m.Span.End:min(len(runes), m.Span.End+4)]))
	})
}

// soughtCity matches questions whose answer is a city.
var soughtCity = regexp.MustCompile(`(哪(个|座|一座|些|几个|几座|里的)?(城市|城|市|地)|什么(城市|地方)|which (city|cities|town))`)

var (
	onlyPattern  = regexp.MustCompile(`只看|仅看|只查|仅限|只要|只限|限定|only (look|consider|show)|just for`)
	framePattern = regexp.MustCompile(`[这那]?[两二三四五六七八九](部|个|者|家|份|座)(规章|法规|条例|办法|规定|文件|政策|城市|地方|地)?|(谁|哪[部个座家])?(最|更)(先|早|晚)|(谁|哪[部个座家])先|(怎么|如何|怎样)看(待)?|只看|仅看|只查|仅限|限定在|哪(个|座|一座|些|几个|几座|里的)?(城市|城)|比较一下|比较|对比|(有何|有什么|有啥)?(不同|区别|差异)|是否(一致|相同)|(一样|相同|一致)吗|哪个更?|谁更|比?(高|低|大|小|多|少|贵|便宜|早|晚)出?(多少|几)|相?差(多少|多大|几)|差距|更?(高|低|大|小|多|少|早|晚)[？?]|name (at least )?(one|two|three|four|five|six|seven)\b|compare[d]?( with| to)?|difference between|respectively`)
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
	regexp.MustCompile(`^([\p{Han}A-Za-z0-9+]{2,12}?)(?:包括|包含|都有|指)(?:哪些|什么)`),
	regexp.MustCompile(`(?i)what (?:is|are|does) (?:a |an |the )?([^?]{2,60}?)(?: mean| stand for|\?|$)`),
}

// targetOf returns the word that a question asks the meaning of, folded, or "".
func targetOf(question []rune) string {
	for _, pattern := range targetPatterns {
		if m := pattern.FindStringSubmatch(string(question)); m != nil {
			return corpus.Fold(beforeTarget.ReplaceAllString(m[1], ""))
		}
	}
	return ""
}

// beforeTarget is what says whose word it is: 该条例所称的, 法规里的.
var beforeTarget = regexp.MustCompile(`^.*(所称的?|(规定|条例|办法|法规|法律|规划|文件)(里|中|上)?的|对)`)

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
