package retrieval

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"policykb/corpus"
)

// verifyPairs sees that each figure of the statement stands with what the quote
// says it of: with the year or place in a row that governs it there, and with the
// words of its own clause more than with those of another that has a figure of its
// kind. Two facts of one quote are easily merged into a third that it does not say.
func (h *hearing) verifyPairs() (faults []string) {
	figures := corpus.Figures(h.statement.Text)
	text := []rune(h.statement.Text)
	for i, f := range figures {
		if f.Kind == corpus.FigureDate || f.Kind == corpus.FigureOrdinal || f.Kind == corpus.FigureLabel || f.Kind == corpus.FigurePlan {
			continue
		}
		holders := holdersOf(f, h.contexts)
		if len(holders) == 0 {
			continue // no quote has it as it is, and that has been said
		}
		if g := governorOf(figures, text, i); !slices.ContainsFunc(holders, func(h holder) bool { return h.governedBy(g) }) {
			faults = append(faults, fmt.Sprintf("the quote does not say %s of %s", f.Text, g))
			continue
		}
		if owner := strayed(f, h.said, h.clauses); owner != "" {
			faults = append(faults, fmt.Sprintf("the quote does not say %s of “%s”", f.Text, owner))
		}
	}
	return faults
}

// holder is a figure of a quote that bears out one of the statement.
type holder struct {
	context quoteContext
	at      int // in context.figures
}

// holdersOf finds the figures that bear out a claim.
func holdersOf(claim corpus.Figure, contexts []quoteContext) (all []holder) {
	for _, c := range contexts {
		for i, f := range c.figures {
			if bears(f, claim) {
				all = append(all, holder{c, i})
			}
		}
	}
	return all
}

// governor is what stands nearest before a figure in its sentence and says when, or
// of which in a row, it is: 2015年, 第一年, 第二、三年.
type governor struct {
	date     *corpus.Figure
	ordinals []int
	text     string
}

func (g governor) String() string { return g.text }

// ordinals are read without their units: 第二、三年 is of the second and the third.
var ordinals = regexp.MustCompile(`第([一二三四五六七八九十百\d]+)(?:([至到、和与-])第?([一二三四五六七八九十\d]+))?`)

// governorOf finds what governs a figure of a text.
func governorOf(figures []corpus.Figure, text []rune, at int) (g governor) {
	start := figures[at].Span.Start
	for start > 0 && !isClauseEnd(text[start-1]) {
		start--
	}
	before := string(text[start:figures[at].Span.Start])
	if all := ordinals.FindAllStringSubmatchIndex(before, -1); len(all) > 0 {
		last := len(all) - 1
		g.ordinals, g.text = ordinalNumbers(before, all[last]), before[all[last][0]:all[last][1]]
		for last > 0 && strings.TrimRight(before[all[last-1][1]:all[last][0]], "年期批次阶段季度月位名") == "和" { // 第二年和第三年
			last--
			g.ordinals = append(g.ordinals, ordinalNumbers(before, all[last])...)
		}
	}
	for i := at - 1; i >= 0 && figures[i].Span.Start >= start && g.date == nil; i-- {
		if figures[i].Kind == corpus.FigureDate {
			g.date = &figures[i]
			g.text += figures[i].Text
		}
	}
	return g
}

// ordinalNumbers are the places in a row that a match names.
func ordinalNumbers(text string, match []int) (numbers []int) {
	part := func(n int) string {
		if match[2*n] < 0 {
			return ""
		}
		return text[match[2*n]:match[2*n+1]]
	}
	first, last := smallNumber(part(1)), smallNumber(part(3))
	numbers = append(numbers, first)
	switch joint := part(2); {
	case last == 0:
	case joint == "至" || joint == "到" || joint == "-":
		for n := first + 1; n <= last && len(numbers) < 100; n++ {
			numbers = append(numbers, n)
		}
	default:
		numbers = append(numbers, last)
	}
	return numbers
}

// smallNumber reads a number up to 99 in either writing; 0 where it is none.
func smallNumber(text string) int {
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	n := 0
	for _, r := range text {
		switch d := strings.IndexRune("一二三四五六七八九", r) / 3; {
		case r == '十':
			n = max(n, 1) * 10
		case strings.ContainsRune("一二三四五六七八九", r):
			n += d + 1
		}
	}
	return n
}

// governedBy reports whether what governs the figure in its quote agrees with g,
// or one of the two is silent.
func (h holder) governedBy(g governor) bool {
	own := governorOf(h.context.figures, []rune(h.context.quote.Passage.Found.Passage.Text), h.at)
	if len(own.ordinals) > 0 && slices.ContainsFunc(g.ordinals, func(n int) bool { return !slices.Contains(own.ordinals, n) }) {
		return false
	}
	return own.date == nil || g.date == nil || corpus.Supports(*own.date, *g.date)
}

// strayed returns words of the statement by which one of its figures is said of
// what the quotes say otherwise; "" where there are none. Where a clause of the
// quotes has the figure and another contrasts with it, the statement may not have
// more of the other's words than of the one's.
func strayed(claim corpus.Figure, said, held []segment) string {
	for _, s := range said {
		if !slices.ContainsFunc(s.figures, func(f corpus.Figure) bool { return f.Text == claim.Text && f.Low == claim.Low }) {
			continue
		}
		verdict := ""
		for at, own := range held {
			if !slices.ContainsFunc(own.figures, func(f corpus.Figure) bool { return bears(f, claim) }) {
				continue
			}
			if verdict = otherwise(s, held, at, claim); verdict == "" {
				break
			}
		}
		if verdict != "" {
			return verdict
		}
	}
	return ""
}

// otherwise compares a segment of the statement with the one of the quotes that
// has its figure, against each other one, and returns the words that are another's.
func otherwise(said segment, held []segment, at int, claim corpus.Figure) string {
	own := held[at]
	if a, b := perOf(said.read), perOf(own.read); a != "" && b != "" && !strings.Contains(own.read, a) && !strings.Contains(said.read, b) {
		return a
	}
	if perOf(said.read) != "" && perOf(own.read) == "" && totalled.MatchString(own.read) && !totalled.MatchString(said.read) {
		return perOf(said.read) // the sum is of all of them
	}
	if a, b := periods.FindString(said.read), periods.FindString(own.read); a != "" && b != "" && (a == "一次性") != (b == "一次性") {
		return a
	}
	if word, _ := turned(said.read, own.read); word != "" {
		return word
	}
	for _, m := range excluded.FindAllStringSubmatch(said.read, -1) {
		if strings.Contains(excluded.ReplaceAllString(own.read, ""), m[2]) {
			return m[2]
		}
	}
	if claim.Kind == corpus.FigurePercent && !further.MatchString(said.read) {
		for _, m := range further.FindAllStringSubmatch(own.read, -1) {
			if m[2] == strconv.FormatFloat(claim.Low, 'f', -1, 64) {
				return said.read // not on top of another share
			}
		}
	}
	mine, all := pairsOf(said.topic), pairsOf(slices.Concat(said.content, []rune{'\n'}, said.carried))
	for i, other := range held {
		if i == at || slices.ContainsFunc(other.figures, func(f corpus.Figure) bool {
			return f.Kind != corpus.FigureDate && slices.ContainsFunc(said.figures, func(s corpus.Figure) bool { return bears(f, s) })
		}) {
			continue // it has the figure too, or another that is said with it
		}
		if len(own.content) == 0 && own.after == i || other.after == at && len(other.content) == 0 {
			continue // one says what the other is of
		}
		common := inCommon(own.content, other.content)
		alike := common > 1 && 3*common >= max(len(own.content), len(other.content))
		if len(other.figures) == 0 && !alike && !(other.denies && !said.denies && i > at) && !(own.after == i && addressed.MatchString(own.read)) {
			continue // it tells what the figure is of, or on which condition
		}
		theirs := contrasting(other.content, own.content, alike && i < at)
		ours := contrasting(own.content, other.content, alike && at < i)
		strange, count, shared := "", 0, 0
		for p := range mine {
			if theirs[p] && !ours[p] {
				count++
				if pair := string(p[:]); strange == "" || pair < strange {
					strange = pair
				}
			}
		}
		for p := range all {
			if ours[p] && !theirs[p] {
				shared++
			}
		}
		// What stands before it in its sentence and is not like it may be what it is of.
		before := i < at && own.after >= 0 && !alike
		if count > 0 && (alike && count*len(ours) > shared*len(theirs) || !alike && count > shared && (!before || shared == 0)) {
			return strange
		}
	}
	return ""
}

// further matches a share that comes on top of another.
var further = regexp.MustCompile(`(额外|另|追加|增加|提高|上浮|叠加|再)[^\d，。到至]{0,2}(\d+)`)

// each matches what a sum is for each of.
var each = regexp.MustCompile(`(?:每|单)(?:一)?(?:个|家|项|名|位|户|件|张|份|笔|台|套|款|种)(企业|公司|单位|机构|主体|项目|平台|品种|产品|药品|园区|社区|团队|基金|合同|课题|人才|工位|场景|模型|载体|楼宇|设备|专利|基地|中心|农户|家庭|学生|教师|职工|员工|个人)`)

// perOf is what the sum of a clause is for each of: 企业 of 单个企业.
func perOf(read string) string {
	if m := each.FindStringSubmatch(read); m != nil {
		return m[1]
	}
	return ""
}

// totalled matches a sum over all.
var totalled = regexp.MustCompile(`总额|总量|总计|合计|共计|总规模|累计`)

// addressed matches a clause that names anew whom it is for.
var addressed = regexp.MustCompile(`^(其中|并|且|同时)?(对|给|向|凡)`)

// contrasting is the pairs of a clause by which it differs from another. What the
// later of two clauses that are alike only leaves out makes no difference: it is
// understood.
func contrasting(content, against []rune, understood bool) map[[2]rune]bool {
	pairs := pairsOf(content)
	for p := range pairsOf(against) {
		delete(pairs, p)
	}
	if !understood {
		return pairs
	}
	changed := make([]bool, len(content))
	for r := range replacements(content, against) {
		mark(changed, max(r.from, r.to-(r.ownTo-r.ownFrom)), r.to) // what comes before may be understood
	}
	contrast := make(map[[2]rune]bool)
	for i := range len(content) - 1 {
		if p := [2]rune{content[i], content[i+1]}; pairs[p] && (changed[i] || changed[i+1]) {
			contrast[p] = true
		}
	}
	return contrast
}
