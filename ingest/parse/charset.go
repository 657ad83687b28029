package parse

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/wlynxg/chardet"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// maxText is the most bytes of a format of plain text that are read: more than
// any collection of laws, less than what would exhaust a small machine.
const maxText = 64 << 20

// decode gives the text that the bytes stand for, and the name of its charset.
// It believes, in this order: a byte order mark, valid UTF-8, the zero bytes or
// the Han letters of UTF-16, what the document declares, and what its bytes
// look like. Every GB2312 and GBK is read as GB18030, which contains both and is
// what such documents really hold.
func decode(data []byte, declared string) (text, charset string, err error) {
	if len(data) > maxText {
		return "", "", refuse(CodeTooLarge, "the text has %d MB; at most %d MB are read", len(data)>>20, maxText>>20)
	}
	switch {
	case bytes.HasPrefix(data, []byte("\xEF\xBB\xBF")):
		return decodeUTF8(data[3:])
	case bytes.HasPrefix(data, []byte("\xFF\xFE")):
		return decodeUTF16(data[2:], false)
	case bytes.HasPrefix(data, []byte("\xFE\xFF")):
		return decodeUTF16(data[2:], true)
	}
	if bytes.IndexByte(data, 0) < 0 && utf8.Valid(data) {
		return textUTF8(data)
	}
	if bigEndian, ok := looksUTF16(data); ok {
		return decodeUTF16(data, bigEndian)
	}
	if bytes.IndexByte(data, 0) >= 0 || binary(data) {
		return "", "", refuse(CodeBinary, "the content is not text")
	}
	if at, ok := brokenUTF8(data); ok {
		return "", "", refuse(CodeDamaged, "the text is UTF-8, but broken at byte %d", at)
	}
	var tried []string
	for _, name := range []string{declared, "GB18030", chardet.Detect(data[:min(len(data), 1<<16)]).Encoding} {
		enc, label := encodingOf(name)
		if enc == nil {
			continue
		}
		tried = append(tried, label)
		if text, ok := decodeWith(enc, data, label == "GB18030" && name != declared); ok {
			return text, label, nil
		}
	}
	if len(tried) == 0 {
		return "", "", refuse(CodeBinary, "the content is not text in any charset that is known here")
	}
	return "", "", refuse(CodeDamaged, "the text is no valid %s", strings.Join(tried, ", nor "))
}

// encodingOf finds a charset by any of its names; every Chinese mainland charset
// is GB18030. UTF-8 is not among them: bytes that are valid UTF-8 never come here.
func encodingOf(name string) (encoding.Encoding, string) {
	name = strings.ToLower(strings.TrimSpace(name))
	switch name {
	case "", "ascii", "utf-8", "utf8", "utf-16", "utf-16le", "utf-16be", "binary":
		return nil, ""
	case "gb2312", "gbk", "gb18030", "gb-2312", "gb_2312", "x-gbk", "cp936", "hz-gb-2312", "euc-cn":
		return simplifiedchinese.GB18030, "GB18030"
	}
	enc, err := htmlindex.Get(name)
	if err != nil {
		return nil, ""
	}
	label, err := htmlindex.Name(enc)
	if err != nil {
		return nil, ""
	}
	return enc, label
}

// decodeWith decodes all bytes, or gives false where some stand for nothing, or
// where the charset was guessed and what comes out is not written Chinese.
func decodeWith(enc encoding.Encoding, data []byte, guessed bool) (string, bool) {
	decoded, err := enc.NewDecoder().Bytes(data)
	if err != nil || bytes.ContainsRune(decoded, utf8.RuneError) {
		return "", false
	}
	text := string(decoded)
	if guessed && !commonHan(text) {
		return "", false
	}
	return text, true
}

// commonHan reports whether most letters beyond ASCII are such as Chinese text is
// made of. GB18030 gives some character for almost any bytes, but for those of
// another charset mostly rare ones.
func commonHan(text string) bool {
	common, other := 0, 0
	for i, r := range text {
		if i > 1<<13 {
			break
		}
		switch {
		case r < utf8.RuneSelf:
		case r >= 0x3000 && r <= 0x303F, r >= 0xFF00 && r <= 0xFFEF, r >= 0x2010 && r <= 0x2027:
			common++
		case unicode.Is(unicode.Han, r) && inGB2312Level1(r):
			common++
		default:
			other++
		}
	}
	return common > 0 && common >= 3*other
}

// inGB2312Level1 reports whether the character is one of the 3,755 most frequent
// of GB2312, whose lead bytes are B0 to D7.
func inGB2312Level1(r rune) bool {
	var buf [4]byte
	n, _, err := simplifiedchinese.GB18030.NewEncoder().Transform(buf[:], []byte(string(r)), true)
	return err == nil && n == 2 && buf[0] >= 0xB0 && buf[0] <= 0xD7 && buf[1] >= 0xA1
}

func decodeUTF8(data []byte) (string, string, error) {
	if at, ok := firstInvalid(data); ok {
		return "", "", refuse(CodeDamaged, "the text is UTF-8, but broken at byte %d", at)
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return "", "", refuse(CodeBinary, "the content is not text")
	}
	return textUTF8(data)
}

// textUTF8 gives bytes that are valid UTF-8 without a zero.
func textUTF8(data []byte) (string, string, error) {
	if binary(data) {
		return "", "", refuse(CodeBinary, "the content is not text")
	}
	return string(data), "UTF-8", nil
}

func decodeUTF16(data []byte, bigEndian bool) (string, string, error) {
	charset := "UTF-16LE"
	if bigEndian {
		charset = "UTF-16BE"
	}
	if len(data)%2 != 0 {
		return "", "", refuse(CodeDamaged, "the text is %s, but ends in the middle of a character", charset)
	}
	units := make([]uint16, len(data)/2)
	for i := range units {
		a, b := uint16(data[2*i]), uint16(data[2*i+1])
		if bigEndian {
			a, b = b, a
		}
		units[i] = b<<8 | a
	}
	runes := utf16.Decode(units)
	for i, r := range runes {
		if r == utf8.RuneError && i < len(units) {
			return "", "", refuse(CodeDamaged, "the text is %s, but broken at character %d", charset, i)
		}
		if r == 0 {
			return "", "", refuse(CodeBinary, "the content is not text")
		}
	}
	return string(runes), charset, nil
}

// looksUTF16 reports whether bytes without a byte order mark are UTF-16: read so,
// nearly all characters are ASCII, Han or Chinese punctuation.
func looksUTF16(data []byte) (bigEndian, ok bool) {
	if len(data) < 4 || len(data)%2 != 0 {
		return false, false
	}
	sample := data[:min(len(data), 1<<14)&^1]
	for _, bigEndian := range []bool{false, true} {
		good := 0
		for i := 0; i < len(sample); i += 2 {
			lo, hi := sample[i], sample[i+1]
			if bigEndian {
				lo, hi = hi, lo
			}
			switch {
			case hi == 0 && (lo >= 0x20 && lo < 0x7F || lo == '\n' || lo == '\r' || lo == '\t'),
				hi >= 0x4E && hi <= 0x9F, hi == 0x30, hi == 0xFF, hi == 0x20:
				good++
			}
		}
		// Any two bytes of GBK may look like a Han letter too, but then the line
		// ends and spaces do not come as two bytes with a zero.
		if good*20 >= len(sample)/2*19 && bytes.IndexByte(sample, 0) >= 0 {
			return bigEndian, true
		}
	}
	return false, false
}

// brokenUTF8 reports whether the bytes are UTF-8 with a few flaws, and where the
// first is. Text of another charset hardly ever has runs of valid UTF-8.
func brokenUTF8(data []byte) (at int, ok bool) {
	first, valid, invalid := -1, 0, 0
	for i := 0; i < len(data); {
		if data[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			if first < 0 {
				first = i
			}
			invalid++
		} else if size >= 3 {
			valid++
		}
		i += size
	}
	return first, invalid > 0 && valid > 4*invalid
}

// firstInvalid returns the offset of the first byte that is not UTF-8.
func firstInvalid(data []byte) (int, bool) {
	if utf8.Valid(data) {
		return 0, false
	}
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return i, true
		}
		i += size
	}
	return 0, false
}

// binary reports whether more than one byte in a hundred is a control character
// that no text has.
func binary(data []byte) bool {
	sample := data[:min(len(data), 1<<16)]
	controls := 0
	for _, b := range sample {
		controls += int(control[b])
	}
	return controls*100 > len(sample)
}

// control is 1 for the control characters that no text has.
var control = func() (t [256]uint8) {
	for b := range 0x20 {
		if strings.IndexByte("\n\r\t\f\x1B", byte(b)) < 0 {
			t[b] = 1
		}
	}
	t[0x7F] = 1
	return t
}()

// hasWord reports whether the text has a letter or a digit.
func hasWord(text string) bool {
	for _, r := range text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return true
		}
	}
	return false
}
