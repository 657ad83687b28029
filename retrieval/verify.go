package retrieval

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"policykb/corpus"
)

// Verify judges whether the quotes of a statement carry it. A statement is
// verified only where
//
//   - every quote is exactly the text at its place in its passage;
//   - every figure and date of the statement stands in a quote, in whatever
//     writing (一千万元 is 1000万元), and no ceiling has become a floor;
//   - every document number, title in 《》, place and Latin name stands in a quote
//     or in what is shown beside it: the document's title, its city and the
//     headings;
//   - its other words stand there too, save those that only tie a sentence
//     together, and the figures stand with what the quote says them of;
//   - what a quote forbids or denies the statement does not allow or assert, nor
//     the other way round; a plan has not become a fact, nor a draft law.
//
// A quote is read with the clause around it: 重复申请补贴 says nothing without the
// 不得 before it.
//
// It knows nothing of who wrote the statement. For an unverified one reason says
// in words what failed.
func Verify(s Statement, places *corpus.Gazetteer) (support Support, checks Checks, reason string) {
	checks = Checks{Quote: CheckExact, Numbers: CheckNone, Dates: CheckNone, Places: CheckNone}
	var faults []string
	switch {
	case s.Fault != "":
		checks.Quote = CheckMismatch
		faults = append(faults, s.Fault)
	case len(s.Quotes) == 0:
		checks.Quote = CheckMismatch
		faults = append(faults, "no quote carries it")
	}
	for _, quote := range s.Quotes {
		if !quote.exact() {
			checks.Quote = CheckMismatch
			faults = append(faults, fmt.Sprintf("“%s” is not the text at its place", abridge(quote.Text, 40)))
		}
	}
	if quotation(s) {
		// The statement is its quotes' own words: what they say it says.
		checks.Numbers, checks.Dates, checks.Places = present(s.Text, places)
		faults = append(faults, verifyCut(s)...)
	} else {
		h := hearingOf(s, places)
		for _, verify := range []func(*Checks) []string{h.verifyFigures, h.verifyNames} {
			faults = append(faults, verify(&checks)...)
		}
		for _, verify := range h.trials() {
			faults = append(faults, verify()...)
		}
	}
	if len(faults) > 0 {
		return SupportUnverified, checks, strings.Join(faults, "; ")
	}
	return SupportVerified, checks, ""
}

// trials are what a statement must stand beside its figures and names.
func (h *hearing) trials() []func() []string {
	if h.foreign() {
		return []func() []string{h.verifyWords, h.verifyStanding, h.verifyPlans, h.verifyNegation, h.verifyLimits, h.verifyHomes, h.verifyPeriods}
	}
	if languageOf(h.statement.Text) != "zh" {
		return []func() []string{h.verifyWords, h.verifyStanding, h.verifyPlans, h.verifyNegation, h.verifyLimits, h.verifySupport, h.verifyHomes}
	}
	return []func() []string{
		h.verifyWords, h.verifyStanding, h.verifyPairs, h.verifySwaps, h.verifyOpposites, h.verifySides, h.verifyBounds, h.verifyPeriods,
		h.verifyCounting, h.verifyDenials, h.verifyDuties, h.verifyScope, h.verifyExceptions, h.verifyOffices, h.verifyRoles, h.verifyLimits, h.verifySupport, h.verifyHomes, h.verifyFates, h.verifyOrder, h.verifyAgents, h.verifyActs,
	}
}

// exact reports whether the quote is the text at its place.
func (q Quote) exact() bool {
	p := q.Passage.Found.Passage
	return q.Text != "" && p.Span.Contains(q.Span) && q.Span.Shift(-p.Span.Start).Of(p.Text) == q.Text
}

// quotation reports whether the statement is nothing but one quote, at most
// without the label or the connective it opens with: 第九条, 而.
func quotation(s Statement) bool {
	words := squeeze(s.Text)
	return words != "" && slices.ContainsFunc(s.Quotes, func(q Quote) bool {
		opening, found := strings.CutSuffix(squeeze(q.Text), words)
		return found && len([]rune(opening)) <= longestOpening && !denies(opening) && !strings.ContainsAny(opening, "超过最多少至低高约近≤≥<>")
	})
}

// longestOpening is the length of the longest label or connective that a
// statement may leave out of its quote: 第一百二十五条.
const longestOpening = 7

// squeeze keeps the letters, digits and the marks that change a figure's meaning.
func squeeze(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("%‰.+-—~～≤≥<>", r) {
			return r
		}
		return -1
	}, text)
}

// present notes which sorts of facts a text has.
func present(text string, places *corpus.Gazetteer) (numbers, dates, named Check) {
	numbers, dates, named = CheckNone, CheckNone, CheckNone
	for _, f := range corpus.Figures(text) {
		if f.Kind == corpus.FigureDate {
			dates = CheckMatch
		} else {
			numbers = CheckMatch
		}
	}
	if len(places.Find(text)) > 0 {
		named = CheckMatch
	}
	return numbers, dates, named
}

// head is what a citation shows beside its quote.
func (q Quote) head() string {
	m, p := q.Passage.Found.Document.Metadata, q.Passage.Found.Passage
	return strings.Join([]string{m.Title, m.City, m.District, m.Issuer, m.DocNumber, strings.Join(p.HeadingPath, "\n")}, "\n")
}

// latinName matches names in Latin letters: capitals, or capitals and digits.
var latinName = regexp.MustCompile(`\b[A-Z][A-Za-z\d]*(?:[-+.]?[A-Za-z\d]+)*`)

// englishName matches a name within an English sentence, or one that opens it and
// owns something.
var englishName = regexp.MustCompile(`[a-z,] ([A-Z][A-Za-z]{2,})|(?:^|[.] )([A-Z][A-Za-z]{2,})['’]s\b`)

// quotedTerm matches a word in quotation marks.
var quotedTerm = regexp.MustCompile(`[“"「]([^“”"「」]{1,20})[”"」]`)

// verifyNames looks for the statement's places, titles, document numbers and
// Latin names in the quotes and what stands beside them.
func (h *hearing) verifyNames(checks *Checks) (faults []string) {
	s, places := h.statement, h.places
	var held, flat strings.Builder
	for _, c := range h.contexts {
		held.WriteString(c.text + "\n" + c.quote.head() + "\n")
	}
	flat.WriteString(squeeze(corpus.Fold(held.String())))
	known := make(map[string]bool)
	for _, m := range places.Find(held.String()) {
		known[m.Place.Name] = true
	}
	for _, m := range places.Find(s.Text) {
		if known[m.Place.Name] {
			if checks.Places == CheckNone {
				checks.Places = CheckMatch
			}
			continue
		}
		checks.Places = CheckMismatch
		faults = append(faults, fmt.Sprintf("no quote names %s", m.Text))
	}
	faults = append(faults, h.verifyOwnPlaces()...)
	stands := func(name string) bool { return strings.Contains(flat.String(), squeeze(corpus.Fold(name))) }
	for _, title := range titlesIn([]rune(s.Text)) {
		if !stands(title) {
			faults = append(faults, fmt.Sprintf("no quote has 《%s》", title))
		}
	}
	for _, m := range quotedTerm.FindAllStringSubmatch(s.Text, -1) {
		if !stands(m[1]) && !h.foreign() {
			faults = append(faults, fmt.Sprintf("no quote has “%s”", m[1]))
		}
	}
	for _, n := range corpus.DocNumbers(s.Text) {
		if !stands(n.Text) {
			faults = append(faults, fmt.Sprintf("no quote has %s", n.Text))
		}
	}
	if languageOf(s.Text) != "zh" {
		if languageOf(held.String()) == "zh" {
			return faults // its names are translated
		}
		for _, m := range englishName.FindAllStringSubmatch(s.Text, -1) {
			if name := m[1] + m[2]; !stands(name) {
				faults = append(faults, fmt.Sprintf("no quote names %s", name))
			}
		}
		return faults
	}
	for _, name := range latinName.FindAllString(s.Text, -1) {
		if !stands(name) {
			faults = append(faults, fmt.Sprintf("no quote names %s", name))
		}
	}
	return faults
}

// verifyOwnPlaces sees that a statement is of the place its quote speaks of: words
// about Beijing in a paper of Qingdao are about Beijing.
func (h *hearing) verifyOwnPlaces() []string {
	said := h.places.Find(h.statement.Text)
	var quoted []corpus.Mention
	for _, c := range h.contexts {
		quoted = append(quoted, h.places.Find(c.text)...)
	}
	if len(said) == 0 || len(quoted) == 0 {
		return nil
	}
	for _, a := range said {
		for _, b := range quoted {
			if liesIn(a.Place, b.Place) || liesIn(b.Place, a.Place) {
				return nil
			}
		}
	}
	return []string{fmt.Sprintf("the quote speaks of %s, not of %s", quoted[0].Text, said[0].Text)}
}

// liesIn reports whether a place is another or lies in it.
func liesIn(a, b *corpus.Place) bool {
	return a.Name == b.Name || a.Parent == b.Name || a.Province == b.Name || a.City() == b.Name
}

// verifyCut sees that words quoted as they stand have not lost what stood before
// them: a denial, or the beginning of a figure.
func verifyCut(s Statement) (faults []string) {
	for _, q := range s.Quotes {
		p := q.Passage.Found.Passage
		if !q.exact() {
			continue
		}
		span := q.Span.Shift(-p.Span.Start)
		before := string([]rune(p.Text)[max(0, span.Start-3):span.Start])
		if cutWords.MatchString(before) {
			faults = append(faults, fmt.Sprintf("“%s” leaves out what stands before it: %s", abridge(q.Text, 40), before))
		}
		for _, f := range corpus.Figures(p.Text) {
			if f.Span.Start < span.Start && span.Start < f.Span.End || f.Span.Start < span.End && span.End < f.Span.End {
				faults = append(faults, fmt.Sprintf("“%s” cuts %s", abridge(q.Text, 40), f.Text))
			}
		}
	}
	return faults
}

// cutWords matches words that change what follows them.
var cutWords = regexp.MustCompile(`(不得|不能|不可|不予|不应|不再|不会|不准|不许|禁止|严禁|无需|无须|尚未|没有|不超过|不低于|不少于|不高于|低于|高于|少于|多于|超过|不足|最高|至少|至多)$`)

var (
	// boundWords deny in form only.
	boundWords = regexp.MustCompile(`不(超过|高于|低于|少于|多于|大于|小于|足|等|限|断|仅|但|论|同|良|动产|特定|定期|可抗力|得(超过|高于|低于|少于|多于))|无(论|人|线|偿|障碍)|未(来|成年)|not (only|more than|less than|exceed(ing)?)|no (more|less|later|fewer) than`)
	denials    = regexp.MustCompile(`不|未|无|并非|绝非|禁止|严禁|拒绝|免(于|予|除|征|收)|除外|没有|\b(not|no|never|none|without|cannot|prohibited|forbidden|except)\b|n't`)
)

// denies reports whether a text forbids or denies something.
func denies(text string) bool {
	return denials.MatchString(boundWords.ReplaceAllString(strings.ToLower(text), ""))
}

// verifyNegation compares, clause by clause, whether the statement denies what
// the quotes assert or asserts what they deny. A clause is compared with the one
// of the quotes that shares most of its words; where none shares half, nothing
// can be said.
func (h *hearing) verifyNegation() (faults []string) {
	s, places := h.statement, h.places
	type line struct {
		runes  []rune
		denies bool
	}
	var held []line
	for _, q := range s.Quotes {
		for _, c := range clausesOf(q.Text) {
			held = append(held, line{[]rune(corpus.Fold(c)), denies(placeless(c, places))})
		}
	}
	for _, clause := range clausesOf(s.Text) {
		claim := []rune(corpus.Fold(clause))
		best, agree, denied := 0.5, true, denies(placeless(clause, places))
		for _, h := range held {
			share := sharedPairs(claim, h.runes)
			if share > best || share == best && h.denies == denied {
				best, agree = share, h.denies == denied
			}
		}
		if !agree {
			faults = append(faults, fmt.Sprintf("“%s” turns round what the quote says", abridge(clause, 40)))
		}
	}
	return faults
}

// clausesOf divides a text into clauses.
func clausesOf(text string) []string {
	runes := []rune(text)
	var clauses []string
	for _, u := range splitUnits(runes, false) {
		for _, c := range u.clauses {
			clauses = append(clauses, string(runes[c.Start:c.End]))
		}
	}
	return clauses
}

// sharedPairs is the share of a's pairs of neighbouring characters that b has.
func sharedPairs(a, b []rune) float64 {
	has := make(map[[2]rune]bool, len(b))
	for i := range len(b) - 1 {
		has[[2]rune{b[i], b[i+1]}] = true
	}
	n, shared := 0, 0
	for i := range len(a) - 1 {
		if !isHan(a[i]) && !isLatin(a[i]) || !isHan(a[i+1]) && !isLatin(a[i+1]) {
			continue
		}
		n++
		if has[[2]rune{a[i], a[i+1]}] {
			shared++
		}
	}
	if n < 3 {
		return 0
	}
	return float64(shared) / float64(n)
}

// abridge shortens a text for a message.
func abridge(text string, length int) string {
	if runes := []rune(text); len(runes) > length {
		return string(runes[:length]) + "…"
	}
	return text
}
