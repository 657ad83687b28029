package api

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/labstack/echo/v4"
)

// docsFiles are the page that shows the specification.
//
//go:embed docs
var docsFiles embed.FS

// docsPage is the specification as people read it.
type docsPage struct {
	Title, Version string
	About          []string
	Groups         []docsGroup
	Schemas        []docsSchema
}

// docsGroup is the operations of one tag.
type docsGroup struct {
	Name, About string
	Operations  []docsOperation
}

// docsOperation is one operation.
type docsOperation struct {
	ID, Method, Path, Summary string
	Role                      Role
	About                     []string
	Parameters                []docsParameter
	Bodies                    []docsBody
	Responses                 []docsResponse
}

// docsParameter is one parameter of an operation.
type docsParameter struct{ Name, Kind, About string }

// docsBody is a body in one media type.
type docsBody struct {
	MediaType, Schema string
	Examples          []string
}

// docsResponse is one response of an operation.
type docsResponse struct {
	Status, About string
	Bodies        []docsBody
}

// docsSchema is one named schema.
type docsSchema struct{ Name, About, Schema string }

// registerDocs adds the page at /docs. It is made once, from the specification.
func (v *validator) registerDocs(e *echo.Echo) error {
	page, err := v.docs()
	if err != nil {
		return err
	}
	sheet, err := docsFiles.ReadFile("docs/docs.css")
	if err != nil {
		return fmt.Errorf("read the page of the specification: %w", err)
	}
	e.GET("/docs", func(c echo.Context) error { return c.HTMLBlob(http.StatusOK, page) })
	e.GET("/docs/docs.css", func(c echo.Context) error {
		return c.Blob(http.StatusOK, "text/css; charset=utf-8", sheet)
	})
	return nil
}

// docs writes the page.
func (v *validator) docs() ([]byte, error) {
	page := docsPage{Title: v.spec.Info.Title, Version: v.spec.Info.Version, About: paragraphs(v.spec.Info.Description)}
	for _, tag := range v.spec.Tags {
		group := docsGroup{Name: tag.Name, About: tag.Description}
		for _, path := range v.spec.Paths.InMatchingOrder() {
			for method, operation := range v.spec.Paths.Value(path).Operations() {
				if slices.Contains(operation.Tags, tag.Name) {
					group.Operations = append(group.Operations, v.docsOperation(method, path, operation))
				}
			}
		}
		slices.SortFunc(group.Operations, func(a, b docsOperation) int {
			return strings.Compare(a.Path+a.Method, b.Path+b.Method)
		})
		page.Groups = append(page.Groups, group)
	}
	for name, schema := range v.spec.Components.Schemas {
		page.Schemas = append(page.Schemas, docsSchema{name, schema.Value.Description, indented(schema.Value)})
	}
	slices.SortFunc(page.Schemas, func(a, b docsSchema) int { return strings.Compare(a.Name, b.Name) })
	sheet, err := template.ParseFS(docsFiles, "docs/docs.html")
	if err != nil {
		return nil, fmt.Errorf("read the page of the specification: %w", err)
	}
	var out bytes.Buffer
	if err := sheet.Execute(&out, page); err != nil {
		return nil, fmt.Errorf("write the page of the specification: %w", err)
	}
	return out.Bytes(), nil
}

// docsOperation describes one operation.
func (v *validator) docsOperation(method, path string, operation *openapi3.Operation) docsOperation {
	described := docsOperation{
		ID: operation.OperationID, Method: method, Path: path, Summary: operation.Summary,
		Role: v.roleFor(method, echoPath.Replace(path)), About: paragraphs(operation.Description),
	}
	for _, parameters := range []openapi3.Parameters{v.spec.Paths.Value(path).Parameters, operation.Parameters} {
		for _, p := range parameters {
			described.Parameters = append(described.Parameters, docsParameter{p.Value.Name, p.Value.In, p.Value.Description})
		}
	}
	if operation.RequestBody != nil {
		described.Bodies = docsBodies(operation.RequestBody.Value.Content)
	}
	for status, response := range operation.Responses.Map() {
		about := ""
		if response.Value.Description != nil {
			about = *response.Value.Description
		}
		described.Responses = append(described.Responses, docsResponse{status, about, docsBodies(response.Value.Content)})
	}
	slices.SortFunc(described.Responses, func(a, b docsResponse) int { return strings.Compare(a.Status, b.Status) })
	return described
}

// docsBodies describes bodies by their media types.
func docsBodies(content openapi3.Content) []docsBody {
	var bodies []docsBody
	for kind, media := range content {
		body := docsBody{MediaType: kind}
		if media.Schema != nil {
			body.Schema = indented(media.Schema)
		}
		if media.Example != nil {
			body.Examples = append(body.Examples, indented(media.Example))
		}
		for _, example := range media.Examples {
			body.Examples = append(body.Examples, indented(example.Value.Value))
		}
		slices.Sort(body.Examples)
		bodies = append(bodies, body)
	}
	slices.SortFunc(bodies, func(a, b docsBody) int { return strings.Compare(a.MediaType, b.MediaType) })
	return bodies
}

// paragraphs cuts a description where a line is empty. Marks of emphasis go.
func paragraphs(text string) []string {
	return strings.Split(strings.ReplaceAll(strings.TrimSpace(text), "**", ""), "\n\n")
}

// indented writes a value as JSON for reading.
func indented(value any) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		return err.Error()
	}
	return strings.TrimSpace(out.String())
}
