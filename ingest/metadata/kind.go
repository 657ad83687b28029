package metadata

import (
	"strings"
	"unicode"

	"policykb/corpus"
)

// detectKind tells the kind by the last word of the title that marks one.
func (d *detector) detectKind() {
	folded := strings.ReplaceAll(fold(d.found.Title), "征求意见", "") // of which the last two mark another kind
	found, at := corpus.KindUnknown, -1
	for _, e := range titleEndings {
		if e.word == "法" {
			// Only at the very end: 数据安全法, but not 执法 or 方法 inside a title.
			if found == corpus.KindUnknown && strings.HasSuffix(strings.TrimRight(strings.SplitN(folded, "(", 2)[0], " "), "法") {
				found = e.kind
			}
			continue
		}
		if i := strings.LastIndex(folded, e.word); i >= 0 && i+len(e.word) > at {
			found, at = e.kind, i+len(e.word)
		}
	}
	if found == corpus.KindUnknown {
		found = englishKind(folded)
	}
	from := d.origins[title]
	if found == corpus.KindUnknown && d.isNews() {
		found, from = corpus.KindNews, corpus.Origin{From: corpus.OriginText}
	}
	d.setText(kind, (*string)(&d.found.Kind), string(found), from)
}

// englishKinds are the words that mark kinds in English titles.
var englishKinds = []struct {
	word string
	kind corpus.Kind
}{
	{"action plan", corpus.KindPlan}, {"plan", corpus.KindPlan}, {"roadmap", corpus.KindPlan}, {"regulation", corpus.KindRegulation},
	{"act", corpus.KindRegulation}, {"law", corpus.KindRegulation}, {"measures", corpus.KindMeasures}, {"guideline", corpus.KindGuide}, {"guidelines", corpus.KindGuide},
	{"report", corpus.KindReport}, {"white paper", corpus.KindReport}, {"case study", corpus.KindReport}, {"analysis", corpus.KindReport}, {"analyzing", corpus.KindReport},
}

func englishKind(folded string) corpus.Kind {
	spaced := " " + strings.Join(strings.FieldsFunc(folded, func(r rune) bool { return !unicode.IsLetter(r) }), " ") + " "
	for _, e := range englishKinds {
		if strings.Contains(spaced, " "+e.word+" ") {
			return e.kind
		}
	}
	return corpus.KindUnknown
}

// isNews reports whether a newspaper or an agency reports here.
func (d *detector) isNews() bool {
	h := d.head.folded[:min(d.head.end(), 3*300)]
	return isPaper(d.found.Issuer) || strings.Contains(h, "本报讯") || strings.Contains(h, "正文:") ||
		strings.Contains(h, "新华社") && strings.Contains(h, "电") || strings.Contains(h, "记者")
}

// detectStatus tells a draft by its title, and takes what a label says. Whether
// the days of its term have come depends on the day: see [StatusOn].
func (d *detector) detectStatus() {
	for _, word := range []string{"征求意见稿", "草案", "送审稿", "讨论稿", "公开征求意见", "consultation draft"} {
		if strings.Contains(fold(d.found.Title), word) {
			d.setText(status, (*string)(&d.found.Status), string(corpus.StatusDraft), d.origins[title])
		}
	}
	for _, l := range d.labelled(status) {
		d.setText(status, (*string)(&d.found.Status), string(statusIn(l.folded())), inText(l.span()))
	}
}

// statusIn reads the words of a page's 时效性.
func statusIn(folded string) corpus.Status {
	switch {
	case strings.Contains(folded, "征求意见"), strings.Contains(folded, "草案"):
		return corpus.StatusDraft
	case strings.Contains(folded, "废止"):
		return corpus.StatusRepeal
	case strings.Contains(folded, "失效"), strings.Contains(folded, "过期"):
		return corpus.StatusExpired
	case strings.Contains(folded, "有效"), strings.Contains(folded, "已实施"), strings.Contains(folded, "施行"):
		return corpus.StatusInForce
	}
	return corpus.StatusUnknown
}

// StatusOn says how a document stands on a day: what it says of itself, or else
// what its dates say. A document whose term has not begun, or that names none,
// has an unknown status.
func StatusOn(m corpus.Metadata, day corpus.Date) corpus.Status {
	switch {
	case m.Status == corpus.StatusDraft, m.Status == corpus.StatusRepeal:
		return m.Status
	case !m.EffectiveTo.IsZero() && m.EffectiveTo.LastOrdinal() < day.Ordinal():
		return corpus.StatusExpired
	case m.Status != corpus.StatusUnknown:
		return m.Status
	case !m.EffectiveFrom.IsZero() && m.EffectiveFrom.Compare(day) <= 0:
		return corpus.StatusInForce
	}
	return corpus.StatusUnknown
}
