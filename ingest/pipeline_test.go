package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"policykb/corpus"
	"policykb/corpus/sqlite"
	"policykb/ingest/parse"
	"policykb/retrieval"
	"policykb/retrieval/embed"
	"policykb/retrieval/embedded"
)

// house is a whole knowledge base in a folder.
type house struct {
	catalogue *sqlite.Catalogue
	originals *corpus.Folder
	index     *embedded.Index
	*Pipeline
}

// open opens the knowledge base in dir; change may alter the settings.
func open(t testing.TB, dir string, change func(*Config)) *house {
	t.Helper()
	h := &house{}
	var err error
	if h.catalogue, err = sqlite.Open(context.Background(), filepath.Join(dir, "catalogue.db")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.catalogue.Close() })
	if h.originals, err = corpus.OpenFolder(filepath.Join(dir, "originals")); err != nil {
		t.Fatal(err)
	}
	embedder := embed.Builtin()
	if h.index, err = embedded.Open(embedded.Options{Model: embedder.Model(), Dimensions: embedder.Dimensions()}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.index.Close() })
	c := Config{Catalogue: h.catalogue, Originals: h.originals, Index: h.index, Embedder: embedder, Workers: 2, Logger: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&c)
	}
	if h.Pipeline, err = New(c); err != nil {
		t.Fatal(err)
	}
	return h
}

// work runs the workers until the test ends, or stop is called.
func (h *house) work(t testing.TB) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := h.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}

// add adds a text and waits for its job to end.
func (h *house) add(t testing.TB, s Source) corpus.Job {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	job, err := h.Add(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	jobs, err := h.Wait(ctx, job.ID)
	if err != nil {
		t.Fatal(err)
	}
	return jobs[0]
}

// found returns the documents that a search finds, best first, each once.
func (h *house) found(t testing.TB, question string) []corpus.DocumentID {
	t.Helper()
	hits, err := h.index.Search(t.Context(), retrieval.Query{Sparse: retrieval.QueryTerms(question), Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	var ids []corpus.DocumentID
	for _, hit := range hits {
		passages, err := h.catalogue.Passages(t.Context(), []corpus.PassageID{hit.Passage})
		if err != nil {
			t.Fatal(err)
		}
		if len(passages) == 1 && !slices.Contains(ids, hit.Document) {
			ids = append(ids, hit.Document)
		}
	}
	return ids
}

// text makes a source of a text.
func text(name, s string) Source { return Source{Name: name, Data: strings.NewReader(s)} }

const (
	vouchers2022 = `# 成都市进一步促进人工智能产业高质量发展的若干政策

成都市人民政府

成办发〔2022〕9号

一、加大算力支持。每年发放总额不超过1000万元的算力券，对使用算力的企业给予补助。

二、支持场景开放。每年遴选10个应用场景，每个给予100万元支持。
`
	vouchers2022Corrected = `# 成都市进一步促进人工智能产业高质量发展的若干政策

成都市人民政府

成办发〔2022〕9号

一、加大算力支持。每年发放总额不超过2000万元的算力券，对使用算力的企业给予补助。

二、支持场景开放。每年遴选20个应用场景，每个给予100万元支持。
`
)

func TestAddIsFound(t *testing.T) {
	t.Parallel()
	h := open(t, t.TempDir(), nil)
	h.work(t)
	job := h.add(t, text("成都算力.md", vouchers2022))
	if job.State != corpus.JobDone || job.Error != nil {
		t.Fatalf("the job ended as %s, %+v", job.State, job.Error)
	}
	doc, err := h.catalogue.Document(t.Context(), job.Document)
	if err != nil {
		t.Fatal(err)
	}
	if m := doc.Metadata; m.City != "成都" || m.DocNumber != "成办发〔2022〕9号" || m.Issuer != "成都市人民政府" {
		t.Errorf("the document is described as %+v", m)
	}
	if got := h.found(t, "成都算力券总额上限"); !slices.Contains(got, job.Document) {
		t.Errorf("a search finds %v, not %s", got, job.Document)
	}
	version, err := h.catalogue.Version(t.Context(), doc.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range version.Passages {
		if p.Span.Of(version.Text) != p.Text {
			t.Errorf("passage %q is not the text at %v", p.Text, p.Span)
		}
	}
}

func TestSameBytesAreUnchanged(t *testing.T) {
	t.Parallel()
	h := open(t, t.TempDir(), nil)
	h.work(t)
	first := h.add(t, text("a.md", vouchers2022))
	second := h.add(t, text("a copy.md", vouchers2022))
	if second.State != corpus.JobUnchanged || second.Document != first.Document {
		t.Errorf("the same bytes end as %s for %s, want unchanged for %s", second.State, second.Document, first.Document)
	}
	page, err := h.catalogue.Documents(t.Context(), corpus.Listing{})
	if err != nil || page.Total != 1 {
		t.Errorf("there are %d documents, %v", page.Total, err)
	}
}

func TestSameBytesAtOnce(t *testing.T) {
	t.Parallel()
	h := open(t, t.TempDir(), nil)
	var ids []corpus.JobID
	for i := range 4 {
		job, err := h.Add(t.Context(), text(fmt.Sprint(i, ".md"), vouchers2022))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, job.ID)
	}
	h.work(t)
	jobs, err := h.Wait(t.Context(), ids...)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[corpus.JobState]int{}
	for _, job := range jobs {
		counts[job.State]++
		if job.Document != jobs[0].Document {
			t.Errorf("jobs end with documents %s and %s", job.Document, jobs[0].Document)
		}
	}
	if counts[corpus.JobDone] != 1 || counts[corpus.JobUnchanged] != 3 {
		t.Errorf("jobs ended as %v, want one done and three unchanged", counts)
	}
}

func TestNewVersion(t *testing.T) {
	t.Parallel()
	const url = "https://www.chengdu.gov.cn/zwgk/1.html"
	for _, test := range []struct {
		name          string
		first, second func(first corpus.DocumentID) Source
	}{
		{"by title, issuer and number",
			func(corpus.DocumentID) Source { return text("2022.md", vouchers2022) },
			func(corpus.DocumentID) Source { return text("corrected.md", vouchers2022Corrected) }},
		{"by id",
			func(corpus.DocumentID) Source {
				return text("a.txt", "锦江区支持数字文创的若干措施\n\n一、给予50万元补助。")
			},
			func(id corpus.DocumentID) Source {
				return Source{Name: "b.txt", Document: id, Data: strings.NewReader("锦江区数字文创办法\n\n一、给予每年2000万元补助。")}
			}},
		{"by address",
			func(corpus.DocumentID) Source {
				return Source{Name: "1.html", Given: corpus.Metadata{SourceURL: url}, Data: strings.NewReader("算力券申领指南\n\n每年申领一次，每家500万元。")}
			},
			func(corpus.DocumentID) Source {
				return Source{Name: "1.html", Given: corpus.Metadata{SourceURL: url}, Data: strings.NewReader("算力券申领办事指南\n\n每年申领两次，每家2000万元。")}
			}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := open(t, t.TempDir(), nil)
			h.work(t)
			first := h.add(t, test.first(""))
			second := h.add(t, test.second(first.Document))
			if second.State != corpus.JobDone || second.Document != first.Document {
				t.Fatalf("the second text ended as %s for %s, want done for %s: %+v", second.State, second.Document, first.Document, second.Error)
			}
			versions, err := h.catalogue.Versions(t.Context(), first.Document)
			if err != nil || len(versions) != 2 {
				t.Fatalf("there are %d versions, %v", len(versions), err)
			}
			if got := h.found(t, "2000万元"); !slices.Contains(got, first.Document) {
				t.Errorf("the new version is not found")
			}
			stats, err := h.index.Stats(t.Context())
			if err != nil || stats.Documents != 1 {
				t.Errorf("the index holds %d documents, %v", stats.Documents, err)
			}
		})
	}
}

// TestEditions: a law and its revision are asked for by year and stay two documents.
func TestEditions(t *testing.T) {
	t.Parallel()
	h := open(t, t.TempDir(), nil)
	h.work(t)
	const law = "# 北京市优化营商环境条例\n\n%s 北京市第十五届人民代表大会常务委员会第二十次会议通过\n\n第一条 为了持续优化营商环境，制定本条例。\n"
	first := h.add(t, text("2020.md", fmt.Sprintf(law, "2020年3月27日")))
	second := h.add(t, text("2024.md", fmt.Sprintf(law, "2024年11月29日")))
	if second.State != corpus.JobDone || second.Document == first.Document {
		t.Errorf("the revision ended as %s for document %s; the law of 2020 is %s", second.State, second.Document, first.Document)
	}
	between := h.add(t, text("2022.md", fmt.Sprintf(law, "2022年8月29日")))
	for _, test := range []struct{ doc, by corpus.DocumentID }{{first.Document, between.Document}, {between.Document, second.Document}, {second.Document, ""}} {
		doc, err := h.catalogue.Document(t.Context(), test.doc)
		if err != nil || doc.Superseded != test.by {
			t.Errorf("the edition of %s is superseded by %q, want %q; %v", doc.Metadata.IssuedOn, doc.Superseded, test.by, err)
		}
	}
}

// TestDraftIsSuperseded: the adopted text takes its draft's place, whichever came first.
func TestDraftIsSuperseded(t *testing.T) {
	t.Parallel()
	const body = "\n\n广州市海珠区人工智能发展局\n\n一、给予最高100万元支持。\n"
	for _, draftFirst := range []bool{true, false} {
		h := open(t, t.TempDir(), nil)
		h.work(t)
		sources := []Source{text("draft.md", "# 海珠区人工智能创新发展措施（征求意见稿）"+body), text("final.md", "# 海珠区人工智能创新发展措施"+body)}
		if !draftFirst {
			slices.Reverse(sources)
		}
		jobs := map[string]corpus.Job{}
		for _, s := range sources {
			jobs[s.Name] = h.add(t, s)
		}
		draft, err := h.catalogue.Document(t.Context(), jobs["draft.md"].Document)
		if err != nil || draft.Superseded != jobs["final.md"].Document || draft.Metadata.Status != corpus.StatusDraft {
			t.Errorf("draft first %v: the draft, %q, is superseded by %q, want %q; %v", draftFirst, draft.Metadata.Status, draft.Superseded, jobs["final.md"].Document, err)
		}
	}
}

// TestAge: a document's term begins and ends while it lies there.
func TestAge(t *testing.T) {
	t.Parallel()
	now := time.Date(2023, 12, 31, 23, 0, 0, 0, time.UTC)
	h := open(t, t.TempDir(), func(c *Config) { c.Now = func() time.Time { return now } })
	stop := h.work(t)
	job := h.add(t, text("a.txt", "无锡市支持人工智能发展若干政策\n\n一、给予100万元补贴。\n\n本政策自2024年1月1日起实施，有效期至2026年12月31日。\n"))
	stop() // from here on only the test ages it
	for _, test := range []struct {
		day  time.Time
		want corpus.Status
	}{
		{now, corpus.StatusUnknown},
		{time.Date(2024, 1, 1, 0, 0, 1, 0, time.UTC), corpus.StatusInForce},
		{time.Date(2026, 12, 31, 23, 0, 0, 0, time.UTC), corpus.StatusInForce},
		{time.Date(2027, 1, 1, 0, 0, 1, 0, time.UTC), corpus.StatusExpired},
	} {
		now = test.day
		if _, err := h.Age(t.Context()); err != nil {
			t.Fatal(err)
		}
		doc, err := h.catalogue.Document(t.Context(), job.Document)
		if err != nil || doc.Metadata.Status != test.want {
			t.Errorf("on %s the document is %q, want %q; %v", test.day.Format(time.DateOnly), doc.Metadata.Status, test.want, err)
		}
		hits, err := h.index.Search(t.Context(), retrieval.Query{Sparse: retrieval.QueryTerms("补贴"), Filter: corpus.Filter{Status: []corpus.Status{corpus.StatusExpired}}, Limit: 1})
		if err != nil || (len(hits) > 0) != (test.want == corpus.StatusExpired) {
			t.Errorf("on %s the index finds %d expired passages, %v", test.day.Format(time.DateOnly), len(hits), err)
		}
	}
}

// TestDescribeAfterCrash: a description that reached the catalogue and not the
// index is made good by the next comparison.
func TestDescribeAfterCrash(t *testing.T) {
	t.Parallel()
	index := &unsteady{}
	h := open(t, t.TempDir(), func(c *Config) { index.Index, c.Index = c.Index, index })
	h.work(t)
	job := h.add(t, text("a.md", vouchers2022))
	doc, err := h.catalogue.Document(t.Context(), job.Document)
	if err != nil {
		t.Fatal(err)
	}
	doc.Metadata.City = "绵阳"
	index.down.Store(1)
	if _, err := h.Describe(t.Context(), job.Document, doc.Metadata, doc.Origins); !errors.Is(err, retrieval.ErrUnavailable) {
		t.Fatalf("described while the index is down: %v", err)
	}
	if got, err := h.Reconcile(t.Context()); err != nil || got.Stale != 1 {
		t.Errorf("reconciled %+v, %v", got, err)
	}
	hits, err := h.index.Search(t.Context(), retrieval.Query{Sparse: retrieval.QueryTerms("算力券"), Filter: corpus.Filter{City: []string{"绵阳"}}, Limit: 5})
	if err != nil || len(hits) == 0 {
		t.Errorf("the index does not know the corrected city: %v, %v", hits, err)
	}
	if got, err := h.Reconcile(t.Context()); err != nil || got.Healed() != 0 {
		t.Errorf("once more: %+v, %v", got, err)
	}
}

func TestGivenWins(t *testing.T) {
	t.Parallel()
	h := open(t, t.TempDir(), nil)
	h.work(t)
	given := corpus.Metadata{Title: "算力券政策", City: "蓉城", Tags: []string{"算力"}}
	job := h.add(t, Source{Name: "a.md", Data: strings.NewReader(vouchers2022), Given: given})
	doc, err := h.catalogue.Document(t.Context(), job.Document)
	if err != nil {
		t.Fatal(err)
	}
	if m := doc.Metadata; m.Title != "算力券政策" || m.City != "成都" || m.DocNumber != "成办发〔2022〕9号" || doc.Origins["title"].From != corpus.OriginGiven {
		t.Errorf("the document is described as %+v, %+v", m, doc.Origins)
	}
	// The same bytes with something new to say are no longer unchanged.
	job = h.add(t, Source{Name: "a.md", Data: strings.NewReader(vouchers2022), Given: corpus.Metadata{Title: "成都算力券政策"}})
	doc, err = h.catalogue.Document(t.Context(), job.Document)
	if err != nil || job.State != corpus.JobDone || doc.Metadata.Title != "成都算力券政策" {
		t.Errorf("the job ended as %s, the title is %q, %v", job.State, doc.Metadata.Title, err)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	h := open(t, t.TempDir(), func(c *Config) { c.MaxBytes = 100 })
	if _, err := h.Add(t.Context(), text("big.txt", strings.Repeat("a", 101))); !errors.Is(err, ErrTooLarge) || !strings.Contains(err.Error(), "big.txt") {
		t.Errorf("101 bytes of 100: %v", err)
	}
	if _, err := h.Add(t.Context(), text("fits.txt", strings.Repeat("a", 100))); err != nil {
		t.Errorf("100 bytes of 100: %v", err)
	}
	if _, err := h.Add(t.Context(), Source{Name: "a.txt", Document: "nowhere", Data: strings.NewReader("a")}); !errors.Is(err, corpus.ErrNotFound) {
		t.Errorf("a new version of an unknown document: %v", err)
	}
	if _, err := h.Add(t.Context(), Source{Name: "broken.txt", Data: io.MultiReader(strings.NewReader("a"), failing{})}); err == nil {
		t.Error("a source that breaks off is added")
	}
	counts, err := h.catalogue.CountJobs(t.Context())
	if err != nil || len(counts) != 1 || counts[corpus.JobQueued] != 1 {
		t.Errorf("refused sources left jobs: %v, %v", counts, err)
	}
}

// failing is a source that breaks off.
type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

func TestFailedJobs(t *testing.T) {
	t.Parallel()
	h := open(t, t.TempDir(), nil)
	read := h.parse
	h.parse = func(ctx context.Context, name string, data []byte) (parse.Document, error) {
		if name == "crash.pdf" {
			panic("index out of range")
		}
		return read(ctx, name, data)
	}
	h.work(t)
	for _, test := range []struct{ name, data, code string }{
		{"empty.txt", "", "empty"},
		{"blank.txt", " \n\n ", "empty"},
		{"crash.pdf", "%PDF", "parser_crash"},
	} {
		job := h.add(t, text(test.name, test.data))
		if job.State != corpus.JobFailed || job.Error == nil || job.Error.Code != test.code || !strings.Contains(job.Error.Detail, test.name) {
			t.Errorf("%s ended as %s, %+v; want failed, %s", test.name, job.State, job.Error, test.code)
		}
		if job.Attempt != 1 {
			t.Errorf("%s was tried %d times", test.name, job.Attempt)
		}
	}
	if job := h.add(t, text("good.md", vouchers2022)); job.State != corpus.JobDone {
		t.Errorf("after the failures a good document ends as %s, %+v", job.State, job.Error)
	}
}

// unsteady is an index that is down for its first few calls.
type unsteady struct {
	retrieval.Index
	down atomic.Int32
}

func (u *unsteady) Replace(ctx context.Context, doc corpus.DocumentID, version int, points []retrieval.Point) error {
	if u.down.Add(-1) >= 0 {
		return fmt.Errorf("connect: %w", retrieval.ErrUnavailable)
	}
	return u.Index.Replace(ctx, doc, version, points)
}

// TestIndexComesBack: the version is stored when the index fails; the second run
// must index it, and must not call the document unchanged.
func TestIndexComesBack(t *testing.T) {
	t.Parallel()
	index := &unsteady{}
	h := open(t, t.TempDir(), func(c *Config) { index.Index, c.Index = c.Index, index })
	index.down.Store(1)
	h.work(t)
	job := h.add(t, text("a.md", vouchers2022))
	if job.State != corpus.JobDone || job.Attempt != 2 || job.Error != nil {
		t.Errorf("the job ended as %s in attempt %d, %+v", job.State, job.Attempt, job.Error)
	}
	if got := h.found(t, "算力券"); !slices.Contains(got, job.Document) {
		t.Error("the document is not found")
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	h := open(t, t.TempDir(), func(c *Config) { c.Workers = 1 })
	begun := make(chan struct{}, 1)
	h.parse = func(ctx context.Context, name string, data []byte) (parse.Document, error) {
		begun <- struct{}{}
		<-ctx.Done()
		return parse.Document{}, ctx.Err()
	}
	running, err := h.Add(t.Context(), text("running.md", vouchers2022))
	if err != nil {
		t.Fatal(err)
	}
	queued, err := h.Add(t.Context(), text("queued.md", vouchers2022Corrected))
	if err != nil {
		t.Fatal(err)
	}
	h.work(t)
	<-begun
	for _, id := range []corpus.JobID{queued.ID, running.ID} {
		if _, err := h.Cancel(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	jobs, err := h.Wait(t.Context(), running.ID, queued.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, job := range jobs {
		if job.State != corpus.JobCancelled {
			t.Errorf("%s ended as %s", job.Original.Name, job.State)
		}
	}
	h.parse = parse.Parse
	if _, err := h.Retry(t.Context(), queued.ID); err != nil {
		t.Fatal(err)
	}
	jobs, err = h.Wait(t.Context(), queued.ID)
	if err != nil || jobs[0].State != corpus.JobDone {
		t.Errorf("retried, the job ended as %s, %v", jobs[0].State, err)
	}
}

// TestStop: a process that is asked to end hands its jobs back at once.
func TestStop(t *testing.T) {
	t.Parallel()
	h := open(t, t.TempDir(), func(c *Config) { c.Workers = 1 })
	begun := make(chan struct{}, 1)
	h.parse = func(ctx context.Context, name string, data []byte) (parse.Document, error) {
		begun <- struct{}{}
		<-ctx.Done()
		return parse.Document{}, ctx.Err()
	}
	job, err := h.Add(t.Context(), text("a.md", vouchers2022))
	if err != nil {
		t.Fatal(err)
	}
	stop := h.work(t)
	<-begun
	stop()
	stored, err := h.catalogue.Job(t.Context(), job.ID)
	if err != nil || stored.State != corpus.JobQueued {
		t.Fatalf("the job is %s, %v", stored.State, err)
	}
	h.parse = parse.Parse
	h.work(t)
	jobs, err := h.Wait(t.Context(), job.ID)
	if err != nil || jobs[0].State != corpus.JobDone {
		t.Errorf("taken up again, the job ended as %s, %v", jobs[0].State, err)
	}
}

func TestOverBudget(t *testing.T) {
	t.Parallel()
	h := open(t, t.TempDir(), func(c *Config) { c.JobBudget = 20 * time.Millisecond })
	h.parse = func(ctx context.Context, name string, data []byte) (parse.Document, error) {
		<-ctx.Done()
		return parse.Document{}, ctx.Err()
	}
	h.work(t)
	if job := h.add(t, text("slow.pdf", "%PDF")); job.State != corpus.JobFailed || job.Error.Code != "timeout" {
		t.Errorf("the job ended as %s, %+v", job.State, job.Error)
	}
}

// TestLateText: a text that was added before another of the same document, and
// comes through after it, does not take its place.
func TestLateText(t *testing.T) {
	t.Parallel()
	h := open(t, t.TempDir(), nil)
	hold := make(chan struct{})
	read := h.parse
	h.parse = func(ctx context.Context, name string, data []byte) (parse.Document, error) {
		if name == "early.md" {
			<-hold
		}
		return read(ctx, name, data)
	}
	h.work(t)
	early, err := h.Add(t.Context(), text("early.md", vouchers2022))
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Millisecond) // the catalogue keeps times in microseconds
	late := h.add(t, text("late.md", vouchers2022Corrected))
	close(hold)
	jobs, err := h.Wait(t.Context(), early.ID)
	if err != nil {
		t.Fatal(err)
	}
	if job := jobs[0]; job.State != corpus.JobUnchanged || job.Document != late.Document || len(job.Warnings) == 0 {
		t.Errorf("the early text ended as %s for %s with %q, want unchanged for %s with a warning", job.State, job.Document, job.Warnings, late.Document)
	}
	got, err := h.catalogue.Text(t.Context(), late.Document, 0)
	if err != nil || !strings.Contains(got, "2000万元") {
		t.Errorf("the current text is %q, %v", got, err)
	}
}

func TestRemove(t *testing.T) {
	t.Parallel()
	h := open(t, t.TempDir(), nil)
	h.work(t)
	first := h.add(t, text("a.md", vouchers2022))
	second := h.add(t, Source{Name: "b.md", Document: first.Document, Data: strings.NewReader(vouchers2022Corrected)})
	if err := h.Remove(t.Context(), first.Document); err != nil {
		t.Fatal(err)
	}
	if got := h.found(t, "算力券"); len(got) != 0 {
		t.Errorf("a removed document is found: %v", got)
	}
	for _, job := range []corpus.Job{first, second} {
		if _, err := h.originals.Open(t.Context(), job.Original.Hash); !errors.Is(err, corpus.ErrNotFound) {
			t.Errorf("the original of %s is still there: %v", job.Original.Name, err)
		}
	}
	if err := h.Remove(t.Context(), first.Document); !errors.Is(err, corpus.ErrNotFound) {
		t.Errorf("removing it again: %v", err)
	}
	if again := h.add(t, text("a.md", vouchers2022)); again.State != corpus.JobDone {
		t.Errorf("added again it ends as %s, %+v", again.State, again.Error)
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	h := open(t, t.TempDir(), nil)
	h.work(t)
	job := h.add(t, text("a.md", vouchers2022))
	doc, err := h.catalogue.Document(t.Context(), job.Document)
	if err != nil {
		t.Fatal(err)
	}
	doc.Metadata.City = "绵阳"
	if _, err := h.Describe(t.Context(), job.Document, doc.Metadata, doc.Origins); err != nil {
		t.Fatal(err)
	}
	hits, err := h.index.Search(t.Context(), retrieval.Query{Sparse: retrieval.QueryTerms("算力券"), Filter: corpus.Filter{City: []string{"绵阳"}}, Limit: 5})
	if err != nil || len(hits) == 0 {
		t.Errorf("the index does not know the corrected city: %v, %v", hits, err)
	}
}

func TestReconcile(t *testing.T) {
	t.Parallel()
	h := open(t, t.TempDir(), nil)
	h.work(t)
	missing := h.add(t, text("missing.md", vouchers2022))
	stale := h.add(t, text("stale.md", "高新区支持具身智能的若干措施\n\n一、给予100万元支持。"))
	whole := h.add(t, text("whole.md", "天府新区支持低空经济的若干措施\n\n一、给予300万元支持。"))
	ctx := t.Context()
	for _, err := range []error{
		h.index.Remove(ctx, missing.Document),
		h.index.Replace(ctx, stale.Document, 7, []retrieval.Point{{Passage: "x", Document: stale.Document, Version: 7, Sparse: retrieval.QueryTerms("旧文"), Dense: make([]float32, embed.Dimensions)}}),
		h.index.Replace(ctx, "orphan", 1, []retrieval.Point{{Passage: "y", Document: "orphan", Version: 1, Sparse: retrieval.QueryTerms("孤本"), Dense: make([]float32, embed.Dimensions)}}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	got, err := h.Reconcile(ctx)
	if want := (Reconciliation{Documents: 3, Missing: 1, Stale: 1, Orphans: 1}); err != nil || got != want {
		t.Errorf("reconciled %+v, %v; want %+v", got, err, want)
	}
	if got, err := h.Reconcile(ctx); err != nil || got.Healed() != 0 {
		t.Errorf("once more: %+v, %v", got, err)
	}
	for _, job := range []corpus.Job{missing, stale, whole} {
		if got := h.found(t, job.Original.Name[:3]+"支持 万元"); !slices.Contains(got, job.Document) {
			t.Errorf("%s is not found", job.Original.Name)
		}
	}
}

func TestReindex(t *testing.T) {
	t.Parallel()
	h := open(t, t.TempDir(), nil)
	h.work(t)
	const documents = 40
	for i := range documents {
		h.add(t, text(fmt.Sprint(i, ".txt"), fmt.Sprintf("第%d号园区支持办法\n\n一、给予%d万元支持。", i, i+100)))
	}
	target, err := embedded.Open(embedded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	var told atomic.Int32
	got, err := h.Reindex(t.Context(), target, nil, func(done, total int) {
		if total != documents {
			t.Errorf("progress speaks of %d documents", total)
		}
		told.Add(1)
	})
	if err != nil || got.Missing != documents || told.Load() != documents {
		t.Errorf("reindexed %+v, told %d times, %v", got, told.Load(), err)
	}
	stats, err := target.Stats(t.Context())
	if err != nil || stats.Documents != documents {
		t.Errorf("the new index holds %d documents, %v", stats.Documents, err)
	}
}

func TestWatch(t *testing.T) {
	t.Parallel()
	h := open(t, t.TempDir(), nil)
	job, err := h.Add(t.Context(), text("a.md", vouchers2022))
	if err != nil {
		t.Fatal(err)
	}
	next, stop := iter.Pull2(h.Watch(t.Context(), job.ID))
	defer stop()
	if first, err, _ := next(); err != nil || first.State != corpus.JobQueued {
		t.Fatalf("a watcher first sees %s, %v", first.State, err)
	}
	h.work(t)
	last := corpus.Job{}
	for {
		job, err, ok := next()
		if !ok {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		last = job
	}
	if last.State != corpus.JobDone {
		t.Errorf("a watcher last sees %s", last.State)
	}
	for _, err := range h.Watch(t.Context(), "nowhere") {
		if !errors.Is(err, corpus.ErrNotFound) {
			t.Errorf("watching an unknown job: %v", err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range h.Watch(ctx) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("a watcher that is gone: %v", err)
		}
	}
}

func TestAddAll(t *testing.T) {
	t.Parallel()
	h := open(t, t.TempDir(), func(c *Config) { c.MaxBytes = 1000 })
	sources := func(yield func(Source, error) bool) {
		for i := range 150 {
			switch {
			case i == 70:
				if !yield(Source{Name: "unreadable.txt"}, errors.New("permission denied")) {
					return
				}
			case i == 71:
				if !yield(text("big.txt", strings.Repeat("字", 1000)), nil) {
					return
				}
			default:
				if !yield(text(fmt.Sprint(i, ".txt"), fmt.Sprintf("第%d号园区支持办法\n\n一、给予%d万元支持。", i, i)), nil) {
					return
				}
			}
		}
	}
	var ids []corpus.JobID
	n := 0
	for added := range h.AddAll(t.Context(), sources) {
		switch {
		case added.Err != nil:
			if added.Name != "unreadable.txt" && !errors.Is(added.Err, ErrTooLarge) {
				t.Errorf("%s: %v", added.Name, added.Err)
			}
		default:
			ids = append(ids, added.Job.ID)
			if want := fmt.Sprint(n, ".txt"); added.Name != want {
				t.Errorf("number %d is %s", n, added.Name)
			}
		}
		n++
	}
	if len(ids) != 148 {
		t.Fatalf("%d jobs", len(ids))
	}
	h.work(t)
	jobs, err := h.Wait(t.Context(), ids...)
	if err != nil {
		t.Fatal(err)
	}
	for _, job := range jobs {
		if job.State != corpus.JobDone {
			t.Errorf("%s ended as %s, %+v", job.Original.Name, job.State, job.Error)
		}
	}
}

func TestNothingIsLeftRunning(t *testing.T) {
	ignore := goleak.IgnoreCurrent()
	t.Run("work", func(t *testing.T) {
		h := open(t, t.TempDir(), nil)
		h.work(t)
		h.add(t, text("a.md", vouchers2022))
	})
	goleak.VerifyNone(t, ignore)
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for attempts, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 10: 5 * time.Minute, 1000: 5 * time.Minute} {
		if got := retryAfter(attempts); got < want/2 || got > want*3/2 {
			t.Errorf("after %d attempts: %v, want about %v", attempts, got, want)
		}
	}
}

func TestLocks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var l locks
		unlock, err := l.lock(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		other, err := l.lock(t.Context(), "b")
		if err != nil {
			t.Fatal("one lock keeps another from being taken")
		}
		other()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := l.lock(ctx, "a"); err == nil {
			t.Error("a lock is taken twice")
		}
		unlock()
		if unlock, err = l.lock(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		unlock()
		if len(l.named) != 0 {
			t.Errorf("%d locks are remembered", len(l.named))
		}
	})
}
