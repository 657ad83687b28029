package embedded

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestDots(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	for _, stride := range []int{32, 64, 256, 1536, MaxDimensions} {
		for _, n := range []int{0, 1, 3, 1025} {
			q, rows := make([]int16, stride), make([]int8, stride*n)
			for i := range q {
				q[i] = int16(r.IntN(2*largestInQuery+1) - largestInQuery)
			}
			for i := range rows {
				rows[i] = int8(r.IntN(256))
			}
			got, want := make([]int32, n), make([]int32, n)
			dots(q, rows, got)
			dotsPlain(q, rows, want)
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("row %d of %d components: %d, want %d", i, stride, got[i], want[i])
				}
			}
		}
	}
}

// The largest sums there can be stay within 32 bits.
func TestDotsDoNotOverflow(t *testing.T) {
	t.Parallel()
	q, row := make([]int16, MaxDimensions), make([]int8, MaxDimensions)
	for i := range q {
		q[i], row[i] = largestInQuery, -128
	}
	out := make([]int32, 1)
	dots(q, row, out)
	if want := -128 * largestInQuery * MaxDimensions; int(out[0]) != want {
		t.Errorf("%d, want %d", out[0], want)
	}
}

func TestCosine(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(2, 2))
	for _, dimensions := range []int{1, 8, 256, 1536} {
		const points = 50
		v := newVectors(dimensions, points)
		raw := make([][]float32, points)
		for p := range raw {
			raw[p] = make([]float32, dimensions)
			for i := range raw[p] {
				raw[p][i] = float32(r.NormFloat64()) * float32(math.Exp(4*r.NormFloat64()))
			}
			v.set(p, raw[p])
		}
		q := newQueryVector(raw[0])
		scored := make([]int32, points)
		dots(q.whole, v.high, scored)
		for p := range raw {
			var dot, aa, bb float64
			for i := range raw[p] {
				dot += float64(raw[0][i]) * float64(raw[p][i])
				aa += float64(raw[0][i]) * float64(raw[0][i])
				bb += float64(raw[p][i]) * float64(raw[p][i])
			}
			want := dot / math.Sqrt(aa*bb)
			if got := v.cosine(&q, p); math.Abs(got-want) > 5e-4 {
				t.Errorf("%d dimensions: cosine %v, want %v", dimensions, got, want)
			}
			first := float64(scored[p]) * 256 * q.scale * float64(v.scale[p])
			if off := math.Abs(first - v.cosine(&q, p)); off > float64(v.slack[p])*1.001+1e-6 {
				t.Errorf("%d dimensions: the first pass is off by %v, above its bound of %v", dimensions, off, v.slack[p])
			}
		}
	}
}

func BenchmarkDots(b *testing.B) {
	const points, stride = 50_000, 256
	q, rows, out := make([]int16, stride), make([]int8, points*stride), make([]int32, points)
	for name, kernel := range map[string]func([]int16, []int8, []int32){"kernel=best": dots, "kernel=plain": dotsPlain} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(points * stride)
			for b.Loop() {
				kernel(q, rows, out)
			}
		})
	}
}
