package corpus

import (
	"fmt"
	"strconv"
	"time"
)

// Date is a day of the civil calendar without a time zone. A policy may give
// only the year, or year and month; then the rest is zero. The zero Date is unknown.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf returns the day on which t lies, in t's time zone.
func DateOf(t time.Time) Date {
	year, month, day := t.Date()
	return Date{year, month, day}
}

// IsZero reports whether nothing is known.
func (d Date) IsZero() bool { return d == Date{} }

// String gives YYYY-MM-DD, shortened to what is known.
func (d Date) String() string {
	switch {
	case d.IsZero():
		return ""
	case d.Month == 0:
		return fmt.Sprintf("%04d", d.Year)
	case d.Day == 0:
		return fmt.Sprintf("%04d-%02d", d.Year, d.Month)
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// Compare orders dates; an unknown month or day comes before every known one.
func (d Date) Compare(e Date) int {
	return d.Ordinal() - e.Ordinal()
}

// Ordinal is a number that grows with the date: 20230523, zero parts as 00.
func (d Date) Ordinal() int { return d.Year*10000 + int(d.Month)*100 + d.Day }

// LastOrdinal is an Ordinal that no day the date may stand for exceeds: unknown
// parts count as 99.
func (d Date) LastOrdinal() int {
	switch {
	case d.Month == 0:
		return d.Ordinal() + 9999
	case d.Day == 0:
		return d.Ordinal() + 99
	}
	return d.Ordinal()
}

// ParseISODate reads YYYY, YYYY-MM or YYYY-MM-DD, and refuses days that the
// calendar does not have. "" is the zero Date.
func ParseISODate(s string) (Date, error) {
	if s == "" {
		return Date{}, nil
	}
	bad := fmt.Errorf("%q is no date: write YYYY-MM-DD", s)
	if len(s) != 4 && len(s) != 7 && len(s) != 10 {
		return Date{}, bad
	}
	parts := [3]int{}
	for i, cut := range [3][2]int{{0, 4}, {5, 7}, {8, 10}} {
		if cut[1] > len(s) {
			break
		}
		if i > 0 && s[cut[0]-1] != '-' {
			return Date{}, bad
		}
		n, err := strconv.ParseUint(s[cut[0]:cut[1]], 10, 16)
		if err != nil || n == 0 {
			return Date{}, bad
		}
		parts[i] = int(n)
	}
	d := Date{parts[0], time.Month(parts[1]), parts[2]}
	if !d.valid() {
		return Date{}, bad
	}
	return d, nil
}

// valid reports whether the calendar has the date.
func (d Date) valid() bool {
	if d.Month < 0 || d.Month > 12 || d.Day < 0 || d.Month == 0 && d.Day != 0 {
		return false
	}
	return d.Day == 0 || time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Day() == d.Day
}

// MarshalText gives the ISO form.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the ISO form.
func (d *Date) UnmarshalText(b []byte) (err error) {
	*d, err = ParseISODate(string(b))
	return err
}
