package metadata

import (
	"regexp"
	"slices"
	"strings"

	"policykb/corpus"
)

// A title with the number or day that may follow it, and several of them.
const (
	namedText  = `《[^《》\n]+(?:《[^《》\n]+》[^《》\n]*)*》(?:\s*[（(][^（）()\n]*[）)])?`
	namedTexts = namedText + `(?:\s*(?:、|和|及|以及|，)\s*` + namedText + `)*`
)

var (
	// 《…条例》同时废止; 原《…办法》（…〔2019〕3号）自本办法施行之日起废止.
	endsWithRepeal = regexp.MustCompile(`(` + namedTexts + `)(?:等[^，。；《》\n]{0,12})?，?(?:自[^，。；《》\n]{1,24}(?:起|时))?，?(?:同时|即行|自行|随即|一并|相应|均|全部)?(?:予以)?废止`)
	// 废止《…》, 决定废止《…》.
	beginsWithRepeal = regexp.MustCompile(`(?:^|[，。；：\n]|决定|同时|即日起)废止(` + namedTexts + `)`)
	oneNamedText     = regexp.MustCompile(namedText)
	// Of what may come to be repealed.
	notRepealed = regexp.MustCompile(`(?:不得|不予|不再|修改或者|修订或者|清理|建议|拟)废止`)
)

// repealing are the kinds of texts that can repeal another; news and digests only
// tell of it.
var repealing = []corpus.Kind{corpus.KindUnknown, corpus.KindRegulation, corpus.KindMeasures, corpus.KindPlan, corpus.KindOpinion, corpus.KindNotice}

// Repeals gives what a text says it repeals, each title once: 本条例自2021年3月1日起施行。
// 《浙江省信息化促进条例》同时废止. A draft repeals nothing yet, nor does a text of a
// kind that has no such power.
func Repeals(text string, m corpus.Metadata) []corpus.Repeal {
	if m.Status == corpus.StatusDraft || !slices.Contains(repealing, m.Kind) || !strings.Contains(text, "废止") {
		return nil
	}
	var repeals []corpus.Repeal
	add := func(start, end int) {
		for _, place := range oneNamedText.FindAllStringIndex(text[start:end], -1) {
			named := text[start+place[0] : start+place[1]]
			closing := strings.LastIndex(named, "》")
			title := strings.TrimSpace(named[len("《"):closing])
			if title == "" || title == m.Title || slices.ContainsFunc(repeals, func(r corpus.Repeal) bool { return r.Title == title }) {
				continue
			}
			opens := start + place[0] + len("《")
			r := corpus.Repeal{Title: title, Span: corpus.Span{Start: corpus.CodePoints(text[:opens])}}
			r.Span.End = r.Span.Start + corpus.CodePoints(title)
			if numbers := corpus.DocNumbers(named[closing:]); len(numbers) > 0 {
				r.Number = numbers[0].Text
			}
			repeals = append(repeals, r)
		}
	}
	for _, form := range []*regexp.Regexp{endsWithRepeal, beginsWithRepeal} {
		for _, place := range form.FindAllStringSubmatchIndex(text, -1) {
			if !notRepealed.MatchString(text[place[2]:place[1]]) {
				add(place[2], place[3])
			}
		}
	}
	slices.SortFunc(repeals, func(a, b corpus.Repeal) int { return a.Span.Start - b.Span.Start })
	return repeals
}
