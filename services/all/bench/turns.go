package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
)

// contender is a subject that can be opened again and again, with the best rate it has shown.
type contender struct {
	figures
	open    func(context.Context) (subject, error)
	fastest float64 // visible a second
	hasRun  bool    // and not only warmed up
}

func contenders(only string, w tuning) ([]*contender, error) {
	all := []*contender{
		{figures: figures{Name: "floor"}, open: openFloor},
		{figures: figures{Name: "watermill"}, open: w.open},
		{figures: figures{Name: "waypost"}, open: openProduct},
	}
	if only == "" {
		return all, nil
	}
	var wanted []*contender
	for name := range strings.SplitSeq(only, ",") {
		i := slices.IndexFunc(all, func(c *contender) bool { return c.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no %q to measure", name)
		}
		wanted = append(wanted, all[i])
	}
	return wanted, nil
}

// turns measures the contenders in turn, because what else the machine does changes from minute to minute. No round is begun
// that would not end in time.
func turns(ctx context.Context, out io.Writer, all []*contender, s settings) error {
	began := time.Now()
	var longest time.Duration
	for i := range s.runs {
		round := time.Now()
		if i > 0 && time.Since(began)+longest > s.most {
			fmt.Fprintf(out, "another round would take longer than %v in all: %d of %d are done, and count\n", s.most, i, s.runs)
			return nil
		}
		for _, c := range all {
			t, err := c.turn(ctx, s, i)
			if err != nil {
				return fmt.Errorf("measure %s: %w", c.Name, err)
			}
			c.add(t)
			say(out, c.Name, i, t)
		}
		longest = max(longest, time.Since(round))
	}
	return nil
}

func say(out io.Writer, name string, i int, t turn) {
	fmt.Fprintf(out, "%s, turn %d: %.0f visible a second, %.1f ms of processor each", name, i+1, t.PerSecond, ms(t.CPU))
	if t.Lives != nil {
		fmt.Fprintf(out, "; %.0f lives a second", t.Lives.PerSecond)
	}
	fmt.Fprintln(out)
	for _, n := range t.Notes {
		fmt.Fprintf(out, "  %s\n", n)
	}
}

// turn starts the subject, warms it, measures it once and ends it.
func (c *contender) turn(ctx context.Context, s settings, i int) (t turn, err error) {
	debug.FreeOSMemory() // what the one before left is not this one's
	x, err := c.open(ctx)
	if err != nil {
		return t, err
	}
	defer x.Close()
	stop, err := profile(c.Name == "waypost" && i == 0, s.profile)
	if err != nil {
		return t, err
	}
	defer stop()
	if err := c.warm(ctx, x, s); err != nil {
		return t, fmt.Errorf("warm up: %w", err)
	}
	for _, phase := range []func(context.Context, subject, settings, *turn) error{c.closed, c.alone, c.paced, c.lives} {
		if err := phase(ctx, x, s, &t); err != nil {
			return t, err
		}
	}
	t.RSS = resident()
	if f, ok := x.(interface{ Faults() []string }); ok {
		t.Notes = append(t.Notes, f.Faults()...)
	}
	return t, nil
}

// warm has some referrals go through before anything is measured, and sees how fast about they do.
func (c *contender) warm(ctx context.Context, x subject, s settings) error {
	if err := x.Prepare(ctx, s.warm); err != nil {
		return err
	}
	return c.note(rush(ctx, x, s.long, s.clients)) // until nobody is left
}

func (c *contender) note(r rushed, err error) error {
	c.fastest = max(c.fastest, r.perSecond)
	return err
}

// enough is how many patients a phase needs where as many are referred as can be: half as many again as at the best rate so far,
// and thrice as many while that is the warm-up's, which is slow. Where it is not enough all the same, the phase ends early and the
// turn says so; who is left over is there for the next phase.
func (c *contender) enough(long time.Duration, clients int) int {
	margin := 1.5
	if !c.hasRun {
		margin = 3
	}
	return int(c.fastest*long.Seconds()*margin) + clients
}

func (c *contender) closed(ctx context.Context, x subject, s settings, t *turn) error {
	if err := x.Prepare(ctx, c.enough(s.long, s.clients)); err != nil {
		return err
	}
	m0, r0, err := x.Weight(ctx)
	if err != nil {
		return err
	}
	began := spent()
	r, err := rush(ctx, x, s.long, s.clients)
	if err := c.note(r, err); err != nil {
		return err
	}
	c.hasRun = true
	m1, r1, err := x.Weight(ctx)
	if err != nil {
		return err
	}
	n := float64(r.n)
	t.PerSecond, t.CPU = r.perSecond, time.Duration(float64(spent()-began)/n)
	t.Messages, t.Rows = float64(m1-m0)/n, float64(r1-r0)/n
	if r.short {
		t.Notes = append(t.Notes, fmt.Sprintf("asking ended early: the patients prepared were all referred, %d of them", r.n))
	}
	return nil
}

func (c *contender) alone(ctx context.Context, x subject, s settings, t *turn) error {
	if err := x.Prepare(ctx, c.enough(s.alone, 0)); err != nil {
		return err
	}
	took, err := probe(ctx, x, s.alone)
	if err != nil {
		return fmt.Errorf("refer one by one: %w", err)
	}
	t.P50, t.P99 = at(took, 0.50), at(took, 0.99)
	return nil
}

func (c *contender) paced(ctx context.Context, x subject, s settings, t *turn) error {
	for _, rate := range s.rates {
		if err := x.Prepare(ctx, int(float64(rate)*s.long.Seconds())); err != nil {
			return err
		}
		p, err := pace(ctx, x, rate, s.long)
		if err != nil {
			return fmt.Errorf("refer at %d a second: %w", rate, err)
		}
		t.Paced = append(t.Paced, p)
		if !p.Kept {
			t.Notes = append(t.Notes, fmt.Sprintf("%d a second: %s", rate, p))
		}
		if p.Failed > 0 {
			t.Notes = append(t.Notes, "the first error: "+p.Why)
		}
	}
	return nil
}

// lives come last: a life is more than becoming visible, so no more patients are needed than for that.
func (c *contender) lives(ctx context.Context, x subject, s settings, t *turn) error {
	whole, ok := x.(liver)
	if !ok {
		return nil
	}
	if err := x.Prepare(ctx, c.enough(s.long, s.living)); err != nil {
		return err
	}
	l, err := live(ctx, whole, s.long, s.living)
	if err != nil {
		return err
	}
	if t.Lives = &l; l.short {
		t.Notes = append(t.Notes, fmt.Sprintf("living ended early: the patients prepared were all referred, %d of them", l.n))
	}
	return nil
}

// resident is how much memory of this process is in the machine, in MiB: the subject, its broker, and we who ask it.
func resident() float64 { return residentOf(os.Getpid()) }

// residentOf is how much memory of a process is in the machine, in MiB; 0 where there is no /proc.
func residentOf(pid int) float64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == "VmRSS:" {
			kib, _ := strconv.ParseFloat(fields[1], 64)
			return kib / 1024
		}
	}
	return 0
}
