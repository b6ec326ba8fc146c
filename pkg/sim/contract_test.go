package sim_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/natstest"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/pgtest"
	"example.org/waypost/pkg/sim"
)

// What a simulation finds is worth as much as its fakes are like what is deployed. So one test holds both to the words of the
// interface: each scenario runs on Postgres and in memory, on JetStream and in memory.

// desk is an outbox to try: what is said, and by what right it is relayed.
type desk interface {
	// say says the words about one thing, in one transaction; between runs before its commit.
	say(t *testing.T, about string, between func(), words ...string)
	relay(holder string, lease time.Duration) outbox.Store
	replay(t *testing.T, partition, epoch int, from, to int64) []*event.Event
	heads(t *testing.T) []outbox.Head
}

var source = event.Source("test", "alpha")

type said struct {
	PatientRef string `json:"patient_ref"`
	Word       string `json:"word"`
}

func (*said) EventType() string                                            { return "waypost.alpha.word_said.v1" }
func (*said) EachSealed(func(path, class string, b event.Box) error) error { return nil }

func wordOf(t *testing.T, e *event.Event) string {
	t.Helper()
	var s said
	require.NoError(t, json.Unmarshal(e.Data, &s))
	return s.Word
}

func wordsOf(t *testing.T, events []*event.Event) (out []string) {
	t.Helper()
	for _, e := range events {
		require.Equal(t, source, e.Source)
		out = append(out, wordOf(t, e))
	}
	return out
}

type realDesk struct{ db *pg.DB }

func newRealDesk(t *testing.T) desk {
	t.Helper()
	url := pgtest.Database(t, func(ctx context.Context, url string) error { return pg.Migrate(ctx, url, "alpha", nil) }, "alpha")
	u, err := pg.As(url, "alpha", "")
	require.NoError(t, err)
	db, err := pg.Open(t.Context(), pg.Config{URL: u, Service: "alpha"})
	require.NoError(t, err)
	t.Cleanup(db.Close)
	return &realDesk{db}
}

func (d *realDesk) say(t *testing.T, about string, between func(), words ...string) {
	t.Helper()
	out := &outbox.Outbox{Speaker: "alpha", Area: "test", Now: time.Now, NewID: id.New}
	require.NoError(t, d.db.InTx(t.Context(), actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) error {
		for _, w := range words {
			if _, err := out.Append(ctx, tx, about, &said{about, w}, nil); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `select 1`) // so that they are written now
		if between != nil {
			between()
		}
		return err
	}))
}

func (d *realDesk) relay(holder string, lease time.Duration) outbox.Store {
	return outbox.Postgres(d.db, source, holder, lease)
}

func (d *realDesk) replay(t *testing.T, partition, epoch int, from, to int64) []*event.Event {
	t.Helper()
	out, err := outbox.Replay(t.Context(), d.db, source, partition, epoch, from, to)
	require.NoError(t, err)
	return out
}

func (d *realDesk) heads(t *testing.T) []outbox.Head {
	t.Helper()
	out, err := outbox.Heads(t.Context(), d.db)
	require.NoError(t, err)
	return out
}

type simDesk struct{ o *sim.Outbox }

func newSimDesk(*testing.T) desk { return &simDesk{sim.NewOutbox(source)} }

func (d *simDesk) say(t *testing.T, about string, between func(), words ...string) {
	t.Helper()
	tx := d.o.Begin()
	for _, w := range words {
		body, err := json.Marshal(&said{about, w})
		require.NoError(t, err)
		tx.Append(event.Event{
			ID: id.New(), Type: "waypost.alpha.word_said.v1", About: about, Partition: event.PartitionOf(about), Time: time.Now().UTC().Truncate(time.Microsecond),
			Correlation: id.New(), Classification: "restricted", Data: body,
		})
	}
	if between != nil {
		between()
	}
	tx.Commit()
}

func (d *simDesk) relay(holder string, lease time.Duration) outbox.Store {
	return d.o.Relay(holder, lease)
}

func (d *simDesk) replay(_ *testing.T, partition, epoch int, from, to int64) []*event.Event {
	return d.o.Replay(partition, epoch, from, to)
}

func (d *simDesk) heads(*testing.T) []outbox.Head { return d.o.Heads() }

// inPartition makes a ref whose events have this partition.
func inPartition(n int) string {
	for {
		if ref := id.NewRandom(); event.PartitionOf(ref) == n {
			return ref
		}
	}
}

// asPromised are the scenarios of outbox.Store.
var asPromised = map[string]func(t *testing.T, d desk){
	"one relays at a time, and who was paused changes nothing": func(t *testing.T, d desk) {
		t.Helper()
		ctx := t.Context()
		one, two := d.relay("one", 200*time.Millisecond), d.relay("two", time.Minute)
		mustTake(t, one)
		ok, err := two.Take(ctx)
		require.NoError(t, err)
		require.False(t, ok, "another has it")
		require.NoError(t, one.Renew(ctx))
		d.say(t, inPartition(3), nil, "a", "b", "c")
		numbered, err := one.Number(ctx, 2)
		require.NoError(t, err)
		require.Equal(t, []string{"a", "b"}, wordsOf(t, numbered))
		require.NoError(t, one.Mark(ctx, map[int]int64{3: 1}))
		require.Eventually(t, func() bool { ok, err := two.Take(ctx); return ok && err == nil }, 20*time.Second, 5*time.Millisecond, "its time is over")
		_, err = one.Number(ctx, 10)
		require.ErrorIs(t, err, pg.ErrLeaseLost)
		require.ErrorIs(t, one.Renew(ctx), pg.ErrLeaseLost)
		require.ErrorIs(t, one.Mark(ctx, map[int]int64{3: 2}), pg.ErrLeaseLost)
		require.ErrorIs(t, one.TakeBack(ctx, map[int]int64{3: 0}), pg.ErrLeaseLost)
		require.NoError(t, one.Release(ctx), "which is no longer its own")
		tails, err := two.Tails(ctx, time.Time{})
		require.NoError(t, err)
		require.Equal(t, []outbox.Tail{{Partition: 3, Epoch: 1, Published: 1}}, tails, "nothing was changed")
		numbered, err = two.Number(ctx, 10)
		require.NoError(t, err)
		require.Equal(t, []string{"c"}, wordsOf(t, numbered))
		require.EqualValues(t, 3, numbered[0].Position)
		require.NoError(t, two.Release(ctx))
		mustTake(t, one)
	},
	"the same holder takes it again, under a new term": func(t *testing.T, d desk) {
		t.Helper()
		before, after := d.relay("one", time.Minute), d.relay("one", time.Minute)
		mustTake(t, before)
		mustTake(t, after)
		require.ErrorIs(t, before.Renew(t.Context()), pg.ErrLeaseLost)
		require.NoError(t, after.Renew(t.Context()))
	},
	"positions are dense and chained, and given to what is committed": func(t *testing.T, d desk) {
		t.Helper()
		ctx, r := t.Context(), d.relay("one", time.Minute)
		mustTake(t, r)
		a, b, late := inPartition(3), inPartition(4), inPartition(3)
		none, err := r.Number(ctx, 10)
		require.NoError(t, err)
		require.Empty(t, none)
		d.say(t, late, func() { // it has its number, and is not committed
			d.say(t, a, nil, "a1", "a2")
			d.say(t, b, nil, "b1")
			d.say(t, a, nil, "a3")
			first, err := r.Number(ctx, 3)
			require.NoError(t, err)
			require.Equal(t, []string{"a1", "a2", "b1"}, wordsOf(t, first))
			second, err := r.Number(ctx, 3)
			require.NoError(t, err)
			require.Equal(t, []string{"a3"}, wordsOf(t, second))
		}, "late")
		third, err := r.Number(ctx, 3)
		require.NoError(t, err)
		require.Equal(t, []string{"late"}, wordsOf(t, third))
		none, err = r.Number(ctx, 10)
		require.NoError(t, err)
		require.Empty(t, none)
		lane := d.replay(t, 3, 1, 1, 10)
		require.Equal(t, []string{"a1", "a2", "a3", "late"}, wordsOf(t, lane))
		require.Equal(t, []string{"a2", "a3"}, wordsOf(t, d.replay(t, 3, 1, 2, 3)))
		require.Empty(t, d.replay(t, 3, 2, 1, 10), "another epoch")
		require.Equal(t, []outbox.Head{{Partition: 3, Epoch: 1, Position: 4}, {Partition: 4, Epoch: 1, Position: 1}}, d.heads(t))
		var before []byte
		for i, e := range lane {
			require.EqualValues(t, i+1, e.Position)
			require.Equal(t, 1, e.Epoch)
			require.Equal(t, string(before), string(e.PrevHash))
			require.True(t, e.Genuine())
			before = e.Hash
			hash, err := r.Hash(ctx, 3, 1, e.Position)
			require.NoError(t, err)
			require.Equal(t, e.Hash, hash)
		}
		hash, err := r.Hash(ctx, 3, 1, 5)
		require.NoError(t, err)
		require.Nil(t, hash)
	},
	"what is not marked is unpublished, and a mark can be taken back": func(t *testing.T, d desk) {
		t.Helper()
		ctx, r := t.Context(), d.relay("one", time.Minute)
		mustTake(t, r)
		unpublished := func(most int) []string {
			out, err := r.Unpublished(ctx, most)
			require.NoError(t, err)
			return wordsOf(t, out)
		}
		d.say(t, inPartition(4), nil, "b1", "b2")
		d.say(t, inPartition(3), nil, "a1", "a2")
		require.Empty(t, unpublished(10), "it has no position")
		_, err := r.Number(ctx, 10)
		require.NoError(t, err)
		require.Equal(t, []string{"a1", "a2", "b1", "b2"}, unpublished(10))
		require.Equal(t, []string{"a1", "a2", "b1"}, unpublished(3))
		tails, err := r.Tails(ctx, time.Time{})
		require.NoError(t, err)
		require.ElementsMatch(t, []outbox.Tail{{Partition: 3, Epoch: 1}, {Partition: 4, Epoch: 1}}, tails, "the stream may have of it, and nobody marked it")
		require.NoError(t, r.Mark(ctx, map[int]int64{3: 2, 4: 1}))
		require.NoError(t, r.Mark(ctx, map[int]int64{3: 1}), "a mark never goes back by itself")
		require.Equal(t, []string{"b2"}, unpublished(10))
		tails, err = r.Tails(ctx, time.Time{})
		require.NoError(t, err)
		require.ElementsMatch(t, []outbox.Tail{{Partition: 3, Epoch: 1, Published: 2}, {Partition: 4, Epoch: 1, Published: 1}}, tails)
		tails, err = r.Tails(ctx, time.Now().Add(time.Hour))
		require.NoError(t, err)
		require.ElementsMatch(t, []outbox.Tail{{Partition: 3, Epoch: 1, Published: 2, Expired: 2}, {Partition: 4, Epoch: 1, Published: 1, Expired: 1}}, tails)
		require.NoError(t, r.TakeBack(ctx, map[int]int64{3: 1, 4: 2}), "no mark is set by taking back")
		require.Equal(t, []string{"a2", "b2"}, unpublished(10))
		require.Error(t, r.Mark(ctx, map[int]int64{3: 3}), "beyond what was numbered")
		require.Equal(t, []string{"a2", "b2"}, unpublished(10))
	},
	"who waits is woken": func(t *testing.T, d desk) {
		t.Helper()
		r := d.relay("one", time.Minute)
		d.say(t, inPartition(1), nil, "a")
		select {
		case <-r.Committed():
		case <-time.After(20 * time.Second):
			t.Fatal("nobody was woken")
		}
	},
}

func mustTake(t *testing.T, s outbox.Store) {
	t.Helper()
	ok, err := s.Take(t.Context())
	require.NoError(t, err)
	require.True(t, ok)
}

func TestBothStoresKeepTheirPromise(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(*testing.T) desk{"Postgres": newRealDesk, "in memory": newSimDesk} {
		for what, scenario := range asPromised {
			t.Run(name+": "+what, func(t *testing.T) {
				t.Parallel()
				scenario(t, open(t))
			})
		}
	}
}

// shelf is a stream to try, and what may become of it.
type shelf interface {
	outbox.Stream
	lose(t *testing.T) // all of it
	bad(t *testing.T, partition int)
}

type realShelf struct {
	outbox.Stream
	b *natstest.Broker
}

func newRealShelf(t *testing.T) shelf {
	t.Helper()
	b := natstest.Run(t)
	b.Bootstrap(t, []string{"alpha"}, nil)
	return &realShelf{outbox.JetStream(b.JS, "alpha"), b}
}

func (s *realShelf) lose(t *testing.T) {
	t.Helper()
	require.NoError(t, s.b.JS.DeleteStream(t.Context(), "waypost_alpha"))
	s.b.Bootstrap(t, []string{"alpha"}, nil)
}

func (s *realShelf) bad(t *testing.T, partition int) {
	t.Helper()
	subject := (&event.Event{Type: "waypost.alpha.word_said.v1", Partition: partition, About: id.NewRandom()}).Subject()
	_, err := s.b.JS.Publish(t.Context(), subject, []byte("no event"))
	require.NoError(t, err)
}

type simShelf struct {
	outbox.Stream
	s *sim.Stream
}

func newSimShelf(*testing.T) shelf {
	s := sim.NewStream()
	return &simShelf{sim.Straight(s), s}
}

func (s *simShelf) lose(*testing.T)                 { s.s.LoseAll() }
func (s *simShelf) bad(_ *testing.T, partition int) { s.s.AddBad(partition, id.New()) }

func publish(t *testing.T, s outbox.Stream, e *event.Event, after uint64) (outbox.Ack, error) {
	t.Helper()
	acked, err := s.Publish(e, after)
	require.NoError(t, err)
	return acked(t.Context())
}

func TestBothStreamsKeepTheirPromise(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(*testing.T) shelf{"JetStream": newRealShelf, "in memory": newSimShelf} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, s := newSimDesk(t), open(t)
			r := d.relay("one", time.Minute)
			mustTake(t, r)
			d.say(t, inPartition(3), nil, "a1", "a2", "a3")
			d.say(t, inPartition(4), nil, "b1")
			events, err := r.Number(t.Context(), 10)
			require.NoError(t, err)
			ends := func(partition int) []string {
				first, last, err := s.Ends(t.Context(), partition)
				require.NoError(t, err)
				if first == nil && last == nil {
					return nil
				}
				require.Equal(t, events[0].Source, first.Source)
				require.True(t, last.Genuine())
				return wordsOf(t, []*event.Event{first, last})
			}
			takes := func(want outbox.Ack, e *event.Event, after uint64, why ...any) {
				got, err := publish(t, s, e, after)
				require.NoError(t, err, why...)
				require.Equal(t, want, got, why...)
			}
			refuses := func(e *event.Event, after uint64, why ...any) {
				_, err := publish(t, s, e, after)
				require.ErrorIs(t, err, outbox.ErrMoved, why...)
			}
			last := func() uint64 {
				n, err := s.Last(t.Context())
				require.NoError(t, err)
				return n
			}
			up, _ := s.Connection()
			require.True(t, up)
			require.Nil(t, ends(3))
			require.Zero(t, last())
			refuses(events[0], 1, "the stream is empty")
			takes(outbox.Ack{Sequence: 1}, events[0], 0)
			takes(outbox.Ack{Sequence: 2}, events[1], 1)
			refuses(events[2], 1, "something stands there")
			require.EqualValues(t, 2, last(), "what was refused took no number")
			takes(outbox.Ack{Sequence: 3}, events[2], outbox.Anywhere)
			takes(outbox.Ack{Sequence: 4}, events[3], 3)
			takes(outbox.Ack{Sequence: 2, Duplicate: true}, events[1], outbox.Anywhere, "it is remembered")
			takes(outbox.Ack{Sequence: 2, Duplicate: true}, events[1], 4)
			refuses(events[1], 5, "where it is to stand is looked at before whether it is remembered")
			require.EqualValues(t, 4, last())
			require.Equal(t, []string{"a1", "a3"}, ends(3))
			require.Equal(t, []string{"b1", "b1"}, ends(4))
			require.Nil(t, ends(5))

			s.lose(t)
			require.Nil(t, ends(3))
			require.Zero(t, last())
			refuses(events[2], 4, "what it should stand behind was lost")
			takes(outbox.Ack{Sequence: 1}, events[2], 0, "a number that was another's, and what was lost is not remembered")
			takes(outbox.Ack{Sequence: 2}, events[0], 1)
			require.Equal(t, []string{"a3", "a1"}, ends(3), "in the order in which they came")
			s.bad(t, 3)
			_, _, err = s.Ends(t.Context(), 3)
			require.ErrorIs(t, err, event.ErrMalformed)
		})
	}
}
