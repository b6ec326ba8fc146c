// Command bench measures how fast a referral becomes visible: from the request at a practice to the receiver's tray and the
// case. It measures the smallest program that could do the same on the same database and broker, then Waypost, and prints
// the ratio. Its last lines are key=value.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/pprof"
	"syscall"
	"time"
)

type settings struct {
	runs, referrals, clients, probes, warm int
	floorOnly                              bool
	json, profile                          string
}

func main() {
	var s settings
	flag.IntVar(&s.runs, "runs", 3, "how often each is started and measured; the median counts")
	flag.IntVar(&s.referrals, "referrals", 2000, "referrals of a run")
	flag.IntVar(&s.clients, "clients", 32, "how many ask at once")
	flag.IntVar(&s.probes, "probes", 200, "referrals sent one after the other, for the time of one")
	flag.IntVar(&s.warm, "warm", 200, "referrals before anything is measured")
	flag.BoolVar(&s.floorOnly, "floor", false, "measure only the smallest program")
	flag.StringVar(&s.json, "json", "", "write the figures to this file as well")
	flag.StringVar(&s.profile, "profile", "", "write where Waypost's processor time goes to this file, for go tool pprof")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout, s); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, s settings) error {
	m, err := describe()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s\n%d turns each, one after the other: %d referrals by %d clients, then %d singly; medians\n\n", m, s.runs, s.referrals, s.clients, s.probes)
	all, err := turns(ctx, out, s)
	if err != nil {
		return err
	}
	table(out, all)
	if s.json != "" {
		b, err := json.MarshalIndent(map[string]any{"machine": m, "at": time.Now().UTC(), "figures": all}, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(s.json, append(b, '\n'), 0o644); err != nil { //nolint:gosec // figures for everybody
			return fmt.Errorf("write the figures: %w", err)
		}
	}
	last(out, all)
	return nil
}

// turns measures the subjects in turn, because what else the machine does changes from minute to minute.
func turns(ctx context.Context, out io.Writer, s settings) ([]figures, error) {
	all := []figures{{Name: "floor"}, {Name: "waypost"}}
	opens := []func(context.Context) (subject, error){openFloor, openProduct}
	if s.floorOnly {
		all, opens = all[:1], opens[:1]
	}
	for i := range s.runs {
		for j, open := range opens {
			stop, err := profile(j == 1 && i == 0, s.profile)
			if err != nil {
				return nil, err
			}
			t, err := measure(ctx, open, s)
			stop()
			if err != nil {
				return nil, fmt.Errorf("measure %s: %w", all[j].Name, err)
			}
			all[j].add(t)
			fmt.Fprintf(out, "%s, turn %d: %.0f visible a second, %.1f ms of processor each\n", all[j].Name, i+1, t.PerSecond, ms(t.CPU))
		}
	}
	return all, nil
}

// last prints the lines that programs read.
//
// ratio_cpu is how much of the processor the smallest program needs for what Waypost needs, which other programs on the
// machine change less than ratio_floor; where it can not be told it is 0.
func last(out io.Writer, all []figures) {
	floor, top := all[0], all[len(all)-1]
	cpu := 0.0
	if top.CPU > 0 {
		cpu = float64(floor.CPU) / float64(top.CPU)
	}
	fmt.Fprintf(out, "visible_per_second=%.0f\nfloor_per_second=%.0f\nratio_floor=%.2f\nratio_cpu=%.2f\np50_ms=%.1f\np99_ms=%.1f\n",
		top.PerSecond, floor.PerSecond, top.PerSecond/floor.PerSecond, cpu, ms(top.P50), ms(top.P99))
}

func table(out io.Writer, all []figures) {
	fmt.Fprintf(out, "\n%-10s %14s %12s %12s %14s %14s %14s\n", "", "visible/s", "one: p50", "one: p99", "processor each", "messages each", "rows each")
	for _, f := range all {
		fmt.Fprintf(out, "%-10s %14.0f %9.1f ms %9.1f ms %11.1f ms %14.1f %14.1f\n", f.Name, f.PerSecond, ms(f.P50), ms(f.P99), ms(f.CPU), f.Messages, f.Rows)
	}
	fmt.Fprintln(out)
}

// profile begins to count and returns how to end; it does nothing unless it is wanted.
func profile(wanted bool, name string) (stop func(), err error) {
	if !wanted || name == "" {
		return func() {}, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, fmt.Errorf("write the profile: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { pprof.StopCPUProfile(); _ = f.Close() }, nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
