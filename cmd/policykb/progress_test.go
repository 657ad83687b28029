package main

import (
	"testing"
	"time"
)

func TestPace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		done, total int
		taken       time.Duration
		want        string
	}{
		{0, 10000, time.Second, "0 files/s"},
		{5, 10, 10 * time.Second, "0.5 files/s, 10s left"},
		{400, 10000, 10 * time.Second, "40 files/s, 4m0s left"},
		{10000, 10000, 100 * time.Second, "100 files/s"},
	} {
		if got := pace(c.done, c.total, c.taken); got != c.want {
			t.Errorf("%d of %d after %v: %q, want %q", c.done, c.total, c.taken, got, c.want)
		}
	}
}
