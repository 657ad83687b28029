package corpus

import "math/bits"

// CodePoints counts the code points of s, which is valid UTF-8.
func CodePoints(s string) int {
	n := len(s)
	for len(s) >= 8 {
		n -= continuations(s)
		s = s[8:]
	}
	for i := range len(s) {
		if !begins(s[i]) {
			n--
		}
	}
	return n
}

// AfterCodePoints gives the byte after the first n code points of s, which is
// valid UTF-8; len(s) where it has no more.
func AfterCodePoints(s string, n int) int {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		begun := 8 - continuations(s[i:])
		if begun > n {
			break
		}
		n -= begun
	}
	for ; i < len(s); i++ {
		if begins(s[i]) {
			if n == 0 {
				return i
			}
			n--
		}
	}
	return len(s)
}

// begins reports whether a code point begins with the byte.
func begins(b byte) bool { return int8(b) >= -0x40 }

// continuations counts those of the first eight bytes of s that go on with a code
// point: their highest bit is set and the one below is not.
func continuations(s string) int {
	_ = s[7]
	eight := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
	return bits.OnesCount64(eight >> 7 &^ (eight >> 6) & 0x0101010101010101)
}
