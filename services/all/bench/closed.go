package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// rushed is what came of asking as fast as one can.
type rushed struct {
	n         int
	perSecond float64
	short     bool // the patients ran out before the time
}

// rush has so many clients ask for so long, each again as soon as its last was taken, and says how many a second became
// visible, from the first request to the last sight: what was asked and is not done yet counts as time.
func rush(ctx context.Context, x subject, long time.Duration, clients int) (r rushed, err error) {
	before, err := x.Visible(ctx)
	if err != nil {
		return r, err
	}
	began := time.Now()
	n, short, err := byMany(clients, began.Add(long), func(client int) error {
		_, err := x.Refer(ctx, client)
		return err
	})
	if err != nil {
		return r, err
	}
	if n == 0 {
		return r, errors.New("nothing was asked: there is no time or nobody to refer")
	}
	for time.Since(began) < long+patience {
		looked := time.Now()
		now, err := x.Visible(ctx)
		if err != nil {
			return r, err
		}
		if now >= before+int64(n) {
			return rushed{n, float64(n) / time.Since(began).Seconds(), short}, nil
		}
		if err := wait(ctx, max(10*time.Millisecond, restFor*time.Since(looked))); err != nil {
			return r, err
		}
	}
	return r, fmt.Errorf("not every one of %d referrals became visible within %v", n, patience)
}

// byMany has clients do something again and again until the time is up, and counts how often it was done.
func byMany(clients int, until time.Time, do func(client int) error) (n int, short bool, wrong error) {
	var all sync.WaitGroup
	var done atomic.Int64
	var ranOut, failed atomic.Bool
	var first sync.Once
	for c := range clients {
		all.Go(func() {
			for time.Now().Before(until) && !failed.Load() && !ranOut.Load() {
				err := do(c)
				switch {
				case errors.Is(err, errNobodyLeft):
					ranOut.Store(true)
				case err != nil:
					first.Do(func() { wrong = err }) // what goes wrong goes wrong for all
					failed.Store(true)
				default:
					done.Add(1)
				}
			}
		})
	}
	all.Wait()
	return int(done.Load()), ranOut.Load(), wrong
}

// probe sends one referral after the other for so long and measures each from the request to the sight.
func probe(ctx context.Context, x subject, long time.Duration) ([]time.Duration, error) {
	w := startWatch(ctx, x, often)
	defer w.end()
	var out []time.Duration
	for end := time.Now().Add(long); time.Now().Before(end); {
		began := time.Now()
		referral, err := x.Refer(ctx, 0)
		if errors.Is(err, errNobodyLeft) {
			break
		}
		if err != nil {
			return nil, err
		}
		m, err := w.await(ctx, isVisible, referral)
		if err != nil {
			return nil, err
		}
		out = append(out, m.at.Sub(began))
	}
	return out, nil
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
