package parse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"
)

// mostWorkbook is how much a workbook may unpack to: its cells are held in memory.
const mostWorkbook = 200 << 20

// parseXLSX reads the visible sheets of a workbook, each under its name. Cells
// show what Excel shows: dates as dates, shares as percentages, the last result of
// a formula. A merged cell stands in each row that it spans.
func parseXLSX(ctx context.Context, _ string, data []byte) (Document, error) {
	a, err := openArchive(data)
	if err != nil {
		return Document{}, err
	}
	doc := Document{Format: FormatXLSX}
	if doc.Fields, err = a.coreProperties(ctx, "docProps/core.xml"); err != nil {
		return Document{}, err
	}
	book, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{
		UnzipSizeLimit: mostWorkbook, UnzipXMLSizeLimit: mostWorkbook,
		ShortDatePattern: "yyyy-mm-dd", LongDatePattern: "yyyy\"年\"m\"月\"d\"日\"", CultureInfo: excelize.CultureNameZhCN,
	})
	if err != nil {
		return Document{}, refuse(CodeDamaged, "the workbook is damaged: %v", err)
	}
	defer func() { _ = book.Close() }() // it was only read
	sheets := book.GetSheetList()
	parts, err := a.sheets(ctx)
	if err != nil {
		return Document{}, err
	}
	left := budget{cells: mostCells, text: mostSheetText}
	for _, name := range sheets {
		visible, err := book.GetSheetVisible(name)
		if err == nil && !visible {
			doc.Warnings = append(doc.Warnings, fmt.Sprintf("the sheet %s is hidden and was left out", name))
			continue
		}
		merged, err := a.mergedCells(ctx, parts[name])
		if err != nil {
			return Document{}, err
		}
		rows, err := sheetRows(ctx, book, name, merged, &left)
		if err != nil {
			return Document{}, err
		}
		blocks := gridBlocks(rows)
		if len(blocks) > 0 && (len(sheets) > 1 || !strings.HasPrefix(strings.ToLower(name), "sheet")) {
			doc.Blocks = append(doc.Blocks, Block{Kind: Heading, Level: 1, Text: strings.Join(strings.Fields(name), " "), Offset: -1})
		}
		doc.Blocks = append(doc.Blocks, blocks...)
	}
	return doc, nil
}

// budget is what may still be read of a spreadsheet.
type budget struct{ cells, text int }

func (b *budget) take(cells []string) error {
	b.cells -= len(cells)
	for _, c := range cells {
		b.text -= len(c)
	}
	if b.cells < 0 || b.text < 0 {
		return refuse(CodeTooLarge, "the table has more than %d cells or %d MB of text", mostCells, mostSheetText>>20)
	}
	return nil
}

// sheetRows reads a sheet row by row.
func sheetRows(ctx context.Context, book *excelize.File, name string, merged *spans, left *budget) ([]gridRow, error) {
	r, err := book.Rows(name)
	if err != nil {
		var missing excelize.ErrSheetNotExist
		if errors.As(err, &missing) || strings.Contains(err.Error(), "not a worksheet") {
			return nil, nil // a sheet of a chart has no cells
		}
		return nil, refuse(CodeDamaged, "the sheet %s is damaged: %v", name, err)
	}
	defer func() { _ = r.Close() }() // it was only read
	var rows []gridRow
	for number := 1; r.Next(); number++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		cells, err := r.Columns()
		if err != nil {
			return nil, refuse(CodeDamaged, "the sheet %s is damaged in row %d: %v", name, number, err)
		}
		row := gridRow{cells: cells, heads: 1}
		merged.fill(number, &row)
		if err := left.take(row.cells); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	if err := r.Error(); err != nil {
		return nil, refuse(CodeDamaged, "the sheet %s is damaged: %v", name, err)
	}
	return rows, nil
}

// span is a range of merged cells, counted from 1.
type span struct {
	left, right, top, bottom int
	value                    string
}

// spans are the merged cells of a sheet by the rows they begin in.
type spans struct {
	byTop map[int][]*span
	open  []*span // reach down from rows above
}

// mostMerged bounds the merged cells of a sheet that are looked at.
const mostMerged = 100_000

// sheets gives the part of each sheet by its name.
func (a *archive) sheets(ctx context.Context) (map[string]string, error) {
	const main = "xl/workbook.xml"
	related, err := a.relations(ctx, main)
	if err != nil {
		return nil, err
	}
	parts := make(map[string]string)
	err = a.walk(ctx, main, func(x *xmlReader, _ element) error {
		return x.children(func(e element) error {
			if e.Name.Local != "sheets" {
				return nil
			}
			return x.children(func(e element) error {
				id := attr(e, "id")
				if i := slices.IndexFunc(related, func(r relation) bool { return r.id == id }); i >= 0 {
					parts[attr(e, "name")] = related[i].target
				}
				return nil
			})
		})
	})
	return parts, err
}

// mergedCells finds the merged cells of a sheet. Excelize would hold the whole
// sheet in memory for it, every row as wide as its farthest cell.
func (a *archive) mergedCells(ctx context.Context, part string) (*spans, error) {
	s := &spans{byTop: make(map[int][]*span)}
	if !a.has(part) {
		return s, nil
	}
	sheet, err := readMember(ctx, a.members[part], mostWorkbook)
	if err != nil {
		return nil, err
	}
	for range mostMerged {
		at := bytes.Index(sheet, []byte("mergeCell "))
		if at < 0 {
			break
		}
		sheet = sheet[at+len("mergeCell "):]
		tag := sheet[:max(0, bytes.IndexByte(sheet[:min(len(sheet), 200)], '>'))]
		_, reference, _ := bytes.Cut(tag, []byte(`ref="`))
		reference, _, _ = bytes.Cut(reference, []byte(`"`))
		from, to, ok := strings.Cut(string(reference), ":")
		if !ok {
			continue
		}
		left, top, errFrom := excelize.CellNameToCoordinates(from)
		right, bottom, errTo := excelize.CellNameToCoordinates(to)
		if errFrom == nil && errTo == nil && right >= left && bottom >= top {
			s.byTop[top] = append(s.byTop[top], &span{left: left, right: right, top: top, bottom: bottom})
		}
	}
	return s, nil
}

// fill writes the merged cells that reach into a row. Only the first column of a
// span gets its words, save in a row that may head the table.
func (s *spans) fill(number int, row *gridRow) {
	for _, m := range s.byTop[number] {
		if m.left <= len(row.cells) {
			m.value = row.cells[m.left-1]
		}
		if m.value == "" {
			continue
		}
		if m.bottom-m.top < 3 {
			row.heads = max(row.heads, m.bottom-m.top+1)
		}
		if m.bottom > m.top {
			s.open = append(s.open, m)
		}
		if wide := min(m.right, len(row.cells)+mostSpan); m.right > m.left && m.left > 1 {
			for len(row.cells) < wide {
				row.cells = append(row.cells, "")
			}
			for c := m.left; c < wide; c++ {
				row.cells[c] = m.value
			}
		}
	}
	kept := s.open[:0]
	for _, m := range s.open {
		if m.top < number {
			for len(row.cells) < m.left {
				row.cells = append(row.cells, "")
			}
			row.cells[m.left-1] = m.value
		}
		if m.bottom > number {
			kept = append(kept, m)
		}
	}
	s.open = kept
}
