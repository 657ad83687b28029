package api_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"policykb/api"
)

// documents lists what the house holds.
func (h *house) documents(t testing.TB) []api.Document {
	t.Helper()
	return read[api.DocumentList](t, h.send(t, http.MethodGet, "/v1/documents?limit=500", ""), http.StatusOK).Documents
}

// A file is added and answers; one that cannot be read says why, through a reload;
// the same file again is not added twice; what is removed can be taken back.
func TestAddAndRemoveInABrowser(t *testing.T) {
	h, b := empty(t), browse(t)
	b.open(h.url+"/documents", ".adding button")
	b.accessible()
	b.upload(file{"关于算力的措施.txt", notice}, file{"空.txt", ""}, file{"坏.pdf", "%PDF-1.7 \x00\x01\x02"})
	b.do(appears(".jobs .done a"), appears(".documents .title"))
	b.holds(`document.querySelectorAll('.jobs .failed .why').length === 2`)
	b.accessible()
	b.do(chromedp.Reload(), appears(".jobs .done a"))
	if n := b.count(".jobs .failed .why"); n != 2 {
		t.Errorf("after a reload %d failures are explained", n)
	}
	if why := b.text(".jobs"); !strings.Contains(why, "文件里没有文字") {
		t.Errorf("the empty file is explained as %q", why)
	}
	b.upload(file{"同一份.txt", notice})
	b.do(appears(".jobs .unchanged"))

	b.open(h.ask("每家企业每年最高支持多少？"), ".sources li")
	if answer := b.text(".statements"); !strings.Contains(answer, "80万元") {
		t.Errorf("the added file answers %q", answer)
	}

	b.open(h.url+"/documents", ".documents li")
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('.remove').click(); document.querySelector('.toast button').click()`), // in time
		appears(".documents li"))
	if n := len(h.documents(t)); n != 1 {
		t.Errorf("taken back, there are %d documents", n)
	}
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('.remove').click()`), appears(".toast"))
	b.do(chromedp.Navigate("about:blank")) // leaving means it
	for begun := time.Now(); len(h.documents(t)) > 0; time.Sleep(20 * time.Millisecond) {
		if time.Since(begun) > patience {
			t.Fatal("the document is still there")
		}
	}
}

// In English one document is no documents.
func TestOneDocumentInABrowser(t *testing.T) {
	h, b := empty(t), browse(t)
	addNotice(t, h, map[string]string{"city": "成都"})
	b.open(h.url+"/overview", ".sums")
	b.click("#language", ".sums")
	b.holds(`document.documentElement.lang === 'en' && document.querySelector('.sums li')?.textContent === '1 document'`)
	b.open(h.url+"/documents", ".documents .title")
	b.holds(`document.body.innerText.includes('1 document') && !document.body.innerText.includes('1 documents')`)
}

// A folder is added with all that is in it and in its folders, each file by its way.
func TestAddFolderInABrowser(t *testing.T) {
	h, b := empty(t), browse(t)
	folder := filepath.Join(t.TempDir(), "成都")
	for name, content := range map[string]string{"算力/措施.txt": notice, "算力/办法/修订.txt": newer, ".DS_Store": ""} {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b.open(h.url+"/documents", ".adding button")
	b.do(chromedp.SetUploadFiles(chromedp.CSS("#folder"), []string{folder}))
	b.holds(`document.querySelectorAll('.jobs .done a').length === 2`)
	if n := b.count(".jobs li"); n != 2 {
		t.Errorf("%d files were sent", n)
	}
	var names []string
	for _, d := range h.documents(t) {
		names = append(names, d.Original.Name)
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{"修订.txt", "措施.txt"}) {
		t.Errorf("added %v", names)
	}
}

// A list of jobs that was made before a file was taken, and arrives after, does not
// hide the file.
func TestLateListInABrowser(t *testing.T) {
	h, b := empty(t), browse(t)
	b.open(h.url+"/documents", ".adding button")
	b.do(chromedp.Evaluate[chromedp.Void](`(() => {
		const real = window.fetch;
		let sent = 0;
		const second = new Promise((resolve) => {
			window.fetch = async (...asked) => {
				let response = await real(...asked);
				if (asked[1]?.method === 'POST' && ++sent === 2) resolve();
				if (window.listed || !String(asked[0]).startsWith('/v1/jobs?')) return response;
				while ((await response.clone().json()).jobs.some(({ state }) => state !== 'failed')) response = await real(...asked);
				window.listed = true;
				await second;
				await new Promise((later) => setTimeout(later, 50));
				return response;
			};
		});
	})()`))
	b.upload(file{"坏.pdf", "%PDF-1.7 \x00\x01\x02"})
	b.holds(`window.listed`)
	b.upload(file{"关于算力的措施.txt", notice})
	b.do(appears(".jobs .done a"))
	b.holds(`document.querySelectorAll('.jobs .failed .why').length === 1`)
}

// A list of jobs that does not come is asked for again.
func TestLostListInABrowser(t *testing.T) {
	h, b := empty(t), browse(t)
	b.open(h.url+"/documents", ".adding button")
	b.do(chromedp.Evaluate[chromedp.Void](`(() => {
		const real = window.fetch;
		let lost = 0;
		window.fetch = (...asked) => (String(asked[0]).startsWith('/v1/jobs?') && ++lost < 3 ? Promise.reject(new TypeError('lost')) : real(...asked));
	})()`))
	b.upload(file{"关于算力的措施.txt", notice})
	b.do(appears(".jobs .done a"))
}

// Files are added by dropping and by pasting them; what cannot be fetched says why.
func TestDropAndPasteInABrowser(t *testing.T) {
	h, b := empty(t), browse(t)
	b.open(h.url+"/documents", ".adding button")
	const bring = `(() => { const brought = new DataTransfer(); brought.items.add(new File([%q], %q, { type: 'text/plain' }));
		dispatchEvent(new %s)})()`
	b.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(bring, notice, "拖入.txt", `DragEvent('drop', { dataTransfer: brought, cancelable: true })`)),
		appears(".jobs .done a"))
	b.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(bring, newer, "粘贴.txt", `ClipboardEvent('paste', { clipboardData: brought })`)))
	b.holds(`document.querySelectorAll('.jobs .done a').length === 2`)
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('.adding details').open = true`),
		chromedp.SendKeys(chromedp.CSS(".adding [name=address]"), "http://127.0.0.1:1/a.html\r"), appears(".jobs .failed .why"))
	if why := b.text(".jobs .failed .why"); !strings.Contains(why, "127.0.0.1") {
		t.Errorf("an address that is not fetched is explained as %q", why)
	}
	b.accessible()
}

// Text and metadata: pasted, found by its facets, corrected in place, read in an
// older version.
func TestDescribeInABrowser(t *testing.T) {
	h, b := empty(t), browse(t)
	b.open(h.url+"/documents", ".adding button")
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('.adding details').forEach((d) => { d.open = true })`))
	b.do(chromedp.SetValue(chromedp.CSS(".adding textarea"), notice))
	b.click(".adding textarea ~ .primary", ".jobs .done a")
	b.click(".jobs .done a", ".description .quiet")
	b.click(".description .quiet", "#field-city")
	b.accessible()
	b.do(chromedp.SetValue(chromedp.CSS("#field-city"), "成都"), chromedp.SetValue(chromedp.CSS("#field-issued_on"), "2024-05-06"))
	b.hit(".describe .primary")
	b.holds(`document.querySelector('.description dl')?.textContent.includes('2024-05-06')`)
	document := h.documents(t)[0]
	if document.City == nil || *document.City != "成都" {
		t.Errorf("the city is %v", document.City)
	}
	response, err := h.upload(http.MethodPut, "/v1/documents/"+document.ID+"?wait=true", nil, file{"新.txt", newer})
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	b.open(h.url+"/documents/"+document.ID, ".versions li")
	b.accessible()
	b.click(".versions li:nth-child(2) a", ".document .notice")
	b.holds(`document.querySelector('.text')?.textContent.includes('80万元')`) // the text is fetched after its notice
	b.open(h.url+"/documents/"+document.ID+"?from=1&to=2", ".change")
	b.accessible()
	changed := get(b, chromedp.Evaluate[string](`[...document.querySelectorAll('del, ins')].map((e) => e.textContent).join(' ')`))
	if changed != "二 80 三 120" {
		t.Errorf("what changed is shown as %q", changed)
	}
}

// The list narrows by facets and words, and a document reads with its outline.
func TestListAndReaderInABrowser(t *testing.T) {
	h, b := furnished(t), browse(t)
	b.open(h.url+"/documents", ".documents li")
	b.picture("documents")
	b.click(`.facets a[href$="city=%E5%8C%97%E4%BA%AC"]`, `.facets a[aria-current]`)
	all := len(h.documents(t))
	if n := b.count(".documents li"); n == 0 || n == all {
		t.Errorf("%d of %d documents are of 北京", n, all)
	}
	b.do(chromedp.SendKeys(chromedp.CSS("#q"), "算力券\r"))
	b.holds(`location.search.includes('q=') && document.querySelectorAll('.documents li').length === 1`)
	b.open(h.url+"/documents", ".documents li")
	b.do(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll('.documents .title')].find((a) => a.textContent.includes('深圳市人工智能OPC')).click()`),
		appears(".contents a"))
	b.picture("document")
	b.hit(".contents li:last-child a")
	b.holds(`location.hash && document.querySelector(':target').getBoundingClientRect().top < innerHeight`)
}

// A document of five hundred pages opens at once. The figure is from following a
// link to the text being drawn, in milliseconds.
func BenchmarkOpenLongDocumentInABrowser(b *testing.B) {
	h, tab := empty(b), browse(b)
	id := h.longStatute(b)
	opening := fmt.Sprintf(`(async () => {
		const link = document.createElement('a');
		link.href = '/documents/%s';
		document.body.append(link);
		const begun = performance.now();
		link.click();
		while (!document.querySelector('.text p')) await new Promise(requestAnimationFrame);
		await new Promise(requestAnimationFrame);
		return performance.now() - begun;
	})()`, id)
	total := 0.0
	for b.Loop() {
		tab.open(h.url+"/overview", ".charts")
		tab.settles()
		total += get(tab, chromedp.Evaluate[float64](opening, chromedp.EvalAwaitPromise))
	}
	b.ReportMetric(total/float64(b.N), "ms/open")
}

// The page is there at once. The figures are from asking for an address to the page
// having loaded, and to its first words being drawn, in milliseconds.
func BenchmarkPageReadyInABrowser(b *testing.B) {
	h, tab := furnished(b), browse(b)
	tab.open(h.url, ".examples a") // its files are kept from now on
	for _, path := range []string{"/", "/documents", "/overview"} {
		b.Run(path, func(b *testing.B) {
			loaded, drawn := 0.0, 0.0
			for b.Loop() {
				tab.do(chromedp.Navigate(h.url + path))
				tab.settles()
				loaded += get(tab, chromedp.Evaluate[float64](`performance.getEntriesByType('navigation')[0].loadEventEnd`))
				drawn += get(tab, chromedp.Evaluate[float64](`performance.getEntriesByName('first-contentful-paint')[0].startTime`))
			}
			b.ReportMetric(loaded/float64(b.N), "ms/load")
			b.ReportMetric(drawn/float64(b.N), "ms/paint")
		})
	}
}
