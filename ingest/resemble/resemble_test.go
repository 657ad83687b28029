package resemble_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"policykb/corpus"
	"policykb/ingest/resemble"
)

// measures makes a text of articles, each about something of its own.
func measures(city string, articles int, seed uint64) string {
	random := rand.New(rand.NewPCG(seed, 1))
	pick := func(words ...string) string { return words[random.IntN(len(words))] }
	var b strings.Builder
	for i := range articles {
		fmt.Fprintf(&b, "第%d条 %s对%s的%s，按照%s的百分之%d给予%s，每年最高%d万元；%s由%s负责%s。\n", i+1, city,
			pick("租用智能算力", "采购大模型服务", "开放应用场景", "建设智算中心", "首次购买数据产品", "完成算法备案", "获得国家级认定"),
			pick("中小企业", "高等学校", "科研院所", "初创团队", "专精特新企业", "产业园区运营机构"),
			pick("实际支出", "合同金额", "研发投入", "设备投资额", "贷款利息"), 5+random.IntN(60),
			pick("补贴", "奖励", "算力券", "贴息", "后补助"), 10+random.IntN(2000),
			pick("申报", "审核", "兑付", "绩效评价", "监督检查"),
			pick("市经济和信息化局", "市科学技术局", "市发展和改革委员会", "市数据局", "市财政局"),
			pick("组织实施", "统筹协调", "受理和公示", "制定实施细则"))
	}
	return b.String()
}

func passagesOf(text string) []corpus.Passage {
	var all []corpus.Passage
	for line := range strings.Lines(text) {
		all = append(all, corpus.Passage{Text: strings.TrimSpace(line)})
	}
	return all
}

// shared counts the bands that two texts have in common.
func shared(a, b string) (n int) {
	others := resemble.Bands(passagesOf(b))
	for _, band := range resemble.Bands(passagesOf(a)) {
		if slices.Contains(others, band) {
			n++
		}
	}
	return n
}

func likeness(a, b string) float64 {
	return resemble.Likeness(resemble.Of(passagesOf(a)), resemble.Of(passagesOf(b)))
}

// A copy is found whatever was done to its form.
func TestCopies(t *testing.T) {
	t.Parallel()
	text := measures("成都市", 40, 1)
	for name, copied := range map[string]string{
		"the same":              text,
		"full width and spaces": strings.NewReplacer("1", "１", "5", "５", "，", " ， ", "算力", "算 力").Replace(text),
		"traditional":           strings.NewReplacer("补贴", "補貼", "数据", "數據", "认定", "認定").Replace(text),
		"another head and foot": "转载自某网站\n编辑：张三\n" + text + "分享到：微信\n扫一扫在手机打开当前页\n",
		"two articles fewer":    text[strings.Index(text, "第3条"):],
		"other amounts":         strings.ReplaceAll(text, "每年最高1", "每年最高9"),
	} {
		if l, n := likeness(text, copied), shared(text, copied); l < 0.8 || n == 0 {
			t.Errorf("%s: %.2f alike, %d bands in common", name, l, n)
		}
	}
}

// Texts on the same matter, and parts of one, are not nearly the same.
func TestOthers(t *testing.T) {
	t.Parallel()
	text := measures("成都市", 40, 1)
	for name, other := range map[string]string{
		"another city's measures": measures("深圳市", 40, 2),
		"half of it":              text[:strings.Index(text, "第20条")],
		"a line":                  text[:strings.Index(text, "第2条")],
	} {
		if l := likeness(text, other); l >= resemble.Alike {
			t.Errorf("%s: %.2f alike", name, l)
		}
	}
	if n := len(resemble.Bands(passagesOf("关于支持算力的通知。"))); n > 0 {
		t.Errorf("a text of one line has %d bands", n)
	}
}

// Of copies in which more and more characters are changed, those that count as
// alike are found by their bands.
func TestBandsFindWhatIsAlike(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 7))
	alike, found := 0, 0
	for i := range 300 {
		text := measures("青岛市", 10+random.IntN(40), uint64(i))
		changed := []rune(text)
		for range len(changed) * random.IntN(8) / 100 {
			if at := random.IntN(len(changed)); changed[at] != '\n' {
				changed[at] = rune('一' + random.IntN(5000))
			}
		}
		if likeness(text, string(changed)) < resemble.Alike {
			continue
		}
		alike++
		if shared(text, string(changed)) > 0 {
			found++
		}
	}
	t.Logf("%d of %d pairs that are alike have bands in common", found, alike)
	if alike < 100 || float64(found) < 0.98*float64(alike) {
		t.Errorf("only %d of %d pairs that are alike have bands in common", found, alike)
	}
}

// The likeness of long texts is that of their samples.
func TestLongTexts(t *testing.T) {
	t.Parallel()
	text := measures("成都市", 3000, 1)
	lines := strings.SplitAfter(text, "\n")
	other := strings.Join(lines[:2400], "") + measures("深圳市", 600, 2)
	// Shingles of a fifth of the lines are in one of the two only, as far as both
	// do not use the same words.
	exact := func(a, b string) float64 {
		sets := [2]map[string]bool{{}, {}}
		for i, s := range []string{a, b} {
			for _, p := range passagesOf(s) {
				r := []rune(strings.NewReplacer("，", "", "；", "", "。", "", " ", "").Replace(p.Text))
				for k := 5; k <= len(r); k++ {
					sets[i][string(r[k-5:k])] = true
				}
			}
		}
		both := 0
		for s := range sets[0] {
			if sets[1][s] {
				both++
			}
		}
		return float64(both) / float64(len(sets[0])+len(sets[1])-both)
	}
	if got, want := likeness(text, other), exact(text, other); math.Abs(got-want) > 0.03 {
		t.Errorf("%.3f alike, want %.3f", got, want)
	}
	if got := likeness(text, text); got != 1 {
		t.Errorf("a text is %.3f like itself", got)
	}
}

func BenchmarkBands(b *testing.B) {
	text := measures("成都市", 2000, 1)
	passages := passagesOf(text)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		resemble.Bands(passages)
	}
}
