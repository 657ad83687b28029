package embed

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"policykb/retrieval"
)

func vectorOf(t testing.TB, text string) []float32 {
	t.Helper()
	v, err := Builtin().EmbedQuery(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func cosine(a, b []float32) (dot float64) {
	for i := range a {
		dot += float64(a[i]) * float64(b[i])
	}
	return dot
}

func TestBuiltin(t *testing.T) {
	t.Parallel()
	e := Builtin()
	texts := []string{"成都每年发放总额不超过1000万元的算力券", "", "算力補貼", "算力补贴"}
	vectors, err := e.EmbedDocuments(t.Context(), texts)
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range texts {
		if len(vectors[i]) != e.Dimensions() {
			t.Errorf("%q has %d dimensions", text, len(vectors[i]))
		}
		if !slices.Equal(vectors[i], vectorOf(t, text)) {
			t.Errorf("%q has one vector as a document and another as a question", text)
		}
		if length := math.Sqrt(cosine(vectors[i], vectors[i])); text != "" && math.Abs(length-1) > 1e-6 {
			t.Errorf("%q has a vector of length %v", text, length)
		}
	}
	if cosine(vectors[1], vectors[1]) != 0 {
		t.Error("no text has a direction")
	}
	if !slices.Equal(vectors[2], vectors[3]) {
		t.Error("traditional and simplified characters have different vectors")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.EmbedDocuments(ctx, texts); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// Texts are near each other as they share words.
func TestBuiltinNearness(t *testing.T) {
	t.Parallel()
	question := vectorOf(t, "成都的算力券每年发放多少？")
	answer := cosine(question, vectorOf(t, "成都每年发放总额不超过1000万元的算力券，支持企业购买算力服务。"))
	other := cosine(question, vectorOf(t, "申请人应当在截止日期前向区卫生健康委员会提交身份证明材料。"))
	if answer < 0.3 || other > 0.2 {
		t.Errorf("the answer is %.2f near, another text %.2f", answer, other)
	}
}

// The vectors are part of every stored index: they must not drift under one name.
func TestBuiltinStands(t *testing.T) {
	t.Parallel()
	if m := Builtin().Model(); m != fmt.Sprintf("builtin:1.%d", retrieval.TermVersion) {
		t.Fatalf("the model is now %s: give this test its vector", m)
	}
	var got []string
	for i, x := range vectorOf(t, "算力") {
		if x != 0 {
			got = append(got, fmt.Sprintf("%d:%+.3f", i, x))
		}
	}
	const want = "5:+0.204 20:+0.204 25:+0.204 35:+0.204 53:+0.204 69:-0.204 73:+0.204 86:+0.204 92:+0.204 93:+0.204 99:-0.204 112:+0.204 " +
		"130:+0.204 144:-0.204 149:-0.204 161:+0.204 181:+0.204 201:-0.204 207:+0.204 211:+0.204 215:-0.204 222:+0.204 243:+0.204 248:-0.204"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("算力 is at\n%s, before at\n%s", s, want)
	}
}

// memory is a cache in memory.
type memory map[string][]float32

func (m memory) Vectors(_ context.Context, model string, hashes []string) ([][]float32, error) {
	vectors := make([][]float32, len(hashes))
	for i, h := range hashes {
		vectors[i] = m[model+h]
	}
	return vectors, nil
}

func (m memory) SetVectors(_ context.Context, model string, hashes []string, vectors [][]float32) error {
	for i, h := range hashes {
		m[model+h] = vectors[i]
	}
	return nil
}

// counted notes what it is asked to embed, and fails after so many batches.
type counted struct {
	retrieval.Embedder
	asked   [][]string
	failing int // the batch that fails, from 1; 0 for none
}

func (c *counted) EmbedDocuments(ctx context.Context, texts []string) ([][]float32, error) {
	c.asked = append(c.asked, slices.Clone(texts))
	if len(c.asked) == c.failing {
		return nil, errors.New("out of order")
	}
	return c.Embedder.EmbedDocuments(ctx, texts)
}

func TestCached(t *testing.T) {
	t.Parallel()
	model := &counted{Embedder: Builtin()}
	e := Cached(model, memory{})
	texts := []string{"算力", "补贴", "算力"}
	for range 2 {
		vectors, err := e.EmbedDocuments(t.Context(), texts)
		if err != nil {
			t.Fatal(err)
		}
		for i, text := range texts {
			if !slices.Equal(vectors[i], vectorOf(t, text)) {
				t.Errorf("%s has another vector", text)
			}
		}
	}
	if _, err := e.EmbedDocuments(t.Context(), []string{"补贴", "人才"}); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(model.asked); got != "[[算力 补贴] [人才]]" {
		t.Errorf("embedded %s", got)
	}
	if v, err := e.EmbedQuery(t.Context(), "算力"); err != nil || !slices.Equal(v, vectorOf(t, "算力")) {
		t.Errorf("the question has another vector, %v", err)
	}
	if e.Model() != model.Model() || e.Dimensions() != model.Dimensions() {
		t.Errorf("%s of %d dimensions", e.Model(), e.Dimensions())
	}
}

func TestCachedKeepsWhatWasMade(t *testing.T) {
	t.Parallel()
	var texts []string
	for i := range 3 * batch {
		texts = append(texts, fmt.Sprint("第", i, "条"))
	}
	model := &counted{Embedder: Builtin(), failing: 3}
	e := Cached(model, memory{})
	if _, err := e.EmbedDocuments(t.Context(), texts); err == nil {
		t.Fatal("no error")
	}
	if _, err := e.EmbedDocuments(t.Context(), texts); err != nil {
		t.Fatal(err)
	}
	if last := model.asked[len(model.asked)-1]; len(model.asked) != 4 || len(last) != batch || last[0] != texts[2*batch] {
		t.Errorf("%d batches, the last of %d", len(model.asked), len(last))
	}
}

// narrow gives vectors that are too short, or too few.
type narrow struct {
	retrieval.Embedder
	vectors [][]float32
}

func (n narrow) EmbedDocuments(context.Context, []string) ([][]float32, error) { return n.vectors, nil }

func TestCachedChecksTheModel(t *testing.T) {
	t.Parallel()
	for _, vectors := range [][][]float32{nil, {{1, 0}}, {make([]float32, Dimensions), make([]float32, Dimensions)}} {
		kept := memory{}
		if _, err := Cached(narrow{Builtin(), vectors}, kept).EmbedDocuments(t.Context(), []string{"算力"}); err == nil || len(kept) != 0 {
			t.Errorf("%d vectors: error %v, %d kept", len(vectors), err, len(kept))
		}
	}
}

func BenchmarkBuiltin(b *testing.B) {
	text := strings.Repeat("支持企业购买算力服务，每年发放总额不超过1000万元的算力券，对符合条件的企业按合同额20%给予补贴。", 8)
	e := Builtin()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := e.EmbedQuery(b.Context(), text); err != nil {
			b.Fatal(err)
		}
	}
}
