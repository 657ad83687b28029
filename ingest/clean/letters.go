package clean

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"policykb/corpus/label"
)

// edit says that text[start:end] of a repaired line stands for length code points
// of the block's text, from the code point source on. Where both have as many
// code points no edit is needed: they go together one by one.
type edit struct {
	start, end     int // bytes of the repaired text; equal where something was removed
	source, length int // code points of the block's text
}

// repair gives the text of one line without the noise of single characters. lead
// is the number of code points before it that were white space. Most lines need
// no repair and are returned as they are, without a copy.
func repair(s string) (text string, lead int, edits []edit) {
	for i, r := range s {
		if !isSpace(r) && !isInvisible(r) {
			lead = utf8.RuneCountInString(s[:i])
			s = strings.TrimRightFunc(s[i:], func(r rune) bool { return isSpace(r) || isInvisible(r) })
			at := nextOdd(s, 0)
			if at == len(s) {
				return s, lead, nil
			}
			f := fixer{s: s, lead: lead, out: make([]byte, 0, len(s)+8)}
			f.run(at)
			return string(f.out), lead, f.edits
		}
	}
	return "", utf8.RuneCountInString(s), nil
}

// fixer repairs one line.
type fixer struct {
	s     string
	lead  int
	out   []byte
	edits []edit

	counted int // bytes of s whose code points are counted in source
	source  int
}

func (f *fixer) run(odd int) {
	at := 0
	for {
		f.out = append(f.out, f.s[at:odd]...)
		if odd == len(f.s) {
			break
		}
		at = f.fix(odd)
		odd = nextOdd(f.s, at)
	}
	// What was removed at the end may leave a space there.
	for n := len(f.out); n > 0 && f.out[n-1] == ' '; n-- {
		f.out = f.out[:n-1]
	}
	for n := len(f.edits); n > 0 && f.edits[n-1].end > len(f.out); n-- {
		f.edits = f.edits[:n-1]
	}
}

// place is the code point of the block's text at byte at of s.
func (f *fixer) place(at int) int {
	f.source += utf8.RuneCountInString(f.s[f.counted:at])
	f.counted = at
	return f.lead + f.source
}

// replace writes text for s[from:to].
func (f *fixer) replace(from, to int, text string) {
	length := utf8.RuneCountInString(f.s[from:to])
	start := len(f.out)
	f.out = append(f.out, text...)
	if length != utf8.RuneCountInString(text) {
		f.edits = append(f.edits, edit{start: start, end: len(f.out), source: f.place(from), length: length})
	}
}

// fix handles the odd character at byte at, and gives the byte after what it took.
func (f *fixer) fix(at int) int {
	r, size := utf8.DecodeRuneInString(f.s[at:])
	switch {
	case isSpace(r) || isInvisible(r):
		return f.gap(at)
	case r == utf8.RuneError && size == 1:
		f.replace(at, at+1, string(utf8.RuneError))
		return at + 1
	case r >= '０' && r <= '９' || r >= 'Ａ' && r <= 'Ｚ' || r >= 'ａ' && r <= 'ｚ':
		f.replace(at, at+size, string(r-'０'+'0'))
		return at + size
	case r == '(' || r == '（':
		if end := pinyinEnd(f.s, at+size); end > 0 {
			if before, _ := utf8.DecodeLastRune(f.out); unicode.Is(unicode.Han, before) {
				f.replace(at, end, "")
				// A space after it now stands between Han characters.
				if next, _ := utf8.DecodeRuneInString(f.s[end:]); end < len(f.s) && isSpace(next) {
					return f.gap(end)
				}
				return end
			}
		}
		f.replace(at, at+size, f.s[at:at+size])
		return at + size
	case r >= 0x2E80 && r <= 0x2FDF:
		f.replace(at, at+size, ofRadical(r))
		return at + size
	}
	if !norm.NFC.PropertiesString(f.s[at:]).BoundaryBefore() {
		return f.combine(at)
	}
	f.replace(at, at+size, norm.NFC.String(f.s[at:at+size]))
	return at + size
}

// combine composes combining marks with the character they stand on. A mark with
// nothing to stand on is dropped.
func (f *fixer) combine(at int) int {
	end := at
	for end < len(f.s) && !norm.NFC.PropertiesString(f.s[end:]).BoundaryBefore() {
		_, size := utf8.DecodeRuneInString(f.s[end:])
		end += size
	}
	base, size := utf8.DecodeLastRune(f.out)
	if len(f.out) == 0 || at < size || base == ' ' || f.s[at-size:at] != string(f.out[len(f.out)-size:]) {
		f.replace(at, end, "")
		return end
	}
	f.out = f.out[:len(f.out)-size]
	// The base may be counted already, when the character before it was edited.
	if f.counted > at-size {
		f.counted, f.source = 0, 0
	}
	f.replace(at-size, end, norm.NFC.String(f.s[at-size:end]))
	return end
}

// gap handles a run of white space and invisible characters.
func (f *fixer) gap(at int) int {
	end, width := at, 0
	for end < len(f.s) {
		r, size := utf8.DecodeRuneInString(f.s[end:])
		if isSpace(r) {
			width++
			if r == '\t' {
				width++
			}
		} else if !isInvisible(r) {
			break
		}
		end += size
	}
	text := ""
	if width > 0 {
		text = f.spacing(end, width)
	}
	f.replace(at, end, text)
	return end
}

// spacing decides what stands in a gap of the given width before byte end.
func (f *fixer) spacing(end, width int) string {
	before, size := utf8.DecodeLastRune(f.out)
	after, _ := utf8.DecodeRuneInString(f.s[end:])
	han, hanAfter := isHan(before), isHan(after)
	switch {
	case len(f.out) == 0 || before == ' ' || end == len(f.s):
		return ""
	case before == '|' || after == '|' || f.onlyMark():
		return " " // the border of a cell, the mark of a heading or item
	case han && (hanAfter || isOpening(after)) && f.opensWithLabel():
		return " " // 第五条 为了…, 第五条 【适用范围】…
	case isChinesePunctuation(before) || isChinesePunctuation(after),
		han && isQuote(after), isQuote(before) && hanAfter:
		return ""
	case !han || !hanAfter:
		return " "
	case width < 2:
		return "" // a stray space between Han characters
	}
	// 目　　录, 总　　则: two characters spread over a line are one word.
	if lone, _ := utf8.DecodeLastRune(f.out[:len(f.out)-size]); !isHan(lone) {
		next := f.s[end:]
		_, size := utf8.DecodeRuneInString(next)
		if follows, _ := utf8.DecodeRuneInString(next[size:]); !isHan(follows) {
			return ""
		}
	}
	return "  " // columns of a form set side by side
}

// onlyMark reports whether what is written so far is a mark of Markdown: ##, -, 1.
func (f *fixer) onlyMark() bool {
	if len(f.out) > 6 {
		return false
	}
	bare := strings.Trim(string(f.out), "#>*+-")
	return bare == "" || strings.Trim(bare, "0123456789") == "." && bare[0] != '.'
}

// opensWithLabel reports whether what is written so far is a label or a date that
// opens a line, and so is followed by a space: 第五条 为了…, 2021年9月30日 ….
func (f *fixer) opensWithLabel() bool {
	if len(f.out) > 48 {
		return false
	}
	line := strings.TrimLeft(string(f.out), "#>*- ")
	if l, ok := label.Leading(line); ok && l.Len == len(line) {
		return l.Class.Division() || l.Class == label.Annex
	}
	return isDate(line)
}

// isDate reports whether the text is a date and nothing else: 2021年9月30日.
func isDate(s string) bool {
	parts := 0
	for _, unit := range []string{"年", "月", "日"} {
		number, rest, ok := strings.Cut(s, unit)
		if !ok || number == "" || len(number) > 4 || strings.Trim(number, "0123456789") != "" {
			return false
		}
		s = rest
		parts++
	}
	return parts == 3 && s == ""
}

// nextOdd finds the first byte from at on that may need repair: a space that may
// stray, a character of full width, one that is not NFC. Nearly all text is Han
// letters, ASCII and Chinese punctuation, and is passed over here.
func nextOdd(s string, at int) int {
	for at < len(s) {
		c := s[at]
		switch {
		case c > ' ' && c < 0x7F:
			if c == '(' && at > 0 && at+1 < len(s) && s[at-1] >= utf8.RuneSelf && (s[at+1] >= 'a' || s[at+1] >= utf8.RuneSelf) {
				return at
			}
			at++
		case c >= 0xE4 && c <= 0xE9:
			if at+3 > len(s) || s[at+1]&0xC0 != 0x80 || s[at+2]&0xC0 != 0x80 {
				return at
			}
			at += 3
		case c == ' ':
			if at+1 == len(s) || at == 0 || !plainSpace(s, at) {
				return at
			}
			at++
		default:
			n := plainWidth(s, at)
			if n == 0 {
				return at
			}
			at += n
		}
	}
	return at
}

// plainSpace reports whether the single space at byte at certainly stays.
func plainSpace(s string, at int) bool {
	before, after := s[at-1], s[at+1]
	if after <= ' ' || before <= ' ' {
		return false
	}
	if before < utf8.RuneSelf && after < utf8.RuneSelf {
		return true
	}
	if before >= utf8.RuneSelf && after >= utf8.RuneSelf {
		return false
	}
	// Between ASCII and Han a space stays, between ASCII and punctuation it goes.
	if after >= utf8.RuneSelf {
		return after >= 0xE4 && after <= 0xE9
	}
	return at >= 3 && s[at-3] >= 0xE4 && s[at-3] <= 0xE9
}

// plainWidth gives the size of the character at byte at where it never needs
// repair, else 0. It knows the ranges that occur in Chinese and English text.
func plainWidth(s string, at int) int {
	if len(s)-at < 2 || s[at+1]&0xC0 != 0x80 {
		return 0
	}
	a, b := s[at], s[at+1]
	if a >= 0xC2 && a <= 0xD1 {
		switch {
		case a == 0xC2:
			if b <= 0xA0 || b == 0xAD {
				return 0
			}
		case a == 0xCC, a == 0xCD, a == 0xCE && b == 0x87:
			return 0
		}
		return 2
	}
	if len(s)-at < 3 || s[at+2]&0xC0 != 0x80 {
		return 0
	}
	c := s[at+2]
	switch a {
	case 0xE2:
		switch {
		case b == 0x80 && c >= 0x90 && c <= 0xA7, b == 0x80 && c >= 0xB0,
			b == 0x82, b == 0x85, b == 0x86, b == 0x87, b == 0x88, b == 0x89, b == 0x91, b == 0x96, b == 0x97, b == 0x98, b == 0x9C:
			return 3
		}
	case 0xE3:
		switch {
		case b == 0x80 && c >= 0x81 && c <= 0xA9, b == 0x81, b == 0x82 && c != 0x99 && c != 0x9A, b == 0x83:
			return 3
		}
	case 0xEF:
		switch {
		case b == 0xBC && c == 0x88: // （
			if at+3 < len(s) && s[at+3] >= 'a' && s[at+3] <= 'z' {
				return 0
			}
			return 3
		case b == 0xBC && c >= 0x81 && c <= 0x8F, b == 0xBC && c >= 0x9A && c <= 0xA0,
			b == 0xBC && c >= 0xBB, b == 0xBD && c == 0x80, b == 0xBD && c >= 0x9B, b == 0xB8 && c <= 0x8F:
			return 3
		}
	}
	return 0
}

// isSpace reports whether the character is white space of any width.
func isSpace(r rune) bool {
	switch r {
	case ' ', '\t', '\n', '\v', '\f', '\r', '\u0085', '\u00A0', '\u1680', '\u2028', '\u2029', '\u202F', '\u205F', '\u3000':
		return true
	}
	return r >= '\u2000' && r <= '\u200A'
}

// isInvisible reports whether the character takes no room: zero-width spaces and
// joiners, marks of direction, soft hyphens, byte order marks, control characters.
func isInvisible(r rune) bool {
	switch {
	case r < ' ' || r >= 0x7F && r < 0xA0:
		return !isSpace(r)
	case r == '\u00AD', r == '\uFEFF', r == '\u180E', r == '\u061C',
		r >= '\u200B' && r <= '\u200F', r >= '\u202A' && r <= '\u202E', r >= '\u2060' && r <= '\u2064', r >= '\u2066' && r <= '\u206F':
		return true
	}
	return false
}

// isHan reports whether the character is of a script that is written without
// spaces: Han, with 〇 and 々, and kana.
func isHan(r rune) bool {
	return r >= 0x4E00 && r <= 0x9FFF || r == '〇' || r == '々' || r >= 0x3040 && r <= 0x30FF || r >= 0x3400 && r <= 0x4DBF || r >= 0x20000 && r <= 0x3FFFF
}

// isChinesePunctuation reports whether the character is punctuation that fills the
// room of a Han character and so needs no space beside it.
func isChinesePunctuation(r rune) bool {
	if r >= 0x3001 && r <= 0x3020 {
		return r != '〇' && r != '々'
	}
	switch r {
	case '，', '；', '：', '！', '？', '（', '）', '．':
		return true
	}
	return false
}

// isOpening reports whether the character opens a bracket or a title.
func isOpening(r rune) bool {
	return r == '【' || r == '（' || r == '《' || r == '“' || r == '「'
}

// isQuote reports whether the character is a quotation mark that Chinese and
// English share.
func isQuote(r rune) bool { return r == '“' || r == '”' || r == '‘' || r == '’' }

// pinyinEnd finds the end of a pronunciation in brackets (shù) that begins at
// byte at; 0 where none stands. It has a vowel with a tone mark: (token) has none.
func pinyinEnd(s string, at int) int {
	letters, toned := 0, 0
	for i, r := range s[at:] {
		switch {
		case r >= 'a' && r <= 'z' || r == 'ü' || r == 'ɡ' || r == 'ɑ':
			letters++
		case strings.ContainsRune("āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿ", r):
			letters++
			toned++
		case unicode.Is(unicode.Mn, r):
			toned++
		case (r == ')' || r == '）') && toned == 1 && letters >= 1:
			return at + i + utf8.RuneLen(r)
		default:
			return 0
		}
		if letters > 6 {
			return 0
		}
	}
	return 0
}

// ofRadical gives the character that a radical was meant for. PDF files often
// name ⼈ and ⻓, the radicals, where 人 and 长 are printed.
func ofRadical(r rune) string {
	if c, ok := supplementRadicals[r]; ok {
		return string(c)
	}
	return norm.NFKC.String(string(r))
}

// supplementRadicals are those radicals of the CJK Radicals Supplement that look
// like a character and that NFKC does not map.
var supplementRadicals = map[rune]rune{
	'⺠': '民', '⻁': '虎', '⻄': '西', '⻅': '见', '⻆': '角', '⻉': '贝', '⻋': '车', '⻒': '镸', '⻓': '长', '⻔': '门',
	'⻘': '青', '⻙': '韦', '⻚': '页', '⻛': '风', '⻜': '飞', '⻝': '食', '⻢': '马', '⻣': '骨', '⻤': '鬼', '⻥': '鱼',
	'⻦': '鸟', '⻧': '卤', '⻨': '麦', '⻩': '黄', '⻬': '齐', '⻮': '齿', '⻰': '龙', '⻳': '龟',
}
