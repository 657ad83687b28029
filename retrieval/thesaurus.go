package retrieval

import (
	"bufio"
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode"

	"policykb/corpus"
)

// thesaurusText is the built-in thesaurus; its head explains the form.
//
//go:embed thesaurus.txt
var thesaurusText string

// How much a word found through the thesaurus counts beside the user's own,
// which counts 1.
const (
	weightSame    = 0.8 // another name of the same thing
	weightFormal  = 0.6 // the official word for an everyday one
	weightRelated = 0.3 // a hint
)

// Form is a word that can stand for an idea of the question.
type Form struct {
	Text   string // folded
	Weight float64
}

// Thesaurus knows which words of official texts may stand for those of a
// question. It is not changed once read, so it may be used by many at once.
type Thesaurus struct {
	forms   map[string][]Form // by folded word
	longest int               // code points of the longest word
}

// BuiltinThesaurus reads the thesaurus that the program carries.
func BuiltinThesaurus() (*Thesaurus, error) {
	return (&Thesaurus{}).Extend(strings.NewReader(thesaurusText))
}

// builtinThesaurus is read once. That it reads without error is tested.
var builtinThesaurus = sync.OnceValue(func() *Thesaurus {
	t, err := BuiltinThesaurus()
	if err != nil {
		panic(err)
	}
	return t
})

// Extend gives a thesaurus that also knows the entries of r, in the form that
// the head of thesaurus.txt explains. An error names the line.
func (t *Thesaurus) Extend(r io.Reader) (*Thesaurus, error) {
	wider := &Thesaurus{forms: make(map[string][]Form, len(t.forms)+512), longest: t.longest}
	for word, forms := range t.forms {
		wider.forms[word] = slices.Clone(forms)
	}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		if err := wider.entry(lines.Text()); err != nil {
			return nil, fmt.Errorf("thesaurus, line %d: %w", n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read thesaurus: %w", err)
	}
	return wider, nil
}

// entry adds one line.
func (t *Thesaurus) entry(line string) error {
	line = strings.TrimSpace(line)
	if line == "" || strings.HasPrefix(line, "#") {
		return nil
	}
	relation, rest, _ := strings.Cut(line, " ")
	switch relation {
	case "=":
		words := splitWords(rest)
		if len(words) < 2 {
			return fmt.Errorf("%q names fewer than two words", line)
		}
		t.relate(words, words, weightSame)
	case ">", "~":
		from, to, found := strings.Cut(rest, " : ")
		left, right := splitWords(from), splitWords(to)
		if !found || len(left) == 0 || len(right) == 0 {
			return fmt.Errorf("%q lacks words on one side of “ : ”", line)
		}
		weight := weightFormal
		if relation == "~" {
			weight = weightRelated
		}
		t.relate(left, right, weight)
	default:
		return fmt.Errorf("%q begins with none of = > ~", line)
	}
	return nil
}

func splitWords(s string) []string {
	var words []string
	for word := range strings.SplitSeq(s, "|") {
		if word = corpus.Fold(strings.TrimSpace(word)); word != "" {
			words = append(words, word)
		}
	}
	return words
}

// relate lets each word on the left find those on the right.
func (t *Thesaurus) relate(left, right []string, weight float64) {
	for _, from := range left {
		t.longest = max(t.longest, len([]rune(from)))
		for _, to := range right {
			if from == to {
				continue
			}
			known := slices.IndexFunc(t.forms[from], func(f Form) bool { return f.Text == to })
			if known < 0 {
				t.forms[from] = append(t.forms[from], Form{to, weight})
			} else {
				t.forms[from][known].Weight = max(t.forms[from][known].Weight, weight)
			}
		}
	}
}

// Forms returns what may stand for a folded word, without the word itself.
func (t *Thesaurus) Forms(word string) []Form { return t.forms[word] }

// entryAt returns the length in code points of the longest word of the thesaurus
// that begins at text[at], and its forms; 0 where none does. English words
// begin and end at word boundaries and may be in the plural.
func (t *Thesaurus) entryAt(text []rune, at int) (int, []Form) {
	latin := isLatin(text[at])
	if latin && at > 0 && isLatin(text[at-1]) {
		return 0, nil
	}
	for n := min(t.longest, len(text)-at); n > 0; n-- {
		end := at + n
		if isLatin(text[end-1]) && end < len(text) && isLatin(text[end]) {
			continue
		}
		word := string(text[at:end])
		if forms, ok := t.forms[word]; ok {
			return n, forms
		}
		if latin {
			if forms, ok := t.forms[singular(word)]; ok {
				return n, forms
			}
		}
	}
	return 0, nil
}

// singular takes the mark of the plural from an English word.
func singular(word string) string {
	switch {
	case strings.HasSuffix(word, "ies") && len(word) > 4:
		return word[:len(word)-3] + "y"
	case strings.HasSuffix(word, "ss") || len(word) < 4:
		return word
	case strings.HasSuffix(word, "s"):
		return word[:len(word)-1]
	}
	return word
}

// isLatin reports whether a folded rune belongs to a word or number that is
// written without spaces inside: Latin letters and digits.
func isLatin(r rune) bool {
	return r < 0x2E80 && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// isHan reports whether a rune is a Han character.
func isHan(r rune) bool { return unicode.Is(unicode.Han, r) }
