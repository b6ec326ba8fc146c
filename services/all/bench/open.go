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
	Failed    int           `json:"failed"` // were answered with an error: then the rate was not kept
	Why       string        `json:"why,omitempty"`
	PerSecond float64       `json:"visible_per_second"` // the rate that was kept, where the one asked for was not
	P50       time.Duration `json:"p50_ns"`             // 0 where the rate was not kept: how long one waits is then how long one goes on
	P99       time.Duration `json:"p99_ns"`
}

// arrival is one scheduled referral, counted from the start of the schedule.
type arrival struct {
	scheduled, seen time.Duration
	failed          bool
}

const (
	atOnce     = 256             // how many may be asked for at the same time; who waits for a turn waits from the scheduled time
	giveUp     = 3 * time.Second // behind the schedule: nothing more is asked
	grace      = 500 * time.Millisecond
	graceShare = 20 // the twentieth part of the schedule
)

// pace asks at the times that the rate says, for so long, and measures each from the time it was scheduled for. A program that
// stands still for a second is met by everybody who would have come in it; who asks only after an answer would not notice.
func pace(ctx context.Context, x subject, rate int, long time.Duration) (paced, error) {
	w := startWatch(ctx, x, often)
	defer w.end()
	p := &pacer{watch: w, arrivals: make([]arrival, int(float64(rate)*long.Seconds())), turns: make(chan struct{}, atOnce)}
	p.began = time.Now()
	asked, err := p.ask(ctx, rate)
	if err != nil {
		return paced{}, err
	}
	out := judge(rate, long, p.arrivals[:asked], asked < len(p.arrivals))
	if out.Failed > 0 {
		out.Why = p.failures[0].Error()
	}
	return out, nil
}

// ask has everybody come at their time, and returns how many came when nothing is under way any more: fewer than scheduled when it
// was given up.
func (p *pacer) ask(ctx context.Context, rate int) (asked int, err error) {
	var all sync.WaitGroup
	for i := range p.arrivals {
		a := &p.arrivals[i]
		a.scheduled = time.Duration(float64(i) / float64(rate) * float64(time.Second))
		if err = wait(ctx, time.Until(p.began.Add(a.scheduled))); err != nil || p.behind(i) {
			break
		}
		asked++
		all.Go(func() { p.one(ctx, a) })
	}
	all.Wait()
	return asked, errors.Join(err, p.broken)
}

type pacer struct {
	*watch
	began    time.Time
	arrivals []arrival
	turns    chan struct{}
	done     atomic.Int64
	mu       sync.Mutex
	failures []error // what those who asked were told
	broken   error   // what keeps us from measuring
}

// behind tells whether the one seen last should have been seen long ago, or nothing can be measured any more.
func (p *pacer) behind(i int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	oldest := p.arrivals[min(int(p.done.Load()), i)].scheduled
	return p.broken != nil || p.arrivals[i].scheduled-oldest > giveUp
}

func (p *pacer) one(ctx context.Context, a *arrival) {
	defer p.done.Add(1)
	p.turns <- struct{}{}
	referral, err := p.Refer(ctx, 0)
	<-p.turns
	if err != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		a.failed = true
		p.failures = append(p.failures, err)
		return
	}
	m, err := p.await(ctx, isVisible, referral)
	if err != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.broken = err
		return
	}
	a.seen = m.at.Sub(p.began)
}

// judge says what came of it. A rate is kept when nobody is told of an error and the last is seen soon after the schedule ends:
// whoever is slower than the schedule falls back further with every second, and percentiles of that would only tell for how long
// it was tried.
func judge(rate int, long time.Duration, all []arrival, stopped bool) paced {
	p := paced{Rate: rate}
	var last time.Duration
	var took []time.Duration
	for _, a := range all {
		if a.failed {
			p.Failed++
			continue
		}
		took = append(took, a.seen-a.scheduled)
		last = max(last, a.seen)
	}
	if !stopped {
		last = max(last, long)
	}
	if last > 0 {
		p.PerSecond = float64(len(took)) / last.Seconds()
	}
	p.Kept = len(took) > 0 && !stopped && p.Failed == 0 && last-long <= max(grace, long/graceShare)
	if p.Kept {
		p.P50, p.P99 = at(took, 0.50), at(took, 0.99)
	}
	return p
}
