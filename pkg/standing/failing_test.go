package standing_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/standing"
)

// The clock of the clocks: a loop that moves and brings nothing about is failing, and is none that a new start would help.
func TestALoopThatFailsEveryTimeIsFailing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &standing.Watch{Stuck: time.Minute}
		b := w.Loop("work the clocks")
		b.Expect(10 * time.Second)
		w.Loop("waits for others") // nobody expects anything of it
		work := func(fails bool) standing.Loop {
			for range 20 {
				b.Works()
				time.Sleep(5 * time.Second) //nolint:forbidigo // the bubble's clock
				if !fails {
					b.Done()
				}
				b.Waits()
			}
			loops := w.Loops()
			require.Len(t, loops, 2)
			require.False(t, loops[0].Failing)
			return loops[1]
		}
		require.False(t, work(false).Failing)
		l := work(true)
		require.True(t, l.Failing)
		require.True(t, l.Moves())
		require.Equal(t, 100*time.Second, l.Silent)
		require.False(t, work(false).Failing, "and when it works again, it works")
	})
}
