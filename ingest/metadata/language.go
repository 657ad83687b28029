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
	address := false // in an address of the web, which says nothing
	for i, r := range d.head.runes {
		switch {
		case address:
			address = r > ' ' && r < unicode.MaxLatin1 && r != ')'
		case r == ':' && i+1 < len(d.head.runes) && d.head.runes[i+1] == '/':
			address = true
		case unicode.Is(unicode.Han, r):
			han++
			if corpus.FoldRune(r) != r {
				complex++
			}
		case r < 0x250 && unicode.IsLetter(r):
			latin++
		}
	}
	found := chinese
	switch {
	case han == 0 && latin == 0:
		return
	case latin > 2*han: // English prose may quote many a Chinese name
		found = english
	case complex*8 > han:
		found = traditional
	}
	d.setText(language, &d.found.Language, found, corpus.Origin{From: corpus.OriginText})
}
