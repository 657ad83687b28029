package api_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The texts that are marked, and whether the mark is seen.
const (
	marked   = `[...document.querySelectorAll('.text mark')].map((m) => m.textContent).join('')`
	markSeen = `(() => { const mark = document.querySelector('.text mark'); if (!mark) return false;
		const box = mark.getBoundingClientRect(); return box.height > 0 && box.top >= 0 && box.bottom <= innerHeight; })()`
	noSideways = `document.documentElement.scrollWidth <= document.documentElement.clientWidth`
)

func (h *house) ask(words string) string { return h.url + "/?q=" + url.QueryEscape(words) }

// A question is typed and answered, its source read beside it, and asked on.
func TestAskAndReadInABrowser(t *testing.T) {
	h, b := furnished(t), browse(t)
	b.open(h.url, ".examples a")
	b.accessible()
	b.do(chromedp.SendKeys(chromedp.CSS("#q"), "成都每年发放的算力券总额上限是多少？\r"), appears(".sources li"))
	if answer := b.text(".statements"); !strings.Contains(answer, "1000万元") {
		t.Errorf("got %q", answer)
	}
	quote := b.text(".sources blockquote")
	b.click(".statements .mark", ".beside .text mark")
	if got := get(b, chromedp.Evaluate[string](marked)); got != quote {
		t.Errorf("the quote is %q, and %q is marked", quote, got)
	}
	b.holds(markSeen)
	b.holds(`document.activeElement.matches('.beside mark')`)
	b.accessible()

	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('.statements .mark').focus()`), appears(".peek"))
	if got := b.text(".peek .quote"); got != quote {
		t.Errorf("the mark shows %q, not %q", got, quote)
	}
	b.press(kb.Escape)
	b.holds(`!document.querySelector('.peek')`)

	b.click(".feedback button:nth-of-type(2)", ".feedback form")
	b.accessible()
	b.do(chromedp.SendKeys(chromedp.CSS(".feedback textarea[name=comment]"), "说的是上限"), chromedp.Click(chromedp.CSS(".feedback .primary")))
	b.holds(`!document.querySelector('.feedback form')`)

	b.do(chromedp.SendKeys(chromedp.CSS("#q"), "那北京呢？\r"), appears(".turn:nth-child(2) .sources"))
	b.accessible()
	if read := b.text(".turn:nth-child(2) .rewritten"); !strings.Contains(read, "北京") {
		t.Errorf("the second question was read as %q", read)
	}
	// The address leads to the whole conversation, and the device remembers it.
	b.do(chromedp.Reload(), appears(".turn:nth-child(2) .sources"))
	b.open(h.url, "#recent + ul, .examples")
	if n := b.count(`[aria-labelledby="recent"] li`); n != 1 {
		t.Errorf("%d questions are remembered", n)
	}
}

// A filter is set, shown and taken off.
func TestFilterInABrowser(t *testing.T) {
	h, b := furnished(t), browse(t)
	b.open(h.ask("算力券有哪些申领条件？"), ".answer > footer")
	b.click(".more summary", ".pop select[name=city]")
	b.accessible()
	b.do(chromedp.SetValue(chromedp.CSS(".pop select[name=city]"), "北京"))
	b.click(".pop .primary", ".chip button")
	b.do(appears(".answer > footer"))
	if where := b.text(".sources .facts"); !strings.Contains(where, "北京") {
		t.Errorf("filtered to 北京, the first source is of %q", where)
	}
	b.hit(".chip:not(.read) button")
	b.holds(`!location.search.includes('city') && document.querySelectorAll('.chip:not(.read)').length === 0`)
}

// What was read off the question is a filter that can be taken out of its words.
func TestTakeOutWhatWasReadInABrowser(t *testing.T) {
	h, b := furnished(t), browse(t)
	b.open(h.ask("成都的算力券有哪些申领条件？"), ".chip.read button")
	if read := b.text(".chip.read"); read != "成都" {
		t.Errorf("%q was read off the question", read)
	}
	b.hit(".chip.read button")
	b.holds(`document.querySelector('.asked-words')?.textContent === '算力券有哪些申领条件？' && !document.querySelector('.chip.read')`)
	for question, want := range map[string]string{
		"北京、郑州和海口的算力补贴比例分别是多少？":                                              "北京、郑州的算力补贴比例分别是多少？",
		"2023年北京的算力券最高能补多少？":                                                 "北京的算力券最高能补多少？",
		"帝都和蓉城的算力券在2023年最高能补多少？":                                             "帝都和蓉城的算力券最高能补多少？",
		"What are the computing subsidies of Beijing, Zhengzhou and Haikou?": "What are the computing subsidies of Beijing, Zhengzhou?",
		"In 2023, how large were Chengdu’s computing vouchers?":              "How large were Chengdu’s computing vouchers?",
	} {
		b.open(h.ask(question), ".chip.read:nth-last-child(1 of .read) button")
		b.hit(".chip.read:nth-last-child(1 of .read) button")
		b.holds(fmt.Sprintf(`document.querySelector('.asked-words')?.textContent === %q && document.querySelector('.chip.read')`, want))
	}
	for question, want := range map[string]string{
		"蓉城每年发多少算力券？":                                           "每年发多少算力券？",
		"How large are Chengdu’s computing vouchers each year?": "How large are computing vouchers each year?",
		"What computing vouchers are there in Shenzhen?":        "What computing vouchers are there?",
		"Does Chengdu pay for computing?":                       "Does any place pay for computing?",
	} {
		b.open(h.ask(question), ".chip.read button")
		b.hit(".chip.read button")
		b.holds(fmt.Sprintf(`document.querySelector('.asked-words')?.textContent === %q && !document.querySelector('.chip.read')`, want))
	}
}

// An answer is taken along as text, with footnotes, for Word, and as the address that leads to it.
func TestCopyInABrowser(t *testing.T) {
	h, b := furnished(t), browse(t)
	b.open(h.ask("成都每年发放的算力券总额上限是多少？"), ".copy button")
	b.do(chromedp.Evaluate[chromedp.Void](`Object.assign(navigator.clipboard, {
		writeText: async (words) => { window.copied = words; },
		write: async ([item]) => { window.copied = await (await item.getType('text/html')).text(); },
	})`))
	address := get(b, chromedp.Location())
	for i, wants := range [][]string{
		{"成都每年发放的算力券总额上限是多少？", "1000万元", "[1] 《", "“"},
		{"## 成都每年发放的算力券总额上限是多少？", "[^1]", "[^1]: [《", "(" + h.url + "/documents/"},
		{`<h2>成都每年发放的算力券总额上限是多少？</h2>`, `href="#_ftn1" id="_ftnref1"`, `id="_ftn1"`, `href="#_ftnref1"`},
		{address},
	} {
		b.do(chromedp.Evaluate[chromedp.Void](`delete window.copied`), chromedp.Click(chromedp.CSS(fmt.Sprintf(".copy button:nth-of-type(%d)", i+1))))
		b.holds(`'copied' in window`)
		copied := get(b, chromedp.Evaluate[string](`window.copied`))
		for _, want := range wants {
			if !strings.Contains(copied, want) {
				t.Errorf("what is copied lacks %q:\n%s", want, copied)
			}
		}
	}
	b.holds(`document.querySelector('.copy .soft').textContent === '已复制'`)
}

// What the documents do not hold is said plainly, with what comes nearest.
func TestAskWhatIsNotThereInABrowser(t *testing.T) {
	h, b := furnished(t), browse(t)
	b.open(h.ask("三亚的算力券最高多少？"), ".unanswered")
	b.picture("none")
	b.accessible()
	if got := b.text(".unanswered h2"); got != "资料里没有找到答案" {
		t.Errorf("got %q", got)
	}
	if n := b.count(".nearest li a"); n == 0 {
		t.Error("no document is named as near")
	}
	b.hit("#language")
	b.holds(`document.documentElement.lang === 'en' && document.querySelector('.unanswered h2')?.textContent === 'The documents do not hold the answer'`)
}

// Cities beside each other are a table, and bars where their figures compare.
func TestCompareInABrowser(t *testing.T) {
	h, b := furnished(t), browse(t)
	b.do(chromedp.EmulateViewport(1200, 900))
	b.open(h.ask("北京、郑州和海口的算力补贴比例分别是多少？"), ".answer > footer")
	b.do(appears(".beside mark"))
	b.holds(markSeen)
	b.picture("answer")
	b.accessible()
	cities := get(b, chromedp.Evaluate[[]string](`[...document.querySelectorAll('.compare th[scope=row]')].map((th) => th.textContent)`))
	if strings.Join(cities, " ") != "北京 郑州 海口" {
		t.Errorf("the table compares %v", cities)
	}
	for i, bar := range get(b, chromedp.Evaluate[[]string](`[...document.querySelectorAll('.bars .value')].map((v) => v.textContent)`)) {
		row := get(b, chromedp.Evaluate[[]string](`[...document.querySelectorAll('.compare td')].map((td) => td.textContent)`))[i]
		if !strings.Contains(row, strings.ReplaceAll(bar, ",", "")) {
			t.Errorf("the bar of %s says %s, and its sentence %q", cities[i], bar, row)
		}
	}
}

// Everything is done from the keyboard: asking, opening the source, coming back.
func TestKeyboardAloneInABrowser(t *testing.T) {
	h, b := furnished(t), browse(t)
	b.open(h.url, ".examples a")
	b.holds(`document.activeElement.id === 'q'`)
	for _, key := range "北京的算力券最高能补多少？\r" {
		b.press(string(key))
	}
	b.do(appears(".answer > footer"))
	b.tabTo(".statements .mark")
	ring := `getComputedStyle(document.activeElement).outlineStyle !== 'none'`
	if !get(b, chromedp.Evaluate[bool](ring)) {
		t.Error("the focus is not seen")
	}
	b.press(kb.Enter)
	b.holds(`document.activeElement.matches('.beside mark')`)
	b.holds(markSeen)
	b.press(kb.Escape)
	b.holds(`document.activeElement.matches('.statements .mark')`)

	// On a narrow window the source lies over the answer and keeps the focus.
	b.do(chromedp.EmulateViewport(320, 640))
	b.press(kb.Enter)
	b.holds(`document.querySelector('dialog:modal') && document.activeElement.matches('dialog mark')`)
	for range 8 {
		b.press(kb.Tab)
		if get(b, chromedp.Evaluate[bool](`document.activeElement.matches('main *, header *') && !document.activeElement.closest('dialog')`)) {
			t.Error("the focus leaves the source for what it covers")
		}
	}
	b.accessible()
	b.press(kb.Escape)
	b.holds(`document.activeElement.matches('.statements .mark')`)
}

// tabTo presses Tab until an element has the focus.
func (b *tab) tabTo(element string) {
	b.t.Helper()
	for range 40 {
		b.press(kb.Tab)
		if get(b, chromedp.Evaluate[bool](`document.activeElement.matches('`+element+`')`)) {
			return
		}
	}
	b.t.Fatalf("40 tabs do not lead to %s", element)
}

// The page in its other dresses: dark, narrow and in English, each without a
// sideways scroll, a violation or a shift of what was drawn.
func TestPageDressesInABrowser(t *testing.T) {
	h, b := furnished(t), browse(t)
	id := h.documents(t)[0].ID
	views := []struct{ address, ready string }{
		{h.url, ".examples a"},
		{h.ask("比较上海和成都的算力券"), ".answer > footer"},
		{h.ask("三亚的算力券最高多少？"), ".unanswered"},
		{h.url + "/documents", ".documents li"},
		{h.url + "/documents/" + id, ".text p"},
		{h.url + "/trace", ".trace textarea"},
		{h.url + "/overview", ".charts section"},
	}
	b.prefer("prefers-color-scheme", "dark")
	b.open(h.ask("上海和深圳的算力补贴有什么不同？"), ".beside mark")
	b.picture("dark")
	b.do(chromedp.EmulateViewport(320, 640))
	for _, language := range []string{"zh-Hans", "en"} {
		for _, view := range views {
			b.open(view.address, view.ready)
			b.settles()
			if moved := b.shifted(); moved > 0.01 {
				t.Errorf("%s: at 320 pixels %s moves what it has drawn by %.3f", language, view.address, moved)
			}
			if !get(b, chromedp.Evaluate[bool](noSideways)) {
				t.Errorf("%s: at 320 pixels %s scrolls sideways", language, view.address)
			}
			b.accessible()
		}
		b.open(views[1].address, views[1].ready)
		b.click(".more summary", ".pop select")
		if !get(b, chromedp.Evaluate[bool](noSideways)) {
			t.Error("at 320 pixels the filters do not fit")
		}
		b.hit("#language")
	}
	b.prefer("prefers-color-scheme", "light")
	b.do(chromedp.EmulateViewport(1200, 780))
	for _, view := range views {
		b.open(view.address, view.ready)
		b.settles()
		if moved := b.shifted(); moved > 0.01 {
			t.Errorf("%s moves what it has drawn by %.3f", view.address, moved)
		}
		b.accessible()
	}
	b.picture("overview")
}

// What somebody wrote is checked against the documents, figure by figure.
func TestCheckTextInABrowser(t *testing.T) {
	h, b := furnished(t), browse(t)
	b.open(h.url+"/trace", ".trace textarea")
	b.do(chromedp.SendKeys(chromedp.CSS("#q"), "每年发放总额不超过5000万元的算力券"), chromedp.Click(chromedp.CSS(".trace .primary")), appears(".differences"))
	b.accessible()
	if said, reads := b.text(".differences del"), b.text(".differences ins"); said != "5000万元" || reads != "1000万元" {
		t.Errorf("%s is set against %s", said, reads)
	}
	b.click(".places .title a", ".text mark")
	b.holds(markSeen)
}
