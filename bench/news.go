// Package bench measures the parts of policykb that a user waits for, on real
// Chinese news at a realistic size, next to a well-known peer. It is a module of
// its own so that the peer is no dependency of the product.
package bench

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"policykb/corpus"
	"policykb/retrieval"
)

// The size of everything measured here.
const (
	passageCount = 50_000
	passageRunes = 400 // of a passage
	queryCount   = 400
)

// article is one document cut into passages.
type article struct {
	document corpus.Document
	passages []corpus.Passage
}

// news is what is indexed and what is asked.
type news struct {
	articles []article
	passages int
	bytes    int // of passage text
	runes    int // the same, in characters
	queries  []string
}

// readNews reads the articles at $POLICYKB_SHARED/news, or ../../shared/news. One
// article in forty is kept out of the index; its opening sentences of 10 to 30
// characters are the queries. Where the articles give fewer than passageCount
// passages, they are cut a second time, half a passage further on.
func readNews(tb testing.TB) *news {
	tb.Helper()
	root := os.Getenv("POLICYKB_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "shared")
	}
	files, _ := filepath.Glob(filepath.Join(root, "news", "news-*.txt"))
	if len(files) == 0 {
		tb.Skipf("no news articles under %s: set POLICYKB_SHARED to the folder that holds news/", root)
	}
	n := &news{}
	var kept []string
	for i, line := range lines(tb, files) {
		if i%40 != 0 {
			kept = append(kept, line)
			n.add(line, len(kept), 0)
		} else if q := opening(line); q != "" && len(n.queries) < queryCount {
			n.queries = append(n.queries, q)
		}
	}
	for i := 0; n.passages < passageCount && i < len(kept); i++ {
		n.add(kept[i], i, passageRunes/2)
	}
	if n.passages < passageCount || len(n.queries) < queryCount {
		tb.Fatalf("the news give %d passages and %d queries, not %d and %d", n.passages, len(n.queries), passageCount, queryCount)
	}
	return n
}

func lines(tb testing.TB, files []string) []string {
	var all []string
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			tb.Fatal(err)
		}
		scanner := bufio.NewScanner(f)
		scanner.Buffer(nil, 1<<20)
		for scanner.Scan() {
			all = append(all, scanner.Text())
		}
		if err := scanner.Err(); err != nil {
			tb.Fatal(err)
		}
		f.Close()
	}
	return all
}

// add cuts an article, from the given character on, unless there are enough passages.
func (n *news) add(text string, number, from int) {
	runes := []rune(text)
	if from >= len(runes) || n.passages >= passageCount {
		return
	}
	id := corpus.DocumentID(fmt.Sprintf("news-%05d-%d", number, from))
	title, _, _ := strings.Cut(text, "。")
	if t := []rune(title); len(t) > 40 {
		title = string(t[:40])
	}
	a := article{document: corpus.Document{ID: id, Version: 1, Metadata: corpus.Metadata{
		Title: title, Kind: corpus.KindNews, Language: "zh",
		City:     []string{"北京", "上海", "成都", "杭州", "深圳"}[number%5],
		IssuedOn: corpus.Date{Year: 2023, Month: 1, Day: 1},
	}}}
	for ordinal := 0; from < len(runes) && n.passages < passageCount; ordinal++ {
		to := min(from+passageRunes, len(runes))
		p := corpus.Passage{
			ID:       corpus.NewPassageID(id, 1, ordinal),
			Document: id, Version: 1, Ordinal: ordinal, Kind: corpus.PassageProse,
			Span: corpus.Span{Start: from, End: to},
			Text: string(runes[from:to]),
		}
		a.passages = append(a.passages, p)
		n.passages++
		n.bytes += len(p.Text)
		n.runes += to - from
		from = to
	}
	n.articles = append(n.articles, a)
}

// opening returns the first sentence of 10 to 30 characters, or "".
func opening(text string) string {
	_, text, _ = strings.Cut(text, "正文：")
	for _, sentence := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("，。？！；：、 ", r) }) {
		if n := utf8.RuneCountInString(sentence); n >= 10 && n <= 30 {
			return sentence
		}
	}
	return ""
}

// points makes what an index keeps of an article.
func (a *article) points(tb testing.TB, e retrieval.Embedder) []retrieval.Point {
	texts := make([]string, len(a.passages))
	for i, p := range a.passages {
		texts[i] = retrieval.EmbeddedText(p, a.document)
	}
	vectors := make([][]float32, len(texts))
	if e != nil {
		var err error
		if vectors, err = e.EmbedDocuments(tb.Context(), texts); err != nil {
			tb.Fatal(err)
		}
	}
	points := make([]retrieval.Point, len(a.passages))
	for i, p := range a.passages {
		points[i] = retrieval.NewPoint(p, a.document, vectors[i])
	}
	return points
}

// version is the article as the catalogue stores it.
func (a *article) version() corpus.Version {
	v := corpus.Version{
		Document: a.document.ID,
		Metadata: a.document.Metadata,
		Original: corpus.Original{Hash: string(a.document.ID), Name: "news.txt", MediaType: "text/plain"},
		Passages: a.passages,
	}
	start := a.passages[0].Span.Start
	for i := range v.Passages {
		p := &v.Passages[i]
		p.Span = p.Span.Shift(-start)
		v.Text += p.Text
	}
	return v
}
