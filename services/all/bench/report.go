package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// report is all that came out, and where.
type report struct {
	Machine machine       `json:"machine"`
	At      time.Time     `json:"at"`
	Runs    int           `json:"runs_wanted"`
	Phase   time.Duration `json:"phase_ns"`
	Figures []figures     `json:"figures"`
}

func (r report) of(name string) *turn {
	for i, f := range r.Figures {
		if f.Name == name && len(f.Turns) > 0 {
			return &r.Figures[i].Median
		}
	}
	return nil
}

func (r report) table(out io.Writer) {
	fmt.Fprintf(out, "\n%-10s %10s %13s %13s %15s %14s %10s\n", "", "visible/s", "alone: p50", "alone: p99", "processor each", "messages each", "rows each")
	for _, f := range r.Figures {
		t := f.Median
		fmt.Fprintf(out, "%-10s %10.0f %10.1f ms %10.1f ms %12.1f ms %14.1f %10.1f\n", f.Name, t.PerSecond, ms(t.P50), ms(t.P99), ms(t.CPU), t.Messages, t.Rows)
	}
	fmt.Fprintf(out, "\nby a schedule, from the time scheduled until visible\n")
	for _, f := range r.Figures {
		for _, p := range f.Median.Paced {
			fmt.Fprintf(out, "%-10s %6d/s  %s\n", f.Name, p.Rate, p)
		}
	}
	fmt.Fprintf(out, "\n%-10s %10s %15s %14s %10s %12s\n", "", "lives/s", "processor each", "messages each", "rows each", "memory")
	for _, f := range r.Figures {
		if l := f.Median.Lives; l != nil {
			fmt.Fprintf(out, "%-10s %10.0f %12.1f ms %14.1f %10.1f %8.0f MiB\n", f.Name, l.PerSecond, ms(l.CPU), l.Messages, l.Rows, f.Median.RSS)
		}
	}
	fmt.Fprintln(out)
}

func (p paced) String() string {
	if !p.Kept {
		return strings.TrimSuffix(fmt.Sprintf("not kept up: %.0f/s, %d answered with an error", p.PerSecond, p.Failed), ", 0 answered with an error")
	}
	return fmt.Sprintf("p50 %.1f ms, p99 %.1f ms", ms(p.P50), ms(p.P99))
}

// last prints the lines that programs read; what was not measured is not among them.
//
// ratio_cpu is how much of the processor the smallest program needs for what Waypost needs, which other programs on the
// machine change less than ratio_floor; where it can not be told it is 0. A p99 at a rate that was not kept up is "none".
func (r report) last(out io.Writer) {
	floor, peer, top := r.of("floor"), r.of("watermill"), r.of("waypost")
	if floor != nil {
		fmt.Fprintf(out, "floor_per_second=%.0f\n", floor.PerSecond)
	}
	if peer != nil {
		fmt.Fprintf(out, "watermill_per_second=%.0f\n", peer.PerSecond)
	}
	if top == nil {
		return
	}
	fmt.Fprintf(out, "visible_per_second=%.0f\np50_ms=%.1f\np99_ms=%.1f\n", top.PerSecond, ms(top.P50), ms(top.P99))
	for _, p := range top.Paced {
		value := "none"
		if p.Kept {
			value = fmt.Sprintf("%.1f", ms(p.P99))
		}
		fmt.Fprintf(out, "p99_ms_%d=%s\n", p.Rate, value)
	}
	fmt.Fprintf(out, "lives_per_second=%.0f\nrss_mib=%.0f\n", top.Lives.PerSecond, top.RSS)
	if peer != nil {
		fmt.Fprintf(out, "ratio_watermill=%.2f\n", top.PerSecond/peer.PerSecond)
	}
	if floor != nil {
		fmt.Fprintf(out, "ratio_floor=%.2f\nratio_lives_floor=%.2f\nratio_cpu=%.2f\n",
			top.PerSecond/floor.PerSecond, top.Lives.PerSecond/floor.Lives.PerSecond, share(floor.CPU, top.CPU))
	}
}

func share(a, b time.Duration) float64 {
	if b <= 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// write keeps the figures in a folder: for programs, and to look at.
func (r report) write(folder string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write the figures: %w", err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // figures for everybody
		return fmt.Errorf("write the figures: %w", err)
	}
	for name, content := range map[string][]byte{"bench.json": append(b, '\n'), "bench.svg": r.draw()} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil { //nolint:gosec // as above
			return fmt.Errorf("write the figures: %w", err)
		}
	}
	return nil
}
