package llm

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"github.com/tmc/langchaingo/llms"

	"policykb/corpus"
	"policykb/retrieval"
)

// Writer writes statements with a language model. It is safe for concurrent use.
type Writer struct {
	model  *Model
	places *corpus.Gazetteer
	log    *slog.Logger
	counts counts
}

// NewWriter makes a writer. A nil logger logs nothing. No prompt and no reply is
// ever logged.
func NewWriter(m *Model, log *slog.Logger) *Writer {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Writer{model: m, places: corpus.Places(), log: log}
}

// Model names the model.
func (w *Writer) Model() string { return w.model.Name() }

// Counts is what a writer has done since it was made.
type Counts struct {
	Questions, Calls, Failures   int64
	Statements, Mended, Withheld int64
	Elsewhere, Stitched, Nowhere int64 // quotes that were none, by how they failed
	InputTokens, OutputTokens    int64
	Money                        float64 // at the model's price
}

type counts struct {
	questions, calls, failures, statements, mended, withheld atomic.Int64
	elsewhere, stitched, nowhere, input, output              atomic.Int64
}

// Counts returns the counts so far.
func (w *Writer) Counts() Counts {
	c := &w.counts
	used := Usage{Input: int(c.input.Load()), Output: int(c.output.Load())}
	return Counts{
		Questions: c.questions.Load(), Calls: c.calls.Load(), Failures: c.failures.Load(),
		Statements: c.statements.Load(), Mended: c.mended.Load(), Withheld: c.withheld.Load(),
		Elsewhere: c.elsewhere.Load(), Stitched: c.stitched.Load(), Nowhere: c.nowhere.Load(),
		InputTokens: int64(used.Input), OutputTokens: int64(used.Output), Money: w.model.ledger.price.Of(used),
	}
}

// Write implements [retrieval.Writer]. A statement is yielded as soon as the model
// has written it whole and the verifier lets it pass. Those it stops are put to
// the model once more, together, when the reply has ended, and what still does
// not stand up is yielded last, for the caller to withhold.
func (w *Writer) Write(ctx context.Context, q retrieval.Interpretation, passages []retrieval.Passage) iter.Seq2[retrieval.Statement, error] {
	return func(yield func(retrieval.Statement, error) bool) {
		w.counts.questions.Add(1)
		prompt, err := compose(q, passages)
		if err != nil {
			yield(retrieval.Statement{}, err)
			return
		}
		t := &turn{writer: w, library: newLibrary(passages), allowance: w.model.ledger.question(), yield: yield}
		err = t.ask(ctx, prompt)
		if err == nil && len(t.stopped) > 0 {
			err = t.mend(ctx, prompt)
		}
		for _, s := range t.stopped {
			if t.left {
				return
			}
			w.counts.withheld.Add(1)
			t.left = !yield(s.statement, nil)
		}
		if err != nil && !t.left {
			w.counts.failures.Add(1)
			yield(retrieval.Statement{}, fmt.Errorf("%s: %w", w.model.Name(), err))
		}
	}
}

// turn is the writing of one answer.
type turn struct {
	writer    *Writer
	library   *library
	allowance *allowance
	yield     func(retrieval.Statement, error) bool
	left      bool      // the consumer has gone
	stopped   []stopped // by the verifier, to be mended
	passed    []string  // texts of the statements that were yielded
	reply     string    // of the last call
	read      int       // statements in it
	empty     bool      // it says that there are none
}

// stopped is a statement that did not stand up.
type stopped struct {
	statement retrieval.Statement
	fault     fault
}

// ask makes one call and yields what of the reply stands up.
func (t *turn) ask(ctx context.Context, prompt []llms.MessageContent) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		began  = time.Now()
		chunks = make(chan string)
		ended  = make(chan error, 1)
		reader replyReader
		used   Usage
	)
	t.writer.counts.calls.Add(1)
	go func() {
		defer close(chunks)
		var err error
		used, err = t.writer.model.generate(ctx, t.allowance, prompt, func(chunk string) {
			select {
			case chunks <- chunk:
			case <-ctx.Done():
			}
		})
		ended <- err
	}()
	t.reply, t.read, t.empty = "", 0, false
	for chunk := range chunks {
		t.reply += chunk
		for _, s := range reader.write(chunk) {
			t.read++
			if !t.left {
				t.take(s)
			}
			if t.left {
				cancel() // nobody is there to read the rest
			}
		}
	}
	err := <-ended
	t.empty = reader.empty
	t.writer.counts.input.Add(int64(used.Input))
	t.writer.counts.output.Add(int64(used.Output))
	t.writer.log.DebugContext(ctx, "model replied", "model", t.writer.model.Name(), "took", time.Since(began),
		"input_tokens", used.Input, "output_tokens", used.Output, "statements", t.read, "error", err)
	if err == nil && t.read == 0 && !t.empty {
		return fmt.Errorf("%w: it holds no statement", ErrMalformed)
	}
	return err
}

// take makes a statement of what the model wrote, and yields it where it stands up.
func (t *turn) take(named namedStatement) {
	s, faults := t.statement(named)
	if slices.Contains(t.passed, s.Text) {
		return // models repeat themselves
	}
	support, _, reason := retrieval.Verify(s, t.writer.places)
	if support == retrieval.SupportVerified {
		t.writer.counts.statements.Add(1)
		t.passed = append(t.passed, s.Text)
		t.left = !t.yield(s, nil)
		return
	}
	if len(faults) > 0 {
		reason = strings.Join(faults, "; ")
	}
	t.stopped = append(t.stopped, stopped{s, fault{Text: named.Text, Quotes: named.Quotes, Reason: reason}})
}

// statement finds the quotes of what the model wrote.
func (t *turn) statement(named namedStatement) (s retrieval.Statement, faults []string) {
	s.Text = plainSentence(named.Text)
	if len([]rune(s.Text)) > maxStatementRunes {
		faults = append(faults, fmt.Sprintf("the statement is longer than %d characters", maxStatementRunes))
		s.Text = string([]rune(s.Text)[:maxStatementRunes]) + "…"
	}
	if len(named.Quotes) == 0 {
		faults = append(faults, "no quote carries it")
	}
	for _, n := range named.Quotes {
		quote, fault, why := t.library.quote(n)
		switch fault {
		case "":
			if !slices.ContainsFunc(s.Quotes, func(q retrieval.Quote) bool {
				return q.Span == quote.Span && q.Passage.Hit.Passage == quote.Passage.Hit.Passage
			}) {
				s.Quotes = append(s.Quotes, quote)
			}
			continue
		case faultElsewhere:
			t.writer.counts.elsewhere.Add(1)
		case faultStitched:
			t.writer.counts.stitched.Add(1)
		default:
			t.writer.counts.nowhere.Add(1)
		}
		faults = append(faults, why)
	}
	s.Fault = strings.Join(faults, "; ")
	return s, faults
}

// mend gives the model its one chance to put right what was stopped. What it
// leaves as it was stays stopped; a failure of this call takes nothing away from
// what was said before.
func (t *turn) mend(ctx context.Context, prompt []llms.MessageContent) error {
	before := t.stopped
	faults := make([]fault, len(before))
	for i, s := range before {
		faults[i] = s.fault
	}
	amended, err := amend(prompt, t.reply, faults)
	if err != nil {
		return err
	}
	t.stopped = nil
	passed := len(t.passed)
	if err := t.ask(ctx, amended); err != nil {
		t.stopped = before
		if len(t.passed) > 0 && ctx.Err() == nil {
			t.writer.log.WarnContext(ctx, "statements were not mended", "model", t.writer.model.Name(), "error", err)
			return nil
		}
		return err
	}
	mended := len(t.passed) - passed
	t.writer.counts.mended.Add(int64(mended))
	if mended+len(t.stopped) < len(before) { // it gave some up: they stay in view
		t.stopped = append(t.stopped, before[mended+len(t.stopped):]...)
	}
	return nil
}

// plainSentence is a statement's text without what a model should not have put
// there: line breaks, control characters, citation marks.
func plainSentence(text string) string {
	text = citationMark.ReplaceAllString(text, "")
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.Is(unicode.C, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	return strings.Join(strings.Fields(text), " ")
}

// citationMark matches the marks of citations that models put into their text.
var citationMark = regexp.MustCompile(`\[\d{1,2}(?:\s*[,，、]\s*\d{1,2})*\]|【\d{1,2}】`)
