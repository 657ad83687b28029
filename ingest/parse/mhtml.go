package parse

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"

	"policykb/corpus"
)

// mostParts bounds the parts of a saved page, most of them pictures.
const mostParts = 5000

// parseMHTML reads a web page saved with all its parts in one file, as browsers
// and mail programs do.
func parseMHTML(ctx context.Context, name string, data []byte) (Document, error) {
	message, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		return Document{}, refuse(CodeDamaged, "the head of the saved page is damaged: %v", err)
	}
	page, err := savedPage(ctx, header(message.Header), message.Body, 0)
	if err != nil {
		return Document{}, err
	}
	if page == nil {
		return Document{}, refuse(CodeEmpty, "the saved page holds no text")
	}
	doc, err := parseHTML(ctx, name, page)
	if err != nil {
		return Document{}, err
	}
	doc.Format = FormatMHTML
	words := mime.WordDecoder{CharsetReader: func(charset string, input io.Reader) (io.Reader, error) {
		enc, _ := encodingOf(charset)
		if enc == nil {
			return nil, errors.New("unknown charset " + charset)
		}
		return enc.NewDecoder().Reader(input), nil
	}}
	for _, f := range [][2]string{{"Subject", "title"}, {"Snapshot-Content-Location", "canonical"}, {"Content-Location", "canonical"}, {"Date", "date"}} {
		value := message.Header.Get(f[0])
		if decoded, err := words.DecodeHeader(value); err == nil {
			value = decoded
		}
		if value = strings.TrimSpace(strings.ToValidUTF8(value, "")); value != "" {
			doc.Fields = append(doc.Fields, Field{Name: f[1], Value: value, From: corpus.OriginProperties})
		}
	}
	return doc, nil
}

// header is the head of a message or of a part of one.
type header map[string][]string

func (h header) get(name string) string { return mail.Header(h).Get(name) }

// savedPage finds the first page among the parts of a message, as UTF-8 where
// its charset is said; nil where there is none.
func savedPage(ctx context.Context, h header, body io.Reader, depth int) ([]byte, error) {
	kind, params, err := mime.ParseMediaType(h.get("Content-Type"))
	if err != nil {
		return nil, nil // a part of no known kind is no page
	}
	if strings.HasPrefix(kind, "multipart/") && depth < 5 {
		parts := multipart.NewReader(body, params["boundary"])
		for range mostParts {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			part, err := parts.NextRawPart()
			if errors.Is(err, io.EOF) {
				return nil, nil
			}
			if err != nil {
				return nil, refuse(CodeDamaged, "the saved page is damaged, or not whole: %v", err)
			}
			page, err := savedPage(ctx, header(part.Header), part, depth+1)
			if page != nil || err != nil {
				return page, err
			}
		}
		return nil, nil
	}
	if kind != "text/html" && kind != "application/xhtml+xml" {
		return nil, nil
	}
	switch strings.ToLower(strings.TrimSpace(h.get("Content-Transfer-Encoding"))) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	page, err := io.ReadAll(io.LimitReader(body, maxText+1))
	if err != nil {
		return nil, refuse(CodeDamaged, "the saved page is damaged, or not whole: %v", err)
	}
	charset := params["charset"]
	if charset == "" {
		return page, nil // the page itself may say
	}
	text, _, err := decode(page, charset)
	return []byte(text), err
}

// looksMHTML reports whether the content begins as a message of several parts.
func looksMHTML(data []byte) bool {
	head := data[:min(len(data), 8192)]
	if end := bytes.Index(head, []byte("\r\n\r\n")); end >= 0 {
		head = head[:end]
	} else if end := bytes.Index(head, []byte("\n\n")); end >= 0 {
		head = head[:end]
	}
	colon := bytes.IndexByte(head, ':')
	if colon <= 0 || bytes.ContainsAny(head[:colon], " \t\n") {
		return false
	}
	head = bytes.ToLower(head)
	return bytes.Contains(head, []byte("mime-version:")) && bytes.Contains(head, []byte("content-type: multipart/"))
}
