package retrieval

import "policykb/corpus"

// Interpretation is a question as it was understood.
type Interpretation struct {
	Question  string // made whole from the history
	Rewritten string // Question where it differs from what was asked, else ""
	Language  string // zh or en
	Intent    Intent
	Cities    []string // gazetteer short names, provinces included, in the question's order
	Districts []string
	Years     []int
	Titles    []string      // document titles in 《》
	Numbers   []string      // document numbers (发文字号)
	Filter    corpus.Filter // in force: the request's and the question's
}
