package corpus

import (
	"testing"
	"time"
)

func TestParseISODate(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]Date{
		"":           {},
		"2023":       {Year: 2023},
		"2023-05":    {Year: 2023, Month: time.May},
		"2023-05-23": {2023, time.May, 23},
		"2024-02-29": {2024, time.February, 29},
	} {
		d, err := ParseISODate(in)
		if err != nil || d != want {
			t.Errorf("ParseISODate(%q) = %v, %v; want %v", in, d, err, want)
		}
		if d.String() != in {
			t.Errorf("ParseISODate(%q).String() = %q", in, d)
		}
	}
	for _, in := range []string{"2023-02-29", "2023-13", "2023-00-01", "2023-5-23", "2023/05/23", "23-05-23", "20230523", "0000", "+023", "2023-05-2３", "2023年"} {
		if d, err := ParseISODate(in); err == nil {
			t.Errorf("ParseISODate(%q) = %v, want an error", in, d)
		}
	}
}

func TestDateOrder(t *testing.T) {
	t.Parallel()
	ascending := []Date{{}, {Year: 2022}, {2022, time.December, 31}, {Year: 2023}, {Year: 2023, Month: time.May}, {2023, time.May, 1}, {2023, time.May, 23}, {2023, time.June, 0}}
	for i, a := range ascending {
		for j, b := range ascending {
			if got := a.Compare(b); got < 0 != (i < j) || got > 0 != (i > j) {
				t.Errorf("%v.Compare(%v) = %d", a, b, got)
			}
		}
	}
	for d, want := range map[Date]int{{Year: 2023}: 20239999, {Year: 2023, Month: time.May}: 20230599, {2023, time.May, 23}: 20230523} {
		if got := d.LastOrdinal(); got != want {
			t.Errorf("%v.LastOrdinal() = %d, want %d", d, got, want)
		}
	}
}

func TestDateOf(t *testing.T) {
	t.Parallel()
	shanghai := time.FixedZone("UTC+8", 8*60*60)
	late := time.Date(2023, time.May, 22, 23, 30, 0, 0, time.UTC)
	if got, want := DateOf(late), (Date{2023, time.May, 22}); got != want {
		t.Errorf("DateOf(%v) = %v, want %v", late, got, want)
	}
	if got, want := DateOf(late.In(shanghai)), (Date{2023, time.May, 23}); got != want {
		t.Errorf("DateOf(%v) = %v, want %v", late.In(shanghai), got, want)
	}
}

func FuzzParseISODate(f *testing.F) {
	for _, s := range []string{"2023-05-23", "2023-05", "2023", "", "2023-02-30"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseISODate(s)
		if err == nil && d.String() != s {
			t.Fatalf("ParseISODate(%q) = %v", s, d)
		}
	})
}
