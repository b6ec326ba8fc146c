package clock_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/clock"
)

func TestEveryRunsAtOnceAndThenByTheClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		start := time.Now()
		var at []time.Duration
		clock.Every(ctx, time.Minute, func(context.Context) {
			if at = append(at, time.Since(start)); len(at) == 3 {
				stop()
			}
		})
		require.Equal(t, []time.Duration{0, time.Minute, 2 * time.Minute}, at)
	})
}

func TestEveryTickIsDrivenFromOutside(t *testing.T) {
	t.Parallel()
	ticks, runs, done := make(chan time.Time), make(chan int), make(chan struct{})
	go func() {
		defer close(done)
		n := 0
		clock.EveryTick(t.Context(), ticks, func(context.Context) { n++; runs <- n })
	}()
	require.Equal(t, 1, <-runs)
	ticks <- time.Time{}
	require.Equal(t, 2, <-runs)
	close(ticks)
	<-done
}

func TestEveryDoesNotBeginAfterTheEnd(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	clock.Every(ctx, time.Hour, func(context.Context) { t.Fatal("called") })
}
