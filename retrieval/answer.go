package retrieval

import (
	"context"
	"iter"
	"time"

	"github.com/tmc/langchaingo/embeddings"

	"policykb/corpus"
)

// Request is one question put to the knowledge base.
type Request struct {
	Question string
	History  []Turn // the conversation so far, oldest first
	Filter   corpus.Filter
	Scope    corpus.Scope // of the documents which there are for the asker; Filter keeps to it too
	AsOf     corpus.Date  // judge what is in force on this day; zero means today
	TopK     int          // passages to return; 0 means 8
	Mode     Mode
	Language string // zh, en, or auto: the question's

	rewritten string // Question made whole by a language model; "" where the rules do it
}

// SearchRequest asks for passages alone.
type SearchRequest struct {
	Query  string
	Filter corpus.Filter
	Limit  int         // passages to return; 0 means 10
	AsOf   corpus.Date // judge what is in force on this day; zero means today
	// PerDocument is how many passages of one document to return at most, its best; 0
	// means as many as there are.
	PerDocument int
}

// SearchResult is what Search returns, best passage first.
type SearchResult struct {
	Passages       []Passage
	Highlights     [][]corpus.Span // for each passage, what matched, in the version's canonical text
	Total          int             // passages that matched
	Warnings       []Warning
	Timings        Timings
	Interpretation Interpretation
}

// Turn is one message of a conversation.
type Turn struct {
	Role    string // user or assistant
	Content string
}

// Mode chooses the writer.
type Mode string

// The modes. Auto takes the language model where one is configured.
const (
	ModeAuto       Mode = "auto"
	ModeExtractive Mode = "extractive"
	ModeLLM        Mode = "llm"
)

// Intent is what a question wants.
type Intent string

// The intents that change how passages are searched and answers written.
const (
	IntentFact       Intent = "fact"
	IntentList       Intent = "list"
	IntentDefinition Intent = "definition"
	IntentCompare    Intent = "compare"
	IntentHowTo      Intent = "how_to"
	IntentYesNo      Intent = "yes_no"
	IntentWho        Intent = "who"
	IntentWhen       Intent = "when"
	IntentWhy        Intent = "why"
)

// Passage is a passage that was found for a question, with the document it stands in.
type Passage struct {
	corpus.Found
	Hit

	fused float64 // the strength of both channels, on the scale of Hit.Sparse; 0 where the dense one has no weight
}

// Statement is one claim of an answer with the quotes that carry it.
type Statement struct {
	Text   string  // readable, without citation marks
	Quotes []Quote // at least one for a statement that can be verified
	Fault  string  // what its writer found wrong with it, in words; then it is never verified
}

// Quote is a piece of a passage, exact to the code point:
// Text == text[Span.Start:Span.End] of the stored version.
type Quote struct {
	Passage Passage
	Span    corpus.Span // in the version's canonical text
	Text    string
}

// Writer turns passages into statements. It yields each statement as soon as it
// is whole, so that it can be verified and sent while the next is written, and
// stops when the context ends or the consumer does. An error ends the sequence.
//
// Implementations: the extractive writer, and one for a language model.
type Writer interface {
	Write(ctx context.Context, q Interpretation, passages []Passage) iter.Seq2[Statement, error]
}

// Embedder is langchaingo's embedder with a name and a width, so that vectors of
// two models never mix. Vectors are normalised to length 1.
type Embedder interface {
	embeddings.Embedder
	// Model names the model and its version, as builtin:1 or openai:text-embedding-3-small.
	Model() string
	// Dimensions is the length of every vector.
	Dimensions() int
}

// Reranker scores texts by how well they answer a question, 0 to 1, in the order of
// the texts. Implementation: rerank.Client.
type Reranker interface {
	Rerank(ctx context.Context, question string, texts []string) ([]float64, error)
}

// Support says whether a statement's quotes carry it.
type Support string

// The verdicts of the verifier.
const (
	SupportVerified   Support = "verified"
	SupportUnverified Support = "unverified"
)

// Reason says why a question was not answered.
type Reason string

// The reasons for not answering.
const (
	ReasonNone         Reason = ""
	ReasonNoEvidence   Reason = "no_evidence"
	ReasonWeakEvidence Reason = "weak_evidence"
	ReasonFilteredOut  Reason = "filtered_out"
	ReasonUnverified   Reason = "unverified"
	ReasonEmptyCorpus  Reason = "empty_corpus"
)

// Answer is what Ask returns. Nothing in Text is unverified.
type Answer struct {
	ID             string
	Question       string
	Answered       bool
	Text           string // the statements with their citation marks, or a plain refusal
	Statements     []AnsweredStatement
	Comparison     *Comparison // of a question that compares, by the extractive writer; else nil
	Citations      []Citation
	Passages       []Passage
	Reason         Reason
	Nearest        []corpus.Document // for an unanswered question
	Withheld       []WithheldStatement
	Warnings       []Warning
	AsOf           corpus.Date
	FiltersApplied map[string]AppliedFilter
	Interpretation Interpretation
	Confidence     float64 // probability that the evidence answers the question, 0 to 1
	Mode           Mode
	Model          string // "" for the extractive writer
	Timings        Timings
}

// AnsweredStatement is a verified statement in its place in the answer.
type AnsweredStatement struct {
	Text      string
	Span      corpus.Span // in Answer.Text, code points
	Citations []int       // keys of Answer.Citations
	Support   Support
	Checks    Checks
}

// WithheldStatement is a statement the verifier stopped, and why.
type WithheldStatement struct {
	Text   string
	Reason string
	Checks Checks
}

// Checks is what the verifier found: for each sort of fact whether the quotes
// hold it.
type Checks struct {
	Quote   Check
	Numbers Check
	Dates   Check
	Places  Check
}

// Check is one finding of the verifier.
type Check string

// The findings. Exact is for quotes; none means that the statement has no such fact.
const (
	CheckExact    Check = "exact"
	CheckMatch    Check = "match"
	CheckMismatch Check = "mismatch"
	CheckNone     Check = "none"
)

// Citation is a numbered quote. Number is a key, not a position.
type Citation struct {
	Number int
	Quote  Quote
}

// Warning tells the reader something about the evidence.
type Warning struct {
	Code   string // draft_source, expired_source, llm_failed, rerank_failed, …
	Detail string
}

// AppliedFilter is one filter in force and where it came from.
type AppliedFilter struct {
	Values []string
	From   string // request or question
}

// Timings says where the time went.
type Timings struct {
	Retrieve, Answer, Total time.Duration
}

// Event is one step of an answer as it comes into being. Exactly one field is set.
type Event struct {
	Interpretation *Interpretation
	Passages       []Passage
	Statement      *AnsweredStatement // already verified
	Done           *Answer            // the last event, whole
}
