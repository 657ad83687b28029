// Package parse reads the bytes of a document, whatever their format, into
// blocks of text in reading order.
//
// The format is told by the content; the name only decides between formats of
// plain text. There is one file per format, and each parsing library is named in
// the file of its format and nowhere else. A parser reads and leaves repair to
// package clean: its blocks hold the text as the source has it.
//
// These formats are read:
//
//	plain text, Markdown  in any charset of China, and UTF-16
//	HTML, MHTML           the article of a page, not the site around it
//	PDF                   text in reading order with its pages (pdfium.go runs
//	                      PDFium in WebAssembly); pages that are pictures
//	                      through tesseract, where it is installed
//	DOCX, ODT             headings, numbers written out, tables, notes
//	XLSX, CSV             rows with the names of their columns
//	PPTX, EPUB            slides as pages; chapters in their order
//	ZIP                   of any of these, each document under its name
//	PNG, JPEG, TIFF, GIF  through tesseract
//	DOC, WPS, XLS, PPT,   through LibreOffice; DOC through antiword where only
//	RTF, ODS, ODP         that is installed
//
// A program that is absent is named, with its package, in the refusal.
//
// What a document may take is bounded: archives by number of members, size and
// ratio, XML by its depth, PDFs by memory, pages and time, pictures by the
// pixels they claim, programs outside by time. What goes beyond is refused with
// [CodeTooLarge], and the process is none the worse for it.
package parse

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"

	"policykb/corpus"
)

// Document is what a parser read.
type Document struct {
	Format   Format
	Charset  string // of formats of plain text: UTF-8, GB18030, …; "" elsewhere
	Pages    int    // 0 where the format has no pages
	Blocks   []Block
	Fields   []Field // what front matter, file properties and head tables say
	Warnings []string
	// Attachments are the files that a web page links to.
	Attachments []Attachment
}

// Field is one named value said about the document outside its running text.
// A list is several fields of one name.
type Field struct {
	Name  string // as the source has it: title, 发文字号, og:title
	Value string
	From  corpus.OriginKind // OriginFrontMatter or OriginProperties
}

// Block is a piece of the document that stands by itself: a heading, a
// paragraph or one line of it, a list item, a row of a table.
type Block struct {
	Kind Kind
	// Level is 1 to 6 of a heading, highest first, and the depth of a list item
	// from 1; 0 elsewhere.
	Level int
	// Text is valid UTF-8 without line ends. A row is written as a Markdown row.
	Text string
	// Mark is the number of code points at the start of Text that mark the block
	// in the source and are no words: "## ", "- ".
	Mark int
	// Cells are the cells of a row as they stand in Text.
	Cells []string
	// Header marks a row that names the columns of the rows after it.
	Header bool
	// Blank is the number of empty lines before a [Line].
	Blank int
	// Page counts from 1; 0 where the format has no pages.
	Page int
	// Offset is where Text begins in the decoded source, in code points; -1 in
	// formats where blocks are no stretches of a source text.
	Offset int
}

// Kind is the sort of a block.
type Kind int

// The kinds of blocks.
const (
	// Line is one line of a format that knows lines but no paragraphs (plain text,
	// a page of a PDF). Cleaning decides which lines make up a paragraph.
	Line      Kind = iota
	Paragraph      // a paragraph that the format marks as one
	Heading        // a heading that the format marks as one
	Item           // a list item, its mark included
	Row            // a row of a table
	Caption        // the words of a picture or the title of a table
	Contents       // a line of a table of contents
	Furniture      // page numbers, running heads, navigation: no part of the text
	Verbatim       // preformatted text, code
)

// String names the kind.
func (k Kind) String() string {
	names := [...]string{"line", "paragraph", "heading", "item", "row", "caption", "contents", "furniture", "verbatim"}
	if k < 0 || int(k) >= len(names) {
		return fmt.Sprintf("kind %d", int(k))
	}
	return names[k]
}

// Code says for a program why a document could not be read.
type Code string

// The codes.
const (
	CodeEmpty        Code = "empty"         // no bytes, or no text in them
	CodeUnsupported  Code = "unsupported"   // a format that no parser reads
	CodeEncrypted    Code = "encrypted"     // a password is needed
	CodeDamaged      Code = "damaged"       // not whole, or not as the format demands
	CodeTooLarge     Code = "too_large"     // more than a document can be
	CodeNeedsProgram Code = "needs_program" // a program outside is needed and absent
	CodeBinary       Code = "binary"        // called text, but not text
	CodeNoPage       Code = "no_page"       // of [ViewPage], [DrawPage]: no PDF, or it has fewer pages
)

// Error is a document that cannot be read. Trying again does not help.
type Error struct {
	Code   Code
	Detail string // for the person who added the document
}

// Error implements error.
func (e *Error) Error() string { return e.Detail }

func refuse(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}

// Parse reads a document. The name is what the sender called it; only its
// ending is looked at, and only where the content leaves several formats of
// plain text open. A document that cannot be read gives an *[Error]; any other
// error is of this machine or of the context, and may pass.
//
// Parse returns soon after ctx ends, whatever the document does.
func Parse(ctx context.Context, name string, data []byte) (doc Document, err error) {
	if len(data) == 0 {
		return Document{}, refuse(CodeEmpty, "the file is empty")
	}
	// Libraries that read hostile bytes may break on them; the process goes on.
	defer func() {
		if broken := recover(); broken != nil {
			slog.Error("a parser broke on a document", "panic", broken, "stack", string(debug.Stack()))
			doc, err = Document{}, refuse(CodeDamaged, "the file is damaged in a way that broke its parser")
		}
	}()
	format, text := detect(name, data)
	if format == FormatText && text.err == nil {
		doc = textDocument(text)
	} else {
		doc, err = parserOf(format)(ctx, name, data)
	}
	if ended := ctx.Err(); ended != nil {
		return Document{}, ended // what was read may be cut short
	}
	if err != nil {
		return Document{}, err
	}
	if !doc.hasText() {
		return Document{}, refuse(CodeEmpty, "the file holds no text")
	}
	return doc, nil
}

// parser reads one format.
type parser func(ctx context.Context, name string, data []byte) (Document, error)

// parserOf gives the parser of a format.
func parserOf(format Format) parser {
	switch format {
	case FormatText:
		return parseText
	case FormatMarkdown:
		return parseMarkdown
	case FormatHTML:
		return parseHTML
	case FormatMHTML:
		return parseMHTML
	case FormatPDF:
		return parsePDF
	case FormatDOCX:
		return parseDOCX
	case FormatODT:
		return parseODT
	case FormatXLSX:
		return parseXLSX
	case FormatCSV:
		return parseCSV
	case FormatPPTX:
		return parsePPTX
	case FormatEPUB:
		return parseEPUB
	case FormatZIP:
		return parseZIP
	case FormatImage:
		return parseImage
	case FormatOLE:
		return parseOLE
	case FormatRTF:
		return parseRTF
	case FormatOpen:
		return parseOpen
	}
	return func(context.Context, string, []byte) (Document, error) {
		return Document{}, refuse(CodeUnsupported, "the content is %s, which is not read here", format)
	}
}

// hasText reports whether any block that is part of the text has a letter or digit.
func (d Document) hasText() bool {
	for _, b := range d.Blocks {
		if b.Kind != Furniture && hasWord(b.Text) {
			return true
		}
	}
	return false
}
