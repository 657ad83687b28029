package corpus

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// Level is the rank of a place.
type Level string

// The levels, from wide to narrow. A municipality (北京) is a city.
const (
	LevelRegion   Level = "region" // 长三角: several provinces or cities
	LevelProvince Level = "province"
	LevelCity     Level = "city"
	LevelDistrict Level = "district" // and counties, county-level cities
)

// Place is a place that policies name.
type Place struct {
	Name     string // the short name by which metadata and filters know it: 成都, 浙江; a district's is full: 萧山区
	Full     string // 成都市
	Level    Level
	Parent   string // a district's city, a city's province; "" for a province, a region, and a district whose city is open
	Province string // of a city or district; a municipality's and a province's own name
	Latin    string // the first of its names in Latin letters: chengdu; "" for most districts
	// Names holds every other name it is known by, by-names and Latin ones included.
	Names []string
	// Members are the provinces and cities of a region, and the cities of a province.
	Members []string

	letters []string
}

// City is the short name of the city that the place is or lies in, "" for a
// province, a region, and a district whose city is open.
func (p *Place) City() string {
	switch p.Level {
	case LevelCity:
		return p.Name
	case LevelDistrict:
		return p.Parent
	}
	return ""
}

// Mention is a place found in a text.
type Mention struct {
	Place *Place
	Span  Span
	Text  string // as it stands in the text
}

// gazetteerData names its sources in its head.
//
//go:embed gazetteer.tsv
var gazetteerData string

// Places returns the built-in gazetteer: China's provinces, cities and
// districts, and the regions they are spoken of in.
var Places = sync.OnceValue(func() *Gazetteer {
	g, err := ParseGazetteer(gazetteerData)
	if err != nil {
		panic(err) // the data is part of the program, and a test reads it
	}
	return g
})

// Gazetteer knows places by all their names. It is safe for concurrent use.
type Gazetteer struct {
	places  []*Place
	names   map[string]*name // by folded name
	letters map[string]*Place
	// behind holds the names of a city's districts without their rank, which count
	// directly behind the city: 杭州滨江.
	behind map[*Place][]*name
	root   [1 << 16]int32 // node by first rune
	nodes  []trieNode
}

// name is one way of naming one place, or several that share it.
type name struct {
	runes  []rune // folded
	places []*Place
	// bare names lack the 市 or 区 that would close them: what follows decides
	// whether 北京 is the city or the head of 北京路.
	bare bool
	// open names of districts count even where the text does not tell whose.
	open       bool
	exceptions []exception
}

// exception is a context in which a name does not name its place.
type exception struct{ before, after []rune }

// trieNode is a prefix of names. Its children lie in one run, sorted by rune.
type trieNode struct {
	name     *name
	children []trieEdge
}

type trieEdge struct {
	r    rune
	node int32
}

// ParseGazetteer reads the format that the head of gazetteer.tsv explains.
func ParseGazetteer(data string) (*Gazetteer, error) {
	g := &Gazetteer{names: map[string]*name{}, letters: map[string]*Place{}, behind: map[*Place][]*name{}}
	byName := map[string]*Place{}
	number := 0
	for line := range strings.Lines(data) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, "\t")
		for len(fields) < 8 {
			fields = append(fields, "")
		}
		var err error
		switch fields[0] {
		case "region", "province", "city":
			p := g.addPlace(fields)
			byName[p.Name] = p
		case "districts":
			err = g.addDistricts(byName[fields[1]], fields[2])
		case "except":
			err = g.except(fields[1], fields[2])
		case "either":
			err = g.addEither(byName, fields[1], fields[2])
		default:
			err = fmt.Errorf("unknown kind of row %q", fields[0])
		}
		if err != nil {
			return nil, fmt.Errorf("gazetteer, line %d: %w", number, err)
		}
	}
	for _, p := range g.places {
		if province := byName[p.Parent]; p.Level == LevelCity && province != nil {
			province.Members = append(province.Members, p.Name)
		}
	}
	g.grow()
	return g, nil
}

// addPlace reads the row of a region, province or city.
func (g *Gazetteer) addPlace(fields []string) *Place {
	p := &Place{Name: fields[1], Full: fields[2], Level: Level(fields[0]), Province: fields[3]}
	switch p.Level {
	case LevelRegion:
		p.Province, p.Members = "", strings.Fields(fields[3])
	case LevelProvince:
		p.Province = p.Name
	case LevelCity:
		if p.Province != p.Name {
			p.Parent = p.Province
		}
	}
	exceptions := map[string][]exception{}
	onlyFull := false
	for _, e := range strings.Fields(fields[7]) {
		of, context, byName := strings.Cut(e, ":")
		if !byName {
			of, context = p.Name, e
		}
		if context == "~" {
			onlyFull = true
			continue
		}
		exceptions[of] = append(exceptions[of], parseException(context))
	}
	g.places = append(g.places, p)
	if p.Full != p.Name {
		g.addName(p, p.Full, false, nil)
	}
	if !onlyFull {
		g.addName(p, p.Name, true, exceptions[p.Name])
	}
	for latin := range strings.SplitSeq(fields[4], ",") {
		if latin == "" {
			continue
		}
		g.addName(p, latin, false, nil)
		p.Names = append(p.Names, latin)
		if strings.Contains(latin, "'") { // Xi’an, as typesetters have it
			g.addName(p, strings.ReplaceAll(latin, "'", "’"), false, nil)
		}
	}
	if len(p.Names) > 0 {
		p.Latin = p.Names[0]
	}
	for _, also := range strings.Fields(fields[5]) {
		g.addName(p, also, true, exceptions[also])
		p.Names = append(p.Names, also)
	}
	for _, l := range strings.Fields(fields[6]) {
		p.letters = append(p.letters, l)
		g.letters[l] = p
	}
	return p
}

// addDistricts reads the districts of a city, or of a province that governs
// counties itself.
func (g *Gazetteer) addDistricts(parent *Place, list string) error {
	if parent == nil {
		return fmt.Errorf("districts of an unknown city")
	}
	for _, d := range strings.Fields(list) {
		d, latin, _ := strings.Cut(d, "=")
		full, alone := strings.CutSuffix(d, "*")
		full, needsCity := strings.CutSuffix(full, "?")
		p := &Place{Name: full, Full: full, Level: LevelDistrict, Parent: parent.Name, Province: parent.Province}
		g.places = append(g.places, p)
		g.addName(p, full, false, nil).open = !needsCity
		switch short := districtStem(full); {
		case alone:
			g.addName(p, short, true, nil)
			p.Names = append(p.Names, short)
		case !needsCity && utf8.RuneCountInString(short) > 1:
			g.behind[parent] = append(g.behind[parent], &name{runes: []rune(Fold(short)), places: []*Place{p}, bare: true})
		}
		if latin != "" {
			p.Latin = strings.ReplaceAll(latin, "_", " ")
			p.Names = append(p.Names, p.Latin)
			g.addName(p, p.Latin, false, nil).open = true
		}
	}
	return nil
}

// districtStem is a district's name without the word for its rank.
func districtStem(full string) string {
	for _, rank := range []string{"新区", "区", "县", "市", "旗"} {
		if stem, ok := strings.CutSuffix(full, rank); ok {
			return stem
		}
	}
	return full
}

// except reads the exceptions of a district's name without its rank.
func (g *Gazetteer) except(of, list string) error {
	n := g.names[Fold(of)]
	if n == nil {
		return fmt.Errorf("exceptions of an unknown name %q", of)
	}
	for _, e := range strings.Fields(list) {
		n.exceptions = append(n.exceptions, parseException(e))
	}
	return nil
}

// addEither reads a by-name that several places share.
func (g *Gazetteer) addEither(byName map[string]*Place, shared, list string) error {
	for _, of := range strings.Fields(list) {
		p := byName[of]
		if p == nil {
			return fmt.Errorf("%q may mean the unknown place %q", shared, of)
		}
		g.addName(p, shared, true, nil).open = false
		p.Names = append(p.Names, shared)
	}
	return nil
}

// parseException reads before~after.
func parseException(s string) exception {
	before, after, _ := strings.Cut(s, "~")
	return exception{before: []rune(Fold(before)), after: []rune(Fold(after))}
}

// addName makes a place known by one more name. A name that a city has is not
// shared with a district.
func (g *Gazetteer) addName(p *Place, written string, bare bool, exceptions []exception) *name {
	folded := Fold(written)
	n := g.names[folded]
	if n == nil {
		n = &name{runes: []rune(folded), bare: bare, exceptions: exceptions}
		g.names[folded] = n
	}
	if p.Level != LevelDistrict || n.places == nil || n.places[0].Level == LevelDistrict {
		n.places = append(n.places, p)
	}
	return n
}

// grow builds the trie of all names.
func (g *Gazetteer) grow() {
	names := make([]*name, 0, len(g.names))
	for _, n := range g.names {
		names = append(names, n)
	}
	slices.SortFunc(names, func(a, b *name) int { return slices.Compare(a.runes, b.runes) })
	g.nodes = make([]trieNode, 1, 3*len(names)) // node 0 stands for none
	var build func(names []*name, depth int) int32
	build = func(names []*name, depth int) int32 {
		id := int32(len(g.nodes))
		g.nodes = append(g.nodes, trieNode{})
		if len(names[0].runes) == depth {
			g.nodes[id].name, names = names[0], names[1:]
		}
		var children []trieEdge
		for len(names) > 0 {
			r, n := names[0].runes[depth], 1
			for n < len(names) && names[n].runes[depth] == r {
				n++
			}
			children = append(children, trieEdge{r, build(names[:n], depth+1)})
			names = names[n:]
		}
		g.nodes[id].children = children
		return id
	}
	for len(names) > 0 {
		first, n := names[0].runes[0], 1
		for n < len(names) && names[n].runes[0] == first {
			n++
		}
		if uint32(first) < uint32(len(g.root)) {
			g.root[first] = build(names[:n], 1)
		}
		names = names[n:]
	}
}

// child follows one rune, 0 where no name goes on with it.
func (t *trieNode) child(r rune) int32 {
	for _, e := range t.children {
		if e.r == r {
			return e.node
		}
	}
	return 0
}

// All returns every place, regions first, each province before its cities.
func (g *Gazetteer) All() []*Place { return slices.Clone(g.places) }

// Lookup finds the place that a name, full name, by-name or Latin name means by
// itself. It is not ok for names that several places share.
func (g *Gazetteer) Lookup(written string) (*Place, bool) {
	n := g.names[Fold(strings.TrimSpace(written))]
	if n == nil || len(n.places) != 1 {
		return nil, false
	}
	return n.places[0], true
}

// Issuer finds the place whose office signs with the letters (代字) of a document
// number: 京政办发 is 北京's, 穗人社规字 is 广州's. Letters that several places use
// (宁政发) give none.
func (g *Gazetteer) Issuer(letters string) (*Place, bool) {
	runes := []rune(Fold(letters))
	for n := min(3, len(runes)); n > 0; n-- {
		if p := g.letters[string(runes[:n])]; p != nil {
			return p, true
		}
	}
	return nil, false
}

// Find finds the places that a text names, in its order and without overlap; of
// several names the longest counts. A district's name that several cities share
// (朝阳区) is given the one whose city or province stands nearest in the text,
// and else a place without parent.
func (g *Gazetteer) Find(text string) []Mention {
	s := newScanner(text)
	var mentions []Mention
	var shared []*name // by mention; nil where the place is clear
	unclear := false
	for i := 0; i < len(s.runes); {
		n, end := g.longest(s, i)
		if last := len(mentions) - 1; last >= 0 && mentions[last].Span.End == i {
			for _, d := range g.behind[mentions[last].Place] {
				if to := i + len(d.runes); to > end && s.has(i, d.runes) && d.stands(s, i, to) {
					n, end = d, to
				}
			}
		}
		if n != nil {
			span := Span{i, end}
			m := Mention{Place: n.places[0], Span: span, Text: s.slice(span)}
			if len(n.places) > 1 || !n.bare && m.Place.Level == LevelDistrict && !n.open {
				shared = append(shared, n)
				unclear = true
			} else {
				shared = append(shared, nil)
			}
			mentions = append(mentions, m)
			i = end
			continue
		}
		i++
		if isLatin(s.runes[i-1]) { // names begin where words do
			for isLatin(s.at(i)) {
				i++
			}
		}
	}
	if unclear {
		return settle(mentions, shared)
	}
	return mentions
}

// longest finds the longest name at index i that its context lets stand.
func (g *Gazetteer) longest(s *scanner, i int) (found *name, end int) {
	r := s.runes[i]
	if uint32(r) >= uint32(len(g.root)) {
		return nil, i
	}
	node := g.root[r]
	for j := i + 1; node != 0; j++ {
		t := &g.nodes[node]
		if t.name != nil && t.name.stands(s, i, j) {
			found, end = t.name, j
		}
		node = t.child(s.at(j))
	}
	return found, end
}

// stands reports whether the name at [i, end) names its place there.
func (n *name) stands(s *scanner, i, end int) bool {
	after := s.at(end)
	if isLatin(n.runes[0]) {
		return !isLatin(s.at(i-1)) && !isLatin(after) && !isDigit(after) && after != '@' && !s.inAddress(i)
	}
	if n.bare {
		if namesStreet(s, end) {
			return false
		}
	} else {
		switch s.at(end - 1) {
		case '市':
			if after == '场' {
				return false
			}
		case '区':
			if strings.ContainsRune("域块间", after) {
				return false
			}
		}
	}
	for _, e := range n.exceptions {
		if (len(e.before) == 0 || s.has(i-len(e.before), e.before)) && (len(e.after) == 0 || s.has(end, e.after)) {
			return false
		}
	}
	return true
}

// inAddress reports whether index i lies in a web or mail address.
func (s *scanner) inAddress(i int) bool {
	from := i
	for from > 0 && s.at(from-1) > ' ' && s.at(from-1) < 0x80 {
		from--
	}
	for ; from < i; from++ {
		if s.at(from) == '@' || s.has(from, []rune("://")) || s.has(from, []rune("www.")) {
			return true
		}
	}
	return false
}

// namesStreet reports whether a name that ends at index i is that of a street:
// 北京路, 南京东路, 重庆北路二段.
func namesStreet(s *scanner, i int) bool {
	if strings.ContainsRune("东西南北中", s.at(i)) {
		i++
	}
	if hanDigit(s.at(i)) > 0 {
		i++
	}
	switch s.at(i) {
	case '路':
		return !strings.ContainsRune("演况网线径由政", s.at(i+1))
	case '街':
		return !strings.ContainsRune("区头", s.at(i+1))
	case '大':
		return s.at(i+1) == '道' || s.at(i+1) == '街'
	case '巷':
		return true
	}
	return false
}

// settle gives each shared name the place whose city or province is named
// nearest, those before it first.
func settle(mentions []Mention, shared []*name) []Mention {
	settled := make([]Mention, 0, len(mentions))
	for i, m := range mentions {
		n := shared[i]
		if n == nil {
			settled = append(settled, m)
			continue
		}
		if p := nearest(mentions, shared, i, n.places); p != nil {
			m.Place = p
		} else if n.open {
			open := *n.places[0]
			open.Parent, open.Province = "", ""
			m.Place = &open
		} else {
			continue
		}
		settled = append(settled, m)
	}
	return settled
}

// nearest chooses the place that the mentions around mention i speak for.
func nearest(mentions []Mention, shared []*name, i int, places []*Place) *Place {
	for step := 1; step <= max(i, len(mentions)-1-i); step++ {
		for _, j := range [2]int{i - step, i + step} {
			if j < 0 || j >= len(mentions) || shared[j] != nil {
				continue
			}
			near := mentions[j].Place
			for _, p := range places {
				if p.Parent != "" && (near.Name == p.Parent || near.Level == LevelDistrict && near.Parent == p.Parent) || p.Level == LevelCity && near.Name == p.Name {
					return p
				}
			}
			for _, p := range places {
				if near.Level == LevelProvince && near.Name == p.Province {
					return p
				}
			}
		}
	}
	return nil
}
