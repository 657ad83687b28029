package ingest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"mime"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"policykb/corpus"
)

// sidecarName is the file that describes the others of its folder, one JSON
// object a line.
const sidecarName = "manifest.jsonl"

// Files yields the regular files under root, or root itself where it is a file,
// in the order of their paths. Hidden files and folders are left out, and links
// are not followed. Names are relative to root, with forward slashes.
//
// A manifest.jsonl beside the files gives their metadata: one object a line,
// with "file" and any of the fields of [corpus.Metadata] ("date" means
// issued_on, "lang" language). It is not a source itself.
//
// What cannot be read is yielded as an error, and the walk goes on.
func Files(root string) iter.Seq2[Source, error] {
	return func(yield func(Source, error) bool) {
		info, err := os.Stat(root)
		switch {
		case err != nil:
			yield(Source{Name: filepath.Base(root)}, err)
		case info.IsDir():
			walkFolder(root, ".", yield)
		default:
			dir := folder{path: filepath.Dir(root)}
			dir.sidecar, err = readSidecar(dir.path)
			if err != nil && !yield(Source{Name: sidecarName}, err) {
				return
			}
			yield(dir.open(filepath.Base(root), filepath.Base(root)))
		}
	}
}

// folder is one folder of files with what its sidecar says of them.
type folder struct {
	path    string
	sidecar map[string]described
}

// described is what a sidecar says of one file.
type described struct {
	given    corpus.Metadata
	warnings []string
}

// walkFolder yields what lies in the folder rel of root and reports whether to go on.
func walkFolder(root, rel string, yield func(Source, error) bool) bool {
	dir := folder{path: filepath.Join(root, filepath.FromSlash(rel))}
	entries, err := os.ReadDir(dir.path) // sorted by name
	if err != nil {
		return yield(Source{Name: rel}, err)
	}
	dir.sidecar, err = readSidecar(dir.path)
	if err != nil && !yield(Source{Name: path.Join(rel, sidecarName)}, err) {
		return false
	}
	for _, e := range entries {
		name := path.Join(rel, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "."), e.Name() == sidecarName:
			continue
		case e.IsDir():
			if !walkFolder(root, name, yield) {
				return false
			}
		case e.Type().IsRegular():
			if !yield(dir.open(e.Name(), name)) {
				return false
			}
		}
	}
	return true
}

// open makes a source of the file base of the folder, to be called name.
func (d folder) open(base, name string) (Source, error) {
	says := d.sidecar[base]
	return Source{
		Name:      name,
		MediaType: mime.TypeByExtension(filepath.Ext(base)),
		Data:      &lazyFile{path: filepath.Join(d.path, base)},
		Given:     says.given,
		Warnings:  slices.Clone(says.warnings),
	}, nil
}

// lazyFile opens its file at the first read, so that a long list of sources does
// not hold as many files open.
type lazyFile struct {
	path string
	file *os.File
}

// Read implements io.Reader.
func (f *lazyFile) Read(p []byte) (int, error) {
	if f.file == nil {
		file, err := os.Open(f.path)
		if err != nil {
			return 0, err
		}
		f.file = file
	}
	return f.file.Read(p)
}

// Close implements io.Closer.
func (f *lazyFile) Close() error {
	if f.file == nil {
		return nil
	}
	return f.file.Close()
}

// sidecarLine is one line of a manifest.jsonl. Other fields are not for us.
type sidecarLine struct {
	File          string          `json:"file"`
	Title         string          `json:"title"`
	City          string          `json:"city"`
	District      string          `json:"district"`
	Issuer        string          `json:"issuer"`
	DocNumber     string          `json:"doc_number"`
	Date          string          `json:"date"`
	IssuedOn      string          `json:"issued_on"`
	EffectiveFrom string          `json:"effective_from"`
	EffectiveTo   string          `json:"effective_to"`
	Kind          corpus.Kind     `json:"kind"`
	Status        corpus.Status   `json:"status"`
	SourceURL     string          `json:"source_url"`
	Lang          string          `json:"lang"`
	Language      string          `json:"language"`
	Tags          json.RawMessage `json:"tags"`
}

// readSidecar reads the manifest.jsonl of a folder. Where there is none it
// returns nothing; broken lines are named in the error and the others kept.
func readSidecar(dir string) (map[string]described, error) {
	f, err := os.Open(filepath.Join(dir, sidecarName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return parseSidecar(f)
}

// parseSidecar reads the lines of a sidecar.
func parseSidecar(r io.Reader) (map[string]described, error) {
	files := make(map[string]described)
	var errs []error
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" {
			continue
		}
		var line sidecarLine
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			errs = append(errs, fmt.Errorf("%s, line %d: %w", sidecarName, n, err))
			continue
		}
		if line.File == "" {
			errs = append(errs, fmt.Errorf("%s, line %d: no \"file\"", sidecarName, n))
			continue
		}
		files[line.File] = line.describe()
	}
	if err := lines.Err(); err != nil {
		errs = append(errs, fmt.Errorf("%s: %w", sidecarName, err))
	}
	return files, errors.Join(errs...)
}

// describe turns a line into metadata. A value that cannot be one is left out
// and named in a warning.
func (l sidecarLine) describe() described {
	d := described{given: corpus.Metadata{
		Title:     strings.TrimSpace(l.Title),
		City:      strings.TrimSpace(l.City),
		District:  strings.TrimSpace(l.District),
		Issuer:    strings.TrimSpace(l.Issuer),
		SourceURL: strings.TrimSpace(l.SourceURL),
		Language:  strings.TrimSpace(firstGiven(l.Language, l.Lang)),
	}}
	overlook := func(field string, value any) {
		d.warnings = append(d.warnings, fmt.Sprintf("%s: %s %q is not known and was left out", sidecarName, field, value))
	}
	// A dash or stroke in place of a number says that there is none.
	if number := strings.TrimSpace(l.DocNumber); strings.ContainsFunc(number, unicode.IsDigit) {
		d.given.DocNumber = number
	}
	if slices.Contains(corpus.Kinds, l.Kind) {
		d.given.Kind = l.Kind
	} else if l.Kind != "" {
		overlook("kind", l.Kind)
	}
	if slices.Contains(corpus.Statuses, l.Status) {
		d.given.Status = l.Status
	} else if l.Status != "" {
		overlook("status", l.Status)
	}
	for _, date := range []struct {
		field, value string
		into         *corpus.Date
	}{
		{"issued_on", firstGiven(l.IssuedOn, l.Date), &d.given.IssuedOn},
		{"effective_from", l.EffectiveFrom, &d.given.EffectiveFrom},
		{"effective_to", l.EffectiveTo, &d.given.EffectiveTo},
	} {
		parsed, err := corpus.ParseISODate(strings.TrimSpace(date.value))
		if err != nil {
			overlook(date.field, date.value)
			continue
		}
		*date.into = parsed
	}
	if len(l.Tags) > 0 && json.Unmarshal(l.Tags, &d.given.Tags) != nil {
		overlook("tags", string(l.Tags))
	}
	return d
}

// firstGiven returns the first value that is not empty.
func firstGiven(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
