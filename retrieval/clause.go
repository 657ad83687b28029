package retrieval

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"policykb/corpus"
	"policykb/corpus/label"
)

// Clause is an article (条) that a question names, or a paragraph (款) or item (项) of one.
type Clause struct {
	Text      string // as the question has it, folded: 第五条第二款
	Article   int
	Paragraph int // 0 where none is named
	Item      int // 0 where none is named
	at        int // where it stands in the folded question, in bytes
}

const hanNumber = `[一二三四五六七八九十百零〇两0-9]+`

var (
	clausePattern        = regexp.MustCompile(`第\s?(` + hanNumber + `)\s?条(?:第?(` + hanNumber + `)款)?(?:第?[（(]?(` + hanNumber + `)[）)]?项)?`)
	englishClausePattern = regexp.MustCompile(`\barticle (\d+)(?:,? (?:paragraph|para\.?) (\d+))?(?:,? item (\d+))?`)
)

// clausesIn lists the clauses that a folded question names.
func clausesIn(question string) []Clause {
	var clauses []Clause
	for _, pattern := range []*regexp.Regexp{clausePattern, englishClausePattern} {
		for _, m := range pattern.FindAllStringSubmatchIndex(question, -1) {
			number := func(group int) int {
				if m[2*group] < 0 {
					return 0
				}
				n, _ := label.Numeral(question[m[2*group]:m[2*group+1]])
				return n
			}
			if c := (Clause{question[m[0]:m[1]], number(1), number(2), number(3), m[0]}); c.Article > 0 {
				clauses = append(clauses, c)
			}
		}
	}
	return clauses
}

// articleOf is the number of the article whose label a text begins with; 0 where it
// begins with none.
func articleOf(text string) int { return numberOf(text, label.Article) }

// itemOf is the number of the item whose label a text begins with; 0 where it begins
// with none.
func itemOf(text string) int {
	return numberOf(text, label.HanParen, label.NumberParen, label.Number, label.Circled)
}

// numberOf is the number of the label of one of the classes that a text begins with;
// 0 where it begins with none.
func numberOf(text string, classes ...label.Class) int {
	if l, ok := label.Leading(strings.TrimSpace(text)); ok && slices.Contains(classes, l.Class) {
		return l.Number
	}
	return 0
}

// clauseMatch tells whether unit i belongs to one of the articles that the
// question names: 1 in it, 0 elsewhere.
func (t *reading) clauseMatch(clauses []Clause, i int) float64 {
	if len(clauses) == 0 {
		return 0
	}
	article := t.articlesOfUnits()[i]
	return truth(slices.ContainsFunc(clauses, func(c Clause) bool { return c.Article == article }))
}

// articlesOfUnits gives for each unit the number of the article it stands in; 0 in none.
func (t *reading) articlesOfUnits() []int {
	if t.articles != nil {
		return t.articles
	}
	in := 0
	for _, heading := range t.passage.Found.Passage.HeadingPath {
		in = cmp.Or(articleOf(heading), in)
	}
	begun := make([]int, len(t.units))
	for i := range t.units {
		begun[i] = articleOf(t.unitText(&t.units[i]))
	}
	if slices.Contains(begun, in) {
		in = 0 // the article begins in the passage; what stands before is none of it
	}
	t.articles = make([]int, len(t.units))
	for i, article := range begun {
		in = cmp.Or(article, in)
		t.articles[i] = in
	}
	return t.articles
}

// articleLength is how much of an article one passage is quoted for, in code points.
const articleLength = 600

// articles finds the articles that the question names, or the paragraphs and items
// of them, as one stretch of each passage they stand in, in the order of the text.
func (r *reader) articles(readings []*reading) []evidence {
	var found []evidence
	for _, clause := range r.q.Clauses {
		readings := slices.DeleteFunc(slices.Clone(readings), func(t *reading) bool { return !slices.Contains(t.articlesOfUnits(), clause.Article) })
		if len(readings) == 0 {
			continue
		}
		document := slices.MaxFunc(readings, func(a, b *reading) int { return cmp.Compare(a.topic, b.topic) }).passage.Found.Document.ID
		readings = slices.DeleteFunc(readings, func(t *reading) bool { return t.passage.Found.Document.ID != document })
		slices.SortStableFunc(readings, func(a, b *reading) int {
			return a.passage.Found.Passage.Span.Start - b.passage.Found.Passage.Span.Start
		})
		paragraph, block := 0, -1
		for _, t := range readings {
			if block >= 0 {
				block = math.MaxInt // another passage begins another paragraph
			}
			first, last := -1, -1
			for i, in := range t.articlesOfUnits() {
				u := &t.units[i]
				if in != clause.Article || u.kind == unitHeading && len([]rune(strings.TrimSpace(t.unitText(u)))) < 8 {
					continue
				}
				item := itemOf(t.unitText(u))
				if u.block != block && item == 0 {
					paragraph++
				}
				block = u.block
				if clause.Paragraph != 0 && paragraph != clause.Paragraph || clause.Item != 0 && item != clause.Item {
					continue
				}
				if first < 0 {
					first = i
				}
				if u.span.End-t.units[first].span.Start <= articleLength {
					last = i
				}
			}
			if first < 0 {
				continue
			}
			span := corpus.Span{Start: t.units[first].span.Start, End: t.units[max(first, last)].span.End}
			whole := &unit{kind: unitSentence, span: span, clauses: []corpus.Span{span}, block: t.units[first].block, above: t.units[first].above}
			found = append(found, evidence{reading: t, unit: whole, index: first})
		}
	}
	return found
}

func (t *reading) unitText(u *unit) string { return string(t.text[u.span.Start:u.span.End]) }

// beforeClause matches what stands between a title and a clause: 》, 的, 中; and
// aroundTitle what stands before a title that is not in 《》.
var (
	beforeClause = regexp.MustCompile(`[》的中里上之,，\s]+$`)
	beforeTitle  = regexp.MustCompile(`^.*(请问|根据|按照|依照|依据|关于|[，。？?；;：:《]|\bof the\b|\bin the\b)`)
	afterArticle = regexp.MustCompile(`^ of (?:the )?([^?,.]{6,120}?)(?: (?:says?|provides?|states?|requires?|means?|about|cover|regulates?)\b|[?,.]|$)`)
)

// titleLike is how much of its title a document's bare name in a question must have.
const titleLike = 0.6

// sourceOfClauses finds the document that the question names before a clause
// without 《》: 上海市数据条例第五条. There is none where no title is alike enough.
func (s *Service) sourceOfClauses(ctx context.Context, q *Interpretation, question string) (corpus.Document, bool, error) {
	clause := q.Clauses[0]
	name := strings.TrimSpace(beforeTitle.ReplaceAllString(beforeClause.ReplaceAllString(question[:clause.at], ""), ""))
	if m := afterArticle.FindStringSubmatch(question[clause.at+len(clause.Text):]); m != nil && (len([]rune(name)) < 4 || languageOf(name) == "en") {
		name = m[1]
	}
	if len([]rune(name)) < 4 {
		return corpus.Document{}, false, nil
	}
	query := Query{Filter: q.Filter, Limit: candidates / 2}
	in := s.extractive.interpret(name, nil, corpus.Date{})
	query.Sparse = queryTerms(&in)
	if len(query.Sparse) == 0 {
		return corpus.Document{}, false, nil
	}
	hits, err := s.config.Index.Search(ctx, query)
	if err != nil {
		return corpus.Document{}, false, fmt.Errorf("search for the title: %w", err)
	}
	passages, err := s.hydrate(ctx, hits)
	if err != nil {
		return corpus.Document{}, false, err
	}
	best, alike := corpus.Document{}, 0.0
	translation := translatedName(name, &in)
	for _, p := range passages {
		title := p.Found.Document.Metadata.Title
		share := max(pairShare([]rune(corpus.Fold(name)), []rune(corpus.Fold(title))), translation.share(title))
		if share > alike {
			best, alike = p.Found.Document, share
		}
	}
	return best, alike >= titleLike, nil
}

// translated is a title in another language than the documents': shanghai data
// regulation.
type translated struct {
	match  *matcher
	places []string
}

// translatedName is the name as it was read, where it is English.
func translatedName(name string, in *Interpretation) translated {
	if languageOf(name) != "en" {
		return translated{}
	}
	return translated{newMatcher(in.Concepts), in.Cities}
}

// share is how much of a title the name's words and places make up; 0 where the title
// lacks one of them.
func (n translated) share(title string) float64 {
	if n.match == nil || len(n.match.concepts)+len(n.places) == 0 {
		return 0
	}
	runes := []rune(title)
	found := n.match.find(runes)
	held := make([]float64, len(n.match.concepts))
	n.match.cover(found, corpus.Span{End: len(runes)}, held)
	if slices.ContainsFunc(held, func(v float64) bool { return v < partial }) {
		return 0
	}
	words := coveredLength(found, corpus.Span{End: len(runes)})
	for _, place := range n.places {
		if !strings.Contains(title, place) {
			return 0
		}
		words += len([]rune(place))
	}
	return float64(words) / float64(len(runes))
}

// clausePassages returns the passages of the named documents in which the named
// articles stand.
func (s *Service) clausePassages(ctx context.Context, q *Interpretation) ([]Passage, error) {
	if len(q.Clauses) == 0 || len(q.Filter.DocumentID) == 0 {
		return nil, nil
	}
	var found []Passage
	for _, id := range q.Filter.DocumentID {
		all, err := s.config.Catalogue.Neighbours(ctx, id, 0, math.MaxInt32)
		if err != nil {
			return nil, fmt.Errorf("fetch the passages of %s: %w", id, err)
		}
		var ids []corpus.PassageID
		for _, p := range all {
			t := reading{passage: &Passage{Found: corpus.Found{Passage: p}}, text: []rune(p.Text)}
			t.units = splitUnits(t.text, p.Kind == corpus.PassageTable)
			if slices.ContainsFunc(t.articlesOfUnits(), func(article int) bool {
				return slices.ContainsFunc(q.Clauses, func(c Clause) bool { return c.Article == article })
			}) {
				ids = append(ids, p.ID)
			}
		}
		hydrated, err := s.config.Catalogue.Passages(ctx, ids[:min(len(ids), readPassages)])
		if err != nil {
			return nil, fmt.Errorf("fetch passages: %w", err)
		}
		for _, f := range hydrated {
			hit := Hit{Score: 1}
			hit.Passage, hit.Document = f.Passage.ID, f.Document.ID
			found = append(found, Passage{Found: f, Hit: hit})
		}
	}
	return found, nil
}
