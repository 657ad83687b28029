package parse_test

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"

	"policykb/ingest/parse"
)

const wordNames = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"`

// wordStyles has headings by outline level, one of them numbered by its style.
const wordStyles = `<w:styles ` + wordNames + `>
<w:style w:type="paragraph" w:default="1" w:styleId="a"><w:name w:val="Normal"/></w:style>
<w:style w:type="paragraph" w:styleId="T"><w:name w:val="Title"/></w:style>
<w:style w:type="paragraph" w:styleId="1"><w:name w:val="公文一级"/><w:pPr><w:outlineLvl w:val="0"/><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="2"><w:name w:val="公文二级"/><w:basedOn w:val="1"/><w:pPr><w:outlineLvl w:val="1"/><w:numPr><w:ilvl w:val="1"/><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="m"><w:name w:val="toc 1"/></w:style>
<w:style w:type="paragraph" w:styleId="c"><w:name w:val="caption"/></w:style>
</w:styles>`

// wordNumbering has the numbers of official documents: 一、（一）1. and bullets.
const wordNumbering = `<w:numbering ` + wordNames + `>
<w:abstractNum w:abstractNumId="0">
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCountingThousand"/><w:lvlText w:val="%1、"/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="（%2）"/></w:lvl>
<w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%3."/></w:lvl>
</w:abstractNum>
<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val=""/></w:lvl></w:abstractNum>
<w:abstractNum w:abstractNumId="2"><w:lvl w:ilvl="0"><w:start w:val="9"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="第%1条"/></w:lvl></w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>
<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>
<w:num w:numId="3"><w:abstractNumId w:val="2"/></w:num>
</w:numbering>`

const wordFootnotes = `<w:footnotes ` + wordNames + `><w:footnote w:type="separator" w:id="0"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>
<w:footnote w:id="2"><w:p><w:r><w:footnoteRef/></w:r><w:r><w:t>算力以FP16计。</w:t></w:r></w:p></w:footnote></w:footnotes>`

const wordProperties = `<cp:coreProperties xmlns:cp="x" xmlns:dc="y"><dc:title>关于支持算力发展的若干措施</dc:title><dc:creator>市经信局</dc:creator></cp:coreProperties>`

func TestDOCX(t *testing.T) {
	t.Parallel()
	listed := func(list, depth, text string) string {
		return `<w:p><w:pPr><w:numPr><w:ilvl w:val="` + depth + `"/><w:numId w:val="` + list + `"/></w:numPr></w:pPr><w:r><w:t>` + text + `</w:t></w:r></w:p>`
	}
	styled := func(style, text string) string {
		return `<w:p><w:pPr><w:pStyle w:val="` + style + `"/></w:pPr><w:r><w:t>` + text + `</w:t></w:r></w:p>`
	}
	plain := func(text string) string { return `<w:p><w:r><w:t>` + text + `</w:t></w:r></w:p>` }
	cell := func(properties, text string) string {
		return `<w:tc><w:tcPr>` + properties + `</w:tcPr>` + plain(text) + `</w:tc>`
	}
	for _, c := range []struct{ name, body, want string }{
		{"headings and their numbers", styled("T", "若干措施") + styled("1", "支持内容") + styled("2", "算力券") + styled("2", "训力券") + listed("1", "2", "首次申领") +
			listed("1", "2", "再次申领") + styled("1", "附则") + styled("2", "解释"),
			"heading 1: 若干措施\nheading 1: 一、支持内容\nheading 2: （一）算力券\nheading 2: （二）训力券\nitem 3: 1. 首次申领\nitem 3: 2. 再次申领\nheading 1: 二、附则\nheading 2: （一）解释\n"},
		{"articles", listed("3", "0", "本市支持企业租用算力。") + listed("3", "0", "本办法自发布之日起施行。") + listed("3", "0", "解释权归市经信局。"),
			"paragraph: 第九条 本市支持企业租用算力。\nparagraph: 第十条 本办法自发布之日起施行。\nparagraph: 第十一条 解释权归市经信局。\n"},
		{"bullets", listed("2", "0", "算力券") + listed("2", "0", "模型券"), "item 1 mark 2: - 算力券\nitem 1 mark 2: - 模型券\n"},
		{"tracked changes", `<w:p><w:r><w:t>补贴比例为</w:t></w:r><w:del><w:r><w:delText>50%</w:delText></w:r></w:del><w:ins><w:r><w:t>60%</w:t></w:r></w:ins><w:r><w:t>。</w:t></w:r></w:p>`,
			"warning: 1 tracked deletions were left out\nparagraph: 补贴比例为60%。\n"},
		{"a deleted end of paragraph", `<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr><w:r><w:t>单个企业每年</w:t></w:r></w:p>` + plain("最高200万元。"), "paragraph: 单个企业每年最高200万元。\n"},
		{"a footnote", `<w:p><w:r><w:t>总规模达到10000P</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r><w:r><w:t>。</w:t></w:r></w:p>`,
			"paragraph: 总规模达到10000P。\nparagraph: 注1：算力以FP16计。\n"},
		{"a field shows its result", `<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>见附件1</w:t></w:r></w:p>`,
			"paragraph: 见附件1\n"},
		{"a text box once", `<w:p><w:r><mc:AlternateContent><mc:Choice><w:txbxContent>` + plain("抄送：各区人民政府") + `</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent>` +
			plain("抄送：各区人民政府") + `</w:txbxContent></mc:Fallback></mc:AlternateContent></w:r><w:r><w:t>主送：各单位</w:t></w:r></w:p>`,
			"paragraph: 主送：各单位\nparagraph: 抄送：各区人民政府\n"},
		{"lines broken by hand", `<w:p><w:r><w:t>某市人民政府</w:t><w:br/><w:t>2023年5月23日</w:t></w:r></w:p>`, "paragraph: 某市人民政府\nparagraph: 2023年5月23日\n"},
		{"contents and captions", styled("m", "一、支持内容 3") + styled("c", "表1 补贴标准"), "contents: 一、支持内容 3\ncaption: 表1 补贴标准\n"},
		{"merged cells", `<w:tbl><w:tr><w:trPr><w:tblHeader/></w:trPr>` + cell("", "区") + cell("", "项目") + cell("", "金额") + `</w:tr><w:tr>` +
			cell(`<w:vMerge w:val="restart"/>`, "高新区") + cell("", "算力券") + cell("", "100万元") + `</w:tr><w:tr>` + cell(`<w:vMerge/>`, "") + cell("", "模型券") + cell("", "50万元") +
			`</w:tr><w:tr>` + cell(`<w:gridSpan w:val="2"/>`, "合计") + cell("", "150万元") + `</w:tr></w:tbl>`,
			"row header: | 区 | 项目 | 金额 |\nrow: | 高新区 | 算力券 | 100万元 |\nrow: | 高新区 | 模型券 | 50万元 |\nrow: | 合计 |  | 150万元 |\n"},
		{"a card", `<w:tbl><w:tr>` + cell("", "条件要求") + `<w:tc>` + plain("1．"+strings.Repeat("在本市注册的独立法人", 6)) + plain("2．"+strings.Repeat("具有健全的财务制度", 6)) + `</w:tc></w:tr></w:tbl>`,
			"paragraph: 条件要求\nparagraph: 1．" + strings.Repeat("在本市注册的独立法人", 6) + "\nparagraph: 2．" + strings.Repeat("具有健全的财务制度", 6) + "\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			doc := parsed(t, "措施.docx", wordFile(t, c.body))
			got := describe(doc)
			_, got, _ = strings.Cut(got, "\n")
			got = strings.ReplaceAll(got, "properties title = 关于支持算力发展的若干措施\nproperties creator = 市经信局\n", "")
			if got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
			if doc.Format != parse.FormatDOCX || len(doc.Fields) != 2 {
				t.Errorf("got %s with %d fields", doc.Format, len(doc.Fields))
			}
		})
	}
}

func TestRealDOCX(t *testing.T) {
	t.Parallel()
	doc := read(t, "03_*.docx")
	if b := blockWith(t, doc, "算力券(60%) |"); b.Kind != parse.Row || !strings.Contains(b.Text, "最高 500万元") {
		t.Errorf("算力券(60%%) is not in one row with its amount: %s %q", b.Kind, b.Text)
	}
	if b := blockWith(t, doc, "天府软件pi立方OPC社区"); b.Kind != parse.Heading || b.Level != 3 {
		t.Errorf("got %s of level %d, want a heading of level 3", b.Kind, b.Level)
	}
}

// wordFile makes a Word document of the content of its body.
func wordFile(t testing.TB, body string) []byte {
	t.Helper()
	return zipOf(t, [][2]string{
		{"[Content_Types].xml", "<Types/>"},
		{"word/document.xml", `<w:document ` + wordNames + `><w:body>` + body + `<w:sectPr/></w:body></w:document>`},
		{"word/styles.xml", wordStyles},
		{"word/numbering.xml", wordNumbering},
		{"word/footnotes.xml", wordFootnotes},
		{"docProps/core.xml", wordProperties},
	})
}

// zipOf makes an archive of members, each a name and its content.
func zipOf(t testing.TB, members [][2]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, m := range members {
		method := zip.Deflate
		if m[0] == "mimetype" {
			method = zip.Store
		}
		f, err := w.CreateHeader(&zip.FileHeader{Name: m[0], Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(m[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
