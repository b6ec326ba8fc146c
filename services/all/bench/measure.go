package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// subject is a program under measurement, running.
type subject interface {
	// Prepare makes ready for n referrals, before the clock starts.
	Prepare(ctx context.Context, n int) error
	// Refer asks for one referral and returns its id when the asker has been told that it is safe.
	Refer(ctx context.Context, client int) (id string, err error)
	// Visible counts the referrals that are both in a receiver's tray and on the case.
	Visible(ctx context.Context) (int64, error)
	// Seen tells whether this one is.
	Seen(ctx context.Context, id string) (bool, error)
	// Weight counts, over all referrals so far, the messages sent and the rows written.
	Weight(ctx context.Context) (messages, rows int64, err error)
	Close()
}

// figures are what came out: medians over the turns.
type figures struct {
	Name      string        `json:"name"`
	PerSecond float64       `json:"visible_per_second"`
	P50       time.Duration `json:"p50_ns"`
	P99       time.Duration `json:"p99_ns"`
	CPU       time.Duration `json:"cpu_ns_per_referral"` // of this process and its Postgres; 0 where it can not be told
	Messages  float64       `json:"messages_per_referral"`
	Rows      float64       `json:"rows_per_referral"`
	Turns     []turn        `json:"turns"`
}

// turn is one measurement from a fresh start.
type turn struct {
	PerSecond float64       `json:"visible_per_second"`
	P50       time.Duration `json:"p50_ns"`
	P99       time.Duration `json:"p99_ns"`
	CPU       time.Duration `json:"cpu_ns_per_referral"`
	Messages  float64       `json:"messages_per_referral"`
	Rows      float64       `json:"rows_per_referral"`
}

// add takes one more turn in.
func (f *figures) add(t turn) {
	f.Turns = append(f.Turns, t)
	f.PerSecond = medianOf(f.Turns, func(t turn) float64 { return t.PerSecond })
	f.P50 = medianOf(f.Turns, func(t turn) time.Duration { return t.P50 })
	f.P99 = medianOf(f.Turns, func(t turn) time.Duration { return t.P99 })
	f.CPU = medianOf(f.Turns, func(t turn) time.Duration { return t.CPU })
	f.Messages = medianOf(f.Turns, func(t turn) float64 { return t.Messages })
	f.Rows = medianOf(f.Turns, func(t turn) float64 { return t.Rows })
}

// patience is how long a referral may take to be seen before the measurement gives up.
const patience = 2 * time.Minute

// measure starts a subject, warms it, measures it once and ends it.
func measure(ctx context.Context, open func(context.Context) (subject, error), s settings) (t turn, err error) {
	x, err := open(ctx)
	if err != nil {
		return t, err
	}
	defer x.Close()
	if err := x.Prepare(ctx, s.warm); err != nil {
		return t, err
	}
	if _, err := rush(ctx, x, s.warm, s.clients); err != nil {
		return t, fmt.Errorf("warm up: %w", err)
	}
	if err := x.Prepare(ctx, s.referrals+s.probes); err != nil {
		return t, err
	}
	m0, r0, err := x.Weight(ctx)
	if err != nil {
		return t, err
	}
	began := spent()
	if t.PerSecond, err = rush(ctx, x, s.referrals, s.clients); err != nil {
		return t, err
	}
	m1, r1, err := x.Weight(ctx)
	if err != nil {
		return t, err
	}
	n := float64(s.referrals)
	t.CPU = time.Duration(float64(spent()-began) / n)
	t.Messages, t.Rows = float64(m1-m0)/n, float64(r1-r0)/n
	took, err := probe(ctx, x, s.probes)
	if err != nil {
		return t, err
	}
	t.P50, t.P99 = at(took, 0.50), at(took, 0.99)
	return t, nil
}

// rush sends n referrals by so many clients, each as soon as its last was taken, and says how many a second became visible,
// from the first request to the last sight.
func rush(ctx context.Context, x subject, n, clients int) (float64, error) {
	before, err := x.Visible(ctx)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	var next atomic.Int64
	var all sync.WaitGroup
	errs := make([]error, clients)
	for c := range clients {
		all.Go(func() {
			for next.Add(1) <= int64(n) && errs[c] == nil {
				_, errs[c] = x.Refer(ctx, c)
			}
		})
	}
	all.Wait()
	if err := first(errs); err != nil {
		return 0, err
	}
	for end := time.Now().Add(patience); time.Now().Before(end); {
		now, err := x.Visible(ctx)
		if err != nil {
			return 0, err
		}
		if now >= before+int64(n) {
			return float64(n) / time.Since(began).Seconds(), nil
		}
		if err := wait(ctx, 10*time.Millisecond); err != nil {
			return 0, err
		}
	}
	return 0, fmt.Errorf("not every one of %d referrals became visible within %v", n, patience)
}

// probe sends one referral after the other and measures each from the request to the sight.
func probe(ctx context.Context, x subject, n int) ([]time.Duration, error) {
	var out []time.Duration
	for range n {
		began := time.Now()
		id, err := x.Refer(ctx, 0)
		if err != nil {
			return nil, err
		}
		for {
			seen, err := x.Seen(ctx, id)
			if err != nil {
				return nil, err
			}
			if seen {
				break
			}
			if time.Since(began) > patience {
				return nil, fmt.Errorf("a referral did not become visible within %v", patience)
			}
			if err := wait(ctx, 2*time.Millisecond); err != nil {
				return nil, err
			}
		}
		out = append(out, time.Since(began))
	}
	return out, nil
}

// first error: what goes wrong goes wrong for all clients.
func first(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func medianOf[T float64 | time.Duration](turns []turn, of func(turn) T) T {
	all := make([]T, len(turns))
	for i, t := range turns {
		all[i] = of(t)
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// at is the value below which the share p lies.
func at(all []time.Duration, p float64) time.Duration {
	s := slices.Sorted(slices.Values(all))
	if len(s) == 0 {
		return 0
	}
	return s[min(int(p*float64(len(s))), len(s)-1)]
}
