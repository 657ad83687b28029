package ingest

import (
	"fmt"
	"net/url"

	"policykb/ingest/parse"
)

// offered names the attachments of a page as further sources, by addresses that
// can be added. The page was had from source; without that a relative address
// leads nowhere and is left out.
func offered(attachments []parse.Attachment, source string) (warnings []string) {
	page, err := url.Parse(source)
	if err != nil {
		page = new(url.URL)
	}
	for _, a := range attachments {
		u, err := page.Parse(a.Address)
		if err != nil || u.Host == "" {
			continue
		}
		warnings = append(warnings, fmt.Sprintf("the page has an attachment that is no part of it, “%s”; to have it too, add %s", a.Title, u))
	}
	return warnings
}
