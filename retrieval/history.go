package retrieval

import (
	"regexp"
	"strings"

	"policykb/corpus"
)

var (
	// followUp opens a question that leans on the one before: 那上海呢？
	followUp = regexp.MustCompile(`^(那么|那|还有|换成|如果是|what about|how about|and (for|in)|and )|呢[？?]?$`)
	// anaphora points back at something named before.
	anaphora = regexp.MustCompile(`它|其中|该(政策|办法|条例|措施|文件|市|地|券)|这(个|项|些|份|部)|那(个|项|些|份|部)|上述|前面|刚才|\b(it|its|they|their|that|those|these)\b`)
	// answerFrames are the words around what a follow-up replaces.
	answerFrames = regexp.MustCompile(`^(那么|那|还有|换成|如果是|what about|how about|and for|and in|and)\s*|(的话)?(呢|怎么样|如何)?[？?。!！]*$`)
)

// whole makes a question whole that leans on the conversation before it: a place
// or year it names takes the place of the earlier one (那上海呢？), and one that
// only points back (它的上限是多少？) gets the earlier question's places and titles.
// A question that stands alone is returned as it is.
func (in interpreter) whole(asked string, history []Turn) string {
	previous := ""
	for _, turn := range history {
		if turn.Role == "user" && strings.TrimSpace(turn.Content) != "" {
			previous = in.join(previous, turn.Content)
		}
	}
	return in.join(previous, asked)
}

// join makes asked whole with the question before it.
func (in interpreter) join(previous, asked string) string {
	if previous == "" {
		return asked
	}
	folded := corpus.Fold(asked)
	places := in.places.Find(asked)
	rest := answerFrames.ReplaceAllString(strings.TrimSpace(folded), "")
	if followUp.MatchString(folded) && len([]rune(rest)) <= 12 {
		if len(places) > 0 {
			if replaced, ok := in.replacePlaces(previous, places); ok {
				return replaced
			}
		}
		if year := yearPattern.FindString(folded); year != "" && yearPattern.MatchString(previous) {
			return yearPattern.ReplaceAllString(previous, year)
		}
	}
	if !anaphora.MatchString(folded) && !followUp.MatchString(folded) && (len(places) > 0 || len(titlesIn([]rune(asked))) > 0 || len([]rune(asked)) > 16) {
		return asked
	}
	return in.carry(previous, asked, len(places) > 0)
}

// replacePlaces puts the new places where the previous question had its own.
func (in interpreter) replacePlaces(previous string, places []corpus.Mention) (string, bool) {
	old := in.places.Find(previous)
	if len(old) == 0 {
		return "", false
	}
	var names []string
	for _, p := range places {
		names = append(names, p.Text)
	}
	runes := []rune(previous)
	whole := string(runes[:old[0].Span.Start]) + strings.Join(names, "和") + string(runes[old[len(old)-1].Span.End:])
	if len(old) > 1 { // only when nothing but a conjunction lies between
		between := string(runes[old[0].Span.End:old[len(old)-1].Span.Start])
		if len([]rune(between)) > 3 {
			return "", false
		}
	}
	return whole, true
}

// carry puts before the question what the one before was about: its titles and
// places, and its words of the field.
func (in interpreter) carry(previous, asked string, hasPlace bool) string {
	var about []string
	for _, title := range titlesIn([]rune(previous)) {
		about = append(about, "《"+title+"》")
	}
	skip := make([]bool, len([]rune(previous)))
	for _, m := range in.places.Find(previous) {
		mark(skip, m.Span.Start, m.Span.End)
		if !hasPlace {
			about = append(about, m.Text)
		}
	}
	question := foldEach([]rune(previous))
	for i := 0; i < len(question); {
		n, _ := in.thesaurus.entryAt(question, i)
		if n < 2 || skip[i] {
			i++
			continue
		}
		if word := string(question[i : i+n]); !strings.Contains(asked, word) && wantsOf(word, IntentFact) == nil {
			about = append(about, word)
		}
		i += n
	}
	if len(about) == 0 {
		return asked
	}
	separator := ""
	if languageOf(asked) == "en" {
		separator = " "
	}
	return strings.Join(about, separator) + separator + asked
}
