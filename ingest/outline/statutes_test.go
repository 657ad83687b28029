package outline_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"policykb/corpus"
)

// TestStatutes compares the chapters, sections and articles that are found in ten
// real statutes with those that a person wrote down, in their order.
func TestStatutes(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("POLICYKB_SHARED")
	if dir == "" {
		dir = "../../../shared"
	}
	dir = filepath.Join(dir, "policies")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no real documents to measure on: %v", err)
	}
	statutes := writtenDown(t)
	if len(statutes) != 10 {
		t.Fatalf("%d statutes are written down, want 10", len(statutes))
	}
	right, found, wanted := 0, 0, 0
	for _, s := range statutes {
		data, err := os.ReadFile(filepath.Join(dir, s.file))
		if err != nil {
			t.Fatal(err)
		}
		_, sections := read(t, s.file, data)
		got := divisions(sections)
		same := inOrder(s.divisions, got)
		if same < len(s.divisions) || same < len(got) {
			t.Logf("%s: %d of %d found, %d too many", s.file, same, len(s.divisions), len(got)-same)
		}
		right, found, wanted = right+same, found+len(got), wanted+len(s.divisions)
		if f1 := score(same, len(got), len(s.divisions)); f1 < 0.95 {
			t.Errorf("%s: F1 %.3f, want 0.95\n got %s\nwant %s", s.file, f1, got, s.divisions)
		}
	}
	t.Logf("%d headings and articles: F1 %.4f", wanted, score(right, found, wanted))
}

// score is the harmonic mean of precision and recall.
func score(right, found, wanted int) float64 { return 2 * float64(right) / float64(found+wanted) }

// statute is one whose divisions are written down.
type statute struct {
	file      string
	divisions []string // 第一章总则, 第一条
}

// writtenDown reads testdata/statutes.outlines.
func writtenDown(t *testing.T) (all []statute) {
	t.Helper()
	f, err := os.Open("testdata/statutes.outlines")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := lines.Text()
		file, isFile := strings.CutPrefix(line, "> ")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
			continue
		case isFile:
			all = append(all, statute{file: file})
			continue
		}
		s := &all[len(all)-1]
		heading, articles, _ := strings.Cut(line, ": ")
		if heading = strings.TrimPrefix(heading, ":"); heading != "" {
			s.divisions = append(s.divisions, tight(heading))
		}
		if articles == "" {
			continue
		}
		var first, last int
		if n, _ := fmt.Sscanf(articles, "%d-%d", &first, &last); n == 1 {
			last = first
		} else if n == 0 {
			t.Fatalf("line %q", line)
		}
		for n := first; n <= last; n++ {
			s.divisions = append(s.divisions, "第"+numeral(n)+"条")
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// numeral writes 1 to 199 as statutes do: 九, 十, 十一, 二十, 一百零三, 一百一十.
func numeral(n int) string {
	digit := func(d int) string { return strings.Split("零 一 二 三 四 五 六 七 八 九", " ")[d] }
	switch {
	case n >= 100 && n%100 == 0:
		return "一百"
	case n >= 100 && n%100 < 10:
		return "一百零" + digit(n%10)
	case n >= 100 && n%100 < 20:
		return "一百一" + numeral(n-100)
	case n >= 100:
		return "一百" + numeral(n-100)
	case n < 10:
		return digit(n)
	}
	tens, ones := "", ""
	if n >= 20 {
		tens = digit(n / 10)
	}
	if n%10 > 0 {
		ones = digit(n % 10)
	}
	return tens + "十" + ones
}

// divisions are the chapters and sections with their titles, and the articles.
func divisions(sections []corpus.Section) (all []string) {
	for _, s := range sections {
		switch {
		case !strings.HasPrefix(s.Label, "第"):
		case strings.HasSuffix(s.Label, "条"):
			all = append(all, tight(s.Label))
		default:
			all = append(all, tight(s.Label+s.Title))
		}
	}
	return all
}

// tight leaves white space out.
func tight(s string) string { return strings.Join(strings.Fields(s), "") }

// inOrder counts the divisions that two lists have in common in the same order.
func inOrder(a, b []string) int {
	row := make([]int, len(b)+1)
	for _, x := range a {
		before := 0
		for j, y := range b {
			above := row[j+1]
			if x == y {
				row[j+1] = before + 1
			} else {
				row[j+1] = max(above, row[j])
			}
			before = above
		}
	}
	return row[len(b)]
}
