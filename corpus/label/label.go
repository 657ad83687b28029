// Package label reads the marks with which a policy numbers its parts:
// 第二章, 第五条, 一、, （一）, 1., （1）, ①, 【支持标准】, bullets and dashes.
//
// Cleaning asks it where a new line must not be joined to the one before, the
// outline asks it which division a line opens.
package label

import (
	"strings"
	"unicode/utf8"
)

// Class is the sort of a label.
type Class int

// The classes, those of a statute first, then those of a plan, from the widest
// division to the narrowest. The order is the order in which they nest.
const (
	None        Class = iota
	Part              // 第一编, Part I
	Chapter           // 第一章, Chapter 1
	Annex             // 附件1, 附录A, 专栏 4
	Section           // 第一节, Section 2
	HanComma          // 一、
	Article           // 第五条, Article 5
	HanParen          // （一）
	Bracket           // 【支持标准】
	Number            // 1. 1． 1、
	Decimal           // 2.1, 2.1.3
	NumberParen       // （1） 1）
	Circled           // ①
	Bullet            // - * • ●
	Dash              // ——
)

// Division reports whether the label opens a numbered division of a statute:
// these are followed by a space, or stand on a line of their own.
func (c Class) Division() bool {
	return c == Part || c == Chapter || c == Section || c == Article
}

// Label is a mark found at the start of a line.
type Label struct {
	Class  Class
	Len    int // bytes of the line that the mark takes, without the space after it
	Number int // the number it bears, 0 where it bears none
}

// Leading returns the label that the line begins with. The line has no space
// before it. A reference to a division (第五条规定的, 第十条、第十一条) is no label.
func Leading(line string) (Label, bool) {
	if line == "" {
		return Label{}, false
	}
	switch c := line[0]; {
	case c >= '0' && c <= '9':
		return numeric(line)
	case c == '-' || c == '*' || c == '+':
		if len(line) > 1 && line[1] == ' ' {
			return Label{Class: Bullet, Len: 1}, true
		}
		return Label{}, false
	case c == '(':
		return parenthesised(line, 1)
	case c == 'A' || c == 'C' || c == 'P' || c == 'S':
		return english(line)
	case c < utf8.RuneSelf:
		return Label{}, false
	}
	r, size := utf8.DecodeRuneInString(line)
	switch r {
	case '第':
		return division(line)
	case '附', '专', '專':
		return annex(line)
	case '（':
		return parenthesised(line, size)
	case '【':
		return bracketed(line)
	case '•', '●', '·', '■', '◆', '▪', '○', '◦', '▶', '➢', '\uf06c', '\uf0b7', '\uf0d8':
		return Label{Class: Bullet, Len: size}, true
	case '—':
		if strings.HasPrefix(line, "——") {
			return Label{Class: Dash, Len: len("——")}, true
		}
		return Label{}, false
	}
	if r >= '①' && r <= '⑳' {
		return Label{Class: Circled, Len: size, Number: int(r-'①') + 1}, true
	}
	if n, used := hanNumber(line); used > 0 && n > 0 && n < 100 {
		if rest := line[used:]; strings.HasPrefix(rest, "、") {
			if next, _ := utf8.DecodeRuneInString(rest[len("、"):]); HanNumeral(next) {
				return Label{}, false // 二、三线城市
			}
			return Label{Class: HanComma, Len: used + len("、"), Number: n}, true
		} else if strings.HasPrefix(rest, "．") {
			return Label{Class: HanComma, Len: used + len("．"), Number: n}, true
		}
	}
	return Label{}, false
}

// units are the words that end a division's label: simplified and traditional.
var units = map[rune]Class{
	'编': Part, '編': Part, '章': Chapter, '节': Section, '節': Section, '条': Article, '條': Article,
}

// division reads 第五条, 第 5 条, 第十条之一.
func division(line string) (Label, bool) {
	at := len("第")
	at += spaces(line[at:])
	n, used := hanNumber(line[at:])
	if used == 0 {
		n, used = arabic(line[at:])
	}
	if used == 0 || n == 0 {
		return Label{}, false
	}
	at += used
	at += spaces(line[at:])
	unit, size := utf8.DecodeRuneInString(line[at:])
	class, known := units[unit]
	if !known {
		return Label{}, false
	}
	at += size
	if class == Article {
		if rest := line[at:]; strings.HasPrefix(rest, "之") {
			if _, used := hanNumber(rest[len("之"):]); used > 0 {
				at += len("之") + used
			}
		}
	}
	if refers(line[at:]) {
		return Label{}, false
	}
	return Label{Class: class, Len: at, Number: n}, true
}

// references are words that follow 第五条 where it is spoken of, not opened.
var references = []string{
	"规定", "規定", "所列", "所称", "所稱", "所述", "的", "第", "和第", "或者第", "及第", "至第", "、", "，", "。", "；",
	"）", "》", "”", "前款", "中", "之规定", "要求", "执行",
}

func refers(rest string) bool {
	for _, word := range references {
		if strings.HasPrefix(rest, word) {
			return true
		}
	}
	return false
}

// annex reads 附件, 附件1, 附件 2：, 附录A, 附表三, 专栏 4.
func annex(line string) (Label, bool) {
	for _, word := range []string{"附件", "附录", "附錄", "附表", "专栏", "專欄"} {
		if !strings.HasPrefix(line, word) {
			continue
		}
		at := len(word)
		number := at + spaces(line[at:])
		n, used := arabic(line[number:])
		if used == 0 {
			n, used = hanNumber(line[number:])
		}
		switch {
		case used > 0:
			return Label{Class: Annex, Len: number + used, Number: n}, true
		case number < len(line) && line[number] >= 'A' && line[number] <= 'Z':
			return Label{Class: Annex, Len: number + 1, Number: int(line[number]-'A') + 1}, true
		case strings.HasPrefix(word, "附") && (at == len(line) || strings.HasPrefix(line[at:], "：")):
			return Label{Class: Annex, Len: at}, true
		}
	}
	return Label{}, false
}

// HanNumeral reports whether the character is one of those that Han numbers up to
// the hundreds are written with.
func HanNumeral(r rune) bool { return r == '十' || r == '百' || hanDigit(r) >= 0 }

// parenthesised reads （一） and （1）; open is the size of the opening bracket.
func parenthesised(line string, open int) (Label, bool) {
	at := open
	class := HanParen
	n, used := hanNumber(line[at:])
	if used == 0 {
		class = NumberParen
		n, used = arabic(line[at:])
	}
	if used == 0 || n == 0 || n >= 100 {
		return Label{}, false
	}
	at += used
	for _, closing := range []string{"）", ")"} {
		if strings.HasPrefix(line[at:], closing) {
			return Label{Class: class, Len: at + len(closing), Number: n}, true
		}
	}
	return Label{}, false
}

// bracketed reads 【支持标准】: up to twelve characters, no stop inside.
func bracketed(line string) (Label, bool) {
	at := len("【")
	for n := 0; n <= 12 && at < len(line); n++ {
		r, size := utf8.DecodeRuneInString(line[at:])
		at += size
		switch r {
		case '】':
			if n == 0 {
				return Label{}, false
			}
			return Label{Class: Bracket, Len: at}, true
		case '。', '，', '【', '\n':
			return Label{}, false
		}
	}
	return Label{}, false
}

// numeric reads 1. 1． 1、 1） 2.1 and 2.1.3, but neither 1.5倍 nor 2023.
func numeric(line string) (Label, bool) {
	n, at := arabic(line)
	if at > 2 || n == 0 {
		return Label{}, false
	}
	rest := line[at:]
	for _, stop := range []string{"．", "、"} {
		if strings.HasPrefix(rest, stop) {
			return Label{Class: Number, Len: at + len(stop), Number: n}, true
		}
	}
	for _, closing := range []string{"）", ")"} {
		if strings.HasPrefix(rest, closing) {
			return Label{Class: NumberParen, Len: at + len(closing), Number: n}, true
		}
	}
	if !strings.HasPrefix(rest, ".") {
		return Label{}, false
	}
	at++
	if _, used := arabic(line[at:]); used == 0 {
		if at == len(line) {
			return Label{}, false
		}
		return Label{Class: Number, Len: at, Number: n}, true
	}
	for {
		_, used := arabic(line[at:])
		if used == 0 || used > 2 {
			return Label{}, false
		}
		at += used
		if !strings.HasPrefix(line[at:], ".") {
			break
		}
		at++
	}
	if at < len(line) && line[at] == ' ' {
		if r, _ := utf8.DecodeRuneInString(line[at+1:]); !strings.ContainsRune("亿万倍元个家%", r) {
			return Label{Class: Decimal, Len: at, Number: n}, true
		}
	}
	return Label{}, false
}

// english reads Article 5, Chapter 2, Section 3, Part I, Annex A, Appendix B.
func english(line string) (Label, bool) {
	for _, w := range []struct {
		word  string
		class Class
	}{
		{"Article ", Article}, {"ARTICLE ", Article}, {"Chapter ", Chapter}, {"CHAPTER ", Chapter},
		{"Section ", Section}, {"SECTION ", Section}, {"Part ", Part}, {"PART ", Part},
		{"Annex ", Annex}, {"ANNEX ", Annex}, {"Appendix ", Annex}, {"APPENDIX ", Annex},
	} {
		if !strings.HasPrefix(line, w.word) {
			continue
		}
		at := len(w.word)
		n, used := arabic(line[at:])
		if used == 0 {
			n, used = roman(line[at:])
		}
		if used == 0 && w.class == Annex && at < len(line) && line[at] >= 'A' && line[at] <= 'Z' {
			n, used = int(line[at]-'A')+1, 1
		}
		if used == 0 {
			return Label{}, false
		}
		at += used
		if at < len(line) {
			switch line[at] {
			case '.', ':':
				at++
			case ' ':
				// "Section 3 of the Act" speaks of a section; "Section 3 Scope" opens one.
				if next := line[at+1:]; next != "" && next[0] >= 'a' && next[0] <= 'z' {
					return Label{}, false
				}
			default:
				return Label{}, false
			}
		}
		return Label{Class: w.class, Len: at, Number: n}, true
	}
	return Label{}, false
}

// Numeral reads the number that s begins with: 五, 二十一, 5. used is the bytes it
// takes, 0 where none stands.
func Numeral(s string) (n, used int) {
	if n, used = hanNumber(s); used == 0 {
		n, used = arabic(s)
	}
	return n, used
}

func spaces(s string) int {
	n := 0
	for n < len(s) && s[n] == ' ' {
		n++
	}
	return n
}

// arabic reads up to four digits; it gives no number where more follow.
func arabic(s string) (n, used int) {
	for used < len(s) && s[used] >= '0' && s[used] <= '9' {
		if used == 4 {
			return 0, 0
		}
		n = n*10 + int(s[used]-'0')
		used++
	}
	return n, used
}

// roman reads I to XXXIX, followed by no other letter.
func roman(s string) (n, used int) {
	value := map[byte]int{'I': 1, 'V': 5, 'X': 10}
	for used < len(s) && value[s[used]] > 0 {
		v := value[s[used]]
		if used+1 < len(s) && value[s[used+1]] > v {
			v = -v
		}
		n += v
		used++
	}
	if used < len(s) && (s[used] >= 'A' && s[used] <= 'Z' || s[used] >= 'a' && s[used] <= 'z') {
		return 0, 0
	}
	return n, used
}

// hanNumber reads 一, 十二, 二十, 一百零三, 二〇. used is 0 where none stands.
func hanNumber(s string) (n, used int) {
	digit, total, positional := 0, 0, 0
	for used < len(s) {
		r, size := utf8.DecodeRuneInString(s[used:])
		if d := hanDigit(r); d >= 0 {
			digit = d
			positional = positional*10 + digit
		} else if r == '十' || r == '百' {
			scale := 10
			if r == '百' {
				scale = 100
			}
			if digit == 0 {
				digit = 1
			}
			total += digit * scale
			digit, positional = 0, 0
		} else {
			break
		}
		used += size
		if used > 8*len("零") {
			return 0, 0
		}
	}
	if total == 0 {
		return positional, used
	}
	return total + digit, used
}

// hanDigit gives the value of a Han digit, -1 of any other character.
func hanDigit(r rune) int {
	switch r {
	case '〇', '零':
		return 0
	case '一':
		return 1
	case '二':
		return 2
	case '三':
		return 3
	case '四':
		return 4
	case '五':
		return 5
	case '六':
		return 6
	case '七':
		return 7
	case '八':
		return 8
	case '九':
		return 9
	}
	return -1
}
