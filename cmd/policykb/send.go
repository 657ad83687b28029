package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"sync"

	"policykb/api/client"
	"policykb/corpus"
	"policykb/ingest"
)

// send adds a source and returns its job when that has ended.
func (c *connection) send(ctx context.Context, s source) (client.Job, error) {
	if s.err != nil {
		return client.Job{}, s.err
	}
	wait := true
	parameters := &client.AddDocumentsParams{Wait: &wait}
	var response *http.Response
	var err error
	if s.address != "" {
		response, err = c.AddDocuments(ctx, parameters, client.SourceRequest{URL: &s.address})
	} else {
		form := newForm(s.Source)
		response, err = c.AddDocumentsWithBody(ctx, parameters, form.contentType, form)
		if reading := form.Close(); reading != nil {
			return client.Job{}, reading // why the request failed
		}
	}
	added, err := read[client.JobList](response, err)
	if err != nil {
		return client.Job{}, err
	}
	if len(added.Jobs) != 1 {
		return client.Job{}, fmt.Errorf("the server made %d jobs of it", len(added.Jobs))
	}
	return added.Jobs[0], nil
}

// form is a source as a form of the web, written while it is read.
type form struct {
	*io.PipeReader
	contentType string
	written     func() error // waits for the writer's end
}

func newForm(s ingest.Source) *form {
	r, w := io.Pipe()
	writer := multipart.NewWriter(w)
	written := make(chan error, 1)
	go func() {
		err := writeForm(writer, s)
		w.CloseWithError(err)
		written <- err
	}()
	return &form{r, writer.FormDataContentType(), sync.OnceValue(func() error { return <-written })}
}

// Close ends the form and returns why the source could not be read, if so. It may
// be called more than once: the HTTP client does too.
func (f *form) Close() error {
	f.PipeReader.Close()
	if err := f.written(); !errors.Is(err, io.ErrClosedPipe) {
		return err
	}
	return nil // the server had read enough
}

// writeForm writes the fields that are known of a source, and its bytes.
func writeForm(w *multipart.Writer, s ingest.Source) error {
	if closer, ok := s.Data.(io.Closer); ok {
		defer closer.Close() // nothing was written
	}
	for name, value := range fields(s.Given) {
		if err := w.WriteField(name, value); err != nil {
			return err
		}
	}
	header := make(textproto.MIMEHeader)
	header.Set("Content-Disposition", multipart.FileContentDisposition("file", s.Name))
	header.Set("Content-Type", "application/octet-stream")
	if s.MediaType != "" {
		header.Set("Content-Type", s.MediaType)
	}
	part, err := w.CreatePart(header)
	if err != nil {
		return err
	}
	if _, err := io.Copy(part, s.Data); err != nil {
		return err
	}
	return w.Close()
}

// fields are the metadata that are known, as fields of a form.
func fields(m corpus.Metadata) map[string]string {
	all := map[string]string{
		"title": m.Title, "city": m.City, "district": m.District, "issuer": m.Issuer, "doc_number": m.DocNumber,
		"issued_on": m.IssuedOn.String(), "effective_from": m.EffectiveFrom.String(), "effective_to": m.EffectiveTo.String(),
		"kind": string(m.Kind), "status": string(m.Status), "source_url": m.SourceURL, "language": m.Language,
		"tags": strings.Join(m.Tags, ","),
	}
	for name, value := range all {
		if value == "" {
			delete(all, name)
		}
	}
	return all
}
