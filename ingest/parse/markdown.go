package parse

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"

	"policykb/corpus"
)

// parseMarkdown reads Markdown. The text stays as it is written, marks, emphasis
// and link targets included, so that what is quoted can be found in the source;
// front matter becomes fields, and comments, rules and the line under a table's
// header are left out.
func parseMarkdown(_ context.Context, _ string, data []byte) (Document, error) {
	text, charset, err := decode(data, "")
	if err != nil {
		return Document{}, err
	}
	doc := markdown(text)
	doc.Charset = charset
	return doc, nil
}

// markdown reads a decoded text.
func markdown(text string) Document {
	doc := Document{Format: FormatMarkdown}
	skip := 0
	if matter, end := frontMatter(text); matter != "" {
		fields, err := matterFields(matter)
		if err != nil {
			doc.Warnings = append(doc.Warnings, fmt.Sprintf("the front matter is no YAML and is kept as text: %v", err))
		} else {
			doc.Fields, skip = fields, end
		}
	}
	m := markdownReader{doc: &doc}
	for l := range lines(text) {
		if l.at >= skip {
			m.line(l)
		}
	}
	return doc
}

// markdownReader turns lines into blocks. Between lines it remembers what is open.
type markdownReader struct {
	doc     *Document
	blank   int    // empty lines since the last block
	fence   string // the mark that ends the code block, "" outside of one
	comment bool   // inside <!-- … -->
	table   bool   // the last block is a row of the table being read
}

func (m *markdownReader) line(l line) {
	if m.fence != "" {
		if strings.HasPrefix(strings.TrimSpace(l.text), m.fence) {
			m.fence = ""
		} else if strings.TrimSpace(l.text) != "" {
			m.add(Block{Kind: Verbatim, Text: l.text, Offset: l.offset})
		}
		return
	}
	text := m.withoutComments(l.text)
	body := strings.TrimLeft(text, " \t\u3000\ufeff")
	indent := text[:len(text)-len(body)]
	body = strings.TrimRight(body, " \t\u3000")
	offset := l.offset + utf8.RuneCountInString(indent)
	switch {
	case body == "":
		// A line that held nothing but a comment is not an empty line.
		if strings.TrimSpace(l.text) == "" {
			m.blank++
		}
		m.table = false
	case strings.HasPrefix(body, "```"), strings.HasPrefix(body, "~~~"):
		m.fence = body[:3]
	case isTableRule(body):
		m.underline()
	case isRule(body), isTag(body):
		m.blank++
		m.table = false
	case headingLevel(body) > 0:
		level := headingLevel(body)
		mark := level + spacesAt(body, level)
		m.add(Block{Kind: Heading, Level: level, Text: body, Mark: mark, Offset: offset})
	case body[0] == '|' && strings.Count(body, "|") >= 2:
		m.add(Block{Kind: Row, Text: body, Cells: cells(body), Offset: offset})
		m.table = true
	case strings.HasPrefix(body, "!["):
		m.image(body, offset)
	case body[0] == '>':
		m.add(Block{Kind: Item, Level: 1, Text: body, Mark: 1 + spacesAt(body, 1), Offset: offset})
	default:
		if mark, numbered := itemMark(body); mark > 0 {
			if numbered {
				mark = 0 // the number is part of the words
			}
			m.add(Block{Kind: Item, Level: 1 + indentWidth(indent)/2, Text: body, Mark: mark, Offset: offset})
			return
		}
		m.add(Block{Kind: Line, Text: body, Offset: offset})
		if strings.HasSuffix(l.text, "  ") || strings.HasSuffix(l.text, "\\") {
			m.blank = 1 // a hard line break
		}
	}
}

func (m *markdownReader) add(b Block) {
	b.Blank = m.blank
	m.blank = 0
	m.table = m.table && b.Kind == Row
	m.doc.Blocks = append(m.doc.Blocks, b)
}

// underline handles the line that makes a header of the row before it.
func (m *markdownReader) underline() {
	n := len(m.doc.Blocks)
	if n == 0 || m.blank > 0 {
		return
	}
	last := &m.doc.Blocks[n-1]
	if last.Kind == Line && strings.Contains(last.Text, "|") {
		last.Kind, last.Cells = Row, cells(last.Text)
	}
	if last.Kind == Row {
		last.Header = true
		m.table = true
	}
}

// image keeps the words that stand for a picture on a line of its own.
func (m *markdownReader) image(body string, offset int) {
	alt, rest, ok := strings.Cut(body[len("!["):], "](")
	if !ok || !strings.HasSuffix(rest, ")") {
		m.add(Block{Kind: Line, Text: body, Offset: offset})
		return
	}
	if hasWord(alt) {
		m.add(Block{Kind: Caption, Text: alt, Offset: offset + len("![")})
	}
}

// withoutComments removes <!-- … --> from a line; a comment may run over lines.
func (m *markdownReader) withoutComments(text string) string {
	if !m.comment && !strings.Contains(text, "<!--") {
		return text
	}
	var kept strings.Builder
	for text != "" {
		if m.comment {
			_, after, closed := strings.Cut(text, "-->")
			m.comment = !closed
			text = after
			continue
		}
		before, after, opened := strings.Cut(text, "<!--")
		kept.WriteString(before)
		m.comment = opened
		text = after
	}
	return kept.String()
}

// frontMatter returns the YAML between two lines of --- at the head of a text, and
// the offset in bytes after it.
func frontMatter(text string) (matter string, end int) {
	body := strings.TrimPrefix(text, "\ufeff")
	start := len(text) - len(body)
	if !strings.HasPrefix(body, "---\n") && !strings.HasPrefix(body, "---\r\n") {
		return "", 0
	}
	start += strings.IndexByte(body, '\n') + 1
	for at := start; at < len(text); {
		stop, next := lineEnd(text, at)
		if l := strings.TrimRight(text[at:stop], " \t"); l == "---" || l == "..." {
			if strings.Contains(text[start:at], ":") {
				return text[start:at], next
			}
			return "", 0
		}
		at = next
	}
	return "", 0
}

// matterFields reads the YAML of front matter. Lists give one field per element;
// nested maps are left out, as no metadata is kept in them.
func matterFields(matter string) ([]Field, error) {
	var entries yaml.MapSlice
	if err := yaml.Unmarshal([]byte(matter), &entries); err != nil {
		return nil, err
	}
	var fields []Field
	add := func(name string, value any) {
		if s := strings.TrimSpace(fmt.Sprint(value)); value != nil && s != "" {
			fields = append(fields, Field{Name: name, Value: s, From: corpus.OriginFrontMatter})
		}
	}
	for _, e := range entries {
		name := fmt.Sprint(e.Key)
		switch v := e.Value.(type) {
		case []any:
			for _, element := range v {
				add(name, element)
			}
		case map[string]any, yaml.MapSlice:
		default:
			add(name, v)
		}
	}
	return fields, nil
}

// headingLevel gives the level of a heading line (## Title), or 0.
func headingLevel(body string) int {
	level := 0
	for level < len(body) && body[level] == '#' {
		level++
	}
	if level == 0 || level > 6 || level == len(body) || body[level] != ' ' && body[level] != '\t' {
		return 0
	}
	return level
}

// isTableRule reports whether the line is the one under a table's header: |---|:--:|.
func isTableRule(body string) bool {
	return strings.Contains(body, "|") && strings.Contains(body, "--") && strings.Trim(body, "|-: \t") == ""
}

// isRule reports whether the line only draws a rule: ---, ***, ___, ===.
func isRule(body string) bool {
	bare := strings.ReplaceAll(body, " ", "")
	return len(bare) >= 3 && strings.Trim(bare, bare[:1]) == "" && strings.Contains("-*_=", bare[:1])
}

// isTag reports whether the line is one HTML tag without words: <div align="center">.
func isTag(body string) bool {
	if len(body) < 3 || body[0] != '<' || strings.IndexByte(body, '>') != len(body)-1 {
		return false
	}
	c := body[1]
	return (c == '/' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') && !strings.Contains(body, "://") && !strings.Contains(body, "@")
}

// itemMark gives the length of a list item's mark with the spaces after it, and
// whether it is a number.
func itemMark(body string) (mark int, numbered bool) {
	if strings.IndexByte("-*+", body[0]) >= 0 {
		if n := spacesAt(body, 1); n > 0 {
			return 1 + n, false
		}
		return 0, false
	}
	at := 0
	for at < len(body) && at < 4 && body[at] >= '0' && body[at] <= '9' {
		at++
	}
	if at > 0 && at+1 < len(body) && (body[at] == '.' || body[at] == ')') {
		if n := spacesAt(body, at+1); n > 0 {
			return at + 1 + n, true
		}
	}
	return 0, false
}

func spacesAt(s string, at int) int {
	n := 0
	for at+n < len(s) && (s[at+n] == ' ' || s[at+n] == '\t') {
		n++
	}
	return n
}

// indentWidth is the width of white space in columns.
func indentWidth(indent string) int {
	width := 0
	for _, r := range indent {
		switch r {
		case '\t':
			width += 4
		case '\u3000':
			width += 2
		default:
			width++
		}
	}
	return width
}

// cells takes a row apart: | a | b \| c |.
func cells(row string) []string {
	row = strings.TrimSpace(row)
	row = strings.TrimPrefix(row, "|")
	if strings.HasSuffix(row, "|") && !strings.HasSuffix(row, `\|`) {
		row = row[:len(row)-1]
	}
	var out []string
	start := 0
	for i := 0; i <= len(row); i++ {
		if i == len(row) || row[i] == '|' && (i == 0 || row[i-1] != '\\') {
			out = append(out, strings.TrimSpace(row[start:i]))
			start = i + 1
		}
	}
	return out
}

// rowOf writes cells as a Markdown row.
func rowOf(cells []string) string {
	var b strings.Builder
	b.WriteByte('|')
	for _, c := range cells {
		b.WriteByte(' ')
		b.WriteString(strings.ReplaceAll(c, "|", `\|`))
		b.WriteString(" |")
	}
	return b.String()
}
