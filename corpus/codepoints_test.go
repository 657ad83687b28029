package corpus_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"policykb/corpus"
)

// Positions are counted eight bytes at a time; the standard library counts one
// code point after another. Both must agree wherever the eight bytes fall.
func TestCodePoints(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "a", "号", "京政办发〔2023〕15号",
		"第五条　企业应当于2024年1月1日前完成算力券（computing voucher）的申领。",
		"每年发放总额不超过1000万元的算力券\n\n" + strings.Repeat("é€𠀀", 5),
	} {
		for from := range text {
			rest := text[from:]
			if got, want := corpus.CodePoints(rest), utf8.RuneCountInString(rest); got != want {
				t.Errorf("%q has %d code points, want %d", rest, got, want)
			}
			n := 0
			for at := range rest {
				if got := corpus.AfterCodePoints(rest, n); got != at {
					t.Errorf("%q: %d code points end at byte %d, want %d", rest, n, got, at)
				}
				n++
			}
			if got := corpus.AfterCodePoints(rest, n+3); got != len(rest) {
				t.Errorf("%q: more code points than there are end at byte %d, want %d", rest, got, len(rest))
			}
		}
	}
}
