package faults

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Run plays the rounds that are not played yet, and prints what came out of all. ok is false when anything was lost or done
// twice, a control was not seen, or something that should have happened never did.
func Run(ctx context.Context, o Options) (ok bool, err error) {
	if o.Rounds == 0 {
		o.Rounds = 12
	}
	if o.Smoke || o.partial() {
		o.Rounds = 1
	}
	if err := os.MkdirAll(o.Dir, 0o755); err != nil { //nolint:gosec // the database's user must get through
		return false, err
	}
	path := filepath.Join(o.Dir, "results.jsonl")
	all, err := played(path)
	if err != nil {
		return false, err
	}
	for n := len(all); n < o.Rounds; n++ {
		r, err := round(ctx, o, n)
		if err != nil {
			return false, fmt.Errorf("round %d, seed %d: %w", n, o.Seed+uint64(n), err)
		}
		r.Round = n
		if err := keep(path, r); err != nil {
			return false, err
		}
		all = append(all, r)
		if !r.Good() {
			break // what is left of it can be looked at in its folder
		}
		if err := os.RemoveAll(filepath.Join(o.Dir, fmt.Sprintf("round-%d", n))); err != nil {
			return false, err
		}
	}
	return o.report(all), nil
}

// played are the rounds of a campaign that was stopped.
func played(path string) (all []Result, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var r Result
		if json.Unmarshal(lines.Bytes(), &r) != nil {
			break // it was stopped while it wrote this one
		}
		all = append(all, r)
	}
	return all, nil
}

// report prints the figures of all rounds and the last line, and tells whether all is well.
func (o Options) report(all []Result) bool {
	good := len(all) > 0
	faults, fired := map[string]int{}, map[string]int{}
	var left, never, passed, faulty []string
	var n, controls int
	var acked, refused, unknown, again, lost, doubled, wrong int64
	var settled, took time.Duration
	for _, r := range all {
		good = good && r.Good()
		for k, v := range r.Faults {
			faults[k] += v
		}
		for k, v := range r.Fired {
			fired[k] += v
		}
		left, never, passed = append(left, r.Left...), append(never, r.Never...), append(passed, r.Passed...)
		faulty = append(faulty, r.Faulty...)
		n, controls = n+r.total(), controls+r.Controls
		acked, refused, unknown, again = acked+r.Acked, refused+r.Refused, unknown+r.Unknown, again+r.Again
		lost, doubled, wrong = lost+r.Lost, doubled+r.Doubled, wrong+r.Wrong
		settled, took = max(settled, r.Settled), took+r.Took
	}
	fmt.Fprintf(o.Out, "\n%-56s %8s\n", "What was broken", "times")
	for _, k := range sorted(faults) {
		fmt.Fprintf(o.Out, "  %-54s %8d\n", k, faults[k])
	}
	fmt.Fprintf(o.Out, "\n%-56s %8s\n", "Where our own code died", "times")
	for _, k := range sorted(fired) {
		fmt.Fprintf(o.Out, "  %-54s %8d\n", k, fired[k])
	}
	for what, names := range map[string][]string{"not possible on this machine": left, "never came about": never, "NOT SEEN by the oracle": passed, "AT A LOSS": faulty} {
		if len(names) > 0 {
			slices.Sort(names)
			fmt.Fprintf(o.Out, "\n%s: %s\n", what, strings.Join(slices.Compact(names), "; "))
		}
	}
	seeds := make([]string, len(all))
	for i, r := range all {
		seeds[i] = fmt.Sprint(r.Seed)
	}
	fmt.Fprintf(o.Out, "\nseeds %s; %v; %d commands acknowledged, %d refused, %d whose sender never learnt, %d sent again; all had heard all within %v\n",
		strings.Join(seeds, " "), took.Round(time.Second), acked, refused, unknown, again, settled.Round(time.Second))
	if n > 0 && acked > 0 && lost+doubled == 0 {
		// With none in n, the true share is below 3/n, 95 times in 100.
		fmt.Fprintf(o.Out, "so at 95%%: fewer than %.2g %% of faults and fewer than %s of acknowledged commands lose or double anything\n", 300/float64(n), share(acked))
	}
	fmt.Fprintf(o.Out, "faults=%d acked=%d lost=%d doubled=%d wrong=%d controls_failed=%d/%d\n", n, acked, lost, doubled, wrong, controls-len(passed), controls)
	return good
}

// share writes 3/n as "1 in 6,667".
func share(n int64) string { return fmt.Sprintf("1 in %.0f", math.Floor(float64(n)/3)) }

func sorted(m map[string]int) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
