package ingest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"policykb/corpus"
)

// rules are measures long enough to be compared.
const rules = `第一条 为了规范算力券的发放和使用，降低中小企业租用智能算力的成本，制定本办法。
第二条 本办法所称算力券，是指由市财政资金支持、用于抵扣企业租用智能算力费用的电子凭证，每年发放总额不超过1000万元。
第三条 申请算力券的企业应当在本市登记注册，具有独立法人资格，近三年内没有严重失信记录，并与算力服务机构签订租用合同。
第四条 对租用算力开展大模型训练的企业，按照实际支出的百分之五十给予支持，同一企业每年最高200万元。
第五条 市经济和信息化主管部门负责算力券的申报受理、审核和公示，市财政部门负责资金拨付和绩效评价。
第六条 任何单位和个人不得转让、倒卖算力券，骗取算力券的，由主管部门追回资金，三年内不得再次申请。
`

// TestReprint adds measures and then a reprint of them under another title with a
// few words changed: both are kept, each names the other, and the job of the
// later one says so.
func TestReprint(t *testing.T) {
	t.Parallel()
	h := open(t, t.TempDir(), nil)
	h.work(t)
	first := h.add(t, text("办法.txt", "成都市算力券管理办法\n成都市经济和信息化局\n"+rules))
	other := h.add(t, text("条例.txt", "成都市数据条例\n第一条 为了规范数据处理活动，保障数据安全，促进数据要素依法有序流动，制定本条例，适用于本市行政区域。\n"))
	reprint := h.add(t, text("转载.txt", "某网站转载：算力券怎么用\n来源：政务新媒体\n"+strings.NewReplacer("三年内", "五年内", "200万元", "２００ 万元").Replace(rules)))
	if first.Document == reprint.Document {
		t.Fatal("the reprint was taken for the same document")
	}
	if len(first.Warnings) > 0 || len(other.Warnings) > 0 {
		t.Errorf("warnings %q and %q for what is like nothing else", first.Warnings, other.Warnings)
	}
	if len(reprint.Warnings) != 1 || !strings.Contains(reprint.Warnings[0], string(first.Document)) {
		t.Errorf("the reprint comes with the warnings %q, want one that names document %s", reprint.Warnings, first.Document)
	}
	h.resembles(t, first.Document, reprint.Document)
	h.resembles(t, reprint.Document, first.Document)
	h.resembles(t, other.Document)

	// A new text that has gone its own way is like the other no more.
	if job := h.add(t, Source{Name: "转载.txt", Document: reprint.Document, Data: strings.NewReader("某网站：算力券政策问答\n" + strings.Repeat("问：如何申请？答：登录平台提交材料，由主管部门审核。\n", 5))}); job.State != corpus.JobDone {
		t.Fatalf("the new text ended as %s, %+v", job.State, job.Error)
	}
	h.resembles(t, first.Document)
	h.resembles(t, reprint.Document)
}

// Editions of one law are linked as such, and nobody is warned of them.
func TestEditionsAreNoCopies(t *testing.T) {
	t.Parallel()
	h := open(t, t.TempDir(), nil)
	h.work(t)
	edition := func(year int) corpus.Job {
		return h.add(t, text(fmt.Sprint(year, ".md"), fmt.Sprintf("---\ntitle: 成都市算力券管理办法\nissuer: 成都市经济和信息化局\nissued_on: %d-05-23\n---\n%s", year, rules)))
	}
	old, revised := edition(2021), edition(2024)
	if len(revised.Warnings) > 0 {
		t.Errorf("the edition of 2024 comes with the warnings %q", revised.Warnings)
	}
	h.resembles(t, old.Document, revised.Document)
}

// Of copies that come in at once, each finds the others.
func TestCopiesAtOnce(t *testing.T) {
	t.Parallel()
	h := open(t, t.TempDir(), func(c *Config) { c.Workers = 4 })
	h.work(t)
	var ids []corpus.JobID
	for i := range 6 {
		job, err := h.Add(t.Context(), text(fmt.Sprint(i, ".txt"), fmt.Sprintf("第%d家网站转载的算力券政策\n%s", i, rules)))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, job.ID)
	}
	jobs, err := h.Wait(t.Context(), ids...)
	if err != nil {
		t.Fatal(err)
	}
	var all []corpus.DocumentID
	for _, job := range jobs {
		all = append(all, job.Document)
	}
	for i, id := range all {
		h.resembles(t, id, slices.Delete(slices.Clone(all), i, i+1)...)
	}
}

// Documents of a knowledge base made before resemblances were looked for are
// compared when it is opened.
func TestDocumentsOfBefore(t *testing.T) {
	t.Parallel()
	h := open(t, t.TempDir(), nil)
	stop := h.work(t)
	one := h.add(t, text("a.txt", "成都市算力券管理办法\n"+rules))
	two := h.add(t, text("b.txt", "转载：算力券怎么用\n"+rules))
	stop()
	for _, id := range []corpus.DocumentID{one.Document, two.Document} {
		if err := h.catalogue.SetBands(t.Context(), id, nil); err != nil {
			t.Fatal(err)
		}
		h.resembles(t, id)
	}
	if err := h.catalogue.SetSetting(t.Context(), bandsSetting, ""); err != nil {
		t.Fatal(err)
	}
	if err := h.giveBands(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.resembles(t, one.Document, two.Document)
	h.resembles(t, two.Document, one.Document)
}

// resembles checks which documents the catalogue says a document resembles.
func (h *house) resembles(t *testing.T, id corpus.DocumentID, want ...corpus.DocumentID) {
	t.Helper()
	doc, err := h.catalogue.Document(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	var got []corpus.DocumentID
	for _, r := range doc.Resembles {
		if r.Likeness < 0.65 || r.Likeness > 1 {
			t.Errorf("%s is said to be %.2f alike", r.Document, r.Likeness)
		}
		got = append(got, r.Document)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("document %s resembles %v, want %v", id, got, want)
	}
}
