package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// What a PDF says is read on its page as it was printed, with the quote marked; its
// text is a click away.
func TestReadPDFInABrowser(t *testing.T) {
	h, b := empty(t), browse(t)
	response, err := h.upload(http.MethodPost, "/v1/documents?wait=true", map[string]string{"city": "成都"}, vouchers())
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	b.open(h.ask("成都的算力券每家企业每年最高支持多少？"), ".sources li")
	if facts := b.text(".sources .facts"); !strings.Contains(facts, "第 2 页") {
		t.Errorf("the source is at %q", facts)
	}
	b.click(".statements .mark", ".printed mark")
	b.holds(`document.querySelector('.printed img').naturalWidth === 1200`)
	b.holds(`document.activeElement.matches('.printed mark')`)
	b.holds(strings.ReplaceAll(markSeen, ".text mark", ".printed mark"))
	// The first line of the page has its base 740 points above the lower edge of 842.
	const above = `(() => { const page = document.querySelector('.printed img').getBoundingClientRect(), mark = document.querySelector('.printed mark').getBoundingClientRect();
		return (mark.bottom - page.top) / page.height * 842; })()`
	if at := get(b, chromedp.Evaluate[float64](above)); at < 100 || at > 112 {
		t.Errorf("the mark ends %.0f points below the upper edge, where no line does", at)
	}
	b.accessible()
	b.picture("printed")

	b.click(`.turning button:first-child`, `.printed img[src*="pages/1/"]`)
	b.holds(`document.querySelectorAll('.printed mark').length === 0`)
	b.accessible()
	b.click(`.choice button:last-child`, ".beside .text mark")
	if got := get(b, chromedp.Evaluate[string](marked)); !strings.Contains(got, "80万元") {
		t.Errorf("in the text %q is marked", got)
	}
	b.holds(markSeen)
	b.holds(`document.activeElement.matches('.choice [aria-pressed=true]')`)
	b.press(kb.Escape)
	b.holds(`!document.querySelector('dialog[open]') && document.activeElement.matches('.statements .mark')`)

	b.do(chromedp.EmulateViewport(320, 640))
	b.click(".statements .mark", "dialog:modal .text mark") // the choice is remembered
	b.click(`.choice button:first-child`, "dialog:modal .printed mark")
	if !get(b, chromedp.Evaluate[bool](noSideways)) {
		t.Error("at 320 pixels the page of the PDF scrolls sideways")
	}
	b.accessible()
}
