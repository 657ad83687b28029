package retrieval

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"policykb/corpus"
)

// decline turns the answer into a plain refusal: that the documents do not hold
// it, what was missing, and which come nearest.
func (s *Service) decline(ctx context.Context, q *Interpretation, passages []Passage, a *Answer) error {
	a.Statements, a.Citations, a.Text = nil, nil, ""
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
		case a.Reason == ReasonEmptyCorpus:
			return "There are no documents yet, so there is nothing to answer from."
		case a.Reason == ReasonFilteredOut:
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
	case a.Reason == ReasonEmptyCorpus:
		return "资料库中还没有文件，无从回答。"
	case a.Reason == ReasonFilteredOut:
		return "符合筛选条件的文件中没有这个问题的答案。"
	case missing != "":
		text = fmt.Sprintf("现有文件中没有找到这个问题的答案：没有关于%s的内容。", missing)
	}
	if len(nearest) > 0 {
		text += "最接近的是" + strings.Join(nearest, "、") + "。"
	}
	return text
}

// missingFrom names what of the question the passages lack: places and years that
// none speaks of, else its rarest words.
func missingFrom(q *Interpretation, a *Answer) string {
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
	for _, year := range q.stated {
		if y := strconv.Itoa(year); !strings.Contains(text, y) {
			if q.Language != "en" {
				y += "年"
			}
			lacking = append(lacking, y)
		}
	}
	if name := strangerIn(q); name != "" {
		lacking = append(lacking, name)
	}
	if len(lacking) == 0 {
		held := make([]float64, len(q.Concepts))
		m := newMatcher(q.Concepts)
		m.cover(m.find(flatten([]rune(text))), corpus.Span{End: len(text)}, held)
		for c, concept := range q.Concepts {
			if held[c] == 0 && concept.Weight > 0.6 && len([]rune(concept.Text)) > 1 && len(concept.Forms) > 1 {
				lacking = append(lacking, concept.Text)
			}
		}
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
