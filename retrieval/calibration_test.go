package retrieval_test

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"

	"policykb/corpus"
	"policykb/retrieval"
	"policykb/retrieval/evaluate"
)

// The weights of evidence and of doubt are fitted here:
//
//	go test ./retrieval -run Calibrate -calibrate -v
//
// reads the shared policies and questions, fits both sets of weights and prints
// them, with the accuracy on the questions they were fitted on, five-fold, and on
// the held-out third, which nothing is ever fitted on. The printed structs go into
// evidence.go and abstain.go by hand.
var calibrate = flag.Bool("calibrate", false, "fit the weights of evidence and doubt and print them")

// sharedData is the folder of policies and questions, or skips the test.
func sharedData(t testing.TB) string {
	t.Helper()
	dir := cmp.Or(os.Getenv("POLICYKB_SHARED"), filepath.Join("..", "..", "shared"))
	if _, err := os.Stat(filepath.Join(dir, "policies")); err != nil {
		t.Skipf("the shared policies and questions are not at %s; set POLICYKB_SHARED", dir)
	}
	return dir
}

// choice is a question with the units to choose from and which of them answer it.
type choice struct {
	units  [][]float64
	right  []bool
	weight float64
	domain bool // about policies, not the encyclopaedia
}

// verdict is a question with what speaks for its best unit, and whether it has
// an answer.
type verdict struct {
	features   []float64
	answerable bool
	weight     float64
	real       bool // as asked, not one whose answer was taken away
	ruled      bool // declined by rule, whatever the weights
}

func newVerdict(d retrieval.Doubt, answerable bool, weight float64, real bool) verdict {
	return verdict{d.Vector(), answerable, weight, real, d.Probability() == 0}
}

// bare is a text without what is no letter or digit.
func bare(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '%' {
			return corpus.FoldRune(r)
		}
		return -1
	}, text)
}

// answers reports whether a unit is evidence for the question.
func answers(u retrieval.WeighedUnit, q evaluate.Question) bool {
	unit := bare(u.Text)
	return slices.ContainsFunc(q.Evidence, func(e evaluate.Evidence) bool {
		quote := bare(e.Quote)
		return u.Document.Original.Name == e.File && len(unit) >= 6 && quote != "" &&
			(strings.Contains(unit, quote) || strings.Contains(quote, unit) && len([]rune(unit)) >= 8)
	})
}

// examples asks every question as it stands, of a city nothing is known of, and
// with the documents that answer it away.
func examples(t *testing.T, s *retrieval.Service, questions []evaluate.Question, weight float64, domain bool) (choices []choice, verdicts []verdict) {
	weigh := func(question string, away map[corpus.DocumentID]bool) ([]retrieval.WeighedUnit, retrieval.Doubt, retrieval.Interpretation) {
		units, doubt, in, err := s.Weigh(context.Background(), question, corpus.Filter{}, away)
		if err != nil {
			t.Fatalf("%s: %v", question, err)
		}
		return units, doubt, in
	}
	for _, q := range questions {
		units, doubt, in := weigh(q.Question, nil)
		if len(in.Subjects) > 1 || len(units) == 0 {
			continue
		}
		c := choice{weight: weight, domain: domain}
		if q.Type == evaluate.TypeList {
			c.weight *= 2 // few, and hard
		}
		holders := make(map[corpus.DocumentID]bool)
		for _, u := range units {
			right := answers(u, q)
			c.units, c.right = append(c.units, u.Features.Vector()), append(c.right, right)
			if slices.ContainsFunc(q.Evidence, func(e evaluate.Evidence) bool { return e.File == u.Document.Original.Name }) {
				holders[u.Document.ID] = true
			}
		}
		choices = append(choices, c)
		switch {
		case !q.Answerable():
			verdicts = append(verdicts, newVerdict(doubt, false, 2*weight, true))
			continue
		case c.right[0]:
			verdicts = append(verdicts, newVerdict(doubt, true, weight, true))
		default: // answering wrongly is no better than declining
			verdicts = append(verdicts, newVerdict(doubt, true, 0.3*weight, true))
		}
		if mentions := corpus.Places().Find(q.Question); len(in.Cities) == 1 && len(mentions) > 0 {
			runes, at := []rune(q.Question), mentions[0].Span
			for _, city := range []string{"大同", "桂林", "兰州"} {
				_, doubt, _ := weigh(string(runes[:at.Start])+city+string(runes[at.End:]), nil)
				verdicts = append(verdicts, newVerdict(doubt, false, 0.1*weight, false))
			}
		}
		if left, doubt, _ := weigh(q.Question, holders); len(left) > 0 && !holdsKeys(left, q) {
			verdicts = append(verdicts, newVerdict(doubt, false, 0.35*weight, false))
		}
	}
	return choices, verdicts
}

// holdsKeys reports whether one of the best units holds all of the answer's keys
// although the document named as evidence is away.
func holdsKeys(units []retrieval.WeighedUnit, q evaluate.Question) bool {
	return slices.ContainsFunc(units[:min(3, len(units))], func(u retrieval.WeighedUnit) bool {
		return !slices.ContainsFunc(q.AnswerKeys, func(key string) bool { return !strings.Contains(bare(u.Text), bare(key)) })
	})
}

func dot(a, b []float64) (sum float64) {
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}

// firstRight is the share of questions whose best unit answers, of those that
// have such a unit at all.
func firstRight(choices []choice, weights []float64) string {
	right, n := 0, 0
	for _, c := range choices {
		if !slices.Contains(c.right, true) {
			continue
		}
		best := 0
		for i := range c.units {
			if dot(c.units[i], weights) > dot(c.units[best], weights) {
				best = i
			}
		}
		n++
		if c.right[best] {
			right++
		}
	}
	return fmt.Sprintf("%.3f of %d", float64(right)/float64(max(1, n)), n)
}

// descend minimises by Adam (Kingma and Ba 2015) with a pull towards the start.
func descend(start []float64, pull, rate float64, steps int, gradient func(w, into []float64)) []float64 {
	w := slices.Clone(start)
	m, v := make([]float64, len(w)), make([]float64, len(w))
	for step := 1; step <= steps; step++ {
		g := make([]float64, len(w))
		for i := range w {
			g[i] = pull * (w[i] - start[i])
		}
		gradient(w, g)
		for i := range w {
			m[i] = 0.9*m[i] + 0.1*g[i]
			v[i] = 0.999*v[i] + 0.001*g[i]*g[i]
			w[i] -= rate * (m[i] / (1 - math.Pow(0.9, float64(step)))) / (math.Sqrt(v[i]/(1-math.Pow(0.999, float64(step)))) + 1e-8)
		}
	}
	return w
}

// fitEvidence finds the weights under which units that answer come first: softmax
// cross-entropy over the units of each question.
func fitEvidence(choices []choice, start []float64) []float64 {
	return descend(start, 1, 0.05, 400, func(w, g []float64) {
		for _, c := range choices {
			top, all, right := math.Inf(-1), 0.0, 0.0
			p := make([]float64, len(c.units))
			for i, u := range c.units {
				p[i] = dot(u, w)
				top = max(top, p[i])
			}
			for i := range p {
				p[i] = math.Exp(p[i] - top)
				all += p[i]
				if c.right[i] {
					right += p[i]
				}
			}
			if right == 0 {
				continue
			}
			for i, u := range c.units {
				excess := p[i] / all
				if c.right[i] {
					excess -= p[i] / right
				}
				for k := range u {
					g[k] += c.weight * excess * u[k]
				}
			}
		}
	})
}

// fitDoubt fits the logistic regression; the last weight is the bias.
func fitDoubt(verdicts []verdict, start []float64) []float64 {
	return descend(start, 0.5, 0.03, 1500, func(w, g []float64) {
		for _, d := range verdicts {
			if d.ruled {
				continue
			}
			excess := probability(d, w)
			if d.answerable {
				excess--
			}
			for i, v := range d.features {
				g[i] += d.weight * excess * v
			}
			g[len(g)-1] += d.weight * excess
		}
	})
}

func probability(d verdict, w []float64) float64 {
	if d.ruled {
		return 0
	}
	return 1 / (1 + math.Exp(-dot(d.features, w)-w[len(w)-1]))
}

// report prints how the doubt tells real questions apart: the area under the ROC
// curve, and what each threshold declines.
func report(t *testing.T, name string, verdicts []verdict, w []float64) {
	wins, pairs := 0.0, 0.0
	for _, a := range verdicts {
		for _, b := range verdicts {
			if a.real && b.real && a.answerable && !b.answerable {
				pairs++
				switch d := probability(a, w) - probability(b, w); {
				case d > 0:
					wins++
				case d == 0:
					wins += 0.5
				}
			}
		}
	}
	t.Logf("doubt, %s: AUROC %.3f", name, wins/max(1, pairs))
	for _, threshold := range []float64{0.1, 0.15, 0.2, 0.3, 0.4, 0.5} {
		var n, declined [2]int
		for _, d := range verdicts {
			if !d.real {
				continue
			}
			side := 0
			if d.answerable {
				side = 1
			}
			n[side]++
			if probability(d, w) < threshold {
				declined[side]++
			}
		}
		t.Logf("  below %.2f: declines %d of %d unanswerable, %d of %d answerable", threshold, declined[0], n[0], declined[1], n[1])
	}
}

// show prints weights as the struct they belong in.
func show[T any](t *testing.T, weights []float64) {
	var fields []string
	for i, field := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		if field.Type.Kind() == reflect.Float64 {
			fields = append(fields, fmt.Sprintf("%s: %.2f", field.Name, weights[i]))
		}
	}
	t.Logf("%s{%s}", reflect.TypeFor[T]().Name(), strings.Join(fields, ", "))
}

func TestCalibrate(t *testing.T) {
	if !*calibrate {
		t.Skip("run with -calibrate to fit the weights")
	}
	dir := sharedData(t)
	service := func(files ...string) *retrieval.Service {
		l := addFiles(t, files...)
		return retrieval.New(retrieval.Config{Catalogue: l.catalogue, Index: l.index})
	}
	read := func(name string) []evaluate.Question {
		set, err := evaluate.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return set.Questions
	}
	files, err := filepath.Glob(filepath.Join(dir, "policies", "[0-9]*"))
	if err != nil {
		t.Fatal(err)
	}
	var fitted, held []evaluate.Question
	for _, q := range slices.Concat(read(filepath.Join(dir, "eval", "policy_questions.jsonl")), read("evaluate/questions/policies.jsonl")) {
		if q.Split == "heldout" {
			held = append(held, q)
		} else {
			fitted = append(fitted, q)
		}
	}
	policies := service(files...)
	choices, verdicts := examples(t, policies, fitted, 1, true)
	heldChoices, heldVerdicts := examples(t, policies, held, 1, true)
	article := service(filepath.Join(dir, "seed", "qingdao-ai-opportunities.txt"))
	c, v := examples(t, article, read(filepath.Join(dir, "eval", "seed_questions.jsonl")), 0.5, true)
	choices, verdicts = append(choices, c...), append(verdicts, v...)
	c, kept, v := encyclopaedia(t, dir, service)
	choices, verdicts = append(choices, c...), append(verdicts, v...)

	start := retrieval.EvidenceWeights.Vector()
	domain := slices.DeleteFunc(slices.Clone(choices), func(c choice) bool { return !c.domain })
	weights := fitEvidence(choices, start)
	for name, w := range map[string][]float64{"before": start, "after": weights} {
		t.Logf("best unit answers, %s: policies %s, held out %s, CMRC fitted to %s, kept %s", name, firstRight(domain, w), firstRight(heldChoices, w), firstRight(c, w), firstRight(kept, w))
	}
	for fold := range 5 {
		var train, test []choice
		for i, c := range choices {
			if i%5 == fold && c.domain {
				test = append(test, c)
			} else {
				train = append(train, c)
			}
		}
		t.Logf("  fold %d: %s", fold, firstRight(test, fitEvidence(train, start)))
	}
	show[retrieval.Features](t, weights)

	doubt := append(retrieval.AnswerWeights.Vector(), retrieval.AnswerBias)
	report(t, "before, fitted on", verdicts, doubt)
	report(t, "before, held out", heldVerdicts, doubt)
	doubt = fitDoubt(verdicts, doubt)
	report(t, "after, fitted on", verdicts, doubt)
	report(t, "after, held out", heldVerdicts, doubt)
	show[retrieval.Doubt](t, doubt)
	t.Logf("bias %.2f", doubt[len(doubt)-1])
}

// encyclopaedia makes examples of CMRC 2018, which keep the weights from fitting the
// style of policies alone: each question put to its own text. Those that are held out
// are kept apart. 400 of the others are put to all texts, for the doubt.
func encyclopaedia(t *testing.T, dir string, service func(...string) *retrieval.Service) (fitted, kept []choice, verdicts []verdict) {
	f, err := os.Open(filepath.Join(dir, "eval", "cmrc2018", "dev.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	set, err := evaluate.ReadSQuAD(f)
	if err != nil {
		t.Fatal(err)
	}
	texts := t.TempDir()
	var files []string
	for _, c := range set.Contexts {
		name := filepath.Join(texts, c.Name)
		if err := os.WriteFile(name, []byte(c.Text), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, name)
	}
	s := service(files...)
	ids, err := s.IDs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var some []evaluate.Question
	for i, q := range set.Questions {
		c := alone(t, s, q, ids[q.Evidence[0].File])
		if q.Split == evaluate.HeldOut {
			kept = append(kept, c)
			continue
		}
		fitted = append(fitted, c)
		if i%4 == 0 {
			some = append(some, q)
		}
	}
	_, verdicts = examples(t, s, some, 0.24, false)
	for i := range verdicts {
		verdicts[i].real = false
	}
	return fitted, kept, verdicts
}

// alone asks a question of one document.
func alone(t *testing.T, s *retrieval.Service, q evaluate.Question, id corpus.DocumentID) choice {
	units, _, _, err := s.Weigh(t.Context(), q.Question, corpus.Filter{DocumentID: []corpus.DocumentID{id}}, nil)
	if err != nil {
		t.Fatalf("%s: %v", q.Question, err)
	}
	c := choice{weight: 0.15}
	for _, u := range units {
		c.units, c.right = append(c.units, u.Features.Vector()), append(c.right, answers(u, q))
	}
	return c
}
