package ingest

import (
	"slices"
	"strings"
	"testing"

	"policykb/corpus"
)

// A notice on a government site names its attachments, which are sources of their own.
func TestAttachmentsAreOffered(t *testing.T) {
	t.Parallel()
	h := open(t, t.TempDir(), nil)
	h.work(t)
	page := `<html><body><div class="nav"><a href="/index.html">首页</a></div><article><h1>关于申报算力券的通知</h1>
<p>各有关企业：现组织申报2024年度算力券，每家企业每年最高200万元，申报材料见附件。</p>
<p><a href="./P020240301.docx">附件1：算力券申报表</a></p><p><a href="/att/2.pdf?id=7">附件2：承诺书</a></p>
<p><a href="./P020240301.docx">下载</a> <a href="javascript:void(0)">打印</a> <a href="file:///etc/x.pdf">x</a></p></article></body></html>`
	job := h.add(t, Source{Name: "t.html", Data: strings.NewReader(page), Given: corpus.Metadata{SourceURL: "https://kjj.yunzhou.gov.cn/zc/202403/t1.html"}})
	offers := slices.DeleteFunc(slices.Clone(job.Warnings), func(w string) bool { return !strings.Contains(w, "attachment") })
	if len(offers) != 2 || !strings.Contains(offers[0], "附件1：算力券申报表") ||
		!strings.HasSuffix(offers[0], "https://kjj.yunzhou.gov.cn/zc/202403/P020240301.docx") || !strings.HasSuffix(offers[1], "https://kjj.yunzhou.gov.cn/att/2.pdf?id=7") {
		t.Errorf("got the warnings %q", job.Warnings)
	}
	// A saved page does not say where it was.
	job = h.add(t, Source{Name: "saved.html", Data: strings.NewReader(strings.ReplaceAll(page, "200万元", "300万元"))})
	if slices.ContainsFunc(job.Warnings, func(w string) bool { return strings.Contains(w, "attachment") }) {
		t.Errorf("got the warnings %q", job.Warnings)
	}
}
