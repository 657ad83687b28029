package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestLoad asks a policykb, which runs as a process of its own with the policies and
// 50,000 passages of news, from many clients at once: alone, while documents are
// added, and twice as many as are let in. It takes the time of its phases and some
// minutes to fill the knowledge base, so it runs on request:
//
//	POLICYKB_LOAD=60s go test ./cmd/policykb -run TestLoad -v -timeout 30m
//
// POLICYKB_LOAD is the time of each phase; POLICYKB_LOAD_PASSAGES is how much news
// there is, where it is not to be 50,000 passages.
func TestLoad(t *testing.T) {
	phase, err := time.ParseDuration(os.Getenv("POLICYKB_LOAD"))
	if err != nil {
		t.Skip("set POLICYKB_LOAD to the time of each phase, as 60s")
	}
	questions := loadQuestions(t)
	server := serveLoad(t)

	const clients = 64
	server.ask(t, questions, clients, phase/6) // caches of the machine are warm
	alone := server.ask(t, questions, clients, phase)
	t.Logf("%d clients: %s", clients, alone)
	alone.answersAll(t)
	alone.keepsItsMemory(t)

	adding := make(chan int)
	go func() { adding <- server.add(t, 200) }()
	beside := server.ask(t, questions, clients, phase)
	t.Logf("%d clients while %d documents are added: %s", clients, <-adding, beside)
	beside.answersAll(t)

	many := max(2*clients, admitted()+clients/2)
	flood := server.ask(t, questions, many, phase/3)
	t.Logf("%d clients: %s", many, flood)
	if flood.shed == 0 || len(flood.failed) > 0 {
		t.Errorf("under too much load %d were sent away, and %v", flood.shed, flood.failed)
	}
	begun := time.Now()
	if status, _, err := server.one(t.Context(), questions[0]); err != nil || status != http.StatusOK {
		t.Errorf("after the load an answer is %d, %v", status, err)
	}
	t.Logf("after the load the first answer took %v", time.Since(begun).Round(time.Millisecond))
	if took := time.Since(begun); took > time.Second {
		t.Errorf("the first answer after the load took %v", took)
	}
}

// loadServer is a policykb under load.
type loadServer struct {
	url    string
	client *http.Client
}

// admitted is how many questions are worked on or wait, at most (see api.Limits).
func admitted() int { return max(16, 4*runtime.GOMAXPROCS(0)) + 80 }

// serveLoad fills a knowledge base and serves it.
func serveLoad(t *testing.T) *loadServer {
	t.Helper()
	folder := t.TempDir()
	binary, data := filepath.Join(folder, "policykb"), filepath.Join(folder, "data")
	command := func(arguments ...string) *exec.Cmd {
		c := exec.Command(binary, append([]string{"--data", data, "--starter", "never", "--listen", "127.0.0.1:0"}, arguments...)...)
		c.Stderr = os.Stderr
		return c
	}
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	begun := time.Now()
	for _, source := range []string{sharedData(t, "policies"), loadNews(t, filepath.Join(folder, "news"))} {
		if out, err := command("add", source).Output(); err != nil {
			t.Logf("add %s: %v: %.2000s", source, err, out[max(0, len(out)-2000):]) // some policies are no text, on purpose
		}
	}
	serving := command()
	log, err := os.Create(filepath.Join(folder, "log"))
	if err != nil {
		t.Fatal(err)
	}
	serving.Stderr = log
	out, err := serving.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := serving.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(serving.Process.Signal(os.Interrupt), serving.Wait()); err != nil {
			t.Errorf("the server ended with %v", err)
		}
		log.Close()
	})
	said, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	go io.Copy(io.Discard, out)
	transport := &http.Transport{MaxIdleConnsPerHost: 1000}
	t.Cleanup(transport.CloseIdleConnections)
	s := &loadServer{url: strings.TrimSpace(said[strings.LastIndex(said, "http://"):]), client: &http.Client{Transport: transport}}
	var stats struct {
		Documents int
		Index     struct{ Points int }
	}
	s.get(t, "/v1/admin/stats", &stats)
	t.Logf("%d documents, %d passages, filled in %v; resident memory %d MiB", stats.Documents, stats.Index.Points, time.Since(begun).Round(time.Second), int64(s.measure(t, memoryMetric))>>20)
	return s
}

// loadNews writes news into files of many articles until there is enough for the
// passages wanted. What there is too little of is taken again, grouped otherwise.
func loadNews(t *testing.T, folder string) string {
	t.Helper()
	wanted := 50_000
	if n, err := strconv.Atoi(os.Getenv("POLICYKB_LOAD_PASSAGES")); err == nil {
		wanted = n
	}
	const (
		passage = 1130 // bytes of one, about
		group   = 50   // articles of a file
	)
	sources, err := filepath.Glob(filepath.Join(sharedData(t, "news"), "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var articles []string
	for _, source := range sources {
		text, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		articles = append(articles, strings.Split(strings.TrimSpace(string(text)), "\n")...)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for written, i := 0, 0; written < wanted*passage && i < 2*len(articles); i += group {
		var text strings.Builder
		fmt.Fprintf(&text, "新闻汇编第%d辑\n", i/group+1)
		for k := range group {
			text.WriteString("\n" + articles[(i+k+i/len(articles)*group/2)%len(articles)] + "\n")
		}
		written += text.Len()
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("news-%04d.txt", i/group)), []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// loadQuestions are what people ask of the policies.
func loadQuestions(t *testing.T) (questions []string) {
	t.Helper()
	text, err := os.ReadFile(sharedData(t, "eval/policy_questions.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		var q struct{ Question string }
		if err := json.Unmarshal(line, &q); err != nil {
			t.Fatal(err)
		}
		body, err := json.Marshal(map[string]string{"question": q.Question})
		if err != nil {
			t.Fatal(err)
		}
		questions = append(questions, string(body))
	}
	return questions
}

// outcome is what became of many questions.
type outcome struct {
	took   []time.Duration // of those answered, in order
	shed   int             // sent away, as is meant, with the time to come back
	failed map[string]int  // by what went wrong
	lasted time.Duration
	memory []int64       // resident bytes, each second
	busy   time.Duration // of processors, the server's
}

func (o outcome) String() string {
	at := func(share float64) time.Duration {
		if len(o.took) == 0 {
			return 0
		}
		return o.took[min(len(o.took)-1, int(share*float64(len(o.took))))].Round(time.Millisecond / 10)
	}
	memory := "not measured"
	if len(o.memory) > 0 {
		memory = fmt.Sprintf("%d to %d MiB", slices.Min(o.memory)>>20, slices.Max(o.memory)>>20)
	}
	each := o.busy / time.Duration(max(1, len(o.took)))
	return fmt.Sprintf("%.1f answers/s, p50 %v, p99 %v, longest %v; %d sent away, %d failed; %v of a processor each, %.1f processors busy; resident memory %s",
		float64(len(o.took))/o.lasted.Seconds(), at(.5), at(.99), at(1), o.shed, len(o.failed),
		each.Round(time.Millisecond/10), o.busy.Seconds()/o.lasted.Seconds(), memory)
}

// answersAll fails the test where a question was not answered.
func (o outcome) answersAll(t *testing.T) {
	t.Helper()
	if len(o.failed) > 0 || o.shed > 0 || len(o.took) == 0 {
		t.Errorf("%d answered, %d sent away, %v", len(o.took), o.shed, o.failed)
	}
}

// keepsItsMemory fails the test where memory grew from the first half to the second.
func (o outcome) keepsItsMemory(t *testing.T) {
	t.Helper()
	if len(o.memory) < 8 {
		return // too short to tell
	}
	half := len(o.memory) / 2
	before, after := slices.Max(o.memory[:half]), slices.Max(o.memory[half:])
	if after > before+before/10+16<<20 {
		t.Errorf("memory grew from %d to %d MiB", before>>20, after>>20)
	}
}

// ask asks from so many clients, each one question after the other, for a while.
func (s *loadServer) ask(t *testing.T, questions []string, clients int, lasting time.Duration) outcome {
	t.Helper()
	o := outcome{failed: make(map[string]int)}
	var mu sync.Mutex
	begun, busy := time.Now(), s.measure(t, busyMetric)
	ctx, cancel := context.WithDeadline(t.Context(), begun.Add(lasting))
	defer cancel()
	var asking sync.WaitGroup
	for client := range clients {
		asking.Go(func() {
			for i := client; ctx.Err() == nil; i++ {
				asked := time.Now()
				status, retry, err := s.one(context.WithoutCancel(ctx), questions[i%len(questions)])
				mu.Lock()
				switch {
				case err != nil:
					o.failed[err.Error()]++
				case status == http.StatusOK:
					o.took = append(o.took, time.Since(asked))
				case (status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests) && retry > 0:
					o.shed++
				default:
					o.failed[fmt.Sprintf("status %d, Retry-After %v", status, retry)]++
				}
				mu.Unlock()
				if retry > 0 {
					select {
					case <-ctx.Done():
					case <-time.After(retry):
					}
				}
			}
		})
	}
	for tick := time.Tick(time.Second); ctx.Err() == nil; {
		select {
		case <-tick:
			o.memory = append(o.memory, int64(s.measure(t, memoryMetric)))
		case <-ctx.Done():
		}
	}
	asking.Wait()
	o.lasted = time.Since(begun)
	o.busy = time.Duration((s.measure(t, busyMetric) - busy) * float64(time.Second))
	slices.Sort(o.took)
	return o
}

// one asks one question. retry is when to come back, where it was sent away.
func (s *loadServer) one(ctx context.Context, question string) (status int, retry time.Duration, err error) {
	r, err := http.NewRequestWithContext(ctx, "POST", s.url+"/v1/ask", strings.NewReader(question))
	if err != nil {
		return 0, 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := s.client.Do(r)
	if err != nil {
		return 0, 0, err
	}
	defer response.Body.Close()
	seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, time.Duration(seconds) * time.Second, err
}

// add adds documents one after the other and returns how many went in.
func (s *loadServer) add(t *testing.T, count int) (added int) {
	for i := range count {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		part, _ := form.CreateFormFile("file", fmt.Sprintf("notice-%d.txt", i))
		fmt.Fprintf(part, "关于第%d批算力券的通知\n\n一、支持标准\n\n第%d批算力券每家企业每年最高%d万元。\n", i+1, i+1, 10+i)
		form.Close()
		response, err := s.client.Post(s.url+"/v1/documents?wait=true", form.FormDataContentType(), &body)
		if err != nil {
			t.Errorf("add: %v", err)
			return added
		}
		said, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusAccepted || !bytes.Contains(said, []byte(`"state":"done"`)) {
			t.Errorf("add: %s, %v: %s", response.Status, err, said)
			return added
		}
		added++
	}
	return added
}

// get reads a JSON answer.
func (s *loadServer) get(t *testing.T, path string, into any) {
	t.Helper()
	response, err := s.client.Get(s.url + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// What is measured of the server's process.
var (
	memoryMetric = regexp.MustCompile(`(?m)^process_resident_memory_bytes (\S+)$`)
	busyMetric   = regexp.MustCompile(`(?m)^process_cpu_seconds_total (\S+)$`)
)

// measure reads a metric, 0 where it is not measured on this system.
func (s *loadServer) measure(t *testing.T, metric *regexp.Regexp) float64 {
	t.Helper()
	response, err := s.client.Get(s.url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	found := metric.FindSubmatch(text)
	if found == nil {
		return 0
	}
	value, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}
