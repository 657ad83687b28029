package retrieval

import (
	"regexp"
	"slices"
	"strings"

	"policykb/corpus"
)

var (
	saidOf         = regexp.MustCompile(`所称的?$`)
	summaryPattern = regexp.MustCompile(`摘要|概要|概述|导语|提要|要点|(?i)summary|abstract`)
	definesPattern = regexp.MustCompile(`^[”"』」）)]{0,2}\s*[，,：:（(]?\s*(是指|指的是|是|即|指|包括|（|\(|衡量|为|refers to|means|is an? |is the |are |\.\s*(?:this|it) is an? |。)`)
	causePattern   = regexp.MustCompile(`因为|由于|原因|因素|为了|导致|造成|使得|所以|因此|在于|是因|旨在|挑战|问题|because|due to|in order to|reason|therefore|owing to`)
	saidPattern    = regexp.MustCompile(`(院士|主任|创始人|总裁|主席|董事长|教授|部长|局长|市长|书记|记者|专家|CEO)[\p{Han}]{2,4}|[\p{Han}]{2,3}(表示|指出|认为|提出|强调|解释|介绍|称|说)|said|stated|according to`)
)

// definitionOf tells whether the unit says what the asked word means: the word
// stands, as a word of its own, before 是指, 即 or the like.
func (r *reader) definitionOf(t *reading, u *unit) float64 {
	text := []rune(corpus.Fold(readable(string(t.text[u.span.Start:u.span.End]))))
	target := []rune(r.q.target)
	if len(target) > 1 {
		best := 0.0
		for i := range text {
			if hasPrefix(text[i:], target) {
				own := i == 0 || !isHan(text[i-1]) && !isLatin(text[i-1]) || saidOf.MatchString(string(text[max(0, i-3):i]))
				best = max(best, defines(string(text[i+len(target):min(len(text), i+len(target)+20)]), own))
			}
		}
		return best
	}
	best := 0.0
	for _, o := range t.found {
		if u.span.Contains(o.span) && (o.weight >= weightSame || o.part != 0) {
			best = max(best, 0.8*defines(string(t.text[o.span.End:min(u.span.End, o.span.End+10)]), true))
		}
	}
	return best
}

// defines weighs what follows a word as the opening of its definition. Part of a
// longer word it is defined only by accident.
func defines(after string, own bool) float64 {
	m := definesPattern.FindStringSubmatch(after)
	if m == nil {
		return 0
	}
	weight := 0.6
	switch m[1] {
	case "是指", "指的是", "指", "refers to", "means":
		weight = 1
	}
	if !own {
		weight *= 0.4
	}
	return weight
}

// listing tells how much of a list a text is, where the list has the given number
// of members, or any where that is 0.
func listing(text string, members int) float64 {
	n := strings.Count(text, "、") + strings.Count(text, "；") + strings.Count(text, ", ") + strings.Count(text, ",\n")
	if members > 0 {
		return min(1, float64(n+1)/float64(members)) * min(1, float64(members+2)/float64(n+1))
	}
	score := min(1, float64(n)/3)
	if strings.Contains(text, "以下") || strings.Contains(text, "下列") || strings.Contains(text, "包括") {
		score = max(score, 0.6)
	}
	return score
}

// parallel tells whether a unit is one of as many rows, items or named paragraphs
// as the list has members.
func (t *reading) parallel(u *unit, members int) float64 {
	if members == 0 || u.label.Len() == 0 {
		return 0
	}
	n := 0
	for i := range t.units {
		if o := &t.units[i]; o.kind == u.kind && o.label.Len() > 0 && slices.Equal(o.above, u.above) {
			n++
		}
	}
	return truth(n == members)
}
