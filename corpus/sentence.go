package corpus

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sentences cuts a text into its sentences, Chinese and English, in order.
//
// Every line is cut by itself, so that headings, list items and table rows are
// sentences of their own; a row is never cut. A sentence ends after 。！？；and ……,
// and after . ! ? where what follows can begin an English sentence, each with the
// marks that close after it. No cut is made inside a quotation or brackets that
// close in the same line, unless they hold a whole paragraph.
//
// The spans do not overlap, hold no white space at their ends and together hold
// all that is not white space.
func Sentences(text string) []Span {
	var spans []Span
	at := 0 // code points before the line
	for text != "" {
		line, rest, _ := strings.Cut(text, "\n")
		if isRow(line) {
			spans = appendSentence(spans, line, at)
			at += CodePoints(line) + 1
		} else {
			for line != "" {
				end := sentenceEnd(line)
				spans = appendSentence(spans, line[:end], at)
				at += CodePoints(line[:end])
				line = line[end:]
			}
			at++
		}
		text = rest
	}
	return spans
}

// appendSentence adds the span of a sentence that begins at a code point, without
// the white space around it.
func appendSentence(spans []Span, sentence string, at int) []Span {
	body := strings.TrimLeftFunc(sentence, unicode.IsSpace)
	at += CodePoints(sentence[:len(sentence)-len(body)])
	body = strings.TrimRightFunc(body, unicode.IsSpace)
	if body == "" {
		return spans
	}
	return append(spans, Span{at, at + CodePoints(body)})
}

// isRow reports whether a line is a row of a Markdown table.
func isRow(line string) bool {
	line = strings.TrimSpace(line)
	return len(line) > 1 && line[0] == '|' && line[len(line)-1] == '|'
}

// longestAside is the length in bytes up to which a quotation or bracket is kept
// whole: about two hundred Chinese characters.
const longestAside = 600

// sentenceEnd gives the byte after the first sentence of a line.
func sentenceEnd(line string) int {
	for i := 0; i < len(line); {
		c := line[i]
		switch {
		case c >= utf8.RuneSelf && c != 0xE2 && c != 0xE3 && c != 0xEF:
			i += runeWidth(c)
			continue
		case c < utf8.RuneSelf && !asciiMark(c):
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(line[i:])
		next := i + size
		if closing := closingOf(r); closing != 0 {
			inside, after := aside(line[next:], r, closing)
			if after == 0 {
				i = next
				continue
			}
			next += after
			if !stopsInside(inside) || goesOn(line[next:]) {
				i = next
				continue
			}
		} else if !stops(line, i, r, next) {
			i = next
			continue
		}
		return next + closers(line[next:])
	}
	return len(line)
}

// stops reports whether the mark r at byte i ends a sentence.
func stops(line string, i int, r rune, next int) bool {
	switch r {
	case '。', '！', '？', '；':
		return true
	case '…':
		return strings.HasPrefix(line[i:], "……")
	case ';':
		// Chinese text is often typed with marks of half width.
		return i > 0 && line[i-1] >= utf8.RuneSelf || next < len(line) && line[next] >= utf8.RuneSelf
	case '!', '?':
		return next == len(line) || line[next] == ' ' || line[next] >= utf8.RuneSelf || line[next] == '"'
	case '.':
		return fullStop(line, i)
	}
	return false
}

// fullStop reports whether the dot at byte i ends an English sentence, and is not
// part of a number, an abbreviation or the label of a list item.
func fullStop(line string, i int) bool {
	rest := line[i+1:]
	if strings.TrimLeft(rest, "\"'”’)]*") == "" {
		return true
	}
	after := strings.TrimLeft(rest, " ")
	if after == rest && !strings.HasPrefix(rest, "\" ") && !strings.HasPrefix(rest, "” ") && !strings.HasPrefix(rest, ") ") && !strings.HasPrefix(rest, "** ") {
		return false
	}
	if r, _ := utf8.DecodeRuneInString(strings.TrimLeft(after, "\"'“‘([*")); unicode.IsLower(r) {
		return false
	}
	word := line[strings.LastIndexAny(line[:i], " \t(“\"")+1 : i]
	if len(word) == len(line[:i]) && strings.Trim(word, "0123456789.") == "" {
		return false // 1. Introduction
	}
	if len(word) == 1 && unicode.IsUpper(rune(word[0])) || strings.Contains(word, ".") && len(word) <= 5 && strings.Trim(word, "0123456789.") != "" {
		return false // J. Smith, U.S. cities, e.g. Boston
	}
	switch word {
	case "Mr", "Mrs", "Ms", "Dr", "Prof", "St", "No", "Nos", "vs", "etc", "al", "Inc", "Ltd", "Co", "Corp", "Fig", "Art", "Sec", "cf", "approx":
		return false
	}
	return true
}

// closers gives the length of the marks that belong to the sentence they follow:
// closing quotes and brackets, further stops, emphasis.
func closers(rest string) int {
	n := 0
	for n < len(rest) {
		r, size := utf8.DecodeRuneInString(rest[n:])
		switch r {
		case '”', '’', '」', '』', '）', '】', '》', ')', ']', '。', '！', '？', '…', '!', '?':
			n += size
		case '*':
			// Emphasis that closes stands before a space or the line's end.
			m := len(rest[n:]) - len(strings.TrimLeft(rest[n:], "*"))
			if n+m < len(rest) && rest[n+m] != ' ' {
				return n
			}
			n += m
		default:
			return n
		}
	}
	return n
}

// aside returns what stands inside a quotation or bracket whose opening mark is
// just before rest, and the byte after its closing mark; 0 where it does not
// close soon enough.
func aside(rest string, opening, closing rune) (inside string, after int) {
	depth := 1
	for i, r := range rest[:min(len(rest), longestAside)] {
		switch {
		case r == closing:
			if depth--; depth == 0 {
				return rest[:i], i + utf8.RuneLen(r)
			}
		case r == opening:
			depth++
		}
	}
	return "", 0
}

// stopsInside reports whether a quotation ends with the end of a sentence: “……。”
func stopsInside(inside string) bool {
	r, size := utf8.DecodeLastRuneInString(inside)
	switch r {
	case '。', '！', '？', '!', '?':
		return true
	case '.':
		return strings.Contains(inside[:len(inside)-size], " ")
	}
	return false
}

// goesOn reports whether a sentence goes on after a quotation with a stop of its
// own: “不超过百分之二十。”的补贴.
func goesOn(rest string) bool {
	r, _ := utf8.DecodeRuneInString(rest)
	return r == '的' || r == '，' || r == '、' || r == '等' || r == ','
}

// closingOf gives the mark that closes what r opens, 0 where it opens nothing.
func closingOf(r rune) rune {
	switch r {
	case '（':
		return '）'
	case '《':
		return '》'
	case '“':
		return '”'
	case '「':
		return '」'
	case '『':
		return '』'
	case '〔':
		return '〕'
	case '【':
		return '】'
	case '(':
		return ')'
	case '[':
		return ']'
	case '"':
		return '"'
	}
	return 0
}

func asciiMark(c byte) bool {
	switch c {
	case '.', '!', '?', ';', '"', '(', '[':
		return true
	}
	return false
}

// runeWidth gives the number of bytes of the code point that begins with c.
func runeWidth(c byte) int {
	switch {
	case c < 0xC0:
		return 1
	case c < 0xE0:
		return 2
	case c < 0xF0:
		return 3
	}
	return 4
}
