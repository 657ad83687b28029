package bench

import (
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"policykb/corpus/sqlite"
	"policykb/retrieval"
)

// kept is one catalogue of all articles for the benchmarks that only read.
var kept struct {
	once      sync.Once
	catalogue *sqlite.Catalogue
}

func theCatalogue(b *testing.B) *sqlite.Catalogue {
	n := theNews(b)
	kept.once.Do(func() {
		catalogue, err := sqlite.Open(b.Context(), filepath.Join(scratch, "catalogue.db"))
		if err != nil {
			b.Fatal(err)
		}
		kept.catalogue = catalogue
		for i := range n.articles {
			if _, _, err := catalogue.Store(b.Context(), n.articles[i].version()); err != nil {
				b.Fatal(err)
			}
		}
	})
	if kept.catalogue == nil {
		b.Fatal("the catalogue could not be filled")
	}
	return kept.catalogue
}

// BenchmarkAsk times questions from text to verified, cited answer, over 50,000
// passages and on one core.
func BenchmarkAsk(b *testing.B) {
	n := theNews(b)
	service := retrieval.New(retrieval.Config{Catalogue: theCatalogue(b), Index: theIndex(b)})
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	answered, asked, spent := 0, 0, processorTime(b)
	ask(b, n.queries, func(question string) {
		a, err := service.Ask(b.Context(), retrieval.Request{Question: question})
		if err != nil {
			b.Fatal(err)
		}
		asked++
		if a.Answered {
			answered++
		}
	})
	b.ReportMetric((processorTime(b)-spent).Seconds()*1e3/float64(asked), "cpu-ms/question")
	b.ReportMetric(float64(answered)/float64(asked), "answered")
}
