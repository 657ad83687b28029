package cataloguetest

import (
	"math"
	"reflect"
	"testing"

	"policykb/corpus"
)

var besideTests = map[string]func(*testing.T, corpus.Catalogue){
	"Settings": testSettings,
	"Vectors":  testVectors,
	"Closed":   testClosed,
}

func testSettings(t *testing.T, c corpus.Catalogue) {
	ctx := t.Context()
	if got := must[string](t)(c.Setting(ctx, "fusion")); got != "" {
		t.Errorf("a setting never set is %q", got)
	}
	for _, value := range []string{`{"sparse":1,"dense":0.2}`, "", "第二次"} {
		if err := c.SetSetting(ctx, "fusion", value); err != nil {
			t.Fatal(err)
		}
		if got := must[string](t)(c.Setting(ctx, "fusion")); got != value {
			t.Errorf("the setting is %q, want %q", got, value)
		}
	}
	if got := must[string](t)(c.Setting(ctx, "FUSION")); got != "" {
		t.Errorf("another setting is %q", got)
	}
}

func testVectors(t *testing.T, c corpus.Catalogue) {
	ctx := t.Context()
	a, b := []float32{0.25, -1, math.MaxFloat32}, []float32{math.SmallestNonzeroFloat32, 0, float32(math.Inf(-1))}
	if err := c.SetVectors(ctx, "builtin", []string{"ha", "hb"}, [][]float32{a, b}); err != nil {
		t.Fatal(err)
	}
	if err := c.SetVectors(ctx, "openai:small", []string{"ha"}, [][]float32{{7}}); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		model  string
		hashes []string
		want   [][]float32
	}{
		{"builtin", []string{"hb", "hc", "ha", "hb"}, [][]float32{b, nil, a, b}},
		{"openai:small", []string{"ha", "hb"}, [][]float32{{7}, nil}},
		{"unknown", []string{"ha"}, [][]float32{nil}},
		{"builtin", nil, [][]float32{}},
	} {
		if got := must[[][]float32](t)(c.Vectors(ctx, test.model, test.hashes)); !reflect.DeepEqual(got, test.want) {
			t.Errorf("Vectors(%s, %v) gave %v, want %v", test.model, test.hashes, got, test.want)
		}
	}
	if err := c.SetVectors(ctx, "builtin", []string{"ha", "ha"}, [][]float32{{1}, {2}}); err != nil {
		t.Fatal(err)
	}
	if got := must[[][]float32](t)(c.Vectors(ctx, "builtin", []string{"ha"})); !reflect.DeepEqual(got, [][]float32{{2}}) {
		t.Errorf("the last vector set is not the one there: %v", got)
	}
	is(t, "more texts than vectors", c.SetVectors(ctx, "builtin", []string{"x", "y"}, [][]float32{{1}}), corpus.ErrInvalid)
	is(t, "an empty vector", c.SetVectors(ctx, "builtin", []string{"x", "y"}, [][]float32{{1}, {}}), corpus.ErrInvalid)
	if got := must[[][]float32](t)(c.Vectors(ctx, "builtin", []string{"x"})); got[0] != nil {
		t.Errorf("a refused batch left %v", got)
	}
}

func testClosed(t *testing.T, c corpus.Catalogue) {
	ctx := t.Context()
	store(t, c, economy())
	if err := c.Ping(ctx); err != nil {
		t.Errorf("Ping gave %v", err)
	}
	for range 2 {
		if err := c.Close(); err != nil {
			t.Errorf("Close gave %v", err)
		}
	}
	if err := c.Ping(ctx); err == nil {
		t.Error("a closed catalogue answers")
	}
	if _, _, err := c.Store(ctx, computing()); err == nil {
		t.Error("a closed catalogue takes documents")
	}
	if _, err := c.Passages(ctx, []corpus.PassageID{"economy-1-0"}); err == nil {
		t.Error("a closed catalogue gives passages")
	}
}
