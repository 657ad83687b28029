package embedded

import "policykb/retrieval"

// A weight is kept as a byte, in equal steps of MaxWeight/255 = 0.0075: a weight
// of one half is at most 0.75 percent off, and over the terms of a question the
// errors mostly cancel. 0 means that the point does not have the term.

func packWeight(w float32) uint8 {
	return max(1, uint8(w*(255/retrieval.MaxWeight)+0.5)) // [math.Round] takes as long as all the rest of a posting
}

// unpackWeight is the weight that a byte stands for.
func unpackWeight(code uint8) float32 {
	return float32(float64(code) * (retrieval.MaxWeight / 255))
}

// gains returns, for every packed weight, what a posting adds to the score of
// its point: the weight times factor.
func gains(factor float64) (table [256]float32) {
	for code := range table {
		table[code] = float32(float64(unpackWeight(uint8(code))) * factor)
	}
	return table
}
