package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"policykb/corpus"
	"policykb/ingest"
)

// AddDocuments takes documents in. (POST /v1/documents)
func (s *Server) AddDocuments(ctx context.Context, r AddDocumentsRequestObject) (AddDocumentsResponseObject, error) {
	list, err := s.take(ctx, "", r.JSONBody, r.MultipartBody, *r.Params.Wait)
	if err != nil {
		return nil, err
	}
	return AddDocuments202JSONResponse(list), nil
}

// ReplaceDocument takes a new version of a document in. (PUT /v1/documents/{id})
func (s *Server) ReplaceDocument(ctx context.Context, r ReplaceDocumentRequestObject) (ReplaceDocumentResponseObject, error) {
	list, err := s.take(ctx, corpus.DocumentID(r.ID), r.JSONBody, r.MultipartBody, *r.Params.Wait)
	if err != nil {
		return nil, err
	}
	return ReplaceDocument202JSONResponse(list), nil
}

// take hands what a request brings to the pipeline, as versions of the document
// where one is given, and waits for the end of the jobs if asked to.
func (s *Server) take(ctx context.Context, id corpus.DocumentID, given *SourceRequest, upload *multipart.Reader, wait bool) (JobList, error) {
	var sources []ingest.Source
	if upload != nil {
		form, err := readForm(upload)
		if err != nil {
			return JobList{}, err
		}
		defer form.RemoveAll() // temporary files; the system removes what is left
		if sources, err = s.uploadedSources(form); err != nil {
			return JobList{}, err
		}
	} else {
		source, err := s.givenSource(ctx, *given)
		if err != nil {
			return JobList{}, err
		}
		sources = append(sources, source)
	}
	if id != "" && len(sources) > 1 {
		return JobList{}, refuseFields(FieldError{Field: "file", Detail: "must be one: a version has one original"})
	}
	for i := range sources {
		if err := s.keepWithin(ctx, callerOf(ctx).key, id, &sources[i]); err != nil {
			return JobList{}, err
		}
	}
	added := make([]corpus.Job, 0, len(sources))
	for a := range s.pipeline.AddAll(ctx, each(sources)) {
		if a.Err != nil {
			return JobList{}, a.Err
		}
		added = append(added, a.Job)
		note(ctx, a.Job)
	}
	if wait {
		ids := make([]corpus.JobID, len(added))
		for i, j := range added {
			ids[i] = j.ID
		}
		var err error
		if added, err = s.pipeline.Wait(ctx, ids...); err != nil {
			return JobList{}, err
		}
	}
	return JobList{Jobs: jobs(added)}, nil
}

// keepWithin has a source change nothing outside the caller's scope, and refuses
// one that would leave it. A new version stays where its document is.
func (s *Server) keepWithin(ctx context.Context, key Key, id corpus.DocumentID, source *ingest.Source) error {
	source.Document, source.Scope = id, key.scope()
	if source.Scope.Empty() {
		return nil
	}
	if id != "" {
		d, err := s.seen(ctx, key, id)
		if err != nil {
			return err
		}
		source.Given.City = cmp.Or(source.Given.City, d.Metadata.City)
		if source.Given.Tags == nil {
			source.Given.Tags = d.Metadata.Tags
		}
	}
	return checkGiven(key, source.Given)
}

// each yields the sources.
func each(sources []ingest.Source) iter.Seq2[ingest.Source, error] {
	return func(yield func(ingest.Source, error) bool) {
		for _, source := range sources {
			if !yield(source, nil) {
				return
			}
		}
	}
}

// givenSource makes a source of a text or of what an address answers.
func (s *Server) givenSource(ctx context.Context, given SourceRequest) (ingest.Source, error) {
	var metadata corpus.Metadata
	if err := describe(&metadata, given.Metadata); err != nil {
		return ingest.Source{}, err
	}
	switch {
	case (given.Text == nil) == (given.URL == nil):
		return ingest.Source{}, refuseFields(FieldError{Field: "text", Detail: "give text or url, one of them"})
	case given.Text != nil && strings.TrimSpace(*given.Text) == "":
		return ingest.Source{}, refuseFields(FieldError{Field: "text", Detail: "must not be blank"})
	case given.Text != nil:
		return ingest.Source{
			Name: "text", MediaType: "text/plain; charset=utf-8", Data: strings.NewReader(*given.Text), Given: metadata,
		}, nil
	}
	source, err := s.fetcher.Fetch(ctx, *given.URL)
	if err != nil {
		return ingest.Source{}, err
	}
	if metadata.SourceURL == "" {
		metadata.SourceURL = source.Given.SourceURL
	}
	source.Given = metadata
	return source, nil
}

// formMemory is how much of an upload is held in memory; the rest waits in
// temporary files.
const formMemory = 4 << 20

// readForm reads a form to its end, since its fields may stand behind its files.
func readForm(upload *multipart.Reader) (*multipart.Form, error) {
	form, err := upload.ReadForm(formMemory)
	var tooLarge *http.MaxBytesError
	if err != nil && !errors.As(err, &tooLarge) && !errors.Is(err, multipart.ErrMessageTooLarge) && !errors.Is(err, errStalled) {
		return nil, refuse(http.StatusBadRequest, "The form cannot be read: %s.", err)
	}
	if errors.Is(err, multipart.ErrMessageTooLarge) {
		return nil, refuse(http.StatusRequestEntityTooLarge, "The form's fields are too large.")
	}
	return form, err
}

// uploadedSources makes a source of each file of a form.
func (s *Server) uploadedSources(form *multipart.Form) ([]ingest.Source, error) {
	for field := range form.File {
		if field != "file" {
			return nil, refuseFields(FieldError{Field: field, Detail: "is no field for files: use file"})
		}
	}
	if len(form.File["file"]) == 0 {
		return nil, refuseFields(FieldError{Field: "file", Detail: "is missing"})
	}
	fields, err := formFields(form.Value)
	if err != nil {
		return nil, err
	}
	if err := s.validator.checkMetadata(fields); err != nil {
		return nil, err
	}
	var metadata corpus.Metadata
	if err := describe(&metadata, fields); err != nil {
		return nil, err
	}
	var sources []ingest.Source
	for _, header := range form.File["file"] {
		file, err := header.Open()
		if err != nil {
			return nil, fmt.Errorf("open the upload: %w", err)
		}
		sources = append(sources, ingest.Source{
			Name: fileName(header.Filename), MediaType: header.Header.Get("Content-Type"), Data: file, Given: metadata,
		})
	}
	return sources, nil
}

// formFields gives the fields of a form the shape they have in JSON: tags are a
// list, an empty field is left out.
func formFields(values map[string][]string) (map[string]any, error) {
	fields := make(map[string]any, len(values))
	for name, given := range values {
		given = slices.DeleteFunc(slices.Clone(given), func(v string) bool { return strings.TrimSpace(v) == "" })
		switch {
		case slices.ContainsFunc(given, func(v string) bool { return !utf8.ValidString(v) }):
			return nil, refuseFields(FieldError{Field: name, Detail: "is not UTF-8"})
		case len(given) == 0:
			continue
		case name == "tags":
			var tags []any
			for _, tag := range strings.FieldsFunc(strings.Join(given, ","), func(r rune) bool { return r == ',' || r == '，' || r == '、' }) {
				if tag = strings.TrimSpace(tag); tag != "" {
					tags = append(tags, tag)
				}
			}
			fields[name] = tags
		case len(given) > 1:
			return nil, refuseFields(FieldError{Field: name, Detail: "is given twice"})
		default:
			fields[name] = strings.TrimSpace(given[0])
		}
	}
	return fields, nil
}
