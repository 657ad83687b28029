package parse

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// What is read of an archive of documents.
const (
	mostDocuments = 1000
	mostDocument  = 200 << 20 // bytes of one document
	mostArchives  = 3         // archives within one another
)

// depthKey marks in a context how many archives a document lies in.
type depthKey struct{}

// parseZIP reads the documents of an archive one after the other, each under its
// name. Those that cannot be read are named in warnings.
func parseZIP(ctx context.Context, _ string, data []byte) (Document, error) {
	depth, _ := ctx.Value(depthKey{}).(int)
	if depth >= mostArchives {
		return Document{}, refuse(CodeTooLarge, "archives are read %d deep", mostArchives)
	}
	ctx = context.WithValue(ctx, depthKey{}, depth+1)
	a, err := openArchive(data)
	if err != nil {
		return Document{}, err
	}
	doc := Document{Format: FormatZIP}
	read, text := 0, 0
	var first error
	for _, f := range a.list {
		name := memberName(f)
		if strings.HasSuffix(name, "/") || hiddenMember(name) {
			continue
		}
		if read++; read > mostDocuments {
			return Document{}, refuse(CodeTooLarge, "the archive holds more than %d documents", mostDocuments)
		}
		inner, err := parseMember(ctx, f, name)
		if ctx.Err() != nil {
			return Document{}, ctx.Err()
		}
		if err != nil {
			first = errors.Join(first, fmt.Errorf("%s: %w", name, err))
			doc.Warnings = append(doc.Warnings, fmt.Sprintf("%s was not read: %v", name, err))
			continue
		}
		doc.Blocks = append(doc.Blocks, Block{Kind: Heading, Level: 1, Text: name, Offset: -1})
		for _, b := range inner.Blocks {
			// Pages and offsets are those of a member, and the archive has none.
			b.Page, b.Offset = 0, -1
			if b.Kind == Heading {
				b.Level = min(b.Level+1, 6)
			}
			doc.Blocks = append(doc.Blocks, b)
			if text += len(b.Text); text > maxText {
				return Document{}, refuse(CodeTooLarge, "the documents of the archive hold more than %d MB of text", maxText>>20)
			}
		}
		for _, w := range inner.Warnings {
			doc.Warnings = append(doc.Warnings, name+": "+w)
		}
	}
	switch {
	case read == 0:
		return Document{}, refuse(CodeEmpty, "the archive holds no documents")
	case len(doc.Blocks) == 0:
		return Document{}, refuse(codeOf(first), "none of the %d documents of the archive can be read: %s", read, strings.Join(doc.Warnings, "; "))
	}
	return doc, nil
}

// codeOf gives the code of the first refusal in an error.
func codeOf(err error) Code {
	var refused *Error
	if errors.As(err, &refused) {
		return refused.Code
	}
	return CodeDamaged
}

func parseMember(ctx context.Context, f *zip.File, name string) (Document, error) {
	content, err := readMember(ctx, f, mostDocument)
	if err != nil {
		return Document{}, err
	}
	return Parse(ctx, name, content)
}

// memberName gives the name of a member; older programs write it in GBK.
func memberName(f *zip.File) string {
	name := f.Name
	if !utf8.ValidString(name) || f.NonUTF8 && strings.ContainsFunc(name, strange) {
		if decoded, err := simplifiedchinese.GB18030.NewDecoder().String(name); err == nil && utf8.ValidString(decoded) {
			name = decoded
		}
	}
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x2028 || r == 0x2029 || r == utf8.RuneError {
			return -1
		}
		return r
	}, strings.ReplaceAll(name, "\\", "/"))
	return strings.TrimLeft(name, "/")
}

// strange reports whether the character would not stand in the name of a document
// here: bytes of GBK can happen to be UTF-8 of some other script.
func strange(r rune) bool {
	return r >= utf8.RuneSelf && !broad(r) && !unicode.IsPunct(r) && !unicode.IsSymbol(r)
}

// hiddenMember reports whether a program put the member there for itself.
func hiddenMember(name string) bool {
	return strings.HasPrefix(name, "__MACOSX/") || strings.HasPrefix(path.Base(name), ".") || path.Base(name) == "Thumbs.db" || name == ""
}
