package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"policykb/api"
)

// hostile is what documents say to become more than text. What runs sets ran.
var hostile = []string{
	`<script>ran=1</script>`,
	`</title><script>ran=1</script>`,
	`<img src=x onerror=ran=1>`,
	`<svg onload=ran=1><script>ran=1</script></svg>`,
	`<svg><animate onbegin=ran=1 attributeName=x dur=1s>`,
	`<math><mtext></table></math><img src=x onerror=ran=1>`,
	`<iframe srcdoc="<script>parent.ran=1</script>"></iframe>`,
	`<object data="javascript:ran=1"></object>`,
	`<embed src="data:text/html,<script>opener.ran=1</script>">`,
	`<body onload=ran=1>`,
	`<details open ontoggle=ran=1>`,
	`<input autofocus onfocus=ran=1>`,
	`<style>@import "javascript:ran=1"; * { display: none !important }</style>`,
	`<link rel=stylesheet href="data:text/css,*{display:none}">`,
	`<meta http-equiv=refresh content="0;url=javascript:ran=1">`,
	`<base href="javascript:/a/;ran=1//">`,
	`[读](javascript:ran=1) ![图](x" onerror="ran=1)`,
	`<a href="javascript:ran=1" id=x>读</a><form action="javascript:ran=1"><button>读</button></form>`,
	`" onmouseover="ran=1" style="position:fixed;inset:0`,
	`'-(ran=1)-'`,
	"${ran=1} `${ran=1}`",
	`{{constructor.constructor("ran=1")()}} {{7*7}} <%= ran=1 %> #{ran=1}`,
	`&lt;script&gt;ran=1&lt;/script&gt; \u003cscript\u003eran=1\u003c/script\u003e`,
	"\u202e<script>ran=1</script>\u202c \u2066مرحبا\u2069 👩‍👩‍👧‍👦🇨🇳 " + strings.Repeat("长", 60) + strings.Repeat("W", 60),
	`javascript:ran=1//%0aran=1 data:text/html,<script>ran=1</script>`,
}

// Documents are hostile: whatever they say in their text, names and metadata,
// nothing of it runs, and none of it becomes an element of the page.
func TestHostileDocumentsInABrowser(t *testing.T) {
	h, b := empty(t), browse(t)
	for i, words := range hostile {
		name := strings.NewReplacer("/", "_", "\\", "_", `"`, "'").Replace(words)
		response, err := h.upload(http.MethodPost, "/v1/documents?wait=true", map[string]string{
			"title": fmt.Sprintf("措施%d%s", i, words), "city": "成都", "issuer": "机关" + words, "source_url": fmt.Sprintf("javascript:ran=%d", i), "tags": words,
		}, file{name[:min(len(name), 120)] + ".txt", fmt.Sprintf("算力券第%d号措施\n\n每家企业每年最高%d万元%s。\n\n| 项目 | %s |\n| --- | --- |\n| %s | 无 |\n", i, i+10, words, words, words)})
		if err != nil {
			t.Fatal(err)
		}
		if job := read[api.JobList](t, response, http.StatusAccepted).Jobs[0]; job.State != api.JobStateDone {
			t.Fatalf("%s: %v", job.Name, job.Error)
		}
	}
	unharmed := func(where string) {
		t.Helper()
		if get(b, chromedp.Evaluate[bool](`'ran' in window`)) {
			t.Fatalf("%s: a document's script has run", where)
		}
		const foreign = `document.querySelectorAll('main script, main img, main iframe, main object, main embed, main style, main link, main meta, main base, main math, ' +
			'main svg:not(.icon), [style*=fixed], a[href^="javascript:" i], a[href^="data:" i], form[action]').length`
		if n := get(b, chromedp.Evaluate[int](foreign)); n > 0 {
			t.Errorf("%s: %d elements of the documents are elements of the page", where, n)
		}
		if !get(b, chromedp.Evaluate[bool](noSideways)) {
			t.Errorf("%s scrolls sideways", where)
		}
	}
	documents := h.documents(t)
	if len(documents) != len(hostile) {
		t.Fatalf("%d of %d documents came in", len(documents), len(hostile))
	}
	for _, document := range documents {
		b.open(h.url+"/documents/"+document.ID, ".text p")
		unharmed(document.Title)
	}
	b.do(chromedp.EmulateViewport(320, 640))
	b.open(h.url+"/documents", ".documents li")
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('details').forEach((d) => { d.open = true })`))
	unharmed("the list")
	b.open(h.url+"/overview", ".charts")
	unharmed("the overview")
	b.do(chromedp.EmulateViewport(1200, 780))
	for i := range 5 {
		b.open(h.ask(fmt.Sprintf("算力券第%d号措施每家企业每年最高多少？<script>ran=1</script>", i)), ".answer > footer, .unanswered")
		unharmed("an answer")
	}
}
