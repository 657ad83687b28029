package parse

import (
	"strings"
	"unicode/utf8"
)

// tableRow is a row of a table in an office document.
type tableRow struct {
	cells   [][]Block
	header  bool
	deleted bool
}

// tableBlocks writes the rows of a table. A table of one cell only frames its
// text; a cell of several paragraphs beside a label, as forms and cards have, is
// written as text after the label.
func tableBlocks(rows []tableRow) []Block {
	var blocks []Block
	for i, row := range rows {
		texts := make([]string, len(row.cells))
		filled, prose := 0, false
		for k, cell := range row.cells {
			texts[k] = strings.TrimSpace(flat(cell))
			if texts[k] != "" {
				filled++
			}
			prose = prose || len(cell) > 1 && utf8.RuneCountInString(texts[k]) > longCell
			prose = prose || len(rows) == 1 && len(row.cells) == 1
			for _, b := range cell {
				prose = prose || b.Kind == Row // a table within the cell
			}
		}
		switch {
		case filled == 0:
		case prose:
			for _, cell := range row.cells {
				blocks = append(blocks, cell...)
			}
		default:
			header := row.header || i == 0 && len(rows) > 2 && columnNames(texts)
			blocks = append(blocks, Block{Kind: Row, Text: rowOf(texts), Cells: texts, Header: header, Offset: -1})
		}
	}
	return blocks
}
