package metadata

import (
	"slices"
	"strings"
	"unicode/utf8"

	"policykb/corpus"
)

// labelFields says which field the value after a label is for. Labels are
// folded and without spaces. "" marks those that only end the value before them.
var labelFields = map[string]string{
	"标题": title, "文件名称": title, "政策名称": title, "文件标题": title,

	"发文机关": issuer, "发文单位": issuer, "发文机构": issuer, "发文部门": issuer,
	"发布机关": issuer, "发布单位": issuer, "发布机构": issuer, "发布部门": issuer,
	"制定机关": issuer, "制定单位": issuer, "颁布机关": issuer, "颁布单位": issuer,
	"印发机关": issuer, "印发单位": issuer, "公布机关": issuer, "制发机关": issuer,

	"发文字号": docNumber, "文号": docNumber, "文件字号": docNumber, "文件编号": docNumber, "发文文号": docNumber,

	"成文日期": issuedOn, "成文时间": issuedOn, "印发日期": issuedOn, "印发时间": issuedOn,
	"发文日期": issuedOn, "发文时间": issuedOn, "公布日期": issuedOn, "颁布日期": issuedOn, "颁布时间": issuedOn,
	"发布日期": issuedOn, "发布时间": issuedOn, "更新时间": issuedOn, "更新日期": issuedOn, "生成日期": issuedOn,

	"实施日期": effectiveFrom, "施行日期": effectiveFrom, "生效日期": effectiveFrom, "实施时间": effectiveFrom, "施行时间": effectiveFrom,
	"失效日期": effectiveTo, "废止日期": effectiveTo, "有效期至": effectiveTo, "截止日期": "",
	"有效期": term, "时间/频度": cardTerm, "有效期限": term, "执行期限": term,

	"时效性": status, "有效性": status, "效力状态": status, "状态": status, "时效状态": status,

	"索引号": "", "主题分类": "", "主题词": "", "来源": "", "文章来源": "", "信息来源": "", "责任编辑": "", "字号": "",
	"公开方式": "", "公开形式": "", "公开类别": "", "依据文件": "", "工具分类": "", "服务对象": "", "体裁分类": "", "组配分类": "",
	"性质": "", "级别": "", "摘要": "", "区域": "", "政策全文": "", "申请条件": "", "浏览次数": "", "作者": "", "责编": "", "编辑": "",
}

// term is the label field of a period: 2023年10月11日起至2025年12月31日止.
const term = "term"

// cardTerm is the same on a policy card, which says it below its sections.
const cardTerm = "card term"

// dateLabels orders the labels of a date, the one that dates the act itself first.
var dateLabels = []string{
	"成文日期", "成文时间", "印发日期", "印发时间", "发文日期", "发文时间", "公布日期", "颁布日期", "颁布时间",
	"发布日期", "发布时间", "生成日期", "更新日期", "更新时间",
}

// labelledValue is a value that stands after its label, as 发文机关： 国务院 does.
type labelledValue struct {
	label, field string
	region       region
	at           int // where the label begins
	from, to     int // of the value
}

func (l labelledValue) value() string     { return l.region.text(l.from, l.to) }
func (l labelledValue) folded() string    { return l.region.folded[l.from:l.to] }
func (l labelledValue) span() corpus.Span { return l.region.span(l.from, l.to) }

// labelsIn finds the labelled values of a region that begin before until. Labels
// may follow one another without a line end, as in the head table of a web page
// that was copied as text.
func labelsIn(r region, until int) []labelledValue {
	var found []labelledValue
	for i := 0; i < until; {
		mark := strings.IndexAny(r.folded[i:until], ":】|")
		if mark < 0 {
			break
		}
		mark += i
		i = mark + 1
		if r.folded[mark] == "】"[0] {
			i = mark + len("】")
		}
		if l, at, ok := labelBefore(r.folded, mark); ok {
			if r.folded[mark] == '|' && labelFields[l] == "" {
				continue
			}
			from := i
			for from < r.end() && strings.ContainsRune("*:】| ", rune(r.folded[from])) {
				from++
			}
			found = append(found, labelledValue{label: l, field: labelFields[l], region: r, at: at, from: from})
		}
	}
	for i := range found {
		l := &found[i]
		l.to = max(l.from, r.lineEnd(min(l.from, r.end())))
		if i+1 < len(found) {
			l.to = max(l.from, min(l.to, found[i+1].at))
		}
		for _, stop := range []string{"【", "|", "\u3000", "    "} {
			if cut := strings.Index(r.folded[l.from:l.to], stop); cut >= 0 {
				l.to = l.from + cut
			}
		}
		l.from, l.to = r.trim(l.from, l.to)
		for l.to > l.from && (r.folded[l.to-1] == '*' || r.folded[l.to-1] == '`') {
			l.to--
		}
		for l.from < l.to && (r.folded[l.from] == '*' || r.folded[l.from] == '`') {
			l.from++
		}
	}
	return slices.DeleteFunc(found, func(l labelledValue) bool { return l.field == "" || l.from == l.to })
}

// longestLabel is the length of the longest label, in code points.
var longestLabel = func() (n int) {
	for l := range labelFields {
		n = max(n, utf8.RuneCountInString(l))
	}
	return n
}()

// labelBefore reads, from right to left, the label that ends at a place, over
// the spaces with which 标 题 is set wide and the marks of Markdown.
func labelBefore(folded string, end int) (label string, at int, ok bool) {
	var word string
	best := ""
	for i, n := end, 0; i > 0 && n < longestLabel; {
		c, size := utf8.DecodeLastRuneInString(folded[:i])
		if c == '\n' {
			break
		}
		i -= size
		if c == ' ' || c == '*' {
			continue
		}
		n++
		word = string(c) + word
		if _, known := labelFields[word]; known {
			best, at = word, i
		}
	}
	return best, at, best != ""
}

// labelAt reads the label that a folded line begins with.
func labelAt(line string) (label string, end int, ok bool) {
	mark := strings.IndexAny(line, ":】")
	if mark < 0 {
		return "", 0, isLabelWord(line)
	}
	label, at, ok := labelBefore(line, mark)
	return label, mark, ok && at <= len("**【")
}

// isLabelWord reports whether a text is a label and nothing else.
func isLabelWord(s string) bool {
	_, known := labelFields[strings.Trim(strings.ReplaceAll(fold(s), " ", ""), "【】:*")]
	return known
}

// labelled returns the values of a field, those of the head first.
func (d *detector) labelled(field string) []labelledValue {
	var of []labelledValue
	for _, l := range d.labels {
		if l.field == field {
			of = append(of, l)
		}
	}
	return of
}
