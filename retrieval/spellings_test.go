package retrieval_test

import (
	"testing"

	"policykb/retrieval"
)

func TestSpellings(t *testing.T) {
	t.Parallel()
	var none retrieval.Spellings
	if terms, shared := none.Count(); terms != 0 || shared != 0 {
		t.Errorf("without a text: %d terms, %d shared", terms, shared)
	}
	var s retrieval.Spellings
	s.Add("京政办发〔2023〕15号：算力券每年不超过1,000万元，GPU 按 1000 计")
	s.Add("算力券")
	terms, shared := s.Count()
	if terms < 20 || shared != 0 {
		t.Errorf("%d terms, %d of them shared", terms, shared)
	}
	// Two words with one hash.
	for _, word := range []string{"costarring", "liquid", "costarring"} {
		s.Add(word)
	}
	if all, shared := s.Count(); all != terms+2 || shared != 2 {
		t.Errorf("with two that share: %d terms, %d of them shared; want %d and 2", all, shared, terms+2)
	}
}
