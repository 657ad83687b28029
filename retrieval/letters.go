package retrieval

import (
	"math"

	"policykb/corpus"
)

// maxLetters bounds how many characters of a question are looked for one by one.
const maxLetters = 64

// letters are the characters of a question that tell something, each with its bit.
// In one text a character that few sentences have tells them apart, where the word
// it stands in is said in another way: 主要供奉 and 主奉, 原来的地址 and 原址.
type letters struct {
	bits  map[rune]uint64
	count int
}

// lettersOf takes the Chinese characters of a question, without those that ask or
// only hold the sentence together.
func lettersOf(question string) letters {
	l := letters{bits: make(map[rune]uint64)}
	for _, r := range questionWord.ReplaceAllString(corpus.Fold(question), "") {
		if l.count == maxLetters {
			break
		}
		if isHan(r) && !isFunctionWord(r) && l.bits[r] == 0 {
			l.bits[r] = 1 << l.count
			l.count++
		}
	}
	return l
}

// in returns the bits of the characters that a folded text holds.
func (l letters) in(folded []rune) uint64 {
	var held uint64
	for _, r := range folded {
		if r >= 0x80 {
			held |= l.bits[r]
		}
	}
	return held
}

// tellingOf weighs each character by how few of the units of one text hold it.
func (l letters) tellingOf(units []uint64) []float64 {
	weights := make([]float64, l.count)
	for k := range weights {
		having := 0
		for _, held := range units {
			having += int(held >> k & 1)
		}
		weights[k] = math.Log1p((float64(len(units)) - float64(having) + 0.5) / (float64(having) + 0.5))
	}
	return weights
}

// lettersShare is the share of the weights whose characters are held, of those that
// are not given already; 0 where all are.
func lettersShare(weights []float64, held, given uint64) float64 {
	sum, all := 0.0, 0.0
	for k, w := range weights {
		if given>>k&1 == 1 {
			continue
		}
		all += w
		if held>>k&1 == 1 {
			sum += w
		}
	}
	if all == 0 {
		return 0
	}
	return sum / all
}
