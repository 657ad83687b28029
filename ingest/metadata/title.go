package metadata

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"policykb/corpus"
	"policykb/ingest/clean"
	"policykb/ingest/parse"
)

// titleEndings are the words with which titles of policies end, with the kind of
// document that each marks. A longer word comes before one that it ends with.
var titleEndings = []struct {
	word string
	kind corpus.Kind
}{
	{"解读", corpus.KindInterpretation}, {"问答", corpus.KindInterpretation},
	{"行动纲要", corpus.KindPlan}, {"纲要", corpus.KindPlan}, {"规划", corpus.KindPlan}, {"方案", corpus.KindPlan}, {"计划", corpus.KindPlan},
	{"实施意见", corpus.KindOpinion}, {"指导意见", corpus.KindOpinion}, {"意见", corpus.KindOpinion},
	{"条例", corpus.KindRegulation}, {"规定", corpus.KindRegulation},
	{"办法", corpus.KindMeasures}, {"措施", corpus.KindMeasures}, {"细则", corpus.KindMeasures}, {"举措", corpus.KindMeasures}, {"若干政策", corpus.KindMeasures},
	{"通知", corpus.KindNotice}, {"公告", corpus.KindNotice}, {"通告", corpus.KindNotice}, {"决定", corpus.KindNotice}, {"批复", corpus.KindNotice}, {"通报", corpus.KindNotice},
	{"指南", corpus.KindGuide}, {"指引", corpus.KindGuide}, {"申报", corpus.KindGuide}, {"认定", corpus.KindGuide},
	{"汇总", corpus.KindDigest}, {"清单", corpus.KindDigest}, {"专栏", corpus.KindDigest}, {"摘编", corpus.KindDigest}, {"汇编", corpus.KindDigest}, {"筛选版", corpus.KindDigest},
	{"白皮书", corpus.KindReport}, {"蓝皮书", corpus.KindReport}, {"报告", corpus.KindReport},
	{"法", corpus.KindRegulation},
}

// Lengths of titles in code points.
const (
	shortestTitle = 4
	longestTitle  = 80
)

// detectTitle looks for the title where documents have it: under its label; where
// the file's name says the same as the head of the text, which tells where a
// title that runs on into other words begins and ends; in the heading.
func (d *detector) detectTitle(text clean.Text, sections []corpus.Section) {
	if d.has(title) {
		return
	}
	for _, find := range []func() (from, to int, ok bool){
		d.titleAdopted, d.titleLabelled, d.titleNamed,
		func() (int, int, bool) { return d.titleHeading(text) },
	} {
		from, to, ok := find()
		if !ok {
			continue
		}
		from, to = d.innerTitle(from, to)
		value := strings.ReplaceAll(d.head.text(from, to), "\n", " ")
		value = joinHan(value)
		if d.namesOnlyPart(value) {
			d.setText(title, &d.found.Title, d.file.title, corpus.Origin{From: corpus.OriginFileName})
			return
		}
		d.setText(title, &d.found.Title, value, inText(d.head.span(from, to)))
		return
	}
}

// titleAdopted finds a title that is followed, in brackets, by who passed it or
// when it was issued: 关于加快公共数据资源开发利用的意见（2024年9月21日）.
func (d *detector) titleAdopted() (from, to int, ok bool) {
	h := d.head
	for _, date := range h.dates {
		if date.from == 0 || date.from > h.bytes[min(500, len(h.runes))] || h.folded[date.from-1] != '(' {
			continue
		}
		to = date.from - 1
		closing := strings.IndexByte(h.folded[date.to:], ')')
		if closing < 0 || closing > 3*60 || !endsTitle(h.folded[:to]) || strings.HasSuffix(h.folded[:to], "》") {
			continue
		}
		if inside := h.folded[date.to : date.to+closing]; inside != "" && !strings.Contains(inside, "通过") {
			continue
		}
		// A title begins with its line, or is the one that the text begins with.
		line := strings.LastIndexAny(h.folded[:to], "\n") + 1
		from = line
		if about := strings.LastIndex(h.folded[line:to], "关于"); about >= 0 {
			from = line + about
		} else {
			for at := range h.folded[line:to] {
				if at > 0 && utf8.RuneCountInString(h.folded[line+at:to]) >= shortestTitle && strings.HasPrefix(h.folded, h.folded[line+at:to]) {
					from = line + at
					break
				}
			}
		}
		if n := utf8.RuneCountInString(h.folded[from:to]); n >= shortestTitle && n <= longestTitle {
			return from, to, true
		}
	}
	return 0, 0, false
}

// titleLabelled finds the title after 标题：.
func (d *detector) titleLabelled() (from, to int, ok bool) {
	for _, l := range d.labelled(title) {
		if l.region.start == 0 {
			return l.from, l.to, true
		}
	}
	return 0, 0, false
}

// nameWithin is how far from the start of a text, in code points, the words of
// its file name are looked for.
const nameWithin = 300

// titleNamed finds the stretch of the head that the file's name repeats. Names of
// files are often cut off; what is left of a short line belongs to the title.
func (d *detector) titleNamed() (from, to int, ok bool) {
	name, _ := words(fold(d.file.title))
	h := d.head
	head, at := words(h.folded[:h.bytes[min(nameWithin, len(h.runes))]])
	if len(name) < shortestTitle || !slices.ContainsFunc(name, unicode.IsLetter) {
		return 0, 0, false
	}
	i := indexRunes(head, name)
	if i < 0 {
		return 0, 0, false
	}
	last := i + len(name) - 1
	from, to = at[i], at[last]+utf8.RuneLen(head[last])
	if from > 0 {
		// An opening quotation mark belongs to the title.
		if c, size := utf8.DecodeLastRuneInString(h.folded[:from]); c == '“' || c == '"' {
			from -= size
		}
	}
	to = d.closeTitle(from, to)
	const cutOff = 20 // names shorter than this were not cut off
	if rest := h.folded[to:h.lineEnd(to)]; len(name) >= cutOff && rest != "" && utf8.RuneCountInString(rest) <= 12 &&
		!strings.Contains(h.folded[from:to], rest) && !strings.ContainsAny(rest, "。,:【") {
		to += len(rest)
	} else if doubled := h.folded[from:h.lineEnd(from)]; len(doubled)%2 == 0 && doubled[:len(doubled)/2] == doubled[len(doubled)/2:] {
		to = from + len(doubled)/2
	}
	return from, to, true
}

// closeTitle takes in the closing marks that follow a title: 法（试行）, “人工智能+”.
func (d *detector) closeTitle(from, to int) int {
	for {
		c, size := utf8.DecodeRuneInString(d.head.folded[to:])
		switch {
		case c == ')' && strings.Count(d.head.folded[from:to], "(") > strings.Count(d.head.folded[from:to], ")"),
			c == '”' && strings.Count(d.head.folded[from:to], "“") > strings.Count(d.head.folded[from:to], "”"):
			to += size
		default:
			return to
		}
	}
}

// titleHeading takes the heading that the text begins with, or its first line.
func (d *detector) titleHeading(text clean.Text) (from, to int, ok bool) {
	h := d.head
	first := slices.IndexFunc(text.Blocks, func(b clean.Block) bool {
		return b.Kind != parse.Row && b.Kind != parse.Caption && b.Kind != parse.Contents
	})
	if first < 0 || text.Blocks[first].Span.End > len(h.runes) {
		return 0, 0, false
	}
	b := text.Blocks[first]
	from, to = h.trim(h.bytes[b.Span.Start+b.Mark], h.bytes[b.Span.End])
	from += len(h.folded[from:to]) - len(trimOrdinal(h.folded[from:to]))
	if b.Kind == parse.Heading {
		return from, to, from < to
	}
	// A title that is set on two lines.
	if first+1 < len(text.Blocks) {
		next := text.Blocks[first+1]
		if next.Span.End <= len(h.runes) && next.Kind != parse.Heading && next.Kind != parse.Row && !endsTitle(h.folded[from:to]) {
			line := h.folded[h.bytes[next.Span.Start]:h.bytes[next.Span.End]]
			if next.Span.Start-b.Span.Start < 40 && next.Span.Len() <= 30 && endsTitle(line) && !strings.ContainsAny(line, "。:") {
				to = h.bytes[next.Span.End]
			}
		}
	}
	to = d.cutTitle(from, to)
	line := h.folded[from:to]
	n := utf8.RuneCountInString(line)
	if n < shortestTitle || n > longestTitle || strings.ContainsAny(line, "。;") || startsSentence(line) {
		return 0, 0, false
	}
	if label, value, isLabel := strings.Cut(line, ":"); isLabel && (isLabelWord(label) || !hasHan(label) && strings.Contains(value, "《")) {
		return 0, 0, false
	}
	return from, to, true
}

// cutTitle ends a title where something else follows on the same line: it is said
// twice, or there come a document number, a date, an office, an addressee.
func (d *detector) cutTitle(from, to int) int {
	h := d.head
	line := h.folded[from:to]
	if len(line)%2 == 0 && line[:len(line)/2] == line[len(line)/2:] {
		return from + len(line)/2
	}
	cut := func(at int) {
		if at > from+shortestTitle*2 {
			to = min(to, at)
		}
	}
	for _, n := range d.numbers() {
		cut(h.bytes[n.Span.Start])
	}
	for _, date := range h.dates {
		if date.from > from && h.folded[date.from-1] != '(' && !strings.HasPrefix(h.folded[date.to:], "-") && !strings.HasPrefix(h.folded[date.to:], "—") {
			if date.date.Day > 0 {
				cut(date.from)
			}
		}
	}
	for _, sign := range []string{"来源:", "文章来源", "第一章", "第一条", "各省", "各市", "各区", "目录", "字号:", "    "} {
		if at := strings.Index(h.folded[from:to], sign); at > 0 {
			cut(from + at)
		}
	}
	if at := strings.IndexByte(h.folded[from:to], ','); at > 0 {
		if _, ok := d.orgsBetween(from+at+1, to); ok {
			cut(from + at)
		}
	}
	if utf8.RuneCountInString(h.folded[from:to]) > longestTitle {
		// The title runs on into the text: it ends with the first word that ends titles.
		first := -1
		for _, e := range titleEndings[:len(titleEndings)-1] {
			if at := strings.Index(h.folded[from:to], e.word); at > 0 && (first < 0 || at+len(e.word) < first) {
				first = at + len(e.word)
			}
		}
		if first > 0 {
			cut(from + first)
		}
	}
	_, to = h.trim(from, to)
	return to
}

// innerTitle takes, of a notice that does nothing but issue a document, the
// document's title (国务院关于印发新一代人工智能发展规划的通知), and leaves out the
// offices that a title begins with: they are the issuer.
func (d *detector) innerTitle(from, to int) (int, int) {
	h := d.head
	line := h.folded[from:to]
	if issue := strings.Index(line, "印发"); issue >= 0 && strings.HasSuffix(line, "的通知") {
		inner := strings.TrimSpace(line[issue+len("印发") : len(line)-len("的通知")])
		at := from + issue + len("印发") + strings.Index(line[issue+len("印发"):], inner)
		if strings.HasPrefix(inner, "《") && strings.HasSuffix(inner, "》") {
			at, inner = at+len("《"), inner[len("《"):len(inner)-len("》")]
		}
		if utf8.RuneCountInString(inner) >= shortestTitle && !strings.Contains(inner, "》") {
			return at, at + len(inner)
		}
	}
	if issued := strings.Index(line, "印发《"); issued >= 0 && strings.HasSuffix(line, "》") {
		return from + issued + len("印发《"), to - len("》")
	}
	if about := strings.Index(line, "关于"); about > 0 {
		if _, ok := d.orgsBetween(from, from+about); ok {
			return from + about, to
		}
	}
	return from, to
}

// namesOnlyPart reports whether the heading is short and the file's name says the
// same and more: 海珠区（琶洲）— 政策力度最大 in 广州_03-海珠区(琶洲).md.
func (d *detector) namesOnlyPart(heading string) bool {
	core := fold(heading)
	if i := strings.IndexAny(core, "(—:-"); i > 0 {
		core = core[:i]
	}
	core = strings.TrimSpace(core)
	file := fold(d.file.title)
	return utf8.RuneCountInString(core) <= 6 && !endsTitle(core) && hasHan(core) &&
		len(file) > len(core) && strings.Contains(file, core) && len(corpus.Places().Find(d.file.title)) > 0 &&
		!strings.HasPrefix(file, core)
}

// endsTitle reports whether a text ends with a word that ends titles, perhaps
// followed by a bracket: 办法（试行）.
func endsTitle(s string) bool {
	s = strings.TrimRight(s, " \n”》")
	if strings.HasSuffix(s, ")") {
		if i := strings.LastIndexByte(s, '('); i > 0 {
			s = s[:i]
		}
	}
	return slices.ContainsFunc(titleEndings, func(e struct {
		word string
		kind corpus.Kind
	}) bool {
		return strings.HasSuffix(s, e.word)
	})
}

// startsSentence reports whether a line begins as the first sentence of a text does.
func startsSentence(line string) bool {
	for _, w := range []string{"为了", "为认真", "为深入", "为贯彻", "为加快", "为进一步", "为", "根据", "按照", "近日", "各省", "各市"} {
		if strings.HasPrefix(line, w) && len(line) > 3*20 {
			return true
		}
	}
	return false
}

// trimOrdinal cuts the number off that counts a text among others (14.北京市…,
// 054_北京市…), and the mark of a Markdown heading where the format has no such.
func trimOrdinal(s string) string {
	if heading := strings.TrimLeft(s, "#"); len(heading) < len(s) && strings.HasPrefix(heading, " ") {
		s = heading[1:]
	}
	i := 0
	for i < len(s) && i < 4 && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	if i == 0 || i == len(s) {
		return s
	}
	for _, sep := range []string{".", "_", "、", "．", "-"} {
		if rest, ok := strings.CutPrefix(s[i:], sep); ok {
			if rest = strings.TrimLeft(rest, " "); rest != "" && (rest[0] < '0' || rest[0] > '9') {
				return rest
			}
		}
	}
	return s
}

// words returns the letters and digits of a text and the byte at which each begins.
func words(s string) (letters []rune, at []int) {
	for i, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			letters, at = append(letters, r), append(at, i)
		}
	}
	return letters, at
}

// indexRunes returns where part begins in all, or -1.
func indexRunes(all, part []rune) int {
	for i := 0; i+len(part) <= len(all); i++ {
		if slices.Equal(all[i:i+len(part)], part) {
			return i
		}
	}
	return -1
}

// joinHan takes out the spaces between Chinese characters, which set titles wide.
func joinHan(s string) string {
	r := []rune(s)
	out := r[:0:0]
	for i, c := range r {
		if c == ' ' && i > 0 && i+1 < len(r) && unicode.Is(unicode.Han, r[i-1]) && unicode.Is(unicode.Han, r[i+1]) {
			continue
		}
		out = append(out, c)
	}
	return string(out)
}
