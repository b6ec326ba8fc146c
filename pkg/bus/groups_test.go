package bus_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/bus"
	"example.org/waypost/pkg/natstest"
)

// The broker must put each partition into the group that we think it is in, or nobody would read it.
func TestTheBrokerFilesEachPartitionInItsGroup(t *testing.T) {
	t.Parallel()
	b := natstest.Run(t)
	b.Bootstrap(t, []string{"alpha"}, map[string][]string{"beta": {"alpha"}})
	const partitions = 16
	want := map[int]int{}
	for p := range partitions {
		_, err := b.JS.Publish(t.Context(), fmt.Sprintf("waypost.alpha.%d.word_said.x", p), nil)
		require.NoError(t, err)
		want[bus.GroupOf(p)]++
	}
	for group := range bus.Groups {
		c, err := b.JS.Consumer(t.Context(), bus.Stream("alpha"), bus.Durable("beta", group))
		require.NoError(t, err)
		require.Equal(t, partitions/bus.Groups, want[group], "the groups are alike")
		for range want[group] {
			m, err := c.Next(jetstream.FetchMaxWait(10 * time.Second))
			require.NoError(t, err)
			var g, p int
			_, err = fmt.Sscanf(m.Subject(), fmt.Sprintf("waypost.alpha.of%d.%%d.%%d.word_said.x", bus.Groups), &g, &p)
			require.NoError(t, err)
			require.Equal(t, group, g)
			require.Equal(t, group, bus.GroupOf(p))
			require.NoError(t, m.Ack())
		}
		info, err := c.Info(t.Context())
		require.NoError(t, err)
		require.Zero(t, info.NumPending)
	}
	s, err := b.JS.Stream(t.Context(), bus.Stream("alpha"))
	require.NoError(t, err)
	for p := range partitions {
		_, err := s.GetLastMsgForSubject(t.Context(), bus.Filed("alpha", p))
		require.NoError(t, err)
	}
}

// A data folder may have consumers of an earlier layout. They go; what is not ours to make stays.
func TestTheBootstrapperRemovesWhatNobodyReads(t *testing.T) {
	t.Parallel()
	b := natstest.Run(t)
	b.Bootstrap(t, []string{"alpha"}, map[string][]string{"beta": {"alpha"}})
	s, err := b.JS.Stream(t.Context(), bus.Stream("alpha"))
	require.NoError(t, err)
	_, err = s.CreateConsumer(t.Context(), jetstream.ConsumerConfig{Durable: "beta"})
	require.NoError(t, err)
	passing, err := s.CreateConsumer(t.Context(), jetstream.ConsumerConfig{})
	require.NoError(t, err)
	b.Bootstrap(t, []string{"alpha"}, map[string][]string{"beta": {"alpha"}})
	_, err = s.Consumer(t.Context(), "beta")
	require.ErrorIs(t, err, jetstream.ErrConsumerNotFound)
	for group := range bus.Groups {
		_, err = s.Consumer(t.Context(), bus.Durable("beta", group))
		require.NoError(t, err)
	}
	_, err = s.Consumer(t.Context(), passing.CachedInfo().Name)
	require.NoError(t, err)
}

// A data folder may have a stream in which nothing is filed under a group.
func TestAStreamThatIsFiledOtherwiseIsMadeAnew(t *testing.T) {
	t.Parallel()
	b := natstest.Run(t)
	count := func() uint64 {
		s, err := b.JS.Stream(t.Context(), bus.Stream("alpha"))
		require.NoError(t, err)
		return s.CachedInfo().State.Msgs
	}
	say := func() {
		_, err := b.JS.Publish(t.Context(), "waypost.alpha.3.word_said.x", nil)
		require.NoError(t, err)
	}
	_, err := b.JS.CreateStream(t.Context(), jetstream.StreamConfig{Name: bus.Stream("alpha"), Subjects: []string{"waypost.alpha.>"}, Storage: jetstream.MemoryStorage})
	require.NoError(t, err)
	say()
	b.Bootstrap(t, []string{"alpha"}, map[string][]string{"beta": {"alpha"}})
	require.Zero(t, count())
	say()
	b.Bootstrap(t, []string{"alpha"}, map[string][]string{"beta": {"alpha"}})
	require.EqualValues(t, 1, count(), "what is filed as it should be stays")
}

// stumbling is a broker that does not answer at first when consumers are made, as one does that has too much to do.
type stumbling struct {
	jetstream.JetStream
	fails, streams atomic.Int64
}

func (s *stumbling) CreateOrUpdateStream(ctx context.Context, c jetstream.StreamConfig) (jetstream.Stream, error) {
	s.streams.Add(1)
	return s.JetStream.CreateOrUpdateStream(ctx, c)
}

func (s *stumbling) CreateOrUpdateConsumer(ctx context.Context, stream string, c jetstream.ConsumerConfig) (jetstream.Consumer, error) {
	if s.fails.Add(-1) >= 0 {
		return nil, context.DeadlineExceeded
	}
	return s.JetStream.CreateOrUpdateConsumer(ctx, stream, c)
}

// What was made is not made again because the next step failed: with many consumers and slow brokers it would never end.
func TestBootstrapGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	b := natstest.Run(t)
	js := &stumbling{JetStream: b.JS}
	js.fails.Store(3)
	listens := map[string][]string{"beta": {"alpha"}}
	require.NoError(t, bus.BootstrapWhenThere(t.Context(), js, []string{"alpha"}, listens, bus.Storage{Memory: true}))
	require.EqualValues(t, 1, js.streams.Load())
	s, err := b.JS.Stream(t.Context(), bus.Stream("alpha"))
	require.NoError(t, err)
	require.Equal(t, bus.Groups, s.CachedInfo().State.Consumers)
}
