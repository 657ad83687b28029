package retrieval

import (
	"slices"
	"testing"

	"policykb/corpus"
)

func TestLettersTellSentencesApart(t *testing.T) {
	t.Parallel()
	tests := []struct {
		question  string
		sentences []string
		best      int
	}{
		{"算力券主要支持哪些企业？", []string{"本办法所称算力券，由市财政安排资金。", "主体为中小企业，算力券予以扶持。", "算力券每年兑付一次。"}, 1},
		{"办法由什么部门解释？", []string{"本办法自发布之日起施行。", "本办法由市科技局负责释义解答。", "本办法有效期三年。"}, 1},
	}
	for _, test := range tests {
		l := lettersOf(test.question)
		var held []uint64
		for _, s := range test.sentences {
			held = append(held, l.in([]rune(corpus.Fold(s))))
		}
		weights := l.tellingOf(held)
		var shares []float64
		for _, h := range held {
			shares = append(shares, lettersShare(weights, h, 0))
		}
		if got := slices.Index(shares, slices.Max(shares)); got != test.best {
			t.Errorf("%s: %q is best of %v", test.question, test.sentences[got], shares)
		}
		if got := lettersShare(weights, held[test.best], ^uint64(0)); got != 0 {
			t.Errorf("%s: %v of nothing left open", test.question, got)
		}
	}
}

func TestPhrasesOfAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		question, told, other string
	}{
		{"该中心的总部在哪里？", "中心坐落于高新区天府大道。", "中心每年举办两次培训。"},
		{"超级个体又叫什么？", "超级个体，亦称一人公司。", "超级个体可以申领算力券。"},
		{"标准由谁编制？", "标准由市场监管局组织编制。", "标准自发布之日起施行。"},
		{"公共数据平台有什么作用？", "平台用于归集和共享公共数据。", "平台于2023年上线。"},
	}
	for _, test := range tests {
		told := phrasesOf(corpus.Fold(test.question))
		if a, b := phraseShare(told, test.told), phraseShare(told, test.other); a <= b {
			t.Errorf("%s: %q has %v, %q has %v", test.question, test.told, a, test.other, b)
		}
	}
	if told := phrasesOf("算力券每年最高多少万元？"); told != nil {
		t.Errorf("a question for a sum has phrases: %v", told)
	}
}
