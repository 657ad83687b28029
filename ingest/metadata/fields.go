package metadata

import (
	"slices"
	"strings"
	"unicode"

	"policykb/corpus"
	"policykb/ingest/parse"
)

// fieldNames says which field a named value of front matter, of a file's
// properties or of a page's head table is for. Names are folded.
var fieldNames = map[string]string{
	"title": title, "og:title": title, "dc.title": title, "dcterms.title": title, "articletitle": title, "标题": title, "名称": title, "文件名称": title,
	"city": city, "城市": city,
	"district": district, "区县": district,
	"issuer": issuer, "发文机关": issuer, "发文单位": issuer, "发布机构": issuer, "发文机构": issuer, "发布单位": issuer, "制定机关": issuer, "issuing_body": issuer, "contentsource": issuer,
	"doc_number": docNumber, "number": docNumber, "发文字号": docNumber, "文号": docNumber,
	"issued_on": issuedOn, "date": issuedOn, "published": issuedOn, "pubdate": issuedOn, "成文日期": issuedOn, "发布日期": issuedOn, "发文日期": issuedOn, "公布日期": issuedOn,
	"article:published_time": issuedOn,
	"effective_from":         effectiveFrom, "施行日期": effectiveFrom, "实施日期": effectiveFrom, "生效日期": effectiveFrom,
	"effective_to": effectiveTo, "失效日期": effectiveTo, "有效期至": effectiveTo,
	"kind":   kind,
	"status": status, "时效性": status, "有效性": status,
	"source_url": sourceURL, "url": sourceURL, "og:url": sourceURL, "canonical": sourceURL,
	"language": language, "lang": language,
	"tags": tags, "tag": tags,
}

// readFields takes what the document says outside its running text, as far as it
// comes from there and is not known yet. A value that cannot be one is left out.
func (d *detector) readFields(fields []parse.Field, from corpus.OriginKind) {
	origin := corpus.Origin{From: from}
	var tagged []string
	// A page's title is often the site's; what names the article goes before it.
	fields = slices.Clone(fields)
	slices.SortStableFunc(fields, func(a, b parse.Field) int { return generality(a) - generality(b) })
	for _, f := range fields {
		if f.From != from {
			continue
		}
		value := strings.TrimSpace(f.Value)
		switch name := fieldNames[strings.ToLower(fold(strings.TrimSpace(f.Name)))]; name {
		case title:
			if from == corpus.OriginProperties {
				value = propertyTitle(value)
			}
			d.setText(title, &d.found.Title, value, origin)
		case city:
			d.setText(city, &d.found.City, placeName(value), origin)
		case district:
			d.setText(district, &d.found.District, value, origin)
		case issuer:
			if from == corpus.OriginFrontMatter || isOrgs(value) { // a page's source may be a person or a site
				d.setText(issuer, &d.found.Issuer, joinOrgs(value), origin)
			}
		case docNumber:
			if strings.ContainsFunc(value, unicode.IsDigit) {
				d.setText(docNumber, &d.found.DocNumber, value, origin)
			}
		case issuedOn:
			d.setDate(issuedOn, &d.found.IssuedOn, dateIn(value), origin)
		case effectiveFrom:
			d.setDate(effectiveFrom, &d.found.EffectiveFrom, dateIn(value), origin)
		case effectiveTo:
			d.setDate(effectiveTo, &d.found.EffectiveTo, dateIn(value), origin)
		case kind:
			if slices.Contains(corpus.Kinds, corpus.Kind(value)) {
				d.setText(kind, (*string)(&d.found.Kind), value, origin)
			}
		case status:
			if !slices.Contains(corpus.Statuses, corpus.Status(value)) {
				value = string(statusIn(fold(value)))
			}
			d.setText(status, (*string)(&d.found.Status), value, origin)
		case sourceURL:
			if strings.HasPrefix(value, "http://") || strings.HasPrefix(value, "https://") {
				d.setText(sourceURL, &d.found.SourceURL, value, origin)
			}
		case language:
			d.setText(language, &d.found.Language, languageTag(value), origin)
		case tags:
			for _, tag := range strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(",，;；、", r) }) {
				if tag = strings.TrimSpace(tag); tag != "" && !slices.Contains(tagged, tag) {
					tagged = append(tagged, tag)
				}
			}
		}
	}
	if len(tagged) > 0 && !d.has(tags) {
		d.found.Tags = tagged
		d.origins[tags] = origin
	}
}

// generality is 1 for the bare title, 0 for all other fields.
func generality(f parse.Field) int {
	if strings.EqualFold(f.Name, title) {
		return 1
	}
	return 0
}

// propertyTitle gives the title that the properties of a file hold, or "" where a
// program put something else there; the name of the site goes.
func propertyTitle(value string) string {
	for _, program := range []string{"Microsoft ", "PowerPoint", "untitled", "Untitled", "无标题", "文档1", "Document1", "未命名"} {
		if strings.HasPrefix(value, program) {
			return ""
		}
	}
	if i := strings.LastIndexAny(value, "_-|—"); i > 0 {
		site := fold(value[i:])
		for _, word := range []string{"网", "网站", "门户", "人民政府", "委员会", "局"} {
			if strings.HasSuffix(site, word) {
				return strings.TrimRight(value[:i], " _-|—")
			}
		}
	}
	return value
}

// dateIn reads a date however it is written.
func dateIn(value string) corpus.Date {
	if date, err := corpus.ParseISODate(value); err == nil {
		return date
	}
	if len(value) > len("2006-01-02") {
		if date, err := corpus.ParseISODate(value[:len("2006-01-02")]); err == nil {
			return date
		}
	}
	for _, f := range corpus.Figures(value) {
		if f.Kind == corpus.FigureDate && f.Date.Year > 0 {
			return f.Date
		}
	}
	return corpus.Date{}
}

// languageTag gives the tags under which documents are kept: zh-CN is zh.
func languageTag(value string) string {
	switch tag := strings.ToLower(value); {
	case tag == "zh-hant", tag == "zh-tw", tag == "zh-hk", tag == "zh-mo":
		return traditional
	case tag == "zh", strings.HasPrefix(tag, "zh-"):
		return chinese
	case tag == "en", strings.HasPrefix(tag, "en-"):
		return english
	}
	return value
}
