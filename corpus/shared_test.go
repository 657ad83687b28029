package corpus

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// sharedPolicy is a document of the measuring data, as its manifest describes it.
type sharedPolicy struct {
	File, Title, City string
	Text              string `json:"-"`
}

// sharedPolicies reads the policies at $POLICYKB_SHARED, or ../shared beside the
// repository, and skips where they are absent.
func sharedPolicies(t testing.TB) []sharedPolicy {
	t.Helper()
	root := os.Getenv("POLICYKB_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "shared")
	}
	dir := filepath.Join(root, "policies")
	manifest, err := os.Open(filepath.Join(dir, "manifest.jsonl"))
	if err != nil {
		t.Skipf("no measuring data: set POLICYKB_SHARED to its folder (%v)", err)
	}
	defer manifest.Close()
	var policies []sharedPolicy
	for lines := bufio.NewScanner(manifest); lines.Scan(); {
		var p sharedPolicy
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, p.File))
		if err != nil {
			t.Fatal(err)
		}
		p.Text = string(text)
		policies = append(policies, p)
	}
	return policies
}

// TestFindCityOfPolicy asks for the manifest's city among the places in the title
// and the first 300 characters of each policy of one Chinese city or province.
func TestFindCityOfPolicy(t *testing.T) {
	t.Parallel()
	asked, found, first := 0, 0, 0
	for _, p := range sharedPolicies(t) {
		city, known := Places().Lookup(p.City)
		if !known {
			continue // national texts, foreign cities, several cities
		}
		head := []rune(p.Text)
		head = head[:min(len(head), 300)]
		asked++
		for i, m := range Places().Find(p.Title + "\n" + string(head)) {
			if m.Place == city || m.Place.City() == city.Name {
				found++
				if i == 0 {
					first++
				}
				break
			}
		}
	}
	t.Logf("%d policies of one city or province: it is among the places of title and head in %d, and the first of them in %d", asked, found, first)
	if found < asked*97/100 || first < asked*95/100 {
		t.Errorf("found the city of %d of %d policies, as the first place %d times", found, asked, first)
	}
}

// TestFiguresOfPolicies reads every policy and checks what holds of every figure.
func TestFiguresOfPolicies(t *testing.T) {
	t.Parallel()
	kinds := map[FigureKind]int{}
	characters, numbers := 0, 0
	for _, p := range sharedPolicies(t) {
		runes := []rune(p.Text)
		characters += len(runes)
		last := 0
		for _, f := range Figures(p.Text) {
			kinds[f.Kind]++
			if f.Span.Start < last || f.Span.End > len(runes) || string(runes[f.Span.Start:f.Span.End]) != f.Text {
				t.Fatalf("%s: %+v", p.File, f)
			}
			last = f.Span.End
		}
		for _, n := range DocNumbers(p.Text) {
			numbers++
			if string(runes[n.Span.Start:n.Span.End]) != n.Text {
				t.Fatalf("%s: %+v", p.File, n)
			}
		}
	}
	t.Logf("%d characters: %d document numbers, figures %v", characters, numbers, kinds)
}
