package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// watch looks for whoever waits for referrals to reach a point: for all of them with one question, because a question for
// each would be work that is measured and that nobody asked for.
type watch struct {
	subject
	every   time.Duration
	mu      sync.Mutex
	waiting [points]map[string]chan mark
	failed  error
	ended   chan struct{}
	stop    context.CancelFunc
}

// How often it looks, and how much of the time it may look at most: asking is work for the database as well. Where times are
// measured it looks often; where only the number counts, seldom.
const (
	often   = 2 * time.Millisecond
	seldom  = 20 * time.Millisecond
	restFor = 9 // times as long as the look took
)

func startWatch(ctx context.Context, x subject, every time.Duration) *watch {
	w := &watch{subject: x, every: every, ended: make(chan struct{})}
	for s := range w.waiting {
		w.waiting[s] = map[string]chan mark{}
	}
	ctx, w.stop = context.WithCancel(ctx)
	go w.run(ctx)
	return w
}

func (w *watch) run(ctx context.Context) {
	defer close(w.ended)
	for {
		began := time.Now()
		for at := range points {
			if err := w.look(ctx, at); err != nil {
				w.failed = err
				return
			}
		}
		if err := wait(ctx, max(w.every, restFor*time.Since(began))); err != nil {
			w.failed = err
			return
		}
	}
}

func (w *watch) look(ctx context.Context, at point) error {
	w.mu.Lock()
	referrals := slices.Collect(maps.Keys(w.waiting[at]))
	w.mu.Unlock()
	if len(referrals) == 0 {
		return nil
	}
	there, err := w.Reached(ctx, at, referrals)
	if err != nil {
		return fmt.Errorf("look where referrals are: %w", err)
	}
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	for referral, m := range there {
		m.referral, m.at = referral, now
		w.waiting[at][referral] <- m // it has room
		delete(w.waiting[at], referral)
	}
	return nil
}

// await returns when the referral was seen at the point.
func (w *watch) await(ctx context.Context, at point, referral string) (mark, error) {
	seen := make(chan mark, 1)
	w.mu.Lock()
	w.waiting[at][referral] = seen
	w.mu.Unlock()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case m := <-seen:
		return m, nil
	case <-w.ended:
		return mark{}, w.failed
	case <-late.C:
		return mark{}, fmt.Errorf("a referral did not come to point %d within %v", at, patience)
	case <-ctx.Done():
		return mark{}, ctx.Err()
	}
}

func (w *watch) end() {
	w.stop()
	<-w.ended
}
