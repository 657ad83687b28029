package retrieval

import (
	"fmt"
	"regexp"

	"policykb/corpus"
)

// supportForms are the forms in which money or relief is given. A subsidy is no
// reward, interest that is borne no loan: they come with other conditions, and are
// paid back or not.
var supportForms = []struct {
	name string
	said *regexp.Regexp
	// general reports whether a text that speaks of support, and of no form of it,
	// may be said to give it.
	general bool
}{
	{"补贴", regexp.MustCompile(`补贴|补助|资助|奖补|贴费|补差|补偿|后补|\b(subsid\w+|grants?)\b`), true},
	{"奖励", regexp.MustCompile(`奖(\P{Han}|$)|奖励|奖金|奖补|激励|(最高|获|给|再)奖|奖\d|\b(rewards?|bonus\w*|awards?|prizes?)\b`), true},
	{"贴息", regexp.MustCompile(`贴息|利息补贴|补贴利息|\binterest subsid\w+`), false},
	{"贷款", regexp.MustCompile(`贷款|信贷|[业担保]贷|\b(loans?|credit line)\b`), false},
	{"股权投资", regexp.MustCompile(`股权|入股|直投|投资(支持|基金|资金)|跟投|天使投资|创业投资|风险投资|\b(equity|invests?|investments?|invested|venture)\b`), false},
	{"券", regexp.MustCompile(`券|\bvouchers?\b`), false},
	{"奖学金", regexp.MustCompile(`奖学金|助学金|\bscholarships?\b`), false},
	{"减免", regexp.MustCompile(`免[除征收减税租费]|减免|减征|减半|全免|[零0]租金|免费|抵扣|抵免|扣除|优惠|\b(exempt\w*|waive\w*|free|rent-free|discounts?|deduct\w*)\b`), true},
	{"担保", regexp.MustCompile(`担保|\bguarantee\w*\b`), false},
}

// interestOnly matches loans that are spoken of for what else is given for them.
var interestOnly = regexp.MustCompile(`贷款(贴息|利息|担保|保证保险|风险)`)

// verifySupport sees that support is said to be given in a form in which a quote, or
// what stands beside it, gives it.
func (h *hearing) verifySupport() (faults []string) {
	without := func(text string) string { return interestOnly.ReplaceAllString(text, "$1") }
	said, beside := without(h.read), without(h.beside)
	unnamed := true // no form is named with the statement's figures
	for _, f := range corpus.Figures(h.statement.Text) {
		for _, own := range h.homesOf() {
			if !anyBears(own.figures, f) {
				continue
			}
			for _, form := range supportForms {
				unnamed = unnamed && !form.said.MatchString(without(knownWording().read(own.text)))
			}
		}
	}
	for _, form := range supportForms {
		if form.said.MatchString(said) && !form.said.MatchString(beside) && !(form.general && unnamed) {
			faults = append(faults, fmt.Sprintf("no quote speaks of %s", form.name))
		}
	}
	return faults
}
