package bench

import (
	"path/filepath"
	"sync"
	"testing"

	"github.com/blevesearch/bleve/v2"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/cjk" // registers the analyzer
	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/mapping"
	blevesearch "github.com/blevesearch/bleve_index_api"
)

// The peer: bleve on its scorch index in a folder, with its CJK analyzer (pairs of
// characters; policykb has single characters as well) and BM25. Batches of 1,000
// documents, since that is how bleve is fast.
func newBleve(b *testing.B, folder string) bleve.Index {
	b.Helper()
	x, err := bleve.NewUsing(folder, bleveMapping(), scorch.Name, scorch.Name, nil)
	if err != nil {
		b.Fatal(err)
	}
	return x
}

func bleveMapping() mapping.IndexMapping {
	text := bleve.NewTextFieldMapping()
	text.Analyzer = "cjk"
	text.Store, text.IncludeTermVectors, text.IncludeInAll, text.DocValues = false, false, false, false
	m := bleve.NewIndexMapping()
	m.DefaultMapping.AddFieldMappingsAt("text", text)
	m.DefaultAnalyzer = "cjk"
	m.ScoringModel = blevesearch.BM25Scoring
	return m
}

type bleveDocument struct {
	Text string `json:"text"`
}

func fillBleve(b *testing.B, x bleve.Index, n *news) {
	b.Helper()
	batch := x.NewBatch()
	flush := func() {
		if err := x.Batch(batch); err != nil {
			b.Fatal(err)
		}
		batch.Reset()
	}
	for _, a := range n.articles {
		for _, p := range a.passages {
			if err := batch.Index(string(p.ID), bleveDocument{p.Text}); err != nil {
				b.Fatal(err)
			}
			if batch.Size() >= 1000 {
				flush()
			}
		}
	}
	flush()
}

var filledBleve struct {
	once  sync.Once
	index bleve.Index
}

func theBleve(b *testing.B) bleve.Index {
	n := theNews(b)
	filledBleve.once.Do(func() {
		filledBleve.index = newBleve(b, filepath.Join(scratch, "bleve"))
		fillBleve(b, filledBleve.index, n)
	})
	return filledBleve.index
}

// BenchmarkSearchPeer is BenchmarkSearch for bleve.
func BenchmarkSearchPeer(b *testing.B) {
	n := theNews(b)
	b.Run("engine=bleve/sparse", func(b *testing.B) {
		x := theBleve(b)
		ask(b, n.queries, func(question string) {
			match := bleve.NewMatchQuery(question)
			match.SetField("text")
			if _, err := x.SearchInContext(b.Context(), bleve.NewSearchRequestOptions(match, 50, 0, false)); err != nil {
				b.Fatal(err)
			}
		})
	})
}

// BenchmarkIndexPeer is BenchmarkIndex for bleve.
func BenchmarkIndexPeer(b *testing.B) {
	n := theNews(b)
	b.Run("engine=bleve", func(b *testing.B) {
		for b.Loop() {
			x := newBleve(b, filepath.Join(b.TempDir(), "bleve"))
			fillBleve(b, x, n)
			x.Close()
		}
		perOp := b.Elapsed().Seconds() / float64(b.N)
		b.ReportMetric(float64(n.passages)/perOp, "passages/s")
		b.ReportMetric(float64(n.bytes)/perOp/1e6, "MB/s")
	})
}
