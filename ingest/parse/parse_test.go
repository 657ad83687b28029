package parse_test

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"

	"policykb/ingest/parse"
)

var update = flag.Bool("update", false, "write the golden files anew")

const sentence = "第一条 为了推进本市智慧经济发展，根据有关法律、法规，结合本市实际，制定本条例。\n第二条 本条例自2015年12月1日起施行，由“市人民政府”解释。㎡镕\n"

func TestCharsets(t *testing.T) {
	t.Parallel()
	encoded := func(e encoding.Encoding, s string) []byte {
		b, err := e.NewEncoder().Bytes([]byte(s))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	u16 := func(s string, bigEndian bool, mark string) []byte {
		b := []byte(mark)
		for _, u := range utf16.Encode([]rune(s)) {
			if bigEndian {
				b = append(b, byte(u>>8), byte(u))
			} else {
				b = append(b, byte(u), byte(u>>8))
			}
		}
		return b
	}
	gb := encoded(simplifiedchinese.GB18030, sentence)
	traditional := "第一條 為了促進高新技術產業的發展，加快傳統產業改造，推動經濟轉型，根據有關法律，結合本省實際，制定本條例。\n"
	page := "<!DOCTYPE html><html><head><meta charset=\"gb2312\"><title>条例</title></head><body><p>" + sentence + "</p></body></html>"
	for _, c := range []struct {
		name    string
		data    []byte
		charset string
		want    string
	}{
		{"UTF-8", []byte(sentence), "UTF-8", sentence},
		{"UTF-8 with a byte order mark", []byte("\ufeff" + sentence), "UTF-8", sentence},
		{"GB18030 undeclared", gb, "GB18030", sentence},
		{"one short line of GBK", encoded(simplifiedchinese.GBK, "算力券申领指南"), "GB18030", "算力券申领指南"},
		{"a page that says gb2312 and is GB18030", encoded(simplifiedchinese.GB18030, page), "GB18030", "2015年12月1日"},
		{"UTF-16LE with a mark", u16(sentence, false, "\xff\xfe"), "UTF-16LE", sentence},
		{"UTF-16BE with a mark", u16(sentence, true, "\xfe\xff"), "UTF-16BE", sentence},
		{"UTF-16LE without a mark", u16(sentence, false, ""), "UTF-16LE", sentence},
		{"UTF-16BE without a mark", u16(sentence, true, ""), "UTF-16BE", sentence},
		{"English UTF-16LE without a mark", u16("Smart city plan\nArticle 1\n", false, ""), "UTF-16LE", "Smart city plan"},
		{"Big5", encoded(traditionalchinese.Big5, strings.Repeat(traditional, 3)), "big5", traditional},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			doc, err := parse.Parse(t.Context(), "条例.txt", c.data)
			if err != nil {
				t.Fatal(err)
			}
			if doc.Charset != c.charset {
				t.Errorf("got charset %s, want %s", doc.Charset, c.charset)
			}
			if text := textOf(doc); !strings.Contains(text, strings.SplitN(strings.TrimSpace(c.want), "\n", 2)[0]) {
				t.Errorf("got %q, want %q", text, c.want)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	noise := make([]byte, 50_000)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(r.UintN(256))
	}
	for _, c := range []struct {
		name, file string
		data       []byte
		code       parse.Code
	}{
		{"empty", "空.txt", nil, parse.CodeEmpty},
		{"white space only", "空.txt", []byte(" \n\t\u3000\n"), parse.CodeEmpty},
		{"an empty page", "空.html", []byte("<!DOCTYPE html><html><body><div></div></body></html>"), parse.CodeEmpty},
		{"broken UTF-8", "条例.txt", []byte(sentence[:30] + "\xe4\xb8" + sentence[30:]), parse.CodeDamaged},
		{"cut UTF-8", "条例.txt", []byte(sentence[:len(sentence)-2]), parse.CodeDamaged},
		{"cut UTF-16", "条例.txt", append([]byte("\xff\xfe"), 'a', 0, 'b'), parse.CodeDamaged},
		{"random bytes called text", "条例.txt", noise, parse.CodeBinary},
		{"random bytes called PDF", "条例.pdf", noise, parse.CodeBinary},
		{"a program called text", "条例.txt", append([]byte("\x7fELF\x02\x01\x01\x00"), make([]byte, 600)...), parse.CodeBinary},
		{"a picture called text", "条例.txt", []byte("\x89PNG\r\n\x1a\nxxxx"), parse.CodeDamaged},
		{"half an archive", "材料.zip", []byte("PK\x03\x04xxxxxxxxxxxx"), parse.CodeDamaged},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := parse.Parse(t.Context(), c.file, c.data)
			var refused *parse.Error
			if !errors.As(err, &refused) || refused.Code != c.code || refused.Detail == "" {
				t.Errorf("got %v, want a refusal with code %s", err, c.code)
			}
		})
	}
}

// TestGolden reads the files of testdata and compares their blocks with those
// written down beside them.
func TestGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.[hmt][tdx]*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, ".golden") {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			doc, err := parse.Parse(t.Context(), filepath.Base(file), data)
			if err != nil {
				t.Fatal(err)
			}
			got := describe(doc)
			golden := file + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s differs from its golden file; go test -update writes it anew\ngot:\n%s", file, got)
			}
		})
	}
}

// describe writes a document for people: its fields, then a block a line.
func describe(doc parse.Document) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s\n", doc.Format, doc.Charset)
	for _, w := range doc.Warnings {
		fmt.Fprintf(&b, "warning: %s\n", w)
	}
	for _, f := range doc.Fields {
		fmt.Fprintf(&b, "%s %s = %s\n", f.From, f.Name, f.Value)
	}
	for _, block := range doc.Blocks {
		b.WriteString(block.Kind.String())
		if block.Level > 0 {
			fmt.Fprintf(&b, " %d", block.Level)
		}
		if block.Mark > 0 {
			fmt.Fprintf(&b, " mark %d", block.Mark)
		}
		if block.Header {
			b.WriteString(" header")
		}
		if block.Blank > 0 {
			fmt.Fprintf(&b, " after %d", block.Blank)
		}
		if block.Page > 0 {
			fmt.Fprintf(&b, " page %d", block.Page)
		}
		fmt.Fprintf(&b, ": %s\n", block.Text)
	}
	return b.String()
}

// FuzzParse holds any bytes against what Parse promises.
func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.[hmt][tdx]*")
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil {
			f.Add(filepath.Base(file), data)
		}
	}
	f.Add("a.txt", []byte(sentence))
	f.Add("a.md", []byte("---\ntitle: x\n---\n# 题\n<!-- a\n--> b\n| a | b |\n|--|--|\n| 1 | 2 |\n```\ncode\n"))
	f.Add("a.html", []byte("<table><tr><td rowspan=9 colspan=9>a<td>b<tr><td>c<table><tr><td>d</table></table><ol start=3><li>x<ul><li>y</ul></ol>"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		doc, err := parse.Parse(t.Context(), name, data)
		if err != nil {
			var refused *parse.Error
			if !errors.As(err, &refused) || refused.Code == "" || refused.Detail == "" {
				t.Fatalf("error %v says no reason", err)
			}
			return
		}
		for _, b := range doc.Blocks {
			if !utf8.ValidString(b.Text) || strings.ContainsAny(b.Text, "\n\r") || b.Text == "" {
				t.Fatalf("block %q", b.Text)
			}
			if b.Mark > utf8.RuneCountInString(b.Text) || b.Kind == parse.Heading && (b.Level < 1 || b.Level > 6) || b.Kind == parse.Row && len(b.Cells) == 0 {
				t.Fatalf("block %+v", b)
			}
		}
	})
}
