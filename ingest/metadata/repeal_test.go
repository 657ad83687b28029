package metadata_test

import (
	"slices"
	"testing"

	"policykb/corpus"
	"policykb/ingest/metadata"
)

// What real statutes say of those they end, and what they say of other things.
func TestRepeals(t *testing.T) {
	t.Parallel()
	statute := corpus.Metadata{Title: "新条例", Kind: corpus.KindRegulation}
	for _, c := range []struct {
		text string
		want []string
	}{
		{"第六十四条 本条例自2021年3月1日起施行。《浙江省信息化促进条例》同时废止。", []string{"浙江省信息化促进条例"}},
		{"第四十条 本条例自2022年7月1日起施行，《汕头经济特区促进科技成果转化条例》同时废止。", []string{"汕头经济特区促进科技成果转化条例"}},
		{"本条例自公布之日起施行。2000年12月8日北京市第十一届人民代表大会常务委员会第二十三次会议通过的《中关村科技园区条例》同时废止。", []string{"中关村科技园区条例"}},
		{"本办法自2024年5月1日起施行，有效期5年。原《云州市算力券管理办法》（云府办〔2020〕3号）、《云州市大模型券实施细则》（云科规〔2021〕1号）同时废止。",
			[]string{"云州市算力券管理办法 云府办〔2020〕3号", "云州市大模型券实施细则 云科规〔2021〕1号"}},
		{"《云州市数据条例》自本条例施行之日起废止。", []string{"云州市数据条例"}},
		{"经研究，决定废止《关于印发〈云州市人才办法〉的通知》和《云州市创新券办法》。", []string{"关于印发〈云州市人才办法〉的通知", "云州市创新券办法"}},
		{"依照《中华人民共和国立法法》，对不适应的规定应当及时修改或者废止。", nil},
		{"市司法部门应当定期清理，提出修改、废止《目录》所列文件的建议。", nil},
		{"《云州市数据条例》不予废止。", nil},
		{"《云州市数据条例》规定的期限届满后，原许可废止。", nil},
	} {
		var got []string
		for _, r := range metadata.Repeals(c.text, statute) {
			name := r.Title
			if r.Number != "" {
				name += " " + r.Number
			}
			got = append(got, name)
			if r.Span.Of(c.text) != r.Title {
				t.Errorf("%s: the title is said to stand at %q", c.text, r.Span.Of(c.text))
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s\nrepeals %q, want %q", c.text, got, c.want)
		}
	}
	const said = "《浙江省信息化促进条例》同时废止。"
	for _, m := range []corpus.Metadata{{Kind: corpus.KindNews}, {Kind: corpus.KindInterpretation}, {Kind: corpus.KindRegulation, Status: corpus.StatusDraft}} {
		if got := metadata.Repeals(said, m); len(got) > 0 {
			t.Errorf("a %s text (%s) repeals %+v", m.Kind, m.Status, got)
		}
	}
}
