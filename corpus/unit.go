package corpus

import (
	"slices"
	"strconv"
	"strings"
)

// unit is a unit of measurement or of counting as it is written.
type unit struct {
	written []rune // folded
	kind    FigureKind
	name    string  // the base unit
	factor  float64 // base units in one
	minor   bool    // counts only after Arabic numbers
}

// measures gives the units of measurement, one base unit a line: its kind, its
// name, then the ways of writing it with the number of base units in each. An
// underscore stands for a space.
const measures = `
money 元 元=1 元人民币=1 人民币=1 元整=1 块钱=1 圆=1 rmb=1 cny=1 yuan=1 renminbi=1
money 美元 美元=1 美金=1 usd=1 us_dollars=1 dollars=1
money 港元 港元=1 港币=1 hkd=1
money 欧元 欧元=1 eur=1 euros=1
money 英镑 英镑=1 gbp=1 pounds=1
money 日元 日元=1 jpy=1 yen=1
money 韩元 韩元=1 韩币=1 krw=1 won=1
money 新元 新元=1 新加坡元=1 新币=1 sgd=1
money 澳门元 澳门元=1 澳门币=1 mop=1
percent % %=1 percent=1 per_cent=1 pct=1 ‰=0.1
percent 百分点 百分点=1 个百分点=1 percentage_point=1 percentage_points=1
compute P p=1 pflops=1 pflop=1 pflop/s=1 petaflops=1 e=1000 eflops=1000 eflop/s=1000 exaflops=1000 tflops=0.001 teraflops=0.001 gflops=0.000001
compute PF-day pf-day=1 pf-days=1 petaflop/s-days=1
compute 卡 卡=1 张卡=1 块卡=1
compute 卡时 卡时=1 gpu_hours=1
area 平方米 平方米=1 平米=1 ㎡=1 m2=1 m²=1 sqm=1 square_metres=1 square_meters=1 square_metre=1 square_meter=1 square_feet=0.09290304 square_foot=0.09290304
area 平方米 平方公里=1e6 平方千米=1e6 km2=1e6 km²=1e6 square_kilometres=1e6 square_kilometers=1e6 square_kilometre=1e6 square_kilometer=1e6 sq_km=1e6 square_miles=2589988.110336 square_mile=2589988.110336 acres=4046.8564224 acre=4046.8564224 英亩=4046.8564224 平方英里=2589988.110336 公顷=1e4 hectares=1e4 hectare=1e4 亩=666.6666666666666
duration 月 个月=1 month=1 months=1 季度=3 个季度=3 quarters=3 年=12 周年=12 year=12 years=12
duration 日 日=1 天=1 自然日=1 个自然日=1 day=1 days=1 calendar_days=1 周=7 星期=7 个星期=7 week=7 weeks=7
duration 工作日 工作日=1 个工作日=1 working_day=1 working_days=1 business_day=1 business_days=1
duration 小时 小时=1 个小时=1 hour=1 hours=1 分钟=0.016666666666666666 minutes=0.016666666666666666 秒=0.0002777777777777778 seconds=0.0002777777777777778
measure 岁 岁=1 周岁=1
measure 米 米=1 metres=1 meters=1 公里=1000 千米=1000 km=1000 kilometres=1000 kilometers=1000 miles=1609.344 mile=1609.344 英里=1609.344 feet=0.3048 海里=1852 毫米=1e-3 纳米=1e-9 nm=1e-9
measure 吨 吨=1 tonnes=1 tons=1 公斤=1e-3 千克=1e-3 kg=1e-3
measure 立方米 立方米=1 m3=1 m³=1
measure 千瓦 千瓦=1 kw=1 兆瓦=1000 mw=1000 gw=1e6
measure 千瓦时 千瓦时=1 度电=1 kwh=1 兆瓦时=1000
measure GB gb=1 mb=0.001 tb=1000 pb=1e6 eb=1e9
measure Gbps gbps=1 mbps=0.001 tbps=1000
measure 毫秒 毫秒=1 ms=1
count 倍 倍=1 times=1 fold=1
`

// classifiers count things; each is its own unit. The minor ones do so only
// after Arabic numbers: 三期 and 两市 are names as often as counts.
const (
	classifiers      = "个 家 项 人 名 位 张 户 件 次 种 类 条 款 套 台 辆 座 所 处 批 部 本 份 只 枚 株 栋 幢 间 层 班 组 队 页 笔 单 例 起 宗 块 颗 片 架 艘 席 股 章 场 人次 架次 工位"
	minorClassifiers = "分 字 期 城 区 县 市 省 镇 村 街道 篇 轮 对 格 核 门 支 节点 场景 平台 企业 机构 参数 城市 国家 领域 岗位 机柜 标准机架"
)

// ordinalUnits follow 第 and a number in a row of things; labelUnits make a
// name of it.
const (
	ordinalUnits = "届 次 批 期 轮 位 名 代 季度 年 类 个 家 阶段 台 颗"
	labelUnits   = "条 章 节 款 项 编 部分 页 号 目"
)

// notUnits holds, for units that also begin other words, the runes that cannot
// follow the unit: 5类 is a count, 5类型 is none.
var notUnits = map[string]string{
	"项": "目", "人": "工才口均民", "名": "称单录义", "位": "于置", "户": "外籍", "次": "日年月于", "类": "别型似",
	"条": "件例", "台": "湾账阶县河", "处": "理于罚置", "所": "有在需得属", "批": "准复发评", "部": "门分委署", "本": "市条办法科地规省区",
	"份": "额", "间": "接隔", "层": "面次级", "班": "子", "组": "织合建", "队": "伍", "页": "面", "笔": "记", "单": "位个独",
	"例": "如外", "起": "草步来诉", "块": "链", "片": "段", "架": "构", "席": "位", "股": "份权东", "章": "程", "场": "景所地",
	"分": "别为之类级布钟", "字": "节号符", "期": "间", "区": "块域间", "城": "市区镇乡", "省": "级", "市": "场级", "格": "式局",
	"核": "心准查", "级": "别", "门": "户", "支": "持出撑", "天": "津河府然使元", "日": "常前照本", "周": "期边口末", "元": "宇素器件化旦",
	"秒": "杀", "年": "轻龄", "个": "体性", "张": "江家", "套": "餐", "对": "于接象外", "件": "套",
}

// nounClassifiers translates English nouns, in the singular, into the classifier
// that Chinese counts the same things with.
var nounClassifiers = map[string]string{
	"person": "人", "people": "人", "staff": "人", "employee": "人", "talent": "人", "member": "人", "expert": "人", "resident": "人", "user": "人",
	"company": "家", "enterprise": "家", "firm": "家", "business": "家", "startup": "家", "institution": "家", "organization": "家",
	"household": "户", "article": "条", "provision": "条", "chapter": "章", "project": "项", "measure": "项", "task": "项", "action": "项",
	"seat": "个", "workstation": "工位", "voucher": "张", "card": "卡", "gpu": "卡", "vehicle": "辆", "unit": "台", "building": "栋", "batch": "批",
	"patent": "件", "case": "例", "copy": "份", "share": "股", "trip": "人次",
}

// currencySigns stand before the amount.
var currencySigns = map[string]string{
	"¥": "元", "$": "美元", "us$": "美元", "hk$": "港元", "s$": "新元", "€": "欧元", "£": "英镑",
	"rmb": "元", "cny": "元", "usd": "美元", "hkd": "港元", "sgd": "新元", "eur": "欧元", "gbp": "英镑", "人民币": "元",
}

// unitTable finds units by what they are written with.
type unitTable struct {
	han     map[rune][]unit   // by first rune, longest first
	latin   map[string][]unit // by first word, longest first
	ordinal map[rune][]unit   // after 第
}

var units = makeUnits()

func makeUnits() *unitTable {
	t := &unitTable{han: map[rune][]unit{}, latin: map[string][]unit{}, ordinal: map[rune][]unit{}}
	for line := range strings.Lines(strings.TrimSpace(measures)) {
		fields := strings.Fields(line)
		for _, f := range fields[2:] {
			written, number, _ := strings.Cut(f, "=")
			factor, err := strconv.ParseFloat(number, 64)
			if err != nil {
				panic("unit " + f + ": " + err.Error())
			}
			t.add(unit{written: []rune(strings.ReplaceAll(written, "_", " ")), kind: FigureKind(fields[0]), name: fields[1], factor: factor})
		}
	}
	for list, minor := range map[string]bool{classifiers: false, minorClassifiers: true} {
		for _, w := range strings.Fields(list) {
			t.add(unit{written: []rune(w), kind: FigureCount, name: w, factor: 1, minor: minor})
		}
	}
	// 十九届 is the 19th of its line with or without 第.
	t.add(unit{written: []rune("届"), kind: FigureOrdinal, name: "届", factor: 1})
	for list, kind := range map[string]FigureKind{ordinalUnits: FigureOrdinal, labelUnits: FigureLabel} {
		for _, w := range strings.Fields(list) {
			u := unit{written: []rune(w), kind: kind, name: w, factor: 1}
			t.ordinal[u.written[0]] = append(t.ordinal[u.written[0]], u)
		}
	}
	longestFirst := func(a, b unit) int { return len(b.written) - len(a.written) }
	for _, list := range t.han {
		slices.SortFunc(list, longestFirst)
	}
	for _, list := range t.latin {
		slices.SortFunc(list, longestFirst)
	}
	for _, list := range t.ordinal {
		slices.SortFunc(list, longestFirst)
	}
	return t
}

func (t *unitTable) add(u unit) {
	if first := u.written[0]; !isLatin(first) {
		t.han[first] = append(t.han[first], u)
		return
	}
	n := 0
	for n < len(u.written) && isLatin(u.written[n]) {
		n++
	}
	word := string(u.written[:n])
	t.latin[word] = append(t.latin[word], u)
}

// unitAt reads the unit at index i, one space before it allowed.
func (s *scanner) unitAt(i int) (u unit, end int, ok bool) {
	spaced := s.at(i) == ' '
	if spaced {
		i++
	}
	if isLatin(s.at(i)) {
		word, wordEnd := s.wordAt(i)
		if spaced && wordEnd == i+1 && hanScale(s.at(i-2)) == 0 {
			return u, 0, false // 36万 P is compute, 20 p is not
		}
		for _, u := range units.latin[string(word)] {
			end := i + len(u.written)
			if s.has(i, u.written) && !isLatin(s.at(end)) && !isDigit(s.at(end)) {
				return u, end, true
			}
		}
		return u, 0, false
	}
	for _, u := range units.han[s.at(i)] {
		if end := i + len(u.written); s.has(i, u.written) && !s.continuesWord(u.name, i, end) {
			return u, end, true
		}
	}
	return u, 0, false
}

// continuesWord reports whether the would-be unit at [i, end) is the head of a
// longer word: 项目, 类型.
func (s *scanner) continuesWord(name string, i, end int) bool {
	next := s.at(end)
	if end != i+1 || !isHan(next) || !strings.ContainsRune(notUnits[string(s.runes[i:end])], next) {
		return false
	}
	// 3项目标 counts goals.
	return name != "项" || s.at(end+1) != '标'
}

// perAt reads what a quantity is counted per: /张, /年, /year, per year.
func (s *scanner) perAt(i int) (per string, end int) {
	switch {
	case s.at(i) == '/':
		i++
	case s.has(i, []rune(" per ")):
		i += 5
	default:
		return "", 0
	}
	if s.at(i) == ' ' {
		return "", 0
	}
	if s.at(i) == '月' {
		return "月", i + 1
	}
	u, end, ok := s.unitAt(i)
	if !ok {
		return "", 0
	}
	if u.kind == FigureDuration && u.factor != 1 {
		// 月 is the base unit of 年, yet a price per year is no price per month.
		switch u.factor {
		case 12:
			return "年", end
		case 3:
			return "季度", end
		case 7:
			return "周", end
		}
		return string(u.written), end
	}
	return u.name, end
}
