package corpus

import (
	"fmt"
	"strings"

	"policykb/corpus/label"
)

// step is one part of an address: 第二章, 第五条, 第二款, （一）, or the words of a heading.
type step struct {
	class    label.Class
	number   int
	inserted int    // 第十条之一: 1
	title    string // of a heading without a label, squeezed
	label    string // as written
}

// Classes of steps that are no labels of a text.
const (
	classParagraph label.Class = 100 + iota // 第二款
	classItem                               // 第二项: an item, however it is numbered
	classSubitem                            // 第二目
	classDivision                           // 第二部分
)

// FindClause returns the clause that an address names: in full (第二章第五条第二款),
// or as people write it: 第五条第2款第（一）项, 三、（二）2., 附件1, 第三部分, Article 5. Where
// a step is left out the nearest clause that fits is meant; a paragraph 1 of an
// article with one paragraph is the article.
//
// An address that no clause has gives [ErrNotFound], one that several have
// [ErrConflict], which names them; what is no address gives [ErrInvalid].
func FindClause(clauses []Clause, address string) (Clause, error) {
	if c, ok := named(clauses, bareAddress(address)); ok {
		return c, nil
	}
	steps := stepsIn(Fold(address))
	if len(steps) == 0 {
		return Clause{}, fmt.Errorf("%w: %q is no address of a clause; write it as 三、（二）2. or 第二章第五条第二款", ErrInvalid, address)
	}
	at := Clause{Clauses: clauses}
	for i, s := range steps {
		found := closest(at.Clauses, s)
		switch {
		case len(found) == 1:
			at = found[0]
		case len(found) > 1:
			names := make([]string, len(found))
			for k, c := range found {
				names[k] = c.Address
			}
			return Clause{}, fmt.Errorf("%w: %q is several clauses: %s", ErrConflict, address, strings.Join(names, ", "))
		case i > 0 && s.class == classParagraph && s.number == 1 && at.step.class == label.Article && !hasParagraphs(at):
		default:
			return Clause{}, fmt.Errorf("clause %q: %w", address, ErrNotFound)
		}
	}
	return at, nil
}

// named finds the clause with a full address.
func named(clauses []Clause, address string) (Clause, bool) {
	for _, c := range clauses {
		if bareAddress(c.Address) == address {
			return c, true
		}
		if found, ok := named(c.Clauses, address); ok {
			return found, true
		}
	}
	return Clause{}, false
}

// bareAddress is an address without the spaces and widths in which it may be written.
func bareAddress(address string) string {
	return strings.Join(strings.Fields(Fold(address)), "")
}

// closest gives the clauses that a step names, those on the highest level that has any.
func closest(clauses []Clause, s step) []Clause {
	for level := clauses; len(level) > 0; {
		var found, below []Clause
		for _, c := range level {
			if s.names(c.step) {
				found = append(found, c)
			}
			below = append(below, c.Clauses...)
		}
		if len(found) > 0 {
			return found
		}
		level = below
	}
	return nil
}

// hasParagraphs reports whether an article is told by its paragraphs.
func hasParagraphs(article Clause) bool {
	return len(article.Clauses) > 0 && article.Clauses[0].Kind == ClauseParagraph
}

// names reports whether a step of an address means that of a clause.
func (s step) names(c step) bool {
	switch s.class {
	case label.None:
		return s.title != "" && s.title == c.title
	case classItem:
		return s.number == c.number && (c.class == label.HanParen || c.class == label.Number || c.class == label.NumberParen || c.class == label.Circled)
	case classSubitem:
		return s.number == c.number && (c.class == label.Number || c.class == label.NumberParen || c.class == label.Circled)
	case classDivision:
		return s.number == c.number && (c.class == label.HanComma || c.class == label.Part)
	}
	return s.class == c.class && s.number == c.number && s.inserted == c.inserted
}

// stepOf gives the step that names a section.
func stepOf(written, title string) step {
	if s, _, ok := nextStep(Fold(written)); ok {
		s.label = written
		return s
	}
	return step{title: bareAddress(written + title), label: written}
}

// stepsIn reads an address, folded; nothing where it is none.
func stepsIn(address string) []step {
	var steps []step
	for rest := address; ; {
		rest = strings.TrimLeft(rest, " /·,的之\"“”")
		if rest == "" {
			return steps
		}
		s, used, ok := nextStep(rest)
		if !ok {
			title, after, _ := strings.Cut(rest, "/")
			s, used = step{title: bareAddress(title)}, len(rest)-len(after)
		}
		steps = append(steps, s)
		rest = rest[used:]
	}
}

// counters are the words that a counted step ends with, folded.
var counters = []struct {
	word  string
	class label.Class
}{
	{"编", label.Part}, {"章", label.Chapter}, {"节", label.Section}, {"条", label.Article},
	{"款", classParagraph}, {"项", classItem}, {"目", classSubitem}, {"部分", classDivision},
}

// nextStep reads the step that a folded address begins with.
func nextStep(rest string) (s step, used int, ok bool) {
	if body, counted := strings.CutPrefix(rest, "第"); counted {
		body = strings.TrimLeft(body, " (")
		n, digits := label.Numeral(body)
		if digits == 0 || n == 0 {
			return step{}, 0, false
		}
		body = strings.TrimLeft(body[digits:], " )")
		for _, u := range counters {
			after, ok := strings.CutPrefix(body, u.word)
			if !ok {
				continue
			}
			s = step{class: u.class, number: n}
			if inserted, ok := strings.CutPrefix(after, "之"); ok && u.class == label.Article {
				if n, digits := label.Numeral(inserted); digits > 0 {
					s.inserted, after = n, inserted[digits:]
				}
			}
			return s, len(rest) - len(after), true
		}
		return step{}, 0, false
	}
	l, ok := label.Leading(rest + " ") // no label ends a line: 1.
	if !ok || l.Class == label.Bullet || l.Class == label.Dash {
		return step{}, 0, false
	}
	s = step{class: l.Class, number: l.Number}
	if l.Class == label.Bracket || l.Class == label.Decimal { // what counts is what they say
		s = step{title: bareAddress(rest[:l.Len])}
	}
	return s, l.Len, true
}
