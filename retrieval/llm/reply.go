package llm

import (
	"encoding/json"
	"strings"
)

// Bounds on one reply.
const (
	maxStatements     = 24
	maxStatementRunes = 600
	maxStatementBytes = 32 << 10
)

// namedStatement is a statement as the model wrote it.
type namedStatement struct {
	Text   string       `json:"text"`
	Quotes []namedQuote `json:"quotes"`
}

// namedQuote is the words the model says stand in a passage.
type namedQuote struct {
	Passage int    `json:"passage"`
	Words   string `json:"words"`
}

// replyReader reads a reply as it arrives and gives each statement as soon as its
// closing brace is there. It looks for the objects alone, so that a list around
// them, a fence of ``` or a sentence before them does no harm, nor does the
// reasoning that some models put before their reply between <think> marks.
type replyReader struct {
	buffer   []byte // from the outermost open brace on
	open     []int  // where each open brace stands in the buffer
	inString bool
	escaped  bool
	think    thinking
	found    int  // statements
	empty    bool // the model said that it has none
}

// write takes in more of the reply and returns the statements that it completes.
func (r *replyReader) write(chunk string) []namedStatement {
	var whole []namedStatement
	for _, c := range []byte(r.think.strip(chunk)) {
		if s, ok := r.next(c); ok && r.found < maxStatements {
			r.found++
			whole = append(whole, s)
		}
	}
	return whole
}

// next takes in one byte.
func (r *replyReader) next(c byte) (s namedStatement, complete bool) {
	if len(r.open) == 0 && c != '{' {
		return s, false
	}
	r.buffer = append(r.buffer, c)
	switch {
	case r.inString && r.escaped:
		r.escaped = false
	case r.inString && c == '\\':
		r.escaped = true
	case r.inString && c == '\n':
		r.reset() // no JSON string holds one: the braces were prose
	case c == '"':
		r.inString = !r.inString
	case r.inString:
	case c == '{':
		r.open = append(r.open, len(r.buffer)-1)
	case c == '}':
		s, complete = r.closeBrace()
	}
	if n := len(r.open); n > 0 && len(r.buffer)-r.open[n-1] > maxStatementBytes {
		r.reset()
	}
	return s, complete
}

// closeBrace ends the innermost object and reports whether it is a statement.
func (r *replyReader) closeBrace() (namedStatement, bool) {
	last := len(r.open) - 1
	start := r.open[last]
	r.open = r.open[:last]
	var object struct {
		Text       string            `json:"text"`
		Quotes     []namedQuote      `json:"quotes"`
		Statements []json.RawMessage `json:"statements"`
	}
	err := json.Unmarshal(r.buffer[start:], &object)
	if last == 0 {
		defer r.reset()
	}
	if err != nil {
		return namedStatement{}, false
	}
	r.empty = r.empty || r.found == 0 && object.Statements != nil && len(object.Statements) == 0
	if strings.TrimSpace(object.Text) == "" {
		return namedStatement{}, false
	}
	r.buffer = append(r.buffer[:start], "null"...) // it need not be read again
	return namedStatement{object.Text, object.Quotes}, true
}

func (r *replyReader) reset() {
	r.buffer, r.open, r.inString, r.escaped = r.buffer[:0], r.open[:0], false, false
}

// thinking leaves out what stands between <think> and </think>.
type thinking struct {
	inside bool
	held   string // the beginning of what may be a mark
}

// strip returns what of a chunk is reply.
func (t *thinking) strip(chunk string) string {
	text := t.held + chunk
	t.held = ""
	var out strings.Builder
	for text != "" {
		mark := "<think>"
		if t.inside {
			mark = "</think>"
		}
		before, after, found := strings.Cut(text, mark)
		if !found {
			keep := heldBack(text, mark)
			before, t.held, text = text[:len(text)-keep], text[len(text)-keep:], ""
		} else {
			text = after
		}
		if !t.inside {
			out.WriteString(before)
		}
		if found {
			t.inside = !t.inside
		}
	}
	return out.String()
}

// heldBack is the length of the end of text that may be the beginning of mark.
func heldBack(text, mark string) int {
	for n := min(len(text), len(mark)-1); n > 0; n-- {
		if strings.HasSuffix(text, mark[:n]) {
			return n
		}
	}
	return 0
}
