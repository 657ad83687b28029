// Package corpus says what a policy document is.
//
// A [Document] is what an analyst added: a plan, a measure, a notice of one
// city. It changes over time, so its words live in numbered versions. Each
// [Version] has one canonical text, and everything that is ever quoted is a
// [Span] of that text: the invariant of the whole program is
//
//	quote == text[span.Start:span.End]   (in code points)
//
// A version is cut into [Passage] values, the units that retrieval finds and
// answers cite. The [Catalogue] keeps all of these and is the truth: every
// index is derived from it.
//
// The package also holds what one must know of the world to read policies:
// the [Gazetteer] of cities with all their names, and the ways in which
// Chinese official writing puts dates, quantities and document numbers
// (发文字号).
package corpus

import (
	"time"
	"unicode/utf8"
)

// DocumentID names a document for as long as the knowledge base lives. Opaque.
type DocumentID string

// PassageID names one passage of one version of a document. Opaque.
type PassageID string

// Span is a half-open range of code points in a version's canonical text.
type Span struct {
	Start int `json:"start"`
	End   int `json:"end"`
}

// Len returns the number of code points in the span.
func (s Span) Len() int { return s.End - s.Start }

// Contains reports whether t lies within s.
func (s Span) Contains(t Span) bool { return s.Start <= t.Start && t.End <= s.End }

// Overlaps reports whether s and t share at least one code point.
func (s Span) Overlaps(t Span) bool { return s.Start < t.End && t.Start < s.End }

// Shift returns the span moved by n code points.
func (s Span) Shift(n int) Span { return Span{s.Start + n, s.End + n} }

// Of returns the text that the span marks, or "" where it does not lie in text.
func (s Span) Of(text string) string {
	if s.Start < 0 || s.End < s.Start {
		return ""
	}
	from, ok := byteOffset(text, 0, s.Start)
	if !ok {
		return ""
	}
	to, ok := byteOffset(text, from, s.Len())
	if !ok {
		return ""
	}
	return text[from:to]
}

// byteOffset walks n code points from the byte offset from.
func byteOffset(text string, from, n int) (int, bool) {
	for ; n > 0; n-- {
		if from >= len(text) {
			return 0, false
		}
		_, size := utf8.DecodeRuneInString(text[from:])
		from += size
	}
	return from, true
}

// Kind is the sort of a document.
type Kind string

// The kinds of policy documents, with the words that mark them in a title.
const (
	KindUnknown        Kind = ""
	KindRegulation     Kind = "regulation"     // 条例, 规定, 法
	KindMeasures       Kind = "measures"       // 办法, 措施, 细则
	KindPlan           Kind = "plan"           // 规划, 方案, 计划
	KindOpinion        Kind = "opinion"        // 意见
	KindNotice         Kind = "notice"         // 通知, 公告, 通告
	KindGuide          Kind = "guide"          // 指南, 申报, 办事卡片
	KindInterpretation Kind = "interpretation" // 解读
	KindNews           Kind = "news"           // 新闻, 报道
	KindDigest         Kind = "digest"         // 汇总, 摘编; the starter corpus
	KindReport         Kind = "report"         // 报告, 白皮书, case studies
)

// Kinds lists every known kind.
var Kinds = []Kind{KindRegulation, KindMeasures, KindPlan, KindOpinion, KindNotice, KindGuide, KindInterpretation, KindNews, KindDigest, KindReport}

// Status says whether a document is law today.
type Status string

// The states of a document, in the order of its life.
const (
	StatusUnknown Status = ""
	StatusDraft   Status = "draft"    // 征求意见稿, 草案
	StatusInForce Status = "in_force" // 施行中
	StatusExpired Status = "expired"  // 有效期届满
	StatusRepeal  Status = "repealed" // 已废止
)

// Statuses lists every known status.
var Statuses = []Status{StatusDraft, StatusInForce, StatusExpired, StatusRepeal}

// Metadata is what the head of a document says about it. Zero values mean that
// nothing is known.
type Metadata struct {
	Title         string   `json:"title"`
	City          string   `json:"city"`     // the gazetteer's short name: 成都; a province's for provincial texts: 浙江; 全国 for national ones
	District      string   `json:"district"` // 黄埔区
	Issuer        string   `json:"issuer"`   // joint issuers are joined by 、
	DocNumber     string   `json:"doc_number"`
	IssuedOn      Date     `json:"issued_on"`
	EffectiveFrom Date     `json:"effective_from"`
	EffectiveTo   Date     `json:"effective_to"` // the last day in force
	Kind          Kind     `json:"kind"`
	Status        Status   `json:"status"`
	SourceURL     string   `json:"source_url"`
	Language      string   `json:"language"` // BCP 47: zh, zh-Hant, en
	Tags          []string `json:"tags"`
}

// Origin says where a metadata value came from.
type Origin struct {
	From OriginKind `json:"from"`
	Span *Span      `json:"span,omitempty"` // set when it was read in the canonical text
}

// OriginKind is the sort of place a metadata value was read in, strongest first.
type OriginKind string

// The places metadata is taken from. What is given wins over what is detected.
const (
	OriginGiven       OriginKind = "given"
	OriginFrontMatter OriginKind = "front_matter"
	OriginText        OriginKind = "text"
	OriginProperties  OriginKind = "properties" // of the PDF, Word or HTML file
	OriginFileName    OriginKind = "file_name"
	OriginRepeal      OriginKind = "repeal" // said by the document that repeals this one
)

// Document is a document as the catalogue lists it, described by its current version.
type Document struct {
	ID         DocumentID        `json:"id"`
	Version    int               `json:"version"` // the current one, from 1
	Metadata   Metadata          `json:"metadata"`
	Origins    map[string]Origin `json:"origins"` // by metadata field name
	Supersedes DocumentID        `json:"supersedes,omitempty"`
	Superseded DocumentID        `json:"superseded_by,omitempty"`
	Resembles  []Resemblance     `json:"resembles,omitempty"` // most alike first
	Original   Original          `json:"original"`
	TextHash   string            `json:"text_hash"`  // SHA-256 of the canonical text, hex
	Characters int               `json:"characters"` // code points of the canonical text
	Passages   int               `json:"passages"`
	CreatedAt  time.Time         `json:"created_at"`
	UpdatedAt  time.Time         `json:"updated_at"`
}

// Original names the bytes that a version was read from, as they came in.
type Original struct {
	Hash      string `json:"hash"` // SHA-256, hex; the name of the file in [Originals]
	Name      string `json:"name"` // as the sender called it; never used as a path
	MediaType string `json:"media_type"`
	Size      int64  `json:"size"` // bytes
}

// Version is one state of a document, whole: its text, outline and passages.
type Version struct {
	Document DocumentID
	Number   int // given by the catalogue, from 1
	Metadata Metadata
	Origins  map[string]Origin
	Original Original
	Text     string // canonical: UTF-8, NFC, line ends \n
	Outline  []Section
	Passages []Passage
	// Bands are what this text has in part in common with those that are nearly the
	// same; a catalogue does not give them back. See [Resemblances].
	Bands     []uint64
	Repeals   []Repeal // older texts that this one says it repeals
	CreatedAt time.Time
}

// Section is one heading of a version's outline and the text under it. Sections
// nest by Level and come in the order of the text.
type Section struct {
	Level   int    `json:"level"`   // 1 is the highest
	Label   string `json:"label"`   // the mark of the division: 第二章, 第五条, （一）, or ""
	Title   string `json:"title"`   // the heading's words without the label
	Heading Span   `json:"heading"` // the heading as it stands in the text
	Body    Span   `json:"body"`    // from the heading's start to the end of the section
	Page    int    `json:"page,omitempty"`
}

// PassageKind is the sort of text a passage holds.
type PassageKind string

// The kinds of passages.
const (
	PassageProse PassageKind = "prose"
	PassageTable PassageKind = "table" // rows of one table
)

// Passage is the unit that retrieval finds: whole sentences, one article or some
// rows of a table, never across sections. Text is exactly the version's text at Span.
type Passage struct {
	ID          PassageID   `json:"passage_id"`
	Document    DocumentID  `json:"document_id"`
	Version     int         `json:"version"`
	Ordinal     int         `json:"ordinal"` // position among the version's passages, from 0
	Kind        PassageKind `json:"kind"`
	Span        Span        `json:"span"`
	Text        string      `json:"text"`
	HeadingPath []string    `json:"heading_path"` // headings from the top down, as written
	Header      string      `json:"header"`       // a table's caption and header row where they stand outside Span
	Page        int         `json:"page"`         // on which it begins, from 1; 0 where the format has no pages
	Turns       []PageTurn  `json:"turns,omitempty"`
}

// PageTurn says that a page begins within a passage.
type PageTurn struct {
	At   int `json:"at"` // the code point of the text from which on Page holds
	Page int `json:"page"`
}

// PageAt returns the page on which a code point of the passage stands, 0 where the
// format has no pages.
func (p Passage) PageAt(at int) int {
	page := p.Page
	for _, turn := range p.Turns {
		if turn.At <= at {
			page = turn.Page
		}
	}
	return page
}
