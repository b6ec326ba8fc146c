package clock

import (
	"context"
	"time"
)

// Every calls fn at once and then every d until ctx ends, one call at a time; a tick that comes while fn runs is not
// made up for. Whatever fn could not do it must find again in the database at its next call: nothing is remembered here.
func Every(ctx context.Context, d time.Duration, fn func(context.Context)) {
	ticker := time.NewTicker(d)
	defer ticker.Stop()
	EveryTick(ctx, ticker.C, fn)
}

// EveryTick is Every with the ticks from outside: a test sends them, a wake-up signal may be merged with them.
// It returns when ctx ends or ticks is closed.
func EveryTick(ctx context.Context, ticks <-chan time.Time, fn func(context.Context)) {
	for ctx.Err() == nil {
		fn(ctx)
		select {
		case <-ctx.Done():
			return
		case _, open := <-ticks:
			if !open {
				return
			}
		}
	}
}
