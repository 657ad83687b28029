package metadata

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"policykb/corpus"
)

// Offices are written one after the other, with or without a sign between, so
// that their names must be told apart by how they begin and end.

// orgEndings end the name of an office.
var orgEndings = []string{
	"部", "委", "委员会", "办公室", "办公厅", "厅", "局", "总局", "总署", "署", "国务院", "政府", "中心", "法院", "检察院",
	"银行", "管委会", "领导小组", "工作组", "专班", "协会", "学会", "联合会", "研究院", "网信办", "金融办", "大数据办", "中共中央", "人民代表大会",
	"党组", "街道", "办事处", "总会", "总工会", "团委", "妇联", "科协", "公司",
}

// orgBeginnings begin the name of an office of the state. Those of places begin
// with the place.
var orgBeginnings = []string{
	"国家", "中华人民共和国", "中共", "国务院", "全国", "最高人民", "中央", "中国",
	"公安部", "教育部", "科学技术部", "科技部", "财政部", "工业和信息化部", "商务部", "文化和旅游部", "交通运输部", "民政部", "司法部",
	"人力资源和社会保障部", "自然资源部", "生态环境部", "住房和城乡建设部", "水利部", "农业农村部", "应急管理部", "应急部", "外交部", "国防部",
	"审计署", "海关总署", "税务总局", "市场监管总局", "证监会", "广电总局", "体育总局", "统计局", "新华社",
}

// notInOrg are words and signs that no name of an office holds.
var notInOrg = []string{
	"关于", "印发", "发布", "的", "通知", "通过", "施行", "为了", "根据", "按照", "现将", "各省", "各市", "同意", "已经", "主任", "部长", "局长",
	"。", ",", "《", "》", "(", ")", ":", ";", "“", "”", "|", "?", "!",
}

// longestOrg is the longest name of an office, in bytes: 全国信息安全标准化技术委员会大数据安全标准特别工作组.
const longestOrg = 3 * 34

// org is a chain of offices in a region: from the first name to the end of the last.
type org struct {
	from, to int
	names    []string
}

// orgNames takes a folded text apart into the places of the names of offices that
// make it up; ok is false where it is not made of them. beginsAt says where else
// than at one of orgBeginnings a name may begin.
func orgNames(s string, beginsAt func(i int) bool) (names [][2]int, ok bool) {
	p := orgParser{s: s, beginsAt: beginsAt, ends: make(map[int]int)}
	for i := p.skip(0); i < len(s); i = p.skip(i) {
		end := p.end(i)
		if end < 0 {
			return nil, false
		}
		names = append(names, [2]int{i, end})
		i = end
	}
	return names, len(names) > 0
}

// orgParser reads names of offices.
type orgParser struct {
	s        string
	beginsAt func(i int) bool
	ends     map[int]int // what end returned, so that no place is tried twice
}

// skip returns the place after the separators at i.
func (p *orgParser) skip(i int) int {
	for i < len(p.s) {
		n := separator(p.s[i:])
		if n == 0 {
			break
		}
		i += n
	}
	return i
}

// end returns where the office that begins at i ends, or -1: at the first ending
// after which another office or nothing follows.
func (p *orgParser) end(i int) int {
	if end, known := p.ends[i]; known {
		return end
	}
	p.ends[i] = -1
	limit := min(len(p.s), i+longestOrg)
	for j := i; j < limit; {
		_, size := utf8.DecodeRuneInString(p.s[j:])
		if j > i && breaksOrg(p.s[i:j], p.s[j:]) {
			break
		}
		j += size
		if j-i < len("某局") || !endsOrg(p.s[i:j]) {
			continue
		}
		// 工业和信息化部 has a separator's character inside.
		next := p.skip(j)
		if next == len(p.s) || next > j && p.end(next) > 0 || next == j && (beginsOrg(p.s[j:]) || p.beginsAt(j)) {
			p.ends[i] = j
			break
		}
	}
	return p.ends[i]
}

// separator returns the length of the sign between two offices at the start of s.
func separator(s string) int {
	for _, sep := range []string{"、", " ", "\n", "/", "和", "及", "与"} {
		if strings.HasPrefix(s, sep) {
			return len(sep)
		}
	}
	return 0
}

// breaksOrg reports whether a name that goes so far cannot go on so: over a line's
// end or a 、, with a word that no name holds, with a count of offices (等5部门), with the name of another.
func breaksOrg(name, rest string) bool {
	if rest[0] == '\n' || strings.HasPrefix(rest, "、") {
		return true
	}
	for _, no := range notInOrg {
		if strings.HasPrefix(rest, no) {
			return true
		}
	}
	if others, ok := strings.CutPrefix(rest, "等"); ok && (trimCount(rest) == "" || others != "" && others[0] >= '0' && others[0] <= '9') {
		return true
	}
	return name != "中华人民共和国" && (strings.HasPrefix(rest, "国家") || strings.HasPrefix(rest, "中华人民共和国"))
}

func endsOrg(s string) bool {
	return slices.ContainsFunc(orgEndings, func(e string) bool { return strings.HasSuffix(s, e) })
}

func beginsOrg(s string) bool {
	return slices.ContainsFunc(orgBeginnings, func(b string) bool { return strings.HasPrefix(s, b) })
}

// isOrgs reports whether a text is made of names of offices.
func isOrgs(s string) bool {
	_, ok := orgNames(trimCount(strings.TrimSpace(fold(s))), func(int) bool { return false })
	return ok
}

// joinOrgs writes the offices that make up a text, joined by 、.
func joinOrgs(s string) string {
	s = strings.TrimSpace(s)
	r := []rune(s)
	folded := fold(s)
	counted := trimCount(folded)
	places, ok := orgNames(counted, func(int) bool { return false })
	if !ok {
		return s
	}
	names := make([]string, len(places))
	for i, p := range places {
		from := utf8.RuneCountInString(folded[:p[0]])
		names[i] = string(r[from : from+utf8.RuneCountInString(folded[p[0]:p[1]])])
	}
	return joinNames(names) + folded[len(counted):]
}

// joinNames writes the names of offices as a document's issuer, each once.
// 中华人民共和国 before a ministry says nothing more, and is left out.
func joinNames(names []string) string {
	all := make([]string, 0, len(names))
	for _, name := range names {
		name = simplified(strings.ReplaceAll(name, " ", ""))
		if short := strings.TrimPrefix(name, "中华人民共和国"); len(short) >= len("教育部") {
			name = short
		}
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return strings.Join(all, "、")
}

// simplified writes traditional characters as simplified ones and leaves the rest,
// so that an office has one name.
func simplified(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Han, r) {
			return corpus.FoldRune(r)
		}
		return r
	}, s)
}

// trimCount cuts 等5部门 off.
func trimCount(s string) string {
	i := strings.LastIndex(s, "等")
	if i < 0 {
		return s
	}
	if rest := s[i+len("等"):]; strings.HasSuffix(rest, "部门") || strings.HasSuffix(rest, "部委") || strings.HasSuffix(rest, "单位") {
		return s[:i]
	}
	return s
}

// orgsWithin is how far from the start of a text, in code points, offices that
// run into other words are looked for.
const orgsWithin = 1000

// orgStarts finds, in order, where in the head names of offices may begin: at
// one of orgBeginnings and at the name of a place.
func (d *detector) orgStarts() []int {
	if d.starts != nil {
		return d.starts
	}
	r := d.head
	n := min(orgsWithin, len(r.runes))
	d.starts = make([]int, 0, 16)
	for _, m := range corpus.Places().Find(string(r.runes[:n])) {
		d.starts = append(d.starts, r.bytes[m.Span.Start])
	}
	for i, c := range r.folded[:r.bytes[n]] {
		if firstOfOrg[c] && beginsOrg(r.folded[i:]) {
			d.starts = append(d.starts, i)
		}
	}
	slices.Sort(d.starts)
	d.starts = slices.Compact(d.starts)
	return d.starts
}

// firstOfOrg holds the characters that orgBeginnings begin with.
var firstOfOrg = func() map[rune]bool {
	first := make(map[rune]bool)
	for _, b := range orgBeginnings {
		c, _ := utf8.DecodeRuneInString(b)
		first[c] = true
	}
	return first
}()

// orgsBefore reads the offices that end at a place of the head, beginning not
// before floor and as far to the left as they go.
func (d *detector) orgsBefore(floor, end int) (org, bool) {
	floor, end = d.head.trim(floor, end)
	if o, ok := d.orgsBetween(floor, end); ok {
		return o, true
	}
	starts := d.orgStarts()
	first, _ := slices.BinarySearch(starts, floor+1)
	for _, from := range starts[first:] {
		if from >= end {
			break
		}
		if o, ok := d.orgsBetween(from, end); ok {
			return o, true
		}
	}
	return org{}, false
}

// orgsBetween reads the offices that make up what stands between two places of the head.
func (d *detector) orgsBetween(from, end int) (org, bool) {
	if from >= end {
		return org{}, false
	}
	places, ok := orgNames(d.head.folded[from:end], func(i int) bool {
		_, begins := slices.BinarySearch(d.orgStarts(), from+i)
		return begins
	})
	o := org{from: from, to: end}
	for _, p := range places {
		o.names = append(o.names, d.head.text(from+p[0], from+p[1]))
	}
	return o, ok
}

// isPaper reports whether a name is that of a newspaper or an agency.
func isPaper(s string) bool {
	for _, end := range []string{"日报", "晚报", "时报", "早报", "新华社", "晨报", "周刊"} {
		if strings.HasSuffix(s, end) && utf8.RuneCountInString(s) <= 10 {
			return !strings.ContainsFunc(s, unicode.IsSpace)
		}
	}
	return false
}

// national are the beginnings of offices whose acts hold for the whole country.
var national = []string{"中共中央", "国务院", "国家", "全国", "中央", "最高人民", "中华人民共和国", "中国"}

// isNational reports whether the issuer is an office of the state.
func isNational(issuer string) bool {
	first, _, _ := strings.Cut(fold(issuer), "、")
	if slices.ContainsFunc(national, func(p string) bool { return strings.HasPrefix(first, p) }) {
		return true
	}
	return strings.HasSuffix(first, "部") && slices.Contains(orgBeginnings, first)
}
