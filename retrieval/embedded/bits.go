package embedded

import mathbits "math/bits"

// bits is a set of point numbers, 64 to a word. Bits past the last point are
// never set.
type bits []uint64

func wordsFor(points int) int { return (points + 63) / 64 }

func (b bits) has(i int) bool { return b[i>>6]>>(i&63)&1 != 0 }

func (b bits) set(i int) { b[i>>6] |= 1 << (i & 63) }

func (b bits) setRange(from, to int) {
	for i := from; i < to; i++ {
		b.set(i)
	}
}

func (b bits) setAll(numbers []uint16) {
	for _, n := range numbers {
		b.set(int(n))
	}
}

// keep takes out of b what is not in other.
func (b bits) keep(other bits) {
	for i := range b {
		b[i] &= other[i]
	}
}

// drop takes out of b what is in other.
func (b bits) drop(other bits) {
	for i := range b {
		b[i] &^= other[i]
	}
}

// eachMissing calls do for every number below points that b lacks; a nil b lacks
// none.
func (b bits) eachMissing(points int, do func(int)) {
	for i, word := range b {
		for missing := ^word; missing != 0; missing &= missing - 1 {
			if p := i<<6 + mathbits.TrailingZeros64(missing); p < points {
				do(p)
			}
		}
	}
}
