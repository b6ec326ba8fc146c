package sim_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/bus"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/inbox"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/sim"
)

// What the simulation found in the reader, each by itself.

// handed is a stream that has these events, and no more.
type handed []*event.Event

func (h handed) Listen(ctx context.Context, speaker string, group int, into chan<- inbox.Delivery) error {
	for _, e := range h {
		if bus.GroupOf(e.Partition) != group {
			continue
		}
		select {
		case into <- inbox.Delivery{Event: e, Speaker: speaker, Headers: map[string][]string{}}:
		case <-ctx.Done():
		}
	}
	<-ctx.Done()
	return ctx.Err()
}

// hears runs a reader of this desk for a minute, with what the broker has, and returns the words it applied.
func hears(t *testing.T, d *simDesk, broker ...*event.Event) (words []string) {
	t.Helper()
	r := &inbox.Reader{
		Store: sim.NewInbox(), Stream: handed(broker), Consumer: "beta", Speakers: []string{"alpha"}, Holder: "one", Now: time.Now,
		Replay: func(_ context.Context, _ string, partition, epoch int, from, to int64) ([]*event.Event, error) {
			return d.o.Replay(partition, epoch, from, to), nil
		},
		Heads: func(context.Context, string) ([]outbox.Head, error) { return d.o.Heads(), nil },
	}
	inbox.On(r, nil, func(_ context.Context, _ pgx.Tx, _ *event.Event, s *said) error {
		words = append(words, s.Word)
		return nil
	})
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	r.Run(ctx)
	return words
}

// numbered gives what was said its positions.
func (d *simDesk) numbered(t *testing.T) []*event.Event {
	t.Helper()
	r := d.relay("one", time.Minute)
	mustTake(t, r)
	events, err := r.Number(t.Context(), 100)
	require.NoError(t, err)
	require.NoError(t, r.Release(t.Context()))
	return events
}

// A reader that had heard nothing of a partition before its speaker was restored gets the older epoch first.
func TestAnOlderEpochIsHeardWhereNothingWas(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, about := &simDesk{sim.NewOutbox(source)}, inPartition(3)
		d.say(t, about, nil, "a", "b")
		d.numbered(t)
		d.o.Restore(d.o.BackUp())
		require.Equal(t, []string{"a", "b"}, hears(t, d), "nothing was said since")
		d.say(t, about, nil, "c")
		after := d.numbered(t)
		require.Equal(t, []outbox.Head{{Partition: 3, Epoch: 1, Position: 2}, {Partition: 3, Epoch: 2, Position: 1}}, d.o.Heads()[3:5])
		require.Equal(t, []string{"a", "b", "c"}, hears(t, d, after...), "the new epoch came first")
		d.o.Restore(d.o.BackUp())
		d.say(t, about, nil, "d")
		require.Equal(t, []string{"a", "b", "c", "d"}, hears(t, d, d.numbered(t)...), "two epochs are over")
	})
}

// What was said after the backup and stands behind what nobody has any more does not hold its partition up.
func TestWhatNobodyHasHoldsNothingUp(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(events []*event.Event) []*event.Event{
		"behind a hole": func(events []*event.Event) []*event.Event { return events[1:] },
		"altered": func(events []*event.Event) []*event.Event {
			e := *events[0]
			e.Data = []byte(`{"word":"another"}`)
			return []*event.Event{&e}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d, about := &simDesk{sim.NewOutbox(source)}, inPartition(3)
				d.say(t, about, nil, "a")
				d.numbered(t)
				backup := d.o.BackUp()
				d.say(t, about, nil, "lost", "orphan")
				left := spoil(d.numbered(t))
				d.o.Restore(backup)
				d.say(t, about, nil, "b")
				d.numbered(t)
				require.Equal(t, []string{"a", "b"}, hears(t, d, left...))
			})
		})
	}
}

// What had no position in the backup may have been published under one since, and gets another: it comes twice, in one batch.
func TestOneEventUnderTwoPositionsIsAppliedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, about := &simDesk{sim.NewOutbox(source)}, inPartition(3)
		d.say(t, about, nil, "a")
		broker := d.numbered(t)
		d.say(t, about, nil, "b")
		backup := d.o.BackUp()
		broker = append(broker, d.numbered(t)...)
		d.o.Restore(backup)
		broker = append(broker, d.numbered(t)...)
		require.Equal(t, broker[1].ID, broker[2].ID)
		require.Equal(t, []string{"a", "b"}, hears(t, d, broker...))
	})
}
