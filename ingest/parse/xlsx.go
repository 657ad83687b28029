package parse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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
	left := budget{cells: mostCells, text: mostSheetText}
	for _, name := range sheets {
		visible, err := book.GetSheetVisible(name)
		if err == nil && !visible {
			doc.Warnings = append(doc.Warnings, fmt.Sprintf("the sheet %s is hidden and was left out", name))
			continue
		}
		rows, err := sheetRows(ctx, book, name, &left)
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
func sheetRows(ctx context.Context, book *excelize.File, name string, left *budget) ([]gridRow, error) {
	merged, err := mergedCells(book, name)
	if err != nil {
		return nil, refuse(CodeDamaged, "the sheet %s is damaged: %v", name, err)
	}
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

func mergedCells(book *excelize.File, name string) (*spans, error) {
	all, err := book.GetMergeCells(name, true)
	if err != nil {
		if strings.Contains(err.Error(), "not a worksheet") {
			return &spans{}, nil
		}
		return nil, err
	}
	s := &spans{byTop: make(map[int][]*span)}
	for _, m := range all[:min(len(all), mostMerged)] {
		left, top, err := excelize.CellNameToCoordinates(m.GetStartAxis())
		if err != nil {
			return nil, err
		}
		right, bottom, err := excelize.CellNameToCoordinates(m.GetEndAxis())
		if err != nil {
			return nil, err
		}
		s.byTop[top] = append(s.byTop[top], &span{left: left, right: right, top: top, bottom: bottom})
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
