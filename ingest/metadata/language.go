package metadata

import (
	"unicode"

	"policykb/corpus"
)

// Languages, as BCP 47 names them.
const (
	chinese     = "zh"
	traditional = "zh-Hant"
	english     = "en"
)

// detectLanguage tells Chinese from English by the letters of the head, and
// traditional from simplified characters by how many have a simpler form.
func (d *detector) detectLanguage() {
	var han, latin, complex int
	for _, r := range d.head.runes {
		switch {
		case unicode.Is(unicode.Han, r):
			han++
			if corpus.FoldRune(r) != r {
				complex++
			}
		case r < 0x250 && unicode.IsLetter(r):
			latin++
		}
	}
	found := ""
	switch {
	case han == 0 && latin == 0:
		return
	case han*4 < latin: // a word has about five letters
		found = english
	case complex*8 > han:
		found = traditional
	default:
		found = chinese
	}
	d.setText(language, &d.found.Language, found, corpus.Origin{From: corpus.OriginText})
}
