package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"mime/multipart"
	"net/textproto"
	"strings"
	"sync"

	"policykb/api/client"
	"policykb/corpus"
	"policykb/ingest"
)

// sent is what became of a source: its job, or why there is none.
type sent struct {
	job client.Job
	err error
}

// smallFile is the size in bytes up to which files go into a request together.
const smallFile = 256 << 10

// sendAll adds sources, the small ones in one request, and yields what became of
// each. Where that request fails each is sent by itself, to find out which is at fault.
func (c *connection) sendAll(ctx context.Context, group []source) iter.Seq2[source, sent] {
	return func(yield func(source, sent) bool) {
		var small []source
		for _, s := range group {
			if len(group) > 1 {
				data, whole, err := readSmall(s.Data)
				if err == nil && whole {
					s.Data = bytes.NewReader(data)
					small = append(small, s)
					continue
				}
				s.Data, s.err = rest{io.MultiReader(bytes.NewReader(data), s.Data), s.Data}, err
			}
			if ctx.Err() != nil {
				return
			}
			job, err := c.send(ctx, s)
			if !yield(s, sent{job, err}) {
				return
			}
		}
		if len(small) == 0 || ctx.Err() != nil {
			return
		}
		jobs, err := patiently(ctx, func() ([]client.Job, error) { return c.sendForm(ctx, small) }, func() bool { return rewound(small...) })
		for i, s := range small {
			if err != nil {
				rewound(s)
				job, err := c.send(ctx, s)
				if !yield(s, sent{job, err}) {
					return
				}
				continue
			}
			if !yield(s, sent{job: jobs[i]}) {
				return
			}
		}
	}
}

// rewound makes sources ready to be sent again, where that can be done.
func rewound(sources ...source) bool {
	for _, s := range sources {
		if data, ok := s.Data.(*bytes.Reader); ok {
			data.Seek(0, io.SeekStart) // never fails
		} else if s.address == "" {
			return false
		}
	}
	return true
}

// readSmall reads a file, and closes it where it was read whole.
func readSmall(r io.Reader) (data []byte, whole bool, err error) {
	data, err = io.ReadAll(io.LimitReader(r, smallFile+1))
	if whole = err == nil && len(data) <= smallFile; whole || err != nil {
		if closer, ok := r.(io.Closer); ok {
			err = errors.Join(err, closer.Close())
		}
	}
	return data, whole, err
}

// rest is a file of which a part was read, to be closed with it.
type rest struct {
	io.Reader
	file io.Reader
}

// Close implements io.Closer.
func (r rest) Close() error {
	if closer, ok := r.file.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

// sendForm adds files in one request and returns their jobs when those have ended.
func (c *connection) sendForm(ctx context.Context, sources []source) ([]client.Job, error) {
	files := make([]ingest.Source, len(sources))
	for i, s := range sources {
		files[i] = s.Source
	}
	wait := true
	form := newForm(files...)
	response, err := c.AddDocumentsWithBody(ctx, &client.AddDocumentsParams{Wait: &wait}, form.contentType, form)
	if reading := form.Close(); reading != nil {
		if err == nil {
			response.Body.Close()
		}
		return nil, reading // why the request failed
	}
	added, err := read[client.JobList](response, err)
	if err == nil && len(added.Jobs) != len(sources) {
		err = fmt.Errorf("the server made %d jobs of %d files", len(added.Jobs), len(sources))
	}
	return added.Jobs, err
}

// send adds a source and returns its job when that has ended. A server that is at its
// limit is asked again, save with a large file, which has been read by then.
func (c *connection) send(ctx context.Context, s source) (client.Job, error) {
	return patiently(ctx, func() (client.Job, error) { return c.sendOnce(ctx, s) }, func() bool { return rewound(s) })
}

func (c *connection) sendOnce(ctx context.Context, s source) (client.Job, error) {
	if s.err != nil {
		return client.Job{}, s.err
	}
	if s.address == "" {
		jobs, err := c.sendForm(ctx, []source{s})
		if err != nil {
			return client.Job{}, err
		}
		return jobs[0], nil
	}
	wait := true
	added, err := read[client.JobList](c.AddDocuments(ctx, &client.AddDocumentsParams{Wait: &wait}, client.SourceRequest{URL: &s.address}))
	if err != nil {
		return client.Job{}, err
	}
	if len(added.Jobs) != 1 {
		return client.Job{}, fmt.Errorf("the server made %d jobs of it", len(added.Jobs))
	}
	return added.Jobs[0], nil
}

// form is files as a form of the web, written while they are read.
type form struct {
	*io.PipeReader
	contentType string
	written     func() error // waits for the writer's end
}

func newForm(files ...ingest.Source) *form {
	r, w := io.Pipe()
	writer := multipart.NewWriter(w)
	written := make(chan error, 1)
	go func() {
		err := writeForm(writer, files)
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

// writeForm writes the fields that are known of all files, and the files.
func writeForm(w *multipart.Writer, files []ingest.Source) error {
	for name, value := range fields(files[0].Given) {
		if err := w.WriteField(name, value); err != nil {
			return err
		}
	}
	for _, file := range files {
		if err := writeFile(w, file); err != nil {
			return err
		}
	}
	return w.Close()
}

// writeFile writes one file and closes it.
func writeFile(w *multipart.Writer, s ingest.Source) error {
	if closer, ok := s.Data.(io.Closer); ok {
		defer closer.Close() // nothing was written
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
	_, err = io.Copy(part, s.Data)
	return err
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
