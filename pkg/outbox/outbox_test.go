package outbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/natstest"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/pgtest"
)

type said struct {
	PatientRef string `json:"patient_ref"`
	Word       string `json:"word"`
	speaker    string
	box        event.Box
}

func (s *said) EventType() string { return "waypost." + s.speaker + ".word_said.v1" }
func (s *said) EachSealed(fn func(path, class string, b event.Box) error) error {
	if s.box == nil {
		return nil
	}
	return fn("/box", "contact", s.box)
}

type open struct{}

func (open) Plaintext() ([]byte, bool)                  { return []byte("Zoë Example"), true }
func (open) SetPlaintext([]byte)                        {}
func (open) Ciphertext() (string, int, []byte, bool)    { return "", 0, nil, false }
func (open) SetCiphertext(key string, n int, ct []byte) {}

type speaker struct {
	t   testing.TB
	db  *pg.DB
	out *outbox.Outbox
	b   *natstest.Broker
	log *observer.ObservedLogs
	zap *zap.Logger

	verify time.Duration
}

func newSpeaker(t testing.TB) *speaker {
	t.Helper()
	url := pgtest.Database(t, func(ctx context.Context, url string) error { return pg.Migrate(ctx, url, "delta", nil) }, "delta")
	u, err := pg.As(url, "delta", "")
	require.NoError(t, err)
	db, err := pg.Open(t.Context(), pg.Config{URL: u, Service: "delta"})
	require.NoError(t, err)
	t.Cleanup(db.Close)
	s := &speaker{t: t, db: db, b: natstest.Run(t), out: &outbox.Outbox{Speaker: "delta", Area: "test", Now: time.Now, NewID: id.New}}
	s.b.Bootstrap(t, []string{"delta"}, nil)
	core, logs := observer.New(zap.DebugLevel)
	s.zap, s.log = zap.New(core), logs
	return s
}

func (s *speaker) say(words ...string) string {
	s.t.Helper()
	ref := id.NewRandom()
	require.NoError(s.t, s.db.InTx(s.t.Context(), actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) error {
		for _, w := range words {
			if _, err := s.out.Append(ctx, tx, ref, &said{PatientRef: ref, Word: w, speaker: "delta"}, nil); err != nil {
				return err
			}
		}
		return nil
	}))
	return ref
}

func (s *speaker) relay(js jetstream.JetStream, holder string) (stop func()) {
	r := &outbox.Relay{DB: s.db, JS: js, Source: event.Source("test", "delta"), Holder: holder, Log: s.zap, Poll: 5 * time.Millisecond, Lease: time.Second, Verify: s.verify}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { r.Run(ctx); close(done) }()
	var once sync.Once
	stop = func() { once.Do(func() { cancel(); <-done }) }
	s.t.Cleanup(stop)
	return stop
}

// messages waits until n distinct events are in the stream and returns them in its order.
func (s *speaker) messages(n int) []*event.Event {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second)
	defer cancel()
	c, err := s.b.JS.OrderedConsumer(ctx, "waypost_delta", jetstream.OrderedConsumerConfig{})
	require.NoError(s.t, err)
	it, err := c.Messages()
	require.NoError(s.t, err)
	defer it.Stop()
	seen := map[string]bool{}
	var out []*event.Event
	for len(out) < n {
		m, err := it.Next(jetstream.NextContext(ctx))
		require.NoError(s.t, err, "only %d of %d events were published", len(out), n)
		e, err := event.FromMsg(m.Headers(), m.Data())
		require.NoError(s.t, err)
		if !seen[e.ID] {
			seen[e.ID] = true
			out = append(out, e)
		}
	}
	return out
}

// Trap 1: what was rolled back was never said.
func TestWhatIsRolledBackIsNotPublished(t *testing.T) {
	t.Parallel()
	s := newSpeaker(t)
	s.relay(s.b.JS, "one")
	no := errors.New("no")
	err := s.db.InTx(t.Context(), actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) error {
		_, err := s.out.Append(ctx, tx, id.NewRandom(), &said{Word: "never", speaker: "delta"}, nil)
		return errors.Join(err, no)
	})
	require.ErrorIs(t, err, no)
	s.say("one")
	got := s.messages(1)
	require.JSONEq(t, `"one"`, word(t, got[0]))
	require.Equal(t, int64(1), got[0].Position, "a rolled back row has no position, so none is missing")
}

func word(t testing.TB, e *event.Event) string {
	t.Helper()
	var x map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(e.Data, &x))
	return string(x["word"])
}

// Positions are dense and chained in each partition, whoever wrote at the same time.
func TestPositionsAreDenseAndChained(t *testing.T) {
	t.Parallel()
	s := newSpeaker(t)
	s.relay(s.b.JS, "one")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 25 {
				s.say("a", "b")
			}
		})
	}
	wg.Wait()
	at := map[int]*event.Event{}
	for _, e := range s.messages(400) {
		before := at[e.Partition]
		if before == nil {
			require.Equal(t, int64(1), e.Position)
			require.Empty(t, e.PrevHash)
		} else {
			require.Equal(t, before.Position+1, e.Position)
			require.Equal(t, before.Hash, e.PrevHash)
		}
		require.Equal(t, e.Hash, e.ChainHash(e.PrevHash))
		at[e.Partition] = e
	}
}

// Traps 2 and 3: with the broker away nothing is marked, the relay goes on trying, and all of it is sent when the broker is back.
func TestTheBrokerMayBeAway(t *testing.T) {
	t.Parallel()
	s := newSpeaker(t)
	require.NoError(t, s.b.JS.DeleteStream(t.Context(), "waypost_delta")) // nobody acknowledges
	s.relay(s.b.JS, "one")
	s.say("one", "two", "three")
	require.Eventually(t, func() bool { return s.log.FilterMessage("relay").Len() > 0 }, 20*time.Second, 5*time.Millisecond)
	require.Equal(t, int64(0), s.published())
	s.b.Bootstrap(t, []string{"delta"}, nil)
	require.Len(t, s.messages(3), 3)
	require.Eventually(t, func() bool { return s.published() == 3 }, 20*time.Second, 5*time.Millisecond)
}

// stored counts the messages in the stream, doubles included.
func (s *speaker) stored() uint64 {
	s.t.Helper()
	st, err := s.b.JS.Stream(s.t.Context(), "waypost_delta")
	require.NoError(s.t, err)
	return st.CachedInfo().State.Msgs
}

// What the broker acknowledged and then lost is published again: all of it, its end alone, and also while the relay runs.
func TestWhatTheBrokerLostIsPublishedAgain(t *testing.T) {
	t.Parallel()
	s := newSpeaker(t)
	ref := s.say("one", "two", "three", "four", "five")
	stop := s.relay(s.b.JS, "first")
	s.messages(5)
	require.Eventually(t, func() bool { return s.published() == 5 }, 20*time.Second, 5*time.Millisecond)
	stop()
	said, err := outbox.Replay(t.Context(), s.db, event.Source("test", "delta"), event.PartitionOf(ref), 1, 1, 5)
	require.NoError(t, err)
	for _, left := range []int{0, 3, 5} {
		require.NoError(t, s.b.JS.DeleteStream(t.Context(), "waypost_delta"))
		s.b.Bootstrap(t, []string{"delta"}, nil)
		for _, e := range said[:left] {
			m, err := e.Msg()
			require.NoError(t, err)
			_, err = s.b.JS.PublishMsg(t.Context(), m)
			require.NoError(t, err)
		}
		stop := s.relay(s.b.JS, "second")
		got := s.messages(5)
		for i, e := range said {
			require.Equal(t, e.ID, got[i].ID)
		}
		require.Eventually(t, func() bool { return s.published() == 5 }, 20*time.Second, 5*time.Millisecond)
		stop()
		require.EqualValues(t, 5, s.stored(), "nothing is there twice")
		require.EqualValues(t, 5, s.published())
	}
	// The stream was lost, and something was published before anybody looked.
	require.NoError(t, s.b.JS.DeleteStream(t.Context(), "waypost_delta"))
	s.b.Bootstrap(t, []string{"delta"}, nil)
	for _, e := range said[3:] {
		m, err := e.Msg()
		require.NoError(t, err)
		_, err = s.b.JS.PublishMsg(t.Context(), m)
		require.NoError(t, err)
	}
	s.verify = 5 * time.Millisecond
	stop = s.relay(s.b.JS, "late")
	require.Len(t, s.messages(5), 5)
	require.Eventually(t, func() bool { return s.published() == 5 }, 20*time.Second, 5*time.Millisecond)
	told := s.log.FilterMessageSnippet("lost what it had acknowledged").Len()
	asked := s.b.JS.Conn().Stats().OutMsgs
	require.Eventually(t, func() bool { return s.b.JS.Conn().Stats().OutMsgs > asked+50 }, 20*time.Second, 5*time.Millisecond, "it goes on looking")
	s.say("and it goes on")
	require.Len(t, s.messages(6), 6)
	stop()
	require.Equal(t, told, s.log.FilterMessageSnippet("lost what it had acknowledged").Len(), "what was mended is not mended again")
	require.EqualValues(t, 6, s.stored())
	// It is lost under a relay that does not look: the broker's numbers go down.
	s.verify = time.Hour
	stop = s.relay(s.b.JS, "sees the number")
	s.say("six")
	require.Len(t, s.messages(7), 7)
	require.NoError(t, s.b.JS.DeleteStream(t.Context(), "waypost_delta"))
	s.b.Bootstrap(t, []string{"delta"}, nil)
	s.say("seven")
	require.Len(t, s.messages(8), 8)
	stop()
	s.verify = 20 * time.Millisecond
	s.relay(s.b.JS, "third")
	require.NoError(t, s.b.JS.DeleteStream(t.Context(), "waypost_delta"))
	s.b.Bootstrap(t, []string{"delta"}, nil)
	require.Len(t, s.messages(8), 8)
	require.NotZero(t, s.log.FilterMessageSnippet("lost what it had acknowledged").Len())
}

// What stands at the stream's end and is not ours, or is not what we said, does not make the relay send everything for ever.
func TestAStreamThatWasTamperedWithIsReported(t *testing.T) {
	t.Parallel()
	s := newSpeaker(t)
	s.verify = 20 * time.Millisecond
	ref := s.say("one")
	s.relay(s.b.JS, "first")
	s.messages(1)
	subject := (&event.Event{Type: "waypost.delta.word_said.v1", About: ref, Partition: event.PartitionOf(ref)}).Subject()
	_, err := s.b.JS.Publish(t.Context(), subject, []byte("no event"))
	require.NoError(t, err)
	require.Eventually(t, func() bool { return s.log.FilterMessageSnippet("is no event").Len() > 0 }, 20*time.Second, 5*time.Millisecond)
	said, err := outbox.Replay(t.Context(), s.db, event.Source("test", "delta"), event.PartitionOf(ref), 1, 1, 1)
	require.NoError(t, err)
	said[0].ID, said[0].Data = id.New(), json.RawMessage(`{"word":"another"}`)
	m, err := said[0].Msg()
	require.NoError(t, err)
	_, err = s.b.JS.PublishMsg(t.Context(), m)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return s.log.FilterMessageSnippet("is not what was published").Len() > 0 }, 20*time.Second, 5*time.Millisecond)
	require.EqualValues(t, 1, s.published())
	require.EqualValues(t, 3, s.stored())
}

func (s *speaker) published() (sum int64) {
	s.t.Helper()
	require.NoError(s.t, s.db.InTx(s.t.Context(), actor.Machine(actor.Relay), func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select sum(published) from relay_state`).Scan(&sum)
	}))
	return sum
}

// Trap 5: only what the broker acknowledged is marked, though more was numbered. The broker here takes every third message and answers no more.
func TestOnlyTheAcknowledgedRunIsMarked(t *testing.T) {
	t.Parallel()
	s := newSpeaker(t)
	stop := s.relay(&deaf{JetStream: s.b.JS}, "deaf")
	s.say("one", "two", "three", "four", "five", "six")
	require.Eventually(t, func() bool { return s.log.FilterMessage("relay").Len() > 0 }, 20*time.Second, 5*time.Millisecond)
	stop()
	require.LessOrEqual(t, s.published(), int64(2))
	s.relay(s.b.JS, "well")
	require.Len(t, s.messages(6), 6)
	require.Eventually(t, func() bool { return s.published() == 6 }, 20*time.Second, 5*time.Millisecond)
}

// deaf fails every third publication.
type deaf struct {
	jetstream.JetStream
	n int
}

func (d *deaf) PublishMsgAsync(m *nats.Msg, opts ...jetstream.PublishOpt) (jetstream.PubAckFuture, error) {
	if d.n++; d.n%3 == 0 {
		return nil, errors.New("the line is dead")
	}
	return d.JetStream.PublishMsgAsync(m, opts...)
}

// A relay that was paused while another took over can not number or mark; its repeats carry the same ids and positions.
func TestTwoRelaysDoNotFork(t *testing.T) {
	t.Parallel()
	s := newSpeaker(t)
	s.relay(s.b.JS, "one")
	s.relay(s.b.JS, "two")
	for range 50 {
		s.say("a")
	}
	at := map[int]int64{}
	for _, e := range s.messages(50) {
		require.Equal(t, at[e.Partition]+1, e.Position)
		at[e.Partition] = e.Position
	}
}

func TestOnlyTheOwnerSaysAFact(t *testing.T) {
	t.Parallel()
	s := newSpeaker(t)
	err := s.db.InTx(t.Context(), actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) error {
		_, err := s.out.Append(ctx, tx, id.NewRandom(), &said{speaker: "vcse"}, nil)
		return err
	})
	require.ErrorIs(t, err, outbox.ErrNotOurs)
}

func TestAnUnsealedFieldIsNotWritten(t *testing.T) {
	t.Parallel()
	s := newSpeaker(t)
	err := s.db.InTx(t.Context(), actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) error {
		_, err := s.out.Append(ctx, tx, id.NewRandom(), &said{speaker: "delta", box: open{}}, nil)
		return err
	})
	require.ErrorContains(t, err, "/box")
	require.NotContains(t, err.Error(), "Zoë")
}

// Trap 11: payloads stand in no log, whatever goes wrong.
func TestNoPayloadIsLogged(t *testing.T) {
	t.Parallel()
	s := newSpeaker(t)
	require.NoError(t, s.b.JS.DeleteStream(t.Context(), "waypost_delta"))
	s.relay(s.b.JS, "one")
	s.say("unmistakable")
	require.Eventually(t, func() bool { return s.log.FilterMessage("relay").Len() > 0 }, 20*time.Second, 5*time.Millisecond)
	logged := func() bool {
		for _, l := range s.log.All() {
			b, err := json.Marshal(l.ContextMap())
			require.NoError(t, err)
			if strings.Contains(l.Message+string(b), "unmistakable") {
				return true
			}
		}
		return false
	}
	require.False(t, logged())
	s.zap.Warn("relay", zap.Any("event", &said{Word: "unmistakable"})) // the wrong way shows
	require.True(t, logged())
}
