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

// wordingText says how a sentence about a text may be worded; its head explains
// the form.
//
//go:embed wording.txt
var wordingText string

// wording is what the verifier knows of the ways to say the same.
type wording struct {
	canonical   *strings.Replacer
	ties        map[string]bool     // words that add no fact
	telling     map[string]bool     // ties that may tell two things apart
	loose       map[rune]bool       // ties of one character that make words with one another
	same        map[string][]string // by word
	opposite    [][2]string         // one turns round what the other says
	apart       [][2]string         // so too, but one sentence may say both
	longestTie  int                 // in code points
	longestSame int
}

// knownWording is read once. That it reads without error is tested.
var knownWording = sync.OnceValue(func() *wording {
	w, err := readWording(wordingText)
	if err != nil {
		panic(err)
	}
	return w
})

func readWording(text string) (*wording, error) {
	w := &wording{ties: make(map[string]bool), telling: make(map[string]bool), loose: make(map[rune]bool), same: make(map[string][]string)}
	var rewritten [][2]string
	lines := bufio.NewScanner(strings.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		relation, rest, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		switch relation {
		case "", "#", "##":
		case ">":
			from, to, found := strings.Cut(rest, " : ")
			if !found {
				return nil, fmt.Errorf("wording, line %d: it lacks words on one side of “ : ”", n)
			}
			for _, word := range splitWords(from) {
				rewritten = append(rewritten, [2]string{word, corpus.Fold(strings.TrimSpace(to))})
			}
		case "=":
			words := splitWords(rest)
			for _, word := range words {
				w.longestSame = max(w.longestSame, len([]rune(word)))
				for _, other := range words {
					if other != word && !slices.Contains(w.same[word], other) {
						w.same[word] = append(w.same[word], other)
					}
				}
			}
		case "!", "^":
			words := splitWords(rest)
			if len(words) != 2 {
				return nil, fmt.Errorf("wording, line %d: %q names no two words", n, lines.Text())
			}
			if pair := [2]string(words); relation == "!" {
				w.opposite = append(w.opposite, pair)
			} else {
				w.apart = append(w.apart, pair)
			}
		case "-", "+", "~":
			for word := range strings.FieldsSeq(corpus.Fold(rest)) {
				w.ties[word] = true
				w.telling[word] = relation != "-"
				if relation == "+" {
					w.loose[[]rune(word)[0]] = true
				}
				w.longestTie = max(w.longestTie, len([]rune(word)))
			}
		default:
			return nil, fmt.Errorf("wording, line %d: %q begins with none of > = ! ^ - ~ +", n, lines.Text())
		}
	}
	// The longest words first: 不允许 before 允许.
	slices.SortStableFunc(rewritten, func(a, b [2]string) int { return len(b[0]) - len(a[0]) })
	var pairs []string
	for _, r := range rewritten {
		pairs = append(pairs, r[0], r[1])
	}
	w.canonical = strings.NewReplacer(pairs...)
	return w, nil
}

// read is a text folded, with each way of saying the same thing put into one.
func (w *wording) read(text string) string { return w.canonical.Replace(corpus.Fold(text)) }

// tieAt is the length of the longest tie at a place, 0 where none is.
func (w *wording) tieAt(text []rune, at int) int {
	for n := min(w.longestTie, len(text)-at); n > 0; n-- {
		if w.ties[string(text[at:at+n])] {
			return n
		}
	}
	return 0
}

// sameAt is the length of the longest word at a place for which the held text has
// another.
func (w *wording) sameAt(text []rune, at int, held string) int {
	for n := min(w.longestSame, len(text)-at); n > 0; n-- {
		if slices.ContainsFunc(w.same[string(text[at:at+n])], func(other string) bool { return strings.Contains(held, other) }) {
			return n
		}
	}
	return 0
}

// manner is how a character of a statement is borne out.
type manner byte

const (
	mannerNone   manner = iota // no Chinese character
	mannerApart                // a figure or a place, looked for elsewhere
	mannerTied                 // it ties the sentence together
	mannerHeld                 // its word stands in the quotes
	mannerSame                 // another word for its word does
	mannerAlone                // the character stands there, its word does not
	mannerAbsent               // not even the character does
)

// Costs of reading a character, or a word, in a manner. A longer word that is held
// goes before two shorter ones, and every word before single characters.
const (
	costHeld, costSame, costTie, costSingleTie, costAlone, costAbsent = 10, 11, 12, 14, 40, 70
)

// manners says of each character of a statement, read by w.read, how the held text
// bears it out: of all ways to divide the statement into words the one with the
// fewest that are not borne out. apart marks characters that are looked for
// elsewhere.
func (w *wording) manners(text []rune, apart []bool, held string) []manner {
	longest := longestHeld(text, []rune(held))
	cost := make([]int, len(text)+1)
	how := make([]manner, len(text)+1)
	length := make([]int, len(text)+1)
	for i := len(text) - 1; i >= 0; i-- {
		cost[i] = 1 << 30
		take := func(n, c int, m manner) {
			if total := c + cost[i+n]; total < cost[i] {
				cost[i], how[i], length[i] = total, m, n
			}
		}
		switch {
		case apart[i]:
			take(1, 0, mannerApart)
			continue
		case !isHan(text[i]):
			take(1, 0, mannerNone)
			continue
		}
		for n := 2; n <= longest[i]; n++ {
			take(n, costHeld, mannerHeld)
		}
		for n := min(w.longestTie, len(text)-i); n > 0; n-- {
			if w.ties[string(text[i:i+n])] {
				if n == 1 {
					take(n, costSingleTie, mannerTied)
				} else {
					take(n, costTie, mannerTied)
				}
			}
		}
		if n := w.sameAt(text, i, held); n > 0 {
			take(n, costSame, mannerSame)
		}
		if longest[i] > 0 {
			take(1, costAlone, mannerAlone)
		} else {
			take(1, costAbsent, mannerAbsent)
		}
	}
	all := make([]manner, len(text))
	single := func(i int) bool {
		return i < len(text) && all[i] == mannerTied && length[i] == 1 && w.loose[text[i]]
	}
	for i := 0; i < len(text); i += length[i] {
		for j := range length[i] {
			all[i+j] = how[i]
		}
	}
	for i := 0; i < len(text); i += length[i] {
		if next := i + 1; single(i) && single(next) {
			all[i] = mannerAbsent
			for ; single(next); next++ {
				all[next] = mannerAbsent
			}
		}
	}
	return all
}

// longestHeld is, for each character of a text, how many from it on stand together
// in the held text. Marks and white space in the held text do not part words,
// line ends do.
func longestHeld(text, held []rune) []int {
	letters := make([]rune, 0, len(held))
	for _, r := range held {
		if isHan(r) || isLatin(r) || r == '\n' {
			letters = append(letters, r)
		}
	}
	longest := make([]int, len(text)+1)
	below := make([]int, len(letters)+1) // common length at text[i+1:], letters[j:]
	row := make([]int, len(letters)+1)
	for i := len(text) - 1; i >= 0; i-- {
		for j := len(letters) - 1; j >= 0; j-- {
			row[j] = 0
			if text[i] == letters[j] && isHan(text[i]) {
				row[j] = below[j+1] + 1
				longest[i] = max(longest[i], row[j])
			}
		}
		row, below = below, row
	}
	return longest
}
