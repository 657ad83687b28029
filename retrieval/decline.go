package retrieval

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"policykb/corpus"
)

// decline turns the answer into a plain refusal: that the documents do not hold
// it, what was missing, and which come nearest.
func (s *Service) decline(ctx context.Context, q *Interpretation, passages []Passage, a *Answer) error {
	a.Statements, a.Citations, a.Text = nil, nil, ""
	if len(passages) == 0 && !q.trick && !(q.issuedFrom.IsZero() && q.issuedTo.IsZero()) { // what of other dates comes nearest
		wider := *q
		wider.Filter.IssuedFrom, wider.Filter.IssuedTo = corpus.Date{}, corpus.Date{}
		found, err := s.find(ctx, &wider, bounds{limit: writePassages})
		if err != nil {
			return err
		}
		a.Reason, passages = ReasonFilteredOut, found.passages
	}
	seen := make(map[corpus.DocumentID]bool)
	for _, p := range passages {
		if d := p.Found.Document; !seen[d.ID] && len(a.Nearest) < 3 {
			seen[d.ID] = true
			a.Nearest = append(a.Nearest, d)
		}
	}
	if a.Reason == "" {
		a.Reason = ReasonNoEvidence
	}
	if len(passages) == 0 {
		stats, err := s.config.Index.Stats(ctx)
		if err != nil {
			return fmt.Errorf("describe the index: %w", err)
		}
		switch {
		case stats.Points == 0:
			a.Reason = ReasonEmptyCorpus
		case !q.Filter.Empty():
			a.Reason = ReasonFilteredOut
		}
	}
	a.Text = refusal(q, a)
	return nil
}

// refusal says in the question's language that the documents do not answer it.
func refusal(q *Interpretation, a *Answer) string {
	missing := missingFrom(q, a)
	var nearest []string
	for _, d := range a.Nearest {
		nearest = append(nearest, "《"+d.Metadata.Title+"》")
	}
	if q.Language == "en" {
		text := "The documents do not answer this question."
		switch {
		case q.trick:
			return "The documents do not answer this: it is an instruction to the program, not a question about them."
		case a.Reason == ReasonEmptyCorpus:
			return "There are no documents yet, so there is nothing to answer from."
		case a.Reason == ReasonFilteredOut && q.issuedFrom.IsZero() && q.issuedTo.IsZero():
			return "No document that passes the filters answers this question."
		case missing != "":
			text = fmt.Sprintf("The documents do not answer this question: nothing was found on %s.", missing)
		}
		if len(nearest) > 0 {
			text += " Nearest: " + strings.Join(nearest, ", ") + "."
		}
		return text
	}
	text := "现有文件中没有找到这个问题的答案。"
	switch {
	case q.trick:
		return "现有文件中没有这个问题的答案：这是给本程序的指令，不是对文件的提问。"
	case a.Reason == ReasonEmptyCorpus:
		return "资料库中还没有文件，无从回答。"
	case a.Reason == ReasonFilteredOut && q.issuedFrom.IsZero() && q.issuedTo.IsZero():
		return "符合筛选条件的文件中没有这个问题的答案。"
	case missing != "" && strings.HasSuffix(missing, "文件") || strings.Contains(missing, "》第"):
		text = fmt.Sprintf("现有文件中没有找到这个问题的答案：没有找到%s。", missing)
	case missing != "":
		text = fmt.Sprintf("现有文件中没有找到这个问题的答案：没有关于%s的内容。", missing)
	}
	if len(nearest) > 0 {
		text += "最接近的是" + strings.Join(nearest, "、") + "。"
	}
	return text
}

// missingFrom says in the question's language what of it the passages lack: the
// documents of a time, an article, places and years that none speaks of, else its
// telling words that stand in none.
func missingFrom(q *Interpretation, a *Answer) string {
	if !(q.issuedFrom.IsZero() && q.issuedTo.IsZero()) && (len(a.Passages) == 0 || len(q.Cities) > 0) {
		return issuedWithin(q)
	}
	if len(q.Clauses) > 0 && len(q.Filter.DocumentID) > 0 {
		return "《" + strings.Join(q.Titles, "》、《") + "》" + q.Clauses[0].Text
	}
	var all strings.Builder
	for _, p := range a.Passages {
		m := p.Found.Document.Metadata
		all.WriteString(p.Found.Passage.Text + "\n" + m.Title + "\n" + m.City + "\n" + m.IssuedOn.String() + "\n" + strings.Join(p.Found.Passage.HeadingPath, "\n") + "\n")
	}
	text := all.String()
	var lacking []string
	for _, city := range q.Cities {
		if !strings.Contains(text, city) {
			lacking = append(lacking, city)
		}
	}
	for _, year := range slices.Concat(q.stated, q.Editions) {
		y := strconv.Itoa(year)
		if strings.Contains(text, y) {
			continue
		}
		if q.Language != "en" {
			y = strings.Join(q.Cities, "、") + y + "年"
		} else if len(q.Cities) > 0 {
			y = strings.Join(q.Cities, ", ") + " in " + y
		}
		if lacking = slices.DeleteFunc(lacking, func(place string) bool { return strings.Contains(y, place) }); !slices.Contains(lacking, y) {
			lacking = append(lacking, y)
		}
	}
	for i, n := range q.numbers {
		if !slices.ContainsFunc(a.Passages, func(p Passage) bool { return speaksOf(p.Found, n) }) {
			lacking = append(lacking, q.Numbers[i])
		}
	}
	if name := strangerIn(q); name != "" {
		lacking = append(lacking, name)
	}
	if len(lacking) == 0 {
		lacking = q.unknown()
	}
	if len(lacking) == 0 {
		lacking = q.unheld(text)
	}
	if q.Language == "en" {
		return strings.Join(lacking, ", ")
	}
	for i, word := range lacking {
		if !strings.ContainsFunc(word, isHan) {
			lacking[i] = " " + word + " "
		}
	}
	return strings.Join(lacking, "、")
}

// unknown lists the words of the question that stand nowhere in the corpus, pairs of
// characters that overlap as one word; only words none of whose neighbours is known
// are told, since a pair may be an accident of the sentence.
func (q *Interpretation) unknown() []string {
	question := []rune(corpus.Fold(q.Question))
	strange := make([]bool, len(question))
	pairs := make([]int, len(question)) // how many strange pairs cover a character
	for _, c := range q.Concepts {
		word := []rune(c.Text)
		if !c.absent || len(c.Forms) > 1 || c.figure != nil || slices.ContainsFunc(word, isFunctionWord) {
			continue
		}
		for i := 0; i+len(word) <= len(question); i++ {
			if slices.Equal(question[i:i+len(word)], word) {
				for k := i; k < i+len(word); k++ {
					strange[k] = true
					pairs[k]++
				}
			}
		}
	}
	var words []string
	for i := 0; i < len(question); i++ {
		from, doubled := i, false
		for i < len(question) && strange[i] {
			doubled = doubled || pairs[i] > 1 || isLatin(question[i])
			i++
		}
		if i > from && doubled {
			words = append(words, string(question[from:i]))
		}
	}
	return words
}

// unheld lists the words of the question that a text has not: what it asks for, or
// else its words of the field.
func (q *Interpretation) unheld(text string) []string {
	held := make([]float64, len(q.Concepts))
	m := newMatcher(q.Concepts)
	m.cover(m.find([]rune(text)), corpus.Span{End: len(text)}, held)
	for _, words := range q.heads {
		most, telling := 0.0, false
		for c, concept := range q.Concepts {
			if concept.asks == "" && strings.Contains(words, concept.Text) {
				most, telling = max(most, held[c]), telling || concept.Weight > 0.6
			}
		}
		if telling && most == 0 {
			return []string{words}
		}
	}
	var lacking []string
	for c, concept := range q.Concepts {
		if held[c] == 0 && concept.Weight > 0.6 && len([]rune(concept.Text)) > 1 && len(concept.Forms) > 1 {
			lacking = append(lacking, concept.Text)
		}
	}
	return lacking
}
