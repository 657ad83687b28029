package parse

import (
	"fmt"
	"strconv"
	"strings"
)

// style is how a number is written in a list.
type style int

const (
	arabic style = iota
	bullet
	unnumbered
	chinese      // 一 二 … 十一
	chineseLegal // 壹 贰
	heavenly     // 甲 乙 丙
	circled      // ① ②
	upperRoman
	lowerRoman
	upperLetter
	lowerLetter
	padded // 01 02
	fullWidth
)

// write gives the number in the style.
func (s style) write(n int) string {
	switch {
	case s == bullet || s == unnumbered:
		return ""
	case n < 1 || n > 9999:
		return strconv.Itoa(n)
	}
	switch s {
	case chinese:
		return chineseNumber(n, []rune("零一二三四五六七八九"), []rune("十百千"))
	case chineseLegal:
		return chineseNumber(n, []rune("零壹贰叁肆伍陆柒捌玖"), []rune("拾佰仟"))
	case heavenly:
		if stems := []rune("甲乙丙丁戊己庚辛壬癸"); n <= len(stems) {
			return string(stems[n-1])
		}
	case circled:
		if n <= 20 {
			return string(rune('①' + n - 1))
		}
	case upperRoman:
		return roman(n)
	case lowerRoman:
		return strings.ToLower(roman(n))
	case upperLetter:
		return strings.Repeat(string(rune('A'+(n-1)%26)), min((n-1)/26+1, 8))
	case lowerLetter:
		return strings.Repeat(string(rune('a'+(n-1)%26)), min((n-1)/26+1, 8))
	case padded:
		return fmt.Sprintf("%02d", n)
	case fullWidth:
		return strings.Map(func(r rune) rune { return r - '0' + '０' }, strconv.Itoa(n))
	}
	return strconv.Itoa(n)
}

// chineseNumber writes 1 to 9999: 十一, 二十, 一百零五.
func chineseNumber(n int, digits, units []rune) string {
	var out []rune
	zero := false
	for power, place := 1000, 3; power >= 1; power, place = power/10, place-1 {
		d := n / power % 10
		if d == 0 {
			zero = len(out) > 0
			continue
		}
		if zero {
			out = append(out, digits[0])
			zero = false
		}
		if d != 1 || place != 1 || len(out) > 0 {
			out = append(out, digits[d])
		}
		if place > 0 {
			out = append(out, units[place-1])
		}
	}
	return string(out)
}

func roman(n int) string {
	if n > 3999 {
		return strconv.Itoa(n)
	}
	var b strings.Builder
	for _, d := range []struct {
		value int
		sign  string
	}{{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}} {
		for ; n >= d.value; n -= d.value {
			b.WriteString(d.sign)
		}
	}
	return b.String()
}

// wordStyles are the names that Word gives to styles of numbers.
var wordStyles = map[string]style{
	"decimal": arabic, "bullet": bullet, "none": unnumbered,
	"chineseCounting": chinese, "chineseCountingThousand": chinese, "taiwaneseCounting": chinese, "taiwaneseCountingThousand": chinese,
	"japaneseCounting": chinese, "ideographDigital": chinese, "koreanCounting": chinese, "chineseLegalSimplified": chineseLegal, "ideographLegalTraditional": chineseLegal,
	"ideographTraditional": heavenly, "decimalEnclosedCircle": circled, "decimalEnclosedCircleChinese": circled,
	"upperRoman": upperRoman, "lowerRoman": lowerRoman, "upperLetter": upperLetter, "lowerLetter": lowerLetter,
	"decimalZero": padded, "decimalFullWidth": fullWidth, "decimalFullWidth2": fullWidth,
}

// openStyles are the values of style:num-format in OpenDocument.
var openStyles = map[string]style{
	"": unnumbered, "1": arabic, "a": lowerLetter, "A": upperLetter, "i": lowerRoman, "I": upperRoman,
	"一, 二, 三, ...": chinese, "壹, 贰, 叁, ...": chineseLegal, "甲, 乙, 丙, ...": heavenly, "①, ②, ③, ...": circled, "１, ２, ３, ...": fullWidth,
}

// level is how one level of a list is numbered.
type level struct {
	style style
	text  string // the label with a place for each number: %1.%2
	start int
	plain bool // all numbers of the label are written as digits
	tight bool // no space stands after the label
}

// lists counts the items of the lists of a document.
type lists struct {
	counts map[string]*[9]int // by list; 0 = not begun
}

// next gives the label of the next item of a list at a depth from 0.
func (l *lists) next(list string, depth int, levels *[9]level) string {
	if l.counts == nil {
		l.counts = make(map[string]*[9]int)
	}
	count := l.counts[list]
	if count == nil {
		count = new([9]int)
		l.counts[list] = count
	}
	at := levels[depth]
	if count[depth] == 0 {
		count[depth] = at.start
	} else {
		count[depth]++
	}
	for i := depth + 1; i < len(count); i++ {
		count[i] = 0
	}
	switch at.style {
	case bullet:
		return "- "
	case unnumbered:
		if !strings.Contains(at.text, "%") {
			return ""
		}
	}
	label := at.text
	for i := range depth + 1 {
		place := "%" + strconv.Itoa(i+1)
		if !strings.Contains(label, place) {
			continue
		}
		n := count[i]
		if n == 0 {
			n = levels[i].start
			count[i] = n
		}
		written := levels[i].style.write(n)
		if at.plain {
			written = strconv.Itoa(n)
		}
		label = strings.ReplaceAll(label, place, written)
	}
	if label = strings.TrimSpace(label); label == "" {
		return ""
	}
	if last := []rune(label); at.tight || broad(last[len(last)-1]) && !strings.HasPrefix(label, "第") {
		return label
	}
	return label + " "
}
