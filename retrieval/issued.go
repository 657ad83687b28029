package retrieval

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"policykb/corpus"
)

// What a question says of when the documents were issued that it is to be answered
// from. 去年 and the like are no filter: they may be the words of a text about its
// own time.
const (
	yearGroup   = `((?:19|20)\d\d)`
	issuedWords = `(?:新)?(?:发布|印发|出台|公布|颁布|发文|制定)`
	issuedThing = `(?:都|一共|总共)?(?:有)?(?:哪些|什么|多少(?:个|份|项))?(?:新|相关|有关)?(?:文件|政策|规定|通知)`
)

var (
	issuedSince   = regexp.MustCompile(yearGroup + `年(?:(\d{1,2})月)?(?:以来|以后|之后|后|至今|起).*(?:` + issuedWords + `|` + issuedThing + `)|(?:issued|published|released|adopted) (?:since|after|from) ` + yearGroup + `|(?:policies|documents|rules|measures) since ` + yearGroup)
	issuedBefore  = regexp.MustCompile(yearGroup + `年(?:之前|以前|前)` + `(?:` + issuedWords + `|的` + issuedThing + `)|(?:issued|published|released|adopted) before ` + yearGroup)
	issuedBetween = regexp.MustCompile(yearGroup + `年?(?:至|到|-|—|~|–)` + yearGroup + `年(?:间|之间|期间)?(?:` + issuedWords + `|的` + issuedThing + `)|(?:issued|published|released|adopted) between ` + yearGroup + ` and ` + yearGroup)
	issuedIn      = regexp.MustCompile(yearGroup + `年(?:度)?的?` + issuedThing + `|(?:policies|documents) (?:of|from|in) ` + yearGroup)
)

// issuedFrame matches the words that say nothing but when the documents were issued.
var issuedFrame = regexp.MustCompile(`(?:` + yearGroup + `年?)(?:以来|以后|之后|之前|以前|年间)?的?` + issuedWords + `了?的?|issued|published|released|adopted`)

// readIssued reads within which dates the documents were issued that the folded
// question asks for: 2023年以来出台的, 广州2026年的文件, issued before 2020.
func readIssued(q *Interpretation, question string, skip []bool) {
	years := func(pattern *regexp.Regexp) (found []int) {
		for _, group := range pattern.FindStringSubmatch(question)[1:] {
			if len(group) == 4 {
				year, _ := strconv.Atoi(group)
				found = append(found, year)
			}
		}
		return found
	}
	whole := func(from, to int) {
		q.issuedFrom, q.issuedTo = corpus.Date{Year: from}, corpus.Date{Year: to}
	}
	switch {
	case issuedBetween.MatchString(question):
		if y := years(issuedBetween); len(y) == 2 {
			whole(y[0], y[1])
		}
	case issuedSince.MatchString(question):
		q.issuedFrom = corpus.Date{Year: years(issuedSince)[0]}
	case issuedBefore.MatchString(question):
		q.issuedTo = corpus.Date{Year: years(issuedBefore)[0] - 1}
	case issuedIn.MatchString(question):
		y := years(issuedIn)[0]
		whole(y, y)
	default:
		return
	}
	for _, m := range issuedFrame.FindAllStringIndex(question, -1) {
		mark(skip, utf8.RuneCountInString(question[:m[0]]), utf8.RuneCountInString(question[:m[1]]))
	}
	// The years say when the documents are from, not what stands in them.
	q.stated = slices.DeleteFunc(q.stated, func(year int) bool {
		return year == q.issuedFrom.Year || year == q.issuedTo.Year || year == q.issuedTo.Year+1
	})
}

// filterIssued narrows the filter to the dates that the question names, where the
// request gives none.
func (q *Interpretation) filterIssued() {
	if !q.Filter.IssuedFrom.IsZero() || !q.Filter.IssuedTo.IsZero() {
		return
	}
	q.Filter.IssuedFrom, q.Filter.IssuedTo = q.issuedFrom, q.issuedTo
}

// issuedWithin says in the question's language which documents it asks for: 广州2026年的文件.
func issuedWithin(q *Interpretation) string {
	from, to := q.issuedFrom, q.issuedTo
	places := strings.Join(q.Cities, "、")
	if q.Language == "en" {
		period := "from " + from.String() + " to " + to.String()
		switch {
		case to.IsZero():
			period = "since " + from.String()
		case from.IsZero():
			period = "up to " + to.String()
		case from == to:
			period = "of " + from.String()
		}
		if places != "" {
			return "documents on " + places + " " + period
		}
		return "documents " + period
	}
	period := from.String() + "年至" + to.String() + "年"
	switch {
	case to.IsZero():
		period = from.String() + "年以来"
	case from.IsZero():
		period = to.String() + "年及以前"
	case from == to:
		period = from.String() + "年"
	}
	return places + period + "的文件"
}
