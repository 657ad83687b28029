package parse

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// mostElements is how deep the elements of a document may be nested. Real ones
// stay below a hundred.
const mostElements = 2000

// element is the start of an element.
type element = xml.StartElement

// xmlReader walks through XML as it streams by. Entities that a document defines
// itself are unknown to it, so none can explode.
type xmlReader struct {
	decoder *xml.Decoder
	part    string
	depth   int
}

// walk reads a part of an archive: see is called with the root element.
func (a *archive) walk(ctx context.Context, part string, see func(x *xmlReader, root element) error) error {
	r, err := a.open(ctx, part)
	if err != nil {
		return err
	}
	x := &xmlReader{decoder: xml.NewDecoder(r), part: part}
	x.decoder.CharsetReader = func(charset string, input io.Reader) (io.Reader, error) {
		enc, _ := encodingOf(charset)
		if enc == nil {
			return nil, fmt.Errorf("unknown charset %s", charset)
		}
		return enc.NewDecoder().Reader(input), nil
	}
	err = x.children(func(e element) error { return see(x, e) })
	return errors.Join(err, r.Close())
}

// children calls see with each element within the one whose start was read last.
// What see leaves unread is skipped.
func (x *xmlReader) children(see func(e element) error) error {
	return x.content(see, nil)
}

// content is children that also gives the text between the elements.
func (x *xmlReader) content(see func(e element) error, text func(s string)) error {
	depth := x.depth
	for {
		token, err := x.decoder.Token()
		if err != nil {
			if errors.Is(err, io.EOF) && depth == 0 {
				return nil
			}
			return x.damaged(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			x.depth++
			if x.depth > mostElements {
				return refuse(CodeTooLarge, "%s nests its elements deeper than %d levels", x.part, mostElements)
			}
			if err := see(t); err != nil {
				return err
			}
			for x.depth > depth {
				if err := x.skipOne(); err != nil {
					return err
				}
			}
		case xml.EndElement:
			x.depth--
			return nil
		case xml.CharData:
			if text != nil {
				text(string(t))
			}
		}
	}
}

// skipOne reads on to the end of the innermost open element.
func (x *xmlReader) skipOne() error {
	if err := x.decoder.Skip(); err != nil {
		return x.damaged(err)
	}
	x.depth--
	return nil
}

// words gives all text within the element whose start was read last.
func (x *xmlReader) words() (string, error) {
	var b strings.Builder
	var gather func(element) error
	gather = func(element) error { return x.content(gather, func(s string) { b.WriteString(s) }) }
	err := gather(element{})
	return b.String(), err
}

func (x *xmlReader) damaged(err error) error {
	var refused *Error
	if errors.As(err, &refused) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return refuse(CodeDamaged, "%s is damaged: %v", x.part, err)
}

// attr gives an attribute by its name without prefix, "" where it is absent.
func attr(e element, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// on reads a property that is on where it stands without a value: <w:tblHeader/>.
func on(e element) bool {
	switch attr(e, "val") {
	case "0", "false", "off":
		return false
	}
	return true
}
