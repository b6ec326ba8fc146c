package beat_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/beat"
)

func TestALoopThatHangsIsToldFromOneThatWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &beat.Beat{}
		ctx := beat.Into(t.Context(), b)
		time.Sleep(time.Hour) //nolint:forbidigo // the bubble's clock, not ours
		busy, over := b.Busy()
		require.Zero(t, busy)
		require.False(t, over)

		b.Works()
		time.Sleep(time.Minute) //nolint:forbidigo // the bubble's clock
		busy, _ = b.Busy()
		require.Equal(t, time.Minute, busy)
		beat.Of(ctx).Works()
		busy, _ = b.Busy()
		require.Equal(t, time.Duration(1), busy, "it moves")
		b.Waits()
		busy, _ = b.Busy()
		require.Zero(t, busy)
		b.Ended()
		_, over = b.Busy()
		require.True(t, over)
	})
}

func TestNobodysLoop(t *testing.T) {
	t.Parallel()
	b := beat.Of(t.Context())
	b.Works()
	b.Waits()
	b.Ended()
	busy, over := b.Busy()
	require.Zero(t, busy)
	require.False(t, over)
}

func TestALoopThatFailsEveryTimeIsToldFromOneThatWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &beat.Beat{}
		since, every := b.Silent()
		require.Zero(t, since+every, "nobody expects anything")
		b.Expect(time.Minute)
		for range 5 {
			b.Works()
			time.Sleep(time.Minute) //nolint:forbidigo // the bubble's clock
			b.Waits()
		}
		since, every = b.Silent()
		require.Equal(t, 5*time.Minute, since, "it was at work, and nothing came of it")
		require.Equal(t, time.Minute, every)
		b.Done()
		since, _ = b.Silent()
		require.Zero(t, since)
		var nobody *beat.Beat
		nobody.Expect(time.Minute)
		nobody.Done()
		since, every = nobody.Silent()
		require.Zero(t, since+every)
	})
}
