package retrieval

import (
	"fmt"
	"regexp"
	"strings"

	"policykb/corpus"
)

// addresses are what a reader could be led away by.
var addresses = regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.-]*://\S+|\bwww\.\S+|\S+@\S+\.\w+|!?\[[^\]]*\]\([^)]*\)|</?[a-z][^>]*>|\bjavascript:\S*`)

// verifyWords looks for every content word of the statement in the quotes and what
// stands beside them: the word itself, or another for it that wording.txt knows. In
// a statement in another language than the quotes only figures and names can be
// looked for, and one of them must be there.
func (h *hearing) verifyWords() (faults []string) {
	s, held, places := h.statement, h.beside, h.places
	for _, address := range addresses.FindAllString(s.Text, -1) {
		if !strings.Contains(held, corpus.Fold(address)) {
			faults = append(faults, fmt.Sprintf("no quote has the address %s", abridge(address, 60)))
		}
	}
	if h.foreign() {
		numbers, dates, named := present(s.Text, places)
		if numbers == CheckNone && dates == CheckNone && named == CheckNone {
			faults = append(faults, "it has no figure, date or place by which its quote can be found to carry it")
		}
		return append(faults, h.verifyTranslation()...)
	}
	if languageOf(s.Text) != "zh" {
		return append(faults, verifyEnglishWords(s.Text, held)...)
	}
	return append(faults, verifyHanWords(s.Text, held, places)...)
}

// maxShortened is over how many characters of a text two of them may be drawn
// together into one word: 违规 of 违反本法第三十一条规定.
const maxShortened = 12

// verifyHanWords finds the words of a Chinese statement that are not held.
func verifyHanWords(text, held string, places *corpus.Gazetteer) (faults []string) {
	r := readingOf(text, held, places)
	for i := 0; i < len(r.text); i++ {
		if r.how[i] != mannerAlone && r.how[i] != mannerAbsent {
			continue
		}
		// A single tie beside a character that is not held may be of its word: 无人机.
		start, end, absent := i, i, false
		for start > 0 && r.how[start-1] == mannerTied && knownWording().loose[r.text[start-1]] {
			start--
		}
		for end < len(r.text) && (r.unheld(end) || r.how[end] == mannerTied && end+1 < len(r.text) && r.unheld(end+1)) {
			absent = absent || r.how[end] == mannerAbsent
			end++
		}
		if end-i == 1 && start == i && !absent {
			start, end = r.around(i, held)
		}
		if run := r.text[start:end]; absent || !drawnTogether(run, held) && !piecewise(run, held) {
			faults = append(faults, fmt.Sprintf("no quote says “%s”", string(run)))
		}
		i = end
	}
	faults = append(faults, r.verifyModifiers(held)...)
	for _, word := range latinWord.FindAllString(corpus.Fold(text), -1) {
		if !strings.Contains(held, word) && !addresses.MatchString(word) {
			faults = append(faults, fmt.Sprintf("no quote says “%s”", word))
		}
	}
	return faults
}

// wordReading is a statement, or a part of one, with how each character of it is
// borne out.
type wordReading struct {
	text []rune
	how  []manner
}

func readingOf(text, held string, places *corpus.Gazetteer) wordReading {
	read := knownWording().read(text)
	r := wordReading{text: []rune(read)}
	apart := make([]bool, len(r.text))
	for _, f := range corpus.Figures(read) {
		mark(apart, f.Span.Start, f.Span.End)
	}
	for _, m := range places.Find(read) {
		mark(apart, m.Span.Start, m.Span.End)
	}
	r.how = knownWording().manners(r.text, apart, held)
	return r
}

// modifiers are ties that may tell one thing from another: 本国 and 外国, 一线 and 二线.
const modifiers = "本外内上下前后一二三多总"

// verifyModifiers sees that no word of the quotes has got another modifier than it
// has there.
func (r wordReading) verifyModifiers(held string) (faults []string) {
	letters := []rune(held)
	for i := 0; i+2 < len(r.text); i++ {
		if r.how[i] != mannerTied || !strings.ContainsRune(modifiers, r.text[i]) || r.how[i+1] != mannerHeld || r.how[i+2] != mannerHeld || i > 0 && r.how[i-1] == mannerTied && !knownWording().ties[string(r.text[i-1])] {
			continue
		}
		found, free := false, false
		for j := 1; j+1 < len(letters); j++ {
			if letters[j] == r.text[i+1] && letters[j+1] == r.text[i+2] {
				found = true
				free = free || !strings.ContainsRune(modifiers, letters[j-1]) || letters[j-1] == r.text[i]
			}
		}
		if found && !free {
			faults = append(faults, fmt.Sprintf("no quote says “%s”", string(r.text[i:i+3])))
		}
	}
	return faults
}

// unheld reports whether a character's word is not borne out.
func (r wordReading) unheld(i int) bool { return r.how[i] == mannerAlone || r.how[i] == mannerAbsent }

// around widens a single character by a neighbour with which it may be one word.
func (r wordReading) around(i int, held string) (from, to int) {
	if i > 0 && r.how[i-1] == mannerHeld {
		if i+1 < len(r.text) && r.how[i+1] == mannerHeld && drawnTogether(r.text[i:i+2], held) {
			return i, i + 2
		}
		return i - 1, i + 1
	}
	if i+1 < len(r.text) && r.how[i+1] == mannerHeld {
		return i, i + 2
	}
	return i, i + 1
}

// drawnTogether reports whether characters stand in the held text in their order
// and close to one another.
func drawnTogether(run []rune, held string) bool {
	letters := []rune(held)
	for at, r := range letters {
		if r != run[0] {
			continue
		}
		next := 1
		for j := at + 1; j < min(len(letters), at+maxShortened) && next < len(run) && letters[j] != '\n'; j++ {
			if letters[j] == run[next] {
				next++
			}
		}
		if next == len(run) {
			return true
		}
	}
	return false
}

// piecewise reports whether a run is several words, each of which is drawn together
// of the held text: 业委会物业 of 业主委员会 and 物业服务企业.
func piecewise(run []rune, held string) bool {
	for n := len(run) - 2; n >= 2; n-- {
		if drawnTogether(run[:n], held) && (drawnTogether(run[n:], held) || piecewise(run[n:], held)) {
			return true
		}
	}
	return false
}

// latinWord matches words of Latin letters in folded Chinese prose; shorter ones
// are units.
var latinWord = regexp.MustCompile(`[a-z]{4,}`)
