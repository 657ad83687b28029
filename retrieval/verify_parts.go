package retrieval

import (
	"fmt"
	"regexp"
	"strings"
)

// universal matches words that leave nothing out, comprehensive those that bear
// them out.
var (
	universal     = regexp.MustCompile(`即使|即便|哪怕|无论|不论|不管|所有|全部|一切|任何|一律|全体|永久|始终|无条件|全都`)
	comprehensive = regexp.MustCompile(`即使|即便|哪怕|无论|不论|不管|所有|全部|一切|任何|一律|全体|各类|各级|各地|各部门|凡|均|都|全额|全面|全覆盖|永久|始终|每`)
)

// verifyScope sees that a statement does not say of all what the quotes say of some.
func (h *hearing) verifyScope() (faults []string) {
	text, held := h.read, h.held
	text = strings.ReplaceAll(text, "安全", "～") // 安全体系 has no 全体 in it
	if word := universal.FindString(text); word != "" && !strings.Contains(held, word) && !comprehensive.MatchString(held) {
		faults = append(faults, fmt.Sprintf("no quote says %s", word))
	}
	if word := exclusive.FindString(h.statement.Text); word != "" && !limiting.MatchString(held) {
		faults = append(faults, fmt.Sprintf("no quote says %s", word))
	}
	return faults
}

// exclusive matches words that leave all others out, limiting those that bear them out.
var (
	exclusive = regexp.MustCompile(`只有|仅有|只限|仅限|唯有|唯一`)
	limiting  = regexp.MustCompile(`只|仅|限|唯|专|方可|才|除[^，。；]{1,30}外`)
)

var (
	// exception matches what a rule leaves out.
	exception = regexp.MustCompile(`[（(]([^（()）]{2,40})除外[)）]|但是?([^，。；（）()]{2,40}?)的?除外|除([^，。；、]{2,20}?)[之以]?外|(\p{Han}{2,20})以外的`)
	// excepts marks a statement of an exception.
	excepts = regexp.MustCompile(`除|以外|之外|例外|另有|不|非`)
)

// verifyExceptions sees that what a rule leaves out is not said to be under it.
func (h *hearing) verifyExceptions() (faults []string) {
	text, held := h.read, h.held
	if excepts.MatchString(text) {
		return nil
	}
	claimed := pairsOf([]rune(text))
	for _, m := range exception.FindAllStringSubmatch(held, -1) {
		left := m[1] + m[2] + m[3] + m[4]
		rest := pairsOf([]rune(strings.ReplaceAll(held, m[0], "\n")))
		for p := range pairsOf([]rune(left)) {
			if claimed[p] && !rest[p] {
				return append(faults, fmt.Sprintf("the quote leaves out “%s”", left))
			}
		}
	}
	return faults
}

// office matches an office by the end of its name, and what it is for.
var office = regexp.MustCompile(`(\p{Han}{2})(部门|机关|局|厅|委员会|委|办公室|小组|组|法院|检察院|银行|协会|联盟|管委会)`)

// verifyOffices sees that each office of the statement is one that the quotes name.
func (h *hearing) verifyOffices() (faults []string) {
	text, held := h.read, h.beside
	for _, m := range office.FindAllStringSubmatch(text, -1) {
		if strings.HasSuffix(m[0], "组") && notOffice.MatchString(text[strings.Index(text, m[0])+len(m[0]):]) {
			continue // 组织, 组成
		}
		if first := []rune(m[1]); strings.ContainsRune("和或及与由经向对其各让请", first[0]) {
			continue // no part of its name
		}
		if !strings.Contains(held, m[0]) && !anyOffice[m[1]] && strings.Contains(held, m[2]) {
			faults = append(faults, fmt.Sprintf("no quote names %s", m[0]))
		}
	}
	return faults
}

// notOffice matches what makes another word of 组.
var notOffice = regexp.MustCompile(`^[织成合建件装团]`)

// anyOffice are words before an office that name none.
var anyOffice = map[string]bool{"有关": true, "相关": true, "其他": true, "主管": true, "各个": true, "政府": true, "行政": true, "上述": true, "该等": true, "责任": true, "多个": true, "市级": true, "级各": true, "及其": true, "由其": true}

// role matches who acts, named for the act: 建设单位, 使用者.
var role = regexp.MustCompile(`(建设|使用|提供|生产|销售|管理|运营|经营|申报|申请|承担|牵头|参与|投资|委托|受托|处理|运输|采购|购买|推荐|主办|承办|监管|出资|需求|供给|受让|转让|研发|设计|施工|服务|消费|所在|主管)(单位|方|者|企业|机构|部门|主体)`)

// verifyRoles sees that nobody has taken the part of another: 使用单位 for 建设单位.
func (h *hearing) verifyRoles() (faults []string) {
	text, held := h.read, h.held
	for _, m := range role.FindAllStringSubmatch(text, -1) {
		if strings.Contains(held, m[0]) {
			continue
		}
		for _, other := range role.FindAllStringSubmatch(held, -1) {
			if other[2] == m[2] && !strings.Contains(text, other[0]) {
				faults = append(faults, fmt.Sprintf("it says %s where the quote says %s", m[0], other[0]))
				break
			}
		}
	}
	return faults
}
