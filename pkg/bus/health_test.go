package bus_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"example.org/waypost/pkg/beat"
	"example.org/waypost/pkg/bus"
	"example.org/waypost/pkg/natstest"
)

// lookout is vcse's, as vcse's own user, on a broker that does what its administrator says.
func lookout(t *testing.T) (*bus.Lookout, *natstest.Broker, *observer.ObservedLogs) {
	t.Helper()
	seed, public, err := bus.NewUser()
	require.NoError(t, err)
	publish, subscribe := bus.Permissions("vcse", nil)
	b := natstest.Run(t, natstest.User{Public: public, Publish: publish, Subscribe: subscribe})
	core, logs := observer.New(zap.InfoLevel)
	return &bus.Lookout{Conn: b.Connect(t, "vcse", seed), Speaker: "vcse", Now: time.Now, Log: zap.New(core)}, b, logs
}

func kinds(h bus.Health) (all []string) {
	for _, f := range h.Faults {
		all = append(all, f.Kind)
	}
	return all
}

func publish(t *testing.T, b *natstest.Broker, n int) {
	t.Helper()
	for range n {
		_, err := b.JS.Publish(t.Context(), "waypost.vcse.1.word_said.x", make([]byte, 100))
		require.NoError(t, err)
	}
}

func TestAStreamThatIsAsItShouldBe(t *testing.T) {
	t.Parallel()
	l, b, logs := lookout(t)
	h := l.Look(t.Context())
	require.Contains(t, h.Unseen, "stream not found")
	b.Bootstrap(t, []string{"vcse"}, nil)
	require.Empty(t, l.Look(t.Context()).Faults, "when it is empty")
	publish(t, b, 3)
	h = l.Look(t.Context())
	require.Empty(t, h.Faults)
	require.Empty(t, h.Unseen)
	require.EqualValues(t, 3, h.Messages)
	require.Zero(t, h.Remade)
	require.Equal(t, h, l.Seen())
	require.Equal(t, 1, logs.Len(), "that there was none")
}

// A look that hangs can be told from the minute between two.
func TestALookHasABeat(t *testing.T) {
	t.Parallel()
	l, b, _ := lookout(t)
	b.Bootstrap(t, []string{"vcse"}, nil)
	l.Beat = &beat.Beat{}
	during := make(chan time.Duration, 1)
	l.Now = func() time.Time {
		busy, _ := l.Beat.Busy()
		during <- busy
		return time.Now()
	}
	l.Every = time.Hour
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { l.Run(ctx) })
	require.Positive(t, <-during)
	require.Eventually(t, func() bool { busy, over := l.Beat.Busy(); return busy == 0 && !over }, 10*time.Second, time.Millisecond)
	stop()
	running.Wait()
}

// A stream that an administrator made by hand, without our settings, and deleted from.
func TestDeletedMessagesShowAndAreToldOnce(t *testing.T) {
	t.Parallel()
	l, b, logs := lookout(t)
	s, err := b.JS.CreateStream(t.Context(), jetstream.StreamConfig{Name: "waypost_vcse", Subjects: []string{"waypost.vcse.>"}, Storage: jetstream.MemoryStorage, MaxBytes: 900})
	require.NoError(t, err)
	publish(t, b, 4)
	require.Equal(t, []string{bus.FaultOpen}, kinds(l.Look(t.Context())))
	require.NoError(t, s.DeleteMsg(t.Context(), 2))
	for range 2 {
		require.Equal(t, []string{bus.FaultDeleted, bus.FaultOpen}, kinds(l.Look(t.Context())))
	}
	require.Equal(t, 2, logs.FilterMessage("stream: not as it should be").Len(), "each is told once")
	publish(t, b, 3)
	require.Contains(t, kinds(l.Look(t.Context())), bus.FaultFull)
}

func TestAStreamThatIsMadeAnewIsSeen(t *testing.T) {
	t.Parallel()
	l, b, logs := lookout(t)
	b.Bootstrap(t, []string{"vcse", "register"}, map[string][]string{"register": {"vcse"}})
	publish(t, b, 2)
	first := l.Look(t.Context())
	require.NoError(t, bus.Remake(t.Context(), b.JS, "vcse", map[string][]string{"register": {"vcse"}, "vcse": {"register"}}, bus.Storage{Memory: true}))
	h := l.Look(t.Context())
	require.Zero(t, h.Messages)
	require.NotEqual(t, first.Created, h.Created)
	require.False(t, h.Remade.IsZero())
	require.Equal(t, 1, logs.FilterMessage("stream: it was made anew").Len())
	l.Look(t.Context())
	require.Equal(t, 1, logs.FilterMessage("stream: it was made anew").Len(), "told once")
	_, err := b.JS.Consumer(t.Context(), "waypost_vcse", bus.Durable("register", 0))
	require.NoError(t, err, "who listens to it still can")
	_, err = b.JS.Consumer(t.Context(), "waypost_register", "vcse")
	require.ErrorIs(t, err, jetstream.ErrConsumerNotFound, "others' streams are left alone")
}

func TestWhileTheBrokerIsAwayTheLastLookStands(t *testing.T) {
	t.Parallel()
	l, b, logs := lookout(t)
	b.Bootstrap(t, []string{"vcse"}, nil)
	publish(t, b, 2)
	seen := l.Look(t.Context())
	b.Stop()
	require.Eventually(t, func() bool { return l.Look(t.Context()).Unseen != "" }, 20*time.Second, time.Millisecond)
	h := l.Seen()
	require.Equal(t, "the broker does not answer", h.Unseen)
	require.EqualValues(t, 2, h.Messages)
	require.Equal(t, seen.At, h.At, "it says when that was")
	require.Equal(t, 1, logs.FilterMessage("stream: it can not be looked at").Len())
	ctx, stop := context.WithCancel(t.Context())
	stop()
	require.Equal(t, h, l.Look(ctx), "who is stopped notes nothing")
}

// What no test can make a broker say, in its own words.
func TestWhatABrokerSaysOfDamage(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		says string
		want []string
	}{
		"damaged messages":       {`{"config":{"num_replicas":1,"deny_delete":true,"deny_purge":true},"state":{"messages":98,"first_seq":1,"last_seq":100,"num_deleted":2,"lost":{"msgs":[7,8],"bytes":90}}}`, []string{bus.FaultLost, bus.FaultDeleted}},
		"numbers that differ":    {`{"config":{"num_replicas":1,"deny_delete":true,"deny_purge":true},"state":{"messages":90,"first_seq":1,"last_seq":100}}`, []string{bus.FaultCount}},
		"a copy that is behind":  {`{"config":{"num_replicas":3,"deny_delete":true,"deny_purge":true},"cluster":{"replicas":[{"current":true},{"current":false}]}}`, []string{bus.FaultCopies}},
		"a copy that is away":    {`{"config":{"num_replicas":3,"deny_delete":true,"deny_purge":true},"cluster":{"replicas":[{"current":true},{"current":true,"offline":true}]}}`, []string{bus.FaultCopies}},
		"a copy that is missing": {`{"config":{"num_replicas":3,"deny_delete":true,"deny_purge":true},"cluster":{"replicas":[{"current":true}]}}`, []string{bus.FaultCopies}},
		"three that have it all": {`{"config":{"num_replicas":3,"deny_delete":true,"deny_purge":true},"cluster":{"replicas":[{"current":true},{"current":true}]}}`, nil},
		"all of it expired":      {`{"config":{"num_replicas":1,"deny_delete":true,"deny_purge":true},"state":{"messages":0,"first_seq":101,"last_seq":100}}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, err := bus.Judge(json.RawMessage(x.says))
			require.NoError(t, err)
			require.Equal(t, x.want, kinds(h))
		})
	}
}
