package api_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// patience is how long a test in a browser may take on a machine that has much else
// to do, and waiting for what one step of it waits for.
const patience = 8 * time.Minute
const stepPatience = 40 * time.Second

// tab is a tab of a real browser. What goes wrong in it fails the test.
type tab struct {
	t   testing.TB
	ctx context.Context
}

// browse opens a tab, or skips the test where there is no browser. What the
// page's scripts throw, and what its content policy stops, fails the test.
func browse(t testing.TB) *tab {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser is not for short tests")
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium: the page is not tried in a browser")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	ctx, stop := chromedp.NewExecAllocator(ctx, options...)
	ctx, leave := chromedp.NewContext(ctx)
	b := &tab{t, ctx}
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank"), chromedp.EmulateViewport(1200, 780)); err != nil { // starts the browser
		t.Fatal(err)
	}
	console := chromedp.Console(ctx)
	listened := make(chan struct{})
	go func() {
		defer close(listened)
		for message, err := range console {
			if err != nil {
				return
			}
			switch {
			case message.IsException():
				t.Errorf("the page throws: %s", message)
			case strings.Contains(message.Text, "Content Security Policy"):
				t.Errorf("the page tries what its policy forbids: %s", message)
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
	ctx, cancel := context.WithTimeout(b.ctx, stepPatience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%v; the page says:\n%s", err, b.shown())
	}
}

// shown is the text of the page, for a test that fails.
func (b *tab) shown() string {
	text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("location.pathname + '\\n' + document.body.innerText"))
	if err != nil {
		return err.Error()
	}
	return text
}

// appears waits until an element is there and can be seen. The page is asked, since
// chromedp's own look-up sometimes never ends where nodes are replaced meanwhile.
func appears(element string) chromedp.Action[chromedp.Void] {
	return chromedp.Poll[chromedp.Void](fmt.Sprintf("!!document.querySelector(%q)?.checkVisibility()", element), chromedp.WithPollingTimeout(patience))
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
	b.do(chromedp.Navigate(address), appears(element))
}

// click clicks an element with the mouse and waits for another.
func (b *tab) click(element, then string) {
	b.t.Helper()
	b.hit(element)
	b.do(appears(then))
}

// hit clicks an element with the mouse, where the page says that it is.
func (b *tab) hit(element string) {
	b.t.Helper()
	b.do(appears(element))
	at := get(b, chromedp.Evaluate[[]float64](fmt.Sprintf(`(() => {
		const element = document.querySelector(%q);
		element.scrollIntoView({ block: 'nearest' });
		const { x, y, width, height } = element.getClientRects()[0];
		return [x + width / 2, y + height / 2];
	})()`, element)))
	b.do(chromedp.MouseClickXY(at[0], at[1]))
}

func (b *tab) text(element string) string {
	b.t.Helper()
	return strings.TrimSpace(get(b, chromedp.Text(chromedp.CSS(element))))
}

// count counts the elements.
func (b *tab) count(element string) int {
	b.t.Helper()
	return get(b, chromedp.Evaluate[int](fmt.Sprintf("document.querySelectorAll(%q).length", element)))
}

// holds waits until a condition in JavaScript holds.
func (b *tab) holds(condition string) {
	b.t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[bool]("!!("+condition+")", chromedp.WithPollingTimeout(patience))); err != nil {
		b.t.Fatalf("%s: %v", condition, err)
	}
}

// settles waits until the page asks for nothing and has drawn what it has.
func (b *tab) settles() {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](`(async () => {
		for (let count = -1, now = 0; count !== now; now = performance.getEntriesByType('resource').length) {
			count = now;
			await document.fonts.ready;
			await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(drawn))));
		}
	})()`, chromedp.EvalAwaitPromise))
}

// shifted sums how far things moved that stood already (cumulative layout shift).
func (b *tab) shifted() float64 {
	b.t.Helper()
	return get(b, chromedp.Evaluate[float64](`new Promise((resolve) => {
		let sum = 0;
		new PerformanceObserver((list) => list.getEntries().forEach((entry) => { if (!entry.hadRecentInput) sum += entry.value; })).observe({ type: 'layout-shift', buffered: true });
		setTimeout(() => requestAnimationFrame(() => resolve(sum)));
	})`, chromedp.EvalAwaitPromise))
}

// press presses keys where the focus is.
func (b *tab) press(keys string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(keys))
}

// upload gives files to the page's chooser.
func (b *tab) upload(files ...file) {
	b.t.Helper()
	folder := b.t.TempDir()
	var paths []string
	for _, f := range files {
		path := filepath.Join(folder, f.name)
		if err := os.WriteFile(path, []byte(f.text), 0o600); err != nil {
			b.t.Fatal(err)
		}
		paths = append(paths, path)
	}
	b.do(chromedp.SetUploadFiles(chromedp.CSS("#files"), paths))
}

// prefer sets a media feature, as prefers-color-scheme.
func (b *tab) prefer(name, value string) {
	b.t.Helper()
	features := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: name, Value: value}}}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, features); err != nil {
		b.t.Fatal(err)
	}
}

// picture takes a picture of the window into $POLICYKB_SCREENSHOTS, a folder
// named from the repository's root, where that is set. 256 colours are enough and
// keep it small.
func (b *tab) picture(name string) {
	b.t.Helper()
	folder := os.Getenv("POLICYKB_SCREENSHOTS")
	if folder == "" {
		return
	}
	if !filepath.IsAbs(folder) {
		folder = filepath.Join("..", folder)
	}
	b.settles()
	shot, err := png.Decode(bytes.NewReader(get(b, chromedp.CaptureScreenshot())))
	if err != nil {
		b.t.Fatal(err)
	}
	small := image.NewPaletted(shot.Bounds(), commonColours(shot))
	draw.Draw(small, small.Rect, shot, shot.Bounds().Min, draw.Src)
	var data bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&data, small); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), data.Bytes(), 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// commonColours are at most 256 colours of a picture: of those that look alike the
// most frequent one, so that small marks keep theirs.
func commonColours(picture image.Image) color.Palette {
	counts := make(map[color.Color]int)
	for y := picture.Bounds().Min.Y; y < picture.Bounds().Max.Y; y++ {
		for x := picture.Bounds().Min.X; x < picture.Bounds().Max.X; x++ {
			counts[picture.At(x, y)]++
		}
	}
	type look struct{ r, g, b uint32 } // four bits of each
	alike := make(map[look]int)
	best := make(map[look]color.Color)
	for colour, n := range counts {
		r, g, b, _ := colour.RGBA()
		l := look{r >> 12, g >> 12, b >> 12}
		alike[l] += n
		if best[l] == nil || n > counts[best[l]] {
			best[l] = colour
		}
	}
	looks := slices.SortedFunc(maps.Keys(alike), func(a, b look) int { return alike[b] - alike[a] })
	var colours color.Palette
	for _, l := range looks[:min(160, len(looks))] {
		colours = append(colours, best[l])
	}
	for _, colour := range slices.SortedFunc(maps.Keys(counts), func(a, b color.Color) int { return counts[b] - counts[a] }) {
		if len(colours) < 256 && !slices.Contains(colours, colour) {
			colours = append(colours, colour)
		}
	}
	return colours
}

// accessible holds the page as it stands against the rules of axe-core, whose
// axe.min.js $POLICYKB_AXE names, where that is set.
func (b *tab) accessible() {
	b.t.Helper()
	path := os.Getenv("POLICYKB_AXE")
	if path == "" {
		return
	}
	script, err := os.ReadFile(path)
	if err != nil {
		b.t.Fatal(err)
	}
	const check = `axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then((found) =>
		found.violations.map((rule) => rule.help + ': ' + rule.nodes.map((node) => node.target).join(', ')))`
	if get(b, chromedp.Evaluate[bool](`typeof axe === 'undefined'`)) {
		b.do(chromedp.Evaluate[chromedp.Void](string(script)))
	}
	for _, violation := range get(b, chromedp.Evaluate[[]string](check, chromedp.EvalAwaitPromise)) {
		b.t.Errorf("axe at %s: %s", get(b, chromedp.Location()), violation)
	}
}
