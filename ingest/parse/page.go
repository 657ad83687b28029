package parse

import (
	"slices"
	"strings"
	"unicode/utf8"

	readability "codeberg.org/readeck/go-readability/v2"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"policykb/corpus"
)

// headFields reads what the head of a page says of it.
func headFields(root *html.Node) []Field {
	var fields []Field
	add := func(name, value string) {
		if value = strings.TrimSpace(value); name != "" && value != "" {
			fields = append(fields, Field{Name: name, Value: value, From: corpus.OriginProperties})
		}
	}
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		switch n.DataAtom {
		case atom.Html:
			add("lang", attribute(n, "lang"))
		case atom.Title:
			if n.Parent != nil && n.Parent.DataAtom == atom.Head {
				add("title", textOf(n))
			}
		case atom.Meta:
			name := attribute(n, "name")
			if name == "" {
				name = attribute(n, "property")
			}
			if name != "viewport" {
				add(name, attribute(n, "content"))
			}
		case atom.Link:
			if attribute(n, "rel") == "canonical" {
				add("canonical", attribute(n, "href"))
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(root)
	return fields
}

// strip removes what is never read: scripts, styles, forms, what is hidden.
func strip(n *html.Node) {
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		if c.Type == html.CommentNode || c.Type == html.ElementNode && unread(c) {
			n.RemoveChild(c)
		} else {
			strip(c)
		}
		c = next
	}
}

func unread(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Noscript, atom.Template, atom.Iframe, atom.Object, atom.Svg, atom.Canvas,
		atom.Form, atom.Button, atom.Input, atom.Select, atom.Textarea, atom.Nav, atom.Dialog, atom.Video, atom.Audio:
		return true
	}
	for _, a := range n.Attr {
		switch a.Key {
		case "hidden":
			return true
		case "aria-hidden":
			if a.Val == "true" {
				return true
			}
		case "style":
			style := strings.ReplaceAll(strings.ToLower(a.Val), " ", "")
			if strings.Contains(style, "display:none") || strings.Contains(style, "visibility:hidden") {
				return true
			}
		}
	}
	return false
}

// facts are the names under which pages of governments give what is known of a
// document in a table at its head.
var facts = []string{
	"文号", "发文字号", "文件编号", "成文日期", "发布日期", "发文日期", "公开日期", "印发日期", "生成日期", "发文机关", "发布机构", "发文单位",
	"制发机关", "公开主体", "索引号", "主题分类", "主题词", "标题", "名称", "文件名称", "生效日期", "施行日期", "实施日期", "失效日期", "废止日期", "有效性",
	"文件有效性", "有效期", "时效性", "效力状态", "信息来源", "信息分类", "体裁分类", "组配分类",
}

// factName gives the fact that a cell names: 文　　号： → 文号.
func factName(cell string) (string, bool) {
	name := strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\u3000', '\u00a0', '：', ':', '[', ']', '【', '】':
			return -1
		}
		return r
	}, cell)
	return name, slices.Contains(facts, name)
}

// factTable finds the table of facts at the head of a page, takes it out of the
// page and gives its facts, and its rows for the text: extractors of articles
// lose it.
func factTable(root *html.Node) ([]Field, []Block) {
	var table *html.Node
	var fields []Field
	var walk func(n *html.Node) bool
	walk = func(n *html.Node) bool {
		if n.DataAtom == atom.Table {
			if fields = tableFacts(gridOf(n)); len(fields) >= 2 {
				table = n
				return true
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if walk(c) {
				return true
			}
		}
		return false
	}
	if !walk(root) {
		return nil, nil
	}
	table.Parent.RemoveChild(table)
	var rows []Block
	for _, f := range fields {
		cells := []string{f.Name, f.Value}
		rows = append(rows, Block{Kind: Row, Text: rowOf(cells), Cells: cells, Offset: -1})
	}
	return fields, rows
}

// tableFacts reads pairs of name and value from the cells of a table.
func tableFacts(g grid) []Field {
	if g.nested || len(g.cells) > 20 {
		return nil
	}
	var fields []Field
	add := func(name, value string) {
		if value = strings.TrimSpace(value); value != "" && utf8.RuneCountInString(value) <= 200 {
			fields = append(fields, Field{Name: name, Value: value, From: corpus.OriginProperties})
		}
	}
	for _, row := range g.cells {
		for i := 0; i < len(row); i++ {
			if name, ok := factName(row[i]); ok && i+1 < len(row) {
				add(name, row[i+1])
				i++
				continue
			}
			// Name and value in one cell: 文号：京政办发〔2023〕15号.
			for _, colon := range []string{"：", ":"} {
				before, after, ok := strings.Cut(row[i], colon)
				if name, known := factName(before); ok && known {
					add(name, after)
					break
				}
			}
		}
	}
	return fields
}

// mainContent gives the element that holds the article of a page. What readability
// finds is taken where it is most of what the page has beside its frame; pages
// without one long article, such as lists of measures, it cuts down to a
// fragment, and then the page without its frame is taken.
func mainContent(root *html.Node) *html.Node {
	whole := find(root, atom.Body)
	if whole == nil {
		whole = root
	}
	article, err := readability.FromDocument(clone(root), nil)
	prune(whole, weight(whole))
	if err == nil && article.Node != nil && weight(article.Node)*2 >= weight(whole) {
		strip(article.Node)
		return article.Node
	}
	return whole
}

// weight is the number of letters in an element.
func weight(n *html.Node) int {
	if n.Type == html.TextNode {
		return len(strings.Join(strings.Fields(n.Data), ""))
	}
	sum := 0
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		sum += weight(c)
	}
	return sum
}

// frameWords are words in the class or id of elements that frame an article.
var frameWords = []string{
	"nav", "menu", "crumb", "crumbs", "breadcrumb", "breadcrumbs", "footer", "foot", "topbar", "topnav", "toolbar", "sidebar", "aside", "share", "related",
	"recommend", "friend", "friends", "links", "login", "search", "copyright", "banner", "advert", "pagination", "pager", "comment", "comments", "cookie",
	"qrcode", "top", "header", "bottom", "skip",
}

// prune removes the frame of a page: elements named as such, and those of which
// most is links. What holds a good part of the page is never frame.
func prune(n *html.Node, total int) {
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		if c.Type == html.ElementNode {
			if own := weight(c); own*10 < total*3 && (named(c) || linked(c, own)) {
				n.RemoveChild(c)
			} else {
				prune(c, total)
			}
		}
		c = next
	}
}

func named(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Footer, atom.Aside:
		return true
	case atom.H1, atom.H2, atom.H3, atom.Article, atom.Main, atom.P, atom.Td:
		return false
	}
	names := strings.FieldsFunc(strings.ToLower(attribute(n, "class")+" "+attribute(n, "id")), func(r rune) bool {
		return r == ' ' || r == '-' || r == '_'
	})
	return slices.ContainsFunc(names, func(name string) bool { return slices.Contains(frameWords, name) })
}

// linked reports whether the words of a list or box are nearly all links, and no
// sentence among them.
func linked(n *html.Node, own int) bool {
	switch n.DataAtom {
	case atom.Div, atom.Ul, atom.Ol, atom.Section, atom.Table, atom.Dl:
	default:
		return false
	}
	return own > 0 && linkWeight(n)*10 >= own*7 && !strings.Contains(textOf(n), "。")
}

func linkWeight(n *html.Node) int {
	if n.DataAtom == atom.A {
		return weight(n)
	}
	sum := 0
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		sum += linkWeight(c)
	}
	return sum
}
