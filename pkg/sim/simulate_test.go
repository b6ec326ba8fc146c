package sim_test

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/leaktest"
	"example.org/waypost/pkg/sim"
)

// report is what TestSimulation has to say, behind everything the test binary says itself: make simulate shows it.
var report strings.Builder

func TestMain(m *testing.M) {
	code := leaktest.Run(m)
	if os.Getenv("SEEDS") != "" {
		_, _ = io.WriteString(os.Stdout, report.String()) // who does not read it has the exit code
	}
	os.Exit(code)
}

func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	s := os.Getenv(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.Atoi(s)
	require.NoError(t, err, name)
	return n
}

// sum is what came of all seeds.
type sum struct {
	mu                     sync.Mutex
	events, crashes, steps int
	lost, doubled          int
	faults                 map[string]int
	failed                 []uint64
}

func (s *sum) add(seed uint64, r sim.Result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events += r.Events
	s.crashes += r.Crashes
	s.steps += r.Steps
	s.lost += r.Lost
	s.doubled += r.Doubled
	for f, n := range r.Faults {
		s.faults[f] += n
	}
	if len(r.Wrong) > 0 {
		s.failed = append(s.failed, seed)
		if len(s.failed) <= 10 {
			fmt.Fprintf(&report, "seed %d: %s\n\tonce more, step by step: make simulate FROM=%d SEEDS=1 TRACE=1\n", seed, strings.Join(r.Wrong, "; "), seed)
		}
	}
}

// TestSimulation plays many seeds, each with its own chances; SEEDS says how many, FROM the first, TRACE whether to tell of every step.
func TestSimulation(t *testing.T) {
	t.Parallel()
	seeds, from := number(t, "SEEDS", 300), number(t, "FROM", 1)
	all := sum{faults: map[string]int{}}
	began := time.Now()
	var begun atomic.Int64 // not a channel: a bubble that fails ends its goroutine, and nobody may wait for it
	var playing sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		playing.Go(func() {
			for i := begun.Add(1); i <= int64(seeds); i = begun.Add(1) {
				seed := uint64(int64(from) + i - 1)
				all.add(seed, play(t, seed, os.Getenv("TRACE") != ""))
			}
		})
	}
	playing.Wait()
	var names []string
	for f := range all.faults {
		names = append(names, f)
	}
	slices.Sort(names)
	for _, f := range names {
		fmt.Fprintf(&report, "%9d × %s\n", all.faults[f], f)
	}
	fmt.Fprintf(&report, "seeds %d to %d in %s, %d steps\n", from, from+seeds-1, time.Since(began).Round(time.Second), all.steps)
	fmt.Fprintf(&report, "seeds=%d events=%d crashes=%d lost=%d doubled=%d failed=%d\n", seeds, all.events, all.crashes, all.lost, all.doubled, len(all.failed))
	require.Empty(t, all.failed, report.String())
}

// play plays one seed in a bubble of its own time.
func play(t *testing.T, seed uint64, trace bool, with ...sim.Mistake) (r sim.Result) {
	t.Helper()
	var tell func(string)
	if trace {
		tell = func(line string) { fmt.Fprintln(os.Stdout, line) }
	}
	synctest.Test(t, func(t *testing.T) { r = sim.Play(t.Context(), seed, tell, with...) })
	return r
}

// A seed plays the same each time, or it would be no use to keep one.
func TestASeedPlaysTheSameAgain(t *testing.T) {
	t.Parallel()
	steps := func(seed uint64) (out []string) {
		var mu sync.Mutex
		synctest.Test(t, func(t *testing.T) {
			sim.Play(t.Context(), seed, func(line string) {
				mu.Lock()
				defer mu.Unlock()
				if !strings.HasSuffix(line, "the process is dead") { // its threads end in any order, and do nothing more
					out = append(out, line)
				}
			})
		})
		end := slices.IndexFunc(out, func(line string) bool { return strings.HasSuffix(line, "is settled") })
		return out[:end] // how the processes end is not played
	}
	for seed := uint64(1); seed <= 40; seed++ {
		first, second := steps(seed), steps(seed)
		for i := range min(len(first), len(second)) {
			require.Equal(t, first[i], second[i], "seed %d, step %d of %d", seed, i, len(first))
		}
		require.Len(t, second, len(first), "seed %d", seed)
	}
}
