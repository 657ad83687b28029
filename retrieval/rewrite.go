package retrieval

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"policykb/corpus"
)

// Rewriter makes a question whole that leans on the conversation before it. A
// language model's writer may be one. What it returns is only a question: answers
// rest on passages alone.
type Rewriter interface {
	Rewrite(ctx context.Context, question string, history []Turn) (string, error)
}

// Bounds on what of a conversation is put to a rewriter, and on its time.
const (
	rewrittenTurns     = 6
	rewrittenTurnRunes = 300
	rewriteTime        = 8 * time.Second
)

// rewrite lets the language model make a follow-up whole where the rules are not
// sure. What it returns is taken only where it names nothing that was not named
// before; else, and where it fails, the rules' reading stands, with a warning.
func (s *Service) rewrite(ctx context.Context, r Request) (Request, []Warning) {
	rewriter, ok := s.config.LLM.(Rewriter)
	if !ok || r.Mode == ModeExtractive || !s.extractive.unsure(r.Question, r.History) {
		return r, nil
	}
	limit := rewriteTime
	if s.config.AskTimeout > 0 {
		limit = min(limit, s.config.AskTimeout/4)
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	whole, err := rewriter.Rewrite(limited, r.Question, recent(r.History))
	whole = strings.Join(strings.Fields(whole), " ")
	switch {
	case err != nil:
		return r, []Warning{{Code: "rewrite_failed", Detail: "the question was read without the language model: " + err.Error()}}
	case checkQuestion(whole) != nil || !s.saidBefore(whole, r):
		return r, []Warning{{Code: "rewrite_failed", Detail: "the question was read without the language model, whose wording named what had not been spoken of"}}
	}
	r.rewritten = whole
	return r, nil
}

// recent is the end of a conversation, its turns shortened.
func recent(history []Turn) []Turn {
	last := make([]Turn, 0, rewrittenTurns)
	for _, turn := range history[max(0, len(history)-rewrittenTurns):] {
		if utf8.RuneCountInString(turn.Content) > rewrittenTurnRunes {
			turn.Content = string([]rune(turn.Content)[:rewrittenTurnRunes]) + "…"
		}
		last = append(last, turn)
	}
	return last
}

// unsure reports whether a question points back at the conversation and the rules
// find nothing there to put in its place.
func (in interpreter) unsure(asked string, history []Turn) bool {
	folded := corpus.Fold(asked)
	if len(history) == 0 || !anaphora.MatchString(folded) && !followUp.MatchString(folded) {
		return false
	}
	whole := in.whole(asked, history)
	return whole == asked || anaphora.MatchString(corpus.Fold(whole)) && len(in.places.Find(whole)) == 0 && len(titlesIn([]rune(whole))) == 0
}

// saidBefore reports whether every figure, place and title of a question stands in
// the request or its history.
func (s *Service) saidBefore(whole string, r Request) bool {
	said := r.Question
	for _, turn := range r.History {
		said += "\n" + turn.Content
	}
	figures := corpus.Figures(said)
	for _, claim := range corpus.Figures(whole) {
		found := false
		for _, f := range figures {
			found = found || corpus.Supports(f, claim)
		}
		if !found {
			return false
		}
	}
	named := make(map[string]bool)
	for _, m := range s.extractive.places.Find(said) {
		named[m.Place.Name] = true
	}
	for _, m := range s.extractive.places.Find(whole) {
		if !named[m.Place.Name] {
			return false
		}
	}
	for _, title := range titlesIn([]rune(whole)) {
		if !strings.Contains(squeeze(corpus.Fold(said)), squeeze(corpus.Fold(title))) {
			return false
		}
	}
	return true
}
