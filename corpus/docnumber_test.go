package corpus

import "testing"

func TestDocNumbers(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, in string
		want     []string // text = canonical form
	}{
		{"none", "2023年，全市建成15号线。", nil},
		{"plain", "（郑政文〔2024〕62号）", []string{"郑政文〔2024〕62号 = 郑政文〔2024〕62号"}},
		{"spaces", "【发文字号】京科发〔2022〕5 号", []string{"京科发〔2022〕5 号 = 京科发〔2022〕5号"}},
		{"square brackets", "京政办发[2023]15号", []string{"京政办发[2023]15号 = 京政办发〔2023〕15号"}},
		{"full width", "穗府办规（２０２３）１２號", []string{"穗府办规（２０２３）１２號 = 穗府办规〔2023〕12号"}},
		{"after a title", "《算力基础设施高质量发展行动计划》（工信部联通信〔2023〕180 号）", []string{"工信部联通信〔2023〕180 号 = 工信部联通信〔2023〕180号"}},
		{"after words", "根据沪府发〔2021〕30号和国发〔2015〕50号文件", []string{"沪府发〔2021〕30号 = 沪府发〔2021〕30号", "国发〔2015〕50号 = 国发〔2015〕50号"}},
		{"runs into a title", "印发新一代人工智能发展规划的通知国发〔2017〕35号", []string{"国发〔2017〕35号 = 国发〔2017〕35号"}},
		{"year first", "〔2022〕京经信发 45 号", []string{"〔2022〕京经信发 45 号 = 京经信发〔2022〕45号"}},
		{"order", "《管理规定》（国家互联网信息办公室令第11号）", []string{"国家互联网信息办公室令第11号 = 国家互联网信息办公室令第11号"}},
		{"order of several", "中华人民共和国公安部国家广播电视总局令第15号", []string{"国家广播电视总局令第15号 = 国家广播电视总局令第15号"}},
		{"announcement", "宁波市第十三届人民代表大会常务委员会公告第二十八号", []string{"宁波市第十三届人民代表大会常务委员会公告第二十八号 = 宁波市第十三届人民代表大会常务委员会公告第28号"}},
		{"announcement of a year", "财政部公告2023年第5号", []string{"财政部公告2023年第5号 = 财政部公告2023年第5号"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := DocNumbers(tc.in)
			if len(got) != len(tc.want) {
				t.Fatalf("DocNumbers(%q) = %+v, want %q", tc.in, got, tc.want)
			}
			for i, n := range got {
				if g := n.Text + " = " + n.String(); g != tc.want[i] {
					t.Errorf("DocNumbers(%q)[%d] = %q, want %q", tc.in, i, g, tc.want[i])
				}
				if n.Span.Of(tc.in) != n.Text {
					t.Errorf("Span %v of %q is %q, Text %q", n.Span, tc.in, n.Span.Of(tc.in), n.Text)
				}
			}
		})
	}
}

func FuzzDocNumbers(f *testing.F) {
	for _, s := range []string{"京政办发〔2023〕15号", "〔2022〕京经信发 45 号", "令第12号", "公告2023年第5号", "[2024]号"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		last := 0
		for _, n := range DocNumbers(s) {
			if n.Span.Start < last || n.Span.Len() <= 0 || n.Text != n.Span.Of(s) {
				t.Fatalf("DocNumbers(%q): %+v after %d", s, n, last)
			}
			last = n.Span.End
		}
	})
}
