package corpus

import (
	"slices"
	"strings"
)

// boundWords are the words that say on which side of a value the truth lies.
// Those before the value are looked for backwards from it; 〜 marks the ones
// that reach over a few words: 不超过实际投资额的30%.
const (
	boundsBefore = `
at_most 〜不超过 〜不得超过 〜不能超过 〜不高于 〜不得高于 〜不多于 〜不大于 〜最高 〜至多 〜最多 最大 最长 不超 上限 封顶 ≤ <= 〜up_to 〜at_most 〜no_more_than 〜not_more_than 〜not_exceeding 〜not_exceed 〜maximum_of 〜cap_of capped_at maximum
at_least 〜不少于 〜不得少于 〜不低于 〜不得低于 〜不小于 〜不短于 〜至少 〜最少 最低 最短 下限 满 ≥ >= 〜at_least 〜no_less_than 〜not_less_than 〜no_fewer_than 〜minimum_of minimum
less_than 低于 少于 小于 不足 不到 未满 不满 < less_than fewer_than under below
more_than 〜超过 超出 超 逾 大于 高于 多于 突破 > more_than over exceeding exceeds exceeded above
about 大约 约合 约 将近 接近 近 大概 about around approximately nearly almost roughly
`
	boundsAfter = `
at_most 以下 及以下 以内 及以内 之内 封顶 以前 之前 前 or_less or_below or_fewer
at_least 以上 及以上 起 以来 以后 之后 封底 + or_more or_above and_above
about 左右 上下 级 or_so
`
	// fillers may stand between a bound's words and the value.
	fillers = "人民币 可达 可获 可享 可 给予 补贴 补助 奖励 资助 支持 达到 达 为 是 了 每年 一次性 金额 总额 额度 有 再 各 个人 单家 : ( “ ** * ` | rmb cny $ ¥"
)

// cue is one way of marking a bound.
type cue struct {
	words    []rune
	bound    Bound
	reaching bool
}

var (
	cuesBefore = makeCues(boundsBefore, func(w []rune) rune { return w[len(w)-1] })
	cuesAfter  = makeCues(boundsAfter, func(w []rune) rune { return w[0] })
	fillerRuns = func() (runs [][]rune) {
		for _, f := range strings.Fields(fillers) {
			runs = append(runs, []rune(f))
		}
		return runs
	}()
)

// makeCues indexes cues by one of their runes, longest first.
func makeCues(lists string, key func([]rune) rune) map[rune][]cue {
	cues := map[rune][]cue{}
	for line := range strings.Lines(strings.TrimSpace(lists)) {
		fields := strings.Fields(line)
		for _, f := range fields[1:] {
			written, reaching := strings.CutPrefix(f, "〜")
			words := []rune(strings.ReplaceAll(written, "_", " "))
			cues[key(words)] = append(cues[key(words)], cue{words: words, bound: Bound(fields[0]), reaching: reaching})
		}
	}
	for _, list := range cues {
		slices.SortStableFunc(list, func(a, b cue) int { return len(b.words) - len(a.words) })
	}
	return cues
}

// reach is how many runes may lie between a reaching cue and its value.
const reach = 16

// boundBefore finds the words that bound the value starting at index i. Words
// before floor belong to an earlier figure.
func (s *scanner) boundBefore(i, floor int, kind FigureKind) Bound {
	j := i
strip:
	for j > floor {
		if s.at(j-1) == ' ' {
			j--
			continue
		}
		if c, ok := s.cueEnding(j, floor); ok {
			return c.boundFor(s, j, kind)
		}
		for _, f := range fillerRuns {
			if from := j - len(f); from >= floor && s.has(from, f) {
				j = from
				continue strip
			}
		}
		break
	}
	for steps := 0; j > floor && steps < reach; steps++ {
		r := s.at(j - 1)
		if r < 0x80 && strings.ContainsRune(",;:.!?\n|", r) || strings.ContainsRune("。、；：", r) {
			break
		}
		if c, ok := s.cueEnding(j, floor); ok && c.reaching {
			return c.boundFor(s, j, kind)
		}
		j--
	}
	return BoundNone
}

// cueEnding finds the cue whose words end at index j.
func (s *scanner) cueEnding(j, floor int) (cue, bool) {
	for _, c := range cuesBefore[s.at(j-1)] {
		from := j - len(c.words)
		if from < floor || !s.has(from, c.words) {
			continue
		}
		if isLatin(c.words[0]) && isLatin(s.at(from-1)) {
			continue
		}
		return c, true
	}
	return cue{}, false
}

// boundFor sets aside the words that look like a bound and are none: 近三年 are
// the last three years, 节约30% is a saving.
func (c cue) boundFor(s *scanner, end int, kind FigureKind) Bound {
	before := s.at(end - len(c.words) - 1)
	switch string(c.words) {
	case "近":
		if kind == FigureDuration || kind == FigureDate || before == '最' || before == '附' {
			return BoundNone
		}
	case "约":
		if strings.ContainsRune("节合契制集预签", before) {
			return BoundNone
		}
	case "满":
		if strings.ContainsRune("期圆充", before) {
			return BoundNone
		}
	case "最高":
		if s.at(end) == '人' || s.at(end) == '法' {
			return BoundNone // 最高人民法院
		}
	}
	return c.bound
}

// boundAfter reads the words that bound the value ending at index i and gives
// the index after them.
func (s *scanner) boundAfter(i int, kind FigureKind) (Bound, int) {
	j := i
	if s.at(j) == ' ' {
		j++
	}
	if s.has(j, []rune("(含)")) {
		j += 3
	}
	for _, c := range cuesAfter[s.at(j)] {
		end := j + len(c.words)
		if !s.has(j, c.words) || isLatin(c.words[0]) && isLatin(s.at(end)) {
			continue
		}
		switch string(c.words) {
		case "前", "以前", "之前":
			if kind != FigureDate {
				continue
			}
		case "起":
			if kind != FigureDate && kind != FigureMoney {
				continue
			}
		case "+":
			if next := s.at(end); isDigit(next) || isLatin(next) || end != i+1 {
				continue
			}
		case "级":
			if strings.ContainsRune("别联", s.at(end)) {
				continue
			}
		}
		return c.bound, end
	}
	if kind == FigureDuration && s.at(j) == '内' {
		return BoundAtMost, j + 1
	}
	return BoundNone, i
}
