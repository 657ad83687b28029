package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"policykb/corpus"
	"policykb/ingest/parse"
)

// Pages shows the pages of PDFs. Errors that are a *[parse.Error] are the document's.
// An implementation is safe for concurrent use.
type Pages interface {
	// ViewPage looks at a page of a PDF as [parse.ViewPage] does.
	ViewPage(ctx context.Context, data []byte, number int, wanted parse.Excerpt) (parse.View, error)
	// DrawPage draws a page of a PDF as [parse.DrawPage] does.
	DrawPage(ctx context.Context, data []byte, number, width int) ([]byte, error)
}

// ownPages shows pages in this process.
type ownPages struct{}

// ViewPage implements Pages.
func (ownPages) ViewPage(ctx context.Context, data []byte, number int, wanted parse.Excerpt) (parse.View, error) {
	return parse.ViewPage(ctx, data, number, wanted)
}

// DrawPage implements Pages.
func (ownPages) DrawPage(ctx context.Context, data []byte, number, width int) ([]byte, error) {
	return parse.DrawPage(ctx, data, number, width)
}

// around is how many code points before and after the words asked for tell them
// from others that are alike.
const around = 60

// ViewDocumentPage says how a page looks. (GET /v1/documents/{id}/pages/{page})
func (s *Server) ViewDocumentPage(ctx context.Context, r ViewDocumentPageRequestObject) (ViewDocumentPageResponseObject, error) {
	id := corpus.DocumentID(r.ID)
	var wanted parse.Excerpt
	if r.Params.Start != nil && r.Params.End != nil {
		text, err := s.catalogue.Text(ctx, id, number(r.Params.Version))
		if err != nil {
			return nil, err
		}
		if wanted, err = excerpt([]rune(text), *r.Params.Start, *r.Params.End); err != nil {
			return nil, err
		}
	}
	original, err := s.originalOf(ctx, id, number(r.Params.Version))
	if err != nil {
		return nil, err
	}
	data, err := s.bytesOf(ctx, id, original)
	if err != nil {
		return nil, err
	}
	view, err := s.pages.ViewPage(ctx, data, r.Page, wanted)
	if err != nil {
		return nil, ofPage(err)
	}
	marks := make([]PageMark, len(view.Marks))
	for i, m := range view.Marks {
		marks[i] = PageMark{Left: m.Left, Top: m.Top, Width: m.Width, Height: m.Height}
	}
	return ViewDocumentPage200JSONResponse{
		Page: r.Page, Pages: view.Pages, Width: view.Width, Height: view.Height, Marks: marks,
		Image: imageAddress(id, r.Page, r.Params.Version),
	}, nil
}

// excerpt is the part of a text between two of its code points, with what stands
// around it.
func excerpt(text []rune, start, end int) (parse.Excerpt, error) {
	if start > end || end > len(text) {
		return parse.Excerpt{}, refuseFields(FieldError{Field: "end", Detail: fmt.Sprintf("must lie between start and %d, the length of the text", len(text))})
	}
	return parse.Excerpt{
		Before: string(text[max(0, start-around):start]),
		Words:  string(text[start:end]),
		After:  string(text[end:min(len(text), end+around)]),
	}, nil
}

// imageAddress is where the picture of a page is found.
func imageAddress(id corpus.DocumentID, page int, version *int) string {
	address := fmt.Sprintf("/v1/documents/%s/pages/%d/image", url.PathEscape(string(id)), page)
	if version != nil {
		address += "?version=" + strconv.Itoa(*version)
	}
	return address
}

// DrawDocumentPage draws a page. (GET /v1/documents/{id}/pages/{page}/image)
func (s *Server) DrawDocumentPage(ctx context.Context, r DrawDocumentPageRequestObject) (DrawDocumentPageResponseObject, error) {
	id := corpus.DocumentID(r.ID)
	original, err := s.originalOf(ctx, id, number(r.Params.Version))
	if err != nil {
		return nil, err
	}
	picture := &content{
		request:   requestOf(ctx),
		mediaType: "image/png",
		tag:       fmt.Sprintf("%s-%d-%d", original.Hash, r.Page, *r.Params.Width),
	}
	if picture.request.Header.Get("If-None-Match") == `"`+picture.tag+`"` {
		picture.data = bytes.NewReader(nil) // the client has it: it need not be drawn
		return picture, nil
	}
	data, err := s.bytesOf(ctx, id, original)
	if err != nil {
		return nil, err
	}
	drawn, err := s.pages.DrawPage(ctx, data, r.Page, *r.Params.Width)
	if err != nil {
		return nil, ofPage(err)
	}
	picture.data = bytes.NewReader(drawn)
	return picture, nil
}

// VisitDrawDocumentPageResponse implements DrawDocumentPageResponseObject.
func (c *content) VisitDrawDocumentPageResponse(w http.ResponseWriter) error { return c.send(w) }

// bytesOf reads an original whole.
func (s *Server) bytesOf(ctx context.Context, id corpus.DocumentID, original corpus.Original) ([]byte, error) {
	file, err := s.originals.Open(ctx, original.Hash)
	if err != nil {
		return nil, fmt.Errorf("open the original of document %s: %w", id, err)
	}
	defer file.Close()
	data, err := io.ReadAll(file)
	if err != nil {
		return nil, fmt.Errorf("read the original of document %s: %w", id, err)
	}
	return data, nil
}

// ofPage makes of what a PDF does what the client is told.
func ofPage(err error) error {
	var refused *parse.Error
	if !errors.As(err, &refused) {
		return err
	}
	if refused.Code == parse.CodeNoPage {
		return refuse(http.StatusNotFound, "%s", refused.Detail)
	}
	return refuse(http.StatusConflict, "%s", refused.Detail)
}
