package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
)

// Names of what an export carries beside the catalogue and the originals.
const (
	carriedFeedback  = "feedback.jsonl"
	carriedAudit     = "audit.jsonl"
	carriedKeys      = "keys.json"
	carriedThesaurus = "thesaurus.txt"
	carriedSettings  = "settings.json" // the settings that are not the standard ones, by flag
)

// carried opens what an export carries: the logs of the data folder, the files that
// settings name, and the settings themselves. No secret is among them.
func (s *settings) carried() map[string]func() (io.ReadSeekCloser, error) {
	open := func(path string) func() (io.ReadSeekCloser, error) {
		return func() (io.ReadSeekCloser, error) { return os.Open(path) }
	}
	files := map[string]func() (io.ReadSeekCloser, error){
		carriedFeedback: open(s.feedbackPath()),
		carriedAudit:    open(s.auditPath()),
		carriedSettings: func() (io.ReadSeekCloser, error) {
			text, err := json.MarshalIndent(s.chosen(), "", "  ")
			return unopened{bytes.NewReader(append(text, '\n'))}, err
		},
	}
	if s.APIKeys != "" {
		files[carriedKeys] = open(s.APIKeys)
	}
	if s.Thesaurus != "" {
		files[carriedThesaurus] = open(s.Thesaurus)
	}
	return files
}

// unopened is bytes that need no closing.
type unopened struct{ *bytes.Reader }

// Close implements io.Closer.
func (unopened) Close() error { return nil }

// chosen returns the settings that are not the standard ones, as their environment
// variables would give them. The key that a command shows is left out.
func (s *settings) chosen() map[string]string {
	chosen := make(map[string]string)
	var look func(reflect.Value)
	look = func(v reflect.Value) {
		for i := range v.NumField() {
			field, value := v.Type().Field(i), v.Field(i)
			if field.Anonymous {
				look(value)
				continue
			}
			variable := field.Tag.Get("env")
			if variable == "" || variable == "POLICYKB_API_KEY" || value.IsZero() {
				continue
			}
			text := fmt.Sprint(value.Interface())
			if list, ok := value.Interface().([]string); ok {
				text = strings.Join(list, ",")
			}
			if text != field.Tag.Get("default") {
				chosen[variable] = text
			}
		}
	}
	look(reflect.ValueOf(*s))
	return chosen
}

// importCarried puts what an export carries into the data folder and says which
// settings it was served with.
func importCarried(s *settings, dir string, c *console) error {
	for _, name := range []string{carriedFeedback, carriedAudit, carriedKeys, carriedThesaurus} {
		target := filepath.Join(s.Data, name)
		if err := os.Remove(target); err != nil && !errors.Is(err, fs.ErrNotExist) { // of an import that broke off
			return err
		}
		if err := copyFile(filepath.Join(dir, name), target); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, carriedSettings))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var chosen map[string]string
	if err := json.Unmarshal(text, &chosen); err != nil {
		return fmt.Errorf("%s: %w", carriedSettings, err)
	}
	for _, variable := range slices.Sorted(maps.Keys(chosen)) {
		c.printf("it was served with %s=%s\n", variable, chosen[variable])
	}
	return nil
}
