package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// paced is what came of asking by a schedule, whether or not the answers keep up with it.
type paced struct {
	Rate      int           `json:"asked_per_second"`
	Kept      bool          `json:"kept_up"`
	PerSecond float64       `json:"visible_per_second"` // the rate that was kept, where the one asked for was not
	P50       time.Duration `json:"p50_ns"`             // 0 where the rate was not kept: how long one waits is then how long one goes on
	P99       time.Duration `json:"p99_ns"`
}

// arrival is one scheduled referral, counted from the start of the schedule.
type arrival struct {
	scheduled, seen time.Duration
}

const (
	atOnce   = 256             // how many may be asked for at the same time; who waits for a turn waits from the scheduled time
	giveUp   = 3 * time.Second // behind the schedule: nothing more is asked
	graceMin = 500 * time.Millisecond
	graceOf  = 20 // the twentieth part of the schedule
)

// pace asks at the times that the rate says, for so long, and measures each from the time it was scheduled for. A program that
// stands still for a second is met by everybody who would have come in it; who asks only after an answer would not notice.
func pace(ctx context.Context, x subject, rate int, long time.Duration) (paced, error) {
	w := startWatch(ctx, x)
	defer w.end()
	p := &pacer{watch: w, arrivals: make([]arrival, int(float64(rate)*long.Seconds())), turns: make(chan struct{}, atOnce)}
	p.began = time.Now()
	var all sync.WaitGroup
	for i := range p.arrivals {
		p.arrivals[i].scheduled = time.Duration(float64(i) / float64(rate) * float64(time.Second))
		if err := wait(ctx, time.Until(p.began.Add(p.arrivals[i].scheduled))); err != nil {
			return paced{}, err
		}
		if p.behind(i) {
			p.arrivals = p.arrivals[:i]
			p.hopeless.Store(true)
			break
		}
		all.Go(func() { p.one(ctx, &p.arrivals[i]) })
	}
	all.Wait()
	if err := errors.Join(p.errs...); err != nil {
		return paced{}, err
	}
	return judge(rate, long, p.arrivals, p.hopeless.Load()), nil
}

type pacer struct {
	*watch
	began    time.Time
	arrivals []arrival
	turns    chan struct{}
	done     atomic.Int64
	hopeless atomic.Bool
	errors   sync.Mutex
	errs     []error
}

// behind tells whether the one seen last should have been seen long ago, or something went wrong.
func (p *pacer) behind(i int) bool {
	p.errors.Lock()
	defer p.errors.Unlock()
	oldest := p.arrivals[min(int(p.done.Load()), i)].scheduled
	return len(p.errs) > 0 || p.arrivals[i].scheduled-oldest > giveUp
}

func (p *pacer) one(ctx context.Context, a *arrival) {
	p.turns <- struct{}{}
	referral, err := p.Refer(ctx, 0)
	<-p.turns
	var m mark
	if err == nil {
		m, err = p.await(ctx, isVisible, referral)
	}
	if err != nil {
		p.errors.Lock()
		defer p.errors.Unlock()
		p.errs = append(p.errs, err)
		return
	}
	a.seen = m.at.Sub(p.began)
	p.done.Add(1)
}

// judge says what came of it. A rate is kept when the last is seen soon after the schedule ends: whoever is slower than the
// schedule falls back further with every second, and percentiles of that would only tell for how long it was tried.
func judge(rate int, long time.Duration, all []arrival, hopeless bool) paced {
	p := paced{Rate: rate}
	if len(all) == 0 {
		return p
	}
	var last time.Duration
	took := make([]time.Duration, len(all))
	for i, a := range all {
		took[i] = a.seen - a.scheduled
		last = max(last, a.seen)
	}
	p.PerSecond = float64(len(all)) / max(last, long).Seconds()
	if hopeless {
		p.PerSecond = float64(len(all)) / last.Seconds()
	}
	p.Kept = !hopeless && last-long <= max(graceMin, long/graceOf)
	if p.Kept {
		p.P50, p.P99 = at(took, 0.50), at(took, 0.99)
	}
	return p
}
