package parse

import (
	"hash/maphash"
	"strings"
	"unicode/utf8"
)

// printed is the text of a document so far, for finding what is printed again.
type printed struct {
	seed      maphash.Seed
	stretches map[uint64]struct{} // a sample of all stretches of code points
	whole     map[string]struct{} // paragraphs too short for one
}

const (
	stretch = 24 // code points
	sample  = 4  // one stretch in so many is kept, chosen by its hash
	// repeatedText is how many code points are printed again before that is taken
	// for a mistake; a form may repeat a sentence on purpose.
	repeatedText = 300
)

// setRepeatsApart makes furniture of what a document prints again, as pages saved
// from the web do: runs of paragraphs whose words all stand before them. It gives
// the number of paragraphs.
func setRepeatsApart(blocks []Block) int {
	before := printed{maphash.MakeSeed(), make(map[uint64]struct{}), make(map[string]struct{})}
	again, start, size := 0, 0, 0 // the run since start has so many code points
	end := func(i int) {
		if size >= repeatedText {
			for k := start; k < i; k++ {
				if blocks[k].Kind != Furniture {
					blocks[k].Kind, blocks[k].Level = Furniture, 0
					again++
				}
			}
		}
		start, size = i+1, 0
	}
	for i, b := range blocks {
		switch b.Kind {
		case Furniture:
		case Paragraph, Heading, Line:
			text := squeezed(b.Text)
			if before.holds(text) {
				size += utf8.RuneCountInString(text)
				continue
			}
			before.add(text)
			end(i)
		default:
			end(i)
		}
	}
	end(len(blocks))
	return again
}

func (p *printed) add(text string) {
	if utf8.RuneCountInString(text) < 2*stretch {
		p.whole[text] = struct{}{}
	}
	p.each(text, func(hash uint64) bool {
		p.stretches[hash] = struct{}{}
		return true
	})
}

// holds reports whether the text was printed before.
func (p *printed) holds(text string) bool {
	seen := 0
	all := p.each(text, func(hash uint64) bool {
		_, ok := p.stretches[hash]
		seen++
		return ok
	})
	if seen >= 2 {
		return all
	}
	_, ok := p.whole[text]
	return ok
}

// each visits the sampled stretches of a text until see returns false.
func (p *printed) each(text string, see func(hash uint64) bool) bool {
	var starts [stretch]int // of the last code points, in bytes
	n := 0
	for at := range text {
		if n >= stretch {
			if hash := maphash.String(p.seed, text[starts[n%stretch]:at]); hash%sample == 0 && !see(hash) {
				return false
			}
		}
		starts[n%stretch] = at
		n++
	}
	return true
}

// squeezed gives a text without its white space.
func squeezed(s string) string { return strings.Join(strings.Fields(s), "") }
