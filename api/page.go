package api

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"

	"github.com/labstack/echo/v4"
)

// web is the page: plain HTML, CSS and ES modules.
//
//go:embed web
var web embed.FS

// assetsPath is where the page's own files are found.
const assetsPath = "/assets/*"

// views are the addresses of the page with the modules that draw what is there,
// which the browser is told to fetch before main.js asks for them.
var views = map[string][]string{
	"/":              {"ask.js"},
	asked:            {"ask.js", "conversation.js"},
	"/documents":     {"documents.js"},
	"/documents/:id": {"reader.js"},
	"/overview":      {"overview.js"},
	"/trace":         {"trace.js"},
}

// asked is the first view with a question in its address.
const asked = "/?q"

// page serves the page for people.
type page struct {
	files            fs.FS
	tag              string            // changes when any file of the page does
	chinese, english map[string][]byte // the HTML of each view, for readers of either language
}

// newPage reads the embedded files.
func newPage() (*page, error) {
	files, err := fs.Sub(web, "web")
	if err != nil {
		return nil, err
	}
	p := &page{files: files, chinese: make(map[string][]byte), english: make(map[string][]byte)}
	hash := sha256.New()
	modules := make(map[string][]byte)
	err = fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, name)
		fmt.Fprintf(hash, "%s %d\n", name, len(data))
		hash.Write(data)
		if path.Ext(name) == ".js" {
			modules[path.Base(name)] = data
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the page: %w", err)
	}
	p.tag = fmt.Sprintf("%x", hash.Sum(nil)[:12])
	index, err := fs.ReadFile(files, "index.html")
	if err != nil {
		return nil, fmt.Errorf("read the page: %w", err)
	}
	for address, begins := range views {
		told := preloads(modules, append([]string{"main.js"}, begins...)...)
		p.chinese[address] = p.document(index, address == "/", told)
		p.english[address] = bytes.Replace(p.document(index, false, told), []byte(`lang="zh-Hans"`), []byte(`lang="en" data-untold`), 1)
	}
	return p, nil
}

// shown is what the page shows before its modules have come: the box of questions.
var shown = regexp.MustCompile(`(?s)(<main[^>]*>).*(</main>)`)

// document makes the HTML of a view. Its files are named with the tag, so that
// browsers keep them for as long as they are the same.
func (p *page) document(index []byte, first bool, preloads string) []byte {
	if !first {
		index = shown.ReplaceAll(index, []byte("$1$2"))
	}
	index = bytes.Replace(index, []byte("</head>"), []byte(preloads+"</head>"), 1)
	return bytes.ReplaceAll(index, []byte(`"/assets/`), []byte(`"/assets/`+p.tag+"/"))
}

// imported finds the modules that a module begins with.
var imported = regexp.MustCompile(`(?m)^import .* from '\./([^']+)';$`)

// preloads are links to the modules and all that they import, so that none is
// found out only when another has come.
func preloads(modules map[string][]byte, names ...string) string {
	var links strings.Builder
	seen := make(map[string]bool)
	for len(names) > 0 {
		name := names[0]
		names = names[1:]
		if seen[name] {
			continue
		}
		seen[name] = true
		fmt.Fprintf(&links, "<link rel=\"modulepreload\" href=\"/assets/js/%s\">\n", name)
		for _, match := range imported.FindAllSubmatch(modules[name], -1) {
			names = append(names, string(match[1]))
		}
	}
	return links.String()
}

// languageCookie says en where the reader has chosen English.
const languageCookie = "policykb-language"

// register adds the page's routes. One HTML file serves every address of the
// page; its modules read the address and show what belongs there. To readers of
// English it shows nothing before they have put their words into it.
func (p *page) register(e *echo.Echo) {
	for address := range views {
		if address == asked {
			continue
		}
		e.GET(address, func(c echo.Context) error {
			html := p.chinese
			if chosen, err := c.Cookie(languageCookie); err == nil && chosen.Value == "en" {
				html = p.english
			}
			h := c.Response().Header()
			h.Set("Cache-Control", "no-cache")
			h.Add(echo.HeaderVary, "Cookie")
			if address == "/" && c.QueryParam("q") != "" {
				return c.HTMLBlob(http.StatusOK, html[asked])
			}
			return c.HTMLBlob(http.StatusOK, html[address])
		})
	}
	e.GET(assetsPath, func(c echo.Context) error {
		name, tagged := strings.CutPrefix(c.Param("*"), p.tag+"/")
		if name == "" || !fs.ValidPath(name) {
			return echo.ErrNotFound
		} else if info, err := fs.Stat(p.files, name); err != nil || info.IsDir() {
			return echo.ErrNotFound
		}
		h := c.Response().Header()
		h.Set("ETag", `"`+p.tag+`"`)
		if tagged {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		} else {
			h.Set("Cache-Control", "no-cache") // asked again each time, sent again only when changed
		}
		http.ServeFileFS(c.Response(), c.Request(), p.files, name)
		return nil
	})
}
