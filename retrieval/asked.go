package retrieval

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

var (
	// interrogative matches the word that asks, with what ties it to what is asked for.
	interrogative = regexp.MustCompile(`(是|为|有|能|要|可以|可|会|达|达到|在|算|叫|到)*(多少|几[^乎]|谁|何时|什么(?:时候|意思|样|地方)|什么|啥|哪些|哪几[类种项个]|哪|怎么|怎样|如何|多大|多久|多长|多高)|(可以|能)?吗([，,？?]|$)`)
	// beforeAsked matches where what is asked for begins: behind 的, 对 or a mark.
	beforeAsked = regexp.MustCompile(`^.*[的对把被给从，,。；;：:、？?]`)
	// englishAsked matches what an English question asks for.
	englishAsked = regexp.MustCompile(`\b(?:what|which)(?: (?:is|are|was|were))?(?: the| a| an)? ([a-z0-9][a-z0-9 -]{2,40}?)(?: of| for| in| on| at| does| do| did| is| are| was| were| can| may| must| should| has| have|\?|,|$)|\bhow (?:much|many|large|big|long)(?: an?| the)? ([a-z0-9][a-z0-9 -]{2,40}?)(?: of| for| in| on| at| does| do| did| is| are| was| were| can| may| must| should| has| have|\?|,|$)`)
)

// longestAsked is the length of the longest Chinese words that are taken for what is
// asked for, in code points.
const longestAsked = 12

// askedBehind matches the words that ask for what stands behind them: 哪些材料.
var askedBehind = regexp.MustCompile(`(什么|啥|哪些|哪几[类种项个])$`)

// afterAsked matches where what is asked for ends, behind the word that asks.
var afterAsked = regexp.MustCompile(`[，,。；;：:、？?].*$`)

// askedFor returns what a folded question asks for, the words just before the one
// that asks: 停车费 in 社区的停车费是多少. 什么 and 哪些 ask for what follows them, save
// behind 对: 对禁飞区有什么规定. There may be none.
func askedFor(question string) []string {
	var asked []string
	for _, m := range interrogative.FindAllStringIndex(question, -1) {
		before := beforeAsked.ReplaceAllString(question[:m[0]], "")
		if askedBehind.MatchString(question[m[0]:m[1]]) && !strings.HasSuffix(question[:m[0]-len(before)], "对") {
			if after := strings.TrimLeft(afterAsked.ReplaceAllString(question[m[1]:], ""), "些的"); utf8.RuneCountInString(after) > 1 {
				before = after
			}
		}
		for utf8.RuneCountInString(before) > longestAsked {
			_, size := utf8.DecodeRuneInString(before)
			before = before[size:]
		}
		if before = strings.TrimSpace(before); before != "" {
			asked = append(asked, before)
		}
	}
	for _, m := range englishAsked.FindAllStringSubmatch(question, -1) {
		asked = append(asked, m[1]+m[2])
	}
	return asked
}
