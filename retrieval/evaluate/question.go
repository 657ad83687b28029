package evaluate

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"policykb/corpus"
)

// Type is the sort of a question: what makes it hard.
type Type string

// The types of questions.
const (
	TypeFact         Type = "fact"
	TypeList         Type = "list"
	TypeDefinition   Type = "definition"
	TypeCompare      Type = "compare"
	TypeParaphrase   Type = "paraphrase" // hardly a word shared with the evidence
	TypeFilter       Type = "filter"     // right only within one city, year or version
	TypeReading      Type = "reading"    // of a reading comprehension set: see ReadSQuAD
	TypeUnanswerable Type = "unanswerable"
)

// Types lists every type, in the order of reports.
var Types = []Type{TypeFact, TypeList, TypeDefinition, TypeCompare, TypeParaphrase, TypeFilter, TypeReading, TypeUnanswerable}

// Question is one line of a question file.
type Question struct {
	ID       string `json:"id,omitempty"`
	Question string `json:"question"`
	Type     Type   `json:"type"`
	Language string `json:"lang,omitempty"` // zh or en
	Answer   string `json:"answer,omitempty"`
	// AnswerKeys must all stand in a right answer.
	AnswerKeys []string `json:"answer_keys"`
	// Alternatives are wordings of which a right answer holds at least one.
	Alternatives []string      `json:"alternatives,omitempty"`
	Evidence     []Evidence    `json:"evidence"`
	City         string        `json:"city,omitempty"`
	Split        string        `json:"split,omitempty"` // train, dev or [HeldOut]
	Filter       corpus.Filter `json:"filters,omitzero"`
	Note         string        `json:"note,omitempty"`
}

// Evidence is a place that carries the answer: a quote of the document that was
// read from File. White space, quotation marks, widths and Markdown's marks do
// not count.
type Evidence struct {
	File  string `json:"file"` // the original's name, or the document's title
	Quote string `json:"quote"`
	// Also names documents that say the same in the same words, and are as good.
	Also []string `json:"also,omitempty"`
}

// HeldOut is the split of the questions that nothing is ever fitted to.
const HeldOut = "heldout"

// Answerable reports whether the documents hold an answer.
func (q Question) Answerable() bool { return q.Type != TypeUnanswerable }

// missingKeys returns the keys that do not stand in text. Alternatives of which
// none is there are returned joined by " | ".
func (q Question) missingKeys(text string) []string {
	folded := foldFigures(text)
	var missing []string
	for _, key := range q.AnswerKeys {
		if !folded.holds(key) {
			missing = append(missing, key)
		}
	}
	if len(q.Alternatives) > 0 && !slices.ContainsFunc(q.Alternatives, folded.holds) {
		missing = append(missing, strings.Join(q.Alternatives, " | "))
	}
	return missing
}

// keys counts what missingKeys can return.
func (q Question) keys() int {
	n := len(q.AnswerKeys)
	if len(q.Alternatives) > 0 {
		n++
	}
	return n
}

// holdsAnyKey reports whether any key or alternative stands in text.
func (q Question) holdsAnyKey(text string) bool {
	folded := foldFigures(text)
	return slices.ContainsFunc(q.AnswerKeys, folded.holds) || slices.ContainsFunc(q.Alternatives, folded.holds)
}

// validate says what makes the question unfit for measuring.
func (q Question) validate() error {
	switch {
	case strings.TrimSpace(q.Question) == "":
		return errors.New("the question is empty")
	case !slices.Contains(Types, q.Type):
		return fmt.Errorf("type %q is not one of %v", q.Type, Types)
	case !q.Answerable() && (len(q.Evidence) > 0 || q.keys() > 0):
		return errors.New("an unanswerable question has neither evidence nor keys")
	case q.Answerable() && (len(q.Evidence) == 0 || q.keys() == 0):
		return errors.New("an answerable question needs evidence and answer keys")
	}
	for _, key := range slices.Concat(q.AnswerKeys, q.Alternatives) {
		if len(foldFigures(key).runes) == 0 {
			return fmt.Errorf("the key %q has nothing to look for", key)
		}
	}
	for _, e := range q.Evidence {
		if e.File == "" || len(foldQuote(e.Quote).runes) == 0 {
			return errors.New("evidence needs a file and a quote")
		}
	}
	return nil
}

// Set is what a file of questions holds.
type Set struct {
	Questions []Question
	Contexts  []Context // of a reading comprehension set: the texts it asks about
	// SetAside holds the ids of reading comprehension questions none of whose
	// answers stands in the context: published sets have a few.
	SetAside []string
}

// ReadFile reads a file of questions: JSONL with one [Question] a line, or a
// data set in SQuAD's shape.
func ReadFile(name string) (Set, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return Set{}, err
	}
	set, err := Read(bytes.NewReader(data))
	if err != nil {
		return Set{}, fmt.Errorf("%s: %w", name, err)
	}
	return set, nil
}

// Sample is at most n of the questions, evenly spread and always the same ones;
// all of them where n is 0.
func Sample(questions []Question, n int) []Question {
	if n <= 0 || n >= len(questions) {
		return questions
	}
	drawn := make([]Question, n)
	for i := range drawn {
		drawn[i] = questions[i*len(questions)/n]
	}
	return drawn
}

// Read reads questions as [ReadFile] does. An error names the line.
func Read(r io.Reader) (Set, error) {
	in := bufio.NewReader(r)
	head, err := in.Peek(4096)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return Set{}, err
	}
	if looksLikeSQuAD(head) {
		return ReadSQuAD(in)
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	var questions []Question
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSpace(bytes.TrimPrefix(lines.Bytes(), []byte("\ufeff")))
		if len(line) == 0 {
			continue
		}
		var q Question
		if err := json.Unmarshal(line, &q); err != nil {
			return Set{}, fmt.Errorf("line %d: %w", n, err)
		}
		if err := q.validate(); err != nil {
			return Set{}, fmt.Errorf("line %d: %w", n, err)
		}
		if q.Language == "" {
			q.Language = languageOf(q.Question)
		}
		questions = append(questions, q)
	}
	return Set{Questions: questions}, lines.Err()
}
