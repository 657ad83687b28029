package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"policykb/api/client"
)

// running is a policykb that serves, in a process of its own.
type running struct {
	t   testing.TB
	cmd *exec.Cmd
	url string
}

// serving starts this test as the program, which serves a folder of its own.
func serving(t testing.TB) *running {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &running{t: t, cmd: exec.Command(path, "serve", "--data", t.TempDir(), "--listen", "127.0.0.1:0")}
	p.cmd.Args[0] = "policykb"
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
		if err := p.cmd.Wait(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, url, ok := strings.Cut(lines.Text(), " at "); ok {
			p.url = url
			return p
		}
	}
	t.Fatal("the server does not come up")
	return nil
}

// add sends a file and returns its job when that has ended.
func (p *running) add(name string, data io.Reader) (job client.Job, err error) {
	body, w := io.Pipe()
	form := multipart.NewWriter(w)
	go func() {
		part, err := form.CreateFormFile("file", name)
		if err == nil {
			_, err = io.Copy(part, data)
		}
		w.CloseWithError(cmp.Or(err, form.Close()))
	}()
	response, err := http.Post(p.url+"/v1/documents?wait=true", form.FormDataContentType(), body)
	added, err := read[client.JobList](response, err)
	if err != nil {
		return job, err
	}
	if len(added.Jobs) != 1 {
		return job, fmt.Errorf("%d jobs", len(added.Jobs))
	}
	return added.Jobs[0], nil
}

// ask asks what the starter corpus answers.
func (p *running) ask(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+"/v1/ask", strings.NewReader(`{"question": "成都每年发放的算力券总额上限是多少？"}`))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	answer, err := read[client.Answer](response, err)
	if err == nil && (!answer.Answered || !strings.Contains(answer.Answer, "1000万元")) {
		err = fmt.Errorf("it answers %q", answer.Answer)
	}
	return err
}

// memory is the most that the server has held so far, and what the processes in
// which it reads hold now, in bytes; 0 where /proc does not tell.
func (p *running) memory() (server, readers int64) {
	held := func(pid, line string) (bytes int64) {
		status, _ := os.ReadFile("/proc/" + pid + "/status")
		if _, after, ok := strings.Cut(string(status), line+":"); ok {
			fmt.Sscan(after, &bytes) // kB
		}
		return bytes << 10
	}
	own := strconv.Itoa(p.cmd.Process.Pid)
	paths, _ := filepath.Glob("/proc/" + own + "/task/*/children")
	for _, path := range paths {
		children, _ := os.ReadFile(path)
		for _, child := range strings.Fields(string(children)) {
			readers += held(child, "VmRSS")
		}
	}
	return held(own, "VmHWM"), readers
}

// TestHostileFiles adds files that are made to exhaust the one who reads them. Each
// is refused or read within stated time and memory, and all the while the server
// answers questions.
func TestHostileFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server")
	}
	const (
		longest    = 4 * time.Minute // of all, on a busy machine
		mostServer = 1 << 30         // bytes
	)
	nested := func(open, inner, end string) string {
		return strings.Repeat(open, 5000) + inner + strings.Repeat(end, 5000)
	}
	files := []struct {
		name  string
		data  []byte
		heavy bool
		code  string // "" where it is read
	}{
		{name: "bomb.zip", data: archive(t, "a.txt", bytes.Repeat([]byte{0}, 200<<20)), code: "too_large"},
		{name: "deep.docx", data: archive(t, "word/document.xml", []byte(`<w:document xmlns:w="w"><w:body>`+nested("<w:tbl><w:tr><w:tc>", "<w:p><w:r><w:t>深</w:t></w:r></w:p>", "</w:tc></w:tr></w:tbl>")+`</w:body></w:document>`)), code: "too_large"},
		{name: "deep.html", data: []byte("<!doctype html><html><body><p>每年发放算力券。</p>" + nested("<table><tr><td>", "深", "</td></tr></table>")), code: "too_large"},
		{name: "long.txt", data: longText(20 << 20), heavy: true},
		{name: "loop.pdf", data: endless(), heavy: true, code: "too_large"},
	}
	p := serving(t)
	ctx, stop := context.WithCancel(t.Context())
	var asking sync.WaitGroup
	asked, slowest := 0, time.Duration(0)
	asking.Go(func() {
		for ctx.Err() == nil {
			began := time.Now()
			if err := p.ask(ctx); err != nil && ctx.Err() == nil {
				t.Errorf("meanwhile: %v", err)
			}
			asked, slowest = asked+1, max(slowest, time.Since(began))
		}
	})
	var adding sync.WaitGroup
	for _, file := range files {
		if file.heavy && os.Getenv("POLICYKB_HOSTILE") == "" {
			continue
		}
		adding.Go(func() {
			began := time.Now()
			job, err := p.add(file.name, bytes.NewReader(file.data))
			took := time.Since(began).Round(time.Millisecond)
			code := ""
			if job.Error != nil {
				code = job.Error.Code
			}
			t.Logf("%s, %d KB: %s %s after %v", file.name, len(file.data)>>10, job.State, code, took)
			if err != nil || code != file.code || took > longest {
				t.Errorf("%s ended as %s, %+v, %v after %v; want the code %q", file.name, job.State, job.Error, err, took, file.code)
			}
		})
	}
	adding.Wait()
	stop()
	asking.Wait()
	server, _ := p.memory()
	t.Logf("%d questions were answered meanwhile, the slowest in %v; the server held %d MB at most", asked, slowest.Round(time.Millisecond), server>>20)
	measured := os.Getenv("POLICYKB_HOSTILE") != "" // not under the race detector, which takes memory of its own
	if asked == 0 || measured && server > mostServer {
		t.Errorf("%d questions were answered; the server held %d MB", asked, server>>20)
	}
}

// BenchmarkUploads sends 8 files of 50 MB at once and gives the most memory that
// the server and the processes in which it reads held.
func BenchmarkUploads(b *testing.B) {
	if runtime.GOOS != "linux" {
		b.Skip("/proc tells the memory held")
	}
	noise := make([]byte, 50<<20)
	source := rand.NewChaCha8([32]byte{})
	for _, c := range []struct {
		name string
		make func(n int) []byte
	}{
		{"pdf", func(n int) []byte {
			source.Read(noise)
			return onePage(fmt.Sprintf("Compute voucher %d: up to 10 million yuan a year.", n), noise)
		}},
		{"text", func(n int) []byte { return append(fmt.Appendf(nil, "第%d份。\n", n), longText(50<<20)...) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			p := serving(b)
			most := int64(0)
			ended := make(chan struct{})
			var watching, adding sync.WaitGroup
			watching.Go(func() {
				for look := time.NewTicker(50 * time.Millisecond); ; {
					select {
					case <-ended:
						return
					case <-look.C:
						_, readers := p.memory()
						most = max(most, readers)
					}
				}
			})
			for b.Loop() {
				for n := range 8 {
					data := c.make(n)
					adding.Go(func() {
						job, err := p.add(fmt.Sprint(n, ".", c.name), bytes.NewReader(data))
						if err != nil || job.State != client.JobStateDone {
							b.Errorf("file %d ended as %s, %+v, %v", n, job.State, job.Error, err)
						}
					})
				}
				adding.Wait()
			}
			close(ended)
			watching.Wait()
			server, _ := p.memory()
			b.ReportMetric(float64(server>>20), "server-MB")
			b.ReportMetric(float64(most>>20), "readers-MB")
		})
	}
}

// archive makes a ZIP of one member.
func archive(t testing.TB, name string, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create(name)
	if err == nil {
		_, err = f.Write(content)
	}
	if err := cmp.Or(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// longText makes a text of at least so many bytes, no two sentences alike.
func longText(size int) []byte {
	var b bytes.Buffer
	for n := 1; b.Len() < size; n++ {
		fmt.Fprintf(&b, "%d、对租用智能算力的第%d批企业，按照实际支出的百分之%d给予补贴，登记编号%d。\n\n", n, n, n%60+5, 7000003*n%1000003)
	}
	return b.Bytes()
}

// onePage makes a PDF of one page with a line of text, and something attached.
func onePage(line string, attached []byte) []byte {
	content := "BT /F1 12 Tf 60 700 Td (" + line + ") Tj ET"
	b := bytes.NewBufferString("%PDF-1.7\n")
	var places []int
	for n, object := range []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> /Contents 4 0 R >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(content), content),
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(attached), attached),
	} {
		places = append(places, b.Len())
		fmt.Fprintf(b, "%d 0 obj\n%s\nendobj\n", n+1, object)
	}
	table := b.Len()
	fmt.Fprintf(b, "xref\n0 %d\n0000000000 65535 f \n", len(places)+1)
	for _, at := range places {
		fmt.Fprintf(b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(places)+1, table)
	return b.Bytes()
}

// endless makes a PDF whose page draws forms that each draw the next one ten times.
func endless() []byte {
	var b strings.Builder
	b.WriteString("%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Count 1 /Kids [3 0 R] >>\nendobj\n" +
		"3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /XObject << /X 5 0 R >> >> /Contents 4 0 R >>\nendobj\n" +
		"4 0 obj\n<< /Length 5 >>\nstream\n/X Do\nendstream\nendobj\n")
	body := strings.Repeat("/X Do\n", 10)
	const levels = 12
	for n := 5; n < 5+levels; n++ {
		fmt.Fprintf(&b, "%d 0 obj\n<< /Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /XObject << /X %d 0 R >> >> /Length %d >>\nstream\n%s\nendstream\nendobj\n", n, n+1, len(body), body)
	}
	fmt.Fprintf(&b, "%d 0 obj\n<< /Type /XObject /Subtype /Form /BBox [0 0 595 842] /Length 16 >>\nstream\n0 0 m 9 9 l S   \nendstream\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%%%EOF\n", 5+levels)
	return []byte(b.String())
}
