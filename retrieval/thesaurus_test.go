package retrieval

import (
	"strings"
	"testing"
)

func TestThesaurusRelations(t *testing.T) {
	t.Parallel()
	words, err := (&Thesaurus{}).Extend(strings.NewReader(`
# comment
= 算力券 | compute voucher
> 掏钱 | 报销 : 补贴 | 补助
~ 机房 : 园区
`))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		word, form string
		weight     float64
	}{
		{"算力券", "compute voucher", weightSame},
		{"compute voucher", "算力券", weightSame},
		{"报销", "补助", weightFormal},
		{"补助", "报销", 0},
		{"机房", "园区", weightRelated},
	}
	for _, test := range tests {
		var got float64
		for _, f := range words.Forms(test.word) {
			if f.Text == test.form {
				got = f.Weight
			}
		}
		if got != test.weight {
			t.Errorf("%s finds %s with weight %v, want %v", test.word, test.form, got, test.weight)
		}
	}
}

func TestThesaurusNamesTheBadLine(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"= 孤零零", "> 没有 | 右边", "算力 = 计算"} {
		_, err := (&Thesaurus{}).Extend(strings.NewReader("# head\n" + bad))
		if err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%q: error %v does not name line 2", bad, err)
		}
	}
}

func TestBuiltinThesaurusReads(t *testing.T) {
	t.Parallel()
	words, err := BuiltinThesaurus()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(words.forms); n < 400 {
		t.Errorf("the built-in thesaurus knows %d words only", n)
	}
	if n, _ := words.entryAt([]rune("compute vouchers"), 0); n != len("compute vouchers") {
		t.Errorf("plural not matched: %d", n)
	}
}
