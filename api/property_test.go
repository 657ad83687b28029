package api_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"

	"policykb/api"
)

// Requests made from the specification, sound and unsound, are all answered as the
// specification says (see checked), and never by a fault of ours.
func TestRequestsFromTheSpecification(t *testing.T) {
	t.Parallel()
	h := with(t, func(c *api.Config) { c.Feedback = api.NewFeedbackFile(filepath.Join(t.TempDir(), "feedback.jsonl")) })
	id := addNotice(t, h, map[string]string{"city": "成都"}).DocumentID
	spec, err := openapi3.NewLoader().LoadFromFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	type operation struct {
		method, path string
		*openapi3.Operation
		parameters openapi3.Parameters
	}
	var operations []operation
	for path, item := range spec.Paths.Map() {
		for method, o := range item.Operations() {
			operations = append(operations, operation{method, path, o, slices.Concat(item.Parameters, o.Parameters)})
		}
	}
	slices.SortFunc(operations, func(a, b operation) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	const each = 6 // requests of one check
	rapid.Check(t, func(rt *rapid.T) {
		for range each {
			o := rapid.SampledFrom(operations).Draw(rt, "operation")
			path, query := o.path, make(url.Values)
			for _, p := range o.parameters {
				switch p.Value.In {
				case openapi3.ParameterInPath:
					value := rapid.OneOf(rapid.Just(id), rapid.StringN(1, 20, -1)).Draw(rt, p.Value.Name)
					path = strings.ReplaceAll(path, "{"+p.Value.Name+"}", url.PathEscape(value))
				case openapi3.ParameterInQuery:
					if rapid.Bool().Draw(rt, "with "+p.Value.Name) {
						query.Set(p.Value.Name, plain(made(rt, p.Value.Schema.Value, 0)))
					}
				}
			}
			body := ""
			if o.RequestBody != nil {
				if media := o.RequestBody.Value.Content["application/json"]; media != nil {
					value := made(rt, media.Schema.Value, 0)
					if fields, ok := value.(map[string]any); ok {
						delete(fields, "url") // which would be fetched
					}
					data, err := json.Marshal(value)
					if err != nil {
						rt.Fatal(err)
					}
					body = string(data)
				}
			}
			response := h.send(t, o.method, path+"?"+query.Encode(), body)
			said, err := io.ReadAll(response.Body)
			response.Body.Close()
			if err != nil || response.StatusCode >= http.StatusInternalServerError {
				rt.Fatalf("%s %s?%s %s answers %s, %v: %.500s", o.method, path, query.Encode(), body, response.Status, err, said)
			}
		}
	})
}

// plain writes a value as a query has it.
func plain(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	data, err := json.Marshal(value)
	if err != nil {
		panic(err) // made of what JSON has
	}
	return strings.Trim(string(data), "[]")
}

// made makes a value that fits a schema, or nearly; one in ten is of another kind.
func made(rt *rapid.T, schema *openapi3.Schema, depth int) any {
	if rapid.IntRange(0, 9).Draw(rt, "astray") == 0 || depth > 5 {
		return rapid.SampledFrom([]any{nil, true, -1, 1e30, "", "\u0000", "算力券", "<b>", []any{}, []any{nil}, map[string]any{}}).Draw(rt, "other kind")
	}
	if len(schema.OneOf) > 0 {
		return made(rt, rapid.SampledFrom(schema.OneOf).Draw(rt, "one of").Value, depth)
	}
	if len(schema.AllOf) > 0 {
		return made(rt, schema.AllOf[0].Value, depth)
	}
	if len(schema.Enum) > 0 {
		return rapid.SampledFrom(schema.Enum).Draw(rt, "enum")
	}
	switch {
	case schema.Type.Is(openapi3.TypeObject):
		object := make(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
			if slices.Contains(schema.Required, name) || rapid.IntRange(0, 2).Draw(rt, "with "+name) == 0 {
				object[name] = made(rt, schema.Properties[name].Value, depth+1)
			}
		}
		return object
	case schema.Type.Is(openapi3.TypeArray):
		array := make([]any, rapid.IntRange(0, 3).Draw(rt, "length"))
		for i := range array {
			array[i] = made(rt, schema.Items.Value, depth+1)
		}
		return array
	case schema.Type.Is(openapi3.TypeInteger):
		return rapid.IntRange(-1, 60).Draw(rt, "integer")
	case schema.Type.Is(openapi3.TypeNumber):
		return rapid.Float64Range(-0.5, 1.5).Draw(rt, "number")
	case schema.Type.Is(openapi3.TypeBoolean):
		return rapid.Bool().Draw(rt, "boolean")
	case strings.HasPrefix(schema.Pattern, `^\d{4}`):
		return rapid.SampledFrom([]string{"2023", "2023-05", "2023-05-23", "2023-02-30", "0000-00-00"}).Draw(rt, "date")
	}
	return rapid.OneOf(
		rapid.SampledFrom([]string{"成都", "算力券每家企业每年最高多少？", "policykb", "city", "issued_on", "quota"}),
		rapid.StringN(0, 30, -1),
	).Draw(rt, "text")
}
