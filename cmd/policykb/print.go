package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
)

// printJSON prints a response as it came, indented.
func printJSON(c *console, response *http.Response, err error) error {
	body, err := readBody(response, err)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, body, "", "  "); err != nil {
		return err
	}
	c.printf("%s\n", strings.TrimSpace(b.String()))
	return nil
}

// cells returns the values that are known.
func cells(values ...*string) []string {
	var known []string
	for _, v := range values {
		if v != nil && *v != "" {
			known = append(known, *v)
		}
	}
	return known
}

// indent sets the lines of a text four spaces in, below its first.
func indent(text string) string { return strings.ReplaceAll(text, "\n", "\n    ") }
