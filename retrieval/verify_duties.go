package retrieval

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	// hanDenial matches a denial and the characters that it denies.
	hanDenial = regexp.MustCompile(`(不得|不能|不可|不予|不应|不必|不需|不再|不会|不准|不许|不再|不|未能|未经|未|尚未|没有|无需|无须|无权|无|非|拒绝|免于|免予)(再|能|可|以|予|应|被|行|需)?(\p{Han}{2})`)
	// forbids matches what forbids all that follows in the clause.
	forbids = regexp.MustCompile(`禁止|严禁|不得|不准|不许|杜绝`)
	// formal are words that deny in form only.
	formal = regexp.MustCompile(`不(超过|高于|低于|少于|多于|大于|小于|足|等|限于|断|仅|但|论|同|动产|良|满|得(超过|高于|低于|少于|多于|大于|小于))|非(常|营利|物质|公有)|无(论|人机|人驾驶|人|线|偿|障碍|形|纸化)|未(来|成年|必)|不可抗力|免不了|从未|另有|不受(\p{Han}{0,6})限制|没有(\p{Han}{0,6})限制|不设(\p{Han}{0,6})限制|不限`)
)

// verifyDenials compares what the statement and the quotes deny: what a quote
// denies the statement may not assert, nor the other way round. The two
// characters after a denial stand for what is denied.
func (h *hearing) verifyDenials() (faults []string) {
	text, held := h.read, h.held
	if strings.Contains(text, "无需") && !relieves.MatchString(strings.ReplaceAll(placeless(held, h.places), "不得", "")) {
		return []string{"it says that something need not be, and no quote does"}
	}
	if permitted(text, held) {
		return nil
	}
	text, held = placeless(text, h.places), placeless(held, h.places)
	text, held = formal.ReplaceAllString(text, "～"), formal.ReplaceAllString(held, "～")
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
	for _, m := range prohibition.FindAllStringSubmatch(text, -1) {
		if act := m[2]; !strings.Contains(held, act) && !slices.ContainsFunc(knownWording().same[act], func(w string) bool { return strings.Contains(held, w) }) && prohibition.MatchString(held) {
			faults = append(faults, fmt.Sprintf("no quote forbids “%s”", act))
		}
	}
	if m := hanDenial.FindString(text + "～～"); len(faults) == 0 && (m != "" || forbids.MatchString(text)) && !hanDenial.MatchString(held) && !forbids.MatchString(held) {
		faults = append(faults, "it denies or forbids something, and no quote does")
	}
	return faults
}

// relieves matches what may bear out that something need not be.
var relieves = regexp.MustCompile(`无需|免|取消|不|未|直接|自动|即可|即享`)

// prohibition matches the act that is forbidden.
var prohibition = regexp.MustCompile(`不得(擅自|随意|非法|违法|违规|任意)(\p{Han}{2})`)

// onLeave matches what needs somebody's leave: 须经主管机关批准.
var onLeave = regexp.MustCompile(`(须|应当|需要?|方可|才可|才能|只有|先)[^，。；]{0,20}(批准|同意|许可|准许|审批|审核)|(批准|同意|许可|准许|审批|审核)[^，。；]{0,4}[，]?(后|才|方)`)

// permitted reports whether a text says that leave is needed of what another
// forbids without it: 未经批准，不得提供 is 须经批准, 方可提供.
func permitted(text, held string) bool {
	return strings.Contains(held, "未经") && strings.Contains(held, "不得") && !strings.Contains(text, "不得") && onLeave.MatchString(text)
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

// duty is what a clause says of an act: that it must, may, must not or need not be.
type duty string

const (
	dutyNone    duty = ""
	dutyMust    duty = "must"
	dutyMay     duty = "may"
	dutyMustNot duty = "must not"
	dutyNeedNot duty = "need not"
)

var (
	duties = []struct {
		words *regexp.Regexp
		duty  duty
	}{
		{regexp.MustCompile(`不得(超过|低于|高于|少于|多于|大于|小于)|认可|许可|可信|可靠|可持续|可行|可控|可视|必需品|须知|需求`), dutyNone},
		{regexp.MustCompile(`不得`), dutyMustNot},
		{regexp.MustCompile(`无需`), dutyNeedNot},
		{regexp.MustCompile(`应当|必须|[^必]须`), dutyMust},
		{regexp.MustCompile(`可以|可(按|由|在|凭|自行|多次|继续|延|申|免|不)`), dutyMay},
	}
)

// dutyOf reads the last word of duty of a clause.
func dutyOf(read string) duty {
	found, last := dutyNone, -1
	read = duties[0].words.ReplaceAllString(read, "～")
	for _, d := range duties[1:] {
		if all := d.words.FindAllStringIndex(read, -1); len(all) > 0 && all[len(all)-1][0] > last {
			found, last = d.duty, all[len(all)-1][0]
		}
	}
	return found
}

// verifyDuties compares what each clause of the statement says must, may or must not
// be with what the clause of the quotes that is most like it says. What is
// forbidden there is not said without its prohibition, and what may be is not
// said to be a must. A prohibition holds to the end of its sentence, or to the
// next word of duty.
func (h *hearing) verifyDuties() (faults []string) {
	type rule struct {
		segment
		forbidden bool
	}
	var held []rule
	forbidden := false
	for _, c := range h.clauses {
		switch d := dutyOf(c.read); {
		case d != dutyNone:
			forbidden = d == dutyMustNot
		case c.after < 0:
			forbidden = false
		}
		held = append(held, rule{c, forbidden})
	}
	if permitted(h.read, h.held) {
		return nil
	}
	silent := !denies(placeless(h.statement.Text, h.places)) && !forbids.MatchString(h.read)
	for _, clause := range h.said {
		if len(clause.content) < 3 {
			continue
		}
		best := 0
		var own rule
		for _, r := range held {
			if n := inCommon(clause.content, r.content); n > best || n == best && own.forbidden && !r.forbidden {
				best, own = n, r
			}
		}
		if !hedged.MatchString(clause.read) && slices.ContainsFunc(held, func(r rule) bool {
			return strings.Contains(r.read, "未必") && 2*inCommon(clause.content, r.content) >= len(clause.content)
		}) {
			faults = append(faults, fmt.Sprintf("“%s” is sure of what the quote is not", abridge(clause.read, 40)))
		}
		if 5*best < 3*len(clause.content) {
			continue
		}
		said, says := dutyOf(clause.read), dutyOf(own.read)
		switch {
		case own.forbidden && (said == dutyMay || said == dutyMust || said == dutyNone && silent):
			faults = append(faults, fmt.Sprintf("the quote forbids what “%s” allows", abridge(clause.read, 40)))
		case says == dutyNone && said == dutyMust && encouraged.MatchString(own.read) && !encouraged.MatchString(clause.read):
			faults = append(faults, fmt.Sprintf("“%s” makes a duty of what the quote encourages", abridge(clause.read, 40)))
		case says == dutyMay && (said == dutyMust || said == dutyMustNot), says == dutyMust && said == dutyMay:
			faults = append(faults, fmt.Sprintf("“%s” says %s where the quote says %s", abridge(clause.read, 40), said, says))
		}
	}
	return faults
}

// encouraged matches what is no duty though a text speaks for it.
var encouraged = regexp.MustCompile(`^(本市|本省|国家|市|省|意见)?(鼓励|支持|倡导|提倡|引导|探索)`)

// hedged matches what is said not to be sure.
var hedged = regexp.MustCompile(`未必|可能|或许|难以|难保|无法保证|不`)
