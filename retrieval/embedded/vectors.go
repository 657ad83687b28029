package embedded

import "math"

// vectors keeps the points' vectors, each at length 1 and then in whole numbers:
// component = (256·high + low) · scale, two bytes in two planes. A search reads
// the high plane of every point, one byte a component; what it might have missed
// by is bounded by slack, so that only the few points within that bound are
// computed again with both planes, to about 1e-4. All sums are of integers and
// so the same on every machine.
type vectors struct {
	dimensions int
	stride     int // dimensions, made a multiple of what the kernel reads at once
	high, low  []int8
	scale      []float32 // by point; 0 for a point without a vector
	slack      []float32 // by point: the length of what the high plane leaves out
}

// kernelStep is the number of components that the kernel takes at once.
const kernelStep = 32

// The largest component of a vector in a point, and in a query. The query's is
// smaller so that MaxDimensions products of the two fit into 32 bits.
const (
	largestInPoint = 127*256 + 127
	largestInQuery = 2047
)

func strideOf(dimensions int) int { return (dimensions + kernelStep - 1) / kernelStep * kernelStep }

func newVectors(dimensions, points int) vectors {
	v := vectors{dimensions: dimensions, stride: strideOf(dimensions)}
	v.high = make([]int8, points*v.stride)
	v.low = make([]int8, points*v.stride)
	if dimensions > 0 {
		v.scale = make([]float32, points)
		v.slack = make([]float32, points)
	}
	return v
}

// set stores the vector of a point. A nil or zero one is as far from every
// question as can be: its cosine is 0.
func (v *vectors) set(point int, vector []float32) {
	length, largest := measure(vector)
	if largest == 0 {
		return
	}
	toWhole := largestInPoint / largest
	scale := largest / (largestInPoint * length)
	high, low := v.row(v.high, point), v.row(v.low, point)
	left := 0.0
	for i, x := range vector {
		whole := int(math.Round(float64(x) * toWhole))
		h := (whole + 128) >> 8 // rounds, so that the rest fits into a byte
		high[i], low[i] = int8(h), int8(whole-h<<8)
		left += float64(whole-h<<8) * float64(whole-h<<8)
	}
	v.scale[point] = float32(scale)
	v.slack[point] = float32(math.Sqrt(left) * scale)
}

func (v *vectors) row(plane []int8, point int) []int8 {
	return plane[point*v.stride : (point+1)*v.stride]
}

// copyFrom stores the vector that another list has for a point.
func (v *vectors) copyFrom(point int, from *vectors, at int) {
	if v.dimensions == 0 {
		return
	}
	copy(v.row(v.high, point), from.row(from.high, at))
	copy(v.row(v.low, point), from.row(from.low, at))
	v.scale[point], v.slack[point] = from.scale[at], from.slack[at]
}

func (v *vectors) bytes() int64 {
	return int64(cap(v.high) + cap(v.low) + 4*cap(v.scale) + 4*cap(v.slack))
}

// queryVector is a question's vector in whole numbers.
type queryVector struct {
	whole []int16 // stride long
	scale float64
}

func newQueryVector(vector []float32) queryVector {
	q := queryVector{whole: make([]int16, strideOf(len(vector)))}
	length, largest := measure(vector)
	if largest == 0 {
		return q
	}
	for i, x := range vector {
		q.whole[i] = int16(math.Round(float64(x) * (largestInQuery / largest)))
	}
	q.scale = largest / (largestInQuery * length)
	return q
}

// cosine computes a point's cosine with the query from both planes.
func (v *vectors) cosine(q *queryVector, point int) float64 {
	var high, low [1]int32
	dots(q.whole, v.row(v.high, point), high[:])
	dots(q.whole, v.row(v.low, point), low[:])
	return float64(int64(high[0])<<8+int64(low[0])) * float64(v.scale[point]) * q.scale
}

// measure returns a vector's Euclidean length and its largest component's size.
func measure(vector []float32) (length, largest float64) {
	squares := 0.0
	for _, x := range vector {
		squares += float64(x) * float64(x)
		largest = max(largest, math.Abs(float64(x)))
	}
	return math.Sqrt(squares), largest
}

// finite reports whether every component is a number, and the length is one too.
func finite(vector []float32) bool {
	for _, x := range vector {
		if x-x != 0 {
			return false
		}
	}
	return true
}

// dotsPlain sets out[i] to the dot product of q with the i-th row of len(q).
func dotsPlain(q []int16, rows []int8, out []int32) {
	for i := range out {
		row := rows[i*len(q) : (i+1)*len(q)]
		var a, b int32
		for j := 0; j+1 < len(q) && j+1 < len(row); j += 2 {
			a += int32(q[j]) * int32(row[j])
			b += int32(q[j+1]) * int32(row[j+1])
		}
		out[i] = a + b
	}
}
