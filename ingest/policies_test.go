package ingest

import (
	"context"
	"slices"
	"testing"
	"time"

	"policykb/corpus"
)

// TestPolicies brings a folder of real policies in, with its sidecar, and finds
// them again. Two of its files are a second print of another: the same document.
func TestPolicies(t *testing.T) {
	t.Parallel()
	h := open(t, t.TempDir(), nil)
	h.work(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var ids []corpus.JobID
	for added := range h.AddAll(ctx, Files(shared(t, "policies"))) {
		if added.Err != nil {
			t.Fatalf("%s: %v", added.Name, added.Err)
		}
		ids = append(ids, added.Job.ID)
	}
	jobs, err := h.Wait(ctx, ids...)
	if err != nil {
		t.Fatal(err)
	}
	documents := map[string]corpus.DocumentID{}
	for _, job := range jobs {
		if job.State != corpus.JobDone && job.State != corpus.JobUnchanged {
			t.Errorf("%s ended as %s: %+v", job.Original.Name, job.State, job.Error)
		}
		documents[job.Original.Name] = job.Document
	}
	for _, pair := range [][2]string{
		{"061_中关村国家自主创新示范区支持高新技术企业“小升规”培育.txt", "064_中关村国家自主创新示范区支持高新技术企业“小升规”培育.txt"},
		{"089_中华人民共和国数据安全法.txt", "090_中华人民共和国数据安全法（修正草案），全国人民代表大会常务委员会.txt"},
	} {
		if documents[pair[0]] != documents[pair[1]] {
			t.Errorf("%s and %s are two documents", pair[0], pair[1])
		}
	}
	page, err := h.catalogue.Documents(ctx, corpus.Listing{Limit: 500})
	if err != nil || page.Total != len(jobs)-2 {
		t.Errorf("%d files made %d documents, %v", len(jobs), page.Total, err)
	}
	old, err := h.catalogue.Document(ctx, documents["010_北京市优化营商环境条例_2020.md"])
	if want := documents["011_北京市优化营商环境条例_2024.md"]; err != nil || old.Superseded != want {
		t.Errorf("the law of 2020 is superseded by %q, want that of 2024, %q; %v", old.Superseded, want, err)
	}
	for question, file := range map[string]string{
		"北京市人工智能算力券 最高不超过200万元":  "047_北京市人工智能算力券实施方案.txt",
		"中关村前沿技术企业 支持培育":         "060_中关村国家自主创新示范区支持培育前沿技术企业.txt",
		"济宁市智慧城市促进条例 施行":         "015_济宁市智慧城市促进条例_2017.md",
		"成都 算力券 60% 最高500万元 OPC": "118_成都OPC政策汇总.md",
	} {
		if got := h.found(t, question); !slices.Contains(got[:min(5, len(got))], documents[file]) {
			t.Errorf("%q does not find %s among the first five documents", question, file)
		}
	}
}
