package parse

import (
	"archive/zip"
	"bytes"
	"path"
	"strings"
)

// Format is a file format, written as it is named to people.
type Format string

// The formats that are told apart.
const (
	FormatText     Format = "plain text"
	FormatMarkdown Format = "Markdown"
	FormatHTML     Format = "HTML"
	FormatPDF      Format = "PDF"
	FormatDOCX     Format = "a Word document (DOCX)"
	FormatCSV      Format = "a table of separated values (CSV)"
	FormatXLSX     Format = "an Excel workbook (XLSX)"
	FormatODT      Format = "an OpenDocument text (ODT)"
	FormatPPTX     Format = "a PowerPoint presentation (PPTX)"
	FormatOpen     Format = "an OpenDocument spreadsheet or presentation"
	FormatOLE      Format = "a Word, Excel or PowerPoint file of before 2007"
	FormatRTF      Format = "rich text (RTF)"
	FormatEPUB     Format = "a book (EPUB)"
	FormatMHTML    Format = "a saved web page (MHTML)"
	FormatZIP      Format = "a ZIP archive"
	FormatImage    Format = "a picture"
)

// signatures are the first bytes of formats that are not plain text.
var signatures = []struct {
	prefix string
	format Format
}{
	{"%PDF-", FormatPDF},
	{"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", FormatOLE},
	{"{\\rtf", FormatRTF},
	{"\x89PNG\r\n\x1a\n", FormatImage},
	{"\xFF\xD8\xFF", FormatImage},
	{"GIF8", FormatImage},
	{"II*\x00", FormatImage},
	{"MM\x00*", FormatImage},
}

// Detect tells the format of a document by its content. The ending of its name
// only decides between formats of plain text where the content fits several.
func Detect(name string, data []byte) Format {
	format, _ := detect(name, data)
	return format
}

// detect is [Detect] that also returns the text of a document that it had to decode
// to tell: that of every [FormatText].
func detect(name string, data []byte) (Format, decoded) {
	for _, s := range signatures {
		if bytes.HasPrefix(data, []byte(s.prefix)) {
			return s.format, decoded{}
		}
	}
	// Some programs put a few bytes before the header of a PDF.
	if head := data[:min(len(data), 1024)]; bytes.Contains(head, []byte("%PDF-")) && bytes.IndexByte(head, 0) >= 0 {
		return FormatPDF, decoded{}
	}
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) || bytes.HasPrefix(data, []byte("PK\x05\x06")) {
		return packaged(data), decoded{}
	}
	if looksHTML(data) {
		return FormatHTML, decoded{}
	}
	if looksMHTML(data) {
		return FormatMHTML, decoded{}
	}
	table := false
	switch strings.ToLower(path.Ext(name)) {
	case ".md", ".markdown", ".mdown":
		return FormatMarkdown, decoded{}
	case ".csv", ".tsv":
		table = true
	}
	text := decodePlain(data)
	switch {
	case text.err != nil:
	case looksMarkdown(text.string):
		return FormatMarkdown, text
	case looksCSV(text.string, table):
		return FormatCSV, text
	}
	return FormatText, text
}

// packaged tells which kind of document a ZIP archive is, by the names of its
// members.
func packaged(data []byte) Format {
	switch kind := firstMember(data); {
	case strings.HasPrefix(kind, "application/vnd.oasis.opendocument.text"):
		return FormatODT
	case strings.HasPrefix(kind, "application/vnd.oasis.opendocument."):
		return FormatOpen
	case strings.HasPrefix(kind, "application/epub+zip"):
		return FormatEPUB
	}
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return FormatZIP // whose parser says what is wrong
	}
	for _, f := range r.File {
		switch f.Name {
		case "word/document.xml":
			return FormatDOCX
		case "xl/workbook.xml":
			return FormatXLSX
		case "ppt/presentation.xml":
			return FormatPPTX
		case "META-INF/container.xml":
			return FormatEPUB
		}
	}
	return FormatZIP
}

// looksHTML reports whether the text begins as a page does. The tags are ASCII in
// every charset of the web but UTF-16, so NULs are dropped first.
func looksHTML(data []byte) bool {
	head := bytes.TrimLeft(data[:min(len(data), 2048)], "\x00\xef\xbb\xbf\xff\xfe \t\r\n")
	if !bytes.HasPrefix(head, []byte("<")) {
		return false
	}
	head = bytes.ToLower(bytes.ReplaceAll(head, []byte{0}, nil))
	for {
		if !bytes.HasPrefix(head, []byte("<!--")) && !bytes.HasPrefix(head, []byte("<?xml")) {
			break
		}
		end := bytes.IndexByte(head, '>')
		if end < 0 {
			return false
		}
		// Markdown may hold a comment too: what follows it decides.
		head = bytes.TrimLeft(head[end+1:], " \t\r\n")
	}
	for _, tag := range []string{"<!doctype html", "<html", "<head", "<body", "<meta", "<title", "<div", "<table", "<p>", "<p ", "<article", "<h1"} {
		if bytes.HasPrefix(head, []byte(tag)) {
			return true
		}
	}
	return false
}

// looksMarkdown reports whether a text uses the marks of Markdown: front matter, a
// heading line with # and a space, or the line that divides a table's header
// from its rows.
func looksMarkdown(text string) bool {
	text = strings.TrimPrefix(text, "\ufeff")
	if fm, _ := frontMatter(text); fm != "" {
		return true
	}
	headings := 0
	for line := range strings.Lines(text[:min(len(text), 1<<16)]) {
		line = strings.TrimSpace(line)
		if isTableRule(line) {
			return true
		}
		if level := headingLevel(line); level > 0 {
			headings++
		}
	}
	return headings >= 2
}
