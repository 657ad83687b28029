package clean

import (
	"sort"

	"policykb/corpus"
)

// Position is a place in what the parser read: a code point of a block's text.
type Position struct {
	Block  int // index into parse.Document.Blocks
	Offset int // code points from the start of the block's Text
}

// run says where a stretch of the canonical text came from. Stretches are copied
// code point by code point, or changed as a whole; most blocks are one run.
type run struct {
	at     int // code point of the canonical text where the run begins
	block  int
	offset int
	copied bool // each code point comes from the one as far into the source
}

// Source tells where a code point of the canonical text came from. Of a stretch
// that was changed as a whole, and of what was put in, it is the place of the
// change. ok is false outside of the text.
func (t Text) Source(at int) (p Position, ok bool) {
	if at < 0 || at >= t.Length {
		return Position{}, false
	}
	i := sort.Search(len(t.runs), func(i int) bool { return t.runs[i].at > at }) - 1
	r := t.runs[i]
	p = Position{Block: r.block, Offset: r.offset}
	if r.copied {
		p.Offset += at - r.at
	}
	return p, true
}

// writer collects the canonical text and the runs of its positions.
type writer struct {
	out  []byte
	at   int // code points of out
	runs []run
}

// insert writes what the source does not have.
func (w *writer) insert(s string, block, offset int) {
	if s == "" {
		return
	}
	w.runs = append(w.runs, run{at: w.at, block: block, offset: offset})
	w.out = append(w.out, s...)
	w.at += corpus.CodePoints(s)
}

// piece writes a stretch of a line with its positions.
func (w *writer) piece(l line, p piece) {
	start := l.source(p.from)
	w.insert(p.before, l.block, start)
	if p.from == p.to {
		return
	}
	if len(l.edits) == 0 {
		w.runs = append(w.runs, run{at: w.at, block: l.block, offset: start, copied: true})
		if p.from == 0 && p.to == len(l.text) {
			w.out = append(w.out, l.text...)
			w.at += l.count
		} else {
			w.copy(l.text[p.from:p.to])
		}
		return
	}
	at, offset := p.from, start
	for _, e := range l.edits {
		if e.end <= at {
			if e.end == at {
				offset = e.source + e.length
			}
			continue
		}
		if e.start >= p.to {
			break
		}
		if e.start > at {
			w.runs = append(w.runs, run{at: w.at, block: l.block, offset: offset, copied: true})
			w.copy(l.text[at:e.start])
		}
		if e.end > e.start {
			w.runs = append(w.runs, run{at: w.at, block: l.block, offset: e.source})
			w.copy(l.text[max(e.start, at):min(e.end, p.to)])
		}
		at, offset = min(e.end, p.to), e.source+e.length
	}
	if at < p.to {
		w.runs = append(w.runs, run{at: w.at, block: l.block, offset: offset, copied: true})
		w.copy(l.text[at:p.to])
	}
}

func (w *writer) copy(s string) {
	w.out = append(w.out, s...)
	w.at += corpus.CodePoints(s)
}
