package clean_test

import (
	"os"
	"path/filepath"
	"testing"

	"policykb/ingest/clean"
	"policykb/ingest/parse"
)

// shared gives the folder of the measuring data, and skips where it is absent.
func shared(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("POLICYKB_SHARED")
	if dir == "" {
		dir = "../../../shared"
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no measuring data: set POLICYKB_SHARED to its folder (%v)", err)
	}
	return dir
}

// canonical gives the canonical text of the one file that the pattern names.
func canonical(t testing.TB, pattern string) string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) != 1 {
		t.Fatalf("%s: %d files, want 1 (%v)", pattern, len(files), err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	doc, err := parse.Parse(t.Context(), filepath.Base(files[0]), data)
	if err != nil {
		t.Fatal(err)
	}
	return clean.Join(doc).String
}

// TestNoise compares documents with noise to the same documents without: the
// share of characters that differ after cleaning.
func TestNoise(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(shared(t), "policies")
	for _, c := range []struct {
		noise, noisy, clean string
		most                float64
	}{
		{"lines broken by recognition", "160_*", "012_*", 0.002},
		{"stray spaces, letters of full width", "161_*", "003_*", 0.002},
	} {
		t.Run(c.noise, func(t *testing.T) {
			t.Parallel()
			got, want := []rune(canonical(t, filepath.Join(dir, c.noisy))), []rune(canonical(t, filepath.Join(dir, c.clean)))
			rate := float64(distance(got, want, 400)) / float64(len(want))
			t.Logf("%.4f of %d characters differ", rate, len(want))
			if rate > c.most {
				t.Errorf("%.4f of the characters differ, want at most %.4f", rate, c.most)
			}
		})
	}
}

// distance is the edit distance of two texts that differ by less than band.
func distance(a, b []rune, band int) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		from, to := max(1, i-band), min(len(b), i+band)
		corner := row[from-1]
		row[from-1] = corner + 1
		for j := from; j <= to; j++ {
			best := corner
			if a[i-1] != b[j-1] {
				best = min(corner, row[j], row[j-1]) + 1
			}
			corner, row[j] = row[j], best
		}
		if to < len(b) {
			row[to+1] = row[to] + 1
		}
	}
	return row[len(b)]
}
