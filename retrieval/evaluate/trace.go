package evaluate

import (
	"strings"
	"time"

	"policykb/corpus"
	"policykb/retrieval"
)

// Trace is one question's way through the service: what was found, what was
// said, and where it was lost.
type Trace struct {
	Question    string            `json:"question"`
	Type        Type              `json:"type"`
	Language    string            `json:"lang"`
	Split       string            `json:"split,omitempty"`
	Expected    string            `json:"expected,omitempty"`
	Verdict     Verdict           `json:"verdict"`
	Lost        Step              `json:"lost,omitempty"`
	Answered    bool              `json:"answered"`
	Confidence  float64           `json:"confidence"` // that the evidence answers, as the service sees it
	Reason      retrieval.Reason  `json:"reason,omitempty"`
	Answer      string            `json:"answer"`
	MissingKeys []string          `json:"missing_keys,omitempty"`
	Evidence    []EvidenceTrace   `json:"evidence,omitempty"`
	Citations   []CitationTrace   `json:"citations,omitempty"`
	Withheld    []string          `json:"withheld,omitempty"`  // statements the verifier stopped
	Undecided   int               `json:"undecided,omitempty"` // statements the judge did not decide on
	Found       []PassageTrace    `json:"found,omitempty"`     // the best passages of the search
	Why         *Why              `json:"why,omitempty"`
	Scores      map[Measure]Score `json:"scores"`
	Intent      retrieval.Intent  `json:"intent,omitempty"`
	Filter      corpus.Filter     `json:"filter,omitzero"` // as the service understood it
	SearchTime  time.Duration     `json:"search_ns"`
	AskTime     time.Duration     `json:"ask_ns"`
	Characters  int               `json:"characters"` // of the answer, in code points
}

// EvidenceTrace is what became of one piece of evidence.
type EvidenceTrace struct {
	File          string  `json:"file"`
	Quote         string  `json:"quote"`
	DocumentKnown bool    `json:"document_known"`   // the library has the file
	Places        []Place `json:"places,omitempty"` // where the quote stands; none means that it was not found
	Rank          int     `json:"rank"`             // of its passage in the search, from 1; 0 is beyond the depth searched
	ReadRank      int     `json:"read_rank"`        // among the passages the answer was written from
	Cited         bool    `json:"cited"`
}

// Place is a span of a stored version.
type Place struct {
	Document corpus.DocumentID `json:"document_id"`
	Version  int               `json:"version"`
	Span     corpus.Span       `json:"span"`
}

// CitationTrace is the judgement of one citation.
type CitationTrace struct {
	Number   int    `json:"number"`
	Title    string `json:"title"`
	Quote    string `json:"quote"`
	Exact    bool   `json:"exact"`    // the stored text says so, to the code point
	Key      bool   `json:"key"`      // it holds a key of the answer
	Evidence bool   `json:"evidence"` // it touches the evidence
}

// PassageTrace names a passage.
type PassageTrace struct {
	Title    string   `json:"title"`
	Headings []string `json:"headings,omitempty"`
	Opening  string   `json:"opening"`
	Score    float64  `json:"score"`
}

// Verdict is the outcome of a question in a word or two.
type Verdict string

// The verdicts. The last two are for unanswerable questions.
const (
	VerdictRight           Verdict = "right"
	VerdictPartly          Verdict = "partly right"
	VerdictWrong           Verdict = "wrong"
	VerdictDeclined        Verdict = "declined"
	VerdictRightlyDeclined Verdict = "rightly declined"
	VerdictInvented        Verdict = "invented"
)

// Verdicts lists every verdict, in the order of reports.
var Verdicts = []Verdict{VerdictRight, VerdictPartly, VerdictWrong, VerdictDeclined, VerdictRightlyDeclined, VerdictInvented}

// Step is the step at which an answerable question was lost.
type Step string

// The steps at which a question can be lost, in order.
const (
	StepIngest Step = "ingest" // the evidence stands in no document of the library
	StepSearch Step = "search" // it was not among the passages found
	StepRead   Step = "read"   // found, but not among the passages the answer was written from
	StepWrite  Step = "write"  // read, but the answer lacks a key or was declined
)

// take notes the answer and the passages found.
func (t *Trace) take(a retrieval.Answer, found []retrieval.Passage) {
	const passagesShown = 5
	t.Answered, t.Reason, t.Answer, t.Confidence = a.Answered, a.Reason, a.Text, a.Confidence
	t.Intent, t.Filter = a.Interpretation.Intent, a.Interpretation.Filter
	if a.Answered {
		t.Characters = len([]rune(a.Text))
	}
	for _, w := range a.Withheld {
		t.Withheld = append(t.Withheld, w.Text+" ("+w.Reason+")")
	}
	for _, p := range found[:min(passagesShown, len(found))] {
		t.Found = append(t.Found, passageTrace(p))
	}
}

func passageTrace(p retrieval.Passage) PassageTrace {
	return PassageTrace{
		Title:    p.Found.Document.Metadata.Title,
		Headings: p.Found.Passage.HeadingPath,
		Opening:  opening(p.Found.Passage.Text),
		Score:    p.Hit.Score,
	}
}

// opening is how a passage begins.
func opening(text string) string {
	const shown = 60 // code points
	runes := []rune(strings.Join(strings.Fields(text), " "))
	return string(runes[:min(shown, len(runes))])
}

// verdict judges the answer.
func verdict(q Question, t Trace) Verdict {
	switch {
	case !q.Answerable() && t.Answered:
		return VerdictInvented
	case !q.Answerable():
		return VerdictRightlyDeclined
	case !t.Answered:
		return VerdictDeclined
	case len(t.MissingKeys) == 0:
		return VerdictRight
	case len(t.MissingKeys) < q.keys():
		return VerdictPartly
	}
	return VerdictWrong
}

// lost is the first step at which some evidence of a question that was not
// answered rightly went missing.
func lost(t Trace) Step {
	if t.Verdict == VerdictRight || t.Verdict == VerdictRightlyDeclined || t.Verdict == VerdictInvented {
		return ""
	}
	step := StepWrite
	for _, e := range t.Evidence {
		switch {
		case len(e.Places) == 0:
			return StepIngest
		case e.ReadRank > 0:
		case e.Rank > 0:
			if step == StepWrite {
				step = StepRead
			}
		default:
			step = StepSearch
		}
	}
	return step
}
