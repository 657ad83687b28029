package evaluate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"policykb/corpus"
)

// Context is one text of the set, to be added to the knowledge base under Name.
type Context struct {
	Name string // the context's id; what Evidence.File refers to
	Text string
}

// looksLikeSQuAD reports whether a file that begins with head is one JSON object
// with a "data" array rather than a line of JSON per question.
func looksLikeSQuAD(head []byte) bool {
	return !bytes.Contains(head, []byte(`"question"`)) && bytes.Contains(head, []byte(`"data"`)) ||
		bytes.Contains(head, []byte(`"paragraphs"`))
}

// ReadSQuAD reads a reading comprehension set in the shape of the Stanford Question
// Answering Dataset (Rajpurkar et al. 2016), as CMRC 2018 has it: contexts with
// questions whose answers are spans of them. Measured here it is retrieval of the
// context among all others, and of the answer's sentence within it: the evidence
// of a question is the sentence in which its answer stands; the answers are
// alternatives. The questions of every other context are held out: weights are
// fitted to the rest.
func ReadSQuAD(r io.Reader) (Set, error) {
	var file struct {
		Data []struct {
			ID         string `json:"id"`
			Paragraphs []struct {
				ID      string `json:"id"`
				Context string `json:"context"`
				QAs     []struct {
					ID       string `json:"id"`
					Question string `json:"question"`
					Answers  []struct {
						Text  string `json:"text"`
						Start int    `json:"answer_start"` // in code points; CMRC has -1 for unknown
					} `json:"answers"`
				} `json:"qas"`
			} `json:"paragraphs"`
		} `json:"data"`
	}
	if err := json.NewDecoder(r).Decode(&file); err != nil {
		return Set{}, fmt.Errorf("read SQuAD: %w", err)
	}
	var set Set
	for i, article := range file.Data {
		for j, p := range article.Paragraphs {
			name := p.ID
			if name == "" {
				name = fmt.Sprintf("context-%d-%d", i, j)
			}
			set.Contexts = append(set.Contexts, Context{Name: name, Text: p.Context})
			for _, qa := range p.QAs {
				q := Question{ID: qa.ID, Question: qa.Question, Type: TypeReading, Language: languageOf(qa.Question)}
				if len(set.Contexts)%2 == 0 {
					q.Split = HeldOut
				}
				for _, a := range qa.Answers {
					at, ok := answerSpan(p.Context, a.Text, a.Start)
					if !ok {
						continue
					}
					if !slices.Contains(q.Alternatives, a.Text) {
						q.Alternatives = append(q.Alternatives, a.Text)
					}
					if q.Answer == "" {
						q.Answer = a.Text
						q.Evidence = []Evidence{{File: name, Quote: sentenceAround(p.Context, at)}}
					}
				}
				if q.Evidence == nil {
					set.SetAside = append(set.SetAside, qa.ID)
					continue
				}
				if err := q.validate(); err != nil {
					return Set{}, fmt.Errorf("read SQuAD: %s: %w", qa.ID, err)
				}
				set.Questions = append(set.Questions, q)
			}
		}
	}
	return set, nil
}

// answerSpan is where the answer stands, in code points: at the place given, or
// else where it is first found, since some places in published sets are off.
func answerSpan(context, answer string, start int) (corpus.Span, bool) {
	given := corpus.Span{Start: start, End: start + utf8.RuneCountInString(answer)}
	if answer != "" && given.Of(context) == answer {
		return given, true
	}
	found := foldQuote(context).find(foldQuote(answer))
	if len(found) == 0 {
		return corpus.Span{}, false
	}
	return found[0], true
}

// sentenceAround returns the sentence or sentences that s lies in.
func sentenceAround(text string, s corpus.Span) string {
	runes := []rune(text)
	ends := func(r rune) bool { return strings.ContainsRune("。！？；!?;\n", r) }
	from, to := s.Start, s.End
	for from > 0 && !ends(runes[from-1]) {
		from--
	}
	for to < len(runes) && !ends(runes[to-1]) {
		to++
	}
	return strings.TrimSpace(string(runes[from:to]))
}

// languageOf is zh where the text has a Han character, else en.
func languageOf(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return "zh"
	}
	return "en"
}
