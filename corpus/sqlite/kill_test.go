package sqlite

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"policykb/corpus"
)

// victimFolder names the data folder of the process that is to be killed.
const victimFolder = "POLICYKB_TEST_VICTIM"

func TestMain(m *testing.M) {
	if dir := os.Getenv(victimFolder); dir != "" {
		fmt.Fprintln(os.Stderr, victim(context.Background(), dir)) // it only ends by an error
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// victim stores without end, and says on standard output what was acknowledged.
func victim(ctx context.Context, dir string) error {
	c, err := Open(ctx, filepath.Join(dir, "catalogue.db"))
	if err != nil {
		return err
	}
	originals, err := corpus.OpenFolder(filepath.Join(dir, "originals"))
	if err != nil {
		return err
	}
	counts, err := c.CountJobs(ctx)
	if err != nil {
		return err
	}
	jobs := counts[corpus.JobQueued]
	for n := rand.IntN(1000); ; n++ {
		id := corpus.DocumentID(fmt.Sprint("document ", n%5))
		next := 1
		if doc, err := c.Document(ctx, id); err == nil {
			next = doc.Version + 1
		} else if !errors.Is(err, corpus.ErrNotFound) {
			return err
		}
		v := draft(id, next)
		hash, _, err := originals.Put(ctx, strings.NewReader(v.Text))
		if err != nil {
			return err
		}
		fmt.Println("kept", hash)
		v.Original.Hash = hash
		jobs++
		if err := c.Enqueue(ctx, corpus.Job{ID: corpus.JobID(fmt.Sprint(jobs)), Document: id, Original: v.Original}); err != nil {
			return err
		}
		fmt.Println("enqueued", jobs)
		doc, _, err := c.Store(ctx, v)
		if err != nil {
			return err
		}
		fmt.Printf("stored %d %s\n", doc.Version, id)
		if n%7 == 0 {
			passing := corpus.DocumentID(fmt.Sprint("passing ", jobs))
			if _, _, err := c.Store(ctx, draft(passing, 1)); err != nil {
				return err
			}
			if err := c.Remove(ctx, passing); err != nil {
				return err
			}
			fmt.Println("removed", passing)
		}
	}
}

// draft is the n-th text of a document: long enough for many parts and passages.
func draft(id corpus.DocumentID, n int) corpus.Version {
	line := fmt.Sprintf("第%d稿：对使用算力券的企业，按照不超过实际使用费用的50%%给予补助。\n", n)
	v := corpus.Version{Document: id, Text: strings.Repeat(line, 60), Metadata: corpus.Metadata{Title: fmt.Sprint("第", n, "稿")}}
	length := len([]rune(line))
	for i := range 60 {
		v.Passages = append(v.Passages, corpus.Passage{Span: corpus.Span{Start: i * length, End: (i + 1) * length}, Text: line})
	}
	return v
}

// TestKill ends a process without warning, again and again in the same folder:
// what it acknowledged is there, and nothing is there by half.
func TestKill(t *testing.T) {
	t.Parallel()
	ctx, dir := t.Context(), t.TempDir()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	acknowledged := map[string]int{} // by word
	for range 6 {
		child := exec.CommandContext(ctx, program)
		child.Env = append(os.Environ(), victimFolder+"="+dir)
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		if !lines.Scan() {
			t.Fatal("the process stored nothing")
		}
		if _, err := Open(ctx, filepath.Join(dir, "catalogue.db")); !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), fmt.Sprint(child.Process.Pid)) {
			t.Errorf("opening the catalogue of another process gave %v, want ErrInUse and its number", err)
		}
		kill := time.AfterFunc(rand.N(200*time.Millisecond), func() { child.Process.Kill() })
		log := []string{lines.Text()}
		for lines.Scan() {
			log = append(log, lines.Text())
		}
		kill.Stop()
		if err := child.Wait(); child.ProcessState.Exited() {
			t.Fatalf("the process ended by itself: %v", err)
		}
		survived(t, dir, log, acknowledged)
	}
	t.Logf("acknowledged and found: %v", acknowledged)
	if acknowledged["stored"] == 0 {
		t.Error("no process lived long enough to store a document")
	}
}

// survived compares the folder with what the killed process said.
func survived(t *testing.T, dir string, log []string, acknowledged map[string]int) {
	t.Helper()
	ctx := t.Context()
	c := openIn(t, dir)
	defer c.Close()
	originals, err := corpus.OpenFolder(filepath.Join(dir, "originals"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range log {
		word, rest, _ := strings.Cut(line, " ")
		acknowledged[word]++
		switch word {
		case "kept":
			r, err := originals.Open(ctx, rest)
			if err != nil {
				t.Fatal(err)
			}
			if b, err := io.ReadAll(r); err != nil || !strings.HasSuffix(string(b), "给予补助。\n") {
				t.Errorf("original %s is half there: %d bytes, %v", rest, len(b), err)
			}
			r.Close()
		case "enqueued":
			if _, err := c.Job(ctx, corpus.JobID(rest)); err != nil {
				t.Errorf("%s: %v", line, err)
			}
		case "stored":
			var number int
			var id string
			if _, err := fmt.Sscanf(rest, "%d document %s", &number, &id); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			if _, err := c.Version(ctx, corpus.DocumentID("document "+id), number); err != nil {
				t.Errorf("%s: %v", line, err)
			}
		case "removed":
			if _, err := c.Document(ctx, corpus.DocumentID(rest)); !errors.Is(err, corpus.ErrNotFound) {
				t.Errorf("%s, but Document gives %v", line, err)
			}
		}
	}
	if err := c.Check(ctx); err != nil {
		t.Error(err)
	}
	for current, err := range c.Current(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		for number := 1; number <= current.Number; number++ {
			want := draft(current.Document, number)
			got, err := c.Version(ctx, current.Document, number)
			if err != nil || got.Text != want.Text || len(got.Passages) != len(want.Passages) || got.Passages[59].Text != want.Passages[59].Text {
				t.Errorf("version %d of %s is half there: %d characters, %d passages, %v", number, current.Document, len([]rune(got.Text)), len(got.Passages), err)
			}
		}
	}
}
