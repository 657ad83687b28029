package ingest

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"policykb/corpus"
)

// draftMark is what a title carries until the text is adopted, and draftNamed the
// name of a draft within the title of the notice that asks for opinions on it:
// 关于公开征求《云州市算力券管理办法（征求意见稿）》意见的公告.
var (
	draftMark  = regexp.MustCompile(`[（(](?:公开)?(?:征求意见稿|(?:修订|修正|修改)?草案|送审稿|讨论稿)(?:[^（）()]{0,8})[）)]`)
	draftNamed = regexp.MustCompile(`《([^《》]+)` + draftMark.String() + `》`)
)

// adoptedTitle is the title that a draft will have when it is adopted; ok is false
// where the title is none of a draft.
func adoptedTitle(title string) (adopted string, ok bool) {
	if named := draftNamed.FindStringSubmatch(title); named != nil {
		return named[1], true
	}
	if at := draftMark.FindStringIndex(title); at != nil && at[0] > 0 {
		return title[:at[0]], true
	}
	return title, false
}

// link notes which documents took one another's place: of the editions of a law
// (one title, issuer and number, different days of issue) each the one before it,
// and the adopted text its draft. It may be called again.
func (p *Pipeline) link(ctx context.Context, doc corpus.Document) error {
	m := doc.Metadata
	if m.Title == "" {
		return nil
	}
	if err := p.linkRepeals(ctx, doc); err != nil {
		return err
	}
	if m.Issuer == "" {
		return p.linkDraft(ctx, doc)
	}
	family, err := p.catalogue.Alike(ctx, m.Title, "")
	if err != nil {
		return stored("look for other editions", err)
	}
	editions := slices.DeleteFunc(family, func(d corpus.Document) bool {
		return d.Metadata.IssuedOn.IsZero() || !slices.Equal(identity(d.Metadata), identity(m))
	})
	slices.SortFunc(editions, func(a, b corpus.Document) int { return a.Metadata.IssuedOn.Compare(b.Metadata.IssuedOn) })
	for i := 1; i < len(editions); i++ {
		before, after := editions[i-1], editions[i]
		if before.Metadata.IssuedOn.Compare(after.Metadata.IssuedOn) < 0 {
			if err := p.supersede(ctx, before, after.ID); err != nil {
				return err
			}
		}
	}
	return p.linkDraft(ctx, doc)
}

// linkDraft notes that an adopted text took the place of its drafts, whichever of
// them has just come in. Drafts are often published by the department that wrote
// them and adopted by the government, so what must agree is the place, not the issuer.
func (p *Pipeline) linkDraft(ctx context.Context, doc corpus.Document) error {
	title, isDraft := adoptedTitle(doc.Metadata.Title)
	if utf8.RuneCountInString(title) < shortestTitle {
		return nil // 工作方案（草案）
	}
	others, err := p.draftCandidates(ctx, doc, title, isDraft)
	if err != nil {
		return stored("look for the draft", err)
	}
	for _, other := range others {
		draft, final := other, doc
		if isDraft {
			draft, final = doc, other
		}
		named, ok := adoptedTitle(draft.Metadata.Title)
		_, alsoDraft := adoptedTitle(final.Metadata.Title)
		if !ok || alsoDraft || bare(named) != bare(final.Metadata.Title) || !samePlace(draft.Metadata, final.Metadata) || !notAfter(draft.Metadata, final.Metadata) {
			continue
		}
		if err := p.supersede(ctx, draft, final.ID); err != nil {
			return err
		}
	}
	return nil
}

// draftMarks are the commonest forms of [draftMark].
var draftMarks = []string{"（征求意见稿）", "(征求意见稿)", "（公开征求意见稿）", "（草案）", "(草案)", "（送审稿）", "（修订草案）", "（修正草案）"}

// draftCandidates finds the documents that may be drafts of a text, or what a draft
// became: by title, and, where a draft goes by the title of a notice, by the text
// that the two share.
func (p *Pipeline) draftCandidates(ctx context.Context, doc corpus.Document, title string, isDraft bool) (all []corpus.Document, err error) {
	titles := []string{title}
	if !isDraft {
		titles = titles[:0]
		for _, mark := range draftMarks {
			titles = append(titles, title+mark)
		}
	}
	for _, t := range titles {
		found, err := p.catalogue.Alike(ctx, t, "")
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	sharing, err := p.catalogue.Sharing(ctx, doc.ID, 20)
	if err != nil {
		return nil, err
	}
	for _, id := range sharing {
		other, err := p.catalogue.Document(ctx, id)
		if errors.Is(err, corpus.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, other)
	}
	return all, nil
}

// shortestTitle is the length in code points from which a title tells one text from others.
const shortestTitle = 6

// bare is a title, or another field that tells documents apart, without its spaces
// and in one script and width.
func bare(title string) string { return strings.Join(strings.Fields(corpus.Fold(title)), "") }

// samePlace reports whether two texts may be of one place.
func samePlace(a, b corpus.Metadata) bool { return a.City == b.City || a.City == "" || b.City == "" }

// notAfter reports whether a may have been issued before b, or on the same day.
func notAfter(a, b corpus.Metadata) bool {
	return a.IssuedOn.IsZero() || b.IssuedOn.IsZero() || a.IssuedOn.Ordinal() <= b.IssuedOn.LastOrdinal()
}

// linkRepeals notes which documents the document says it repeals, and which say
// that they repeal it, whichever came in first.
func (p *Pipeline) linkRepeals(ctx context.Context, doc corpus.Document) error {
	repeals, err := p.catalogue.Repealed(ctx, doc.ID)
	if err != nil {
		return stored("read what the document repeals", err)
	}
	for _, r := range repeals {
		old, err := p.catalogue.Alike(ctx, r.Title, "")
		if err != nil {
			return stored("look for the repealed document", err)
		}
		for _, d := range old {
			if err := p.linkRepeal(ctx, d, doc, r); err != nil {
				return err
			}
		}
	}
	newer, err := p.catalogue.Repealing(ctx, doc.Metadata.Title)
	if err != nil {
		return stored("look for what repeals the document", err)
	}
	for _, by := range newer {
		r, err := p.repealOf(ctx, doc, by.ID)
		if err == nil && r != nil {
			err = p.linkRepeal(ctx, doc, by, *r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// linkRepeal notes that a document took the place of one that it repeals, unless
// another edition of that did so before.
func (p *Pipeline) linkRepeal(ctx context.Context, old, by corpus.Document, r corpus.Repeal) error {
	if !repeals(by, old, r) || old.Superseded != "" {
		return nil
	}
	return p.supersede(ctx, old, by.ID)
}

// repealOf is what the document by says of its repeal of doc, nil where it says nothing.
func (p *Pipeline) repealOf(ctx context.Context, doc corpus.Document, by corpus.DocumentID) (*corpus.Repeal, error) {
	all, err := p.catalogue.Repealed(ctx, by)
	if err != nil {
		return nil, stored("read what a document repeals", err)
	}
	for _, r := range all {
		if r.Title == doc.Metadata.Title {
			return &r, nil
		}
	}
	return nil, nil
}

// repeals reports whether what a document says of a repeal is meant of old: an
// older text, no draft, with the number named. One of its own title must be told
// from it by day or number.
func repeals(by, old corpus.Document, r corpus.Repeal) bool {
	m := old.Metadata
	if old.ID == by.ID || m.Status == corpus.StatusDraft || !notAfter(m, by.Metadata) || !samePlace(m, by.Metadata) {
		return false
	}
	if r.Number != "" && m.DocNumber != "" {
		return bare(r.Number) == bare(m.DocNumber)
	}
	return m.Title != by.Metadata.Title || !m.IssuedOn.IsZero() && m.IssuedOn.Compare(by.Metadata.IssuedOn) < 0
}

// supersede notes that successor took the document's place, unless that is known.
func (p *Pipeline) supersede(ctx context.Context, doc corpus.Document, successor corpus.DocumentID) error {
	if doc.Superseded == successor {
		return nil
	}
	err := p.catalogue.Supersede(ctx, doc.ID, successor)
	if errors.Is(err, corpus.ErrConflict) {
		// A person has noted the contrary.
		p.log.Warn("a document was not noted as superseded", "document", doc.ID, "successor", successor, "error", err)
		return nil
	}
	return stored(fmt.Sprintf("note that document %s is superseded", doc.ID), err)
}
