package api

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"policykb/corpus"
)

// ListDocuments lists documents, newest first. (GET /v1/documents)
func (s *Server) ListDocuments(ctx context.Context, r ListDocumentsRequestObject) (ListDocumentsResponseObject, error) {
	listing, err := listing(r.Params)
	if err != nil {
		return nil, err
	}
	if listing.Filter, err = s.within(ctx, callerOf(ctx).key, listing.Filter); err != nil {
		return nil, err
	}
	page, err := s.catalogue.Documents(ctx, listing)
	if err != nil {
		return nil, err
	}
	kept := s.links(callerOf(ctx).key)
	for i := range page.Documents {
		if err := kept.keep(ctx, &page.Documents[i]); err != nil {
			return nil, err
		}
	}
	return ListDocuments200JSONResponse(documentList(page)), nil
}

// GetDocument describes a document. (GET /v1/documents/{id})
func (s *Server) GetDocument(ctx context.Context, r GetDocumentRequestObject) (GetDocumentResponseObject, error) {
	d, err := s.catalogue.Document(ctx, corpus.DocumentID(r.ID))
	if err != nil {
		return nil, err
	}
	if err := s.links(callerOf(ctx).key).keep(ctx, &d); err != nil {
		return nil, err
	}
	return GetDocument200JSONResponse(document(d)), nil
}

// DescribeDocument corrects a document's metadata. (PATCH /v1/documents/{id})
func (s *Server) DescribeDocument(ctx context.Context, r DescribeDocumentRequestObject) (DescribeDocumentResponseObject, error) {
	id := corpus.DocumentID(r.ID)
	d, err := s.catalogue.Document(ctx, id)
	if err != nil {
		return nil, err
	}
	before := d.Metadata
	if err := describe(&d.Metadata, *r.Body); err != nil {
		return nil, err
	}
	if err := checkGiven(callerOf(ctx).key, d.Metadata); err != nil {
		return nil, err
	}
	origins := make(map[string]corpus.Origin)
	for field, origin := range d.Origins {
		origins[field] = origin
	}
	for field, value := range *r.Body {
		origins[field] = corpus.Origin{From: corpus.OriginGiven}
		if value == nil {
			delete(origins, field)
		}
	}
	d, err = s.pipeline.Describe(ctx, id, d.Metadata, origins)
	if err != nil {
		return nil, err
	}
	if err := s.links(callerOf(ctx).key).keep(ctx, &d); err != nil {
		return nil, err
	}
	wire := document(d)
	corrected, err := corrections(before, d.Metadata)
	if err != nil {
		return nil, err
	}
	wire.Corrected = corrected
	return DescribeDocument200JSONResponse(wire), nil
}

// corrections lists the fields of metadata that have changed, by name.
func corrections(before, after corpus.Metadata) ([]Correction, error) {
	var values [2]map[string]*string
	for i, m := range []corpus.Metadata{before, after} {
		tags := strings.Join(m.Tags, "、")
		m.Tags = nil
		text, err := json.Marshal(m)
		if err == nil {
			err = json.Unmarshal(text, &values[i])
		}
		if err != nil {
			return nil, err
		}
		values[i]["tags"] = &tags
	}
	all := []Correction{}
	for _, field := range slices.Sorted(maps.Keys(values[1])) {
		if was, is := *values[0][field], *values[1][field]; was != is {
			all = append(all, Correction{Field: field, From: known(was), To: known(is)})
		}
	}
	return all, nil
}

// RemoveDocument removes a document with all its versions. (DELETE /v1/documents/{id})
func (s *Server) RemoveDocument(ctx context.Context, r RemoveDocumentRequestObject) (RemoveDocumentResponseObject, error) {
	if err := s.pipeline.Remove(ctx, corpus.DocumentID(r.ID)); err != nil {
		return nil, err
	}
	return RemoveDocument204Response{}, nil
}

// GetDocumentText returns the canonical text. (GET /v1/documents/{id}/text)
func (s *Server) GetDocumentText(ctx context.Context, r GetDocumentTextRequestObject) (GetDocumentTextResponseObject, error) {
	text, err := s.catalogue.Text(ctx, corpus.DocumentID(r.ID), number(r.Params.Version))
	if err != nil {
		return nil, err
	}
	return &content{
		request:   requestOf(ctx),
		mediaType: "text/plain; charset=utf-8",
		tag:       fmt.Sprintf("%x", sha256.Sum256([]byte(text))),
		data:      strings.NewReader(text),
	}, nil
}

// GetDocumentOriginal returns the bytes the document was read from. (GET /v1/documents/{id}/original)
func (s *Server) GetDocumentOriginal(ctx context.Context, r GetDocumentOriginalRequestObject) (GetDocumentOriginalResponseObject, error) {
	original, err := s.originalOf(ctx, corpus.DocumentID(r.ID), number(r.Params.Version))
	if err != nil {
		return nil, err
	}
	data, err := s.originals.Open(ctx, original.Hash)
	if err != nil {
		return nil, fmt.Errorf("open the original of document %s: %w", r.ID, err)
	}
	return &content{
		request:    requestOf(ctx),
		mediaType:  "application/octet-stream",
		attachment: original.Name,
		tag:        original.Hash,
		data:       data,
	}, nil
}

// originalOf finds the original of one version; number 0 means the current one.
func (s *Server) originalOf(ctx context.Context, id corpus.DocumentID, number int) (corpus.Original, error) {
	if number == 0 {
		d, err := s.catalogue.Document(ctx, id)
		return d.Original, err
	}
	versions, err := s.catalogue.Versions(ctx, id)
	if err != nil {
		return corpus.Original{}, err
	}
	for _, v := range versions {
		if v.Number == number {
			return v.Original, nil
		}
	}
	return corpus.Original{}, fmt.Errorf("version %d of document %s: %w", number, id, corpus.ErrNotFound)
}

// GetDocumentOutline returns a version's headings, with its clauses or without, or one clause. (GET /v1/documents/{id}/outline)
func (s *Server) GetDocumentOutline(ctx context.Context, r GetDocumentOutlineRequestObject) (GetDocumentOutlineResponseObject, error) {
	outline, text, err := s.catalogue.Outline(ctx, corpus.DocumentID(r.ID), number(r.Params.Version))
	if err != nil {
		return nil, err
	}
	if r.Params.At == nil && r.Params.Clauses != nil && !*r.Params.Clauses {
		return GetDocumentOutline200JSONResponse{Sections: sections(outline), Clauses: []Clause{}}, nil
	}
	all := corpus.Clauses(text, outline)
	if r.Params.At == nil {
		return GetDocumentOutline200JSONResponse{Sections: sections(outline), Clauses: clauses(all)}, nil
	}
	found, err := corpus.FindClause(all, *r.Params.At)
	if err != nil {
		return nil, err
	}
	one := clauses([]corpus.Clause{found})
	words := found.Span.Of(text)
	one[0].Text = &words
	within := slices.DeleteFunc(slices.Clone(outline), func(s corpus.Section) bool { return !found.Span.Contains(s.Body) })
	return GetDocumentOutline200JSONResponse{Sections: sections(within), Clauses: one}, nil
}

// GetDocumentPassages returns a version's passages. (GET /v1/documents/{id}/passages)
func (s *Server) GetDocumentPassages(ctx context.Context, r GetDocumentPassagesRequestObject) (GetDocumentPassagesResponseObject, error) {
	v, err := s.catalogue.Version(ctx, corpus.DocumentID(r.ID), number(r.Params.Version))
	if err != nil {
		return nil, err
	}
	return GetDocumentPassages200JSONResponse{Passages: storedPassages(v.Passages)}, nil
}

// ListDocumentVersions lists a document's versions. (GET /v1/documents/{id}/versions)
func (s *Server) ListDocumentVersions(ctx context.Context, r ListDocumentVersionsRequestObject) (ListDocumentVersionsResponseObject, error) {
	all, err := s.catalogue.Versions(ctx, corpus.DocumentID(r.ID))
	if err != nil {
		return nil, err
	}
	return ListDocumentVersions200JSONResponse{Versions: versions(all)}, nil
}

// GetFacets counts documents by what they can be filtered by. (GET /v1/facets)
func (s *Server) GetFacets(ctx context.Context, _ GetFacetsRequestObject) (GetFacetsResponseObject, error) {
	f, err := s.facetsFor(ctx, callerOf(ctx).key)
	if err != nil {
		return nil, err
	}
	return GetFacets200JSONResponse(facets(f)), nil
}

// facetsFor counts the documents that a key may see.
func (s *Server) facetsFor(ctx context.Context, key Key) (corpus.Facets, error) {
	if key.scope().Empty() {
		return s.catalogue.Facets(ctx)
	}
	counts := make(map[string]map[string]int) // by field and value
	_, err := s.fitting(ctx, key.scope().Filter(), func(d corpus.Document) bool {
		year := ""
		if d.Metadata.IssuedOn.Year > 0 {
			year = strconv.Itoa(d.Metadata.IssuedOn.Year)
		}
		for field, value := range map[string]string{
			"city": d.Metadata.City, "issuer": d.Metadata.Issuer, "kind": string(d.Metadata.Kind), "status": string(d.Metadata.Status), "year": year,
		} {
			if counts[field] == nil {
				counts[field] = make(map[string]int)
			}
			if value != "" {
				counts[field][value]++
			}
		}
		return false
	})
	ranked := func(field string) []corpus.Count {
		all := make([]corpus.Count, 0, len(counts[field]))
		for value, n := range counts[field] {
			all = append(all, corpus.Count{Value: value, Count: n})
		}
		slices.SortFunc(all, func(a, b corpus.Count) int {
			return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
		})
		return all
	}
	return corpus.Facets{
		City: ranked("city"), Issuer: ranked("issuer"), Kind: ranked("kind"), Status: ranked("status"), Year: ranked("year"),
	}, err
}

// number is the version asked for, 0 for the current one.
func number(version *int) int {
	if version == nil {
		return 0
	}
	return *version
}

// content is bytes sent as they are, whole or in ranges, unless the client has
// them already.
type content struct {
	request    *http.Request
	mediaType  string
	attachment string // the file name to save it under; "" to show it
	tag        string // changes with the bytes
	data       io.ReadSeeker
}

// send writes the response.
func (c *content) send(w http.ResponseWriter) error {
	if closer, ok := c.data.(io.Closer); ok {
		defer closer.Close() // nothing was written
	}
	h := w.Header()
	h.Set("Content-Type", c.mediaType)
	h.Set("ETag", `"`+c.tag+`"`)
	h.Set("Cache-Control", "private, no-cache")
	if c.attachment != "" {
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": fileName(c.attachment)}))
		h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	}
	http.ServeContent(w, c.request, "", time.Time{}, c.data)
	return nil
}

// fileName keeps the last part of a name, whatever system wrote its path.
func fileName(name string) string {
	return strings.ToValidUTF8(path.Base(strings.ReplaceAll(name, `\`, "/")), "_")
}

// VisitGetDocumentTextResponse implements GetDocumentTextResponseObject.
func (c *content) VisitGetDocumentTextResponse(w http.ResponseWriter) error { return c.send(w) }

// VisitGetDocumentOriginalResponse implements GetDocumentOriginalResponseObject.
func (c *content) VisitGetDocumentOriginalResponse(w http.ResponseWriter) error { return c.send(w) }
