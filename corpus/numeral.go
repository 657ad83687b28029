package corpus

// amount is a number as written, before its unit is known.
type amount struct {
	end       int // index of the rune after it
	low, high float64
	// digits is the count of Arabic digits, or of Han digits read one by one
	// (二〇二三), where the number is written with digits alone; else 0.
	digits int
	scaled bool  // carries 万, 亿, million, …
	han    bool  // begins with a Han numeral
	words  bool  // written in English words
	vague  Bound // BoundMoreThan for 余 and 多 inside the number
}

// times multiplies the amount.
func (a *amount) times(f float64) {
	a.low *= f
	a.high *= f
	a.digits = 0
	a.scaled = true
}

// hanDigit returns the value of a Han digit, or -1. 两 counts as 2.
func hanDigit(r rune) int {
	switch r {
	case '〇', '零', '○':
		return 0
	case '一', '壹':
		return 1
	case '二', '两', '贰':
		return 2
	case '三', '叁':
		return 3
	case '四', '肆':
		return 4
	case '五', '伍':
		return 5
	case '六', '陆':
		return 6
	case '七', '柒':
		return 7
	case '八', '捌':
		return 8
	case '九', '玖':
		return 9
	}
	return -1
}

// hanScale returns the value of 十, 百, 千, 万, 亿, or 0.
func hanScale(r rune) float64 {
	switch r {
	case '十', '拾':
		return 10
	case '百', '佰':
		return 100
	case '千', '仟':
		return 1000
	case '万':
		return 1e4
	case '亿':
		return 1e8
	}
	return 0
}

// isDigit reports whether r is an Arabic digit.
func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// isLatin reports whether r is a lower-case Latin letter.
func isLatin(r rune) bool { return 'a' <= r && r <= 'z' }

// isHan reports whether r is a Han character of the common blocks.
func isHan(r rune) bool { return '\u3400' <= r && r <= '\u9FFF' || r == '〇' }

// readAmount reads the number at index i: Arabic, Han or English.
func (s *scanner) readAmount(i int) (amount, bool) {
	switch r := s.at(i); {
	case isDigit(r):
		return s.readArabic(i), true
	case hanDigit(r) >= 0 || hanScale(r) > 0:
		return s.readHan(i)
	case isLatin(r) && !isLatin(s.at(i-1)):
		return s.readWords(i)
	}
	return amount{}, false
}

// readArabic reads digits with group commas and a decimal point, and the Han or
// English scale after them: 1,000, 1.5万, 20多亿, 3 million.
func (s *scanner) readArabic(i int) amount {
	start, value := i, 0.0
	for ; isDigit(s.at(i)); i++ {
		value = value*10 + float64(s.at(i)-'0')
	}
	a := amount{digits: i - start}
	for n := i - start; n <= 3 && s.at(i) == ',' && s.digitsAt(i+1) == 3; i += 4 {
		a.digits = 0
		for j := i + 1; j < i+4; j++ {
			value = value*10 + float64(s.at(j)-'0')
		}
	}
	if s.at(i) == '.' && isDigit(s.at(i+1)) {
		a.digits = 0
		divisor := 1.0
		fraction := 0.0
		for i++; isDigit(s.at(i)); i++ {
			divisor *= 10
			fraction = fraction*10 + float64(s.at(i)-'0')
		}
		// One division of whole numbers keeps 0.1 what a reader of the digits calls 0.1.
		value = (value*divisor + fraction) / divisor
	}
	a.low, a.high, a.end = value, value, i
	s.readScale(&a)
	return a
}

// digitsAt counts the Arabic digits from index i on.
func (s *scanner) digitsAt(i int) int {
	n := 0
	for isDigit(s.at(i + n)) {
		n++
	}
	return n
}

// readScale reads what multiplies an Arabic number.
func (s *scanner) readScale(a *amount) {
	i := a.end
	if s.at(i) == ' ' {
		i++
	}
	if r := s.at(i); (r == '余' || r == '多') && hanScale(s.at(i+1)) > 0 {
		a.vague = BoundMoreThan
		i++
	}
	for {
		f := hanScale(s.at(i))
		if f == 0 || s.at(i) == '十' && a.digits != 0 || f == 1000 && isMetricNoun(s.at(i+1)) {
			break
		}
		a.times(f)
		i++
		a.end = i
	}
	if a.scaled {
		if r := s.at(a.end); r == '余' || r == '多' {
			a.vague = BoundMoreThan
			a.end++
		}
		return
	}
	a.vague = BoundNone
	if word, end := s.wordAt(i); end > i {
		if f, ok := englishScales[string(word)]; ok {
			a.times(f)
			a.end = end
			return
		}
	}
	if r := s.at(a.end); (r == '余' || r == '多') && isHan(s.at(a.end+1)) {
		a.vague = BoundMoreThan
		a.end++
	}
}

// isMetricNoun reports whether 千 before r is part of a unit: 千米, 千克, 千瓦.
func isMetricNoun(r rune) bool {
	return r == '米' || r == '克' || r == '瓦' || r == '伏' || r == '兆'
}

// readHan reads a Han numeral: 一千万, 两三千, 二〇二三, 三点五, 百余.
func (s *scanner) readHan(i int) (amount, bool) {
	start := i
	if n, a := s.readHanDigits(i); n >= 2 {
		return a, true
	}
	var (
		total, section [2]float64 // low and high of the closed parts and the open one
		pending        = [2]float64{-1, -1}
		lastScale      float64
		zero           bool
	)
	closeSection := func(f float64) {
		for k := range total {
			if pending[k] >= 0 {
				section[k] += pending[k]
			}
			if section[k] == 0 && total[k] == 0 {
				section[k] = 1
			}
			if f == 1e8 { // 一万亿: what stands before 亿 counts whole
				total[k] = (total[k] + section[k]) * f
			} else {
				total[k] += section[k] * f
			}
			section[k], pending[k] = 0, -1
		}
	}
	a := amount{han: true}
loop:
	for {
		r := s.at(i)
		if d := hanDigit(r); d >= 0 {
			v := float64(d)
			switch {
			case d == 0:
				if pending[0] >= 0 {
					break loop
				}
				zero = true
			case pending[0] < 0:
				pending = [2]float64{v, v}
			case pending[0] == pending[1] && (v == pending[0]+1 || pending[0] == 3 && v == 5):
				pending[1] = v // 两三, 三五
			default:
				break loop
			}
			i++
			continue
		}
		f := hanScale(r)
		if f == 0 || f == 1000 && isMetricNoun(s.at(i+1)) {
			break
		}
		switch {
		case f >= 1e4:
			closeSection(f)
		case lastScale != 0 && lastScale < 1e4 && f >= lastScale:
			break loop
		default:
			for k := range section {
				section[k] += max(pending[k], 1) * f
				pending[k] = -1
			}
		}
		lastScale, zero = f, false
		i++
		if r := s.at(i); (r == '余' || r == '多' || r == '几') && (hanScale(s.at(i+1)) > 0 || isHan(s.at(i+1))) {
			a.vague = BoundMoreThan
			i++
		}
	}
	if i == start {
		return a, false
	}
	if pending[0] >= 0 {
		f := 1.0
		if lastScale >= 100 && !zero && pending[0] == pending[1] {
			f = lastScale / 10 // 一万五 is 15000, 三百五 is 350
		}
		for k := range section {
			section[k] += pending[k] * f
		}
	}
	a.low, a.high = total[0]+section[0], total[1]+section[1]
	a.end = i
	a.scaled = lastScale >= 1e4
	if s.at(i) == '点' && hanDigit(s.at(i+1)) >= 0 {
		s.readHanFraction(&a)
	}
	return a, true
}

// readHanDigits reads Han digits one by one, as in years: 二〇二三. It gives the
// number of digits, 0 where the digits are part of a numeral with scales or a
// pair that means a range (三四个).
func (s *scanner) readHanDigits(i int) (int, amount) {
	value, n := 0.0, 0
	for ; hanDigit(s.at(i+n)) >= 0 && s.at(i+n) != '两'; n++ {
		value = value*10 + float64(hanDigit(s.at(i+n)))
	}
	if n < 3 || hanScale(s.at(i+n)) > 0 {
		return 0, amount{}
	}
	return n, amount{end: i + n, low: value, high: value, digits: n, han: true}
}

// readHanFraction reads the decimals of 三点五 and the scale after them: 一点五亿.
func (s *scanner) readHanFraction(a *amount) {
	i, divisor := a.end+1, 1.0
	fraction := 0.0
	for ; hanDigit(s.at(i)) >= 0; i++ {
		divisor *= 10
		fraction = fraction*10 + float64(hanDigit(s.at(i)))
	}
	a.low = (a.low*divisor + fraction) / divisor
	a.high = a.low
	for ; hanScale(s.at(i)) > 0; i++ {
		a.times(hanScale(s.at(i)))
	}
	a.end = i
}

// englishNumbers are the number words below a hundred.
var englishNumbers = map[string]float64{
	"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
	"eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
	"eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
	"seventy": 70, "eighty": 80, "ninety": 90, "dozen": 12,
}

// englishScales multiply the number before them.
var englishScales = map[string]float64{
	"hundred": 100, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "mn": 1e6, "bn": 1e9, "dozen": 12,
}

// readWords reads an English number: fifty, twenty-five, two hundred million.
func (s *scanner) readWords(i int) (amount, bool) {
	word, end := s.wordAt(i)
	value, ok := englishNumbers[string(word)]
	if !ok {
		return amount{}, false
	}
	if r := s.at(end); r == '-' || r == ' ' {
		if next, nextEnd := s.wordAt(end + 1); value >= 20 {
			if units, ok := englishNumbers[string(next)]; ok && units < 10 {
				value, end = value+units, nextEnd
			}
		}
	}
	a := amount{low: value, high: value, end: end, words: true}
	for s.at(a.end) == ' ' {
		next, nextEnd := s.wordAt(a.end + 1)
		f, ok := englishScales[string(next)]
		if !ok {
			break
		}
		a.times(f)
		a.end = nextEnd
	}
	return a, true
}
