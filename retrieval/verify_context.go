package retrieval

import (
	"strings"

	"policykb/corpus"
)

// quoteContext is a quote within the text around it. Quoted words do not always carry
// their meaning with them: 重复申请补贴 may stand after 不得, 1000万元 after 不超过, and
// 500万元 may be the end of 1500万元.
type quoteContext struct {
	quote   Quote
	text    string          // the clauses that the quote touches, whole
	figures []corpus.Figure // those that stand whole in the quote, with their bounds; spans in the passage's text
}

// contextOf reads a quote in its passage. A quote that is not the text at its
// place has no context.
func contextOf(q Quote) quoteContext {
	c := quoteContext{quote: q, text: q.Text}
	if !q.exact() {
		c.figures = corpus.Figures(q.Text)
		return c
	}
	p := q.Passage.Found.Passage
	runes, span := []rune(p.Text), q.Span.Shift(-p.Span.Start)
	for _, f := range corpus.Figures(p.Text) {
		if span.Contains(f.Span) {
			c.figures = append(c.figures, f)
		}
	}
	start, end := span.Start, span.End
	for start > 0 && span.Start-start < maxClause && !isClauseEnd(runes[start-1]) {
		start--
	}
	for end < len(runes) && end-span.End < maxClause && !isClauseEnd(runes[end-1]) && !isClauseEnd(runes[end]) {
		end++
	}
	c.text = string(runes[start:end])
	return c
}

// maxClause is how far a clause is followed beyond a quote, in code points.
const maxClause = 60

// isClauseEnd reports whether a clause ends with r. A comma does not end what a
// negation before it may reach.
func isClauseEnd(r rune) bool { return strings.ContainsRune("。；;！？!?\n|", r) }

// hearing is a statement before the verifier, with what it is judged by.
type hearing struct {
	statement Statement
	places    *corpus.Gazetteer
	read      string    // the statement as the verifier reads it
	said      []segment // its clauses
	contexts  []quoteContext
	quoted    string    // the quotes as they are
	homes     []home    // what homesOf found
	held      string    // all that the contexts say, as the verifier reads it
	beside    string    // that and what stands beside the quotes: titles, cities, headings
	clauses   []segment // those of the contexts
}

func hearingOf(s Statement, places *corpus.Gazetteer) *hearing {
	h := &hearing{statement: s, places: places, read: knownWording().read(s.Text), said: segmentsOf(s.Text, places)}
	var held, beside strings.Builder
	for _, q := range s.Quotes {
		c := contextOf(q)
		h.contexts = append(h.contexts, c)
		first := len(h.clauses)
		for _, clause := range segmentsOf(c.text, places) {
			if clause.after >= 0 {
				clause.after += first
			}
			h.clauses = append(h.clauses, clause)
		}
		h.quoted += q.Text + "\n"
		held.WriteString(c.text + "\n")
		beside.WriteString(c.text + "\n" + q.head() + "\n")
	}
	h.held, h.beside = knownWording().read(held.String()), knownWording().read(beside.String())
	return h
}

// placeless is a text with its places left out, whose names may deny in form: 无锡.
func placeless(text string, places *corpus.Gazetteer) string {
	mentions := places.Find(text)
	if len(mentions) == 0 {
		return text
	}
	runes := []rune(text)
	for _, m := range mentions {
		for i := m.Span.Start; i < m.Span.End; i++ {
			runes[i] = '～'
		}
	}
	return string(runes)
}
