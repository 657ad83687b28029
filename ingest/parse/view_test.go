package parse_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"strings"
	"testing"
	"time"

	"policykb/ingest/parse"
)

// ruled is how far the lines of the pages below are apart, in points.
const ruled = 20.0

// linesOf draws lines of text from the upper left corner down; line i stands on
// the base y = 760 - i*ruled of a page 842 points high.
func linesOf(lines ...string) drawing {
	var p drawing
	for i, line := range lines {
		p.text(60, 760-float64(i)*ruled, 12, line)
	}
	return p
}

// Words of the text are found on their page, whatever cleaning made of them.
func TestViewPage(t *testing.T) {
	t.Parallel()
	vouchers := linesOf("第一条 算力券每年发放总额不超过", "1000万元，由市科技局负责。", "第二条 数据券每年发放总额不超过", "500万元，由市数据局负责。")
	twice := linesOf("对企业租用智能算力的费用给予补贴。", "算力券由市科技局发放。", "对企业租用智能算力的费用给予补贴。", "数据券由市数据局发放。")
	for _, c := range []struct {
		name   string
		page   drawing
		wanted parse.Excerpt
		marks  []int // the lines that are marked, from 0
	}{
		{"part of a line", vouchers, parse.Excerpt{Words: "由市科技局负责"}, []int{1}},
		{"over the end of a line", vouchers, parse.Excerpt{Words: "算力券每年发放总额不超过1000万元"}, []int{0, 1}},
		{"written otherwise", vouchers, parse.Excerpt{Words: "数据券每年发放总额不超过 ５００ 万元"}, []int{2, 3}},
		{"a character that is no longer there", vouchers, parse.Excerpt{Words: "算力券每年发放总额不超过（上限）1000万元，由市科技局负责"}, []int{0, 1}},
		{"the second of two that are alike", twice, parse.Excerpt{Before: "算力券由市科技局发放。\n", Words: "对企业租用智能算力的费用给予补贴", After: "。\n数据券"}, []int{2}},
		{"the first of two that are alike", twice, parse.Excerpt{Words: "对企业租用智能算力的费用给予补贴", After: "。\n算力券"}, []int{0}},
		{"what goes on from the page before", vouchers, parse.Excerpt{Words: "本措施所称的各种券按年度发放。第一条 算力券每年发放总额不超过"}, []int{0}},
		{"two characters", linesOf("算力", "算法", "数据"), parse.Excerpt{Words: "算法"}, []int{1}},
		{"what the page does not print", vouchers, parse.Excerpt{Words: "模型券每年发放总额"}, nil},
		{"nothing", vouchers, parse.Excerpt{}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v, err := parse.ViewPage(t.Context(), pdfOf(linesOf("封面"), c.page), 2, c.wanted)
			if err != nil {
				t.Fatal(err)
			}
			if v.Pages != 2 || v.Width != 595 || v.Height != 842 {
				t.Errorf("the page is %v by %v, one of %d", v.Width, v.Height, v.Pages)
			}
			var lines []int
			for _, m := range v.Marks {
				const base = 842 - 760.0
				line := int((m.Top + m.Height - base + ruled/2) / ruled)
				lines = append(lines, line)
				if m.Left < 55 || m.Width <= 0 || m.Left+m.Width > 595 || m.Height < 8 || m.Height > ruled {
					t.Errorf("line %d is marked at %+v", line, m)
				}
			}
			if fmt.Sprint(lines) != fmt.Sprint(c.marks) {
				t.Errorf("the lines %v are marked, want %v", lines, c.marks)
			}
		})
	}
}

// A page that is shown turned has its marks where its words are seen.
func TestViewTurnedPage(t *testing.T) {
	t.Parallel()
	page := linesOf("算力券由市科技局发放。")
	turned := bytes.Replace(pdfOf(page), []byte("/MediaBox [0 0 595 842]"), []byte("/Rotate 90 /MediaBox [0 0 595 842]"), 1)
	v, err := parse.ViewPage(t.Context(), turned, 1, parse.Excerpt{Words: "算力券由市科技局"})
	if err != nil {
		t.Fatal(err)
	}
	if v.Width != 842 || v.Height != 595 || len(v.Marks) != 1 {
		t.Fatalf("got %+v", v)
	}
	// The line runs down, along the right edge.
	if m := v.Marks[0]; m.Left < 750 || m.Height < 5*m.Width || m.Top < 55 || m.Top > 65 {
		t.Errorf("the words are marked at %+v", m)
	}
}

// A page is drawn with the words that it prints, in the size asked for.
func TestDrawPage(t *testing.T) {
	t.Parallel()
	data := pdfOf(linesOf("Computing vouchers"), drawing{})
	ink := func(number, width int) int {
		t.Helper()
		drawn, err := parse.DrawPage(t.Context(), data, number, width)
		if err != nil {
			t.Fatal(err)
		}
		picture, err := png.Decode(bytes.NewReader(drawn))
		if err != nil {
			t.Fatal(err)
		}
		if got := picture.Bounds().Dx(); got != min(max(width, parse.MinPictureWidth), parse.MaxPictureWidth) {
			t.Errorf("asked for %d pixels across, got %d", width, got)
		}
		dark := 0
		for y := range picture.Bounds().Dy() {
			for x := range picture.Bounds().Dx() {
				if r, _, _, _ := picture.At(x, y).RGBA(); r < 0x8000 {
					dark++
				}
			}
		}
		return dark
	}
	if ink(1, 800) == 0 {
		t.Error("the words are not drawn")
	}
	if ink(2, 0) > 0 || ink(2, 1_000_000) > 0 {
		t.Error("an empty page is not white")
	}
}

// Pages that cannot be shown are refused, and those of others are drawn all the same.
func TestPageThatCannotBeShown(t *testing.T) {
	t.Parallel()
	whole := pdfOf(linesOf("第一条"))
	for _, c := range []struct {
		name   string
		data   []byte
		page   int
		noPage bool
	}{
		{"no PDF", []byte("第一条 本市支持人工智能企业。"), 1, true},
		{"no bytes", nil, 1, true},
		{"page 0", whole, 0, true},
		{"the page after the last", whole, 2, true},
		{"a page far away", whole, 1 << 30, true},
		{"not whole", whole[:len(whole)/3], 1, false},
		{"a head alone", []byte("%PDF-1.7\n\x00\x01"), 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, viewing := parse.ViewPage(t.Context(), c.data, c.page, parse.Excerpt{Words: "第一条"})
			_, drawing := parse.DrawPage(t.Context(), c.data, c.page, 400)
			for _, err := range []error{viewing, drawing} {
				var refused *parse.Error
				if !errors.As(err, &refused) || c.noPage != (refused.Code == parse.CodeNoPage) {
					t.Errorf("got %v", err)
				}
			}
		})
	}
	t.Run("without an end", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := parse.DrawPage(ctx, endlessPDF(), 1, 400); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if _, err := parse.DrawPage(t.Context(), whole, 1, 400); err != nil {
			t.Errorf("afterwards a whole page gives %v", err)
		}
	})
	t.Run("as large as a field", func(t *testing.T) {
		t.Parallel()
		for _, size := range []string{"0 0 14400 1", "0 0 1 14400", "0 0 99999999 99999999", "0 0 0 0", "9 9 1 1"} {
			data := bytes.Replace(whole, []byte("0 0 595 842"), []byte(size), 1)
			drawn, err := parse.DrawPage(t.Context(), data, 1, parse.MaxPictureWidth)
			var refused *parse.Error
			if err != nil && !errors.As(err, &refused) {
				t.Errorf("%s: %v", size, err)
			}
			if at, err := png.DecodeConfig(bytes.NewReader(drawn)); err == nil && at.Width*at.Height > 12_000_000 {
				t.Errorf("%s: drawn in %d by %d pixels", size, at.Width, at.Height)
			}
		}
	})
}

// BenchmarkPage draws a page and looks for words on it.
func BenchmarkPage(b *testing.B) {
	line := strings.Repeat("对企业租用智能算力的费用给予补贴，", 2)
	var lines []string
	for i := range 35 {
		lines = append(lines, fmt.Sprintf("第%d条 %s每家最高%d万元。", i+1, line, i*10+10))
	}
	data := pdfOf(linesOf(lines...))
	b.Run("draw", func(b *testing.B) {
		for b.Loop() {
			if _, err := parse.DrawPage(b.Context(), data, 1, 1200); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("view", func(b *testing.B) {
		for b.Loop() {
			if _, err := parse.ViewPage(b.Context(), data, 1, parse.Excerpt{Words: lines[30]}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
