package retrieval_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"policykb/retrieval"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	s, _ := fixture(t)
	r := retrieval.Request{Question: "南昌每年发放的算力券总额上限是多少？"}
	why, err := s.Explain(context.Background(), r, 3)
	if err != nil {
		t.Fatal(err)
	}
	a := ask(t, s, r)
	if len(why.Passages) != 3 || len(why.Chosen) == 0 || len(why.Others) != 3 {
		t.Fatalf("%d passages, %d chosen, %d others", len(why.Passages), len(why.Chosen), len(why.Others))
	}
	if why.Passages[0].Passage.Hit.Passage != a.Passages[0].Hit.Passage {
		t.Error("the passage explained first is not the one that the answer ranks first")
	}
	best := why.Passages[0]
	if held := strings.Join(append(best.InText, best.Above...), " "); !strings.Contains(held, "算力券") {
		t.Errorf("the best passage holds %q, and not 算力券", held)
	}
	if chosen := why.Chosen[0]; !strings.Contains(chosen.Text, strings.Trim(a.Citations[0].Quote.Text, "。")) {
		t.Errorf("the answer quotes %q, the reasons are those of %q", a.Citations[0].Quote.Text, chosen.Text)
	}
	for _, u := range append(why.Chosen, why.Others...) {
		if sum := total(u.Factors); math.Abs(sum-u.Score) > 1e-9 {
			t.Errorf("%q: the factors sum up to %.3f, the score is %.3f", u.Text, sum, u.Score)
		}
		for i := 1; i < len(u.Factors); i++ {
			if part := func(f retrieval.Factor) float64 { return math.Abs(f.Value * f.Weight) }; part(u.Factors[i]) > part(u.Factors[i-1]) {
				t.Errorf("%q: %s stands behind a lighter factor", u.Text, u.Factors[i].Name)
			}
		}
	}
	if p := 1 / (1 + math.Exp(-total(why.Doubt))); math.Abs(p-why.Probability) > 1e-9 || math.Abs(p-a.Confidence) > 1e-9 {
		t.Errorf("the doubt gives %.4f, the explanation %.4f, the answer %.4f", p, why.Probability, a.Confidence)
	}
	if _, err := s.Explain(context.Background(), retrieval.Request{}, 3); err == nil {
		t.Error("an empty question was explained")
	}
}

func total(factors []retrieval.Factor) (sum float64) {
	for _, f := range factors {
		sum += f.Value * f.Weight
	}
	return sum
}
