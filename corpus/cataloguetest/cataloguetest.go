// Package cataloguetest is the contract of [corpus.Catalogue] as tests: a
// behaviour that callers rely on stands here, and every implementation passes.
//
//	func TestCatalogue(t *testing.T) {
//		cataloguetest.Run(t, func(t *testing.T) corpus.Catalogue { … })
//	}
package cataloguetest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"policykb/corpus"
)

// Run tests catalogues. Each call of open gives a new, empty one; Run closes it.
func Run(t *testing.T, open func(t *testing.T) corpus.Catalogue) {
	for _, part := range []struct {
		name  string
		tests map[string]func(*testing.T, corpus.Catalogue)
	}{
		{"Documents", documentTests},
		{"Passages", passageTests},
		{"Listing", listingTests},
		{"Jobs", jobTests},
		{"Resemblances", resemblanceTests},
		{"Repeals", repealTests},
		{"Beside", besideTests},
		{"AtOnce", atOnceTests},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			for name, test := range part.tests {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					c := open(t)
					t.Cleanup(func() {
						if err := c.Close(); err != nil {
							t.Errorf("close: %v", err)
						}
					})
					test(t, c)
				})
			}
		})
	}
}

// The sentences of three small documents.
var (
	chengdu = []string{
		"一、加快算力基础设施建设",
		"统筹布局建设高性能智算中心，到2024年，全市算力规模超过5000P。",
		"二、支持算力使用",
		"面向科技型中小微企业和创客团队发放“算力券”，每年发放总额不超过1000万元的算力券。",
		"对使用国家超算成都中心算力的企业，按照不超过实际使用费用的50%给予补助。",
	}
	beijing = []string{
		"第一条　为了加强数字基础设施建设，培育数据要素市场，推进数字产业化和产业数字化，制定本条例。",
		"第二条　本市行政区域内数字经济促进相关活动适用本条例。",
		"第三条　本条例自2023年1月1日起施行。",
	}
	hangzhou = []string{
		"支持企业开展“人工智能+”应用，每个项目最高给予500万元资助。",
		"本办法有效期至2027年12月31日。",
	}
)

// compose makes a version of lines: each line is a paragraph of the text and a
// passage; the lines of even number, from 0, are the headings of those that follow.
func compose(id corpus.DocumentID, m corpus.Metadata, lines []string) corpus.Version {
	v := corpus.Version{Document: id, Metadata: m, Text: strings.Join(lines, "\n")}
	hash := sha256.Sum256([]byte(v.Text))
	v.Original = corpus.Original{Hash: hex.EncodeToString(hash[:]), Name: m.Title + ".txt", MediaType: "text/plain", Size: int64(len(v.Text))}
	v.Origins = map[string]corpus.Origin{"city": {From: corpus.OriginGiven}}
	at, heading := 0, ""
	for i, line := range lines {
		span := corpus.Span{Start: at, End: at + utf8.RuneCountInString(line)}
		at = span.End + 1
		if i%2 == 0 {
			heading = line
			v.Outline = append(v.Outline, corpus.Section{Level: 1, Title: line, Heading: span, Body: span, Page: 1})
		}
		v.Passages = append(v.Passages, corpus.Passage{
			Kind: corpus.PassageProse, Span: span, Text: line, HeadingPath: []string{m.Title, heading}, Page: 1 + i/3,
		})
	}
	if len(lines) > 1 {
		table := &v.Passages[len(v.Passages)-1]
		table.Kind, table.Header, table.HeadingPath = corpus.PassageTable, "城市 | 补贴上限", nil
		table.Turns = []corpus.PageTurn{{At: table.Span.Start + 1, Page: table.Page + 1}}
	}
	return v
}

// computing, economy and pilot are documents as an ingestion would hand them over.
func computing() corpus.Version {
	return compose("computing", corpus.Metadata{
		Title: "成都市围绕超算智算加快算力产业发展的政策措施", City: "成都", Issuer: "成都市人民政府办公厅", DocNumber: "成办发〔2022〕1号",
		IssuedOn: corpus.Date{Year: 2022, Month: 1, Day: 21}, Kind: corpus.KindMeasures, Status: corpus.StatusInForce, Language: "zh", Tags: []string{"算力", "补贴"},
	}, chengdu)
}

func economy() corpus.Version {
	return compose("economy", corpus.Metadata{
		Title: "北京市数字经济促进条例", City: "北京", Issuer: "北京市人民代表大会常务委员会",
		IssuedOn: corpus.Date{Year: 2022, Month: 11, Day: 25}, EffectiveFrom: corpus.Date{Year: 2023, Month: 1, Day: 1},
		Kind: corpus.KindRegulation, Status: corpus.StatusInForce, Language: "zh", SourceURL: "https://www.example.gov.cn/tiaoli.html",
	}, beijing)
}

func pilot() corpus.Version {
	return compose("pilot", corpus.Metadata{
		Title: "关于支持人工智能全产业链高质量发展的若干措施", City: "杭州", District: "余杭区", Issuer: "杭州市人民政府办公厅",
		IssuedOn: corpus.Date{Year: 2024}, EffectiveTo: corpus.Date{Year: 2027, Month: 12, Day: 31},
		Kind: corpus.KindMeasures, Status: corpus.StatusDraft, Language: "zh", Tags: []string{"补贴"},
	}, hangzhou)
}

// store stores versions that must be new.
func store(t *testing.T, c corpus.Catalogue, versions ...corpus.Version) (last corpus.Document) {
	t.Helper()
	for _, v := range versions {
		doc, changed, err := c.Store(t.Context(), v)
		if err != nil || !changed {
			t.Fatalf("Store(%s) gave changed %v, %v", v.Document, changed, err)
		}
		last = doc
	}
	return last
}

// numbered is v as the catalogue gives it back under the number.
func numbered(v corpus.Version, number int) corpus.Version {
	v.Number = number
	passages := slices.Clone(v.Passages)
	for i, p := range passages {
		p.ID, p.Document, p.Version, p.Ordinal = corpus.NewPassageID(v.Document, number, i), v.Document, number, i
		passages[i] = p
	}
	v.Passages = passages
	return v
}

// sameVersion compares all but the time of creation.
func sameVersion(t *testing.T, got, want corpus.Version) {
	t.Helper()
	if got.CreatedAt.IsZero() {
		t.Errorf("version %d of %s has no time", got.Number, got.Document)
	}
	got.CreatedAt = want.CreatedAt
	if len(got.Passages) == len(want.Passages) {
		for i := range got.Passages {
			if !reflect.DeepEqual(got.Passages[i], want.Passages[i]) {
				t.Errorf("passage %d of %s:\n got %+v\nwant %+v", i, want.Document, got.Passages[i], want.Passages[i])
			}
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("version:\n got %+v\nwant %+v", got, want)
	}
}

// must gives the value, or ends the test.
func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// is checks an error's sort.
func is(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s gave %v, want %v", what, err, want)
	}
}

// recent reports whether a time is of this test.
func recent(at time.Time) bool { d := time.Since(at); return d >= 0 && d < time.Hour }
