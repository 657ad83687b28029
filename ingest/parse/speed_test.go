package parse_test

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"policykb/ingest/parse"
)

// BenchmarkParse reads a megabyte of each format of plain text.
func BenchmarkParse(b *testing.B) {
	text := strings.Repeat(sentence, 1<<20/len(sentence))
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(text))
	if err != nil {
		b.Fatal(err)
	}
	page := "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>条例</title></head><body><div class=\"nav\"><a href=\"/\">首页</a></div><div>" +
		strings.ReplaceAll("<p>"+text+"</p>", "\n", "</p><p>") + "</div></body></html>"
	for _, c := range []struct {
		name string
		data []byte
	}{
		{"条例.txt", []byte(text)}, {"条例.md", []byte(text)}, {"GB18030.txt", gb}, {"条例.html", []byte(page)},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := parse.Parse(b.Context(), c.name, c.data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
