package parse

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"strings"
)

// separators are what divides the fields of a line, the likeliest first.
const separators = ",\t;|"

// parseCSV reads a table of plain text.
func parseCSV(ctx context.Context, _ string, data []byte) (Document, error) {
	text, charset, err := decode(data, "")
	if err != nil {
		return Document{}, err
	}
	separator, _ := separatorOf(text)
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes, r.ReuseRecord = separator, -1, true, true
	doc := Document{Format: FormatCSV, Charset: charset}
	left := budget{cells: mostCells, text: mostSheetText}
	var rows []gridRow
	for {
		if err := ctx.Err(); err != nil {
			return Document{}, err
		}
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Document{}, refuse(CodeDamaged, "the table cannot be read: %v", err)
		}
		row := gridRow{cells: append([]string(nil), record...), heads: 1}
		if err := left.take(row.cells); err != nil {
			return Document{}, err
		}
		rows = append(rows, row)
	}
	doc.Blocks = gridBlocks(rows)
	return doc, nil
}

// looksCSV reports whether a text is a table: lines of equally many fields. Where
// its name does not say so there must be three fields and three lines at least,
// and no sentences among them.
func looksCSV(text string, named bool) bool {
	separator, columns := separatorOf(text)
	if columns < 2 {
		return false
	}
	if named {
		return true
	}
	if separator == '|' || columns < 3 {
		return false // a table of Markdown, or a list of pairs
	}
	records, equal := records(text, separator)
	return len(records) >= 3 && equal == len(records) && !strings.Contains(text[:min(len(text), recordsRead)], "。\n")
}

// separatorOf finds what divides the fields of a table, and how many there are.
func separatorOf(text string) (separator rune, columns int) {
	separator, best := ',', 0
	for _, s := range separators {
		if strings.IndexByte(text[:min(len(text), recordsRead)], byte(s)) < 0 {
			continue
		}
		lines, equal := records(text, s)
		if len(lines) == 0 || len(lines[0]) < 2 {
			continue
		}
		if score := equal * 100 / len(lines); score >= 80 && score > best {
			separator, best, columns = s, score, len(lines[0])
		}
	}
	return separator, columns
}

// recordsRead is how many bytes of a text are looked at to tell whether it is a table.
const recordsRead = 1 << 14

// records reads the first lines of a table, and counts those with as many fields
// as the first.
func records(text string, separator rune) (all [][]string, equal int) {
	head := text[:min(len(text), recordsRead)]
	if len(head) < len(text) {
		if end := strings.LastIndexByte(head, '\n'); end >= 0 {
			head = head[:end]
		}
	}
	r := csv.NewReader(strings.NewReader(head))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = separator, -1, true
	for len(all) < 50 {
		record, err := r.Read()
		if err != nil {
			break
		}
		all = append(all, record)
		if len(record) == len(all[0]) {
			equal++
		}
	}
	return all, equal
}
