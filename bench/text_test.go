//go:build unix

package bench

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"policykb/corpus"
	"policykb/ingest/chunk"
	"policykb/ingest/clean"
	"policykb/ingest/outline"
	"policykb/ingest/parse"
	"policykb/retrieval"
	"policykb/retrieval/embed"
)

// textBytes is how much text one op of BenchmarkText takes in.
const textBytes = 10 << 20

// BenchmarkText times the whole way from the bytes of a text to a searchable
// index, without a disk: parse, clean, outline, chunk, terms and index, and the
// same with vectors, in megabytes a second of one core's time.
func BenchmarkText(b *testing.B) {
	texts := newsTexts(b)
	for _, c := range []struct {
		name     string
		embedder retrieval.Embedder
	}{{"terms", nil}, {"terms+vectors", embed.Builtin()}} {
		b.Run(c.name, func(b *testing.B) {
			read, before := 0, processorTime(b)
			for b.Loop() {
				x := open(b, "")
				for i, text := range texts {
					takeIn(b, x, corpus.DocumentID(strconv.Itoa(i)), text, c.embedder)
					read += len(text)
				}
				x.Close()
			}
			b.ReportMetric(float64(read)/1e6/(processorTime(b)-before).Seconds(), "MB/core-s")
		})
	}
}

// processorTime is what the process has used of all cores, whatever else the
// machine did meanwhile.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// newsTexts gives news articles as files that an analyst might add.
func newsTexts(b *testing.B) []string {
	root := os.Getenv("POLICYKB_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "shared")
	}
	files, _ := filepath.Glob(filepath.Join(root, "news", "news-*.txt"))
	if len(files) == 0 {
		b.Skipf("no news articles under %s: set POLICYKB_SHARED to the folder that holds news/", root)
	}
	var texts []string
	for total, all := 0, lines(b, files); total < textBytes && len(all) > 0; all = all[1:] {
		if text := strings.TrimSpace(all[0]); text != "" {
			texts = append(texts, text)
			total += len(text)
		}
	}
	return texts
}

// takeIn brings one text into the index, as ingestion does.
func takeIn(b *testing.B, x retrieval.Index, id corpus.DocumentID, text string, e retrieval.Embedder) {
	parsed, err := parse.Parse(b.Context(), "news.txt", []byte(text))
	if err != nil {
		b.Fatal(err)
	}
	cleaned := clean.Join(parsed)
	passages := chunk.Split(cleaned, outline.Of(cleaned), chunk.Limits{})
	document := corpus.Document{ID: id, Version: 1}
	vectors := make([][]float32, len(passages))
	if e != nil {
		embedded := make([]string, len(passages))
		for i, p := range passages {
			embedded[i] = retrieval.EmbeddedText(p, document)
		}
		if vectors, err = e.EmbedDocuments(b.Context(), embedded); err != nil {
			b.Fatal(err)
		}
	}
	points := make([]retrieval.Point, len(passages))
	for i, p := range passages {
		p.Document, p.Version, p.Ordinal = id, 1, i
		p.ID = corpus.NewPassageID(id, 1, i)
		points[i] = retrieval.NewPoint(p, document, vectors[i])
	}
	if err := x.Replace(b.Context(), id, 1, points); err != nil {
		b.Fatal(err)
	}
}
