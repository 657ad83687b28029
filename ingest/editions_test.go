package ingest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"policykb/corpus"
)

// dated is a knowledge base on a day that the test chooses.
type dated struct {
	*house
	mu  sync.Mutex
	now time.Time
}

func openOn(t *testing.T, day string) *dated {
	t.Helper()
	d := new(dated)
	d.house = open(t, t.TempDir(), func(c *Config) {
		c.Now = func() time.Time { d.mu.Lock(); defer d.mu.Unlock(); d.now = d.now.Add(time.Second); return d.now }
	})
	d.on(t, day)
	d.work(t)
	return d
}

// on makes it another day.
func (d *dated) on(t *testing.T, day string) {
	t.Helper()
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatal(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = at
}

// take adds a text and returns its document.
func (d *dated) take(t *testing.T, title, issuer, issued, body string) corpus.DocumentID {
	t.Helper()
	on, err := corpus.ParseISODate(issued)
	if err != nil {
		t.Fatal(err)
	}
	job := d.add(t, Source{
		Name: title + ".txt", Data: strings.NewReader(title + "\n\n" + body + "\n"),
		Given: corpus.Metadata{Title: title, Issuer: issuer, City: "云州", IssuedOn: on},
	})
	if job.State != corpus.JobDone {
		t.Fatalf("%s: %s %+v", title, job.State, job.Error)
	}
	return job.Document
}

// is checks how a document stands.
func (d *dated) is(t *testing.T, id corpus.DocumentID, status corpus.Status, until string, successor corpus.DocumentID) {
	t.Helper()
	doc, err := d.catalogue.Document(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(doc.Metadata.Status, " ", doc.Metadata.EffectiveTo, " ", doc.Superseded)
	if want := fmt.Sprint(status, " ", until, " ", successor); got != want {
		t.Errorf("%s is %s, want %s", doc.Metadata.Title, got, want)
	}
}

const (
	oldVoucher = "第一条 企业每年最高可申领100万元的算力券。\n\n第二条 本办法自2021年1月1日起施行。"
	newVoucher = "第一条 企业每年最高可申领200万元的算力券，按季度发放，由市工业和信息化局组织实施。\n\n第二条 本办法自2026年7月1日起施行。《云州市算力券管理办法》（云府办〔2020〕3号）同时废止。"
)

// A text ends the day before the one that repeals it begins, whichever came in
// first, and stands again when that one is removed.
func TestRepealedDocuments(t *testing.T) {
	t.Parallel()
	for _, newFirst := range []bool{false, true} {
		t.Run(fmt.Sprint("new first ", newFirst), func(t *testing.T) {
			t.Parallel()
			d := openOn(t, "2026-05-10")
			add := []func() corpus.DocumentID{
				func() corpus.DocumentID {
					return d.take(t, "云州市算力券管理办法", "云州市人民政府", "2020-12-01", oldVoucher)
				},
				func() corpus.DocumentID {
					return d.take(t, "云州市算力券实施办法", "云州市人民政府办公室", "2026-05-01", newVoucher)
				},
			}
			ids := make([]corpus.DocumentID, 2)
			for i := range ids {
				if newFirst {
					i = 1 - i
				}
				ids[i] = add[i]()
			}
			old, by := ids[0], ids[1]
			d.is(t, old, corpus.StatusInForce, "2026-06-30", by)
			d.on(t, "2026-07-01")
			if _, err := d.Age(t.Context()); err != nil {
				t.Fatal(err)
			}
			d.is(t, old, corpus.StatusRepeal, "2026-06-30", by)
			d.is(t, by, corpus.StatusInForce, "", "")
			if changed, err := d.Age(t.Context()); err != nil || changed != 0 {
				t.Errorf("on the same day %d more changed (%v)", changed, err)
			}
			if err := d.Remove(t.Context(), by); err != nil {
				t.Fatal(err)
			}
			d.is(t, old, corpus.StatusInForce, "", "")
		})
	}
}

// What a person has said of a document's status stays.
func TestAPersonsWordOnStatusStays(t *testing.T) {
	t.Parallel()
	d := openOn(t, "2026-08-01")
	old := d.take(t, "云州市算力券管理办法", "云州市人民政府", "2020-12-01", oldVoucher)
	doc, err := d.catalogue.Document(t.Context(), old)
	if err != nil {
		t.Fatal(err)
	}
	doc.Metadata.Status = corpus.StatusInForce
	if _, err := d.Describe(t.Context(), old, doc.Metadata, map[string]corpus.Origin{"status": {From: corpus.OriginGiven}}); err != nil {
		t.Fatal(err)
	}
	by := d.take(t, "云州市算力券实施办法", "云州市人民政府办公室", "2026-05-01", newVoucher)
	d.is(t, old, corpus.StatusInForce, "", by)
}

// A draft is linked with what it became: by its title, or by its text where it goes
// by the title of the notice that asks for opinions.
func TestDraftsAndWhatTheyBecame(t *testing.T) {
	t.Parallel()
	body := "第一条 企业每年最高可申领300万元的大模型券，由市科学技术局会同市财政局核定，按季度发放，当年有效，不得转让。\n\n" +
		"第二条 申领企业应当在本市注册，与大模型服务提供商签订合同并已实际支付费用，未被列入失信名单。\n\n" +
		"第三条 大模型券按合同金额的百分之三十核定，同一企业每年只能申领一次，资金由市级财政安排。"
	for draft, linked := range map[string]bool{
		"云州市大模型券管理办法（征求意见稿）":              true,
		"关于公开征求《云州市大模型券管理办法（征求意见稿）》意见的公告": true,
		"云州市数据券管理办法（征求意见稿）":               false,
	} {
		d := openOn(t, "2026-05-10")
		first := d.take(t, draft, "云州市科学技术局", "2025-11-01", body)
		final := d.take(t, "云州市大模型券管理办法", "云州市人民政府", "2026-03-01", body+"\n\n第四条 本办法自2026年4月1日起施行。")
		want := final
		if !linked {
			want = ""
		}
		d.is(t, first, corpus.StatusDraft, "", want)
	}
}
