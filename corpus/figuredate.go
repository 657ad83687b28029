package corpus

import (
	"strings"
	"time"
)

// The years that a number of four digits is taken for.
const firstYear, lastYear = 1900, 2100

// date reads a date that begins with a number: 2023年8月15日, 二〇二三年五月,
// 2022-01-21, 8月15日, 2025年底, or a bare year.
func (s *scanner) date(i int) (end int, ok bool) {
	n, digits, end := s.dateNumber(i)
	if digits == 0 {
		return 0, false
	}
	isYear := digits == 4 && firstYear <= n && n <= lastYear
	j := s.skipSpaces(end)
	switch {
	case isYear && s.at(j) == '年' && s.at(j+1) != '代':
		d, end := s.monthAndDay(Date{Year: n}, j+1)
		if d.Month == 0 {
			if r := s.at(end); r == '底' || r == '末' || r == '初' || r == '度' {
				end++
			}
		}
		return s.addDate(d, i, end)
	case isYear && isDigit(s.at(i)):
		if d, end, ok := s.numericDate(n, end); ok {
			return s.addDate(d, i, end)
		}
		if s.bareYear(end) {
			return s.addDate(Date{Year: n}, i, end)
		}
	case digits <= 2 && s.at(j) == '月':
		d, end := s.monthAndDay(Date{}, i)
		if d.Month == 0 {
			return 0, false
		}
		return s.addDate(d, i, end)
	case digits <= 2 && isDigit(s.at(i)) && s.at(end) == ' ':
		word, wordEnd := s.wordAt(end + 1)
		if month := englishMonth(word); month != 0 {
			return s.dayMonth(i, n, month, wordEnd)
		}
	}
	return 0, false
}

// dateNumber reads the digits of a part of a date, Arabic or Han (二〇二三, 十二).
func (s *scanner) dateNumber(i int) (n, digits, end int) {
	if isDigit(s.at(i)) {
		digits = s.digitsAt(i)
		if digits > 4 {
			return 0, 0, i
		}
		for end = i; end < i+digits; end++ {
			n = n*10 + int(s.at(end)-'0')
		}
		return n, digits, end
	}
	if count, a := s.readHanDigits(i); count == 4 {
		return int(a.low), 4, a.end
	}
	if hanDigit(s.at(i)) < 0 && s.at(i) != '十' {
		return 0, 0, i
	}
	for end = i; hanDigit(s.at(end)) >= 0 || s.at(end) == '十'; end++ {
		if s.at(end) == '十' {
			n = max(n, 1) * 10
		} else {
			n += hanDigit(s.at(end))
		}
	}
	if end-i > 3 || n > 31 {
		return 0, 0, i
	}
	return n, 2, end
}

// monthAndDay reads M月 and D日 at index i where the calendar has them.
func (s *scanner) monthAndDay(d Date, i int) (Date, int) {
	month, digits, end := s.dateNumber(s.skipSpaces(i))
	end = s.skipSpaces(end)
	if digits == 0 || digits > 2 || s.at(end) != '月' || month < 1 || month > 12 {
		return d, i
	}
	d.Month = time.Month(month)
	end++
	day, digits, dayEnd := s.dateNumber(s.skipSpaces(end))
	dayEnd = s.skipSpaces(dayEnd)
	if r := s.at(dayEnd); digits == 0 || digits > 2 || r != '日' && r != '号' {
		return d, end
	}
	withDay := d
	withDay.Day = day
	if day == 0 || !withDay.inLeapYear().valid() {
		return d, end
	}
	return withDay, dayEnd + 1
}

// inLeapYear gives a date without a year one that has all days.
func (d Date) inLeapYear() Date {
	if d.Year == 0 {
		d.Year = 2000
	}
	return d
}

// numericDate reads -01-21 or /1/21 or .01.21 behind a year, or -01 alone.
func (s *scanner) numericDate(year, i int) (Date, int, bool) {
	sep := s.at(i)
	if sep != '-' && sep != '/' && sep != '.' {
		return Date{}, 0, false
	}
	monthDigits := s.digitsAt(i + 1)
	month, _, end := s.dateNumber(i + 1)
	if monthDigits == 0 || monthDigits > 2 || month < 1 || month > 12 {
		return Date{}, 0, false
	}
	d := Date{Year: year, Month: time.Month(month)}
	if s.at(end) == sep {
		if dayDigits := s.digitsAt(end + 1); dayDigits == 1 || dayDigits == 2 {
			day, _, dayEnd := s.dateNumber(end + 1)
			if d.Day = day; day > 0 && d.valid() {
				return d, dayEnd, true
			}
		}
		return Date{}, 0, false
	}
	_, _, counted := s.unitAt(end)
	return d, end, sep == '-' && monthDigits == 2 && !counted
}

// bareYear reports whether the four digits before index i are a year though
// nothing says so: no unit follows, no decimals, no letters, no more digits.
func (s *scanner) bareYear(i int) bool {
	after := i
	for s.at(after) == ' ' {
		after++
	}
	switch r := s.at(i); {
	case s.at(after) == '万', s.at(after) == '亿': // 2000 万元
		return false
	case isLatin(r), isDigit(r), r == '+', r == '%', hanScale(r) > 0, r == '余', r == '多':
		return false
	case (r == '.' || r == ',' || r == ':' || r == '/') && isDigit(s.at(i+1)):
		return false
	case r == '-' || r == '—' || r == '–' || r == '~' || r == '至' || r == '到':
		// A range is one of years where its other end is a year.
		j := i + 1
		for s.at(j) == r || s.at(j) == ' ' {
			j++
		}
		if n, digits, end := s.dateNumber(j); digits > 0 {
			return digits == 4 && firstYear <= n && n <= lastYear && (s.at(end) == '年' || s.bareYear(end))
		}
	}
	if u, _, ok := s.unitAt(i); ok && (u.kind != FigureCount || s.at(i) != ' ') {
		return false
	}
	return true
}

// englishMonth gives the month a word names, or 0.
func englishMonth(word []byte) time.Month {
	if len(word) < 3 {
		return 0
	}
	for m := time.January; m <= time.December; m++ {
		name := strings.ToLower(m.String())
		if string(word) == name || string(word) == name[:3] || m == time.September && string(word) == "sept" {
			return m
		}
	}
	return 0
}

// englishDate reads January 10, 2023 or January 2023, whose month ends at index i.
func (s *scanner) englishDate(from, i int, month time.Month) (end int, ok bool) {
	n, digits, end := s.dateNumber(s.skipSpaces(i))
	switch {
	case digits == 4 && firstYear <= n && n <= lastYear:
		return s.addDate(Date{Year: n, Month: month}, from, end)
	case digits == 1 || digits == 2:
		d := Date{Month: month, Day: n}
		j := end
		if s.at(j) == ',' {
			j++
		}
		if year, digits, yearEnd := s.dateNumber(s.skipSpaces(j)); digits == 4 && j != s.skipSpaces(j) {
			d.Year, end = year, yearEnd
		}
		return s.addDate(d, from, end)
	}
	return 0, false
}

// dayMonth reads 10 January 2023, whose month ends at index i.
func (s *scanner) dayMonth(from, day int, month time.Month, i int) (end int, ok bool) {
	d, end := Date{Month: month, Day: day}, i
	if year, digits, yearEnd := s.dateNumber(s.skipSpaces(i)); digits == 4 && s.at(i) == ' ' {
		d.Year, end = year, yearEnd
	}
	return s.addDate(d, from, end)
}

// addDate keeps a date that the calendar has.
func (s *scanner) addDate(d Date, from, to int) (end int, ok bool) {
	if !d.inLeapYear().valid() {
		return 0, false
	}
	n := float64(d.Ordinal())
	return s.add(Figure{Kind: FigureDate, Date: d, Low: n, High: n}, from, to), true
}
