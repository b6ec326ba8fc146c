package inbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/bus"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/pg"
)

// The traps in which well-known readers lose or double an event. As for the outbox, each scenario must be the end of the wrong way.

// wrongReader reads as is usually found. It handles one message after the other and counts them.
type wrongReader struct {
	*pair
	handled atomic.Int64
	handle  func(ctx context.Context, r *wrongReader, m jetstream.Msg, e *event.Event)
}

func (r *wrongReader) Run(ctx context.Context) {
	var all sync.WaitGroup
	for _, c := range r.consumers() {
		all.Go(func() { r.read(ctx, c) })
	}
	all.Wait()
}

func (r *wrongReader) read(ctx context.Context, c jetstream.Consumer) {
	for ctx.Err() == nil {
		m, err := c.Next(jetstream.FetchMaxWait(50 * time.Millisecond))
		if err != nil {
			continue
		}
		e, err := event.FromMsg(m.Headers(), m.Data())
		if err == nil {
			r.handle(ctx, r, m, e)
			r.handled.Add(1)
		}
	}
}

// apply has the effect, in a transaction.
func (r *wrongReader) apply(ctx context.Context, e *event.Event) error {
	return r.beta.InTx(ctx, actor.Machine(actor.Inbox), func(ctx context.Context, tx pgx.Tx) error { return r.effect(ctx, tx, e) })
}

func (r *wrongReader) effect(ctx context.Context, tx pgx.Tx, e *event.Event) error {
	var s said
	if err := json.Unmarshal(e.Data, &s); err != nil {
		return err
	}
	if r.fail != nil {
		if err := r.fail(s.N); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `insert into heard (patient_ref, n) values ($1, $2)`, s.PatientRef, s.N)
	return err
}

// catching takes the second of two by the violation, and believes that all is well then: the transaction is over.
func catching(ctx context.Context, r *wrongReader, m jetstream.Msg, e *event.Event) {
	err := r.beta.InTx(ctx, actor.Machine(actor.Inbox), func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `insert into inbox (consumer, event_id, speaker, epoch, partition, position, applied_at, outcome)
			values ('beta', $1, 'alpha', $2, $3, $4, now(), 'applied')`, e.ID, e.Epoch, e.Partition, e.Position)
		if pg.Violates(err, "inbox_pkey") {
			return nil
		}
		return errors.Join(err, r.effect(ctx, tx, e))
	})
	if err == nil {
		_ = m.DoubleAck(ctx)
	}
}

// consumers are the broker's for the reader, one for each group.
func (p *pair) consumers() (all []jetstream.Consumer) {
	for group := range bus.Groups {
		c, err := p.broker.JS.Consumer(p.t.Context(), "waypost_alpha", bus.Durable("beta", group))
		require.NoError(p.t, err)
		all = append(all, c)
	}
	return all
}

// waiting is how many messages the broker still holds for the reader.
func (p *pair) waiting() (n uint64) {
	for _, c := range p.consumers() {
		info := c.CachedInfo()
		n += info.NumPending + uint64(info.NumAckPending)
	}
	return n
}

// soonAgain has the broker deliver again after a second what was not acknowledged.
func (p *pair) soonAgain() {
	for _, c := range p.consumers() {
		config := c.CachedInfo().Config
		config.AckWait = time.Second
		_, err := p.broker.JS.UpdateConsumer(p.t.Context(), "waypost_alpha", config)
		require.NoError(p.t, err)
	}
}

// again is the last event a second time, when the broker has forgotten that it had it.
func (p *pair) again() {
	s, err := p.broker.JS.Stream(p.t.Context(), "waypost_alpha")
	require.NoError(p.t, err)
	m, err := s.GetMsg(p.t.Context(), s.CachedInfo().State.LastSeq)
	require.NoError(p.t, err)
	e, err := event.FromMsg(m.Header, m.Data)
	require.NoError(p.t, err)
	m.Header.Set(nats.MsgIdHdr, id.New())
	_, err = p.broker.JS.PublishMsg(p.t.Context(), &nats.Msg{Subject: e.Subject(), Header: m.Header, Data: m.Data})
	require.NoError(p.t, err)
}

func TestTraps(t *testing.T) {
	t.Parallel()
	type start = func(p *pair) (stop func(), handled func() int64)
	for name, trap := range map[string]struct {
		wrong    func(ctx context.Context, r *wrongReader, m jetstream.Msg, e *event.Event)
		scenario func(p *pair, ref string, begin start)
		want     []int  // heard, in order
		waiting  uint64 // what the broker still holds
	}{
		"6: catching the unique violation inside the transaction": {
			wrong: catching,
			scenario: func(p *pair, ref string, begin start) {
				p.say(ref, 1)
				p.published(1)
				p.again()
				_, handled := begin(p)
				require.Eventually(p.t, func() bool { return handled() >= 2 }, 20*time.Second, 2*time.Millisecond)
			},
			want: []int{1},
		},
		"8: acknowledging before the work is committed": {
			wrong: func(ctx context.Context, r *wrongReader, m jetstream.Msg, e *event.Event) {
				_ = m.DoubleAck(ctx)
				_ = r.apply(ctx, e)
			},
			scenario: func(p *pair, ref string, begin start) {
				p.say(ref, 1)
				p.published(1)
				dying := make(chan struct{})
				var once atomic.Bool
				p.fail = func(int) error {
					if once.CompareAndSwap(false, true) {
						close(dying)
					}
					return &pgconn.PgError{Code: "57P01"} // Postgres ends
				}
				stop, _ := begin(p)
				<-dying
				stop()
				p.fail = nil
				begin(p)
				require.Eventually(p.t, func() bool { return p.waiting() == 0 }, 30*time.Second, 5*time.Millisecond)
			},
			want: []int{1},
		},
		"9: NakWithDelay while later events of the case go on": {
			wrong: func(ctx context.Context, r *wrongReader, m jetstream.Msg, e *event.Event) {
				if r.apply(ctx, e) != nil {
					_ = m.NakWithDelay(20 * time.Millisecond)
					return
				}
				_ = m.DoubleAck(ctx)
			},
			scenario: func(p *pair, ref string, begin start) {
				p.say(ref, 1, 2, 3)
				p.published(3)
				var failed atomic.Bool
				p.fail = func(n int) error {
					if n == 1 && failed.CompareAndSwap(false, true) {
						return errors.New("not this time")
					}
					return nil
				}
				begin(p)
				// A row is there before its acknowledgement is.
				require.Eventually(p.t, func() bool { return len(p.rows(ref)) == 3 && p.waiting() == 0 }, 20*time.Second, 5*time.Millisecond)
			},
			want: []int{1, 2, 3},
		},
		"10: a dedupe that lasts as long as the broker's window": {
			wrong: func(ctx context.Context, r *wrongReader, m jetstream.Msg, e *event.Event) {
				if r.apply(ctx, e) == nil {
					_ = m.DoubleAck(ctx)
				}
			},
			scenario: func(p *pair, ref string, begin start) {
				p.say(ref, 1)
				p.published(1)
				p.again()
				_, handled := begin(p)
				require.Eventually(p.t, func() bool { return handled() >= 2 }, 20*time.Second, 2*time.Millisecond)
			},
			want: []int{1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			after := func(begin start) (rows []int, waiting uint64) {
				p := newPair(t)
				p.soonAgain()
				p.run(p.relay(p.broker.JS).Run)
				ref := id.NewRandom()
				trap.scenario(p, ref, begin)
				return p.rows(ref), p.waiting()
			}
			rows, waiting := after(func(p *pair) (func(), func() int64) {
				stop := p.run(p.listen("another").Run)
				return stop, func() int64 { // it turns the second away without a word: what is not waiting was handled
					s, err := p.broker.JS.Stream(p.t.Context(), "waypost_alpha")
					require.NoError(p.t, err)
					return int64(s.CachedInfo().State.Msgs - p.waiting())
				}
			})
			require.Equal(t, trap.want, rows, "ours fell into it")
			require.Equal(t, trap.waiting, waiting, "ours fell into it")
			rows, waiting = after(func(p *pair) (func(), func() int64) {
				r := &wrongReader{pair: p, handle: trap.wrong}
				return p.run(r.Run), r.handled.Load
			})
			require.False(t, slices.Equal(rows, trap.want) && waiting == trap.waiting, "the wrong way came out of it: the scenario shows nothing")
		})
	}
}
