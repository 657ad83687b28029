package llm

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// ErrOverBudget marks a call that was not made because it might have cost more
// than is left.
var ErrOverBudget = errors.New("over the language model's budget")

// Budget bounds what questions may cost. A zero field is no bound.
type Budget struct {
	QuestionTokens, DayTokens int
	QuestionMoney, DayMoney   float64 // in the currency of the price
}

// ParseBudget reads bounds as 20000/question, 1000000/day, $0.02/question, $5/day,
// separated by commas. The sign of a currency marks money.
func ParseBudget(text string) (Budget, error) {
	var b Budget
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		amount, per, ok := strings.Cut(part, "/")
		number := strings.TrimLeft(amount, "$¥€£")
		value, err := strconv.ParseFloat(number, 64)
		money := number != amount
		if !ok || err != nil || value <= 0 || value > 1e15 || per != "question" && per != "day" {
			return Budget{}, fmt.Errorf("budget %q: say 20000/question or 1000000/day for tokens, $0.02/question or $5/day for money", part)
		}
		switch {
		case money && per == "question":
			b.QuestionMoney = value
		case money:
			b.DayMoney = value
		case per == "question":
			b.QuestionTokens = int(value)
		default:
			b.DayTokens = int(value)
		}
	}
	return b, nil
}

// Price is what a million tokens cost.
type Price struct {
	Input, Output float64
}

// ParsePrice reads a price as INPUT/OUTPUT, each for a million tokens: 0.15/0.60.
func ParsePrice(text string) (Price, error) {
	if text == "" {
		return Price{}, nil
	}
	input, output, ok := strings.Cut(text, "/")
	in, errIn := strconv.ParseFloat(strings.TrimLeft(input, "$¥€£"), 64)
	out, errOut := strconv.ParseFloat(strings.TrimLeft(output, "$¥€£"), 64)
	if !ok || errIn != nil || errOut != nil || in < 0 || out < 0 {
		return Price{}, fmt.Errorf("price %q: say what a million tokens of input and of output cost, as 0.15/0.60", text)
	}
	return Price{in, out}, nil
}

// Of is what a usage costs.
func (p Price) Of(u Usage) float64 {
	return (float64(u.Input)*p.Input + float64(u.Output)*p.Output) / 1e6
}

// ledger keeps what has been spent today, in this process.
type ledger struct {
	budget Budget
	price  Price
	now    func() time.Time

	mu     sync.Mutex
	day    string
	tokens int
	money  float64
}

// allowance is what one question may still spend.
type allowance struct {
	ledger *ledger
	spent  Usage
}

// question opens an allowance for one question.
func (l *ledger) question() *allowance { return &allowance{ledger: l} }

// reserve takes what a call may cost at most out of the budgets, or says which
// one it would break. Each success must be followed by settle with the same
// expectation.
func (a *allowance) reserve(expected Usage) error {
	l := a.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	if today := l.now().Format(time.DateOnly); today != l.day {
		l.day, l.tokens, l.money = today, 0, 0
	}
	tokens, money := expected.Total(), l.price.Of(expected)
	for _, bound := range []struct {
		what         string
		spent, limit float64
	}{
		{"tokens for this question", float64(a.spent.Total() + tokens), float64(l.budget.QuestionTokens)},
		{"tokens for today", float64(l.tokens + tokens), float64(l.budget.DayTokens)},
		{"money for this question", l.price.Of(a.spent) + money, l.budget.QuestionMoney},
		{"money for today", l.money + money, l.budget.DayMoney},
	} {
		if bound.limit > 0 && bound.spent > bound.limit {
			return fmt.Errorf("%w: the call may bring the %s to %.6g, and %.6g are allowed", ErrOverBudget, bound.what, bound.spent, bound.limit)
		}
	}
	l.tokens += tokens
	l.money += money
	return nil
}

// settle puts what the call did cost in the place of what was expected.
func (a *allowance) settle(expected, actual Usage) {
	l := a.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	a.spent.Input += actual.Input
	a.spent.Output += actual.Output
	l.tokens = max(0, l.tokens+actual.Total()-expected.Total())
	l.money = max(0, l.money+l.price.Of(actual)-l.price.Of(expected))
}

// estimateTokens is an upper estimate of the tokens of a text: one for each
// character that is not Latin, one for three bytes that are.
func estimateTokens(text string) int {
	latin, others := 0, 0
	for _, r := range text {
		if r < 0x250 {
			latin++
		} else {
			others++
		}
	}
	return others + (latin+2)/3
}
