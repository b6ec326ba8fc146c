package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"example.org/waypost/services/all/internal/cluster"
	"example.org/waypost/services/all/internal/demo/stage"
)

// returned is what came of a part that was away while people went on referring.
type returned struct {
	What   string        `json:"what"`
	Rate   int           `json:"asked_per_second"`
	Lag    time.Duration `json:"lag_ns"` // from its return until nobody had been waiting for longer than is usual
	Failed int           `json:"failed"` // requests that were answered with an error to the end
}

const (
	away  = 10 * time.Second // how long a part is away, and how long people come before it goes
	usual = time.Second      // nobody waits longer, from asking to tray and case, where all is well
)

// returns kills one broker, both copies of a service, and the database, each in a Waypost of many processes while referrals come
// by a schedule, brings it back, and measures until nobody waits any longer than before.
func (l *long) returns(ctx context.Context) (err error) {
	dir := filepath.Join(l.dir, "cluster")
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	c, err := cluster.Open(ctx, cluster.Options{Dir: dir})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close(), os.RemoveAll(dir)) }()
	s, err := stage.Attach(ctx, c.Databases.Main, c.Address)
	if err != nil {
		return err
	}
	p, err := newProduct(ctx, s)
	if err != nil {
		return err
	}
	defer p.Close()
	for _, part := range parts(c) {
		r, err := l.away(ctx, p, part)
		if err != nil {
			return fmt.Errorf("%s was away: %w", part.name, err)
		}
		fmt.Fprintf(l.out, "%s was away for %v: all is as usual %v after its return\n", part.name, away, r.Lag.Round(time.Millisecond))
		l.Returns = append(l.Returns, r)
	}
	return l.keep()
}

type part struct {
	name       string
	kill, back func(context.Context) error
}

func parts(c *cluster.Cluster) []part {
	processes := func(name string, all ...string) part {
		return part{name, func(context.Context) error {
			for _, p := range all {
				c.Process(p).Down()
			}
			return nil
		}, func(context.Context) error {
			var errs []error
			for _, p := range all {
				errs = append(errs, c.Process(p).Start())
			}
			return errors.Join(errs...)
		}}
	}
	return []part{
		processes("one broker of three", c.BrokerNames()[0]),
		processes("coordination, both copies", "coordination-1", "coordination-2"),
		{"Postgres", func(context.Context) error { return c.KillPostgres() }, c.StartPostgres},
	}
}

func (l *long) away(ctx context.Context, p *product, x part) (r returned, err error) {
	r = returned{What: x.name, Rate: l.rate}
	if err := p.Prepare(ctx, l.rate*int((3*away+patience).Seconds())); err != nil {
		return r, err
	}
	v := &visitors{watch: startWatch(ctx, whileAway{p}, seldom), under: map[int]time.Time{}}
	defer v.end()
	day, home := context.WithCancel(ctx)
	var all sync.WaitGroup
	all.Go(func() { v.come(day, ctx, l.rate) })
	defer func() { home(); all.Wait(); r.Failed = v.failed }()
	if err := wait(ctx, away); err != nil {
		return r, err
	}
	if longest := v.longest(time.Now()); longest > usual {
		return r, fmt.Errorf("%d a second is more than this machine takes: %w", l.rate, v.behind(longest))
	}
	if err := x.kill(ctx); err != nil {
		return r, err
	}
	if err := wait(ctx, away); err != nil {
		return r, err
	}
	if err := x.back(ctx); err != nil {
		return r, err
	}
	for back := time.Now(); ; {
		if err := wait(ctx, 20*time.Millisecond); err != nil {
			return r, err
		}
		now := time.Now()
		if r.Lag = now.Sub(back); v.longest(now) <= usual {
			return r, nil
		}
		if r.Lag > patience {
			return r, fmt.Errorf("%v after its return: %w", patience, v.behind(v.longest(now)))
		}
	}
}

// whileAway sees nobody while the database can not be asked, and goes on looking.
type whileAway struct{ *product }

func (w whileAway) Reached(ctx context.Context, at point, referrals []string) (map[string]mark, error) {
	there, err := w.product.Reached(ctx, at, referrals)
	if err != nil && ctx.Err() == nil {
		return nil, nil
	}
	return there, err
}

// visitors come by a schedule, whatever happens to those before them.
type visitors struct {
	*watch
	all    sync.WaitGroup
	mu     sync.Mutex
	under  map[int]time.Time // since when those have waited who are under way
	failed int
	last   error // what the last who failed was told
}

func (v *visitors) behind(longest time.Duration) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return fmt.Errorf("somebody has waited for %v, %d are under way, %d failed (%w)", longest.Round(time.Millisecond), len(v.under), v.failed, v.last)
}

// come has people come until the day is over, and returns when the last is done. Their requests go on beyond the day.
func (v *visitors) come(day, ctx context.Context, rate int) {
	every := time.NewTicker(time.Second / time.Duration(rate))
	defer every.Stop()
	defer v.all.Wait()
	for i := 0; ; i++ {
		select {
		case <-day.Done():
			return
		case now := <-every.C:
			v.mu.Lock()
			v.under[i] = now
			v.mu.Unlock()
			v.all.Go(func() { v.one(ctx, i) })
		}
	}
}

func (v *visitors) one(ctx context.Context, i int) {
	referral, err := v.Refer(ctx, i)
	if err == nil {
		_, err = v.await(ctx, isVisible, referral)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.under, i)
	if err != nil {
		v.failed++
		v.last = err
	}
}

// longest is how long the one who waits longest has waited.
func (v *visitors) longest(now time.Time) (d time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, since := range v.under {
		d = max(d, now.Sub(since))
	}
	return d
}
