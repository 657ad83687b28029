package api

import (
	"crypto/sha256"
	"embed"
	"fmt"
	"io/fs"
	"net/http"

	"github.com/labstack/echo/v4"
)

// web is the page: plain HTML, CSS and ES modules.
//
//go:embed web
var web embed.FS

// assetsPath is where the page's own files are found.
const assetsPath = "/assets/*"

// page serves the page for people.
type page struct {
	files fs.FS
	index []byte
	tag   string // changes when any file of the page does
}

// newPage reads the embedded files.
func newPage() (*page, error) {
	files, err := fs.Sub(web, "web")
	if err != nil {
		return nil, err
	}
	index, err := fs.ReadFile(files, "index.html")
	if err != nil {
		return nil, fmt.Errorf("read the page: %w", err)
	}
	hash := sha256.New()
	err = fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, path)
		fmt.Fprintf(hash, "%s %d\n", path, len(data))
		hash.Write(data)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the page: %w", err)
	}
	return &page{files, index, fmt.Sprintf(`"%x"`, hash.Sum(nil)[:16])}, nil
}

// register adds the page's routes. One HTML file serves every address of the
// page; its modules read the address and show what belongs there.
func (p *page) register(e *echo.Echo) {
	html := func(c echo.Context) error {
		c.Response().Header().Set("Cache-Control", "no-cache")
		return c.HTMLBlob(http.StatusOK, p.index)
	}
	for _, address := range []string{"/", "/documents", "/documents/:id", "/overview", "/trace"} {
		e.GET(address, html)
	}
	assets := http.StripPrefix("/assets/", http.FileServerFS(p.files))
	e.GET(assetsPath, func(c echo.Context) error {
		if name := c.Param("*"); name == "" || !fs.ValidPath(name) {
			return echo.ErrNotFound
		} else if info, err := fs.Stat(p.files, name); err != nil || info.IsDir() {
			return echo.ErrNotFound
		}
		h := c.Response().Header()
		h.Set("ETag", p.tag)
		h.Set("Cache-Control", "no-cache") // asked again each time, sent again only when changed
		assets.ServeHTTP(c.Response(), c.Request())
		return nil
	})
}
