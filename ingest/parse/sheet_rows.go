package parse

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// What is read of a spreadsheet.
const (
	mostCells     = 5_000_000
	mostSheetText = maxText
)

// gridRow is a row of a spreadsheet.
type gridRow struct {
	cells []string
	// heads is how many rows the cells of this row reach down: a header of two
	// rows has cells that are merged over both.
	heads int
}

// gridBlocks writes the rows of a spreadsheet: a row of one cell above a table is
// its caption, the first row of names its header, and every other row carries
// as many cells as the header has.
func gridBlocks(rows []gridRow) []Block {
	var blocks []Block
	add := func(b Block) {
		b.Offset = -1
		blocks = append(blocks, b)
	}
	var header []string
	anew := true // a table may begin here
	for i := 0; i < len(rows); i++ {
		cells := trimmed(rows[i].cells)
		filled := 0
		for _, c := range cells {
			if c != "" {
				filled++
			}
		}
		switch {
		case filled == 0:
			anew = true
			continue
		case filled == 1 && (header == nil || anew): // above a table, or below it
			text := strings.Join(cells, "")
			kind := Paragraph
			if follows := nextFilled(rows[i+1:]); anew && follows > 1 && utf8.RuneCountInString(text) <= longHeading {
				kind = Caption
			}
			add(Block{Kind: kind, Text: text})
			continue
		}
		if anew && namesColumns(cells, filled) && nextFilled(rows[i+1:]) > 0 {
			names := cells
			for k := 1; k < rows[i].heads && i+1 < len(rows); k++ {
				i++
				names = under(names, trimmed(rows[i].cells))
			}
			header, anew = names, false
			add(Block{Kind: Row, Text: rowOf(names), Cells: names, Header: true})
			continue
		}
		anew = false
		for len(cells) < len(header) {
			cells = append(cells, "")
		}
		add(Block{Kind: Row, Text: rowOf(cells), Cells: cells})
	}
	return blocks
}

// trimmed gives cells on one line each, without those at the end that are empty.
func trimmed(cells []string) []string {
	out := make([]string, len(cells))
	last := 0
	for i, c := range cells {
		out[i] = strings.Join(strings.Fields(strings.ToValidUTF8(c, "")), " ")
		if out[i] != "" {
			last = i + 1
		}
	}
	return out[:last]
}

// nextFilled counts the filled cells of the next row.
func nextFilled(rows []gridRow) int {
	if len(rows) == 0 {
		return 0
	}
	n := 0
	for _, c := range rows[0].cells {
		if strings.TrimSpace(c) != "" {
			n++
		}
	}
	return n
}

// namesColumns reports whether cells read as the names of columns: short words,
// most of them there, no amounts and no dates among them.
func namesColumns(cells []string, filled int) bool {
	if filled*3 < len(cells)*2 {
		return false
	}
	for _, c := range cells {
		if utf8.RuneCountInString(c) > 40 || strings.ContainsAny(c, "。；") || c != "" && strings.Trim(c, "0123456789.,%-/:+ ") == "" {
			return false
		}
	}
	return true
}

// under puts the second row of a header below the first: 补贴标准 首次.
func under(above, below []string) []string {
	names := make([]string, max(len(above), len(below)))
	for i := range names {
		var parts []string
		for _, row := range [][]string{above, below} {
			if i < len(row) && row[i] != "" && !slices.Contains(parts, row[i]) {
				parts = append(parts, row[i])
			}
		}
		names[i] = strings.Join(parts, " ")
	}
	return names
}
