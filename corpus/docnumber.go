package corpus

import (
	"strconv"
	"strings"
)

// DocNumber is the number a government office gave a document (发文字号):
// 京政办发〔2023〕15号, or an order or announcement (国家互联网信息办公室令第12号),
// which may have no year.
type DocNumber struct {
	Text   string // as it stands in the text
	Span   Span
	Issuer string // the office's letters (代字), simplified: 京政办发; an order's keep 令: 公安部令
	Year   int    // 0 where the number has none
	Number int
}

// String gives the number in the form the standard GB/T 9704 asks for.
func (n DocNumber) String() string {
	switch {
	case n.Year == 0:
		return n.Issuer + "第" + strconv.Itoa(n.Number) + "号"
	case strings.HasSuffix(n.Issuer, "公告"), strings.HasSuffix(n.Issuer, "令"):
		return n.Issuer + strconv.Itoa(n.Year) + "年第" + strconv.Itoa(n.Number) + "号"
	}
	return n.Issuer + "〔" + strconv.Itoa(n.Year) + "〕" + strconv.Itoa(n.Number) + "号"
}

// DocNumbers finds the document numbers of a text, in the order of the text.
// Brackets of every kind and width and spaces inside the number are understood.
func DocNumbers(text string) []DocNumber {
	if !strings.Contains(text, "号") && !strings.Contains(text, "號") {
		return nil
	}
	s := newScanner(text)
	var found []DocNumber
	floor := 0
	for i := 0; i < len(s.runes); i++ {
		var n docNumber
		var ok bool
		switch s.runes[i] {
		case '[', '(', '〔', '【', '﹝', '〖', '〈', '<', '{':
			n, ok = s.docNumberAt(i)
		case '令', '告':
			n, ok = s.orderAt(i)
		}
		if !ok {
			continue
		}
		issuer := n.issuer
		if issuer.Len() == 0 {
			issuer = s.issuerBefore(i, floor)
			n.start = min(n.start, issuer.Start)
		}
		if issuer.Len() < 2 {
			continue
		}
		span := Span{n.start, n.end}
		found = append(found, DocNumber{Text: s.slice(span), Span: span, Issuer: string(s.runes[issuer.Start:issuer.End]), Year: n.year, Number: n.number})
		floor, i = n.end, n.end-1
	}
	return found
}

// docNumber is a document number as indexes into a scanner's runes.
type docNumber struct {
	start, end   int
	issuer       Span // set where the issuer stands inside [start, end)
	year, number int
}

// docNumberAt reads 〔2023〕15号 at index i, or the rarer 〔2022〕京经信发45号.
func (s *scanner) docNumberAt(i int) (docNumber, bool) {
	n := docNumber{start: i}
	j := s.skipSpaces(i + 1)
	year, digits, end := s.dateNumber(j)
	if digits != 4 || !isDigit(s.at(j)) || year < firstYear || year > lastYear {
		return n, false
	}
	j = s.skipSpaces(end)
	if s.at(j) == '年' {
		j++
	}
	if !strings.ContainsRune("])〕】﹞〗〉>}", s.at(j)) || s.at(j) == 0 {
		return n, false
	}
	j = s.skipSpaces(j + 1)
	if from := j; isHan(s.at(j)) && s.at(j) != '第' {
		for isHan(s.at(j)) && j-from < 12 {
			j++
		}
		n.issuer = Span{from, j}
		j = s.skipSpaces(j)
	}
	if s.at(j) == '第' {
		j = s.skipSpaces(j + 1)
	}
	number, end, ok := s.serial(j)
	if !ok {
		return n, false
	}
	n.year, n.number, n.end = year, number, end
	return n, true
}

// serial reads 15号.
func (s *scanner) serial(i int) (number, end int, ok bool) {
	digits := s.digitsAt(i)
	if digits == 0 || digits > 6 {
		return 0, 0, false
	}
	for end = i; end < i+digits; end++ {
		number = number*10 + int(s.at(end)-'0')
	}
	end = s.skipSpaces(end)
	return number, end + 1, s.at(end) == '号'
}

// orderAt reads 令第12号, 公告第54号 or 公告2023年第5号 at the last rune of 令 or 公告.
func (s *scanner) orderAt(i int) (docNumber, bool) {
	n := docNumber{start: i}
	if s.at(i) == '告' && s.at(i-1) != '公' && s.at(i-1) != '通' {
		return n, false
	}
	j := s.skipSpaces(i + 1)
	if s.at(j) == '(' || s.at(j) == '〔' {
		j++
	}
	if year, digits, end := s.dateNumber(j); digits == 4 && isDigit(s.at(j)) && s.at(s.skipSpaces(end)) == '年' {
		n.year = year
		j = s.skipSpaces(s.skipSpaces(end) + 1)
		if s.at(j) == ')' || s.at(j) == '〕' {
			j = s.skipSpaces(j + 1)
		}
	}
	if s.at(j) != '第' {
		return n, false
	}
	j = s.skipSpaces(j + 1)
	if hanDigit(s.at(j)) >= 0 || s.at(j) == '十' {
		a, ok := s.readHan(j)
		if end := s.skipSpaces(a.end); ok && a.low == a.high && s.at(end) == '号' {
			n.number, n.end, n.issuer = int(a.low), end+1, s.orderIssuer(i+1)
			n.start = n.issuer.Start
			return n, true
		}
		return n, false
	}
	number, end, ok := s.serial(j)
	n.number, n.end, n.issuer = number, end, s.orderIssuer(i+1)
	n.start = n.issuer.Start
	return n, ok
}

// orderIssuer finds the office whose order ends at index i. Of several that
// stand without a mark between them, the number is the last one's.
func (s *scanner) orderIssuer(i int) Span {
	issuer := s.issuerBefore(i, 0)
	for from := issuer.End - 1; from > issuer.Start; from-- {
		if s.has(from, []rune("中华人民共和国")) || s.has(from, []rune("国家")) {
			issuer.Start = from
			break
		}
	}
	return issuer
}

// longestIssuer is a limit on the runes of an issuer; the longest orders carry
// the names of several ministries.
const longestIssuer = 40

// notIssuer are words that may run into an issuer's letters from the left.
var notIssuer = [][]rune{
	[]rune("通知"), []rune("意见"), []rune("办法"), []rune("方案"), []rune("规划"), []rune("规定"), []rune("条例"), []rune("细则"), []rune("纲要"), []rune("文件"), []rune("精神"),
	[]rune("根据"), []rune("依据"), []rune("依照"), []rune("按照"), []rune("参照"), []rune("执行"), []rune("印发"), []rune("的"), []rune("与"), []rune("及"), []rune("见"), []rune("字号"), []rune("文号"),
}

// issuerBefore finds the office's letters that end at index i.
func (s *scanner) issuerBefore(i, floor int) Span {
	end := i
	for end > floor && s.at(end-1) == ' ' {
		end--
	}
	start := end
scan:
	for start > floor && end-start < longestIssuer && isHan(s.at(start-1)) {
		for _, w := range notIssuer {
			// 印发 ends many sentences' lead-ins, while 发 alone ends the letters.
			if from := start - len(w); start < end && from >= floor && s.has(from, w) {
				break scan
			}
		}
		start--
	}
	if start == floor && floor > 0 && s.at(start) == '和' {
		start++ // joins two numbers; ministries carry 和 in their names
	}
	return Span{start, end}
}
