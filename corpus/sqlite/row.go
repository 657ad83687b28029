package sqlite

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"policykb/corpus"
)

// each hands all rows to f and closes them. It takes the error of the query too.
func each(rows *sql.Rows, err error, f func(scanner) error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// collect gathers what scan reads from each row.
func collect[T any](rows *sql.Rows, err error, scan func(scanner) (T, error)) (all []T, _ error) {
	err = each(rows, err, func(row scanner) error {
		one, err := scan(row)
		all = append(all, one)
		return err
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// micros and instant turn times into the catalogue's and back.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func instant(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

// date is the date of which n is the ordinal.
func date(n int) corpus.Date {
	return corpus.Date{Year: n / 10000, Month: time.Month(n / 100 % 100), Day: n % 100}
}

// encode gives a list or record as JSON, and empty for a nil one.
func encode(v any, empty string) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("sqlite: %T cannot be JSON: %v", v, err)) // plain structs, strings and numbers
	}
	if string(b) == "null" {
		return empty
	}
	return string(b)
}

// decode is encode's inverse; it leaves v alone when there is nothing to decode.
func decode(b []byte, empty string, v any) error {
	if len(b) == 0 || string(b) == empty {
		return nil
	}
	return json.Unmarshal(b, v)
}

// decodeList reads a list of strings, nil for the empty one. Without escapes the
// quotes are where the strings end, and nothing needs parsing: lists are read with
// every passage and document.
func decodeList(s string) (list []string, err error) {
	if inner, ok := strings.CutPrefix(s, `["`); ok && strings.IndexByte(s, '\\') < 0 {
		return strings.Split(strings.TrimSuffix(inner, `"]`), `","`), nil
	}
	return list, decode([]byte(s), "[]", &list)
}

// encodeOrigins gives origins as lines, "field from" or "field from start end".
// They are read with every document of an answer, and read ten times as fast as JSON.
func encodeOrigins(origins map[string]corpus.Origin) (string, error) {
	var b strings.Builder
	for _, field := range slices.Sorted(maps.Keys(origins)) {
		o := origins[field]
		if field == "" || o.From == "" || strings.ContainsAny(field+string(o.From), " \n") {
			return "", fmt.Errorf("%w: origin %q of metadata field %q", corpus.ErrInvalid, o.From, field)
		}
		fmt.Fprintf(&b, "%s %s", field, o.From)
		if o.Span != nil {
			fmt.Fprintf(&b, " %d %d", o.Span.Start, o.Span.End)
		}
		b.WriteByte('\n')
	}
	return b.String(), nil
}

// decodeOrigins reads what encodeOrigins gives, nil for no origins.
func decodeOrigins(lines string) (map[string]corpus.Origin, error) {
	if lines == "" {
		return nil, nil
	}
	origins := make(map[string]corpus.Origin, strings.Count(lines, "\n"))
	for line := range strings.SplitSeq(strings.TrimSuffix(lines, "\n"), "\n") {
		field, rest, _ := strings.Cut(line, " ")
		from, rest, located := strings.Cut(rest, " ")
		o := corpus.Origin{From: corpus.OriginKind(from)}
		if located {
			first, last, _ := strings.Cut(rest, " ")
			start, err1 := strconv.Atoi(first)
			end, err2 := strconv.Atoi(last)
			if err := errors.Join(err1, err2); err != nil {
				return nil, fmt.Errorf("origin %q: %w", line, err)
			}
			o.Span = &corpus.Span{Start: start, End: end}
		}
		origins[field] = o
	}
	return origins, nil
}
