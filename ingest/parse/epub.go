package parse

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"policykb/corpus"
)

// mostChapter is the most that one chapter of a book unpacks to.
const mostChapter = 32 << 20

// parseEPUB reads a book: its chapters in the order of its spine.
func parseEPUB(ctx context.Context, _ string, data []byte) (Document, error) {
	a, err := openArchive(data)
	if err != nil {
		return Document{}, err
	}
	if err := a.locked(ctx); err != nil {
		return Document{}, err
	}
	opf := ""
	err = a.walk(ctx, "META-INF/container.xml", func(x *xmlReader, _ element) error {
		var see func(e element) error
		see = func(e element) error {
			if e.Name.Local == "rootfile" && opf == "" {
				opf = attr(e, "full-path")
			}
			return x.children(see)
		}
		return x.children(see)
	})
	if err != nil {
		return Document{}, err
	}
	doc := Document{Format: FormatEPUB}
	type item struct{ href, kind, properties string }
	items := make(map[string]item)
	var spine []string
	err = a.walk(ctx, opf, func(x *xmlReader, _ element) error {
		return x.children(func(e element) error {
			section := e.Name.Local
			return x.children(func(e element) error {
				switch section {
				case "metadata":
					name := e.Name.Local
					value, err := x.words()
					if value = strings.TrimSpace(value); value != "" {
						switch name {
						case "title", "creator", "publisher", "date", "language", "subject":
							doc.Fields = append(doc.Fields, Field{Name: name, Value: value, From: corpus.OriginProperties})
						}
					}
					return err
				case "manifest":
					items[attr(e, "id")] = item{attr(e, "href"), attr(e, "media-type"), attr(e, "properties")}
				case "spine":
					spine = append(spine, attr(e, "idref"))
				}
				return nil
			})
		})
	})
	if err != nil {
		return Document{}, err
	}
	read := make(map[string]bool)
	for _, id := range spine {
		it := items[id]
		href, err := url.PathUnescape(it.href)
		if err != nil {
			href = it.href
		}
		name := path.Join(path.Dir(opf), href)
		if read[name] || strings.Contains(it.properties, "nav") || !strings.Contains(it.kind, "html") {
			continue
		}
		read[name] = true
		if !a.has(name) {
			doc.Warnings = append(doc.Warnings, fmt.Sprintf("the book lacks its part %s", name))
			continue
		}
		chapter, err := readMember(ctx, a.members[name], mostChapter)
		if err != nil {
			return Document{}, err
		}
		blocks, err := chapterBlocks(chapter)
		if err != nil {
			return Document{}, fmt.Errorf("%s: %w", name, err)
		}
		doc.Blocks = append(doc.Blocks, blocks...)
	}
	return doc, nil
}

// locked refuses a book whose text is encrypted. Fonts may be.
func (a *archive) locked(ctx context.Context) error {
	const part = "META-INF/encryption.xml"
	if !a.has(part) {
		return nil
	}
	return a.walk(ctx, part, func(x *xmlReader, _ element) error {
		var see func(e element) error
		see = func(e element) error {
			if e.Name.Local == "EncryptionMethod" {
				if how := attr(e, "Algorithm"); strings.Contains(how, "xmlenc") {
					return refuse(CodeEncrypted, "the book is protected against copying")
				}
			}
			return x.children(see)
		}
		return x.children(see)
	})
}

// chapterBlocks reads a page that is text throughout, without a site around it.
func chapterBlocks(data []byte) ([]Block, error) {
	text, _, err := decode(data, declaredCharset(data))
	if err != nil {
		return nil, err
	}
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		return nil, refuse(CodeTooLarge, "a page nests its elements too deep to be read (%v)", err)
	}
	strip(root)
	body := find(root, atom.Body)
	if body == nil {
		return nil, nil
	}
	var w htmlWriter
	w.children(body, place{})
	w.flush(place{})
	return w.blocks, nil
}
