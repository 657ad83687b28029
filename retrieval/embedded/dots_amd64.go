package embedded

import "golang.org/x/sys/cpu"

// dots sets out[i] to the dot product of q with the i-th row of len(q), which is
// a multiple of kernelStep.
func dots(q []int16, rows []int8, out []int32) {
	if !cpu.X86.HasAVX2 || len(q) == 0 {
		dotsPlain(q, rows, out)
		return
	}
	// The assembly cannot be interrupted, so it is called for little at a time: a
	// garbage collection would have to wait for it.
	const atOnce = 1024
	for len(out) > 0 {
		n := min(len(out), atOnce)
		part := rows[:n*len(q)]
		dotsAVX2(&q[0], &part[0], len(q), n, &out[0])
		rows, out = rows[n*len(q):], out[n:]
	}
}

// dotsAVX2 computes n dot products of stride components, a positive multiple of
// 32; n is positive.
//
//go:noescape
func dotsAVX2(q *int16, rows *int8, stride, n int, out *int32)
