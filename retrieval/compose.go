package retrieval

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"policykb/corpus"
)

// conflictWarning tells the reader that another document gives another figure.
func conflictWarning(q *Interpretation, e evidence) Warning {
	document := e.reading.passage.Found.Document
	named := "《" + document.Metadata.Title + "》"
	if on := document.Metadata.IssuedOn.String(); on != "" {
		named += " (" + on + ")"
	}
	said := readable(e.text(e.unit.span))
	if q.Language == "en" {
		return Warning{Code: "conflict", Detail: fmt.Sprintf("%s says otherwise: “%s”", named, said)}
	}
	return Warning{Code: "conflict", Detail: fmt.Sprintf("%s的说法不同：“%s”", named, said)}
}

// add puts a verified statement at the end of the answer with its citation marks
// before its full stop.
func (a *Answer) add(s Statement, checks Checks, language string) AnsweredStatement {
	var numbers []int
	for _, q := range s.Quotes {
		numbers = append(numbers, a.cite(q))
	}
	marks := ""
	for _, n := range numbers {
		marks += "[" + strconv.Itoa(n) + "]"
	}
	text := s.Text + marks
	for _, end := range []string{"。", ".", "！", "？", "!", "?"} {
		if body, ok := strings.CutSuffix(s.Text, end); ok && body != "" {
			text = body + marks + end
			break
		}
	}
	separator := ""
	if a.Text != "" && language == "en" {
		separator = " "
	}
	start := utf8.RuneCountInString(a.Text + separator)
	a.Text += separator + text
	added := AnsweredStatement{Text: text, Span: corpus.Span{Start: start, End: start + utf8.RuneCountInString(text)},
		Citations: numbers, Support: SupportVerified, Checks: checks}
	a.Statements = append(a.Statements, added)
	return added
}

// cite returns the number of a quote, giving it one where it has none.
func (a *Answer) cite(q Quote) int {
	document := q.Passage.Found.Document.ID
	for _, c := range a.Citations {
		if c.Quote.Span == q.Span && c.Quote.Passage.Found.Document.ID == document {
			return c.Number
		}
	}
	n := len(a.Citations) + 1
	a.Citations = append(a.Citations, Citation{Number: n, Quote: q})
	return n
}

// warnings about the text a quote comes from, by what keeps it from being law.
var standingWarnings = map[string]struct{ code, zh, en string }{
	"draft":      {"draft_source", "《%s》是征求意见稿或草案，尚未施行。", "“%s” is a draft and not in force."},
	"expired":    {"expired_source", "《%s》的有效期已经届满。", "“%s” has expired."},
	"repealed":   {"expired_source", "《%s》已经废止。", "“%s” has been repealed."},
	"superseded": {"superseded_source", "《%s》已有更新的版本或文件取代。", "“%s” has been superseded."},
	"not_yet":    {"not_yet_in_force", "《%s》在所问日期尚未施行。", "“%s” is not yet in force on the day asked about."},
}

// warn notes what a reader must know of the texts a statement rests on.
func (s *Service) warn(a *Answer, q *Interpretation, statement Statement) {
	for _, quote := range statement.Quotes {
		document := quote.Passage.Found.Document
		w, ok := standingWarnings[standing(document, q.asOf)]
		if !ok {
			continue
		}
		form := w.zh
		if q.Language == "en" {
			form = w.en
		}
		warning := Warning{Code: w.code, Detail: fmt.Sprintf(form, document.Metadata.Title)}
		if !slices.Contains(a.Warnings, warning) {
			a.Warnings = append(a.Warnings, warning)
		}
	}
}
