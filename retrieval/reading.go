package retrieval

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"policykb/corpus"
)

// unitKind is the sort of text a unit is.
type unitKind uint8

const (
	unitSentence unitKind = iota
	unitItem              // a line of a list
	unitRow               // a row of a table
	unitHeading
)

// unit is the smallest whole thing a passage says: a sentence or a part of one
// between semicolons, a list item, a table row. Spans count code points from the
// start of the passage.
type unit struct {
	kind    unitKind
	span    corpus.Span
	clauses []corpus.Span // the parts between commas; they cover the span
	block   int           // number of the paragraph or list line it stands in
	label   corpus.Span   // of a row: the first cell; of an item: the words before its colon
	lead    int           // where it goes on behind a heading that runs into it and who reports it; 0 where nothing leads
	above   []int         // the units it stands under: headings, and for a row the table's header
}

// splitUnits divides a passage into its units, in order. Whatever is no mark,
// rule or blank belongs to exactly one unit.
func splitUnits(text []rune, table bool) []unit {
	var units []unit
	var headings []int         // the headings that stand over the current block, by rising level
	header, tableEnd := -1, -2 // the header row of the current table, and the last block of it
	for n, block := range splitBlocks(text, table) {
		kind, body := blockKind(text, block, table)
		if body.Len() == 0 {
			continue
		}
		above := headings
		switch kind {
		case unitRow:
			last, follows := len(units)-1, tableEnd == n-1
			tableEnd = n
			switch {
			case isRule(text, body):
				if follows && last >= 0 && units[last].kind == unitRow {
					units[last].kind, header = unitHeading, last
				}
				continue
			case !follows:
				header = -1
			case header < 0 && units[last].kind == unitRow && (last == 0 || units[last-1].kind != unitRow || units[last-1].block != n-2) &&
				!hasDigit(text, units[last].span) && (hasDigit(text, body) || headerWords.MatchString(string(text[units[last].span.Start:units[last].span.End]))):
				units[last].kind, header = unitHeading, last // names above figures
			}
			if header >= 0 {
				above = append(slices.Clone(headings), header)
			}
			u := unit{kind: kind, span: body, block: n, above: above, clauses: splitCells(text, body)}
			u.label = u.clauses[0]
			units = append(units, u)
		case unitHeading:
			level := headingLevel(text, block)
			for len(headings) > 0 && headingLevel(text, units[headings[len(headings)-1]].span) >= level {
				headings = headings[:len(headings)-1]
			}
			units = append(units, unit{kind: kind, span: body, block: n, above: headings, clauses: []corpus.Span{body}})
			headings = append(slices.Clone(headings), len(units)-1)
		default:
			for _, s := range splitSentences(text, body) {
				u := unit{kind: kind, span: s, block: n, above: above, clauses: splitClauses(text, s)}
				if s.Start == body.Start {
					u.label = labelOf(text, s, kind == unitItem)
				}
				u.lead = leadOf(text, s, s.Start == body.Start)
				units = append(units, u)
			}
		}
	}
	return units
}

// headingLevel is the rank of a heading, 1 the highest: by its Markdown marks, or
// by the label of its division.
func headingLevel(text []rune, heading corpus.Span) int {
	start := heading.Start
	for start > 0 && (text[start-1] == '#' || text[start-1] == ' ') {
		start--
	}
	marks := 0
	for start+marks < heading.End && text[start+marks] == '#' {
		marks++
	}
	if marks > 0 {
		return marks
	}
	switch label := divisionLabel.FindString(string(text[heading.Start:heading.End])); {
	case strings.HasSuffix(label, "编"):
		return 1
	case strings.HasSuffix(label, "章"):
		return 2
	case strings.HasSuffix(label, "节"):
		return 3
	case strings.HasSuffix(label, "、"):
		return 4
	}
	return 5
}

// divisionLabel matches the label at the head of a division's heading.
var divisionLabel = regexp.MustCompile(`^(第[一二三四五六七八九十百零〇\d]{1,5}[编章节]|[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十]{1,3}[）)])`)

// splitBlocks divides a text at its line ends. A line that plainly goes on in
// the next one, because neither ends or begins anything, is joined with it.
func splitBlocks(text []rune, table bool) []corpus.Span {
	var blocks []corpus.Span
	for start := 0; start < len(text); {
		end := start
		for end < len(text) && text[end] != '\n' {
			end++
		}
		line := trim(text, corpus.Span{Start: start, End: end})
		start = end + 1
		if line.Len() == 0 {
			continue
		}
		if last := len(blocks) - 1; !table && last >= 0 && text[line.Start-1] == '\n' &&
			!blankBetween(text, blocks[last].End, line.Start) && goesOn(text, blocks[last], line) {
			blocks[last].End = line.End
			continue
		}
		blocks = append(blocks, line)
	}
	return blocks
}

// blankBetween reports whether an empty line lies in text[from:to].
func blankBetween(text []rune, from, to int) bool {
	ends := 0
	for _, r := range text[from:to] {
		if r == '\n' {
			ends++
		}
	}
	return ends > 1
}

// goesOn reports whether the block runs on in the line below it.
func goesOn(text []rune, block, line corpus.Span) bool {
	if _, body := blockKind(text, line, false); body.Start != line.Start {
		return false
	}
	if kind, _ := blockKind(text, block, false); kind == unitRow || kind == unitHeading {
		return false
	}
	if block.Len() < 18 { // too short to have been broken by a page's width
		return false
	}
	last := text[block.End-1]
	first := text[line.Start]
	if first == '【' || first == '第' || strings.ContainsRune("一二三四五六七八九十", first) && line.Len() > 1 && text[line.Start+1] == '、' {
		return false
	}
	return isHan(last) || unicode.IsLower(last) || strings.ContainsRune("，、,的", last)
}

// blockKind tells what a line is and where its words begin, behind the marks of
// Markdown and of lists.
func blockKind(text []rune, line corpus.Span, table bool) (unitKind, corpus.Span) {
	first := text[line.Start]
	switch {
	case table || first == '|':
		return unitRow, trimAny(text, line, "| \t")
	case first == '#':
		return unitHeading, trimLeft(text, line, "# ")
	case first == '>':
		inner := trimLeft(text, line, "> ")
		if inner.Len() == 0 {
			return unitSentence, inner
		}
		return blockKind(text, inner, false)
	case strings.ContainsRune("-*+•·●", first) && line.Len() > 1 && text[line.Start+1] == ' ':
		return unitItem, trimLeft(text, corpus.Span{Start: line.Start + 1, End: line.End}, "")
	case first == '-' && isRule(text, line):
		return unitSentence, corpus.Span{Start: line.End, End: line.End}
	case line.Len() <= 32 && !strings.ContainsRune("。；：;:，,.", text[line.End-1]) && divisionLabel.MatchString(string(text[line.Start:line.End])):
		return unitHeading, line
	}
	return unitSentence, line
}

// headerWords are what the columns of tables are called.
var headerWords = regexp.MustCompile(`项目|金额|名称|内容|方向|标准|条件|类别|序号|指标|说明|备注|(?i)\b(item|amount|name|type)\b`)

// hasDigit reports whether a span holds a digit.
func hasDigit(text []rune, s corpus.Span) bool {
	return slices.ContainsFunc(text[s.Start:s.End], unicode.IsDigit)
}

// isRule reports whether a line only draws: |---|---| or -----.
func isRule(text []rune, line corpus.Span) bool {
	for _, r := range text[line.Start:line.End] {
		if !strings.ContainsRune("-|: =_*", r) {
			return false
		}
	}
	return true
}

// splitCells divides a table row, or a line of one without bars, into its cells.
func splitCells(text []rune, row corpus.Span) []corpus.Span {
	var cells []corpus.Span
	start := row.Start
	for i := row.Start; i <= row.End; i++ {
		if i == row.End || text[i] == '|' || text[i] == '\t' {
			if cell := trim(text, corpus.Span{Start: start, End: i}); cell.Len() > 0 {
				cells = append(cells, cell)
			}
			start = i + 1
		}
	}
	if len(cells) == 0 {
		cells = append(cells, row)
	}
	return cells
}

// labelOf returns what names a paragraph or list item at its head: the words in
// bold, or of an item those before the colon: 地址 in “地址：高新区”. Longer openings
// are no labels.
func labelOf(text []rune, s corpus.Span, item bool) corpus.Span {
	none := corpus.Span{Start: s.Start, End: s.Start}
	if s.Len() > 4 && text[s.Start] == '*' && text[s.Start+1] == '*' {
		for i := s.Start + 2; i+1 < min(s.End, s.Start+120); i++ {
			if text[i] == '*' && text[i+1] == '*' {
				return trimAny(text, corpus.Span{Start: s.Start + 2, End: i}, "：:.。")
			}
		}
	}
	if !item {
		return none
	}
	for i := s.Start; i < min(s.End, s.Start+16); i++ {
		if text[i] == '：' || text[i] == ':' {
			return corpus.Span{Start: s.Start, End: i}
		}
	}
	return none
}

// splitSentences divides a block after its full stops, question and exclamation
// marks, and at semicolons. Closing quotation marks stay with their sentence.
func splitSentences(text []rune, block corpus.Span) []corpus.Span {
	var sentences []corpus.Span
	start, round := block.Start, 0
	for i := block.Start; i < block.End; i++ {
		switch text[i] {
		case '（', '(':
			round++
		case '）', ')':
			round = max(0, round-1)
		}
		if round > 0 && i-start < 300 || !endsSentence(text, block, i) || boldLead(text, start, i) || start == block.Start && runInHeading(text, start, i) {
			continue
		}
		end := i + 1
		for end < block.End && (strings.ContainsRune("”’』」》）)*", text[end]) || text[end] == '"' && closesQuote(text, start, end)) {
			end++
		}
		if s := trim(text, corpus.Span{Start: start, End: end}); s.Len() > 0 {
			sentences = append(sentences, s)
		}
		start, round, i = end, 0, end-1
	}
	if s := trim(text, corpus.Span{Start: start, End: block.End}); s.Len() > 0 {
		sentences = append(sentences, s)
	}
	return sentences
}

// boldLead reports whether text[start:i] is no more than words in bold, which name
// the paragraph and belong to its first sentence.
func boldLead(text []rune, start, i int) bool {
	return i-start > 4 && i-start < 160 && text[start] == '*' && text[start+1] == '*' && text[i-1] == '*' && text[i-2] == '*'
}

// runInHeading reports whether text[start:i] is no more than a labelled heading, which
// names the paragraph and belongs to its first sentence: （二）数字产业化。
func runInHeading(text []rune, start, i int) bool {
	if text[i] != '。' || i-start > 20 {
		return false
	}
	return runIn.MatchString(string(text[start:i]))
}

// leadOf returns where a sentence goes on behind a heading that runs into it, if it is
// its paragraph's first, and behind who reports it; 0 where nothing leads.
func leadOf(text []rune, s corpus.Span, first bool) int {
	at := s.Start
	for i := s.Start; first && i < s.End; i++ {
		if strings.ContainsRune("。.", text[i]) && (boldLead(text, s.Start, i) || runInHeading(text, s.Start, i)) {
			at = i + 1
			break
		}
	}
	if m := reported.FindString(string(text[at:min(s.End, at+longestReported)])); m != "" {
		at += utf8.RuneCountInString(m)
	}
	if at = trimLeft(text, corpus.Span{Start: at, End: s.End}, "").Start; at == s.Start || s.End-at < shortestRest {
		return 0
	}
	return at
}

// longestReported is the length of the longest words that say who reports something,
// and shortestRest of what must be left of a sentence without what leads it, in code
// points.
const (
	longestReported = 20
	shortestRest    = 8
)

// reported matches who reports what follows: 据青岛日报报道，
var reported = regexp.MustCompile(`^\s*据?\p{Han}{0,8}[报社网台者](报道|消息|获悉|讯)[，,：:]\s*`)

var runIn = regexp.MustCompile(`^(?:[（(][一二三四五六七八九十\d]{1,3}[）)]|[一二三四五六七八九十]{1,3}、|\d{1,2}[.．、])\s*[^，,；;：:。]{2,16}$`)

// endsSentence reports whether the sentence ends with the rune at i.
func endsSentence(text []rune, block corpus.Span, i int) bool {
	switch text[i] {
	case '。', '！', '？', '；', ';', '!', '?':
		return true
	case '…':
		return i+1 < block.End && text[i+1] != '…' && text[i+1] != '"' && text[i+1] != '”'
	case '.':
		// An English full stop: a word of two letters or more before it, then a
		// space and something that can begin a sentence.
		if i < block.Start+2 || i+2 >= block.End || text[i+1] != ' ' && text[i+1] != '\n' {
			return false
		}
		if !unicode.IsLower(text[i-1]) && !unicode.IsDigit(text[i-1]) && text[i-1] != ')' && text[i-1] != '*' ||
			unicode.IsLetter(text[i-1]) && !unicode.IsLetter(text[i-2]) {
			return false
		}
		return !unicode.IsLower(text[i+2]) && !(unicode.IsDigit(text[i+2]) && abbreviated(text, i))
	}
	return false
}

// abbreviated reports whether the word before the full stop at i is short and
// begins with a capital: Oct., No.
func abbreviated(text []rune, i int) bool {
	start := i
	for start > 0 && unicode.IsLetter(text[start-1]) {
		start--
	}
	return i-start <= 4 && start < i && unicode.IsUpper(text[start])
}

// closesQuote reports whether the straight quotation mark at i closes one that
// was opened since start.
func closesQuote(text []rune, start, i int) bool {
	open := 0
	for _, r := range text[start:i] {
		if r == '"' {
			open++
		}
	}
	return open%2 == 1
}

// splitClauses divides a sentence after its commas and colons; not inside
// brackets, book titles and numbers.
func splitClauses(text []rune, s corpus.Span) []corpus.Span {
	var clauses []corpus.Span
	start, depth := s.Start, 0
	for i := s.Start; i < s.End; i++ {
		switch text[i] {
		case '（', '(', '《', '〔', '[':
			depth++
		case '）', ')', '》', '〕', ']':
			depth = max(0, depth-1)
		case '，', ',', '：', ':', '—':
			if depth > 0 || i+1 >= s.End || i-start < 2 {
				continue
			}
			if between := text[i] == ',' || text[i] == ':'; between && i > s.Start && unicode.IsDigit(text[i-1]) && unicode.IsDigit(text[i+1]) {
				continue
			}
			if text[i] == '—' && text[i+1] == '—' {
				continue
			}
			clauses = append(clauses, corpus.Span{Start: start, End: i + 1})
			start = i + 1
		}
	}
	return append(clauses, corpus.Span{Start: start, End: s.End})
}

// trim takes white space from both ends of a span.
func trim(text []rune, s corpus.Span) corpus.Span { return trimAny(text, s, "") }

// trimAny takes white space and the given runes from both ends of a span.
func trimAny(text []rune, s corpus.Span, also string) corpus.Span {
	s = trimLeft(text, s, also)
	for s.End > s.Start && (unicode.IsSpace(text[s.End-1]) || strings.ContainsRune(also, text[s.End-1])) {
		s.End--
	}
	return s
}

// trimLeft takes white space and the given runes from the start of a span.
func trimLeft(text []rune, s corpus.Span, also string) corpus.Span {
	for s.Start < s.End && (unicode.IsSpace(text[s.Start]) || strings.ContainsRune(also, text[s.Start])) {
		s.Start++
	}
	return s
}

// foldEach folds a text one code point for one, so that positions stay.
func foldEach(text []rune) []rune {
	folded := slices.Clone(text)
	for i, r := range folded {
		folded[i] = corpus.FoldRune(r)
	}
	return folded
}
