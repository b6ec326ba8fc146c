package main

import (
	"fmt"
	"text/tabwriter"
	"time"
)

// table prints what was measured, and ends in key=value lines: how much slower the largest is than the first.
func (l *long) table() {
	t := tabwriter.NewWriter(l.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(name string, cell func(size) string) {
		fmt.Fprintf(t, "%s\t", name)
		for _, s := range l.Sizes {
			fmt.Fprintf(t, "%s\t", cell(s))
		}
		fmt.Fprintln(t)
	}
	fmt.Fprintln(t)
	row("cases", func(s size) string {
		if s.Copied {
			return fmt.Sprint(s.Cases, " (copied)")
		}
		return fmt.Sprint(s.Cases)
	})
	row("of them closed", func(s size) string { return fmt.Sprint(s.Closed) })
	row("request answered, p50", func(s size) string { return fmt.Sprintf("%.1f ms", ms(s.Request.P50)) })
	row("request answered, p99", func(s size) string { return fmt.Sprintf("%.1f ms", ms(s.Request.P99)) })
	row("request until it is matched and offered, p50", func(s size) string { return orNone(int(s.Matched.P50), "%.1f ms", ms(s.Matched.P50)) })
	row("request until it is matched and offered, p99", func(s size) string { return orNone(int(s.Matched.P99), "%.1f ms", ms(s.Matched.P99)) })
	for i, p := range l.Sizes[0].Pages {
		row("page "+p.Name+", p50", func(s size) string { return fmt.Sprintf("%.1f ms", ms(s.Pages[i].P50)) })
		row("page "+p.Name+", p99", func(s size) string { return fmt.Sprintf("%.1f ms", ms(s.Pages[i].P99)) })
	}
	for i, p := range l.Sizes[0].Asks {
		row("ask "+p.Name+", p50", func(s size) string { return fmt.Sprintf("%.1f ms", ms(s.Asks[i].P50)) })
		row("ask "+p.Name+", p99", func(s size) string { return fmt.Sprintf("%.1f ms", ms(s.Asks[i].P99)) })
	}
	row("disk for a case", func(s size) string { return fmt.Sprintf("%.1f KiB", l.bytesPerCase(s)/1024) })
	row("memory without Postgres", func(s size) string { return fmt.Sprintf("%.0f MiB", s.RSS) })
	starts := func(d time.Duration) string {
		if d == 0 {
			return "–"
		}
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	row("start after a clean end", func(s size) string { return starts(s.CleanStart) })
	row("start after a kill", func(s size) string { return starts(s.KilledStart) })
	row("stream anew, 100,000 events", func(s size) string { return starts(s.StreamAnew.each()) })
	row("copies anew, 100,000 events", func(s size) string { return starts(s.CopiesAnew.each()) })
	row("whole lives a second, sustained", func(s size) string { return orNone(s.Lives.Lives, "%.0f", s.Lives.PerSecond) })
	row("memory after them", func(s size) string { return orNone(s.Lives.Lives, "%.0f MiB", s.Lives.RSS) })
	_ = t.Flush()
	for _, r := range l.Returns {
		fmt.Fprintf(l.out, "%s killed, back after %v, %d a second: %.1f s until nobody waited for more than %v; %d failed\n", r.What, away, r.Rate, r.Lag.Seconds(), usual, r.Failed)
	}
	l.growth()
}

// growth prints how much slower the largest is than the first, and what the largest takes.
func (l *long) growth() {
	first, last := l.Sizes[0], l.Sizes[len(l.Sizes)-1]
	ratio := func(of func(size) spread) float64 { return float64(of(last).P99) / float64(of(first).P99) }
	fmt.Fprintf(l.out, "\ncases=%d\ngrowth_request=%.2f\n", last.Cases, ratio(func(s size) spread { return s.Request }))
	if first.Matched.P99 > 0 { // a folder may be older than this question
		fmt.Fprintf(l.out, "growth_matched=%.2f\n", ratio(func(s size) spread { return s.Matched }))
	}
	for i, p := range first.Pages {
		fmt.Fprintf(l.out, "growth_%s_page=%.2f\n", p.Name, ratio(func(s size) spread { return s.Pages[i].spread }))
	}
	for i, p := range first.Asks {
		fmt.Fprintf(l.out, "growth_%s=%.2f\n", p.Name, ratio(func(s size) spread { return s.Asks[i].spread }))
	}
	fmt.Fprintf(l.out, "lives_sustained=%.0f\nstream_anew_ms=%.0f\ncopies_anew_ms=%.0f\n", last.Lives.PerSecond, ms(last.StreamAnew.each()), ms(last.CopiesAnew.each()))
	for i, r := range l.Returns {
		fmt.Fprintf(l.out, "return_%d_ms=%.0f\n", i+1, ms(r.Lag))
	}
	fmt.Fprintf(l.out, "bytes_per_case=%.0f\nclean_start_ms=%.0f\nkilled_start_ms=%.0f\n", l.bytesPerCase(last), ms(last.CleanStart), ms(last.KilledStart))
}

func orNone(n int, format string, v float64) string {
	if n == 0 {
		return "–"
	}
	return fmt.Sprintf(format, v)
}

// bytesPerCase is what a case more takes: what an empty Waypost takes, its sample among it, is not counted.
func (l *long) bytesPerCase(s size) float64 {
	first := l.Sizes[0]
	if s.Cases == first.Cases {
		return 0
	}
	return float64(s.Bytes-first.Bytes) / float64(s.Cases-first.Cases)
}
