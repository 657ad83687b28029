package retrieval

import (
	"fmt"
	"regexp"
	"strings"
)

// towards stands between who acts and whom it reaches.
var towards = regexp.MustCompile(`^(\p{Han}{3})\p{Han}{0,12}?(对|向|委托|高于|低于|给予)(\p{Han}{3})`)

// verifyOrder sees that who acts has not changed places with whom it reaches:
// A does not take up the opinion of B is not said of B and A.
func (h *hearing) verifyOrder() (faults []string) {
	for _, clause := range h.said {
		m := towards.FindStringSubmatch(clause.read)
		if m == nil {
			continue
		}
		turned := false
		for _, own := range h.clauses {
			before, after, found := strings.Cut(own.read, m[2])
			if !found {
				continue
			}
			if strings.Contains(before, m[1]) && strings.Contains(after, m[3]) {
				turned = false
				break
			}
			turned = turned || strings.Contains(before, m[3]) && strings.Contains(after, m[1])
		}
		if turned {
			faults = append(faults, fmt.Sprintf("the quote says the reverse of “%s”", abridge(clause.read, 40)))
		}
	}
	return faults
}

// agent matches who is said to have a duty.
var agent = regexp.MustCompile(`^(?:.*[，。；,])?(\p{Han}{1,18}?(?:政府|部门|机构|机关|企业|公司|单位|委员会|小组|协会|者|方|组织|大学|学校|银行|法院|[局厅委]))(应当|可以|不得|无需|负责|有权)`)

// verifyAgents sees that a duty is not said to be of one whom the quotes name only
// in what another is to do: the government by whose plan a committee drafts its own.
func (h *hearing) verifyAgents() (faults []string) {
	for _, clause := range h.said {
		m := agent.FindStringSubmatch(clause.read)
		if m == nil {
			continue
		}
		claimed := pairsOf([]rune(m[1]))
		acts, object := false, false
		for _, sentence := range strings.FieldsFunc(h.held, func(r rune) bool { return strings.ContainsRune("。;\n", r) }) {
			at := strings.LastIndex(sentence, m[2])
			if at < 0 {
				acts = true // it has no such duty to compare
				break
			}
			before, after := pairsOf([]rune(sentence[:at])), pairsOf([]rune(sentence[at:]))
			acts = acts || len(before) < 3 || 2*shareOf(claimed, before) >= len(claimed)
			object = object || 4*shareOf(claimed, after) >= 3*len(claimed)
		}
		if object && !acts {
			faults = append(faults, fmt.Sprintf("the quote does not say of %s what it %s do", m[1], m[2]))
		}
	}
	return faults
}

// shareOf is how many of the pairs another set has.
func shareOf(pairs, others map[[2]rune]bool) (n int) {
	for p := range pairs {
		if others[p] {
			n++
		}
	}
	return n
}

var (
	// leave matches whose leave an act has, or who is told of it.
	leave = regexp.MustCompile(`(?:经|报|报请|由|向)([^\P{Han}经报由向]{2,16}?)(批准|备案|同意|审批|许可|核准|验收|登记|认定|审核)`)
	// made matches what is made what: 以数据资源为关键生产要素.
	made = regexp.MustCompile(`以([^，。；、,;为]{2,16}?)为([^，。；,;]{2,16})`)
)

// verifyActs sees that whose leave is had, or what is made what, has not been
// exchanged with what the quotes say of another act: an authority's plan is approved
// by its own government and filed with the authority above.
func (h *hearing) verifyActs() (faults []string) {
	for _, said := range leave.FindAllStringSubmatch(h.read, -1) {
		fits, other := false, ""
		for _, own := range leave.FindAllStringSubmatch(h.held, -1) {
			if own[2] != said[2] {
				continue
			}
			if claimed := pairsOf([]rune(said[1])); 4*shareOf(claimed, pairsOf([]rune(own[1]))) >= 3*len(claimed) {
				fits = true
			}
			other = own[1]
		}
		if !fits && other != "" {
			faults = append(faults, fmt.Sprintf("it says %s%s where the quote says %s%s", said[1], said[2], other, said[2]))
		}
	}
	for _, said := range made.FindAllStringSubmatch(h.read, -1) {
		of, what := pairsOf([]rune(said[1])), pairsOf([]rune(said[2]))
		for _, own := range made.FindAllStringSubmatch(h.held, -1) {
			if theirs := pairsOf([]rune(own[2])); 3*shareOf(what, theirs) >= 2*len(what) && shareOf(of, pairsOf([]rune(own[1]))) == 0 {
				faults = append(faults, fmt.Sprintf("the quote makes %s, not %s, %s", own[1], said[1], said[2]))
			}
		}
	}
	return faults
}
