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
	Within    []string         // provinces in which a city is asked for: 江苏哪座城市, 东北
	Places    []corpus.Mention // every place that Question names, as it names it: 蓉城, Chengdu
	Years     []int
	Editions  []int         // years that name a document's version: 2024年版
	Titles    []string      // document titles in 《》
	Numbers   []string      // document numbers (发文字号)
	Clauses   []Clause      // articles, paragraphs and items named: 第五条第二款
	Only      bool          // the cities are a filter: 只看武汉
	Filter    corpus.Filter // in force: the request's and the question's

	Wants      []Want      // what an answer must contain
	Concepts   []Concept   // what the question is about
	Subjects   []Subject   // what a comparison compares
	Expansions []Expansion // words searched beside the question's own

	members    int                // how many members the asked list has; 0 where the question does not say
	manyCities bool               // asks which cities
	meaning    bool               // asks what a word means, in so many words
	target     string             // the word whose meaning is asked for, folded
	numbers    []corpus.DocNumber // Numbers, read
	heads      []string           // the words for what is asked for, folded
	aspect     Intent             // of a comparison: what is wanted of each side
	stated     []int              // the years written out in the question
	sides      []Interpretation   // the question about each subject alone
	ideal      float64            // the sparse score of a passage that holds each of the question's terms once; 0 where unknown
	asOf       corpus.Date        // judge what is in force on this day
	issuedFrom corpus.Date        // the documents asked for were issued on this day or later; zero: any day
	issuedTo   corpus.Date        // or on this day or before
	trick      bool               // it is an instruction to the program and no question
}

// Concept is one idea of the question and the words that can stand for it.
type Concept struct {
	Text   string  // the question's own word, folded
	Weight float64 // how much finding it tells, 0 to 1: rare words tell most
	Forms  []Form  // what stands for it, its own word first with weight 1

	figure *corpus.Figure // set where the idea is a quantity
	absent bool           // set where no text of the corpus has its own word
	head   bool           // it belongs to what the question asks for
	asks   WantSort       // set where the word only asks for a sort of fact: 比例, 上限
}

// Expansion is a word that was searched because the thesaurus relates it to one
// of the question's.
type Expansion struct {
	From, To string
	Weight   float64
}

// Subject is one side of a comparison.
type Subject struct {
	Name   string // as the question has it
	City   string // set where the subject is a city or province
	Year   int    // set where the side is told apart by its year
	Within string // the question about this side alone
}

// Want is a sort of fact that an answer must contain.
type Want struct {
	Sort WantSort
	Unit string // what is counted: 家, 个, 亿元; "" where the question leaves it open
}

// Want.Unit of a date: one from which a text is in force, one until which something
// lasts, one with its year, one with its day.
const (
	unitForce    = "施行"
	unitUntil    = "止"
	unitUntilDay = "止日"
	unitYear     = "年"
	unitDay      = "日"
)

// WantSort is the sort of a wanted fact.
type WantSort string

// The sorts of facts a question can ask for.
const (
	WantMoney    WantSort = "money"
	WantPercent  WantSort = "percent"
	WantCount    WantSort = "count"
	WantDuration WantSort = "duration"
	WantDate     WantSort = "date"
	WantCompute  WantSort = "compute"
	WantArea     WantSort = "area"
	WantFigure   WantSort = "figure" // any quantity
	WantPerson   WantSort = "person"
	WantPlace    WantSort = "place"
	WantPhone    WantSort = "phone"
	WantCode     WantSort = "code"  // a document's or registration's number
	WantTitle    WantSort = "title" // of a document, in 《》
	WantLimit    WantSort = "limit" // a bound: money or a share
)
