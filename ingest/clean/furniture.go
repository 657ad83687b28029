package clean

import (
	"strings"
	"unicode/utf8"

	"policykb/ingest/parse"
)

// setApart marks the lines that are no part of the text: page numbers, running
// heads and feet, and what every page of a web site repeats.
func setApart(lines []line) {
	for i := range lines {
		l := &lines[i]
		if flows(l.kind) && (isPageNumber(l.text) || isSiteLine(l.text)) {
			l.furniture = true
		}
	}
	setRunningHeadsApart(lines)
	for i := range lines {
		if l := &lines[i]; !l.furniture && (flows(l.kind) || l.kind == parse.Item) && isContents(l.text) {
			l.kind = parse.Contents
			if i > 0 && strings.HasPrefix(lines[i-1].text, "目录") && lines[i-1].count <= 12 {
				lines[i-1].kind = parse.Contents
			}
		}
	}
}

// setRunningHeadsApart marks short lines that come again at the edge of three
// pages or more. Their digits may differ.
func setRunningHeadsApart(lines []line) {
	setInterruptionsApart(lines)
	if !haveEdges(lines) {
		return
	}
	atEdge := make(map[string]int)
	total := make(map[string]int)
	for i := range lines {
		l := &lines[i]
		if l.kind != parse.Line || len(l.text) > 120 || l.furniture {
			continue
		}
		key := withoutDigits(l.text)
		total[key]++
		if besidesEdge(lines, i) {
			atEdge[key]++
		}
	}
	for i := range lines {
		l := &lines[i]
		if l.kind != parse.Line || len(l.text) > 120 || l.furniture {
			continue
		}
		if key := withoutDigits(l.text); atEdge[key] >= 3 && atEdge[key]*2 > total[key] && utf8.RuneCountInString(key) >= 3 {
			l.furniture = true
		}
	}
}

// setInterruptionsApart marks short lines that come again and again, and three
// times or more in the middle of a sentence: running heads of pages whose edges are
// not to be seen.
func setInterruptionsApart(lines []line) {
	if len(lines) < 20 {
		return
	}
	total, inside := make(map[string]int), make(map[string]int)
	for i := 1; i+1 < len(lines); i++ {
		l, before := &lines[i], &lines[i-1]
		if l.kind != parse.Line || len(l.text) > 120 || l.furniture || l.count < 4 {
			continue
		}
		total[l.text]++
		if before.count >= 15 && ending(before.text) == endWord && hasStop(before.text) && !lines[i+1].opens {
			inside[l.text]++
		}
	}
	for i := range lines {
		if l := &lines[i]; l.kind == parse.Line && inside[l.text] >= 3 && total[l.text] >= 5 {
			l.furniture = true
		}
	}
}

// haveEdges reports whether the edges of pages can be told.
func haveEdges(lines []line) bool {
	for i := range lines {
		if lines[i].furniture || lines[i].page != lines[0].page {
			return true
		}
	}
	return false
}

// besidesEdge reports whether a line is among the two nearest to a page's edge: a
// change of page, or a page number, which stands at one.
func besidesEdge(lines []line, i int) bool {
	for _, step := range []int{-1, 1} {
		for n := 1; n <= 2; n++ {
			k := i + step*n
			if k < 0 || k >= len(lines) {
				break
			}
			if lines[k].page != lines[i].page || lines[k].furniture && isPageNumber(lines[k].text) {
				return true
			}
		}
	}
	return false
}

func withoutDigits(s string) string {
	if strings.IndexFunc(s, isDigit) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if isDigit(r) {
			return '0'
		}
		return r
	}, s)
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

// isPageNumber reports whether a line only numbers a page: 12, - 3 -, — IV —,
// 第 3 页, 第3页 共10页, 3/10, Page 3 of 10.
func isPageNumber(s string) bool {
	if len(s) > 40 || !strings.ContainsAny(s, "0123456789IVXivx") {
		return false
	}
	buffer := make([]byte, 0, 40)
	dashes := 0
	for _, r := range s {
		switch r {
		case ' ':
		case '-', '—', '–', '·', '|':
			dashes++
		default:
			buffer = utf8.AppendRune(buffer, r)
		}
	}
	bare := string(buffer)
	if number(bare) {
		return len(bare) <= 3 || len(bare) == 4 && dashes >= 2
	}
	if dashes > 0 && len(bare) <= 6 && strings.Trim(bare, "IVXivx") == "" {
		return bare != ""
	}
	if before, after, ok := strings.Cut(bare, "/"); ok && number(before) && number(after) && len(bare) <= 9 {
		return true
	}
	if rest, ok := strings.CutPrefix(strings.ToLower(bare), "page"); ok {
		before, after, of := strings.Cut(rest, "of")
		return number(before) && (!of || number(after))
	}
	rest, ok := strings.CutPrefix(bare, "第")
	if !ok {
		return false
	}
	before, after, ok := strings.Cut(rest, "页")
	if !ok || !number(before) {
		return false
	}
	after = strings.TrimLeft(after, "，,/")
	if after == "" {
		return true
	}
	after, ok = strings.CutPrefix(after, "共")
	return ok && number(strings.TrimSuffix(after, "页"))
}

func number(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// siteMarks are words that only the frame of a web page has, by their first
// character.
var siteMarks = map[rune][]string{
	'I': {"ICP备"}, '公': {"公网安备"}, '网': {"网站标识码", "网站地图"}, '无': {"无障碍阅读"}, '长': {"长者专区"},
	'当': {"当前位置："}, '您': {"您的位置："}, '分': {"分享到："}, '打': {"打印本页"}, '关': {"关闭窗口"}, '【': {"【打印】", "【关闭】"},
	'扫': {"扫一扫在手机打开"}, '浏': {"浏览字号："}, '版': {"版权所有："}, '建': {"建议使用IE"}, '返': {"返回顶部", "返回搜狐，查看更多"},
	'上': {"上一篇："}, '下': {"下一篇："}, '设': {"设为首页"}, '加': {"加入收藏"}, 'C': {"Copyright ©"},
}

// isSiteLine reports whether a line belongs to the site and not to the document: a
// short line with one of the site's words, or a longer one with a licence of the
// site among others.
func isSiteLine(s string) bool {
	if len(s) > 120 && (len(s) > 360 || !strings.Contains(s, "ICP备")) {
		return false
	}
	found := 0
	for i, r := range s {
		if r < utf8.RuneSelf && r != 'I' && r != 'C' {
			continue
		}
		for _, mark := range siteMarks[r] {
			if strings.HasPrefix(s[i:], mark) {
				found++
			}
		}
	}
	return found >= 2 || found == 1 && len(s) <= 120 && !strings.Contains(s, "。")
}

// isContents reports whether a line belongs to a table of contents: leaders run
// from a title to a page number.
func isContents(s string) bool {
	at := strings.Index(s, "……")
	if dots := strings.Index(s, "....."); at < 0 || dots >= 0 && dots < at {
		at = dots
	}
	if at < 0 {
		return false
	}
	rest := strings.Trim(s[at:], "….· 0123456789")
	return rest == "" && (at == 0 || len(s)-at >= 8) || strings.Count(s, "……") >= 8
}
