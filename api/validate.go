package api

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/labstack/echo/v4"
)

// specification is openapi.yaml: the source that the types and the routes of
// this package are generated from, and that requests are checked against.
//
//go:embed openapi.yaml
var specification []byte

// Limits of a request's body in bytes.
const (
	maxBody   = 1 << 20
	maxSource = 64 << 20 // of a document's text or an upload
)

// validator checks requests against the specification.
type validator struct {
	routes  map[string]*routers.Route // by method and echo's path
	roles   map[string]Role           // likewise; absent where a route is open to all
	options *openapi3filter.Options
	schemas openapi3.Schemas
	spec    *openapi3.T
}

// echoPath turns a path of the specification into one of echo's.
var echoPath = strings.NewReplacer("{", ":", "}", "")

// newValidator reads the specification.
func newValidator() (*validator, error) {
	spec, err := openapi3.NewLoader().LoadFromData(specification)
	if err != nil {
		return nil, fmt.Errorf("read the specification: %w", err)
	}
	v := &validator{
		routes:  make(map[string]*routers.Route),
		roles:   make(map[string]Role),
		options: &openapi3filter.Options{MultiError: true, KeepValidatedValue: true},
		schemas: spec.Components.Schemas,
		spec:    spec,
	}
	// For 3.1 kin-openapi compiles schemas anew with every request, and then judges
	// by its own rules all the same, which know what we use of 3.1.
	quick := *spec
	quick.OpenAPI = "3.0.3"
	for path, item := range spec.Paths.Map() {
		for method, operation := range item.Operations() {
			route := method + " " + echoPath.Replace(path)
			if role, ok := operation.Extensions["x-role"].(string); ok {
				v.roles[route] = Role(role)
			} else if operation.Security == nil {
				v.roles[route] = RoleReader
			}
			checked := *operation
			checked.Security = &openapi3.SecurityRequirements{} // keys are checked before, without reading the body
			v.routes[route] = &routers.Route{Spec: &quick, Path: path, PathItem: item, Method: method, Operation: &checked}
		}
	}
	return v, nil
}

// operation names what a route does, "" where the specification does not say.
func (v *validator) operation(method, path string) string {
	if path == mcpPath {
		return mcpPath
	}
	if route, ok := v.routes[method+" "+path]; ok {
		return route.Operation.OperationID
	}
	return ""
}

// roleFor is the role that a route needs, "" for one that is open to all.
func (v *validator) roleFor(method, path string) Role {
	if path == mcpPath {
		return RoleReader
	}
	return v.roles[method+" "+path]
}

// middleware refuses what the specification does not allow. Requests for what is
// not in the specification, which is the page, pass.
func (v *validator) middleware(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		route, ok := v.routes[r.Method+" "+c.Path()]
		if !ok {
			return next(c)
		}
		if err := checkQuery(r, route); err != nil {
			return err
		}
		options := *v.options
		if body := route.Operation.RequestBody; body == nil {
			options.ExcludeRequestBody = true
		} else {
			isJSON, err := prepareBody(r, c.Response(), body.Value)
			if err != nil {
				return err
			}
			options.ExcludeRequestBody = !isJSON // uploads are read as a stream
		}
		path := make(map[string]string)
		for i, name := range c.ParamNames() {
			path[name] = c.ParamValues()[i]
		}
		err := openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
			Request: r, PathParams: path, Route: route, Options: &options,
		})
		if err != nil {
			return refuseFields(fieldErrors(err)...)
		}
		return next(c)
	}
}

// prepareBody checks what can be told of a body without its schema: its kind, its
// size, and for JSON that it is UTF-8 and gives no name twice.
func prepareBody(r *http.Request, w http.ResponseWriter, body *openapi3.RequestBody) (isJSON bool, err error) {
	kind, parameters, err := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType))
	if err != nil || body.Content[kind] == nil {
		kinds := slices.Sorted(maps.Keys(body.Content))
		return false, refuse(http.StatusUnsupportedMediaType, "Send %s.", strings.Join(kinds, " or "))
	}
	if kind == echo.MIMEMultipartForm && parameters["boundary"] == "" {
		return false, refuse(http.StatusBadRequest, "The form has no boundary.")
	}
	limit := int64(maxBody)
	if body.Content[echo.MIMEMultipartForm] != nil {
		limit = maxSource
	}
	r.Body = &patientBody{ReadCloser: http.MaxBytesReader(w, r.Body, limit), control: http.NewResponseController(w), stall: maxStall}
	if kind != echo.MIMEApplicationJSON {
		return false, nil
	}
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return true, err
	}
	if !utf8.Valid(data) {
		return true, refuse(http.StatusBadRequest, "The body is not UTF-8.")
	}
	if err := checkNames(data); err != nil {
		return true, err
	}
	r.Body = io.NopCloser(bytes.NewReader(data))
	return true, nil
}

// checkNames refuses JSON that gives a name twice in one object: which of the two
// counts would depend on who reads it.
func checkNames(data []byte) error {
	type level struct {
		names    map[string]bool // nil within a list
		expected bool            // a name comes next
	}
	var levels []level
	ended := false
	decoder := json.NewDecoder(bytes.NewReader(data))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			if len(levels) > 0 {
				return refuse(http.StatusBadRequest, "The body ends within its JSON.")
			}
			return nil
		}
		if err != nil {
			return refuse(http.StatusBadRequest, "The body is not JSON: %s.", err)
		}
		if ended {
			return refuse(http.StatusBadRequest, "The body holds more than one JSON value.")
		}
		if len(levels) > 0 {
			top := &levels[len(levels)-1]
			if name, isName := token.(string); isName && top.expected {
				if top.names[name] {
					return refuseFields(FieldError{Field: name, Detail: "is given twice"})
				}
				top.names[name] = true
				top.expected = false
				continue
			}
			top.expected = top.names != nil && token != json.Delim('}')
		}
		switch token {
		case json.Delim('{'):
			levels = append(levels, level{names: make(map[string]bool), expected: true})
		case json.Delim('['):
			levels = append(levels, level{})
		case json.Delim('}'), json.Delim(']'):
			levels = levels[:len(levels)-1]
		}
		ended = len(levels) == 0
	}
}

// checkQuery refuses parameters that the operation does not know: a misspelt
// filter must not list everything.
func checkQuery(r *http.Request, route *routers.Route) error {
	var unknown []FieldError
	for name := range r.URL.Query() {
		if route.Operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) == nil {
			unknown = append(unknown, FieldError{Field: name, Detail: "is not a parameter of this"})
		}
	}
	if unknown == nil {
		return nil
	}
	slices.SortFunc(unknown, func(a, b FieldError) int { return strings.Compare(a.Field, b.Field) })
	return refuseFields(unknown...)
}

// checkMetadata checks metadata that came as fields of a form.
func (v *validator) checkMetadata(fields map[string]any) error {
	err := v.schemas["Metadata"].Value.VisitJSON(fields, openapi3.MultiErrors(), openapi3.VisitAsRequest())
	if err != nil {
		return refuseFields(fieldErrors(err)...)
	}
	return nil
}

// fieldErrors names what the specification did not allow, in words for a person.
func fieldErrors(err error) []FieldError {
	switch e := err.(type) {
	case openapi3.MultiError:
		var all []FieldError
		for _, err := range e {
			all = append(all, fieldErrors(err)...)
		}
		return all
	case *openapi3filter.RequestError:
		if e.Err == nil {
			return []FieldError{{Field: "body", Detail: e.Reason}}
		}
		all := fieldErrors(e.Err)
		if e.Parameter != nil {
			for i := range all {
				all[i].Field = e.Parameter.Name
			}
		}
		return all
	case *openapi3.SchemaError:
		return schemaErrors(e)
	}
	return []FieldError{{Field: "body", Detail: err.Error()}}
}

// schemaErrors says which field is wrong, and what it should be.
func schemaErrors(e *openapi3.SchemaError) []FieldError {
	field := fieldName(e.JSONPointer())
	if object, ok := e.Value.(map[string]any); ok && e.SchemaField == "properties" {
		var unknown []FieldError
		for name := range object {
			if e.Schema.Properties[name] == nil && strings.Contains(e.Reason, strconv.Quote(name)) {
				unknown = append(unknown, FieldError{Field: fieldName(append(e.JSONPointer(), name)), Detail: "is not known here"})
			}
		}
		return unknown
	}
	if field == "" {
		field = "body"
	}
	detail := e.Reason
	switch schema := e.Schema; e.SchemaField {
	case "required":
		detail = "is missing"
	case "minLength":
		detail = "must not be empty"
	case "maxLength":
		detail = fmt.Sprintf("has more than %d characters", *schema.MaxLength)
	case "maxItems":
		detail = fmt.Sprintf("has more than %d values", *schema.MaxItems)
	case "pattern":
		detail = "must not be blank"
		if schema.Pattern != notBlank {
			detail = "is no date: write YYYY-MM-DD, YYYY-MM or YYYY"
		}
	case "enum":
		var words []string
		for _, value := range schema.Enum {
			if word, ok := value.(string); ok {
				words = append(words, word)
			}
		}
		detail = "is none of " + strings.Join(words, ", ")
	}
	return []FieldError{{Field: field, Detail: detail}}
}

// notBlank is the pattern of strings that say something; all others are of dates.
const notBlank = `[^\s　]`

// fieldName writes a path as people do: filters.city[0].
func fieldName(path []string) string {
	var b strings.Builder
	for i, part := range path {
		switch _, err := strconv.Atoi(part); {
		case err == nil && i > 0:
			b.WriteString("[" + part + "]")
		case i > 0:
			b.WriteString("." + part)
		default:
			b.WriteString(part)
		}
	}
	return b.String()
}
