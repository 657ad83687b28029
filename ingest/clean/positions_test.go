package clean_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"policykb/ingest/clean"
	"policykb/ingest/parse"
)

// traced holds a text against what it promises: valid NFC, blocks at their spans,
// and every code point traced to one of the source that it can have come from.
func traced(t testing.TB, doc parse.Document, text clean.Text) {
	t.Helper()
	if !utf8.ValidString(text.String) || !norm.NFC.IsNormalString(text.String) || strings.ContainsAny(text.String, "\r\t\u200b\ufeff") {
		t.Fatalf("not clean: %q", text.String)
	}
	runes := []rune(text.String)
	if text.Length != len(runes) {
		t.Fatalf("length %d, want %d", text.Length, len(runes))
	}
	end := 0
	for _, b := range text.Blocks {
		if b.Span.Start < end || b.Span.Len() == 0 || text.Of(b) != b.Span.Of(text.String) || strings.TrimSpace(text.Of(b)) != text.Of(b) || strings.Contains(text.Of(b), "\n") {
			t.Fatalf("block %v is %q, the text there %q", b.Span, text.Of(b), b.Span.Of(text.String))
		}
		end = b.Span.End
	}
	sources := make([][]rune, len(doc.Blocks))
	for i, b := range doc.Blocks {
		sources[i] = []rune(b.Text)
	}
	for at, r := range runes {
		p, ok := text.Source(at)
		if !ok || p.Block < 0 || p.Block >= len(sources) || p.Offset < 0 || p.Offset > len(sources[p.Block]) {
			t.Fatalf("code point %d of %q comes from %+v", at, text.String, p)
		}
		if unicode.IsSpace(r) || r == utf8.RuneError {
			continue // put in between lines, or for what was there
		}
		if p.Offset == len(sources[p.Block]) || !cameFrom(r, sources[p.Block][p.Offset:]) {
			t.Fatalf("code point %d, %q, of %q comes from %+v, %q", at, r, text.String, p, string(sources[p.Block][min(p.Offset, len(sources[p.Block])):]))
		}
	}
	for _, at := range []int{-1, text.Length} {
		if p, ok := text.Source(at); ok {
			t.Fatalf("code point %d, outside of the text, comes from %+v", at, p)
		}
	}
}

// cameFrom reports whether the source may have become r at its first characters:
// the same one, one of full width, a radical, or composed.
func cameFrom(r rune, source []rune) bool {
	if source[0] == r || strings.ContainsRune(norm.NFKC.String(string(source[0])), r) {
		return true
	}
	n := 1
	for n < len(source) && (unicode.Is(unicode.M, source[n]) || !norm.NFC.PropertiesString(string(source[n:])).BoundaryBefore()) {
		n++
	}
	if strings.ContainsRune(norm.NFKC.String(string(source[:n])), r) || strings.ContainsRune(norm.NFC.String(string(source[:n])), r) {
		return true
	}
	return source[0] >= 0x2E80 && source[0] <= 0x2FDF
}

func TestPositions(t *testing.T) {
	t.Parallel()
	source := "　第五 条　为了\u200b促进ＡＩ技術(shù)的发展，推动本市产业优化升级，建设国际科技创新中\n心，cafe\u0301\n\n第六条 好"
	doc, err := parse.Parse(t.Context(), "政策.txt", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	text := clean.Join(doc)
	traced(t, doc, text)
	want := "第五条 为了促进AI技術的发展，推动本市产业优化升级，建设国际科技创新中心，café\n\n第六条 好"
	if text.String != want {
		t.Fatalf("got %q, want %q", text.String, want)
	}
	for _, c := range []struct {
		words         string
		block, offset int
	}{
		{"第", 0, 1}, {"条", 0, 4}, {"促", 0, 9}, {"A", 0, 11}, {"術", 0, 14}, {"的", 0, 20}, {"心", 1, 0}, {"é", 1, 5}, {"六", 2, 1},
	} {
		at := utf8.RuneCountInString(text.String[:strings.Index(text.String, c.words)])
		if p, _ := text.Source(at); p != (clean.Position{Block: c.block, Offset: c.offset}) {
			t.Errorf("%q comes from %+v, want block %d, offset %d", c.words, p, c.block, c.offset)
		}
	}
}

// TestAllPolicies traces and cleans again every policy that is at hand.
func TestAllPolicies(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(shared(t), "policies", "*.[mt][dx]*"))
	if err != nil {
		t.Fatal(err)
	}
	again := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := parse.Parse(t.Context(), filepath.Base(file), data)
		if err != nil {
			t.Fatal(err)
		}
		text := clean.Join(doc)
		traced(t, doc, text)
		if second := reread(t, file, text); second != text.String {
			i := 0
			for i < len(second) && i < len(text.String) && second[i] == text.String[i] {
				i++
			}
			t.Errorf("%s: cleaned again, …%.120q becomes …%.120q", filepath.Base(file), text.String[max(0, i-60):], second[max(0, i-60):])
			continue
		}
		again++
	}
	t.Logf("%d of %d texts stay as they are when cleaned again", again, len(files))
}

// reread parses and cleans a canonical text as a file of its own.
func reread(t testing.TB, name string, text clean.Text) string {
	t.Helper()
	doc, err := parse.Parse(t.Context(), name, []byte(text.String))
	if err != nil {
		t.Fatal(err)
	}
	return clean.Join(doc).String
}

// TestCleanAgain cleans texts made of the pieces of policies twice. The texts are
// the same in every run: in some ten thousand a caption found by the document's
// own words makes for words by which another is found.
func TestCleanAgain(t *testing.T) {
	t.Parallel()
	pieces := []string{
		"第一章 总则", "第二条 本条例适用于本市。", "（一）数据，", "１．支持", "算 力券", "最高 500 万元", "AI plan", "，", "。", "“人工智能+”", "\n", "\n\n", "\n", " ", "　　",
		"促进数字经济发展，推动高质量发展，建设具有全球影响力的科技创新中心，提升城市能级", "The plan aims to govern-", "技術(shù)", "【条件要求】", "- 3 -", "图1 架构", "《规划", "》",
	}
	random := rand.New(rand.NewPCG(5, 23))
	for range 5000 {
		var source strings.Builder
		for range 1 + random.IntN(30) {
			source.WriteString(pieces[random.IntN(len(pieces))])
		}
		doc, err := parse.Parse(t.Context(), "政策.txt", []byte(source.String()))
		if err != nil {
			continue // no words in it
		}
		once := clean.Join(doc)
		if once.String == "" {
			continue
		}
		if twice := reread(t, "政策.txt", once); twice != once.String {
			t.Fatalf("%q\nonce  %q\ntwice %q", source.String(), once.String, twice)
		}
	}
}

// FuzzJoin traces the canonical text of any lines.
func FuzzJoin(f *testing.F) {
	f.Add("第五 条　为了\u200b促进ＡＩ技術(shù)的发\n展，cafe\u0301\n\n第六条 好", uint8(0))
	f.Add("a\u0301\u200b\u0301 b\ngovern-\nance ⼈ \uF9D1 ｡ﾞ が", uint8(3))
	f.Add("而携程发布首个旅游行业垂,它\n\n\n奇瑞。\n\n直大模型。垂直大", uint8(1))
	f.Fuzz(func(t *testing.T, source string, kind uint8) {
		if !utf8.ValidString(source) {
			t.Skip()
		}
		var doc parse.Document
		blank := 0
		for line := range strings.SplitSeq(source, "\n") {
			if line == "" {
				blank++
				continue
			}
			doc.Blocks = append(doc.Blocks, parse.Block{Kind: parse.Kind(kind % 4), Level: 1, Text: line, Blank: blank})
			blank = 0
		}
		traced(t, doc, clean.Join(doc))
	})
}
