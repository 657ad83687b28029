package sqlite

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"policykb/corpus"
)

// The knowledge base that the benchmarks ask: 50,000 passages of 400 characters.
const (
	benchDocuments = 5_000
	benchPassages  = 10 // of a document
	benchLength    = 400
)

// policy is a document of sentences as they stand in policies, with an outline
// and origins as ingestion gives them.
func policy(n int) corpus.Version {
	random := rand.New(rand.NewPCG(uint64(n), 0))
	sentences := []string{
		"对使用国家超算中心算力的企业，按照不超过实际使用费用的50%给予补助。", "每年发放总额不超过1000万元的算力券。",
		"支持企业开展“人工智能+”应用，每个项目最高给予500万元资助。", "本办法自印发之日起施行，有效期3年。",
		"统筹布局建设高性能智算中心，推动算力资源共享。", "第二条　本市行政区域内数字经济促进相关活动适用本条例。",
	}
	var text strings.Builder
	v := corpus.Version{
		Document: corpus.DocumentID(fmt.Sprintf("%016x", random.Uint64())),
		Metadata: corpus.Metadata{
			Title: fmt.Sprintf("关于支持算力产业发展的若干措施（第%d号）", n), City: []string{"成都", "北京", "杭州", "深圳", "青岛"}[n%5], Issuer: fmt.Sprintf("第%d办公厅", n%300),
			DocNumber: fmt.Sprintf("成办发〔2022〕%d号", n), IssuedOn: corpus.Date{Year: 2015 + n%10, Month: 5, Day: 23}, Kind: corpus.KindMeasures, Status: corpus.StatusInForce, Language: "zh", Tags: []string{"算力"},
		},
		Origins: map[string]corpus.Origin{},
	}
	for i, field := range []string{"title", "city", "issuer", "doc_number", "issued_on", "kind"} {
		v.Origins[field] = corpus.Origin{From: corpus.OriginText, Span: &corpus.Span{Start: i, End: i + 9}}
	}
	for i := range benchPassages {
		var passage []rune
		for len(passage) < benchLength {
			passage = append(passage, []rune(sentences[random.IntN(len(sentences))])...)
		}
		span := corpus.Span{Start: i * benchLength, End: (i + 1) * benchLength}
		words := string(passage[:benchLength])
		text.WriteString(words)
		v.Outline = append(v.Outline, corpus.Section{Level: 1, Label: "二、", Title: "支持算力使用", Heading: span, Body: span})
		v.Passages = append(v.Passages, corpus.Passage{Kind: corpus.PassageProse, Span: span, Text: words, HeadingPath: []string{v.Metadata.Title, fmt.Sprintf("（%d）支持算力使用", i/3)}})
	}
	v.Text = text.String()
	return v
}

// Benchmark measures what a user waits for, at 50,000 passages.
func Benchmark(b *testing.B) {
	whole, ctx, dir := b, b.Context(), b.TempDir()
	c := openIn(whole, dir)
	var ids []corpus.DocumentID
	begin := time.Now()
	for n := range benchDocuments {
		v := policy(n)
		ids = append(ids, v.Document)
		add(b, c, v)
	}
	filled := time.Since(begin)
	perPassage := func(b *testing.B, n int) {
		b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/op")
		b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "passages/s")
	}

	b.Run("Fill", func(b *testing.B) {
		for b.Loop() {
		}
		if err := c.Close(); err != nil {
			b.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(dir, "catalogue.db"))
		if err != nil {
			b.Fatal(err)
		}
		c = openIn(whole, dir)
		b.ReportMetric(benchDocuments*benchPassages/filled.Seconds(), "passages/s")
		b.ReportMetric(float64(filled.Microseconds())/benchDocuments/1000, "ms/document")
		b.ReportMetric(float64(info.Size())/benchDocuments/benchPassages, "file-bytes/passage")
		b.ReportMetric(benchLength*3, "text-bytes/passage")
	})
	b.Run("Open", func(b *testing.B) {
		for b.Loop() {
			if err := c.Close(); err != nil {
				b.Fatal(err)
			}
			c = openIn(whole, dir)
		}
	})
	for _, hits := range []struct{ passages, documents int }{{10, 10}, {50, 10}, {50, 50}} {
		n := hits.passages
		b.Run(fmt.Sprintf("Passages%dOf%dDocuments", n, hits.documents), func(b *testing.B) {
			random := rand.New(rand.NewPCG(1, 2))
			for b.Loop() {
				first := random.IntN(len(ids) - hits.documents)
				wanted := make([]corpus.PassageID, n)
				for i := range wanted {
					wanted[i] = corpus.NewPassageID(ids[first+i%hits.documents], 1, i/hits.documents)
				}
				if found, err := c.Passages(ctx, wanted); err != nil || len(found) != n {
					b.Fatal(len(found), err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "ms/question")
		})
	}
	b.Run("Current", func(b *testing.B) {
		for b.Loop() {
			n := 0
			for v, err := range c.Current(ctx) {
				if err != nil {
					b.Fatal(err)
				}
				n += len(v.Passages)
			}
			if n != benchDocuments*benchPassages {
				b.Fatal(n)
			}
		}
		perPassage(b, benchDocuments*benchPassages)
	})
	b.Run("Version", func(b *testing.B) {
		for b.Loop() {
			if _, err := c.Version(ctx, ids[rand.IntN(len(ids))], 0); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Neighbours3", func(b *testing.B) {
		for b.Loop() {
			if _, err := c.Neighbours(ctx, ids[rand.IntN(len(ids))], 3, 5); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Documents50", func(b *testing.B) {
		for b.Loop() {
			if _, err := c.Documents(ctx, corpus.Listing{Filter: corpus.Filter{City: []string{"成都"}}, Match: "算力"}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Facets", func(b *testing.B) {
		for b.Loop() {
			if _, err := c.Facets(ctx); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Holdings", func(b *testing.B) {
		for b.Loop() {
			if _, err := c.Holdings(ctx); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("JobBehind10000", func(b *testing.B) {
		var backlog []corpus.Job
		for n := range 10_000 {
			backlog = append(backlog, corpus.Job{ID: corpus.JobID(fmt.Sprintf("%d of %p", n, b)), Document: corpus.DocumentID(fmt.Sprint(n))})
		}
		if err := c.Enqueue(ctx, backlog...); err != nil {
			b.Fatal(err)
		}
		for n := 0; b.Loop(); n++ {
			id := corpus.JobID(fmt.Sprintf("%d %d", b.N, n))
			if err := c.Enqueue(ctx, corpus.Job{ID: id, Document: corpus.DocumentID(id)}); err != nil {
				b.Fatal(err)
			}
			j, _, err := c.Lease(ctx, "w", time.Minute)
			if err != nil {
				b.Fatal(err)
			}
			j.State = corpus.JobDone
			if err := c.Finish(ctx, "w", j); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Vectors64", func(b *testing.B) {
		hashes, vectors := make([]string, 64), make([][]float32, 64)
		for i := range hashes {
			hashes[i], vectors[i] = fmt.Sprintf("%064d", i), make([]float32, 256)
		}
		if err := c.SetVectors(ctx, "builtin", hashes, vectors); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := c.Vectors(ctx, "builtin", hashes); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Backup", func(b *testing.B) {
		out := b.TempDir()
		for n := 0; b.Loop(); n++ {
			if err := c.Backup(ctx, filepath.Join(out, fmt.Sprint(n))); err != nil {
				b.Fatal(err)
			}
		}
	})
}
