package embedded

import "slices"

// texts is a list of strings in two arrays, so that many short ones cost little
// memory and are written and read at once.
type texts struct {
	data []byte
	ends []uint32
}

func (t *texts) len() int { return len(t.ends) }

func (t *texts) add(s string) {
	t.data = append(t.data, s...)
	t.ends = append(t.ends, uint32(len(t.data)))
}

// raw returns a string's bytes, not to be changed.
func (t *texts) raw(i int) []byte {
	from := uint32(0)
	if i > 0 {
		from = t.ends[i-1]
	}
	return t.data[from:t.ends[i]]
}

func (t *texts) at(i int) string { return string(t.raw(i)) }

// whole reports whether every string lies within the data.
func (t *texts) whole() bool {
	return slices.IsSorted(t.ends) && (len(t.ends) == 0 && len(t.data) == 0 || len(t.ends) > 0 && int(t.ends[len(t.ends)-1]) == len(t.data))
}

func (t *texts) bytes() int64 { return int64(cap(t.data) + 4*cap(t.ends)) }
