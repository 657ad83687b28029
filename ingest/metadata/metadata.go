// Package metadata reads what a document says about itself: its title, who
// issued it, under which number and when, for which place and for how long.
//
// Each value comes with its origin. Stronger origins win over weaker ones: what
// the sender gave, front matter, the text, the properties of the file, the name
// of the file. A value read in the text has the span it was read from, so that a
// person can check it.
//
// Official documents follow forms (GB/T 9704, 党政机关公文格式), and the rules here
// are those forms: a heading line, a number under it, a signature with its date
// at the end; for statutes the line that says which congress passed them; for
// web pages and policy guides labelled values such as 发文机关：. A value that
// stands in none of these places is left unknown rather than guessed.
package metadata

import (
	"path"
	"slices"
	"strings"

	"policykb/corpus"
	"policykb/ingest/clean"
	"policykb/ingest/parse"
)

// The names under which origins are kept: those of the fields in JSON.
const (
	title         = "title"
	city          = "city"
	district      = "district"
	issuer        = "issuer"
	docNumber     = "doc_number"
	issuedOn      = "issued_on"
	effectiveFrom = "effective_from"
	effectiveTo   = "effective_to"
	kind          = "kind"
	status        = "status"
	sourceURL     = "source_url"
	language      = "language"
	tags          = "tags"
)

// Detect reads a document's metadata. name is what the sender called the source.
func Detect(name string, doc parse.Document, text clean.Text, sections []corpus.Section) (corpus.Metadata, map[string]corpus.Origin) {
	d := &detector{
		file:    readFileName(name),
		head:    headOf(text.String),
		tail:    tailOf(text.String, text.Length),
		origins: make(map[string]corpus.Origin),
	}
	d.front = frontEnd(d.head, sections)
	d.readFields(doc.Fields, corpus.OriginFrontMatter)

	d.labels = slices.DeleteFunc(labelsIn(d.head, d.head.end()), func(l labelledValue) bool {
		return l.at >= d.front && l.field != cardTerm
	})
	// Web pages copied as text carry their head table at the end.
	if strings.Contains(strings.ReplaceAll(d.tail.folded, " ", ""), "索引号:") {
		d.labels = append(d.labels, labelsIn(d.tail, d.tail.end())...)
	}
	d.detectTitle(text, sections)
	d.detectIssuer()
	d.detectNumber()
	d.detectIssue()
	d.detectTerm(text.String)
	d.detectLanguage()

	d.readFields(doc.Fields, corpus.OriginProperties)
	d.readFile()

	d.detectPlace()
	d.detectKind()
	d.detectStatus()
	return d.found, d.origins
}

// detector holds what has been found so far. Whoever sets a field first keeps
// it, so the origins are asked in the order of their strength.
type detector struct {
	file       fileName
	head       region
	tail       region // what of the end is not in head
	front      int    // where, in head, what is said about the whole document ends
	labels     []labelledValue
	starts     []int              // where names of offices may begin in head, once looked for
	docNumbers []corpus.DocNumber // in head, once read

	found   corpus.Metadata
	origins map[string]corpus.Origin
}

// has reports whether the field is known.
func (d *detector) has(field string) bool {
	_, ok := d.origins[field]
	return ok
}

// setText keeps a text value, unless there is none or the field is known.
func (d *detector) setText(field string, into *string, value string, from corpus.Origin) {
	if value = strings.TrimSpace(value); value != "" && !d.has(field) {
		*into = value
		d.origins[field] = from
	}
}

// setDate keeps a date, unless it is unknown or the field is known.
func (d *detector) setDate(field string, into *corpus.Date, value corpus.Date, from corpus.Origin) {
	if !value.IsZero() && !d.has(field) {
		*into = value
		d.origins[field] = from
	}
}

// inText is the origin of a value read at a span.
func inText(s corpus.Span) corpus.Origin {
	return corpus.Origin{From: corpus.OriginText, Span: &s}
}

// Override lays what the sender gave over what was detected. A city may be given
// by any of its names.
func Override(m corpus.Metadata, origins map[string]corpus.Origin, given corpus.Metadata) (corpus.Metadata, map[string]corpus.Origin) {
	all := make(map[string]corpus.Origin, len(origins))
	for field, origin := range origins {
		all[field] = origin
	}
	text := func(field string, into *string, value string) {
		if value != "" {
			*into = value
			all[field] = corpus.Origin{From: corpus.OriginGiven}
		}
	}
	date := func(field string, into *corpus.Date, value corpus.Date) {
		if !value.IsZero() {
			*into = value
			all[field] = corpus.Origin{From: corpus.OriginGiven}
		}
	}
	text(title, &m.Title, given.Title)
	text(city, &m.City, placeName(given.City))
	text(district, &m.District, given.District)
	text(issuer, &m.Issuer, given.Issuer)
	text(docNumber, &m.DocNumber, given.DocNumber)
	date(issuedOn, &m.IssuedOn, given.IssuedOn)
	date(effectiveFrom, &m.EffectiveFrom, given.EffectiveFrom)
	date(effectiveTo, &m.EffectiveTo, given.EffectiveTo)
	text(kind, (*string)(&m.Kind), string(given.Kind))
	text(status, (*string)(&m.Status), string(given.Status))
	text(sourceURL, &m.SourceURL, given.SourceURL)
	text(language, &m.Language, given.Language)
	if len(given.Tags) > 0 {
		m.Tags = given.Tags
		all[tags] = corpus.Origin{From: corpus.OriginGiven}
	}
	return m, all
}

// fileName is what the name of a file says.
type fileName struct {
	title  string // without number, ending and date
	issuer string // 标题，发文机关.pdf
	date   corpus.Date
}

// readFileName takes a name like 077_人工智能生成合成内容标识办法，国家互联网信息办公室.txt
// or 上海市数据条例_2021.md apart.
func readFileName(name string) fileName {
	stem := path.Base(strings.ReplaceAll(name, `\`, "/"))
	stem = strings.TrimSuffix(stem, path.Ext(stem))
	stem = strings.TrimSpace(trimOrdinal(stem))
	var f fileName
	if i := strings.LastIndexAny(stem, "_ （("); i > 0 {
		if date, err := corpus.ParseISODate(strings.Trim(stem[i:], "_ （()）")); err == nil && date.Year >= 1949 && date.Year < 2100 {
			f.date = date
			stem = strings.TrimSpace(stem[:i])
		}
	}
	if before, after, ok := strings.Cut(stem, "，"); ok && isOrgs(after) {
		stem, f.issuer = before, joinOrgs(after)
	}
	if i := strings.LastIndexByte(stem, '_'); i > 0 && isPaper(stem[i+1:]) {
		f.issuer = stem[i+1:]
	}
	f.title = stem
	if !hasHan(stem) {
		f.title = strings.ReplaceAll(stem, "_", " ")
	}
	return f
}

// readFile takes from the file's name what is known from nowhere else.
func (d *detector) readFile() {
	from := corpus.Origin{From: corpus.OriginFileName}
	d.setText(title, &d.found.Title, d.file.title, from)
	d.setText(issuer, &d.found.Issuer, d.file.issuer, from)
	d.setDate(issuedOn, &d.found.IssuedOn, d.file.date, from)
}
