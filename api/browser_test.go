package api_test

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// tab is a tab of a real browser. What goes wrong in it fails the test.
type tab struct {
	t   *testing.T
	ctx context.Context
}

// browse opens a tab, or skips the test where there is no browser. What the
// page's scripts throw fails the test.
func browse(t *testing.T) *tab {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser is not for short tests")
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium: the page is not tried in a browser")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1280, 900))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	ctx, stop := chromedp.NewExecAllocator(ctx, options...)
	ctx, leave := chromedp.NewContext(ctx)
	b := &tab{t, ctx}
	b.do(chromedp.Navigate("about:blank")) // starts the browser
	console := chromedp.Console(ctx)
	listened := make(chan struct{})
	go func() {
		defer close(listened)
		for message, err := range console {
			if err != nil {
				return
			}
			if message.IsException() {
				t.Errorf("the page throws: %s", message)
			}
		}
	}()
	t.Cleanup(func() {
		leave()
		stop()
		cancel()
		<-listened
	})
	return b
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// get runs an action and returns its result.
func get[T any](b *tab, action chromedp.Action[T]) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, action)
	if err != nil {
		b.t.Fatal(err)
	}
	return value
}

// open shows an address and waits for an element of it.
func (b *tab) open(address, element string) {
	b.t.Helper()
	b.do(chromedp.Navigate(address), chromedp.WaitVisible(chromedp.CSS(element)))
}

// click clicks an element and waits for another.
func (b *tab) click(element, then string) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS(element)), chromedp.WaitVisible(chromedp.CSS(then)))
}

func (b *tab) text(element string) string {
	b.t.Helper()
	return strings.TrimSpace(get(b, chromedp.Text(chromedp.CSS(element))))
}

// picture takes a picture of the window into $POLICYKB_PICTURES, where that is set.
func (b *tab) picture(name string) {
	b.t.Helper()
	folder := os.Getenv("POLICYKB_PICTURES")
	if folder == "" {
		return
	}
	b.do(chromedp.Sleep(200 * time.Millisecond)) // fonts and scrolling
	if err := os.WriteFile(filepath.Join(folder, name+".png"), get(b, chromedp.CaptureScreenshot()), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// A question is typed, answered, and its source read where it stands.
func TestAskAndReadInABrowser(t *testing.T) {
	h, b := furnished(t), browse(t)
	b.open(h.url, ".examples a")
	b.picture("home")
	b.do(chromedp.SendKeys(chromedp.CSS("#q"), "成都每年发放的算力券总额上限是多少？\r"), chromedp.WaitVisible(chromedp.CSS(".sources li")))
	b.picture("answer")
	if answer := b.text(".statements"); !strings.Contains(answer, "1000万元") {
		t.Errorf("got %q", answer)
	}
	quote := b.text(".sources blockquote")
	b.click(".sources .title a", ".text mark")
	b.picture("source")
	marked := get(b, chromedp.Evaluate[string](`[...document.querySelectorAll('.text mark')].map((m) => m.textContent).join('')`))
	if marked != quote {
		t.Errorf("the quote is %q, and %q is marked", quote, marked)
	}
	inView := `(() => { const box = document.querySelector('mark').getBoundingClientRect(); return box.height > 0 && box.top >= 0 && box.bottom <= innerHeight; })()`
	b.do(chromedp.Sleep(200 * time.Millisecond)) // the scroll
	if !get(b, chromedp.Evaluate[bool](inView)) {
		t.Error("the mark is out of view")
	}
	// Back is the answer again, and the address alone leads to the mark.
	address := get(b, chromedp.Location())
	b.do(chromedp.NavigateBack(), chromedp.WaitVisible(chromedp.CSS(".sources li")))
	b.open(address, ".text mark")
}

// The page in its other states: no answer, English, dark and narrow.
func TestPageStatesInABrowser(t *testing.T) {
	h, b := furnished(t), browse(t)
	ask := func(words string) string { return h.url + "/?q=" + url.QueryEscape(words) }
	b.open(ask("贝多芬第九交响曲首演于哪一年？"), ".unanswered")
	b.picture("none")
	if got := b.text(".unanswered h2"); got != "资料里没有找到答案" {
		t.Errorf("got %q", got)
	}
	b.click("#language", "html:lang(en) .unanswered")
	b.picture("english")
	if got := b.text(".unanswered h2"); got != "The documents do not hold the answer" {
		t.Errorf("got %q", got)
	}
	b.click("#language", "html:lang(zh-Hans) .unanswered")

	dark := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, dark); err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.EmulateViewport(320, 640))
	b.open(ask("比较上海和成都的算力券"), ".answer > footer")
	b.picture("narrow")
	if get(b, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > innerWidth`)) {
		t.Error("at 320 pixels the page scrolls sideways")
	}
}

// Documents are hostile: whatever one says, nothing of it runs.
func TestHostileDocumentInABrowser(t *testing.T) {
	h, b := empty(t), browse(t)
	const hostile = `<script>document.title="run"</script> <img src=x onerror='document.title="run"'> [x](javascript:document.title="run") ${document.title="run"} {{7*7}}`
	response, err := h.upload("POST", "/v1/documents?wait=true", map[string]string{
		"title": hostile, "city": "成都", "issuer": hostile, "source_url": `javascript:document.title="run"`,
	}, file{"notice.txt", notice + "\n三、" + hostile + "\n"})
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	b.open(h.url+"/?q="+url.QueryEscape("成都算力券每家企业每年最高多少？"), ".sources li")
	b.click(".sources .title a", ".text p")
	b.picture("hostile")
	if title := get(b, chromedp.Title()); title == "run" {
		t.Error("a document's script has run")
	}
	if n := get(b, chromedp.Evaluate[int](`document.querySelectorAll('a[href^="javascript:"], main img, main script').length`)); n > 0 {
		t.Errorf("%d elements of the document are elements of the page", n)
	}
}
