package parse

import (
	"net/url"
	"path"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Attachment is a file that a page links to: 附件1：申报表.docx.
type Attachment struct {
	Title   string // the words of the link
	Address string // as the page has it, often relative
}

// mostAttachments is how many of a page are named; a page of more is a list of downloads.
const mostAttachments = 50

// attachmentsOf finds the links of a page to files that can be read as documents
// of their own, each address once.
func attachmentsOf(root *html.Node) (all []Attachment) {
	seen := make(map[string]bool)
	for n := range root.Descendants() {
		if n.DataAtom != atom.A || len(all) == mostAttachments {
			continue
		}
		address := strings.TrimSpace(attribute(n, "href"))
		if seen[address] || !leadsToFile(address) {
			continue
		}
		seen[address] = true
		title := strings.Join(strings.Fields(textOf(n)), " ")
		if title == "" {
			title = path.Base(address)
		}
		all = append(all, Attachment{Title: title, Address: address})
	}
	return all
}

// leadsToFile reports whether an address ends as documents do.
func leadsToFile(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	switch strings.ToLower(path.Ext(u.Path)) {
	case ".pdf", ".doc", ".docx", ".wps", ".rtf", ".odt", ".xls", ".xlsx", ".et", ".csv", ".ods", ".ppt", ".pptx", ".odp", ".zip", ".epub", ".txt":
		return true
	}
	return false
}
