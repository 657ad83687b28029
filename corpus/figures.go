package corpus

import (
	"strings"
)

// Figures finds the figures of a text in the order of the text; they do not
// overlap. Numbers inside words, addresses and document numbers (GPT-4,
// 京政发〔2021〕25号) are no figures, nor are the marks of list items.
func Figures(text string) []Figure {
	s := newScanner(text)
	for i := 0; i < len(s.runes); {
		i = s.step(i)
	}
	return s.found
}

// add keeps a figure, with the bound its surroundings give it.
func (s *scanner) add(f Figure, from, to int) int {
	if f.Kind != FigureLabel && f.Kind != FigureOrdinal {
		// 不超过 outweighs 余 inside the number, and both outweigh what follows.
		if b := s.boundBefore(from, s.floor, f.Kind); b != BoundNone {
			f.Bound = b
		}
		after, end := s.boundAfter(to, f.Kind)
		if f.Bound == BoundNone || f.Bound == BoundAbout && after != BoundNone {
			f.Bound = after
		}
		if end > to && s.at(end-1) == '+' {
			to = end
		}
	}
	f.Span = Span{from, to}
	f.Text = s.slice(f.Span)
	s.found = append(s.found, f)
	s.floor = to
	return to
}

// step reads what begins at index i and returns the index to go on from, which
// is greater.
func (s *scanner) step(i int) int {
	r := s.runes[i]
	if r < 0x80 {
		switch {
		case isDigit(r):
			return s.arabic(i)
		case isLatin(r):
			return s.latin(i)
		case r == '$':
			return s.currency(i, i+1)
		case r == '[' || r == '(':
			if end, ok := s.bracketedNumber(i); ok {
				return end
			}
		}
		return i + 1
	}
	switch r {
	case '第':
		return s.ordinal(i)
	case '百':
		if s.at(i+1) == '分' && s.at(i+2) == '之' {
			return s.hanPercent(i)
		}
	case '¥', '€', '£':
		return s.currency(i, i+1)
	case '〔', '【', '﹝', '〖':
		if end, ok := s.bracketedNumber(i); ok {
			return end
		}
	case '人':
		if s.at(i+1) == '民' && s.at(i+2) == '币' {
			return s.currency(i, i+3)
		}
	case '半':
		if s.at(i+1) == '年' && !strings.ContainsRune("上下前后大", s.at(i-1)) {
			return s.add(Figure{Kind: FigureDuration, Low: 6, High: 6, Unit: "月"}, i, i+2)
		}
	}
	if hanDigit(r) >= 0 || hanScale(r) > 0 {
		return s.han(i)
	}
	return i + 1
}

// bracketedNumber steps over the rest of a document number, from the bracket on.
func (s *scanner) bracketedNumber(i int) (end int, ok bool) {
	n, ok := s.docNumberAt(i)
	return n.end, ok
}

// latin reads a Latin word: a number word, a currency, a month, the name of a
// label, or something to step over together with the digits it carries.
func (s *scanner) latin(i int) int {
	word, end := s.wordAt(i)
	switch next := s.at(end); {
	case next == '$', isDigit(s.at(s.skipSpaces(end))):
		if next == '$' {
			end++
		}
		if _, ok := currencySigns[string(s.runes[i:end])]; ok {
			return s.currency(i, end)
		}
		if kind, ok := englishLabels[string(word)]; ok && next == ' ' {
			return s.englishLabel(kind, i, end+1)
		}
		if month := englishMonth(word); month != 0 {
			if done, ok := s.englishDate(i, end, month); ok {
				return done
			}
		}
	case len(word) >= 3:
		if a, ok := s.readWords(i); ok {
			if done, ok := s.quantity(i, a, ""); ok {
				return done
			}
			return max(a.end, end)
		}
	}
	if (s.at(end) == ':' || s.at(end) == '.') && (string(word) == "http" || string(word) == "https" || string(word) == "www") {
		for end < len(s.runes) && s.at(end) > ' ' && s.at(end) < 0x80 && s.at(end) != ')' {
			end++
		}
		return end
	}
	return s.skipCode(end)
}

// skipCode steps over what belongs to a word with digits in it: GPT-4, IPv6,
// GB/T36073-2021.
func (s *scanner) skipCode(i int) int {
	for {
		r, next := s.at(i), s.at(i+1)
		switch {
		case isDigit(r) || isLatin(r):
			i++
		case (r == '-' || r == '_' || r == '.' || r == '/') && (isDigit(next) || r != '-' && isLatin(next)):
			i += 2
		default:
			return i
		}
	}
}

// englishLabels name a numbered part or figure.
var englishLabels = map[string]string{
	"article": "条", "articles": "条", "section": "节", "chapter": "章", "figure": "图", "fig": "图", "table": "表", "page": "页", "no": "号", "pp": "页",
}

// englishLabel reads Article 5.
func (s *scanner) englishLabel(unit string, from, i int) int {
	a, ok := s.readAmount(i)
	if !ok || a.digits == 0 {
		return i
	}
	return s.add(Figure{Kind: FigureLabel, Low: a.low, High: a.low, Unit: unit}, from, a.end)
}

// currency reads an amount of money behind its sign.
func (s *scanner) currency(from, i int) int {
	name := currencySigns[string(s.runes[from:i])]
	number := s.skipSpaces(i)
	a, ok := s.readAmount(number)
	if !ok || a.words {
		return i
	}
	if !a.scaled {
		switch word, end := s.wordAt(a.end); string(word) {
		case "k":
			a.times(1e3)
			a.end = end
		case "m":
			a.times(1e6)
			a.end = end
		case "b":
			a.times(1e9)
			a.end = end
		}
	}
	if done, ok := s.quantity(from, a, name); ok {
		return done
	}
	return a.end
}

// arabic reads what begins with a digit.
func (s *scanner) arabic(i int) int {
	if end, ok := s.date(i); ok {
		return end
	}
	a := s.readArabic(i)
	if end, ok := s.ratio(i, a); ok {
		return end
	}
	if word, end := s.wordAt(a.end); a.digits > 0 && (string(word) == "th" || string(word) == "st" || string(word) == "nd" || string(word) == "rd") {
		if s.has(end, []rune(" five-year plan")) && a.low >= 6 {
			return s.plan(int(a.low), i, end+len(" five-year plan"))
		}
		return s.add(Figure{Kind: FigureOrdinal, Low: a.low, High: a.low}, i, end)
	}
	if end, ok := s.quantity(i, a, ""); ok {
		return end
	}
	return s.skipCode(a.end)
}

// han reads what begins with a Han numeral.
func (s *scanner) han(i int) int {
	if end, ok := s.date(i); ok {
		return end
	}
	if s.at(i) == '十' && s.at(i+2) == '五' {
		if d := hanDigit(s.at(i + 1)); d > 0 {
			if _, _, ok := s.unitAt(i + 3); !ok {
				return s.plan(10+d, i, i+3)
			}
		}
	}
	a, ok := s.readHan(i)
	if !ok {
		return i + 1
	}
	if s.at(a.end) == '分' && s.at(a.end+1) == '之' {
		if b, ok := s.readAmount(a.end + 2); ok && a.low > 0 && b.low < a.low {
			v := b.low / a.low * 100
			return s.add(Figure{Kind: FigurePercent, Low: v, High: v, Unit: "%"}, i, b.end)
		}
	}
	single := a.end == i+1
	if single && strings.ContainsRune("统唯万同单任每逐某之专归合划进初另星周第", s.at(i-1)) && s.at(i) == '一' {
		return a.end
	}
	if single && hanScale(s.at(i)) >= 100 && a.vague == BoundNone && s.at(a.end) != '卡' {
		return a.end // 万众, 百姓, 千家: no count
	}
	if end, ok := s.quantity(i, a, ""); ok {
		return end
	}
	return a.end
}

// plan reads the number of a five-year plan; the sixth began in 1981.
func (s *scanner) plan(n, from, to int) int {
	first := float64(1951 + 5*n)
	return s.add(Figure{Kind: FigurePlan, Low: first, High: first + 4, Unit: "年"}, from, to)
}

// hanPercent reads 百分之八十五, also to 百分之九十.
func (s *scanner) hanPercent(i int) int {
	a, ok := s.readAmount(i + 3)
	if !ok {
		return i + 3
	}
	f := Figure{Kind: FigurePercent, Low: a.low, High: a.high, Unit: "%"}
	end := a.end
	if r := s.at(end); (r == '至' || r == '到') && s.has(end+1, []rune("百分之")) {
		if b, ok := s.readAmount(end + 4); ok && b.low >= a.low {
			f.High, end = b.high, b.end
		}
	}
	return s.add(f, i, end)
}

// ordinal reads 第十三届 or 第五条.
func (s *scanner) ordinal(i int) int {
	j := s.skipSpaces(i + 1)
	if s.at(j) == '(' {
		j++
	}
	a, ok := s.readAmount(j)
	if !ok || a.low != a.high || a.words {
		return i + 1
	}
	end := s.skipSpaces(a.end)
	if s.at(end) == ')' {
		end++
	}
	for _, u := range units.ordinal[s.at(end)] {
		if s.has(end, u.written) && !s.continuesWord(u.name, end, end+len(u.written)) {
			return s.add(Figure{Kind: u.kind, Low: a.low, High: a.low, Unit: u.name}, i, end+len(u.written))
		}
	}
	return a.end
}

// ratio reads 1:1.
func (s *scanner) ratio(i int, a amount) (end int, ok bool) {
	if a.scaled || s.at(a.end) != ':' || !isDigit(s.at(a.end+1)) {
		return 0, false
	}
	b := s.readArabic(a.end + 1)
	if b.scaled || s.at(b.end) == ':' || b.low == 0 && a.low == 0 {
		return 0, false
	}
	if _, _, ok := s.unitAt(b.end); ok {
		return 0, false // a colon before a quantity: 2023年:10家 has no ratio
	}
	return s.add(Figure{Kind: FigureRatio, Low: a.low, High: b.low}, i, b.end), true
}

// quantity finishes the figure that begins at index from and whose first number
// is a: unit, range, what it is counted per. currency is the unit where a sign
// before the number gave it.
func (s *scanner) quantity(from int, a amount, currency string) (end int, ok bool) {
	u, end, hasUnit := s.unitFor(a, currency)
	low, high := a.low, a.high
	if b, bu, bEnd, ok := s.rangeAfter(a, u, end, hasUnit, currency); ok {
		low, high = b.low, b.high
		u, end, hasUnit = bu, bEnd, true
	}
	f := Figure{Kind: u.kind, Low: low * u.factor, High: high * u.factor, Unit: u.name, Bound: a.vague}
	if !hasUnit {
		f.Low, f.High, f.Kind = low, high, FigureNumber
		if noun, nounEnd, ok := s.nounAfter(end); ok {
			f.Kind, f.Unit, end = FigureCount, noun, nounEnd
		} else if !s.bareNumberCounts(from, a, end) {
			return 0, false
		}
	} else if s.indefinite(a, u, from) {
		return 0, false
	}
	if f.Kind == FigureDuration && f.Unit == "月" && s.at(end) == '半' && u.factor == 12 {
		f.Low, f.High, end = f.Low+6, f.High+6, end+1 // 一年半
	}
	if per, perEnd := s.perAt(end); per != "" {
		f.Per, end = per, perEnd
	}
	return s.add(f, from, end), true
}

// unitFor reads the unit of an amount. end is where the figure ends so far.
func (s *scanner) unitFor(a amount, currency string) (u unit, end int, ok bool) {
	j := a.end
	if s.at(j) == '+' && isHan(s.at(j+1)) {
		j++ // 1300+家
	}
	if currency != "" {
		if u, end, ok := s.unitAt(j); ok && u.kind == FigureMoney && u.name == currency {
			return u, end, true
		}
		return unit{kind: FigureMoney, name: currency, factor: 1}, a.end, true
	}
	if u, end, ok := s.unitAt(j); ok && !(a.han && u.minor) {
		return u, end, true
	}
	if s.at(j) == '成' && a.low > 0 && a.high < 10 && !a.scaled && !strings.ContainsRune("为立果员功长本都品套就分熟交不效绩因名年人型色婚群", s.at(j+1)) {
		return unit{kind: FigurePercent, name: "%", factor: 10}, j + 1, true
	}
	if s.at(j) == '折' && a.low > 0 && a.high < 100 && !strings.ContainsRune("旧算合叠射", s.at(j+1)) {
		factor := 10.0
		if a.low >= 10 {
			factor = 1 // 85折
		}
		return unit{kind: FigurePercent, name: "折", factor: factor}, j + 1, true
	}
	if s.at(j) == '号' && !a.scaled {
		return unit{kind: FigureLabel, name: "号", factor: 1}, j + 1, true
	}
	return u, a.end, false
}

// rangeAfter reads the second half of a range: 3至4元, 70%-80%, 300—500万元.
func (s *scanner) rangeAfter(a amount, u unit, end int, hasUnit bool, currency string) (amount, unit, int, bool) {
	none := func() (amount, unit, int, bool) { return amount{}, unit{}, 0, false }
	j := s.skipSpaces(end)
	switch r := s.at(j); {
	case r == '至' || r == '到' || r == '-' || r == '–' || r == '—' || r == '~':
		j++
		if r == '—' && s.at(j) == '—' {
			j++
		}
	case r == 't' && j > end && s.has(j, []rune("to ")):
		j += 3
	default:
		return none()
	}
	j = s.skipSpaces(j)
	if currency != "" && (s.at(j) == '¥' || s.at(j) == '$') {
		j++
	}
	b, ok := s.readAmount(j)
	if !ok || a.low != a.high || b.low != b.high {
		return none()
	}
	bu, bEnd, ok := s.unitFor(b, currency)
	if !ok {
		// 3–5 base models: the noun behind the range is its unit, for nounAfter.
		noun, _, isNoun := s.nounAfter(b.end)
		if hasUnit || !isNoun && (s.at(b.end) == '-' || s.at(b.end) == '/' || isLatin(s.at(b.end)) || a.low >= b.low) {
			return none()
		}
		bu, bEnd = unit{kind: FigureNumber, factor: 1}, b.end
		if isNoun {
			_, bEnd, _ = s.nounAfter(b.end)
			bu = unit{kind: FigureCount, name: noun, factor: 1}
		}
	}
	low, high := a.low, b.low
	switch {
	case bu.kind == FigureLabel:
		return none()
	case hasUnit && (bu.kind != u.kind || bu.name != u.name):
		return none()
	case hasUnit:
		low = low * u.factor / bu.factor
	case !a.scaled && b.scaled && low < high/b.scale():
		low *= b.scale() // 300—500万元
	}
	if low > high {
		return none()
	}
	b.low, b.high = low, high
	return b, bu, bEnd, true
}

// scale is the power of ten thousand, or the English scale, an amount was
// written with.
func (a amount) scale() float64 {
	for _, f := range [...]float64{1e12, 1e8, 1e4} {
		if a.low >= f {
			return f
		}
	}
	return 1e3
}

// indefinite reports whether a numeral with a classifier is an article more than
// a count: 一项, 一次性, 二次供水. A bound (至少一名) makes it count.
func (s *scanner) indefinite(a amount, u unit, from int) bool {
	if !a.han && !a.words || a.high > 2 || a.low != a.high || a.words && a.low > 1 {
		return false
	}
	if u.kind != FigureCount && u.kind != FigureLabel || u.name == "倍" {
		return false
	}
	if a.low == 2 && s.at(from) != '二' {
		return false
	}
	return s.boundBefore(from, s.floor, u.kind) == BoundNone
}

// bareNumberCounts reports whether a number without a unit says something. Han
// numerals do so only at a level (千亿级); list marks, parts of dates already
// read and numbers that run into a word do not.
func (s *scanner) bareNumberCounts(from int, a amount, end int) bool {
	next := s.at(end)
	if a.han {
		// 万亿, 千亿级产业, 超千万
		return a.low >= 1e9 || a.scaled && next == '级' && s.at(end+1) != '别' || a.low >= 1e5 && strings.ContainsRune("超破逾", s.at(from-1))
	}
	if a.words {
		return a.low > 9
	}
	if isLatin(next) {
		return false
	}
	if a.digits == 0 || a.digits > 2 {
		return true
	}
	before := s.at(from - 1)
	switch next {
	case '.', '、', ')', '．', ']':
		if before == '(' || before == '[' || before == '\n' || before == 0 || before == ' ' || isHan(s.at(end+1)) {
			return false
		}
	case '+':
		following := s.at(end + 1)
		return !isDigit(following) && !isLatin(following)
	}
	return before != '+'
}

// nounAfter reads the English plural that a number counts, up to three words on:
// 72 articles, fifty city staff members.
func (s *scanner) nounAfter(i int) (noun string, end int, ok bool) {
	for range 3 {
		if s.at(i) != ' ' || !isLatin(s.at(i+1)) {
			return "", 0, false
		}
		word, wordEnd := s.wordAt(i + 1)
		w := string(word)
		if functionWords[w] {
			return "", 0, false
		}
		if uncountedPlurals[w] {
			return singularOf(w), wordEnd, true
		}
		if n := len(w); n > 3 && w[n-1] == 's' && w[n-2] != 's' && w[n-2] != 'u' && w[n-2] != 'i' {
			return singularOf(w), wordEnd, true
		}
		i = wordEnd
	}
	return "", 0, false
}

// functionWords end a noun phrase.
var functionWords = func() map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields("in of to and or the for with by from on at a an is are was were has have per as that which who this these its their than but be") {
		set[w] = true
	}
	return set
}()

// uncountedPlurals are plurals without an s.
var uncountedPlurals = map[string]bool{"people": true, "staff": true, "personnel": true, "gpus": true}

// singularOf gives the singular of a regular English plural.
func singularOf(w string) string {
	switch {
	case strings.HasSuffix(w, "ies"):
		return w[:len(w)-3] + "y"
	case strings.HasSuffix(w, "sses"), strings.HasSuffix(w, "shes"), strings.HasSuffix(w, "ches"), strings.HasSuffix(w, "xes"):
		return w[:len(w)-2]
	case strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss"):
		return w[:len(w)-1]
	}
	return w
}
