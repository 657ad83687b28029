package retrieval

import (
	"bufio"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"policykb/corpus"
)

// lexiconText is the built-in lexicon; its head explains the form.
//
//go:embed lexicon.txt
var lexiconText string

// lexicon knows which words of one language may stand for which of the other.
type lexicon struct {
	english map[string][]string // Chinese words, as the verifier reads them, by English phrase of stems
	chinese map[string][]string // English phrases of stems, by Chinese word
	longest int                 // words of the longest English phrase
	firm    map[string]bool     // words and phrases whose absence from the quotes counts
}

// knownLexicon is read once. That it reads without error is tested.
var knownLexicon = sync.OnceValue(func() *lexicon {
	l, err := readLexicon(lexiconText)
	if err != nil {
		panic(err)
	}
	for word, forms := range builtinThesaurus().forms {
		for _, form := range forms {
			if form.Weight >= weightSame && !strings.ContainsFunc(word, isHan) && strings.ContainsFunc(form.Text, isHan) {
				l.add(form.Text, word, false)
			}
		}
	}
	return l
})

func readLexicon(text string) (*lexicon, error) {
	l := &lexicon{english: make(map[string][]string), chinese: make(map[string][]string), firm: make(map[string]bool)}
	lines := bufio.NewScanner(strings.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		line, loose := strings.CutPrefix(line, "~ ")
		chinese, english, found := strings.Cut(line, " : ")
		if !found {
			return nil, fmt.Errorf("lexicon, line %d: it lacks words on one side of “ : ”", n)
		}
		for word := range strings.FieldsSeq(chinese) {
			for phrase := range strings.SplitSeq(english, ",") {
				l.add(word, strings.TrimSpace(phrase), !loose)
			}
		}
	}
	return l, nil
}

func (l *lexicon) add(chinese, english string, firm bool) {
	chinese = knownWording().read(chinese)
	phrase := englishStems(corpus.Fold(english))
	if len(phrase) == 0 || chinese == "" {
		return
	}
	l.longest = max(l.longest, len(phrase))
	key := strings.Join(phrase, " ")
	if firm {
		l.firm[key], l.firm[chinese] = true, true
	}
	if !slices.Contains(l.english[key], chinese) {
		l.english[key] = append(l.english[key], chinese)
	}
	if !slices.Contains(l.chinese[chinese], key) {
		l.chinese[chinese] = append(l.chinese[chinese], key)
	}
}

// englishStems are the stems of the English words of a folded text, in their order.
func englishStems(folded string) (stems []string) {
	for _, w := range englishToken.FindAllString(folded, -1) {
		stems = append(stems, wordStem(w))
	}
	return stems
}

// wordStem is an English word without its common endings.
func wordStem(w string) string {
	w = strings.TrimSuffix(strings.TrimSuffix(w, "'s"), "’s")
	if present := irregular[w]; present != "" {
		w = present
	}
	for _, ending := range []struct{ from, to string }{
		{"ies", "y"}, {"sses", "ss"}, {"ches", "ch"}, {"shes", "sh"}, {"xes", "x"}, {"ing", ""}, {"ed", ""}, {"ly", ""}, {"s", ""},
	} {
		if rest, found := strings.CutSuffix(w, ending.from); found && len(rest) >= 3 && !strings.HasSuffix(w, "ss") {
			w = rest + ending.to
			break
		}
	}
	return strings.TrimSuffix(w, "e")
}

// irregular are past forms without a common ending, by the form.
var irregular = map[string]string{
	"took": "take", "taken": "take", "fell": "fall", "fallen": "fall", "rose": "rise", "risen": "rise", "grew": "grow", "grown": "grow",
	"built": "build", "spent": "spend", "held": "hold", "sold": "sell", "bought": "buy", "began": "begin", "begun": "begin", "paid": "pay",
	"brought": "bring", "led": "lead", "made": "make", "ran": "run", "gave": "give", "given": "give", "chose": "choose", "chosen": "choose",
	"found": "find", "drew": "draw", "drawn": "draw", "wrote": "write", "written": "write", "saw": "see", "seen": "see", "won": "win",
}
