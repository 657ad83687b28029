//go:build !amd64

package embedded

// dots sets out[i] to the dot product of q with the i-th row of len(q).
func dots(q []int16, rows []int8, out []int32) { dotsPlain(q, rows, out) }
