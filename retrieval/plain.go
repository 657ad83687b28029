package retrieval

import (
	"regexp"
	"strings"
	"unicode"
)

var (
	markdownLink = regexp.MustCompile(`!?\[([^\]]*)\]\([^)]*\)`)
	listOpening  = regexp.MustCompile(`^\s*(?:[-*+•·●>#]+\s+|\d{1,2}[.．、]\s*|[（(][一二三四五六七八九十\d]{1,3}[）)]\s*|[一二三四五六七八九十]{1,3}、\s*|第[一二三四五六七八九十百零〇\d]+条\s*)`)
	connective   = regexp.MustCompile(`^(而|但是|但|同时|其中|此外|另外|另|并且|并|且|如|例如|即|则|又|不过|然而|因此|所以|at the same time|however|moreover|in addition)[，,]?\s*`)
)

// readable turns a quote into prose: without the marks of Markdown and of
// lists, and without white space that stands inside Chinese words.
func readable(quote string) string {
	text := markdownLink.ReplaceAllString(quote, "$1")
	text = strings.NewReplacer("**", "", "__", "", "`", "", "<br>", " ", "&nbsp;", " ").Replace(text)
	text = listOpening.ReplaceAllString(text, "")
	return tidySpaces(text)
}

// readableCells says a table row as prose: the label, a colon, the other cells.
func readableCells(cells []string) string {
	kept := cells[:0:0]
	for _, cell := range cells {
		if cell = readable(cell); cell != "" {
			kept = append(kept, cell)
		}
	}
	if len(kept) < 2 {
		return strings.Join(kept, "")
	}
	return kept[0] + "：" + strings.Join(kept[1:], "，")
}

// tidySpaces joins white space to one space, and to none beside Chinese
// characters and marks.
func tidySpaces(text string) string {
	runes := []rune(strings.TrimSpace(text))
	var b strings.Builder
	for i := 0; i < len(runes); i++ {
		if !unicode.IsSpace(runes[i]) {
			b.WriteRune(runes[i])
			continue
		}
		end := i
		for end < len(runes) && unicode.IsSpace(runes[end]) {
			end++
		}
		if !isWide(runes[i-1]) && !isWide(runes[end]) {
			b.WriteByte(' ')
		}
		i = end - 1
	}
	return b.String()
}

// isWide reports whether a rune is written without spaces around it.
func isWide(r rune) bool {
	return isHan(r) || 0x3000 <= r && r <= 0x303F || 0xFF00 <= r && r <= 0xFFEF
}

// sentenceEnd closes a statement with the language's full stop.
func sentenceEnd(text, language string) string {
	text = strings.TrimRight(text, "，,；;：:、 \n")
	if text == "" || strings.ContainsAny(text[len(text)-1:], ".!?") {
		return text
	}
	for _, end := range []string{"。", "！", "？", "…", "”", "」", "\""} {
		if strings.HasSuffix(text, end) {
			return text
		}
	}
	if language == "en" && !strings.ContainsFunc(text, isHan) {
		return text + "."
	}
	return text + "。"
}
