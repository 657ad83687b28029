package retrieval

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"policykb/corpus"
)

var (
	yearPattern    = regexp.MustCompile(`((?:19|20)\d\d)\s*(年版|版|年的|年(?:修订|修正|印发|发布|出台|公布|颁布)的?|年(?:年底|底|末|初|度)?)?`)
	editionContext = regexp.MustCompile(`^(《|[^，。？]{0,14}(条例|法规|办法|规定|规划|方案|措施|版本|意见))`)
	relativeYears  = map[string]int{"前年": -2, "去年": -1, "上一年": -1, "今年": 0, "本年": 0, "明年": 1, "后年": 2, "last year": -1, "this year": 0, "next year": 1}
	planPattern    = regexp.MustCompile(`[“"]?(十二|十三|十四|十五)五[”"]?`)
	planYears      = map[string]int{"十二": 2011, "十三": 2016, "十四": 2021, "十五": 2026}
)

// readYears notes the years of a question and which of them tell editions of a
// document apart: 2024年版, 2011年的科技创新条例, and a year before a place.
func readYears(q *Interpretation, question string, places []corpus.Mention, today corpus.Date, skip []bool) {
	placeAt := func(b int) bool {
		at := utf8.RuneCountInString(question[:b])
		return slices.ContainsFunc(places, func(m corpus.Mention) bool { return m.Span.Start == at })
	}
	for _, m := range yearPattern.FindAllStringSubmatchIndex(question, -1) {
		year, err := strconv.Atoi(question[m[2]:m[3]])
		if err != nil {
			continue
		}
		at := corpus.Span{Start: utf8.RuneCountInString(question[:m[2]]), End: utf8.RuneCountInString(question[:m[3]])}
		if slices.ContainsFunc(q.numbers, func(n corpus.DocNumber) bool { return n.Span.Contains(at) }) {
			continue // part of a document's number
		}
		tail := ""
		if m[4] >= 0 {
			tail = question[m[4]:m[5]]
		}
		if !slices.Contains(q.Years, year) {
			q.Years = append(q.Years, year)
		}
		q.stated = append(q.stated, year)
		if strings.HasSuffix(tail, "版") || len([]rune(tail)) >= 3 && strings.ContainsAny(tail, "修印发出公颁") || tail == "年的" && (placeAt(m[1]) || editionContext.MatchString(question[m[1]:])) ||
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
